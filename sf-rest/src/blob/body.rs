//! The bytes of an upload, from where they are.

use std::fmt;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::{FutureExt, Stream, StreamExt, TryStreamExt, stream};
use tokio::io::AsyncRead;

use crate::Error;
use crate::bulk::{read_pieces, unreadable};

type Failure = Box<dyn std::error::Error + Send + Sync>;
pub(super) type Pieces = Pin<Box<dyn Stream<Item = Result<Bytes, Failure>> + Send>>;

/// The bytes of a blob, and how many there are.
pub struct BlobBody {
    length: u64,
    from: From,
    /// What went wrong while they were read.
    failure: Arc<Mutex<Option<Error>>>,
}

enum From {
    Bytes(Bytes),
    File(PathBuf),
    /// Gone after the first time.
    Stream(Mutex<Option<Pieces>>),
}

impl BlobBody {
    /// Bytes that are here.
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self::new(bytes.len() as u64, From::Bytes(bytes))
    }

    /// A file, whose length must not change while it is sent.
    ///
    /// # Errors
    /// [`Error::Source`] if it cannot be found.
    pub async fn file(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        let length = tokio::fs::metadata(&path).await.map_err(unreadable)?.len();
        Ok(Self::new(length, From::File(path)))
    }

    /// A stream of exactly `length` bytes. It can be read once, so that an upload that was refused
    /// because the session had ended, which could otherwise be sent again, is an error.
    pub fn stream<S, E>(length: u64, pieces: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<Failure> + 'static,
    {
        let pieces: Pieces = Box::pin(pieces.map_err(Into::into));
        Self::new(length, From::Stream(Mutex::new(Some(pieces))))
    }

    /// A reader of exactly `length` bytes, which can be read once; see [`stream`](Self::stream).
    pub fn reader(length: u64, reader: impl AsyncRead + Send + Unpin + 'static) -> Self {
        Self::stream(length, read_pieces(reader))
    }

    fn new(length: u64, from: From) -> Self {
        Self { length, from, failure: Arc::default() }
    }

    /// How many bytes there are.
    pub fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn is_spent(&self) -> bool {
        match &self.from {
            From::Bytes(_) | From::File(_) => false,
            From::Stream(pieces) => pieces.lock().unwrap_or_else(PoisonError::into_inner).is_none(),
        }
    }

    /// What went wrong here while the bytes were read; the platform then got a part only, and knows
    /// it.
    pub(super) fn failure(&self) -> Option<Error> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The bytes from the beginning.
    pub(super) fn open(&self) -> Result<Pieces, Error> {
        let pieces: Pieces = match &self.from {
            From::Bytes(bytes) => Box::pin(stream::iter([Ok(bytes.clone())])),
            From::File(path) => {
                let file = tokio::fs::File::open(path.clone()).map(|file| file.map(read_pieces));
                Box::pin(file.into_stream().try_flatten().map_err(Into::into))
            }
            From::Stream(pieces) => {
                let mut pieces = pieces.lock().unwrap_or_else(PoisonError::into_inner);
                pieces.take().ok_or_else(|| {
                    Error::invalid("the stream of a blob was sent before, and can be read once")
                })?
            }
        };
        Ok(self.watched(pieces))
    }

    /// Keeps what goes wrong, the length included.
    fn watched(&self, pieces: Pieces) -> Pieces {
        let (failure, length) = (Arc::clone(&self.failure), self.length);
        let wrong = move |error: Failure| {
            let error = unreadable(error);
            let told = error.to_string();
            *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            Err(Failure::from(told))
        };
        Box::pin(stream::unfold(Some((pieces, 0_u64)), move |state| {
            let wrong = wrong.clone();
            async move {
                let (mut pieces, before) = state?;
                match pieces.next().await {
                    Some(Ok(piece)) => {
                        let sent = before + piece.len() as u64;
                        if sent > length {
                            let text =
                                format!("it has more than the {length} bytes it should have");
                            return Some((wrong(text.into()), None));
                        }
                        Some((Ok(piece), Some((pieces, sent))))
                    }
                    Some(Err(error)) => Some((wrong(error), None)),
                    None if before < length => {
                        let text = format!("it ended after {before} of {length} bytes");
                        Some((wrong(text.into()), None))
                    }
                    None => None,
                }
            }
        }))
    }
}

impl fmt::Debug for BlobBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlobBody").field("length", &self.length).finish_non_exhaustive()
    }
}
