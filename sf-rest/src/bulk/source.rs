//! Where rows come from.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, stream};
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::csv_reader::CsvReader;
use super::encode;
use super::parts::Parts;
use crate::Error;
use crate::ops::bulk::CsvFormat;

/// Bytes that are read at one time.
const PIECE: usize = 64 << 10;

/// Gives its rows to the jobs, a few at a time.
pub(super) trait Feed: Send {
    /// Whether there may be more.
    fn feed(&mut self, parts: &mut Parts) -> impl Future<Output = Result<bool, Error>> + Send;
}

/// Rows as values.
pub(super) struct Values<S> {
    pub(super) rows: S,
}

impl<S, T> Feed for Values<S>
where
    S: Stream<Item = Result<T, Error>> + Unpin + Send,
    T: Serialize + Send,
{
    async fn feed(&mut self, parts: &mut Parts) -> Result<bool, Error> {
        let Some(row) = self.rows.next().await else { return Ok(false) };
        let fields = encode::fields(&row?)?;
        if parts.columns().is_none() {
            parts.set_columns(fields.names().map(str::to_owned).collect())?;
        }
        let values = encode::values(parts.columns().unwrap_or_default(), &fields)?;
        parts.row(values.iter().map(|value| &**value))?;
        Ok(true)
    }
}

/// Rows as CSV.
pub(super) struct Csv<S> {
    pieces: S,
    reader: CsvReader,
}

impl<S> Csv<S> {
    pub(super) fn new(pieces: S, format: CsvFormat) -> Self {
        Self { pieces, reader: CsvReader::new(format.delimiter) }
    }
}

impl<S: Stream<Item = Result<Bytes, Error>> + Unpin + Send> Feed for Csv<S> {
    async fn feed(&mut self, parts: &mut Parts) -> Result<bool, Error> {
        let problem = |problem| Error::invalid(format!("the CSV cannot be sent: {problem}"));
        match self.pieces.next().await {
            Some(piece) => {
                self.reader.push(&piece?, parts).map_err(problem)?;
                Ok(true)
            }
            None => {
                self.reader.finish(parts).map_err(problem)?;
                Ok(false)
            }
        }
    }
}

/// An error of the caller's own source.
pub(crate) fn unreadable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Source { source: Arc::from(error.into()) }
}

/// Bytes that are here, in pieces.
pub(super) fn pieces(mut bytes: Bytes) -> impl Stream<Item = Result<Bytes, Error>> + Send + Unpin {
    let next = move || {
        let length = bytes.len().min(PIECE);
        (length > 0).then(|| Ok(bytes.split_to(length)))
    };
    stream::iter(std::iter::from_fn(next))
}

/// What a reader gives, piece by piece.
pub(crate) fn read<R: AsyncRead + Send + Unpin + 'static>(
    reader: R,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static {
    stream::unfold(Some(reader), |reader| async {
        let mut reader = reader?;
        let mut piece = BytesMut::with_capacity(PIECE);
        match reader.read_buf(&mut piece).await {
            Ok(0) => None,
            Ok(_) => Some((Ok(piece.freeze()), Some(reader))),
            Err(error) => Some((Err(error), None)),
        }
    })
}
