//! What the configuration limits cannot be stepped around.

use serde_json::Value;

use crate::shop::Shop;

const POLICY: &str = r#"
[objects.Account]
operations = ["read"]
read = ["*"]
hide = ["AnnualRevenue"]
rows = "Industry = 'Energy'"

[objects.Contact]
operations = ["read", "create"]
read = ["Id", "LastName"]
write = ["LastName"]
"#;

async fn limited() -> Shop {
    let shop = Shop::new().await;
    shop.file("policy.toml", POLICY);
    shop.terms("policy = \"policy.toml\"\naudit = \"audit.jsonl\"");
    shop
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_on_data_see_what_the_policy_shows() {
    let shop = limited().await;
    let csv = shop.ok(&["query", "SELECT Industry FROM Account", "--format", "csv"]);
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("Industry"));
    assert!(lines.all(|line| line == "Energy"), "{csv}");
    let found = shop.ok(&["find", "Account", "--field", "Name,Industry", "--format", "json"]);
    for line in found.lines() {
        assert_eq!(serde_json::from_str::<Value>(line).unwrap()["Industry"], "Energy");
    }
    assert!(!found.is_empty());
    insta::assert_snapshot!(shop.refused(1, &["query", "SELECT AnnualRevenue FROM Account"]), @"
    error: The query names what the org does not have (or this user cannot see): AnnualRevenue. Nothing was sent.
      soql: line 1, column 8: Account has no field AnnualRevenue.
    ");
    insta::assert_snapshot!(shop.refused(3, &["find", "Opportunity"]), @r#"error: There is no object "Opportunity" that this user can see."#);
    assert!(!shop.ok(&["describe", "Account"]).contains("AnnualRevenue"));
    let objects = shop.ok(&["objects"]);
    assert_eq!(objects.lines().count(), 2, "{objects}");

    let id = shop.contact("Ito");
    insta::assert_snapshot!(shop.refused(4, &["delete", "Contact", &id, "--yes"]), @"error: sf-agent delete is switched off: this connection does not allow deleting records. Nothing was sent to Salesforce. The policy of this connection says so; whoever runs it can change it.");
    insta::assert_snapshot!(shop.refused(1, &["create", "Contact", "LastName=Ito", "Phone=1"]), @"
    error: Nothing was sent: 1 problem to correct first. All of them are listed; correct them and call again.
      Phone: Contact has no such field; its describe lists those it has.
    ");
    let log = shop.ok(&["audit", "show", "audit.jsonl"]);
    assert!(log.contains("salesforce_create_records: create 1 Contact: written"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_policy_cannot_be_applied_to_is_refused() {
    let shop = limited().await;
    insta::assert_snapshot!(shop.refused(4, &["describe", "Account", "--raw"]), @r#"error: sf-agent describe --raw is not possible in the org "acme": its policy (<home>/policy.toml) cannot be applied to it. Nothing was sent. The tools of `sf-agent tools list` work under the policy"#);
    for words in [
        &["describe", "Account", "--raw"][..],
        &["codegen", "rust", "Account"],
        &["schema", "snapshot", "kept"],
        &["schema", "card", "Account"],
        &["schema", "sizes", "Account"],
        &["schema", "diagram", "Account"],
        &["emulate", "--sample", "twin", "Account"],
    ] {
        let told = shop.refused(4, words);
        assert!(told.contains("its policy (<home>/policy.toml) cannot be applied"), "{told}");
    }
    let data = shop.org().requests().into_iter().filter(|r| r.path.starts_with("/services/data"));
    assert_eq!(data.count(), 0, "nothing was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn options_do_not_lift_it() {
    let shop = limited().await;
    shop.file("wide.toml", "[objects.Account]\noperations = [\"read\"]\nread = [\"*\"]\n");
    let arguments = r#"{"soql": "SELECT AnnualRevenue FROM Account"}"#;
    let call = ["tools", "call", "salesforce_query", arguments];
    assert_eq!(shop.run(&call).status, 1);
    for option in [&["--policy", "wide.toml"][..], &["--write"]] {
        let words = [&call[..], option].concat();
        let told = shop.refused(4, &words);
        assert!(told.contains("the config names a policy for the org \"acme\""), "{told}");
        let told = shop.refused(4, &[&["mcp"], option].concat());
        assert!(told.contains("the config names a policy for the org \"acme\""), "{told}");
    }
    let told = shop.refused(4, &[&call[..], &["--audit", "other.jsonl"]].concat());
    assert!(told.contains("the config logs the writes of this org to"), "{told}");
}

/// An undoing is logged where the writes of the org are, so a copy of that log is no way around it.
#[tokio::test(flavor = "multi_thread")]
async fn a_copied_log_undoes_nothing() {
    let shop = Shop::new().await;
    shop.terms("audit = \"audit.jsonl\"");
    let id = shop.contact("Ito");
    for file in ["audit.jsonl", "audit.jsonl.head"] {
        let path = shop.desk.home.path().join(file);
        std::fs::copy(&path, path.with_file_name(file.replace("audit", "copy"))).unwrap();
    }
    shop.ok(&["audit", "verify", "copy.jsonl"]);
    let revert = ["audit", "revert", "copy.jsonl", "2", "--yes"];
    insta::assert_snapshot!(shop.refused(4, &revert), @"error: the config logs the writes of this org to <home>/audit.jsonl, so an undoing is logged there, too: revert the entry of that log");
    let there = format!("SELECT COUNT() FROM Contact WHERE Id = '{id}'");
    assert_eq!(shop.count(&there), "1");
    // By whichever path, the log itself does.
    shop.ok(&["audit", "revert", "./audit.jsonl", "2", "--yes"]);
    assert_eq!(shop.count(&there), "0");
}

/// The account behind the org is the org, by whichever name.
#[tokio::test(flavor = "multi_thread")]
async fn the_account_of_an_org_is_not_a_way_around() {
    let shop = limited().await;
    assert_eq!(shop.desk.login(&["robot", "--client-credentials"]).status, 0);
    shop.file("config.toml", "[orgs.prod]\naccount = \"robot\"\npolicy = \"policy.toml\"");
    for name in ["prod", "robot"] {
        let told = shop.refused(1, &["--org", name, "query", "SELECT AnnualRevenue FROM Account"]);
        assert!(told.contains("AnnualRevenue"), "{told}");
    }
    let two = "[orgs.prod]\naccount = \"robot\"\npolicy = \"policy.toml\"\n[orgs.open]\naccount = \"robot\"";
    shop.file("config.toml", two);
    insta::assert_snapshot!(shop.refused(1, &["--org", "robot", "objects"]), @r#"error: the account "robot" is that of several orgs of the config; name one of them with --org: open, prod"#);
    assert!(shop.run(&["--org", "open", "objects"]).stdout.lines().count() > 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn write_says_who_may_write() {
    let shop = Shop::new().await;
    let create = ["create", "Contact", "LastName=Ito"];
    let tool = [
        "tools",
        "call",
        "salesforce_create_records",
        r#"{"object": "Contact", "records": [{"LastName": "Ito"}]}"#,
    ];
    // Nothing said: the person writes, an agent does not.
    assert_eq!((shop.run(&create).status, shop.run(&tool).status), (0, 4));
    shop.terms("write = true");
    assert_eq!((shop.run(&create).status, shop.run(&tool).status), (0, 0));
    shop.terms("write = false");
    insta::assert_snapshot!(shop.refused(4, &create), @r#"error: the config says write = false for the org "acme""#);
    let told = shop.refused(4, &[&tool[..], &["--write"]].concat());
    assert!(told.contains("write = false"), "{told}");
    shop.file("rows.csv", "LastName\nIto\n");
    shop.refused(4, &["bulk", "load", "Contact", "--csv", "rows.csv", "--operation", "insert"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_chooses_the_tools() {
    let shop = Shop::new().await;
    shop.terms("profile = \"core\"");
    let listed = shop.ok(&["tools", "list"]);
    assert!(
        listed.contains("salesforce_query") && !listed.contains("salesforce_create"),
        "{listed}"
    );
}

/// No option agrees in the place of a person.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_of_the_policy_is_put_to_a_person_alone() {
    let shop = Shop::new().await;
    let id = shop.contact("Ito");
    let policy = "ask = [\"delete\"]\n[objects.Contact]\noperations = [\"read\", \"delete\"]\nread = [\"*\"]\n";
    shop.file("policy.toml", policy);
    shop.terms("policy = \"policy.toml\"");
    insta::assert_snapshot!(shop.refused(4, &["delete", "Contact", &id, "--yes"]), @"error: This write needs a person's approval, and nobody could be asked. Nothing was changed. Tell the user what you wanted to write and that it waits for an approval: they can make the change themselves, use a client that can put questions to them, or have whoever runs this connection change its rules. Calling again changes nothing.");
    assert_eq!(
        shop.ok(&[
            "find",
            "Contact",
            "--where",
            "LastName=Ito",
            "--field",
            "Id",
            "--format",
            "csv"
        ])
        .lines()
        .count(),
        2
    );
}
