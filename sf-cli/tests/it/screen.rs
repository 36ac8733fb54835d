//! The binary at a terminal: a pseudo-terminal at one end, a person's eyes and hands at the other.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZero;
use std::process::{Child, Command};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use pty_process::Size;
use pty_process::blocking::Pty;

/// So many rows that nothing scrolls away.
const ROWS: NonZero<u16> = NonZero::new(600).unwrap();
const COLUMNS: NonZero<u16> = NonZero::new(110).unwrap();
/// Longer than anything takes; a test that waits for what does not come ends then.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is on the screen, and whether more can come.
type Seen = (Mutex<(vt100::Parser, bool)>, Condvar);

/// A command at a terminal.
pub(crate) struct Terminal {
    pty: Arc<Pty>,
    child: Child,
    seen: Arc<Seen>,
}

impl Terminal {
    /// Starts `command` at a terminal.
    pub(crate) fn start(command: Command) -> Self {
        Self::of(command, None)
    }

    /// The same with standard output in a file.
    pub(crate) fn start_into(command: Command, file: File) -> Self {
        Self::of(command, Some(file))
    }

    fn of(mut command: Command, file: Option<File>) -> Self {
        command.env("TERM", "xterm-256color");
        let (pty, pts) = pty_process::blocking::open().expect("a pseudo-terminal");
        pty.resize(Size::new(ROWS.get(), COLUMNS.get())).expect("a size");
        let mut command = pty_process::blocking::Command::from(command);
        if let Some(file) = file {
            command = command.stdout(file);
        }
        let child = command.spawn(pts).expect("it starts");
        let parser = vt100::Parser::new(ROWS, COLUMNS, 0);
        let seen: Arc<Seen> = Arc::new((Mutex::new((parser, true)), Condvar::new()));
        let pty = Arc::new(pty);
        let (eye, screen) = (Arc::clone(&pty), Arc::clone(&seen));
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            loop {
                // Linux answers with an error once nobody is at the other end.
                let read = (&*eye).read(&mut bytes).unwrap_or(0);
                let mut seen = screen.0.lock().expect("no reader panicked");
                seen.0.process(&bytes[..read]);
                seen.1 = read > 0;
                screen.1.notify_all();
                if read == 0 {
                    return;
                }
            }
        });
        Self { pty, child, seen }
    }

    /// What is on the screen, without blanks at the ends of lines.
    pub(crate) fn screen(&self) -> String {
        contents(&self.seen.0.lock().expect("no reader panicked").0)
    }

    /// Waits until `text` is on the screen for the `nth` time; what is on it then.
    pub(crate) fn wait_for(&self, nth: usize, text: &str) -> String {
        let end = Instant::now() + PATIENCE;
        let mut seen = self.seen.0.lock().expect("no reader panicked");
        loop {
            let screen = contents(&seen.0);
            if screen.matches(text).count() >= nth {
                return screen;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(seen.1 && !left.is_zero(), "{text:?} does not come:\n{screen}");
            seen = self.seen.1.wait_timeout(seen, left).expect("no reader panicked").0;
        }
    }

    /// Whether a line of the screen begins with `text` in bold.
    pub(crate) fn is_bold(&self, text: &str) -> bool {
        let seen = self.seen.0.lock().expect("no reader panicked");
        let screen = seen.0.screen();
        let row = contents(&seen.0).lines().position(|line| line.starts_with(text));
        let row = row.and_then(|row| u16::try_from(row).ok());
        row.and_then(|row| screen.cell(row, 0)).is_some_and(vt100::Cell::bold)
    }

    /// Types a text and Enter.
    pub(crate) fn enter(&self, text: &str) {
        (&*self.pty).write_all(format!("{text}\r").as_bytes()).expect("it takes what is typed");
    }

    /// Presses Ctrl-C.
    pub(crate) fn interrupt(&self) {
        (&*self.pty).write_all(b"\x03").expect("it takes what is typed");
    }

    /// Waits for the end: the exit status, and what is on the screen then.
    pub(crate) fn end(mut self) -> (i32, String) {
        let status = self.child.wait().expect("it ends");
        let end = Instant::now() + PATIENCE;
        let mut seen = self.seen.0.lock().expect("no reader panicked");
        while seen.1 {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "the terminal stays open");
            seen = self.seen.1.wait_timeout(seen, left).expect("no reader panicked").0;
        }
        (status.code().expect("it ended by itself"), contents(&seen.0))
    }
}

impl Drop for Terminal {
    /// A test that failed leaves nothing running.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn contents(parser: &vt100::Parser) -> String {
    let text = parser.screen().contents();
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_end().to_owned()
}
