//! Reading on from a place: as many rows as fit, then where to go on.

use std::sync::Arc;

use serde_json::Value;

use super::Format;
use super::pages::Kept;
use super::value::Cells;
use crate::cursor::{self, Place};
use crate::tokens::{tokens, tokens_of};
use crate::{CallContext, Org, ToolError};

/// Tokens that a reply has around its columns and rows, a cursor among them.
const AROUND: usize = 250;

/// How much one reply takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) rows: usize,
    pub(crate) tokens: usize,
    pub(crate) format: Format,
}

impl Bounds {
    /// The org's own bounds, with as many rows as the call asks for.
    pub(crate) fn new(org: &Org, rows: Option<u32>, format: Option<Format>) -> Self {
        Self {
            rows: rows.map_or(org.limits().rows, |n| n as usize),
            tokens: org.limits().tokens,
            format: format.unwrap_or_default(),
        }
    }
}

/// The rows of one reply.
pub(crate) struct Slice {
    /// The page on which it began: columns and object are those of every page.
    pub(crate) first: Arc<Kept>,
    pub(crate) rows: Vec<Value>,
    /// Rows of the whole result, as last announced.
    pub(crate) total: u64,
    /// Rows up to and including these, from the start of the result.
    pub(crate) seen: u64,
    /// Where the rest begins.
    pub(crate) next: Option<Place>,
    /// Stopped by size, not by the number of rows.
    pub(crate) by_size: bool,
    /// Why nothing after these rows can be relied on.
    pub(crate) flaw: Option<&'static str>,
    /// Why rows after the last are missing, or may be.
    pub(crate) short: Option<String>,
    pub(crate) cut_texts: u64,
    pub(crate) cut_lists: u64,
    /// Values that the policy does not let be seen.
    pub(crate) redacted: u64,
    /// The page was gone, and the rows were asked for again.
    pub(crate) read_again: bool,
}

/// Why there is no next page.
pub(super) enum Stop {
    /// It could not be read.
    Failed(ToolError),
    /// It was read, and contradicts itself.
    Flawed(&'static str),
    /// It was read and is no longer kept, or Salesforce no longer has it.
    Gone,
}

impl From<ToolError> for Stop {
    fn from(error: ToolError) -> Self {
        Self::Failed(error)
    }
}

impl From<Stop> for ToolError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Failed(error) => error,
            Stop::Gone => cursor::gone(),
            Stop::Flawed(flaw) => ToolError::try_later(format!(
                "Salesforce's answer contradicts itself: {flaw}. Nothing is wrong with the call. Run \
                 the query again from the start; if it answers the same, report it."
            )),
        }
    }
}

/// Reads rows from `row` of `page` on, over page borders, up to the bounds.
///
/// At least one row is returned if there is one, so that reading always gets on. A page that
/// contradicts itself is given to nobody: rows before it are returned as a part, and if there are
/// none in this reply, the reply is an error.
pub(crate) async fn read(
    cx: &CallContext,
    org: &Org,
    owner: &str,
    page: Arc<Kept>,
    bounds: Bounds,
) -> Result<Slice, ToolError> {
    Ok(read_from(cx, org, owner, page, 0, bounds).await?)
}

/// [`read`] from a row on, with the reason why it could not.
pub(super) async fn read_from(
    cx: &CallContext,
    org: &Org,
    owner: &str,
    page: Arc<Kept>,
    row: u32,
    bounds: Bounds,
) -> Result<Slice, Stop> {
    let mut cells = Cells { org, owner, cut_texts: 0, cut_lists: 0, redacted: 0 };
    let mut slice = Slice {
        first: Arc::clone(&page),
        rows: Vec::new(),
        total: page.total,
        seen: 0,
        next: None,
        by_size: false,
        flaw: None,
        short: None,
        cut_texts: 0,
        cut_lists: 0,
        redacted: 0,
        read_again: false,
    };
    if let Some(flaw) = page.flaw(None) {
        return Err(flawed(flaw));
    }
    let (mut page, mut row) = (page, row as usize);
    let columns = Arc::clone(&page.columns);
    let mut used = AROUND + page.cursor_cost();
    used += tokens_of(&columns.titles()) + tokens_of(&columns.nested());
    loop {
        slice.total = page.total;
        while row < page.rows.len() && slice.rows.len() < bounds.rows && !slice.by_size {
            let (texts, lists, hidden) = (cells.cut_texts, cells.cut_lists, cells.redacted);
            let shown = bounds.format.row(&columns, cells.row(&page, row)?)?;
            let size = 1 + match &shown {
                Value::String(line) => tokens(line),
                other => tokens_of(other),
            };
            if used + size > bounds.tokens && !slice.rows.is_empty() {
                // This row is for the next reply, and so is what was cut from it.
                (cells.cut_texts, cells.cut_lists, cells.redacted) = (texts, lists, hidden);
                slice.by_size = true;
                break;
            }
            used += size;
            slice.rows.push(shown);
            row += 1;
        }
        let at_end = row >= page.rows.len();
        if at_end && !page.goes_on() {
            slice.short.clone_from(&page.short);
            break;
        }
        if !at_end || slice.rows.len() >= bounds.rows || slice.by_size {
            slice.next = Some(page.place(row));
            break;
        }
        page = match successor(org, &page).await {
            Ok(next) => next,
            Err(Stop::Flawed(flaw)) if !slice.rows.is_empty() => {
                slice.flaw = Some(flaw);
                break;
            }
            // What was read already is given; the cursor leads to the rest, by key if it must.
            Err(Stop::Gone) if !slice.rows.is_empty() => {
                slice.next = Some(page.place(row));
                slice.by_size = true;
                break;
            }
            Err(stop) => return Err(stop),
        };
        row = 0;
        cx.report(page.base, Some(page.total), "rows read");
    }
    slice.seen = page.base + row as u64;
    slice.cut_texts = cells.cut_texts;
    slice.cut_lists = cells.cut_lists;
    slice.redacted = cells.redacted;
    Ok(slice)
}

fn flawed(flaw: &'static str) -> Stop {
    tracing::error!(flaw, "a query result contradicts itself");
    Stop::Flawed(flaw)
}

/// The page after `page`. Its locator is read once, however many calls and
/// repeated cursors ask for it.
async fn successor(org: &Org, page: &Arc<Kept>) -> Result<Arc<Kept>, Stop> {
    let mut fresh = None;
    let id = page
        .successor
        .get_or_try_init(|| async {
            if let Some(more) = &page.more {
                let next = page.followed(more.rest(org).await?).map_err(Stop::Failed)?;
                let next = org.pages().keep(next);
                let id = next.id;
                fresh = Some(next);
                return Ok(id);
            }
            let locator = page.next.as_deref().unwrap_or_default();
            let next = org.next_page(locator).await.map_err(|error| {
                let dropped = |p: &crate::Problem| p.code.as_deref() == Some(cursor::DROPPED);
                if error.problems.iter().any(dropped) { Stop::Gone } else { error.into() }
            })?;
            let next = page.then(next).map_err(Stop::Failed)?;
            if let Some(flaw) = next.flaw(Some(locator)) {
                return Err(flawed(flaw));
            }
            let next = org.pages().keep(next);
            let id = next.id;
            fresh = Some(next);
            Ok(id)
        })
        .await?;
    match fresh.or_else(|| org.pages().get(*id)) {
        Some(page) => Ok(page),
        None => Err(Stop::Gone),
    }
}
