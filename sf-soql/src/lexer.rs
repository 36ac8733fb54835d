//! Splits a statement into tokens, on demand and without allocating.
//!
//! The lexer cannot fail: what is no token becomes one that no rule of the
//! grammar takes, so the parser reports it at the place where it matters.

use crate::ast::Span;
use crate::scan;

/// A token and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A name or keyword.
    Word,
    /// `'…'` with its quotes; escapes unchecked.
    String,
    Number,
    Date,
    DateTime,
    Time,
    Comma,
    Dot,
    Open,
    Close,
    Colon,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    /// A string without its closing quote.
    Unterminated,
    /// Starts with a digit and is neither number, date nor time.
    BadLiteral,
    /// A character that starts no token.
    Unknown,
    End,
}

/// A position in the statement. Copied to look ahead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lexer<'s> {
    source: &'s str,
    at: usize,
}

impl<'s> Lexer<'s> {
    pub(crate) fn new(source: &'s str) -> Lexer<'s> {
        Lexer::from(source, 0)
    }

    /// From byte `at` on.
    pub(crate) fn from(source: &'s str, at: usize) -> Lexer<'s> {
        Lexer { source, at }
    }

    pub(crate) fn token(&mut self) -> Token {
        let bytes = self.source.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        let start = self.at;
        let (kind, length) = self.scan(&bytes[start..]);
        self.at = start + length;
        Token { kind, span: Span::new(start, self.at) }
    }

    fn scan(&self, rest: &[u8]) -> (TokenKind, usize) {
        let Some(first) = rest.first() else { return (TokenKind::End, 0) };
        let second = rest.get(1).copied().unwrap_or(0);
        match (first, second) {
            (b'a'..=b'z' | b'A'..=b'Z', _) => (TokenKind::Word, run(rest, |byte| is_word(*byte))),
            (b'0'..=b'9', _) | (b'+' | b'-' | b'.', b'0'..=b'9') => self.number(rest),
            (b'+' | b'-', b'.') if rest.get(2).is_some_and(u8::is_ascii_digit) => self.number(rest),
            (b'\'', _) => string(rest),
            (b',', _) => (TokenKind::Comma, 1),
            (b'.', _) => (TokenKind::Dot, 1),
            (b'(', _) => (TokenKind::Open, 1),
            (b')', _) => (TokenKind::Close, 1),
            (b':', _) => (TokenKind::Colon, 1),
            (b'=', _) => (TokenKind::Eq, 1),
            (b'!', b'=') | (b'<', b'>') => (TokenKind::Ne, 2),
            (b'<', b'=') => (TokenKind::Le, 2),
            (b'<', _) => (TokenKind::Lt, 1),
            (b'>', b'=') => (TokenKind::Ge, 2),
            (b'>', _) => (TokenKind::Gt, 1),
            _ => (
                TokenKind::Unknown,
                self.source[self.at..].chars().next().map_or(1, char::len_utf8),
            ),
        }
    }

    /// Takes all that could belong to a number, date or time, then sees what
    /// it is.
    fn number(&self, rest: &[u8]) -> (TokenKind, usize) {
        let length =
            1 + run(&rest[1..], |byte| is_word(*byte) || matches!(byte, b'.' | b':' | b'+' | b'-'));
        // All bytes taken are ASCII, so the range ends on a character.
        let text = &self.source[self.at..self.at + length];
        let kind = if scan::is_number(text) {
            TokenKind::Number
        } else if scan::is_date(text) {
            TokenKind::Date
        } else if scan::is_date_time(text) {
            TokenKind::DateTime
        } else if scan::is_time(text) {
            TokenKind::Time
        } else {
            TokenKind::BadLiteral
        };
        (kind, length)
    }
}

/// From the opening quote to the first quote that no backslash precedes.
fn string(rest: &[u8]) -> (TokenKind, usize) {
    let mut at = 1;
    loop {
        match rest.get(at) {
            Some(b'\'') => return (TokenKind::String, at + 1),
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
            None => return (TokenKind::Unterminated, rest.len()),
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn run(bytes: &[u8], matches: impl Fn(&u8) -> bool) -> usize {
    bytes.iter().position(|byte| !matches(byte)).unwrap_or(bytes.len())
}
