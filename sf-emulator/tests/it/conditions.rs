//! Conditional requests on rows.

use insta::assert_snapshot;
use reqwest::Method;
use serde_json::json;

use crate::support::{Client, Reply, org, send};

async fn get(client: &Client, path: &str, header: &str, value: &str) -> Reply {
    send(client.request(Method::GET, path).header(header, value)).await
}

async fn patch(client: &Client, path: &str, header: &str, value: &str) -> Reply {
    let request = client.request(Method::PATCH, path).json(&json!({ "Phone": "1" }));
    send(request.header(header, value)).await
}

#[tokio::test]
async fn reads_are_conditional_by_date_and_by_tag() {
    let (_org, client) = org().await;
    let path = format!("/sobjects/Account/{}", client.account("Conditional").await);
    let row = client.get(&path).await;
    let (tag, date) = (row.header("etag").to_owned(), row.header("last-modified").to_owned());
    assert_eq!(get(&client, &path, "If-None-Match", &tag).await.status, 304);
    let gzip = tag.replace("--gzip", "").trim_end_matches('"').to_owned() + "--gzip\"";
    assert_eq!(get(&client, &path, "If-None-Match", &gzip).await.status, 304);
    assert_eq!(get(&client, &path, "If-None-Match", "\"x\", \"y\"").await.status, 200);
    let fresh = get(&client, &path, "If-Modified-Since", &date).await;
    assert_eq!((fresh.status, fresh.text.as_str()), (304, ""));
    assert_eq!(fresh.header("last-modified"), date);
    let old = get(&client, &path, "If-Modified-Since", "Mon, 01 Jan 2001 00:00:00 GMT").await;
    assert_eq!(old.status, 200);
}

/// A client that takes gzip gets the tag of the compressed form, also with the
/// answer that nothing changed.
#[tokio::test]
async fn tags_of_compressed_replies_say_so() {
    let (_org, client) = org().await;
    let row = format!("/sobjects/Account/{}", client.account("Tagged").await);
    for path in [row.as_str(), "/sobjects/Account/describe"] {
        let ask = async |tag: &str| {
            let request = client.request(Method::GET, path).header("accept-encoding", "gzip");
            request.header("If-None-Match", tag).send().await.unwrap()
        };
        let whole = ask("\"other\"").await;
        let tag = whole.headers()["etag"].to_str().unwrap().to_owned();
        assert!(tag.ends_with("--gzip\""), "{tag}");
        assert_eq!(whole.status().as_u16(), 200);
        let same = ask(&tag).await;
        assert_eq!(
            (same.status().as_u16(), same.headers()["etag"].to_str().unwrap()),
            (304, tag.as_str())
        );
        assert!(!same.headers().contains_key("content-encoding"));
        let plain = client.request(Method::GET, path).header("accept-encoding", "identity");
        let plain = send(plain.header("If-None-Match", &tag)).await;
        let unmarked = tag.replace("--gzip", "");
        assert_eq!((plain.status, plain.header("etag")), (304, unmarked.as_str()));
    }
}

#[tokio::test]
async fn writes_refuse_what_has_changed() {
    let (org, client) = org().await;
    let path = format!("/sobjects/Account/{}", client.account("Guarded").await);
    let before = client.get(&path).await;
    let (tag, date) = (before.header("etag").to_owned(), before.header("last-modified").to_owned());
    assert_eq!(patch(&client, &path, "If-Match", &tag).await.status, 204);
    org.advance(std::time::Duration::from_secs(10));
    assert_eq!(patch(&client, &path, "If-Unmodified-Since", &date).await.status, 204);

    let mut shown = Vec::new();
    for (header, value) in
        [("If-Match", &tag), ("If-Unmodified-Since", &date), ("If-Unmodified-Since", &tag)]
    {
        shown.push(patch(&client, &path, header, value).await.shown());
    }
    let request = client.request(Method::DELETE, &path).header("If-Unmodified-Since", date);
    shown.push(send(request).await.shown());
    assert_snapshot!(shown.join("\n"), @r#"
    412 [{"message":"The record's entity tag is not among those given in If-Match","errorCode":"PRECONDITION_FAILED"}]
    412 [{"message":"The record was modified after the time given in If-Unmodified-Since","errorCode":"PRECONDITION_FAILED"}]
    400 [{"message":"The header if-unmodified-since is malformed","errorCode":"INVALID_HEADER_VALUE"}]
    412 [{"message":"The record was modified after the time given in If-Unmodified-Since","errorCode":"PRECONDITION_FAILED"}]
    "#);
    assert_eq!(client.get(&path).await.status, 200);
}

#[tokio::test]
async fn tags_are_for_accounts_alone() {
    let (_org, client) = org().await;
    let lead = json!({ "LastName": "x", "Company": "y" });
    let id = client.send("POST", "/sobjects/Lead", lead).await.json()["id"].clone();
    let path = format!("/sobjects/Lead/{}", id.as_str().unwrap());
    assert_eq!(client.get(&path).await.header("etag"), "");
    assert_eq!(get(&client, &path, "If-None-Match", "*").await.status, 200);
    assert_eq!(patch(&client, &path, "If-Match", "\"x\"").await.status, 204);
}

/// Times have whole seconds; a tag has to tell two changes of one second apart.
#[tokio::test]
async fn tags_tell_changes_of_one_second_apart() {
    let (_org, client) = org().await;
    let path = format!("/sobjects/Account/{}", client.account("Twice").await);
    let mut tags = Vec::new();
    for phone in ["1", "2", "3"] {
        assert_eq!(client.send("PATCH", &path, json!({ "Phone": phone })).await.status, 204);
        tags.push(client.get(&path).await.header("etag").to_owned());
    }
    assert!(tags[0] != tags[1] && tags[1] != tags[2], "{tags:?}");
    assert_eq!(get(&client, &path, "If-None-Match", &tags[0]).await.status, 200);
    assert_eq!(patch(&client, &path, "If-Match", &tags[0]).await.status, 412);
    assert_eq!(patch(&client, &path, "If-Match", &tags[2]).await.status, 204);
}
