//! Downloads as a stream or a reader.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::{Buf, Bytes};
use futures_util::{Stream, StreamExt, TryStreamExt};
use http::header::CONTENT_LENGTH;
use sf_auth::transport::TransportError;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

use crate::bulk::unreadable;
use crate::exchange;
use crate::ops::blob::{BLOB, GetBlob};
use crate::{Client, Error, Operation, decode, send};

type Pieces = Pin<Box<dyn Stream<Item = Result<Bytes, TransportError>> + Send>>;

/// A blob that is arriving: a `Stream` of pieces, and an `AsyncRead`. It ends without an error only
/// with the last byte.
pub struct Blob {
    pieces: Pieces,
    /// What is left of the last piece, for a reader.
    rest: Bytes,
    length: Option<u64>,
    received: u64,
    ended: bool,
    operation: String,
    started: Instant,
}

impl Blob {
    /// How many bytes it has, if the answer says so; one in chunks has an end of its own instead,
    /// which is watched for just as well.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// Checks it against a length that is known from elsewhere (`ContentVersion.ContentSize`,
    /// `Attachment.BodyLength`): the only guard if something on the way sends neither a length nor
    /// chunks.
    #[must_use]
    pub fn expect_length(mut self, bytes: u64) -> Self {
        self.length = Some(bytes);
        self
    }

    /// Writes it to a file or another writer, and flushes; gives the number of bytes.
    ///
    /// # Errors
    /// [`Error::Transport`] if it was cut, [`Error::Source`] if it cannot be written.
    pub async fn write_to(mut self, out: &mut (impl AsyncWrite + Unpin)) -> Result<u64, Error> {
        while let Some(piece) = self.try_next().await? {
            out.write_all(&piece).await.map_err(unreadable)?;
        }
        out.flush().await.map_err(unreadable)?;
        Ok(self.received)
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let piece = match ready!(self.pieces.poll_next_unpin(cx)) {
            Some(Ok(piece)) => piece,
            Some(Err(source)) => {
                self.ended = true;
                let (operation, elapsed) = (self.operation.clone(), self.started.elapsed());
                let error = Error::Transport { operation, attempts: 1, elapsed, source };
                return Poll::Ready(Some(Err(error)));
            }
            None => {
                self.ended = true;
                return Poll::Ready(self.wrong_length().map(Err));
            }
        };
        self.received += piece.len() as u64;
        if self.length.is_some_and(|length| self.received > length) {
            self.ended = true;
            return Poll::Ready(self.wrong_length().map(Err));
        }
        Poll::Ready(Some(Ok(piece)))
    }

    fn wrong_length(&self) -> Option<Error> {
        let length = self.length.filter(|length| *length != self.received)?;
        Some(Error::Decode {
            status: 200,
            what: "the whole blob",
            problem: format!("it has {} bytes instead of {length}", self.received),
            excerpt: String::new(),
        })
    }
}

impl Stream for Blob {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if !self.rest.is_empty() {
            return Poll::Ready(Some(Ok(std::mem::take(&mut self.rest))));
        }
        self.poll_piece(cx)
    }
}

impl AsyncRead for Blob {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        while self.rest.is_empty() {
            match ready!(self.poll_piece(cx)) {
                Some(Ok(piece)) => self.rest = piece,
                Some(Err(error)) => return Poll::Ready(Err(std::io::Error::other(error))),
                None => return Poll::Ready(Ok(())),
            }
        }
        let length = self.rest.len().min(buffer.remaining());
        buffer.put_slice(&self.rest[..length]);
        self.rest.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blob")
            .field("length", &self.length)
            .field("received", &self.received)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Begins to read a blob. Beginning is retried as other reads are; a blob that is cut later is an
    /// error of the stream.
    ///
    /// # Errors
    /// As [`Client::send`]; [`Error::NotJson`] for an HTML page that something on the way sent instead
    /// of a blob.
    pub async fn download(&self, blob: &GetBlob) -> Result<Blob, Error> {
        let request = blob.request()?;
        let started = Instant::now();
        let mut opened = exchange::download(self, &request).await?;
        if let Some(mut error) = decode::page(opened.status, &opened.headers, b"", BLOB) {
            // What it says is for the error alone, and may be cut.
            let text = opened.body.chunk().await.ok().flatten().unwrap_or_default();
            if let Error::NotJson { excerpt, .. } = &mut error {
                *excerpt = decode::excerpt(&text);
            }
            return Err(error);
        }
        let length = opened.headers.get(CONTENT_LENGTH);
        Ok(Blob {
            pieces: Box::pin(opened.body.into_stream()),
            rest: Bytes::new(),
            length: length.and_then(|length| length.to_str().ok()?.parse().ok()),
            received: 0,
            ended: false,
            operation: send::operation(&request),
            started,
        })
    }
}
