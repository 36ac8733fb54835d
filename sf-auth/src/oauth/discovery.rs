//! What a login address says about itself.

use bytes::Bytes;
use http::Request;
use http::header::ACCEPT;
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use super::token;
use crate::transport::Transport;
use crate::{Environment, Error};

/// The answer of `/.well-known/openid-configuration` (OpenID Connect Discovery). The platform
/// leaves out where devices are authorised, the grant types and the PKCE methods.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Discovery {
    /// Who issues tokens: the login host, or the org's own domain.
    pub issuer: Url,
    /// Where a browser is sent.
    pub authorization_endpoint: Url,
    /// Where tokens are asked for.
    pub token_endpoint: Url,
    /// Where tokens are revoked.
    pub revocation_endpoint: Option<Url>,
    /// Who a session belongs to.
    pub userinfo_endpoint: Option<Url>,
    /// Where tokens are introspected.
    pub introspection_endpoint: Option<Url>,
    /// The keys that sign id tokens.
    pub jwks_uri: Option<Url>,
    /// Every scope that there is.
    #[serde(default)]
    pub scopes_supported: Vec<String>,
    /// The rest, as received.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Asks an address for its endpoints: a check that it is a login address at all, before anything
/// secret is sent to it.
///
/// # Errors
/// [`Error::UnexpectedResponse`] if it is not, and the errors of any token request.
pub async fn discover(
    transport: &Transport,
    environment: &Environment,
) -> Result<Discovery, Error> {
    let endpoint = environment.endpoint("/.well-known/openid-configuration");
    let request = Request::get(&endpoint).header(ACCEPT, "application/json");
    let answer = token::send(transport, endpoint, request, Bytes::new()).await?;
    token::read_json(&answer, "no discovery document in JSON")
}
