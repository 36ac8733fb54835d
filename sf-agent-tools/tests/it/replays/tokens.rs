//! Tokens of what a model says and reads, alike in every run.
//!
//! Sealed texts (cursors, digests), ids of results and points in time differ from run to run, and so does the number
//! of tokens that they are cut into. They are counted as fixed texts of the same kind and of nearly
//! the same length.

use serde_json::Value;

use crate::support::o200k;

/// Lengths of sealed texts are counted in steps of this: what they hold varies by some characters.
const STEP: usize = 64;

/// No name is as long, and no sealed text as short.
const SHORTEST: usize = 50;

/// The id of a result, which is made of random bytes.
const RESULT: &str = "ra3ea97fe88197afce797";

pub(crate) fn counted(value: &Value) -> usize {
    o200k(&steady(value).to_string())
}

fn steady(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(text_of(text)),
        Value::Array(all) => all.iter().map(steady).collect(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(name, value)| (name.clone(), steady(value))).collect())
        }
        other => other.clone(),
    }
}

fn text_of(text: &str) -> String {
    let sealed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if text.len() > SHORTEST && text.chars().all(sealed) {
        return noise(text.len().div_ceil(STEP) * STEP);
    }
    if let Some(at) = text.find("salesforce://results/") {
        return format!("{}salesforce://results/{RESULT}", &text[..at]);
    }
    if text.len() == RESULT.len()
        && text.starts_with('r')
        && text[1..].chars().all(|c| c.is_ascii_hexdigit())
    {
        return RESULT.to_owned();
    }
    let words: Vec<&str> = text.split(' ').map(|word| moment(word).unwrap_or(word)).collect();
    words.join(" ")
}

/// A point in time close to now, as all others are told.
fn moment(word: &str) -> Option<&'static str> {
    let time: jiff::Timestamp = word.trim_end_matches(['.', ',', ')']).parse().ok()?;
    let day = jiff::SignedDuration::from_hours(24);
    (time.duration_since(jiff::Timestamp::now()).abs() < day).then_some("2026-11-20T20:00:00.000Z")
}

/// The same letters each time, as those of a sealed text are.
fn noise(length: usize) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut state = 7_u64;
    let next = |_| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(LETTERS[usize::try_from(state >> 58).unwrap()])
    };
    (0..length).map(next).collect()
}
