//! How far a long command is, on stderr where that is a terminal, and nowhere otherwise.

use std::io::{self, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

/// Rows and how many there are in a second, with a bar once their number is known. It is taken from
/// the terminal when this is dropped.
pub(crate) struct Progress(ProgressBar);

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}

impl Progress {
    /// For what is over at once.
    pub(crate) fn none() -> Self {
        Self(ProgressBar::hidden())
    }

    /// The same, for what tells how far it is by itself.
    pub(crate) fn teller(&self) -> Teller {
        Teller(self.0.clone())
    }

    /// How many rows have come, and how many there are, if that is known.
    pub(crate) fn set(&self, rows: u64, of: Option<u64>) {
        show(&self.0, rows, of);
    }

    /// Begins to count.
    pub(crate) fn rows() -> Self {
        // Four times a second: nobody reads faster.
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(4));
        bar.set_style(style("{spinner} {pos} rows  {rate}  {elapsed}"));
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(250));
        }
        Self(bar)
    }

    /// Takes it from the terminal.
    pub(crate) fn end(&self) {
        self.0.finish_and_clear();
    }

    /// A writer of which no line runs into this one, should both go to one terminal.
    pub(crate) fn above<W: Write>(&self, out: W) -> Above<W> {
        Above { bar: self.0.clone(), out }
    }
}

/// See [`Progress::teller`].
pub(crate) struct Teller(ProgressBar);

impl Teller {
    /// How many rows are done, of how many.
    pub(crate) fn tell(&self, done: u64, of: u64) {
        show(&self.0, done, Some(of));
    }
}

impl sf_agent_tools::Progress for Teller {
    fn report(&self, done: u64, total: Option<u64>, _: &str) {
        show(&self.0, done, total);
    }
}

fn show(bar: &ProgressBar, rows: u64, of: Option<u64>) {
    if let Some(of) = of
        && bar.length() != Some(of)
    {
        bar.set_style(style("[{bar:30}] {pos}/{len} rows  {rate}  {elapsed}"));
        bar.set_length(of);
    }
    bar.set_position(rows);
}

fn style(template: &str) -> ProgressStyle {
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let rate = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        // A rate that cannot be written is left out.
        let _ = write!(out, "{:.0} rows/s", state.per_sec());
    };
    style.progress_chars("#> ").with_key("rate", rate)
}

/// See [`Progress::above`].
pub(crate) struct Above<W> {
    bar: ProgressBar,
    out: W,
}

impl<W: Write> Write for Above<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Self { bar, out } = self;
        bar.suspend(|| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
