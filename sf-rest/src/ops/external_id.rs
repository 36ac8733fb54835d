//! `/sobjects/{object}/{field}/{value}`: one record by an external id (REST API Developer Guide,
//! sObject Rows by External ID). Upserts are in [`upsert`](super::upsert).

use http::Method;

use super::records::{deleted_before, expect_done};
use crate::{Error, Operation, Record, Request, Response, Safety};

const TEMPLATE: &str = "sobjects/{object}/{field}/{value}";

/// Reads the record whose external id field has this value; [`Error::SeveralMatches`] if there are
/// several. Fields with the attribute `idLookup`, such as a contact's `Email`, work too.
#[derive(Debug, Clone)]
pub struct GetByExternalId {
    object: String,
    field: String,
    value: String,
    fields: Vec<String>,
}

impl GetByExternalId {
    /// The record with all fields that the user may read.
    pub fn new(
        object: impl Into<String>,
        field: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        let (object, field, value) = (object.into(), field.into(), value.into());
        Self { object, field, value, fields: Vec::new() }
    }

    /// Only these fields; a path such as `Owner.Name` reads from a parent.
    #[must_use]
    pub fn fields(mut self, fields: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.fields = fields.into_iter().map(Into::into).collect();
        self
    }
}

impl Operation for GetByExternalId {
    type Output = Record;

    fn request(&self) -> Result<Request, Error> {
        let path = [self.object.as_str(), self.field.as_str(), self.value.as_str()];
        Ok(Request::new(Method::GET, TEMPLATE, &path)?.only_fields(&self.fields))
    }

    fn decode(&self, response: Response) -> Result<Record, Error> {
        several(&response)?;
        Record::parse(&response.body)
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

/// Deletes the record whose external id field has this value; [`Error::SeveralMatches`] if there
/// are several.
///
/// A second attempt after a lost answer that finds no record is [`Error::OutcomeUnknown`]: the first
/// has deleted it, or there was none, or there is no such field; the platform says `NOT_FOUND` to
/// all of them.
#[derive(Debug, Clone)]
pub struct DeleteByExternalId {
    object: String,
    field: String,
    value: String,
}

impl DeleteByExternalId {
    /// The record to delete.
    pub fn new(
        object: impl Into<String>,
        field: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        Self { object: object.into(), field: field.into(), value: value.into() }
    }
}

impl Operation for DeleteByExternalId {
    type Output = ();

    fn request(&self) -> Result<Request, Error> {
        let path = [self.object.as_str(), self.field.as_str(), self.value.as_str()];
        Request::new(Method::DELETE, TEMPLATE, &path)
    }

    fn decode(&self, response: Response) -> Result<(), Error> {
        several(&response)?;
        expect_done(&response, "DELETE sobjects/{object}/{field}/{value}")
    }

    /// Executed again it deletes nothing more, unless somebody has given the id to another record
    /// in between.
    fn safety(&self) -> Safety {
        Safety::Idempotent
    }

    fn recover(&self, error: Error, resent: bool) -> Result<(), Error> {
        deleted_before(error, resent)
    }
}

/// HTTP 300 lists the paths of all records that match.
pub(super) fn several(response: &Response) -> Result<(), Error> {
    if response.status == 300 {
        let records = response.json("the records that have this external id")?;
        return Err(Error::SeveralMatches { records });
    }
    Ok(())
}
