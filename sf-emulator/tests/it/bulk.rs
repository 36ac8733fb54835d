//! A small client for bulk jobs.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Client, Reply, send};

/// What differs from run to run, by its name.
pub(crate) fn masked(job: &Value) -> String {
    let mut job = job.clone();
    if let Some(map) = job.as_object_mut() {
        for (key, value) in map.iter_mut() {
            if matches!(
                key.as_str(),
                "createdById" | "totalProcessingTime" | "apiActiveProcessingTime"
            ) {
                *value = Value::from("…");
            } else if matches!(key.as_str(), "createdDate" | "systemModstamp") {
                let text = value.as_str().unwrap();
                assert_eq!((text.len(), &text[19..]), (28, ".000+0000"), "{text}");
                *value = Value::from("…");
            }
        }
    }
    job.to_string()
}

impl Client {
    pub(crate) async fn ingest(&self, body: Value) -> Reply {
        self.send("POST", "/jobs/ingest", body).await
    }

    /// The id of a new open job.
    pub(crate) async fn open(&self, body: Value) -> String {
        let reply = self.ingest(body).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn put(&self, id: &str, csv: impl Into<String>) -> Reply {
        let request = self.request(Method::PUT, &format!("/jobs/ingest/{id}/batches"));
        send(request.header("content-type", "text/csv").body(csv.into())).await
    }

    pub(crate) async fn state(&self, id: &str, state: &str) -> Reply {
        self.send("PATCH", &format!("/jobs/ingest/{id}"), json!({ "state": state })).await
    }

    pub(crate) async fn job(&self, id: &str) -> Value {
        self.get(&format!("/jobs/ingest/{id}")).await.json()
    }

    /// Makes, fills and closes a job.
    pub(crate) async fn load(&self, body: Value, csv: impl Into<String>) -> String {
        let id = self.open(body).await;
        let put = self.put(&id, csv).await;
        assert_eq!((put.status, put.text.as_str()), (201, ""));
        let closed = self.state(&id, "UploadComplete").await;
        assert_eq!(closed.status, 200, "{}", closed.text);
        id
    }

    pub(crate) async fn records(&self, id: &str, which: &str) -> String {
        let reply = self.get(&format!("/jobs/ingest/{id}/{which}")).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(reply.header("content-type"), "text/csv");
        reply.text
    }

    pub(crate) async fn query_job(&self, soql: &str) -> Reply {
        self.send("POST", "/jobs/query", json!({ "operation": "query", "query": soql })).await
    }
}
