//! Reports and dashboards under a policy: only what may be read whole is run, listed or shown.

use serde_json::{Value, json};
use sf_agent_tools::{Org, Policy, ToolSet};
use sf_emulator::Fault;

use super::world::{World, call, world};
use crate::analytics::report;

const RUN: &str = "salesforce_run_report";

const POLICY: &str = r#"
contact = "the data desk"

[objects."*"]
operations = ["read"]
read = ["*"]

[objects.Lead]
operations = ["read"]
read = ["*"]
hide = ["Company"]

[objects.Opportunity]
operations = ["read"]
read = ["*"]
hide = ["Amount"]

[objects.Case]
operations = ["read"]
read = ["*"]
rows = "IsClosed = FALSE"

[objects.Report]
operations = ["read"]
read = ["*"]
"#;

/// What no reply may hold.
const DENIED: &[&str] = &["CANARY", "COMPANY", "AMOUNT", "Amount"];

fn policy() -> Policy {
    Policy::from_toml(POLICY).unwrap()
}

fn leads(name: &str, columns: &[&str]) -> Value {
    json!({
        "name": name, "reportFormat": "SUMMARY", "reportType": { "type": "LeadList" },
        "detailColumns": columns, "aggregates": ["RowCount"],
        "groupingsDown": [{ "name": "STATUS", "sortOrder": "Asc", "dateGranularity": "None", "sortAggregate": null }],
    })
}

/// Makes another report of the one with this name, as the administrator.
async fn remake(world: &World, name: &str, metadata: Value) {
    let org = Org::builder(world.client.clone(), Policy::read_write()).raw_requests().build();
    let tools = ToolSet::salesforce(org);
    let list = json!({ "words": name });
    let found = call(&tools, "salesforce_list_reports", list).await.unwrap();
    let path = format!("analytics/reports/{}", found["reports"][0][0].as_str().unwrap());
    let body = json!({ "reportMetadata": metadata });
    let request = json!({ "method": "PATCH", "path": path, "body": body });
    call(&tools, "salesforce_request", request).await.unwrap();
}

fn clean(reply: &Value) {
    let text = reply.to_string();
    for denied in DENIED {
        assert!(!text.contains(denied), "{denied}: {text}");
    }
}

#[tokio::test]
async fn a_report_runs_if_all_of_it_may_be_read() {
    let world = world().await;
    let open =
        report(&world.org, leads("Leads by status", &["LAST_NAME", "EMAIL", "CREATED_DATE"])).await;
    let closed = report(&world.org, leads("Leads by company", &["LAST_NAME", "COMPANY"])).await;
    let tools = world.tools(policy());
    let figures = call(&tools, RUN, json!({ "report": "Leads by status" })).await.unwrap();
    assert!(figures["totals"]["Record Count"].as_u64().unwrap() > 0, "{figures}");
    let rows = call(&tools, RUN, json!({ "report": open, "show": "rows" })).await.unwrap();
    assert!(rows.to_string().contains("lead@example.com"), "{rows}");
    clean(&figures);
    clean(&rows);
    // It has fields that may not be read.
    for tool in [RUN, "salesforce_describe_report"] {
        let error = call(&tools, tool, json!({ "report": closed })).await.unwrap_err();
        insta::allow_duplicates! {
            insta::assert_snapshot!(error["error"]["message"], @r#""The report cannot be run here: it uses fields that this connection cannot read. Nothing was sent. salesforce_query reads what may be read. The policy of this connection says so; the data desk can change it.""#);
        }
    }
    // A filter makes it one of such fields; they are as unknown as any.
    let filtered = |column: &str| json!({ "report": open, "filters": [{ "column": column, "op": "startsWith", "value": "C" }] });
    let hidden = call(&tools, RUN, filtered("COMPANY")).await.unwrap_err();
    let unknown = call(&tools, RUN, filtered("COMPAMY")).await.unwrap_err();
    assert_eq!(
        hidden.to_string().replace("COMPANY", "X"),
        unknown.to_string().replace("COMPAMY", "X")
    );
    let described =
        call(&tools, "salesforce_describe_report", json!({ "report": open })).await.unwrap();
    assert!(!described.to_string().contains("COMPANY"), "{described}");
    assert!(described.to_string().contains("LEAD_SOURCE"), "{described}");
    clean(&described);
}

#[tokio::test]
async fn only_what_can_be_used_is_listed() {
    let world = world().await;
    report(&world.org, leads("Leads by status", &["LAST_NAME"])).await;
    report(&world.org, leads("Leads by CANARY", &["LAST_NAME", "COMPANY"])).await;
    let tools = world.tools(policy());
    let mut names = Vec::new();
    let mut arguments = json!({ "max_rows": 3 });
    let mut reasons = Vec::new();
    while arguments.is_object() {
        let reply = call(&tools, "salesforce_list_reports", arguments).await.unwrap();
        clean(&reply);
        names.extend(reply["reports"].as_array().unwrap().iter().map(|row| row[1].clone()));
        reasons.push(reply["completeness"]["reason"].as_str().unwrap_or("complete").to_owned());
        arguments = reply["completeness"]["next"]["arguments"].clone();
    }
    insta::assert_snapshot!(json!(names), @r#"["All Contacts","Invoices by Status and Customer","Leads by status"]"#);
    insta::assert_snapshot!(reasons.join("\n"), @"
    2 left out: reports that use what this connection may not read, or that Salesforce does not show it. There are more reports.
    2 left out: reports that use what this connection may not read, or that Salesforce does not show it. There are more reports.
    1 left out: reports that use what this connection may not read, or that Salesforce does not show it.
    ");
    // Without a rule for reports there are none, not even by id.
    let report = "[objects.Report]\noperations = [\"read\"]";
    let less = POLICY.replace(report, "[objects.Report]\noperations = [\"create\"]");
    let tools = world.tools(Policy::from_toml(&less).unwrap());
    for (tool, arguments) in [
        ("salesforce_list_reports", json!({})),
        (RUN, json!({ "report": "Leads by status" })),
        (RUN, json!({ "report": "00OdE0000000007UAA" })),
    ] {
        let error = call(&tools, tool, arguments).await.unwrap_err();
        insta::allow_duplicates! {
            insta::assert_snapshot!(error["error"]["message"], @r#""Reports cannot be used here: reading of the object Report is not given. Nothing was sent. The policy of this connection says so; the data desk can change it.""#);
        }
    }
    // A row filter of its rule holds for what is run, too.
    let some = POLICY
        .replace("[objects.Report]", "[objects.Report]\nrows = \"Name != 'Leads by status'\"");
    let tools = world.tools(Policy::from_toml(&some).unwrap());
    let error = call(&tools, RUN, json!({ "report": "00OdE0000000007UAA" })).await.unwrap_err();
    assert_eq!(error["error"]["problems"][0]["code"], "NOT_FOUND", "{error}");
}

#[tokio::test]
async fn a_report_that_changes_under_way_is_not_shown() {
    let world = world().await;
    let open = report(&world.org, leads("Leads by status", &["LAST_NAME"])).await;
    let tools = world.tools(policy());
    // As if somebody had saved another column between its description and its run.
    let ran = json!({
        "allData": true, "hasDetailRows": true,
        "factMap": { "T!T": { "aggregates": [{ "label": "1", "value": 1 }], "rows": [
            { "dataCells": [{ "label": "CANARY Corp", "value": "CANARY Corp" }] } ] } },
        "reportMetadata": {
            "reportFormat": "TABULAR", "detailColumns": ["COMPANY"], "aggregates": ["RowCount"],
        },
        "reportExtendedMetadata": { "detailColumnInfo": {
            "COMPANY": { "dataType": "string", "label": "Company", "entityColumnName": "Lead.Company" },
        } },
    });
    let fault = Fault::reply(200, "application/json", ran.to_string());
    world.org.faults().push(fault.path_contains(format!("/analytics/reports/{open}")).skip(1));
    let error = call(&tools, RUN, json!({ "report": open, "show": "rows" })).await.unwrap_err();
    clean(&error);
    insta::assert_snapshot!(error["error"]["message"], @r#""The report was changed meanwhile, and its result cannot be shown: it uses fields that this connection cannot read.""#);
}

#[tokio::test]
async fn a_component_that_may_not_be_shown_is_left_out_and_counted() {
    let world = world().await;
    let tools = world.tools(policy());
    let board = json!({ "dashboard": "Sales Pipeline" });
    let error = call(&tools, "salesforce_dashboard_results", board.clone()).await.unwrap_err();
    insta::assert_snapshot!(error["error"]["message"], @r#""No component of the dashboard can be shown here: they use what this connection may not read. Nothing was read. The policy of this connection says so; the data desk can change it.""#);
    let listed = call(&tools, "salesforce_list_dashboards", json!({})).await.unwrap();
    assert_eq!(listed["dashboards"], json!([]), "{listed}");
    insta::assert_snapshot!(listed["completeness"], @r#"{"complete":false,"returned":0,"reason":"2 left out: dashboards that use what this connection may not read, or that Salesforce does not show it."}"#);
    // One of its reports becomes one that may be run.
    remake(&world, "Opportunities by Stage", leads("Leads by status", &["LAST_NAME"])).await;
    let shown = call(&tools, "salesforce_dashboard_results", board).await.unwrap();
    assert!(!shown.to_string().contains("AMOUNT"), "{shown}");
    let titles: Vec<&Value> =
        shown["components"].as_array().unwrap().iter().map(|c| &c["title"]).collect();
    assert_eq!(titles, ["Amount by stage"], "{shown}");
    assert!(!shown.to_string().contains("quarter") && shown.get("filters").is_none(), "{shown}");
    insta::assert_snapshot!(shown["completeness"], @r#"{"complete":false,"returned":3,"total":3,"reason":"2 components are left out: they use what this connection may not read."}"#);
    let by_title = json!({ "dashboard": "Sales Pipeline", "components": ["Amount by quarter"] });
    let error = call(&tools, "salesforce_dashboard_results", by_title).await.unwrap_err();
    assert_eq!(error["error"]["problems"][0]["allowed"], json!(["Amount by stage"]), "{error}");
    let listed = call(&tools, "salesforce_list_dashboards", json!({})).await.unwrap();
    assert_eq!(listed["dashboards"][0][1], "Sales Pipeline", "{listed}");
    // Only what may be shown was asked for.
    let asked = world.org.requests();
    let asked = asked.iter().filter(|r| r.path.contains("/analytics/dashboards/"));
    assert!(asked.filter(|r| !r.path.ends_with("/describe")).all(|r| r.method == "POST"));
}

/// What a hidden report shows is nothing that an error repeats.
#[tokio::test]
async fn the_platforms_refusals_name_nothing() {
    let world = world().await;
    let open = report(&world.org, leads("Leads by status", &["LAST_NAME"])).await;
    let refusal = json!([{
        "errorCode": "BAD_REQUEST", "specificErrorCode": 0,
        "message": "The column Company of Lead is no text: CANARY Corp.",
    }]);
    let fault = Fault::reply(400, "application/json", refusal.to_string());
    let tools = world.tools(policy());
    call(&tools, RUN, json!({ "report": open })).await.unwrap();
    world.org.faults().push(fault.path_contains(format!("/analytics/reports/{open}")).skip(1));
    let error = call(&tools, RUN, json!({ "report": open })).await.unwrap_err();
    clean(&error);
    insta::assert_snapshot!(error, @r#"{"error":{"class":"fix_your_call","message":"Salesforce refused the call as it stands. Correct it and call again.","problems":[{"message":"Salesforce refused it without saying why.","code":"BAD_REQUEST"}]}}"#);
}

/// One that cannot be described hides none of the others.
#[tokio::test]
async fn what_cannot_be_looked_into_is_counted_and_the_others_are_listed() {
    let world = world().await;
    report(&world.org, leads("Leads by status", &["LAST_NAME"])).await;
    remake(&world, "Opportunities by Stage", leads("Stages of leads", &["LAST_NAME"])).await;
    let tools = world.tools(policy());
    let ids = |reply: &Value, list: &str| -> Vec<String> {
        let rows = reply[list].as_array().unwrap();
        rows.iter().map(|row| row[0].as_str().unwrap().to_owned()).collect()
    };
    for (tool, list) in
        [("salesforce_list_reports", "reports"), ("salesforce_list_dashboards", "dashboards")]
    {
        let whole = call(&tools, tool, json!({ "max_rows": 20 })).await.unwrap();
        let all = ids(&whole, list);
        let describe = format!("/analytics/{list}/{}/describe", all[0]);
        for (status, code, again) in [(400, "BAD_REQUEST", false), (500, "UNKNOWN_EXCEPTION", true)]
        {
            let broken = json!([{ "errorCode": code, "message": "Amount of Leads: CANARY" }]);
            let fault = Fault::reply(status, "application/json", broken.to_string());
            world.org.faults().push(fault.path_contains(&describe).always());
            let outcome = call(&tools, tool, json!({ "max_rows": 20 })).await;
            world.org.faults().clear();
            let listed = match outcome {
                // Of one alone nothing can be listed, so the answer is why.
                Err(error) if all.len() == 1 => {
                    clean(&error);
                    continue;
                }
                other => other.unwrap(),
            };
            clean(&listed);
            assert_eq!(ids(&listed, list), all[1..], "{listed}");
            let completeness = &listed["completeness"];
            let reason = completeness["reason"].as_str().unwrap();
            let told = format!("1 not listed: {list} that could not be looked into (");
            assert!(reason.contains(&told), "{reason}");
            // The same call may find it a little later, if it was not refused for good.
            assert_eq!(completeness.get("next").is_some(), again, "{completeness}");
            assert!(!listed.to_string().contains(&all[0]), "it is not named: {listed}");
        }
    }
}
