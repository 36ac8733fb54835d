//! Pages kept for a while, so that a cursor goes on inside one and no locator is read twice.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sf_rest::Record;
use tokio::sync::OnceCell;

use super::Columns;

/// A page of a result, or the child records of one row.
pub(crate) struct Kept {
    pub(crate) id: u64,
    /// The object or child relationship it came from.
    pub(crate) object: String,
    pub(crate) columns: Arc<Columns>,
    pub(crate) records: Vec<Record>,
    /// Where in the whole result its first row stands.
    pub(crate) base: u64,
    /// Rows of the whole result, as this page announced them.
    pub(crate) total: u64,
    /// The locator of the next page.
    pub(crate) next: Option<String>,
    /// The next page once its locator was read.
    pub(crate) successor: OnceCell<u64>,
    /// Pages made of the child lists of this page's rows, by their place.
    pub(crate) children: Mutex<HashMap<String, u64>>,
}

/// The pages of one org, bounded by rows; those used longest ago go first.
pub(crate) struct Pages {
    store: Mutex<Store>,
    most_rows: usize,
    lifetime: Duration,
}

#[derive(Default)]
struct Store {
    pages: HashMap<u64, (Arc<Kept>, Instant)>,
    rows: usize,
}

impl Pages {
    pub(crate) fn new(most_rows: usize, lifetime: Duration) -> Self {
        Self { store: Mutex::default(), most_rows, lifetime }
    }

    /// Keeps a page, and lets go of others if there are too many.
    pub(crate) fn keep(&self, page: Kept) -> Arc<Kept> {
        let page = Arc::new(page);
        let mut store = lock(&self.store);
        store.rows += page.records.len();
        store.pages.insert(page.id, (Arc::clone(&page), Instant::now()));
        store.expire(self.lifetime);
        while store.rows > self.most_rows && store.drop_oldest(page.id) {}
        page
    }

    /// A page that is still kept.
    pub(crate) fn get(&self, id: u64) -> Option<Arc<Kept>> {
        let mut store = lock(&self.store);
        store.expire(self.lifetime);
        let (page, used) = store.pages.get_mut(&id)?;
        *used = Instant::now();
        Some(Arc::clone(page))
    }
}

impl Store {
    fn expire(&mut self, lifetime: Duration) {
        let rows = &mut self.rows;
        self.pages.retain(|_, (page, used)| {
            let keep = used.elapsed() <= lifetime;
            if !keep {
                *rows -= page.records.len();
            }
            keep
        });
    }

    /// False if there is no page but `except`.
    fn drop_oldest(&mut self, except: u64) -> bool {
        let oldest = self
            .pages
            .iter()
            .filter(|(id, _)| **id != except)
            .min_by_key(|(_, (_, used))| *used)
            .map(|(id, _)| *id);
        let Some((page, _)) = oldest.and_then(|id| self.pages.remove(&id)) else { return false };
        self.rows -= page.records.len();
        true
    }
}

/// The data behind these locks is valid at every step, so a panic elsewhere does not spoil it.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
