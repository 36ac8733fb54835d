//! From the words of a refused grant to a cause and a remedy that a person can act on.

/// Why a grant was refused, as far as `error` and `error_description` tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// Wrong client secret.
    WrongSecret,
    /// The consumer key is not known at this address.
    UnknownClient,
    /// The app is not installed in this org.
    AppNotInstalled,
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
    /// The refresh token is dead.
    DeadRefreshToken,
    /// Name, password or security token wrong, or the login is blocked.
    AuthenticationFailure,
    /// The user is inactive or locked.
    InactiveUser,
    /// Address or hour of the login is not allowed.
    IpOrHours,
    /// Too many logins.
    TooManyLogins,
    /// The grant type is off for this app.
    FlowDisabled,
    /// An internal failure of the platform.
    PlatformFailure,
    /// None of the known texts.
    Unknown,
}

impl Cause {
    /// Reads the cause from an OAuth error. Descriptions are compared without regard to case;
    /// what is not recognised is [`Cause::Unknown`].
    pub fn of(error: &str, description: &str) -> Self {
        let text = description.to_ascii_lowercase();
        let has = |part: &str| text.contains(part);
        match error {
            "invalid_client_id" => Self::UnknownClient,
            "invalid_app_access" => Self::NotApproved,
            "unsupported_grant_type" => Self::FlowDisabled,
            "unknown_error" => Self::PlatformFailure,
            _ if has("not installed") => Self::AppNotInstalled,
            "invalid_client" if has("identifier") => Self::UnknownClient,
            "invalid_client" => Self::WrongSecret,
            _ if has("hasn't approved") || has("not admin approved") => Self::NotApproved,
            _ if has("no client credentials user") => Self::NoRunAsUser,
            _ if has("not supported on this domain") => Self::WrongDomain,
            _ if has("audience") => Self::Audience,
            _ if has("access/refresh token") || has("token validity expired") => {
                Self::DeadRefreshToken
            }
            _ if has("assertion") && has("expired") => Self::ExpiredAssertion,
            _ if has("assertion") => Self::InvalidAssertion,
            _ if has("inactive") || has("locked") => Self::InactiveUser,
            _ if has("ip restricted") || has("login hours") => Self::IpOrHours,
            _ if has("rate") && has("exceeded") => Self::TooManyLogins,
            _ if has("authentication failure") || has("invalid user credentials") => {
                Self::AuthenticationFailure
            }
            _ => Self::Unknown,
        }
    }

    /// What to do about it, in one or two sentences.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::WrongSecret => {
                "The client secret is wrong: copy the consumer secret of the app again."
            }
            Self::UnknownClient => {
                "No app with this client id is known at this address: check the client id (consumer key) and the \
                 login URL (production or sandbox); a new app needs up to ten minutes."
            }
            Self::AppNotInstalled => {
                "The app is not installed in this org: install or deploy it there first."
            }
            Self::NotApproved => {
                "The user may not use the app yet: set its permitted users to \"Admin approved users are \
                 pre-authorized\" and assign it to the user's profile or a permission set, or let the user approve it once."
            }
            Self::NoRunAsUser => {
                "The client credentials flow has no run-as user: choose one in the policies of the app."
            }
            Self::WrongDomain => {
                "This flow is served on the org's own domain only: use the My Domain address as login URL."
            }
            Self::Audience => {
                "The audience of the assertion does not fit: use https://login.salesforce.com for production, \
                 https://test.salesforce.com for sandboxes, or the org's My Domain address."
            }
            Self::ExpiredAssertion => {
                "The assertion had expired on arrival: check the clock of this computer."
            }
            Self::InvalidAssertion => {
                "The assertion was not accepted: check that the app holds the certificate of this private key, that \
                 client id and user name are right, and that this computer's clock is."
            }
            Self::DeadRefreshToken => {
                "The refresh token is dead (revoked, aged out, or pushed out by newer approvals): the user must \
                 approve the app again."
            }
            Self::AuthenticationFailure => {
                "Name, password or security token is wrong, the user is inactive, or this flow or address is blocked: \
                 see the user's login history."
            }
            Self::InactiveUser => {
                "The user or the org is inactive or locked: an administrator must mend that."
            }
            Self::IpOrHours => {
                "This address or hour is not allowed: check the login IP ranges and hours of the profile, or relax \
                 IP restrictions in the policies of the app."
            }
            Self::TooManyLogins => "Too many logins in the last hour: wait, and reuse sessions.",
            Self::FlowDisabled => {
                "This flow is not enabled for the app: enable it in the app's OAuth settings."
            }
            Self::PlatformFailure => "An internal failure of the platform: try again later.",
            Self::Unknown => "See the login history of the user and the OAuth settings of the app.",
        }
    }

    /// Whether waiting alone may cure it.
    pub fn is_temporary(self) -> bool {
        matches!(self, Self::TooManyLogins | Self::PlatformFailure)
    }
}

#[cfg(test)]
mod tests {
    use super::Cause;

    #[test]
    fn known_texts() {
        for (error, description, cause) in [
            ("invalid_client", "invalid client credentials", Cause::WrongSecret),
            ("invalid_client_id", "client identifier invalid", Cause::UnknownClient),
            (
                "invalid_client",
                "External client app is not installed in this org",
                Cause::AppNotInstalled,
            ),
            ("invalid_grant", "user hasn't approved this consumer", Cause::NotApproved),
            (
                "invalid_app_access",
                "user is not admin approved to access this app",
                Cause::NotApproved,
            ),
            ("invalid_grant", "no client credentials user enabled", Cause::NoRunAsUser),
            ("invalid_grant", "request not supported on this domain", Cause::WrongDomain),
            ("invalid_grant", "Audience validation failed", Cause::Audience),
            ("invalid_grant", "audience is invalid", Cause::Audience),
            ("invalid_grant", "assertion expired", Cause::ExpiredAssertion),
            ("invalid_grant", "invalid assertion", Cause::InvalidAssertion),
            ("invalid_grant", "expired access/refresh token", Cause::DeadRefreshToken),
            ("invalid_grant", "token validity expired", Cause::DeadRefreshToken),
            ("invalid_grant", "authentication failure", Cause::AuthenticationFailure),
            ("invalid_grant", "inactive user", Cause::InactiveUser),
            ("invalid_grant", "ip restricted or invalid login hours", Cause::IpOrHours),
            ("invalid_grant", "login rate exceeded", Cause::TooManyLogins),
            ("unsupported_grant_type", "grant type not supported", Cause::FlowDisabled),
            ("unknown_error", "retry your request", Cause::PlatformFailure),
            ("invalid_grant", "something new", Cause::Unknown),
        ] {
            assert_eq!(Cause::of(error, description), cause, "{error}: {description}");
        }
    }
}
