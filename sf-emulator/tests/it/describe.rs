//! Versions, the object list, describes, limits.

use insta::assert_snapshot;
use reqwest::Method;
use serde_json::Value;
use sf_emulator::Emulator;

use crate::support::{org, send, start};

#[tokio::test]
async fn versions_need_no_session() {
    let (_org, client) = org().await;
    let reply = send(client.http.get(format!("{}/services/data/", client.base))).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("sforce-limit-info"), "");
    let versions = reply.json();
    let versions = versions.as_array().unwrap();
    assert_snapshot!(
        versions.last().unwrap(),
        @r#"{"label":"Winter '27","url":"/services/data/v68.0","version":"68.0"}"#
    );
    assert_eq!(versions[0]["version"], "31.0");
}

#[tokio::test]
async fn a_version_lists_its_resources() {
    let (org, client) = org().await;
    let reply = client.get("").await;
    assert_snapshot!(reply.keys(), @"sobjects query queryAll limits composite jobs recent search parameterizedSearch analytics actions quickActions process identity");
    assert_eq!(
        reply.json()["identity"],
        format!("{}/id/{}/{}", client.base, org.org_id(), org.user_id())
    );
}

#[tokio::test]
async fn every_reply_has_the_platforms_headers() {
    let (_org, client) = start(Emulator::builder().daily_requests(1_000)).await;
    client.get("/limits").await;
    let reply = client.get("/sobjects").await;
    let mut names: Vec<_> = reply.headers.keys().map(reqwest::header::HeaderName::as_str).collect();
    names.sort_unstable();
    assert_snapshot!(
        names.join(" "),
        @"cache-control content-type date etag last-modified server set-cookie sforce-limit-info strict-transport-security transfer-encoding vary x-content-type-options x-request-id x-robots-tag x-sfdc-edge-cache x-sfdc-request-id"
    );
    assert_eq!(reply.header("sforce-limit-info"), "api-usage=2/1000");
    assert_eq!(reply.header("content-type"), "application/json;charset=UTF-8");
}

#[tokio::test]
async fn describes_are_conditional() {
    let (_org, client) = org().await;
    for path in ["/sobjects", "/sobjects/account/describe"] {
        let full =
            send(client.request(Method::GET, path).header("accept-encoding", "identity")).await;
        assert_eq!(full.status, 200, "{}", full.text);
        let (tag, stamp) = (full.header("etag"), full.header("last-modified"));
        assert_eq!(tag.len(), 10, "eight digits in quotes: {tag}");
        for (name, value) in [("If-None-Match", tag), ("If-Modified-Since", stamp)] {
            let plain = client.request(Method::GET, path).header("accept-encoding", "identity");
            let same = send(plain.header(name, value)).await;
            assert_eq!(
                (same.status, same.text.as_str(), same.header("etag")),
                (304, "", tag),
                "{name} on {path}"
            );
        }
        let other =
            send(client.request(Method::GET, path).header("If-None-Match", "\"00000001\"")).await;
        assert_eq!(other.status, 200);
        let packed = client.request(Method::GET, path).send().await.unwrap();
        let marked = packed.headers()["etag"].to_str().unwrap().to_owned();
        assert_eq!(marked, format!("{}--gzip\"", tag.trim_end_matches('"')));
        let same = send(client.request(Method::GET, path).header("If-None-Match", marked)).await;
        assert_eq!(same.status, 304);
    }
}

#[tokio::test]
async fn describes_have_the_platforms_keys() {
    let (_org, client) = org().await;
    let global = client.get("/sobjects").await;
    assert_snapshot!(global.keys(), @"encoding maxBatchSize sobjects");
    let basic = client.get("/sobjects/contact").await;
    assert_snapshot!(basic.keys(), @"objectDescribe recentItems");
    let full = client.get("/sobjects/CONTACT/describe").await.json();
    assert_eq!(full["name"], "Contact");
    assert_eq!(full.as_object().unwrap().len(), 45);
    let fields = full["fields"].as_array().unwrap();
    assert!(fields.iter().all(|field| field.as_object().map(serde_json::Map::len) == Some(57)));
}

#[tokio::test]
async fn limits_count_requests() {
    let (_org, client) = start(Emulator::builder().daily_requests(3)).await;
    let limits = client.get("/limits").await.json();
    assert_eq!(limits["DailyApiRequests"].to_string(), r#"{"Max":3,"Remaining":2}"#);
    let names: Vec<_> = limits.as_object().unwrap().keys().collect();
    assert!(names.is_sorted());

    client.get("/limits").await;
    assert_eq!(client.get("/limits").await.status, 200);
    assert_snapshot!(
        client.get("/limits").await.shown(),
        @r#"403 [{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#
    );
}

#[tokio::test]
async fn record_counts_leave_out_the_unknown() {
    let (_org, client) = org().await;
    let reply = client.get("/limits/recordCount?sObjects=contact,Nothing").await;
    assert_snapshot!(reply.shown(), @r#"200 {"sObjects":[{"count":10000,"name":"Contact"}]}"#);
    let none: Value = client.get("/limits/recordCount?sObjects=Nothing").await.json();
    assert_eq!(none["sObjects"], Value::Array(Vec::new()));
    // Without names, of all objects that have records.
    let all: Value = client.get("/limits/recordCount").await.json();
    let all = all["sObjects"].as_array().unwrap();
    assert!(all.contains(&serde_json::json!({ "count": 10000, "name": "Contact" })), "{all:?}");
    assert!(all.len() > 5 && all.iter().all(|object| object["count"].as_u64() > Some(0)));
}
