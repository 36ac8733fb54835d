//! SOAP `login()` and `logout()`: the way in that older clients use by default.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderMap, Uri};

use super::{permit, token};
use crate::access::IpRestriction;
use crate::engine::Login;
use crate::server::Org;

/// The versions that have `login()`.
const LOGIN_VERSIONS: std::ops::RangeInclusive<u32> = 31..=64;

/// A fault: code and message.
struct Fault(&'static str, &'static str);

/// What the envelope asks for.
enum Asked {
    Login { username: String, password: String },
    Logout { session: String },
}

pub(crate) async fn call(
    State(org): State<Arc<Org>>,
    Path(version): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let kind = if uri.path().contains("/Soap/c/") { "c" } else { "u" };
    let answered = match read(&body) {
        Some(Asked::Login { username, password }) => {
            login(&org, &version, &username, &password).await.map(|(user, token)| {
                let host = headers.get(HOST).and_then(|host| host.to_str().ok());
                login_result(&org, kind, &version, host, &user, &token)
            })
        }
        Some(Asked::Logout { session }) if org.sessions.end(&session) => {
            Ok(envelope(urn(kind), "<logoutResponse/>"))
        }
        Some(Asked::Logout { .. }) => Err(Fault(
            "INVALID_SESSION_ID",
            "Invalid Session ID found in SessionHeader: Illegal Session",
        )),
        None => {
            Err(Fault("INVALID_OPERATION", "this org answers login() and logout() alone over SOAP"))
        }
    };
    let (status, text) = match answered {
        Ok(text) => (StatusCode::OK, text),
        Err(Fault(code, message)) => (StatusCode::INTERNAL_SERVER_ERROR, fault(code, message)),
    };
    (status, [(CONTENT_TYPE, "text/xml;charset=UTF-8")], text).into_response()
}

async fn login(
    org: &Arc<Org>,
    version: &str,
    username: &str,
    password: &str,
) -> Result<(Login, String), Fault> {
    // Clients write 59.0 or 59.
    let number = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    if !number.is_some_and(|number| LOGIN_VERSIONS.contains(&number)) {
        let message = "login() is available in API versions 31.0 to 64.0";
        return Err(Fault("UNSUPPORTED_API_VERSION", message));
    }
    if password == org.password {
        let message = "Invalid username, password, security token; or user locked out. Are you at a new location? \
                       When accessing Salesforce--either via a desktop client or the API--from outside of your \
                       company's trusted networks, you must add a security token to your password to log in.";
        return Err(Fault("LOGIN_MUST_USE_SECURITY_TOKEN", message));
    }
    let user = token::login(org, username, password).await.ok_or(Fault(
        "INVALID_LOGIN",
        "Invalid username, password, security token; or user locked out.",
    ))?;
    if !org.access.is_org_active() {
        return Err(Fault("ORG_LOCKED", "The organization is locked"));
    }
    if org.access.is_password_expired(&user.id) {
        let message = "The users password has expired, you must call SetPassword before attempting any other API operations";
        return Err(Fault("INVALID_OPERATION_WITH_EXPIRED_PASSWORD", message));
    }
    if org.access.is_outside_hours(&user.id) {
        let message = "User attempted to login during restricted hours";
        return Err(Fault("LOGIN_DURING_RESTRICTED_TIME", message));
    }
    if org.access.ip() != IpRestriction::None {
        let message = "User attempted to login from a restricted domain";
        return Err(Fault("LOGIN_DURING_RESTRICTED_DOMAIN", message));
    }
    if !org.access.org_has_api() {
        let message = "API is not enabled for this Organization or Partner";
        return Err(Fault("API_DISABLED_FOR_ORG", message));
    }
    if !org.access.has_api(&user.id) {
        return Err(Fault("API_CURRENTLY_DISABLED", "API is disabled for this User"));
    }
    if permit::rate(org, &user, org.clock.now()).is_err() {
        let message = "Login rate exceeded. Try again in an hour.";
        return Err(Fault("INVALID_LOGIN", message));
    }
    let token = org.begin_session(&user.id, None);
    Ok((user, token))
}

fn read(body: &[u8]) -> Option<Asked> {
    let document = roxmltree::Document::parse(std::str::from_utf8(body).ok()?).ok()?;
    let find = |name: &str| document.descendants().find(|node| node.tag_name().name() == name);
    let text = |name: &str| find(name)?.text().map(|text| text.trim().to_owned());
    if find("login").is_some() {
        return Some(Asked::Login { username: text("username")?, password: text("password")? });
    }
    find("logout")?;
    Some(Asked::Logout { session: text("sessionId")? })
}

fn urn(kind: &str) -> &'static str {
    if kind == "c" { "urn:enterprise.soap.sforce.com" } else { "urn:partner.soap.sforce.com" }
}

fn envelope(urn: &str, body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns=\"{urn}\">\
         <soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    )
}

fn login_result(
    org: &Org,
    kind: &str,
    version: &str,
    host: Option<&str>,
    user: &Login,
    token: &str,
) -> String {
    let org_id = org.engine.org_id();
    let short: String = org_id.chars().take(15).collect();
    // Clients take the instance's host from here: the one that they reached.
    let base =
        host.map_or_else(|| org.absolute(""), |host| format!("{}://{host}", org.url.scheme()));
    let soap = |kind: &str| escape(&format!("{base}/services/Soap/{kind}/{version}/{short}"));
    let fields = [
        ("accessibilityMode", "false".to_owned()),
        ("currencySymbol", "$".to_owned()),
        ("organizationId", org_id.to_owned()),
        ("organizationMultiCurrency", "false".to_owned()),
        ("organizationName", "Embedded Org".to_owned()),
        ("profileId", String::new()),
        ("sessionSecondsValid", org.sessions.timeout_seconds().to_string()),
        ("userEmail", user.email.clone()),
        ("userFullName", user.name.clone()),
        ("userId", user.id.clone()),
        ("userLanguage", "en_US".to_owned()),
        ("userLocale", "en_US".to_owned()),
        ("userName", user.username.clone()),
        ("userTimeZone", "GMT".to_owned()),
        ("userType", "Standard".to_owned()),
    ];
    let info: String =
        fields.iter().map(|(name, value)| format!("<{name}>{}</{name}>", escape(value))).collect();
    let body = format!(
        "<loginResponse><result>\
         <metadataServerUrl>{}</metadataServerUrl><passwordExpired>false</passwordExpired><sandbox>false</sandbox>\
         <serverUrl>{}</serverUrl><sessionId>{}</sessionId><userId>{}</userId><userInfo>{info}</userInfo>\
         </result></loginResponse>",
        soap("m"),
        soap(kind),
        escape(token),
        user.id,
    );
    envelope(urn(kind), &body)
}

fn fault(code: &str, message: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:sf=\"urn:fault.partner.soap.sforce.com\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
         <soapenv:Body><soapenv:Fault><faultcode>sf:{code}</faultcode><faultstring>{code}: {message}</faultstring>\
         <detail><sf:LoginFault xsi:type=\"sf:LoginFault\"><sf:exceptionCode>{code}</sf:exceptionCode>\
         <sf:exceptionMessage>{message}</sf:exceptionMessage></sf:LoginFault></detail>\
         </soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
