//! `/sobjects/{object}` and `/sobjects/{object}/{id}` (REST API Developer Guide, sObject Rows).

use http::Method;
use serde::{Deserialize, Serialize};

use super::reference::{IdOrRef, Reference, Segment};
use crate::row::Record;
use crate::{
    ApiError, Error, ErrorCode, Fields, Id, Key, Operation, Request, Response, Safety, settle,
};

/// Reads one record.
#[derive(Debug, Clone)]
pub struct GetRecord {
    object: String,
    id: IdOrRef,
    fields: Vec<String>,
}

impl GetRecord {
    /// The record with all fields that the user may read.
    pub fn new(object: impl Into<String>, id: impl Into<IdOrRef>) -> Self {
        Self { object: object.into(), id: id.into(), fields: Vec::new() }
    }

    /// Only these fields; a path such as `Owner.Name` reads from a parent.
    #[must_use]
    pub fn fields(mut self, fields: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.fields = fields.into_iter().map(Into::into).collect();
        self
    }
}

impl Operation for GetRecord {
    type Output = Record;

    fn request(&self) -> Result<Request, Error> {
        let path: [Segment<'_>; 2] = [(&self.object).into(), (&self.id).into()];
        let request = Request::with_segments(Method::GET, "sobjects/{object}/{id}", &path)?;
        Ok(request.only_fields(&self.fields))
    }

    fn decode(&self, response: Response) -> Result<Record, Error> {
        Record::parse(&response.body)
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

/// Creates one record; its output is the id.
#[derive(Debug, Clone)]
pub struct CreateRecord {
    object: String,
    fields: Fields,
    key: Option<(String, String)>,
}

impl CreateRecord {
    /// A new record of an object.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] if the fields are not a JSON object, or name the id.
    pub fn new(
        object: impl Into<String>,
        fields: &(impl Serialize + ?Sized),
    ) -> Result<Self, Error> {
        Ok(Self { object: object.into(), fields: Fields::new(fields)?, key: None })
    }

    /// Names a unique external id field and its value as the idempotency key of this create, and
    /// writes the value if the fields do not have it.
    ///
    /// If the answer is lost, the record is looked up by it: one that has it is the one created, and
    /// its id is the output; if there is none, the create is sent again, and the uniqueness of the
    /// field keeps it from happening twice. It is never turned into an upsert, which would
    /// overwrite. The value must belong to this create alone (a UUID, say): a record that had it
    /// before would be taken for the new one. If the org does not describe the field as unique, a
    /// lost answer is [`Error::OutcomeUnknown`] as without a key.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] if the fields have another value for it, or it is not a text of 1
    /// to 255 characters.
    pub fn with_key(
        mut self,
        field: impl Into<String>,
        value: impl Into<String>,
    ) -> Result<Self, Error> {
        let (field, value) = (field.into(), value.into());
        settle::check_key_parts(&self.object, &field, &value)?;
        self.fields.set_text(&field, &value)?;
        self.key = Some((field, value));
        Ok(self)
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
        self.fields = self.fields.with_reference(field, reference)?;
        Ok(self)
    }
}

#[derive(Deserialize)]
pub(super) struct Saved {
    pub(super) id: Option<Id>,
    pub(super) success: bool,
    #[serde(default)]
    pub(super) created: Option<bool>,
    #[serde(default, deserialize_with = "crate::decode::or_default")]
    pub(super) errors: Vec<ApiError>,
}

impl Saved {
    /// Whether an upsert created the record, as far as that is known: after a lost answer, what the
    /// answered attempt updates may be what the one before created.
    pub(super) fn known_created(&self, resent: bool) -> Option<bool> {
        self.created.filter(|created| *created || !resent)
    }
}

impl Operation for CreateRecord {
    type Output = Id;

    fn request(&self) -> Result<Request, Error> {
        Request::new(Method::POST, "sobjects/{object}", &[&self.object])?.fields(&self.fields)
    }

    fn decode(&self, response: Response) -> Result<Id, Error> {
        const WHAT: &str = "the result of a create";
        let saved: Saved = response.json(WHAT)?;
        match (saved.success, saved.id) {
            (true, Some(id)) => Ok(id),
            (true, None) => Err(response.unexpected(WHAT, "it is a success without an id")),
            (false, _) => Err(refused("POST sobjects/{object}", response.status, saved.errors)),
        }
    }

    fn safety(&self) -> Safety {
        Safety::Write
    }

    fn key(&self) -> Option<Key<'_, Id>> {
        let (field, value) = self.key.as_ref()?;
        Some(Key::LookUp { object: &self.object, field, value, found: |id| id })
    }
}

/// A save that was answered with success and says that it failed.
pub(super) fn refused(operation: &str, status: u16, errors: Vec<ApiError>) -> Error {
    Error::Api {
        operation: operation.to_owned(),
        status,
        errors,
        excerpt: None,
        retry_after: None,
        attempts: 1,
        elapsed: std::time::Duration::ZERO,
    }
}

/// The error for an answer that refuses.
pub(super) fn refusal(operation: &str, status: u16, body: &[u8]) -> Error {
    let errors = ApiError::read_all(body);
    let text = errors.is_empty().then(|| crate::decode::excerpt(body));
    let mut error = refused(operation, status, errors);
    if let Error::Api { excerpt, .. } = &mut error {
        *excerpt = text;
    }
    error
}

/// Changes fields of one record; others keep their values.
#[derive(Debug, Clone)]
pub struct UpdateRecord {
    object: String,
    id: IdOrRef,
    fields: Fields,
}

impl UpdateRecord {
    /// New values for fields of a record; `null` clears a field.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] if the fields are not a JSON object, or name the id.
    pub fn new(
        object: impl Into<String>,
        id: impl Into<IdOrRef>,
        fields: &(impl Serialize + ?Sized),
    ) -> Result<Self, Error> {
        Ok(Self { object: object.into(), id: id.into(), fields: Fields::new(fields)? })
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
        self.fields = self.fields.with_reference(field, reference)?;
        Ok(self)
    }
}

impl Operation for UpdateRecord {
    type Output = ();

    fn request(&self) -> Result<Request, Error> {
        let path: [Segment<'_>; 2] = [(&self.object).into(), (&self.id).into()];
        Request::with_segments(Method::PATCH, "sobjects/{object}/{id}", &path)?.fields(&self.fields)
    }

    fn decode(&self, response: Response) -> Result<(), Error> {
        expect_done(&response, "PATCH sobjects/{object}/{id}")
    }

    fn safety(&self) -> Safety {
        Safety::Idempotent
    }
}

/// Deletes one record, which goes to the recycle bin.
#[derive(Debug, Clone)]
pub struct DeleteRecord {
    object: String,
    id: IdOrRef,
}

impl DeleteRecord {
    /// The record to delete.
    pub fn new(object: impl Into<String>, id: impl Into<IdOrRef>) -> Self {
        Self { object: object.into(), id: id.into() }
    }
}

impl Operation for DeleteRecord {
    type Output = ();

    fn request(&self) -> Result<Request, Error> {
        let path: [Segment<'_>; 2] = [(&self.object).into(), (&self.id).into()];
        Request::with_segments(Method::DELETE, "sobjects/{object}/{id}", &path)
    }

    fn decode(&self, response: Response) -> Result<(), Error> {
        expect_done(&response, "DELETE sobjects/{object}/{id}")
    }

    fn safety(&self) -> Safety {
        Safety::Idempotent
    }

    fn recover(&self, error: Error, resent: bool) -> Result<(), Error> {
        deleted_before(error, resent)
    }
}

/// The second attempt meets a record that the first, whose answer was lost, has deleted.
pub(super) fn deleted_before(error: Error, resent: bool) -> Result<(), Error> {
    if resent && error.has_code(&ErrorCode::ENTITY_IS_DELETED) { Ok(()) } else { Err(error) }
}

pub(super) fn expect_done(response: &Response, operation: &str) -> Result<(), Error> {
    match response.status {
        200..=299 if response.body.is_empty() => Ok(()),
        // A page that stands in front of the org can say 200, too.
        200..=299 => response.json::<serde::de::IgnoredAny>("the answer of a write").map(drop),
        status => Err(refused(operation, status, ApiError::read_all(&response.body))),
    }
}
