//! Messages of what happens behind a call, to clients that asked for them.
#![expect(deprecated, reason = "clients of the older protocols ask so")]

use anyhow::Result;
use insta::assert_snapshot;
use rmcp::model::{LoggingLevel, SetLevelRequestParams};
use serde_json::json;
use sf_adapter_conformance::TestOrg;
use sf_adapter_mcp::Server;
use sf_agent_tools::Policy;
use sf_emulator::{Drift, Fault, Operation};

use crate::host::{self, Connection, Era, Seen};

/// What was told of one call so far, a line each.
fn told(connection: &mut Connection) -> String {
    let mut lines = Vec::new();
    while let Ok(seen) = connection.seen.try_recv() {
        match seen {
            Seen::Log(level, text) => lines.push(format!("{level}: {text}")),
            other => panic!("{other:?}"),
        }
    }
    lines.dedup();
    // How long is waited is chance.
    let line = |line: &str| match line.split_once(" after ") {
        Some((what, _)) => format!("{what} after a while."),
        None => line.to_owned(),
    };
    lines.iter().map(|text| line(text)).collect::<Vec<_>>().join("\n")
}

async fn at(connection: &Connection, level: LoggingLevel) -> Result<()> {
    Ok(connection.client.set_level(SetLevelRequestParams::new(level)).await?)
}

#[tokio::test]
async fn retries_new_sessions_and_a_changed_schema_are_told() -> Result<()> {
    let org = TestOrg::start().await?;
    let server = Server::new(org.tools(Policy::read_only()));
    let mut connection = host::connect(server, Era::Sessions, None).await?;
    let faults = org.emulator().faults();
    let soql = json!({ "soql": "SELECT Amount__c FROM Invoice__c LIMIT 1" });
    let trouble = || {
        faults.push(Fault::expired_session().on(Operation::Query));
        faults.push(Fault::too_many_requests(Some(std::time::Duration::ZERO)).on(Operation::Query));
    };

    trouble();
    connection.ok("salesforce_query", soql.clone()).await?;
    assert_eq!(told(&mut connection), "", "nobody asked for messages");

    at(&connection, LoggingLevel::Info).await?;
    trouble();
    connection.ok("salesforce_query", soql.clone()).await?;
    assert_snapshot!(told(&mut connection), @r"
    info: Salesforce refused the session; a new one was obtained.
    warning: A request to Salesforce failed (attempt 2) and is sent again after a while.
    ");

    at(&connection, LoggingLevel::Warning).await?;
    trouble();
    connection.ok("salesforce_query", soql.clone()).await?;
    let graver = told(&mut connection);
    assert!(graver.starts_with("warning: ") && graver.lines().count() == 1, "{graver}");

    at(&connection, LoggingLevel::Debug).await?;
    org.emulator().alter(Drift::rename_field("Invoice__c", "Amount__c", "Total__c")).await?;
    connection.refused("salesforce_query", soql).await?;
    assert_snapshot!(
        told(&mut connection),
        @"notice: The org's schema has changed; what was known of Invoice__c is read again."
    );
    Ok(())
}
