//! SOAP `login()`: a session without an app.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::Request;
use http::header::CONTENT_TYPE;
use roxmltree::Document;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::checked;
use crate::diagnose::one_line;
use crate::oauth::token::{self, Answer};
use crate::transport::Transport;
use crate::{Cause, Diagnosis, Environment, Error, Flow, Session};

/// The newest version that has `login()`.
const VERSION: &str = "64.0";

/// SOAP `login()` of the partner API, version 64.0.
#[deprecated(
    since = "0.1.0",
    note = "login() does not exist in API version 65.0 and later (Winter '26), and ends for 64.0 and earlier with \
            Summer '27; use ClientCredentials or JwtBearer"
)]
#[derive(Clone)]
pub struct SoapLogin {
    environment: Environment,
    username: String,
    password: SecretString,
}

impl SoapLogin {
    /// The login of a user. `security_token` is appended to the password, which the platform wants
    /// from addresses outside the trusted ranges.
    ///
    /// # Errors
    /// [`Error::Configuration`] if the user name is empty or padded with white space, or the
    /// password is empty.
    pub fn new(
        environment: Environment,
        username: impl Into<String>,
        password: &SecretString,
        security_token: Option<&SecretString>,
    ) -> Result<Self, Error> {
        let (username, password) = checked(username.into(), password, security_token)?;
        Ok(Self { environment, username, password })
    }

    fn envelope(&self) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
             <env:Envelope xmlns:env=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns:urn=\"urn:partner.soap.sforce.com\"><env:Body><urn:login>\
             <urn:username>{}</urn:username><urn:password>{}</urn:password>\
             </urn:login></env:Body></env:Envelope>",
            escape(&self.username),
            escape(self.password.expose_secret()),
        )
    }

    fn read(&self, answer: &Answer) -> Result<Session, Error> {
        let text = std::str::from_utf8(&answer.body).unwrap_or_default();
        let Ok(document) = Document::parse(text) else {
            return Err(self.unexpected(answer, "no SOAP envelope"));
        };
        let find = |name: &str| {
            let mut nodes = document.descendants();
            nodes.find(|node| node.tag_name().name() == name)?.text().map(str::trim)
        };
        if find("faultcode").is_some() {
            return Err(fault(answer.status.as_u16(), &find));
        }
        if !answer.status.is_success() {
            return Err(token::failure(answer));
        }
        if find("passwordExpired") == Some("true") {
            return Err(Error::Grant {
                status: answer.status.as_u16(),
                error: "passwordExpired".to_owned(),
                description: "the session can only change the password".to_owned(),
                cause: Cause::PasswordExpired,
                clock_ahead: None,
            });
        }
        let server = find("serverUrl").and_then(|url| Url::parse(url).ok());
        let instance =
            server.and_then(|url| self.environment.instance(&url.origin().ascii_serialization()));
        let (Some(instance), Some(session_id)) = (instance, find("sessionId")) else {
            return Err(self.unexpected(answer, "no session in its SOAP envelope"));
        };
        let mut session = Session::new(instance, session_id.to_owned());
        if let (Some(org), Some(user)) = (find("organizationId"), find("userId")) {
            session = session.with_identity(org, user);
        }
        let seconds = find("sessionSecondsValid").and_then(|text| text.parse().ok());
        Ok(match seconds {
            Some(seconds) if seconds > 0 => session.with_idle_timeout(Duration::from_secs(seconds)),
            _ => session,
        })
    }

    fn unexpected(&self, answer: &Answer, problem: &str) -> Error {
        if answer.status.is_success() {
            return Error::UnexpectedResponse {
                endpoint: answer.endpoint.clone(),
                status: answer.status.as_u16(),
                problem: problem.to_owned(),
            };
        }
        token::failure(answer)
    }
}

fn fault<'a>(status: u16, find: &impl Fn(&str) -> Option<&'a str>) -> Error {
    let code = find("exceptionCode").or_else(|| {
        let code = find("faultcode")?;
        Some(code.rsplit_once(':').map_or(code, |(_, code)| code))
    });
    let code = code.unwrap_or_default();
    let message = find("exceptionMessage").or_else(|| find("faultstring")).unwrap_or_default();
    Error::Grant {
        status,
        cause: Diagnosis::of_soap(code, message).cause,
        error: one_line(code),
        description: one_line(message),
        clock_ahead: None,
    }
}

#[async_trait]
impl Flow for SoapLogin {
    async fn grant(&self, transport: &Transport) -> Result<Session, Error> {
        let endpoint = self.environment.endpoint(&format!("/services/Soap/u/{VERSION}"));
        let request = Request::post(&endpoint)
            .header(CONTENT_TYPE, "text/xml; charset=UTF-8")
            .header("SOAPAction", "login");
        let body = Bytes::from(self.envelope());
        self.read(&token::send(transport, endpoint, request, body).await?)
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\r', "&#13;")
}

impl fmt::Debug for SoapLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SoapLogin")
            .field("environment", &self.environment)
            .field("username", &self.username)
            .field("password", &"[redacted]")
            .finish()
    }
}
