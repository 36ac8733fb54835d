//! docs/session.md is what the binary prints at a terminal: each of its blocks is recorded anew and
//! compared. `SESSION=write` writes what was recorded instead.

use std::fs;
use std::sync::{Mutex, PoisonError};

use sf_adapter_conformance::task;

use crate::model::Model;
use crate::screen::Terminal;
use crate::support::sf_agent;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/session.md");

/// The tests run at once, and write one file.
static DOCUMENTS: Mutex<()> = Mutex::new(());

/// Compares the block that begins with `$ command` with what was recorded of it.
fn compare(command: &str, recorded: &str) {
    let _one = DOCUMENTS.lock().unwrap_or_else(PoisonError::into_inner);
    let document = fs::read_to_string(DOCUMENT).expect("the document is there");
    let head = format!("```text\n$ {command}\n");
    let (before, rest) = document.split_once(&head).expect("the document has the command");
    let (block, after) = rest.split_once("\n```\n").expect("the block ends");
    if std::env::var_os("SESSION").is_some_and(|how| how == "write") {
        let new = format!("{before}{head}{recorded}\n```\n{after}");
        fs::write(DOCUMENT, new).expect("the document can be written");
        return;
    }
    let (old, new) = (settled(block), settled(recorded));
    for (n, (old, new)) in old.lines().zip(new.lines()).enumerate() {
        assert_eq!(old, new, "line {} of `{command}`; SESSION=write records it anew", n + 1);
    }
    assert_eq!(old.lines().count(), new.lines().count(), "{new}");
}

/// The text without what differs from run to run: times, ports, cursors and the number of tools.
fn settled(text: &str) -> String {
    text.lines().map(settled_line).collect::<Vec<_>>().join("\n")
}

fn settled_line(line: &str) -> String {
    if let Some((before, _)) = line.split_once("cursor: ") {
        return format!("{before}cursor: #");
    }
    let words: Vec<&str> = line.split(' ').collect();
    let unit = |word: &str| {
        let word = word.trim_end_matches([')', '.', ',']);
        matches!(word, "ms" | "s" | "tools" | "rows/s")
    };
    let settled = words.iter().enumerate().map(|(n, word)| {
        let number = word.trim_start_matches('(');
        if number.parse::<f64>().is_ok() && words.get(n + 1).is_some_and(|next| unit(next)) {
            return word.replace(number, "#");
        }
        if word.strip_suffix('s').is_some_and(|seconds| seconds.parse::<u32>().is_ok()) {
            return "#s".to_owned();
        }
        match word.split_once("127.0.0.1:") {
            Some((before, after)) => {
                let after = after.trim_start_matches(|c: char| c.is_ascii_digit());
                format!("{before}127.0.0.1:#{after}")
            }
            None => without_cursor(word),
        }
    });
    settled.collect::<Vec<_>>().join(" ")
}

/// A sealed cursor is another each time, and a point in time (`2026-11-20T20:24:15.000+0000`), too.
fn without_cursor(word: &str) -> String {
    if let Some((before, after)) = word.split_once("\"cursor\":\"") {
        let letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        return format!("{before}\"cursor\":\"#{}", after.trim_start_matches(letter));
    }
    match word.split_once(".000+0000") {
        Some((before, after)) => {
            let point = |c: char| c.is_ascii_digit() || matches!(c, '-' | ':' | 'T');
            format!("{}#{after}", before.trim_end_matches(point))
        }
        None => word.to_owned(),
    }
}

#[test]
fn the_demo_is_as_recorded() {
    let mut command = sf_agent();
    command.arg("demo");
    let (status, screen) = Terminal::start(command).end();
    assert_eq!(status, 0, "{screen}");
    compare("sf-agent demo", &screen);
}

/// The bar is cleared when all rows are there, so it is looked at on the way, while a page is held.
#[test]
fn the_query_is_as_recorded() {
    const PAGES: &str = "SELECT Id, Name, Account.Name FROM Contact";
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let org = runtime.block_on(sf_emulator::Emulator::start()).expect("an org");
    let held = sf_emulator::Fault::held();
    org.faults().push(held.on(sf_emulator::Operation::NextPage).skip(1));
    let mut command = sf_agent();
    command.args(["query", PAGES, "--format", "csv"]).envs([
        ("SF_LOGIN_URL", org.url().as_str()),
        ("SF_CLIENT_ID", org.client_id()),
        ("SF_CLIENT_SECRET", org.client_secret()),
    ]);
    let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/contacts.csv");
    let file = fs::File::create(path).expect("a file");
    let terminal = Terminal::start_into(command, file);
    let on_the_way = terminal.wait_for(1, " 4000/10000 rows");
    org.faults().release();
    let (status, screen) = terminal.end();
    assert_eq!(status, 0, "{screen}");
    let rows = fs::read_to_string(path).expect("the rows");
    assert_eq!(rows.lines().count(), 10_001);
    let command = format!("sf-agent query \"{PAGES}\" --format csv > contacts.csv");
    compare(&command, &format!("{on_the_way}\n{screen}"));
}

#[test]
fn the_chat_is_as_recorded() {
    let model = Model::start(task::STEPS);
    let terminal = Terminal::start(model.chat(&["--model", "scripted", "--write"]));
    terminal.wait_for(1, "\n>");
    terminal.enter(task::PROMPT);
    terminal.wait_for(1, "Send it? [y/N]");
    terminal.enter("y");
    terminal.wait_for(2, "\n>");
    terminal.enter("");
    let (status, screen) = terminal.end();
    assert_eq!(status, 0, "{screen}");
    compare("sf-agent chat --model scripted --write", &screen);
}

#[test]
fn what_differs_is_settled_and_nothing_else() {
    let line = "at http://127.0.0.1:43210/ (started in 31 ms), 21 tools, 9566 rows (0.1 s).";
    assert_eq!(
        settled_line(line),
        "at http://127.0.0.1:#/ (started in # ms), # tools, 9566 rows (# s)."
    );
    assert_eq!(settled_line("{\"cursor\":\"abc-_1\"} x"), "{\"cursor\":\"#\"} x");
    assert_eq!(settled_line("[\"T\",\"2026-11-20T20:24:15.000+0000\"]]"), "[\"T\",\"#\"]]");
}
