//! Everything that is wrong with values about to be written, at once.

mod value;

use serde_json::{Map, Value};

use crate::{Field, Object};

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
    /// What is wrong and what to do, in a sentence.
    pub message: String,
    /// The values that the field accepts, if they can be listed.
    pub allowed: Vec<String>,
    /// Field names or values that were probably meant, best first.
    pub suggestions: Vec<String>,
}

impl WriteProblem {
    pub(crate) fn new(field: &str, kind: ProblemKind, message: impl Into<String>) -> Self {
        Self {
            field: field.to_owned(),
            kind,
            message: message.into(),
            allowed: Vec::new(),
            suggestions: Vec::new(),
        }
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
#[must_use]
pub fn check_write(
    object: &Object,
    kind: WriteKind<'_>,
    values: &Map<String, Value>,
) -> Vec<WriteProblem> {
    let mut problems = Vec::new();
    for (name, value) in values {
        // The envelope of a record, not a field of it.
        if name == "attributes" {
            continue;
        }
        match object.field(name) {
            Some(field) => given(object, kind, field, name, value, &mut problems),
            None => match object.parent(name) {
                Some(field) if value.is_object() => {
                    by_external_id(field, name, value, &mut problems);
                }
                _ => problems.push(unknown(object, name)),
            },
        }
    }
    if kind == WriteKind::Create {
        missing(object, values, &mut problems);
    }
    problems
}

fn given(
    object: &Object,
    kind: WriteKind<'_>,
    field: &Field,
    name: &str,
    value: &Value,
    problems: &mut Vec<WriteProblem>,
) {
    if let Some(reason) = not_writable(object, kind, field) {
        problems.push(WriteProblem::new(name, ProblemKind::NotWritable, reason));
    } else if !value.is_null() {
        value::check(field, name, value, problems);
    } else if !field.nillable && kind != WriteKind::Create {
        let message = "Cannot be emptied; give a value or leave it out.";
        problems.push(WriteProblem::new(name, ProblemKind::NotNillable, message));
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
fn by_external_id(field: &Field, name: &str, value: &Value, problems: &mut Vec<WriteProblem>) {
    let keys = value.as_object().map_or(0, |m| m.keys().filter(|k| *k != "attributes").count());
    if keys != 1 {
        problems.push(WriteProblem::new(
            name,
            ProblemKind::WrongType,
            format!(
                "Name the parent by exactly one external id field of {}, or give its id in {}.",
                field.reference_to.join(" or "),
                field.name
            ),
        ));
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
            values.keys().any(|name| name.eq_ignore_ascii_case(relationship))
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
