//! Masks: what stands in a result instead of a value.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use aws_lc_rs::{hmac, rand};
use sf_schema::{Field, FieldType};

/// How a field is masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mask {
    /// `#5f1d9c03ab42`: equal values have equal hashes, and nothing leads back. The key is one of the
    /// process.
    Hash,
    /// `…4242`, or `…` alone if the text has fewer than eight characters.
    LastFour,
    /// `<email:7>`: a name for the value in this session. In a filter (`=`, `IN` and their opposites)
    /// and in a write to a field that is masked so, too, it stands for the value.
    Token,
}

impl Mask {
    pub(crate) const NAMES: [(&'static str, Mask); 3] =
        [("hash", Mask::Hash), ("last_four", Mask::LastFour), ("token", Mask::Token)];

    /// The mask as policies write it: `hash`, `last_four`, `token`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hash => "hash",
            Self::LastFour => "last_four",
            Self::Token => "token",
        }
    }
}

/// Values that a session has named; beyond these a masked value is shown without a token.
const MOST_TOKENS: usize = 100_000;

/// What stands instead of a value that has no text of its own, or for which no token is left.
pub(crate) const MASKED: &str = "[masked]";

/// The masked values of one session.
#[derive(Default)]
pub(crate) struct Masks {
    tokens: Mutex<Tokens>,
}

#[derive(Default)]
struct Tokens {
    /// Numbers by kind and value.
    numbers: HashMap<(String, String), usize>,
    /// Values by kind and number.
    values: HashMap<(String, usize), String>,
    /// How many each kind has.
    counts: HashMap<String, usize>,
}

impl Masks {
    /// What stands for a value of a field of this kind.
    pub(crate) fn apply(&self, mask: Mask, kind: &str, value: &str) -> String {
        match mask {
            Mask::Hash => hash(value),
            Mask::LastFour => last_four(value),
            Mask::Token => self.token(kind, value).unwrap_or_else(|| MASKED.to_owned()),
        }
    }

    fn token(&self, kind: &str, value: &str) -> Option<String> {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (kind.to_owned(), value.to_owned());
        let number = match tokens.numbers.get(&key) {
            Some(number) => *number,
            None if tokens.values.len() >= MOST_TOKENS => return None,
            None => {
                let count = tokens.counts.entry(kind.to_owned()).or_default();
                *count += 1;
                let number = *count;
                tokens.values.insert((kind.to_owned(), number), value.to_owned());
                tokens.numbers.insert(key, number);
                number
            }
        };
        Some(format!("<{kind}:{number}>"))
    }

    /// Whether a text is a token of any kind.
    pub(crate) fn is_token(&self, text: &str) -> bool {
        let inner = text.trim().strip_prefix('<').and_then(|text| text.strip_suffix('>'));
        let kind = inner.and_then(|inner| inner.split_once(':')).map(|(kind, _)| kind);
        kind.is_some_and(|kind| self.resolve(&kind.to_ascii_lowercase(), text).is_some())
    }

    /// The value that a token of this kind stands for.
    pub(crate) fn resolve(&self, kind: &str, token: &str) -> Option<String> {
        let inner = token.trim().strip_prefix('<')?.strip_suffix('>')?;
        let (named, number) = inner.split_once(':')?;
        if !named.eq_ignore_ascii_case(kind) {
            return None;
        }
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.values.get(&(kind.to_owned(), number.parse().ok()?)).cloned()
    }
}

/// What the tokens of a field are called. Fields of one telling type share their tokens, so that an
/// address found in a contact can be looked for among the leads; other fields have their own.
pub(crate) fn kind(object: &str, field: &Field) -> String {
    match field.ty {
        FieldType::Email => "email".to_owned(),
        FieldType::Phone => "phone".to_owned(),
        FieldType::Url => "url".to_owned(),
        _ => format!("{object}_{}", field.name).to_ascii_lowercase(),
    }
}

fn last_four(value: &str) -> String {
    let count = value.chars().count();
    let shown = if count < 8 { 0 } else { 4 };
    format!("…{}", value.chars().skip(count - shown).collect::<String>())
}

fn hash(value: &str) -> String {
    static KEY: OnceLock<Option<hmac::Key>> = OnceLock::new();
    let key = KEY.get_or_init(|| {
        let mut bytes = [0_u8; 32];
        rand::fill(&mut bytes).ok()?;
        Some(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
    });
    let Some(key) = key else { return MASKED.to_owned() };
    let tag = hmac::sign(key, value.as_bytes());
    let hex: String = tag.as_ref().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("#{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_stable_and_of_their_kind() {
        let masks = Masks::default();
        assert_eq!(masks.apply(Mask::Token, "email", "a@example.com"), "<email:1>");
        assert_eq!(masks.apply(Mask::Token, "email", "b@example.com"), "<email:2>");
        assert_eq!(masks.apply(Mask::Token, "email", "a@example.com"), "<email:1>");
        assert_eq!(masks.resolve("email", " <EMAIL:2> ").as_deref(), Some("b@example.com"));
        for wrong in ["<email:3>", "<phone:1>", "email:1", "<email:>", "<email:-1>", "<:1>", ""] {
            assert_eq!(masks.resolve("email", wrong), None, "{wrong}");
        }
        assert_eq!(masks.resolve("phone", "<email:1>"), None);
    }

    #[test]
    fn hashes_are_equal_where_values_are() {
        assert_eq!(hash("a"), hash("a"));
        assert_ne!(hash("a"), hash("b"));
        assert!(hash("a").starts_with('#') && hash("a").len() == 13);
    }

    #[test]
    fn a_short_value_shows_nothing_of_itself() {
        assert_eq!(last_four("1234"), "…");
        assert_eq!(last_four("12345678"), "…5678");
        assert_eq!(last_four(""), "…");
    }
}
