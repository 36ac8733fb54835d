//! Traces tell what was called and how it went, and hold no values.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::json;
use sf_emulator::Fault;
use sf_rest::Query;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::support::Setup;

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "current_thread")]
async fn no_statement_and_no_value() {
    let setup = Setup::new().await;
    // A place that traces for the first time while a subscriber is being set can stay silent for
    // good, so all of them trace once before.
    setup.org.faults().push(Fault::unavailable());
    setup.client.limits().await.unwrap();
    setup.client.create("Account", &json!({ "Nope__c": 1 })).await.unwrap_err();
    let buffer = Buffer::default();
    let writer = buffer.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter("sf_rest=trace,sf_auth=trace")
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    tracing::callsite::rebuild_interest_cache();
    setup.org.faults().push(Fault::unavailable());
    let soql = "SELECT Id FROM Account WHERE Name = 'Secret name'";
    setup.client.query_page(&Query::new(soql)).await.unwrap();
    let id = setup.client.create("Account", &json!({ "Name": "Secret name" })).await.unwrap();
    let upsert = json!({ "Amount__c": 1, "Due_Date__c": "2026-12-01" });
    setup.client.upsert("Invoice__c", "External_Id__c", "Secret-key", &upsert).await.unwrap();
    let _ = setup.client.create("Account", &json!({ "Nope__c": "Secret name" })).await.unwrap_err();
    drop(guard);

    let text = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
    for hidden in ["Secret", "SELECT", id.as_str(), "Bearer", "00D"] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
    for shown in [
        "method=GET path=\"query\"",
        "status=200",
        "attempts=2",
        "sobjects/{object}/{field}/{value}",
    ] {
        assert!(text.contains(shown), "no {shown} in {text}");
    }
}
