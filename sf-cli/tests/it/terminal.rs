//! What a terminal shows: a bar on stderr, bold heads on stdout, and neither elsewhere.

#![cfg(target_os = "linux")]

use std::fs::File;
use std::io::Read;
use std::process::Stdio;
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use sf_emulator::{Fault, Operation};

use crate::shop::Shop;

/// A terminal: the end that a person looks at, and the one that a program is given.
fn terminal() -> (File, File) {
    let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("there are terminals");
    grantpt(&person).unwrap();
    unlockpt(&person).unwrap();
    let size = Winsize { ws_row: 40, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&person, size).unwrap();
    let name = ptsname(&person, Vec::new()).unwrap().into_string().unwrap();
    let program = File::options().read(true).write(true).open(name).unwrap();
    (File::from(person), program)
}

/// What is shown until `enough`, or until the program let go of the terminal, which reads as an error.
fn shown(person: &mut File, enough: &str) -> String {
    let (mut text, mut buffer) = (Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = person.read(&mut buffer) {
        text.extend_from_slice(&buffer[..read]);
        if !enough.is_empty() && String::from_utf8_lossy(&text).contains(enough) {
            break;
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bar_shows_rows_and_rate_where_stderr_is_a_terminal() {
    let shop = Shop::with(|org| org.contacts(6_000)).await;
    let never = Fault::latency(Duration::from_secs(3_600)).on(Operation::NextPage).skip(1);
    shop.org().faults().push(never.always());
    let (mut person, program) = terminal();
    let mut command = shop.command(&["query", "SELECT Id FROM Contact", "--format", "csv"]);
    command.env("TERM", "xterm").stdout(Stdio::piped()).stderr(program);
    let mut child = command.spawn().unwrap();
    drop(command);
    // Read all the while: a full pipe would stop the rows.
    let mut rows = child.stdout.take().unwrap();
    let stdout = std::thread::spawn(move || {
        let mut text = String::new();
        rows.read_to_string(&mut text).map(|_| text)
    });
    let bar = std::thread::spawn(move || (shown(&mut person, "4000/6000 rows  "), person));
    let (bar, mut person) = bar.join().unwrap();
    assert!(bar.contains("[####################>         ] 4000/6000 rows"), "{bar:?}");
    crate::interrupt::interrupt(&child);
    let rest = std::thread::spawn(move || shown(&mut person, ""));
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let stdout = stdout.join().unwrap().unwrap();
    assert_eq!(stdout.lines().count(), 4_001);
    assert!(!stdout.contains('\u{1b}'), "no colours in a pipe");
    let all = bar + &rest.join().unwrap();
    assert!(all.contains(" rows/s") && all.trim_end().ends_with("there may be more."), "{all:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_head_is_bold_where_stdout_is_a_terminal() {
    let shop = Shop::new().await;
    for (no_color, bold) in [(None, true), (Some("1"), false)] {
        let (mut person, program) = terminal();
        let mut command = shop.command(&["query", "SELECT Id FROM Contact LIMIT 1"]);
        command.env("TERM", "xterm").env_remove("NO_COLOR").stdout(program).stderr(Stdio::null());
        if let Some(value) = no_color {
            command.env("NO_COLOR", value);
        }
        let mut child = command.spawn().unwrap();
        drop(command);
        let reader = std::thread::spawn(move || shown(&mut person, ""));
        assert_eq!(child.wait().unwrap().code(), Some(0));
        let text = reader.join().unwrap();
        assert_eq!(text.contains("\u{1b}[1mId\u{1b}[0m"), bold, "{text:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_asked_before_a_deletion() {
    use std::io::Write;

    let shop = Shop::new().await;
    for (answer, status, left) in [("n\n", 1, "201"), ("y\n", 0, "200")] {
        let id = match shop.count("SELECT COUNT() FROM Contact").as_str() {
            "200" => shop.contact("Asked"),
            _ => {
                let csv = shop.ok(&[
                    "query",
                    "SELECT Id FROM Contact WHERE LastName = 'Asked'",
                    "--format",
                    "csv",
                ]);
                csv.lines().nth(1).unwrap().to_owned()
            }
        };
        let (mut person, program) = terminal();
        let mut command = shop.command(&["delete", "Contact", &id]);
        command.stdin(program).stdout(Stdio::null()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        drop(command);
        person.write_all(answer.as_bytes()).unwrap();
        let ran = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(status), "{stderr}");
        assert!(stderr.starts_with(&format!("Delete the Contact {id}? [y/N] ")), "{stderr}");
        assert_eq!(shop.count("SELECT COUNT() FROM Contact"), left);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_can_be_left() {
    let shop = Shop::new().await;
    let id = shop.contact("Asked");
    let (_person, program) = terminal();
    let mut command = shop.command(&["delete", "Contact", &id]);
    command.stdin(program).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(command);
    let mut stderr = child.stderr.take().unwrap();
    let mut asked = vec![0; "Delete the Contact".len()];
    stderr.read_exact(&mut asked).unwrap();
    crate::interrupt::interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(shop.count("SELECT COUNT() FROM Contact"), "201");
}
