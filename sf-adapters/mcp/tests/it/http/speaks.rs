//! The protocol over HTTP, in its versions, through rmcp's own client.

use anyhow::Result;
use async_trait::async_trait;
use rmcp::model::ProtocolVersion;
use rmcp::service::{ClientLifecycleMode, ClientServiceExt};
use serde_json::{Value, json};
use sf_adapter_conformance::{Adapter, Connect, TestOrg};
use sf_adapter_mcp::http::{HttpService, HttpSettings};
use sf_agent_tools::{CallContext, Policy, ToolSet};

use super::support::{call, hello, message, reply, start};
use crate::conformance::Connection;

struct OverHttp;

#[async_trait]
impl Connect for OverHttp {
    async fn connect(&self, tools: ToolSet, _: CallContext) -> Result<Box<dyn Adapter>> {
        let service = HttpService::without_tokens(tools, HttpSettings::default());
        let server = start(service).await?;
        let client = server.client("").await?;
        Ok(Box::new(Connection { client, _serving: Box::new(server) }))
    }

    /// All that is in one comes from the client.
    fn takes_context(&self) -> bool {
        false
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_adapter_conforms_over_http() -> Result<()> {
    sf_adapter_conformance::run(&OverHttp).await.into_result()
}

/// The newest protocol has neither handshake nor sessions.
#[tokio::test]
async fn the_newest_protocol_is_spoken() -> Result<()> {
    let org = TestOrg::start().await?;
    let tools = org.tools(Policy::read_only());
    let server = start(HttpService::without_tokens(tools, HttpSettings::default())).await?;
    let lifecycle =
        ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] };
    let client = ().serve_with_lifecycle(server.transport(""), lifecycle).await?;
    assert!(!client.list_all_tools().await?.is_empty());
    let soql = "SELECT Name FROM Account LIMIT 1";
    let seen = call(&client, "salesforce_query", json!({ "soql": soql })).await?;
    assert_eq!(seen["rows"].as_array().map(Vec::len), Some(1), "{seen}");
    Ok(())
}

#[tokio::test]
async fn each_version_before_it_is_negotiated() -> Result<()> {
    let org = TestOrg::start().await?;
    let tools = org.tools(Policy::read_only());
    let server = start(HttpService::without_tokens(tools, HttpSettings::default())).await?;
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let mut first = hello();
        first["params"]["protocolVersion"] = json!(version);
        let answer = reply(server.post("", &first).send().await?).await?;
        assert_eq!(answer["result"]["protocolVersion"], version, "{answer}");
    }
    let mut first = hello();
    first["params"]["protocolVersion"] = json!("1999-01-01");
    let answer = reply(server.post("", &first).send().await?).await?;
    let offered = answer["result"]["protocolVersion"].as_str().unwrap_or_default();
    assert!(offered.starts_with("202"), "{answer}");
    Ok(())
}

#[tokio::test]
async fn what_is_no_message_is_refused_and_survived() -> Result<()> {
    let org = TestOrg::start().await?;
    let tools = org.tools(Policy::read_only());
    let server = start(HttpService::without_tokens(tools, HttpSettings::default())).await?;
    for body in ["", "no JSON", "[]", "{}", "{\"jsonrpc\":\"2.0\",\"id\":1}"] {
        let sent = server.post("", &Value::Null).body(body).send().await?;
        assert!(sent.status.is_client_error(), "{body:?}: {}", sent.status);
    }
    let list = message(1, "tools/list", &json!({}));
    let unasked = server.post("", &list).send().await?;
    assert!(unasked.status.is_client_error(), "no session: {}", unasked.status);
    let session = server.session("").await?;
    let answer = reply(server.in_session("", &session, &list).send().await?).await?;
    assert!(answer["result"]["tools"].is_array(), "{answer}");
    Ok(())
}
