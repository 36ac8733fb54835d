//! Progress of long calls, and calls that are taken back.

use anyhow::{Result, ensure};
use rmcp::model::{CallToolRequest, CallToolRequestParams, ClientRequest};
use rmcp::service::PeerRequestOptions;
use serde_json::{Value, json};
use sf_adapter_conformance::TestOrg;
use sf_adapter_mcp::Server;
use sf_agent_tools::{Limits, Org, Policy, ToolSet};
use sf_emulator::{Fault, Operation};
use tokio::time::timeout;

use crate::host::{self, Connection, Era, LONG, Seen};

/// A connection to an org that is read 200 rows at a time, in replies of up to 2,000.
async fn connected(org: &TestOrg, era: Era) -> Result<Connection> {
    let mut limits = Limits::default();
    (limits.page_size, limits.rows, limits.tokens) = (Some(200), 2_000, 1_000_000);
    let org = Org::builder(org.client(), Policy::read_write()).limits(limits).build();
    host::connect(Server::new(ToolSet::salesforce(org)), era, None).await
}

fn pages(org: &TestOrg) -> usize {
    let requests = org.emulator().requests();
    requests.iter().filter(|request| request.operation == Operation::NextPage).count()
}

fn query() -> Value {
    json!({ "soql": "SELECT Id, Name FROM Contact ORDER BY Id LIMIT 1000" })
}

#[tokio::test]
async fn a_query_over_several_pages_says_how_far_it_is() -> Result<()> {
    let org = TestOrg::start().await?;
    for era in host::ERAS {
        let mut connection = connected(&org, era).await?;
        let reply = connection.ok("salesforce_query", query()).await?;
        assert_eq!(reply["rows"].as_array().map(Vec::len), Some(1000));
        let mut last = 0;
        while let Ok(seen) = connection.seen.try_recv() {
            let Seen::Progress(done, total, message) = seen else { panic!("{seen:?}") };
            assert!(done > last, "it only grows");
            assert_eq!((total, message.as_str()), (Some(1000), "rows read"));
            last = done;
        }
        // What was reported last is told before the answer, whatever was skipped.
        assert_eq!(last, 800, "{era:?}");
    }
    Ok(())
}

#[tokio::test]
async fn what_was_reported_last_is_told_once() -> Result<()> {
    let org = TestOrg::start().await?;
    let mut connection = connected(&org, Era::Sessions).await?;
    for _ in 0..10 {
        let reply = connection
            .ok("salesforce_bulk_query", json!({ "soql": "SELECT Id FROM Contact" }))
            .await?;
        let rows = reply["rows"].as_u64();
        let mut told = Vec::new();
        while let Ok(Seen::Progress(done, ..)) = connection.seen.try_recv() {
            told.push(done);
        }
        assert!(told.is_sorted_by(|a, b| a < b), "{told:?}");
        assert_eq!(told.last().copied(), rows);
    }
    Ok(())
}

#[tokio::test]
async fn a_call_taken_back_sends_no_more() -> Result<()> {
    let org = TestOrg::start().await?;
    let mut connection = connected(&org, Era::Sessions).await?;
    // The third page is never answered in time, so the call is in it when it is taken back.
    let fault = Fault::latency(LONG).on(Operation::NextPage).skip(1).always();
    org.emulator().faults().push(fault);
    let arguments = query().as_object().cloned().unwrap_or_default();
    let params = CallToolRequestParams::new("salesforce_query").with_arguments(arguments);
    let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
    let options = PeerRequestOptions::no_options();
    let call = connection.client.send_cancellable_request(request, options).await?;
    let seen = connection.next().await?;
    ensure!(matches!(seen, Seen::Progress(200, ..)), "{seen:?}");
    timeout(LONG, async {
        while pages(&org) < 2 {
            tokio::task::yield_now().await;
        }
    })
    .await?;
    call.cancel(None).await?;
    org.emulator().faults().clear();
    // The connection is as it was, and the rest of the rows is not read.
    let arguments = json!({ "soql": "SELECT COUNT() FROM Contact" });
    connection.ok("salesforce_query", arguments).await?;
    assert_eq!(pages(&org), 2);
    Ok(())
}

#[tokio::test]
async fn a_write_that_was_sent_is_waited_for() -> Result<()> {
    let org = TestOrg::start().await?;
    let connection = connected(&org, Era::Sessions).await?;
    let arguments = json!({ "object": "Contact", "records": [{ "LastName": "Ito" }] });
    // It is held until the call is given up, then answered with an error that is retried.
    let held = Fault::row_locked().until_released();
    org.emulator().faults().push(held.on(Operation::Create));
    let params = CallToolRequestParams::new("salesforce_create_records")
        .with_arguments(arguments.as_object().cloned().unwrap_or_default());
    let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
    let options = PeerRequestOptions::no_options();
    let call = connection.client.send_cancellable_request(request, options).await?;
    let creates = || {
        let requests = org.emulator().requests();
        requests.iter().filter(|request| request.operation == Operation::Create).count()
    };
    timeout(LONG, org.emulator().faults().spent()).await?;
    call.cancel(None).await?;
    // Messages are taken in their order: the server has seen that it was given up.
    connection.client.list_tools(None).await?;
    org.emulator().faults().release();
    // The write goes on to its end, over its retry, and is done once.
    timeout(LONG, async {
        loop {
            let soql = json!({ "soql": "SELECT COUNT() FROM Contact WHERE LastName = 'Ito'" });
            let found = connection.ok("salesforce_query", soql).await?;
            if found["rows"][0][0] == 1 {
                return anyhow::Ok(());
            }
        }
    })
    .await??;
    assert_eq!(creates(), 2);
    Ok(())
}
