//! What SQLite lacks: comparison without regard to case beyond ASCII, LIKE
//! with SOQL's escapes, picklist order, multi-select picklists.

use std::cmp::Ordering;
use std::collections::HashMap;

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result};

/// Separates the parts of a list given to a function as one text.
pub(crate) const LIST_SEPARATOR: char = '\u{1f}';

pub(super) fn register(connection: &Connection) -> Result<()> {
    let pure = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_collation("sf", compare)?;
    connection.create_scalar_function("sf_like", 2, pure, |context| {
        with_text(context, 1, |text| {
            let pattern = context.get_or_create_aux(0, |value| value.as_str().map(Pattern::new))?;
            Ok(pattern.matches(text))
        })
    })?;
    connection.create_scalar_function("sf_rank", 2, pure, |context| {
        with_text(context, 1, |text| {
            let ranks = context.get_or_create_aux(0, |value| value.as_str().map(ranks))?;
            let last = i64::try_from(ranks.len()).unwrap_or(i64::MAX);
            Ok(ranks.get(&fold(text)).copied().unwrap_or(last))
        })
    })?;
    connection.create_scalar_function("sf_includes", 2, pure, |context| {
        with_text(context, 1, |text| {
            let wanted = context.get_or_create_aux(0, |value| value.as_str().map(choices))?;
            let have: Vec<String> = text.split(';').map(fold).collect();
            Ok(wanted.iter().all(|choice| have.contains(choice)))
        })
    })
}

/// `NULL` stays `NULL`; anything that is not text does too.
fn with_text<T>(
    context: &Context<'_>,
    at: usize,
    f: impl FnOnce(&str) -> Result<T>,
) -> Result<Option<T>> {
    match context.get_raw(at) {
        ValueRef::Text(bytes) => {
            std::str::from_utf8(bytes).map_or(Ok(None), |text| f(text).map(Some))
        }
        _ => Ok(None),
    }
}

/// By upper-cased characters: English locales' order (SOQL and SOSL Reference,
/// "ORDER BY").
fn compare(left: &str, right: &str) -> Ordering {
    let (left_bytes, right_bytes) = (left.as_bytes(), right.as_bytes());
    let mut at = 0;
    while at < left_bytes.len() && at < right_bytes.len() {
        let (one, other) = (left_bytes[at], right_bytes[at]);
        if !one.is_ascii() || !other.is_ascii() {
            // Everything before is ASCII, so this is where a character starts.
            let upper = left[at..].chars().flat_map(char::to_uppercase);
            return upper.cmp(right[at..].chars().flat_map(char::to_uppercase));
        }
        let order = one.to_ascii_uppercase().cmp(&other.to_ascii_uppercase());
        if order != Ordering::Equal {
            return order;
        }
        at += 1;
    }
    left_bytes.len().cmp(&right_bytes.len())
}

pub(crate) fn fold(text: &str) -> String {
    text.to_uppercase()
}

fn ranks(list: &str) -> HashMap<String, i64> {
    list.split(LIST_SEPARATOR).map(fold).zip(0..).collect()
}

fn choices(list: &str) -> Vec<String> {
    list.split(';').map(fold).collect()
}

/// A LIKE pattern: `%`, `_`, and `\` before a plain character.
struct Pattern(Vec<Token>);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Token {
    Any,
    One,
    Plain(char),
}

impl Pattern {
    fn new(pattern: &str) -> Self {
        let mut tokens = Vec::with_capacity(pattern.len());
        let mut chars = pattern.chars();
        while let Some(char) = chars.next() {
            match char {
                '%' => tokens.push(Token::Any),
                '_' => tokens.push(Token::One),
                '\\' => tokens.extend(upper(chars.next().unwrap_or('\\')).map(Token::Plain)),
                plain => tokens.extend(upper(plain).map(Token::Plain)),
            }
        }
        tokens.dedup_by(|a, b| *a == Token::Any && *b == Token::Any);
        Self(tokens)
    }

    fn matches(&self, text: &str) -> bool {
        if text.is_ascii() {
            let bytes = text.as_bytes();
            return self.run(bytes.len(), |at| char::from(bytes[at].to_ascii_uppercase()));
        }
        let chars: Vec<char> = text.chars().flat_map(upper).collect();
        self.run(chars.len(), |at| chars[at])
    }

    /// Greedy with one point to go back to: linear in practice, quadratic at
    /// worst, whatever the pattern.
    fn run(&self, length: usize, char_at: impl Fn(usize) -> char) -> bool {
        let (mut at, mut token) = (0, 0);
        let mut back = None;
        while at < length {
            match self.0.get(token) {
                Some(Token::Any) => {
                    back = Some((token, at));
                    token += 1;
                    continue;
                }
                Some(Token::One) => {
                    (at, token) = (at + 1, token + 1);
                    continue;
                }
                Some(Token::Plain(char)) if *char == char_at(at) => {
                    (at, token) = (at + 1, token + 1);
                    continue;
                }
                _ => {}
            }
            let Some((any, from)) = back else { return false };
            back = Some((any, from + 1));
            (at, token) = (from + 1, any + 1);
        }
        self.0[token..].iter().all(|token| *token == Token::Any)
    }
}

fn upper(char: char) -> impl Iterator<Item = char> {
    char.to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_is_the_platform_s() {
        for (pattern, text, expected) in [
            ("acme%", "ACME Ltd", true),
            ("%ltd", "Acme Ltd", true),
            ("%me%t_", "Acme Ltd", true),
            ("a_me", "Acme", true),
            ("a_me", "Ame", false),
            ("100\\%%", "100% Organic", true),
            ("100\\%%", "1000 Organic", false),
            ("a\\_b", "A_B", true),
            ("a\\_b", "AxB", false),
            ("müll%", "MÜLLER", true),
            ("%%%", "", true),
            ("", "", true),
            ("", "x", false),
            ("%a%a%a%b", "aaaaaaaaaaaaaaaa", false),
        ] {
            assert_eq!(Pattern::new(pattern).matches(text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn text_compares_without_case() {
        assert_eq!(compare("Élan", "élan"), Ordering::Equal);
        assert_eq!(compare("abc", "ABD"), Ordering::Less);
        assert_eq!(compare("Zed", "alpha"), Ordering::Greater);
        assert_eq!(compare("zed", "Éclair"), Ordering::Less);
        assert_eq!(compare("straße", "STRASSE"), Ordering::Equal);
        assert_eq!(compare("ab", "abc"), Ordering::Less);
        assert_eq!(compare("", ""), Ordering::Equal);
    }
}
