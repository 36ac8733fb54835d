//! Bodies and addresses: compression, excerpts, redirects, other origins.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use http::HeaderValue;
use http::header::ACCEPT_ENCODING;
use serde_json::{Value, json};
use sf_auth::transport::TransportErrorKind;
use sf_emulator::Fault;
use sf_rest::ops::limits::{Limit, Limits};
use sf_rest::{Client, Error, ErrorKind, Operation, Request, Response, RetryPolicy, Safety};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::Setup;
use crate::wire::{Wire, answer};

#[tokio::test]
async fn bodies_above_a_threshold_are_compressed() {
    let wire =
        Wire::always(answer(201, "", r#"{"id":"001000000000001AAA","success":true,"errors":[]}"#))
            .await;
    let client = wire.builder().compress_above(200).build().unwrap();
    let long = json!({ "Name": "n", "Description": "text ".repeat(400) });
    client.create("Account", &long).await.unwrap();
    client.create("Account", &json!({ "Name": "short" })).await.unwrap();
    let seen = wire.seen();
    assert_eq!(seen[0].header("content-encoding"), Some("gzip"));
    assert!(seen[0].body.len() < 200);
    let mut text = String::new();
    flate2::read::GzDecoder::new(&*seen[0].body).read_to_string(&mut text).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), long);
    assert_eq!(seen[1].header("content-encoding"), None);

    // The org reads it, and answers in kind.
    let setup = Setup::new().await;
    let credentials =
        sf_auth::StaticCredentials::new(setup.org.url().as_str(), setup.org.issue_token()).unwrap();
    let client =
        Client::builder(std::sync::Arc::new(credentials)).compress_above(200).build().unwrap();
    let id = client.create("Account", &long).await.unwrap();
    assert_eq!(setup.name_of(id).await, "n");
}

#[tokio::test]
async fn an_excerpt_commands_no_terminal() {
    let setup = Setup::new().await;
    let body = "\u{1b}[2J{\"a\u{202e}b\u{200b}\u{7}\u{85}c";
    for status in [200, 400, 500] {
        setup.org.faults().push(Fault::reply(status, "text/plain", body).times(4));
        let error = setup.client.limits().await.unwrap_err().to_string();
        setup.org.faults().clear();
        let odd = |c: char| c.is_control() || matches!(c, '\u{202e}' | '\u{200b}');
        assert!(!error.contains(odd) && error.contains("[2J{"), "{error:?}");
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let stranger = Wire::always(answer(200, "", "{}")).await;
    let location = format!("location: {}services/data\r\n", stranger.url);
    for status in [301, 302, 303, 307, 308] {
        let wire = Wire::always(answer(status, &location, "<html>moved</html>")).await;
        let error = wire.client().limits().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.status()),
            (ErrorKind::Redirected, Some(status)),
            "{error}"
        );
        let error = wire.client().create("Account", &json!({ "Name": "x" })).await.unwrap_err();
        let unknown = matches!(error, Error::OutcomeUnknown { .. });
        assert_eq!(unknown, status < 304, "{status}: {error}");
        assert_eq!(wire.seen().len(), 2, "neither is sent again");
    }
    assert!(stranger.seen().is_empty());

    let wire = Wire::always(answer(302, "location: /login\r\n", "")).await;
    let error = wire.client().limits().await.unwrap_err();
    let text = error.to_string().replace(wire.url.as_str().trim_end_matches('/'), "[org]");
    insta::assert_snapshot!(text, @"GET limits was answered with a redirect (HTTP 302) to [org], which is not followed; if the org has another address now, log in again to learn it");
}

#[tokio::test]
async fn addresses_in_answers_lead_nowhere_else() {
    let stranger = Wire::always(answer(200, "", "{}")).await;
    let url = format!("{}services/data/v66.0/query/0r8-2", stranger.url);
    let page = format!(
        r#"{{"totalSize":9,"done":false,"nextRecordsUrl":"{url}","records":[{{"Id":"1"}},{{"Id":"2"}}]}}"#
    );
    let wire = Wire::always(answer(200, "", &page)).await;
    for client in
        [wire.client(), wire.client().with(sf_rest::CallOptions::new().pages_in_flight(4))]
    {
        let error = futures_util::TryStreamExt::try_collect::<Vec<_>>(
            client.query::<sf_rest::Record>("SELECT Id FROM Account"),
        )
        .await
        .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ForeignOrigin, "{error}");
    }
    let content = Request::absolute(http::Method::GET, "contentUrl", &url);
    let error = wire.client().send(&Raw(content)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignOrigin, "{error}");
    assert!(stranger.seen().is_empty());
}

/// A request to an address that the platform gave.
struct Raw(Request);

impl Operation for Raw {
    type Output = ();

    fn request(&self) -> Result<Request, Error> {
        Ok(self.0.clone())
    }

    fn decode(&self, _response: Response) -> Result<(), Error> {
        Ok(())
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

/// Limits, asked for as they are asked for where a network lies between.
struct Packed;

impl Operation for Packed {
    type Output = BTreeMap<String, Limit>;

    fn request(&self) -> Result<Request, Error> {
        let gzip = HeaderValue::from_static("gzip");
        Limits.request().map(|request| request.header(ACCEPT_ENCODING, gzip))
    }

    fn decode(&self, response: Response) -> Result<Self::Output, Error> {
        Limits.decode(response)
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

/// A server that answers with these bytes, compressed as they say.
async fn compressed(body: Vec<u8>) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") && socket.read_buf(&mut head).await.unwrap() > 0 {}
            assert!(String::from_utf8_lossy(&head).contains("accept-encoding: gzip"));
            let length = body.len();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\n\
                 connection: close\r\ncontent-length: {length}\r\n\r\n"
            );
            socket.write_all(&[head.as_bytes(), &body].concat()).await.unwrap();
        }
    });
    let credentials = sf_auth::StaticCredentials::new(&url, "00D!token").unwrap();
    let builder = Client::builder(std::sync::Arc::new(credentials)).body_cap(1 << 20);
    builder.retry(RetryPolicy::without_delay(2)).build().unwrap()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(text.as_bytes()).unwrap();
    packer.finish().unwrap()
}

#[tokio::test]
async fn answers_are_unpacked_to_their_end() {
    let limits = gzip(r#"{"DailyApiRequests":{"Max":100,"Remaining":7}}"#);
    let client = compressed(limits.clone()).await;
    assert_eq!(client.send(&Packed).await.unwrap()["DailyApiRequests"].remaining, 7);

    // HTTP has no part in it: the answer has the length that it announces.
    for cut in [limits.len() / 2, limits.len() - 1] {
        let error = compressed(limits[..cut].to_vec()).await.send(&Packed).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, Some(2)), "{error}");
    }

    // What is small on the wire is not let in without limit.
    let bomb = gzip(&format!("{{\"x\":\"{}\"}}", "0".repeat(4 << 20)));
    assert!(bomb.len() < 100_000);
    let error = compressed(bomb).await.send(&Packed).await.unwrap_err();
    let Error::Transport { source, .. } = &error else { panic!("{error}") };
    assert_eq!(source.kind(), TransportErrorKind::BodyTooLarge);
}
