//! Bulk jobs under a policy: what their files hold, whose jobs can be looked at, what can be loaded.

use serde_json::{Value, json};
use sf_agent_tools::{CallContext, Policy, ToolSet};
use sf_emulator::Operation;
use sf_rest::bulk::BulkRow;

use super::bypass::POLICY;
use super::world::{DENIED, World, call, world};

fn tools(world: &World) -> ToolSet {
    world.tools(Policy::from_toml(POLICY).unwrap())
}

async fn text_of(tools: &ToolSet, reply: &Value) -> String {
    let id = reply["file"]["id"].as_str().unwrap();
    let cx = CallContext::default();
    String::from_utf8(tools.results().read(&cx, id, 0, 1 << 20).await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_file_holds_what_may_be_read() {
    let world = world().await;
    let tools = tools(&world);
    let soql = "SELECT Id, LastName, Email, Phone, AssistantName, Account.Name, Account.Industry FROM \
                Contact WHERE LastName IN ('Open', 'Child', 'VEILED') ORDER BY LastName";
    let reply = call(&tools, "salesforce_bulk_query", json!({ "soql": soql })).await.unwrap();
    let text = text_of(&tools, &reply).await;
    let mut lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines.remove(0),
        "Id,LastName,Email,Phone,AssistantName,Account.Name,Account.Industry"
    );
    assert_eq!(lines.len(), 2, "the row filter holds: {text}");
    assert!(lines[0].ends_with(",Child,,,,[redacted],[redacted]"), "{text}");
    let open = lines[1].split_once(",Open,").unwrap().1;
    assert!(open.starts_with("<email:1.") && open.contains(">,…9999,#"), "{open}");
    assert!(open.ends_with(",Open Energy,Energy"), "{open}");
    for denied in DENIED {
        assert!(!text.contains(denied) && !reply.to_string().contains(denied), "{denied}: {text}");
    }
    assert_eq!(reply["completeness"]["complete"], false);
    let reason = reply["completeness"]["reason"].as_str().unwrap();
    assert!(reason.starts_with("2 values are [redacted]"), "{reason}");
    // The rows of the job are handed over to whom the same rules permit the same statement.
    let job = reply["job"].clone();
    let again = call(&tools, "salesforce_bulk_query", json!({ "job": job })).await.unwrap();
    assert_eq!(text_of(&tools, &again).await, text);
    let other = POLICY.replace("Department != 'Veiled'", "Department != 'Sales'");
    let other = world.tools(Policy::from_toml(&other).unwrap());
    let error = call(&other, "salesforce_bulk_query", json!({ "job": job })).await.unwrap_err();
    assert!(
        error["error"]["message"].as_str().unwrap().starts_with("The rules of this"),
        "{error}"
    );
}

#[tokio::test]
async fn caps_hold_before_a_row_is_handed_over() {
    let world = world().await;
    let capped = format!("[caps]\nrows_per_call = 3\n{POLICY}").replacen("contact =", "#", 1);
    let tools = world.tools(Policy::from_toml(&capped).unwrap());
    let all = json!({ "soql": "SELECT Id FROM Contact" });
    let error = call(&tools, "salesforce_bulk_query", all).await.unwrap_err();
    assert!(error.to_string().contains("The cap of one call on rows read is 3"), "{error}");
    let results = |r: &sf_emulator::RequestRecord| r.operation == Operation::BulkResults;
    assert!(!world.org.requests().iter().any(results), "no row was asked for");
    let three = json!({ "soql": "SELECT Id FROM Contact LIMIT 3" });
    assert_eq!(call(&tools, "salesforce_bulk_query", three).await.unwrap()["rows"], 3);
}

#[tokio::test]
async fn only_jobs_made_here_are_looked_at() {
    let world = world().await;
    let tools = tools(&world);
    let soql = "SELECT Id, Description FROM Contact";
    let job = world.client.bulk_query::<BulkRow>(soql).start().await.unwrap();
    job.wait().await.unwrap();
    for tool in ["salesforce_job_status", "salesforce_bulk_query"] {
        let error = call(&tools, tool, json!({ "job": job.id() })).await.unwrap_err();
        assert_eq!(error["error"]["class"], "ask_a_person", "{tool}: {error}");
    }
    let load = json!({ "object": "Contact", "operation": "update",
                       "rows": [{ "Id": world.ids["contact"], "Title": "T" }] });
    let load = call(&tools, "salesforce_bulk_load", load).await.unwrap();
    let status =
        call(&tools, "salesforce_job_status", json!({ "job": load["job"] })).await.unwrap();
    assert_eq!(status["state"], "JobComplete");
    // A load is no query, and another caller's job is nobody else's.
    let error = call(&tools, "salesforce_bulk_query", json!({ "job": load["job"] })).await;
    assert_eq!(error.unwrap_err()["error"]["class"], "fix_your_call");
    let other = CallContext::default().with_identity("someone else");
    let error = tools.call(&other, "salesforce_job_status", json!({ "job": load["job"] })).await;
    assert!(error.unwrap_err().message.contains("another user"));
    // Without rules an id is enough.
    let free = world.tools(Policy::read_only());
    let status = call(&free, "salesforce_job_status", json!({ "job": job.id() })).await.unwrap();
    assert_eq!((&status["operation"], &status["state"]), (&json!("query"), &json!("JobComplete")));
}

#[tokio::test]
async fn a_load_passes_the_rules_row_by_row() {
    let world = world().await;
    let tools = tools(&world);
    let get = json!({ "object": "Contact", "id": world.ids["contact"], "fields": ["Email"] });
    let token =
        call(&tools, "salesforce_get_record", get).await.unwrap()["fields"]["Email"].clone();
    let rows = json!([
        { "Id": world.ids["contact"], "Title": "A" },
        { "Id": world.ids["veiled_contact"], "Title": "B" },
        { "Id": world.ids["child_of_veiled"], "Phone": "1", "Description": "ok" },
        { "Id": world.ids["child_of_veiled"], "Title": token, "Department": "Veiled" },
    ]);
    let load = json!({ "object": "Contact", "operation": "update", "rows": rows });
    let error = call(&tools, "salesforce_bulk_load", load).await.unwrap_err();
    let places: Vec<&str> = error["error"]["problems"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|p| p["at"].as_str())
        .collect();
    assert!(places.contains(&"row 4.Id"), "{error}");
    assert!(!world.org.requests().iter().any(|r| r.operation == Operation::BulkIngest));
    let rows = json!([
        { "Id": world.ids["contact"], "Title": "A" },
        { "Id": world.ids["veiled_contact"], "Title": "B" },
        { "Id": world.ids["child_of_veiled"], "Phone": "1", "Title": token, "Department": "Veiled" },
    ]);
    let load = json!({ "object": "Contact", "operation": "update", "rows": rows });
    let error = call(&tools, "salesforce_bulk_load", load).await.unwrap_err();
    let mut places: Vec<&str> = error["error"]["problems"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|p| p["at"].as_str())
        .collect();
    places.sort_unstable();
    assert_eq!(places, ["column Phone", "row 2", "row 3", "row 3.Title"], "{error}");
    // A token is resolved inside, and no outcome repeats what it stands for.
    let rows = json!([{ "Id": world.ids["child_of_veiled"], "Email": token }]);
    let load = json!({ "object": "Contact", "operation": "update", "rows": rows });
    let reply = call(&tools, "salesforce_bulk_load", load).await.unwrap();
    assert_eq!(reply["succeeded"], 1, "{reply}");
    let outcomes = text_of(&tools, &reply).await;
    assert!(!outcomes.contains("canary") && !reply.to_string().contains("canary"), "{outcomes}");
    let id = sf_rest::Id::parse(&world.ids["child_of_veiled"]).unwrap();
    let stored = world.client.get("Contact", id, &["Email"]).await.unwrap();
    assert_eq!(stored.get("Email").unwrap().as_str(), Some("canary@example.com"));
}

#[tokio::test]
async fn a_refused_row_is_told_as_far_as_it_may_be_read() {
    let world = world().await;
    let tools = tools(&world);
    let get = json!({ "object": "Contact", "id": world.ids["contact"], "fields": ["Email"] });
    let token =
        call(&tools, "salesforce_get_record", get).await.unwrap()["fields"]["Email"].clone();
    let row = json!({ "LastName": "Refused", "Email": token, "Department": "Sales",
                      "Description": "canary of its own", "AccountId": "001000000000009AAA" });
    let load = json!({ "object": "Contact", "operation": "insert", "rows": [row] });
    let reply = call(&tools, "salesforce_bulk_load", load).await.unwrap();
    let status =
        call(&tools, "salesforce_job_status", json!({ "job": reply["job"] })).await.unwrap();
    for told in [&reply, &status] {
        let row = &told["failures"][0];
        assert_eq!(row["code"], "INVALID_CROSS_REFERENCE_KEY", "{told}");
        let values = json!({ "LastName": "Refused", "Email": token, "Department": "Sales",
                             "Description": "(not readable here)", "AccountId": "001000000000009AAA" });
        assert_eq!(row["values"], values, "{told}");
        assert!(!told.to_string().contains("canary"), "{told}");
    }
    // Jobs of others are neither named by an id nor listed.
    let error = call(&tools, "salesforce_job_status", json!({})).await.unwrap_err();
    assert_eq!(error["error"]["class"], "ask_a_person", "{error}");
}

#[tokio::test]
async fn what_stands_for_a_value_does_not_take_its_place() {
    let world = world().await;
    let rules = POLICY.replace("write = [\"LastName\",", "write = [\"LastName\", \"Phone\",");
    let tools = world.tools(Policy::from_toml(&rules).unwrap());
    let soql = "SELECT Id, Email, Phone FROM Contact WHERE LastName = 'Open'";
    let query = call(&tools, "salesforce_bulk_query", json!({ "soql": soql })).await.unwrap();
    let load = json!({ "object": "Contact", "operation": "update", "source": query["file"]["id"] });
    let error = call(&tools, "salesforce_bulk_load", load).await.unwrap_err();
    let problems = error["error"]["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 1, "{error}");
    assert_eq!(problems[0]["at"], "row 1.Phone");
    let rows = json!([{ "Id": world.ids["contact"], "Title": "[redacted]" }]);
    let load = json!({ "object": "Contact", "operation": "update", "rows": rows });
    call(&tools, "salesforce_bulk_load", load).await.unwrap_err();
    assert!(!world.org.requests().iter().any(|r| r.operation == Operation::BulkIngest));
}
