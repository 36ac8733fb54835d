//! The states of a connected account, and what each event makes of them: one table.
//!
//! A cell is the state that follows and what is done next. Nothing else in this crate decides about
//! the state of an account. Errors reach this table by the class of their cause
//! ([`Cause::class`](crate::Cause::class)) and by whether an answer was read, never by a text that is
//! not established.
//!
//! | | Pending | Active | Uncertain | NeedsReauth | NeedsAdmin | Disconnected |
//! | --- | --- | --- | --- | --- | --- | --- |
//! | Authorized | Active, use | Active, use | Active, use | Active, use | Active, use | Active, use |
//! | Refreshed | Active, use | Active, use | Active, use | Active, use | Active, use | Disconnected, discard |
//! | Dead | Pending, ask user | NeedsReauth, ask user | NeedsReauth, ask user | NeedsReauth, ask user | NeedsReauth, ask user | Disconnected, ask user |
//! | Refused | NeedsAdmin, ask admin | NeedsAdmin, ask admin | NeedsAdmin, ask admin | NeedsReauth, ask user | NeedsAdmin, ask admin | Disconnected, ask user |
//! | Failed | Pending, back off | Active, back off | Uncertain, back off | NeedsReauth, ask user | NeedsAdmin, back off | Disconnected, ask user |
//! | Lost | Uncertain, back off | Uncertain, back off | Uncertain, back off | NeedsReauth, ask user | Uncertain, back off | Disconnected, ask user |
//! | Settled | Pending, go on | Active, go on | Active, go on | NeedsReauth, ask user | NeedsAdmin, go on | Disconnected, ask user |
//! | Disconnected | Disconnected, ask user | Disconnected, ask user | Disconnected, ask user | Disconnected, ask user | Disconnected, ask user | Disconnected, ask user |

use std::fmt;

use serde::{Deserialize, Serialize};

/// The state of a connected account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Status {
    /// It was never authorised.
    Pending,
    /// It has credentials that worked when they were last used.
    Active,
    /// A refresh token that may rotate was sent and no answer was read: the stored one may be used
    /// up. Sessions that live go on; the token is settled or replayed only when none is left.
    Uncertain,
    /// The platform says that the refresh token is dead: a person has to authorise again.
    NeedsReauth,
    /// Only an administrator of the org can mend it; it is tried again slowly.
    NeedsAdmin,
    /// We disconnected it.
    Disconnected,
}

/// What happens to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Event {
    /// A person finished an authorization, or other credentials were given and worked.
    Authorized,
    /// The stored credentials obtained a session.
    Refreshed,
    /// The platform said that the stored refresh token is dead, in words that are established, or
    /// introspection said that it is not active; and nobody has replaced it meanwhile.
    Dead,
    /// The platform refused for a reason that an administrator can mend, or in words not known.
    Refused,
    /// An outage, a limit, or no connection.
    Failed,
    /// A refresh token that may rotate was sent, and what became of it is not known.
    Lost,
    /// Introspection said that the stored refresh token is active.
    Settled,
    /// We disconnect the account.
    Disconnected,
}

/// What is done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Then {
    /// The session is handed out.
    Use,
    /// The refresh is sent.
    GoOn,
    /// What was obtained is revoked and not stored.
    Discard,
    /// It is tried again, after a pause that grows to a minute.
    BackOff,
    /// It is tried again, after a pause that grows to an hour.
    AskAdmin,
    /// It is not tried again until a person has authorised.
    AskUser,
}

/// The state that follows, and what is done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Transition {
    /// The state that follows.
    pub status: Status,
    /// What is done next.
    pub then: Then,
}

impl Status {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Pending,
        Self::Active,
        Self::Uncertain,
        Self::NeedsReauth,
        Self::NeedsAdmin,
        Self::Disconnected,
    ];
}

impl Event {
    /// Every event.
    pub const ALL: [Self; 8] = [
        Self::Authorized,
        Self::Refreshed,
        Self::Dead,
        Self::Refused,
        Self::Failed,
        Self::Lost,
        Self::Settled,
        Self::Disconnected,
    ];
}

/// The table.
pub const fn next(status: Status, event: Event) -> Transition {
    use Status::{Active, Disconnected, NeedsAdmin, NeedsReauth, Pending, Uncertain};
    use Then::{AskAdmin, AskUser, BackOff, Discard, GoOn, Use};

    let (status, then) = match (event, status) {
        (Event::Authorized, _) => (Active, Use),
        (Event::Disconnected, _) => (Disconnected, AskUser),

        // We disconnected it while a request was in the air.
        (Event::Refreshed, Disconnected) => (Disconnected, Discard),
        (_, Disconnected) => (Disconnected, AskUser),

        // From NeedsReauth too: someone slower than the lease stores what he was given after all.
        (Event::Refreshed, _) => (Active, Use),
        (_, NeedsReauth) => (NeedsReauth, AskUser),

        // There was no token yet.
        (Event::Dead, Pending) => (Pending, AskUser),
        (Event::Dead, _) => (NeedsReauth, AskUser),

        (Event::Refused, _) => (NeedsAdmin, AskAdmin),
        (Event::Failed, unchanged) => (unchanged, BackOff),
        (Event::Lost, _) => (Uncertain, BackOff),
        (Event::Settled, Uncertain) => (Active, GoOn),
        (Event::Settled, unchanged) => (unchanged, GoOn),
    };
    Transition { status, then }
}

/// The table as Markdown, as it stands in the docs of this module.
pub fn table() -> String {
    let mut text = String::from("| |");
    for status in Status::ALL {
        text.push_str(&format!(" {status:?} |"));
    }
    text.push_str("\n| --- |");
    text.push_str(&" --- |".repeat(Status::ALL.len()));
    for event in Event::ALL {
        text.push_str(&format!("\n| {event:?} |"));
        for status in Status::ALL {
            let Transition { status, then } = next(status, event);
            text.push_str(&format!(" {status:?}, {then} |"));
        }
    }
    text
}

impl fmt::Display for Then {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Use => "use",
            Self::GoOn => "go on",
            Self::Discard => "discard",
            Self::BackOff => "back off",
            Self::AskAdmin => "ask admin",
            Self::AskUser => "ask user",
        })
    }
}

/// As it is stored: `needs_reauth`.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Uncertain => "uncertain",
            Self::NeedsReauth => "needs_reauth",
            Self::NeedsAdmin => "needs_admin",
            Self::Disconnected => "disconnected",
        })
    }
}
