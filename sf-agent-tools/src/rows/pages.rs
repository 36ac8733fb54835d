//! Pages kept for a while, so that a cursor goes on inside one and no locator is read twice.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sf_rest::{ChildRecords, QueryPage, Record};
use tokio::sync::OnceCell;

use super::Columns;
use crate::ToolError;
use crate::seal::random_u64;

/// A page of a result, or the child records of one row.
pub(crate) struct Kept {
    pub(crate) id: u64,
    /// The object or child relationship it came from.
    pub(crate) object: String,
    pub(crate) columns: Arc<Columns>,
    /// Where in the whole result its first row stands.
    pub(crate) base: u64,
    /// Rows of the whole result, as this page announced them.
    pub(crate) total: u64,
    pub(crate) records: Vec<Record>,
    /// Whether it says that it is the last.
    done: bool,
    /// The locator of the next page.
    pub(crate) next: Option<String>,
    /// The next page once its locator was read.
    pub(crate) successor: OnceCell<u64>,
    /// Pages made of the child lists of this page's rows, by their place.
    pub(crate) children: Mutex<HashMap<String, u64>>,
}

impl Kept {
    /// The page of a query result whose first row is number `base` of it.
    pub(crate) fn new(
        object: String,
        columns: Arc<Columns>,
        base: u64,
        page: QueryPage,
    ) -> Result<Self, ToolError> {
        Ok(Self {
            id: new_id()?,
            object,
            columns,
            base,
            total: page.total_size,
            records: page.records,
            done: page.done,
            next: page.next,
            successor: OnceCell::new(),
            children: Mutex::default(),
        })
    }

    /// The page that a child list is: its first rows stand in the parent's row.
    pub(crate) fn of_children(
        relationship: String,
        columns: Arc<Columns>,
        children: &ChildRecords,
    ) -> Result<Self, ToolError> {
        Ok(Self {
            id: new_id()?,
            object: relationship,
            columns,
            base: 0,
            total: children.total_size(),
            records: children.records().collect(),
            done: children.is_done(),
            next: children.next().map(str::to_owned),
            successor: OnceCell::new(),
            children: Mutex::default(),
        })
    }

    /// What in this page contradicts itself, so that nothing in it can be relied on and reading on
    /// might never end. `locator` is where it was read.
    pub(crate) fn flaw(&self, locator: Option<&str>) -> Option<&'static str> {
        let rows = self.base + self.records.len() as u64;
        if rows > self.total {
            Some("it delivered more rows than it announced")
        } else if !self.done && self.next.is_none() {
            Some("a page that is not the last does not say where the next one is")
        } else if self.next.is_some() && self.records.is_empty() {
            Some("a page that is not the last has no rows")
        } else if self.next.is_some() && self.next.as_deref() == locator {
            Some("a page names itself as the next one")
        } else {
            None
        }
    }
}

/// A number for a new page.
fn new_id() -> Result<u64, ToolError> {
    random_u64().map_err(|error| {
        tracing::error!(%error, "no random number for a page");
        ToolError::try_later("The connector's machine has no random numbers; try again.")
    })
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
