//! Approvals and missing values by elicitation, in both kinds of protocol.

use anyhow::{Context, Result};
use insta::{assert_json_snapshot, assert_snapshot};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ElicitResult, ElicitationAction, InputResponses,
};
use serde_json::{Value, json};
use sf_adapter_conformance::TestOrg;
use sf_adapter_mcp::Server;
use sf_agent_tools::{Effect, Policy, WriteMode};

use crate::host::{self, Connection, ERAS, Era, accept, approve};

fn approved() -> Policy {
    Policy::read_write().with_write_mode(WriteMode::Approved)
}

async fn connected(
    org: &TestOrg,
    policy: Policy,
    era: Era,
    answers: Option<Vec<ElicitResult>>,
) -> Result<Connection> {
    host::connect(Server::new(org.tools(policy)), era, answers).await
}

fn create() -> Value {
    json!({ "object": "Contact", "records": [{ "LastName": "Ito", "Email": "ito@example.com" }] })
}

async fn itos(connection: &Connection) -> Result<u64> {
    let soql = "SELECT COUNT() FROM Contact WHERE LastName = 'Ito'";
    let found = connection.ok("salesforce_query", json!({ "soql": soql })).await?;
    found["rows"][0][0].as_u64().context("no count")
}

#[tokio::test]
async fn a_person_sees_what_would_be_written_and_agrees() -> Result<()> {
    let org = TestOrg::start().await?;
    for era in ERAS {
        let mut connection = connected(&org, approved(), era, Some(vec![approve()])).await?;
        let before = itos(&connection).await?;
        let made = connection.ok("salesforce_create_records", create()).await?;
        assert_eq!(made["succeeded"], 1, "{era:?}");
        assert_eq!(itos(&connection).await?, before + 1, "{era:?}: once");
        let (message, schema) = connection.asked().await?;
        if era == Era::Rounds {
            continue;
        }
        assert_snapshot!(message, @r#"
        May the agent create records as shown?

        create 1 record of Contact
        - new
          LastName: "Ito"
          Email: "ito@example.com"

        Note: What the org's own automation (flows, triggers, roll-ups) adds to this cannot be seen beforehand.
        "#);
        assert_json_snapshot!(schema, @r#"
        {
          "type": "object",
          "properties": {
            "decision": {
              "type": "string",
              "title": "Your decision",
              "enum": [
                "approve",
                "decline"
              ]
            }
          },
          "required": [
            "decision"
          ]
        }
        "#);
    }
    Ok(())
}

#[tokio::test]
async fn an_update_is_shown_with_the_values_before_and_after() -> Result<()> {
    let org = TestOrg::start().await?;
    let mut connection = connected(&org, approved(), Era::Rounds, Some(vec![approve()])).await?;
    let soql = "SELECT Id FROM Account WHERE Rating != 'Hot' ORDER BY Name LIMIT 1";
    let found = connection.ok("salesforce_query", json!({ "soql": soql })).await?;
    let id = found["rows"][0][0].as_str().context("no account")?.to_owned();
    let name = "Two\nlines, and \"quotes\"";
    let records = json!([{ "Id": id, "Rating": "Hot", "Phone": null, "Name": name }]);
    let arguments = json!({ "object": "Account", "records": records });
    connection.ok("salesforce_update_records", arguments).await?;
    let (message, _) = connection.asked().await?;
    assert_snapshot!(message.replace(&id, "ID"), @r#"
    May the agent update records as shown?

    update 1 record of Account
    - "\"Quoted\" Media" (ID)
      Rating: empty -> "Hot"
      Phone: "+1 (555) 659-7873" -> empty
      Name: "\"Quoted\" Media" -> "Two\nlines, and \"quotes\""

    Note: What the org's own automation (flows, triggers, roll-ups) adds to this cannot be seen beforehand.
    "#);
    Ok(())
}

#[tokio::test]
async fn who_does_not_agree_is_obeyed() -> Result<()> {
    let org = TestOrg::start().await?;
    let declined = ElicitResult::new(ElicitationAction::Decline);
    let cancelled = ElicitResult::new(ElicitationAction::Cancel);
    let cases = [
        (declined, "declined it"),
        (accept(json!({ "decision": "decline" })), "declined it"),
        (cancelled, "nobody could be asked"),
        // A form that was sent as it came: nobody has decided anything.
        (accept(json!({})), "nobody could be asked"),
    ];
    for era in ERAS {
        for (answer, says) in cases.clone() {
            let connection = connected(&org, approved(), era, Some(vec![answer])).await?;
            let message = connection.refused("salesforce_create_records", create()).await?;
            assert!(message.contains(says), "{era:?} {says}: {message}");
        }
    }
    assert_eq!(org.writes(), 0);
    Ok(())
}

#[tokio::test]
async fn where_nobody_can_be_asked_the_model_reads_how_to_go_on() -> Result<()> {
    let org = TestOrg::start().await?;
    let mut texts = Vec::new();
    for era in ERAS {
        for policy in [approved(), Policy::read_write().ask_before(Effect::Create)] {
            let connection = connected(&org, policy, era, None).await?;
            texts.push(connection.refused("salesforce_create_records", create()).await?);
        }
    }
    assert_eq!(org.writes(), 0);
    texts.dedup();
    assert_snapshot!(texts.join("\n\n"), @"This write needs a person's approval, and nobody could be asked. Nothing was changed. Tell the user what you wanted to write and that it waits for an approval: they can make the change themselves, use a client that can put questions to them, or have whoever runs this connection change its rules. Calling again changes nothing.");
    Ok(())
}

#[tokio::test]
async fn a_rule_asks_about_what_was_checked() -> Result<()> {
    let org = TestOrg::start().await?;
    let policy = Policy::read_write().ask_before(Effect::Create);
    let mut connection = connected(&org, policy, Era::Sessions, Some(vec![approve()])).await?;
    connection.ok("salesforce_create_records", create()).await?;
    assert_snapshot!(connection.asked().await?.0, @r#"
    May the agent create records as shown?

    create 1 record of Contact
    - new
      LastName: "Ito"
      Email: "ito@example.com"

    Note: What the org's own automation (flows, triggers, roll-ups) adds to this cannot be seen beforehand.
    "#);
    // Nobody is bothered with what is not right yet.
    let wrong = json!({ "object": "Contact", "records": [{ "LastName": "Ito", "Emial": "x" }] });
    connection.refused("salesforce_create_records", wrong).await?;
    assert!(connection.seen.try_recv().is_err());
    Ok(())
}

#[tokio::test]
async fn a_person_gives_the_required_fields_that_the_model_does_not_know() -> Result<()> {
    let org = TestOrg::start().await?;
    let incomplete = json!({ "object": "Opportunity", "records": [{ "Name": "Big one" }] });
    for era in ERAS {
        let given = accept(json!({ "StageName": "Prospecting", "CloseDate": "2027-03-31" }));
        let policy = Policy::read_write();
        let mut connection = connected(&org, policy.clone(), era, Some(vec![given])).await?;
        let made = connection.ok("salesforce_create_records", incomplete.clone()).await?;
        assert_eq!(made["succeeded"], 1, "{made}");
        let (message, schema) = connection.asked().await?;
        if era == Era::Sessions {
            assert_snapshot!(message, @"The agent is about to create a record of Opportunity and does not know: Stage, Close Date.");
            assert_json_snapshot!(schema, @r#"
            {
              "type": "object",
              "properties": {
                "StageName": {
                  "type": "string",
                  "title": "Stage",
                  "enum": [
                    "Prospecting",
                    "Qualification",
                    "Needs Analysis",
                    "Value Proposition",
                    "Id. Decision Makers",
                    "Perception Analysis",
                    "Proposal/Price Quote",
                    "Negotiation/Review",
                    "Closed Won",
                    "Closed Lost"
                  ]
                },
                "CloseDate": {
                  "type": "string",
                  "title": "Close Date",
                  "format": "date"
                }
              },
              "required": [
                "StageName",
                "CloseDate"
              ]
            }
            "#);
        }

        // What a person gives is checked as what a model gives.
        let wrong = accept(json!({ "StageName": "Prospecting", "CloseDate": "soon" }));
        let connection = connected(&org, policy.clone(), era, Some(vec![wrong])).await?;
        let writes = org.writes();
        let refused = connection.refused("salesforce_create_records", incomplete.clone()).await?;
        assert!(refused.contains("1 problem"), "{refused}");

        let no = ElicitResult::new(ElicitationAction::Decline);
        let connection = connected(&org, policy.clone(), era, Some(vec![no])).await?;
        let refused = connection.refused("salesforce_create_records", incomplete.clone()).await?;
        assert!(refused.contains("did not want to give it"), "{refused}");

        // Nobody is asked what the model has to correct, and nobody who cannot be asked.
        let typo = json!({ "object": "Opportunity", "records": [{ "Nmae": "x" }] });
        let connection = connected(&org, policy.clone(), era, Some(vec![])).await?;
        let refused = connection.refused("salesforce_create_records", typo).await?;
        assert!(refused.contains("problems to correct"), "{refused}");
        let connection = connected(&org, policy, era, None).await?;
        let refused = connection.refused("salesforce_create_records", incomplete.clone()).await?;
        assert!(refused.contains("2 problems"), "{refused}");
        assert_eq!(org.writes(), writes);
    }
    Ok(())
}

/// The rounds by hand: what waits is answered once, by its own caller, for its own call.
#[tokio::test]
async fn a_call_that_waits_is_answered_once() -> Result<()> {
    let org = TestOrg::start().await?;
    let connection = connected(&org, approved(), Era::Rounds, Some(vec![])).await?;
    let client = &connection.client;
    let request = CallToolRequestParams::new("salesforce_create_records")
        .with_arguments(create().as_object().cloned().unwrap_or_default());
    let state = |response: CallToolResponse| match response {
        CallToolResponse::InputRequired(wants) => {
            let asked = wants.input_requests.unwrap_or_default();
            assert_eq!(asked.keys().collect::<Vec<_>>(), ["person"]);
            wants.request_state.expect("a handle")
        }
        other => panic!("{other:?}"),
    };
    let handle = state(client.call_tool_once(request.clone()).await?);

    // Without an answer the same is asked again, and so is with an answer to something else.
    let again = request.clone().with_request_state(handle.clone());
    assert_eq!(state(client.call_tool_once(again.clone()).await?), handle);
    let other = InputResponses::from([("other".to_owned(), json!({ "action": "accept" }))]);
    let with_other = again.clone().with_input_responses(other);
    assert_eq!(state(client.call_tool_once(with_other).await?), handle);

    let yes = serde_json::to_value(approve())?;
    let yes = InputResponses::from([("person".to_owned(), yes)]);
    let answered = again.with_input_responses(yes.clone());
    // Neither another call nor another handle is agreed to by it.
    let mut changed = create();
    changed["records"][0]["LastName"] = json!("Sly");
    let changed = changed.as_object().cloned().unwrap_or_default();
    for wrong in
        [answered.clone().with_arguments(changed), answered.clone().with_request_state("made up")]
    {
        assert!(client.call_tool_once(wrong).await.is_err());
    }
    assert_eq!(org.writes(), 0);
    let made = client.call_tool_once(answered.clone()).await?;
    assert!(matches!(made, CallToolResponse::Complete(done) if done.is_error != Some(true)));
    let error = client.call_tool_once(answered).await.unwrap_err().to_string();
    assert!(error.contains("answered already"), "{error}");
    assert_eq!(itos(&connection).await?, 1);
    Ok(())
}
