//! Every text that the platform is known to refuse with, its cause and its remedy.

use std::fmt::Write as _;

use super::*;

/// Where a text is read, its code and its words.
const TEXTS: &[(&str, &str, &str)] = &[
    ("token", "invalid_grant", "expired access/refresh token"),
    ("token", "invalid_grant", "token validity expired"),
    ("token", "invalid_grant", "authentication failure"),
    ("token", "invalid_grant", "authentication failure - Invalid Password"),
    ("token", "invalid_grant", "expired authorization code"),
    ("token", "invalid_grant", "invalid authorization code"),
    ("token", "invalid_grant", "invalid or expired device code"),
    ("token", "invalid_grant", "invalid code verifier"),
    ("token", "invalid_grant", "user hasn't approved this consumer"),
    ("token", "invalid_grant", "Audience validation failed"),
    ("token", "invalid_grant", "audience is invalid"),
    ("token", "invalid_grant", "invalid assertion"),
    ("token", "invalid_grant", "assertion expired"),
    ("token", "invalid_grant", "expired assertion"),
    ("token", "invalid_grant", "no client credentials user enabled"),
    ("token", "invalid_grant", "request not supported on this domain"),
    ("token", "invalid_grant", "inactive user"),
    ("token", "invalid_grant", "user is locked"),
    ("token", "invalid_grant", "inactive organization"),
    ("token", "invalid_grant", "ip restricted or invalid login hours"),
    ("token", "invalid_grant", "ip restricted"),
    ("token", "invalid_grant", "password expired"),
    ("token", "invalid_grant", "invalid user credentials"),
    ("token", "invalid_grant", "rate limit exceeded"),
    ("token", "invalid_grant", "login rate exceeded"),
    ("token", "invalid_grant", "invalid subject token"),
    ("token", "invalid_client_id", "client identifier invalid"),
    ("token", "invalid_client", "client identifier invalid"),
    ("token", "invalid_client", "invalid client credentials"),
    ("token", "invalid_client", "External client app is not installed in this org"),
    ("token", "invalid_client", "app is not allowed to introspect tokens"),
    ("token", "invalid_app_access", "user is not admin approved to access this app"),
    ("token", "unsupported_grant_type", "grant type not supported"),
    ("token", "redirect_uri_mismatch", "redirect_uri must match configuration"),
    ("token", "invalid_scope", "the requested scope is not allowed"),
    ("token", "access_denied", "end-user denied authorization"),
    ("token", "invalid_request", "must use HTTP POST"),
    ("token", "invalid_request", "missing required parameters"),
    ("token", "unknown_error", "retry your request"),
    ("token", "server_error", ""),
    ("token", "temporarily_unavailable", ""),
    ("token", "unsupported_token_type", "this token type is not supported"),
    ("token", "invalid_grant", "words of a later release"),
    ("callback", "access_denied", "end-user denied authorization"),
    ("callback", "access-denied", ""),
    ("callback", "invalid_client_id", "client identifier invalid"),
    ("callback", "unsupported_response_type", "response type not supported"),
    ("callback", "invalid_request", "missing required code challenge"),
    ("callback", "invalid_scope", "the requested scope is not allowed"),
    ("callback", "immediate_unsuccessful", ""),
    ("callback", "login_required", ""),
    ("callback", "interaction_required", ""),
    ("callback", "redirect_uri_mismatch", "redirect_uri must match configuration"),
    ("callback", "OAUTH_APP_ACCESS_DENIED", ""),
    ("callback", "OAUTH_APP_BLOCKED", "this app is blocked by admin"),
    ("callback", "OAUTH_EC_APP_NOT_FOUND", "External client app is not installed in this org"),
    ("callback", "OAUTH_APPROVAL_ERROR_GENERIC", ""),
    ("callback", "something_new", "words of a later release"),
    ("api", "INVALID_SESSION_ID", "Session expired or invalid"),
    ("api", "INVALID_SESSION_ID", "This session is not valid for use with the REST API"),
    ("api", "", "Connected app is not attached to Agent"),
    ("api", "INVALID_AUTH_HEADER", "INVALID_AUTH_HEADER"),
    ("api", "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE"),
    ("api", "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
    ("api", "API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner"),
    ("api", "API_CURRENTLY_DISABLED", "API is disabled for this User"),
    ("api", "FORBIDDEN", "The user doesn't have permission to do this"),
    ("api", "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id"),
    ("api", "SERVER_UNAVAILABLE", "Server too busy"),
    ("api", "SOMETHING_NEW", "words of a later release"),
    ("identity", "", "Bad_OAuth_Token"),
    ("identity", "", "Missing_OAuth_Token"),
    ("identity", "", "Wrong_Org"),
    ("identity", "", "Bad_Id"),
    ("identity", "", "No_Access"),
    ("identity", "", "Inactive_App"),
    ("identity", "", "No_Site_Endpoint"),
    ("identity", "", "Internal Error"),
    ("soap", "INVALID_LOGIN", "Invalid username, password, security token; or user locked out."),
    ("soap", "INVALID_LOGIN", "Login rate exceeded. Try again in an hour."),
    (
        "soap",
        "LOGIN_MUST_USE_SECURITY_TOKEN",
        "Invalid username, password, security token; or user locked out.",
    ),
    ("soap", "INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "The users password has expired"),
    ("soap", "API_CURRENTLY_DISABLED", "API is disabled for this User"),
    ("soap", "API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner"),
    ("soap", "LOGIN_DURING_RESTRICTED_DOMAIN", "User attempted to login from a restricted domain"),
    ("soap", "LOGIN_DURING_RESTRICTED_TIME", "User attempted to login during a restricted time"),
    ("soap", "ORG_LOCKED", "organization locked"),
    ("soap", "TRIAL_EXPIRED", "trial expired"),
    ("soap", "PASSWORD_LOCKOUT", "password lockout"),
    ("soap", "UNSUPPORTED_API_VERSION", "login() is available in API versions 31.0 to 64.0"),
    ("soap", "SERVER_UNAVAILABLE", "server unavailable"),
];

fn diagnose(place: &str, code: &str, text: &str) -> Diagnosis {
    match place {
        "token" => Diagnosis::of_token(code, text),
        "callback" => Diagnosis::of_callback(code, text),
        "api" => Diagnosis::of_api(code, text),
        "identity" => Diagnosis::of_identity(text),
        _ => Diagnosis::of_soap(code, text),
    }
}

#[test]
fn the_whole_table() {
    let mut table = String::new();
    for (place, code, text) in TEXTS {
        let found = diagnose(place, code, text);
        let class = found.cause.class();
        let _ = writeln!(
            table,
            "{place} | {} | {:?} | {class:?} | {}",
            found.original, found.cause, found.remedy
        );
    }
    insta::assert_snapshot!(table, @r#"
    token | invalid_grant: expired access/refresh token | DeadRefreshToken | Dead | The refresh token is dead (revoked, aged out, pushed out by newer approvals, or of a sandbox that was refreshed): the user must approve the app again.
    token | invalid_grant: token validity expired | DeadRefreshToken | Dead | The refresh token is dead (revoked, aged out, pushed out by newer approvals, or of a sandbox that was refreshed): the user must approve the app again.
    token | invalid_grant: authentication failure | AuthenticationFailure | Admin | Name, password or security token is wrong, the user is inactive, or this flow or address is blocked: see the user's login history. The user name must have no white space around it, and in a sandbox it ends in the sandbox's name.
    token | invalid_grant: authentication failure - Invalid Password | AuthenticationFailure | Admin | Name, password or security token is wrong, the user is inactive, or this flow or address is blocked: see the user's login history. The user name must have no white space around it, and in a sandbox it ends in the sandbox's name.
    token | invalid_grant: expired authorization code | InvalidCode | Caller | The code has expired or was used before: start the login again. A code lives for minutes and works once.
    token | invalid_grant: invalid authorization code | InvalidCode | Caller | The code has expired or was used before: start the login again. A code lives for minutes and works once.
    token | invalid_grant: invalid or expired device code | InvalidCode | Caller | The code has expired or was used before: start the login again. A code lives for minutes and works once.
    token | invalid_grant: invalid code verifier | InvalidVerifier | Caller | The code belongs to another login than the one that this program began: start the login again.
    token | invalid_grant: user hasn't approved this consumer | NotApproved | Admin | The user may not use the app yet: set its permitted users to "Admin approved users are pre-authorized" and assign it to the user's profile or a permission set, or let the user approve it once. Check the user name too: in a sandbox it ends in the sandbox's name.
    token | invalid_grant: Audience validation failed | Audience | Admin | The audience of the assertion does not fit: use https://login.salesforce.com for production, https://test.salesforce.com for sandboxes, or the address of the Experience Cloud site.
    token | invalid_grant: audience is invalid | Audience | Admin | The audience of the assertion does not fit: use https://login.salesforce.com for production, https://test.salesforce.com for sandboxes, or the address of the Experience Cloud site.
    token | invalid_grant: invalid assertion | InvalidAssertion | Admin | The assertion was not accepted: check that the app holds the certificate of this private key and that it has not ended, that client id and user name are right, and that this computer's clock is.
    token | invalid_grant: assertion expired | ExpiredAssertion | Admin | The assertion had expired on arrival: check the clock of this computer.
    token | invalid_grant: expired assertion | ExpiredAssertion | Admin | The assertion had expired on arrival: check the clock of this computer.
    token | invalid_grant: no client credentials user enabled | NoRunAsUser | Admin | The client credentials flow has no run-as user: choose one in the policies of the app.
    token | invalid_grant: request not supported on this domain | WrongDomain | Admin | This flow is served on the org's own domain only: use the My Domain address as login URL.
    token | invalid_grant: inactive user | InactiveUser | Admin | The user is inactive, frozen or locked: an administrator must activate or unlock it.
    token | invalid_grant: user is locked | InactiveUser | Admin | The user is inactive, frozen or locked: an administrator must activate or unlock it.
    token | invalid_grant: inactive organization | InactiveOrg | Admin | The org is inactive or locked, or its trial has ended: ask Salesforce.
    token | invalid_grant: ip restricted or invalid login hours | IpOrHours | Admin | This address or hour is not allowed: check the login IP ranges and hours of the profile, or relax IP restrictions in the policies of the app.
    token | invalid_grant: ip restricted | IpOrHours | Admin | This address or hour is not allowed: check the login IP ranges and hours of the profile, or relax IP restrictions in the policies of the app.
    token | invalid_grant: password expired | PasswordExpired | Admin | The password has expired: set a new one, then append its new security token.
    token | invalid_grant: invalid user credentials | AuthenticationFailure | Admin | Name, password or security token is wrong, the user is inactive, or this flow or address is blocked: see the user's login history. The user name must have no white space around it, and in a sandbox it ends in the sandbox's name.
    token | invalid_grant: rate limit exceeded | TooManyLogins | Temporary | Too many logins in the last hour: wait, and reuse sessions.
    token | invalid_grant: login rate exceeded | TooManyLogins | Temporary | Too many logins in the last hour: wait, and reuse sessions.
    token | invalid_grant: invalid subject token | InvalidSubjectToken | Caller | The token to exchange was not accepted: check its type, its life, and the app's token exchange handler.
    token | invalid_client_id: client identifier invalid | UnknownClient | Admin | No app with this client id is known at this address: check the client id (consumer key) and the login URL (production or sandbox); a new app needs up to ten minutes, and a sandbox that was refreshed has other apps than before.
    token | invalid_client: client identifier invalid | UnknownClient | Admin | No app with this client id is known at this address: check the client id (consumer key) and the login URL (production or sandbox); a new app needs up to ten minutes, and a sandbox that was refreshed has other apps than before.
    token | invalid_client: invalid client credentials | WrongSecret | Admin | The client secret is wrong: copy the consumer secret of the app again.
    token | invalid_client: External client app is not installed in this org | AppNotInstalled | Admin | The app is not installed in this org: install or deploy it there first.
    token | invalid_client: app is not allowed to introspect tokens | IntrospectionNotAllowed | Admin | The app may not introspect tokens: enable introspection in its OAuth settings.
    token | invalid_app_access: user is not admin approved to access this app | NotApproved | Admin | The user may not use the app yet: set its permitted users to "Admin approved users are pre-authorized" and assign it to the user's profile or a permission set, or let the user approve it once. Check the user name too: in a sandbox it ends in the sandbox's name.
    token | unsupported_grant_type: grant type not supported | FlowDisabled | Admin | This flow is not enabled for the app, or is blocked in the org: enable it in the app's OAuth settings (Setup, OAuth and OpenID Connect Settings for the org).
    token | redirect_uri_mismatch: redirect_uri must match configuration | RedirectMismatch | Caller | The redirect URI is not registered: add it to the callback URLs of the app, letter by letter.
    token | invalid_scope: the requested scope is not allowed | ScopeNotAllowed | Admin | A scope was asked for that the app does not have: add it in the app's OAuth settings, or do not ask for it.
    token | access_denied: end-user denied authorization | AccessDenied | Caller | The user refused access: start the login again and allow it.
    token | invalid_request: must use HTTP POST | InvalidRequest | Caller | A parameter of the request is missing or wrong: check the configuration of the login.
    token | invalid_request: missing required parameters | InvalidRequest | Caller | A parameter of the request is missing or wrong: check the configuration of the login.
    token | unknown_error: retry your request | PlatformFailure | Temporary | An internal failure of the platform: try again later.
    token | server_error | PlatformFailure | Temporary | An internal failure of the platform: try again later.
    token | temporarily_unavailable | PlatformFailure | Temporary | An internal failure of the platform: try again later.
    token | unsupported_token_type: this token type is not supported | UnknownToken | Caller | The token is not known; it may have been revoked before. Nothing is to be done.
    token | invalid_grant: words of a later release | Unknown | Unknown | See the login history of the user and the OAuth settings of the app.
    callback | access_denied: end-user denied authorization | AccessDenied | Caller | The user refused access: start the login again and allow it.
    callback | access-denied | AccessDenied | Caller | The user refused access: start the login again and allow it.
    callback | invalid_client_id: client identifier invalid | UnknownClient | Admin | No app with this client id is known at this address: check the client id (consumer key) and the login URL (production or sandbox); a new app needs up to ten minutes, and a sandbox that was refreshed has other apps than before.
    callback | unsupported_response_type: response type not supported | FlowDisabled | Admin | This flow is not enabled for the app, or is blocked in the org: enable it in the app's OAuth settings (Setup, OAuth and OpenID Connect Settings for the org).
    callback | invalid_request: missing required code challenge | PkceRequired | Caller | The app demands PKCE: send a code challenge with the request.
    callback | invalid_scope: the requested scope is not allowed | ScopeNotAllowed | Admin | A scope was asked for that the app does not have: add it in the app's OAuth settings, or do not ask for it.
    callback | immediate_unsuccessful | LoginRequired | Caller | Nobody is logged in to Salesforce in this browser, or the app was not approved yet: start the login again and let its pages be shown.
    callback | login_required | LoginRequired | Caller | Nobody is logged in to Salesforce in this browser, or the app was not approved yet: start the login again and let its pages be shown.
    callback | interaction_required | LoginRequired | Caller | Nobody is logged in to Salesforce in this browser, or the app was not approved yet: start the login again and let its pages be shown.
    callback | redirect_uri_mismatch: redirect_uri must match configuration | RedirectMismatch | Caller | The redirect URI is not registered: add it to the callback URLs of the app, letter by letter.
    callback | OAUTH_APP_ACCESS_DENIED | NotApproved | Admin | The user may not use the app yet: set its permitted users to "Admin approved users are pre-authorized" and assign it to the user's profile or a permission set, or let the user approve it once. Check the user name too: in a sandbox it ends in the sandbox's name.
    callback | OAUTH_APP_BLOCKED: this app is blocked by admin | AppBlocked | Admin | The app is blocked in this org: an administrator unblocks or installs it (Setup, Connected Apps OAuth Usage), or gives the user the permission to approve uninstalled apps.
    callback | OAUTH_EC_APP_NOT_FOUND: External client app is not installed in this org | AppNotInstalled | Admin | The app is not installed in this org: install or deploy it there first.
    callback | OAUTH_APPROVAL_ERROR_GENERIC | ApprovalFailed | Caller | Salesforce could not finish the approval: start the login again in a new private window; if it fails again, an administrator checks that the app is installed and that the user is permitted to use it.
    callback | something_new: words of a later release | Unknown | Unknown | See the login history of the user and the OAuth settings of the app.
    api | INVALID_SESSION_ID: Session expired or invalid | SessionExpired | Caller | The session has ended: log in again. If it is new, check the login IP ranges and that the instance URL belongs to this org.
    api | INVALID_SESSION_ID: This session is not valid for use with the REST API | SessionNotForApi | Admin | The session is not valid for this API: ask for the scope "api" and log in through the app rather than with a session of the user interface.
    api | Connected app is not attached to Agent | NotAttachedToAgent | Admin | The app is not attached to the agent: attach it in the agent's connections.
    api | INVALID_AUTH_HEADER: INVALID_AUTH_HEADER | MalformedHeader | Caller | The authorization header cannot be read: the token is empty or damaged.
    api | INVALID_AUTH_HEADER: INVALID_HEADER_TYPE | MalformedHeader | Caller | The authorization header cannot be read: the token is empty or damaged.
    api | REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded. | RequestLimit | Temporary | The API requests are used up: wait.
    api | API_DISABLED_FOR_ORG: API is not enabled for this Organization or Partner | ApiDisabledForOrg | Admin | The edition of this org has no API, or it is switched off: ask Salesforce to enable it.
    api | API_CURRENTLY_DISABLED: API is disabled for this User | ApiDisabledForUser | Admin | The user may not use the API: give it the permission "API Enabled"; if API access control is on, allow the app.
    api | FORBIDDEN: The user doesn't have permission to do this | NoPermission | Admin | The user lacks a permission for this: add it in the profile or a permission set.
    api | INSUFFICIENT_ACCESS_OR_READONLY: insufficient access rights on object id | NoPermission | Admin | The user lacks a permission for this: add it in the profile or a permission set.
    api | SERVER_UNAVAILABLE: Server too busy | PlatformFailure | Temporary | An internal failure of the platform: try again later.
    api | SOMETHING_NEW: words of a later release | Unknown | Unknown | See the login history of the user and the OAuth settings of the app.
    identity | Bad_OAuth_Token | SessionExpired | Caller | The session has ended: log in again. If it is new, check the login IP ranges and that the instance URL belongs to this org.
    identity | Missing_OAuth_Token | MalformedHeader | Caller | The authorization header cannot be read: the token is empty or damaged.
    identity | Wrong_Org | WrongOrg | Admin | The session belongs to another org or user: use the instance URL and ids of its own login.
    identity | Bad_Id | WrongOrg | Admin | The session belongs to another org or user: use the instance URL and ids of its own login.
    identity | No_Access | NoPermission | Admin | The user lacks a permission for this: add it in the profile or a permission set.
    identity | Inactive_App | AppBlocked | Admin | The app is blocked in this org: an administrator unblocks or installs it (Setup, Connected Apps OAuth Usage), or gives the user the permission to approve uninstalled apps.
    identity | No_Site_Endpoint | WrongDomain | Admin | This flow is served on the org's own domain only: use the My Domain address as login URL.
    identity | Internal Error | PlatformFailure | Temporary | An internal failure of the platform: try again later.
    soap | INVALID_LOGIN: Invalid username, password, security token; or user locked out. | AuthenticationFailure | Admin | Name, password or security token is wrong, the user is inactive, or this flow or address is blocked: see the user's login history. The user name must have no white space around it, and in a sandbox it ends in the sandbox's name.
    soap | INVALID_LOGIN: Login rate exceeded. Try again in an hour. | TooManyLogins | Temporary | Too many logins in the last hour: wait, and reuse sessions.
    soap | LOGIN_MUST_USE_SECURITY_TOKEN: Invalid username, password, security token; or user locked out. | SecurityTokenRequired | Admin | From this address the password must be followed by the security token: append it, or add the address to the trusted IP ranges.
    soap | INVALID_OPERATION_WITH_EXPIRED_PASSWORD: The users password has expired | PasswordExpired | Admin | The password has expired: set a new one, then append its new security token.
    soap | API_CURRENTLY_DISABLED: API is disabled for this User | ApiDisabledForUser | Admin | The user may not use the API: give it the permission "API Enabled"; if API access control is on, allow the app.
    soap | API_DISABLED_FOR_ORG: API is not enabled for this Organization or Partner | ApiDisabledForOrg | Admin | The edition of this org has no API, or it is switched off: ask Salesforce to enable it.
    soap | LOGIN_DURING_RESTRICTED_DOMAIN: User attempted to login from a restricted domain | IpOrHours | Admin | This address or hour is not allowed: check the login IP ranges and hours of the profile, or relax IP restrictions in the policies of the app.
    soap | LOGIN_DURING_RESTRICTED_TIME: User attempted to login during a restricted time | IpOrHours | Admin | This address or hour is not allowed: check the login IP ranges and hours of the profile, or relax IP restrictions in the policies of the app.
    soap | ORG_LOCKED: organization locked | InactiveOrg | Admin | The org is inactive or locked, or its trial has ended: ask Salesforce.
    soap | TRIAL_EXPIRED: trial expired | InactiveOrg | Admin | The org is inactive or locked, or its trial has ended: ask Salesforce.
    soap | PASSWORD_LOCKOUT: password lockout | InactiveUser | Admin | The user is inactive, frozen or locked: an administrator must activate or unlock it.
    soap | UNSUPPORTED_API_VERSION: login() is available in API versions 31.0 to 64.0 | SoapLoginRemoved | Admin | SOAP login() exists up to API version 64.0 only: use another flow, such as client credentials.
    soap | SERVER_UNAVAILABLE: server unavailable | PlatformFailure | Temporary | An internal failure of the platform: try again later.
    "#);
}

#[test]
fn every_rule_is_reached_by_a_text() {
    let tables = [
        ("token", TOKEN),
        ("callback", CALLBACK),
        ("api", API),
        ("identity", IDENTITY),
        ("soap", SOAP),
    ];
    for (place, rules) in tables {
        for (code, part, cause) in rules {
            let reached = TEXTS.iter().any(|(at, known, text)| {
                *at == place
                    && (code.is_empty() || known.eq_ignore_ascii_case(code))
                    && text.to_lowercase().contains(part.trim_start_matches('='))
                    && diagnose(place, known, text).cause == *cause
            });
            assert!(reached, "{place}: no text shows {code:?} {part:?} {cause:?}");
        }
    }
}

#[test]
fn nothing_but_the_two_texts_kills_a_refresh_token() {
    for (error, description) in [
        ("invalid_grant", "expired access/refresh token (see log)"),
        ("invalid_request", "expired access/refresh token"),
        ("invalid_grant", "expired token"),
        ("invalid_grant", "inactive user"),
        ("invalid_grant", ""),
    ] {
        assert_ne!(Cause::of(error, description).class(), CauseClass::Dead, "{description}");
    }
    assert_eq!(
        Cause::of("invalid_grant", " Expired access/refresh token\n").class(),
        CauseClass::Dead
    );
}

#[test]
fn what_is_not_known_keeps_its_words() {
    let found = Diagnosis::of_token("invalid_grant", "words of a later release");
    assert_eq!(
        (found.cause, found.original.as_str()),
        (Cause::Unknown, "invalid_grant: words of a later release")
    );
    let page = Diagnosis::of_identity("<html>\nlong page");
    assert_eq!((page.cause, page.original.as_str()), (Cause::Unknown, "<html>"));
}
