//! Requests and answers of reports and dashboards, without a server.

use serde_json::json;
use sf_rest::ops::dashboards::{
    CloneDashboard, DashboardResults, DashboardStatus, Dashboards, DescribeDashboard,
    RefreshDashboard,
};
use sf_rest::ops::reports::instances::{
    DeleteInstance, GetInstance, Instances, RunStatus, StartReport,
};
use sf_rest::ops::reports::metadata::{ReportFilter, ReportOverride};
use sf_rest::ops::reports::{CloneReport, DeleteReport, DescribeReport, Reports, RunReport};
use sf_rest::{Id, Operation, Response};

use crate::requests::shown;

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn report() -> Id {
    id("00OdM000003kRs5")
}

#[test]
fn requests() {
    let dashboard = id("01ZdM000003kRs5");
    let changes = ReportOverride::new()
        .filters(&[
            ReportFilter::new("STAGE_NAME", "equals", "Closed Won"),
            ReportFilter::new("AMOUNT", "greaterThan", "1000"),
        ])
        .boolean_filter("1 OR 2")
        .date_range("CLOSE_DATE", "2026-01-01", "2026-12-31")
        .detail_columns(&["OPPORTUNITY_NAME"]);
    let requests = [
        shown(&Reports),
        shown(&DescribeReport(report())),
        shown(&RunReport::new(report())),
        shown(&RunReport::new(report()).without_details()),
        shown(&RunReport::new(report()).with(changes.clone())),
        shown(&StartReport(RunReport::new(report()))),
        shown(&StartReport(
            RunReport::new(report()).without_details().with(changes.set("topRows", json!(null))),
        )),
        shown(&Instances(report())),
        shown(&GetInstance::new(report(), id("0LGdM000003kRs5"))),
        shown(&DeleteInstance::new(report(), id("0LGdM000003kRs5"))),
        shown(&CloneReport::new(report(), "Copy").folder(id("00ldM000003kRs5"))),
        shown(&DeleteReport(report())),
        shown(&Dashboards),
        shown(&DescribeDashboard(dashboard)),
        shown(&DashboardResults::new(dashboard)),
        shown(
            &DashboardResults::new(dashboard)
                .components([id("01adM000003kRs5")])
                .filters(["0ICdM000003kRs5"]),
        ),
        shown(&DashboardStatus(dashboard)),
        shown(&RefreshDashboard::new(dashboard).filters(["0ICdM000003kRs5"])),
        shown(&CloneDashboard::new(dashboard, id("00ldM000003kRs5")).name("Copy")),
    ];
    insta::assert_snapshot!(requests.join("\n"), @r#"
    Read GET /services/data/v66.0/analytics/reports
    Read GET /services/data/v66.0/analytics/reports/00OdM000003kRs5UAE/describe
    Read GET /services/data/v66.0/analytics/reports/00OdM000003kRs5UAE?includeDetails=true
    Read GET /services/data/v66.0/analytics/reports/00OdM000003kRs5UAE?includeDetails=false
    Read POST /services/data/v66.0/analytics/reports/00OdM000003kRs5UAE?includeDetails=true
      content-type: application/json
      {"reportMetadata":{"reportFilters":[{"column":"STAGE_NAME","operator":"equals","value":"Closed Won"},{"column":"AMOUNT","operator":"greaterThan","value":"1000"}],"reportBooleanFilter":"1 OR 2","standardDateFilter":{"column":"CLOSE_DATE","durationValue":"CUSTOM","startDate":"2026-01-01","endDate":"2026-12-31"},"detailColumns":["OPPORTUNITY_NAME"]}}
    Write POST /services/data/v66.0/analytics/reports/00OdM000003kRs5UAE/instances?includeDetails=true
    Write POST /services/data/v66.0/analytics/reports/00OdM000003kRs5UAE/instances?includeDetails=false
      content-type: application/json
      {"reportMetadata":{"reportFilters":[{"column":"STAGE_NAME","operator":"equals","value":"Closed Won"},{"column":"AMOUNT","operator":"greaterThan","value":"1000"}],"reportBooleanFilter":"1 OR 2","standardDateFilter":{"column":"CLOSE_DATE","durationValue":"CUSTOM","startDate":"2026-01-01","endDate":"2026-12-31"},"detailColumns":["OPPORTUNITY_NAME"],"topRows":null}}
    Read GET /services/data/v66.0/analytics/reports/00OdM000003kRs5UAE/instances
    Read GET /services/data/v66.0/analytics/reports/00OdM000003kRs5UAE/instances/0LGdM000003kRs5WAE
    Idempotent DELETE /services/data/v66.0/analytics/reports/00OdM000003kRs5UAE/instances/0LGdM000003kRs5WAE
    Write POST /services/data/v66.0/analytics/reports?cloneId=00OdM000003kRs5UAE
      content-type: application/json
      {"reportMetadata":{"name":"Copy","folderId":"00ldM000003kRs5QAE"}}
    Idempotent DELETE /services/data/v66.0/analytics/reports/00OdM000003kRs5UAE
    Read GET /services/data/v66.0/analytics/dashboards
    Read GET /services/data/v66.0/analytics/dashboards/01ZdM000003kRs5UAE/describe
    Read GET /services/data/v66.0/analytics/dashboards/01ZdM000003kRs5UAE
    Read POST /services/data/v66.0/analytics/dashboards/01ZdM000003kRs5UAE?filter1=0ICdM000003kRs5
      content-type: application/json
      {"componentIds":["01adM000003kRs5QAE"]}
    Read GET /services/data/v66.0/analytics/dashboards/01ZdM000003kRs5UAE/status
    Idempotent PUT /services/data/v66.0/analytics/dashboards/01ZdM000003kRs5UAE?filter1=0ICdM000003kRs5
    Write POST /services/data/v66.0/analytics/dashboards?cloneId=01ZdM000003kRs5UAE
      content-type: application/json
      {"folderId":"00ldM000003kRs5QAE","name":"Copy"}
    "#);
}

/// A summary of two levels with one empty group, as the platform writes it.
fn summary() -> Response {
    let cell = |label: &str, value: serde_json::Value| json!({ "label": label, "value": value });
    let row = |name: &str, amount: f64| {
        json!({ "dataCells": [
            cell(name, json!(name)), cell("x", json!({ "amount": amount, "currency": null })),
        ] })
    };
    let group = |key: &str, label: &str, inner: serde_json::Value| json!({ "key": key, "label": label, "value": label, "groupings": inner, "dategroupings": null });
    let fact = |sum: f64, count: u64, rows: Vec<serde_json::Value>| json!({ "aggregates": [cell("s", json!(sum)), cell("n", json!(count))], "rows": rows });
    let body = json!({
        "attributes": { "type": "Report" },
        "allData": true,
        "hasDetailRows": true,
        "factMap": {
            "T!T": fact(6.0, 3, vec![]),
            "0!T": fact(3.0, 2, vec![]),
            "0_0!T": fact(1.0, 1, vec![row("a", 1.0)]),
            "0_1!T": fact(2.0, 1, vec![row("b", 2.0)]),
            "1!T": fact(3.0, 1, vec![row("c", 3.0)]),
        },
        "groupingsAcross": { "groupings": [] },
        "groupingsDown": { "groupings": [
            group("0", "Energy", json!([group("0_0", "Hot", json!([])), group("0_1", "Cold", json!([]))])),
            group("1", "-", json!([])),
        ] },
        "reportExtendedMetadata": {
            "detailColumnInfo": { "NAME": { "dataType": "string", "label": "Account Name" } },
        },
        "reportMetadata": {
            "id": report(), "name": "Deals", "reportFormat": "SUMMARY", "aggregates": ["s!AMOUNT", "RowCount"],
            "detailColumns": ["NAME", "AMOUNT"], "reportBooleanFilter": null, "newKey": 1,
            "groupingsDown": [
                { "name": "INDUSTRY", "sortOrder": "Asc", "dateGranularity": "None", "sortAggregate": null },
            ],
            "groupingsAcross": [],
            "reportFilters": [
                { "column": "NAME", "filterType": "fieldValue", "isRunPageEditable": true,
                  "operator": "notEqual", "value": "x" },
            ],
        },
    });
    Response::new(200, body.to_string())
}

#[test]
fn rows_of_a_summary_come_with_their_groups() {
    let result = RunReport::new(report()).decode(summary()).unwrap();
    assert!(result.all_data);
    assert_eq!(result.row_count(), Some(3));
    assert_eq!(result.column_label("NAME"), Some("Account Name"));
    let rows: Vec<String> = result
        .details()
        .map(|row| {
            let groups: Vec<&str> = row.groups.iter().map(|group| group.label.as_str()).collect();
            format!("{} | {} {}", groups.join(" > "), row.cells[0].label, row.cells[1].value)
        })
        .collect();
    insta::assert_snapshot!(rows.join("\n"), @r#"
    Energy > Hot | a {"amount":1.0,"currency":null}
    Energy > Cold | b {"amount":2.0,"currency":null}
    - | c {"amount":3.0,"currency":null}
    "#);
    let totals: Vec<String> =
        result.totals().map(|(name, cell)| format!("{name} {}", cell.value)).collect();
    assert_eq!(totals, ["s!AMOUNT 6.0", "RowCount 3"]);
    let metadata = &result.report_metadata;
    assert_eq!(metadata.report_filters[0].operator, "notEqual");
    assert_eq!(metadata.rest["newKey"], 1);
    // Keys that this crate does not know go back as they came.
    let filter = serde_json::to_value(&metadata.report_filters[0]).unwrap();
    assert_eq!(filter["filterType"], "fieldValue");
}

#[test]
fn a_matrix_has_rows_where_its_groups_cross() {
    let cell = |n: u64| json!({ "aggregates": [], "rows": [{ "dataCells": [{ "label": n.to_string(), "value": n }] }] });
    let groups = |names: &[&str]| {
        let group = |(key, name): (usize, &&str)| json!({ "key": key.to_string(), "label": name, "value": name, "groupings": [] });
        json!({ "groupings": names.iter().enumerate().map(group).collect::<Vec<_>>() })
    };
    let body = json!({
        "allData": false,
        "factMap": { "0!0": cell(1), "1!1": cell(2), "0!1": cell(3), "T!T": { "aggregates": [] } },
        "groupingsDown": groups(&["a", "b"]), "groupingsAcross": groups(&["x", "y"]),
        "reportMetadata": { "reportFormat": "MATRIX", "detailColumns": ["N"] },
    });
    let result = RunReport::new(report()).decode(Response::new(200, body.to_string())).unwrap();
    let rows: Vec<String> = result
        .details()
        .map(|row| format!("{}{} {}", row.groups[0].label, row.groups[1].label, row.cells[0].value))
        .collect();
    assert_eq!(rows, ["ax 1", "ay 3", "by 2"]);
    assert!(!result.all_data);
    assert_eq!(result.row_count(), None);
}

#[test]
fn runs_in_the_background() {
    let instance = id("0LGdM000003kRs5");
    let started = json!({ "completionDate": null, "hasDetailRows": true, "id": instance, "ownerId": null,
        "queryable": false, "requestDate": "2026-08-12T10:00:00Z", "status": "New", "url": "/x" });
    let answer = Response::new(200, started.to_string());
    let started = StartReport(RunReport::new(report())).decode(answer).unwrap();
    assert_eq!((started.id, started.status.is_over()), (instance, false));

    let get = GetInstance::new(report(), instance);
    let attributes =
        |status: &str| json!({ "id": instance, "status": status, "type": "ReportInstance" });
    for (status, read) in [
        ("Running", RunStatus::Running),
        ("Error", RunStatus::Error),
        ("Paused", RunStatus::Other("Paused".to_owned())),
    ] {
        let body = json!({ "attributes": attributes(status), "reportMetadata": {} });
        let run = get.decode(Response::new(200, body.to_string())).unwrap();
        assert_eq!((run.instance.status, run.result), (read, None));
    }
    let mut body: serde_json::Value = serde_json::from_slice(&summary().body).unwrap();
    body["attributes"] = attributes("Success");
    let run = get.decode(Response::new(200, body.to_string())).unwrap();
    assert_eq!(run.result.unwrap().details().count(), 3);
}

#[test]
fn dashboards() {
    let dashboard = id("01ZdM000003kRs5");
    let component = id("01adM000003kRs5");
    let metadata = json!({ "id": dashboard, "name": "Sales", "folderId": null, "layout": { "gridLayout": true },
        "components": [{ "id": component, "reportId": report(), "title": null, "type": "Report", "componentData": 0 }],
        "filters": [{ "name": "Stage", "options": [{ "id": "0IC", "alias": null, "operation": "equals" }] }] });
    let report: serde_json::Value = serde_json::from_slice(&summary().body).unwrap();
    let body = json!({ "dashboardMetadata": metadata, "componentData": [
        { "componentId": component, "reportResult": report, "status": {
            "dataStatus": "DATA", "errorMessage": null, "refreshDate": "2026-08-12T10:00:00Z", "refreshStatus": "IDLE" } },
        { "componentId": component, "reportResult": null, "status": { "dataStatus": "NODATA" } },
    ] });
    let data =
        DashboardResults::new(dashboard).decode(Response::new(200, body.to_string())).unwrap();
    assert_eq!(data.dashboard_metadata.components[0].id, component);
    assert_eq!(data.component_data[0].report_result.as_ref().unwrap().row_count(), Some(3));
    assert!(data.component_data[1].report_result.is_none());
    // The description comes by itself or under a key.
    for body in [metadata.clone(), json!({ "dashboardMetadata": metadata })] {
        let answer = Response::new(200, body.to_string());
        let described = DescribeDashboard(dashboard).decode(answer).unwrap();
        assert_eq!((described.name.as_str(), described.filters.len()), ("Sales", 1));
        assert_eq!(described.rest["layout"]["gridLayout"], true);
    }
    let body =
        json!({ "componentStatus": [{ "componentId": component, "refreshStatus": "RUNNING" }] });
    let status = DashboardStatus(dashboard).decode(Response::new(200, body.to_string())).unwrap();
    assert_eq!(status[0].refresh_status.as_deref(), Some("RUNNING"));
    let refreshed = Response::new(200, r#"{"statusUrl":"/services/data/x"}"#);
    RefreshDashboard::new(dashboard).decode(refreshed).unwrap();
}
