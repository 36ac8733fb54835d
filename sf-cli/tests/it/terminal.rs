//! What a terminal shows: a bar on stderr, bold heads on stdout, and neither elsewhere.

use std::time::Duration;

use sf_emulator::{Fault, Operation};

use crate::screen::Terminal;
use crate::shop::Shop;

#[tokio::test(flavor = "multi_thread")]
async fn a_bar_shows_rows_and_rate_where_stderr_is_a_terminal() {
    let shop = Shop::with(|org| org.contacts(6_000)).await;
    let never = Fault::latency(Duration::from_secs(3_600)).on(Operation::NextPage).skip(1);
    shop.org().faults().push(never.always());
    let path = shop.file("rows.csv", "");
    let file = std::fs::File::create(&path).unwrap();
    let query = shop.command(&["query", "SELECT Id FROM Contact", "--format", "csv"]);
    let terminal = Terminal::start_into(query, file);
    let bar = terminal.wait_for(1, " 4000/6000 rows  ");
    assert!(bar.contains("[####################>         ] 4000/6000 rows  "), "{bar}");
    assert!(bar.contains(" rows/s  "), "{bar}");
    terminal.interrupt();
    let (status, screen) = terminal.end();
    assert_eq!(status, 130);
    assert!(screen.ends_with("Interrupted after 4000 rows; there may be more."), "{screen}");
    let rows = std::fs::read_to_string(path).unwrap();
    assert_eq!(rows.lines().count(), 4_001);
    assert!(!rows.contains('\u{1b}'), "no colours in a file");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_head_is_bold_where_stdout_is_a_terminal() {
    let shop = Shop::new().await;
    for (no_color, bold) in [("", true), ("1", false)] {
        let mut command = shop.command(&["query", "SELECT Id FROM Contact LIMIT 1"]);
        command.env("NO_COLOR", no_color);
        let terminal = Terminal::start(command);
        // The bar on the way says "0/1 rows".
        terminal.wait_for(1, "\n1 row");
        assert_eq!(terminal.is_bold("Id"), bold, "{}", terminal.screen());
        assert_eq!(terminal.end().0, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_are_plain_where_stderr_is_no_terminal() {
    let shop = Shop::new().await;
    let mut command = shop.command(&["limits"]);
    command.env_remove("NO_COLOR").env("SF_AGENT_LOG", "debug");
    let told = command.output().unwrap();
    let log = String::from_utf8(told.stderr).unwrap();
    assert!(log.contains(" DEBUG ") && !log.contains('\u{1b}'), "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_asked_before_a_deletion() {
    let shop = Shop::new().await;
    let id = shop.contact("Asked");
    for (answer, status, left) in [("n", 1, "201"), ("y", 0, "200")] {
        let terminal = Terminal::start(shop.command(&["delete", "Contact", &id]));
        terminal.wait_for(1, &format!("Delete the Contact {id}? [y/N]"));
        terminal.enter(answer);
        let (ended, screen) = terminal.end();
        assert_eq!(ended, status, "{screen}");
        assert_eq!(shop.count("SELECT COUNT() FROM Contact"), left);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_can_be_left() {
    let shop = Shop::new().await;
    let id = shop.contact("Asked");
    let terminal = Terminal::start(shop.command(&["delete", "Contact", &id]));
    terminal.wait_for(1, "[y/N]");
    terminal.interrupt();
    let (status, screen) = terminal.end();
    assert_eq!(status, 130, "{screen}");
    assert!(screen.ends_with("Interrupted. Nothing was changed."), "{screen}");
    assert_eq!(shop.count("SELECT COUNT() FROM Contact"), "201");
}
