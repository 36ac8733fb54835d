//! What a person types, line by line, and Ctrl-C.

use std::io::{BufRead, IsTerminal, stderr, stdin};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::interrupt;

/// The lines of standard input. A thread reads them, since nothing can take back a read of a
/// terminal; it ends with the process.
pub(crate) struct Keyboard {
    lines: UnboundedReceiver<String>,
}

impl Keyboard {
    pub(crate) fn start() -> Self {
        let (sender, lines) = unbounded_channel();
        std::thread::spawn(move || {
            for line in stdin().lock().lines() {
                if line.is_err() || line.is_ok_and(|line| sender.send(line).is_err()) {
                    break;
                }
            }
        });
        Self { lines }
    }

    /// The next line; none when there will be no more.
    pub(crate) async fn line(&mut self) -> Option<String> {
        self.lines.recv().await
    }

    /// Forgets what was typed already: it does not answer a question that comes now.
    pub(crate) fn forget(&mut self) {
        while self.lines.try_recv().is_ok() {}
    }
}

/// Whether somebody sits there who can be asked.
pub(crate) fn somebody_is_there() -> bool {
    stdin().is_terminal() && stderr().is_terminal()
}

/// Every press of Ctrl-C from now on.
pub(crate) fn interrupts() -> UnboundedReceiver<()> {
    let (sender, told) = unbounded_channel();
    if let Ok(mut presses) = interrupt::presses() {
        tokio::spawn(
            async move { while presses.recv().await.is_some() && sender.send(()).is_ok() {} },
        );
    }
    told
}
