//! Changing the schema of the running org.

use jiff::{SignedDuration, Timestamp};

use super::schema::drift::{self, Altered};
use super::storage::{alter, kept};
use super::transaction::Savepoint;
use super::{Caller, Engine, dml};
use crate::drift::Drift;

impl Engine {
    /// Changes the schema, and the tables with it, while nobody reads or writes.
    /// The error says why the change is not possible; then nothing has changed.
    pub(crate) fn alter(&self, drift: &Drift, now: Timestamp) -> Result<(), String> {
        self.write_with(|connection| {
            let before = self.schema.last();
            let Altered { schema, steps } = drift::alter(&before.schema, drift)?;
            dml::check_rules(&schema, &Caller::administrator(), &self.rules)
                .map_err(|rule| format!("the change would break a rule: {rule}"))?;
            // Conditional requests know whole seconds.
            let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
            let next = before.since.saturating_add(SignedDuration::from_secs(1));
            let since = now.max(next.unwrap_or(now));
            let done = || -> rusqlite::Result<()> {
                let savepoint = Savepoint::new(connection)?;
                alter::alter(connection, &schema, &steps)?;
                if self.lock.is_some() {
                    kept::write(connection, &schema, since)?;
                }
                savepoint.keep()
            };
            done().map_err(|error| {
                tracing::error!(%error, "the tables could not follow a change of the schema");
                format!("the org's database refused the change: {error}")
            })?;
            self.schema.push(schema, since);
            Ok(())
        })
    }
}
