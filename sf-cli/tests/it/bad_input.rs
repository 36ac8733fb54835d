//! What goes wrong, and what the person in front of the terminal reads.

use std::net::TcpListener;

use crate::support::{Ran, closed_port, run, run_with, sf_agent};

fn told(ran: &Ran) -> &str {
    told_with(1, ran)
}

fn told_with(status: i32, ran: &Ran) -> &str {
    assert_eq!(ran.status, status, "{}{}", ran.stdout, ran.stderr);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    &ran.stderr
}

#[test]
fn a_query_that_does_not_parse() {
    insta::assert_snapshot!(told(&run(&["query", "SELECT Id FORM Account"])));
    insta::assert_snapshot!(told(&run(&["query", "SELECT * FROM Account"])));
}

#[test]
fn an_unknown_object_or_field() {
    insta::assert_snapshot!(told(&run(&["query", "SELECT Id FROM Accout"])));
    insta::assert_snapshot!(told(&run(&["query", "SELECT Id, Nmae FROM Account"])));
    insta::assert_snapshot!(told_with(3, &run(&["describe", "Invoyce"])));
    insta::assert_snapshot!(told_with(3, &run(&["objects", "zebra"])));
}

#[test]
fn tools_with_wrong_words() {
    insta::assert_snapshot!(told_with(3, &run(&["tools", "show", "salesforce_qurey"])));
    insta::assert_snapshot!(told_with(2, &run(&["tools", "call", "salesforce_query", "{soql}"])));
    let ran =
        run(&["tools", "call", "salesforce_get_record", r#"{"object": "Account", "id": "001xx"}"#]);
    insta::assert_snapshot!(format!("{}{}", ran.stdout, told(&ran)));
}

#[test]
fn a_key_file_that_is_not_there_or_not_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let env = |file: &str| {
        let env = [
            ("SF_LOGIN_URL", "https://login.salesforce.com".to_owned()),
            ("SF_CLIENT_ID", "id".to_owned()),
            ("SF_USERNAME", "ada@example.com".to_owned()),
            ("SF_JWT_KEY_FILE", folder.path().join(file).to_string_lossy().into_owned()),
        ];
        let env: Vec<_> = env.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let ran = run_with(&env, &["objects"]);
        told(&ran).replace(folder.path().to_str().unwrap(), "<folder>")
    };
    insta::assert_snapshot!(env("missing.pem"));
    std::fs::write(folder.path().join("wrong.pem"), "-----BEGIN NOTHING-----\nhunter2\n").unwrap();
    let wrong = env("wrong.pem");
    assert!(!wrong.contains("hunter2"));
    insta::assert_snapshot!(wrong);
}

#[test]
fn a_closed_port() {
    let (_nobody, port) = closed_port();
    let url = format!("http://127.0.0.1:{port}");
    let env =
        [("SF_LOGIN_URL", url.as_str()), ("SF_CLIENT_ID", "id"), ("SF_CLIENT_SECRET", "secret")];
    let ran = run_with(&env, &["objects"]);
    insta::assert_snapshot!(told_with(5, &ran).replace(&port.to_string(), "<port>"));
}

#[test]
fn half_a_configuration() {
    insta::assert_snapshot!(told(&run_with(&[("SF_CLIENT_ID", "id")], &["objects"])));
    insta::assert_snapshot!(told(&run_with(
        &[("SF_INSTANCE_URL", "http://acme.example"), ("SF_ACCESS_TOKEN", "00D!secret")],
        &["objects"],
    )));
}

#[test]
fn a_taken_port() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ran = run(&["emulate", "--port", &port]);
    insta::assert_snapshot!(told(&ran).replace(&port, "<port>"));
}

#[test]
fn wrong_usage_is_status_2() {
    assert_eq!(run(&["qeury"]).status, 2);
    assert_eq!(run(&["query"]).status, 2);
}

#[test]
fn apex_in_a_query_and_a_wrong_log_filter() {
    insta::assert_snapshot!(told(&run(&["query", "SELECT Id FROM Account FOR UPDATE"])));
    insta::assert_snapshot!(told(&run_with(&[("SF_AGENT_LOG", "sf_rest=loud")], &["objects"])));
}

#[test]
fn a_wrong_secret_is_told_by_every_command() {
    let (_nobody, port) = closed_port();
    let url = format!("http://127.0.0.1:{port}");
    let env =
        [("SF_LOGIN_URL", url.as_str()), ("SF_CLIENT_ID", "id"), ("SF_CLIENT_SECRET", "secret")];
    let call = run_with(&env, &["tools", "call", "salesforce_list_objects"]);
    assert_eq!(call.status, 5);
    assert!(call.stdout.contains("try_later"), "the model reads no detail: {}", call.stdout);
    assert!(call.stderr.contains("cannot connect"), "the person does: {}", call.stderr);

    let mcp = run_with(&env, &["mcp"]);
    assert!(mcp.stderr.contains("cannot connect"), "{}", mcp.stderr);
}

/// Nobody reads: the command ends without a complaint.
#[test]
fn a_closed_output_is_no_failure() {
    for words in [
        &["describe", "Account"][..],
        &["describe", "Account", "--raw"],
        &["objects"],
        &["tools", "list"],
        &["tools", "show", "salesforce_query"],
        &["tools", "call", "salesforce_list_objects"],
        &["query", "SELECT Id FROM Contact", "--format", "csv"],
        &["query", "SELECT Id FROM Contact", "--format", "json"],
        &["query", "SELECT Id FROM Contact"],
        &["query", "SELECT COUNT() FROM Contact"],
        &["emulate", "--print-env"],
        &["demo"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ran: Ran = sf_agent().args(words).stdout(writer).output().unwrap().into();
        assert_eq!(
            (ran.status, ran.stderr.contains("panicked")),
            (0, false),
            "{words:?}: {}",
            ran.stderr
        );
    }
}
