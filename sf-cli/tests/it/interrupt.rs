//! Ctrl-C, as the signal that a terminal sends.

#![cfg(unix)]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use sf_emulator::{Fault, Operation};

use crate::shop::Shop;

const HOUR: Duration = Duration::from_secs(3_600);

pub(crate) fn interrupt(child: &Child) {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(sent.expect("there is kill").success());
}

/// Reads the first lines that a command prints, interrupts it then, and gives all of its output.
fn interrupted_after(mut command: Command, lines: usize) -> (i32, String, String) {
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    let mut reader = BufReader::new(child.stdout.take().expect("stdout is piped"));
    let mut text = String::new();
    for _ in 0..lines {
        assert!(reader.read_line(&mut text).expect("stdout is text") > 0, "it ended: {text}");
    }
    interrupt(&child);
    reader.read_to_string(&mut text).expect("stdout is text");
    let ended = child.wait_with_output().expect("the command ends");
    let stderr = String::from_utf8(ended.stderr).expect("stderr is text");
    (ended.status.code().expect("it ended by itself"), text, stderr)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_query_ends_with_a_whole_row() {
    let shop = Shop::with(|org| org.contacts(6_000)).await;
    shop.org().faults().push(Fault::latency(HOUR).on(Operation::NextPage).skip(1).always());
    for format in ["json", "csv", "table"] {
        let command = shop.command(&["query", "SELECT Id, Name FROM Contact", "--format", format]);
        // The second page comes, the third never does.
        let head = usize::from(format != "json");
        let (status, stdout, stderr) = interrupted_after(command, 4_000 + head);
        assert_eq!(status, 130, "{stderr}");
        assert!(stdout.ends_with('\n'), "{format}");
        assert_eq!(stdout.lines().count(), 4_000 + head, "{format}");
        assert_eq!(stderr, "Interrupted after 4000 rows; there may be more.\n");
        if format == "json" {
            assert!(stdout.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
        }
        shop.org().faults().clear();
        shop.org().faults().push(Fault::latency(HOUR).on(Operation::NextPage).skip(1).always());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn so_does_a_long_find() {
    let shop = Shop::with(|org| org.contacts(6_000)).await;
    shop.org().faults().push(Fault::latency(HOUR).on(Operation::NextPage).always());
    let command = shop.command(&["find", "Contact", "--field", "Id", "--format", "csv"]);
    let (status, stdout, stderr) = interrupted_after(command, 2_001);
    assert_eq!(status, 130, "{stderr}");
    assert_eq!(stdout.lines().count(), 2_001);
    assert!(stdout.ends_with('\n'));
}

/// A write that was sent is waited for: its outcome is told, though somebody lost patience.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_was_sent_is_waited_for() {
    let shop = Shop::new().await;
    shop.org().faults().push(Fault::held().on(Operation::Create));
    let mut command = shop.command(&["create", "Contact", "LastName=Patience", "--format", "csv"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    shop.org().faults().spent().await;
    interrupt(&child);
    shop.org().faults().release();
    let ran: crate::support::Ran = child.wait_with_output().unwrap().into();
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("created,003"), "{}", ran.stdout);
}

/// Who does not wait is told that it is not known what happened.
#[tokio::test(flavor = "multi_thread")]
async fn the_second_time_it_is_left_and_unknown() {
    let shop = Shop::new().await;
    shop.org().faults().push(Fault::latency(HOUR).on(Operation::Create));
    let mut command = shop.command(&["create", "Contact", "LastName=Hurry"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    shop.org().faults().spent().await;
    // The first may still be on its way to the program when the next comes, and nothing tells when
    // it has arrived: the program says nothing of it.
    let status = loop {
        interrupt(&child);
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(status.code(), Some(6));
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    insta::assert_snapshot!(stderr, @"error: not waited for the answer: what was sent may or may not have been written");
}

const LOADED: &str = "SELECT COUNT() FROM Contact WHERE LastName IN ('Eins', 'Zwei')";

/// What a job has written stays and is counted, and the rest is not written.
#[tokio::test(flavor = "multi_thread")]
async fn a_load_is_aborted_and_counted() {
    let shop = Shop::new().await;
    aborted_and_counted(&shop).await;
    shop.terms("audit = \"audit.jsonl\"");
    aborted_and_counted(&shop).await;
    let log = shop.ok(&["audit", "show", "audit.jsonl"]);
    assert!(log.contains("bulk_create 1 Contact: "), "{log}");
}

async fn aborted_and_counted(shop: &Shop) {
    let before: u64 = shop.count(LOADED).parse().unwrap();
    let _ = std::fs::remove_file(shop.desk.home.path().join("new.failed.csv"));
    shop.file("new.csv", "LastName\nEins\nZwei\n");
    // The first look at the job, once it is closed, is never answered.
    shop.org().faults().push(Fault::latency(HOUR).on(Operation::BulkIngest).method("GET"));
    let load = ["bulk", "load", "Contact", "--csv", "new.csv", "--operation", "insert"];
    let mut command = shop.command(&[&load[..], &["--format", "csv"]].concat());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    shop.org().faults().spent().await;
    interrupt(&child);
    let ran: crate::support::Ran = child.wait_with_output().unwrap().into();
    assert_eq!(ran.status, 130, "{}{}", ran.stdout, ran.stderr);
    let counts = ran.stdout.lines().nth(1).unwrap().split_once(',').unwrap().1;
    let written = shop.count(LOADED).parse::<u64>().unwrap() - before;
    let counts: Vec<u64> = counts.split(',').map(|n| n.parse().unwrap()).collect();
    assert_eq!(counts[0], written, "{}", ran.stdout);
    assert_eq!(counts.iter().sum::<u64>(), 2, "every row is accounted for: {}", ran.stdout);
}

/// Of a load that is still sent nothing is written, and its job does not stand open.
#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_is_still_sent_leaves_no_open_job() {
    let shop = Shop::new().await;
    let before = shop.count(LOADED);
    shop.file("new.csv", "LastName\nEins\nZwei\n");
    shop.org().faults().push(Fault::held().on(Operation::BulkIngest).method("PUT"));
    let load = ["bulk", "load", "Contact", "--csv", "new.csv", "--operation", "insert"];
    let mut command = shop.command(&load);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    shop.org().faults().spent().await;
    interrupt(&child);
    let ran: crate::support::Ran = child.wait_with_output().unwrap().into();
    assert_eq!(ran.status, 6, "{}{}", ran.stdout, ran.stderr);
    insta::assert_snapshot!(ran.stderr, @"Interrupted while the rows were sent. What is in no closed job is not written; closed jobs go on.");
    let sent = shop.org().requests();
    let aborted = |request: &sf_emulator::RequestRecord| {
        request.operation == Operation::BulkIngest && request.method == "PATCH"
    };
    let aborted: Vec<_> = sent.into_iter().filter(aborted).map(|abort| abort.status).collect();
    assert_eq!(aborted, [Some(200)]);
    assert_eq!(shop.count(LOADED), before);
}

/// A file of a query that was interrupted is not made.
#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_query_leaves_no_part_of_a_file() {
    let shop = Shop::new().await;
    shop.org().faults().push(Fault::latency(HOUR).on(Operation::BulkResults));
    let mut command =
        shop.command(&["bulk", "query", "SELECT Id FROM Contact", "--out", "contacts.csv"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    shop.org().faults().spent().await;
    interrupt(&child);
    let ran: crate::support::Ran = child.wait_with_output().unwrap().into();
    assert_eq!(ran.status, 130, "{}", ran.stderr);
    insta::assert_snapshot!(ran.stderr, @"Interrupted after 0 rows; a file takes its name only when it is whole.");
    let names: Vec<_> = std::fs::read_dir(shop.desk.home.path()).unwrap().flatten().collect();
    assert!(names.iter().all(|entry| entry.path().extension().is_none_or(|e| e != "csv")));
}
