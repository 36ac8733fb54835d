//! The schemas that an org has had, the newest in force.
//!
//! A version is never dropped before the org is, so names and objects taken from
//! one stay valid without a lock; versions share the objects that did not change.

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;

use super::Schema;

/// An append-only list that always has a last one.
#[derive(Debug)]
pub(crate) struct Versions {
    first: Version,
}

/// One schema and since when it has been in force.
#[derive(Debug)]
pub(crate) struct Version {
    pub(crate) schema: Arc<Schema>,
    pub(crate) since: Timestamp,
    next: OnceLock<Box<Version>>,
}

impl Version {
    fn new(schema: Schema, since: Timestamp) -> Self {
        Self { schema: Arc::new(schema), since, next: OnceLock::new() }
    }
}

impl Versions {
    pub(crate) fn new(schema: Schema, since: Timestamp) -> Self {
        Self { first: Version::new(schema, since) }
    }

    /// The one in force.
    pub(crate) fn last(&self) -> &Version {
        let mut version = &self.first;
        while let Some(next) = version.next.get() {
            version = next;
        }
        version
    }

    /// Puts a schema in force. Whoever calls this is the only one that does.
    pub(crate) fn push(&self, schema: Schema, since: Timestamp) {
        // Set already only if two were pushed at once, which the writer's lock forbids.
        let _ = self.last().next.set(Box::new(Version::new(schema, since)));
    }
}

impl Drop for Versions {
    /// One after the other: a long list must not be a deep recursion.
    fn drop(&mut self) {
        let mut next = self.first.next.take();
        while let Some(mut version) = next {
            next = version.next.take();
        }
    }
}
