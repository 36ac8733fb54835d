//! What a browser has open: the login of a person, and what waits for it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::HeaderMap;
use http::header::COOKIE;
use jiff::{SignedDuration, Timestamp};

use super::authorize::Request;

/// Logins and unfinished pages are forgotten after this long.
const LIFE: SignedDuration = SignedDuration::from_hours(2);

/// Logins by their cookie, unfinished authorizations by their ticket.
#[derive(Default)]
pub(crate) struct Browser {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    logins: HashMap<String, (String, Timestamp)>,
    tickets: HashMap<String, Ticket>,
}

/// An authorization that waits for a person.
#[derive(Clone)]
pub(crate) struct Ticket {
    pub(crate) purpose: Purpose,
    /// The person must log in even with a cookie (`prompt=login`).
    pub(crate) must_log_in: bool,
    /// The person must be asked even after an approval (`prompt=consent`).
    pub(crate) must_ask: bool,
    pub(crate) login_hint: Option<String>,
    /// Who was shown the consent page, and the proof that it was this page.
    pub(crate) shown: Option<(String, String)>,
    pub(crate) opened: Timestamp,
}

/// What a consent is for.
#[derive(Clone)]
pub(crate) enum Purpose {
    Authorize(Request),
    Device { device_code: String, client_id: String, scopes: Vec<String> },
}

impl Purpose {
    pub(crate) fn client_id(&self) -> &str {
        match self {
            Self::Authorize(request) => &request.client_id,
            Self::Device { client_id, .. } => client_id,
        }
    }

    pub(crate) fn scopes(&self) -> &[String] {
        match self {
            Self::Authorize(request) => &request.scopes,
            Self::Device { scopes, .. } => scopes,
        }
    }
}

impl Browser {
    pub(crate) fn open(&self, name: String, ticket: Ticket) {
        let now = ticket.opened;
        let mut state = self.lock();
        state.tickets.retain(|_, known| now.duration_since(known.opened) < LIFE);
        state.tickets.insert(name, ticket);
    }

    pub(crate) fn ticket(&self, name: &str, now: Timestamp) -> Option<Ticket> {
        let state = self.lock();
        let ticket = state.tickets.get(name)?;
        (now.duration_since(ticket.opened) < LIFE).then(|| ticket.clone())
    }

    /// Takes a ticket out; it can be finished once.
    pub(crate) fn close(&self, name: &str) -> Option<Ticket> {
        self.lock().tickets.remove(name)
    }

    /// Notes who was shown the consent page.
    pub(crate) fn show(&self, name: &str, user_id: &str, proof: &str) {
        if let Some(ticket) = self.lock().tickets.get_mut(name) {
            ticket.shown = Some((user_id.to_owned(), proof.to_owned()));
        }
    }

    /// Begins a login, which satisfies the ticket.
    pub(crate) fn log_in(&self, cookie: String, user_id: &str, ticket: &str, now: Timestamp) {
        let mut state = self.lock();
        state.logins.retain(|_, (_, since)| now.duration_since(*since) < LIFE);
        state.logins.insert(cookie, (user_id.to_owned(), now));
        if let Some(ticket) = state.tickets.get_mut(ticket) {
            ticket.must_log_in = false;
        }
    }

    pub(crate) fn log_out(&self, headers: &HeaderMap) {
        if let Some(cookie) = cookie(headers) {
            self.lock().logins.remove(cookie);
        }
    }

    /// The id of the user whose cookie this is.
    pub(crate) fn user(&self, headers: &HeaderMap, now: Timestamp) -> Option<String> {
        let state = self.lock();
        let (user_id, since) = state.logins.get(cookie(headers)?)?;
        (now.duration_since(*since) < LIFE).then(|| user_id.clone())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|value| value.split(';')).find_map(|pair| pair.trim().strip_prefix("sid="))
}
