//! The pages of a query, ahead of whoever consumes them: one after the other, or several at once.
//!
//! Several at once rests on something that is seen in practice and documented nowhere: the address
//! of a page is a locator and the number of its first row, and any number can be asked for. So
//! nothing is believed. A page is handed over only when the page before it, which was handed over
//! itself, gave exactly its address; whatever differs ends the guessing, and the rest is read one
//! page after the other from the last address that was given. One page far ahead is tried before the
//! others: where guessing is refused, the refusal costs that request and spoils no locator.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::Instrument;

use crate::buffers::Buffers;
use crate::exchange::Exchange;
use crate::row::{Head, head};
use crate::send::{self, Progress};
use crate::{Client, Error, ErrorCode, Request, Response, Safety};

/// A page as it came, and how many rows the addresses say it has.
pub(crate) struct Page {
    pub(crate) response: Response,
    pub(crate) rows: Option<u64>,
}

/// Where pages go. Room is waited for before a page is asked for.
type Pages = mpsc::Sender<Result<Page, Error>>;

/// Reads all pages, or as many as are wanted.
pub(crate) async fn read(
    client: Client,
    request: Request,
    next_request: impl Fn(&str) -> Request,
    pages: Pages,
) {
    let Ok(room) = pages.reserve().await else { return };
    // One that is read, one that waits, one that is consumed.
    let buffers = Arc::new(Buffers::new(client.options.pages() + 2));
    let response = match fetch(client.clone(), request, Arc::clone(&buffers)).await {
        Ok(response) => response,
        Err(error) => return room.send(Err(error)),
    };
    let first = head(&response.body);
    let plan = Plan::new(&first).filter(|plan| client.options.pages() > 1 && plan.is_worth_it());
    room.send(Ok(Page { response, rows: plan.as_ref().map(|plan| plan.step) }));
    let next = match (plan, first.next) {
        (Some(plan), Some(url)) => {
            let guess = Guess::new(&client, plan, url, Arc::clone(&buffers));
            guess.read(&next_request, &pages).await
        }
        (_, next) => next,
    };
    sequential(&client, next, next_request, &pages, &buffers).await;
}

/// Reads one page after the other, each asked for as soon as the one before it has arrived.
async fn sequential(
    client: &Client,
    mut next: Option<String>,
    next_request: impl Fn(&str) -> Request,
    pages: &Pages,
    buffers: &Arc<Buffers>,
) {
    while let Some(url) = next {
        let Ok(room) = pages.reserve().await else { return };
        match fetch(client.clone(), next_request(&url), Arc::clone(buffers)).await {
            Err(error) => return room.send(Err(error)),
            Ok(response) => {
                next = head(&response.body).next;
                room.send(Ok(Page { response, rows: None }));
            }
        }
    }
}

async fn fetch(client: Client, request: Request, buffers: Arc<Buffers>) -> Result<Response, Error> {
    let client = client.begun();
    let mut progress = Progress::new(&client);
    let again = Exchange::Again(&buffers);
    let sent = send::exchange(&client, &request, Safety::Read, &mut progress, again).await;
    sent.map(|(response, _)| response)
}

/// What the first page lets one guess of the others.
#[derive(Debug, PartialEq)]
struct Plan {
    /// The addresses up to the number of the row.
    base: String,
    /// Rows of a page.
    step: u64,
    /// Rows of all pages.
    total: u64,
}

impl Plan {
    fn new(first: &Head) -> Option<Self> {
        let (base, offset) = split(first.next.as_deref()?)?;
        let total = first.total_size?;
        let fits = first.done == Some(false) && offset > 0 && offset < total;
        fits.then(|| Self { base: base.to_owned(), step: offset, total })
    }

    /// From four pages on: one has come, one is known, and one is tried.
    fn is_worth_it(&self) -> bool {
        self.total > self.step.saturating_mul(3)
    }

    fn address(&self, offset: u64) -> String {
        format!("{}-{offset}", self.base)
    }

    /// The first row after the page at `offset`, if the page says what the plan lets expect.
    fn end_of(&self, offset: u64, page: &Head) -> Option<u64> {
        if page.total_size != Some(self.total) {
            return None;
        }
        match &page.next {
            None => (page.done == Some(true)).then_some(self.total),
            Some(url) => {
                let (base, end) = split(url)?;
                (base == self.base && end > offset && *url == self.address(end)).then_some(end)
            }
        }
    }
}

/// An address as its locator and the number of the first row.
fn split(url: &str) -> Option<(&str, u64)> {
    let (base, offset) = url.rsplit_once('-')?;
    Some((base, offset.parse().ok()?))
}

/// Pages that are read at once.
struct Guess<'a> {
    client: &'a Client,
    plan: Plan,
    window: usize,
    /// Pages under way and pages that have come, by their first row.
    ahead: BTreeMap<u64, Fetch>,
    /// The first row of the page that is handed over next, and its address as it was given.
    offset: u64,
    given: String,
    buffers: Arc<Buffers>,
}

enum Fetch {
    Running(Task),
    Here(Response),
}

/// A task that ends when it is dropped.
struct Task(JoinHandle<Result<Response, Error>>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<'a> Guess<'a> {
    fn new(client: &'a Client, plan: Plan, given: String, buffers: Arc<Buffers>) -> Self {
        let window = client.options.pages();
        let offset = plan.step;
        Self { client, plan, window, ahead: BTreeMap::new(), offset, given, buffers }
    }

    /// Hands pages over as long as all is as expected. The output is where to go on one page after
    /// the other, if there is more.
    async fn read(
        mut self,
        next_request: &impl Fn(&str) -> Request,
        pages: &Pages,
    ) -> Option<String> {
        let last = (self.plan.total - 1) / self.plan.step;
        let ahead = u64::try_from(self.window).unwrap_or(u64::MAX).clamp(3, last);
        let probe = self.plan.step.saturating_mul(ahead);
        self.ask(self.offset, next_request);
        self.ask(probe, next_request);
        let mut tried = false;
        loop {
            let room = pages.reserve().await.ok()?;
            let Some(fetch) = self.ahead.remove(&self.offset) else { return Some(self.given) };
            let response = match fetch.finish().await {
                Some(Ok(response)) => response,
                // An address that was given can be asked for once more.
                Some(Err(error)) if !error.has_code(&ErrorCode::INVALID_QUERY_LOCATOR) => {
                    room.send(Err(error));
                    return None;
                }
                _ => return Some(self.given),
            };
            let page = head(&response.body);
            let end = self.plan.end_of(self.offset, &page);
            room.send(Ok(Page { response, rows: end.map(|end| end - self.offset) }));
            let next = page.next?;
            let Some(end) = end.filter(|end| end.checked_sub(self.plan.step) == Some(self.offset))
            else {
                tracing::debug!("pages are not as expected; going on one after the other");
                return Some(next);
            };
            self.offset = end;
            self.given = next;
            if !tried {
                tried = true;
                if !self.keep(probe).await {
                    tracing::debug!("addresses cannot be computed; going on one after the other");
                    return Some(self.given);
                }
            }
            self.fill(next_request);
        }
    }

    /// Waits for the page that was tried, and keeps it if it is what it should be.
    async fn keep(&mut self, probe: u64) -> bool {
        let Some(fetch) = self.ahead.remove(&probe) else { return false };
        let Some(Ok(response)) = fetch.finish().await else { return false };
        let fits = self.plan.end_of(probe, &head(&response.body)).is_some();
        self.ahead.insert(probe, Fetch::Here(response));
        fits
    }

    /// Asks for the next pages.
    fn fill(&mut self, next_request: &impl Fn(&str) -> Request) {
        let mut offset = self.offset;
        while self.ahead.len() < self.window && offset < self.plan.total {
            if !self.ahead.contains_key(&offset) {
                self.ask(offset, next_request);
            }
            offset = offset.saturating_add(self.plan.step);
        }
    }

    fn ask(&mut self, offset: u64, next_request: &impl Fn(&str) -> Request) {
        let request = next_request(&self.plan.address(offset));
        let task = tokio::spawn(
            fetch(self.client.clone(), request, Arc::clone(&self.buffers)).in_current_span(),
        );
        self.ahead.insert(offset, Fetch::Running(Task(task)));
    }
}

impl Fetch {
    /// The answer; `None` if its task was ended.
    async fn finish(self) -> Option<Result<Response, Error>> {
        match self {
            Self::Running(mut task) => (&mut task.0).await.ok(),
            Self::Here(response) => Some(Ok(response)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(total: u64, next: Option<&str>) -> Head {
        let next = next.map(str::to_owned);
        Head { total_size: Some(total), done: Some(next.is_none()), next }
    }

    #[test]
    fn a_page_is_what_its_neighbours_say() {
        let plan = Plan::new(&page(9_000, Some("/q/0r8-x-2000"))).unwrap();
        assert_eq!((plan.base.as_str(), plan.step, plan.total), ("/q/0r8-x", 2_000, 9_000));
        assert_eq!(plan.end_of(2_000, &page(9_000, Some("/q/0r8-x-4000"))), Some(4_000));
        assert_eq!(plan.end_of(2_000, &page(9_000, Some("/q/0r8-x-2500"))), Some(2_500));
        assert_eq!(plan.end_of(8_000, &page(9_000, None)), Some(9_000));
        for odd in [
            page(8_999, Some("/q/0r8-x-4000")),
            page(9_000, Some("/q/0r8-y-4000")),
            page(9_000, Some("/q/0r8-x-04000")),
            page(9_000, Some("/q/0r8-x-2000")),
            page(9_000, Some("/q/0r8-x-")),
            Head { done: Some(false), ..page(9_000, None) },
            Head::default(),
        ] {
            assert_eq!(plan.end_of(2_000, &odd), None, "{odd:?}");
        }
    }

    #[test]
    fn what_lets_nothing_be_guessed() {
        for first in [
            page(9_000, None),
            page(9_000, Some("/q/0r8x")),
            page(9_000, Some("/q/0r8-0")),
            page(2_000, Some("/q/0r8-2000")),
            page(9_000, Some("/q/0r8-99999999999999999999")),
            Head { total_size: None, ..page(1, Some("/q/0r8-1")) },
        ] {
            assert_eq!(Plan::new(&first), None, "{first:?}");
        }
        assert!(!Plan::new(&page(6_000, Some("/q/0r8-2000"))).unwrap().is_worth_it());
        assert!(Plan::new(&page(6_001, Some("/q/0r8-2000"))).unwrap().is_worth_it());
    }
}
