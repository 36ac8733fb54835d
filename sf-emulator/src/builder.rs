//! The settings of an org that is about to start.

use std::path::PathBuf;
use std::time::Duration;

use crate::engine::{Config, DuplicateRule, ValidationRule};
use crate::query_settings::QuerySettings;
use crate::{ApprovalProcess, ConnectedApp, Emulator, Error, InvocableAction};

/// Settings of an [`Emulator`]; every one has a default.
#[derive(Clone)]
pub struct Builder {
    pub(crate) port: u16,
    pub(crate) session_timeout: Duration,
    pub(crate) daily_requests: Option<u64>,
    pub(crate) default_app: ConnectedApp,
    pub(crate) apps: Vec<ConnectedApp>,
    pub(crate) device_interval: Duration,
    pub(crate) login_host: Option<String>,
    pub(crate) admin: bool,
    pub(crate) tls: bool,
    pub(crate) password: Option<(String, String)>,
    pub(crate) queries: QuerySettings,
    pub(crate) actions: Vec<InvocableAction>,
    pub(crate) approvals: Vec<ApprovalProcess>,
    pub(crate) engine: Config,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            port: 0,
            session_timeout: Duration::from_secs(2 * 60 * 60),
            daily_requests: None,
            default_app: ConnectedApp::default_of_org(),
            apps: Vec::new(),
            device_interval: Duration::from_secs(5),
            login_host: None,
            admin: false,
            tls: false,
            password: None,
            queries: QuerySettings::default(),
            actions: Vec::new(),
            approvals: vec![
                ApprovalProcess::new("Opportunity", "Large_Deal")
                    .description("Deals from 100,000 on need an approval")
                    .criteria("Amount >= 100000"),
            ],
            engine: Config::default(),
        }
    }
}

impl Builder {
    /// Number of generated Contacts, 10,000 by default; Accounts, Opportunities
    /// and the other objects scale with them.
    #[must_use]
    pub fn contacts(mut self, contacts: u32) -> Self {
        self.engine.contacts = contacts;
        self
    }

    /// A SQLite file that keeps the org between runs, instead of memory. It is
    /// made if it does not exist, and locked (by a file beside it, `{path}.lock`)
    /// against a second process. It holds data and schema, changes by
    /// [`Emulator::alter`] too; opened with other describes than it was made from it
    /// is refused. It holds nothing else: sessions end with the
    /// process, and app and password are new at each start unless they are given
    /// with [`Builder::client`] and [`Builder::password`].
    #[must_use]
    pub fn database(mut self, path: impl Into<PathBuf>) -> Self {
        self.engine.database = Some(path.into());
        self
    }

    /// Folder of the cached data image, from which an org in memory starts
    /// quickly; by default one in the user's cache folder.
    #[must_use]
    pub fn cache_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.engine.cache_dir = Some(path.into());
        self
    }

    /// Describes that become the org's schema, instead of the one that ships: a
    /// folder as `sf-agent schema snapshot` writes it (`sobjects.json`, the reply
    /// of the global describe, and `sobjects/{Object}.json`), a folder with one
    /// describe reply in each `.json` file, or one such file.
    ///
    /// The org then describes itself as those files do, save for the API version
    /// in paths below `/services/data`. It has no data but its administrator,
    /// users, profiles and the like, for which objects that the describes lack
    /// come from the schema that ships, and the record types that they name.
    /// Lookups to objects that nothing describes hold ids that no statement can
    /// follow. What a describe does not tell is not there: formulas and roll-up
    /// summaries keep the values that rows gave them, validation rules and
    /// automation are none.
    #[must_use]
    pub fn describe(mut self, path: impl Into<PathBuf>) -> Self {
        self.engine.describe = Some(path.into());
        self
    }

    /// Rows that a new org starts with, in place of generated ones: a folder with
    /// a file for each object, or one such file; may be given several times. A
    /// database that exists already keeps what it has.
    ///
    /// `{Object}.json` is an array of records, the reply of a query, or an sObject
    /// tree (nested children, `attributes.type`, lookups as `@referenceId`);
    /// `{Object}.csv` has the Bulk API's headers, `Account__r.External_Id__c`
    /// too. Records keep their ids if these can be ids of their object, and get
    /// new ones otherwise; lookups follow, in whatever order files and records
    /// come. System fields are taken as they are given; users that no row is of
    /// become the administrator in `OwnerId`, `CreatedById` and
    /// `LastModifiedById`. A record with the id of a generated user, profile or
    /// the like replaces it. Values are checked for their type alone, no rule runs.
    #[must_use]
    pub fn rows(mut self, path: impl Into<PathBuf>) -> Self {
        self.engine.rows.push(path.into());
        self
    }

    /// Empties lookups of [`Builder::rows`] that name no record, instead of
    /// refusing to start.
    #[must_use]
    pub fn allow_dangling(mut self, on: bool) -> Self {
        self.engine.allow_dangling = on;
        self
    }

    /// Port on 127.0.0.1; 0, the default, is any free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// How long a session lives without use; 2 hours by default, as on the
    /// platform. A use in its second half starts it anew.
    #[must_use]
    pub fn session_timeout(mut self, timeout: Duration) -> Self {
        self.session_timeout = timeout;
        self
    }

    /// Requests that the data API allows in all, after which it answers 403
    /// `REQUEST_LIMIT_EXCEEDED`. Without this it reports a limit of 100,000
    /// and enforces none.
    #[must_use]
    pub fn daily_requests(mut self, requests: u64) -> Self {
        self.daily_requests = Some(requests);
        self
    }

    /// Consumer key and secret of the default app; random by default.
    #[must_use]
    pub fn client(mut self, id: impl Into<String>, secret: impl Into<String>) -> Self {
        self.default_app.client_id = id.into();
        self.default_app.client_secret = Some(secret.into());
        self
    }

    /// Changes the default app, which has a random consumer key and secret, is
    /// pre-authorised for every user, asks a person for consent once, and takes
    /// any loopback callback URL.
    #[must_use]
    pub fn default_app(mut self, change: impl FnOnce(ConnectedApp) -> ConnectedApp) -> Self {
        self.default_app = change(self.default_app);
        self
    }

    /// One more connected app.
    #[must_use]
    pub fn app(mut self, app: ConnectedApp) -> Self {
        self.apps.push(app);
        self
    }

    /// How long a device of the device flow must wait between two polls; 5
    /// seconds on the platform.
    #[must_use]
    pub fn device_interval(mut self, interval: Duration) -> Self {
        self.device_interval = interval;
        self
    }

    /// A name of loopback, such as `localhost`, under which this org answers as
    /// the platform's generic login host does (`https://login.salesforce.com`):
    /// no client credentials and no token exchange there, and identity URLs
    /// redirect to [`Emulator::url`]. Without this every name is the org's own.
    #[must_use]
    pub fn login_host(mut self, host: impl Into<String>) -> Self {
        self.login_host = Some(host.into());
        self
    }

    /// Password and security token of every user; random by default.
    #[must_use]
    pub fn password(
        mut self,
        password: impl Into<String>,
        security_token: impl Into<String>,
    ) -> Self {
        self.password = Some((password.into(), security_token.into()));
        self
    }

    /// Serves the admin endpoint below `/__admin`, by which programs in other
    /// languages give faults, move the clock and read the request log. It wants
    /// the token that [`Emulator::admin_token`] gives.
    #[must_use]
    pub fn admin(mut self, on: bool) -> Self {
        self.admin = on;
        self
    }

    /// Serves https instead of http, with a certificate for `127.0.0.1`, `[::1]`
    /// and `localhost` made on the spot. [`Emulator::ca_pem`] is what clients
    /// must trust.
    #[must_use]
    pub fn tls(mut self, on: bool) -> Self {
        self.tls = on;
        self
    }

    /// Adds a validation rule: records for which its condition holds are refused.
    #[must_use]
    pub fn validation_rule(mut self, rule: ValidationRule) -> Self {
        self.engine.rules.validation.push(rule);
        self
    }

    /// Adds a duplicate rule: records that repeat another one are refused, unless
    /// the request sends `Sforce-Duplicate-Rule-Header: allowSave=true` and the
    /// rule does not block.
    #[must_use]
    pub fn duplicate_rule(mut self, rule: DuplicateRule) -> Self {
        self.engine.rules.duplicates.push(rule);
        self
    }

    /// Adds an invocable action: a flow, an Apex method, or a standard action in
    /// the place of the org's own.
    #[must_use]
    pub fn action(mut self, action: InvocableAction) -> Self {
        self.actions.push(action);
        self
    }

    /// Adds an approval process. A new org has one: opportunities from an amount
    /// of 100,000 on (`Large_Deal`). A record enters the first that it fits.
    #[must_use]
    pub fn approval_process(mut self, process: ApprovalProcess) -> Self {
        self.approvals.push(process);
        self
    }

    /// Opens the data, listens and serves.
    ///
    /// # Errors
    /// When the port is taken, or the data cannot be opened or generated.
    pub async fn start(self) -> Result<Emulator, Error> {
        Emulator::open(self).await
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder")
            .field("port", &self.port)
            .field("session_timeout", &self.session_timeout)
            .field("daily_requests", &self.daily_requests)
            .field("engine", &self.engine)
            .finish_non_exhaustive()
    }
}
