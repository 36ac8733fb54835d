//! People are asked over HTTP as over a stream, with sessions and without.

use anyhow::{Result, ensure};
use serde_json::json;
use sf_adapter_conformance::TestOrg;
use sf_adapter_mcp::http::{HttpService, HttpSettings};
use sf_agent_tools::{Policy, WriteMode};

use super::support::start;
use crate::host::{self, ERAS, Seen, approve};

#[tokio::test]
async fn approvals_come_with_another_request() -> Result<()> {
    let org = TestOrg::start().await?;
    let tools = org.tools(Policy::read_write().with_write_mode(WriteMode::Approved));
    let running = start(HttpService::without_tokens(tools, HttpSettings::default())).await?;
    for era in ERAS {
        let answers = Some(vec![approve()]);
        let mut connection = host::connect_over(running.transport(""), era, answers).await?;
        let records = json!({ "object": "Contact", "records": [{ "LastName": "Ito" }] });
        let made = connection.ok("salesforce_create_records", records).await?;
        ensure!(made["succeeded"] == 1, "{era:?}: {made}");
        ensure!(matches!(connection.next().await?, Seen::Asked { .. }), "{era:?}");
    }
    ensure!(org.writes() == 2);
    Ok(())
}
