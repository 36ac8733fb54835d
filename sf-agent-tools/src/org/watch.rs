//! What those who watch the schema need: what is new of it, and when to look.

use std::sync::Arc;
use std::time::Duration;

use sf_schema::{Object, ObjectSummary};
use tokio::sync::watch;

use super::Org;
use crate::{Note, NoteLevel, ToolError, notes};

impl Org {
    /// Counts the calls that found that the org's schema is not the one that was known.
    pub(crate) fn drift(&self) -> watch::Receiver<u64> {
        self.inner.drift.subscribe()
    }

    pub(super) fn drifted(&self, object: &str) {
        tracing::info!(object, "the org's schema has changed");
        let text =
            format!("The org's schema has changed; what was known of {object} is read again.");
        notes::tell(Note::new(NoteLevel::Notice, text));
        self.inner.drift.send_modify(|times| *times = times.wrapping_add(1));
    }

    /// The object as the org has it now: it is asked whether it has changed, unless it was asked
    /// within `age`.
    ///
    /// # Errors
    /// As [`object`](Self::object).
    pub(crate) async fn object_now(
        &self,
        name: &str,
        age: Duration,
    ) -> Result<Arc<Object>, ToolError> {
        self.inner.catalog.recheck(name, age);
        self.object(name).await
    }

    /// The list of objects as it is now, as [`object_now`](Self::object_now).
    ///
    /// # Errors
    /// As [`objects`](Self::objects).
    pub(crate) async fn objects_now(
        &self,
        age: Duration,
    ) -> Result<Arc<[ObjectSummary]>, ToolError> {
        self.inner.catalog.recheck_list(age);
        self.objects().await
    }
}
