//! Blobs up and down: whole, or an error.

use bytes::Bytes;
use futures_util::{TryStreamExt, stream};
use serde_json::json;
use sf_auth::transport::TransportErrorKind;
use sf_emulator::{Fault, Operation};
use sf_rest::blob::{BlobBody, NewBlob};
use sf_rest::ops::blob::{CreateBlob, GetBlob};
use sf_rest::{Error, ErrorKind, Id, Query};
use tokio::io::AsyncReadExt;

use crate::support::Setup;
use crate::wire::Wire;

/// Bytes with every value, and with what looks like a boundary.
fn bytes(length: usize) -> Bytes {
    let text = b"\r\n--boundary-\r\n\0\xff";
    (0..length).map(|n| text[n % text.len()] ^ u8::try_from(n / 7_919 % 256).unwrap()).collect()
}

async fn read(setup: &Setup, blob: &GetBlob) -> Vec<u8> {
    let mut out = Vec::new();
    let mut arriving = setup.client.download(blob).await.unwrap();
    arriving.read_to_end(&mut out).await.unwrap();
    out
}

async fn versions(setup: &Setup, title: &str) -> u64 {
    let soql = format!("SELECT COUNT() FROM ContentVersion WHERE Title = '{title}'");
    setup.client.query_page(&Query::new(soql)).await.unwrap().total_size
}

#[tokio::test]
async fn there_and_back() {
    let setup = Setup::new().await;
    let content = bytes(1_800_000);
    let version =
        |title: &str| NewBlob::version("a/report.bin", &json!({ "Title": title })).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blob");
    std::fs::write(&path, &content).unwrap();
    let pieces: Vec<_> = content.chunks(70_001).map(Bytes::copy_from_slice).collect();
    let pieces = stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>));
    let length = content.len() as u64;
    let bodies = [
        BlobBody::bytes(content.clone()),
        BlobBody::file(&path).await.unwrap(),
        BlobBody::stream(length, pieces),
        BlobBody::reader(length, std::io::Cursor::new(content.clone())),
    ];
    for body in bodies {
        let id = setup.client.upload(&version("there"), &body).await.unwrap();
        assert_eq!(read(&setup, &GetBlob::version(id)).await, content);
    }
    assert_eq!(versions(&setup, "there").await, 4);

    // Small ones, and none.
    let account = setup.account("with files").await;
    let fields = json!({ "Name": "small", "ParentId": account.as_str() });
    let small = CreateBlob::new("Attachment", &fields, "Body", "hello").unwrap();
    let id = setup.client.send(&small).await.unwrap();
    assert_eq!(setup.client.send(&GetBlob::attachment(id)).await.unwrap(), "hello");
    let new = NewBlob::attachment("one byte", account).unwrap();
    let id = setup.client.upload(&new, &BlobBody::bytes("1")).await.unwrap();
    let arriving = setup.client.download(&GetBlob::attachment(id)).await.unwrap();
    // The org answers in chunks.
    assert_eq!(arriving.length(), None);
    let mut out = Vec::new();
    assert_eq!((arriving.write_to(&mut out).await.unwrap(), &*out), (1, &b"1"[..]));
    // Refused by the platform.
    let none = Id::parse("068000000000001AAA").unwrap_or(id);
    let error = setup.client.download(&GetBlob::version(none)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Api, "{error}");
}

#[tokio::test]
async fn a_blob_that_is_cut_is_an_error() {
    let setup = Setup::new().await;
    let content = bytes(1_000_000);
    let new = NewBlob::version("x", &json!({ "Title": "cut" })).unwrap();
    let id = setup.client.upload(&new, &BlobBody::bytes(content.clone())).await.unwrap();
    let blob = GetBlob::version(id);
    for cut in [Fault::cut_body(), Fault::cut_chunked_body(), Fault::cut_body().keep(999_999)] {
        setup.org.faults().push(cut.on(Operation::Retrieve));
        let mut received = Vec::new();
        let arriving = setup.client.download(&blob).await.unwrap();
        let error = arriving.write_to(&mut received).await.unwrap_err();
        assert!(
            matches!(&error, Error::Transport { source, .. } if source.kind() == TransportErrorKind::BodyCut),
            "{error:?}"
        );
        assert!(received.len() < content.len());
        // A reader says so too.
        setup.org.faults().push(Fault::cut_body().on(Operation::Retrieve));
        let mut arriving = setup.client.download(&blob).await.unwrap();
        assert!(arriving.read_to_end(&mut Vec::new()).await.is_err());
    }
    // Before it begins, it is tried again.
    for fault in [Fault::expired_session(), Fault::unavailable(), Fault::dropped_connection()] {
        setup.org.faults().push(fault.on(Operation::Retrieve));
        assert_eq!(read(&setup, &blob).await, content);
    }
    let arriving = setup.client.download(&blob).await.unwrap().expect_length(1_000_001);
    let error = arriving.try_for_each(|_| async { Ok(()) }).await.unwrap_err();
    insta::assert_snapshot!(error, @"the answer (HTTP 200) is not the whole blob: it has 1000000 bytes instead of 1000001; it begins: ");
}

#[tokio::test]
async fn an_upload_is_executed_once_or_told() {
    let setup = Setup::new().await;
    let content = bytes(300_000);
    let new = |title: &str| NewBlob::version("x", &json!({ "Title": title })).unwrap();
    let once = || {
        let pieces = stream::iter([Ok::<_, std::io::Error>(content.clone())]);
        BlobBody::stream(content.len() as u64, pieces)
    };
    // The session has ended: bytes are sent again, a stream cannot be.
    setup.org.expire_sessions();
    let body = BlobBody::bytes(content.clone());
    setup.client.upload(&new("again"), &body).await.unwrap();
    assert_eq!(versions(&setup, "again").await, 1);
    setup.org.expire_sessions();
    let error = setup.client.upload(&new("once"), &once()).await.unwrap_err();
    assert_eq!(error.status(), Some(401), "{error}");
    assert_eq!(versions(&setup, "once").await, 0);
    setup.client.limits().await.unwrap();
    let spent = once();
    setup.client.upload(&new("once"), &spent).await.unwrap();
    assert_eq!(
        setup.client.upload(&new("once"), &spent).await.unwrap_err().kind(),
        ErrorKind::InvalidRequest
    );

    setup.org.faults().push(Fault::lost_answer().on(Operation::Create));
    let error = setup.client.upload(&new("lost"), &body).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(versions(&setup, "lost").await, 1);
    setup.org.faults().push(Fault::cut_body().on(Operation::Create));
    let error = setup.client.upload(&new("cut"), &body).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);

    // A source that is shorter or longer than it says, or fails.
    let length = content.len() as u64;
    let failing = stream::iter([Ok(content.slice(..9)), Err("the disk is gone")]);
    let sources = [
        BlobBody::reader(length + 1, std::io::Cursor::new(content.clone())),
        BlobBody::reader(length - 1, std::io::Cursor::new(content.clone())),
        BlobBody::stream(length, failing),
    ];
    let mut told = Vec::new();
    for source in sources {
        let error = setup.client.upload(&new("wrong"), &source).await.unwrap_err();
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        told.push(format!("{error}: {}", cause.unwrap_or_default()));
    }
    insta::assert_snapshot!(told.join("\n"), @"
    what was to be sent could not be read: it ended after 300000 of 300001 bytes
    what was to be sent could not be read: it has more than the 299999 bytes it should have
    what was to be sent could not be read: the disk is gone
    ");
    assert_eq!(versions(&setup, "wrong").await, 0);
}

#[tokio::test]
async fn a_page_of_the_edge_is_no_blob() {
    let html = "<html><body>Maintenance</body></html>";
    let page = |headers: &str| {
        let length = html.len();
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html;charset=UTF-8\r\nconnection: close\r\n\
             content-length: {length}\r\n{headers}\r\n{html}"
        )
    };
    let get = GetBlob::version(Id::parse("068dM00003kRs59").unwrap());
    let edge = Wire::always(page("")).await;
    let error = edge.client().send(&get).await.unwrap_err();
    let streamed = edge.client().download(&get).await.unwrap_err();
    assert_eq!(streamed.to_string(), error.to_string());
    insta::assert_snapshot!(error, @"the answer (HTTP 200) is an HTML page instead of a blob; it begins: <html><body>Maintenance</body></html>");
    // A page that the org keeps is a blob like others.
    let org = Wire::always(page("Sforce-Limit-Info: api-usage=1/100\r\n")).await;
    assert_eq!(org.client().send(&get).await.unwrap(), html);
    let mut copy = Vec::new();
    org.client().download(&get).await.unwrap().write_to(&mut copy).await.unwrap();
    assert_eq!(copy, html.as_bytes());
}
