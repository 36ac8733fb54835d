//! Everything that is wrong with values about to be written, at once.

mod number;
mod picklist;
mod value;

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::suggest::rank;
use crate::{Field, Known, Layouts, Object, Severity};

/// What is known beside the describe.
#[derive(Clone, Copy, Debug, Default)]
pub struct WriteFacts<'a> {
    /// The record type that the record has or gets, by API name, label or id;
    /// without it the one of the value for `RecordTypeId`, or the user's default.
    pub record_type: Option<&'a str>,
    /// The page layouts: which picklist values the record type has, and which
    /// fields people have to fill.
    pub layouts: Option<&'a Layouts>,
    /// Other objects, to tell whose ids are given.
    pub known: Option<&'a Known>,
}

/// What the values are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WriteKind<'a> {
    /// A new record: required fields must be there.
    Create,
    /// An existing record: only what is given changes.
    Update,
    /// Created or updated by an external id, so nothing is asked for that only
    /// a create needs. The key field is named here and is not one of the values.
    Upsert {
        /// API name of the external id field.
        key: &'a str,
    },
}

/// What kind of thing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProblemKind {
    /// The object has no such field.
    UnknownField,
    /// A field that a create requires has no value.
    MissingRequired,
    /// The field cannot be given a value in this operation.
    NotWritable,
    /// The field cannot be emptied.
    NotNillable,
    /// A restricted picklist does not have the value.
    NotAllowedValue,
    /// The value is of a type that the field cannot take.
    WrongType,
    /// The text is longer than the field.
    TooLong,
    /// The number does not fit.
    OutOfRange,
    /// The number has more digits after the point than the field keeps.
    TooPrecise,
    /// The same field is given twice.
    Duplicate,
    /// People cannot save without a value; the API can.
    RequiredByLayout,
    /// Not an id at all.
    MalformedId,
    /// An id of another object than the field may point at.
    WrongReference,
}

/// One thing that is wrong with values about to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WriteProblem {
    /// The field, as it was given (or its API name, if it is missing).
    pub field: String,
    /// What kind of thing is wrong.
    pub kind: ProblemKind,
    /// Whether the org refuses the record for it.
    pub severity: Severity,
    /// What is wrong and what to do, in a sentence.
    pub message: String,
    /// The values that the field accepts, if they can be listed.
    pub allowed: Vec<String>,
    /// Field names or values that were probably meant, best first.
    pub suggestions: Vec<String>,
    /// The value to send instead, if exactly one can have been meant: the number
    /// 12.5 for the text "12.5". What would be a guess is not here.
    pub replacement: Option<Value>,
}

impl WriteProblem {
    pub(crate) fn new(field: &str, kind: ProblemKind, message: impl Into<String>) -> Self {
        Self {
            field: field.to_owned(),
            kind,
            severity: Severity::Error,
            message: message.into(),
            allowed: Vec::new(),
            suggestions: Vec::new(),
            replacement: None,
        }
    }

    pub(crate) fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// Offers a value, and says so.
    pub(crate) fn replace_by(mut self, value: Value) -> Self {
        self.message.push_str(&format!(" Send {value} instead."));
        self.replacement = Some(value);
        self
    }

    /// Whether the org refuses the record for it.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl std::fmt::Display for WriteProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

/// Checks the field values of one record against the schema, without a call.
///
/// All problems come back at once: first those of the given values in their
/// order, then missing fields. An empty list means that nothing wrong can be
/// seen from the schema; validation rules and sharing still decide at the org.
/// An update is never asked for what only a create needs.
#[must_use]
pub fn check_write(
    object: &Object,
    kind: WriteKind<'_>,
    values: &Map<String, Value>,
) -> Vec<WriteProblem> {
    check_write_with(object, kind, values, &WriteFacts::default())
}

/// As [`check_write`], with what is known beside the describe: the values that
/// the record type has, the fields that a page layout requires of people (as
/// warnings), and whose ids are given.
#[must_use]
pub fn check_write_with(
    object: &Object,
    kind: WriteKind<'_>,
    values: &Map<String, Value>,
    facts: &WriteFacts<'_>,
) -> Vec<WriteProblem> {
    let mut problems = Vec::new();
    let record = Record { object, kind, values, facts };
    let mut given_as: HashMap<String, &str> = HashMap::with_capacity(values.len());
    for (name, value) in values {
        // The envelope of a record, not a field of it.
        if name == "attributes" {
            continue;
        }
        if let Some(first) = given_as.insert(name.to_ascii_lowercase(), name) {
            let message = format!("Is given twice, here and as {first}; leave one out.");
            problems.push(WriteProblem::new(name, ProblemKind::Duplicate, message));
        }
        match object.field(name) {
            Some(field) => given(&record, field, name, value, &mut problems),
            None => match object.parent(name) {
                Some(field) => by_external_id(&record, field, name, value, &mut problems),
                None => problems.push(unknown(object, name)),
            },
        }
    }
    if kind == WriteKind::Create {
        missing(object, values, &mut problems);
        asked_of_people(&record, &mut problems);
    }
    problems
}

/// The record that is checked.
pub(crate) struct Record<'a> {
    pub(crate) object: &'a Object,
    pub(crate) kind: WriteKind<'a>,
    pub(crate) values: &'a Map<String, Value>,
    pub(crate) facts: &'a WriteFacts<'a>,
}

impl<'a> Record<'a> {
    /// The value given for a field; null counts as one.
    pub(crate) fn value(&self, field: &str) -> Option<&'a Value> {
        self.values.iter().find(|(name, _)| name.eq_ignore_ascii_case(field)).map(|(_, v)| v)
    }

    /// The layout of the record's type, if it can be told. Of an existing record
    /// the type is known only if it is given.
    pub(crate) fn layout(&self) -> Option<&'a crate::RecordTypeLayout> {
        let named = self.facts.record_type.or_else(|| self.value("RecordTypeId")?.as_str());
        if named.is_none() && self.kind != WriteKind::Create {
            return None;
        }
        let layouts = self.facts.layouts?;
        let by_label = || {
            let found = self.object.record_type(named?)?;
            layouts.of(Some(&found.developer_name))
        };
        layouts.of(named).or_else(by_label)
    }
}

fn given(
    record: &Record<'_>,
    field: &Field,
    name: &str,
    value: &Value,
    problems: &mut Vec<WriteProblem>,
) {
    if let Some(reason) = not_writable(record.object, record.kind, field) {
        problems.push(WriteProblem::new(name, ProblemKind::NotWritable, reason));
    } else if !value.is_null() {
        value::check(record, field, name, value, problems);
    } else if !field.nillable && record.kind != WriteKind::Create {
        let message = "Cannot be emptied; give a value or leave it out.";
        problems.push(WriteProblem::new(name, ProblemKind::NotNillable, message));
    }
}

/// What a page layout requires of people and the API does not.
fn asked_of_people(record: &Record<'_>, problems: &mut Vec<WriteProblem>) {
    let Some(layout) = record.layout() else { return };
    for name in &layout.required {
        let Some(field) = record.object.field(name) else { continue };
        let empty = record.value(name).is_none_or(|v| v.is_null() || v.as_str() == Some(""));
        let told = problems.iter().any(|p| p.field.eq_ignore_ascii_case(name));
        if !empty || told || !field.createable || field.defaulted_on_create {
            continue;
        }
        let message = format!(
            "People have to fill this on the page layout of {}; the API does not ask for it: {}.",
            layout.developer_name,
            value::expected(field)
        );
        let mut hint = WriteProblem::new(name, ProblemKind::RequiredByLayout, message).warning();
        hint.allowed =
            layout.values(field).iter().filter(|v| v.active).map(|v| v.value.clone()).collect();
        problems.push(hint);
    }
}

fn not_writable(object: &Object, kind: WriteKind<'_>, field: &Field) -> Option<String> {
    let writable = match kind {
        WriteKind::Create => field.createable,
        WriteKind::Update => field.updateable,
        WriteKind::Upsert { key } => {
            if field.name.eq_ignore_ascii_case(key) {
                return None;
            }
            field.createable || field.updateable
        }
    };
    if writable {
        return None;
    }
    let parts: Vec<&str> = object
        .fields
        .iter()
        .filter(|f| f.compound.as_deref() == Some(&field.name))
        .filter(|f| f.createable || f.updateable)
        .map(|f| f.name.as_str())
        .collect();
    Some(if !parts.is_empty() {
        format!("Is made of other fields; write {} instead.", parts.join(", "))
    } else if field.calculated {
        "Is calculated by Salesforce; leave it out.".to_owned()
    } else if field.auto_number {
        "Is numbered by Salesforce; leave it out.".to_owned()
    } else if field.createable {
        "Can be set only when the record is created; leave it out.".to_owned()
    } else if field.updateable {
        "Cannot be set when the record is created; update the record afterwards.".to_owned()
    } else {
        "Cannot be written by this user; leave it out.".to_owned()
    })
}

/// `"Account__r": {"Number__c": "A-1"}`: the parent named by one of its external ids.
fn by_external_id(
    record: &Record<'_>,
    field: &Field,
    name: &str,
    value: &Value,
    problems: &mut Vec<WriteProblem>,
) {
    if let Some(reason) = not_writable(record.object, record.kind, field) {
        problems.push(WriteProblem::new(name, ProblemKind::NotWritable, reason));
        return;
    }
    let keys: Vec<&String> =
        value.as_object().map_or(Vec::new(), |m| m.keys().filter(|k| *k != "attributes").collect());
    let [key] = keys.as_slice() else {
        problems.push(WriteProblem::new(
            name,
            ProblemKind::WrongType,
            format!(
                "Name the parent by exactly one external id field of {}, or give its id in {}.",
                field.reference_to.join(" or "),
                field.name
            ),
        ));
        return;
    };
    let parent = match field.reference_to.as_slice() {
        [one] => record.facts.known.and_then(|known| known.object(one)),
        _ => None,
    };
    let Some(parent) = parent else { return };
    if !parent.field(key).is_some_and(|f| f.external_id || f.id_lookup) {
        let ids = parent.fields.iter().filter(|f| f.external_id || f.id_lookup);
        let names: Vec<&str> = ids.map(|f| f.name.as_str()).collect();
        let message = format!(
            "{key} does not identify records of {}; name one of {}, or give its id in {}.",
            parent.name,
            names.join(", "),
            field.name
        );
        let mut problem = WriteProblem::new(name, ProblemKind::UnknownField, message);
        let items = names.iter().map(|name| crate::suggest::Item::new(name));
        problem.suggestions = rank(key, items).into_iter().map(|c| c.name).collect();
        problems.push(problem);
    }
}

fn unknown(object: &Object, name: &str) -> WriteProblem {
    let suggestions = object.suggest_fields(name);
    let message = match suggestions.first() {
        Some(near) => format!("{} has no such field. Did you mean {near}?", object.name),
        None => format!("{} has no such field; its describe lists those it has.", object.name),
    };
    WriteProblem { suggestions, ..WriteProblem::new(name, ProblemKind::UnknownField, message) }
}

fn missing(object: &Object, values: &Map<String, Value>, problems: &mut Vec<WriteProblem>) {
    for field in object.required_on_create() {
        let value = values.iter().find(|(name, _)| name.eq_ignore_ascii_case(&field.name));
        let parent = field.relationship_name.as_deref().is_some_and(|relationship| {
            let named = |(name, value): (&String, &Value)| {
                name.eq_ignore_ascii_case(relationship) && !value.is_null()
            };
            values.iter().any(named)
        });
        let empty = match value {
            None => !parent,
            Some((_, Value::Null)) => true,
            Some((_, Value::String(text))) => text.trim().is_empty(),
            Some(_) => false,
        };
        if empty {
            let mut problem = WriteProblem::new(
                &field.name,
                ProblemKind::MissingRequired,
                format!("Required to create {}: {}.", object.name, value::expected(field)),
            );
            problem.allowed = field.active_values().map(str::to_owned).collect();
            problems.push(problem);
        }
    }
}
