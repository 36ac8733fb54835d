//! What a client asks for when it makes an ingest job.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};

use super::dialect::Dialect;
use super::objects::Objects;
use super::refusal::Refusal;
use super::upload::Upload;
use crate::engine::{Caller, Engine};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Insert,
    Update,
    Upsert,
    Delete,
    HardDelete,
}

const OPERATIONS: [(&str, Operation); 5] = [
    ("insert", Operation::Insert),
    ("update", Operation::Update),
    ("upsert", Operation::Upsert),
    ("delete", Operation::Delete),
    ("hardDelete", Operation::HardDelete),
];

impl Operation {
    pub(super) fn name(self) -> &'static str {
        OPERATIONS.iter().find(|(_, known)| *known == self).map_or("insert", |(name, _)| name)
    }

    pub(super) fn deletes(self) -> bool {
        matches!(self, Self::Delete | Self::HardDelete)
    }
}

/// The task of an ingest job.
#[derive(Debug)]
pub(super) struct Ingest {
    pub(super) operation: Operation,
    /// Of an upsert, in the schema's capitalisation.
    pub(super) external_id: Option<String>,
    pub(super) assignment_rule: Option<String>,
    upload: Mutex<Upload>,
}

impl Ingest {
    pub(super) fn upload(&self) -> MutexGuard<'_, Upload> {
        self.upload.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A job to be made.
#[derive(Debug)]
pub(super) struct Spec {
    pub(super) object: String,
    pub(super) dialect: Dialect,
    pub(super) task: Ingest,
}

/// Reads and checks the body of `POST /jobs/ingest`.
pub(super) fn spec(
    engine: &Engine,
    caller: &Caller,
    body: &Map<String, Value>,
) -> Result<Spec, Refusal> {
    let operation = text(body, "operation")?.ok_or_else(|| Refusal::job("operation is missing"))?;
    let operation = OPERATIONS.iter().find(|(name, _)| *name == operation);
    let operation = operation.map(|(_, operation)| *operation).ok_or_else(|| {
        let names: Vec<_> = OPERATIONS.iter().map(|(name, _)| *name).collect();
        Refusal::job(format!("Invalid operation. Valid values are {}", names.join(", ")))
    })?;
    let object = text(body, "object")?.ok_or_else(|| Refusal::job("object is missing"))?;
    let unknown = || Refusal::job(format!("Unable to find object: {object}"));
    let seen = engine.seen(caller).map_err(|_| unknown())?;
    let object = seen.object_name(object).ok_or_else(unknown)?.to_owned();
    content_type(body)?;
    let dialect = Dialect::new(text(body, "columnDelimiter")?, text(body, "lineEnding")?)?;
    let external_id = match (operation, text(body, "externalIdFieldName")?) {
        (Operation::Upsert, Some(name)) => {
            let mut objects = Objects::new(engine, caller);
            let field = objects.get(&object)?.field(name);
            let field = field.filter(|field| field.name == "Id" || field.identifies());
            let name = field.map(|field| field.name.clone()).ok_or_else(|| {
                Refusal::job(format!(
                    "Field name provided, {name} does not match an External ID, Salesforce Id, or indexed field for {object}"
                ))
            })?;
            Some(name)
        }
        (Operation::Upsert, None) => {
            return Err(Refusal::job("externalIdFieldName is required for the operation upsert"));
        }
        _ => None,
    };
    let task = Ingest {
        operation,
        external_id,
        assignment_rule: text(body, "assignmentRuleId")?.map(str::to_owned),
        upload: Mutex::default(),
    };
    Ok(Spec { object, dialect, task })
}

/// CSV is the one format there is.
pub(super) fn content_type(body: &Map<String, Value>) -> Result<(), Refusal> {
    match text(body, "contentType")? {
        None | Some("CSV") => Ok(()),
        Some(other) => {
            Err(Refusal::job(format!("Invalid contentType '{other}'. The valid value is CSV")))
        }
    }
}

/// A text of the body; null and an empty text are as good as none.
pub(super) fn text<'b>(
    body: &'b Map<String, Value>,
    key: &str,
) -> Result<Option<&'b str>, Refusal> {
    match body.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
        Some(_) => Err(Refusal::job(format!("The value of {key} is not a text"))),
    }
}
