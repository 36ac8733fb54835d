//! Sessions: who a token belongs to, and how long it lives.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Live sessions by their token.
pub(crate) struct Sessions {
    live: Mutex<Live>,
}

struct Live {
    timeout: SignedDuration,
    by_token: HashMap<String, Session>,
    /// Deactivated users, who get no session: one that is being given while its
    /// user is deactivated must not outlive that.
    inactive: HashSet<String>,
}

/// What a live token stands for.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) user_id: String,
    /// How the session came about; `None` for SOAP logins.
    pub(crate) grant: Option<Arc<Granted>>,
    pub(crate) began_at: Timestamp,
    /// The last use that counted.
    active_at: Timestamp,
}

/// What an app was granted with a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Granted {
    pub(crate) client_id: String,
    pub(crate) scopes: Vec<String>,
    /// The authorization that the session and its refresh token came from.
    pub(crate) family: Option<u64>,
}

impl Sessions {
    pub(crate) fn new(timeout: Duration) -> Self {
        let live =
            Live { timeout: signed(timeout), by_token: HashMap::new(), inactive: HashSet::new() };
        Self { live: Mutex::new(live) }
    }

    /// Begins a session; a deactivated user's is over as it begins.
    pub(crate) fn begin(
        &self,
        token: String,
        user_id: &str,
        grant: Option<Granted>,
        now: Timestamp,
    ) {
        let mut live = self.lock();
        if live.inactive.contains(user_id) {
            return;
        }
        let timeout = live.timeout;
        live.by_token.retain(|_, session| is_live(session, timeout, now));
        let session = Session {
            user_id: user_id.to_owned(),
            grant: grant.map(Arc::new),
            began_at: now,
            active_at: now,
        };
        live.by_token.insert(token, session);
    }

    /// The session of a token, if it lives, and when it ends unless it is used;
    /// looking does not count as use.
    pub(crate) fn peek(&self, token: &str, now: Timestamp) -> Option<(Session, Timestamp)> {
        let live = self.lock();
        let session = live.by_token.get(token)?;
        let ends = session.active_at.checked_add(live.timeout).unwrap_or(Timestamp::MAX);
        is_live(session, live.timeout, now).then(|| (session.clone(), ends))
    }

    /// The session of a token, if it lives. A use in the second half of the
    /// timeout starts the timeout anew; one in the first half does not count.
    pub(crate) fn touch(&self, token: &str, now: Timestamp) -> Option<Session> {
        let mut live = self.lock();
        let timeout = live.timeout;
        let session = live.by_token.get_mut(token)?;
        if !is_live(session, timeout, now) {
            live.by_token.remove(token);
            return None;
        }
        if now.duration_since(session.active_at) > timeout / 2 {
            session.active_at = now;
        }
        Some(session.clone())
    }

    /// Ends a session; `false` if the token is none.
    pub(crate) fn end(&self, token: &str) -> bool {
        self.lock().by_token.remove(token).is_some()
    }

    /// Ends every session that came from one authorization.
    pub(crate) fn end_family(&self, family: u64) {
        self.lock().by_token.retain(|_, session| {
            session.grant.as_ref().is_none_or(|grant| grant.family != Some(family))
        });
    }

    /// Notes that a user was deactivated, which ends the user's sessions, or
    /// activated again.
    pub(crate) fn set_active(&self, user_id: &str, active: bool) {
        let mut live = self.lock();
        if active {
            live.inactive.remove(user_id);
        } else {
            live.inactive.insert(user_id.to_owned());
            live.by_token.retain(|_, session| session.user_id != user_id);
        }
    }

    pub(crate) fn end_all(&self) {
        self.lock().by_token.clear();
    }

    pub(crate) fn set_timeout(&self, timeout: Duration) {
        self.lock().timeout = signed(timeout);
    }

    pub(crate) fn timeout_seconds(&self) -> i64 {
        self.lock().timeout.as_secs()
    }

    fn lock(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_live(session: &Session, timeout: SignedDuration, now: Timestamp) -> bool {
    now.duration_since(session.active_at) < timeout
}

fn signed(timeout: Duration) -> SignedDuration {
    SignedDuration::try_from(timeout).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_use_in_the_second_half_extends() {
        let sessions = Sessions::new(Duration::from_secs(120));
        let start = Timestamp::UNIX_EPOCH;
        let at = |seconds| start + SignedDuration::from_secs(seconds);
        sessions.begin("late".to_owned(), "005", None, start);
        assert!(sessions.touch("late", at(59)).is_some());
        assert!(sessions.touch("late", at(119)).is_some(), "lives to the end of the first timeout");
        assert!(
            sessions.touch("late", at(238)).is_some(),
            "the use at 119 s started the timeout anew"
        );

        sessions.begin("early".to_owned(), "005", None, start);
        assert!(sessions.touch("early", at(60)).is_some());
        assert!(
            sessions.touch("early", at(120)).is_none(),
            "the use in the first half did not count"
        );
    }
}
