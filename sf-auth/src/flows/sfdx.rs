//! The org that the Salesforce CLI is logged in to, for developers' machines: its SFDX auth URL,
//! and the tokens that the CLI itself hands out.

mod cli;

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

pub use cli::{CliProblem, SalesforceCli};

use crate::oauth::{App, RefreshToken};
use crate::{Environment, Error};

/// An SFDX auth URL, as `sf org auth show-sfdx-auth-url` prints it:
/// `force://<clientId>:<clientSecret>:<refreshToken>@<host>`, where the secret may be empty, or
/// `force://<refreshToken>@<host>` of older releases, for the CLI's own app.
///
/// It contains a refresh token; whoever has it can log in.
#[derive(Clone)]
pub struct SfdxAuthUrl {
    app: App,
    refresh_token: SecretString,
}

/// The CLI's own app.
const CLI_APP: &str = "PlatformCLI";

impl SfdxAuthUrl {
    /// Reads the URL. The host is an org's own domain, and https; an embedded org on loopback may
    /// be written with its scheme (`…@http://127.0.0.1:8080`).
    ///
    /// # Errors
    /// [`Error::Configuration`] that never quotes the text.
    pub fn parse(text: &SecretString) -> Result<Self, Error> {
        let refuse = || {
            Error::Configuration {
            what: "this is no SFDX auth URL; expected force://<clientId>:<clientSecret>:<refreshToken>@<host>, as \
                   \"sf org auth show-sfdx-auth-url --target-org <org>\" prints it"
                .to_owned(),
        }
        };
        let rest = text.expose_secret().trim().strip_prefix("force://").ok_or_else(refuse)?;
        let (secrets, host) = rest.rsplit_once('@').ok_or_else(refuse)?;
        let parts: Vec<&str> = secrets.split(':').collect();
        let (client_id, client_secret, refresh_token) = match parts.as_slice() {
            [client_id, client_secret, refresh_token] => {
                (*client_id, *client_secret, *refresh_token)
            }
            [refresh_token] => (CLI_APP, "", *refresh_token),
            _ => return Err(refuse()),
        };
        // Letters, digits and `._-`, with `=` at the end: nothing that would need an encoding.
        let plain = |part: &str| {
            part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-=".contains(&byte))
        };
        let all_plain = [client_id, client_secret, refresh_token].into_iter().all(plain);
        if !all_plain || client_id.is_empty() || refresh_token.is_empty() || host.is_empty() {
            return Err(refuse());
        }
        let environment = match host.strip_prefix("http://") {
            Some(_) => Environment::parse(host)?,
            None => Environment::parse(&format!("https://{host}"))?,
        };
        let mut app = App::new(environment, client_id)?;
        if !client_secret.is_empty() {
            app = app.with_secret(client_secret)?;
        }
        Ok(Self { app, refresh_token: SecretString::from(refresh_token) })
    }

    /// The app that the refresh token was issued to.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The refresh token.
    pub fn refresh_token(&self) -> &SecretString {
        &self.refresh_token
    }

    /// A flow that refreshes with it.
    ///
    /// # Errors
    /// As [`RefreshToken::new`].
    pub fn into_flow(self) -> Result<RefreshToken, Error> {
        RefreshToken::new(self.app, self.refresh_token)
    }
}

impl fmt::Debug for SfdxAuthUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SfdxAuthUrl")
            .field("app", &self.app)
            .field("refresh_token", &"[redacted]")
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<SfdxAuthUrl, Error> {
        SfdxAuthUrl::parse(&SecretString::from(text))
    }

    #[test]
    fn the_forms_that_the_cli_prints() {
        let url = parse("force://PlatformCLI::5Aep861.x_-y==@acme.my.salesforce.com\n").unwrap();
        assert_eq!(url.app().client_id(), "PlatformCLI");
        assert!(url.app().client_secret().is_none());
        assert_eq!(url.refresh_token().expose_secret(), "5Aep861.x_-y==");
        assert_eq!(url.app().environment().to_string(), "https://acme.my.salesforce.com");

        let url = parse("force://3MVG9id:s3cret:5Aep@acme--uat.sandbox.my.salesforce.com").unwrap();
        assert_eq!(url.app().client_secret().unwrap().expose_secret(), "s3cret");
        assert_eq!(url.app().environment().is_sandbox(), Some(true));

        assert_eq!(
            parse("force://5Aep861@acme.my.salesforce.com").unwrap().app().client_id(),
            CLI_APP
        );
        assert!(parse("force://id::token@http://127.0.0.1:8080").is_ok());
    }

    #[test]
    fn others_are_refused_without_being_shown() {
        for bad in [
            "https://acme.my.salesforce.com",
            "force://id:secret:hunter2",
            "force://hunter2@",
            "force://id:hunter2@acme.my.salesforce.com",
            "force://id:s:hunter2:x@acme.my.salesforce.com",
            "force://id:s:hunter2/x@acme.my.salesforce.com",
            "force://id:s:hunter2@http://acme.my.salesforce.com",
            "force://id:s:hunter2@acme.lightning.force.com",
        ] {
            let error = parse(bad).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }
}
