//! The one retry loop.

use std::sync::PoisonError;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use sf_auth::transport::TransportError;
use sf_auth::{ExposeSecret, Session};
use tracing::Instrument;
use url::Url;

use crate::client::Inner;
use crate::retry::{Decision, Failure, Schedule, decide, retry_after};
use crate::{ApiError, ApiUsage, Error, ErrorCode, Request, Response, Safety, decode};

/// The platform refuses longer URIs with an HTML page (REST API Developer Guide, Status Codes).
const MAX_URI: usize = 16_384;

/// How often one call may renew its session. A late refusal of an old session uses one up without
/// a token request; the second meets a session that has ended in the meantime.
const MAX_REFRESHES: u32 = 2;

/// A call that failed, and whether an attempt of it may have been executed nevertheless: the error
/// is that of the last attempt alone.
pub(crate) struct Failed {
    pub(crate) error: Error,
    pub(crate) resent: bool,
}

/// Sends a request until it is answered below 400, or may not be repeated.
pub(crate) async fn execute(
    client: &Inner,
    request: &Request,
    safety: Safety,
) -> Result<Response, Failed> {
    let span = tracing::debug_span!(
        "salesforce",
        method = %request.method(),
        path = request.template(),
        status = tracing::field::Empty,
        attempts = tracing::field::Empty,
        usage = tracing::field::Empty,
    );
    let mut call = Call { client, request, safety, attempts: 0, refreshes: 0, resent: false };
    async {
        let result = call.run().await;
        let span = tracing::Span::current();
        span.record("attempts", call.attempts);
        match &result {
            Ok(response) => {
                span.record("status", response.status);
            }
            Err(error) => tracing::debug!(kind = ?error.kind(), status = error.status(), "failed"),
        }
        result.map_err(|error| Failed { error, resent: call.resent })
    }
    .instrument(span)
    .await
}

struct Call<'a> {
    client: &'a Inner,
    request: &'a Request,
    safety: Safety,
    attempts: u32,
    refreshes: u32,
    resent: bool,
}

/// One exchange that did not end below 400.
enum Broken {
    Transport { source: TransportError, refused: bool },
    Status { status: u16, headers: HeaderMap, body: Bytes },
    Error(Error),
}

impl Call<'_> {
    async fn run(&mut self) -> Result<Response, Error> {
        let mut schedule = self.client.retry.schedule();
        loop {
            let session = match self.client.credentials.session().await {
                Ok(session) => session,
                Err(error) => {
                    wait_or_fail(&mut schedule, error).await?;
                    continue;
                }
            };
            self.attempts += 1;
            let broken = match self.attempt(&session).await {
                Ok(response) => return Ok(response),
                Err(Broken::Error(error)) => return Err(error),
                Err(broken) => broken,
            };
            let (decision, asked) = self.decide(&broken);
            match decision {
                Decision::Refresh if self.refreshes < MAX_REFRESHES => {
                    self.refreshes += 1;
                    if let Err(error) = self.client.credentials.refresh(&session).await {
                        wait_or_fail(&mut schedule, error).await?;
                    }
                    continue;
                }
                Decision::Resend | Decision::ResendMaybeDone => {
                    if decision == Decision::ResendMaybeDone {
                        self.resent = true;
                    }
                    if let Some(delay) = schedule.next(asked) {
                        tracing::debug!(attempt = self.attempts, ?delay, "will be sent again");
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

    async fn attempt(&self, session: &Session) -> Result<Response, Broken> {
        let request = self.build(session).map_err(Broken::Error)?;
        let transport = |source, refused| Broken::Transport { source, refused };
        let response =
            self.client.transport.send(request).await.map_err(|e| transport(e, false))?;
        let (parts, body) = response.into_parts();
        let status = parts.status.as_u16();
        self.note_usage(&parts.headers);
        // The edge and the token-free resources do not send it: only a session that was let in
        // is counted.
        if parts.headers.contains_key("sforce-limit-info") && status != 401 {
            session.mark_accepted();
        }
        let refused = parts.status.is_client_error();
        let body = body.bytes(self.client.body_cap).await.map_err(|e| transport(e, refused))?;
        if status < 400 {
            return Ok(Response { status, headers: parts.headers, body, resent: self.resent });
        }
        Err(Broken::Status { status, headers: parts.headers, body })
    }

    fn build(&self, session: &Session) -> Result<http::Request<Bytes>, Error> {
        let path = self.request.path(self.client.version);
        let url = resolve(session.instance_url(), &path)?;
        if url.as_str().len() > MAX_URI {
            return Err(Error::invalid(format!(
                "the address of {} would have {} characters, and the platform accepts {MAX_URI}; shorten the \
                 statement or the list",
                self.request.template(),
                url.as_str().len(),
            )));
        }
        let mut request = http::Request::new(self.request.body().cloned().unwrap_or_default());
        *request.method_mut() = self.request.method().clone();
        *request.uri_mut() = url.as_str().parse().map_err(|_| {
            Error::invalid(format!("the address of {} is not valid", self.request.template()))
        })?;
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(options) = &self.client.call_options {
            headers.insert(HeaderName::from_static("sforce-call-options"), options.clone());
        }
        headers.extend(self.request.headers().clone());
        if !self.request.is_anonymous() {
            let text = format!("Bearer {}", session.access_token().expose_secret());
            let mut bearer = HeaderValue::from_str(&text).map_err(|_| {
                Error::invalid("the access token has characters that no header can hold")
            })?;
            bearer.set_sensitive(true);
            headers.insert(AUTHORIZATION, bearer);
        }
        Ok(request)
    }

    fn note_usage(&self, headers: &HeaderMap) {
        if let Some(usage) = ApiUsage::from_headers(headers) {
            tracing::Span::current().record("usage", usage.used);
            *self.client.usage.lock().unwrap_or_else(PoisonError::into_inner) = Some(usage);
        }
    }

    fn decide(&self, broken: &Broken) -> (Decision, Option<std::time::Duration>) {
        match broken {
            Broken::Transport { source, refused } => {
                let failure = Failure::Transport { kind: source.kind(), refused: *refused };
                (decide(self.safety, &failure), None)
            }
            Broken::Status { status, headers, body } => {
                let errors = ApiError::read_all(body);
                let failure = Failure::Status { status: *status, errors: &errors };
                (decide(self.safety, &failure), retry_after(headers, Timestamp::now()))
            }
            Broken::Error(_) => (Decision::Fail, None),
        }
    }

    fn error(&self, broken: Broken) -> Error {
        let operation = operation(self.request);
        match broken {
            Broken::Error(error) => error,
            Broken::Transport { source, .. } => {
                Error::Transport { operation, attempts: self.attempts, source }
            }
            Broken::Status { status, headers, body } => {
                let errors = ApiError::read_all(&body);
                let limit = errors.iter().find(|e| e.code == ErrorCode::REQUEST_LIMIT_EXCEEDED);
                if let Some(error) = limit
                    && decide(self.safety, &Failure::Status { status, errors: &errors })
                        == Decision::LimitExceeded
                {
                    return Error::RequestLimitExceeded { message: error.message.clone() };
                }
                Error::Api {
                    operation,
                    status,
                    excerpt: errors.is_empty().then(|| decode::excerpt(&body)),
                    errors,
                    retry_after: retry_after(&headers, Timestamp::now()),
                    attempts: self.attempts,
                }
            }
        }
    }
}

/// Waits before the next attempt to obtain a session, or gives the error back.
async fn wait_or_fail(schedule: &mut Schedule, error: sf_auth::Error) -> Result<(), Error> {
    let delay = if error.is_retryable() { schedule.next(None) } else { None };
    match delay {
        Some(delay) => {
            tokio::time::sleep(delay).await;
            Ok(())
        }
        None => Err(error.into()),
    }
}

/// How errors name a request.
pub(crate) fn operation(request: &Request) -> String {
    format!("{} {}", request.method(), request.template())
}

/// The error for a write of which it is not known whether it was executed.
pub(crate) fn outcome_unknown(operation: String, safety: Safety, source: Error) -> Error {
    let check = match safety {
        Safety::Write => {
            "It was not sent again. Before writing again, check whether it was executed: query for the record by \
             the values that were sent and by CreatedDate"
        }
        Safety::Read | Safety::Idempotent => {
            "It leaves the same state when it is executed twice, so it can be called again; or read the record to \
             see whether it was executed"
        }
    };
    Error::OutcomeUnknown { operation, check: check.to_owned(), source: Box::new(source) }
}

/// The URL of a path on the instance. A URL with another origin is refused: the token would go
/// there.
fn resolve(instance: &Url, path: &str) -> Result<Url, Error> {
    let url = instance
        .join(path)
        .map_err(|_| Error::invalid("an address given by the platform is not a URL"))?;
    if url.origin() != instance.origin() {
        return Err(Error::ForeignOrigin {
            origin: url.origin().ascii_serialization(),
            instance: instance.origin().ascii_serialization(),
        });
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_instance_gets_the_token() {
        let instance = Url::parse("https://acme.my.salesforce.com").unwrap();
        let ok = [
            "/services/data",
            "https://acme.my.salesforce.com/x",
            "https://acme.my.salesforce.com:443/x",
        ];
        for path in ok {
            assert!(resolve(&instance, path).is_ok(), "{path}");
        }
        let foreign = [
            "https://evil.example/services/data/v66.0/query/0r8-2000",
            "http://acme.my.salesforce.com/x",
            "https://acme.my.salesforce.com:8443/x",
            "//evil.example/x",
            "\\\\evil.example/x",
            "https://acme.my.salesforce.com@evil.example/x",
            "javascript:alert(1)",
        ];
        for path in foreign {
            assert!(matches!(resolve(&instance, path), Err(Error::ForeignOrigin { .. })), "{path}");
        }
    }
}
