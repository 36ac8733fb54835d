//! The header of uploaded data: what each column means to the job.

use super::job::Job;
use super::objects::{Object, Objects};
use super::spec::{Ingest, Operation};
use crate::engine::ApiError;

/// What the values of a column are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Column {
    /// The record's id.
    Id,
    /// The external id of an upsert.
    Key,
    /// A field, with its XML Schema type for error texts.
    Field { name: String, soap_type: String },
    /// `Owner.Username`: a field that identifies the parent.
    Parent {
        relationship: String,
        /// The lookup field.
        lookup: String,
        object: String,
        key: String,
    },
}

/// Why a header is refused: `errorMessage` of the job, or the org failed.
pub(super) enum Refused {
    Header(String),
    Org(ApiError),
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        Self::Org(error)
    }
}

fn header(message: impl std::fmt::Display) -> Refused {
    Refused::Header(format!("InvalidBatch : {message}"))
}

/// Reads a header.
pub(super) fn columns(
    objects: &mut Objects<'_>,
    job: &Job<Ingest>,
    names: &csv::StringRecord,
) -> Result<Vec<Column>, Refused> {
    let operation = job.task.operation;
    if operation.deletes() {
        return match names.iter().collect::<Vec<_>>()[..] {
            [only] if only.eq_ignore_ascii_case("Id") => Ok(vec![Column::Id]),
            _ => {
                let message = format!("The '{}' batch must contain only ids", operation.name());
                Err(header(message))
            }
        };
    }
    let mut columns = Vec::with_capacity(names.len());
    for (at, name) in names.iter().enumerate() {
        if names.iter().take(at).any(|before| before.eq_ignore_ascii_case(name)) {
            return Err(header(format!("Duplicate field name : {name}")));
        }
        columns.push(column(objects, job, name)?);
    }
    if operation == Operation::Upsert && !columns.contains(&Column::Key) {
        let field = job.task.external_id.as_deref().unwrap_or("Id");
        return Err(header(format!("Field name not found : {field}")));
    }
    Ok(columns)
}

fn column(objects: &mut Objects<'_>, job: &Job<Ingest>, name: &str) -> Result<Column, Refused> {
    let object = objects.get(&job.object)?;
    if job.task.external_id.as_deref().is_some_and(|key| key.eq_ignore_ascii_case(name)) {
        return Ok(Column::Key);
    }
    if let Some(field) = object.field(name) {
        return Ok(if field.name == "Id" {
            Column::Id
        } else {
            Column::Field { name: field.name.clone(), soap_type: field.soap_type.clone() }
        });
    }
    let Some((path, key)) = name.split_once('.') else {
        return Err(header(format!("Field name not found : {name}")));
    };
    let (given, relationship) = match path.split_once(':') {
        Some((given, relationship)) => (Some(given), relationship),
        None => (None, path),
    };
    let target = target(object, given, relationship)?;
    let parent = objects.get(&target.object)?;
    match parent.field(key).filter(|field| field.identifies()) {
        Some(field) => Ok(Column::Parent {
            relationship: target.relationship,
            lookup: target.lookup,
            object: parent.name.clone(),
            key: field.name.clone(),
        }),
        None => Err(header(format!("Field name not found : {name}"))),
    }
}

struct Target {
    relationship: String,
    lookup: String,
    object: String,
}

/// Which object a relationship column names. A type is given exactly where
/// there is a choice.
fn target(object: &Object, given: Option<&str>, relationship: &str) -> Result<Target, Refused> {
    let Some(lookup) = object.parent(relationship) else {
        return Err(header(format!("Unable to find relationship: {relationship}")));
    };
    let object = match (given, &lookup.reference_to[..]) {
        (None, [only]) => only,
        (Some(_), [_]) => {
            let message = format!(
                "type is not needed for non polymorphic foreign key references: {relationship}"
            );
            return Err(header(message));
        }
        (None, _) => {
            let message =
                format!("type is needed for polymorphic foreign key references: {relationship}");
            return Err(header(message));
        }
        (Some(given), several) => {
            let known = several.iter().find(|name| name.eq_ignore_ascii_case(given));
            known.ok_or_else(|| header(format!("Unable to find object: {given}")))?
        }
    };
    Ok(Target {
        relationship: lookup.relationship_name.clone().unwrap_or_default(),
        lookup: lookup.name.clone(),
        object: object.clone(),
    })
}
