//! Attempts to get around a policy. None brings back what is denied.

use serde_json::json;
use sf_agent_tools::{Org, Policy, ToolSet};

use super::world::{DENIED, World, call, soql, world};

const ATTEMPTS: &str = include_str!("bypass.txt");
pub(crate) const POLICY: &str = include_str!("bypass.toml");

/// Attempts that the tool refuses and that bring nothing which a program may not have.
const FORM: &[&str] = &["refused query SELECT Name, FIELDS(ALL) FROM Account LIMIT 100"];

#[tokio::test]
async fn no_attempt_leaks() {
    let world = world().await;
    let org = Org::new(world.client.clone(), Policy::from_toml(POLICY).unwrap());
    let tools = ToolSet::salesforce(org.clone());
    // The file has tokens without the digits of the session.
    let shown =
        soql(&tools, "SELECT Email FROM Contact WHERE Email != null LIMIT 1").await.unwrap();
    let token = shown["rows"][0][0].as_str().unwrap();
    let end = token.strip_prefix("<email:1").unwrap();
    let whole = |text: &str| {
        ["<email:1", "<email:2", "<email:999999", "<phone:1"]
            .iter()
            .fold(text.to_owned(), |text, begun| {
                text.replace(&format!("{begun}>"), &format!("{begun}{end}"))
            })
    };
    let mut failures = Vec::new();
    let mut programs = Vec::new();
    let mut count = 0;
    let lines = ATTEMPTS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    for line in lines {
        count += 1;
        let (expected, rest) = line.split_once(' ').unwrap();
        let (tool, arguments) = rest.split_once(' ').unwrap();
        let arguments = whole(&world.filled(arguments));
        let outcome = if tool == "query" {
            soql(&tools, &arguments).await
        } else {
            call(&tools, tool, serde_json::from_str(&arguments).unwrap()).await
        };
        if tool == "query"
            && let Ok(query) = org.parse(&arguments)
            && let Ok(page) = org.query(&query).await
        {
            // Without the tool's check before.
            let text = serde_json::to_string(&page.records).unwrap();
            for denied in leaks(&text, &arguments) {
                failures.push(format!("{line}\n  leaks {denied:?} to a program: {text:.900}"));
            }
            if expected == "refused" && !page.records.is_empty() {
                programs.push(line);
            }
        }
        let became = if outcome.is_ok() { "clean" } else { "refused" };
        let text = outcome.unwrap_or_else(|error| error).to_string();
        if became != expected && expected != "either" {
            failures.push(format!("{line}\n  was {became}: {text:.600}"));
        }
        for denied in leaks(&text, &arguments) {
            failures.push(format!("{line}\n  leaks {denied:?}: {text:.900}"));
        }
    }
    assert!(failures.is_empty(), "{} of {count}:\n{}", failures.len(), failures.join("\n"));
    // What only the tool refuses is refused for its form, not by the policy.
    assert_eq!(programs, FORM, "{programs:#?}");
    assert!(count >= 400, "{count} attempts");
}

/// What a reply holds of what it must not, but for what the call itself said.
fn leaks<'a>(text: &str, arguments: &str) -> Vec<&'a str> {
    let told = |denied: &&&str| {
        text.contains(**denied)
            && !arguments.to_lowercase().contains(&denied.trim_matches('"').to_lowercase())
    };
    DENIED.iter().filter(told).copied().collect()
}

/// The suite can fail: without a policy the values are there.
#[tokio::test]
async fn without_a_policy_every_value_is_there() {
    let World { org: _org, client, ids } = &world().await;
    let tools = ToolSet::salesforce(Org::new(client.clone(), Policy::read_only()));
    let contact = json!({ "object": "Contact", "id": ids["contact"] });
    let text = call(&tools, "salesforce_get_record", contact).await.unwrap().to_string();
    for denied in ["CANARY", "canary@example.com", "55501", "1901-02-03", "\"HomePhone\""] {
        assert!(text.contains(denied), "{denied}: {text}");
    }
}
