//! Who is kept out: locked users, addresses out of range, login hours, the API
//! switched off.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Logins of one user that the platform allows in an hour.
const LOGINS_PER_HOUR: u32 = 3_600;

/// When the client's address is held against the allowed ranges, which it is
/// outside of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum IpRestriction {
    /// Every address is allowed.
    #[default]
    None,
    /// At login: no new session is given.
    Login,
    /// At every request: open sessions do not work either.
    EveryRequest,
}

/// What the org's administrator can forbid while it runs. Users are named by
/// their 18-character id.
#[derive(Debug)]
pub struct Access {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    ip: IpRestriction,
    locked: BTreeSet<String>,
    without_api: BTreeSet<String>,
    org_without_api: bool,
    outside_hours: BTreeSet<String>,
    expired_passwords: BTreeSet<String>,
    org_inactive: bool,
    logins_per_hour: u32,
    /// Start of the hour that is counted, and logins since.
    logins: HashMap<String, (Timestamp, u32)>,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            state: Mutex::new(State {
                ip: IpRestriction::None,
                locked: BTreeSet::new(),
                without_api: BTreeSet::new(),
                org_without_api: false,
                outside_hours: BTreeSet::new(),
                expired_passwords: BTreeSet::new(),
                org_inactive: false,
                logins_per_hour: LOGINS_PER_HOUR,
                logins: HashMap::new(),
            }),
        }
    }
}

impl Access {
    /// Puts the client's address outside the allowed ranges, or back inside.
    pub fn restrict_ip(&self, restriction: IpRestriction) {
        self.lock().ip = restriction;
    }

    /// Locks a user out: no login and no refresh; open sessions go on.
    pub fn lock_user(&self, user_id: impl Into<String>) {
        self.lock().locked.insert(user_id.into());
    }

    /// Lets a locked user in again.
    pub fn unlock_user(&self, user_id: &str) {
        self.lock().locked.remove(user_id);
    }

    /// Puts the present outside a user's login hours: no login and no refresh;
    /// open sessions go on.
    pub fn end_login_hours(&self, user_id: impl Into<String>) {
        self.lock().outside_hours.insert(user_id.into());
    }

    /// Puts it back inside them.
    pub fn begin_login_hours(&self, user_id: &str) {
        self.lock().outside_hours.remove(user_id);
    }

    /// Lets a user's password expire: it gives no session, by the password
    /// grant, SOAP or the login page. Other flows do not ask for it.
    pub fn expire_password(&self, user_id: impl Into<String>) {
        self.lock().expired_passwords.insert(user_id.into());
    }

    /// Makes the expired password count again, as if the user had changed it.
    pub fn renew_password(&self, user_id: &str) {
        self.lock().expired_passwords.remove(user_id);
    }

    /// Whether the org is active. One that is not (locked, closed, suspended)
    /// gives no session to anybody; open sessions go on.
    pub fn set_org_active(&self, active: bool) {
        self.lock().org_inactive = !active;
    }

    /// Takes the permission "API Enabled" from a user: 403
    /// `API_CURRENTLY_DISABLED`.
    pub fn disable_api(&self, user_id: impl Into<String>) {
        self.lock().without_api.insert(user_id.into());
    }

    /// Gives the permission "API Enabled" back.
    pub fn enable_api(&self, user_id: &str) {
        self.lock().without_api.remove(user_id);
    }

    /// Whether the org's edition has the API at all: without it every request
    /// answers 403 `API_DISABLED_FOR_ORG`.
    pub fn set_org_api(&self, enabled: bool) {
        self.lock().org_without_api = !enabled;
    }

    /// How often one user may log in within an hour; 3,600 as on the platform.
    pub fn set_logins_per_hour(&self, logins: u32) {
        self.lock().logins_per_hour = logins;
    }

    pub(crate) fn ip(&self) -> IpRestriction {
        self.lock().ip
    }

    pub(crate) fn is_locked(&self, user_id: &str) -> bool {
        self.lock().locked.contains(user_id)
    }

    pub(crate) fn is_outside_hours(&self, user_id: &str) -> bool {
        self.lock().outside_hours.contains(user_id)
    }

    pub(crate) fn is_password_expired(&self, user_id: &str) -> bool {
        self.lock().expired_passwords.contains(user_id)
    }

    pub(crate) fn is_org_active(&self) -> bool {
        !self.lock().org_inactive
    }

    pub(crate) fn has_api(&self, user_id: &str) -> bool {
        !self.lock().without_api.contains(user_id)
    }

    pub(crate) fn org_has_api(&self) -> bool {
        !self.lock().org_without_api
    }

    /// Counts a login; `false` if it is one too many for this hour.
    pub(crate) fn count_login(&self, user_id: &str, now: Timestamp) -> bool {
        let mut state = self.lock();
        let limit = state.logins_per_hour;
        let (since, count) = state.logins.entry(user_id.to_owned()).or_insert((now, 0));
        if now.duration_since(*since) >= SignedDuration::from_hours(1) {
            (*since, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        *count <= limit
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
