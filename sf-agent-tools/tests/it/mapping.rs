//! Every call in docs/tool-mapping.md works on the embedded org.

use serde_json::{Value, json};
use sf_agent_tools::{Limits, Policy};

use crate::support::{Agent, agent_with};

const DOC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/tool-mapping.md");

/// A line of a table: the other product's tool, ours, and the arguments of a call.
struct Line {
    there: String,
    here: String,
    call: String,
}

fn lines() -> Vec<Line> {
    let text = std::fs::read_to_string(DOC).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| ") && line.contains("`salesforce_"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [there, here, call] = cells[..] else { panic!("not three cells: {row}") };
        let tool = |cell: &str| cell.split('`').nth(1).unwrap_or(cell).to_owned();
        Line { there: tool(there), here: tool(here), call: call.trim_matches('`').to_owned() }
    })
    .collect()
}

/// A record of its own for each line, since some lines delete theirs.
async fn filled(agent: &Agent, call: &str) -> Value {
    let mut call = call.to_owned();
    for (place, fields) in [
        ("Account", json!({ "Name": "Stand-in" })),
        ("Contact", json!({ "LastName": "Stand-in" })),
        (
            "Opportunity",
            json!({ "Name": "Stand-in", "StageName": "Prospecting", "CloseDate": "2027-01-31" }),
        ),
    ] {
        if call.contains(&format!("{{{place}}}")) {
            let made = json!({ "object": place, "records": [fields] });
            let reply = agent.ok("salesforce_create_records", made).await;
            let id = reply["results"][0]["id"].as_str().unwrap().to_owned();
            call = call.replace(&format!("{{{place}}}"), &id);
        }
    }
    for place in ["Report", "Dashboard"] {
        if call.contains(&format!("{{{place}}}")) {
            let tool = format!("salesforce_list_{}s", place.to_lowercase());
            let id = first_id(&agent.ok(&tool, json!({})).await).unwrap();
            call = call.replace(&format!("{{{place}}}"), &id);
        }
    }
    serde_json::from_str(&call).unwrap_or_else(|error| panic!("{error}: {call}"))
}

/// The first text in a reply that looks like a record id.
fn first_id(reply: &Value) -> Option<String> {
    match reply {
        Value::String(text) if text.len() == 18 && text.starts_with('0') => Some(text.clone()),
        Value::Array(items) => items.iter().find_map(first_id),
        Value::Object(members) => members.values().find_map(first_id),
        _ => None,
    }
}

#[tokio::test]
async fn what_other_connectors_tools_do_is_done_here() {
    let lines = lines();
    let of_scalekit = lines.iter().filter(|line| line.there.starts_with("salesforce_")).count();
    assert_eq!(of_scalekit, 25, "the lines for Scalekit's tools");
    assert!(lines.len() >= 45, "{} lines", lines.len());
    let agent = agent_with(Policy::read_write(), Limits::default()).await;
    for line in lines {
        let arguments = filled(&agent, &line.call).await;
        agent.ok(&line.here, arguments).await;
    }
}
