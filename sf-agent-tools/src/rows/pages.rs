//! Pages kept for a while, so that a cursor goes on inside one and no locator is read twice.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use sf_rest::{ChildRecords, QueryPage, Record};
use tokio::sync::OnceCell;

use super::resume::Plan;
use super::{Columns, More, Rest, Units};
use crate::ToolError;
use crate::cursor::Place;
use crate::seal::random_u64;

/// A page of a result, or the child records of one row.
pub(crate) struct Kept {
    pub(crate) id: u64,
    /// The object or child relationship it came from.
    pub(crate) object: String,
    pub(crate) columns: Arc<Columns>,
    /// How its rows go on without it.
    plan: Option<Arc<Plan>>,
    /// The sort keys of the row before its first.
    entry: Option<Vec<Option<String>>>,
    /// Rows of the whole result that came with earlier statements.
    before: u64,
    /// Where in the whole result its first row stands.
    pub(crate) base: u64,
    /// Rows of the whole result, as this page announced them.
    pub(crate) total: u64,
    pub(crate) rows: Rows,
    /// In which currency and zone its values are.
    pub(crate) units: Units,
    /// The page in whose rows these rows stand, if they are a child list.
    parent: Option<u64>,
    /// Whether it says that it is the last.
    done: bool,
    /// The locator of the next page.
    pub(crate) next: Option<String>,
    /// How the rows after its last are had where there is no locator.
    pub(super) more: Option<Arc<dyn More>>,
    /// Why rows are missing after its last, or may be.
    pub(super) short: Option<String>,
    /// The next page once its locator was read.
    pub(crate) successor: OnceCell<u64>,
    /// Pages made of the child lists of this page's rows, by their place.
    pub(crate) children: Mutex<HashMap<String, u64>>,
}

/// The rows of a page.
pub(crate) enum Rows {
    /// As Salesforce answered them.
    Records(Vec<Record>),
    /// Made here of what it answered, a value for each column.
    Cells(Vec<Vec<Value>>),
}

impl Rows {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Records(records) => records.len(),
            Self::Cells(rows) => rows.len(),
        }
    }

    pub(super) fn record(&self, row: usize) -> Option<&Record> {
        match self {
            Self::Records(records) => records.get(row),
            Self::Cells(_) => None,
        }
    }

    /// About how much memory they take: the bytes of their JSON.
    fn bytes(&self) -> usize {
        let mut count = Count(0);
        // A counter takes everything.
        let _ = match self {
            Self::Records(records) => serde_json::to_writer(&mut count, records),
            Self::Cells(rows) => serde_json::to_writer(&mut count, rows),
        };
        count.0
    }
}

/// Counts what is written to it.
struct Count(usize);

impl std::io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Kept {
    /// Rows that are all there are.
    pub(crate) fn whole(
        object: String,
        columns: Columns,
        rows: Rows,
        units: Units,
    ) -> Result<Self, ToolError> {
        Ok(Self {
            id: new_id()?,
            object,
            columns: Arc::new(columns),
            plan: None,
            entry: None,
            before: 0,
            base: 0,
            total: rows.len() as u64,
            rows,
            units,
            parent: None,
            done: true,
            next: None,
            more: None,
            short: None,
            successor: OnceCell::new(),
            children: Mutex::default(),
        })
    }

    /// The first rows of `total`, and the way to the others.
    pub(crate) fn begun(self, total: u64, more: Arc<dyn More>) -> Self {
        Self { total, done: false, more: Some(more), ..self }
    }

    /// What is known to be missing after its last row.
    pub(crate) fn lacking(self, total: u64, short: String) -> Self {
        Self { total, short: Some(short), ..self }
    }

    /// The page with the rows that came after those of this one.
    pub(super) fn followed(&self, rest: Rest) -> Result<Self, ToolError> {
        let base = self.base + self.rows.len() as u64;
        Ok(Self {
            id: new_id()?,
            object: self.object.clone(),
            columns: Arc::clone(&self.columns),
            plan: None,
            entry: None,
            before: self.before,
            base,
            total: self.total.max(base + rest.rows.len() as u64),
            rows: Rows::Cells(rest.rows),
            units: self.units.clone(),
            parent: None,
            done: true,
            next: None,
            more: None,
            short: rest.short,
            successor: OnceCell::new(),
            children: Mutex::default(),
        })
    }

    /// Whether there are rows after its last.
    pub(super) fn goes_on(&self) -> bool {
        self.next.is_some() || self.more.is_some()
    }

    /// The first page of a query, of which `before` rows came with earlier statements.
    pub(crate) fn first(
        object: String,
        columns: Columns,
        plan: Option<Arc<Plan>>,
        (before, entry): (u64, Option<Vec<Option<String>>>),
        page: QueryPage,
        units: Units,
    ) -> Result<Self, ToolError> {
        let none = Rows::Records(Vec::new());
        let start = Self::whole(object, columns, none, units)?;
        let start = Self { plan, entry, before, base: before, ..start };
        start.then(page)
    }

    /// The page after this one.
    pub(super) fn then(&self, page: QueryPage) -> Result<Self, ToolError> {
        Ok(Self {
            id: new_id()?,
            object: self.object.clone(),
            columns: Arc::clone(&self.columns),
            plan: self.plan.clone(),
            entry: match self.rows.len().checked_sub(1) {
                Some(last) => self.key(last),
                None => self.entry.clone(),
            },
            before: self.before,
            base: self.base + self.rows.len() as u64,
            total: self.before + page.total_size,
            rows: Rows::Records(page.records),
            units: self.units.clone(),
            parent: None,
            done: page.done,
            next: page.next,
            more: None,
            short: None,
            successor: OnceCell::new(),
            children: Mutex::default(),
        })
    }

    /// The page that a child list of `row` is: its first rows stand in that row.
    pub(super) fn of_children(
        parent: &Kept,
        row: &Record,
        relationship: String,
        columns: Arc<Columns>,
        children: &ChildRecords,
    ) -> Result<Self, ToolError> {
        Ok(Self {
            id: new_id()?,
            object: relationship,
            plan: columns.plan.as_ref().and_then(|plan| plan.of_parent(row)).map(Arc::new),
            columns,
            entry: None,
            before: 0,
            base: 0,
            total: children.total_size(),
            rows: Rows::Records(children.records().collect()),
            units: parent.units.clone(),
            parent: Some(parent.id),
            done: children.is_done(),
            next: children.next().map(str::to_owned),
            more: None,
            short: None,
            successor: OnceCell::new(),
            children: Mutex::default(),
        })
    }

    /// Tokens that a cursor into it costs beyond the usual: about one for each byte it carries.
    pub(super) fn cursor_cost(&self) -> usize {
        self.plan.as_ref().map_or(0, |plan| plan.length())
    }

    /// The sort keys of a row.
    fn key(&self, row: usize) -> Option<Vec<Option<String>>> {
        self.plan.as_ref()?.key(self.rows.record(row)?)
    }

    /// The place before `row`.
    pub(super) fn place(&self, row: usize) -> Place {
        let seen = self.base + row as u64;
        let key = match row.checked_sub(1) {
            Some(last) => self.key(last),
            None if seen == 0 => Some(Vec::new()),
            None => self.entry.clone(),
        };
        let resume = self.plan.as_ref().zip(key).and_then(|(plan, key)| plan.resume(key, seen));
        Place { page: self.id, row: u32::try_from(row).unwrap_or(u32::MAX), resume }
    }

    /// What in this page contradicts itself, so that nothing in it can be relied on and reading on
    /// might never end. `locator` is where it was read.
    pub(crate) fn flaw(&self, locator: Option<&str>) -> Option<&'static str> {
        let rows = self.base + self.rows.len() as u64;
        if rows > self.total {
            Some("it delivered more rows than it announced")
        } else if !self.done && !self.goes_on() {
            Some("a page that is not the last does not say where the next one is")
        } else if self.next.is_some() && self.rows.len() == 0 {
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

/// The pages of one org, bounded by rows and bytes; those used longest ago go first.
pub(crate) struct Pages {
    store: Mutex<Store>,
    most_rows: usize,
    most_bytes: usize,
    lifetime: Duration,
}

#[derive(Default)]
struct Store {
    pages: HashMap<u64, Entry>,
    rows: usize,
    bytes: usize,
}

struct Entry {
    page: Arc<Kept>,
    used: Instant,
    bytes: usize,
}

impl Pages {
    pub(crate) fn new(most_rows: usize, most_bytes: usize, lifetime: Duration) -> Self {
        Self { store: Mutex::default(), most_rows, most_bytes, lifetime }
    }

    /// Keeps a page, and lets go of others if there are too many.
    pub(crate) fn keep(&self, page: Kept) -> Arc<Kept> {
        let bytes = page.rows.bytes();
        let page = Arc::new(page);
        let mut store = lock(&self.store);
        store.rows += page.rows.len();
        store.bytes += bytes;
        store.pages.insert(page.id, Entry { page: Arc::clone(&page), used: Instant::now(), bytes });
        store.touch(page.parent);
        store.expire(self.lifetime);
        while (store.rows > self.most_rows || store.bytes > self.most_bytes)
            && store.drop_oldest(page.id)
        {}
        page
    }

    /// A page that is still kept.
    pub(crate) fn get(&self, id: u64) -> Option<Arc<Kept>> {
        let mut store = lock(&self.store);
        store.expire(self.lifetime);
        store.touch(Some(id));
        store.pages.get(&id).map(|entry| Arc::clone(&entry.page))
    }
}

impl Store {
    /// Notes the use of a page, and of those in whose rows its rows stand: they share their memory.
    fn touch(&mut self, page: Option<u64>) {
        let now = Instant::now();
        let mut next = page;
        while let Some(entry) = next.and_then(|id| self.pages.get_mut(&id)) {
            entry.used = now;
            next = entry.page.parent;
        }
    }

    fn expire(&mut self, lifetime: Duration) {
        let old = |entry: &Entry| entry.used.elapsed() > lifetime;
        let old: Vec<u64> = self.pages.values().filter(|e| old(e)).map(|e| e.page.id).collect();
        old.into_iter().for_each(|id| self.remove(id));
    }

    /// Removes a page and the child lists that live in its memory.
    fn remove(&mut self, id: u64) {
        let Some(entry) = self.pages.remove(&id) else { return };
        self.rows -= entry.page.rows.len();
        self.bytes -= entry.bytes;
        let lists: Vec<u64> = lock(&entry.page.children).values().copied().collect();
        lists.into_iter().for_each(|list| self.remove(list));
    }

    /// False if there is no page but `except` and those in whose rows its rows stand.
    fn drop_oldest(&mut self, except: u64) -> bool {
        let mut spared = vec![except];
        while let Some(parent) =
            spared.last().and_then(|id| self.pages.get(id)).and_then(|entry| entry.page.parent)
        {
            spared.push(parent);
        }
        let others = self.pages.values().filter(|entry| !spared.contains(&entry.page.id));
        let Some(oldest) = others.min_by_key(|entry| entry.used).map(|entry| entry.page.id) else {
            return false;
        };
        self.remove(oldest);
        true
    }
}

/// The data behind these locks is valid at every step, so a panic elsewhere does not spoil it.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
