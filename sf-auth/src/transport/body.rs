//! A response body that ends only where it really ends.

use std::fmt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, Stream};
use tokio::time::Instant;

use super::error::{TransportError, TransportErrorKind};

/// How much is allocated ahead on the word of a `Content-Length` header.
const MAX_PREALLOCATED: usize = 8 << 20;

/// The body of a response. A body that ends early, or over the cap, is an error and never a
/// shorter body.
pub struct Body {
    source: Source,
    origin: String,
    deadline: Option<Instant>,
    read_timeout: Duration,
}

enum Source {
    Wire(reqwest::Response),
    Memory(Option<Bytes>),
}

impl Body {
    pub(super) fn new(
        response: reqwest::Response,
        origin: String,
        deadline: Option<Instant>,
        read_timeout: Duration,
    ) -> Self {
        Self { source: Source::Wire(response), origin, deadline, read_timeout }
    }

    /// A body that is already here, for tests and fakes.
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Self {
        Self {
            source: Source::Memory(Some(bytes.into())),
            origin: "memory".to_owned(),
            deadline: None,
            read_timeout: Duration::MAX,
        }
    }

    /// The next piece, as it arrives; `None` at the true end.
    ///
    /// # Errors
    /// [`TransportErrorKind::BodyCut`] or [`TransportErrorKind::Timeout`].
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, TransportError> {
        let response = match &mut self.source {
            Source::Memory(bytes) => return Ok(bytes.take()),
            Source::Wire(response) => response,
        };
        let silence = Instant::now().checked_add(self.read_timeout);
        let chunk = match silence.into_iter().chain(self.deadline).min() {
            Some(end) => tokio::time::timeout_at(end, response.chunk()).await,
            None => Ok(response.chunk().await),
        };
        match chunk {
            Ok(Ok(chunk)) => Ok(chunk),
            Ok(Err(e)) => Err(TransportError::from_body(e, &self.origin)),
            Err(_) => Err(TransportError::bare(TransportErrorKind::Timeout, &self.origin)),
        }
    }

    /// The whole body, at most `cap` bytes.
    ///
    /// # Errors
    /// As [`chunk`](Self::chunk), and [`TransportErrorKind::BodyTooLarge`].
    pub async fn bytes(mut self, cap: usize) -> Result<Bytes, TransportError> {
        let Some(first) = self.chunk().await? else {
            return Ok(Bytes::new());
        };
        self.check(first.len(), cap)?;
        let Some(second) = self.chunk().await? else {
            return Ok(first);
        };
        let announced = match &self.source {
            Source::Wire(response) => response.content_length().unwrap_or_default(),
            Source::Memory(_) => 0,
        };
        let ahead = usize::try_from(announced).unwrap_or(usize::MAX).min(MAX_PREALLOCATED);
        let mut all = BytesMut::with_capacity(ahead.min(cap));
        all.extend_from_slice(&first);
        let mut next = Some(second);
        while let Some(chunk) = next {
            self.check(all.len().saturating_add(chunk.len()), cap)?;
            all.extend_from_slice(&chunk);
            next = self.chunk().await?;
        }
        Ok(all.freeze())
    }

    /// The whole body, at most `cap` bytes, in the memory of `buffer`, which grows as needed. The
    /// buffer must be empty. It is to be kept: when the bytes have been dropped,
    /// [`BytesMut::try_reclaim`] makes the same memory ready for the next body.
    ///
    /// # Errors
    /// As [`bytes`](Self::bytes).
    pub async fn bytes_in(
        mut self,
        buffer: &mut BytesMut,
        cap: usize,
    ) -> Result<Bytes, TransportError> {
        while let Some(chunk) = self.chunk().await? {
            self.check(buffer.len().saturating_add(chunk.len()), cap)?;
            buffer.extend_from_slice(&chunk);
        }
        Ok(buffer.split().freeze())
    }

    /// The body as a stream of pieces. After an error the stream ends.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, TransportError>> + Send {
        stream::unfold(Some(self), |body| async {
            let mut body = body?;
            match body.chunk().await {
                Ok(Some(chunk)) => Some((Ok(chunk), Some(body))),
                Ok(None) => None,
                Err(e) => Some((Err(e), None)),
            }
        })
    }

    fn check(&self, length: usize, cap: usize) -> Result<(), TransportError> {
        if length > cap {
            return Err(TransportError::bare(TransportErrorKind::BodyTooLarge, &self.origin));
        }
        Ok(())
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("origin", &self.origin).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn over_the_cap_is_an_error() {
        assert_eq!(Body::from_bytes("12345").bytes(5).await.unwrap(), "12345");
        let error = Body::from_bytes("123456").bytes(5).await.unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::BodyTooLarge);
        let mut buffer = BytesMut::new();
        assert_eq!(Body::from_bytes("12345").bytes_in(&mut buffer, 5).await.unwrap(), "12345");
        let error = Body::from_bytes("123456").bytes_in(&mut buffer, 5).await.unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::BodyTooLarge);
    }

    #[tokio::test]
    async fn the_memory_of_a_body_takes_the_next() {
        let mut buffer = BytesMut::with_capacity(100);
        let place = buffer.as_ptr();
        let first = Body::from_bytes(vec![b'a'; 80]).bytes_in(&mut buffer, 100).await.unwrap();
        assert!(!buffer.try_reclaim(80), "the first is still there");
        drop(first);
        assert!(buffer.try_reclaim(80));
        let second = Body::from_bytes(vec![b'b'; 80]).bytes_in(&mut buffer, 100).await.unwrap();
        assert_eq!((second.as_ptr(), second.len()), (place, 80));
    }
}
