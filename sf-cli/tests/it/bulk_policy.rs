//! `bulk`, `report` and `limits` where the configuration names a policy or a log.

use crate::shop::Shop;

const POLICY: &str = r#"
[objects.Account]
operations = ["read"]
read = ["*"]
hide = ["AnnualRevenue"]
rows = "Industry = 'Energy'"

[objects.Contact]
operations = ["read", "create", "delete"]
read = ["*"]
hide = ["Phone"]
masks = { Email = "token", LastName = "last_four" }
write = ["LastName", "Email", "Title"]
"#;

/// Reports need all that they use without a filter.
const REPORTS: &str = r#"
[objects."*"]
operations = ["read"]
read = ["*"]

[objects.Case]
operations = ["read"]
read = ["*"]
hide = ["Priority"]
"#;

async fn limited() -> Shop {
    let shop = Shop::new().await;
    shop.file("policy.toml", POLICY);
    shop.terms("policy = \"policy.toml\"\naudit = \"audit.jsonl\"");
    shop
}

fn file(shop: &Shop, name: &str) -> String {
    std::fs::read_to_string(shop.desk.home.path().join(name)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_holds_what_may_be_read() {
    let shop = limited().await;
    let soql = "SELECT Name, Industry FROM Account ORDER BY Name";
    let ran = shop.run(&["bulk", "query", soql, "--out", "accounts.csv"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, ""), "{}", ran.stderr);
    let csv = file(&shop, "accounts.csv");
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("Name,Industry"));
    assert!(lines.clone().count() > 0 && lines.all(|line| line.ends_with(",Energy")), "{csv}");
    // Masked in every format.
    let soql = "SELECT LastName, Email FROM Contact WHERE Email != null LIMIT 2";
    for format in ["csv", "json", "table"] {
        let out = shop.ok(&["bulk", "query", soql, "--out", "-", "--format", format]);
        assert!(out.contains("<email:1.") && !out.contains('@'), "{out}");
    }
    let none = ["bulk", "query", "SELECT Id FROM Account WHERE Name = 'No'", "--out", "-"];
    assert_eq!(shop.ok(&none), "Id\n");
    let hidden = ["bulk", "query", "SELECT AnnualRevenue FROM Account", "--out", "no.csv"];
    insta::assert_snapshot!(shop.refused(1, &hidden), @"
    error: The query names what the org does not have (or this user cannot see): AnnualRevenue. Nothing was sent.
      soql: line 1, column 8: Account has no field AnnualRevenue.
    ");
    assert!(!shop.desk.home.path().join("no.csv").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_is_checked_logged_and_accounted_for() {
    let shop = limited().await;
    let load = ["bulk", "load", "Contact", "--operation", "insert", "--format", "csv", "--csv"];
    let load = |file: &'static str| [&load[..], &[file]].concat();
    // What the policy forbids, or the org would refuse, is told before anything is sent.
    shop.file("wrong.csv", "LastName,Phone\nIto,1\n");
    insta::assert_snapshot!(shop.refused(1, &load("wrong.csv")), @"
    error: Nothing was sent: 1 problem to correct first.
      column Phone: Contact has no such field. Did you mean HomePhone?
    ");
    shop.file("empty.csv", "LastName\nIto\n\"\"\n");
    insta::assert_snapshot!(shop.refused(1, &load("empty.csv")), @"
    error: Nothing was sent: 1 problem to correct first.
      row 2.LastName: Required to create Contact: text of at most 80 characters.
    ");

    shop.file("new.csv", "LastName,Email\nEins,eins@example.com\nZwei,\n");
    let ran = shop.run(&load("new.csv"));
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    let (head, counts) = ran.stdout.split_once('\n').unwrap();
    assert_eq!(head, "jobs,created,written,failed,unprocessed");
    assert!(counts.trim_end().ends_with(",2,0,0,0"), "{counts}");
    let log = shop.ok(&["audit", "show", "audit.jsonl"]);
    assert!(log.contains("salesforce_bulk_load: bulk_create 1 Contact: written"), "{log}");

    // Which rows the org refuses after all.
    shop.file("gone.csv", "Id\n003000000000001AAA\n");
    let delete = ["bulk", "load", "Contact", "--operation", "delete", "--yes", "--csv", "gone.csv"];
    let ran = shop.run(&delete);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.stderr, "Rows that were not written: gone.failed.csv\n");
    insta::assert_snapshot!(file(&shop, "gone.failed.csv"), @r#"
    Id,sf__Error
    003000000000001AAA,"invalid cross reference id. An id does not exist, is not visible to this user, or is of another object."
    "#);
}

/// A log alone does not stand in the way either.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_policy_a_load_is_logged() {
    let shop = Shop::new().await;
    shop.terms("audit = \"audit.jsonl\"");
    shop.file("rows.csv", "LastName\nIto\n");
    shop.ok(&["bulk", "load", "Contact", "--csv", "rows.csv", "--operation", "insert"]);
    let log = shop.ok(&["audit", "show", "audit.jsonl"]);
    assert!(log.contains("bulk_create 1 Contact: written"), "{log}");
    shop.terms("write = false");
    let load = ["bulk", "load", "Contact", "--csv", "rows.csv", "--operation", "insert"];
    shop.refused(4, &load);
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_and_limits_follow_the_policy() {
    let shop = limited().await;
    let limits = shop.ok(&["limits", "DailyApi", "--format", "csv"]);
    assert!(limits.starts_with("limit,max,remaining\nDailyApiRequests,"), "{limits}");

    let none = shop.refused(4, &["report", "list"]);
    assert!(none.contains("reading of the object Report is not given"), "{none}");
    shop.file("policy.toml", REPORTS);
    let listed = shop.run(&["report", "list", "--format", "csv"]);
    insta::assert_snapshot!(format!("{}\n{}{}", listed.status, listed.stdout, listed.stderr), @"
    1
    id,name
    00OdE0000000001UAA,All Contacts
    00OdE0000000004UAA,Invoices by Status and Customer
    error: incomplete: 4 left out: reports that use what this connection may not read, or that Salesforce does not show it.
    ");
    let ran = shop.run(&["report", "run", "All Contacts", "--format", "csv"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert_eq!(ran.stdout.lines().count(), 201, "{}", ran.stdout);
    insta::assert_snapshot!(shop.refused(4, &["report", "run", "Cases by Owner"]), @"error: The report cannot be run here: it uses fields that this connection cannot read. Nothing was sent. sf-agent query reads what may be read. The policy of this connection says so; whoever runs it can change it.");

    shop.file("policy.toml", "[objects.Contact]\noperations = [\"read\"]\nread = [\"*\"]\n[tools]\noff = [\"salesforce_bulk_query\", \"salesforce_org_limits\"]\n");
    insta::assert_snapshot!(shop.refused(4, &["limits"]), @"error: sf-agent limits is switched off in this org by its policy, under [tools]. Nothing was sent");
    shop.refused(4, &["bulk", "query", "SELECT Id FROM Contact", "--out", "x.csv"]);
}

/// The load was sent, with and without a log: that the refused rows find no place is no reason to send
/// it again.
#[tokio::test(flavor = "multi_thread")]
async fn refused_rows_without_a_place_are_counted_and_told() {
    let shop = Shop::new().await;
    shop.file("gone.csv", "Id\n003000000000001AAA\n");
    let load = ["bulk", "load", "Contact", "--operation", "delete", "--yes", "--csv", "gone.csv"];
    for terms in ["", "audit = \"audit.jsonl\""] {
        shop.terms(terms);
        let ran =
            shop.run(&[&load[..], &["--failed", "none/rows.csv", "--format", "csv"]].concat());
        assert_eq!(ran.status, 6, "{}{}", ran.stdout, ran.stderr);
        let counts = ran.stdout.lines().nth(1).unwrap_or_default();
        assert!(counts.ends_with(",0,0,1,0"), "{}", ran.stdout);
        assert!(ran.stderr.starts_with("error: none/rows.csv cannot be written"), "{}", ran.stderr);
        assert!(ran.stderr.contains("ook before you send the file again"), "{}", ran.stderr);
    }
}
