//! Caps: how much a session may read, write and ask, and how much it has.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::ToolError;

/// The most that an agent may do. What is not set is not bounded here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Caps {
    /// Rows that one call of a tool may read, child rows among them.
    pub rows_per_call: Option<u64>,
    /// Rows that one session (one [`Org`](crate::Org) and its clones) may read.
    pub rows_per_session: Option<u64>,
    /// Records that one session may write.
    pub rows_written: Option<u64>,
    /// Requests for data that one session may send. Describes, which are cached, do not count.
    pub api_calls: Option<u64>,
}

/// What a session has used of its caps.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    rows: AtomicU64,
    written: AtomicU64,
    calls: AtomicU64,
}

tokio::task_local! {
    /// Rows read by the call of a tool that runs in this task.
    static CALL: AtomicU64;
}

/// Runs one call of a tool with a count of its own.
pub(crate) async fn one_call<T>(call: impl Future<Output = T>) -> T {
    CALL.scope(AtomicU64::new(0), call).await
}

impl Meter {
    /// Counts a request that is about to be sent.
    pub(crate) fn call(&self, caps: &Caps, contact: &str) -> Result<(), ToolError> {
        take(&self.calls, 1, caps.api_calls).map_err(|used| {
            let most = caps.api_calls.unwrap_or_default();
            ToolError::ask_a_person(format!(
                "The cap of this session on requests for data is {most} (used: {used}). Nothing was \
                 sent.{contact}"
            ))
        })
    }

    pub(crate) fn used(&self) -> Used {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Used { rows: of(&self.rows), written: of(&self.written), calls: of(&self.calls) }
    }

    /// Counts rows that were read and are about to be handed over.
    pub(crate) fn read(&self, rows: u64, caps: &Caps, contact: &str) -> Result<(), ToolError> {
        let of_call = CALL
            .try_with(|count| take(count, rows, caps.rows_per_call))
            .unwrap_or_else(|_| take(&AtomicU64::new(0), rows, caps.rows_per_call));
        of_call.map_err(|used| {
            let most = caps.rows_per_call.unwrap_or_default();
            ToolError::fix_your_call(format!(
                "The cap of one call on rows read is {most}, child rows among them (used: {used}), \
                 and {rows} more came. None of these is shown. Add LIMIT {most} or less, or narrow the \
                 conditions.{contact}"
            ))
        })?;
        take(&self.rows, rows, caps.rows_per_session).map_err(|used| {
            let most = caps.rows_per_session.unwrap_or_default();
            ToolError::ask_a_person(format!(
                "The cap of this session on rows read is {most} (used: {used}), and {rows} more \
                 came. None of these is shown.{contact}"
            ))
        })
    }

    /// Counts records that are about to be written.
    pub(crate) fn write(&self, rows: u64, caps: &Caps, contact: &str) -> Result<(), ToolError> {
        take(&self.written, rows, caps.rows_written).map_err(|used| {
            let most = caps.rows_written.unwrap_or_default();
            ToolError::ask_a_person(format!(
                "The cap of this session on records written is {most} (used: {used}), and this \
                 call has {rows} more. Nothing was sent.{contact}"
            ))
        })
    }
}

/// What was used of the caps so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Used {
    pub(crate) rows: u64,
    pub(crate) written: u64,
    pub(crate) calls: u64,
}

/// Adds to a count if that does not exceed `most`; otherwise what it is.
fn take(count: &AtomicU64, amount: u64, most: Option<u64>) -> Result<(), u64> {
    let add = |used: u64| {
        let after = used.saturating_add(amount);
        most.is_none_or(|most| after <= most).then_some(after)
    };
    count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).map(drop)
}
