//! What a request sends: bytes that are here, or a stream of a known length.

use std::fmt;

use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};

/// A request body.
pub struct RequestBody {
    pub(super) body: reqwest::Body,
    /// Of a stream; the length of bytes is known to HTTP anyway.
    pub(super) length: Option<u64>,
}

impl RequestBody {
    /// A body that is read piece by piece while it is sent, and held nowhere. It has exactly
    /// `length` bytes: a stream that ends earlier or goes on longer breaks the exchange off, so
    /// that no server takes a part for the whole.
    pub fn stream<S, E>(length: u64, pieces: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
    {
        let exact = exactly(length, Box::pin(pieces.map(|piece| piece.map_err(Into::into))));
        Self { body: reqwest::Body::wrap_stream(exact), length: Some(length) }
    }
}

impl From<Bytes> for RequestBody {
    fn from(bytes: Bytes) -> Self {
        Self { body: bytes.into(), length: None }
    }
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBody").field("length", &self.length).finish_non_exhaustive()
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Hands pieces on as long as they fit the announced length. HTTP itself would cut what is too
/// much.
fn exactly(
    length: u64,
    pieces: impl Stream<Item = Result<Bytes, Failure>> + Send + Unpin + 'static,
) -> impl Stream<Item = Result<Bytes, Failure>> + Send + 'static {
    stream::unfold(Some((pieces, length)), move |state| async move {
        let (mut pieces, left) = state?;
        match pieces.next().await {
            Some(Ok(piece)) => match left.checked_sub(piece.len() as u64) {
                Some(left) => Some((Ok(piece), Some((pieces, left)))),
                None => Some((Err(WrongLength { length, longer: true }.into()), None)),
            },
            Some(Err(error)) => Some((Err(error), None)),
            None if left == 0 => None,
            None => Some((Err(WrongLength { length, longer: false }.into()), None)),
        }
    })
}

#[derive(Debug)]
struct WrongLength {
    length: u64,
    longer: bool,
}

impl fmt::Display for WrongLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let relation = if self.longer { "longer" } else { "shorter" };
        write!(f, "the body is {relation} than the {} bytes that were announced", self.length)
    }
}

impl std::error::Error for WrongLength {}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::super::{Transport, TransportErrorKind};
    use super::*;

    /// What a server reads of a request whose stream has these pieces, and what the sender is told.
    async fn sent(length: u64, pieces: Vec<&'static str>) -> (String, Option<TransportErrorKind>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (mut text, mut piece) = (String::new(), [0; 1024]);
            loop {
                let read = stream.read(&mut piece).await.unwrap_or_default();
                text.push_str(std::str::from_utf8(&piece[..read]).unwrap());
                if read == 0 || text.ends_with("end") {
                    break;
                }
            }
            // A client that broke off does not read it.
            let _ = stream.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n").await;
            text
        });
        let pieces = stream::iter(pieces).map(|p| Ok::<_, std::io::Error>(p.into()));
        let request = http::Request::put(format!("http://{address}/"))
            .body(RequestBody::stream(length, pieces))
            .unwrap();
        let answer = Transport::new().unwrap().send(request).await;
        (server.await.unwrap(), answer.err().map(|error| error.kind()))
    }

    #[tokio::test]
    async fn a_stream_is_sent_with_its_length() {
        let (text, error) = sent(9, vec!["one", "two", "end"]).await;
        let text = text.to_ascii_lowercase();
        assert!(text.contains("\r\ncontent-length: 9\r\n") && text.ends_with("\r\n\r\nonetwoend"));
        assert!(!text.contains("transfer-encoding"), "{text}");
        assert_eq!(error, None);
        let (_, error) = sent(10, vec!["one", "two"]).await;
        assert_eq!(error, Some(TransportErrorKind::Interrupted));
    }

    #[tokio::test]
    async fn neither_shorter_nor_longer() {
        let read = |length, pieces: Vec<&'static str>| {
            let pieces = pieces.into_iter().map(|piece| Ok(Bytes::from_static(piece.as_bytes())));
            exactly(length, stream::iter(pieces)).try_collect::<Vec<_>>()
        };
        assert_eq!(read(5, vec!["abc", "de"]).await.unwrap().concat(), b"abcde");
        assert_eq!(read(0, vec![]).await.unwrap().concat(), b"");
        let texts = [read(6, vec!["abc", "de"]).await, read(4, vec!["abc", "de"]).await];
        let texts: Vec<String> = texts.into_iter().map(|r| r.unwrap_err().to_string()).collect();
        insta::assert_snapshot!(texts.join("\n"), @"
        the body is shorter than the 6 bytes that were announced
        the body is longer than the 4 bytes that were announced
        ");
    }
}
