//! `bulk query` and `bulk load`.

use sf_emulator::Fault;

use crate::shop::Shop;

#[tokio::test(flavor = "multi_thread")]
async fn rows_go_to_a_file() {
    let shop = Shop::new().await;
    let soql = "SELECT Id, LastName FROM Contact";
    let ran = shop.run(&["bulk", "query", soql, "--out", "contacts.csv"]);
    assert_eq!((ran.status, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", "200 rows\n"));
    let csv = std::fs::read_to_string(shop.desk.home.path().join("contacts.csv")).unwrap();
    assert!(csv.starts_with("Id,LastName\n") && csv.lines().count() == 201, "{csv}");
    let json = shop.ok(&["bulk", "query", soql, "--out", "-", "--format", "json"]);
    assert!(json.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
    let none = shop.ok(&[
        "bulk",
        "query",
        "SELECT Id, Name FROM Contact WHERE LastName = 'No'",
        "--out",
        "-",
    ]);
    assert_eq!(none, "Id,Name\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_has_its_name_only_when_it_is_whole() {
    let shop = Shop::new().await;
    // Among them is a key that the first command makes.
    shop.ok(&["limits"]);
    let names = || std::fs::read_dir(shop.desk.home.path()).unwrap().count();
    let before = names();
    let soql = "SELECT Id FROM Contact";
    for (place, why) in [("none/x.csv", "No such file"), (".", "is a directory")] {
        let told = shop.refused(1, &["bulk", "query", soql, "--out", place]);
        assert!(told.contains("cannot be written") && told.contains(why), "{told}");
    }
    let sent = shop.org().requests();
    assert!(
        sent.iter().all(|r| r.operation != sf_emulator::Operation::BulkQuery),
        "nothing was sent"
    );
    let told = shop.refused(1, &["bulk", "query", "SELECT Id FROM Nothing", "--out", "x.csv"]);
    assert!(told.contains("Nothing"), "{told}");
    let page =
        Fault::reply(400, "application/json", r#"[{"errorCode": "X", "message": "broken"}]"#);
    shop.org().faults().push(page.on(sf_emulator::Operation::BulkResults).always());
    shop.refused(1, &["bulk", "query", "SELECT Id FROM Contact", "--out", "x.csv"]);
    assert_eq!(names(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_accounts_for_every_row() {
    let shop = Shop::new().await;
    shop.file(
        "new.csv",
        "LastName,Email\nEins,eins@example.com\n,zwei@example.com\nDrei,not a mail\n",
    );
    let ran = shop.run(&[
        "bulk",
        "load",
        "Contact",
        "--csv",
        "new.csv",
        "--operation",
        "insert",
        "--format",
        "csv",
    ]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let counts = ran.stdout.lines().nth(1).unwrap().split_once(',').unwrap().1;
    assert_eq!(counts, "1,0,2,0", "{}", ran.stdout);
    assert_eq!(ran.stderr, "Rows that were not written: new.failed.csv\n");
    let failed = std::fs::read_to_string(shop.desk.home.path().join("new.failed.csv")).unwrap();
    insta::assert_snapshot!(failed, @"
    LastName,Email,sf__Error
    ,zwei@example.com,REQUIRED_FIELD_MISSING: Required fields are missing: [LastName] (fields: LastName)
    Drei,not a mail,INVALID_EMAIL_ADDRESS: Email: invalid email address: not a mail (fields: Email)
    ");
    // Nothing of before is overwritten.
    insta::assert_snapshot!(shop.refused(2, &["bulk", "load", "Contact", "--csv", "new.csv", "--operation", "insert"]), @"error: new.failed.csv exists; remove it, or name another file for failed rows with --failed");

    let ids =
        shop.ok(&["query", "SELECT Id FROM Contact WHERE LastName = 'Eins'", "--format", "csv"]);
    shop.file("gone.csv", &ids);
    let load = ["bulk", "load", "Contact", "--csv", "gone.csv", "--operation", "delete"];
    insta::assert_snapshot!(shop.refused(2, &load), @"error: there is no terminal to ask on; give --yes to go on without a question");
    let told = shop.ok(&[&load[..], &["--yes", "--format", "csv"]].concat());
    assert!(told.ends_with(",0,1,0,0\n"), "{told}");
    assert_eq!(shop.count("SELECT COUNT() FROM Contact WHERE LastName = 'Eins'"), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_cannot_begin_is_told() {
    let shop = Shop::new().await;
    insta::assert_snapshot!(shop.refused(1, &["bulk", "load", "Contact", "--csv", "none.csv", "--operation", "insert"]), @"
    error: none.csv cannot be read
      because: No such file or directory (os error 2)
    ");
    shop.file("rows.csv", "LastName\nIto\n");
    let upsert = ["bulk", "load", "Contact", "--csv", "rows.csv", "--operation", "upsert"];
    assert!(shop.refused(2, &upsert).contains("--external-id"));
    shop.file("none.csv", "LastName\n");
    insta::assert_snapshot!(shop.refused(1, &["bulk", "load", "Contact", "--csv", "none.csv", "--operation", "insert"]), @"error: there is no row in none.csv; nothing was sent");
    shop.file("odd.csv", "LastNam,Nope__c,Account.Nope__c\nIto,1,2\n");
    let odd = ["bulk", "load", "Contact", "--csv", "odd.csv", "--operation", "insert"];
    insta::assert_snapshot!(shop.refused(1, &odd), @r#"
    error: the columns of odd.csv are not right; nothing was sent
      Contact has no field "LastNam". Did you mean LastName?
      Contact has no field "Nope__c".
    "#);
    let sent = shop.org().requests();
    assert!(sent.iter().all(|r| r.operation != sf_emulator::Operation::BulkIngest));
    let wrong = ["bulk", "load", "Contac", "--csv", "odd.csv", "--operation", "insert"];
    assert!(shop.refused(3, &wrong).contains("did you mean Contact"));
    assert_eq!(shop.count("SELECT COUNT() FROM Contact"), "200");
}
