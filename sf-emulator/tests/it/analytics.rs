//! Reports: list, describe, run, filters, formats, saving.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Client, Reply, org};

/// The id of a report by its name.
pub(crate) async fn report(client: &Client, name: &str) -> String {
    let all = client.get("/analytics/reports").await.json();
    let found = all.as_array().unwrap().iter().find(|report| report["name"] == name);
    found.unwrap()["id"].as_str().unwrap().to_owned()
}

/// Runs a report with changes.
pub(crate) async fn run(client: &Client, id: &str, changes: Value) -> Reply {
    let path = format!("/analytics/reports/{id}?includeDetails=true");
    client.send("POST", &path, json!({ "reportMetadata": changes })).await
}

fn keys(value: &Value) -> String {
    let keys: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.join(" ")
}

#[tokio::test]
async fn reports_are_listed_and_described() {
    let (_org, client) = org().await;
    let all = client.get("/analytics/reports").await.json();
    let names: Vec<_> =
        all.as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap()).collect();
    assert_snapshot!(names.join(", "), @"Cases by Owner, Ten Largest Deals, Invoices by Status and Customer, Stage by Quarter, Opportunities by Stage, All Contacts");
    assert_snapshot!(all[0], @r#"{"describeUrl":"/services/data/v66.0/analytics/reports/00OdE0000000006UAA/describe","id":"00OdE0000000006UAA","instancesUrl":"/services/data/v66.0/analytics/reports/00OdE0000000006UAA/instances","name":"Cases by Owner","url":"/services/data/v66.0/analytics/reports/00OdE0000000006UAA"}"#);
    let id = report(&client, "Opportunities by Stage").await;
    let described = client.get(&format!("/analytics/reports/{id}/describe")).await.json();
    assert_snapshot!(keys(&described), @"attributes reportExtendedMetadata reportMetadata reportTypeMetadata");
    assert_snapshot!(described["attributes"], @r#"{"describeUrl":"/services/data/v66.0/analytics/reports/00OdE0000000002UAA/describe","instancesUrl":"/services/data/v66.0/analytics/reports/00OdE0000000002UAA/instances","reportId":"00OdE0000000002UAA","reportName":"Opportunities by Stage","type":"Report"}"#);
    assert_snapshot!(described["reportMetadata"], @r#"{"aggregates":["s!AMOUNT","a!AMOUNT","RowCount"],"buckets":[],"chart":null,"crossFilters":[],"currency":null,"customDetailFormula":[],"customSummaryFormula":{},"dashboardSetting":null,"description":"The pipeline, stage by stage","detailColumns":["OPPORTUNITY_NAME","ACCOUNT_NAME","AMOUNT","CLOSE_DATE","PROBABILITY"],"developerName":"Opportunities_by_Stage","division":null,"folderId":"00ldE0000000001QAA","groupingsAcross":[],"groupingsDown":[{"name":"STAGE_NAME","sortOrder":"Asc","dateGranularity":"None","sortAggregate":null}],"hasDetailRows":true,"hasRecordCount":true,"historicalSnapshotDates":[],"id":"00OdE0000000002UAA","name":"Opportunities by Stage","presentationOptions":{"hasStackedSummaries":true},"reportBooleanFilter":null,"reportFilters":[],"reportFormat":"SUMMARY","reportType":{"label":"Opportunities","type":"Opportunity"},"scope":"organization","showGrandTotal":true,"showSubtotals":true,"sortBy":[],"standardDateFilter":{"column":"CLOSE_DATE","durationValue":"CUSTOM","endDate":null,"startDate":null},"standardFilters":[{"name":"open","value":"all"},{"name":"probability","value":">0"}],"supportsRoleHierarchy":false,"topRows":null,"userOrHierarchyFilterId":null}"#);
    assert_snapshot!(described["reportExtendedMetadata"], @r#"{"aggregateColumnInfo":{"s!AMOUNT":{"acrossGroupingContext":null,"dataType":"currency","downGroupingContext":null,"label":"Sum of Amount"},"a!AMOUNT":{"acrossGroupingContext":null,"dataType":"currency","downGroupingContext":null,"label":"Average Amount"},"RowCount":{"acrossGroupingContext":null,"dataType":"int","downGroupingContext":null,"label":"Record Count"}},"detailColumnInfo":{"OPPORTUNITY_NAME":{"dataType":"string","entityColumnName":"Opportunity.Name","filterValues":[],"filterable":true,"isLookup":true,"label":"Opportunity Name","uniqueCountable":true},"ACCOUNT_NAME":{"dataType":"string","entityColumnName":"Account.Name","filterValues":[],"filterable":true,"isLookup":true,"label":"Account Name","uniqueCountable":true},"AMOUNT":{"dataType":"currency","entityColumnName":"Opportunity.Amount","filterValues":[],"filterable":true,"isLookup":false,"label":"Amount","uniqueCountable":true},"CLOSE_DATE":{"dataType":"date","entityColumnName":"Opportunity.CloseDate","filterValues":[],"filterable":true,"isLookup":false,"label":"Close Date","uniqueCountable":true},"PROBABILITY":{"dataType":"percent","entityColumnName":"Opportunity.Probability","filterValues":[],"filterable":true,"isLookup":false,"label":"Probability (%)","uniqueCountable":true}},"groupingColumnInfo":{"STAGE_NAME":{"dataType":"picklist","groupingLevel":0,"label":"Stage"}}}"#);
    assert_snapshot!(keys(&described["reportTypeMetadata"]), @"categories dataTypeFilterOperatorMap dateGranularityInfos divisionInfo objects scopeInfo standardDateFilterDurationGroups standardFilterInfos supportsJoinedFormat");
    let categories = &described["reportTypeMetadata"]["categories"];
    assert_snapshot!(categories[0]["columns"]["FULL_NAME"], @r#"{"allowedInCustomDetailFormula":true,"bucketable":true,"dataType":"string","entityColumnName":"User.Name","fieldToFieldFilterable":false,"filterValues":[],"filterable":true,"inactiveFilterValues":[],"isCustom":false,"isLookup":true,"label":"Opportunity Owner","maxLength":121,"uniqueCountable":true}"#);
    assert_eq!(categories[1]["columns"]["Opportunity.TrackingNumber__c"]["isCustom"], true);
    assert_eq!(client.get("/analytics/reports/00OdE0000000099/describe").await.status, 404);
    assert_snapshot!(client.get("/analytics/reports/00O").await.shown(), @r#"404 [{"errorCode":"NOT_FOUND","message":"The data you’re trying to access is unavailable.","specificErrorCode":0}]"#);
}

#[tokio::test]
async fn a_tabular_report_is_cut_at_2000_rows() {
    let (_org, client) = org().await;
    let id = report(&client, "All Contacts").await;
    let without = client.get(&format!("/analytics/reports/{id}")).await;
    assert_snapshot!(without.keys(), @"attributes allData factMap groupingsAcross groupingsDown hasDetailRows reportExtendedMetadata reportMetadata");
    let json = without.json();
    assert_snapshot!(json["factMap"], @r#"{"T!T":{"aggregates":[{"label":"10,000","value":10000}]}}"#);
    assert_eq!(json["hasDetailRows"], false);
    let json = client.get(&format!("/analytics/reports/{id}?includeDetails=true")).await.json();
    assert_eq!((&json["allData"], &json["hasDetailRows"]), (&json!(false), &json!(true)));
    let fact = &json["factMap"]["T!T"];
    assert_eq!(fact["rows"].as_array().unwrap().len(), 2_000);
    assert_eq!(fact["aggregates"][0]["value"], 10_000);
    assert_snapshot!(fact["rows"][0], @r#"{"dataCells":[{"label":"Mia","value":"Mia"},{"label":"Adeyemi","value":"Adeyemi"},{"label":"mia.adeyemi.326@example.com","value":"mia.adeyemi.326@example.com"},{"label":"Cobalt Furniture","value":"001dE00000000K7QAI"},{"label":"5/8/2022, 12:51 PM","value":"2022-05-08T12:51:35Z"}]}"#);
    assert_snapshot!(json["groupingsDown"], @r#"{"groupings":[]}"#);

    // A filter makes it fit.
    let filter = json!([{ "column": "LAST_NAME", "operator": "startsWith", "value": "M" }]);
    let json = run(&client, &id, json!({ "reportFilters": filter })).await.json();
    let rows = json["factMap"]["T!T"]["rows"].as_array().unwrap().len() as u64;
    assert_eq!(json["allData"], true);
    assert_eq!(rows, client.count("SELECT COUNT() FROM Contact WHERE LastName LIKE 'M%'").await);
}

#[tokio::test]
async fn a_summary_has_a_group_for_each_stage() {
    let (_org, client) = org().await;
    let id = report(&client, "Opportunities by Stage").await;
    let json = client.get(&format!("/analytics/reports/{id}")).await.json();
    let groups = json["groupingsDown"]["groupings"].as_array().unwrap();
    // In the order of the picklist.
    let labels: Vec<_> = groups.iter().map(|group| group["label"].as_str().unwrap()).collect();
    assert_snapshot!(labels.join(", "), @"Prospecting, Qualification, Needs Analysis, Value Proposition, Id. Decision Makers, Perception Analysis, Proposal/Price Quote, Negotiation/Review, Closed Won, Closed Lost");
    assert_snapshot!(groups[0], @r#"{"groupings":[],"key":"0","label":"Prospecting","value":"Prospecting"}"#);
    let shown: Vec<String> =
        ["T!T", "0!T"].iter().map(|key| format!("{key} {}", json["factMap"][*key])).collect();
    assert_snapshot!(shown.join("\n"), @r#"
    T!T {"aggregates":[{"label":"$3,530,598,160.50","value":3530598160.5},{"label":"$1,523,122.59","value":1523122.5886540122},{"label":"2,500","value":2500}]}
    0!T {"aggregates":[{"label":"$342,333,635.25","value":342333635.25},{"label":"$1,514,750.60","value":1514750.5984513275},{"label":"231","value":231}]}
    "#);
}

#[tokio::test]
async fn sums_are_those_of_the_statement_over_the_same_rows() {
    let (_org, client) = org().await;
    let id = report(&client, "Opportunities by Stage").await;
    let json = client.get(&format!("/analytics/reports/{id}")).await.json();
    let soql = "SELECT StageName, SUM(Amount) total, AVG(Amount) mean, COUNT(Id) n FROM Opportunity GROUP BY StageName";
    let rows = client.query(soql).await.json()["records"].as_array().unwrap().clone();
    let groups = json["groupingsDown"]["groupings"].as_array().unwrap();
    assert_eq!(groups.len(), rows.len());
    for row in rows {
        let group = groups.iter().find(|group| group["value"] == row["StageName"]).unwrap();
        let cells = &json["factMap"][format!("{}!T", group["key"].as_str().unwrap())]["aggregates"];
        let near = |a: &Value, b: &Value| (a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 0.005;
        assert!(near(&cells[0]["value"], &row["total"]), "{cells} {row}");
        assert!(near(&cells[1]["value"], &row["mean"]), "{cells} {row}");
        assert_eq!(cells[2]["value"], row["n"]);
    }
}

#[tokio::test]
async fn a_matrix_adds_up_in_both_directions() {
    let (org, client) = org().await;
    let id = report(&client, "Stage by Quarter").await;
    let year = json!({ "column": "CLOSE_DATE", "durationValue": "CUSTOM", "startDate": "2026-01-01", "endDate": "2026-12-31" });
    let json = run(&client, &id, json!({ "standardDateFilter": year })).await.json();
    let (down, across) =
        (&json["groupingsDown"]["groupings"], &json["groupingsAcross"]["groupings"]);
    assert_snapshot!(across[1], @r#"{"groupings":[],"key":"1","label":"Q2 CY2026","value":"2026-04-01"}"#);
    let facts = json["factMap"].as_object().unwrap();
    let (rows, columns) = (down.as_array().unwrap().len(), across.as_array().unwrap().len());
    assert_eq!(facts.len(), (rows + 1) * (columns + 1));
    let count = |key: String| facts[&key]["aggregates"][2]["value"].as_u64().unwrap();
    for column in 0..columns {
        let inside: u64 = (0..rows).map(|row| count(format!("{row}!{column}"))).sum();
        assert_eq!(inside, count(format!("T!{column}")));
    }
    let all: u64 = (0..rows).map(|row| count(format!("{row}!T"))).sum();
    assert_eq!(all, count("T!T".to_owned()));
    assert_eq!(
        all,
        client.count("SELECT COUNT() FROM Opportunity WHERE CALENDAR_YEAR(CloseDate) = 2026").await
    );
    let amount = client.query("SELECT SUM(Amount) s FROM Opportunity WHERE CALENDAR_YEAR(CloseDate) = 2026 AND StageName = 'Closed Won' AND CALENDAR_QUARTER(CloseDate) = 2").await;
    let amount = amount.json()["records"][0]["s"].as_f64().unwrap();
    let won =
        down.as_array().unwrap().iter().position(|group| group["value"] == "Closed Won").unwrap();
    let cell = &facts[&format!("{won}!1")]["aggregates"][0]["value"];
    assert!((cell.as_f64().unwrap() - amount).abs() < 0.005, "{cell} {amount}");
    assert_snapshot!(facts["T!T"]["rows"], @"[]");

    // A literal is shown with its days.
    let json = client.get(&format!("/analytics/reports/{id}")).await.json();
    let year = org.now().to_string()[..4].to_owned();
    assert_eq!(json["reportMetadata"]["standardDateFilter"]["endDate"], format!("{year}-12-31"));
    let this =
        client.count("SELECT COUNT() FROM Opportunity WHERE CloseDate = THIS_FISCAL_YEAR").await;
    assert_eq!(json["factMap"]["T!T"]["aggregates"][2]["value"], this);
}

#[tokio::test]
async fn a_custom_object_has_a_report_type() {
    let (_org, client) = org().await;
    let id = report(&client, "Invoices by Status and Customer").await;
    let json = client.get(&format!("/analytics/reports/{id}?includeDetails=true")).await.json();
    let first = &json["groupingsDown"]["groupings"][0];
    assert_snapshot!(first["groupings"][1], @r#"{"groupings":[],"key":"0_1","label":"Bank Transfer","value":"Bank Transfer"}"#);
    let fact = &json["factMap"]["0_1!T"];
    assert_snapshot!(fact["rows"][0], @r#"{"dataCells":[{"label":"INV-00029","value":"a00dE000000000TQAQ"},{"label":"$59,550.25","value":{"amount":59550.25,"currency":null}},{"label":"11/14/2024","value":"2024-11-14"},{"label":"false","value":false}]}"#);
    assert_snapshot!(json["factMap"]["0!T"]["rows"], @"[]");
    assert_snapshot!(json["reportExtendedMetadata"]["detailColumnInfo"]["CUST_NAME"], @r#"{"dataType":"string","entityColumnName":"Invoice__c.Name","filterValues":[],"filterable":true,"isLookup":true,"label":"Invoice Number","uniqueCountable":true}"#);
    let total = &json["factMap"]["T!T"]["aggregates"][1]["value"];
    assert_eq!(
        *total,
        client.count("SELECT COUNT() FROM Invoice__c WHERE Status__c != 'Void'").await
    );
}

#[tokio::test]
async fn a_row_limit_and_an_order_by_an_aggregate() {
    let (_org, client) = org().await;
    let id = report(&client, "Ten Largest Deals").await;
    let json = client.get(&format!("/analytics/reports/{id}?includeDetails=true")).await.json();
    let rows = json["factMap"]["T!T"]["rows"].as_array().unwrap();
    let amount = |row: &Value| row["dataCells"][3]["value"]["amount"].as_f64().unwrap();
    assert_eq!(rows.len(), 10);
    assert!(rows.windows(2).all(|pair| amount(&pair[0]) >= amount(&pair[1])));
    assert_eq!(json["factMap"]["T!T"]["aggregates"][1]["value"], 10);

    let id = report(&client, "Cases by Owner").await;
    let json = client.get(&format!("/analytics/reports/{id}")).await.json();
    let groups = json["groupingsDown"]["groupings"].as_array().unwrap();
    let counts: Vec<u64> = groups
        .iter()
        .map(|group| json["factMap"][format!("{}!T", group["key"].as_str().unwrap())]["aggregates"][0]["value"].as_u64().unwrap())
        .collect();
    assert!(counts.is_sorted_by(|a, b| a >= b), "{counts:?}");
    let none = client.count("SELECT COUNT() FROM Case WHERE IsClosed = FALSE").await;
    assert_eq!(counts.iter().sum::<u64>(), none);
}

#[tokio::test]
async fn filters_mean_what_the_same_statement_means() {
    let (_org, client) = org().await;
    let id = report(&client, "Opportunities by Stage").await;
    let filter = |column: &str, operator: &str, value: &str| json!({ "column": column, "operator": operator, "value": value });
    let cases = [
        (json!([filter("STAGE_NAME", "equals", "Closed Won")]), None, "StageName = 'Closed Won'"),
        (
            json!([filter("STAGE_NAME", "equals", "Closed Won,Prospecting")]),
            None,
            "StageName IN ('Closed Won', 'Prospecting')",
        ),
        (
            json!([filter("STAGE_NAME", "notEqual", "Closed Won,\"Prospecting\"")]),
            None,
            "StageName NOT IN ('Closed Won', 'Prospecting')",
        ),
        (json!([filter("AMOUNT", "greaterThan", "100,000")]), None, "Amount > 100000"),
        (json!([filter("AMOUNT", "equals", "")]), None, "Amount = null"),
        (json!([filter("OPPORTUNITY_NAME", "contains", "o'")]), None, "Name LIKE '%o\\'%'"),
        (
            json!([filter("TYPE", "notContain", "Customer")]),
            None,
            "Type = null OR (NOT Type LIKE '%Customer%')",
        ),
        (json!([filter("CLOSE_DATE", "lessThan", "2026-01-01")]), None, "CloseDate < 2026-01-01"),
        (
            json!([filter("CLOSE_DATE", "equals", "LAST 90 DAYS")]),
            None,
            "CloseDate = LAST_N_DAYS:90",
        ),
        (
            json!([filter("CREATED_DATE", "greaterOrEqual", "1/1/2026")]),
            None,
            "CreatedDate >= 2026-01-01T00:00:00Z",
        ),
        (json!([filter("WON", "equals", "True")]), None, "IsWon = TRUE"),
        (json!([filter("FULL_NAME", "startsWith", "Sam")]), None, "Owner.Name LIKE 'Sam%'"),
        (
            json!([
                filter("WON", "equals", "1"),
                filter("AMOUNT", "lessOrEqual", "5000"),
                filter("INDUSTRY", "equals", "Energy")
            ]),
            Some("(1 OR 2) AND NOT 3"),
            "(IsWon = TRUE OR Amount <= 5000) AND (NOT Account.Industry = 'Energy')",
        ),
        (
            json!([filter("WON", "equals", "1"), filter("AMOUNT", "lessOrEqual", "5000")]),
            Some("NOT (1 OR 2)"),
            "NOT (IsWon = TRUE OR Amount <= 5000)",
        ),
    ];
    for (filters, logic, condition) in cases {
        let changes = json!({ "reportFilters": filters, "reportBooleanFilter": logic });
        let reply = run(&client, &id, changes).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let counted = reply.json()["factMap"]["T!T"]["aggregates"][2]["value"].as_u64().unwrap();
        let expected =
            client.count(&format!("SELECT COUNT() FROM Opportunity WHERE {condition}")).await;
        assert_eq!(counted, expected, "{filters} against {condition}");
    }
    let standard = json!({
        "standardFilters": [{ "name": "open", "value": "open" }, { "name": "probability", "value": ">50" }],
        "standardDateFilter": { "column": "CLOSE_DATE", "durationValue": "CUSTOM", "startDate": "2026-01-01", "endDate": "2026-12-31" },
        "scope": "user",
    });
    let counted =
        run(&client, &id, standard).await.json()["factMap"]["T!T"]["aggregates"][2]["value"]
            .clone();
    let soql = "SELECT COUNT() FROM Opportunity USING SCOPE mine WHERE IsClosed = FALSE AND Probability > 50 AND CloseDate >= 2026-01-01 AND CloseDate <= 2026-12-31";
    assert_eq!(counted, client.count(soql).await);
    let cross = json!({ "crossFilters": [{ "criteria": [], "includesObject": true, "primaryEntityField": "OPPORTUNITY_ID",
        "relatedEntity": "OpportunityLineItem", "relatedEntityJoinField": "OpportunityId" }] });
    let counted =
        run(&client, &id, cross).await.json()["factMap"]["T!T"]["aggregates"][2]["value"].clone();
    let soql = "SELECT COUNT() FROM Opportunity WHERE Id IN (SELECT OpportunityId FROM OpportunityLineItem)";
    assert_eq!(counted, client.count(soql).await);
}

#[tokio::test]
async fn wrong_metadata_is_refused_with_a_reason() {
    let (_org, client) = org().await;
    let id = report(&client, "Opportunities by Stage").await;
    let mut shown = Vec::new();
    for changes in [
        json!({ "reportFilters": [{ "column": "NOPE", "operator": "equals", "value": "1" }] }),
        json!({ "reportFilters": [{ "column": "AMOUNT", "operator": "like", "value": "1" }] }),
        json!({ "reportFilters": [{ "column": "AMOUNT", "operator": "equals", "value": "x" }] }),
        json!({ "reportFilters": [{ "column": "WON", "operator": "equals", "value": "True" }], "reportBooleanFilter": "2" }),
        json!({ "reportFormat": "MULTI_BLOCK" }),
        json!({ "reportFormat": "TABULAR" }),
        json!({ "aggregates": ["s!STAGE_NAME"] }),
        json!({ "groupingsDown": [{ "name": "CLOSE_DATE", "dateGranularity": "Fortnight" }] }),
        json!({ "standardDateFilter": { "durationValue": "SOMETIME" } }),
        json!({ "colour": "red" }),
        json!({ "detailColumns": "all" }),
        json!({ "scope": "galaxy" }),
    ] {
        shown.push(run(&client, &id, changes).await.shown());
    }
    let path = format!("/analytics/reports/{id}");
    shown.push(client.send("POST", &path, json!({ "filters": [] })).await.shown());
    assert_snapshot!(shown.join("\n"), @r#"
    400 [{"message":"The report column NOPE does not exist or you can't see it.","errorCode":"BAD_REQUEST","specificErrorCode":0}]
    400 [{"message":"The filter operator like is invalid for the column AMOUNT.","errorCode":"BAD_REQUEST","specificErrorCode":0}]
    400 [{"message":"The filter value x is invalid for the column AMOUNT.","errorCode":"BAD_REQUEST","specificErrorCode":0}]
    400 [{"message":"Your filter logic is invalid. Check your parentheses, operators and the numbers of your filters.","errorCode":"BAD_REQUEST","specificErrorCode":0}]
    501 [{"message":"Joined reports aren’t supported by this API.","errorCode":"NOT_IMPLEMENTED","specificErrorCode":0}]
    400 [{"message":"A tabular report can’t have groupings.","errorCode":"BAD_REQUEST","specificErrorCode":0}]
    400 [{"message":"The aggregate s!STAGE_NAME is invalid.","errorCode":"BAD_REQUEST","specificErrorCode":0}]
    400 [{"message":"The date granularity Fortnight is invalid.","errorCode":"BAD_REQUEST","specificErrorCode":0}]
    400 [{"message":"The date SOMETIME of the standard date filter is invalid.","errorCode":"BAD_REQUEST","specificErrorCode":0}]
    400 [{"message":"Unrecognized field \"colour\" of the report metadata","errorCode":"JSON_PARSER_ERROR","specificErrorCode":0}]
    400 [{"message":"The report metadata is invalid: invalid type: string \"all\", expected a sequence","errorCode":"BAD_REQUEST","specificErrorCode":0}]
    400 [{"message":"The scope galaxy is invalid for this report type.","errorCode":"BAD_REQUEST","specificErrorCode":0}]
    400 [{"message":"The request body is either invalid or incomplete.","errorCode":"JSON_PARSER_ERROR","specificErrorCode":0}]
    "#);
}
