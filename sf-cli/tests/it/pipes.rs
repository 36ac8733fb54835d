//! Output that nobody reads, or that has no room: what was written decides the status.

#![cfg(unix)]

use std::fs::File;
use std::process::{Command, Stdio};

use crate::shop::Shop;
use crate::support::Ran;

/// Runs a command whose standard output nobody reads.
fn unread(mut command: Command) -> Ran {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    command.stdout(writer).stderr(Stdio::piped()).output().unwrap().into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_is_told_by_the_status() {
    let shop = Shop::new().await;
    let ran = unread(shop.command(&["create", "Contact", "LastName=Unread"]));
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    assert_eq!(shop.count("SELECT COUNT() FROM Contact WHERE LastName = 'Unread'"), "1");

    let id = shop.contact("Ito");
    let ran = unread(shop.command(&["delete", "Contact", &id, "003000000000001AAA", "--yes"]));
    assert_eq!(ran.status, 1, "not all of them: {}", ran.stderr);

    shop.file("rows.csv", "LastName,Email\nIto,not a mail\n");
    let load = ["bulk", "load", "Contact", "--csv", "rows.csv", "--operation", "insert"];
    assert_eq!(unread(shop.command(&load)).status, 1);

    let arguments = r#"{"object": "Contact", "records": [{"LastName": "Ito"}]}"#;
    let call = ["tools", "call", "salesforce_create_records", arguments];
    assert_eq!(unread(shop.command(&call)).status, 4, "it may not write");
    assert_eq!(unread(shop.command(&[&call[..], &["--write"]].concat())).status, 0);

    let query = ["query", "SELECT Id FROM Contact"];
    let ran = unread(shop.command(&query));
    assert_eq!(ran.status, 0, "who reads no more has enough: {}", ran.stderr);
}

/// What is done once something was seen is not done if nobody sees it.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_undone_or_installed_unseen() {
    let shop = Shop::new().await;
    shop.terms("audit = \"audit.jsonl\"");
    let id = shop.contact("Ito");
    let ran = unread(shop.command(&["audit", "revert", "audit.jsonl", "2", "--yes"]));
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.starts_with("error: nothing was undone, since"), "{}", ran.stderr);
    assert_eq!(shop.count(&format!("SELECT COUNT() FROM Contact WHERE Id = '{id}'")), "1");
    let ran = unread(shop.command(&["install", "cursor", "--file", "mcp.json", "--yes"]));
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains("error: nothing was written, since"), "{}", ran.stderr);
    assert!(!shop.desk.home.path().join("mcp.json").exists());
}

/// A write whose outcome found no room is not to be sent again.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_does_not_invite_to_write_again() {
    let shop = Shop::new().await;
    let full = || File::options().write(true).open("/dev/full").unwrap();
    let mut create = shop.command(&["create", "Contact", "LastName=Full"]);
    let ran: Ran = create.stdout(full()).stderr(Stdio::piped()).output().unwrap().into();
    assert_eq!(ran.status, 6, "{}", ran.stderr);
    insta::assert_snapshot!(ran.stderr, @"error: everything was written, but what became of it could not be printed: No space left on device (os error 28)");
    assert_eq!(shop.count("SELECT COUNT() FROM Contact WHERE LastName = 'Full'"), "1");
    let mut query = shop.command(&["query", "SELECT Id FROM Contact"]);
    let ran: Ran = query.stdout(full()).stderr(Stdio::piped()).output().unwrap().into();
    assert_eq!(ran.status, 1, "{}", ran.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn stderr_that_nobody_reads_changes_nothing() {
    let shop = Shop::new().await;
    for (words, status) in [
        (&["query", "SELECT Id FROM Contact LIMIT 1"][..], 0),
        (&["query", "SELECT Nope FROM Contact"], 1),
        (&["get", "Contact", "003000000000001AAA"], 3),
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ended = shop.command(words).stdout(Stdio::null()).stderr(writer).status().unwrap();
        assert_eq!(ended.code(), Some(status), "{words:?}");
    }
}
