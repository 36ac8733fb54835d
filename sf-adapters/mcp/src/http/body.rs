//! Bodies: one that comes is read within bounds, one that goes tells when it is through.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Frame, SizeHint};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::HttpSettings;
use super::guard::Refusal;

/// An answer of the service.
pub(super) type Answer = Response<BoxBody<Bytes, Infallible>>;

/// Reads a request's body.
pub(super) async fn read<B>(body: B, settings: &HttpSettings) -> Result<Full<Bytes>, Refusal>
where
    B: Body + Send,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let whole = Limited::new(body, settings.body_bytes).collect();
    match tokio::time::timeout(settings.body_time, whole).await {
        Ok(Ok(whole)) => Ok(Full::new(whole.to_bytes())),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!(
                "The request's body is larger than {} bytes. Send less at once, in several calls.",
                settings.body_bytes
            ),
        )),
        Ok(Err(_)) => {
            Err(Refusal::new(StatusCode::BAD_REQUEST, "The request's body ended before its end."))
        }
        Err(_) => Err(Refusal::new(
            StatusCode::REQUEST_TIMEOUT,
            "The request's body took too long to arrive.",
        )),
    }
}

/// The answer to a request that goes no further.
pub(super) fn refused(refusal: Refusal) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(refusal.text + "\n")).boxed());
    *answer.status_mut() = refusal.status;
    let headers = answer.headers_mut();
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, text);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(challenge) = refusal.challenge {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    if refusal.status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    answer
}

/// An answer's body that counts as work until it was sent or given up.
pub(super) struct Tracked {
    inner: BoxBody<Bytes, Infallible>,
    _work: Vec<TaskTrackerToken>,
}

impl Tracked {
    pub(super) fn wrap(answer: Answer, work: Vec<TaskTrackerToken>) -> Answer {
        answer.map(|inner| Self { inner, _work: work }.boxed())
    }
}

impl Body for Tracked {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
