//! Bodies and addresses: compression, excerpts, redirects, other origins.

use std::io::Read;

use serde_json::{Value, json};
use sf_emulator::Fault;
use sf_rest::{Client, Error, ErrorKind};

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
    let content = sf_rest::Request::absolute(http::Method::GET, "contentUrl", &url);
    let error = wire.client().send(&Raw(content)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignOrigin, "{error}");
    assert!(stranger.seen().is_empty());
}

/// A request to an address that the platform gave.
struct Raw(sf_rest::Request);

impl sf_rest::Operation for Raw {
    type Output = ();

    fn request(&self) -> Result<sf_rest::Request, Error> {
        Ok(self.0.clone())
    }

    fn decode(&self, _response: sf_rest::Response) -> Result<(), Error> {
        Ok(())
    }

    fn safety(&self) -> sf_rest::Safety {
        sf_rest::Safety::Read
    }
}
