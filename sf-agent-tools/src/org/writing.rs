//! What writing needs besides client and policy: the audit log, keys of creates, plans.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use super::{Org, OrgBuilder};
use crate::audit::{Audit, AuditError, Entry, Who};
use crate::prepare::Plans;
use crate::{CallContext, ToolError};

/// Why a field's value is kept out of the audit log and of previews; none if it is not.
type Hide = dyn Fn(&str, &str) -> Option<&'static str> + Send + Sync;

/// What writing needs besides client and policy.
pub(crate) struct Writing {
    pub(super) audit: Option<Log>,
    /// The external id field that identifies creates, by object in lower case.
    pub(super) keys: HashMap<String, String>,
    pub(crate) plans: Plans,
    hide: Option<Arc<Hide>>,
    reads: bool,
    /// Whether digests carry their plans.
    pub(crate) portable: bool,
}

/// Settings of [`Writing`].
#[derive(Default)]
pub(super) struct Settings {
    audit: Option<Arc<dyn Audit>>,
    keys: HashMap<String, String>,
    hide: Option<Arc<Hide>>,
    plan_lifetime: Option<Duration>,
    reads: bool,
    portable: bool,
}

/// The audit log, and what it is owed.
pub(crate) struct Log {
    sink: Arc<dyn Audit>,
    /// Outcomes that could not be appended; they come before anything else is sent.
    owed: Mutex<Vec<Entry>>,
}

impl Settings {
    pub(super) fn build(self) -> Writing {
        Writing {
            audit: self.audit.map(|sink| Log { sink, owed: Mutex::default() }),
            keys: self.keys,
            plans: Plans::new(self.plan_lifetime),
            hide: self.hide,
            reads: self.reads,
            portable: self.portable,
        }
    }
}

impl OrgBuilder {
    /// Logs every write to `sink`, before it is sent and after; see [`audit`](crate::audit). A write
    /// that cannot be logged is not sent. Each update, upsert and deletion costs a query more, which
    /// reads the values from before.
    #[must_use]
    pub fn audit(mut self, sink: Arc<dyn Audit>) -> Self {
        self.writing.audit = Some(sink);
        self
    }

    /// Logs calls of reading tools, too, with their arguments. A read is not held up by a log that
    /// fails.
    #[must_use]
    pub fn audit_reads(mut self) -> Self {
        self.writing.reads = true;
        self
    }

    /// Names a unique external id field of `object` whose value identifies a create: one that the
    /// agent does not give is made up. After a lost answer the record is looked up by it, so that a
    /// create is neither doubled nor left unknown. It must be a text of at least 36 characters that
    /// the org describes as unique.
    #[must_use]
    pub fn idempotency_key(mut self, object: &str, field: impl Into<String>) -> Self {
        self.writing.keys.insert(object.to_lowercase(), field.into());
        self
    }

    /// Keeps values out of the audit log and of what prepared writes show: `why(object, field)`,
    /// by API names, gives the reason, such as `"masked"`. Fields that the org stores encrypted are
    /// kept out in any case. What is not in the log cannot be restored from it.
    #[must_use]
    pub fn hide_values(
        mut self,
        why: impl Fn(&str, &str) -> Option<&'static str> + Send + Sync + 'static,
    ) -> Self {
        self.writing.hide = Some(Arc::new(why));
        self
    }

    /// Lets other processes with the same [`Sealer`](crate::Sealer) and the same audit log apply what
    /// is prepared here: the digest then carries the plan, so that it grows with it (up to some
    /// 20,000 characters; a larger plan stays in its process). Without an audit log nothing changes,
    /// since nothing would tell another process that a plan was applied.
    #[must_use]
    pub fn portable_plans(mut self) -> Self {
        self.writing.portable = true;
        self
    }

    /// How long a prepared write can be applied; 15 minutes by default, a day at most.
    #[must_use]
    pub fn plan_lifetime(mut self, lifetime: Duration) -> Self {
        self.writing.plan_lifetime = Some(lifetime);
        self
    }
}

impl Org {
    pub(crate) fn writing(&self) -> &Writing {
        &self.inner.writing
    }

    pub(crate) fn log(&self) -> Option<&Log> {
        self.inner.writing.audit.as_ref()
    }

    /// Why the value of a field is not to be shown.
    pub(crate) fn hidden(&self, object: &str, field: &sf_schema::Field) -> Option<&'static str> {
        if field.encrypted || field.ty == sf_schema::FieldType::EncryptedString {
            return Some("encrypted");
        }
        let hidden = self.inner.writing.hide.as_ref().and_then(|why| why(object, &field.name));
        hidden.or_else(|| self.veiled(object, &field.name))
    }

    /// Whether the host keeps values out of the log.
    pub(super) fn hides_values(&self) -> bool {
        self.inner.writing.hide.is_some()
    }

    /// Whose call it is, for the log.
    pub(crate) async fn who(&self, cx: &CallContext) -> Result<Who, ToolError> {
        let session =
            self.inner.client.session().await.map_err(|e| crate::contract::explain(&e))?;
        Ok(Who {
            org: session.org_id().map(str::to_owned),
            user: session.user_id().map(str::to_owned),
            identity: cx.identity().map(str::to_owned),
        })
    }

    /// Whether the host wants calls of reading tools in the log.
    pub(crate) fn notes_reads(&self) -> bool {
        self.inner.writing.reads && self.log().is_some()
    }

    /// Notes a call of a reading tool.
    pub(crate) async fn note_read(
        &self,
        cx: &CallContext,
        tool: &str,
        arguments: serde_json::Value,
        outcome: &str,
    ) {
        let Some(log) = self.log() else { return };
        let who = self.who(cx).await.unwrap_or_default();
        let (tool, outcome) = (tool.to_owned(), outcome.to_owned());
        let entry = Entry::Read { who, tool, arguments, outcome };
        if let Err(error) = log.sink.append(entry).await {
            tracing::error!(%error, "a read cannot be logged");
        }
    }
}

impl Log {
    /// Appends an intent, after everything that is owed.
    ///
    /// # Errors
    /// For the model: nothing may be sent.
    pub(crate) async fn announce(&self, entry: Entry) -> Result<u64, AuditError> {
        self.settle().await?;
        self.sink.append(entry).await
    }

    /// Appends an outcome. If that fails, it is owed.
    pub(crate) async fn report(&self, entry: Entry) {
        let settled = self.settle().await;
        let appended = match settled {
            Ok(()) => self.sink.append(entry.clone()).await.map(drop),
            Err(error) => Err(error),
        };
        if let Err(error) = appended {
            tracing::error!(%error, "the outcome of a write cannot be logged; writes stop until it is");
            self.owed.lock().await.push(entry);
        }
    }

    /// What the log knows of a plan.
    pub(crate) async fn of_plan(
        &self,
        plan: &str,
    ) -> Result<Vec<crate::audit::Stamped>, AuditError> {
        self.sink.of_plan(plan).await
    }

    async fn settle(&self) -> Result<(), AuditError> {
        let mut owed = self.owed.lock().await;
        while let Some(entry) = owed.first() {
            self.sink.append(entry.clone()).await?;
            owed.remove(0);
        }
        Ok(())
    }
}

/// What the model is told when the log fails.
pub(crate) fn not_logged(error: &AuditError) -> ToolError {
    tracing::error!(error = chain(error), "a write cannot be logged");
    ToolError::ask_a_person(
        "This connection logs every write, and its log cannot be written just now. The write was not \
         sent. Whoever runs this connection finds the cause in its log; reading still works.",
    )
}

fn chain(error: &dyn std::error::Error) -> String {
    let cause = error.source().map_or(String::new(), |cause| format!(": {cause}"));
    format!("{error}{cause}")
}
