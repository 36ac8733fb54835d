//! A client is told of changes: of the schema it subscribed to, and of what is offered.
#![expect(deprecated, reason = "clients of the older protocols subscribe so")]

use std::time::Duration;

use anyhow::{Context, Result};
use rmcp::model::{
    ReadResourceRequestParams, ServerNotification, SubscribeRequestParams, SubscriptionFilter,
    UnsubscribeRequestParams,
};
use serde_json::json;
use sf_adapter_conformance::TestOrg;
use sf_adapter_mcp::Server;
use sf_agent_tools::{Policy, Profile, ToolSet};
use sf_emulator::{Drift, NewField, Operation};
use tokio::time::timeout;

use crate::host::{self, Era, LONG, Seen};

const ACCOUNT: &str = "salesforce://org/schema/Account";
const INVOICE: &str = "salesforce://org/schema/Invoice__c";

/// So seldom that no test sees it.
const NEVER: Duration = Duration::from_secs(24 * 60 * 60);

fn new_field(object: &str) -> Drift {
    Drift::add_field(object, NewField::new("Extra__c", "string").length(40))
}

fn describes(org: &TestOrg) -> usize {
    let requests = org.emulator().requests();
    requests.iter().filter(|request| request.operation == Operation::Describe).count()
}

#[tokio::test]
async fn a_call_that_met_another_schema_makes_the_server_look() -> Result<()> {
    let org = TestOrg::start().await?;
    let server = Server::new(org.tools(Policy::read_only())).poll_every(NEVER);
    let mut connection = host::connect(server, Era::Sessions, None).await?;
    for uri in [ACCOUNT, INVOICE] {
        connection.client.subscribe(SubscribeRequestParams::new(uri)).await?;
    }
    let soql = "SELECT Amount__c FROM Invoice__c LIMIT 1";
    connection.ok("salesforce_query", json!({ "soql": soql })).await?;
    org.emulator().alter(Drift::rename_field("Invoice__c", "Amount__c", "Total__c")).await?;
    // The describe that is kept still has the field, so the org is asked, and refuses it.
    connection.refused("salesforce_query", json!({ "soql": soql })).await?;
    assert_eq!(connection.next().await?, Seen::Updated(INVOICE.to_owned()));
    Ok(())
}

#[tokio::test]
async fn the_org_is_asked_again_and_again_for_who_subscribes() -> Result<()> {
    let org = TestOrg::start().await?;
    let every = Duration::from_millis(20);
    let server = Server::new(org.tools(Policy::read_only())).poll_every(every);
    let mut connection = host::connect(server, Era::Sessions, None).await?;
    for uri in [ACCOUNT, INVOICE] {
        connection.client.subscribe(SubscribeRequestParams::new(uri)).await?;
    }
    connection.client.unsubscribe(UnsubscribeRequestParams::new(INVOICE)).await?;
    org.emulator().alter(new_field("Invoice__c")).await?;
    org.emulator().alter(new_field("Account")).await?;
    assert_eq!(connection.next().await?, Seen::Updated(ACCOUNT.to_owned()));
    // Another object, and with it another list.
    org.emulator().alter(Drift::RemoveObject { object: "Invoice__c".to_owned() }).await?;
    loop {
        // The account may have been looked at between its field and its relations.
        match connection.next().await? {
            Seen::Resources => break,
            seen => assert_eq!(seen, Seen::Updated(ACCOUNT.to_owned())),
        }
    }
    Ok(())
}

#[tokio::test]
async fn nobody_is_asked_while_nobody_subscribes() -> Result<()> {
    let org = TestOrg::start().await?;
    let server = Server::new(org.tools(Policy::read_only())).poll_every(Duration::from_millis(1));
    let connection = host::connect(server, Era::Sessions, None).await?;
    let client = &connection.client;
    client.subscribe(SubscribeRequestParams::new(ACCOUNT)).await?;
    // Polling does happen: wait for a request of it.
    let before = describes(&org);
    timeout(LONG, async {
        while describes(&org) < before + 3 {
            tokio::task::yield_now().await;
        }
    })
    .await?;
    client.unsubscribe(UnsubscribeRequestParams::new(ACCOUNT)).await?;
    // A look that had begun may still end; then there is none in the time of so many other requests.
    timeout(LONG, async {
        loop {
            let before = describes(&org);
            for _ in 0..200 {
                client.list_tools(None).await?;
            }
            if describes(&org) == before {
                return anyhow::Ok(());
            }
        }
    })
    .await?
}

#[tokio::test]
async fn other_tools_are_told_of_and_offered_at_once() -> Result<()> {
    let org = TestOrg::start().await?;
    let server = Server::new(org.tools(Policy::read_only()));
    let handle = server.handle();
    let mut connection = host::connect(server, Era::Sessions, None).await?;
    let before = connection.client.list_all_tools().await?;
    assert!(before.iter().all(|tool| tool.name != "salesforce_create_records"));
    handle.replace(org.tools(Policy::read_write()));
    for expected in [Seen::Tools, Seen::Prompts, Seen::Resources] {
        assert_eq!(connection.next().await?, expected);
    }
    let after = connection.client.list_all_tools().await?;
    assert!(after.iter().any(|tool| tool.name == "salesforce_create_records"));
    let arguments = json!({ "object": "Contact", "records": [{ "LastName": "Ito" }] });
    connection.ok("salesforce_create_records", arguments).await?;
    Ok(())
}

#[tokio::test]
async fn who_listens_hears_what_was_asked_for_and_no_more() -> Result<()> {
    let org = TestOrg::start().await?;
    let tools = org.tools(Policy::read_only());
    let server = Server::new(tools.clone()).poll_every(Duration::from_millis(20));
    let handle = server.handle();
    let connection = host::connect(server, Era::Rounds, None).await?;
    // What the client read is what it wants to hear the changes of.
    connection.client.read_resource(ReadResourceRequestParams::new(ACCOUNT)).await?;
    let filter = SubscriptionFilter::builder()
        .tools_list_changed()
        .resource_subscriptions(vec![ACCOUNT.to_owned()])
        .build();
    let mut heard = connection.client.listen(filter).await?;
    assert_eq!(heard.acknowledged().tools_list_changed, Some(true));
    assert_eq!(heard.acknowledged().prompts_list_changed, None);

    org.emulator().alter(new_field("Account")).await?;
    let first = timeout(LONG, heard.next()).await??.context("the subscription ended")?;
    let ServerNotification::ResourceUpdatedNotification(updated) = first else {
        panic!("{first:?}");
    };
    assert_eq!(updated.params.uri, ACCOUNT);

    let core = tools.filter(|tool| Profile::Core.has(&tool.name));
    handle.replace(ToolSet::clone(&core));
    let second = timeout(LONG, heard.next()).await??.context("the subscription ended")?;
    assert!(matches!(second, ServerNotification::ToolListChangedNotification(_)), "{second:?}");
    assert_eq!(connection.client.list_all_tools().await?.len(), core.definitions().len());
    heard.cancel().await?;
    Ok(())
}
