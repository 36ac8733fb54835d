//! The end of a server, and of calls.

use std::time::Duration;

use anyhow::{Context, Result};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sf_adapter_conformance::TestOrg;
use sf_adapter_mcp::http::{HttpService, HttpSettings};
use sf_agent_tools::{CallContext, Effect, Org, Policy, Reply, Tool, ToolError, ToolSet};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::support::{LONG, People, message, reply, start};

/// A tool that waits to be let go on, or to be cancelled, and tells of it.
#[derive(Clone)]
struct Patient {
    events: mpsc::UnboundedSender<&'static str>,
    go_on: CancellationToken,
}

#[derive(Deserialize, schemars::JsonSchema)]
struct Nothing {}

#[derive(Serialize, schemars::JsonSchema)]
struct Done {
    done: bool,
}

impl Tool for Patient {
    type Args = Nothing;
    type Output = Done;

    fn name(&self) -> &str {
        "wait"
    }

    fn title(&self) -> &str {
        "Wait"
    }

    fn description(&self) -> &str {
        "Waits until it may go on."
    }

    fn effects(&self) -> &[Effect] {
        // A write sees its cancellation itself; a read is dropped by the tool set.
        &[Effect::Create]
    }

    fn example(&self) -> Value {
        json!({})
    }

    async fn call(&self, cx: &CallContext, _: &Org, _: Nothing) -> Result<Reply<Done>, ToolError> {
        self.events.send("called").ok();
        tokio::select! {
            () = self.go_on.cancelled() => Ok(Reply::complete(Done { done: true })),
            () = cx.cancellation().cancelled() => {
                self.events.send("cancelled").ok();
                Err(ToolError::cancelled())
            }
        }
    }
}

struct Waiting {
    tools: ToolSet,
    seen: mpsc::UnboundedReceiver<&'static str>,
    go_on: CancellationToken,
    _org: TestOrg,
}

async fn waiting() -> Result<Waiting> {
    let org = TestOrg::start().await?;
    let (events, seen) = mpsc::unbounded_channel();
    let go_on = CancellationToken::new();
    let tool = Patient { events, go_on: go_on.clone() };
    let tools = org.tools(Policy::read_write()).with(tool);
    Ok(Waiting { tools, seen, go_on, _org: org })
}

fn wait() -> Value {
    message(1, "tools/call", &json!({ "name": "wait", "arguments": {} }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_runs_is_answered_before_the_server_ends() -> Result<()> {
    let mut waiting = waiting().await?;
    let service = HttpService::without_tokens(waiting.tools.clone(), HttpSettings::default());
    let mut server = start(service).await?;
    let session = server.session("").await?;
    let running = tokio::spawn(server.in_session("", &session, &wait()).send());
    assert_eq!(timeout(LONG, waiting.seen.recv()).await?, Some("called"));
    server.stop.cancel();
    // Nothing more is accepted while it waits.
    let refused = async {
        while tokio::net::TcpStream::connect(server.url.split('/').nth(2).unwrap()).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(LONG, refused).await?;
    waiting.go_on.cancel();
    let answer = reply(running.await??).await?;
    assert_eq!(answer["result"]["structuredContent"]["done"], true, "{answer}");
    timeout(LONG, &mut server.ended).await???;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_never_ends_does_not_keep_the_server() -> Result<()> {
    let mut waiting = waiting().await?;
    let mut settings = HttpSettings::default();
    settings.drain = Duration::from_millis(10);
    let mut server = start(HttpService::without_tokens(waiting.tools.clone(), settings)).await?;
    let session = server.session("").await?;
    let _running = tokio::spawn(server.in_session("", &session, &wait()).send());
    assert_eq!(timeout(LONG, waiting.seen.recv()).await?, Some("called"));
    server.stop.cancel();
    timeout(LONG, &mut server.ended).await???;
    assert_eq!(timeout(LONG, waiting.seen.recv()).await?, Some("cancelled"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_stops_its_running_calls() -> Result<()> {
    let mut waiting = waiting().await?;
    let mut settings = HttpSettings::default();
    settings.check_every = Duration::from_millis(10);
    let people = People::default().with("ada", "ada", waiting.tools.clone());
    let server = start(HttpService::new(people.clone(), settings)).await?;
    let session = server.session("ada").await?;
    let running = tokio::spawn(server.in_session("ada", &session, &wait()).send());
    assert_eq!(timeout(LONG, waiting.seen.recv()).await?, Some("called"));
    people.revoke("ada");
    assert_eq!(timeout(LONG, waiting.seen.recv()).await?, Some("cancelled"));
    let told = timeout(LONG, running).await??.context("an answer or its end")?;
    let body = told.text().await?;
    assert!(!body.contains("\"done\""), "{body}");
    Ok(())
}

/// Without a session a call ends with its connection (MCP of 2026-07-28).
#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_the_newest_protocol_that_leaves_stops_its_call() -> Result<()> {
    let mut waiting = waiting().await?;
    let service = HttpService::without_tokens(waiting.tools.clone(), HttpSettings::default());
    let server = start(service).await?;
    let mut call = wait();
    call["params"]["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "by hand", "version": "1" },
    });
    let request = server
        .post("", &call)
        .header("Mcp-Protocol-Version", "2026-07-28")
        .header("Mcp-Method", "tools/call")
        .header("Mcp-Name", "wait");
    let running = tokio::spawn(request.send());
    assert_eq!(timeout(LONG, waiting.seen.recv()).await?, Some("called"));
    running.abort();
    assert_eq!(timeout(LONG, waiting.seen.recv()).await?, Some("cancelled"));
    assert_eq!(server.ask(Method::GET, "").send().await?.status, StatusCode::NOT_ACCEPTABLE);
    Ok(())
}
