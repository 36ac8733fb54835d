//! Query locators: results that are handed out page by page.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::engine::Cursor;

/// Results that are kept for later pages, and the rows they have in all (eight
/// bytes each); the oldest go first beyond this.
const CAPACITY: usize = 200;
const MAX_ROWS: usize = 20_000_000;

/// How long the platform keeps result pages.
const LIFE: SignedDuration = SignedDuration::from_hours(48);

/// Open results by their locator.
#[derive(Default)]
pub(crate) struct Cursors {
    open: Mutex<Open>,
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
    batch_size: usize,
    opened: Timestamp,
    /// Offsets that a `nextRecordsUrl` has named.
    handed_out: BTreeSet<usize>,
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
    /// As the first page was asked for.
    pub(crate) batch_size: usize,
    pub(crate) offset: usize,
}

impl Cursors {
    /// Keeps a result; its next page starts at `offset`.
    pub(crate) fn open(
        &self,
        locator: &str,
        cursor: Arc<Cursor>,
        user_id: &str,
        batch_size: usize,
        offset: usize,
        now: Timestamp,
    ) {
        let mut open = self.lock();
        open.make_room(cursor.len());
        let handed_out = BTreeSet::from([offset]);
        let entry =
            Entry { cursor, user_id: user_id.to_owned(), batch_size, opened: now, handed_out };
        open.by_locator.insert(locator.to_owned(), entry);
        open.oldest_first.push_back(locator.to_owned());
    }

    /// The place `{locator}-{offset}` names, if this user was given it.
    pub(crate) fn find(
        &self,
        locator: &str,
        offset: usize,
        user_id: &str,
        now: Timestamp,
    ) -> Option<Position> {
        let open = self.lock();
        let entry = open.by_locator.get(locator)?;
        let allowed = entry.user_id == user_id
            && entry.handed_out.contains(&offset)
            && now.duration_since(entry.opened) < LIFE;
        allowed.then(|| Position {
            cursor: Arc::clone(&entry.cursor),
            batch_size: entry.batch_size,
            offset,
        })
    }

    /// Notes that the page after this one was named to the client.
    pub(crate) fn hand_out(&self, locator: &str, offset: usize) {
        if let Some(entry) = self.lock().by_locator.get_mut(locator) {
            entry.handed_out.insert(offset);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
