//! Bulk API 2.0 jobs of the guarded org: queries into a file, loads from rows or a file, and what
//! became of a job.
//!
//! A job outlives the call that made it. What a model is given of one is a handle: sealed, bound to
//! the identity, and with rules the only way to a job, since the result of another may hold what they
//! hide. A query's handle carries the statement as the caller gave it; the rows of its job are handed
//! over only if the rules that hold then permit the very statement that was sent.

mod export;
mod handle;
mod late;
mod load;
mod outcomes;
mod query;
mod refused;
mod send;
mod status;

use std::time::Duration;

use sf_rest::bulk::Polling;

pub use export::BulkExport;
pub(crate) use handle::JobHandle;
pub(crate) use late::LateLoads;
pub(crate) use load::{BulkLoad, LoadEnd, MOST_BYTES};
pub(crate) use outcomes::LoadReport;
pub(crate) use query::{BulkResult, BulkRun, RunningQuery};
pub(crate) use refused::{CSV_NULL, Refused};

use super::{Org, OrgBuilder};

/// Settings of bulk jobs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BulkSettings {
    /// How long a call waits for a job.
    pub(crate) wait: Duration,
}

impl Default for BulkSettings {
    fn default() -> Self {
        Self { wait: Duration::from_secs(5 * 60) }
    }
}

impl OrgBuilder {
    /// How long a call waits for a bulk job before it hands over a handle to look again with: five
    /// minutes by default.
    #[must_use]
    pub fn bulk_wait(mut self, wait: Duration) -> Self {
        self.bulk.wait = wait;
        self
    }
}

impl Org {
    /// How a job is looked at: soon at first, since small jobs are over in no time.
    fn polling(&self) -> Polling {
        Polling::default()
            .intervals(Duration::from_millis(100), Duration::from_secs(10))
            .timeout(self.inner.bulk.wait)
    }
}
