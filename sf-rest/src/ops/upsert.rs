//! `PATCH /sobjects/{object}/{field}/{value}` (REST API Developer Guide, sObject Rows by External
//! ID).

use http::Method;
use serde::Serialize;

use super::external_id::several;
use super::records::{Saved, refused};
use super::reference::Reference;
use crate::{Error, Fields, Id, Key, Operation, Request, Response, Safety};

/// Creates the record with this external id, or updates it if there is one.
///
/// After a lost answer it is sent again if the org describes the field as unique, which is asked
/// then. By a field that is not, a second attempt that overtakes the first could create a second
/// record, so that a lost answer is [`Error::OutcomeUnknown`]; give such fields the attribute
/// "unique".
#[derive(Debug, Clone)]
pub struct UpsertRecord {
    object: String,
    field: String,
    value: String,
    fields: Fields,
    update_only: bool,
}

/// What an upsert did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Upserted {
    /// The record's id. API versions up to 45.0 do not tell it of an update.
    pub id: Option<Id>,
    /// Whether the record was created. `None` where that is not known: an upsert whose answer was
    /// lost is sent again, and an update then may be of the record that the first attempt created.
    pub created: Option<bool>,
}

impl UpsertRecord {
    /// The other fields of the record whose `field` has `value`. The field itself is not among
    /// them.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] if the fields are not a JSON object, if they name the external id
    /// field, or if that is `Id` (use create or update).
    pub fn new(
        object: impl Into<String>,
        field: impl Into<String>,
        value: impl Into<String>,
        fields: &(impl Serialize + ?Sized),
    ) -> Result<Self, Error> {
        let (field, fields) = (field.into(), Fields::new(fields)?);
        if field.eq_ignore_ascii_case("id") {
            return Err(Error::invalid("an upsert by Id is a create or an update; use that"));
        }
        if fields.get(&field).is_some() {
            return Err(Error::invalid(format!(
                "the external id field {field} stands in the address; leave it out of the fields"
            )));
        }
        Ok(Self { object: object.into(), field, value: value.into(), fields, update_only: false })
    }

    /// Updates the record if there is one, and is refused if there is none.
    #[must_use]
    pub fn update_only(mut self) -> Self {
        self.update_only = true;
        self
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

impl Operation for UpsertRecord {
    type Output = Upserted;

    fn request(&self) -> Result<Request, Error> {
        let path = [self.object.as_str(), self.field.as_str(), self.value.as_str()];
        let request = Request::new(Method::PATCH, "sobjects/{object}/{field}/{value}", &path)?;
        let request = if self.update_only { request.query("updateOnly", "true") } else { request };
        request.fields(&self.fields)
    }

    fn decode(&self, response: Response) -> Result<Upserted, Error> {
        several(&response)?;
        match response.status {
            204 => Ok(Upserted { id: None, created: (!response.resent).then_some(false) }),
            status => {
                let mut saved: Saved = response.json("the result of an upsert")?;
                if !saved.success {
                    return Err(refused(
                        "PATCH sobjects/{object}/{field}/{value}",
                        status,
                        saved.errors,
                    ));
                }
                // Up to version 45.0 only the status tells.
                saved.created.get_or_insert(status == 201);
                Ok(Upserted { id: saved.id, created: saved.known_created(response.resent) })
            }
        }
    }

    fn safety(&self) -> Safety {
        Safety::Idempotent
    }

    fn key(&self) -> Option<Key<'_, Upserted>> {
        let (object, field) = (&self.object, &self.field);
        (!self.update_only).then_some(Key::Repeat { object, field })
    }
}
