//! Settings of an org about query results and their locators.

use crate::Builder;

/// How `/query` pages its results.
#[derive(Debug, Clone, Default)]
pub(crate) struct QuerySettings {
    pub(crate) reusable_locators: bool,
    pub(crate) computed_offsets: bool,
    pub(crate) short_pages: Option<u64>,
    /// Statements that are answered from memory.
    pub(crate) canned: Vec<String>,
}

impl Builder {
    /// Whether a page may be read again after the page behind it was read.
    ///
    /// By default it may not: asking for the next page tells the org that the
    /// client has the one before, and the locator at that offset answers
    /// `INVALID_QUERY_LOCATOR` from then on. Until then it may be read as often
    /// as needed, so a client that lost a reply (a cut body, a dropped
    /// connection) gets the page by asking once more, which is what recordings
    /// of the platform show. The platform's documentation of SOAP says to use
    /// each locator once; the strict default finds clients that do not.
    #[must_use]
    pub fn reusable_locators(mut self, reusable: bool) -> Self {
        self.queries.reusable_locators = reusable;
        self
    }

    /// Whether a client may compute offsets of a locator (`…-4000`) instead of
    /// following `nextRecordsUrl`, which programs were seen to do and the
    /// platform never documented. Refused by default; if taken, any offset
    /// below the number of rows can be read at any time.
    #[must_use]
    pub fn computed_offsets(mut self, computed: bool) -> Self {
        self.queries.computed_offsets = computed;
        self
    }

    /// Pages hold fewer rows than were asked for: each from one row to the
    /// batch size, at random from this seed. The platform may do so at any
    /// time, and a client that counts rows instead of following
    /// `nextRecordsUrl` loses some.
    #[must_use]
    pub fn short_pages(mut self, seed: u64) -> Self {
        self.queries.short_pages = Some(seed);
        self
    }

    /// Answers this statement from memory, so that a benchmark measures the
    /// client and not the org.
    ///
    /// The first request with exactly this text runs it and renders every page
    /// (2,000 rows each, whatever `batchSize` says), plain and compressed.
    /// Later requests, and the pages behind their locators, are answered with
    /// these bytes: the engine is not asked, rows written since do not show,
    /// and locators never wear out. Sessions, faults and the request log work
    /// as ever. Several statements may be given. Statements with child
    /// subqueries come with all children of each row.
    #[must_use]
    pub fn canned_query(mut self, soql: impl Into<String>) -> Self {
        self.queries.canned.push(soql.into());
        self
    }
}
