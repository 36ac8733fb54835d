//! `GET /search`: full-text search in SOSL (REST API Developer Guide, Search).

use http::Method;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::{Error, Operation, Record, Request, Response, Safety};

/// A full-text search in SOSL: `FIND {Acme} IN ALL FIELDS RETURNING Account(Id, Name)`.
#[derive(Debug, Clone)]
pub struct Search {
    sosl: String,
}

impl Search {
    /// A statement; the search term is escaped already.
    pub fn new(sosl: impl Into<String>) -> Self {
        Self { sosl: sosl.into() }
    }
}

/// What was found. A search has no pages: what is beyond its limits is not told.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Found {
    /// The records, of all objects; [`Record::object_type`] tells which.
    pub records: Vec<Record>,
    /// The labels of objects and fields, where they were asked for.
    pub metadata: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Results<'a> {
    #[serde(borrow)]
    search_records: Vec<&'a RawValue>,
    #[serde(default)]
    metadata: Option<Value>,
}

/// Reads what both forms of search answer.
pub(super) fn found(response: &Response) -> Result<Found, Error> {
    let results: Results<'_> = response.json("search results")?;
    let records = response.records(&results.search_records)?;
    Ok(Found { records, metadata: results.metadata })
}

impl Operation for Search {
    type Output = Found;

    fn request(&self) -> Result<Request, Error> {
        if self.sosl.trim().is_empty() {
            return Err(Error::invalid("the SOSL statement is empty"));
        }
        Ok(Request::new(Method::GET, "search", &[])?.query("q", &self.sosl))
    }

    fn decode(&self, response: Response) -> Result<Found, Error> {
        found(&response)
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}
