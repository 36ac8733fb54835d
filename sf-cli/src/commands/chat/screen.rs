//! The terminal: the answer on stdout, everything else on stderr.

use std::fmt::Arguments;
use std::io::{IsTerminal, Write, stdout};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::out::harmless;

/// Where a conversation is shown. Nothing fails here: it goes on when nobody watches any more.
pub(crate) struct Screen {
    /// Whether an answer is shown as it comes. Where it is read by a program, it comes in one piece.
    streams: bool,
    /// Whether the last line of an answer is not ended yet.
    open: Mutex<bool>,
}

impl Screen {
    pub(crate) fn new() -> Self {
        Self { streams: stdout().is_terminal(), open: Mutex::new(false) }
    }

    /// A piece of what the model says.
    pub(crate) fn piece(&self, text: &str) {
        if !self.streams || text.is_empty() {
            return;
        }
        let mut open = self.open();
        let mut out = stdout().lock();
        let _ = write!(out, "{}", harmless(text));
        let _ = out.flush();
        *open = !text.ends_with('\n');
    }

    /// The end of an answer, which was shown already, or is now.
    pub(crate) fn answered(&self, whole: &str) {
        if self.streams {
            self.end_line(&mut self.open());
        } else {
            let _ = writeln!(stdout().lock(), "{}", harmless(whole));
        }
    }

    /// A line about what goes on.
    pub(crate) fn note(&self, line: Arguments<'_>) {
        self.end_line(&mut self.open());
        let _ = writeln!(anstream::stderr().lock(), "{line}");
    }

    /// A question, which is answered in the same line.
    pub(crate) fn ask(&self, text: Arguments<'_>) {
        self.end_line(&mut self.open());
        let mut err = anstream::stderr().lock();
        let _ = write!(err, "{text}");
        let _ = err.flush();
    }

    fn end_line(&self, open: &mut bool) {
        if std::mem::take(open) {
            let _ = writeln!(stdout().lock());
        }
    }

    fn open(&self) -> MutexGuard<'_, bool> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
