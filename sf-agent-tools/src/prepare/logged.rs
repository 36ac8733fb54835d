//! A write and its outcome as the audit log holds them.

use std::collections::BTreeMap;

use serde_json::Value;
use sf_rest::{ApiError, SaveResult};
use sf_schema::{FieldType, Object};

use super::change::{Action, Change, Row};
use super::present::{Found, Present};
use crate::audit::{Decision, Intent, Outcome, RecordChange, RecordOutcome, Who};
use crate::{Org, Values, WriteMode};

/// Longest value that the log holds; a longer one cannot be restored from it.
const VALUE: usize = 40_000;

/// The intent of a change, without who and why.
pub(crate) fn announced(org: &Org, object: &Object, change: &Change, present: &Present) -> Intent {
    let records = change.rows.iter().enumerate().map(|(at, row)| {
        record_change(org, object, change.action.verb(), row, present.of(change, at))
    });
    let check = logged_check(org, object, change);
    Intent { all_or_none: change.all_or_none, check, ..unsigned(records.collect()) }
}

/// An intent that says what, and not yet who, why and as part of what: that [`Org::sign`] adds.
pub(crate) fn unsigned(records: Vec<RecordChange>) -> Intent {
    let decision =
        Decision { effects: Vec::new(), approved: Vec::new(), mode: WriteMode::default() };
    Intent {
        who: Who::default(),
        tool: None,
        decision,
        plan: None,
        step: 0,
        reverts: None,
        all_or_none: false,
        records,
        check: None,
    }
}

/// The query that tells whether a change happened, without values that must not be in the log.
fn logged_check(org: &Org, object: &Object, change: &Change) -> Option<String> {
    if change.key.as_deref().and_then(|key| left(org, object, key, &Value::Null)).is_some() {
        return None;
    }
    let mut shown = change.clone();
    shown.rows.iter_mut().for_each(|row| row.values = org.loggable(object, &row.values));
    shown.check(object).soql().map(str::to_owned)
}

impl Org {
    /// The values that may be in the log.
    pub(crate) fn loggable(&self, object: &Object, values: &Values) -> Values {
        let may = |(name, value): &(&String, &Value)| left(self, object, name, value).is_none();
        values.iter().filter(may).map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

/// One record of an intent, without what must not be in the log.
pub(crate) fn record_change(
    org: &Org,
    object: &Object,
    action: &str,
    row: &Row,
    found: Option<&Found>,
) -> RecordChange {
    let mut left_out = BTreeMap::new();
    let mut kept = |values: &Values| -> Values {
        let mut kept = Values::new();
        for (name, value) in values.iter().filter(|(name, _)| *name != "Id") {
            match left(org, object, name, value) {
                Some(why) => drop(left_out.insert(name.clone(), why)),
                None => drop(kept.insert(name.clone(), value.clone())),
            }
        }
        kept
    };
    let after = kept(&row.values);
    let before = found.map(|found| kept(&found.values));
    if action == Action::Delete.verb() {
        // What the policy keeps from being read is not there to be restored.
        for field in object.fields.iter().filter(|field| field.createable) {
            if let Some(why) = org.veiled(&object.name, &field.name) {
                left_out.insert(field.name.clone(), why.to_owned());
            }
        }
    }
    RecordChange {
        action: action.to_owned(),
        object: object.name.clone(),
        id: row.id.or(found.map(|found| found.id)).map(|id| id.to_string()),
        before,
        after,
        left_out,
    }
}

/// Why a value is left out of the log.
fn left(org: &Org, object: &Object, name: &str, value: &Value) -> Option<String> {
    let field = object.field(name).or_else(|| object.parent(name));
    if let Some(field) = field {
        if let Some(why) = org.hidden(&object.name, field) {
            return Some(why.to_owned());
        }
        if field.ty == FieldType::Base64 && !value.is_null() {
            return Some("a file".to_owned());
        }
    }
    too_long(value)
}

/// Why a value is left out of the log for its length.
pub(crate) fn too_long(value: &Value) -> Option<String> {
    let length = value.as_str().map_or_else(|| value.to_string().len(), str::len);
    (length > VALUE).then(|| format!("{length} bytes long"))
}

/// What came of a change.
pub(crate) fn reported(
    change: &Change,
    results: &Result<Vec<SaveResult>, sf_rest::Error>,
) -> Outcome {
    summed(match results {
        Ok(results) => results.iter().map(|result| record(change.action.done(), result)).collect(),
        Err(error) => unanswered(error, change.rows.len()),
    })
}

fn record(done: &'static str, result: &SaveResult) -> RecordOutcome {
    let id = result.id().map(|id| id.to_string());
    RecordOutcome { id, ..one(crate::tools::outcome_word(done, result), result.errors()) }
}

/// What came of one record, in a word, with Salesforce's codes.
pub(crate) fn one(outcome: &str, errors: &[ApiError]) -> RecordOutcome {
    let codes = errors.iter().map(|error| error.code.to_string()).collect();
    RecordOutcome { outcome: outcome.to_owned(), codes, ..RecordOutcome::default() }
}

/// What is known of records whose write failed as a whole.
pub(crate) fn unanswered(error: &sf_rest::Error, records: usize) -> Vec<RecordOutcome> {
    let unknown = matches!(error, sf_rest::Error::OutcomeUnknown { .. });
    vec![one(if unknown { "unknown" } else { "not_sent" }, error.api_errors()); records]
}

/// What came of a write, of whose records this is known.
pub(crate) fn summed(records: Vec<RecordOutcome>) -> Outcome {
    Outcome { of: 0, outcome: outcome_of(&records).to_owned(), records }
}

/// What came of a write as a whole.
fn outcome_of(records: &[RecordOutcome]) -> &'static str {
    let is =
        |words: &[&str]| records.iter().filter(|r| words.contains(&r.outcome.as_str())).count();
    let failed = is(&["failed", "not_sent"]);
    match (is(&["unknown"]), failed) {
        // A bulk load is one record, of whose rows some may be written and some not.
        (0, 0) if is(&["partly"]) == 0 => "written",
        (0, failed) if failed == records.len() => "refused",
        (unknown, _) if unknown == records.len() => "unknown",
        _ => "partly",
    }
}
