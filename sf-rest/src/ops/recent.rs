//! `GET /recent` and `GET /sobjects/{object}`: what the user worked on last (REST API Developer
//! Guide, Recently Viewed Items and sObject Basic Information).

use http::Method;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::{Error, Operation, Record, Request, Response, Safety};

/// The most records the platform lists.
pub const MAX_RECENT: u16 = 200;

/// Lists the records that the user viewed or used last, of all objects; each has `Id` and `Name`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Recent {
    limit: Option<u16>,
}

impl Recent {
    /// As many as the platform likes to list.
    pub fn new() -> Self {
        Self::default()
    }

    /// At most this many; 1 to [`MAX_RECENT`].
    #[must_use]
    pub fn limit(mut self, records: u16) -> Self {
        self.limit = Some(records);
        self
    }
}

impl Operation for Recent {
    type Output = Vec<Record>;

    fn request(&self) -> Result<Request, Error> {
        let request = Request::new(Method::GET, "recent", &[])?;
        match self.limit {
            None => Ok(request),
            Some(limit @ 1..=MAX_RECENT) => Ok(request.query("limit", &limit.to_string())),
            Some(limit) => Err(Error::invalid(format!(
                "the list of recent records has 1 to {MAX_RECENT} entries, not {limit}"
            ))),
        }
    }

    fn decode(&self, response: Response) -> Result<Vec<Record>, Error> {
        let rows: Vec<&RawValue> = response.json("recent records")?;
        response.records(&rows)
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

/// Reads the short description of one object (as in the list of all objects) with the records of it
/// that the user worked on last.
#[derive(Debug, Clone)]
pub struct RecentOf {
    object: String,
}

impl RecentOf {
    /// Of one object.
    pub fn new(object: impl Into<String>) -> Self {
        Self { object: object.into() }
    }
}

/// An object, and its records that the user worked on last.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ObjectAndRecent {
    /// The object, as one entry of [`DescribeGlobal`](super::describe::DescribeGlobal).
    pub object: Value,
    /// The records.
    pub recent: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Basic<'a> {
    object_describe: Value,
    #[serde(borrow)]
    recent_items: Vec<&'a RawValue>,
}

impl Operation for RecentOf {
    type Output = ObjectAndRecent;

    fn request(&self) -> Result<Request, Error> {
        Request::new(Method::GET, "sobjects/{object}", &[&self.object])
    }

    fn decode(&self, response: Response) -> Result<ObjectAndRecent, Error> {
        let basic: Basic<'_> = response.json("an object and its recent records")?;
        let recent = response.records(&basic.recent_items)?;
        Ok(ObjectAndRecent { object: basic.object_describe, recent })
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}
