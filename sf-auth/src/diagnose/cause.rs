//! Why something was refused, who can mend it, and how.

/// Why a grant, an authorization or a session was refused, as far as the platform tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// Wrong client secret.
    WrongSecret,
    /// The consumer key is not known at this address.
    UnknownClient,
    /// The app is not installed in this org.
    AppNotInstalled,
    /// An administrator has blocked the app.
    AppBlocked,
    /// The user has not approved the app and no administrator has done so for him.
    NotApproved,
    /// The client credentials flow has no run-as user.
    NoRunAsUser,
    /// The flow is not offered at this host.
    WrongDomain,
    /// The audience of the assertion does not fit the address.
    Audience,
    /// The assertion has expired, or the clocks differ.
    ExpiredAssertion,
    /// The signature or a claim of the assertion is wrong.
    InvalidAssertion,
    /// The certificate that the assertion was signed for has ended.
    ExpiredCertificate,
    /// The refresh token is dead.
    DeadRefreshToken,
    /// The authorization code or device code has expired, was used, or is not known.
    InvalidCode,
    /// The PKCE verifier does not belong to the code.
    InvalidVerifier,
    /// The app demands PKCE.
    PkceRequired,
    /// The redirect URI is not one of the app's.
    RedirectMismatch,
    /// A parameter is missing or wrong.
    InvalidRequest,
    /// A scope was asked for that the app does not have.
    ScopeNotAllowed,
    /// The person said no.
    AccessDenied,
    /// Nobody was logged in, and no page could be shown.
    LoginRequired,
    /// The approval failed on Salesforce's own pages.
    ApprovalFailed,
    /// Name, password or security token wrong, or the login is blocked.
    AuthenticationFailure,
    /// The password has to be followed by the security token.
    SecurityTokenRequired,
    /// The password has expired.
    PasswordExpired,
    /// The user is inactive, frozen or locked.
    InactiveUser,
    /// The org is inactive, locked, or its trial has ended.
    InactiveOrg,
    /// Address or hour of the login is not allowed.
    IpOrHours,
    /// Too many logins.
    TooManyLogins,
    /// The grant type is off for this app.
    FlowDisabled,
    /// SOAP login does not exist in this API version.
    SoapLoginRemoved,
    /// The token of an exchange was not accepted.
    InvalidSubjectToken,
    /// The app may not introspect tokens.
    IntrospectionNotAllowed,
    /// The token to revoke is not known, which is so once it is dead.
    UnknownToken,
    /// The session has ended.
    SessionExpired,
    /// The session is not for this API: a session of the user interface, or without `api`.
    SessionNotForApi,
    /// The app is not attached to the agent.
    NotAttachedToAgent,
    /// The authorization header cannot be read.
    MalformedHeader,
    /// The user may not use the API.
    ApiDisabledForUser,
    /// The org has no API.
    ApiDisabledForOrg,
    /// The user lacks a permission.
    NoPermission,
    /// The identity belongs to another org.
    WrongOrg,
    /// The day's requests, or those at one time, are used up.
    RequestLimit,
    /// An internal failure of the platform.
    PlatformFailure,
    /// None of the known texts.
    Unknown,
}

/// Who can do something about a [`Cause`], which decides what happens to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CauseClass {
    /// The refresh token will never work again: the user must approve the app anew. The platform
    /// says so in two texts alone, `expired access/refresh token` and `token validity expired`.
    Dead,
    /// An administrator of the org, or whoever configured this program.
    Admin,
    /// Nobody: it passes.
    Temporary,
    /// The calling program or the person at it: the same request with other contents may succeed.
    Caller,
    /// The text is not known; nothing may rest on it.
    Unknown,
}

impl Cause {
    /// Who can do something about it.
    pub fn class(self) -> CauseClass {
        match self {
            Self::DeadRefreshToken => CauseClass::Dead,
            Self::TooManyLogins | Self::RequestLimit | Self::PlatformFailure => {
                CauseClass::Temporary
            }
            Self::InvalidCode
            | Self::InvalidVerifier
            | Self::PkceRequired
            | Self::RedirectMismatch
            | Self::InvalidRequest
            | Self::AccessDenied
            | Self::LoginRequired
            | Self::ApprovalFailed
            | Self::InvalidSubjectToken
            | Self::UnknownToken
            | Self::SessionExpired
            | Self::MalformedHeader => CauseClass::Caller,
            Self::Unknown => CauseClass::Unknown,
            _ => CauseClass::Admin,
        }
    }

    /// Whether waiting alone may cure it.
    pub fn is_temporary(self) -> bool {
        self.class() == CauseClass::Temporary
    }

    /// What to do about it, in a sentence or two that an administrator can follow.
    #[expect(clippy::too_many_lines, reason = "a table of sentences")]
    pub fn remedy(self) -> &'static str {
        match self {
            Self::WrongSecret => {
                "The client secret is wrong: copy the consumer secret of the app again."
            }
            Self::UnknownClient => {
                "No app with this client id is known at this address: check the client id (consumer key) and the \
                 login URL (production or sandbox); a new app needs up to ten minutes, and a sandbox that was \
                 refreshed has other apps than before."
            }
            Self::AppNotInstalled => {
                "The app is not installed in this org: install or deploy it there first."
            }
            Self::AppBlocked => {
                "The app is blocked in this org: an administrator unblocks or installs it (Setup, Connected Apps \
                 OAuth Usage), or gives the user the permission to approve uninstalled apps."
            }
            Self::NotApproved => {
                "The user may not use the app yet: set its permitted users to \"Admin approved users are \
                 pre-authorized\" and assign it to the user's profile or a permission set, or let the user approve it \
                 once. Check the user name too: in a sandbox it ends in the sandbox's name."
            }
            Self::NoRunAsUser => {
                "The client credentials flow has no run-as user: choose one in the policies of the app."
            }
            Self::WrongDomain => {
                "This flow is served on the org's own domain only: use the My Domain address as login URL."
            }
            Self::Audience => {
                "The audience of the assertion does not fit: use https://login.salesforce.com for production, \
                 https://test.salesforce.com for sandboxes, or the address of the Experience Cloud site."
            }
            Self::ExpiredAssertion => {
                "The assertion had expired on arrival: check the clock of this computer."
            }
            Self::InvalidAssertion => {
                "The assertion was not accepted: check that the app holds the certificate of this private key and \
                 that it has not ended, that client id and user name are right, and that this computer's clock is."
            }
            Self::ExpiredCertificate => {
                "The certificate of the app has ended: make a new one, upload it to the app, and use its private key."
            }
            Self::DeadRefreshToken => {
                "The refresh token is dead (revoked, aged out, pushed out by newer approvals, or of a sandbox that \
                 was refreshed): the user must approve the app again."
            }
            Self::InvalidCode => {
                "The code has expired or was used before: start the login again. A code lives for minutes and works \
                 once."
            }
            Self::InvalidVerifier => {
                "The code belongs to another login than the one that this program began: start the login again."
            }
            Self::PkceRequired => "The app demands PKCE: send a code challenge with the request.",
            Self::RedirectMismatch => {
                "The redirect URI is not registered: add it to the callback URLs of the app, letter by letter."
            }
            Self::InvalidRequest => {
                "A parameter of the request is missing or wrong: check the configuration of the login."
            }
            Self::ScopeNotAllowed => {
                "A scope was asked for that the app does not have: add it in the app's OAuth settings, or do not ask \
                 for it."
            }
            Self::AccessDenied => "The user refused access: start the login again and allow it.",
            Self::LoginRequired => {
                "Nobody is logged in to Salesforce in this browser, or the app was not approved yet: start the login \
                 again and let its pages be shown."
            }
            Self::ApprovalFailed => {
                "Salesforce could not finish the approval: start the login again in a new private window; if it fails \
                 again, an administrator checks that the app is installed and that the user is permitted to use it."
            }
            Self::AuthenticationFailure => {
                "Name, password or security token is wrong, the user is inactive, or this flow or address is blocked: \
                 see the user's login history. The user name must have no white space around it, and in a sandbox it \
                 ends in the sandbox's name."
            }
            Self::SecurityTokenRequired => {
                "From this address the password must be followed by the security token: append it, or add the address \
                 to the trusted IP ranges."
            }
            Self::PasswordExpired => {
                "The password has expired: set a new one, then append its new security token."
            }
            Self::InactiveUser => {
                "The user is inactive, frozen or locked: an administrator must activate or unlock it."
            }
            Self::InactiveOrg => {
                "The org is inactive or locked, or its trial has ended: ask Salesforce."
            }
            Self::IpOrHours => {
                "This address or hour is not allowed: check the login IP ranges and hours of the profile, or relax \
                 IP restrictions in the policies of the app."
            }
            Self::TooManyLogins => "Too many logins in the last hour: wait, and reuse sessions.",
            Self::FlowDisabled => {
                "This flow is not enabled for the app, or is blocked in the org: enable it in the app's OAuth \
                 settings (Setup, OAuth and OpenID Connect Settings for the org)."
            }
            Self::SoapLoginRemoved => {
                "SOAP login() exists up to API version 64.0 only: use another flow, such as client credentials."
            }
            Self::InvalidSubjectToken => {
                "The token to exchange was not accepted: check its type, its life, and the app's token exchange \
                 handler."
            }
            Self::IntrospectionNotAllowed => {
                "The app may not introspect tokens: enable introspection in its OAuth settings."
            }
            Self::UnknownToken => {
                "The token is not known; it may have been revoked before. Nothing is to be done."
            }
            Self::SessionExpired => {
                "The session has ended: log in again. If it is new, check the login IP ranges and that the instance \
                 URL belongs to this org."
            }
            Self::SessionNotForApi => {
                "The session is not valid for this API: ask for the scope \"api\" and log in through the app rather \
                 than with a session of the user interface."
            }
            Self::NotAttachedToAgent => {
                "The app is not attached to the agent: attach it in the agent's connections."
            }
            Self::MalformedHeader => {
                "The authorization header cannot be read: the token is empty or damaged."
            }
            Self::ApiDisabledForUser => {
                "The user may not use the API: give it the permission \"API Enabled\"; if API access control is on, \
                 allow the app."
            }
            Self::ApiDisabledForOrg => {
                "The edition of this org has no API, or it is switched off: ask Salesforce to enable it."
            }
            Self::NoPermission => {
                "The user lacks a permission for this: add it in the profile or a permission set."
            }
            Self::WrongOrg => {
                "The session belongs to another org or user: use the instance URL and ids of its own login."
            }
            Self::RequestLimit => "The API requests are used up: wait.",
            Self::PlatformFailure => "An internal failure of the platform: try again later.",
            Self::Unknown => "See the login history of the user and the OAuth settings of the app.",
        }
    }
}
