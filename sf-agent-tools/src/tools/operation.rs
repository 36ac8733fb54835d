//! The four writes as calls describe them, checked against the schema.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Value, json};
use sf_schema::{Field, Object, WriteKind};

use super::problems::Problems;
use super::record_id;
use crate::prepare::{Action, Change, Checked, Row, key_text, moment};
use crate::{CallContext, Org, Problem, ToolError, Values};

/// Most records of one write.
pub(super) const MAX_RECORDS: usize = 200;

/// A write as it was asked for.
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) object: String,
    pub(super) records: Vec<Values>,
    pub(super) ids: Vec<String>,
    pub(super) external_id_field: Option<String>,
    pub(super) all_or_none: Option<bool>,
    pub(super) unless_changed_since: Option<String>,
}

/// Checks a write that is the whole call.
pub(super) async fn only(
    cx: &CallContext,
    org: &Org,
    action: Action,
    wanted: Wanted,
) -> Result<Checked, ToolError> {
    let mut problems = Problems::default();
    let checked = check(cx, org, action, wanted, &mut problems).await?;
    problems.refuse()?;
    Ok(checked)
}

/// Checks a write; what is wrong with it is added to `problems`.
pub(super) async fn check(
    cx: &CallContext,
    org: &Org,
    action: Action,
    wanted: Wanted,
    problems: &mut Problems,
) -> Result<Checked, ToolError> {
    let object = writable(cx, org, &wanted.object, action).await?;
    let at = problems.at().to_owned();
    let since = wanted.unless_changed_since.filter(|text| !text.trim().is_empty());
    let since = since.and_then(|text| {
        let since = moment(&text);
        if since.is_none() {
            problems.add(
                "unless_changed_since",
                "Must be a time with its zone, such as 2026-03-01T09:30:00Z.",
            );
        }
        since
    });
    let mut key = None;
    let rows = match action {
        Action::Create => {
            for (at, values) in wanted.records.iter().enumerate() {
                problems.check(&object, WriteKind::Create, at, values);
            }
            rows(wanted.records)
        }
        Action::Update => updates(&object, wanted.records, problems),
        Action::Upsert => {
            let name = wanted.external_id_field.unwrap_or_default();
            let field = key_field(&object, &name, &at)?;
            key = Some(field.name.clone());
            upserts(&object, field, &wanted.records, problems);
            rows(wanted.records)
        }
        Action::Delete => deletions(&object, &wanted.ids, problems),
    };
    let all_or_none = wanted.all_or_none.unwrap_or(true);
    let change = Change { action, object: object.name.clone(), key, all_or_none, rows };
    Ok(Checked { object, change, since, at })
}

fn rows(records: Vec<Values>) -> Vec<Row> {
    records.into_iter().map(|values| Row { values, ..Row::default() }).collect()
}

/// The object to write to, if this user can write to it at all.
pub(super) async fn writable(
    cx: &CallContext,
    org: &Org,
    name: &str,
    action: Action,
) -> Result<Arc<Object>, ToolError> {
    let object = cx.unless_cancelled(org.object(name)).await?;
    let (can, verb) = match action {
        Action::Create => (object.createable, "create"),
        Action::Update => (object.updateable, "update"),
        Action::Upsert => (object.createable && object.updateable, "create and update"),
        Action::Delete => (object.deletable, "delete"),
    };
    if can {
        return Ok(object);
    }
    Err(ToolError::ask_a_person(format!(
        "This user cannot {verb} records of {}: either the object does not support it, or a Salesforce \
         administrator has to grant the right. Nothing was sent.",
        object.name
    )))
}

/// Each record's id and its other values; all that is wrong with any of them is in `problems`.
fn updates(object: &Object, records: Vec<Values>, problems: &mut Problems) -> Vec<Row> {
    let mut seen = HashSet::new();
    let mut rows = Vec::with_capacity(records.len());
    for (at, mut values) in records.into_iter().enumerate() {
        let place = format!("records[{at}].Id");
        let key = values.keys().find(|name| name.eq_ignore_ascii_case("Id")).cloned();
        let given = key.and_then(|key| values.shift_remove(&key));
        let mut id = None;
        match given.as_ref().map(Value::as_str) {
            None => problems.add(place, "Missing: the id of the record to change."),
            Some(None) => problems.add(place, "Must be an id, as text."),
            Some(Some(text)) => match record_id(object, text) {
                Err(wrong) => problems.add(place, wrong),
                Ok(id) if !seen.insert(id) => {
                    problems.add(place, "The same record stands twice; put its changes together.");
                }
                Ok(id) if values.is_empty() => {
                    problems.add(format!("records[{at}]"), format!("Nothing to change in {id}."));
                }
                Ok(good) => id = Some(good),
            },
        }
        problems.check(object, WriteKind::Update, at, &values);
        rows.push(Row { id, values, seen: None });
    }
    rows
}

fn upserts(object: &Object, key: &Field, records: &[Values], problems: &mut Problems) {
    for (at, values) in records.iter().enumerate() {
        if key_text(values, &key.name).is_none() {
            problems.add(
                format!("records[{at}].{}", key.name),
                "Missing: the external id that says which record is meant.",
            );
        }
        problems.check(object, WriteKind::Upsert { key: &key.name }, at, values);
    }
}

fn deletions(object: &Object, ids: &[String], problems: &mut Problems) -> Vec<Row> {
    let (mut rows, mut seen) = (Vec::new(), HashSet::new());
    for (at, text) in ids.iter().enumerate() {
        let place = format!("ids[{at}]");
        match record_id(object, text) {
            Err(wrong) => problems.add(place, wrong),
            Ok(id) if !seen.insert(id) => problems.add(place, "The same record stands twice."),
            Ok(id) => rows.push(Row { id: Some(id), ..Row::default() }),
        }
    }
    rows
}

pub(super) fn key_field<'a>(
    object: &'a Object,
    name: &str,
    at: &str,
) -> Result<&'a Field, ToolError> {
    if let Some(field) = object.field(name)
        && (field.external_id || (field.id_lookup && field.name != "Id"))
    {
        return Ok(field);
    }
    let keys: Vec<&Field> =
        object.fields.iter().filter(|f| f.external_id || (f.id_lookup && f.name != "Id")).collect();
    let names: Vec<Value> = keys.iter().map(|f| json!(f.name)).collect();
    let message = if names.is_empty() {
        format!(
            "{} has no external id field, so its records cannot be upserted. Look for them with \
             salesforce_query, then create or update.",
            object.name
        )
    } else if name.is_empty() {
        "Missing: the external id field that says which record is meant.".to_owned()
    } else {
        format!("{name:?} is not an external id field of {}.", object.name)
    };
    let near = sf_schema::suggest(name, keys.iter().map(|f| f.name.as_str()));
    Err(ToolError::fix_your_call(
        "The records cannot be told apart by this field. Nothing was sent.",
    )
    .with_problem(
        Problem::new(format!("{at}external_id_field"), message)
            .allowed(names, 40)
            .did_you_mean(near),
    )
    .by_schema())
}
