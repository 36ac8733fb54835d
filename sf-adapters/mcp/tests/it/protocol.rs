//! What MCP itself asks of a server of tools.

use anyhow::{Result, bail};
use insta::assert_snapshot;
use rmcp::ServiceError;
use rmcp::model::{CallToolRequestParams, ErrorCode, PaginatedRequestParams, ProtocolVersion};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt};
use serde_json::json;
use sf_adapter_conformance::TestOrg;
use sf_agent_tools::Policy;

use crate::client;

#[tokio::test]
async fn hints_follow_the_effect() -> Result<()> {
    let org = TestOrg::start().await?;
    let (_serving, client) = client::connect(org.tools(Policy::read_write())).await?;
    let mut table = String::new();
    for tool in client.list_all_tools().await? {
        let hints = tool.annotations.unwrap_or_default();
        let mut words = Vec::new();
        for (hint, word) in [
            (hints.read_only_hint, "read-only"),
            (hints.destructive_hint, "destructive"),
            (hints.idempotent_hint, "idempotent"),
            (hints.open_world_hint, "open-world"),
        ] {
            if hint == Some(true) {
                words.push(word);
            }
        }
        table += &format!("{}: {}\n", tool.name, words.join(" "));
    }
    assert_snapshot!(table, @r"
    salesforce_list_objects: read-only idempotent open-world
    salesforce_describe_object: read-only idempotent open-world
    salesforce_describe_field: read-only idempotent open-world
    salesforce_query: read-only idempotent open-world
    salesforce_find_records: read-only idempotent open-world
    salesforce_count: read-only idempotent open-world
    salesforce_aggregate: read-only idempotent open-world
    salesforce_get_record: read-only idempotent open-world
    salesforce_get_related: read-only idempotent open-world
    salesforce_search: read-only idempotent open-world
    salesforce_recent_records: read-only idempotent open-world
    salesforce_changes: read-only idempotent open-world
    salesforce_next_page: read-only idempotent open-world
    salesforce_explain_query: read-only idempotent open-world
    salesforce_list_reports: read-only idempotent open-world
    salesforce_describe_report: read-only idempotent open-world
    salesforce_run_report: read-only idempotent open-world
    salesforce_list_dashboards: read-only idempotent open-world
    salesforce_dashboard_results: read-only idempotent open-world
    salesforce_whoami: read-only idempotent open-world
    salesforce_org_limits: read-only idempotent open-world
    salesforce_api_budget: read-only idempotent open-world
    salesforce_create_records: open-world
    salesforce_update_records: destructive idempotent open-world
    salesforce_upsert_records: destructive idempotent open-world
    salesforce_delete_records: destructive idempotent open-world
    salesforce_save_graph: destructive open-world
    salesforce_prepare_write: read-only idempotent open-world
    salesforce_apply_write: destructive idempotent open-world
    salesforce_bulk_query: read-only idempotent open-world
    salesforce_bulk_load: destructive open-world
    salesforce_job_status: read-only idempotent open-world
    salesforce_list_files: read-only idempotent open-world
    salesforce_read_file: read-only idempotent open-world
    salesforce_attach_file: open-world
    ");
    Ok(())
}

#[tokio::test]
async fn the_handshake_names_the_server_and_instructs_the_model() -> Result<()> {
    let org = TestOrg::start().await?;
    let (_serving, client) = client::connect(org.tools(Policy::read_only())).await?;
    let info = client.peer_info().expect("a server that shook hands");
    assert_eq!(info.server_info.as_ref().map(|server| server.name.as_str()), Some("salesforce"));
    assert!(info.capabilities.tools.is_some());
    let capabilities = serde_json::to_string(&info.capabilities)?;
    assert_snapshot!(capabilities, @r#"{"logging":{},"completions":{},"prompts":{"listChanged":true},"resources":{"subscribe":true,"listChanged":true},"tools":{"listChanged":true}}"#);
    for word in ["completeness", "fix_your_call", "ask_a_person", "try_later", "outcome_unknown"] {
        let instructions = info.instructions.as_deref().unwrap_or_default();
        assert!(instructions.contains(word), "{word} is not explained: {instructions}");
    }
    Ok(())
}

#[tokio::test]
async fn an_unknown_tool_is_invalid_params_with_the_way_out() -> Result<()> {
    let org = TestOrg::start().await?;
    let (_serving, client) = client::connect(org.tools(Policy::read_only())).await?;
    let request = CallToolRequestParams::new("salesforce_qeury");
    let Err(ServiceError::McpError(error)) = client.call_tool(request).await else {
        bail!("an unknown tool is a protocol error");
    };
    assert_eq!(error.code, ErrorCode::INVALID_PARAMS);
    assert_snapshot!(error.message, @r#"There is no tool "salesforce_qeury". Did you mean salesforce_query?"#);
    Ok(())
}

#[tokio::test]
async fn a_tool_held_back_by_the_policy_says_so_to_the_model() -> Result<()> {
    let org = TestOrg::start().await?;
    let (_serving, client) = client::connect(org.tools(Policy::read_only())).await?;
    let request = CallToolRequestParams::new("salesforce_delete_records");
    let result = client.call_tool(request).await?;
    assert_eq!(result.is_error, Some(true));
    let text = &result.content[0].as_text().expect("text").text;
    assert!(text.contains(r#""class":"ask_a_person""#), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_cursor_that_was_never_given_is_refused() -> Result<()> {
    let org = TestOrg::start().await?;
    let (_serving, client) = client::connect(org.tools(Policy::read_only())).await?;
    let request = PaginatedRequestParams::default().with_cursor(Some("2".to_owned()));
    let Err(ServiceError::McpError(error)) = client.list_tools(Some(request)).await else {
        bail!("an unknown cursor is a protocol error");
    };
    assert_eq!(error.code, ErrorCode::INVALID_PARAMS);
    Ok(())
}

/// The newest protocol has no handshake: a client discovers and calls.
#[tokio::test]
async fn the_newest_protocol_is_spoken() -> Result<()> {
    let org = TestOrg::start().await?;
    let (_serving, stream) = client::serve(org.tools(Policy::read_only()));
    let lifecycle =
        ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] };
    let client = ().serve_with_lifecycle(stream, lifecycle).await?;
    assert!(!client.list_all_tools().await?.is_empty());
    let arguments = json!({ "soql": "SELECT Name FROM Account LIMIT 1" });
    let request = CallToolRequestParams::new("salesforce_query")
        .with_arguments(arguments.as_object().cloned().unwrap_or_default());
    assert_eq!(client.call_tool(request).await?.is_error, Some(false));
    Ok(())
}
