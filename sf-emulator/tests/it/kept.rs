//! An org in a file: what it keeps, who may open it, what a crash leaves.

use std::error::Error as _;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use insta::assert_snapshot;
use serde_json::json;
use sf_emulator::{Builder, Drift, Emulator, NewField};

use crate::any_org::{describe, write};
use crate::import::family;
use crate::support::{Client, start};

fn kept(file: &Path) -> Builder {
    Emulator::builder().contacts(20).database(file)
}

async fn refused(builder: Builder, folder: &Path) -> String {
    let error = builder.cache_dir(env!("CARGO_TARGET_TMPDIR")).start().await.unwrap_err();
    let text = error.source().unwrap().to_string();
    text.replace(&folder.display().to_string(), "[dir]")
}

#[tokio::test]
async fn changes_of_the_schema_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("org.db");
    let (org, client) = start(kept(&file)).await;
    let sum = client.query("SELECT SUM(Amount__c) s FROM Invoice__c").await.json();
    for drift in [
        Drift::rename_field("Invoice__c", "Amount__c", "Total__c"),
        Drift::add_field("Account", NewField::new("Tier__c", "picklist").values(["A", "B"], true)),
        Drift::rename_object("BigTable__c", "Small__c"),
    ] {
        org.alter(drift).await.unwrap();
    }
    let account = client.account("Kept").await;
    let path = format!("/sobjects/Account/{account}");
    assert_eq!(client.send("PATCH", &path, json!({"Tier__c": "B"})).await.status, 204);
    let described = client.get("/sobjects/Invoice__c/describe").await;
    org.shutdown().await;

    let (org, client) = start(kept(&file)).await;
    let again = client.get("/sobjects/Invoice__c/describe").await;
    assert_eq!((again.header("etag"), again.json()), (described.header("etag"), described.json()));
    assert_eq!(again.header("last-modified"), described.header("last-modified"));
    let total = client.query("SELECT SUM(Total__c) s FROM Invoice__c").await.json();
    assert_eq!(total["records"][0]["s"], sum["records"][0]["s"]);
    assert_eq!(client.get(&path).await.json()["Tier__c"], "B");
    assert!(client.count("SELECT COUNT() FROM Small__c").await > 0);
    // And goes on changing.
    org.alter(Drift::remove_field("Invoice__c", "Total__c")).await.unwrap();
    assert_eq!(client.query("SELECT Total__c FROM Invoice__c").await.status, 400);
}

#[tokio::test]
async fn a_loaded_schema_and_its_rows_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "rows/Node__c.json",
        &json!([{"Id": "a015g00000AAAAA", "Name": "x", "Number__c": "N-07"}]),
    );
    let file = folder.path().join("deep/org.db");
    let (org, client) = start(family(folder.path()).database(&file)).await;
    let described = client.get("/sobjects/Node__c/describe").await.json();
    client.send("POST", "/sobjects/Node__c", json!({"Name": "y"})).await;
    org.shutdown().await;

    // With the describes it was made from, and without any: the rows are not read again.
    for builder in [family(folder.path()), Emulator::builder()] {
        let (org, client) = start(builder.database(&file)).await;
        assert_eq!(client.get("/sobjects/Node__c/describe").await.json(), described);
        let numbers = client.query("SELECT Number__c FROM Node__c ORDER BY Number__c").await.json();
        assert_eq!(numbers["records"][1]["Number__c"], "N-08");
        assert_eq!(numbers["totalSize"], 2);
        org.shutdown().await;
    }

    let other = folder.path().join("other");
    write(&other, "Thing__c.json", &describe("Thing__c", Some("a09"), json!([])));
    let builtin = folder.path().join("builtin.db");
    start(kept(&builtin)).await.0.shutdown().await;
    let shown = [
        refused(Emulator::builder().describe(&other).database(&file), folder.path()).await,
        refused(Emulator::builder().describe(&other).database(&builtin), folder.path()).await,
    ];
    assert_snapshot!(shown.join("\n"), @"
    [dir]/deep/org.db holds an org of another schema than [dir]/other describes; open it without describes, which keeps its own, or start with a new file
    [dir]/builtin.db holds an org of another schema than [dir]/other describes; open it without describes, which keeps its own, or start with a new file
    ");
}

#[tokio::test]
async fn rows_that_are_refused_leave_no_file() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "rows/Node__c.json", &json!([{"Nope": 1}]));
    let file = folder.path().join("org.db");
    refused(family(folder.path()).database(&file), folder.path()).await;
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!file.exists() && left.len() == 3, "{left:?}");
}

#[tokio::test]
async fn one_process_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("org.db");
    let (_org, _client) = start(kept(&file)).await;
    assert_snapshot!(refused(kept(&file), folder.path()).await, @"[dir]/org.db is in use by another org of this process; stop that one or give another file");
    assert_eq!(
        std::fs::read_to_string(folder.path().join("org.db.lock")).unwrap(),
        std::process::id().to_string()
    );
}

/// What a child process of the tests is told: where its org is.
const CHILD: &str = "SF_EMULATOR_TEST_ORG";

/// Serves an org in a file until it is killed; does nothing among the other tests.
#[tokio::test]
async fn child_that_serves() {
    let Ok(file) = std::env::var(CHILD) else { return };
    let file = Path::new(&file);
    let (org, client) = start(kept(file)).await;
    // Not by a macro, whose output is kept until the test ends.
    let told = format!("{SERVES}{} {}\n", client.base, client.token);
    std::io::stdout().write_all(told.as_bytes()).unwrap();
    org.wait().await;
}

/// What the child says before the address of its org and a token.
const SERVES: &str = "the org serves at ";

/// Starts the child, and waits until its org serves.
fn serving(file: &Path) -> (Child, Client) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kept::child_that_serves", "--test-threads=1"])
        .env(CHILD, file)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // The line begins with what the test harness says of the test.
    let mut told = lines.filter_map(|line| Some(line.unwrap().split_once(SERVES)?.1.to_owned()));
    let told = told.next().unwrap();
    let (base, token) = told.split_once(' ').unwrap();
    let (base, token) = (base.to_owned(), token.to_owned());
    (child, Client { http: crate::support::http(), base, token })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_in_the_middle_of_writes_leaves_whole_transactions() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("org.db");
    let mut told = 0;
    for round in 0..3 {
        let (mut child, client) = serving(&file);
        if round == 0 {
            assert!(
                refused(kept(&file), folder.path()).await.contains("in use by another process")
            );
        }
        // Killed while requests are in flight: the answers so far are promises.
        let mut writers = tokio::task::JoinSet::new();
        let (promised, mut promises) = tokio::sync::mpsc::unbounded_channel();
        for _ in 0..3 {
            let (client, promised) = (client.clone(), promised.clone());
            writers.spawn(async move { write_pairs(&client, &promised).await });
        }
        for _ in 0..20 {
            let one = tokio::time::timeout(Duration::from_secs(60), promises.recv()).await;
            one.expect("the child does not write");
        }
        child.kill().unwrap();
        child.wait().unwrap();
        while let Some(pairs) = writers.join_next().await {
            told += pairs.unwrap();
        }
        let (org, client) = start(kept(&file)).await;
        let accounts = client.count("SELECT COUNT() FROM Account WHERE Name = 'Pair'").await;
        let contacts = client.count("SELECT COUNT() FROM Contact WHERE LastName = 'Pair'").await;
        assert_eq!(accounts, contacts, "an account and its contact are written together");
        assert!(told > 0 && accounts >= told, "{accounts} of {told}");
        org.shutdown().await;
    }
}

/// Writes pairs of records until the org is gone; answers how many it was told of.
async fn write_pairs(client: &Client, promised: &tokio::sync::mpsc::UnboundedSender<()>) -> u64 {
    let body = json!({"records": [{"attributes": {"type": "Account", "referenceId": "a"}, "Name": "Pair",
        "Contacts": {"records": [{"attributes": {"type": "Contact", "referenceId": "c"}, "LastName": "Pair"}]}}]});
    let mut told = 0;
    loop {
        let request = client.request(http::Method::POST, "/composite/tree/Account").json(&body);
        match request.send().await {
            Ok(reply) if reply.status().as_u16() == 201 => {
                told += 1;
                // Nobody counts any more after the kill.
                let _ = promised.send(());
            }
            _ => return told,
        }
    }
}
