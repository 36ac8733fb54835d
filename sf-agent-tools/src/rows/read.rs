//! Reading on from a place: as many rows as fit, then where to go on.

use std::sync::Arc;

use serde_json::Value;

use super::pages::Kept;
use super::value::Cells;
use crate::cursor::{self, Place};
use crate::{CallContext, Org, ToolError};

/// How much one reply takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) rows: usize,
    pub(crate) characters: usize,
}

/// The rows of one reply.
pub(crate) struct Slice {
    /// The page on which it began: columns and object are those of every page.
    pub(crate) first: Arc<Kept>,
    pub(crate) rows: Vec<Vec<Value>>,
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
    pub(crate) cut_texts: u64,
    pub(crate) cut_lists: u64,
}

/// Why there is no next page.
enum Stop {
    /// It could not be read.
    Failed(ToolError),
    /// It was read, and contradicts itself.
    Flawed(&'static str),
}

impl From<Stop> for ToolError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Failed(error) => error,
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
    row: u32,
    bounds: Bounds,
) -> Result<Slice, ToolError> {
    let mut cells = Cells { org, owner, cut_texts: 0, cut_lists: 0 };
    let mut slice = Slice {
        first: Arc::clone(&page),
        rows: Vec::new(),
        total: page.total,
        seen: 0,
        next: None,
        by_size: false,
        flaw: None,
        cut_texts: 0,
        cut_lists: 0,
    };
    if let Some(flaw) = page.flaw(None) {
        return Err(flawed(flaw).into());
    }
    let (mut page, mut row) = (page, row as usize);
    let mut characters = 0;
    loop {
        slice.total = page.total;
        while row < page.records.len() && slice.rows.len() < bounds.rows && !slice.by_size {
            let (texts, lists) = (cells.cut_texts, cells.cut_lists);
            let cell = cells.row(&page, row)?;
            let size = serde_json::to_string(&cell).map_or(0, |text| text.chars().count() + 1);
            if characters + size > bounds.characters && !slice.rows.is_empty() {
                // This row is for the next reply, and so is what was cut from it.
                (cells.cut_texts, cells.cut_lists) = (texts, lists);
                slice.by_size = true;
                break;
            }
            characters += size;
            slice.rows.push(cell);
            row += 1;
        }
        let at_end = row >= page.records.len();
        if at_end && page.next.is_none() {
            break;
        }
        if !at_end || slice.rows.len() >= bounds.rows || slice.by_size {
            let row = u32::try_from(row).unwrap_or(u32::MAX);
            slice.next = Some(Place { page: page.id, row });
            break;
        }
        page = match successor(org, &page).await {
            Ok(next) => next,
            Err(Stop::Flawed(flaw)) if !slice.rows.is_empty() => {
                slice.flaw = Some(flaw);
                break;
            }
            Err(stop) => return Err(stop.into()),
        };
        row = 0;
        cx.report(page.base, Some(page.total), "rows read");
    }
    slice.seen = page.base + row as u64;
    slice.cut_texts = cells.cut_texts;
    slice.cut_lists = cells.cut_lists;
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
            let locator = page.next.as_deref().unwrap_or_default();
            let next = org.next_page(locator).await.map_err(Stop::Failed)?;
            let base = page.base + page.records.len() as u64;
            let next = Kept::new(page.object.clone(), Arc::clone(&page.columns), base, next)
                .map_err(Stop::Failed)?;
            if let Some(flaw) = next.flaw(Some(locator)) {
                return Err(flawed(flaw));
            }
            let next = org.pages().keep(next);
            let id = next.id;
            fresh = Some(next);
            Ok(id)
        })
        .await?;
    match fresh {
        Some(page) => Ok(page),
        None => org.pages().get(*id).ok_or_else(|| Stop::Failed(cursor::expired())),
    }
}
