//! `GET /query` and its pages (REST API Developer Guide, Query and Query More Results).

use std::marker::PhantomData;

use http::{HeaderName, HeaderValue, Method};

use crate::row::{QueryPage, Record, Row};
use crate::{Error, Operation, Request, Response, Safety};

/// A SOQL query; its output is the first page.
#[derive(Debug, Clone)]
pub struct Query<R = Record> {
    soql: String,
    all: bool,
    tooling: bool,
    batch_size: Option<u16>,
    rows: PhantomData<fn() -> R>,
}

impl<R> Query<R> {
    /// A query for rows of type `R`.
    pub fn new(soql: impl Into<String>) -> Self {
        Self { soql: soql.into(), all: false, tooling: false, batch_size: None, rows: PhantomData }
    }

    /// Includes deleted and archived rows (`queryAll`).
    #[must_use]
    pub fn include_deleted(mut self) -> Self {
        self.all = true;
        self
    }

    /// Asks the Tooling API: for the org's metadata, such as Apex classes.
    #[must_use]
    pub fn tooling(mut self) -> Self {
        self.tooling = true;
        self
    }

    /// Asks for pages of this many rows. The platform takes 200 to 2,000 and may send fewer.
    #[must_use]
    pub fn batch_size(mut self, rows: u16) -> Self {
        self.batch_size = Some(rows);
        self
    }

    /// Whether it is a `SELECT COUNT()`, whose answer is a number without rows.
    pub(crate) fn counts(&self) -> bool {
        let word = |text: &'_ str, word: &str| {
            let (start, rest) = text.split_at_checked(word.len())?;
            start.eq_ignore_ascii_case(word).then(|| rest.trim_start().to_owned())
        };
        let count = |rest: String| rest.strip_prefix('(')?.trim_start().strip_prefix(')').map(drop);
        word(self.soql.trim_start(), "SELECT")
            .and_then(|rest| word(&rest, "COUNT"))
            .and_then(count)
            .is_some()
    }

    /// The request of the first page. The platform has no POST form of it: a statement that is too
    /// long for an address is sent inside a composite.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for an empty statement.
    pub fn to_request(&self) -> Result<Request, Error> {
        if self.soql.trim().is_empty() {
            return Err(Error::invalid("the SOQL statement is empty"));
        }
        let template = if self.all { "queryAll" } else { "query" };
        let request = Request::new(Method::GET, template, &[])?.query("q", &self.soql);
        let request = if self.tooling { request.below("tooling") } else { request };
        let request = request.composable();
        Ok(with_batch_size(request, self.batch_size))
    }

    /// The request of a later page of this query.
    pub fn to_next_request(&self, url: &str) -> Request {
        with_batch_size(next_request(url), self.batch_size)
    }
}

impl<R: Row> Operation for Query<R> {
    type Output = QueryPage<R>;

    fn request(&self) -> Result<Request, Error> {
        self.to_request()
    }

    fn decode(&self, response: Response) -> Result<Self::Output, Error> {
        R::parse_page(response.status, response.body)
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

/// A later page, by the address that the page before gave (`nextRecordsUrl`), which is followed as
/// it is.
#[derive(Debug, Clone)]
pub struct NextPage<R = Record> {
    url: String,
    rows: PhantomData<fn() -> R>,
}

impl<R> NextPage<R> {
    /// The page at an address.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), rows: PhantomData }
    }
}

impl<R: Row> Operation for NextPage<R> {
    type Output = QueryPage<R>;

    fn request(&self) -> Result<Request, Error> {
        Ok(next_request(&self.url))
    }

    fn decode(&self, response: Response) -> Result<Self::Output, Error> {
        R::parse_page(response.status, response.body)
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

fn next_request(url: &str) -> Request {
    Request::absolute(Method::GET, "query/{locator}", url)
}

fn with_batch_size(request: Request, rows: Option<u16>) -> Request {
    let Some(rows) = rows else { return request };
    match HeaderValue::from_str(&format!("batchSize={rows}")) {
        Ok(value) => request.header(HeaderName::from_static("sforce-query-options"), value),
        Err(_) => request,
    }
}
