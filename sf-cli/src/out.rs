//! Standard output, whose reader may go away at any time, as `head` does.

use std::fmt::{self, Display};
use std::io::{self, Write};

/// Writes a line.
///
/// # Errors
/// [`io::ErrorKind::BrokenPipe`] when nobody reads any more, which ends the
/// command without a complaint.
pub(crate) fn line(text: impl Display) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{text}")
}

/// Writes a line to stderr, without styles where that is no terminal. Nobody has to read it.
pub(crate) fn told(text: fmt::Arguments<'_>) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// A text without the characters that command a terminal: records and labels
/// come from strangers. Line breaks stay.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_command_the_terminal() {
        let text = "\u{1b}]0;owned\u{7}\u{1b}[31mŻółw\nnext\u{9b}1m";
        assert_eq!(harmless(text), "\u{fffd}]0;owned\u{fffd}\u{fffd}[31mŻółw\nnext\u{fffd}1m");
    }
}
