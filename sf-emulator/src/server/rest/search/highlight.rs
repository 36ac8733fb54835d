//! `WITH HIGHLIGHT`: what was found, marked, beside the fields it was found in.

use serde_json::{Map, Value};
use sf_soql::ast::{Expression, Term};

/// Records of an object that are marked.
const MOST: usize = 25;

/// The words to mark: each entry stands side by side in the text. Terms with
/// wildcards are not marked.
pub(super) fn phrases(expression: &Expression) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    collect(expression, &mut found);
    found
        .iter()
        .filter_map(|term| term.text())
        .map(|text| words(text).map(|(_, _, word)| word).collect())
        .collect()
}

fn collect<'e>(expression: &'e Expression, found: &mut Vec<&'e Term>) {
    match expression {
        Expression::Term(term) => found.push(term),
        Expression::Words(parts) | Expression::And(parts) | Expression::Or(parts) => {
            parts.iter().for_each(|part| collect(part, found));
        }
        Expression::AndNot { found: wanted, .. } => collect(wanted, found),
    }
}

/// Adds `highlight.{field}` to each of the first rows in whose fields a phrase
/// stands.
pub(super) fn mark<'r>(rows: impl Iterator<Item = &'r mut String>, phrases: &[Vec<String>]) {
    for row in rows.take(MOST) {
        let fields: Map<String, Value> = serde_json::from_str(row).unwrap_or_default();
        let marks: Map<String, Value> = fields
            .iter()
            .filter_map(|(name, value)| {
                let text = marked(value.as_str()?, phrases)?;
                Some((format!("highlight.{name}"), Value::from(text)))
            })
            .collect();
        if !marks.is_empty() && row.ends_with('}') {
            // Appended as text: numbers keep the platform's format.
            let marks = Value::Object(marks).to_string();
            row.pop();
            row.push(',');
            row.push_str(marks.strip_prefix('{').unwrap_or(&marks));
        }
    }
}

fn marked(text: &str, phrases: &[Vec<String>]) -> Option<String> {
    let words: Vec<(usize, usize, String)> = words(text).collect();
    let mut out = String::new();
    let (mut at, mut copied) = (0, 0);
    while at < words.len() {
        let fits = |phrase: &&Vec<String>| {
            !phrase.is_empty()
                && phrase.iter().enumerate().all(|(next, wanted)| {
                    words.get(at + next).is_some_and(|(_, _, word)| word == wanted)
                })
        };
        let length = phrases.iter().filter(fits).map(Vec::len).max().unwrap_or(0);
        if let (Some((start, ..)), Some((_, end, _))) =
            (words.get(at).filter(|_| length > 0), words.get(at + length.saturating_sub(1)))
        {
            out.push_str(&text[copied..*start]);
            out.push_str(&format!("<mark>{}</mark>", &text[*start..*end]));
            copied = *end;
        }
        at += length.max(1);
    }
    (copied > 0).then(|| out + &text[copied..])
}

/// The words of a text: where each starts and ends, and it in lower case.
fn words(text: &str) -> impl Iterator<Item = (usize, usize, String)> {
    let mut start = 0;
    let pieces = text.split_inclusive(|c: char| !c.is_alphanumeric()).map(move |piece| {
        let from = start;
        start += piece.len();
        (from, piece.trim_end_matches(|c: char| !c.is_alphanumeric()))
    });
    let words = pieces.filter(|(_, word)| !word.is_empty());
    words.map(|(from, word)| (from, from + word.len(), word.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_phrases_are_marked_wildcards_and_missing_ones_not() {
        let sosl = r#"FIND {"acme corp" OR élan OR wild* AND NOT gone}"#;
        let parsed = sf_soql::parse_search(sosl).unwrap();
        let phrases = phrases(parsed.find.expression().unwrap());
        let show = |text: &str| marked(text, &phrases).unwrap_or_default();
        assert_eq!(show("The ACME-Corp, Élan."), "The <mark>ACME-Corp</mark>, <mark>Élan</mark>.");
        assert_eq!(show("acme wild gone corp"), "");
    }
}
