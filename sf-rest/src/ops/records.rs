//! `/sobjects/{object}` and `/sobjects/{object}/{id}` (REST API Developer Guide, sObject Rows).

use http::Method;
use serde::{Deserialize, Serialize};

use crate::row::Record;
use crate::{ApiError, Error, ErrorCode, Fields, Id, Operation, Request, Response, Safety};

/// Reads one record.
#[derive(Debug, Clone)]
pub struct GetRecord {
    object: String,
    id: Id,
    fields: Vec<String>,
}

impl GetRecord {
    /// The record with all fields that the user may read.
    pub fn new(object: impl Into<String>, id: Id) -> Self {
        Self { object: object.into(), id, fields: Vec::new() }
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
        let path = [self.object.as_str(), self.id.as_str()];
        let request = Request::new(Method::GET, "sobjects/{object}/{id}", &path)?;
        if self.fields.is_empty() {
            return Ok(request);
        }
        Ok(request.query("fields", &self.fields.join(",")))
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
        Ok(Self { object: object.into(), fields: Fields::new(fields)? })
    }
}

#[derive(Deserialize)]
pub(super) struct Saved {
    pub(super) id: Option<Id>,
    pub(super) success: bool,
    #[serde(default)]
    pub(super) created: Option<bool>,
    #[serde(default)]
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
        Request::new(Method::POST, "sobjects/{object}", &[&self.object])?.json(&self.fields)
    }

    fn decode(&self, response: Response) -> Result<Id, Error> {
        const WHAT: &str = "the result of a create";
        let saved: Saved = response.json(WHAT)?;
        match (saved.success, saved.id) {
            (true, Some(id)) => Ok(id),
            (true, None) => Err(Error::Decode {
                status: response.status,
                what: WHAT,
                problem: "it is a success without an id".to_owned(),
                excerpt: crate::decode::excerpt(&response.body),
            }),
            (false, _) => Err(refused("POST sobjects/{object}", response.status, saved.errors)),
        }
    }

    fn safety(&self) -> Safety {
        Safety::Write
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
    }
}

/// Changes fields of one record; others keep their values.
#[derive(Debug, Clone)]
pub struct UpdateRecord {
    object: String,
    id: Id,
    fields: Fields,
}

impl UpdateRecord {
    /// New values for fields of a record; `null` clears a field.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] if the fields are not a JSON object, or name the id.
    pub fn new(
        object: impl Into<String>,
        id: Id,
        fields: &(impl Serialize + ?Sized),
    ) -> Result<Self, Error> {
        Ok(Self { object: object.into(), id, fields: Fields::new(fields)? })
    }
}

impl Operation for UpdateRecord {
    type Output = ();

    fn request(&self) -> Result<Request, Error> {
        let path = [self.object.as_str(), self.id.as_str()];
        Request::new(Method::PATCH, "sobjects/{object}/{id}", &path)?.json(&self.fields)
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
    id: Id,
}

impl DeleteRecord {
    /// The record to delete.
    pub fn new(object: impl Into<String>, id: Id) -> Self {
        Self { object: object.into(), id }
    }
}

impl Operation for DeleteRecord {
    type Output = ();

    fn request(&self) -> Result<Request, Error> {
        let path = [self.object.as_str(), self.id.as_str()];
        Request::new(Method::DELETE, "sobjects/{object}/{id}", &path)
    }

    fn decode(&self, response: Response) -> Result<(), Error> {
        expect_done(&response, "DELETE sobjects/{object}/{id}")
    }

    fn safety(&self) -> Safety {
        Safety::Idempotent
    }

    /// The second attempt meets a record that the first, whose answer was lost, has deleted.
    fn recover(&self, error: Error, resent: bool) -> Result<(), Error> {
        if resent && error.has_code(&ErrorCode::ENTITY_IS_DELETED) {
            return Ok(());
        }
        Err(error)
    }
}

fn expect_done(response: &Response, operation: &str) -> Result<(), Error> {
    match response.status {
        200..=299 => Ok(()),
        status => Err(refused(operation, status, ApiError::read_all(&response.body))),
    }
}
