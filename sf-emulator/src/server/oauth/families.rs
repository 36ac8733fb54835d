//! Refresh tokens: what came from one authorization is a family, which lives
//! and ends together.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::connected_app::RefreshLife;

/// Refresh tokens that one user can have of one app.
const MAX_PER_USER_AND_APP: usize = 5;

/// The authorizations that gave a refresh token, and who approved which app.
#[derive(Default)]
pub(crate) struct Families {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    next: u64,
    /// In the order in which they began.
    live: BTreeMap<u64, Family>,
    /// Every refresh token of a live family, the replaced ones included.
    by_token: HashMap<String, u64>,
    /// Refresh tokens that ended when their user was deactivated: consumer key
    /// and user id.
    deactivated: HashMap<String, (String, String)>,
    /// Scopes by consumer key and user id.
    approvals: HashMap<(String, String), HashSet<String>>,
}

/// One authorization.
#[derive(Clone)]
pub(crate) struct Family {
    pub(crate) client_id: String,
    pub(crate) user_id: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) began: Timestamp,
    pub(crate) used: Timestamp,
    /// Access tokens given.
    pub(crate) uses: u64,
    current: String,
}

/// Why a refresh token gives nothing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Dead {
    /// Never issued, revoked, or of another app.
    Unknown,
    /// Older, or longer out of use, than the app's policy allows.
    TooOld,
    /// Replaced by a newer one: its family is over now.
    Reused(u64),
}

impl Families {
    /// Begins a family with its first token. Gives its number, and that of the
    /// oldest one if it had to end for it.
    pub(crate) fn begin(&self, family: &NewFamily<'_>, token: String) -> (u64, Option<u64>) {
        let mut state = self.lock();
        let mut same = state.live.iter().filter(|(_, known)| {
            known.client_id == family.client_id && known.user_id == family.user_id
        });
        let oldest = same.next().map(|(number, _)| *number);
        let evicted = oldest.filter(|_| same.count() + 1 >= MAX_PER_USER_AND_APP);
        if let Some(number) = evicted {
            state.end(number);
        }
        state.next += 1;
        let number = state.next;
        state.by_token.insert(token.clone(), number);
        let family = Family {
            client_id: family.client_id.to_owned(),
            user_id: family.user_id.to_owned(),
            scopes: family.scopes.to_vec(),
            began: family.now,
            used: family.now,
            uses: 1,
            current: token,
        };
        state.live.insert(number, family);
        (number, evicted)
    }

    /// Uses a token; `replacement` takes its place if the app rotates.
    pub(crate) fn redeem(
        &self,
        token: &str,
        client_id: &str,
        life: RefreshLife,
        replacement: Option<String>,
        now: Timestamp,
    ) -> Result<(u64, Family), Dead> {
        let mut state = self.lock();
        let number = *state.by_token.get(token).ok_or(Dead::Unknown)?;
        let family = state.live.get_mut(&number).ok_or(Dead::Unknown)?;
        if family.client_id != client_id {
            return Err(Dead::Unknown);
        }
        if family.current != token {
            state.end(number);
            return Err(Dead::Reused(number));
        }
        if family.is_over(life, now) {
            return Err(Dead::TooOld);
        }
        family.used = now;
        family.uses += 1;
        if let Some(replacement) = replacement {
            family.current.clone_from(&replacement);
            let family = family.clone();
            state.by_token.insert(replacement, number);
            return Ok((number, family));
        }
        Ok((number, family.clone()))
    }

    /// The family whose newest token this is; looking is not use.
    pub(crate) fn find(&self, token: &str) -> Option<Family> {
        let state = self.lock();
        let family = state.live.get(state.by_token.get(token)?)?;
        (family.current == token).then(|| family.clone())
    }

    /// The families of an app, the oldest first.
    pub(crate) fn of_app(&self, client_id: &str) -> Vec<(u64, Family)> {
        let state = self.lock();
        let known = state.live.iter().filter(|(_, family)| family.client_id == client_id);
        known.map(|(number, family)| (*number, family.clone())).collect()
    }

    /// Whom a token of this app is for, if it counts or did until its user was
    /// deactivated.
    pub(crate) fn owner(&self, token: &str, client_id: &str) -> Option<String> {
        let live = self.find(token).map(|family| (family.client_id, family.user_id));
        let owner = live.or_else(|| self.lock().deactivated.get(token).cloned());
        owner.filter(|(app, _)| app == client_id).map(|(_, user_id)| user_id)
    }

    /// Ends every family of a user.
    pub(crate) fn end_user(&self, user_id: &str) {
        let mut state = self.lock();
        let of_user = state.live.iter().filter(|(_, family)| family.user_id == user_id);
        let ended: Vec<(u64, Family)> =
            of_user.map(|(number, family)| (*number, family.clone())).collect();
        for (number, family) in ended {
            state.end(number);
            state.deactivated.insert(family.current, (family.client_id, family.user_id));
        }
    }

    pub(crate) fn is_live(&self, number: u64) -> bool {
        self.lock().live.contains_key(&number)
    }

    pub(crate) fn end(&self, number: u64) {
        self.lock().end(number);
    }

    /// Ends the family of a token, the replaced ones included.
    pub(crate) fn end_by_token(&self, token: &str) -> Option<u64> {
        let mut state = self.lock();
        let number = *state.by_token.get(token)?;
        state.end(number);
        Some(number)
    }

    /// Notes that a user approved an app with these scopes.
    pub(crate) fn approve(&self, client_id: &str, user_id: &str, scopes: &[String]) {
        let key = (client_id.to_owned(), user_id.to_owned());
        self.lock().approvals.entry(key).or_default().extend(scopes.iter().cloned());
    }

    /// Whether a user approved an app with all of these scopes at one time or
    /// another; without scopes, whether with any.
    pub(crate) fn has_approved(&self, client_id: &str, user_id: &str, scopes: &[String]) -> bool {
        let state = self.lock();
        let approved = state.approvals.get(&(client_id.to_owned(), user_id.to_owned()));
        approved.is_some_and(|approved| scopes.iter().all(|scope| approved.contains(scope)))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a family begins with.
pub(crate) struct NewFamily<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) user_id: &'a str,
    pub(crate) scopes: &'a [String],
    pub(crate) now: Timestamp,
}

impl Family {
    /// Whether the app's policy has ended it.
    pub(crate) fn is_over(&self, life: RefreshLife, now: Timestamp) -> bool {
        is_past(self.began, life.lifetime, now) || is_past(self.used, life.idle, now)
    }
}

fn is_past(since: Timestamp, life: Option<Duration>, now: Timestamp) -> bool {
    life.is_some_and(|life| {
        let life = SignedDuration::try_from(life).unwrap_or(SignedDuration::MAX);
        now.duration_since(since) >= life
    })
}

impl State {
    fn end(&mut self, number: u64) {
        self.live.remove(&number);
        self.by_token.retain(|_, family| *family != number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(families: &Families, token: &str) -> (u64, Option<u64>) {
        let now = Timestamp::UNIX_EPOCH;
        let new = NewFamily { client_id: "app", user_id: "005", scopes: &[], now };
        families.begin(&new, token.to_owned())
    }

    #[test]
    fn the_sixth_ends_the_oldest() {
        let families = Families::default();
        for token in ["a", "b", "c", "d", "e"] {
            assert_eq!(begin(&families, token).1, None);
        }
        assert_eq!(begin(&families, "f").1, Some(1));
        assert!(families.find("a").is_none());
        assert!(families.find("b").is_some());
    }

    #[test]
    fn a_replaced_token_ends_the_family() {
        let families = Families::default();
        let (number, _) = begin(&families, "old");
        let redeem = |token: &str, new: Option<&str>| {
            let now = Timestamp::UNIX_EPOCH;
            let redeemed =
                families.redeem(token, "app", RefreshLife::default(), new.map(str::to_owned), now);
            redeemed.map(|(number, _)| number)
        };
        assert_eq!(redeem("old", Some("new")), Ok(number));
        assert_eq!(redeem("old", None), Err(Dead::Reused(number)));
        assert_eq!(redeem("new", None), Err(Dead::Unknown));
        assert!(!families.is_live(number));
    }
}
