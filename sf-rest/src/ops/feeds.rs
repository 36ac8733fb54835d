//! `/sobjects/{object}/updated` and `/deleted`: what changed in a span of time (REST API Developer
//! Guide, sObject Get Updated and Get Deleted).

use http::Method;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::decode::or_default;
use crate::{Error, Id, Operation, Request, Response, Safety};

/// The ids of the records that were created or changed in a span of at most 30 days.
///
/// The platform ignores the seconds of both ends. Continue at
/// [`latest_date_covered`](Changed::latest_date_covered): changes behind it may be missing still.
#[derive(Debug, Clone)]
pub struct Updated {
    object: String,
    start: Timestamp,
    end: Timestamp,
}

/// The records that were deleted in a span of at most 15 days. Seconds and continuation as for
/// [`Updated`].
#[derive(Debug, Clone)]
pub struct Deleted {
    object: String,
    start: Timestamp,
    end: Timestamp,
}

/// What was created or changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct Changed {
    /// The records.
    #[serde(default, deserialize_with = "or_default")]
    pub ids: Vec<Id>,
    /// Up to when the answer is complete.
    pub latest_date_covered: Timestamp,
}

/// What was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct Removed {
    /// The records.
    #[serde(default, deserialize_with = "or_default")]
    pub deleted_records: Vec<DeletedRecord>,
    /// From when on deletions are known at all: a span that starts before it has a gap.
    pub earliest_date_available: Timestamp,
    /// Up to when the answer is complete.
    pub latest_date_covered: Timestamp,
}

/// A deleted record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct DeletedRecord {
    /// The record.
    pub id: Id,
    /// When it was deleted.
    pub deleted_date: Timestamp,
}

impl Updated {
    /// The span begins at `start` and ends before `end`.
    pub fn new(object: impl Into<String>, start: Timestamp, end: Timestamp) -> Self {
        Self { object: object.into(), start, end }
    }
}

impl Deleted {
    /// The span begins at `start` and ends before `end`.
    pub fn new(object: impl Into<String>, start: Timestamp, end: Timestamp) -> Self {
        Self { object: object.into(), start, end }
    }
}

fn request(
    template: &'static str,
    object: &str,
    start: Timestamp,
    end: Timestamp,
) -> Result<Request, Error> {
    if start >= end {
        return Err(Error::invalid(format!("the span from {start} to {end} is empty")));
    }
    let text = |time: Timestamp| time.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string();
    Ok(Request::new(Method::GET, template, &[object])?
        .query("start", &text(start))
        .query("end", &text(end)))
}

impl Operation for Updated {
    type Output = Changed;

    fn request(&self) -> Result<Request, Error> {
        request("sobjects/{object}/updated", &self.object, self.start, self.end)
    }

    fn decode(&self, response: Response) -> Result<Changed, Error> {
        response.json("the ids of changed records")
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

impl Operation for Deleted {
    type Output = Removed;

    fn request(&self) -> Result<Request, Error> {
        request("sobjects/{object}/deleted", &self.object, self.start, self.end)
    }

    fn decode(&self, response: Response) -> Result<Removed, Error> {
        response.json("the deleted records")
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}
