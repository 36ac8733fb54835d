//! `GET /search/suggestions`: records by the beginning of their names (REST API Developer Guide,
//! Search Suggested Records).

use http::Method;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Error, Operation, Record, Request, Response, Safety};

/// Records whose name begins with, or is like, what a person is typing.
#[derive(Debug, Clone)]
pub struct Suggestions {
    text: String,
    objects: Vec<String>,
    limit: Option<u16>,
}

/// Suggested records.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Suggested {
    /// The records, with `Id` and `Name`.
    pub records: Vec<Record>,
    /// Whether there are more than these.
    pub has_more: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Results<'a> {
    #[serde(borrow)]
    auto_suggest_results: Vec<&'a RawValue>,
    #[serde(default)]
    has_more_results: bool,
}

impl Suggestions {
    /// For a text of at least three characters, among the records of these objects.
    pub fn new(
        text: impl Into<String>,
        objects: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let objects = objects.into_iter().map(Into::into).collect();
        Self { text: text.into(), objects, limit: None }
    }

    /// At most this many records.
    #[must_use]
    pub fn limit(mut self, records: u16) -> Self {
        self.limit = Some(records);
        self
    }
}

impl Operation for Suggestions {
    type Output = Suggested;

    fn request(&self) -> Result<Request, Error> {
        if self.objects.is_empty() {
            return Err(Error::invalid("suggestions need at least one object"));
        }
        let request = Request::new(Method::GET, "search/suggestions", &[])?
            .query("q", &self.text)
            .query("sobject", &self.objects.join(","));
        Ok(match self.limit {
            Some(limit) => request.query("limit", &limit.to_string()),
            None => request,
        })
    }

    fn decode(&self, response: Response) -> Result<Suggested, Error> {
        let results: Results<'_> = response.json("suggested records")?;
        let records = response.records(&results.auto_suggest_results)?;
        Ok(Suggested { records, has_more: results.has_more_results })
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}
