//! Reading on from a place: as many rows as fit, then where to go on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::sync::OnceCell;

use super::pages::Kept;
use super::value::{Cells, new_id};
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
    pub(crate) cut_texts: u64,
    pub(crate) cut_lists: u64,
}

/// Reads rows from `row` of `page` on, over page borders, up to the bounds.
///
/// At least one row is returned if there is one, so that reading always gets on.
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
        cut_texts: 0,
        cut_lists: 0,
    };
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
        page = successor(org, &page).await?;
        row = 0;
        cx.report(page.base, Some(page.total), "rows read");
    }
    slice.seen = page.base + row as u64;
    slice.cut_texts = cells.cut_texts;
    slice.cut_lists = cells.cut_lists;
    Ok(slice)
}

/// The page after `page`. Its locator is read once, however many calls and
/// repeated cursors ask for it.
async fn successor(org: &Org, page: &Arc<Kept>) -> Result<Arc<Kept>, ToolError> {
    let mut fresh = None;
    let id = page
        .successor
        .get_or_try_init(|| async {
            let locator = page.next.as_deref().unwrap_or_default();
            let next = org.next_page(locator).await?;
            let kept = org.pages().keep(Kept {
                id: new_id()?,
                object: page.object.clone(),
                columns: Arc::clone(&page.columns),
                base: page.base + page.records.len() as u64,
                total: next.total_size,
                next: next.next,
                records: next.records,
                successor: OnceCell::new(),
                children: Mutex::new(HashMap::new()),
            });
            let id = kept.id;
            fresh = Some(kept);
            Ok::<_, ToolError>(id)
        })
        .await?;
    match fresh {
        Some(page) => Ok(page),
        None => org.pages().get(*id).ok_or_else(cursor::expired),
    }
}
