//! `POST /composite/batch`: up to 25 operations that know nothing of each other in one request
//! (REST API Developer Guide, Composite Batch).

use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::answers::Answers;
use super::composite::MAX_PARTS;
use super::parts::{Handle, Parts, ROOT, raw_body};
use crate::{ApiVersion, Error, Operation, Request, Response, Safety, send};

/// Independent operations in one request: each succeeds or fails alone, and counts alone against
/// the org's limits. A batch may take ten minutes in all.
///
/// It is as safe to repeat as its most dangerous part. Its output is [`Answers`] even if parts of
/// it failed.
#[derive(Debug)]
pub struct Batch {
    version: ApiVersion,
    halt_on_error: bool,
    parts: Parts,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    halt_on_error: bool,
    batch_requests: Vec<Item<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    method: &'a str,
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rich_input: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Results<'a> {
    #[serde(borrow)]
    results: Vec<ResultItem<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResultItem<'a> {
    status_code: u16,
    #[serde(borrow)]
    result: &'a RawValue,
}

/// For the default API version.
impl Default for Batch {
    fn default() -> Self {
        Self::new(ApiVersion::default())
    }
}

impl Batch {
    /// An empty batch, for one API version.
    pub fn new(version: ApiVersion) -> Self {
        Self { version, halt_on_error: false, parts: Parts::new() }
    }

    /// Does not execute what stands behind a part that failed: it ends as [`Error::Halted`]. What
    /// stands before it stays.
    #[must_use]
    pub fn halt_on_error(mut self) -> Self {
        self.halt_on_error = true;
        self
    }

    /// Adds an operation.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] if the batch is full, or if the operation needs headers, which a
    /// batch does not carry, or cannot be part of another request.
    pub fn add<O: Operation>(&mut self, operation: O) -> Result<Handle<O>, Error> {
        if self.parts.len() == MAX_PARTS {
            return Err(Error::invalid(format!("a batch has at most {MAX_PARTS} parts")));
        }
        self.parts.add(operation, |request| {
            let named = send::operation(request);
            if let Some(name) = request.headers().keys().find(|name| **name != CONTENT_TYPE) {
                return Err(Error::invalid(format!(
                    "{named} needs the header {name}, which a batch does not carry"
                )));
            }
            if !request.references().is_empty() {
                return Err(Error::invalid(format!(
                    "{named} refers to another part; the parts of a batch are independent, use a composite"
                )));
            }
            if request.template().starts_with("composite")
                && !request.template().starts_with("composite/sobjects")
            {
                return Err(Error::invalid(format!("{named} cannot be part of a batch")));
            }
            Ok(())
        })
    }
}

impl Operation for Batch {
    type Output = Answers;

    fn request(&self) -> Result<Request, Error> {
        if self.parts.len() == 0 {
            return Err(Error::invalid("the batch has no parts"));
        }
        let item = |request| {
            let path = Request::path(request, self.version);
            let url = path.strip_prefix(ROOT).map_or_else(|| path.clone(), str::to_owned);
            Ok(Item { method: request.method().as_str(), url, rich_input: raw_body(request)? })
        };
        let batch_requests =
            self.parts.requests().iter().map(item).collect::<Result<_, Error>>()?;
        let path = format!("{ROOT}v{}/composite/batch", self.version);
        Request::absolute(Method::POST, "composite/batch", path)
            .json(&Body { halt_on_error: self.halt_on_error, batch_requests })
    }

    fn decode(&self, response: Response) -> Result<Answers, Error> {
        const WHAT: &str = "the answers of a batch";
        let body: Results<'_> = response.json(WHAT)?;
        let (found, asked) = (body.results.len(), self.parts.len());
        if found != asked {
            return Err(response.unexpected(WHAT, format!("{found} answers for {asked} parts")));
        }
        let given = body.results.iter();
        let given =
            given.map(|item| (item.status_code, HeaderMap::new(), response.part(item.result)));
        Ok(Answers::new(&self.parts, response.resent, given.collect()))
    }

    fn safety(&self) -> Safety {
        self.parts.safety()
    }
}
