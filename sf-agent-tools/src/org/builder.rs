//! The settings of an org that is about to be guarded.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use sf_rest::Client;
use sf_schema::Catalog;
use sf_soql::ast::Value;
use tokio::sync::OnceCell;

use super::bulk::BulkSettings;
use super::guard::{Clock, Guard};
use super::input::InputFolder;
use super::{Inner, Org};
use crate::policy::{Pattern, Variables};
use crate::results::{Folder, ResultBounds};
use crate::rows::Pages;
use crate::{Limits, Policy, ResourceProvider, Sealer};

/// Settings of an [`Org`]; all but client and policy have a default.
pub struct OrgBuilder {
    client: Client,
    policy: Policy,
    limits: Limits,
    sealer: Option<Sealer>,
    pub(super) writing: super::writing::Settings,
    pub(super) actions: Vec<Pattern>,
    pub(crate) input: InputFolder,
    pub(super) bulk: BulkSettings,
    pub(crate) results: (Option<PathBuf>, ResultBounds),
    variables: Variables,
    clock: Clock,
    raw: bool,
    doubted_after: Duration,
    name: String,
    resources: Vec<Arc<dyn ResourceProvider>>,
}

/// A new field is seen by whoever asks for it a minute later; typing errors cost few requests.
const DOUBTED_AFTER: Duration = Duration::from_secs(60);

impl OrgBuilder {
    pub(super) fn new(client: Client, policy: Policy) -> Self {
        Self {
            client,
            policy,
            limits: Limits::default(),
            sealer: None,
            writing: Default::default(),
            actions: Vec::new(),
            input: InputFolder::default(),
            bulk: BulkSettings::default(),
            results: Default::default(),
            variables: Variables::new(),
            clock: Arc::new(Timestamp::now),
            raw: false,
            doubted_after: DOUBTED_AFTER,
            name: "org".to_owned(),
            resources: Vec::new(),
        }
    }

    /// Other bounds of replies.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Seals what a model hands back (cursors and the like) with this; by default with a random
    /// key of this process.
    #[must_use]
    pub fn sealer(mut self, sealer: Sealer) -> Self {
        self.sealer = Some(sealer);
        self
    }

    /// The value of a variable of row filters (`:region`, named here without the colon). `:user_id`
    /// needs none: it is the user of the session, unless another value is set here.
    #[must_use]
    pub fn variable(self, name: &str, value: impl Into<Value>) -> Self {
        self.variable_list(name, [value])
    }

    /// The values of a variable that stands after `IN`.
    #[must_use]
    pub fn variable_list<V: Into<Value>>(
        mut self,
        name: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        self.variables.insert(name.to_ascii_lowercase(), values);
        self
    }

    /// What time it is, for the time windows of a policy and for what was changed up to
    /// now; by default what the computer says.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Offers `salesforce_request`, which sends a request to any path of the org's own REST APIs. With
    /// rules it is never offered: what such a request reads or does cannot be checked against them.
    /// A method other than GET needs all writes switched on.
    #[must_use]
    pub fn raw_requests(mut self) -> Self {
        self.raw = true;
        self
    }

    /// How old what is known of the schema may be when a call is refused for it: a minute by default.
    /// If it is older, the org is asked whether it has changed, and the call is looked at once more.
    #[must_use]
    pub fn doubt_schema_after(mut self, age: Duration) -> Self {
        self.doubted_after = age;
        self
    }

    /// What resource addresses call the org (`salesforce://{name}/schema`); `org` by default.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Adds resources to those of the schema.
    #[must_use]
    pub fn resources(mut self, provider: impl ResourceProvider + 'static) -> Self {
        self.resources.push(Arc::new(provider));
        self
    }

    /// The guarded org.
    #[must_use]
    pub fn build(self) -> Org {
        let Self { client, policy, limits, sealer, writing, results, variables, clock, .. } = self;
        let (input, bulk, actions, raw) = (self.input, self.bulk, self.actions, self.raw);
        let (name, resources, doubted_after) = (self.name, self.resources, self.doubted_after);
        let results = Folder::new(results.0, results.1);
        let catalog = Catalog::new(client.clone());
        let pages = Pages::new(limits.kept_rows, limits.kept_bytes, limits.cursor_lifetime);
        let sealer = sealer.unwrap_or_else(Sealer::of_process);
        let (locale, writing) = (OnceCell::new(), writing.build());
        let guard =
            policy.shared_rules().map(|rules| Guard::new(rules, variables, Arc::clone(&clock)));
        let drift = tokio::sync::watch::Sender::new(0);
        let tasks = tokio_util::task::TaskTracker::new();
        tasks.close();
        let inner = Inner {
            client,
            policy,
            limits,
            sealer,
            catalog,
            pages,
            results,
            texts: Default::default(),
            actions,
            input,
            bulk,
            writing,
            locale,
            clock,
            name,
            resources,
            drift,
            late: super::LateLoads::default(),
            tasks,
            doubted_after,
            raw,
            guard,
        };
        Org { inner: Arc::new(inner) }
    }
}

impl std::fmt::Debug for OrgBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OrgBuilder")
            .field("policy", &self.policy)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
