//! How much one reply may hold, and how long its rest is kept.

use std::time::Duration;

/// Bounds of replies and of what is kept between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Rows of a reply when the call does not say.
    pub rows: usize,
    /// Tokens that a reply may have, by an estimate that errs high. A single row that is longer is
    /// still returned, alone.
    pub tokens: usize,
    /// Characters of one text in a row; longer ones are cut and say how long they are.
    pub cell: usize,
    /// Child records shown with each row; the rest has a cursor of its own.
    pub child_rows: usize,
    /// How long a cursor can be used.
    pub cursor_lifetime: Duration,
    /// Rows kept for cursors, of all cursors together. The pages used longest ago go first.
    pub kept_rows: usize,
    /// Bytes of JSON kept for cursors, of all cursors together; likewise.
    pub kept_bytes: usize,
    /// Rows to ask Salesforce for at a time (200 to 2,000); none leaves it to Salesforce.
    pub page_size: Option<u16>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rows: 100,
            tokens: 10_000,
            cell: 2_000,
            child_rows: 20,
            cursor_lifetime: Duration::from_secs(15 * 60),
            kept_rows: 50_000,
            kept_bytes: 64 << 20,
            page_size: None,
        }
    }
}

/// The most rows that a call may ask for.
pub(crate) const MAX_ROWS: u32 = 2_000;
