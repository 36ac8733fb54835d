//! `/sobjects/{object}/{id}/{relationship}`: records by a relationship of one that is known (REST
//! API Developer Guide, sObject Relationships).

use std::marker::PhantomData;

use http::Method;

use super::reference::{IdOrRef, Segment};
use crate::row::{QueryPage, Record, Row};
use crate::{Error, Operation, Request, Response, Safety};

#[derive(Debug, Clone)]
struct Place {
    object: String,
    id: IdOrRef,
    relationship: String,
    fields: Vec<String>,
}

impl Place {
    fn new(object: String, id: IdOrRef, relationship: String) -> Self {
        Self { object, id, relationship, fields: Vec::new() }
    }

    fn request(&self) -> Result<Request, Error> {
        let path: [Segment<'_>; 3] =
            [(&self.object).into(), (&self.id).into(), (&self.relationship).into()];
        let template = "sobjects/{object}/{id}/{relationship}";
        Ok(Request::with_segments(Method::GET, template, &path)?.only_fields(&self.fields))
    }
}

/// Reads the record that a lookup of another one points to; its output is `None` if the lookup is
/// empty.
#[derive(Debug, Clone)]
pub struct RelatedRecord(Place);

impl RelatedRecord {
    /// By the name of the relationship (`Account`, `Owner`, `Parent__r`), not of its field.
    pub fn new(
        object: impl Into<String>,
        id: impl Into<IdOrRef>,
        relationship: impl Into<String>,
    ) -> Self {
        Self(Place::new(object.into(), id.into(), relationship.into()))
    }

    /// Only these fields.
    #[must_use]
    pub fn fields(mut self, fields: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.0.fields = fields.into_iter().map(Into::into).collect();
        self
    }
}

impl Operation for RelatedRecord {
    type Output = Option<Record>;

    fn request(&self) -> Result<Request, Error> {
        self.0.request()
    }

    fn decode(&self, response: Response) -> Result<Option<Record>, Error> {
        match response.status {
            204 => Ok(None),
            _ => Record::parse(&response.body).map(Some),
        }
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

/// Reads the children of a record: its output is the first page, as that of a query, and the next
/// pages are read as those of a query.
#[derive(Debug, Clone)]
pub struct RelatedRecords<R = Record> {
    place: Place,
    rows: PhantomData<fn() -> R>,
}

impl<R> RelatedRecords<R> {
    /// By the name of the relationship from the parent to its children (`Contacts`, `Lines__r`).
    pub fn new(
        object: impl Into<String>,
        id: impl Into<IdOrRef>,
        relationship: impl Into<String>,
    ) -> Self {
        Self { place: Place::new(object.into(), id.into(), relationship.into()), rows: PhantomData }
    }

    /// Only these fields.
    #[must_use]
    pub fn fields(mut self, fields: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.place.fields = fields.into_iter().map(Into::into).collect();
        self
    }
}

impl<R: Row> Operation for RelatedRecords<R> {
    type Output = QueryPage<R>;

    fn request(&self) -> Result<Request, Error> {
        self.place.request()
    }

    fn decode(&self, response: Response) -> Result<QueryPage<R>, Error> {
        R::parse_page(response.status, response.body)
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}
