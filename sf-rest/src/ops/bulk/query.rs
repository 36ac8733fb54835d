//! `jobs/query`: made, and its result read page by page.

use http::header::{ACCEPT, HeaderValue};
use http::{HeaderMap, Method};
use serde::{Deserialize, Serialize};

use super::CsvFormat;
use super::job::{JobInfo, read_info};
use crate::bulk::{BulkRow, parse_all};
use crate::{ApiVersion, Error, Id, Operation, Request, Response, Safety};

/// Makes a query job, which begins at once.
///
/// It changes no record, and the platform does not tell the statement of a job, so that one whose
/// answer was lost cannot be found again among others: it is [`Safety::Idempotent`], and sent again.
/// The one before then ends by itself; it counts among the 10,000 query jobs of a day.
#[derive(Debug, Clone)]
pub struct CreateQueryJob {
    soql: String,
    all: bool,
    format: CsvFormat,
}

impl CreateQueryJob {
    /// A job for a SOQL statement. The Bulk API has no `GROUP BY`, no `OFFSET`, no `TYPEOF`, no
    /// subqueries in the SELECT list and no compound fields (Bulk API 2.0 Developer Guide, "SOQL
    /// Considerations").
    pub fn new(soql: impl Into<String>) -> Self {
        Self { soql: soql.into(), all: false, format: CsvFormat::default() }
    }

    /// Includes deleted and archived rows (`queryAll`).
    #[must_use]
    pub fn include_deleted(mut self) -> Self {
        self.all = true;
        self
    }

    /// How the CSV is written.
    #[must_use]
    pub fn format(mut self, format: CsvFormat) -> Self {
        self.format = format;
        self
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewJob<'a> {
    operation: &'a str,
    query: &'a str,
    content_type: &'a str,
    column_delimiter: &'a str,
    line_ending: &'a str,
}

impl Operation for CreateQueryJob {
    type Output = JobInfo;

    fn request(&self) -> Result<Request, Error> {
        if self.soql.trim().is_empty() {
            return Err(Error::invalid("the SOQL statement is empty"));
        }
        Request::new(Method::POST, "jobs/query", &[])?.json(&NewJob {
            operation: if self.all { "queryAll" } else { "query" },
            query: &self.soql,
            content_type: "CSV",
            column_delimiter: self.format.delimiter.name(),
            line_ending: self.format.line_ending.name(),
        })
    }

    fn decode(&self, response: Response) -> Result<JobInfo, Error> {
        read_info(&response)
    }

    fn safety(&self) -> Safety {
        Safety::Idempotent
    }
}

/// A page of the result of a job that is complete, in memory.
#[derive(Debug, Clone)]
pub struct GetResults {
    place: Place,
    max_records: Option<u32>,
    format: CsvFormat,
}

#[derive(Debug, Clone)]
enum Place {
    First(Id),
    Locator(Id, String),
    Link(String),
}

impl GetResults {
    /// The first page.
    pub fn new(job: Id) -> Self {
        Self { place: Place::First(job), max_records: None, format: CsvFormat::default() }
    }

    /// A later page, by the locator that the page before gave. A locator stays valid as long as the
    /// job, and can be read again.
    pub fn at(job: Id, locator: impl Into<String>) -> Self {
        Self { place: Place::Locator(job, locator.into()), ..Self::new(job) }
    }

    /// A page by one of the addresses of [`GetResultPages`]; at the version that the job was made
    /// with.
    pub fn link(url: &str, version: ApiVersion) -> Self {
        let place = Place::Link(on_instance(url, version));
        Self { place, max_records: None, format: CsvFormat::default() }
    }

    /// The most rows of this page. The platform may send fewer.
    #[must_use]
    pub fn max_records(mut self, rows: u32) -> Self {
        self.max_records = Some(rows);
        self
    }

    /// How the job's CSV is written.
    #[must_use]
    pub fn format(mut self, format: CsvFormat) -> Self {
        self.format = format;
        self
    }
}

/// One page of a result.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ResultPage {
    /// The rows.
    pub rows: Vec<BulkRow>,
    /// The locator of the next page; `None` after the last.
    pub next: Option<String>,
}

const RESULTS: &str = "jobs/query/{id}/results";

impl Operation for GetResults {
    type Output = ResultPage;

    fn request(&self) -> Result<Request, Error> {
        let request = match &self.place {
            Place::First(job) => Request::new(Method::GET, RESULTS, &[job.as_str()])?,
            Place::Locator(job, locator) => {
                Request::new(Method::GET, RESULTS, &[job.as_str()])?.query("locator", locator)
            }
            Place::Link(url) => Request::absolute(Method::GET, RESULTS, url),
        };
        let request = request.header(ACCEPT, HeaderValue::from_static("text/csv"));
        Ok(match self.max_records {
            Some(rows) => request.query("maxRecords", &rows.to_string()),
            None => request,
        })
    }

    fn decode(&self, response: Response) -> Result<ResultPage, Error> {
        let rows = parse_all(&response, self.format)?;
        let announced = announced_rows(&response.headers);
        if announced.is_some_and(|announced| announced != rows.len() as u64) {
            return Err(Error::Incomplete {
                expected: announced.unwrap_or_default(),
                received: rows.len() as u64,
                problem: "and the page ended",
            });
        }
        let next = next_locator(&response.headers).ok_or_else(|| Error::Incomplete {
            expected: announced.unwrap_or_default(),
            received: rows.len() as u64,
            problem: "and the answer does not say whether it is the last page",
        })?;
        Ok(ResultPage { rows, next })
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

/// `Sforce-NumberOfRecords`.
pub(crate) fn announced_rows(headers: &HeaderMap) -> Option<u64> {
    headers.get("sforce-numberofrecords")?.to_str().ok()?.trim().parse().ok()
}

/// `Sforce-Locator`, which on the last page is the text `null`; `None` if the answer has none.
pub(crate) fn next_locator(headers: &HeaderMap) -> Option<Option<String>> {
    let text = headers.get("sforce-locator")?.to_str().ok()?.trim();
    Some((text != "null").then(|| text.to_owned()))
}

/// Addresses of pages that can be read at the same time, up to five of them (API 58.0 and later).
#[derive(Debug, Clone)]
pub struct GetResultPages {
    job: Id,
    next: Option<String>,
}

impl GetResultPages {
    /// The first addresses.
    pub fn new(job: Id) -> Self {
        Self { job, next: None }
    }

    /// Further addresses, by the `next` of the answer before.
    pub fn next(job: Id, url: &str, version: ApiVersion) -> Self {
        Self { job, next: Some(on_instance(url, version)) }
    }
}

/// The documentation gives paths on the instance, the platform's collection of examples paths below
/// the version.
fn on_instance(url: &str, version: ApiVersion) -> String {
    match url.strip_prefix("/jobs/") {
        Some(rest) => format!("/services/data/v{version}/jobs/{rest}"),
        None => url.to_owned(),
    }
}

/// Addresses of pages, in the order of the rows.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ResultPages {
    /// For [`GetResults::link`].
    pub links: Vec<String>,
    /// For [`GetResultPages::next`]; `None` after the last.
    pub next: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    result_pages: Vec<Link>,
    #[serde(default)]
    next_records_url: Option<String>,
    done: bool,
}

/// The documentation and the platform's own collection of examples name it differently.
#[derive(Deserialize)]
struct Link {
    #[serde(rename = "resultUrl", alias = "resultLink")]
    url: String,
}

impl Operation for GetResultPages {
    type Output = ResultPages;

    fn request(&self) -> Result<Request, Error> {
        const TEMPLATE: &str = "jobs/query/{id}/resultPages";
        match &self.next {
            None => Request::new(Method::GET, TEMPLATE, &[self.job.as_str()]),
            Some(url) => Ok(Request::absolute(Method::GET, TEMPLATE, url)),
        }
    }

    fn decode(&self, response: Response) -> Result<ResultPages, Error> {
        const WHAT: &str = "the addresses of result pages";
        let answer: Answer = response.json(WHAT)?;
        let next = answer.next_records_url.filter(|url| !answer.done && !url.is_empty());
        if !answer.done && next.is_none() {
            let problem = "they are not all, and there is no address of the others";
            return Err(response.unexpected(WHAT, problem));
        }
        let links = answer.result_pages.into_iter().map(|link| link.url).collect();
        Ok(ResultPages { links, next })
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}
