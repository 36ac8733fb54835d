//! Requests over the workspace's own transport: written by hand, and from rmcp's client.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Result;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::streamable_http_client::{
    SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
};
use sf_auth::transport::{Body, Transport, TransportError};
use sse_stream::{Sse, SseStream};

/// Far above any answer here.
const MOST: usize = 16 << 20;

/// A request that is not yet sent.
pub(crate) struct Ask {
    transport: Transport,
    request: http::request::Builder,
    body: Bytes,
}

impl Ask {
    pub(crate) fn new(transport: &Transport, method: Method, url: &str) -> Self {
        let request = Request::builder().method(method).uri(url);
        Self { transport: transport.clone(), request, body: Bytes::new() }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// With this token, where there is one.
    pub(crate) fn bearer(self, token: &str) -> Self {
        if token.is_empty() {
            self
        } else {
            self.header("Authorization", &format!("Bearer {token}"))
        }
    }

    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) async fn send(self) -> Result<Answer> {
        let answer = self.transport.send(self.request.body(self.body)?).await?;
        let (head, body) = answer.into_parts();
        Ok(Answer { status: head.status, headers: head.headers, body })
    }
}

/// An answer whose body may still come.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) async fn text(self) -> Result<String> {
        Ok(String::from_utf8(self.body.bytes(MOST).await?.to_vec())?)
    }
}

/// What rmcp's client speaks through.
#[derive(Clone)]
pub(crate) struct Wire(pub(crate) Transport);

type Failure = StreamableHttpError<TransportError>;

impl Wire {
    async fn send(
        &self,
        method: Method,
        uri: &str,
        body: Bytes,
        head: (Option<Arc<str>>, Option<String>, HashMap<HeaderName, HeaderValue>),
    ) -> Result<http::Response<Body>, Failure> {
        let (session, token, more) = head;
        let mut request = Request::builder()
            .method(method)
            .uri(uri)
            .header("Accept", "application/json, text/event-stream")
            .header("Content-Type", "application/json");
        if let Some(session) = session {
            request = request.header("Mcp-Session-Id", &*session);
        }
        if let Some(token) = token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        for (name, value) in more {
            request = request.header(name, value);
        }
        let request = request.body(body).map_err(std::io::Error::other)?;
        let answer = self.0.send(request).await.map_err(StreamableHttpError::Client)?;
        match answer.status() {
            StatusCode::NOT_FOUND => Err(StreamableHttpError::SessionExpired),
            status if status.is_success() => Ok(answer),
            status => Err(StreamableHttpError::UnexpectedServerResponse(status.to_string().into())),
        }
    }
}

fn events(body: Body) -> BoxStream<'static, Result<Sse, SseError>> {
    SseStream::from_bytes_stream(body.into_stream()).boxed()
}

impl StreamableHttpClient for Wire {
    type Error = TransportError;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        token: Option<String>,
        more: HashMap<HeaderName, HeaderValue>,
    ) -> Result<StreamableHttpPostResponse, Failure> {
        let body = Bytes::from(serde_json::to_vec(&message)?);
        let answer = self.send(Method::POST, &uri, body, (session, token, more)).await?;
        let text = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let session = text("mcp-session-id").map(str::to_owned);
        match text("content-type").unwrap_or_default() {
            _ if answer.status() == StatusCode::ACCEPTED => {
                Ok(StreamableHttpPostResponse::Accepted)
            }
            "text/event-stream" => {
                Ok(StreamableHttpPostResponse::Sse(events(answer.into_body()), session))
            }
            _ => {
                let body = answer.into_body().bytes(MOST).await;
                let body = body.map_err(StreamableHttpError::Client)?;
                let message: ServerJsonRpcMessage = serde_json::from_slice(&body)?;
                Ok(StreamableHttpPostResponse::Json(message, session))
            }
        }
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session: Arc<str>,
        token: Option<String>,
        more: HashMap<HeaderName, HeaderValue>,
    ) -> Result<(), Failure> {
        let head = (Some(session), token, more);
        self.send(Method::DELETE, &uri, Bytes::new(), head).await.map(drop)
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session: Option<Arc<str>>,
        last: Option<String>,
        token: Option<String>,
        mut more: HashMap<HeaderName, HeaderValue>,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, Failure> {
        if let Some(last) = last.and_then(|last| HeaderValue::try_from(last).ok()) {
            more.insert(HeaderName::from_static("last-event-id"), last);
        }
        let head = (session, token, more);
        Ok(events(self.send(Method::GET, &uri, Bytes::new(), head).await?.into_body()))
    }
}
