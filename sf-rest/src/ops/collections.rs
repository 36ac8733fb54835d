//! `/composite/sobjects`: up to 200 records in one request, with an outcome for each (REST API
//! Developer Guide, sObject Collections).

use std::collections::HashSet;
use std::sync::Arc;

use http::Method;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::records::{Saved, refused};
use super::reference::Reference;
use crate::{
    ApiError, Error, ErrorCode, Fields, Id, Key, Operation, Request, Response, Safety, send, settle,
};

/// The most records of one request.
pub const MAX_RECORDS: usize = 200;

/// One record of a collection that is written.
#[derive(Debug, Clone)]
pub struct CollectionRecord {
    object: String,
    id: Option<Id>,
    /// Shared with the requests of a write of many records.
    fields: Arc<Fields>,
}

impl CollectionRecord {
    /// A record of an object, without id.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] if the fields are not a JSON object, or name the id.
    pub fn new(
        object: impl Into<String>,
        fields: &(impl Serialize + ?Sized),
    ) -> Result<Self, Error> {
        Ok(Self { object: object.into(), id: None, fields: Arc::new(Fields::new(fields)?) })
    }

    /// A field whose value comes from an earlier part of the same composite.
    ///
    /// # Errors
    /// As [`Fields::with_reference`].
    pub fn with_reference(
        mut self,
        field: impl Into<String>,
        reference: &Reference,
    ) -> Result<Self, Error> {
        let fields = Arc::unwrap_or_clone(self.fields).with_reference(field, reference)?;
        self.fields = Arc::new(fields);
        Ok(self)
    }

    /// Names the record to update.
    #[must_use]
    pub fn with_id(mut self, id: Id) -> Self {
        self.id = Some(id);
        self
    }
}

/// `attributes` first: the platform refuses records where it comes later.
impl Serialize for CollectionRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Attributes<'a> {
            r#type: &'a str,
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("attributes", &Attributes { r#type: &self.object })?;
        if let Some(id) = &self.id {
            map.serialize_entry("id", id)?;
        }
        self.fields.extend(&mut map)?;
        map.end()
    }
}

/// The outcome of one record.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SaveResult {
    /// Written.
    Saved {
        /// The record.
        id: Id,
        /// Whether an upsert created it. `None` for other writes, and where it is not known: an
        /// upsert whose answer was lost is sent again, and an update then may be of the record
        /// that the first attempt created.
        created: Option<bool>,
    },
    /// Refused by the platform; nothing was written for this record.
    Failed {
        /// Why; all items.
        errors: Vec<ApiError>,
    },
    /// Sent, and the answer was lost: written or not.
    Unknown {
        /// What happened: [`Error::OutcomeUnknown`].
        reason: crate::SharedError,
    },
    /// Not written: its request failed as a whole, or was never sent since an earlier one failed.
    NotSent {
        /// The failure.
        reason: crate::SharedError,
    },
}

impl SaveResult {
    /// Whether the record was written.
    pub fn is_saved(&self) -> bool {
        matches!(self, Self::Saved { .. })
    }

    /// The id of a record that was written.
    pub fn id(&self) -> Option<Id> {
        match self {
            Self::Saved { id, .. } => Some(*id),
            _ => None,
        }
    }

    /// The platform's errors.
    pub fn errors(&self) -> &[ApiError] {
        match self {
            Self::Failed { errors } => errors,
            _ => &[],
        }
    }

    fn has_code(&self, code: &ErrorCode) -> bool {
        self.errors().iter().any(|e| e.code == *code)
    }

    /// Whether the last attempt was rolled back because of a lock that another transaction held.
    pub(crate) fn is_locked(&self) -> bool {
        match self {
            Self::Unknown { reason } => matches!(
                &**reason,
                Error::OutcomeUnknown { source, .. } if source.has_code(&ErrorCode::UNABLE_TO_LOCK_ROW)
            ),
            _ => self.has_code(&ErrorCode::UNABLE_TO_LOCK_ROW),
        }
    }
}

/// One write of up to [`MAX_RECORDS`] records; its output has one result per record, in order.
///
/// Without `all_or_none` each record succeeds or fails alone; with it, one failure rolls the others
/// back, and they say `ALL_OR_NONE_OPERATION_ROLLED_BACK`.
#[derive(Debug, Clone)]
pub struct Collection {
    action: Action,
    all_or_none: bool,
    key: Option<String>,
}

#[derive(Debug, Clone)]
enum Action {
    Create(Vec<CollectionRecord>),
    Update(Vec<CollectionRecord>),
    Upsert { object: String, field: String, records: Vec<CollectionRecord> },
    Delete(Vec<Id>),
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "allOrNone")]
    all_or_none: bool,
    records: &'a [CollectionRecord],
}

impl Collection {
    /// Creates records.
    pub fn create(records: Vec<CollectionRecord>, all_or_none: bool) -> Self {
        Self { action: Action::Create(records), all_or_none, key: None }
    }

    /// Updates records, each with its id.
    pub fn update(records: Vec<CollectionRecord>, all_or_none: bool) -> Self {
        Self { action: Action::Update(records), all_or_none, key: None }
    }

    /// Creates or updates records of one object by an external id field, which is one of the
    /// fields of each record.
    pub fn upsert(
        object: impl Into<String>,
        field: impl Into<String>,
        records: Vec<CollectionRecord>,
        all_or_none: bool,
    ) -> Self {
        let action = Action::Upsert { object: object.into(), field: field.into(), records };
        Self { action, all_or_none, key: None }
    }

    /// Deletes records.
    pub fn delete(ids: Vec<Id>, all_or_none: bool) -> Self {
        Self { action: Action::Delete(ids), all_or_none, key: None }
    }

    /// Names a unique external id field as the idempotency key of creates; each record has a value
    /// of its own in it, a text that belongs to this create alone.
    ///
    /// [`Client::save`](crate::Client::save) then looks the records of a lost answer up by it: those
    /// that are there were created, the others are sent again. See
    /// [`CreateRecord::with_key`](super::records::CreateRecord::with_key).
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] if it is not a create, or the records do not have different texts
    /// of 1 to 255 characters in the field.
    pub fn with_key(mut self, field: impl Into<String>) -> Result<Self, Error> {
        let field = field.into();
        let Action::Create(records) = &self.action else {
            return Err(Error::invalid("only creates need a key; other writes find their records"));
        };
        let mut seen = HashSet::new();
        for (place, record) in records.iter().enumerate() {
            let value = record.fields.text(&field).transpose()?.unwrap_or_default();
            settle::check_key_parts(&record.object, &field, &value)?;
            if !seen.insert((&record.object, value)) {
                return Err(Error::invalid(format!(
                    "record {place} has the same {field} as one before it, so it is not its key"
                )));
            }
        }
        self.key = Some(field);
        Ok(self)
    }

    /// The key field, and for each record its object and the value of its key.
    pub(crate) fn keys(&self) -> Option<(&str, Vec<(&str, String)>)> {
        let (Some(field), Action::Create(records)) = (&self.key, &self.action) else { return None };
        let mut keys = Vec::with_capacity(records.len());
        for record in records {
            keys.push((record.object.as_str(), record.fields.text(field)?.ok()?));
        }
        Some((field, keys))
    }

    /// How many records it has.
    pub fn len(&self) -> usize {
        match &self.action {
            Action::Create(records) | Action::Update(records) => records.len(),
            Action::Upsert { records, .. } => records.len(),
            Action::Delete(ids) => ids.len(),
        }
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn is_all_or_none(&self) -> bool {
        self.all_or_none
    }

    /// The outcome of a record of which an earlier attempt may have been executed: a refusal holds
    /// for the last attempt alone.
    pub(crate) fn after_lost_answer(&self, result: SaveResult) -> SaveResult {
        let SaveResult::Failed { errors } = result else { return result };
        let operation = self.named();
        let source = refused(operation, 200, errors);
        let reason = send::outcome_unknown(operation.to_owned(), self.safety(), source);
        SaveResult::Unknown { reason: Arc::new(reason) }
    }

    /// How errors name it.
    pub(crate) fn named(&self) -> &'static str {
        match self.action {
            Action::Create(_) => "POST composite/sobjects",
            Action::Update(_) => "PATCH composite/sobjects",
            Action::Upsert { .. } => "PATCH composite/sobjects/{object}/{field}",
            Action::Delete(_) => "DELETE composite/sobjects",
        }
    }

    /// The same write for some of its records.
    pub(crate) fn select(&self, places: &[usize]) -> Self {
        fn pick<T: Clone>(all: &[T], places: &[usize]) -> Vec<T> {
            places.iter().filter_map(|&i| all.get(i).cloned()).collect()
        }
        let action = match &self.action {
            Action::Create(records) => Action::Create(pick(records, places)),
            Action::Update(records) => Action::Update(pick(records, places)),
            Action::Upsert { object, field, records } => Action::Upsert {
                object: object.clone(),
                field: field.clone(),
                records: pick(records, places),
            },
            Action::Delete(ids) => Action::Delete(pick(ids, places)),
        };
        Self { action, all_or_none: self.all_or_none, key: self.key.clone() }
    }
}

fn references(records: &[CollectionRecord]) -> impl Iterator<Item = &Reference> {
    records.iter().flat_map(|record| record.fields.references())
}

impl Operation for Collection {
    type Output = Vec<SaveResult>;

    fn request(&self) -> Result<Request, Error> {
        if !(1..=MAX_RECORDS).contains(&self.len()) {
            return Err(Error::invalid(format!(
                "one request takes 1 to {MAX_RECORDS} records, not {}",
                self.len()
            )));
        }
        const PATH: &str = "composite/sobjects";
        let all_or_none = self.all_or_none;
        match &self.action {
            Action::Create(records) => Request::new(Method::POST, PATH, &[])?
                .referring(references(records))
                .json(&Body { all_or_none, records }),
            Action::Update(records) => {
                if let Some(place) = records.iter().position(|r| r.id.is_none()) {
                    return Err(Error::invalid(format!("record {place} of the update has no id")));
                }
                Request::new(Method::PATCH, PATH, &[])?
                    .referring(references(records))
                    .json(&Body { all_or_none, records })
            }
            Action::Upsert { object, field, records } => {
                if let Some(place) = records.iter().position(|r| r.fields.get(field).is_none()) {
                    return Err(Error::invalid(format!(
                        "record {place} of the upsert has no value for {field}"
                    )));
                }
                let path = [object.as_str(), field.as_str()];
                Request::new(Method::PATCH, "composite/sobjects/{object}/{field}", &path)?
                    .referring(references(records))
                    .json(&Body { all_or_none, records })
            }
            Action::Delete(ids) => {
                let ids: Vec<&str> = ids.iter().map(Id::as_str).collect();
                Ok(Request::new(Method::DELETE, PATH, &[])?
                    .query("ids", &ids.join(","))
                    .query("allOrNone", if all_or_none { "true" } else { "false" }))
            }
        }
    }

    fn decode(&self, response: Response) -> Result<Self::Output, Error> {
        const WHAT: &str = "one result per record";
        let saved: Vec<Saved> = response.json(WHAT)?;
        if saved.len() != self.len() {
            let problem = format!("{} results for {} records", saved.len(), self.len());
            return Err(response.unexpected(WHAT, problem));
        }
        let mut results = Vec::with_capacity(saved.len());
        for (place, saved) in saved.into_iter().enumerate() {
            results.push(match (saved.success, saved.id) {
                (true, Some(id)) => {
                    SaveResult::Saved { id, created: saved.known_created(response.resent) }
                }
                (true, None) => {
                    let problem = format!("result {place} is a success without an id");
                    return Err(response.unexpected(WHAT, problem));
                }
                (false, _) => SaveResult::Failed { errors: saved.errors },
            });
        }
        if !response.resent {
            return Ok(results);
        }
        if let Action::Delete(ids) = &self.action {
            for (result, id) in results.iter_mut().zip(ids) {
                // A first attempt whose answer was lost has deleted it.
                if result.has_code(&ErrorCode::ENTITY_IS_DELETED) {
                    *result = SaveResult::Saved { id: *id, created: None };
                }
            }
        }
        Ok(results.into_iter().map(|result| self.after_lost_answer(result)).collect())
    }

    fn key(&self) -> Option<Key<'_, Self::Output>> {
        match &self.action {
            Action::Upsert { object, field, .. } => Some(Key::Repeat { object, field }),
            _ => None,
        }
    }

    fn safety(&self) -> Safety {
        match self.action {
            Action::Create(_) => Safety::Write,
            _ => Safety::Idempotent,
        }
    }
}
