//! Sessions that end: one token request, whatever the number of callers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures_util::TryStreamExt;
use futures_util::future::join_all;
use sf_auth::transport::Transport;
use sf_auth::{ErrorKind as AuthErrorKind, Flow, Session, StaticCredentials, TokenBroker};
use sf_emulator::{Fault, Operation};
use sf_rest::{Client, Error, Query, Record, RetryPolicy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use url::Url;

use crate::support::{CONTACTS, Setup, client};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_callers_of_an_ended_session_send_one_token_request() {
    let setup = Setup::new().await;
    setup.client.limits().await.unwrap();
    assert_eq!(setup.org.token_requests(), 1);
    for round in 1..=5 {
        setup.org.expire_sessions();
        let calls = (0..50).map(|_| {
            let client = setup.client.clone();
            tokio::spawn(async move { client.limits().await })
        });
        for result in join_all(calls).await {
            result.unwrap().unwrap();
        }
        assert_eq!(setup.org.token_requests(), 1 + round);
    }
}

#[tokio::test]
async fn a_refusal_that_arrives_late_refreshes_nothing() {
    let setup = Setup::new().await;
    setup.client.limits().await.unwrap();
    setup.org.expire_sessions();
    // Its refusal is held back until the other call has long renewed the session.
    setup.org.faults().push(Fault::held().on(Operation::Query));
    let query = Query::new("SELECT Id FROM User");
    let fast = async {
        setup.org.faults().spent().await;
        let done = setup.client.limits().await;
        setup.org.faults().release();
        done
    };
    let (slow, fast) = tokio::join!(setup.client.query_page(&query), fast);
    slow.unwrap();
    fast.unwrap();
    assert_eq!(setup.org.token_requests(), 2);
}

#[tokio::test]
async fn an_outage_of_the_token_endpoint_passes() {
    let setup = Setup::new().await;
    setup.client.limits().await.unwrap();
    setup.org.expire_sessions();
    setup.org.faults().push(Fault::unavailable_html().on(Operation::Token));
    setup.client.limits().await.unwrap();
    assert_eq!(setup.org.token_requests(), 3);

    // Without retries it is the caller's turn, and nothing is lost.
    let client = client(&setup.org, RetryPolicy::none());
    client.limits().await.unwrap();
    setup.org.expire_sessions();
    setup.org.faults().push(Fault::unavailable_html().on(Operation::Token));
    let error = client.limits().await.unwrap_err();
    assert!(matches!(&error, Error::Auth(e) if e.kind() == AuthErrorKind::Unavailable), "{error}");
    assert!(error.is_retryable());
    client.limits().await.unwrap();
}

#[tokio::test]
async fn a_session_that_ends_between_pages_is_renewed() {
    let setup = Setup::new().await;
    setup.org.faults().push(Fault::expired_session().on(Operation::NextPage).skip(1));
    let query = Query::new("SELECT Id FROM Contact ORDER BY Id").batch_size(200);
    let rows = setup.rows(query).await.unwrap();
    assert_eq!(rows.len(), CONTACTS as usize);
    assert_eq!(setup.org.token_requests(), 2);
}

#[tokio::test]
async fn other_refusals_with_401_refresh_nothing() {
    let setup = Setup::new().await;
    setup.client.limits().await.unwrap();
    for body in [
        r#"[{"message":"This session is not valid for use with the REST API","errorCode":"INVALID_SESSION_ID"}]"#,
        r#"[{"message":"INVALID_AUTH_HEADER","errorCode":"INVALID_AUTH_HEADER"}]"#,
        "Connected app is not attached to Agent",
    ] {
        setup.org.faults().push(Fault::reply(401, "application/json", body));
        let error = setup.client.limits().await.unwrap_err();
        assert_eq!(error.status(), Some(401), "{error}");
    }
    assert_eq!(setup.org.token_requests(), 1);
}

#[tokio::test]
async fn a_session_that_was_never_accepted_is_diagnosed() {
    let setup = Setup::new().await;
    setup.org.faults().push(
        Fault::reply(
            401,
            "application/json",
            r#"[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]"#,
        )
        .always(),
    );
    let error = setup.client.limits().await.unwrap_err();
    assert!(matches!(error, Error::Auth(sf_auth::Error::SessionRefused { .. })), "{error}");
    assert_eq!(setup.org.token_requests(), 1);
}

/// Salesforce sends no `Sforce-Limit-Info` with a 401, but something in between may.
#[tokio::test]
async fn a_refusal_that_states_the_usage_is_no_acceptance() {
    let url = refuses_everything().await;
    let flow = Grants { url, count: Arc::default() };
    let broker = TokenBroker::new(flow.clone(), Transport::new().unwrap());
    let client =
        Client::builder(Arc::new(broker)).retry(RetryPolicy::without_delay(4)).build().unwrap();
    let error = client.limits().await.unwrap_err();
    assert!(matches!(error, Error::Auth(sf_auth::Error::SessionRefused { .. })), "{error}");
    assert_eq!(flow.count.load(Ordering::SeqCst), 1);
    assert!(!client.session().await.unwrap().was_accepted());
}

/// A server that answers every request with 401 and the org's usage.
async fn refuses_everything() -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let body = r#"[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]"#;
    let answer = format!(
        "HTTP/1.1 401 Unauthorized\r\nsforce-limit-info: api-usage=1/100\r\ncontent-type: application/json\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = socket.read(&mut request).await;
            let _ = socket.write_all(answer.as_bytes()).await;
            let _ = socket.shutdown().await;
        }
    });
    url.parse().unwrap()
}

/// A flow that always grants, and counts.
#[derive(Clone)]
struct Grants {
    url: Url,
    count: Arc<AtomicUsize>,
}

#[async_trait]
impl Flow for Grants {
    async fn grant(&self, _transport: &Transport) -> Result<Session, sf_auth::Error> {
        self.count.fetch_add(1, Ordering::SeqCst);
        Ok(Session::new(self.url.clone(), "token"))
    }
}

#[tokio::test]
async fn a_fixed_token_that_never_worked_is_told_apart() {
    let setup = Setup::new().await;
    let credentials = StaticCredentials::new(setup.org.url().as_str(), "00D!wrong").unwrap();
    let client = Client::new(Arc::new(credentials)).unwrap();
    let error = client.limits().await.unwrap_err();
    assert!(matches!(error, Error::Auth(sf_auth::Error::TokenRefused { .. })), "{error}");
    let text = error.to_string().replace(setup.org.url().as_str(), "[org]");
    insta::assert_snapshot!(text, @r#"[org] refused the token at its first use: it has ended, is wrong, belongs to another org, or lacks the scope "api"; supply a new token and the instance URL that it was issued for, or credentials that can log in"#);
}

#[tokio::test]
async fn a_fixed_token_serves_until_it_ends() {
    let setup = Setup::new().await;
    let credentials =
        StaticCredentials::new(setup.org.url().as_str(), setup.org.issue_token()).unwrap();
    let client = Client::new(Arc::new(credentials)).unwrap();
    let users: Vec<Record> = client.query("SELECT Id FROM User").try_collect().await.unwrap();
    assert!(!users.is_empty());
    setup.org.expire_sessions();
    let error = client.limits().await.unwrap_err();
    assert!(matches!(error, Error::Auth(sf_auth::Error::NotRenewable { .. })), "{error}");
}

#[tokio::test]
async fn a_caller_that_is_dropped_during_a_refresh_loses_nothing() {
    let setup = Setup::new().await;
    setup.client.limits().await.unwrap();
    setup.org.expire_sessions();
    setup.org.faults().push(Fault::held().on(Operation::Token));
    tokio::select! {
        answer = setup.client.limits() => panic!("{answer:?}"),
        () = setup.org.faults().spent() => {}
    }
    // Dropped while the token request was in flight.
    setup.org.faults().release();
    setup.client.limits().await.unwrap();
    assert_eq!(setup.org.token_requests(), 2);
}

#[tokio::test]
async fn a_write_that_was_refused_for_its_session_is_sent_again() {
    let setup = Setup::new().await;
    setup.client.limits().await.unwrap();
    setup.org.expire_sessions();
    setup.account("After the end").await;
    assert_eq!(setup.accounts_named("After the end").await, 1);
}
