//! The ways to log in: each ends with a session, and with what an account keeps of it.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;
use sf_auth::accounts::{
    Account, Accounts, AppCredentials, FinishOptions, LoginInfo, LoginMethod, Status,
};
use sf_auth::authorize::{Loopback, Options};
use sf_auth::sfdx::SfdxAuthUrl;
use sf_auth::transport::Transport;
use sf_auth::{
    App, Certificate, ClientCredentials, Credentials, Environment, Flow, JwtBearer, PrivateKey,
    Scopes, SecretString, Session, TokenResponse, device, refresh,
};
use tokio::process::Command;
use url::Url;

use crate::args::Login;
use crate::exit::usage;
use crate::out::harmless;
use crate::secret;

const PRODUCTION: &str = "https://login.salesforce.com";
/// The Salesforce CLI starts slowly.
const CLI_LIMIT: Duration = Duration::from_secs(60);

/// What a login gave.
pub(super) enum Granted {
    /// A person approved the app. `is_ours`: nobody else uses this refresh token. `is_rotated`: it
    /// took the place of one that somebody else has.
    Approval { app: Box<App>, response: Box<TokenResponse>, is_ours: bool, is_rotated: bool },
    /// Credentials that need no person, and worked.
    Credentials { credentials: Box<AppCredentials>, session: Box<Session> },
}

/// Logs in as the options say.
pub(super) async fn obtain(options: &Login, transport: &Transport) -> Result<Granted> {
    let way = &options.way;
    if let Some(alias) = &way.sf_cli {
        return sfdx(&from_cli(alias).await?, transport).await;
    }
    if let Some(file) = &way.sfdx_url_file {
        return sfdx(&from_file(file)?, transport).await;
    }
    if let Some(file) = &way.jwt_key {
        return jwt(options, file, transport).await;
    }
    if way.client_credentials {
        return client_credentials(options, transport).await;
    }
    let app = app(options)?;
    let limit = Duration::from_secs(options.timeout);
    let (app, response) = if way.device {
        let device = device::start(transport, &app).await?.with_time_limit(limit);
        eprintln!("Enter the code {} at", harmless(device.user_code()));
        eprintln!("  {}", device.verification_uri());
        eprintln!("or open {}", device.verification_uri_complete());
        let response = device::poll(transport, &app, &device).await?;
        (app, response)
    } else {
        web(app, options.no_browser, limit, transport).await?
    };
    Ok(Granted::Approval {
        app: app.into(),
        response: response.into(),
        is_ours: true,
        is_rotated: false,
    })
}

async fn web(
    app: App,
    no_browser: bool,
    limit: Duration,
    transport: &Transport,
) -> Result<(App, TokenResponse)> {
    let loopback = Loopback::bind(&app).await?;
    let app = app.with_redirect_uri(loopback.redirect_uri())?;
    let show = |url: &Url| {
        if no_browser || open::that_detached(url.as_str()).is_err() {
            eprintln!("Open this address in a browser on this computer:");
        } else {
            eprintln!("Log in with the browser that opens now. If none does, open this address:");
        }
        eprintln!("  {url}");
    };
    let response = loopback.login(transport, &app, &Options::default(), limit, show).await?;
    Ok((app, response))
}

async fn jwt(options: &Login, file: &Path, transport: &Transport) -> Result<Granted> {
    let username = options.username.clone().filter(|name| !name.is_empty());
    let username = username
        .ok_or_else(|| usage("a login with a key needs a user; give --username or SF_USERNAME"))?;
    let (login_url, client_id) = (login_url(options), client_id(options)?);
    let key = PrivateKey::from_file(file)?;
    let mut flow = JwtBearer::new(&login_url, &client_id, &username, key)?;
    let mut certificate_pem = None;
    if let Some(path) = &options.jwt_certificate {
        flow = flow.with_certificate(Certificate::from_file(path)?)?;
        certificate_pem = Some(std::fs::read_to_string(path)?);
    }
    let session = flow.grant(transport).await?;
    let private_key_pem = secret::from_file(file)?;
    let credentials = AppCredentials::JwtBearer {
        login_url,
        client_id,
        username,
        audience: None,
        private_key_pem,
        certificate_pem,
    };
    Ok(Granted::Credentials { credentials: credentials.into(), session: session.into() })
}

async fn client_credentials(options: &Login, transport: &Transport) -> Result<Granted> {
    let (login_url, client_id) = (login_url(options), client_id(options)?);
    // Told before the secret is asked for.
    if environment(&login_url)?.is_generic() {
        return Err(usage(
            "client credentials are served at the org's My Domain only; give it with --login-url, \
             such as https://acme.my.salesforce.com",
        ));
    }
    let client_secret = secret::required_client_secret(options)?;
    let flow = ClientCredentials::new(&login_url, &client_id, client_secret.clone())?;
    let session = flow.grant(transport).await?;
    let credentials = AppCredentials::ClientCredentials { login_url, client_id, client_secret };
    Ok(Granted::Credentials { credentials: credentials.into(), session: session.into() })
}

/// A login that the Salesforce CLI made. Its refresh token stays in use there.
async fn sfdx(url: &SecretString, transport: &Transport) -> Result<Granted> {
    let url = SfdxAuthUrl::parse(url)?;
    let mut response = refresh(transport, url.app(), url.refresh_token()).await?;
    let is_rotated = response.refresh_token.as_ref().is_some_and(|next| {
        use sf_auth::ExposeSecret;
        next.expose_secret() != url.refresh_token().expose_secret()
    });
    // Where the app does not rotate, the answer has none.
    response.refresh_token.get_or_insert_with(|| url.refresh_token().clone());
    let (app, response) = (url.app().clone().into(), response.into());
    Ok(Granted::Approval { app, response, is_ours: false, is_rotated })
}

/// Asks the Salesforce CLI for the SFDX auth URL of an org (Salesforce CLI Command Reference, `org
/// auth show-sfdx-auth-url`). It comes by a pipe.
async fn from_cli(alias: &str) -> Result<SecretString> {
    let program = if cfg!(windows) { "sf.cmd" } else { "sf" };
    let mut command = Command::new(program);
    // One word, so that a name that begins with a dash is no option.
    command.args(["org", "auth", "show-sfdx-auth-url", "--json"]);
    command.arg(format!("--target-org={alias}"));
    command.env("SF_JSON_TO_STDOUT", "true").env("SF_AUTOUPDATE_DISABLE", "true");
    command.stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(CLI_LIMIT, command.output())
        .await
        .map_err(|_| anyhow!("the Salesforce CLI did not answer within {CLI_LIMIT:?}"))?
        .with_context(|| {
            format!(
                "the Salesforce CLI ({program}) cannot be started; is it installed, and in PATH?"
            )
        })?;
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    if let Some(url) = printed.pointer("/result/sfdxAuthUrl").and_then(Value::as_str) {
        return Ok(SecretString::from(url));
    }
    let message = printed.get("message").and_then(Value::as_str);
    bail!(
        "the Salesforce CLI gives no SFDX auth URL for {alias:?} ({}); it has one for orgs that it logged in to in a browser",
        harmless(message.unwrap_or("it said nothing in JSON"))
    )
}

/// The file holds the URL, or what the Salesforce CLI prints with `--json`.
fn from_file(path: &Path) -> Result<SecretString> {
    use sf_auth::ExposeSecret;
    let text = secret::from_file(path)?;
    let Ok(json) = serde_json::from_str::<Value>(text.expose_secret()) else { return Ok(text) };
    let url = json.pointer("/result/sfdxAuthUrl").or_else(|| json.get("sfdxAuthUrl"));
    let url = url.and_then(Value::as_str);
    url.map(SecretString::from).ok_or_else(|| anyhow!("{} holds no sfdxAuthUrl", path.display()))
}

/// The app of a login by a person.
fn app(options: &Login) -> Result<App> {
    let scopes = Scopes::new(options.scopes.iter().cloned())?;
    if !scopes.has_refresh() || !scopes.has_api() {
        return Err(usage(format!(
            "an account needs the scopes api and refresh_token; the login asks for {scopes} alone"
        )));
    }
    let redirect = format!("http://localhost:{}/OauthRedirect", options.port);
    let app = App::new(environment(&login_url(options))?, client_id(options)?)?
        .with_redirect_uri(&redirect)?
        .with_scopes(scopes);
    Ok(match secret::client_secret(options)? {
        Some(secret) => app.with_secret(secret)?,
        None => app,
    })
}

fn login_url(options: &Login) -> String {
    let given = options.login_url.as_deref().map(str::trim).filter(|url| !url.is_empty());
    given.unwrap_or(PRODUCTION).to_owned()
}

fn environment(login_url: &str) -> Result<Environment> {
    Environment::parse(login_url).map_err(|error| usage(error.to_string()))
}

fn client_id(options: &Login) -> Result<String> {
    let given = options.client_id.clone().filter(|id| !id.is_empty());
    given.ok_or_else(|| {
        usage(
            "a login needs an app: give its consumer key with --client-id or SF_CLIENT_ID. \
             docs/connect-your-org.md tells how to make one",
        )
    })
}

impl Granted {
    pub(super) fn session(&self) -> &Session {
        match self {
            Self::Approval { response, .. } => &response.session,
            Self::Credentials { session, .. } => session,
        }
    }

    /// Whether an account that logs in so can take this without losing anything.
    pub(super) fn is_of(&self, login: &LoginInfo) -> bool {
        let is = |method, url: &str, id: &str, username: Option<&str>| {
            login.method == method
                && login.login_url.as_deref() == Some(url)
                && login.client_id.as_deref() == Some(id)
                && login.username.as_deref() == username
        };
        match self {
            Self::Approval { app, .. } => {
                let url = app.environment().to_string();
                is(LoginMethod::AuthorizationCode, &url, app.client_id(), None)
            }
            Self::Credentials { credentials, .. } => match &**credentials {
                AppCredentials::JwtBearer { login_url, client_id, username, .. } => {
                    is(LoginMethod::JwtBearer, login_url, client_id, Some(username))
                }
                AppCredentials::ClientCredentials { login_url, client_id, .. } => {
                    is(LoginMethod::ClientCredentials, login_url, client_id, None)
                }
                _ => false,
            },
        }
    }

    /// Puts it into an account.
    pub(super) async fn keep(self, accounts: &Accounts, name: &str) -> Result<Account> {
        match self {
            Self::Approval { app, response, .. } => {
                Ok(accounts.adopt(name, *app, *response, FinishOptions::default()).await?)
            }
            Self::Credentials { credentials, .. } => {
                let connection = accounts.connect_with(name, *credentials).await?;
                if connection.status != Status::Active {
                    // The same credentials as before, which work again.
                    accounts.retry_now(name).await?;
                    accounts.credentials(name).session().await?;
                }
                Ok(accounts.account(name).await?)
            }
        }
    }
}
