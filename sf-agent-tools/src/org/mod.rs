//! The guarded org: the only holder of the client.

mod builder;
mod explain;
mod feeds;
mod gate;
mod graph;
mod guard;
mod keys;
mod permit;
mod permit_change;
mod permit_write;
mod read;
mod recent;
mod schema;
mod search;
mod units;
mod write;
mod writing;

use std::sync::Arc;

use serde_json::{Map, Value};
use sf_rest::Client;
use sf_schema::Catalog;

pub use builder::OrgBuilder;
pub use gate::Gate;
pub(crate) use graph::NodeResult;
pub(crate) use keys::is_made_up;
pub(crate) use writing::not_logged;

use crate::contract::explain;
use crate::limits::Limits;
use crate::rows::Pages;
use crate::seal::Sealer;
use crate::{CallContext, Policy, ToolError};

/// One identity's view of one org. It alone owns the client; tools reach
/// Salesforce only through these methods, each of which asks the policy, and
/// only parsed statements are sent, as they print. Cheap to clone; clones share
/// the schema cache and the pages behind cursors.
#[derive(Clone)]
pub struct Org {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client,
    policy: Policy,
    limits: Limits,
    sealer: Sealer,
    catalog: Catalog,
    pages: Pages,
    writing: writing::Writing,
    locale: tokio::sync::OnceCell<units::Locale>,
    clock: guard::Clock,
    /// With rules.
    guard: Option<guard::Guard>,
}

/// Values of a record by field name.
pub type Values = Map<String, Value>;

impl Org {
    /// Guards `client` with `policy`, with the usual bounds of replies.
    #[must_use]
    pub fn new(client: Client, policy: Policy) -> Self {
        Self::builder(client, policy).build()
    }

    /// Guards `client` with `policy`, with settings of your own.
    #[must_use]
    pub fn builder(client: Client, policy: Policy) -> OrgBuilder {
        OrgBuilder::new(client, policy)
    }

    /// What is allowed here.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.inner.policy
    }

    /// Refuses every call outside the time windows of the policy.
    pub(crate) fn open(&self) -> Result<(), ToolError> {
        self.inner.guard.as_ref().map_or(Ok(()), guard::Guard::open)
    }

    /// The bounds of replies.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    /// What seals cursors and everything else that a model hands back.
    pub(crate) fn sealer(&self) -> &Sealer {
        &self.inner.sealer
    }

    /// The time by which calls decide.
    pub(crate) fn now(&self) -> jiff::Timestamp {
        (self.inner.clock)()
    }

    pub(crate) fn pages(&self) -> &Pages {
        &self.inner.pages
    }

    /// Whose calls these are: org and user, and the host's own name for the
    /// caller if the context has one. What is handed out is bound to it.
    ///
    /// # Errors
    /// If there is no session and none can be had.
    pub async fn owner(&self, cx: &CallContext) -> Result<String, ToolError> {
        let session = self.inner.client.session().await.map_err(|e| explain(&e))?;
        // No identity of the platform has a line break, so the parts cannot run into each other.
        Ok(format!("{}\n{}", session.identity(), cx.identity().unwrap_or("")))
    }
}

impl std::fmt::Debug for Org {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Org")
            .field("policy", &self.inner.policy)
            .field("limits", &self.inner.limits)
            .finish_non_exhaustive()
    }
}
