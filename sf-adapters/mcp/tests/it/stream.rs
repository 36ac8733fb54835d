//! The byte stream: its end, what is not protocol, and calls taken back.

use std::time::Duration;

use anyhow::{Context, Result};
use rmcp::model::{CallToolRequest, CallToolRequestParams, ClientRequest};
use rmcp::service::PeerRequestOptions;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sf_adapter_conformance::TestOrg;
use sf_agent_tools::{CallContext, Effect, Org, Policy, Reply, Tool, ToolError};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::client;

/// Far above what any of this takes; a test that hangs fails instead.
const LONG: Duration = Duration::from_secs(120);

#[tokio::test]
async fn the_end_of_the_input_ends_the_server() -> Result<()> {
    let org = TestOrg::start().await?;
    let (serving, client) = client::connect(org.tools(Policy::read_only())).await?;
    client.cancel().await?;
    timeout(LONG, serving).await???;
    Ok(())
}

#[tokio::test]
async fn a_client_that_leaves_without_a_word_is_no_error() -> Result<()> {
    let org = TestOrg::start().await?;
    let (serving, stream) = client::serve(org.tools(Policy::read_only()));
    drop(stream);
    timeout(LONG, serving).await???;
    Ok(())
}

/// Every line that the server writes is a JSON-RPC message, whatever it is
/// sent; and a line that is none does not end the connection.
#[tokio::test]
async fn only_protocol_is_written_and_rubbish_is_survived() -> Result<()> {
    let org = TestOrg::start().await?;
    let (serving, stream) = client::serve(org.tools(Policy::read_only()));
    let (reader, mut writer) = tokio::io::split(stream);
    let mut lines = BufReader::new(reader).lines();
    let hello = json!({ "protocolVersion": "2025-06-18", "capabilities": {},
                        "clientInfo": { "name": "raw", "version": "1" } });
    for line in [
        message(1, "initialize", &hello),
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string(),
        "this is no JSON \u{1F980}".to_owned(),
        r#"{"jsonrpc":"2.0","id":2}"#.to_owned(),
        message(3, "tools/call", &json!({ "name": "salesforce_query", "arguments": [] })),
        message(4, "tools/list", &json!({})),
    ] {
        writer.write_all(line.as_bytes()).await?;
        writer.write_all(b"\n").await?;
    }
    loop {
        let line = timeout(LONG, lines.next_line()).await??.context("the server left")?;
        let reply: Value = serde_json::from_str(&line).context(line)?;
        assert_eq!(reply["jsonrpc"], "2.0", "{reply}");
        if reply["id"] == 4 {
            assert_eq!(reply["result"]["tools"][0]["inputSchema"]["type"], "object", "{reply}");
            break;
        }
    }
    writer.shutdown().await?;
    timeout(LONG, serving).await???;
    Ok(())
}

/// Sends requests in one protocol and holds each answer to the code and the words it should have.
async fn refusals(
    newest: bool,
    hello: &[String],
    cases: &[(&str, Value, i64, &str)],
) -> Result<()> {
    let org = TestOrg::start().await?;
    let (_serving, stream) = client::serve(org.tools(Policy::read_only()));
    let (reader, mut writer) = tokio::io::split(stream);
    let mut lines = BufReader::new(reader).lines();
    let mut sent = hello.to_vec();
    for (id, (method, params, ..)) in (1..).zip(cases) {
        let mut params = params.clone();
        if newest {
            params["_meta"] = json!({ "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                                      "io.modelcontextprotocol/clientCapabilities": {} });
        }
        sent.push(message(id, method, &params));
    }
    writer.write_all((sent.join("\n") + "\n").as_bytes()).await?;
    // Answers come in any order.
    let mut seen = 0;
    while seen < cases.len() {
        let line = timeout(LONG, lines.next_line()).await??.context("the server left")?;
        let reply: Value = serde_json::from_str(&line).context(line)?;
        let Some((method, params, code, says)) =
            reply["id"].as_u64().and_then(|id| cases.get((id as usize).checked_sub(1)?))
        else {
            continue;
        };
        seen += 1;
        let error = &reply["error"];
        assert_eq!(error["code"], *code, "{method} {params}: {reply}");
        assert!(error["message"].as_str().is_some_and(|m| m.contains(says)), "{params}: {reply}");
    }
    Ok(())
}

/// Requests that every protocol has, with parameters of the wrong form: that is no unknown method.
fn wrong_forms() -> Vec<(&'static str, Value, i64, &'static str)> {
    let query = "salesforce_query";
    let uri = "takes the uri of a resource";
    vec![
        ("tools/call", json!({ "name": query, "arguments": "x" }), -32602, "one JSON object"),
        ("tools/call", json!({ "name": query, "arguments": [1] }), -32602, "one JSON object"),
        ("tools/call", json!({ "name": 7, "arguments": {} }), -32602, "the name of a tool"),
        ("tools/call", json!({}), -32602, "the name of a tool"),
        ("prompts/get", json!({ "arguments": {} }), -32602, "the name of a prompt"),
        ("prompts/get", json!({ "name": "pipeline_review", "arguments": 1 }), -32602, "of texts"),
        ("resources/read", json!({}), -32602, uri),
        ("resources/read", json!({ "uri": 5 }), -32602, uri),
        ("completion/complete", json!({}), -32602, "ref/prompt"),
        (
            "completion/complete",
            json!({ "ref": { "type": "ref/tool", "name": query },
                    "argument": { "name": "soql", "value": "" } }),
            -32602,
            "ref/resource",
        ),
        ("acme/unheard_of", json!({}), -32601, "acme/unheard_of"),
    ]
}

#[tokio::test]
async fn parameters_of_the_wrong_form_are_invalid_params() -> Result<()> {
    let hello = json!({ "protocolVersion": "2025-06-18", "capabilities": {},
                        "clientInfo": { "name": "raw", "version": "1" } });
    let hello = [
        message(0, "initialize", &hello),
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string(),
    ];
    let mut cases = wrong_forms();
    cases.extend([
        // MCP, Logging, Error Handling: an invalid level is -32602.
        ("logging/setLevel", json!({ "level": "loud" }), -32602, "debug, info"),
        ("logging/setLevel", json!({}), -32602, "debug, info"),
        ("resources/subscribe", json!({}), -32602, "the uri"),
        ("resources/unsubscribe", json!({ "uri": 5 }), -32602, "the uri"),
        ("subscriptions/listen", json!({}), -32601, "subscriptions/listen"),
    ]);
    refusals(false, &hello, &cases).await
}

/// What 2026-07-28 has no more is no method there, even with parameters of the right form.
#[tokio::test]
async fn in_the_newest_protocol_methods_that_it_dropped_are_not_there() -> Result<()> {
    let mut cases = wrong_forms();
    cases.extend([
        ("subscriptions/listen", json!({}), -32602, "takes notifications"),
        ("logging/setLevel", json!({ "level": "debug" }), -32601, "logging/setLevel"),
        ("logging/setLevel", json!({ "level": "loud" }), -32601, "logging/setLevel"),
        ("resources/subscribe", json!({ "uri": "salesforce://org/schema" }), -32601, "subscribe"),
        ("resources/subscribe", json!({}), -32601, "subscribe"),
        ("resources/unsubscribe", json!({}), -32601, "unsubscribe"),
        ("ping", json!({}), -32601, "ping"),
    ]);
    refusals(true, &[], &cases).await
}

fn message(id: u64, method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
}

/// A tool that waits for its cancellation and tells of it.
struct Patient {
    events: mpsc::UnboundedSender<&'static str>,
}

#[derive(Deserialize, schemars::JsonSchema)]
struct Nothing {}

#[derive(Serialize, schemars::JsonSchema)]
struct Done {}

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
        "Waits until it is cancelled."
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
        cx.cancellation().cancelled().await;
        self.events.send("cancelled").ok();
        Err(ToolError::cancelled())
    }
}

#[tokio::test]
async fn a_call_that_the_client_takes_back_is_cancelled() -> Result<()> {
    let org = TestOrg::start().await?;
    let (events, mut seen) = mpsc::unbounded_channel();
    let tools = org.tools(Policy::read_write()).with(Patient { events });
    let (_serving, client) = client::connect(tools).await?;
    let request = CallToolRequest::new(CallToolRequestParams::new("wait"));
    let request = ClientRequest::CallToolRequest(request);
    let call = client.send_cancellable_request(request, PeerRequestOptions::no_options()).await?;
    assert_eq!(timeout(LONG, seen.recv()).await?, Some("called"));
    call.cancel(Some("the user changed their mind".to_owned())).await?;
    assert_eq!(timeout(LONG, seen.recv()).await?, Some("cancelled"));
    assert!(!client.list_all_tools().await?.is_empty(), "the connection goes on");
    Ok(())
}

#[tokio::test]
async fn the_job_of_a_client_that_left_is_aborted_before_the_server_ends() -> Result<()> {
    let org = TestOrg::start().await?;
    org.emulator().bulk_jobs().hold();
    let (serving, client) = client::connect(org.tools(Policy::read_only())).await?;
    let arguments = json!({ "soql": "SELECT Id FROM Contact" });
    let params = CallToolRequestParams::new("salesforce_bulk_query")
        .with_arguments(arguments.as_object().cloned().unwrap_or_default());
    let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
    client.send_cancellable_request(request, PeerRequestOptions::no_options()).await?;
    let answered = |method: &str| {
        let requests = org.emulator().requests();
        let jobs = requests.iter().filter(|r| r.path.contains("/jobs/query") && r.method == method);
        jobs.filter(|request| request.status == Some(200)).count()
    };
    timeout(LONG, async {
        while answered("POST") == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await?;
    client.cancel().await?;
    timeout(LONG, serving).await???;
    assert_eq!(answered("PATCH"), 1);
    Ok(())
}
