//! What the commands print on the embedded org.

use serde_json::Value;

use crate::support::{run, run_fed};

#[test]
fn query_prints_a_table() {
    let ran = run(&[
        "query",
        "SELECT Name, Account__r.Name, Amount__c FROM Invoice__c ORDER BY Name LIMIT 3",
    ]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert_eq!(ran.stderr, "3 rows\n");
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 4, "{}", ran.stdout);
    assert!(lines[0].starts_with("Name") && lines[0].contains("Account__r.Name"), "{}", lines[0]);
    let column = lines[0].find("Account__r.Name").unwrap();
    assert!(lines[1..].iter().all(|line| line[..column].ends_with("  ")), "{}", ran.stdout);
}

#[test]
fn query_keeps_the_columns_of_an_empty_parent() {
    let soql = "SELECT Id, Account.Name FROM Contact WHERE AccountId = null LIMIT 2";
    let ran = run(&["query", soql, "--format", "csv"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let mut lines = ran.stdout.lines();
    assert_eq!(lines.next(), Some("Id,Account.Name"));
    assert!(lines.all(|line| line.len() == 19 && line.ends_with(',')), "{}", ran.stdout);
}

#[test]
fn query_brings_more_than_a_page_in_every_format() {
    for format in ["table", "json", "csv"] {
        let ran =
            run(&["query", "SELECT Id FROM Contact ORDER BY Id LIMIT 4321", "--format", format]);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        let header = usize::from(format != "json");
        assert_eq!(ran.stdout.lines().count(), 4321 + header, "{format}");
    }
}

#[test]
fn query_counts() {
    let ran = run(&["query", "select count() from Contact"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "10000\n"), "{}", ran.stderr);
    let count = |format| run(&["query", "SELECT COUNT() FROM Contact", "--format", format]).stdout;
    assert_eq!(
        (count("csv"), count("json")),
        ("COUNT()\n10000\n".into(), "{\"COUNT()\":10000}\n".into())
    );
    let ran = run(&["query", "SELECT COUNT(Id) n FROM Contact", "--format", "csv"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "n\n10000\n"), "{}", ran.stderr);
}

#[test]
fn query_prints_its_columns_without_rows_and_numbers_without_exponents() {
    for (format, head) in
        [("table", "Name  Owner.Name\n"), ("csv", "Name,Owner.Name\n"), ("json", "")]
    {
        let ran =
            run(&["query", "SELECT Name, Owner.Name FROM Account LIMIT 0", "--format", format]);
        assert_eq!((ran.status, ran.stdout.as_str(), ran.stderr.as_str()), (0, head, "0 rows\n"));
    }
    let soql = "SELECT SUM(Amount) sum FROM Opportunity";
    let ran = run(&["query", soql, "--format", "csv"]);
    let sum = ran.stdout.lines().nth(1).unwrap();
    assert!(
        sum.len() > 9 && sum.bytes().all(|b| b.is_ascii_digit() || b == b'.'),
        "{}",
        ran.stdout
    );
    // JSON is as Salesforce sends it.
    assert!(run(&["query", soql, "--format", "json"]).stdout.contains("E9"));
}

#[test]
fn objects_can_be_found_by_label() {
    let ran = run(&["objects", "deal"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stdout.lines().any(|line| line.starts_with("AIM__Deal__c")), "{}", ran.stdout);
    let invoice = |format| run(&["objects", "invoice__c", "--format", format]).stdout;
    assert_eq!(invoice("csv"), "name,label\nInvoice__c,Invoice\n");
    assert_eq!(invoice("json"), "{\"name\":\"Invoice__c\",\"label\":\"Invoice\"}\n");
}

#[test]
fn describe_prints_the_card_or_the_describe() {
    let ran = run(&["describe", "account"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("Required on create: Name\n"), "{}", ran.stdout);

    let ran = run(&["describe", "Account", "--raw"]);
    let raw: Value = serde_json::from_str(&ran.stdout).expect("a describe is JSON");
    assert_eq!(raw["name"], "Account");
}

#[test]
fn tools_are_listed_shown_and_called() {
    let ran = run(&["tools", "list"]);
    insta::assert_snapshot!(ran.stdout);

    let ran = run(&["tools", "show", "salesforce_query"]);
    let tool: Value = serde_json::from_str(&ran.stdout).expect("a definition is JSON");
    assert_eq!(tool["effects"], serde_json::json!(["read"]));

    let ran = run_fed(
        &["tools", "call", "salesforce_query", "-"],
        r#"{"soql": "SELECT COUNT() FROM User"}"#,
    );
    let reply: Value = serde_json::from_str(&ran.stdout).expect("a reply is JSON");
    assert_eq!(reply["completeness"]["complete"], true, "{}", ran.stderr);
}

#[test]
fn the_sizes_of_tools_and_replies_are_told() {
    let ran = run(&["tools", "sizes"]);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 14, "{}{}", ran.stdout, ran.stderr);
    assert!(lines[0].starts_with("core ") && lines[3].starts_with("all "), "{}", ran.stdout);
    assert!(lines[4..].iter().all(|line| line.contains("reply")), "{}", ran.stdout);
}

#[test]
fn a_write_needs_the_option() {
    let arguments = r#"{"object": "Account", "records": [{"Name": "Söhne & Co"}]}"#;
    let refused = run(&["tools", "call", "salesforce_create_records", arguments]);
    assert_eq!(refused.status, 4);
    assert!(refused.stdout.contains("--write"), "{}", refused.stdout);

    let done = run(&["tools", "call", "--write", "salesforce_create_records", arguments]);
    assert_eq!(done.status, 0, "{}", done.stderr);
    assert!(done.stdout.contains("\"outcome\": \"created\""), "{}", done.stdout);
}

#[test]
fn mcp_ends_with_its_input_and_writes_protocol_only() {
    let hello = concat!(
        r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","#,
        r#""capabilities":{},"clientInfo":{"name":"test","version":"0"}}}"#,
        "\n",
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        "\n",
        r#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#,
        "\n",
    );
    let ran = run_fed(&["mcp"], hello);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let messages: Vec<Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line is JSON"))
        .collect();
    let tools = messages.iter().find(|m| m["id"] == 2).expect("tools/list is answered");
    let names: Vec<_> =
        tools["result"]["tools"].as_array().unwrap().iter().map(|t| &t["name"]).collect();
    assert!(names.contains(&&Value::from("salesforce_query")));
    assert!(!names.contains(&&Value::from("salesforce_create_records")), "read-only by default");
}

#[test]
fn raw_requests_are_there_when_they_are_asked_for() {
    let words = ["tools", "call", "salesforce_request", r#"{"path": "limits"}"#];
    let ran = run(&words);
    assert_eq!(ran.status, 1, "{}", ran.stdout);
    assert!(ran.stdout.contains("There is no tool"), "{}", ran.stdout);
    let ran = run(&[&words[..], &["--raw-requests"]].concat());
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let reply: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(reply["answer"]["DailyApiRequests"]["Max"].is_u64(), "{}", ran.stdout);
    let ran = run(&["tools", "list", "--raw-requests"]);
    assert!(
        ran.stdout.contains("salesforce_request           delete  Raw request"),
        "{}",
        ran.stdout
    );
    let ran = run(&["mcp", "--raw-requests", "--policy", "x.toml"]);
    assert!(ran.status != 0 && ran.stderr.contains("cannot be used with"), "{}", ran.stderr);
}
