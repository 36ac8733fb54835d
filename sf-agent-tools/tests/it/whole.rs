//! `complete: true` is said only where nothing is missing: what platform and tools cut, one by one.

use serde_json::{Value, json};
use sf_emulator::{Fault, Operation};
use sf_rest::ops::dashboards::DescribeDashboard;

use crate::support::agent;

/// Why a reply is not complete.
fn reason(reply: &Value) -> &str {
    assert_eq!(reply["completeness"]["complete"], false, "{reply}");
    reply["completeness"]["reason"].as_str().unwrap()
}

fn answer(body: &Value) -> Fault {
    Fault::reply(200, "application/json", body.to_string())
}

#[tokio::test]
async fn groups_beyond_those_that_salesforce_gives() {
    let agent = agent().await;
    let call = json!({ "object": "Contact", "measures": ["count"], "group_by": ["Email"] });
    let mut reply = agent.ok("salesforce_aggregate", call).await;
    let mut groups = 0;
    // Every page says so, the last one too.
    loop {
        reason(&reply);
        groups += reply["rows"].as_array().unwrap().len();
        let Some(next) = reply["completeness"].get("next") else { break };
        reply = agent.ok("salesforce_next_page", next["arguments"].clone()).await;
    }
    assert_eq!(groups, 2_000);
    insta::assert_snapshot!(reason(&reply), @"Rows up to 2000 of 2000. The limit of 2000 groups was reached: there may be more. Salesforce gives at most 2000; conditions narrow them.");
    // Whoever asks for ten gets them, and is told.
    let ten =
        json!({ "object": "Contact", "measures": ["count"], "group_by": ["Email"], "limit": 10 });
    let ten = agent.ok("salesforce_aggregate", ten).await;
    assert_eq!(ten["completeness"]["complete"], true);
    assert!(ten["notes"][0].as_str().unwrap().starts_with("The limit of 10 groups"), "{ten}");
}

#[tokio::test]
async fn a_limit_that_was_reached() {
    let agent = agent().await;
    let call =
        |limit: u32| json!({ "soql": format!("SELECT Id FROM Contact ORDER BY Id LIMIT {limit}") });
    let reply = agent.ok("salesforce_query", call(5)).await;
    insta::assert_snapshot!(reply["notes"], @r#"["The limit of 5 was reached: more records may match. salesforce_count tells."]"#);
    assert!(agent.ok("salesforce_query", call(1)).await.get("notes").is_none());
}

#[tokio::test]
async fn deletions_that_are_not_known_yet() {
    let agent = agent().await;
    let day = |hours: i64| jiff::Timestamp::now() - jiff::SignedDuration::from_hours(hours);
    let covered = day(2);
    let feed = json!({
        "deletedRecords": [], "latestDateCovered": covered.to_string(),
        "earliestDateAvailable": day(200).to_string(),
    });
    agent.org.faults().push(answer(&feed).path_contains("/deleted"));
    let since = day(5).to_string();
    let call = json!({ "object": "Account", "since": since });
    let reply = agent.ok("salesforce_changes", call.clone()).await;
    assert_eq!(reply["until"], covered.to_string(), "{reply}");
    // Whoever does not ask for deletions does not wait for them.
    let mut others = call;
    others["kinds"] = json!(["created", "updated"]);
    let reply = agent.ok("salesforce_changes", others).await;
    assert!(reply["until"].as_str().unwrap() > covered.to_string().as_str(), "{reply}");
}

#[tokio::test]
async fn texts_that_are_cut_in_lists() {
    let agent = agent().await;
    let note = "word ".repeat(1_000);
    let record = json!({ "Name": "Longwinded", "Description": note });
    let made = json!({ "object": "Account", "records": [record] });
    agent.ok("salesforce_create_records", made).await;
    let objects = json!([{ "object": "Account", "fields": ["Name", "Description"] }]);
    let found = json!({ "words": "Longwinded", "objects": objects });
    let reply = agent.ok("salesforce_search", found).await;
    insta::assert_snapshot!(reason(&reply), @"1 text is cut at 2000 characters, with its length named; salesforce_get_record reads a field in full.");
    let objects =
        json!([{ "object": "Account", "where": [{ "field": "Name", "op": "=", "value": "x" }] }]);
    let narrow = json!({ "words": "Longwinded", "objects": objects });
    let reply = agent.ok("salesforce_search", narrow).await;
    insta::assert_snapshot!(reply["notes"][1], @r#""Conditions narrow the first 2,000 records that the words find: of frequent words there may be more that fit. salesforce_find_records is exact.""#);
}

#[tokio::test]
async fn values_of_picklists() {
    let agent = agent().await;
    let group = json!({ "object": "Account", "group": "picklists", "tokens": 8_000 });
    let reply = agent.ok("salesforce_describe_object", group).await;
    assert!(
        reason(&reply)
            .ends_with("only some are shown; salesforce_describe_field shows all of a field.")
    );
    let next = &reply["completeness"]["next"];
    assert_eq!(next["tool"], "salesforce_describe_field");
    let whole = agent.ok("salesforce_describe_field", next["arguments"].clone()).await;
    assert_eq!(whole["completeness"]["complete"], true, "{whole}");
    // A report's description has the first 40 of a column.
    let values: Vec<Value> = (0..60).map(|n| json!({ "name": format!("Stage {n}") })).collect();
    let described = json!({
        "reportMetadata": { "name": "Many", "reportFormat": "TABULAR" }, "reportExtendedMetadata": {},
        "reportTypeMetadata": { "categories": [{ "label": "Deals", "columns": { "STAGE": {
            "label": "Stage", "dataType": "picklist", "filterable": true, "filterValues": values,
        } } }] },
    });
    agent.org.faults().push(answer(&described).path_contains("/describe"));
    let call = json!({ "report": "00O000000000001EAA" });
    let reply = agent.ok("salesforce_describe_report", call).await;
    insta::assert_snapshot!(reason(&reply), @"Of the values of STAGE (60) the first 40 are here; all can be used.");
}

/// A result whose groups count three of five rows.
fn grouped() -> Value {
    let fact = |count: u64| json!({ "aggregates": [{ "label": "x", "value": count }] });
    json!({
        "allData": true, "hasDetailRows": false,
        "factMap": { "T!T": fact(5), "0!T": fact(3) },
        "groupingsDown": { "groupings": [{ "key": "0", "label": "Open", "value": "Open" }] },
        "reportMetadata": {
            "name": "By status", "reportFormat": "SUMMARY", "detailColumns": [], "aggregates": ["RowCount"],
            "groupingsDown": [{ "name": "STATUS", "sortOrder": "Asc", "dateGranularity": "None", "sortAggregate": null }],
        },
        "reportExtendedMetadata": {},
    })
}

#[tokio::test]
async fn groups_of_reports_and_dashboards() {
    let agent = agent().await;
    agent.org.faults().push(answer(&grouped()).path_contains("/analytics/reports/").skip(1));
    let call = json!({ "report": "Opportunities by Stage" });
    let reply = agent.ok("salesforce_run_report", call).await;
    insta::assert_snapshot!(reason(&reply), @"Rows up to 1 of 1. Groups are missing: those that came count 3 rows of 5. Totals are of all; filters narrow the report.");
    let board = json!({ "dashboard": "Sales Pipeline" });
    let shown = agent.ok("salesforce_dashboard_results", board.clone()).await;
    assert_eq!(shown["completeness"]["complete"], true, "{shown}");
    // A component with fewer groups, and others of which nothing comes.
    let id = sf_rest::Id::parse(shown["dashboard"]["id"].as_str().unwrap()).unwrap();
    let client = crate::support::client(&agent.org);
    let described = client.send(&DescribeDashboard(id)).await.unwrap();
    let status = json!({ "dataStatus": "DATA", "refreshStatus": "IDLE" });
    let first = json!({
        "componentId": described.components[0].id, "reportResult": grouped(), "status": status,
    });
    let metadata = json!({ "id": id, "name": "Sales Pipeline" });
    let came = json!({ "componentData": [first], "dashboardMetadata": metadata });
    agent.org.faults().push(answer(&came).path_contains("/analytics/dashboards/").skip(1));
    let shown = agent.ok("salesforce_dashboard_results", board).await;
    insta::assert_snapshot!(reason(&shown), @"Amount by stage: Groups are missing: those that came count 3 rows of 5. Totals are of all; filters narrow the report. Salesforce sent nothing for these components: Amount by quarter, Ten largest deals.");
}

#[tokio::test]
async fn children_of_a_record_that_is_not_there() {
    let agent = agent().await;
    let call =
        json!({ "object": "Account", "id": "001000000000001AAA", "relationship": "Contacts" });
    let error = agent.refused("salesforce_get_related", call).await;
    insta::assert_snapshot!(error["message"], @r#""The Account 001000000000001AAA does not exist, was deleted, or is not visible to this user.""#);
}

#[tokio::test]
async fn a_list_that_contradicts_itself_has_no_cursor_to_the_rest() {
    let agent = agent().await;
    let since = (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(1)).to_string();
    let call =
        json!({ "object": "Account", "since": since, "kinds": ["created"], "fields": ["Name"] });
    agent.ok("salesforce_changes", call.clone()).await;
    let row = json!({
        "attributes": { "type": "Account" }, "Id": "001000000000001AAA", "Name": "One",
        "CreatedDate": since, "SystemModstamp": since,
    });
    let page = json!({ "totalSize": 9, "done": true, "records": [row] });
    agent.org.faults().push(answer(&page).on(Operation::Query));
    let reply = agent.ok("salesforce_changes", call).await;
    insta::assert_snapshot!(reason(&reply), @"created: Salesforce announced 9 rows and delivered 1; run the query again.");
    assert_eq!(reply["results"][0]["complete"], false);
    assert!(reply["results"][0].get("cursor").is_none());
}

#[tokio::test]
async fn what_was_used_last_of_one_object() {
    let agent = agent().await;
    let made = json!({ "object": "Account", "records": [{ "Name": "Newest" }] });
    agent.ok("salesforce_create_records", made).await;
    let reply = agent.ok("salesforce_recent_records", json!({ "object": "Account" })).await;
    insta::assert_snapshot!(reply["notes"][0], @r#""These are among the last 200 of all objects; older ones are not known.""#);
}
