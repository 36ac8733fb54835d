//! One server, many identities: nothing crosses between them.

use anyhow::{Context, Result};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::StreamBody;
use hyper::body::Frame;
use insta::assert_snapshot;
use serde_json::{Value, json};
use sf_adapter_mcp::http::{HttpService, HttpSettings, Identity};
use sf_agent_tools::{Org, Policy, ToolSet};
use sf_auth::StaticCredentials;
use sf_emulator::{Emulator, Sharing};
use sf_rest::Client;

use super::support::{People, Running, call, hello, message, reply, start};

const COUNT: &str = "SELECT COUNT() FROM Account";

/// Two users of an org in which each sees the accounts of their own, and the first of them twice,
/// under two policies.
struct World {
    _org: Emulator,
    people: People,
    server: Running,
}

fn tools(org: &Emulator, token: &str, policy: Policy) -> Result<ToolSet> {
    let credentials = StaticCredentials::new(org.url().as_str(), token.to_owned())?;
    Ok(ToolSet::salesforce(Org::new(Client::new(std::sync::Arc::new(credentials))?, policy)))
}

async fn world() -> Result<World> {
    let org = Emulator::start().await?;
    org.permissions().set_sharing("Account", Sharing::Private).await?;
    let users = org.users().await;
    let other = users.iter().find(|user| user.id() != org.user_id()).context("another user")?;
    let (admin, other) = (org.issue_token(), org.issue_token_for(other.id()));
    let narrow = Policy::from_toml(
        "[objects.Account]\noperations = [\"read\"]\nread = [\"Id\", \"Name\"]\n",
    )?;
    let people = People::default()
        .with("admin", "admin", tools(&org, &admin, Policy::read_write())?)
        .with("narrow", "narrow", tools(&org, &admin, narrow)?)
        .with("other", "other", tools(&org, &other, Policy::read_write())?);
    let mut settings = HttpSettings::default();
    settings.check_every = std::time::Duration::from_millis(20);
    let server = start(HttpService::new(people.clone(), settings)).await?;
    Ok(World { _org: org, people, server })
}

async fn counted(client: &crate::client::Client) -> Result<u64> {
    let seen = call(client, "salesforce_query", json!({ "soql": COUNT })).await?;
    seen["rows"][0][0].as_u64().with_context(|| seen.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_has_their_own_rights_and_policy_all_at_once() -> Result<()> {
    let world = world().await?;
    let all = counted(&world.server.client("admin").await?).await?;
    let own = counted(&world.server.client("other").await?).await?;
    assert!(own > 0 && own < all, "{own} of {all}");
    let mut tasks = tokio::task::JoinSet::new();
    for turn in 0..12 {
        let (token, count) = [("admin", all), ("other", own), ("narrow", all)][turn % 3];
        let transport = world.server.transport(token);
        tasks.spawn(async move {
            let client: crate::client::Client = rmcp::ServiceExt::serve((), transport).await?;
            for _ in 0..5 {
                assert_eq!(counted(&client).await?, count, "{token}");
                let contacts = json!({ "soql": "SELECT Id FROM Contact LIMIT 1" });
                let seen = call(&client, "salesforce_query", contacts).await?;
                assert_eq!(seen.get("error").is_some(), token == "narrow", "{token}: {seen}");
            }
            let names = client.list_all_tools().await?;
            let writes = names.iter().any(|tool| tool.name == "salesforce_delete_records");
            assert_eq!(writes, token != "narrow", "{token}");
            anyhow::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_its_owners() -> Result<()> {
    let world = world().await?;
    let session = world.server.session("admin").await?;
    let list = message(1, "tools/list", &json!({}));
    for thief in ["other", "narrow"] {
        let tried = world.server.in_session(thief, &session, &list).send().await?;
        assert_eq!(tried.status, StatusCode::NOT_FOUND, "{thief}");
        let stream = world.server.listen(thief, &session);
        assert_eq!(stream.send().await?.status, StatusCode::NOT_FOUND, "{thief}");
        let end = world.server.ask(Method::DELETE, thief);
        end.header("Mcp-Session-Id", &session).send().await?;
    }
    let answer = world.server.in_session("admin", &session, &list).send().await?;
    assert!(reply(answer).await?["result"]["tools"].is_array(), "nobody else ended it");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_is_its_owners() -> Result<()> {
    let world = world().await?;
    let admin = world.server.client("admin").await?;
    let first = json!({ "soql": "SELECT Id, Name FROM Account ORDER BY Id", "max_rows": 10 });
    let seen = call(&admin, "salesforce_query", first).await?;
    let next = seen["completeness"]["next"]["arguments"].clone();
    // Another user of the org, and the same user under another policy.
    let mut told = Vec::new();
    for thief in ["other", "narrow"] {
        let client = world.server.client(thief).await?;
        let seen = call(&client, "salesforce_next_page", next.clone()).await?;
        told.push(seen["error"]["message"].to_string());
    }
    assert_eq!(told[0], told[1]);
    assert_snapshot!(told[0], @r#""This cursor belongs to another user or another connection. Make the call that gave it here, to get a cursor of your own.""#);
    // Their own, in another session of theirs.
    let again = world.server.client("admin").await?;
    let rest = call(&again, "salesforce_next_page", next).await?;
    assert!(rest["rows"].as_array().is_some_and(|rows| !rows.is_empty()), "{rest}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_its_owners() -> Result<()> {
    let world = world().await?;
    // Another bearer of the same user, who may write as well.
    let twin = tools(&world._org, &world._org.issue_token(), Policy::read_write())?;
    world.people.grant("twin", Identity::new("twin", "1"), twin);
    let admin = world.server.client("admin").await?;
    let record = json!({ "LastName": "Of the plan" });
    let plan = json!({ "operations": [
        { "action": "create", "object": "Contact", "records": [record] } ] });
    let plan = call(&admin, "salesforce_prepare_write", plan).await?;
    let apply = json!({ "digest": plan["digest"] });
    for thief in ["other", "twin"] {
        let client = world.server.client(thief).await?;
        let told = call(&client, "salesforce_apply_write", apply.clone()).await?;
        assert_eq!(told["error"]["class"], "fix_your_call", "{thief}: {told}");
    }
    let done = call(&admin, "salesforce_apply_write", apply).await?;
    assert!(done.get("error").is_none(), "{done}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_ends_what_it_began() -> Result<()> {
    let world = world().await?;
    let session = world.server.session("narrow").await?;
    let others = world.server.session("admin").await?;
    let mut stream = world.server.listen("narrow", &session).send().await?;
    assert_eq!(stream.status, StatusCode::OK);
    world.people.revoke("narrow");
    let list = message(1, "tools/list", &json!({}));
    let tried = world.server.in_session("narrow", &session, &list).send().await?;
    assert_eq!(tried.status, StatusCode::UNAUTHORIZED);
    let ended = async {
        while stream.body.chunk().await?.is_some() {}
        anyhow::Ok(())
    };
    tokio::time::timeout(super::support::LONG, ended).await??;
    let answer = world.server.in_session("admin", &others, &list).send().await?;
    assert!(reply(answer).await?["result"]["tools"].is_array(), "others go on");
    Ok(())
}

/// What a token allows may change under it: the tools are made anew, and the old sessions end.
#[tokio::test(flavor = "multi_thread")]
async fn a_changed_policy_holds_at_once() -> Result<()> {
    let world = world().await?;
    let count = |tools: Value| tools["result"]["tools"].as_array().map(Vec::len);
    let list = message(1, "tools/list", &json!({}));
    let session = world.server.session("admin").await?;
    let before = reply(world.server.in_session("admin", &session, &list).send().await?).await?;
    let fewer = tools(&world._org, &world._org.issue_token(), Policy::read_only())?;
    world.people.grant("admin", Identity::new("admin", "2"), fewer);
    let old = world.server.in_session("admin", &session, &list).send().await?;
    assert_eq!(old.status, StatusCode::NOT_FOUND, "its client begins another session");
    let session = world.server.session("admin").await?;
    let after = reply(world.server.in_session("admin", &session, &list).send().await?).await?;
    assert!(count(after) < count(before));
    Ok(())
}

/// A token that is revoked while its request is still on the way is good for nothing any more.
#[tokio::test]
async fn a_body_that_takes_its_time_outlives_no_token() -> Result<()> {
    let org = Emulator::start().await?;
    let tools = tools(&org, &org.issue_token(), Policy::read_write())?;
    let people = People::default().with("admin", "admin", tools);
    let service = HttpService::new(people.clone(), HttpSettings::default());
    let ask = |body| {
        Request::post("http://localhost/mcp")
            .header("Host", "localhost")
            .header("Authorization", "Bearer admin")
            .header("Accept", "application/json, text/event-stream")
            .header("Content-Type", "application/json")
            .body(body)
    };
    // It is asked for when the token was looked at.
    let slow = |revoked: Option<People>| {
        StreamBody::new(futures_util::stream::once(async move {
            if let Some(people) = revoked {
                people.revoke("admin");
            }
            Ok::<_, std::convert::Infallible>(Frame::data(Bytes::from(hello().to_string())))
        }))
    };
    let answer = service.answer(ask(slow(None))?).await;
    assert_eq!(answer.status(), StatusCode::OK, "its tools are made and kept");
    let answer = service.answer(ask(slow(Some(people)))?).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    Ok(())
}
