//! All rows of a query as a stream: bounded memory, one page of read-ahead, complete or an error.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::Stream;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tracing::Instrument;

use crate::ops::query::Query;
use crate::pages::{self, Page};
use crate::row::Row;
use crate::{Client, Error};

/// The rows of a query, in order. It ends without an error only after all of them.
///
/// `SELECT COUNT()` has no rows, so that nothing is sent here ([`Error::InvalidRequest`]): its answer
/// is the `total_size` of [`Client::query_page`].
///
/// A task reads whole pages and hands them over; while one page is being consumed, the next is
/// asked for, and no more, unless the client was given
/// [`CallOptions::pages_in_flight`](crate::CallOptions::pages_in_flight). Dropping the stream ends
/// the task.
pub struct RowStream<R> {
    state: State<R>,
}

enum State<R> {
    /// Nothing is sent before the first row is asked for.
    Ready(Client, Query<R>),
    Running(Box<Running<R>>),
    Ended,
}

struct Running<R> {
    pages: mpsc::Receiver<Result<Page, Error>>,
    reader: AbortHandle,
    rows: std::vec::IntoIter<R>,
    received: u64,
    total: Option<u64>,
    /// Hashes of the addresses that pages have given for the next: a few bytes per page, whatever
    /// the number of rows.
    addresses: HashSet<u64>,
    hasher: RandomState,
    /// The page at hand is the last, and complete.
    complete: bool,
}

impl<R> Drop for Running<R> {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl<R: Row> RowStream<R> {
    pub(crate) fn new(client: Client, query: Query<R>) -> Self {
        Self { state: State::Ready(client, query) }
    }

    /// How many rows the query has in all, as its pages say; `None` before the first has come.
    pub fn total(&self) -> Option<u64> {
        match &self.state {
            State::Running(running) => running.total,
            State::Ready(..) | State::Ended => None,
        }
    }
}

impl<R: Row> Running<R> {
    fn start(client: Client, query: Query<R>) -> Result<Box<Self>, Error> {
        if query.counts() {
            return Err(Error::invalid(
                "SELECT COUNT() answers a number and has no rows to stream; Client::query_page has it as total_size, \
                 and SELECT COUNT(Id) answers it as a row",
            ));
        }
        let request = query.to_request()?;
        let (pages, receiver) = mpsc::channel(1);
        let read = pages::read(client, request, move |url| query.to_next_request(url), pages);
        Ok(Box::new(Self {
            pages: receiver,
            reader: tokio::spawn(read.in_current_span()).abort_handle(),
            rows: Vec::new().into_iter(),
            received: 0,
            total: None,
            addresses: HashSet::new(),
            hasher: RandomState::new(),
            complete: false,
        }))
    }
}

impl<R: Row> Running<R> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<R, Error>>> {
        loop {
            if let Some(row) = self.rows.next() {
                return Poll::Ready(Some(Ok(row)));
            }
            if self.complete {
                return Poll::Ready(None);
            }
            let Page { response, rows } = match ready!(self.pages.poll_recv(cx)) {
                Some(Ok(page)) => page,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => {
                    return Poll::Ready(Some(Err(self.incomplete(0, "the pages ended too early"))));
                }
            };
            let page = match R::parse_page(response.status, response.body) {
                Ok(page) => page,
                Err(error) => return Poll::Ready(Some(Err(error))),
            };
            self.received += page.records.len() as u64;
            self.total = Some(page.total_size);
            let problem = match (page.done, &page.next) {
                _ if self.received > page.total_size => Some("more than were announced"),
                _ if rows.is_some_and(|rows| rows != page.records.len() as u64) => {
                    Some("and a page has another number of rows than its address says")
                }
                (true, _) if self.received == page.total_size => None,
                (true, _) => Some("and the last page was reached"),
                (false, Some(_)) if page.records.is_empty() => Some("and a page had no rows"),
                (false, Some(url)) if !self.addresses.insert(self.hasher.hash_one(url)) => {
                    Some("and a page gives the address of one that was read before")
                }
                (false, Some(_)) => None,
                (false, None) => Some("and a page that is not the last has no address of the next"),
            };
            if let Some(problem) = problem {
                return Poll::Ready(Some(Err(self.incomplete(page.total_size, problem))));
            }
            self.complete = page.done;
            self.rows = page.records.into_iter();
        }
    }

    fn incomplete(&self, expected: u64, problem: &'static str) -> Error {
        Error::Incomplete { expected, received: self.received, problem }
    }
}

impl<R: Row> Stream for RowStream<R> {
    type Item = Result<R, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if matches!(this.state, State::Ready(..))
            && let State::Ready(client, query) = std::mem::replace(&mut this.state, State::Ended)
        {
            match Running::start(client, query) {
                Ok(running) => this.state = State::Running(running),
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
        let item = match &mut this.state {
            State::Ready(..) | State::Ended => None,
            State::Running(running) => ready!(running.poll(cx)),
        };
        if !matches!(item, Some(Ok(_))) {
            this.state = State::Ended;
        }
        Poll::Ready(item)
    }
}

impl<R> Unpin for RowStream<R> {}

impl<R> std::fmt::Debug for RowStream<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RowStream").finish_non_exhaustive()
    }
}
