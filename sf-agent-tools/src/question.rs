//! A question as a person reads it: what would be written, in short.

use serde_json::Value;

use crate::Question;
use crate::text::shorten;

/// What a model can do where nobody can be asked.
pub(crate) const HOW_TO_GO_ON: &str = "Tell the user what you wanted to write and that it waits for an approval: they can make the \
     change themselves, use a client that can put questions to them, or have whoever runs this \
     connection change its rules. Calling again changes nothing.";

/// Records of one operation that are shown.
const RECORDS: usize = 5;

/// Fields of one record that are shown.
const FIELDS: usize = 8;

/// Characters of a value that are shown.
const VALUE: usize = 80;

/// Characters of arguments that are shown.
const ARGUMENTS: usize = 600;

impl Question {
    /// The question in plain text, of some twenty lines at most: each record that would be written
    /// with its values before and after, as many as a person reads, and how many more there are.
    ///
    /// Values come from records and from a model. Each is shown on one line, in quotes, so that none
    /// can pass for a line of the question.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\n", self.text);
        let Some(preview) = &self.preview else {
            let given = shorten(&self.arguments.to_string(), ARGUMENTS);
            text.push_str(&format!("\n{} with {given}\n", self.tool));
            return text;
        };
        let operations = items(preview, "operations");
        if operations.is_empty() {
            // Such as a raw request.
            parts(preview, &["warnings", "completeness"], &mut text);
        }
        for operation in operations {
            told(operation, &mut text);
        }
        let warnings = items(preview, "warnings");
        if !warnings.is_empty() {
            text.push('\n');
        }
        for warning in warnings.iter().filter_map(Value::as_str) {
            text.push_str(&format!("Note: {}\n", one_line(warning, 3 * VALUE)));
        }
        text
    }
}

fn told(operation: &Value, text: &mut String) {
    let word = |name: &str| operation[name].as_str().unwrap_or_default();
    if operation.get("records").is_none() {
        // An action or a bulk load, which shows no records one by one.
        return parts(operation, &[], text);
    }
    let rows = operation["rows"].as_u64().unwrap_or_default();
    let records = if rows == 1 { "record" } else { "records" };
    text.push_str(&format!("\n{} {rows} {records} of {}\n", word("action"), word("object")));
    let all = items(operation, "records");
    let shown = all.iter().take(RECORDS);
    for record in shown.clone() {
        let id = record["id"].as_str();
        let name = record["name"].as_str().map(|name| value(&Value::from(name)));
        let title = match (name, id) {
            (Some(name), Some(id)) => format!("{name} ({id})"),
            (Some(one), None) => one,
            (None, Some(one)) => one.to_owned(),
            (None, None) => "new".to_owned(),
        };
        text.push_str(&format!("- {title}\n"));
        let changes = items(record, "changes");
        for change in changes.iter().take(FIELDS) {
            let field = change["field"].as_str().unwrap_or_default();
            let after = value(&change["after"]);
            let line = match (id, &change["before"]) {
                (None, Value::Null) => format!("  {field}: {after}\n"),
                (_, before) => format!("  {field}: {} -> {after}\n", value(before)),
            };
            text.push_str(&line);
        }
        more(changes.len().saturating_sub(FIELDS) as u64, "fields", "  ", text);
    }
    more(rows.saturating_sub(shown.len() as u64), "records", "", text);
}

/// What there is, each on a line of its own, so that nothing long pushes the rest out of sight.
fn parts(of: &Value, without: &[&str], text: &mut String) {
    text.push('\n');
    for (name, part) in of.as_object().into_iter().flatten() {
        if !without.contains(&name.as_str()) && !part.is_null() {
            text.push_str(&format!("{name}: {}\n", one_line(&part.to_string(), ARGUMENTS)));
        }
    }
}

fn more(left: u64, what: &str, indent: &str, text: &mut String) {
    if left > 0 {
        text.push_str(&format!("{indent}... and {left} more {what}\n"));
    }
}

fn items<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

/// A value on one line: texts in quotes, nothing as `empty`.
fn value(value: &Value) -> String {
    match value {
        Value::Null => "empty".to_owned(),
        Value::String(text) => Value::from(shorten(text, VALUE)).to_string(),
        other => one_line(&other.to_string(), VALUE),
    }
}

fn one_line(text: &str, most: usize) -> String {
    shorten(&text.split_whitespace().collect::<Vec<_>>().join(" "), most)
}
