//! Cursors, prepared writes and the audit log under a policy: what they carry, and what they show.

use std::sync::Arc;

use serde_json::{Value, json};
use sf_agent_tools::audit::AuditFile;
use sf_agent_tools::{Limits, Org, Policy, Sealer, ToolSet};
use sf_rest::Id;

use super::bypass::POLICY;
use super::world::{World, call, world};

/// The address that stands behind the token of the contact.
const ADDRESS: &str = "canary@example.com";

fn policy() -> Policy {
    Policy::from_toml(POLICY).unwrap()
}

async fn email(world: &World, id: &str) -> String {
    let id = Id::parse(id).unwrap();
    let record = world.client.get("Contact", id, &["Email"]).await.unwrap();
    record.get("Email").and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The token by which a session knows the contact's address.
async fn token(tools: &ToolSet, world: &World) -> String {
    let get = json!({ "object": "Contact", "id": world.ids["contact"], "fields": ["Email"] });
    let reply = call(tools, "salesforce_get_record", get).await.unwrap();
    reply["fields"]["Email"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_cursor_passes_the_policy_again_in_another_process() {
    let world = world().await;
    let sealer = Sealer::random().unwrap();
    let tools = |policy: Policy| {
        let builder = Org::builder(world.client.clone(), policy).sealer(sealer.clone());
        ToolSet::salesforce(builder.limits(Limits::default()).build())
    };
    let first = tools(policy());
    let soql = "SELECT Id, LastName, Email, Account.Name FROM Contact";
    let arguments = json!({ "soql": soql, "max_rows": 2 });
    let reply = call(&first, "salesforce_query", arguments).await.unwrap();
    let next = reply["completeness"]["next"]["arguments"].clone();
    let mut rows = 2;
    // Each page is read by a process that has none of the pages before.
    let mut next = next;
    next["max_rows"] = json!(50);
    let mut redacted = 0;
    while next.is_object() {
        let reply = call(&tools(policy()), "salesforce_next_page", next.clone()).await.unwrap();
        let text = reply.to_string();
        assert!(!text.contains("VEILED") && !text.contains(ADDRESS), "{text}");
        for row in reply["rows"].as_array().unwrap() {
            assert!(row[2].is_null() || row[2].as_str().unwrap().starts_with("<email:"), "{row}");
            redacted += u64::from(row[3] == "[redacted]");
        }
        rows += reply["rows"].as_array().unwrap().len();
        if text.contains("[redacted]") {
            let reason = reply["completeness"]["reason"].as_str().unwrap();
            assert!(reason.contains("may not read the parent records"), "{reason}");
        }
        next = reply["completeness"]["next"]["arguments"].clone();
        if next.is_object() {
            next["max_rows"] = json!(50);
        }
    }
    assert!(rows > 50 && redacted > 0, "{rows} rows, {redacted} redacted");
    // A cursor from before is of no use where the policy gives less.
    let cursor = reply["completeness"]["next"]["arguments"].clone();
    let less = POLICY.replace("hide = [\"Description\"", "hide = [\"Email\", \"Description\"");
    let less = less
        .replace("Email = \"token\"\n", "")
        .replace("\"Email\", \"OtherPhone\"", "\"OtherPhone\"");
    let error = call(&tools(Policy::from_toml(&less).unwrap()), "salesforce_next_page", cursor)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("Email"), "{error}");
}

#[tokio::test]
async fn previews_and_the_log_have_neither_masked_nor_hidden_values() {
    let world = world().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let audit = Arc::new(AuditFile::open(&path).unwrap());
    let org = Org::builder(world.client.clone(), policy()).audit(audit).build();
    let tools = ToolSet::salesforce(org);
    let token = token(&tools, &world).await;
    assert!(token.starts_with("<email:"), "{token}");
    let new = json!({ "LastName": "New", "Department": "Sales", "Email": token });
    let change = json!({
        "Id": world.ids["contact"], "Title": "CTO", "Description": "CANARY of my own",
        "Email": token,
    });
    let arguments = json!({ "operations": [
        { "action": "create", "object": "Contact", "records": [new] },
        { "action": "update", "object": "Contact", "records": [change] },
    ] });
    let prepared = call(&tools, "salesforce_prepare_write", arguments).await.unwrap();
    let shown: Vec<Value> = prepared["operations"].as_array().unwrap().clone();
    let changes = |at: usize| shown[at]["records"][0]["changes"].to_string();
    insta::assert_snapshot!(changes(0), @r#"[{"field":"LastName","before":null,"after":"New"},{"field":"Department","before":null,"after":"Sales"},{"field":"Email","before":null,"after":"(masked)"}]"#);
    insta::assert_snapshot!(changes(1), @r#"[{"field":"Title","before":null,"after":"CTO"},{"field":"Description","before":"(not readable here)","after":"(not readable here)"},{"field":"Email","before":"(masked)","after":"(masked)"}]"#);
    let digest = json!({ "digest": prepared["digest"] });
    let applied = call(&tools, "salesforce_apply_write", digest).await.unwrap();
    // What the token stands for was written, and is in no reply.
    let id = applied["operations"][0]["results"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(email(&world, &id).await, ADDRESS);
    assert!(!applied.to_string().contains(ADDRESS), "{applied}");

    let tree = json!({ "records": [
        { "object": "Contact", "id": id, "values": { "Title": "CFO", "Email": token } },
    ] });
    let saved = call(&tools, "salesforce_save_graph", tree).await.unwrap();
    assert!(!saved.to_string().contains(ADDRESS), "{saved}");
    let delete = json!({ "object": "Contact", "ids": [id] });
    call(&tools, "salesforce_delete_records", delete).await.unwrap();
    let log = std::fs::read_to_string(&path).unwrap();
    for denied in [ADDRESS, "CANARY", "VEILED", "55501"] {
        assert!(!log.contains(denied), "{denied}: {log}");
    }
    let deleted = log.lines().rfind(|line| line.contains("\"delete\"")).unwrap();
    assert!(deleted.contains("\"Email\":\"masked\""), "{deleted}");
}

/// The platform repeats a value that it refuses.
#[tokio::test]
async fn an_error_does_not_tell_what_a_token_stands_for() {
    let world = world().await;
    let tools = world.tools(policy());
    let token = token(&tools, &world).await;
    let refusal = json!([{
        "success": false, "errors": [{ "statusCode": "INVALID_EMAIL_ADDRESS", "fields": ["Email"],
        "message": format!("Email: invalid email address: {ADDRESS}") }, {
            "statusCode": "DUPLICATES_DETECTED", "fields": [], "message": "Use one of these records?",
            "duplicateResut": { "matchResults": [{ "matchRecords": [
                { "record": { "Id": world.ids["veiled_contact"] } },
            ] }] },
        }],
    }]);
    let fault = sf_emulator::Fault::reply(200, "application/json", refusal.to_string());
    world.org.faults().push(fault.path_contains("composite/sobjects"));
    let records = json!([{ "LastName": "New", "Department": "Sales", "Email": token }]);
    let arguments = json!({ "object": "Contact", "records": records });
    let outcome = call(&tools, "salesforce_create_records", arguments).await;
    let text = outcome.unwrap_or_else(|error| error).to_string();
    assert!(text.contains("INVALID_EMAIL_ADDRESS") && !text.contains(ADDRESS), "{text}");
    // Nor which records there are that may not be read.
    let veiled = &world.ids["veiled_contact"][..15];
    assert!(text.contains("DUPLICATES_DETECTED") && !text.contains(veiled), "{text}");
}
