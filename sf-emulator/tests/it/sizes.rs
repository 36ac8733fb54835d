//! Bodies and data as large as the platform takes them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use insta::assert_snapshot;
use reqwest::Method;
use serde_json::json;

use crate::support::{org, send};

/// More than web frameworks take by default.
const LARGE: usize = 3 * 1024 * 1024;

#[tokio::test]
async fn wide_collections_and_composites_are_taken() {
    let (_org, client) = org().await;
    let text = "x".repeat(31_000);
    let record = |n: usize| json!({"attributes": {"type": "Account"}, "Name": format!("Wide {n}"), "Description": text});
    let records: Vec<_> = (0..200).map(record).collect();
    let body = json!({"allOrNone": true, "records": records});
    assert!(body.to_string().len() > LARGE);
    let reply = client.send("POST", "/composite/sobjects", body).await;
    assert_eq!(reply.status, 200, "{}", &reply.text[..200]);
    assert_eq!(client.count("SELECT COUNT() FROM Account WHERE Name LIKE 'Wide %'").await, 200);

    let nodes: Vec<_> = (0..4)
        .map(|n| {
            let url = "/services/data/v66.0/composite/sobjects";
            let records: Vec<_> = (0..30).map(record).collect();
            json!({"method": "POST", "url": url, "referenceId": format!("r{n}"), "body": {"records": records}})
        })
        .collect();
    let reply = client.send("POST", "/composite", json!({"compositeRequest": nodes})).await;
    let codes: Vec<_> =
        (0..4).map(|n| reply.json()["compositeResponse"][n]["httpStatusCode"].clone()).collect();
    assert_eq!(codes, [200, 200, 200, 200]);
}

#[tokio::test]
async fn files_come_in_json_and_in_parts() {
    let (_org, client) = org().await;
    let parent = client.account("Has files").await;
    let bytes: Vec<u8> = (0..LARGE).map(|n| u8::try_from(n % 251).unwrap()).collect();
    let fields = json!({"ParentId": parent, "Name": "large.bin"});
    let mut whole = fields.clone();
    whole["Body"] = STANDARD.encode(&bytes).into();
    let in_json = client.send("POST", "/sobjects/Attachment", whole).await;
    assert_eq!(in_json.status, 201, "{}", in_json.text);

    let mut body = format!("--b\r\nContent-Disposition: form-data; name=\"entity\"\r\nContent-Type: application/json\r\n\r\n{fields}\r\n--b\r\nContent-Disposition: form-data; name=\"Body\"; filename=\"large.bin\"\r\nContent-Type: application/octet-stream\r\n\r\n").into_bytes();
    body.extend(&bytes);
    body.extend(b"\r\n--b--\r\n");
    let request = client.request(Method::POST, "/sobjects/Attachment");
    let in_parts =
        send(request.header("content-type", "multipart/form-data; boundary=b").body(body)).await;
    assert_eq!(in_parts.status, 201, "{}", in_parts.text);
    for reply in [in_json, in_parts] {
        let path = format!("/sobjects/Attachment/{}/Body", reply.json()["id"].as_str().unwrap());
        let read = client.request(Method::GET, &path).send().await.unwrap().bytes().await.unwrap();
        assert!(read.as_ref() == bytes.as_slice(), "{} bytes", read.len());
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let (_org, client) = org().await;
    let request = client.request(Method::POST, "/sobjects/Account");
    let body = vec![b' '; 50 * 1024 * 1024 + 1];
    let reply = send(request.header("content-type", "application/json").body(body)).await;
    assert_snapshot!(reply.shown(), @r#"413 [{"message":"The request body is over 50 MB","errorCode":"REQUEST_TOO_LARGE"}]"#);
}

#[tokio::test]
async fn the_oldest_uploads_make_room() {
    let (org, client) = org().await;
    let line = format!("Kept,{}\n", "y".repeat(20_000));
    let csv = format!("Name,Description\n{}", line.repeat(100));
    let length = csv.len();
    assert!(length > 1024 * 1024, "large enough for a file");
    org.bulk_jobs().set_kept_bytes(length + length / 2);
    let body = || json!({"object": "Account", "operation": "insert"});
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(client.load(body(), csv.clone()).await);
        org.bulk_jobs().idle().await;
    }
    let results =
        async |id: &str| client.get(&format!("/jobs/ingest/{id}/successfulResults")).await;
    assert_snapshot!(
        results(&ids[0]).await.shown(),
        @r#"400 [{"errorCode":"INVALIDJOBSTATE","message":"The results of this Job are no longer kept"}]"#
    );
    let (kept, again) = (results(&ids[1]).await, results(&ids[1]).await);
    assert_eq!(kept.text.lines().count(), 101);
    assert!(kept.text.len() > length && kept.text == again.text, "read back whole");
    assert_eq!(client.job(&ids[0]).await["numberRecordsProcessed"], 100);
}

#[tokio::test]
async fn bulk_jobs_count_against_the_day() {
    let (org, client) = org().await;
    let remaining =
        async |name: &str| client.get("/limits").await.json()[name]["Remaining"].clone();
    let (batches, jobs) = ("DailyBulkApiBatches", "DailyBulkV2QueryJobs");
    assert_eq!((remaining(batches).await, remaining(jobs).await), (json!(15_000), json!(10_000)));
    let csv = format!("Name\n{}", "Counted\n".repeat(10_001));
    client.load(json!({"object": "Account", "operation": "insert"}), csv).await;
    let query = json!({"operation": "query", "query": "SELECT Id FROM Account LIMIT 1"});
    let id = client.send("POST", "/jobs/query", query).await.json()["id"].clone();
    org.bulk_jobs().idle().await;
    assert_eq!((remaining(batches).await, remaining(jobs).await), (json!(14_998), json!(9_999)));
    let path = format!("/jobs/query/{}", id.as_str().unwrap());
    assert_eq!(send(client.request(Method::DELETE, &path)).await.status, 204);
    assert_eq!(remaining(jobs).await, json!(9_999), "a deleted job was made all the same");
    org.advance(std::time::Duration::from_secs(24 * 60 * 60));
    let client = crate::support::Client::new(&org);
    let limits = client.get("/limits").await.json();
    assert_eq!(
        (&limits[batches]["Remaining"], &limits[jobs]["Remaining"]),
        (&json!(15_000), &json!(10_000))
    );
}
