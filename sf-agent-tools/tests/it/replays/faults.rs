//! Every kind of fault that the embedded org has, and where in a task it hits.

use std::time::Duration;

use sf_emulator::{Fault, Operation};

use super::base::Base;
use super::world::AGENT;

/// A kind of fault.
pub(crate) struct Schedule {
    pub(crate) name: &'static str,
    /// The requests among which it has a place.
    on: On,
    /// The faults, the first at its place.
    faults: fn(Place) -> Vec<Fault>,
    /// Whether the client has to give a request up by its own clock.
    pub(crate) is_silent: bool,
}

/// Where a fault hits.
#[derive(Clone, Copy)]
struct Place {
    /// Among the requests of its kind.
    nth: usize,
    /// How many requests of any kind there are up to it, if nothing else goes wrong.
    after: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum On {
    /// The first request, one in the middle, and the last.
    Any,
    /// The first request alone: the fault lasts, or hits by chance.
    Once,
    /// The first request, whose session ends; the rest is about the sign-in that follows.
    SignIn,
    /// Each of the first writes, and the last one.
    Writes,
    /// Each of the first later pages, and the last one.
    Pages,
}

const HTML: &str = "<html><body>Sign in to continue</body></html>";

/// More than any call tries.
const LONG: usize = 12;

pub(crate) const SCHEDULES: &[Schedule] = &[
    any("expired session", |_| vec![Fault::expired_session()]),
    any("unavailable", |_| vec![Fault::unavailable()]),
    any("unavailable, a page", |_| vec![Fault::unavailable_html()]),
    any("server error", |_| vec![Fault::server_error()]),
    any("too many requests", |_| vec![Fault::too_many_requests(Some(Duration::ZERO))]),
    any("concurrent requests", |_| vec![Fault::concurrent_request_limit()]),
    any("the day's limit", |_| vec![Fault::request_limit()]),
    any("cut body", |_| vec![Fault::cut_body()]),
    any("cut chunks", |_| vec![Fault::cut_chunked_body()]),
    any("cut after 1 byte", |_| vec![Fault::cut_body().keep(1)]),
    any("dropped connection", |_| vec![Fault::dropped_connection()]),
    any("a page, not JSON", |_| vec![Fault::wrong_content_type("text/html")]),
    any("a sign-in page", |_| vec![Fault::reply(200, "text/html", HTML)]),
    any("bad gateway", |_| vec![Fault::reply(502, "text/html", HTML)]),
    any("outage", |_| vec![Fault::unavailable_html().times(LONG)]),
    any("network down", |_| vec![Fault::dropped_connection().times(LONG)]),
    any("never handled", |_| vec![Fault::held()]).silent(),
    any("half an answer", |_| vec![Fault::stalled_body()]).silent(),
    once("latency", |_| vec![Fault::latency(Duration::from_millis(2)).always()]),
    // Each fault passes the requests by that those before it let through: every other one is hit.
    once("sessions of 1 request", |_| (0..40).map(|n| Fault::expired_session().skip(n)).collect()),
    sign_in("token refused", |_| {
        let over = "expired access/refresh token";
        vec![Fault::expired_session(), Fault::token_error("invalid_grant", over)]
    }),
    sign_in("token unavailable", |_| {
        let page = Fault::reply(503, "text/html", HTML).on(Operation::Token).times(LONG);
        vec![Fault::expired_session(), page]
    }),
    once("storm, seed 1", |_| storm(1)),
    once("storm, seed 2", |_| storm(2)),
    once("storm, seed 3", |_| storm(3)),
    writes("lost answer", |_| vec![Fault::lost_answer()]),
    writes("lost answers", |_| vec![Fault::lost_answer().times(LONG)]),
    writes("never answered", |_| vec![Fault::unanswered()]).silent(),
    writes("lost, then outage", |place| {
        vec![Fault::lost_answer(), Fault::unavailable().skip(place.after).times(LONG)]
    }),
    writes("dropped, then lost", |place| {
        vec![Fault::dropped_connection().on_writes(), Fault::lost_answer().skip(place.nth)]
    }),
    writes("cut answer", |_| vec![Fault::cut_body().on_writes()]),
    writes("server errors", |_| vec![Fault::server_error().on_writes().times(LONG)]),
    writes("row locked", |_| vec![Fault::row_locked()]),
    writes("first row locked", |_| vec![Fault::rows_locked([0])]),
    writes("rows stay locked", |_| vec![Fault::row_locked().times(LONG)]),
    pages("expired locator", |_| vec![Fault::expired_locator()]),
    pages("expired locators", |_| vec![Fault::expired_locator().times(LONG)]),
    pages("cut page", |_| vec![Fault::cut_body().on(Operation::NextPage)]),
    pages("pages away", |_| vec![Fault::unavailable().on(Operation::NextPage).times(LONG)]),
];

/// Whether every task is to have every fault at all its places, which takes minutes.
pub(crate) fn everywhere() -> bool {
    std::env::var("PLACES").is_ok_and(|places| places == "all")
}

const fn any(name: &'static str, faults: fn(Place) -> Vec<Fault>) -> Schedule {
    Schedule { name, on: On::Any, faults, is_silent: false }
}

const fn once(name: &'static str, faults: fn(Place) -> Vec<Fault>) -> Schedule {
    Schedule { name, on: On::Once, faults, is_silent: false }
}

const fn sign_in(name: &'static str, faults: fn(Place) -> Vec<Fault>) -> Schedule {
    Schedule { name, on: On::SignIn, faults, is_silent: false }
}

const fn writes(name: &'static str, faults: fn(Place) -> Vec<Fault>) -> Schedule {
    Schedule { name, on: On::Writes, faults, is_silent: false }
}

const fn pages(name: &'static str, faults: fn(Place) -> Vec<Fault>) -> Schedule {
    Schedule { name, on: On::Pages, faults, is_silent: false }
}

/// A little of everything, at every request, by chance.
fn storm(seed: u64) -> Vec<Fault> {
    let kinds = [
        Fault::expired_session(),
        Fault::unavailable_html(),
        Fault::dropped_connection(),
        Fault::cut_body(),
        Fault::lost_answer(),
        Fault::too_many_requests(None),
    ];
    let faults = (1..).zip(kinds);
    faults.map(|(n, fault)| fault.probability(0.06).seed(seed * 100 + n).always()).collect()
}

impl Schedule {
    const fn silent(mut self) -> Self {
        self.is_silent = true;
        self
    }

    /// Whether what goes wrong is signing in: a session that is refused when it is new is not
    /// replaced, and after a refused sign-in the next one has to wait.
    pub(crate) fn signs_in(&self) -> bool {
        ["expired session", "sessions", "token", "storm"]
            .iter()
            .any(|name| self.name.starts_with(name))
    }

    /// The faults of this kind at the places that a task has for it: every write, every page. What
    /// may hit any request is given to every fourth `turn` alone, by turns at the first request, one
    /// in the middle, and the last; what lasts to every third. With `PLACES=all` each task has all.
    pub(crate) fn places(&self, base: &Base, turn: usize) -> Vec<Vec<Fault>> {
        let every = everywhere();
        let is_write = |operation: &Operation| operation.is_write();
        let is_page = |operation: &Operation| *operation == Operation::NextPage;
        match self.on {
            On::Once | On::SignIn if !every && !turn.is_multiple_of(3) => Vec::new(),
            On::Once | On::SignIn => vec![self.at(Place { nth: 0, after: 1 })],
            On::Any if every => [0, 1, 2].map(|third| self.in_third(base, third)).to_vec(),
            On::Any if !turn.is_multiple_of(4) => Vec::new(),
            On::Any => vec![self.in_third(base, turn / 4 % 3)],
            On::Writes => self.first_and_last(base, is_write),
            On::Pages => self.first_and_last(base, is_page),
        }
    }

    /// At the first request of any kind, at one in the middle, at the last.
    fn in_third(&self, base: &Base, third: usize) -> Vec<Fault> {
        let nth = base.requests.len().saturating_sub(1) * third / 2;
        self.at(Place { nth, after: nth + 1 })
    }

    /// At the first three requests of a kind, and at the last.
    fn first_and_last(&self, base: &Base, wanted: fn(&Operation) -> bool) -> Vec<Vec<Fault>> {
        let all = base.requests.iter().enumerate().filter(|(_, operation)| wanted(operation));
        let places = all.enumerate().map(|(nth, (at, _))| Place { nth, after: at + 1 });
        let places: Vec<Place> = places.collect();
        let last = places.len().saturating_sub(1);
        let wanted = places.into_iter().filter(|place| place.nth < 3 || place.nth == last);
        wanted.map(|place| self.at(place)).collect()
    }

    fn at(&self, place: Place) -> Vec<Fault> {
        // Sign-ins are below another path; of the rest, only what the agent sends.
        let of_agent = |(n, fault): (usize, Fault)| match (self.on, n) {
            (On::SignIn, 1..) => fault,
            _ => fault.path_prefix(AGENT),
        };
        let all = (self.faults)(place).into_iter().enumerate();
        let mut faults: Vec<Fault> = all.map(of_agent).collect();
        faults[0] = faults[0].clone().skip(place.nth);
        faults
    }
}
