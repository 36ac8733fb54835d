//! Sessions end by idleness on the org's clock, and by command.

use std::time::Duration;

use insta::assert_snapshot;
use sf_emulator::Emulator;

use crate::support::{org, send, start};

#[tokio::test]
async fn an_idle_session_ends_and_a_used_one_lives_on() {
    let (org, client) = start(Emulator::builder().session_timeout(Duration::from_secs(900))).await;
    org.advance(Duration::from_secs(800));
    assert_eq!(
        client.get("/limits").await.status,
        200,
        "the use in the second half starts the timeout anew"
    );
    org.advance(Duration::from_secs(800));
    assert_eq!(client.get("/limits").await.status, 200);
    org.advance(Duration::from_secs(901));
    let reply = client.get("/limits").await;
    assert_snapshot!(
        reply.shown(),
        @r#"401 [{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]"#
    );
    assert_eq!(reply.header("sforce-limit-info"), "");
}

#[tokio::test]
async fn sessions_end_by_command_and_by_a_shorter_timeout() {
    let (org, mut client) = org().await;
    org.expire_sessions();
    assert_eq!(client.get("/limits").await.status, 401);
    client.token = org.issue_token();
    assert_eq!(client.get("/limits").await.status, 200);
    org.set_session_timeout(Duration::ZERO);
    assert_eq!(client.get("/limits").await.status, 401);
}

#[tokio::test]
async fn both_schemes_are_taken_and_malformed_headers_are_not() {
    let (_org, client) = org().await;
    let with = |header: Option<String>| {
        let request = client.http.get(format!("{}/services/data/v66.0/limits", client.base));
        match header {
            Some(header) => send(request.header("authorization", header)),
            None => send(request),
        }
    };
    assert_eq!(with(Some(format!("OAuth {}", client.token))).await.status, 200);
    assert_eq!(with(Some(format!("bearer {}", client.token))).await.status, 200);
    let refused = [
        with(None).await.shown(),
        with(Some("Bearer".to_owned())).await.shown(),
        with(Some(format!("Token {}", client.token))).await.shown(),
        with(Some("Bearer unknown".to_owned())).await.shown(),
    ];
    assert_snapshot!(refused.join("\n"), @r#"
    401 [{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]
    401 [{"message":"INVALID_AUTH_HEADER","errorCode":"INVALID_AUTH_HEADER"}]
    401 [{"message":"INVALID_AUTH_HEADER","errorCode":"INVALID_AUTH_HEADER"}]
    401 [{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]
    "#);
}
