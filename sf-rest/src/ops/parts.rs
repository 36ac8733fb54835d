//! What composite, batch and graph have in common: operations as parts of one request. What they
//! were answered is in [`answers`](super::answers).

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use http::header::CONTENT_TYPE;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use serde_json::value::RawValue;

use super::collections::Collection;
use super::external_id::GetByExternalId;
use super::query::Query;
use super::records::{CreateRecord, GetRecord};
use super::reference::{Reference, name};
use super::upsert::UpsertRecord;
use crate::{ApiVersion, Error, Operation, Request, Safety, fields, send};

/// One part of a composite, batch or graph, from the moment it is added: the key of its result,
/// and the source of references to it.
#[derive(Debug)]
pub struct Handle<O> {
    parts: u64,
    place: usize,
    operation: O,
}

impl<O> Handle<O> {
    /// Where it stands among the parts, from 0.
    pub fn place(&self) -> usize {
        self.place
    }

    pub(super) fn parts(&self) -> u64 {
        self.parts
    }

    pub(super) fn operation(&self) -> &O {
        &self.operation
    }

    fn reference(&self, path: &str) -> Reference {
        Reference::new(self.parts, self.place, path)
    }
}

impl Handle<CreateRecord> {
    /// The id of the record that this part creates.
    pub fn id(&self) -> Reference {
        self.reference(".id")
    }
}

impl Handle<UpsertRecord> {
    /// The id of the record that this part creates or updates (API 46.0 and later).
    pub fn id(&self) -> Reference {
        self.reference(".id")
    }
}

impl Handle<GetRecord> {
    /// The value of a field of the record that this part reads. Its name is written as the
    /// platform answers it: references regard case.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for what is not a field name or a path of them.
    pub fn field(&self, name: &str) -> Result<Reference, Error> {
        Ok(self.reference(&format!(".{}", field_path(name)?)))
    }
}

impl Handle<GetByExternalId> {
    /// The value of a field of the record that this part reads, as for a part that reads by id.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for what is not a field name or a path of them.
    pub fn field(&self, name: &str) -> Result<Reference, Error> {
        Ok(self.reference(&format!(".{}", field_path(name)?)))
    }
}

impl<R> Handle<Query<R>> {
    /// The value of a field of a row of the page that this part reads. Its name is written as the
    /// platform answers it: references regard case.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for what is not a field name or a path of them.
    pub fn field(&self, row: usize, name: &str) -> Result<Reference, Error> {
        Ok(self.reference(&format!(".records[{row}].{}", field_path(name)?)))
    }
}

impl Handle<Collection> {
    /// The id of a record that this part writes, by its place in the collection.
    pub fn id(&self, place: usize) -> Reference {
        self.reference(&format!("[{place}].id"))
    }
}

fn field_path(path: &str) -> Result<&str, Error> {
    if path.split('.').all(fields::is_name) {
        return Ok(path);
    }
    Err(Error::invalid(format!("{path:?} is not the name of a field")))
}

/// The parts of one request.
#[derive(Debug)]
pub(super) struct Parts {
    id: u64,
    requests: Vec<Request>,
    safety: Safety,
}

/// How the URL of a part begins.
pub(super) const ROOT: &str = "/services/data/";

impl Parts {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Self { id, requests: Vec::new(), safety: Safety::Read }
    }

    /// `check` says what the platform does not take in this kind of request.
    pub(super) fn add<O: Operation>(
        &mut self,
        operation: O,
        check: impl FnOnce(&Request) -> Result<(), Error>,
    ) -> Result<Handle<O>, Error> {
        let request = operation.request()?;
        check(&request)?;
        self.check(&request)?;
        let handle = Handle { parts: self.id, place: self.requests.len(), operation };
        // Not sent again: what is so only under conditions that ask the org, and what is written
        // where a part before it leads, which may be elsewhere the second time.
        let safety = match handle.operation.safety() {
            Safety::Idempotent
                if handle.operation.key().is_some() || !request.references().is_empty() =>
            {
                Safety::Write
            }
            safety => safety,
        };
        self.safety = strongest(self.safety, safety);
        self.requests.push(request);
        Ok(handle)
    }

    fn check(&self, request: &Request) -> Result<(), Error> {
        let path = request.path(ApiVersion::default());
        let named = send::operation(request);
        if !path.starts_with("/services/data/v") {
            return Err(Error::invalid(format!(
                "{named} is not a resource of an API version, so it cannot be part of another request"
            )));
        }
        for reference in request.references() {
            if reference.parts != self.id || reference.place >= self.requests.len() {
                return Err(Error::invalid(format!(
                    "{named} refers to {reference}, which no earlier part of this request answers"
                )));
            }
        }
        let in_body = match request.body() {
            None => 0,
            Some(body) => serde_json::from_slice(body).map(|body| references(&body)).map_err(|_| {
                Error::invalid(format!(
                    "{named} has a body that is not JSON, so it cannot be part of another request"
                ))
            })?,
        };
        // What looks like a reference and is a value would be replaced by the platform.
        let in_headers = request
            .headers()
            .values()
            .map(|value| value.as_bytes().windows(2).filter(|two| two == b"@{").count());
        let found = in_body
            + in_headers.sum::<usize>()
            + percent_decode_str(&path).decode_utf8_lossy().matches("@{").count();
        if found != request.references().len() {
            return Err(Error::invalid(format!(
                "a value of {named} has the characters @{{, which the platform would take for a reference; send it \
                 by itself"
            )));
        }
        Ok(())
    }

    pub(super) fn id(&self) -> u64 {
        self.id
    }

    pub(super) fn len(&self) -> usize {
        self.requests.len()
    }

    pub(super) fn requests(&self) -> &[Request] {
        &self.requests
    }

    pub(super) fn safety(&self) -> Safety {
        self.safety
    }

    /// The parts as composite and graph write them.
    pub(super) fn subrequests(&self, version: ApiVersion) -> Result<Vec<Subrequest<'_>>, Error> {
        let parts = self.requests.iter().enumerate();
        parts.map(|(place, request)| Subrequest::new(name(place), request, version)).collect()
    }
}

/// The class of a request is that of its most dangerous part.
pub(super) fn strongest(one: Safety, other: Safety) -> Safety {
    match (one, other) {
        (Safety::Write, _) | (_, Safety::Write) => Safety::Write,
        (Safety::Idempotent, _) | (_, Safety::Idempotent) => Safety::Idempotent,
        (Safety::Read, Safety::Read) => Safety::Read,
    }
}

/// How many references a body has.
fn references(body: &Value) -> usize {
    match body {
        Value::String(text) => text.matches("@{").count(),
        Value::Array(items) => items.iter().map(references).sum(),
        Value::Object(map) => {
            map.iter().map(|(key, value)| key.matches("@{").count() + references(value)).sum()
        }
        _ => 0,
    }
}

/// A part as composite and graph write it.
#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Subrequest<'a> {
    method: &'a str,
    url: String,
    reference_id: String,
    #[serde(skip_serializing_if = "HashMap::is_empty")]
    http_headers: HashMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a RawValue>,
}

impl<'a> Subrequest<'a> {
    pub(crate) fn new(
        reference_id: String,
        request: &'a Request,
        version: ApiVersion,
    ) -> Result<Self, Error> {
        let headers = request.headers().iter().filter(|(name, _)| *name != CONTENT_TYPE);
        Ok(Self {
            method: request.method().as_str(),
            url: request.path(version),
            reference_id,
            http_headers: headers
                .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
                .collect(),
            body: raw_body(request)?,
        })
    }
}

/// The body as it was written, so that no digit of a number is lost.
pub(super) fn raw_body(request: &Request) -> Result<Option<&RawValue>, Error> {
    request
        .body()
        .map(|body| serde_json::from_slice(body))
        .transpose()
        .map_err(|_| Error::invalid("the body of a part is not JSON"))
}
