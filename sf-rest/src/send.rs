//! The one retry loop.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use jiff::Timestamp;
use sf_auth::Session;
use sf_auth::transport::{Body, TransportError, TransportErrorKind};
use tokio::time::Instant;
use tracing::Instrument;

use crate::budget::Admission;
use crate::build::{self, Payload};
use crate::client::Client;
use crate::error::ANSWER;
use crate::exchange::Exchange;
use crate::notice::{self, Notice};
use crate::retry::{Decision, Failure, Limit, Schedule, decide, limit, retry_after};
use crate::{ApiError, ApiUsage, Error, Request, Response, Safety, conditional, decode, long};

/// How often one call may renew its session. A late refusal of an old session uses one up without
/// a token request; the second meets a session that has ended in the meantime.
const MAX_REFRESHES: u32 = 2;

/// What the attempts of one call have in common, also when it is sent again by its key.
pub(crate) struct Progress {
    pub(crate) schedule: Schedule,
    /// Whether an attempt may have been executed without an answer: an error is that of the last
    /// attempt alone.
    pub(crate) resent: bool,
    attempts: u32,
    refreshes: u32,
    started: Instant,
}

impl Progress {
    pub(crate) fn new(client: &Client) -> Self {
        Self {
            schedule: client.schedule(),
            resent: false,
            attempts: 0,
            refreshes: 0,
            started: Instant::now(),
        }
    }
}

/// Sends a request until it is answered in a way that the operation reads, or may not be repeated.
pub(crate) async fn execute(
    client: &Client,
    request: &Request,
    safety: Safety,
    progress: &mut Progress,
) -> Result<Response, Error> {
    let sent = exchange(client, request, safety, progress, Exchange::Whole).await;
    sent.map(|(response, _)| response)
}

/// The same with bodies that are streamed. A body that is left for the caller comes beside the
/// response, whose own is empty then.
pub(crate) async fn exchange(
    client: &Client,
    request: &Request,
    safety: Safety,
    progress: &mut Progress,
    exchange: Exchange<'_>,
) -> Result<(Response, Option<Body>), Error> {
    let span = tracing::debug_span!(
        "salesforce",
        method = %request.method(),
        path = request.template(),
        status = tracing::field::Empty,
        attempts = tracing::field::Empty,
        elapsed_ms = tracing::field::Empty,
        usage = tracing::field::Empty,
    );
    let composed = long::composed(request, client.inner.version)?;
    let payload = Payload::new(composed.as_ref().unwrap_or(request), client.inner.compress_above);
    async {
        if client.inner.trace_values {
            tracing::debug!(address = request.path(client.inner.version), "sends");
        }
        let composed = composed.as_ref();
        let mut call = Call { client, request, composed, payload, safety, progress, exchange };
        let result = call.run().await;
        let span = tracing::Span::current();
        span.record("attempts", call.progress.attempts);
        span.record("elapsed_ms", u64::try_from(call.elapsed().as_millis()).unwrap_or(u64::MAX));
        match &result {
            Ok((response, _)) => {
                span.record("status", response.status);
            }
            Err(error) => {
                if let Some(status) = error.status() {
                    span.record("status", status);
                }
                tracing::debug!(kind = ?error.kind(), "failed");
            }
        }
        result
    }
    .instrument(span)
    .await
}

struct Call<'a> {
    client: &'a Client,
    request: &'a Request,
    /// What is sent in its place.
    composed: Option<&'a Request>,
    payload: Payload,
    safety: Safety,
    progress: &'a mut Progress,
    exchange: Exchange<'a>,
}

/// One exchange that did not end with an answer for the operation.
enum Broken {
    Transport { source: TransportError, refused: bool },
    Status { status: u16, headers: HeaderMap, body: Bytes },
    Redirect { status: u16, to: String },
    OutOfTime,
    Error(Error),
}

impl Call<'_> {
    async fn run(&mut self) -> Result<(Response, Option<Body>), Error> {
        if self.progress.attempts == 0 {
            self.admit().await?;
        }
        let inner = &self.client.inner;
        loop {
            let permit = self
                .in_time("a free place among the requests in flight", inner.throttle.enter())
                .await?;
            let session = match self.in_time("a session", inner.credentials.session()).await? {
                Ok(session) => session,
                Err(error) => {
                    drop(permit);
                    self.wait_or_fail(error).await?;
                    continue;
                }
            };
            self.progress.attempts += 1;
            let attempt = self.attempt(&session);
            let result = match self.client.options.deadline() {
                Some(deadline) => tokio::time::timeout_at(deadline, attempt)
                    .await
                    .unwrap_or(Err(Broken::OutOfTime)),
                None => attempt.await,
            };
            drop(permit);
            let broken = match result {
                Ok(response) => return Ok(response),
                Err(Broken::Error(error)) => return Err(error),
                Err(broken) => broken,
            };
            let (decision, asked) = self.decide(&broken);
            match decision {
                Decision::Refresh | Decision::Resend if self.exchange.is_spent() => {}
                Decision::Refresh if self.progress.refreshes < MAX_REFRESHES => {
                    self.progress.refreshes += 1;
                    let refresh = inner.credentials.refresh(&session);
                    if let Err(error) = self.in_time("a new session", refresh).await? {
                        self.wait_or_fail(error).await?;
                    } else {
                        notice::tell(Notice::NewSession);
                    }
                    continue;
                }
                Decision::Resend | Decision::ResendMaybeDone => {
                    if decision == Decision::ResendMaybeDone {
                        self.progress.resent = true;
                    }
                    if let Some(delay) = self.progress.schedule.next(asked) {
                        let attempts = self.progress.attempts;
                        tracing::debug!(attempts, ?delay, "will be sent again");
                        notice::tell(Notice::SentAgain { attempts, delay });
                        tokio::time::sleep(delay).await;
                        continue;
                    }
                }
                Decision::Unknown => {
                    let error = self.error(broken);
                    return Err(outcome_unknown(operation(self.request), self.safety, error));
                }
                Decision::Refresh | Decision::Fail | Decision::LimitExceeded => {}
            }
            return Err(self.error(broken));
        }
    }

    /// Keeps to the caller's budget of requests.
    async fn admit(&self) -> Result<(), Error> {
        if self.request.is_anonymous() || self.client.options.ignores_budget() {
            return Ok(());
        }
        match self.client.inner.meter.admit() {
            Admission::Go => Ok(()),
            Admission::Wait(delay) => {
                tracing::debug!(?delay, "slowed down by the budget");
                notice::tell(Notice::SlowedDown { delay });
                self.in_time("the budget of requests", tokio::time::sleep(delay)).await
            }
            Admission::Refuse { usage, floor, retry_after } => {
                Err(Error::BudgetExceeded { usage, floor, retry_after })
            }
        }
    }

    async fn attempt(&self, session: &Session) -> Result<(Response, Option<Body>), Broken> {
        let sent = self.composed.unwrap_or(self.request);
        let request = build::build(self.client, sent, &self.payload, session)
            .and_then(|request| self.exchange.prepare(request))
            .map_err(Broken::Error)?;
        let transport = |source, refused| Broken::Transport { source, refused };
        let inner = &self.client.inner;
        let response = inner.transport.send(request).await.map_err(|e| transport(e, false))?;
        let (parts, body) = response.into_parts();
        let status = parts.status.as_u16();
        if let Some(usage) = ApiUsage::from_headers(&parts.headers) {
            tracing::Span::current().record("usage", usage.used);
            inner.meter.note(usage);
        }
        // The edge and the token-free resources do not send it: only a session that was let in
        // is counted.
        if parts.headers.contains_key("sforce-limit-info") && status != 401 {
            session.mark_accepted();
        }
        if matches!(status, 301 | 302 | 303 | 307 | 308) {
            let to = build::redirect_origin(session.instance_url(), &parts.headers);
            return Err(Broken::Redirect { status, to });
        }
        let refused = parts.status.is_client_error();
        let resent = self.progress.resent;
        if self.exchange.leaves_body() && self.request.accepts(status) {
            let response = Response { status, headers: parts.headers, body: Bytes::new(), resent };
            return Ok((response, Some(body)));
        }
        let body = self.exchange.read(body, inner.body_cap).await;
        let body = body.map_err(|e| transport(e, refused))?;
        let (status, headers, body) = match self.composed {
            Some(_) if status < 400 => long::open(body).map_err(Broken::Error)?,
            _ => (status, parts.headers, body),
        };
        if self.request.accepts(status) {
            return Ok((Response { status, headers, body, resent }, None));
        }
        Err(Broken::Status { status, headers, body })
    }

    fn decide(&self, broken: &Broken) -> (Decision, Option<Duration>) {
        let failure = |failure: &Failure<'_>| decide(self.safety, failure);
        match broken {
            Broken::Transport { source, refused } => {
                (failure(&Failure::Transport { kind: source.kind(), refused: *refused }), None)
            }
            Broken::OutOfTime => {
                let kind = TransportErrorKind::Timeout;
                (failure(&Failure::Transport { kind, refused: false }), None)
            }
            Broken::Redirect { status, .. } => {
                (failure(&Failure::Redirect { status: *status }), None)
            }
            Broken::Status { status, headers, body } => {
                let errors = ApiError::read_all(body);
                let usage = self.client.usage();
                let failed = Failure::Status { status: *status, errors: &errors, usage };
                (failure(&failed), retry_after(headers, Timestamp::now()))
            }
            Broken::Error(_) => (Decision::Fail, None),
        }
    }

    fn error(&self, broken: Broken) -> Error {
        let operation = operation(self.request);
        let (attempts, elapsed) = (self.progress.attempts, self.elapsed());
        match broken {
            Broken::Error(error) => error,
            Broken::OutOfTime => self.timed_out(ANSWER),
            Broken::Redirect { status, to } => Error::Redirected { operation, status, to },
            Broken::Transport { source, .. } => {
                Error::Transport { operation, attempts, elapsed, source }
            }
            Broken::Status { status, headers, body } => {
                let errors = ApiError::read_all(&body);
                match limit(status, &errors, self.client.usage()) {
                    Some((Limit::Day, error)) => {
                        return Error::RequestLimitExceeded { message: error.message.clone() };
                    }
                    Some((Limit::Concurrent, error)) => {
                        let message = error.message.clone();
                        return Error::ConcurrentRequestLimit { message, attempts, elapsed };
                    }
                    None => {}
                }
                if let Some(problem) = conditional::conflict(self.request, status, &errors) {
                    return Error::Conflict { operation, problem };
                }
                Error::Api {
                    operation,
                    status,
                    excerpt: errors.is_empty().then(|| decode::excerpt(&body)),
                    errors,
                    retry_after: retry_after(&headers, Timestamp::now()),
                    attempts,
                    elapsed,
                }
            }
        }
    }

    fn elapsed(&self) -> Duration {
        self.progress.started.elapsed()
    }

    fn timed_out(&self, waiting_for: &'static str) -> Error {
        Error::TimedOut {
            operation: operation(self.request),
            waiting_for,
            attempts: self.progress.attempts,
            elapsed: self.elapsed(),
        }
    }

    /// Waits for something, at most until the call's time is up.
    async fn in_time<T>(
        &self,
        waiting_for: &'static str,
        future: impl Future<Output = T>,
    ) -> Result<T, Error> {
        match self.client.options.deadline() {
            Some(deadline) => tokio::time::timeout_at(deadline, future)
                .await
                .map_err(|_| self.timed_out(waiting_for)),
            None => Ok(future.await),
        }
    }

    /// Waits before the next attempt to obtain a session, or gives the error back.
    async fn wait_or_fail(&mut self, error: sf_auth::Error) -> Result<(), Error> {
        let delay = if error.is_retryable() { self.progress.schedule.next(None) } else { None };
        match delay {
            Some(delay) => {
                tokio::time::sleep(delay).await;
                Ok(())
            }
            None => Err(error.into()),
        }
    }
}

/// How errors name a request.
pub(crate) fn operation(request: &Request) -> String {
    format!("{} {}", request.method(), request.template())
}

/// An error of a request that was answered, or of its last attempt: the outcome is unknown if it was
/// executed and what it did cannot be read, or if an attempt before may have been executed.
pub(crate) fn known(
    operation: impl FnOnce() -> String,
    safety: Safety,
    resent: bool,
    error: Error,
) -> Error {
    if is_open(safety, resent, &error) {
        return outcome_unknown(operation(), safety, error);
    }
    error
}

/// Whether an error leaves open if a write was executed, and does not say so yet.
pub(crate) fn is_open(safety: Safety, resent: bool, error: &Error) -> bool {
    let unread = matches!(error, Error::Decode { .. } | Error::NotJson { .. });
    // The retry loop knew of some already.
    let told = matches!(error, Error::OutcomeUnknown { .. });
    !told && safety != Safety::Read && (unread || resent)
}

/// The error for a write of which it is not known whether it was executed.
pub(crate) fn outcome_unknown(operation: String, safety: Safety, source: Error) -> Error {
    const SEVERAL: [&str; 3] = ["POST composite", "POST composite/batch", "POST composite/graph"];
    let check = match safety {
        _ if SEVERAL.contains(&operation.as_str()) => {
            "Each of its parts may have been executed or not. Before sending any of them again, read the records that \
             they change or delete, and query for those that they create by the values that were sent and by \
             CreatedDate"
        }
        Safety::Write => {
            "It was not sent again. Before writing again, check whether it was executed: query for the record by \
             the values that were sent and by CreatedDate"
        }
        Safety::Read | Safety::Idempotent => {
            "Read the record to see whether it was executed. Executed twice it leaves the same record; called again \
             later it overwrites what others have written since"
        }
    };
    unknown(operation, check.to_owned(), source)
}

/// The same for a part of a composite, batch or graph.
pub(crate) fn part_unknown(operation: String, source: Error) -> Error {
    let check = "It was sent as a part of another request, which may have been executed as a whole. Before sending it \
                 again, alone or with the others, read the record that it changes or deletes, or query for the one \
                 that it creates by the values that were sent and by CreatedDate";
    unknown(operation, check.to_owned(), source)
}

/// The same with another way to check. What is known already stays as it is.
pub(crate) fn unknown(operation: String, check: String, source: Error) -> Error {
    Error::OutcomeUnknown { operation, check, source: Box::new(source) }
}
