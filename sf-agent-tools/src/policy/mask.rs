//! Masks: what stands in a result instead of a value.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use aws_lc_rs::{hmac, rand};
use sf_schema::{Field, FieldType};

use crate::seal::random_u64;

/// How a field is masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mask {
    /// `#5f1d9c03ab42`: equal values have equal hashes, and nothing leads back. The key is one of the
    /// process.
    Hash,
    /// `…4242`, or `…` alone if the text has fewer than eight characters.
    LastFour,
    /// `<email:7.482915037264>`: a name for the value in this session, which the digits stand for. In a
    /// filter (`=`, `IN` and their opposites) and in a write to a field that is masked so, too, it
    /// stands for the value. In every other session it stands for nothing, and is refused.
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

/// Digits that stand for a session: that two sessions have the same is as likely as 1 in 10^12. Letters
/// would cost a model a number of tokens that differs from session to session.
const TAG: usize = 12;

/// The masked values of one session.
pub(crate) struct Masks {
    /// Without it, for want of random numbers, there are no tokens.
    session: Option<String>,
    tokens: Mutex<Tokens>,
}

impl Default for Masks {
    fn default() -> Self {
        Self { session: tag(), tokens: Mutex::default() }
    }
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
        let session = self.session.as_deref()?;
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
        Some(format!("<{kind}:{number}.{session}>"))
    }

    /// Whether a text repeats a value that a token stands for. One of fewer than four characters
    /// could stand in any text.
    pub(crate) fn tells(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let inner = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.values.values().any(|value| {
            let value = value.trim().to_lowercase();
            value.chars().count() >= 4
                && text.match_indices(&value).any(|(at, found)| {
                    let (before, after) = (text.get(..at), text.get(at + found.len()..));
                    !inner(before.and_then(|text| text.chars().next_back()))
                        && !inner(after.and_then(|text| text.chars().next()))
                })
        })
    }

    /// The value that a token of this kind stands for; none if another session made it.
    pub(crate) fn resolve(&self, kind: &str, token: &str) -> Option<String> {
        let Parts { kind: named, number, session } = parts(token)?;
        let is_ours = self.session.as_deref() == Some(session);
        if !is_ours || !named.eq_ignore_ascii_case(kind) {
            return None;
        }
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.values.get(&(kind.to_owned(), number)).cloned()
    }
}

/// Whether a text is a token, of whatever kind and session.
pub(crate) fn is_token(text: &str) -> bool {
    parts(text).is_some()
}

/// A token, taken apart.
struct Parts<'a> {
    kind: &'a str,
    number: usize,
    session: &'a str,
}

fn parts(token: &str) -> Option<Parts<'_>> {
    let inner = token.trim().strip_prefix('<')?.strip_suffix('>')?;
    let (kind, rest) = inner.split_once(':')?;
    let (number, session) = rest.split_once('.')?;
    let is_tag = session.len() == TAG && session.bytes().all(|digit| digit.is_ascii_digit());
    let number = number.parse().ok()?;
    (is_tag && !kind.is_empty()).then_some(Parts { kind, number, session })
}

fn tag() -> Option<String> {
    let number = random_u64().ok()? % 10_u64.pow(12);
    Some(format!("{number:0TAG$}"))
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
        let named = |value| masks.apply(Mask::Token, "email", value);
        let (first, second) = (named("a@example.com"), named("b@example.com"));
        assert!(first.starts_with("<email:1.") && second.starts_with("<email:2."), "{first}");
        assert_eq!(named("a@example.com"), first);
        let shouted = format!(" {} ", second.to_uppercase());
        assert_eq!(masks.resolve("email", &shouted).as_deref(), Some("b@example.com"));
        let third = first.replace(":1.", ":3.");
        for wrong in [&third, "<email:1>", "<phone:1>", "email:1", "<email:>", "<:1>", ""] {
            assert_eq!(masks.resolve("email", wrong), None, "{wrong}");
        }
        assert_eq!(masks.resolve("phone", &first), None);
    }

    #[test]
    fn a_token_stands_for_nothing_in_another_session() {
        let (one, other) = (Masks::default(), Masks::default());
        let token = one.apply(Mask::Token, "email", "a@example.com");
        other.apply(Mask::Token, "email", "b@example.com");
        assert_eq!(other.resolve("email", &token), None);
        assert!(is_token(&token) && !is_token("<email:1>") && !is_token("<b>a: 1.5</b>"));
    }

    #[test]
    fn a_text_that_repeats_a_masked_value_is_known() {
        let masks = Masks::default();
        for value in ["A@Example.com", "Łódź", "yes", "4.50"] {
            masks.apply(Mask::Token, "x", value);
        }
        for text in ["invalid: a@example.COM", "(łódź)", "4.50"] {
            assert!(masks.tells(text), "{text}");
        }
        for text in ["", "a@example.community", "data@example.com", "yes", "14.50", "łódźki"] {
            assert!(!masks.tells(text), "{text}");
        }
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
