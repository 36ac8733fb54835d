//! What was asked of the org, for tests that count requests.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Operation;

/// The oldest requests are forgotten beyond this many, and beyond this many
/// bytes of queries.
const CAPACITY: usize = 10_000;
const MAX_QUERY_BYTES: usize = 16 * 1024 * 1024;

/// One request and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct RequestRecord {
    /// Method in capitals, after `_HttpMethod` was applied.
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// The query as sent, for the data API alone: the queries of OAuth requests
    /// may hold secrets.
    pub query: Option<String>,
    /// What it asked for.
    pub operation: Operation,
    /// Status of the reply, also of one that is kept back; `None` while it is being
    /// made, and for good when the connection was closed without one.
    pub status: Option<u16>,
    /// Name of the fault that hit it, if one did.
    pub fault: Option<&'static str>,
}

/// Bounded; token requests are counted apart so that no test loses count.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    records: Mutex<Records>,
    token_requests: AtomicUsize,
}

#[derive(Debug, Default)]
struct Records {
    /// Number of the first record still kept.
    first: usize,
    kept: VecDeque<RequestRecord>,
    query_bytes: usize,
}

/// Names one record of the log, which may have been forgotten since.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry(usize);

impl RequestLog {
    /// Notes a request on arrival, so that one whose caller gives up is seen too.
    pub(crate) fn begin(&self, record: RequestRecord) -> Entry {
        if record.operation == Operation::Token {
            self.token_requests.fetch_add(1, Ordering::Relaxed);
        }
        let mut records = self.lock();
        records.query_bytes += query_length(&record);
        records.kept.push_back(record);
        while records.kept.len() > CAPACITY || records.query_bytes > MAX_QUERY_BYTES {
            let Some(oldest) = records.kept.pop_front() else { break };
            records.query_bytes -= query_length(&oldest);
            records.first += 1;
        }
        Entry(records.first + records.kept.len() - 1)
    }

    pub(crate) fn end(&self, entry: Entry, status: u16) {
        self.change(entry, |record| record.status = Some(status));
    }

    pub(crate) fn fault(&self, entry: Entry, name: &'static str) {
        self.change(entry, |record| record.fault = Some(name));
    }

    pub(crate) fn records(&self) -> Vec<RequestRecord> {
        self.lock().kept.iter().cloned().collect()
    }

    pub(crate) fn token_requests(&self) -> usize {
        self.token_requests.load(Ordering::Relaxed)
    }

    pub(crate) fn clear(&self) {
        let mut records = self.lock();
        records.first += records.kept.len();
        records.kept.clear();
        records.query_bytes = 0;
        self.token_requests.store(0, Ordering::Relaxed);
    }

    fn change(&self, entry: Entry, change: impl FnOnce(&mut RequestRecord)) {
        let mut records = self.lock();
        let index = entry.0.checked_sub(records.first);
        if let Some(record) = index.and_then(|index| records.kept.get_mut(index)) {
            change(record);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn query_length(record: &RequestRecord) -> usize {
    record.query.as_ref().map_or(0, String::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(path: &str, query: Option<String>) -> RequestRecord {
        RequestRecord {
            method: "GET".to_owned(),
            path: path.to_owned(),
            query,
            operation: Operation::Query,
            status: None,
            fault: None,
        }
    }

    #[test]
    fn the_oldest_are_forgotten_and_late_answers_find_their_own() {
        let log = RequestLog::default();
        let forgotten = log.begin(record("/first", None));
        let kept = log.begin(record("/second", None));
        for _ in 0..CAPACITY - 1 {
            log.begin(record("/other", None));
        }
        log.end(forgotten, 500);
        log.end(kept, 200);
        let records = log.records();
        assert_eq!(records.len(), CAPACITY);
        assert_eq!((records[0].path.as_str(), records[0].status), ("/second", Some(200)));
        assert!(records[1..].iter().all(|record| record.status.is_none()));

        log.begin(record("/long", Some("x".repeat(MAX_QUERY_BYTES))));
        assert_eq!(log.records().len(), CAPACITY, "queries of this size still fit");
        log.begin(record("/longer", Some("x".to_owned())));
        assert_eq!(log.records().len(), 1);
    }
}
