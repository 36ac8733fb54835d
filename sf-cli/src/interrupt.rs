//! Ctrl-C, for commands that end in good order: after a whole row, or with the answer of a write
//! that was sent. Other commands are ended by it at once, as any program is.

use tokio_util::sync::CancellationToken;

use crate::exit::Exit;

/// The presses of Ctrl-C from now on, and not only from the moment when they are first waited for.
///
/// # Errors
/// If the system tells of none.
#[cfg(unix)]
pub(crate) fn presses() -> std::io::Result<tokio::signal::unix::Signal> {
    use tokio::signal::unix::{SignalKind, signal};
    signal(SignalKind::interrupt())
}

#[cfg(windows)]
pub(crate) fn presses() -> std::io::Result<tokio::signal::windows::CtrlC> {
    tokio::signal::windows::ctrl_c()
}

/// Whether somebody pressed Ctrl-C since this was made.
#[derive(Clone)]
pub(crate) struct Interrupt(CancellationToken);

impl Interrupt {
    /// For reading: the second Ctrl-C ends the process at once.
    pub(crate) fn of_reading() -> Self {
        Self::listen(Exit::Interrupted, "")
    }

    /// For writing: what was sent is waited for, since only the answer tells what happened. The
    /// second Ctrl-C ends the process without it.
    pub(crate) fn of_writing() -> Self {
        Self::listen(
            Exit::Unknown,
            "error: not waited for the answer: what was sent may or may not have been written",
        )
    }

    fn listen(second: Exit, told: &'static str) -> Self {
        let token = CancellationToken::new();
        let pressed = token.clone();
        let Ok(mut presses) = presses() else { return Self(token) };
        tokio::spawn(async move {
            if presses.recv().await.is_none() {
                return;
            }
            pressed.cancel();
            if presses.recv().await.is_some() {
                if !told.is_empty() {
                    eprintln!("{told}");
                }
                std::process::exit(i32::from(second.code()));
            }
        });
        Self(token)
    }

    pub(crate) fn is_pressed(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Waits for it.
    pub(crate) async fn pressed(&self) {
        self.0.cancelled().await;
    }

    /// What stops a call of a tool.
    pub(crate) fn token(&self) -> CancellationToken {
        self.0.clone()
    }
}
