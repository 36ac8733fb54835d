//! `sf_words(phrase, text)`: whether the words of a phrase follow each other in
//! a text.

use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result};

pub(super) fn register(connection: &Connection) -> Result<()> {
    let pure = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("sf_words", 2, pure, |context| {
        let ValueRef::Text(bytes) = context.get_raw(1) else { return Ok(false) };
        let Ok(text) = std::str::from_utf8(bytes) else { return Ok(false) };
        let phrase = context.get_or_create_aux(0, |value| value.as_str().map(Phrase::new))?;
        Ok(phrase.is_in(text))
    })
}

/// Patterns of words, in lower case.
struct Phrase {
    words: Vec<Vec<char>>,
    /// The words without wildcards: a text without one of them is soon refused.
    plain: Vec<String>,
}

impl Phrase {
    fn new(text: &str) -> Self {
        let lower = text.to_lowercase();
        let is_part = |char: char| char.is_alphanumeric() || matches!(char, '*' | '?');
        let words: Vec<&str> =
            lower.split(|char| !is_part(char)).filter(|word| !word.is_empty()).collect();
        let plain = words.iter().filter(|word| !word.contains(['*', '?']));
        Self {
            plain: plain.map(|word| (*word).to_owned()).collect(),
            words: words.iter().map(|word| word.chars().collect()).collect(),
        }
    }

    /// Fields are apart by a control character, which no phrase spans.
    fn is_in(&self, text: &str) -> bool {
        let lower = text.to_lowercase();
        !self.words.is_empty()
            && self.plain.iter().all(|word| lower.contains(word.as_str()))
            && lower.split('\u{1f}').any(|field| self.is_in_field(field))
    }

    fn is_in_field(&self, field: &str) -> bool {
        let words: Vec<&str> = field
            .split(|char: char| !char.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        words.windows(self.words.len()).any(|window| {
            window.iter().zip(&self.words).all(|(word, pattern)| matches(pattern, word))
        })
    }
}

/// Greedy with one point to go back to, so that no pattern is slow.
fn matches(pattern: &[char], word: &str) -> bool {
    let word: Vec<char> = word.chars().collect();
    let (mut at, mut token) = (0, 0);
    let mut back = None;
    while at < word.len() {
        match pattern.get(token) {
            Some('*') => {
                back = Some((token, at));
                token += 1;
            }
            Some(char) if *char == '?' || *char == word[at] => {
                at += 1;
                token += 1;
            }
            _ => {
                let Some((star, from)) = back else { return false };
                back = Some((star, from + 1));
                at = from + 1;
                token = star + 1;
            }
        }
    }
    pattern[token..].iter().all(|char| *char == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whole_in_any_case_and_by_wildcards() {
        for (phrase, text, expected) in [
            ("acme", "Acme, Inc.", true),
            ("acm", "Acme, Inc.", false),
            ("acm*", "Acme, Inc.", true),
            ("a?me", "Acme", true),
            ("*", "x", true),
            ("müller", "MÜLLER GmbH", true),
            ("new business", "the New, Business", true),
            ("business new", "new business", false),
            ("new business", "new\u{1f}business", false),
            ("joe@example.com", "mail Joe@Example.com now", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
            ("", "anything", false),
            ("日本", "日本 精密", true),
        ] {
            assert_eq!(Phrase::new(phrase).is_in(text), expected, "{phrase} in {text}");
        }
    }
}
