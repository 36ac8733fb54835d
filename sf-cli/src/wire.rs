//! One GET, and the answer as it is: nothing is repeated, renewed or explained away. The doctor
//! and the login look at an org through this.

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue};
use http::{Request, StatusCode};
use serde_json::Value;
use sf_auth::transport::{TotalTimeout, Transport};
use sf_auth::{Error, ExposeSecret, Session, TOKEN_REQUEST_TIMEOUT};
use sf_rest::ApiVersion;
use url::Url;

/// The longest answer that is read: the list of objects of a big org is a few megabytes.
const BODY_CAP: usize = 32 << 20;

/// An answer that was read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    /// The body, if it is JSON.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The body of a success, if it is JSON.
    pub(crate) fn success(&self) -> Option<Value> {
        self.json().filter(|_| self.status.is_success())
    }

    /// Code and message of a refusal of the data API.
    pub(crate) fn refusal(&self) -> Option<(String, String)> {
        let body = self.json()?;
        let text = |key: &str| Some(body.get(0)?.get(key)?.as_str()?.to_owned());
        Some((text("errorCode")?, text("message").unwrap_or_default()))
    }
}

/// Asks an address, without a token.
pub(crate) async fn get(transport: &Transport, url: &str) -> Result<Answer, Error> {
    send(transport, Request::get(url)).await
}

/// Asks the instance of a session, with its token.
pub(crate) async fn get_with(
    transport: &Transport,
    session: &Session,
    url: &Url,
) -> Result<Answer, Error> {
    let bearer = format!("Bearer {}", session.access_token().expose_secret());
    let mut bearer = HeaderValue::try_from(bearer).map_err(|_| Error::Configuration {
        what: "the access token contains characters that no token has; copy it again".to_owned(),
    })?;
    bearer.set_sensitive(true);
    send(transport, Request::get(url.as_str()).header(AUTHORIZATION, bearer)).await
}

/// A resource of the data API below the instance of a session.
pub(crate) fn data(session: &Session, path: &str, soql: Option<&str>) -> Url {
    let mut url = session.instance_url().clone();
    url.set_path(&format!("/services/data/v{}/{path}", ApiVersion::default()));
    if let Some(soql) = soql {
        url.query_pairs_mut().append_pair("q", soql);
    }
    url
}

async fn send(transport: &Transport, request: http::request::Builder) -> Result<Answer, Error> {
    let request = request
        .header(ACCEPT, "application/json")
        .extension(TotalTimeout(TOKEN_REQUEST_TIMEOUT))
        .body(Bytes::new())
        .map_err(Error::other)?;
    let response = transport.send(request).await?;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.into_body().bytes(BODY_CAP).await?;
    Ok(Answer { status, headers, body })
}
