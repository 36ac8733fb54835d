//! What a task changed in its org, as lines that a person reads.

use std::collections::BTreeMap;

use serde_json::Value;
use sf_emulator::{FieldChange, RowChange, RowChangeKind, State};

/// System fields follow from the others and from the time.
const SYSTEM: &[&str] =
    &["Id", "CreatedById", "CreatedDate", "LastModifiedById", "LastModifiedDate", "SystemModstamp"];

/// Year 2020 in milliseconds: a greater number is taken for a point in time.
const A_TIME: i64 = 1_577_836_800_000;

/// A line for each row that differs, sorted. Ids that have a name are told by it, those of other new
/// rows not at all: they follow from the order in which rows were made.
pub(crate) fn lines(
    before: &State,
    after: &State,
    names: &BTreeMap<String, String>,
) -> Vec<String> {
    let changes = before.changes(after);
    let mut names = names.clone();
    for change in changes.iter().filter(|change| change.kind == RowChangeKind::Added) {
        names.entry(change.id.clone()).or_insert_with(|| "new".to_owned());
    }
    let mut lines: Vec<String> = changes.iter().map(|change| line(change, &names)).collect();
    lines.sort();
    lines
}

fn line(change: &RowChange, names: &BTreeMap<String, String>) -> String {
    let sign = match change.kind {
        RowChangeKind::Added => '+',
        RowChangeKind::Updated => '~',
        RowChangeKind::Removed => '-',
    };
    let mut parts = Vec::new();
    for FieldChange { name, before, after, .. } in &change.fields {
        let empty = |value: &Value| matches!(value, Value::Null) || value == 0 || value == 0.0;
        if SYSTEM.contains(&name.as_str()) || (empty(before) && empty(after)) {
            continue;
        }
        let (before, after) = (shown(before, names), shown(after, names));
        parts.push(match change.kind {
            RowChangeKind::Added => format!("{name}={after}"),
            _ => format!("{name}={before}->{after}"),
        });
    }
    let id = names.get(&change.id).map_or(change.id.clone(), |name| format!("${name}"));
    format!("{sign} {} {id} {}", change.object, parts.join(", ")).trim_end().to_owned()
}

/// A value, with names for ids and nothing of what the day or the hour decides.
fn shown(value: &Value, names: &BTreeMap<String, String>) -> String {
    match value {
        Value::String(text) if names.contains_key(text) => format!("${}", names[text]),
        Value::String(text) if today(text) => "[today]".to_owned(),
        Value::String(text) if text.chars().count() > 60 => {
            let start: String = text.chars().take(40).collect();
            format!("{:?}", format!("{start}... {} characters", text.chars().count()))
        }
        Value::Number(number) if number.as_i64().is_some_and(|n| n > A_TIME) => "[time]".to_owned(),
        other => other.to_string(),
    }
}

/// Of UTC, where the org lives; yesterday too, for a run at midnight.
fn today(text: &str) -> bool {
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let Ok(date) = text.parse::<jiff::civil::Date>() else { return false };
    text.len() == 10 && (date == now || now.yesterday().is_ok_and(|day| date == day))
}

/// How many rows were added.
pub(crate) fn added(lines: &[String]) -> usize {
    lines.iter().filter(|line| line.starts_with('+')).count()
}
