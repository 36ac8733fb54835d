//! Who a session belongs to: userinfo, and the identity URL.

use bytes::Bytes;
use http::Request;
use http::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::token::{self, Answer};
use crate::transport::Transport;
use crate::{Diagnosis, Error, Session};

/// The answer of `/services/oauth2/userinfo` (Salesforce Help, "Query for User Information").
/// What is not named here is in `other`.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct UserInfo {
    /// The 18-character user id.
    pub user_id: String,
    /// The 18-character organisation id.
    pub organization_id: String,
    /// The user's name for logins.
    pub preferred_username: Option<String>,
    /// The name as it is shown.
    pub name: Option<String>,
    /// The address.
    pub email: Option<String>,
    /// `STANDARD`, `GUEST`, `CSP_LITE_PORTAL` and the like.
    pub user_type: Option<String>,
    /// `en_US`.
    pub language: Option<String>,
    /// `en_US`.
    pub locale: Option<String>,
    /// `America/Los_Angeles`.
    pub zoneinfo: Option<String>,
    /// Whether the user may log in.
    pub active: Option<bool>,
    /// The rest, as received.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The answer of the identity URL (Salesforce Help, "Identity URLs"). What is not named here is in
/// `other`.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Identity {
    /// The 18-character user id.
    pub user_id: String,
    /// The 18-character organisation id.
    pub organization_id: String,
    /// The user's name for logins.
    pub username: Option<String>,
    /// The name as it is shown.
    pub display_name: Option<String>,
    /// The address.
    pub email: Option<String>,
    /// `STANDARD`, `GUEST`, `CSP_LITE_PORTAL` and the like.
    pub user_type: Option<String>,
    /// `America/Los_Angeles`.
    pub timezone: Option<String>,
    /// Whether the user may log in.
    pub active: Option<bool>,
    /// Addresses of the org's services, by name; `custom_domain` is the My Domain.
    #[serde(default)]
    pub urls: Map<String, Value>,
    /// The rest, as received.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Asks who the session belongs to.
///
/// # Errors
/// [`Error::Resource`] if the session is refused, which this endpoint does with 403 and a word of
/// text; and the errors of any token request.
pub async fn userinfo(transport: &Transport, session: &Session) -> Result<UserInfo, Error> {
    get(transport, session, "/services/oauth2/userinfo").await
}

/// Asks the identity URL, on the session's own instance: the host that a token response names is
/// a login host, which would answer with a redirect, and the token goes to its instance alone.
///
/// # Errors
/// As [`userinfo`]; and [`Error::Configuration`] if the session does not know its org and user.
pub async fn identity(transport: &Transport, session: &Session) -> Result<Identity, Error> {
    let (Some(org), Some(user)) = (session.org_id(), session.user_id()) else {
        return Err(Error::Configuration {
            what: "the session does not say whose it is; ask userinfo instead".to_owned(),
        });
    };
    get(transport, session, &format!("/id/{org}/{user}?version=latest&format=json")).await
}

async fn get<T: for<'de> Deserialize<'de>>(
    transport: &Transport,
    session: &Session,
    path: &str,
) -> Result<T, Error> {
    let base = session.instance_url().as_str().trim_end_matches('/');
    let bearer = format!("Bearer {}", session.access_token().expose_secret());
    let mut bearer = HeaderValue::try_from(bearer).map_err(|_| Error::Configuration {
        what:
            "the access token cannot be sent in a header; it contains characters that no token has"
                .to_owned(),
    })?;
    bearer.set_sensitive(true);
    let request = Request::get(format!("{base}{path}"))
        .header(AUTHORIZATION, bearer)
        .header(ACCEPT, "application/json");
    let path = path.split('?').next().unwrap_or_default();
    let answer = token::send(transport, format!("{base}{path}"), request, Bytes::new()).await?;
    if matches!(answer.status.as_u16(), 401 | 403) {
        return Err(refused(&answer));
    }
    token::read_json(&answer, "no user in JSON")
}

fn refused(answer: &Answer) -> Error {
    let text = String::from_utf8_lossy(&answer.body);
    let diagnosis = Diagnosis::of_identity(&text);
    Error::Resource {
        endpoint: answer.endpoint.clone(),
        status: answer.status.as_u16(),
        text: diagnosis.original,
        cause: diagnosis.cause,
    }
}
