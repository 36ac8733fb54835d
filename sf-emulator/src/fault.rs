//! What goes wrong on purpose, for the next requests that match.

mod queue;

use std::time::Duration;

use http::Method;

pub use self::queue::Faults;
use crate::Operation;

/// One thing that goes wrong, and for which requests.
///
/// A new fault hits once: the next request of the data API
/// (`/services/data/v…`), or the next write for [`Fault::lost_answer`],
/// [`Fault::unanswered`] and [`Fault::row_locked`], or the next token request for
/// [`Fault::token_error`].
/// The methods narrow or move it, and let it hit more often or later:
///
/// ```
/// use sf_emulator::{Fault, Operation};
/// // The third and the fourth page of queries are cut short.
/// let fault = Fault::cut_body().on(Operation::NextPage).skip(1).times(2);
/// ```
#[derive(Debug, Clone)]
pub struct Fault {
    kind: Kind,
    operations: Scope,
    method: Option<Method>,
    path_prefix: Option<String>,
    path_contains: Option<String>,
    delay: Duration,
    is_held: bool,
    skip: usize,
    times: usize,
    chance: Option<Chance>,
}

/// A fault that hits by chance: the same seed hits the same requests.
#[derive(Debug, Clone)]
struct Chance {
    probability: f64,
    state: u64,
}

/// Which operations a fault hits.
#[derive(Debug, Clone)]
enum Scope {
    /// Every request of the data API, or any request whose path fits if a
    /// path was given.
    Data,
    Writes,
    Chosen(Vec<Operation>),
}

/// What is done to the request; the server acts on it.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// The session of the request ends, and the reply says so.
    ExpiredSession,
    /// A reply instead of handling the request.
    Reply(FaultReply),
    /// Handled, and the reply cut after `keep` bytes of its body.
    CutBody { framing: Framing, keep: Option<usize> },
    /// The connection is closed, the request not handled.
    Dropped,
    /// The request is handled, then the connection is closed.
    LostAnswer,
    /// The request is handled, and no answer comes.
    Unanswered,
    /// Some rows are locked by someone else; `None` is all of them.
    RowLocked(Option<Vec<usize>>),
    /// The locator of the request is forgotten before it is handled.
    ExpiredLocator,
    /// Handled, and the reply labelled with this content type.
    ContentType(String),
    /// Nothing but the delay.
    Slow,
    /// Nothing but the wait for a release.
    Held,
}

/// How a cut reply promised its length, and what follows the part that is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    ContentLength,
    Chunked,
    /// By `Content-Length`, and the connection stays open.
    Stalled,
}

/// A reply that a fault gives.
#[derive(Debug, Clone)]
pub(crate) struct FaultReply {
    pub(crate) name: &'static str,
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: String,
    pub(crate) retry_after: Option<Duration>,
}

const JSON: &str = "application/json;charset=UTF-8";
const HTML: &str = "text/html;charset=UTF-8";

impl Fault {
    /// 401 `INVALID_SESSION_ID`; the session that the request used is over, so
    /// sending the same token again does not help.
    pub fn expired_session() -> Self {
        Self::new(Kind::ExpiredSession)
    }

    /// 403 `REQUEST_LIMIT_EXCEEDED`: the requests of 24 hours are used up.
    pub fn request_limit() -> Self {
        Self::error("request_limit", 403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    }

    /// 403 `REQUEST_LIMIT_EXCEEDED` with the text of too many long requests at
    /// one time: the same code as [`Fault::request_limit`], but it passes soon.
    pub fn concurrent_request_limit() -> Self {
        let message = "ConcurrentRequests (Concurrent API Requests) Limit exceeded.";
        Self::error("concurrent_request_limit", 403, "REQUEST_LIMIT_EXCEEDED", message)
    }

    /// 429, which the core REST API itself never sends but proxies and newer
    /// APIs do, with a `Retry-After` in whole seconds if one is given.
    pub fn too_many_requests(retry_after: Option<Duration>) -> Self {
        let mut reply = FaultReply::json(
            "too_many_requests",
            429,
            "REQUEST_LIMIT_EXCEEDED",
            "Too many requests",
        );
        reply.retry_after = retry_after;
        Self::new(Kind::Reply(reply))
    }

    /// 500 `UNKNOWN_EXCEPTION`; the request was not handled.
    pub fn server_error() -> Self {
        let message = "An unexpected error occurred. Please include this ErrorId if you contact support: 170412906-2718 (81726)";
        Self::error("server_error", 500, "UNKNOWN_EXCEPTION", message)
    }

    /// 503 `SERVER_UNAVAILABLE` in JSON.
    pub fn unavailable() -> Self {
        Self::error("unavailable", 503, "SERVER_UNAVAILABLE", "Server too busy")
    }

    /// 503 with an HTML page, as an edge in front of the org sends it.
    pub fn unavailable_html() -> Self {
        let body = "<html><head><title>Service Unavailable</title></head>\
                    <body><h1>503</h1><p>The service is not available. Try again later.</p></body></html>";
        Self::new(Kind::Reply(FaultReply {
            name: "unavailable_html",
            status: 503,
            content_type: HTML.to_owned(),
            body: body.to_owned(),
            retry_after: None,
        }))
    }

    /// Any status, content type and body instead of handling the request.
    ///
    /// A `status` outside 200 to 599 is answered as 500.
    pub fn reply(status: u16, content_type: impl Into<String>, body: impl Into<String>) -> Self {
        Self::new(Kind::Reply(FaultReply {
            name: "reply",
            status,
            content_type: content_type.into(),
            body: body.into(),
            retry_after: None,
        }))
    }

    /// The next token request is refused with this `error` and `error_description`.
    pub fn token_error(error: &str, description: &str) -> Self {
        let body =
            serde_json::json!({ "error": error, "error_description": description }).to_string();
        let reply = FaultReply {
            name: "token_error",
            status: 400,
            content_type: JSON.to_owned(),
            body,
            retry_after: None,
        };
        Self::new(Kind::Reply(reply)).on(Operation::Token)
    }

    /// The reply promises its `Content-Length` and the connection is closed half
    /// way through the body (see [`Fault::keep`]). A reply without a body is
    /// sent as it is.
    pub fn cut_body() -> Self {
        Self::new(Kind::CutBody { framing: Framing::ContentLength, keep: None })
    }

    /// As [`Fault::cut_body`], with the reply in chunks, the last one missing.
    pub fn cut_chunked_body() -> Self {
        Self::new(Kind::CutBody { framing: Framing::Chunked, keep: None })
    }

    /// As [`Fault::cut_body`], but the connection stays open and silent: a client
    /// that waits for the rest gives up by its own clock.
    pub fn stalled_body() -> Self {
        Self::new(Kind::CutBody { framing: Framing::Stalled, keep: None })
    }

    /// The connection is closed without a reply and the request is not handled.
    pub fn dropped_connection() -> Self {
        Self::new(Kind::Dropped)
    }

    /// The request is handled and its changes are committed, then the
    /// connection is closed without a reply.
    pub fn lost_answer() -> Self {
        Self::new(Kind::LostAnswer).on_writes()
    }

    /// The request is handled and its changes are committed, and no answer comes
    /// while the client waits: it gives up by its own clock. Hits writes, as
    /// [`Fault::lost_answer`] does.
    pub fn unanswered() -> Self {
        Self::new(Kind::Unanswered).on_writes()
    }

    /// `UNABLE_TO_LOCK_ROW` for the record, or for every record of a collection;
    /// nothing of a locked record is written.
    pub fn row_locked() -> Self {
        Self::new(Kind::RowLocked(None)).on_writes()
    }

    /// `UNABLE_TO_LOCK_ROW` for the records of a collection at these places,
    /// counted from 0; the others are written.
    pub fn rows_locked(places: impl IntoIterator<Item = usize>) -> Self {
        Self::new(Kind::RowLocked(Some(places.into_iter().collect()))).on_writes()
    }

    /// The locator that the next request for a later page names is forgotten
    /// first, so that it is answered as one that is over. With
    /// `.on(Operation::BulkResults)` the locator of a bulk result is refused,
    /// for that request alone.
    pub fn expired_locator() -> Self {
        Self::new(Kind::ExpiredLocator).on(Operation::NextPage)
    }

    /// The request is handled and the reply labelled with this content type
    /// whatever it holds, such as `text/html` for JSON.
    pub fn wrong_content_type(content_type: impl Into<String>) -> Self {
        Self::new(Kind::ContentType(content_type.into()))
    }

    /// The request is handled after this long.
    pub fn latency(delay: Duration) -> Self {
        Self::new(Kind::Slow).after(delay)
    }

    /// The request is handled when [`Faults::release`] lets it go, and not before.
    pub fn held() -> Self {
        Self::new(Kind::Held).until_released()
    }

    /// Hits requests of this operation, instead of those it hits by default;
    /// several calls add up.
    #[must_use]
    pub fn on(mut self, operation: Operation) -> Self {
        match &mut self.operations {
            Scope::Chosen(operations) => operations.push(operation),
            scope => *scope = Scope::Chosen(vec![operation]),
        }
        self
    }

    /// Hits every operation that changes rows, and no other.
    #[must_use]
    pub fn on_writes(mut self) -> Self {
        self.operations = Scope::Writes;
        self
    }

    /// Hits requests of this method only, `GET` or any other.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = method.to_ascii_uppercase().parse().ok();
        self
    }

    /// Hits requests whose path (without query) starts with this.
    #[must_use]
    pub fn path_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.path_prefix = Some(prefix.into());
        self
    }

    /// Hits requests whose path (without query) contains this.
    #[must_use]
    pub fn path_contains(mut self, part: impl Into<String>) -> Self {
        self.path_contains = Some(part.into());
        self
    }

    /// Lets this many matching requests pass first.
    #[must_use]
    pub fn skip(mut self, requests: usize) -> Self {
        self.skip = requests;
        self
    }

    /// Hits this many matching requests instead of one.
    #[must_use]
    pub fn times(mut self, requests: usize) -> Self {
        self.times = requests;
        self
    }

    /// Hits every matching request until [`Faults::clear`].
    #[must_use]
    pub fn always(self) -> Self {
        self.times(usize::MAX)
    }

    /// Hits a matching request with this probability, from 0 (never) to 1
    /// (always), instead of surely. [`Fault::times`] counts the hits, so
    /// `probability(0.1).always()` hits every tenth request until it is cleared.
    /// Which ones follows from the order of the requests and [`Fault::seed`].
    #[must_use]
    pub fn probability(mut self, probability: f64) -> Self {
        let probability = if probability.is_nan() { 0.0 } else { probability.clamp(0.0, 1.0) };
        let state = self.chance.map_or(0, |chance| chance.state);
        self.chance = Some(Chance { probability, state });
        self
    }

    /// The seed of [`Fault::probability`]; 0 by default.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        let probability = self.chance.map_or(1.0, |chance| chance.probability);
        self.chance = Some(Chance { probability, state: seed });
        self
    }

    /// Waits this long before anything else happens.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Waits for [`Faults::release`] before anything else happens.
    #[must_use]
    pub fn until_released(mut self) -> Self {
        self.is_held = true;
        self
    }

    /// How many bytes of a cut body are sent; without this, half of them. At
    /// most all but one.
    #[must_use]
    pub fn keep(mut self, bytes: usize) -> Self {
        if let Kind::CutBody { keep, .. } = &mut self.kind {
            *keep = Some(bytes);
        }
        self
    }

    fn new(kind: Kind) -> Self {
        Self {
            kind,
            operations: Scope::Data,
            method: None,
            path_prefix: None,
            path_contains: None,
            delay: Duration::ZERO,
            is_held: false,
            skip: 0,
            times: 1,
            chance: None,
        }
    }

    fn error(name: &'static str, status: u16, code: &str, message: &str) -> Self {
        Self::new(Kind::Reply(FaultReply::json(name, status, code, message)))
    }

    fn matches(&self, method: &Method, path: &str, operation: Operation) -> bool {
        let has_path = self.path_prefix.is_some() || self.path_contains.is_some();
        let in_scope = match &self.operations {
            Scope::Data => has_path || path.starts_with("/services/data/v"),
            Scope::Writes => operation.is_write(),
            Scope::Chosen(operations) => operations.contains(&operation),
        };
        in_scope
            && self.method.as_ref().is_none_or(|wanted| wanted == method)
            && self.path_prefix.as_deref().is_none_or(|prefix| path.starts_with(prefix))
            && self.path_contains.as_deref().is_none_or(|part| path.contains(part))
    }
}

impl Chance {
    /// One throw of the dice: the next number of a SplitMix64 sequence, its
    /// upper 53 bits as a fraction.
    fn hits(&mut self) -> bool {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit exactly")]
        let fraction = (mixed >> 11) as f64 / (1_u64 << 53) as f64;
        fraction < self.probability
    }
}

impl FaultReply {
    fn json(name: &'static str, status: u16, code: &str, message: &str) -> Self {
        let body = serde_json::json!([{ "message": message, "errorCode": code }]).to_string();
        Self { name, status, content_type: JSON.to_owned(), body, retry_after: None }
    }
}

impl Kind {
    /// As the request log names it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::ExpiredSession => "expired_session",
            Self::Reply(reply) => reply.name,
            Self::CutBody { framing: Framing::Stalled, .. } => "stalled_body",
            Self::CutBody { .. } => "cut_body",
            Self::Dropped => "dropped_connection",
            Self::LostAnswer => "lost_answer",
            Self::Unanswered => "unanswered",
            Self::RowLocked(_) => "row_locked",
            Self::ExpiredLocator => "expired_locator",
            Self::ContentType(_) => "wrong_content_type",
            Self::Slow => "latency",
            Self::Held => "held",
        }
    }
}
