//! What a token stands for is told by nothing that the platform says, and is known in one session
//! alone.

use std::sync::Arc;

use serde_json::json;
use sf_agent_tools::audit::AuditFile;
use sf_agent_tools::{Org, OrgBuilder, Policy, Sealer, ToolSet};
use sf_emulator::{Fault, Operation};

use super::bypass::POLICY;
use super::world::{call, soql, world};

const ADDRESS: &str = "canary@example.com";

fn policy() -> Policy {
    Policy::from_toml(POLICY).unwrap()
}

/// The token of the address of a contact.
async fn token(tools: &ToolSet, id: &str) -> String {
    let get = json!({ "object": "Contact", "id": id, "fields": ["Email"] });
    let record = call(tools, "salesforce_get_record", get).await.unwrap();
    record["fields"]["Email"].as_str().unwrap().to_owned()
}

/// A refusal that quotes the statement, and repeats a value of it.
fn quoting(message: &str) -> String {
    let quote =
        format!("SELECT Id FROM Contact WHERE Email = '{ADDRESS}' AND Department != 'Veiled'");
    format!("\n{quote}\n                  ^\nERROR at Row:1:Column:31\n{message}")
}

#[tokio::test]
async fn no_refusal_of_a_query_repeats_a_masked_value() {
    let world = world().await;
    let tools = world.tools(policy());
    let token = token(&tools, &world.ids["contact"]).await;
    let statement = format!("SELECT Id FROM Contact WHERE Email = '{token}'");
    // It is sent again without the order that was added.
    let refuse = |message: &str| {
        let body = json!([{ "errorCode": "MALFORMED_QUERY", "message": quoting(message) }]);
        let fault = Fault::reply(400, "application/json", body.to_string());
        world.org.faults().push(fault.on(Operation::Query).times(2));
    };
    refuse(&format!("the value {ADDRESS} does not fit"));
    let error = soql(&tools, &statement).await.unwrap_err().to_string();
    assert!(!error.contains(ADDRESS) && error.contains("without saying why"), "{error}");
    refuse("too many of them");
    let error = soql(&tools, &statement).await.unwrap_err().to_string();
    assert!(error.contains("too many of them") && !error.contains("Veiled"), "{error}");
}

#[tokio::test]
async fn a_job_that_failed_does_not_quote_its_statement() {
    let world = world().await;
    let tools = world.tools(policy());
    let token = token(&tools, &world.ids["contact"]).await;
    let statement = format!("SELECT Id FROM Contact WHERE Email = '{token}'");
    let job = |state: &str, message: Option<String>| {
        let job = json!({
            "id": "750000000000001AAA", "operation": "query", "object": "Contact",
            "state": state, "errorMessage": message,
        });
        let fault = Fault::reply(200, "application/json", job.to_string());
        world.org.faults().push(fault.on(Operation::BulkQuery));
    };
    for (message, shown) in [
        ("too many rows", "too many rows"),
        (&*format!("the value {ADDRESS} does not fit"), "in words that name"),
        ("No such column 'HomePhone' on entity 'Contact'", "in words that name"),
    ] {
        let message = format!("InvalidBatch : {}", quoting(message));
        job("UploadComplete", None);
        job("Failed", Some(message.clone()));
        let asked = json!({ "soql": statement });
        let error = call(&tools, "salesforce_bulk_query", asked).await.unwrap_err().to_string();
        for hidden in [ADDRESS, "Veiled", "HomePhone"] {
            assert!(!error.contains(hidden), "{error}");
        }
        assert!(error.contains(shown), "{error}");
    }
}

/// Two processes with one key.
fn two(make: impl Fn() -> OrgBuilder) -> [ToolSet; 2] {
    let sealer = Sealer::random().unwrap();
    let one = || ToolSet::salesforce(make().sealer(sealer.clone()).build());
    [one(), one()]
}

#[tokio::test]
async fn a_cursor_of_another_process_names_no_token_of_this_one() {
    let world = world().await;
    let [one, two] = two(|| Org::builder(world.client.clone(), policy()));
    let first = token(&one, &world.ids["contact"]).await;
    let asked = json!({
        "soql": format!("SELECT Id FROM Contact WHERE Email != '{first}' ORDER BY Id"),
        "max_rows": 5,
    });
    let part = call(&one, "salesforce_query", asked).await.unwrap();
    let next = part["completeness"]["next"]["arguments"].clone();
    let goes_on = call(&one, "salesforce_next_page", next.clone()).await.unwrap();
    assert_eq!(goes_on["completeness"]["complete"], false, "{goes_on}");
    let error = call(&two, "salesforce_next_page", next).await.unwrap_err();
    assert!(error.to_string().contains("a result of this session showed"), "{error}");
}

#[tokio::test]
async fn a_plan_with_tokens_is_applied_where_it_was_made() {
    let world = world().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let builder = || {
        let log = Arc::new(AuditFile::open(&path).unwrap());
        Org::builder(world.client.clone(), policy()).audit(log).portable_plans()
    };
    let [one, two] = two(builder);
    let token = token(&one, &world.ids["contact"]).await;
    let write = |email: &str| {
        json!({ "operations": [{ "action": "update", "object": "Contact",
            "records": [{ "Id": world.ids["child_of_veiled"], "Email": email }] }] })
    };
    let plan = call(&one, "salesforce_prepare_write", write(&token)).await.unwrap();
    let digest = json!({ "digest": plan["digest"] });
    let error = call(&two, "salesforce_apply_write", digest.clone()).await.unwrap_err();
    assert!(error.to_string().contains("in the session alone that showed it"), "{error}");
    call(&one, "salesforce_apply_write", digest).await.unwrap();
    let soql = format!("SELECT Email FROM Contact WHERE Id = '{}'", world.ids["child_of_veiled"]);
    let stored = world.client.query_page(&sf_rest::Query::new(soql)).await.unwrap();
    assert_eq!(serde_json::to_value(&stored.records).unwrap()[0]["Email"], ADDRESS);
    // One without is applied anywhere.
    let plan = call(&one, "salesforce_prepare_write", write("new@example.com")).await.unwrap();
    call(&two, "salesforce_apply_write", json!({ "digest": plan["digest"] })).await.unwrap();
}
