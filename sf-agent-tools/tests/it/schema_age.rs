//! What is known of the schema may be older than what somebody has made of it since.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sf_agent_tools::{CallContext, Effect, Org, Policy, Reply, Tool, ToolError, ToolSet};
use sf_emulator::{Drift, Emulator, NewField, Operation};

use crate::support::{Agent, client};

/// An agent that doubts at once what it knows.
async fn doubting(policy: Policy) -> Agent {
    let org = Emulator::start().await.unwrap();
    let guarded = Org::builder(client(&org), policy).doubt_schema_after(Duration::ZERO).build();
    Agent { tools: ToolSet::salesforce(guarded), org }
}

fn rules() -> Policy {
    let all = r#"
        [objects."*"]
        operations = ["read", "create"]
        read = ["*"]
        write = ["*"]
    "#;
    Policy::from_toml(all).unwrap()
}

#[tokio::test]
async fn what_was_made_meanwhile_is_found() {
    for policy in [Policy::read_write(), rules()] {
        let agent = doubting(policy).await;
        agent.ok("salesforce_describe_object", json!({ "object": "Account" })).await;
        let field = NewField::new("Region__c", "string").length(40);
        agent.org.alter(Drift::add_field("Account", field)).await.unwrap();
        let record = json!({ "Name": "Northern", "Region__c": "North" });
        let create = json!({ "object": "Account", "records": [record] });
        let made = agent.ok("salesforce_create_records", create).await;
        assert_eq!(made["succeeded"], 1, "{made}");

        let field = NewField::new("Zone__c", "string").length(40);
        agent.org.alter(Drift::add_field("Account", field)).await.unwrap();
        let soql = "SELECT Region__c, Zone__c FROM Account WHERE Region__c != null";
        let found = agent.ok("salesforce_query", json!({ "soql": soql })).await;
        assert_eq!(found["rows"], json!([["North", null]]));

        agent.org.alter(Drift::rename_object("Invoice__c", "Bill__c")).await.unwrap();
        agent.ok("salesforce_count", json!({ "object": "Bill__c" })).await;
    }
}

#[tokio::test]
async fn a_wrong_name_stays_wrong_and_costs_no_body() {
    let agent = doubting(Policy::read_write()).await;
    agent.ok("salesforce_describe_object", json!({ "object": "Account" })).await;
    agent.org.clear_requests();
    let create = json!({ "object": "Account", "records": [{ "Name": "X", "Regoin": "North" }] });
    let refused = agent.refused("salesforce_create_records", create).await;
    assert_eq!(refused["class"], "fix_your_call", "{refused}");
    let asked: Vec<_> = agent.org.requests().into_iter().map(|r| (r.operation, r.status)).collect();
    assert_eq!(asked, [(Operation::Describe, Some(304))]);
}

/// A host's tool that writes, and then asks for an object that is not there.
struct WritesFirst;

#[derive(Deserialize, JsonSchema)]
struct NoArgs {}

impl Tool for WritesFirst {
    type Args = NoArgs;
    type Output = Map<String, Value>;

    fn name(&self) -> &str {
        "acme_write_first"
    }

    fn title(&self) -> &str {
        "Write first"
    }

    fn description(&self) -> &str {
        "Creates a contact, and then fails."
    }

    fn effects(&self) -> &[Effect] {
        &[Effect::Create]
    }

    fn example(&self) -> Value {
        json!({})
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        _: NoArgs,
    ) -> Result<Reply<Self::Output>, ToolError> {
        let contact = Map::from_iter([("LastName".to_owned(), json!("Once"))]);
        org.create(cx, "Contact", &[contact], true).await?;
        org.object("Nowhere__c").await?;
        Ok(Reply::complete(Map::new()))
    }
}

#[tokio::test]
async fn a_tool_that_has_written_is_not_run_again() {
    let Agent { org, tools } = doubting(Policy::read_write()).await;
    let agent = Agent { org, tools: tools.with(WritesFirst) };
    let refused = agent.refused("acme_write_first", json!({})).await;
    assert_eq!(refused["problems"][0]["at"], "object", "{refused}");
    assert_eq!(agent.count("SELECT COUNT() FROM Contact WHERE LastName = 'Once'").await, 1);
}
