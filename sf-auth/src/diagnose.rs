//! From the words of a refusal to a cause and a remedy that a person can act on.
//!
//! One table per place where the platform refuses. Texts are compared without regard to case, by
//! the part that all known releases share; the first rule that fits decides. What fits none is
//! [`Cause::Unknown`] and keeps its text. The two texts that kill a refresh token are compared
//! whole, since an account is given up because of them.

mod cause;

pub use cause::{Cause, CauseClass};

/// A refusal, explained.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnosis {
    /// Why.
    pub cause: Cause,
    /// What to do about it.
    pub remedy: &'static str,
    /// What the platform said.
    pub original: String,
}

/// An error code (empty: any), a part of the text in lower case (empty: any), and the cause.
type Rule = (&'static str, &'static str, Cause);

/// The token endpoint and its neighbours (Salesforce Help, "OAuth Error Codes").
const TOKEN: &[Rule] = &[
    ("invalid_grant", "=expired access/refresh token", Cause::DeadRefreshToken),
    ("invalid_grant", "=token validity expired", Cause::DeadRefreshToken),
    ("", "not installed", Cause::AppNotInstalled),
    ("invalid_client_id", "", Cause::UnknownClient),
    ("invalid_client", "identifier", Cause::UnknownClient),
    ("invalid_client", "introspect", Cause::IntrospectionNotAllowed),
    ("invalid_client", "", Cause::WrongSecret),
    ("invalid_app_access", "", Cause::NotApproved),
    ("unsupported_grant_type", "", Cause::FlowDisabled),
    ("unsupported_token_type", "", Cause::UnknownToken),
    ("redirect_uri_mismatch", "", Cause::RedirectMismatch),
    ("invalid_scope", "", Cause::ScopeNotAllowed),
    ("access_denied", "", Cause::AccessDenied),
    ("unknown_error", "", Cause::PlatformFailure),
    ("server_error", "", Cause::PlatformFailure),
    ("temporarily_unavailable", "", Cause::PlatformFailure),
    ("", "hasn't approved", Cause::NotApproved),
    ("", "not admin approved", Cause::NotApproved),
    ("", "no client credentials user", Cause::NoRunAsUser),
    ("", "not supported on this domain", Cause::WrongDomain),
    ("", "audience", Cause::Audience),
    ("", "code verifier", Cause::InvalidVerifier),
    ("", "authorization code", Cause::InvalidCode),
    ("", "device code", Cause::InvalidCode),
    ("", "assertion expired", Cause::ExpiredAssertion),
    ("", "expired assertion", Cause::ExpiredAssertion),
    ("", "assertion", Cause::InvalidAssertion),
    ("", "subject token", Cause::InvalidSubjectToken),
    ("", "inactive org", Cause::InactiveOrg),
    ("", "inactive user", Cause::InactiveUser),
    ("", "locked", Cause::InactiveUser),
    ("", "ip restricted", Cause::IpOrHours),
    ("", "login hours", Cause::IpOrHours),
    ("", "password expired", Cause::PasswordExpired),
    ("", "rate exceeded", Cause::TooManyLogins),
    ("", "rate limit exceeded", Cause::TooManyLogins),
    ("", "authentication failure", Cause::AuthenticationFailure),
    ("", "invalid user credentials", Cause::AuthenticationFailure),
    ("invalid_request", "", Cause::InvalidRequest),
];

/// What comes back with the browser (Salesforce Help, "OAuth 2.0 Web Server Flow").
const CALLBACK: &[Rule] = &[
    ("access_denied", "", Cause::AccessDenied),
    ("access-denied", "", Cause::AccessDenied),
    ("immediate_unsuccessful", "", Cause::LoginRequired),
    ("login_required", "", Cause::LoginRequired),
    ("interaction_required", "", Cause::LoginRequired),
    ("oauth_app_access_denied", "", Cause::NotApproved),
    ("oauth_app_blocked", "", Cause::AppBlocked),
    ("oauth_ec_app_not_found", "", Cause::AppNotInstalled),
    ("oauth_approval_error_generic", "", Cause::ApprovalFailed),
    ("unsupported_response_type", "", Cause::FlowDisabled),
    ("invalid_request", "code challenge", Cause::PkceRequired),
];

/// The data API (Salesforce REST API Developer Guide, "Status Codes and Error Responses").
const API: &[Rule] = &[
    ("", "not attached to agent", Cause::NotAttachedToAgent),
    ("invalid_session_id", "not valid for use", Cause::SessionNotForApi),
    ("invalid_session_id", "", Cause::SessionExpired),
    ("invalid_auth_header", "", Cause::MalformedHeader),
    ("request_limit_exceeded", "", Cause::RequestLimit),
    ("api_disabled_for_org", "", Cause::ApiDisabledForOrg),
    ("api_currently_disabled", "", Cause::ApiDisabledForUser),
    ("server_unavailable", "", Cause::PlatformFailure),
    ("", "doesn't have permission", Cause::NoPermission),
    ("", "insufficient access", Cause::NoPermission),
];

/// Userinfo and the identity URL, which answer 403 and one word (Salesforce Help, "Identity URLs").
const IDENTITY: &[Rule] = &[
    ("", "bad_oauth_token", Cause::SessionExpired),
    ("", "missing_oauth_token", Cause::MalformedHeader),
    ("", "wrong_org", Cause::WrongOrg),
    ("", "bad_id", Cause::WrongOrg),
    ("", "no_access", Cause::NoPermission),
    ("", "inactive_app", Cause::AppBlocked),
    ("", "no_site_endpoint", Cause::WrongDomain),
    ("", "internal error", Cause::PlatformFailure),
];

/// SOAP `login()` (SOAP API Developer Guide, "ExceptionCode").
const SOAP: &[Rule] = &[
    ("login_must_use_security_token", "", Cause::SecurityTokenRequired),
    ("invalid_operation_with_expired_password", "", Cause::PasswordExpired),
    ("api_currently_disabled", "", Cause::ApiDisabledForUser),
    ("api_disabled_for_org", "", Cause::ApiDisabledForOrg),
    ("login_during_restricted_domain", "", Cause::IpOrHours),
    ("login_during_restricted_time", "", Cause::IpOrHours),
    ("org_locked", "", Cause::InactiveOrg),
    ("trial_expired", "", Cause::InactiveOrg),
    ("password_lockout", "", Cause::InactiveUser),
    ("unsupported_api_version", "", Cause::SoapLoginRemoved),
    ("server_unavailable", "", Cause::PlatformFailure),
    ("invalid_login", "rate exceeded", Cause::TooManyLogins),
    ("invalid_login", "", Cause::AuthenticationFailure),
];

impl Diagnosis {
    fn new(cause: Cause, original: String) -> Self {
        Self { cause, remedy: cause.remedy(), original }
    }

    /// An `error` and `error_description` of the token endpoint.
    pub fn of_token(error: &str, description: &str) -> Self {
        Self::new(find(&[TOKEN], error, description), join(error, description))
    }

    /// An `error` and `error_description` that came back with the browser.
    pub fn of_callback(error: &str, description: &str) -> Self {
        Self::new(find(&[CALLBACK, TOKEN], error, description), join(error, description))
    }

    /// An `errorCode` and `message` of the data API, in an answer of status 401 or 403.
    pub fn of_api(code: &str, message: &str) -> Self {
        Self::new(find(&[API], code, message), join(code, message))
    }

    /// The body that userinfo or the identity URL refused with, as far as it is one line of text.
    pub fn of_identity(body: &str) -> Self {
        let line = one_line(body.trim().lines().next().unwrap_or_default());
        Self::new(find(&[IDENTITY], "", &line), line)
    }

    /// The exception code and message of a SOAP fault.
    pub fn of_soap(code: &str, message: &str) -> Self {
        Self::new(find(&[SOAP], code, message), join(code, message))
    }
}

impl Cause {
    /// The cause of an OAuth error of the token endpoint.
    pub fn of(error: &str, description: &str) -> Self {
        find(&[TOKEN], error, description)
    }
}

fn find(tables: &[&[Rule]], code: &str, text: &str) -> Cause {
    let (code, text) = (code.trim().to_ascii_lowercase(), text.trim().to_ascii_lowercase());
    let fits = |rule: &&Rule| {
        let (wanted, part, _) = **rule;
        let text_fits = match part.strip_prefix('=') {
            Some(whole) => text == whole,
            None => text.contains(part),
        };
        (wanted.is_empty() || wanted == code) && text_fits
    };
    let rules = tables.iter().flat_map(|table| table.iter());
    rules.into_iter().find(fits).map_or(Cause::Unknown, |(_, _, cause)| *cause)
}

/// A text from outside as an error may show it: short, and without characters that command a
/// terminal.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().take(300).map(|char| if char.is_control() { ' ' } else { char }).collect()
}

/// A code and a text, whichever there is.
pub(crate) fn join(code: &str, text: &str) -> String {
    let (code, text) = (&*one_line(code), &*one_line(text));
    match (code, text) {
        (code, "") => code.to_owned(),
        ("", text) => text.to_owned(),
        (code, text) => format!("{code}: {text}"),
    }
}

#[cfg(test)]
#[path = "diagnose/tests.rs"]
mod tests;
