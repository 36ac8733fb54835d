//! A connected app as the org's administrator sets it up.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Decides whose session a token of another identity provider stands for.
type ExchangeHandler = Arc<dyn Fn(&str, &str) -> Option<String> + Send + Sync>;

/// A connected app (or external client app) and its policies.
///
/// The first app of an org is its default one, changed by
/// [`Builder::default_app`](crate::Builder::default_app); others are added by
/// [`Builder::app`](crate::Builder::app).
///
/// A new app has the scopes `api`, `web`, `id`, `profile`, `email`, `openid`
/// and `refresh_token`, is open to every user after they approved it, and runs
/// client credentials as the administrator.
///
/// ```
/// use sf_emulator::ConnectedApp;
/// let app = ConnectedApp::new("3MVG9example", "a-secret")
///     .redirect_uri("https://agents.example.com/callback")
///     .scopes(["api", "refresh_token"])
///     .require_pkce()
///     .rotate_refresh_tokens();
/// ```
#[derive(Clone)]
pub struct ConnectedApp {
    pub(crate) client_id: String,
    /// `None` for a public client.
    pub(crate) client_secret: Option<String>,
    pub(crate) name: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) any_loopback: bool,
    pub(crate) secret_required: bool,
    pub(crate) pkce_required: bool,
    pub(crate) rotates: bool,
    pub(crate) refresh_life: RefreshLife,
    pub(crate) users: Users,
    pub(crate) asks_consent: bool,
    pub(crate) run_as: RunAs,
    pub(crate) relaxes_ip: bool,
    pub(crate) introspects: bool,
    pub(crate) installed: bool,
    pub(crate) disabled_grants: BTreeSet<String>,
    pub(crate) jwt_keys: Vec<String>,
    pub(crate) exchange: Option<ExchangeHandler>,
    pub(crate) asset_tokens: Option<AssetTokens>,
    pub(crate) initial_access_token: Option<String>,
    pub(crate) approvable: bool,
    pub(crate) attached_to_agent: bool,
}

/// The asset tokens of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AssetTokens {
    /// The service that devices show them to.
    pub(crate) audience: String,
    pub(crate) lifetime: Duration,
}

/// How long the refresh tokens of an app live; `None` is for good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RefreshLife {
    /// After the authorization.
    pub(crate) lifetime: Option<Duration>,
    /// After the last use.
    pub(crate) idle: Option<Duration>,
}

/// Who may use an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Users {
    /// Every user, after they approved it.
    SelfAuthorized,
    /// Every user, and nobody has to approve it.
    EveryonePreAuthorized,
    /// The users of these usernames, who need not approve it, and nobody else.
    AdminApproved(Vec<String>),
}

/// Whom client credentials stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RunAs {
    Administrator,
    User(String),
    Nobody,
}

/// What a new app may ask for.
const SCOPES: [&str; 7] = ["api", "web", "id", "profile", "email", "openid", "refresh_token"];

impl ConnectedApp {
    /// An app with a consumer key and a consumer secret.
    pub fn new(client_id: impl Into<String>, client_secret: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            client_secret: Some(client_secret.into()),
            name: "Connected App".to_owned(),
            scopes: SCOPES.map(str::to_owned).to_vec(),
            redirect_uris: Vec::new(),
            any_loopback: false,
            secret_required: true,
            pkce_required: false,
            rotates: false,
            refresh_life: RefreshLife::default(),
            users: Users::SelfAuthorized,
            asks_consent: false,
            run_as: RunAs::Administrator,
            relaxes_ip: false,
            introspects: true,
            installed: true,
            disabled_grants: BTreeSet::new(),
            jwt_keys: Vec::new(),
            exchange: None,
            asset_tokens: None,
            initial_access_token: None,
            approvable: true,
            attached_to_agent: true,
        }
    }

    /// A public client: it has no secret and must use PKCE.
    pub fn public(client_id: impl Into<String>) -> Self {
        let app = Self { client_secret: None, ..Self::new(client_id, "") };
        app.secret_optional().require_pkce()
    }

    /// The app that every org has: pre-authorised for everyone, but it still asks
    /// a person once, and takes any loopback redirect URI.
    pub(crate) fn default_of_org() -> Self {
        let mut app = Self::new("", "").name("Embedded org client").pre_authorize_everyone();
        app.asks_consent = true;
        app.loopback_redirects()
    }

    /// The name on the consent page.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// What the app may ask for, instead of the scopes of a new app. `full`
    /// stands for every scope but `refresh_token`.
    #[must_use]
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// One more callback URL, which must be met exactly.
    #[must_use]
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uris.push(uri.into());
        self
    }

    /// Takes any `http` callback URL on `localhost`, `127.0.0.1` or `[::1]`
    /// besides those registered.
    #[must_use]
    pub fn loopback_redirects(mut self) -> Self {
        self.any_loopback = true;
        self
    }

    /// Takes only the callback URLs that were registered.
    #[must_use]
    pub fn exact_redirects(mut self) -> Self {
        self.any_loopback = false;
        self
    }

    /// Refuses authorization requests without a PKCE challenge.
    #[must_use]
    pub fn require_pkce(mut self) -> Self {
        self.pkce_required = true;
        self
    }

    /// Codes, device codes and refresh tokens may be redeemed without the secret.
    #[must_use]
    pub fn secret_optional(mut self) -> Self {
        self.secret_required = false;
        self
    }

    /// Every refresh gives a new refresh token and ends the old one; an old one
    /// sent again ends all that came from the same authorization.
    #[must_use]
    pub fn rotate_refresh_tokens(mut self) -> Self {
        self.rotates = true;
        self
    }

    /// How long refresh tokens live after the authorization; without this, until
    /// they are revoked.
    #[must_use]
    pub fn refresh_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.refresh_life.lifetime = Some(lifetime);
        self
    }

    /// How long refresh tokens live without use.
    #[must_use]
    pub fn refresh_token_idle(mut self, idle: Duration) -> Self {
        self.refresh_life.idle = Some(idle);
        self
    }

    /// Every user is authorised beforehand: nobody is asked for consent, and JWT
    /// and SAML assertions are taken for all.
    #[must_use]
    pub fn pre_authorize_everyone(mut self) -> Self {
        self.users = Users::EveryonePreAuthorized;
        self.asks_consent = false;
        self
    }

    /// Users may use the app once they approved it, which is how an app starts.
    #[must_use]
    pub fn self_authorize(mut self) -> Self {
        self.users = Users::SelfAuthorized;
        self
    }

    /// "Admin approved users are pre-authorized": these usernames and nobody
    /// else; an empty list shuts everyone out.
    #[must_use]
    pub fn admin_approved(
        mut self,
        usernames: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.users = Users::AdminApproved(usernames.into_iter().map(Into::into).collect());
        self.asks_consent = false;
        self
    }

    /// The user that client credentials run as, by username.
    #[must_use]
    pub fn run_as(mut self, username: impl Into<String>) -> Self {
        self.run_as = RunAs::User(username.into());
        self
    }

    /// Client credentials have no user to run as, and are refused.
    #[must_use]
    pub fn without_run_as(mut self) -> Self {
        self.run_as = RunAs::Nobody;
        self
    }

    /// "Relax IP restrictions": the app works from any address whatever
    /// [`Access::restrict_ip`](crate::Access::restrict_ip) says.
    #[must_use]
    pub fn relax_ip(mut self) -> Self {
        self.relaxes_ip = true;
        self
    }

    /// The app may not introspect tokens.
    #[must_use]
    pub fn without_introspection(mut self) -> Self {
        self.introspects = false;
        self
    }

    /// The app is known and not installed in this org, as with external client
    /// apps of another org.
    #[must_use]
    pub fn not_installed(mut self) -> Self {
        self.installed = false;
        self
    }

    /// Nobody may approve the app, as users without the permission "Approve
    /// Uninstalled Connected Apps" may not approve one that is not installed:
    /// the consent page is the error page `OAUTH_APPROVAL_ERROR_GENERIC`.
    #[must_use]
    pub fn not_approvable(mut self) -> Self {
        self.approvable = false;
        self
    }

    /// The app is not among the connections of an agent: its sessions answer 401
    /// `Connected app is not attached to Agent` (Agent API Developer Guide,
    /// Troubleshooting), which a new session does not change.
    #[must_use]
    pub fn not_attached_to_agent(mut self) -> Self {
        self.attached_to_agent = false;
        self
    }

    /// Whoever has this initial access token may register further apps at
    /// `/services/oauth2/register`. They have the policies of this one, its
    /// scopes or some of them, and the flows with a browser. The default app has
    /// a random one: [`Emulator::initial_access_token`](crate::Emulator::initial_access_token).
    #[must_use]
    pub fn initial_access_token(mut self, token: impl Into<String>) -> Self {
        self.initial_access_token = Some(token.into());
        self
    }

    /// Switches one flow off, by its `grant_type`.
    #[must_use]
    pub fn disable_grant(mut self, grant_type: impl Into<String>) -> Self {
        self.disabled_grants.insert(grant_type.into());
        self
    }

    /// One more key whose signatures count, of JWT and SAML assertions: an RSA
    /// certificate or public key in PEM, read when the org starts.
    #[must_use]
    pub fn jwt_key(mut self, pem: impl Into<String>) -> Self {
        self.jwt_keys.push(pem.into());
        self
    }

    /// Takes tokens of another identity provider (the token exchange flow). The
    /// handler gets `subject_token` and `subject_token_type` and gives the
    /// username that they stand for, as a token exchange handler in Apex does.
    #[must_use]
    pub fn token_exchange(
        mut self,
        handler: impl Fn(&str, &str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.exchange = Some(Arc::new(handler));
        self
    }

    /// Gives asset tokens to devices: a token exchange whose `actor_token` is a
    /// JWT of the device (`aud`, `exp`, `did`, and at will `Name` and
    /// `cnf.jwk`), signed with the key in `cnf` or with one of
    /// [`ConnectedApp::jwt_key`]. The asset token is a JWT for `audience`,
    /// signed with the key of `/id/keys`. No Asset record is written.
    #[must_use]
    pub fn asset_tokens(mut self, audience: impl Into<String>, lifetime: Duration) -> Self {
        self.asset_tokens = Some(AssetTokens { audience: audience.into(), lifetime });
        self
    }
}

impl fmt::Debug for ConnectedApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectedApp")
            .field("client_id", &self.client_id)
            .field("name", &self.name)
            .field("scopes", &self.scopes)
            .field("redirect_uris", &self.redirect_uris)
            .field("users", &self.users)
            .finish_non_exhaustive()
    }
}
