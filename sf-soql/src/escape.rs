//! Text into a statement without a way out of its place.
//!
//! Best build a tree ([`crate::ast`]) and print it: names and literals there
//! are checked, text is escaped by the printer. These functions are for
//! statements put together as text.
//!
//! ```
//! use sf_soql::escape;
//!
//! let name = "O'Brien' OR Name != '";
//! let soql = format!("SELECT Id FROM Contact WHERE LastName = '{}'", escape::string(name));
//! assert_eq!(soql, r"SELECT Id FROM Contact WHERE LastName = 'O\'Brien\' OR Name != \''");
//! ```

use std::fmt::{self, Write};

use crate::ast::{Expression, InvalidLiteral, InvalidName, Path, Term, is_reserved};

/// `text` as the body of a string literal, without the quotes.
#[must_use]
pub fn string(text: &str) -> String {
    let mut body = String::with_capacity(text.len() + 8);
    // Writing to a String does not fail.
    let _ = write_string(&mut body, text);
    body
}

/// `text` as the body of a `LIKE` pattern that matches it literally: its `%`,
/// `_` and `\` are no wildcards. Wildcards go around it:
/// `LIKE '%{}%'`.
#[must_use]
pub fn like(text: &str) -> String {
    let mut body = String::with_capacity(text.len() + 8);
    let _ = write_pattern(&mut body, &like_pattern(text));
    body
}

/// `text` as a pattern for [`Value::Pattern`](crate::ast::Value::Pattern) that
/// matches it literally. The printer escapes quotes; this escapes wildcards.
#[must_use]
pub fn like_pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

/// The words of `text` for a search, `FIND {…}`: reserved characters escaped, a
/// word that is an operator (`and`, `or`, `not`) in quotes. Several words stand
/// in parentheses, so that an operator beside them takes them together. Stands
/// outside quotes. Empty if `text` is blank, which no search can look for.
///
/// ```
/// assert_eq!(sf_soql::escape::sosl_term("AT&T or {x}"), r#"(AT\&T "or" \{x\})"#);
/// ```
#[must_use]
pub fn sosl_term(text: &str) -> String {
    match Expression::words(text) {
        Some(Expression::Term(term)) => term.to_string(),
        Some(words) => format!("({words})"),
        None => String::new(),
    }
}

/// `text` as one phrase of a search with its double quotes, `FIND {…}`. Empty if
/// `text` is blank, which no search can look for.
#[must_use]
pub fn sosl_phrase(text: &str) -> String {
    Term::phrase(text).map(|phrase| phrase.to_string()).unwrap_or_default()
}

/// `text` if it is a date, `YYYY-MM-DD`.
///
/// # Errors
/// [`InvalidLiteral`] for anything else.
pub fn date(text: &str) -> Result<&str, InvalidLiteral> {
    crate::ast::Date::new(text).map(|_| text)
}

/// `text` if it is a dateTime, `YYYY-MM-DDThh:mm:ssZ` or with an offset.
///
/// # Errors
/// [`InvalidLiteral`] for anything else.
pub fn date_time(text: &str) -> Result<&str, InvalidLiteral> {
    crate::ast::DateTime::new(text).map(|_| text)
}

/// `text` if it is a number.
///
/// # Errors
/// [`InvalidLiteral`] for anything else.
pub fn number(text: &str) -> Result<&str, InvalidLiteral> {
    crate::ast::Number::new(text).map(|_| text)
}

/// `text` if it is a field, an object or a dotted path of names.
///
/// # Errors
/// [`InvalidName`] for anything else.
pub fn path(text: &str) -> Result<&str, InvalidName> {
    Path::new(text).map(|_| text)
}

/// Writes `text` as the body of a string literal.
pub(crate) fn write_string(out: &mut impl Write, text: &str) -> fmt::Result {
    write_escaped(out, text, false)
}

/// Writes a pattern as the body of a string literal: what is escaped for
/// `LIKE` stays so, a backslash that escapes nothing is doubled.
pub(crate) fn write_pattern(out: &mut impl Write, pattern: &str) -> fmt::Result {
    write_escaped(out, pattern, true)
}

/// Writes `text` as a part of a search.
pub(crate) fn write_search(out: &mut impl Write, text: &str) -> fmt::Result {
    for character in text.chars() {
        if is_reserved(character) {
            out.write_char('\\')?;
        }
        out.write_char(character)?;
    }
    Ok(())
}

fn write_escaped(out: &mut impl Write, text: &str, pattern: bool) -> fmt::Result {
    let mut rest = text;
    while let Some(at) = rest
        .find(|character: char| matches!(character, '\'' | '\\') || character.is_ascii_control())
    {
        out.write_str(&rest[..at])?;
        let byte = rest.as_bytes()[at];
        rest = &rest[at + 1..];
        match byte {
            b'\\' if pattern && rest.starts_with(['\\', '%', '_']) => {
                out.write_char('\\')?;
                out.write_str(&rest[..1])?;
                rest = &rest[1..];
            }
            b'\'' => out.write_str("\\'")?,
            b'\\' => out.write_str("\\\\")?,
            b'\n' => out.write_str("\\n")?,
            b'\r' => out.write_str("\\r")?,
            b'\t' => out.write_str("\\t")?,
            8 => out.write_str("\\b")?,
            12 => out.write_str("\\f")?,
            control => write!(out, "\\u{control:04x}")?,
        }
    }
    out.write_str(rest)
}
