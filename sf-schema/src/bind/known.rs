//! What is known of the org while a statement is bound.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use futures_util::future::join_all;
use sf_soql::ast::{Query, Search};

use super::walk::Walker;
use crate::suggest::Item;
use crate::{Catalog, Error, Object, Usage};

/// The objects that a statement is bound to, by name, and what else is known
/// of them: that some do not exist, how many rows they have, how often their
/// fields are filled.
///
/// It is filled by [`gather`], or by hand in a test. Cheap to clone; the
/// objects are shared.
#[derive(Clone, Debug, Default)]
pub struct Known {
    objects: HashMap<String, Entry>,
    rows: HashMap<String, u64>,
    usage: HashMap<String, Usage>,
}

#[derive(Clone, Debug)]
enum Entry {
    Object(Arc<Object>),
    /// The org has no such object; names that were probably meant.
    Absent(Vec<String>),
}

/// What [`Known`] says of a name.
pub(super) enum Lookup<'a> {
    Object(&'a Arc<Object>),
    Absent(&'a [String]),
    NotAsked,
}

impl Known {
    /// Nothing is known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an object.
    pub fn insert(&mut self, object: impl Into<Arc<Object>>) {
        let object = object.into();
        self.objects.insert(object.name.to_lowercase(), Entry::Object(object));
    }

    /// Notes that the org has no object `name`, with the API names that were
    /// probably meant, best first.
    pub fn insert_absent(&mut self, name: &str, candidates: Vec<String>) {
        self.objects.insert(name.to_lowercase(), Entry::Absent(candidates));
    }

    /// Notes about how many records an object has, which decides whether a
    /// query without a limit or an index is worth a warning.
    pub fn set_rows(&mut self, object: &str, rows: u64) {
        self.rows.insert(object.to_lowercase(), rows);
    }

    /// Notes how often the fields of an object hold a value: of candidates
    /// about equally near the more used one comes first.
    pub fn set_usage(&mut self, object: &str, usage: Usage) {
        self.usage.insert(object.to_lowercase(), usage);
    }

    /// The object of this API name, in any case.
    #[must_use]
    pub fn object(&self, name: &str) -> Option<&Arc<Object>> {
        match self.lookup(name) {
            Lookup::Object(object) => Some(object),
            Lookup::Absent(_) | Lookup::NotAsked => None,
        }
    }

    /// Whether it was asked for and the org has none of this name.
    pub(crate) fn is_absent(&self, name: &str) -> bool {
        matches!(self.lookup(name), Lookup::Absent(_))
    }

    pub(super) fn lookup(&self, name: &str) -> Lookup<'_> {
        match self.objects.get(&name.to_lowercase()) {
            Some(Entry::Object(object)) => Lookup::Object(object),
            Some(Entry::Absent(candidates)) => Lookup::Absent(candidates),
            None => Lookup::NotAsked,
        }
    }

    pub(crate) fn rows(&self, object: &str) -> Option<u64> {
        self.rows.get(&object.to_lowercase()).copied()
    }

    /// The fields of an object as candidates.
    pub(crate) fn fields<'a>(&'a self, object: &'a Object) -> impl Iterator<Item = Item<'a>> {
        let usage = self.usage.get(&object.name.to_lowercase());
        object.fields.iter().map(move |field| Item {
            name: &field.name,
            labels: [&field.label, &field.name],
            usage: usage.and_then(|usage| usage.share(&field.name)).unwrap_or(0.0),
        })
    }
}

impl<O: Into<Arc<Object>>> FromIterator<O> for Known {
    fn from_iter<I: IntoIterator<Item = O>>(objects: I) -> Self {
        let mut known = Self::new();
        objects.into_iter().for_each(|object| known.insert(object));
        known
    }
}

/// What can be bound: a SELECT or a search.
#[derive(Clone, Copy, Debug)]
pub enum Statement<'a> {
    /// A SELECT.
    Query(&'a Query),
    /// A SOSL search; the entries of its `RETURNING` are bound.
    Search(&'a Search),
}

impl<'a> From<&'a Query> for Statement<'a> {
    fn from(query: &'a Query) -> Self {
        Self::Query(query)
    }
}

impl<'a> From<&'a Search> for Statement<'a> {
    fn from(search: &'a Search) -> Self {
        Self::Search(search)
    }
}

/// The objects whose describes are still needed before `statement` can be
/// bound, as far as can be told: what a relationship leads to is known only
/// once the object that has it is. Empty when [`bind`](crate::bind) can decide
/// everything.
///
/// Ask again after every round; a path is at most five relationships long, so
/// six rounds are the most.
#[must_use]
pub fn needed<'a>(statement: impl Into<Statement<'a>>, known: &Known) -> Vec<String> {
    let mut needs = BTreeSet::new();
    match statement.into() {
        Statement::Query(query) => needs.extend(Walker::over(query, known).needs),
        Statement::Search(search) => {
            for entry in &search.returning {
                needs.extend(Walker::over(&entry.to_query(), known).needs);
            }
        }
    }
    needs.into_iter().collect()
}

/// Fetches the describes that `statement` needs and `known` does not have yet.
///
/// # Errors
/// [`Error::Fetch`] if Salesforce could not be asked. An object that does not
/// exist is no error here; [`bind`](crate::bind) tells where it stands.
pub async fn gather<'a>(
    catalog: &Catalog,
    statement: impl Into<Statement<'a>>,
    known: &mut Known,
) -> Result<(), Error> {
    let statement = statement.into();
    loop {
        let names = needed(statement, known);
        if names.is_empty() {
            return Ok(());
        }
        let asked = names.iter().map(|name| catalog.object(name));
        for (name, found) in names.iter().zip(join_all(asked).await) {
            match found {
                Ok(object) => {
                    // Found by the name that was asked for, whatever it is called.
                    if !object.name.eq_ignore_ascii_case(name) {
                        known.insert_absent(name, vec![object.name.clone()]);
                    }
                    known.insert(object);
                }
                Err(Error::UnknownObject { candidates, .. }) => {
                    known.insert_absent(name, candidates);
                }
                Err(other) => return Err(other),
            }
        }
    }
}
