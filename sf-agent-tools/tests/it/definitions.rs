//! What models are told about the tools.

use std::collections::BTreeSet;

use serde_json::Value;
use sf_agent_tools::{Effect, Limits, Policy};

use crate::support::{agent, agent_with};

#[tokio::test]
async fn reading_policy_hides_writes() {
    let agent = agent_with(Policy::read_only(), Limits::default()).await;
    let names: Vec<String> = agent.tools.definitions().into_iter().map(|d| d.name).collect();
    assert_eq!(
        names,
        [
            "salesforce_list_objects",
            "salesforce_describe_object",
            "salesforce_describe_field",
            "salesforce_query",
            "salesforce_find_records",
            "salesforce_count",
            "salesforce_aggregate",
            "salesforce_get_record",
            "salesforce_get_related",
            "salesforce_search",
            "salesforce_recent_records",
            "salesforce_changes",
            "salesforce_next_page",
            "salesforce_explain_query",
            "salesforce_list_reports",
            "salesforce_describe_report",
            "salesforce_run_report",
            "salesforce_list_dashboards",
            "salesforce_dashboard_results",
            "salesforce_whoami",
            "salesforce_org_limits",
            "salesforce_api_budget",
            "salesforce_bulk_query",
            "salesforce_job_status",
            "salesforce_list_files",
            "salesforce_read_file",
        ]
    );
    assert!(agent.tools.definition("salesforce_create_records").is_none());
}

#[tokio::test]
async fn partial_policies_show_what_they_allow() {
    let agent = agent_with(Policy::read_only().allow(Effect::Create), Limits::default()).await;
    let effects: BTreeSet<Effect> = agent.tools.definitions().iter().map(|d| d.effect).collect();
    assert_eq!(effects, BTreeSet::from([Effect::Read, Effect::Create]));
}

#[tokio::test]
async fn every_property_is_described_and_nothing_is_a_reference() {
    for definition in agent().await.tools.definitions() {
        for (side, schema) in
            [("input", &definition.input_schema), ("output", &definition.output_schema)]
        {
            let at = format!("{} {side}", definition.name);
            assert_eq!(schema["type"], "object", "{at}");
            jsonschema::draft202012::meta::validate(schema).unwrap();
            assert!(!schema.to_string().contains("$ref"), "{at}");
            properties(schema, &at);
        }
        assert_eq!(definition.input_schema["additionalProperties"], false, "{}", definition.name);
    }
}

fn properties(schema: &Value, at: &str) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Object(properties)) = map.get("properties") {
                for (name, property) in properties {
                    assert!(property["description"].is_string(), "{at}: {name} has no description");
                }
            }
            map.values().for_each(|inner| properties(inner, at));
        }
        Value::Array(items) => items.iter().for_each(|inner| properties(inner, at)),
        _ => {}
    }
}
