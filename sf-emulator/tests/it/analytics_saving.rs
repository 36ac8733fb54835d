//! Reports that are made, changed, copied and deleted; runs in the background;
//! report types.

use std::time::Duration;

use insta::assert_snapshot;
use reqwest::Method;
use serde_json::{Value, json};
use sf_emulator::Emulator;

use crate::analytics::{report, run};
use crate::support::{Client, org, send, start};

async fn made(client: &Client, metadata: Value) -> Value {
    let reply =
        client.send("POST", "/analytics/reports", json!({ "reportMetadata": metadata })).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

#[tokio::test]
async fn a_report_is_made_saved_copied_and_deleted() {
    let (org, client) = org().await;
    let metadata = json!({
        "name": "Accounts by Industry", "reportType": { "type": "AccountList" }, "reportFormat": "SUMMARY",
        "detailColumns": ["ACCOUNT.NAME", "SALES"], "aggregates": ["s!SALES", "u!USERS.NAME", "RowCount"],
        "groupingsDown": [{ "name": "INDUSTRY" }],
    });
    let new = made(&client, metadata).await;
    let id = new["reportMetadata"]["id"].as_str().unwrap().to_owned();
    assert_eq!(new["reportMetadata"]["folderId"], org.user_id());
    assert_eq!(new["reportMetadata"]["developerName"], "Accounts_by_Industry");
    assert_snapshot!(new["reportExtendedMetadata"]["aggregateColumnInfo"], @r#"{"s!SALES":{"acrossGroupingContext":null,"dataType":"currency","downGroupingContext":null,"label":"Sum of Annual Revenue"},"u!USERS.NAME":{"acrossGroupingContext":null,"dataType":"int","downGroupingContext":null,"label":"Unique Count of Account Owner"},"RowCount":{"acrossGroupingContext":null,"dataType":"int","downGroupingContext":null,"label":"Record Count"}}"#);
    let ran = run(&client, &id, json!({})).await.json();
    let (first, count) =
        (&ran["groupingsDown"]["groupings"][0], &ran["factMap"]["T!T"]["aggregates"][2]["value"]);
    assert_eq!((&first["label"], &first["value"]), (&json!("-"), &Value::Null));
    assert_eq!(*count, client.count("SELECT COUNT() FROM Account").await);

    let path = format!("/analytics/reports/{id}");
    let change = json!({ "reportMetadata": { "name": "By Industry", "groupingsDown": [{ "name": "INDUSTRY", "sortOrder": "Desc" }] } });
    let saved = client.send("PATCH", &path, change).await.json();
    assert_eq!(saved["reportMetadata"]["name"], "By Industry");
    assert_eq!(saved["reportMetadata"]["detailColumns"], json!(["ACCOUNT.NAME", "SALES"]));
    let copy = json!({ "reportMetadata": { "name": "Copy" } });
    let copy = client.send("POST", &format!("/analytics/reports?cloneId={id}"), copy).await.json();
    let copy = copy["reportMetadata"]["id"].as_str().unwrap().to_owned();
    assert_ne!(copy, id);
    assert_eq!(send(client.request(Method::DELETE, &path)).await.status, 204);
    assert_eq!(client.get(&path).await.status, 404);
    assert_eq!(client.get(&format!("/analytics/reports/{copy}")).await.status, 200);
    let named = json!({ "reportMetadata": { "reportType": { "type": "AccountList" } } });
    assert_snapshot!(client.send("POST", "/analytics/reports", named).await.shown(), @r#"400 [{"message":"The report needs a name.","errorCode":"BAD_REQUEST","specificErrorCode":0}]"#);
    let typed = json!({ "reportMetadata": { "name": "x", "reportType": { "type": "Nothing" } } });
    assert_snapshot!(client.send("POST", "/analytics/reports", typed).await.shown(), @r#"400 [{"message":"The report type Nothing does not exist or you can’t use it.","errorCode":"BAD_REQUEST","specificErrorCode":0}]"#);
}

#[tokio::test]
async fn what_is_in_a_user_s_own_folder_only_that_user_sees() {
    let (org, client) = org().await;
    let metadata = json!({ "name": "Mine", "reportType": { "type": "LeadList" }, "detailColumns": ["LEAD_NAME"] });
    let new = made(&client, metadata).await;
    let id = new["reportMetadata"]["id"].as_str().unwrap();
    let users = client.query("SELECT Id FROM User WHERE Username LIKE 'sam%'").await.json();
    let sam = users["records"][0]["Id"].as_str().unwrap().to_owned();
    let other = Client { token: org.issue_token_for(&sam), ..client.clone() };
    assert_eq!(other.get(&format!("/analytics/reports/{id}/describe")).await.status, 404);
    let list = other.get("/analytics/reports").await.text;
    assert!(!list.contains(id) && list.contains("Opportunities by Stage"), "{list}");
    // Nor does another user delete what is everybody's.
    let public = report(&client, "All Contacts").await;
    let delete = other.request(Method::DELETE, &format!("/analytics/reports/{public}"));
    assert_snapshot!(send(delete).await.shown(), @r#"403 [{"message":"You don’t have sufficient privileges to perform this operation.","errorCode":"FORBIDDEN","specificErrorCode":0}]"#);
}

#[tokio::test]
async fn a_report_is_run_without_being_saved() {
    let (_org, client) = org().await;
    let metadata = json!({ "reportMetadata": {
        "name": "Now", "reportType": { "type": "Opportunity" }, "reportFormat": "TABULAR", "hasDetailRows": true,
        "detailColumns": ["OPPORTUNITY_NAME", "AMOUNT", "PROBABILITY", "CLOSED", "CREATED_DATE", "FULL_NAME"],
        "sortBy": [{ "sortColumn": "OPPORTUNITY_NAME", "sortOrder": "asc" }], "topRows": { "rowLimit": 1, "direction": "asc" },
    } });
    let json = client.send("POST", "/analytics/reports/query", metadata).await.json();
    assert_snapshot!(json["attributes"], @r#"{"describeUrl":"/services/data/v66.0/analytics/reports/null/describe","instancesUrl":"/services/data/v66.0/analytics/reports/null/instances","reportId":null,"reportName":"Now","type":"Report"}"#);
    assert_snapshot!(json["factMap"]["T!T"]["rows"][0], @r#"{"dataCells":[{"label":"Acorn Analytics and Sons New Business #513","value":"006dE000000008HQAQ"},{"label":"$2,739,850.00","value":{"amount":2739850,"currency":null}},{"label":"10%","value":10},{"label":"false","value":false},{"label":"7/30/2022, 11:03 PM","value":"2022-07-30T23:03:57Z"},{"label":"Alex Admin","value":"005dE0000000001QAA"}]}"#);
    assert_eq!(client.get("/analytics/reports/query").await.status, 405);
}

#[tokio::test]
async fn runs_in_the_background_go_through_their_states() {
    let (org, client) = org().await;
    let id = report(&client, "Opportunities by Stage").await;
    let path = format!("/analytics/reports/{id}/instances");
    org.report_runs().hold();
    // As jsforce starts one: with no body.
    let started =
        send(client.request(Method::POST, &format!("{path}?includeDetails=true")).body("")).await;
    assert_eq!(started.status, 200, "{}", started.text);
    assert_snapshot!(started.keys(), @"completionDate hasDetailRows id ownerId queryable requestDate status url");
    let started = started.json();
    assert_eq!((&started["status"], &started["completionDate"]), (&json!("New"), &Value::Null));
    let run = format!("{path}/{}", started["id"].as_str().unwrap());
    let status = || async { client.get(&run).await.json()["attributes"]["status"].clone() };
    assert_eq!(status().await, "New");
    assert!(org.report_runs().step());
    assert_eq!(status().await, "Running");
    assert_eq!(client.get(&run).await.keys(), "attributes");
    assert!(org.report_runs().step() && !org.report_runs().step());
    let over = client.get(&run).await;
    assert_snapshot!(over.keys(), @"attributes allData factMap groupingsAcross groupingsDown hasDetailRows reportExtendedMetadata reportMetadata");
    assert_snapshot!(over.json()["attributes"].as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>().join(" "), @"completionDate id ownerId queryable reportId reportName requestDate status type");
    assert_eq!(over.json()["attributes"]["status"], "Success");
    assert!(!over.json()["factMap"]["0!T"]["rows"].as_array().unwrap().is_empty());
    assert_eq!(client.get(&path).await.json()[0]["status"], "Success");

    // Left alone a run is over at the first look, and forgotten after a day.
    org.report_runs().release();
    let wrong = json!({ "reportMetadata": { "scope": "galaxy" } });
    assert_eq!(client.send("POST", &path, wrong).await.status, 400);
    let second = client.send("POST", &path, json!({ "reportMetadata": {} })).await.json();
    let second = format!("{path}/{}", second["id"].as_str().unwrap());
    assert_eq!(client.get(&second).await.json()["attributes"]["status"], "Success");
    assert_eq!(send(client.request(Method::DELETE, &second)).await.status, 204);
    assert_eq!(client.get(&second).await.status, 404);
    org.advance(Duration::from_secs(24 * 60 * 60));
    let later = Client::new(&org);
    assert_eq!(later.get(&path).await.text, "[]");
}

#[tokio::test]
async fn report_types_say_what_reports_can_have() {
    let (_org, client) = org().await;
    let types = client.get("/analytics/reportTypes").await.json();
    let names: Vec<_> = types
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|category| category["reportTypes"].as_array().unwrap())
        .map(|one| one["type"].as_str().unwrap())
        .collect();
    assert_snapshot!(names.join(" "), @"AccountList ContactList Opportunity CaseList LeadList CustomEntity$AIM__Deal__c CustomEntity$BigTable__c CustomEntity$Invoice_Line__c CustomEntity$Invoice__c CustomEntity$UpsertTable__c");
    assert_snapshot!(types[0], @r#"{"label":"Accounts & Contacts","reportTypes":[{"describeUrl":"/services/data/v66.0/analytics/reportTypes/AccountList","label":"Accounts","type":"AccountList"},{"describeUrl":"/services/data/v66.0/analytics/reportTypes/ContactList","label":"Contacts & Accounts","type":"ContactList"}]}"#);
    let one = client.get("/analytics/reportTypes/CaseList").await.json();
    assert_eq!(one["reportTypeMetadata"]["scopeInfo"]["defaultValue"], "organization");
    let operators = &one["reportTypeMetadata"]["dataTypeFilterOperatorMap"]["multipicklist"];
    assert_snapshot!(operators, @r#"[{"label":"equals","name":"equals"},{"label":"not equal to","name":"notEqual"},{"label":"includes","name":"includes"},{"label":"excludes","name":"excludes"}]"#);
    let custom = client.get("/analytics/reportTypes/CustomEntity$Invoice__c").await.json();
    let columns: Vec<_> = custom["reportTypeMetadata"]["categories"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|category| category["columns"].as_object().unwrap().keys().cloned())
        .collect();
    assert_snapshot!(columns.join(" "), @"CUST_ID CUST_NAME CUST_OWNER_NAME CUST_CREATED_DATE CUST_CREATED_NAME CUST_LAST_UPDATE CUST_LAST_UPDATE_NAME CUST_LAST_ACTIVITY Invoice__c.IsDeleted Invoice__c.SystemModstamp Invoice__c.LastViewedDate Invoice__c.LastReferencedDate Invoice__c.Account__c Invoice__c.Bill_To__c Invoice__c.Amount__c Invoice__c.Status__c Invoice__c.Payment_Method__c Invoice__c.Issued_Date__c Invoice__c.Due_Date__c Invoice__c.Paid_At__c Invoice__c.Discount__c Invoice__c.Line_Count__c Invoice__c.Is_Disputed__c Invoice__c.Reminder_Email__c Invoice__c.Notes__c Invoice__c.External_Id__c Invoice__c.Order_Ref__c");
    // What it describes can be saved as it is.
    let mut metadata = custom["reportMetadata"].clone();
    metadata["id"] = Value::Null;
    let new = made(&client, metadata).await;
    let id = new["reportMetadata"]["id"].as_str().unwrap();
    assert_eq!(client.get(&format!("/analytics/reports/{id}")).await.status, 200);
    assert_eq!(client.get("/analytics/reportTypes/Nothing").await.status, 404);
}

#[tokio::test]
async fn a_report_has_a_plan() {
    let (_org, client) = org().await;
    let id = report(&client, "Ten Largest Deals").await;
    let plan = client.get(&format!("/query?explain={id}")).await.json();
    assert_snapshot!(plan["sourceQuery"], @r#""SELECT Id, Name, Owner.Name, OwnerId, StageName, Amount FROM Opportunity ORDER BY Amount DESC NULLS LAST LIMIT 10""#);
    let views = client.get("/sobjects/Opportunity/listviews").await.json();
    let view = views["listviews"][0]["id"].as_str().unwrap();
    let plan = client.get(&format!("/query?explain={view}")).await.json();
    assert_eq!(plan["plans"][0]["sobjectType"], "Opportunity");
    assert_eq!(client.get("/query?explain=00OdE0000000099").await.status, 404);
}

#[tokio::test]
async fn an_org_in_a_file_keeps_its_reports() {
    let folder = tempfile::tempdir().unwrap();
    let builder = || Emulator::builder().contacts(50).database(folder.path().join("org.db"));
    let (org, client) = start(builder()).await;
    let metadata = json!({ "name": "Kept", "reportType": { "type": "LeadList" }, "detailColumns": ["LEAD_NAME"] });
    let new = made(&client, metadata).await;
    let gone = report(&client, "Cases by Owner").await;
    let delete = client.request(Method::DELETE, &format!("/analytics/reports/{gone}"));
    assert_eq!(send(delete).await.status, 204);
    org.shutdown().await;
    let (_org, client) = start(builder()).await;
    assert_eq!(report(&client, "Kept").await, new["reportMetadata"]["id"].as_str().unwrap());
    assert_eq!(client.get(&format!("/analytics/reports/{gone}")).await.status, 404);
    assert_eq!(client.count("SELECT COUNT() FROM Report").await, 6);
    assert_eq!(client.count("SELECT COUNT() FROM Folder WHERE Type = 'Report'").await, 1);
    // Records of reports are not written to by hand.
    let row = json!({ "Name": "x" });
    assert_eq!(client.send("POST", "/sobjects/Report", row).await.status, 400);
}
