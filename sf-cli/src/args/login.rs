//! The options of `sf-agent login`. None of them carries a secret: arguments are seen by other
//! programs and kept by shells.

use std::path::PathBuf;

pub(super) const EXAMPLES: &str = "\
Examples:
  sf-agent login --client-id 3MVG9... --login-url https://acme.my.salesforce.com
  sf-agent login prod --jwt-key server.key --username agent@acme.com --client-id 3MVG9...
  sf-agent login nightly --client-credentials --client-id 3MVG9... \\
      --login-url https://acme.my.salesforce.com

The client secret, where the app has one, is read from SF_CLIENT_SECRET, from the file of
--secret-file, or typed in without an echo.
docs/connect-your-org.md tells which way to choose and what to set up in Salesforce.";

#[derive(clap::Args)]
pub(crate) struct Login {
    /// The account's name. Default: what --org or SF_ORG names, otherwise `default`.
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) way: Way,
    /// Where the org logs in: `https://login.salesforce.com`, `https://test.salesforce.com` for
    /// sandboxes, or the org's My Domain. Default: SF_LOGIN_URL, otherwise production.
    #[arg(long, value_name = "URL", env = "SF_LOGIN_URL", hide_env = true)]
    pub(crate) login_url: Option<String>,
    /// Consumer key of the external client app or connected app. Default: SF_CLIENT_ID.
    #[arg(long, value_name = "KEY", env = "SF_CLIENT_ID", hide_env = true)]
    pub(crate) client_id: Option<String>,
    /// The user to act as, with --jwt-key. Default: SF_USERNAME.
    #[arg(long, value_name = "USER", env = "SF_USERNAME", hide_env = true)]
    pub(crate) username: Option<String>,
    /// The certificate of --jwt-key, in PEM, so that its end can be watched.
    #[arg(long, value_name = "FILE", requires = "jwt_key")]
    pub(crate) jwt_certificate: Option<PathBuf>,
    /// Read the client secret from this file.
    #[arg(long, value_name = "FILE", conflicts_with = "ask_secret")]
    pub(crate) secret_file: Option<PathBuf>,
    /// Type in the client secret, without an echo.
    #[arg(long)]
    pub(crate) ask_secret: bool,
    /// A scope to ask for, in a browser or by a device; may be given several times.
    #[arg(long = "scope", value_name = "SCOPE", default_values = ["api", "refresh_token"])]
    pub(crate) scopes: Vec<String>,
    /// Port of the callback URL `http://localhost:PORT/OauthRedirect`, which must be one of the
    /// app's; 0 takes any free one, for apps that allow that.
    #[arg(long, default_value_t = 1717)]
    pub(crate) port: u16,
    /// Print the address for the browser instead of opening it.
    #[arg(long)]
    pub(crate) no_browser: bool,
    /// How long to wait for the browser or the device.
    #[arg(long, value_name = "SECONDS", default_value_t = 300,
        value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) timeout: u64,
    /// Put this login in the place of an account of the same name that is another user or org.
    #[arg(long)]
    pub(crate) replace: bool,
}

/// How to log in; in a browser if nothing is said.
#[derive(clap::Args)]
#[group(multiple = false)]
pub(crate) struct Way {
    /// In a browser on this computer (authorization code with PKCE). This is the default.
    #[arg(long)]
    pub(crate) web: bool,
    /// With a code that is entered in a browser elsewhere.
    #[arg(long)]
    pub(crate) device: bool,
    /// As a user, by the app's private key in PEM (JWT bearer).
    #[arg(long, value_name = "FILE")]
    pub(crate) jwt_key: Option<PathBuf>,
    /// As the app's run-as user, by its secret.
    #[arg(long)]
    pub(crate) client_credentials: bool,
    /// With the login that the Salesforce CLI keeps for this alias or user.
    #[arg(long, value_name = "ALIAS")]
    pub(crate) sf_cli: Option<String>,
    /// With the SFDX auth URL in this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) sfdx_url_file: Option<PathBuf>,
}
