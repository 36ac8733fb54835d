//! Bounds on sessions and identities.

use std::time::Duration;

use anyhow::Result;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use sf_adapter_conformance::TestOrg;
use sf_adapter_mcp::http::{HttpService, HttpSettings};
use sf_agent_tools::Policy;

use super::support::{People, Running, message, start};

const MINUTE: Duration = Duration::from_secs(60);

async fn server(org: &TestOrg, change: impl FnOnce(&mut HttpSettings)) -> Result<Running> {
    let mut settings = HttpSettings::default();
    change(&mut settings);
    let mut people = People::default();
    for name in ["ada", "bob", "eve"] {
        people = people.with(name, name, org.tools(Policy::read_only()));
    }
    start(HttpService::new(people, settings)).await
}

fn list() -> Value {
    message(1, "tools/list", &json!({}))
}

async fn status(server: &Running, token: &str, session: &str) -> Result<StatusCode> {
    Ok(server.in_session(token, session, &list()).send().await?.status)
}

#[tokio::test]
async fn the_session_that_was_used_longest_ago_makes_room() -> Result<()> {
    let org = TestOrg::start().await?;
    let server = server(&org, |settings| settings.sessions = 2).await?;
    let (first, second) = (server.session("ada").await?, server.session("ada").await?);
    let bobs = server.session("bob").await?;
    assert_eq!(status(&server, "ada", &first).await?, StatusCode::OK);
    let third = server.session("ada").await?;
    assert_eq!(status(&server, "ada", &second).await?, StatusCode::NOT_FOUND);
    for (token, session) in [("ada", &first), ("ada", &third), ("bob", &bobs)] {
        assert_eq!(status(&server, token, session).await?, StatusCode::OK);
    }
    Ok(())
}

#[tokio::test]
async fn a_session_that_is_too_old_ends() -> Result<()> {
    let org = TestOrg::start().await?;
    let server = server(&org, |settings| settings.session_age = Duration::ZERO).await?;
    let answer = server.post("ada", &super::support::hello()).send().await?;
    let session = answer.header("mcp-session-id").unwrap_or_default().to_owned();
    assert_eq!(status(&server, "ada", &session).await?, StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test]
async fn a_session_ends_when_its_client_says_so() -> Result<()> {
    let org = TestOrg::start().await?;
    let server = server(&org, |_| {}).await?;
    let session = server.session("ada").await?;
    let end = server.ask(Method::DELETE, "ada");
    assert!(end.header("Mcp-Session-Id", &session).send().await?.status.is_success());
    assert_eq!(status(&server, "ada", &session).await?, StatusCode::NOT_FOUND);
    Ok(())
}

/// An identity that makes no request makes room for another; one that is being served does not.
#[tokio::test]
async fn identities_at_once_are_bounded() -> Result<()> {
    let org = TestOrg::start().await?;
    let server = server(&org, |settings| settings.identities = 2).await?;
    let adas = server.session("ada").await?;
    let adas_stream = server.listen("ada", &adas).send().await?;
    let bobs = server.session("bob").await?;
    server.session("eve").await?;
    assert_eq!(status(&server, "ada", &adas).await?, StatusCode::OK, "she listens");
    assert_eq!(status(&server, "bob", &bobs).await?, StatusCode::NOT_FOUND, "he had to go");
    drop(adas_stream);
    Ok(())
}

#[tokio::test]
async fn an_identity_that_is_unused_for_long_is_let_go() -> Result<()> {
    let org = TestOrg::start().await?;
    let server = server(&org, |settings| {
        settings.identity_idle = Duration::ZERO;
        settings.check_every = MINUTE;
    })
    .await?;
    let answer = server.post("ada", &super::support::hello()).send().await?;
    let session = answer.header("mcp-session-id").unwrap_or_default().to_owned();
    answer.text().await?;
    assert_eq!(status(&server, "ada", &session).await?, StatusCode::OK);
    // The end of an answer may reach the client before the server is done with it.
    for _ in 0..10 {
        tokio::time::pause();
        tokio::time::advance(MINUTE).await;
        tokio::time::resume();
        if status(&server, "ada", &session).await? == StatusCode::NOT_FOUND {
            return Ok(());
        }
    }
    panic!("it is there after ten minutes")
}
