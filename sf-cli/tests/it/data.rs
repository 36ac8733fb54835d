//! find, get, create, update, upsert, delete, search and limits, as a person uses them.

use std::process::Stdio;

use serde_json::Value;
use sf_emulator::Fault;

use crate::shop::Shop;

#[tokio::test(flavor = "multi_thread")]
async fn records_are_found_by_conditions() {
    let shop = Shop::new().await;
    let csv = shop.ok(&[
        "find",
        "Opportunity",
        "--where",
        "Amount>10000",
        "--where",
        "StageName in Prospecting,Closed Won",
        "--field",
        "StageName,Amount,Account.Name",
        "--order",
        "Amount desc",
        "--limit",
        "5",
        "--format",
        "csv",
    ]);
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("StageName,Amount,Account.Name"));
    let rows: Vec<&str> = lines.collect();
    assert_eq!(rows.len(), 5, "{csv}");
    assert!(
        rows.iter().all(|r| r.starts_with("Prospecting,") || r.starts_with("Closed Won,")),
        "{csv}"
    );

    // More than one page of the tools, and each row once.
    let ran = shop.run(&["find", "Contact", "--field", "Id", "--format", "json"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, "200 rows\n"));
    let mut ids: Vec<Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["Id"].clone())
        .collect();
    ids.sort_by_key(ToString::to_string);
    ids.dedup();
    assert_eq!(ids.len(), 200);

    let none = shop.run(&["find", "Contact", "--where", "LastName=Nobody"]);
    assert_eq!((none.status, none.stderr.as_str()), (0, "0 rows\n"), "{}", none.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_found_is_told() {
    let shop = Shop::new().await;
    insta::assert_snapshot!(shop.refused(3, &["find", "Acount"]), @r#"error: There is no object "Acount" that this user can see. Did you mean Account?"#);
    insta::assert_snapshot!(shop.refused(1, &["find", "Account", "--where", "Nmae=x", "--order", "Amout"]), @r#"
    error: The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      --where: Account has no field "Nmae". Did you mean Name?
      --order: Account has no field "Amout".
    "#);
    insta::assert_snapshot!(shop.refused(2, &["find", "Account", "--where", "Name"]), @r#"error: "Name" is no condition; write FIELD=VALUE, also with != <= >= < >, or FIELD OPERATOR VALUE with one of contains, starts_with, ends_with, in, not_in, includes, excludes"#);
    insta::assert_snapshot!(shop.refused(1, &["find", "Opportunity", "--where", "Amount=much"]), @r#"
    error: The call cannot be understood as it is. Nothing was sent. Correct what is listed and call again.
      --where: Amount (currency) takes a number, not "much".
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn find_reads_every_page() {
    let shop = Shop::with(|org| org.contacts(4_500)).await;
    let ran = shop.run(&["find", "Contact", "--field", "Id", "--format", "csv"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, "4500 rows\n"));
    assert_eq!(ran.stdout.lines().count(), 4_501);
    // The second page fails for good: what came is there, and called incomplete.
    shop.org().faults().push(Fault::unavailable().on(sf_emulator::Operation::NextPage).always());
    let ran = shop.run(&["find", "Contact", "--field", "Id", "--format", "csv"]);
    assert_eq!(ran.status, 5, "{}", ran.stderr);
    assert_eq!(ran.stdout.lines().count(), 2_001);
    let told: Vec<&str> = ran.stderr.lines().filter(|line| !line.contains(" WARN ")).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    The result is incomplete: it stopped after 2000 rows.
    error: Salesforce is busy or being maintained. The same call can succeed in a minute.
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_record_is_read() {
    let shop = Shop::new().await;
    let told = shop.ok(&[
        "create",
        "Contact",
        "LastName=Ito",
        "Email=ito@example.com",
        "--format",
        "json",
    ]);
    let created: Value = serde_json::from_str(&told).unwrap();
    let id = created["id"].as_str().unwrap();
    insta::assert_snapshot!(shop.ok(&["get", "Contact", id, "--field", "LastName,Email,Phone"]), @"
    FIELD     VALUE
    LastName  Ito
    Email     ito@example.com
    ");
    insta::assert_snapshot!(shop.ok(&["get", "Contact", id, "--field", "LastName,Email,Phone", "--format", "json"]), @r#"{"LastName":"Ito","Email":"ito@example.com","Phone":null}"#);
    insta::assert_snapshot!(shop.ok(&["get", "Contact", "Email=ito@example.com", "--field", "LastName,Phone", "--format", "csv"]), @"
    LastName,Phone
    Ito,
    ");
    let all: Value =
        serde_json::from_str(&shop.ok(&["get", "contact", id, "--format", "json"])).unwrap();
    assert!(all.as_object().unwrap().len() > 20, "{all}");

    insta::assert_snapshot!(shop.refused(3, &["get", "Contact", "Email=no@example.com"]), @r#"error: no Contact has Email = "no@example.com""#);
    insta::assert_snapshot!(shop.refused(1, &["get", "Contact", "DoNotCall=false"]), @r#"error: more than one Contact has DoNotCall = "false"; `sf-agent find` lists them"#);
    insta::assert_snapshot!(shop.refused(1, &["get", "Contact", "001xx"]), @r#"
    error: The id is not one of such a record. Nothing was read.
      id: "001xx" is not a Salesforce record id: an id has 15 or 18 characters.
    "#);
    shop.ok(&["delete", "Contact", id, "--yes"]);
    insta::assert_snapshot!(shop.refused(3, &["get", "Contact", id]).replace(id, "<id>"), @"
    error: Salesforce refused the call as it stands. Correct it and call again.
      The requested resource does not exist. It does not exist, was deleted, or is not visible to this user.
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_written() {
    let shop = Shop::new().await;
    let id = shop.contact("Ito");
    let told = shop.ok(&["update", "Contact", &id, "Title=CEO", "DoNotCall=true", "--read-back"]);
    insta::assert_snapshot!(told.replace(&id, "<id>"), @"
    OUTCOME  ID
    updated  <id>
    ");
    shop.ok(&["update", "Contact", &id, "Title="]);
    let soql = format!(
        "SELECT COUNT() FROM Contact WHERE Id = '{id}' AND Title = null AND DoNotCall = true"
    );
    assert_eq!(shop.count(&soql), "1");

    let key = shop.ok(&[
        "query",
        "SELECT External_Id__c FROM Invoice__c WHERE External_Id__c != null LIMIT 1",
        "--format",
        "csv",
    ]);
    let key = format!("External_Id__c={}", key.lines().nth(1).unwrap());
    let told = shop.ok(&["upsert", "Invoice__c", &key, "Status__c=Paid", "--format", "csv"]);
    assert!(told.lines().nth(1).unwrap().starts_with("updated,"), "{told}");

    shop.file("two.json", r#"[{"LastName": "Eins", "DoNotCall": true}, {"LastName": "Zwei"}]"#);
    let told = shop.ok(&["create", "Contact", "--json", "two.json", "--format", "json"]);
    let outcomes: Vec<Value> =
        told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(outcomes.len(), 2);
    assert!(outcomes.iter().all(|outcome| outcome["outcome"] == "created"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_values_are_told_all_at_once() {
    let shop = Shop::new().await;
    insta::assert_snapshot!(shop.refused(1, &["create", "Contact", "Emial=x", "DoNotCall=maybe"]), @r#"
    error: Nothing was sent: 3 problems to correct first. All of them are listed; correct them and call again.
      Emial: Contact has no such field. Did you mean Email?
      DoNotCall: "maybe" is not true or false.
      LastName: Required to create Contact: text of at most 80 characters.
    "#);
    insta::assert_snapshot!(shop.refused(2, &["create", "Contact", "LastName"]), @r#"error: "LastName" is no value of a field; write FIELD=VALUE"#);
    shop.file("bad.json", "{LastName: 1}");
    insta::assert_snapshot!(shop.refused(1, &["create", "Contact", "--json", "bad.json"]), @r#"
    error: the records are not JSON; give an object such as {"LastName": "Ito"}, or a list of them
      because: key must be a string at line 1 column 2
    "#);
    insta::assert_snapshot!(shop.refused(1, &["update", "Contact", "003000000000009AAA", "Title=x"]), @"
    error: Salesforce refused to update the records; nothing was written. Correct what is listed and call again.
      records[0]: invalid cross reference id. An id does not exist, is not visible to this user, or is of another object.
    ");
    let writes = shop.org().requests().iter().filter(|r| r.operation.is_write()).count();
    assert_eq!(writes, 1, "only the update of a record that is not there was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_wants_a_person_or_a_word() {
    let shop = Shop::new().await;
    let id = shop.contact("Ito");
    insta::assert_snapshot!(shop.refused(2, &["delete", "Contact", &id]), @"error: there is no terminal to ask on; give --yes to go on without a question");
    assert_eq!(shop.count("SELECT COUNT() FROM Contact"), "201");
    let told = shop.ok(&["delete", "Contact", &id, "--yes"]);
    insta::assert_snapshot!(told.replace(&id, "<id>"), @"
    OUTCOME  ID
    deleted  <id>
    ");
    assert_eq!(shop.count("SELECT COUNT() FROM Contact"), "200");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_has_a_status_of_its_own() {
    let shop = Shop::new().await;
    shop.org().faults().push(Fault::lost_answer());
    let told = shop.refused(6, &["create", "Contact", "LastName=Lost", "Title=CTO"]);
    insta::assert_snapshot!(told, @r#"
    error: The create was sent and its answer was lost: it may or may not have happened. It was not sent again. Make the call in next first: what it returns tells whether it happened (rows created just now, by CreatedDate, are yours). Repeat the create only if it did not.
      next: sf-agent query "SELECT Id, LastName, Title, CreatedDate FROM Contact WHERE LastName = 'Lost' AND Title = 'CTO' ORDER BY CreatedDate DESC LIMIT 200"
    "#);
    assert_eq!(shop.count("SELECT COUNT() FROM Contact WHERE LastName = 'Lost'"), "1");
    // What is suggested runs as it stands.
    let next = told.lines().find_map(|line| line.trim().strip_prefix("next: ")).unwrap();
    let words = shlex::split(next).unwrap();
    let words: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
    assert_eq!(shop.ok(&words).lines().count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn outages_and_permissions_have_theirs() {
    let shop = Shop::new().await;
    shop.org().faults().push(Fault::unavailable().on(sf_emulator::Operation::Query).always());
    for words in [&["find", "Contact"][..], &["query", "SELECT Id FROM Contact"]] {
        shop.refused(5, words);
    }
    shop.org().faults().clear();
    shop.org().faults().push(Fault::request_limit());
    let told = shop.refused(5, &["limits"]);
    // Before it is what the log says.
    insta::assert_snapshot!(told.lines().last().unwrap(), @"error: The org's daily budget of API requests is used up. It frees up over the next 24 hours; a Salesforce administrator can see it under Company Information. Nothing is wrong with the call.");
    for words in
        [&["query", "SELECT Id FROM Contact"][..], &["get", "Contact", "003000000000009AAA"]]
    {
        let mut command = shop.command(words);
        let ran = command.env("ACME_SECRET", "hunter2").output().unwrap();
        assert_eq!(ran.status.code(), Some(4), "{}", String::from_utf8_lossy(&ran.stderr));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_are_searched() {
    let shop = Shop::new().await;
    shop.ok(&["create", "Contact", "LastName=Quasimodo", "Email=q@example.com"]);
    shop.ok(&["create", "Account", "Name=Quasimodo Bells"]);
    let told = shop.ok(&["search", "quasimodo"]);
    assert!(told.contains("Quasimodo Bells") && told.contains("\n\nOBJECT"), "{told}");
    let json = shop.ok(&["search", "quasimodo", "--in", "Contact", "--format", "json"]);
    let found: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&found["object"], &found["Email"]),
        (&"Contact".into(), &"q@example.com".into()),
        "{json}"
    );
    let csv = shop.ok(&["search", "quasimodo", "--in", "Contact,Account", "--format", "csv"]);
    assert!(csv.starts_with("object,") && csv.lines().count() == 3, "{csv}");
    let ran = shop.run(&["search", "quasimodo", "--in", "Account", "--limit", "1"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    insta::assert_snapshot!(ran.stderr, @"note: Account: the limit of 1 was reached, more may fit; give more words or conditions, or a higher limit.");
    let ran = shop.run(&["search", "zzyzx"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, ""));
    insta::assert_snapshot!(ran.stderr, @"note: Nothing was found. Only whole words are, and what was written in the last minutes may be missing.");
    insta::assert_snapshot!(shop.refused(3, &["search", "x", "--in", "Contcat"]), @r#"error: There is no object "Contcat" that this user can see. Did you mean Contact?"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_shown() {
    let shop = Shop::new().await;
    let json = shop.ok(&["limits", "dailyapi", "--format", "json"]);
    let limit: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(limit["limit"], "DailyApiRequests");
    assert!(limit["remaining"].as_i64().unwrap() <= limit["max"].as_i64().unwrap());
    assert!(shop.ok(&["limits"]).starts_with("LIMIT "));
    assert!(shop.refused(3, &["limits", "zebra"]).contains("has \"zebra\" in its name"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_output_is_no_failure_of_these_either() {
    let shop = Shop::new().await;
    for words in [
        &["find", "Contact"][..],
        &["search", "smith"],
        &["limits"],
        &["orgs"],
        &["completions", "bash"],
        &["report", "list", "a"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = shop.command(words);
        let ran = command.stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(
            ran.status.code(),
            Some(0),
            "{words:?}: {}",
            String::from_utf8_lossy(&ran.stderr)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_has_all_of_its_children() {
    let shop = Shop::new().await;
    let ids = shop.ok(&["query", "SELECT Id FROM Account LIMIT 1", "--format", "csv"]);
    let id = ids.lines().nth(1).unwrap();
    let rows: String = (0..1_200).map(|n| format!("Child {n},{id}\n")).collect();
    shop.file("rows.csv", &format!("LastName,AccountId\n{rows}"));
    shop.ok(&["bulk", "load", "Contact", "--csv", "rows.csv", "--operation", "insert"]);

    // More than come with the row.
    let soql = format!("SELECT Id, (SELECT LastName FROM Contacts) FROM Account WHERE Id = '{id}'");
    let told = shop.ok(&["query", &soql, "--format", "json"]);
    let children = serde_json::from_str::<Value>(&told).unwrap()["Contacts"].take();
    let mut names: Vec<&str> = children["records"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|c| c["LastName"].as_str())
        .collect();
    names.retain(|name| name.starts_with("Child "));
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 1_200);
    assert_eq!((&children["done"], &children["nextRecordsUrl"]), (&true.into(), &Value::Null));
    let csv = shop.ok(&["query", &soql, "--format", "csv"]);
    assert!(csv.matches("LastName").count() >= 1_200 && !csv.contains("nextRecordsUrl"));

    // Without the rest the row is not printed as if it were whole.
    let fault = Fault::unavailable().on(sf_emulator::Operation::NextPage).always();
    shop.org().faults().push(fault);
    let ran = shop.run(&["query", &soql, "--format", "json"]);
    assert_eq!((ran.status, ran.stdout.len()), (5, 0), "{}", ran.stderr);
}
