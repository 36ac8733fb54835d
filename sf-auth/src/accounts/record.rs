//! What the store holds about an account.
//!
//! Everything secret in it is sealed. It is changed by compare-and-swap only, and every write has a
//! name of its own, so that a write whose answer was lost can be found again.

use std::time::Duration;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::lifecycle::{Event, Status, Then, Transition, next};
use crate::seal::{SealError, SealedSecret, WrappedKey};
use crate::{Cause, Error};

/// The form of the record.
pub(super) const FORMAT: u8 = 1;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) format: u8,
    /// The name of the write that left the record as it is.
    pub(super) write: String,
    pub(super) identifier: String,
    pub(super) status: Status,
    /// The account's data key.
    pub(super) key: WrappedKey,
    pub(super) login: Login,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) org: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) user: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) instance: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) scopes: Vec<String>,
    /// Scopes that were asked for and not granted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) missing_scopes: Vec<String>,
    /// How many grants were stored. The refresh token and the shared session are those of the last.
    pub(super) generation: u64,
    /// The attempt that the last stored grant came from.
    #[serde(default)]
    pub(super) granted_by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) refresh_token: Option<SealedSecret>,
    #[serde(default)]
    pub(super) rotation: Rotation,
    #[serde(default)]
    pub(super) doubt: Doubt,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) flight: Option<Flight>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) session: Option<SealedSecret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) pending: Option<Pending>,
    /// The callback that is being redeemed, or was redeemed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) claim: Option<String>,
    /// Nothing is tried before this time, by the store's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) not_before: Option<Timestamp>,
    #[serde(default)]
    pub(super) health: RecordedHealth,
}

/// How the account obtains sessions.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Login {
    /// A person authorises an app; `None` is the app that all accounts share.
    AuthorizationCode {
        app: Option<StoredApp>,
    },
    JwtBearer {
        login: String,
        client_id: String,
        username: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        audience: Option<String>,
        key: SealedSecret,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        certificate_ends: Option<Timestamp>,
    },
    ClientCredentials {
        login: String,
        client_id: String,
        secret: SealedSecret,
    },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct StoredApp {
    pub(super) login: String,
    pub(super) client_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) secret: Option<SealedSecret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) redirect_uri: Option<String>,
    pub(super) scopes: String,
}

/// Whether the app gives a new refresh token with each refresh, as far as was seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Rotation {
    #[default]
    Unknown,
    Rotates,
    Keeps,
}

/// Whether the stored refresh token may have been used up by a request whose outcome is not stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Doubt {
    #[default]
    None,
    /// Hardly: the platform failed, or the app did not rotate when it was last seen. It is settled
    /// where the app may introspect, and otherwise no reason to stop.
    Weak,
    /// It may well be.
    Strong,
}

/// Lease and intent in one: someone is about to send the refresh token of `generation`. It is
/// written before the request is sent and removed with its outcome. While `until` is ahead, nobody
/// else sends; one that is left behind says that the outcome is not known.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Flight {
    pub(super) attempt: String,
    pub(super) holder: String,
    pub(super) generation: u64,
    pub(super) started: Timestamp,
    pub(super) until: Timestamp,
}

/// An authorization that was started.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Pending {
    /// URL, state and verifier, sealed.
    pub(super) sealed: SealedSecret,
    pub(super) until: Timestamp,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct RecordedHealth {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last_success: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last_failure: Option<RecordedFailure>,
    #[serde(default)]
    pub(super) consecutive_failures: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct RecordedFailure {
    pub(super) at: Timestamp,
    /// The message, which holds no secret.
    pub(super) what: String,
    /// The name of the [`Cause`], where the platform stated one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cause: Option<String>,
}

/// After a refusal: doubled from a minute to an hour.
const SLOWLY: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(3600));

impl Record {
    pub(super) fn new(identifier: &str, key: WrappedKey, login: Login) -> Self {
        Self {
            format: FORMAT,
            write: String::new(),
            identifier: identifier.to_owned(),
            status: Status::Pending,
            key,
            login,
            org: None,
            user: None,
            instance: None,
            scopes: Vec::new(),
            missing_scopes: Vec::new(),
            generation: 0,
            granted_by: String::new(),
            refresh_token: None,
            rotation: Rotation::default(),
            doubt: Doubt::default(),
            flight: None,
            session: None,
            pending: None,
            claim: None,
            not_before: None,
            health: RecordedHealth::default(),
        }
    }

    /// Whether it obtains sessions by itself, with no refresh token.
    pub(super) fn is_self_sufficient(&self) -> bool {
        !matches!(self.login, Login::AuthorizationCode { .. })
    }

    /// How much doubt a request leaves whose outcome is not known.
    pub(super) fn doubt_of_lost(&self) -> Doubt {
        match (&self.refresh_token, self.rotation) {
            (None, _) => Doubt::None,
            (Some(_), Rotation::Keeps) => Doubt::Weak,
            (Some(_), _) => Doubt::Strong,
        }
    }

    /// Lets an event happen.
    pub(super) fn apply(&mut self, event: Event) -> Then {
        let Transition { status, then } = next(self.status, event);
        self.status = status;
        then
    }

    /// Lets a failure happen, and notes it.
    pub(super) fn fail(
        &mut self,
        event: Event,
        what: String,
        cause: Option<Cause>,
        now: Timestamp,
    ) {
        let then = self.apply(event);
        self.note(what, cause, now);
        let health = &mut self.health;
        health.consecutive_failures = health.consecutive_failures.saturating_add(1);
        self.not_before = match then {
            Then::AskAdmin => {
                let (first, longest) = SLOWLY;
                let doublings = (health.consecutive_failures - 1).min(10);
                after(now, first.saturating_mul(1 << doublings).min(longest))
            }
            Then::BackOff if self.status == Status::NeedsAdmin => after(now, SLOWLY.0),
            _ => None,
        };
    }

    /// Notes what went wrong.
    pub(super) fn note(&mut self, what: String, cause: Option<Cause>, now: Timestamp) {
        let cause = cause.map(|cause| format!("{cause:?}"));
        self.health.last_failure = Some(RecordedFailure { at: now, what, cause });
    }

    /// Notes that a session was obtained.
    pub(super) fn succeed(&mut self, event: Event, now: Timestamp) {
        self.apply(event);
        self.health.last_success = Some(now);
        self.health.consecutive_failures = 0;
        self.not_before = None;
        self.doubt = Doubt::None;
    }

    /// What went wrong last, in words.
    pub(super) fn reason(&self) -> String {
        let failure = self.health.last_failure.as_ref();
        failure.map_or_else(|| "no reason is recorded".to_owned(), |failure| failure.what.clone())
    }
}

pub(super) fn after(now: Timestamp, length: Duration) -> Option<Timestamp> {
    now.checked_add(length).ok()
}

pub(super) fn cause_of(error: &Error) -> Option<Cause> {
    match error {
        Error::Grant { cause, .. } => Some(*cause),
        _ => None,
    }
}

/// An error with its sources, in one line.
pub(super) fn message(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// 128 random bits as text.
pub(super) fn unique() -> Result<String, SealError> {
    let mut bytes = [0; 16];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| SealError::Crypto { doing: "making a random name" })?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
