//! Arguments: null and absent are the same, and what is wrong is said all at once.

use serde_json::{Value, json};
use sf_agent_tools::{Limits, Policy};

use crate::support::{agent, agent_with};

#[tokio::test]
async fn optional_arguments_may_be_null() {
    let agent = agent().await;
    agent.ok("salesforce_list_objects", Value::Null).await;
    let nulls = json!({ "filter": null, "custom_only": null, "max_rows": null, "after": null });
    agent.ok("salesforce_list_objects", nulls).await;
    let query =
        json!({ "soql": "SELECT Id FROM Account LIMIT 1", "format": null, "max_rows": null });
    agent.ok("salesforce_query", query).await;
    // Nor does a semicolon at the end mean anything.
    agent.ok("salesforce_query", json!({ "soql": "SELECT Id FROM Account LIMIT 1; " })).await;
    agent.ok("salesforce_describe_object", json!({ "object": "Account", "group": null })).await;
}

#[tokio::test]
async fn all_problems_name_their_argument() {
    let agent = agent().await;
    let error = agent
        .refused(
            "salesforce_create_records",
            json!({ "objekt": "Contact", "records": [] , "all_or_none": "yes" }),
        )
        .await;
    insta::assert_json_snapshot!(error, @r#"
    {
      "class": "fix_your_call",
      "message": "The arguments of salesforce_create_records are not right. Nothing was sent to Salesforce. Correct them and call it again.",
      "problems": [
        {
          "at": "object",
          "message": "Missing; it is required."
        },
        {
          "at": "records",
          "message": "Too few items; at least 1."
        },
        {
          "at": "all_or_none",
          "message": "\"yes\" has the wrong type; it must be a boolean."
        },
        {
          "at": "objekt",
          "message": "There is no such argument.",
          "allowed": [
            "object",
            "records",
            "all_or_none",
            "read_back"
          ],
          "did_you_mean": [
            "object"
          ]
        }
      ],
      "example": {
        "object": "Contact",
        "records": [
          {
            "LastName": "Ito",
            "Email": "ito@example.com"
          }
        ]
      }
    }
    "#);
    assert!(agent.org.requests().iter().all(|r| r.path.contains("oauth2")), "nothing is sent");
}

#[tokio::test]
async fn limits_of_numbers_and_lists() {
    let agent = agent().await;
    let error = agent
        .refused("salesforce_query", json!({ "soql": "SELECT Id FROM Account", "max_rows": 5000 }))
        .await;
    assert_eq!(error["problems"][0]["at"], "max_rows");
    assert_eq!(error["problems"][0]["message"], "5000 is too large; at most 2000.");
    let records: Vec<Value> = (0..201).map(|n| json!({ "LastName": format!("N{n}") })).collect();
    let error = agent
        .refused("salesforce_create_records", json!({ "object": "Contact", "records": records }))
        .await;
    assert_eq!(
        error["problems"][0]["message"],
        "Too many items (201); at most 200 in one call. Split it into several."
    );
    let text = json!({ "object": "Contact", "records": "[{\"LastName\":\"Ito\"}]" });
    let error = agent.refused("salesforce_create_records", text).await;
    assert_eq!(error["problems"][0]["at"], "records");
    let error = agent.refused("salesforce_query", json!("SELECT Id FROM Account")).await;
    assert_eq!(error["class"], "fix_your_call");
}

#[tokio::test]
async fn unknown_tool_names_the_nearest() {
    let agent = agent_with(Policy::read_only(), Limits::default()).await;
    let error = agent.refused("salesforce_run_query", json!({})).await;
    assert_eq!(error["class"], "fix_your_call");
    let near = error["problems"][0]["did_you_mean"].as_array().unwrap();
    assert!(near.contains(&json!("salesforce_query")), "{error}");
    // A tool that the policy hides is not suggested.
    let allowed = error["problems"][0]["allowed"].as_array().unwrap();
    assert_eq!(allowed.len(), agent.tools.definitions().len());
}

#[tokio::test]
async fn refused_write_says_who_can_switch_it_on() {
    let agent = agent_with(Policy::read_only(), Limits::default()).await;
    for tool in ["create", "update", "upsert", "delete"] {
        let error = agent.refused(&format!("salesforce_{tool}_records"), json!({})).await;
        assert_eq!(error["class"], "ask_a_person", "{error}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("whoever runs this connection"), "{message}");
        assert!(message.contains("not a Salesforce permission"), "{message}");
    }
    assert!(agent.org.requests().is_empty(), "nothing is sent, not even a login");
}
