//! JSON as an outline that a person reads quickly: the same keys and values,
//! without quotes and braces, long lists cut with their number named.

use std::fmt::Write;

use serde_json::Value;

/// How much of a reply is shown.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    /// Items of a list.
    pub(crate) items: usize,
    /// Lines of a text.
    pub(crate) lines: usize,
    /// Characters of a line; longer ones are wrapped.
    pub(crate) width: usize,
}

/// Writes `value` as indented lines, each ended by a line break.
pub(crate) fn outline(value: &Value, bounds: Bounds) -> String {
    let mut out = String::new();
    write_value(&mut out, value, 0, bounds);
    out
}

fn write_value(out: &mut String, value: &Value, depth: usize, bounds: Bounds) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                write_entry(out, &format!("{key}:"), value, depth, bounds);
            }
        }
        Value::Array(items) => {
            for item in items.iter().take(bounds.items) {
                write_entry(out, "-", item, depth, bounds);
            }
            if let Some(more) = items.len().checked_sub(bounds.items).filter(|n| *n > 0) {
                line(out, depth, &format!("… {more} more"));
            }
        }
        Value::String(text) => {
            let lines: Vec<_> = text.lines().flat_map(|l| wrap(l, room(depth, bounds))).collect();
            for text in lines.iter().take(bounds.lines) {
                line(out, depth, text);
            }
            if let Some(more) = lines.len().checked_sub(bounds.lines).filter(|n| *n > 0) {
                line(out, depth, &format!("… {more} more lines"));
            }
        }
        other => line(out, depth, &other.to_string()),
    }
}

/// One key or bullet with its value, on one line where it fits.
fn write_entry(out: &mut String, head: &str, value: &Value, depth: usize, bounds: Bounds) {
    match inline(value, room(depth, bounds).saturating_sub(head.chars().count() + 1)) {
        Some(text) => line(out, depth, &format!("{head} {text}")),
        None => {
            line(out, depth, head);
            write_value(out, value, depth + 1, bounds);
        }
    }
}

/// The value on one line, if it fits there.
fn inline(value: &Value, width: usize) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    (!text.contains('\n') && text.chars().count() <= width).then_some(text)
}

fn room(depth: usize, bounds: Bounds) -> usize {
    bounds.width.saturating_sub(2 * depth).max(20)
}

/// Breaks a line between words; a continuation is indented like its line, and
/// a word that is longer than the line stands alone.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let indent = text.len() - text.trim_start().len();
    let mut lines = Vec::new();
    let mut current = " ".repeat(indent);
    let mut empty = true;
    for word in text.split_whitespace() {
        if !empty && current.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::replace(&mut current, " ".repeat(indent + 2)));
            empty = true;
        }
        if !empty {
            current.push(' ');
        }
        current.push_str(word);
        empty = false;
    }
    lines.push(current);
    lines
}

fn line(out: &mut String, depth: usize, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{:indent$}{text}", "", indent = 2 * depth);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_and_texts_are_cut_with_their_number_named() {
        let value = json!({
            "columns": ["Id", "Name"],
            "rows": [["001", "Żółw"], ["002", "Acme"], ["003", null]],
            "card": "Invoice__c\n  Name auto\n  Amount__c currency\n  Due__c",
            "nested": { "done": true, "note": "a note that is longer than the width of this outline" },
        });
        insta::assert_snapshot!(outline(&value, Bounds { items: 2, lines: 3, width: 40 }), @r#"
        columns: ["Id","Name"]
        rows:
          - ["001","Żółw"]
          - ["002","Acme"]
          … 1 more
        card:
          Invoice__c
            Name auto
            Amount__c currency
          … 1 more lines
        nested:
          done: true
          note:
            a note that is longer than the width
              of this outline
        "#);
    }
}
