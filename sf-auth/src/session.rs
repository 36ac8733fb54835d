//! One access token, the instance it opens, and whether that instance ever accepted it.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use secrecy::SecretString;
use url::Url;

static NEXT_SERIAL: AtomicU64 = AtomicU64::new(0);

/// A Salesforce session: what a grant returned.
///
/// Salesforce sends no lifetime with most tokens, so a session is known to be dead only when a
/// request is refused. Where a lifetime is known all the same, it is kept here: an end that is fixed
/// ([`with_expires_in`](Self::with_expires_in)), or one that use puts off
/// ([`with_idle_timeout`](Self::with_idle_timeout)). Two sessions are the same only if they are the same grant ([`Session::is_same`]):
/// the platform may answer two grants with one token string.
pub struct Session {
    serial: u64,
    instance_url: Url,
    access_token: SecretString,
    org_id: Option<String>,
    user_id: Option<String>,
    scopes: Vec<String>,
    issued_at: Option<Timestamp>,
    obtained: (Instant, Timestamp),
    accepted: AtomicBool,
    life: Option<Life>,
    /// Milliseconds of age at which use last put off the end.
    extended_ms: AtomicU64,
}

/// How long a session lives.
#[derive(Debug, Clone, Copy)]
enum Life {
    /// So long after it was obtained.
    Fixed(Duration),
    /// So long after it was last extended: the platform extends a session that is used after half
    /// of its timeout has passed.
    Idle(Duration),
}

impl Session {
    /// A session from an instance URL and a token. The rest is added with the `with_` methods.
    pub fn new(instance_url: Url, access_token: impl Into<SecretString>) -> Self {
        Self {
            serial: NEXT_SERIAL.fetch_add(1, Ordering::Relaxed),
            instance_url,
            access_token: access_token.into(),
            org_id: None,
            user_id: None,
            scopes: Vec::new(),
            issued_at: None,
            obtained: (Instant::now(), Timestamp::now()),
            accepted: AtomicBool::new(false),
            life: None,
            extended_ms: AtomicU64::new(0),
        }
    }

    /// Adds the organisation and user ids, which stand in the `id` URL of a token response.
    #[must_use]
    pub fn with_identity(mut self, org_id: impl Into<String>, user_id: impl Into<String>) -> Self {
        self.org_id = Some(org_id.into());
        self.user_id = Some(user_id.into());
        self
    }

    /// Adds the granted scopes.
    #[must_use]
    pub fn with_scopes(mut self, scopes: Vec<String>) -> Self {
        self.scopes = scopes;
        self
    }

    /// Adds the time of issue as the platform stated it.
    #[must_use]
    pub fn with_issued_at(mut self, issued_at: Timestamp) -> Self {
        self.issued_at = Some(issued_at);
        self
    }

    /// Adds the lifetime that the token response stated (`expires_in`): it ends then, used or not.
    #[must_use]
    pub fn with_expires_in(mut self, lifetime: Duration) -> Self {
        self.life = Some(Life::Fixed(lifetime));
        self
    }

    /// Adds the session timeout of the org. A session that is used in the second half of it starts
    /// a new one ("Session Settings", Salesforce Help), which
    /// [`mark_accepted`](Self::mark_accepted) takes into account.
    #[must_use]
    pub fn with_idle_timeout(mut self, timeout: Duration) -> Self {
        self.life = Some(Life::Idle(timeout));
        self
    }

    /// Replaces the time at which the session was obtained, for one that another process obtained.
    #[must_use]
    pub fn with_obtained_at(mut self, time: Timestamp) -> Self {
        self.obtained.1 = time;
        self
    }

    /// When the session was obtained, by this computer's clock.
    pub fn obtained_at(&self) -> Timestamp {
        self.obtained.1
    }

    /// The whole lifetime, fixed or of one idle period, where it is known.
    pub fn lifetime(&self) -> Option<Duration> {
        self.life.map(|life| match life {
            Life::Fixed(whole) | Life::Idle(whole) => whole,
        })
    }

    /// Whether use puts off the end; `None` when nothing is known about the end.
    pub fn is_extended_by_use(&self) -> Option<bool> {
        self.life.map(|life| matches!(life, Life::Idle(_)))
    }

    /// What is left of the lifetime, zero once it is over; `None` when the end is not known.
    pub fn expires_in(&self) -> Option<Duration> {
        self.life.map(|life| match life {
            Life::Fixed(lifetime) => lifetime.saturating_sub(self.age()),
            Life::Idle(timeout) => {
                let extended = Duration::from_millis(self.extended_ms.load(Ordering::Relaxed));
                timeout.saturating_sub(self.age().saturating_sub(extended))
            }
        })
    }

    /// The instance, for example `https://acme.my.salesforce.com/`. Requests with this token go to
    /// this origin and to no other.
    pub fn instance_url(&self) -> &Url {
        &self.instance_url
    }

    /// The bearer token.
    pub fn access_token(&self) -> &SecretString {
        &self.access_token
    }

    /// The 18-character organisation id (`00D…`), when the grant named it.
    pub fn org_id(&self) -> Option<&str> {
        self.org_id.as_deref()
    }

    /// The 18-character user id (`005…`), when the grant named it.
    pub fn user_id(&self) -> Option<&str> {
        self.user_id.as_deref()
    }

    /// The granted scopes; empty when the grant does not list them (the password grant does not).
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// When the platform says that it issued the token. JWT bearer responses do not say.
    pub fn issued_at(&self) -> Option<Timestamp> {
        self.issued_at
    }

    /// Organisation and user as one key, `00D…/005…`, for caches that must not be shared between
    /// users. Without ids it is the instance URL, followed by a number of this session alone.
    pub fn identity(&self) -> String {
        match (&self.org_id, &self.user_id) {
            (Some(org), Some(user)) => format!("{org}/{user}"),
            _ => format!("{}#{}", self.instance_url, self.serial),
        }
    }

    /// Whether both are the result of one and the same grant.
    pub fn is_same(&self, other: &Session) -> bool {
        self.serial == other.serial
    }

    /// How long ago this process obtained the session.
    pub fn age(&self) -> Duration {
        let (instant, timestamp) = &self.obtained;
        let wall = Timestamp::now().duration_since(*timestamp);
        // The monotonic clock stands still while a computer sleeps; the wall clock can be set back.
        instant.elapsed().max(Duration::try_from(wall).unwrap_or_default())
    }

    /// Notes that the platform has answered a request with this token otherwise than by refusing
    /// the session. HTTP clients call this.
    pub fn mark_accepted(&self) {
        self.accepted.store(true, Ordering::Relaxed);
        if let Some(Life::Idle(timeout)) = self.life {
            let age = self.age();
            let extended = Duration::from_millis(self.extended_ms.load(Ordering::Relaxed));
            if age.saturating_sub(extended) > timeout / 2 {
                let millis = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
                self.extended_ms.fetch_max(millis, Ordering::Relaxed);
            }
        }
    }

    /// Whether the platform ever accepted this session. One that was refused from the start has a
    /// cause that a new token does not cure.
    pub fn was_accepted(&self) -> bool {
        self.accepted.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("instance_url", &self.instance_url.as_str())
            .field("access_token", &"[redacted]")
            .field("org_id", &self.org_id)
            .field("user_id", &self.user_id)
            .field("scopes", &self.scopes)
            .field("issued_at", &self.issued_at)
            .field("accepted", &self.was_accepted())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Session {
        let url = Url::parse("https://acme.my.salesforce.com").unwrap();
        Session::new(url, "00D000000000001!s3cr3t-token")
    }

    #[test]
    fn debug_hides_the_token() {
        let text = format!("{:?} {:#?}", session(), session());
        assert!(!text.contains("s3cr3t"), "{text}");
        assert!(text.contains("acme.my.salesforce.com"));
    }

    #[test]
    fn same_token_from_two_grants_is_not_the_same_session() {
        let (a, b) = (session(), session());
        assert!(a.is_same(&a));
        assert!(!a.is_same(&b));
        assert_ne!(a.identity(), b.identity());
    }

    #[test]
    fn identity_is_org_and_user() {
        let session = session().with_identity("00D1a000000H3O9EAK", "0051a000000UGT8AAO");
        assert_eq!(session.identity(), "00D1a000000H3O9EAK/0051a000000UGT8AAO");
    }
}
