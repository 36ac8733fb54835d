//! The service: a request in, an answer out.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty};
use hyper::body::Body;
use sf_agent_tools::ToolSet;
use tokio_util::task::TaskTracker;

use super::body::{Answer, Tracked, read, refused};
use super::guard::{self, Refusal};
use super::identity::Anyone;
use super::residents::Residents;
use super::{HttpSettings, Identities};

/// The MCP endpoint as a tower service, cheap to clone; clones share sessions and tools.
///
/// It answers `GET`, `POST`, `DELETE`, and a browser's `OPTIONS`, on whatever path it is mounted:
/// `axum::Router::new().nest_service("/mcp", service)`. [`serve_http`](super::serve_http) serves it
/// alone.
#[derive(Clone)]
pub struct HttpService {
    inner: Arc<Inner>,
}

struct Inner {
    residents: Residents,
    settings: HttpSettings,
    wants_bearer: bool,
    /// Calls that are not yet answered.
    calls: TaskTracker,
}

impl HttpService {
    /// Every request shows a bearer token, and gets the tools of its owner.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn new(identities: impl Identities, settings: HttpSettings) -> Self {
        Self::start(Arc::new(identities), settings, true)
    }

    /// Whoever can connect gets `tools`: for a server that only this machine's user can reach.
    /// [`serve_http`](super::serve_http) refuses to listen elsewhere with it.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn without_tokens(tools: ToolSet, settings: HttpSettings) -> Self {
        Self::open_to(Anyone(tools), settings)
    }

    /// The same, where what whoever can connect may use is asked of `identities`, with an empty bearer:
    /// for tools that change while they are served.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn open_to(identities: impl Identities, settings: HttpSettings) -> Self {
        Self::start(Arc::new(identities), settings, false)
    }

    fn start(identities: Arc<dyn Identities>, settings: HttpSettings, wants_bearer: bool) -> Self {
        let residents = Residents::new(identities, settings.clone());
        let every = settings.check_every;
        let inner =
            Arc::new(Inner { residents, settings, wants_bearer, calls: TaskTracker::new() });
        // Goes when the last clone of the service has gone.
        let weak = Arc::downgrade(&inner);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(every).await;
                let Some(inner) = weak.upgrade() else { return };
                inner.residents.sweep().await;
            }
        });
        Self { inner }
    }

    pub(super) fn wants_bearer(&self) -> bool {
        self.inner.wants_bearer
    }

    pub(super) fn settings(&self) -> &HttpSettings {
        &self.inner.settings
    }

    /// Lets running calls finish for a while, then ends every session and stream.
    pub(super) async fn stop(&self) {
        self.inner.calls.close();
        let left = tokio::time::timeout(self.inner.settings.drain, self.inner.calls.wait()).await;
        if left.is_err() {
            tracing::warn!(
                calls = self.inner.calls.len(),
                "stopping before all calls are answered"
            );
        }
        self.inner.residents.end().await;
    }

    /// Answers one request.
    pub async fn answer<B>(&self, request: Request<B>) -> Response<BoxBody<Bytes, Infallible>>
    where
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let checked = guard::check(&self.inner.settings, request.uri(), request.headers());
        let (origin, mut answer) = match checked {
            Ok(Some(origin)) if request.method() == Method::OPTIONS => (Some(origin), preflight()),
            Ok(origin) => (origin, self.inner.guarded(request).await.unwrap_or_else(refused)),
            Err(refusal) => (None, refused(refusal)),
        };
        if let Some(origin) = origin {
            readable_from(origin, &mut answer);
        }
        answer
    }
}

impl Inner {
    async fn guarded<B>(&self, request: Request<B>) -> Result<Answer, Refusal>
    where
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (mut parts, body) = request.into_parts();
        let bearer = match self.wants_bearer {
            true => guard::bearer(&parts.headers)?.to_owned(),
            false => String::new(),
        };
        // Before the body, so that nobody without a token has it read.
        self.residents.identify(&bearer).await?;
        // rmcp hands the headers to the handlers; the token is nobody's business any more.
        parts.headers.remove(header::AUTHORIZATION);
        let body = read(body, &self.settings).await?;
        // And behind it: a body may take its time, in which a token is revoked.
        let identity = self.residents.identify(&bearer).await?;
        let resident = self.residents.of(identity).await?;
        let mut work = vec![resident.work.token()];
        // A subscription (protocol 2026-07-28) never ends by itself, so that nobody waits for it.
        let listens = parts.headers.get("mcp-method").is_some_and(|m| m == "subscriptions/listen");
        if parts.method == Method::POST && !listens {
            work.push(self.calls.token());
        }
        let is_json = is_json(&parts.headers);
        let mut answer = tokio::select! {
            biased;
            () = resident.ended.cancelled() => {
                // Revoked, or else something that is no fault of the token.
                self.residents.identify(&bearer).await?;
                return Err(ended());
            }
            answer = resident.mcp.handle(Request::from_parts(parts, body)) => answer,
        };
        // rmcp says so of a body that is no message, too, whose media type was right.
        if is_json && answer.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE {
            *answer.status_mut() = StatusCode::BAD_REQUEST;
        }
        Ok(Tracked::wrap(answer, work))
    }
}

/// Whether a body is said to be JSON, by the rule of rmcp.
fn is_json(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    media_type.is_some_and(|media_type| media_type.starts_with(b"application/json"))
}

fn ended() -> Refusal {
    // Not 503, after which clients send the same again by themselves.
    Refusal::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "This server is stopping, or what it offers you has changed. What this request sent may have \
         been done: look before you send it again.",
    )
}

/// What a browser is told before it lets a page of another origin call.
fn preflight() -> Answer {
    let mut answer = Response::new(Empty::new().boxed());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    let headers = answer.headers_mut();
    let methods = HeaderValue::from_static("GET, POST, DELETE");
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    let asked = HeaderValue::from_static(
        "Authorization, Content-Type, Accept, Last-Event-ID, Mcp-Session-Id, Mcp-Protocol-Version, \
         Mcp-Method, Mcp-Name",
    );
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    answer
}

fn readable_from(origin: HeaderValue, answer: &mut Answer) {
    let headers = answer.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    let exposed = HeaderValue::from_static("Mcp-Session-Id, WWW-Authenticate");
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
}

impl<B> tower_service::Service<Request<B>> for HttpService
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Answer;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move { Ok(service.answer(request).await) })
    }
}
