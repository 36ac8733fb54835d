//! Requests that reach no resource, or bring a body that is none.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use insta::assert_snapshot;
use reqwest::Method;

use crate::support::{org, send};

#[tokio::test]
async fn unknown_paths_and_versions() {
    let (_org, client) = org().await;
    let mut shown = Vec::new();
    for path in [
        "/services/data/v66.0/nothing",
        "/services/data/v99.0/limits",
        "/services/data/v30.0/limits",
        "/services/data/v66.0/sobjects/Nothing/describe",
        "/services/nothing",
    ] {
        shown.push(client.follow(path).await.shown());
    }
    assert_snapshot!(shown.join("\n"), @r#"
    404 [{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]
    404 [{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]
    410 [{"message":"API version 30.0 is retired. Use version 31.0 or later.","errorCode":"UNSUPPORTED_API_VERSION"}]
    404 [{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]
    404 [{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]
    "#);
}

#[tokio::test]
async fn methods_that_a_resource_does_not_have() {
    let (_org, client) = org().await;
    let mut shown = Vec::new();
    for (method, path) in [
        ("PATCH", "/sobjects/Account"),
        ("POST", "/query"),
        ("POST", "/sobjects/Account/001000000000000AAA"),
        ("PUT", "/composite/sobjects"),
    ] {
        shown.push(client.send(method, path, serde_json::json!({})).await.shown());
    }
    assert_snapshot!(shown.join("\n"), @r#"
    405 [{"message":"HTTP Method 'PATCH' not allowed. Allowed are GET,HEAD,POST","errorCode":"METHOD_NOT_ALLOWED"}]
    405 [{"message":"HTTP Method 'POST' not allowed. Allowed are GET,HEAD","errorCode":"METHOD_NOT_ALLOWED"}]
    405 [{"message":"HTTP Method 'POST' not allowed. Allowed are DELETE,GET,HEAD,PATCH","errorCode":"METHOD_NOT_ALLOWED"}]
    405 [{"message":"HTTP Method 'PUT' not allowed. Allowed are DELETE,PATCH,POST","errorCode":"METHOD_NOT_ALLOWED"}]
    "#);
}

#[tokio::test]
async fn bodies_that_are_not_json() {
    let (_org, client) = org().await;
    let post = |kind: &'static str, body: &'static str| {
        send(
            client
                .request(Method::POST, "/sobjects/Account")
                .header("content-type", kind)
                .body(body),
        )
    };
    let json = "application/json; charset=UTF-8";
    let shown = [
        post("text/plain", "{}").await.shown(),
        post(json, "").await.shown(),
        post(json, "{\"Name\": ").await.shown(),
        post(json, "{\"Name\":\n }").await.shown(),
        post(json, "[]").await.shown(),
        send(
            client
                .request(Method::POST, "/sobjects/Account")
                .header("content-type", json)
                .body(vec![0xff, 0xfe]),
        )
        .await
        .shown(),
    ];
    assert_snapshot!(shown.join("\n"), @r#"
    415 [{"message":"Content-Type 'text/plain' not supported. Use application/json","errorCode":"UNSUPPORTED_MEDIA_TYPE"}]
    400 [{"message":"Premature end-of-input at [line:1, column:1]","errorCode":"JSON_PARSER_ERROR"}]
    400 [{"message":"Premature end-of-input at [line:1, column:10]","errorCode":"JSON_PARSER_ERROR"}]
    400 [{"message":"Unexpected character ('}' (code 125)): expected a valid value (number, String, array, object, 'true', 'false' or 'null') at [line:2, column:3]","errorCode":"JSON_PARSER_ERROR"}]
    400 [{"message":"Cannot deserialize instance of object from START_ARRAY value [line:1, column:0]","errorCode":"JSON_PARSER_ERROR"}]
    400 [{"message":"Unexpected character ('�' (code 65533)): expected a valid value (number, String, array, object, 'true', 'false' or 'null') at [line:1, column:2]","errorCode":"JSON_PARSER_ERROR"}]
    "#);
}

#[tokio::test]
async fn compressed_bodies_are_read() {
    let (_org, client) = org().await;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(br#"{"Name":"Compressed Ltd"}"#).unwrap();
    let packed = encoder.finish().unwrap();
    let post = |body: Vec<u8>| {
        let request = client
            .request(Method::POST, "/sobjects/Account")
            .header("content-type", "application/json");
        send(request.header("content-encoding", "gzip").body(body))
    };
    assert_eq!(post(packed).await.status, 201);
    assert_snapshot!(
        post(b"{}".to_vec()).await.shown(),
        @r#"400 [{"message":"The request body is not gzip","errorCode":"JSON_PARSER_ERROR"}]"#
    );
}

#[tokio::test]
async fn long_requests_are_refused_by_the_container() {
    let (_org, client) = org().await;
    let long = client.query(&"x".repeat(17_000)).await;
    assert_eq!(long.header("content-type"), "text/html;charset=iso-8859-1");
    let heavy =
        send(client.request(Method::GET, "/limits").header("x-weight", "x".repeat(17_000))).await;
    assert_snapshot!(format!("{}\n{}", long.shown(), heavy.shown()), @"
    414 <h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>
    431 <h1>Bad Message 431</h1><pre>reason: Request Header Fields Too Large</pre>
    ");
}

#[tokio::test]
async fn hostile_paths_are_answered() {
    let (_org, client) = org().await;
    for path in [
        "/sobjects/Account/%ff",
        "/sobjects/%00/describe",
        "/sobjects/Account/Name/%E0%A4",
        "/query?q=%ff",
    ] {
        let reply = client.get(path).await;
        assert!((400..500).contains(&reply.status), "{path}: {}", reply.shown());
        assert!(reply.json().is_array(), "{path}: {}", reply.shown());
    }
}
