//! Query locators: results that are handed out page by page.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::engine::Cursor;
use crate::query_settings::QuerySettings;

/// Results that are kept for later pages, and the rows they have in all (eight
/// bytes each); the oldest go first beyond this. Every child set that goes on
/// behind its page is one result.
const CAPACITY: usize = 10_000;
const MAX_ROWS: usize = 20_000_000;

/// How long the platform keeps result pages.
const LIFE: SignedDuration = SignedDuration::from_hours(48);

/// Open results by their locator.
#[derive(Default)]
pub(crate) struct Cursors {
    open: Mutex<Open>,
    settings: QuerySettings,
    /// State of the draws for short pages.
    drawn: AtomicU64,
}

#[derive(Default)]
struct Open {
    by_locator: HashMap<String, Entry>,
    oldest_first: VecDeque<String>,
    rows: usize,
}

struct Entry {
    cursor: Arc<Cursor>,
    user_id: String,
    batch_size: Option<usize>,
    opened: Timestamp,
    /// Offsets that a `nextRecordsUrl` has named, each with the offset of the
    /// page that named it; the first page has none.
    named: BTreeMap<usize, Option<usize>>,
}

impl Open {
    /// Forgets the oldest results until one of this many rows fits in.
    fn make_room(&mut self, rows: usize) {
        while self.oldest_first.len() >= CAPACITY || self.rows.saturating_add(rows) > MAX_ROWS {
            let Some(oldest) = self.oldest_first.pop_front() else { break };
            if let Some(entry) = self.by_locator.remove(&oldest) {
                self.rows -= entry.cursor.len();
            }
        }
        self.rows += rows;
    }
}

/// A result and where to go on in it.
pub(crate) struct Position {
    pub(crate) cursor: Arc<Cursor>,
    /// As the first page was asked for, if it was.
    pub(crate) batch_size: Option<usize>,
    pub(crate) offset: usize,
}

impl Cursors {
    pub(crate) fn new(settings: QuerySettings) -> Self {
        let drawn = AtomicU64::new(settings.short_pages.unwrap_or(0));
        Self { open: Mutex::default(), settings, drawn }
    }

    /// Keeps a result; its next page starts at `offset`.
    pub(crate) fn open(
        &self,
        locator: &str,
        cursor: Arc<Cursor>,
        user_id: &str,
        batch_size: Option<usize>,
        offset: usize,
        now: Timestamp,
    ) {
        let mut open = self.lock();
        open.make_room(cursor.len());
        let named = BTreeMap::from([(offset, None)]);
        let user_id = user_id.to_owned();
        let entry = Entry { cursor, user_id, batch_size, opened: now, named };
        open.by_locator.insert(locator.to_owned(), entry);
        open.oldest_first.push_back(locator.to_owned());
    }

    /// The place `{locator}-{offset}` names, if this user was given it and may
    /// still read it.
    pub(crate) fn find(
        &self,
        locator: &str,
        offset: usize,
        user_id: &str,
        now: Timestamp,
    ) -> Option<Position> {
        let mut open = self.lock();
        let entry = open.by_locator.get_mut(locator)?;
        if entry.user_id != user_id || now.duration_since(entry.opened) >= LIFE {
            return None;
        }
        match entry.named.get(&offset) {
            // Who asks for this page has the one before, so that one is done.
            Some(Some(before)) if !self.settings.reusable_locators => {
                let before = *before;
                entry.named.remove(&before);
            }
            Some(_) => {}
            None if self.settings.computed_offsets && offset < entry.cursor.len() => {}
            None => return None,
        }
        let cursor = Arc::clone(&entry.cursor);
        Some(Position { cursor, batch_size: entry.batch_size, offset })
    }

    /// Notes that the page at `offset` named the one at `next`.
    pub(crate) fn hand_out(&self, locator: &str, offset: usize, next: usize) {
        if let Some(entry) = self.lock().by_locator.get_mut(locator) {
            // With computed offsets nothing wears out.
            let before = (!self.settings.computed_offsets).then_some(offset);
            entry.named.insert(next, before);
        }
    }

    /// How many rows a page gets that was asked to have this many.
    pub(crate) fn size(&self, asked: usize) -> usize {
        if self.settings.short_pages.is_none() {
            return asked;
        }
        // SplitMix64.
        let mut z = self.drawn.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let draw = usize::try_from((z ^ (z >> 31)) >> 32).unwrap_or(0);
        1 + draw % asked.max(1)
    }

    /// Ends one result, as if its time were over; `None` is every one.
    pub(crate) fn forget(&self, locator: Option<&str>) {
        let mut open = self.lock();
        match locator {
            Some(locator) => {
                if let Some(entry) = open.by_locator.remove(locator) {
                    open.rows -= entry.cursor.len();
                    open.oldest_first.retain(|known| known != locator);
                }
            }
            None => *open = Open::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
