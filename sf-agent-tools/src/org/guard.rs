//! What an org with rules remembers: the schema as it is to be seen, row filters of this session,
//! tokens, caps, and which rows a locator leads to.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use sf_schema::{Object, ObjectSummary};

use crate::ToolError;
use crate::policy::{
    Hidden, Masks, Meter, Names, Plan, Rules, SessionFilter, Variables, View, closed,
};

/// Locators whose plans are remembered; those from before go first.
const MOST_LOCATORS: usize = 20_000;

/// Tells the time.
pub(super) type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

pub(super) struct Guard {
    pub(super) rules: Arc<Rules>,
    /// Values of the variables of row filters, as the host set them.
    pub(super) variables: Variables,
    pub(super) clock: Clock,
    pub(super) masks: Masks,
    pub(super) meter: Meter,
    views: Mutex<HashMap<String, Arc<View>>>,
    list: Mutex<Option<List>>,
    /// By user and object.
    filters: Mutex<HashMap<(String, String), Arc<SessionFilter>>>,
    locators: Mutex<Locators>,
}

/// The objects of the org: all of them, and those that are to be seen.
#[derive(Clone)]
pub(super) struct List {
    pub(super) all: Arc<[ObjectSummary]>,
    pub(super) names: Arc<Names>,
    pub(super) seen: Arc<[ObjectSummary]>,
}

#[derive(Default)]
struct Locators {
    plans: HashMap<String, Arc<Plan>>,
    order: VecDeque<String>,
}

impl Guard {
    pub(super) fn new(rules: Arc<Rules>, variables: Variables, clock: Clock) -> Self {
        Self {
            rules,
            variables,
            clock,
            masks: Masks::default(),
            meter: Meter::default(),
            views: Mutex::default(),
            list: Mutex::default(),
            filters: Mutex::default(),
            locators: Mutex::default(),
        }
    }

    /// Refuses every call outside the time windows.
    pub(super) fn open(&self) -> Result<(), ToolError> {
        let Some(next) = closed(&self.rules.windows, (self.clock)()) else { return Ok(()) };
        Err(ToolError::ask_a_person(format!(
            "This connection works at certain times only, and is closed now; it opens on {next}. \
             Nothing was sent.{}",
            self.rules.who()
        )))
    }

    /// Before each request for data: the time windows, and the cap on requests.
    pub(super) fn request(&self) -> Result<(), ToolError> {
        self.open()?;
        self.meter.call(&self.rules.caps, &self.rules.who())
    }

    /// What was made of the list of objects, if it was made of this one.
    pub(super) fn list(&self, all: &Arc<[ObjectSummary]>) -> Option<List> {
        lock(&self.list).clone().filter(|list| Arc::ptr_eq(&list.all, all))
    }

    pub(super) fn keep_list(&self, list: List) {
        // What is hidden depends on what there is.
        lock(&self.views).clear();
        *lock(&self.list) = Some(list);
    }

    /// The view of an object, if it was made of this describe.
    pub(super) fn view(&self, full: &Arc<Object>) -> Option<Arc<View>> {
        let views = lock(&self.views);
        let view = views.get(&full.name.to_ascii_lowercase())?;
        Arc::ptr_eq(&view.full, full).then(|| Arc::clone(view))
    }

    /// The view of an object that was asked for before.
    pub(super) fn view_named(&self, object: &str) -> Option<Arc<View>> {
        lock(&self.views).get(&object.to_ascii_lowercase()).cloned()
    }

    pub(super) fn keep_view(&self, view: View) -> Arc<View> {
        let (name, view) = (view.full.name.to_ascii_lowercase(), Arc::new(view));
        lock(&self.views).insert(name, Arc::clone(&view));
        view
    }

    pub(super) fn filter(&self, user: &str, object: &str) -> Option<Arc<SessionFilter>> {
        lock(&self.filters).get(&(user.to_owned(), object.to_ascii_lowercase())).cloned()
    }

    pub(super) fn keep_filter(
        &self,
        user: &str,
        object: &str,
        filter: SessionFilter,
    ) -> Arc<SessionFilter> {
        let filter = Arc::new(filter);
        let key = (user.to_owned(), object.to_ascii_lowercase());
        lock(&self.filters).insert(key, Arc::clone(&filter));
        filter
    }

    /// What no text may name: hidden fields of `object`, those of other objects whose names nothing
    /// has that is to be seen, and objects.
    pub(super) fn hidden(&self, object: Option<&str>) -> Hidden {
        let mut hidden = Hidden::default();
        let views: Vec<Arc<View>> = lock(&self.views).values().cloned().collect();
        let seen: HashSet<String> = views
            .iter()
            .flat_map(|view| view.card.fields.iter())
            .flat_map(|field| [field.name.to_lowercase(), field.label.to_lowercase()])
            .collect();
        for view in &views {
            let own = object.is_some_and(|object| view.full.name.eq_ignore_ascii_case(object));
            for field in &view.full.fields {
                let elsewhere = seen.contains(&field.name.to_lowercase());
                if view.card.field(&field.name).is_none() && (own || !elsewhere) {
                    let told = own || !seen.contains(&field.label.to_lowercase());
                    hidden.add(&field.name, if told { &field.label } else { "" });
                }
            }
        }
        if let Some(list) = &*lock(&self.list) {
            for object in list.all.iter() {
                let rule = self.rules.rule(&object.name);
                let is_seen = list.seen.iter().any(|seen| seen.name == object.name);
                if !is_seen {
                    hidden.objects.insert(object.name.clone());
                }
                if !is_seen || rule.is_some_and(|rule| rule.rows.is_some()) {
                    hidden.prefixes.extend(object.key_prefix.clone());
                }
            }
        }
        hidden
    }

    /// What is to be done with the rows at a locator; none for one that no statement of this session
    /// led to.
    pub(super) fn plan_at(&self, locator: &str) -> Option<Arc<Plan>> {
        lock(&self.locators).plans.get(locator).cloned()
    }

    pub(super) fn keep_plan(&self, locator: &str, plan: &Arc<Plan>) {
        let mut locators = lock(&self.locators);
        if locators.plans.insert(locator.to_owned(), Arc::clone(plan)).is_none() {
            locators.order.push_back(locator.to_owned());
        }
        if locators.order.len() > MOST_LOCATORS
            && let Some(oldest) = locators.order.pop_front()
        {
            locators.plans.remove(&oldest);
        }
    }
}

/// What is behind these locks is whole at every step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
