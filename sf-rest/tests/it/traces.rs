//! Traces tell what was called and how it went, and hold no values.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::json;
use sf_auth::StaticCredentials;
use sf_emulator::Fault;
use sf_rest::{Client, Query};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::support::Setup;

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Traces of this thread, as text.
async fn listen(client: &Client) -> (Buffer, DefaultGuard) {
    let buffer = Buffer::default();
    let writer = buffer.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter("sf_rest=trace,sf_auth=trace")
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    // A place that traces for the first time in another thread while the subscriber is being set
    // stays silent until the cache is built again.
    for _ in 0..1_000 {
        tracing::callsite::rebuild_interest_cache();
        client.limits().await.unwrap();
        if buffer.text().contains("path=\"limits\"") {
            break;
        }
    }
    (buffer, guard)
}

#[tokio::test(flavor = "current_thread")]
async fn addresses_with_their_values_on_request() {
    let setup = Setup::new().await;
    let credentials = StaticCredentials::new(setup.org.url().as_str(), setup.org.issue_token());
    let client =
        Client::builder(Arc::new(credentials.unwrap())).trace_values(true).build().unwrap();
    client.limits().await.unwrap();
    let (buffer, guard) = listen(&client).await;
    client.query_page(&Query::new("SELECT Id FROM Account WHERE Name = 'Seen'")).await.unwrap();
    client.create("Account", &json!({ "Name": "In a body" })).await.unwrap();
    drop(guard);
    let text = buffer.text();
    assert!(
        text.contains("SELECT%20Id%20FROM%20Account%20WHERE%20Name%20%3D%20%27Seen%27"),
        "{text}"
    );
    for hidden in ["In a body", "Bearer", "00D"] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn no_statement_and_no_value() {
    let setup = Setup::new().await;
    // All places trace once before the subscriber is set.
    setup.org.faults().push(Fault::unavailable());
    setup.client.limits().await.unwrap();
    setup.client.create("Account", &json!({ "Nope__c": 1 })).await.unwrap_err();
    let (buffer, guard) = listen(&setup.client).await;
    setup.org.faults().push(Fault::unavailable());
    let soql = "SELECT Id FROM Account WHERE Name = 'Secret name'";
    setup.client.query_page(&Query::new(soql)).await.unwrap();
    let id = setup.client.create("Account", &json!({ "Name": "Secret name" })).await.unwrap();
    let upsert = json!({ "Amount__c": 1, "Due_Date__c": "2026-12-01" });
    setup.client.upsert("Invoice__c", "External_Id__c", "Secret-key", &upsert).await.unwrap();
    let _ = setup.client.create("Account", &json!({ "Nope__c": "Secret name" })).await.unwrap_err();
    for fault in [
        Fault::reply(200, "application/json", r#"{"Secret":"#),
        Fault::reply(200, "application/json", r#"["Secret"]"#),
        Fault::reply(200, "text/html", "<b>Secret</b>"),
        Fault::reply(400, "text/html", "<b>Secret</b>"),
    ] {
        setup.org.faults().push(fault.clone());
        let error = setup.client.limits().await.unwrap_err();
        assert!(error.to_string().contains("Secret"), "kept for the caller: {error}");
        setup.org.faults().push(fault);
        setup.client.create("Account", &json!({ "Name": "x" })).await.unwrap_err();
    }
    drop(guard);

    let text = buffer.text();
    for hidden in ["Secret", "SELECT", id.as_str(), "Bearer", "00D"] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
    for shown in [
        "method=GET path=\"query\"",
        "status=200",
        "attempts=2",
        "elapsed_ms=",
        "usage=",
        "sobjects/{object}/{field}/{value}",
    ] {
        assert!(text.contains(shown), "no {shown} in {text}");
    }
}
