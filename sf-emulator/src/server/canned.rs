//! Query results answered from memory, so that a client benchmark measures the
//! client ([`Builder::canned_query`](crate::Builder::canned_query)).

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use tokio::sync::OnceCell;

use super::finish::gzip;
use super::rest::query::{MAX_BATCH, page_text};
use super::{Org, on_engine, reply, transaction};
use crate::engine::{ApiError, Caller};

/// How the locators of canned results begin; a number of nine digits follows.
const LOCATOR: &str = "0r8Canned";

/// The statements that are answered from memory.
#[derive(Default)]
pub(crate) struct Canned(Vec<Answer>);

struct Answer {
    soql: String,
    locator: String,
    /// Rendered at the first request.
    pages: OnceCell<Pages>,
}

struct Pages {
    /// The API version they were rendered for; another one is not canned.
    version: String,
    /// As are those of another user.
    user_id: String,
    pages: Vec<Page>,
}

#[derive(Clone)]
struct Page {
    plain: Bytes,
    packed: Option<Bytes>,
}

/// The compressed form of a reply, in its extensions.
#[derive(Clone)]
pub(crate) struct Packed(pub(crate) Bytes);

impl Canned {
    pub(crate) fn new(statements: Vec<String>) -> Self {
        let answers = statements.into_iter().enumerate().map(|(number, soql)| Answer {
            soql,
            locator: format!("{LOCATOR}{number:09}"),
            pages: OnceCell::new(),
        });
        Self(answers.collect())
    }

    /// The first page, if this statement is canned.
    pub(crate) async fn first(
        &self,
        org: &Arc<Org>,
        caller: &Caller,
        soql: &str,
    ) -> Option<Result<Response, ApiError>> {
        let answer = self.0.iter().find(|answer| answer.soql == soql)?;
        // Inside a transaction the org itself answers: waiting there for
        // someone else's rendering, which waits for the transaction, never ends.
        if transaction::current().is_some() {
            return None;
        }
        let pages = answer.pages.get_or_try_init(|| render(org, caller, answer)).await;
        match pages {
            Ok(pages) if pages.is_for(caller) => pages.reply(0).map(Ok),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        }
    }

    /// A later page, if the locator is that of a canned result.
    pub(crate) fn more(&self, caller: &Caller, locator: &str, offset: usize) -> Option<Response> {
        let answer = self.0.iter().find(|answer| answer.locator == locator)?;
        let pages = answer.pages.get().filter(|pages| pages.is_for(caller))?;
        if offset.is_multiple_of(MAX_BATCH) { pages.reply(offset / MAX_BATCH) } else { None }
    }
}

impl Pages {
    fn is_for(&self, caller: &Caller) -> bool {
        self.version == caller.version && self.user_id == caller.user_id
    }

    fn reply(&self, number: usize) -> Option<Response> {
        let Page { plain, packed } = self.pages.get(number)?.clone();
        let mut response = Response::new(axum::body::Body::from(plain));
        *response.status_mut() = StatusCode::OK;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(reply::JSON));
        if let Some(packed) = packed {
            response.extensions_mut().insert(Packed(packed));
        }
        Some(response)
    }
}

async fn render(org: &Arc<Org>, caller: &Caller, answer: &Answer) -> Result<Pages, ApiError> {
    let (asks, soql, locator) = (caller.clone(), answer.soql.clone(), answer.locator.clone());
    let texts = on_engine(org, move |engine| {
        let cursor = engine.query(&asks, &soql, false)?;
        let mut texts: Vec<Bytes> = Vec::new();
        loop {
            let rows = engine.page(&asks, &cursor, texts.len() * MAX_BATCH, MAX_BATCH)?;
            let next = (texts.len() + 1) * MAX_BATCH;
            let next = (next < cursor.len()).then_some((locator.as_str(), next));
            texts.push(page_text(&asks.version, cursor.total_size(), &rows, next).into());
            if next.is_none() {
                return Ok(texts);
            }
        }
    });
    let mut pages = Vec::new();
    for plain in texts.await? {
        let packed = gzip(plain.clone()).await;
        pages.push(Page { plain, packed });
    }
    Ok(Pages { version: caller.version.clone(), user_id: caller.user_id.clone(), pages })
}
