//! The guarded org: the only holder of the client.

mod actions;
mod builder;
mod bulk;
mod explain;
mod facts;
mod feeds;
mod file_list;
mod files;
mod gate;
mod graph;
mod guard;
mod input;
mod keys;
mod permit;
mod permit_change;
mod permit_write;
mod raw;
mod read;
mod recent;
mod reports;
mod schema;
mod search;
mod units;
mod watch;
mod write;
mod writing;

use std::sync::Arc;

use serde_json::{Map, Value};
use sf_rest::Client;
use sf_schema::Catalog;
use tokio_util::task::TaskTracker;

pub(crate) use actions::{ActionInputs, ActionName, ActionRun};
pub use builder::OrgBuilder;
pub use bulk::BulkExport;
pub(crate) use bulk::{
    BulkLoad, BulkResult, BulkRun, CSV_NULL, JobHandle, LateLoads, LoadEnd, LoadReport, MOST_BYTES,
    Refused, RunningQuery,
};
pub(crate) use facts::{Person, Place};
pub(crate) use files::{Content, FileInfo, new_file};
pub use gate::Gate;
pub(crate) use graph::NodeResult;
pub(crate) use keys::is_made_up;
pub(crate) use raw::{RawAnswer, RawRequest};
pub(crate) use reports::{Board, Report};
pub(crate) use writing::not_logged;

use crate::content::Texts;
use crate::contract::explain;
use crate::limits::Limits;
use crate::policy::Pattern;
use crate::results::Folder;
use crate::rows::Pages;
use crate::seal::Sealer;
use crate::{CallContext, Policy, ResourceProvider, ToolError};

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
    results: Folder,
    texts: Texts,
    actions: Vec<Pattern>,
    input: input::InputFolder,
    bulk: bulk::BulkSettings,
    /// Loads that outlived the call that sent them.
    late: LateLoads,
    /// What goes on without its caller: writes that were sent, jobs that are aborted. It is closed, so
    /// that it can be waited for at any time; what comes later is taken all the same.
    tasks: TaskTracker,
    writing: writing::Writing,
    locale: tokio::sync::OnceCell<units::Locale>,
    clock: guard::Clock,
    name: String,
    resources: Vec<Arc<dyn ResourceProvider>>,
    /// How often a call found that the org's schema is not the one that was known.
    drift: tokio::sync::watch::Sender<u64>,
    /// How old what is known of the schema may be when it refuses a call.
    doubted_after: std::time::Duration,
    /// Whether raw requests were switched on.
    raw: bool,
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

    /// What resource addresses call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Resources of it besides its schema.
    pub(crate) fn more_resources(&self) -> &[Arc<dyn ResourceProvider>] {
        &self.inner.resources
    }

    /// What is allowed here.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.inner.policy
    }

    /// What goes on without its caller.
    pub(crate) fn tasks(&self) -> &TaskTracker {
        &self.inner.tasks
    }

    /// Refuses every call outside the time windows of the policy.
    pub(crate) fn open(&self) -> Result<(), ToolError> {
        self.inner.guard.as_ref().map_or(Ok(()), guard::Guard::open)
    }

    /// Whether any write is allowed.
    pub(crate) fn writes(&self) -> bool {
        use crate::Effect::{Create, Delete, Update};
        [Create, Update, Delete].into_iter().any(|effect| self.policy().allows(effect))
    }

    /// The API version of all calls.
    pub(crate) fn api_version(&self) -> sf_rest::ApiVersion {
        self.inner.client.version()
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

    pub(crate) fn texts(&self) -> &Texts {
        &self.inner.texts
    }

    pub(crate) fn results_folder(&self) -> &Folder {
        &self.inner.results
    }

    /// Stands for the rules and the values of their variables; none without rules.
    pub(crate) fn rules_in_force(&self) -> Option<String> {
        let guard = self.inner.guard.as_ref()?;
        let variables: std::collections::BTreeMap<_, _> = guard.variables.iter().collect();
        Some(format!("{:?}\n{variables:?}", guard.rules))
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
        self.owned_by(cx.identity()).await
    }

    /// As [`owner`](Self::owner), for a caller on the host's side.
    pub(crate) async fn owned_by(&self, caller: Option<&str>) -> Result<String, ToolError> {
        let session = self.inner.client.session().await.map_err(|e| explain(&e))?;
        // No identity of the platform has a line break, so the parts cannot run into each other.
        Ok(format!("{}\n{}", session.identity(), caller.unwrap_or("")))
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
