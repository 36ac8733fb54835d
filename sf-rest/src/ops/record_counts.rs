//! `GET /limits/recordCount`: about how many records objects have (REST API Developer Guide,
//! Record Count).

use std::collections::BTreeMap;

use http::Method;
use serde::Deserialize;

use crate::{Error, Operation, Request, Response, Safety};

/// Counts the records of objects: approximate, recycle bin included, and cheap whatever the number.
/// Its output has no entry for an object that has no records, or that does not exist.
#[derive(Debug, Clone, Default)]
pub struct RecordCounts {
    objects: Vec<String>,
}

impl RecordCounts {
    /// Of these objects; of all, if there are none.
    pub fn new(objects: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { objects: objects.into_iter().map(Into::into).collect() }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    s_objects: Vec<Count>,
}

#[derive(Deserialize)]
struct Count {
    name: String,
    count: u64,
}

impl Operation for RecordCounts {
    type Output = BTreeMap<String, u64>;

    fn request(&self) -> Result<Request, Error> {
        let request = Request::new(Method::GET, "limits/recordCount", &[])?;
        if self.objects.is_empty() {
            return Ok(request);
        }
        Ok(request.query("sObjects", &self.objects.join(",")))
    }

    fn decode(&self, response: Response) -> Result<Self::Output, Error> {
        let counts: Counts = response.json("record counts")?;
        Ok(counts.s_objects.into_iter().map(|object| (object.name, object.count)).collect())
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}
