//! All rows of a report, against a server that holds one and applies the filters it is sent.

use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde_json::{Value, json};
use sf_rest::ops::reports::metadata::{ReportFilter, ReportOverride};
use sf_rest::{Client, Id, Incomplete, Partition, ReportRowsQuery};

use crate::wire::{Seen, Wire, answer};

/// A row: its number, its day, its stage.
type Row = (usize, Option<Date>, &'static str);

/// A report with one filter, `"1"`, over rows that it gives at most 2,000 of.
struct Report {
    rows: Vec<Row>,
    /// What a run counts beyond its rows.
    miscount: u64,
    counts: bool,
    saved_logic: Option<&'static str>,
}

impl Report {
    fn new(rows: Vec<Row>) -> Self {
        Self { rows, miscount: 0, counts: true, saved_logic: None }
    }

    fn answer(&self, seen: &Seen) -> String {
        let saved = json!({
            "reportFilters": [{ "column": "NAME", "operator": "notEqual", "value": "x", "filterType": "fieldValue" }],
            "reportBooleanFilter": self.saved_logic,
        });
        let sent: Value = serde_json::from_slice(&seen.body).unwrap_or_default();
        let changed = &sent["reportMetadata"];
        let filters = changed.get("reportFilters").unwrap_or(&saved["reportFilters"]);
        let logic = changed.get("reportBooleanFilter").unwrap_or(&saved["reportBooleanFilter"]);
        let rows: Vec<&Row> = self
            .rows
            .iter()
            .filter(|row| filters.as_array().unwrap().iter().all(|filter| holds(filter, row)))
            .collect();
        let shown: Vec<Value> = rows
            .iter()
            .take(2_000)
            .map(|row| json!({ "dataCells": [{ "label": row.0.to_string(), "value": row.0 }] }))
            .collect();
        json!({
            "allData": rows.len() <= 2_000,
            "factMap": { "T!T": {
                "aggregates": [{ "label": "n", "value": rows.len() as u64 + self.miscount }], "rows": shown } },
            "reportMetadata": { "reportFormat": "TABULAR", "aggregates": [if self.counts { "RowCount" } else { "s!N" }], "detailColumns": ["NAME"],
                "reportFilters": filters, "reportBooleanFilter": logic },
        })
        .to_string()
    }
}

fn holds(filter: &Value, (number, day, stage): &Row) -> bool {
    let text = |key: &str| filter[key].as_str().unwrap();
    let value = text("value");
    match (text("column"), text("operator")) {
        ("NAME", "notEqual") => value != number.to_string(),
        ("DAY", "equals") => value.is_empty() && day.is_none(),
        ("DAY", "lessThan") => day.is_some_and(|day| day < value.parse().unwrap()),
        ("DAY", "greaterOrEqual") => day.is_some_and(|day| day >= value.parse().unwrap()),
        ("STAGE", "equals") => value == quoted(stage),
        ("STAGE", "notEqual") => !list(value).iter().any(|value| value == stage),
        other => panic!("{other:?}"),
    }
}

/// As the values of one filter are written.
fn quoted(text: &str) -> String {
    if text.contains(',') { format!("\"{text}\"") } else { text.to_owned() }
}

fn list(text: &str) -> Vec<String> {
    let (mut values, mut open) = (vec![String::new()], false);
    for c in text.chars() {
        match c {
            '"' => open = !open,
            ',' if !open => values.push(String::new()),
            c => values.last_mut().unwrap().push(c),
        }
    }
    values
}

async fn serve(report: Report) -> (Wire, Client) {
    let report = Arc::new(report);
    let wire = Wire::start(move |seen| {
        let body = report.answer(&seen);
        async move { answer(200, "", &body) }
    })
    .await;
    let client = wire.client();
    (wire, client)
}

fn id() -> Id {
    Id::parse("00OdM000003kRs5").unwrap()
}

fn by_day() -> Partition {
    Partition::Dates { column: "DAY".to_owned(), from: date(2026, 1, 1), to: date(2027, 1, 1) }
}

/// Rows of a year, some before it, some after it, some without a day.
fn spread(count: usize) -> Vec<Row> {
    let day = |n: usize| match n % 100 {
        0 => None,
        1 => Some(date(2024, 5, 5)),
        2 => Some(date(2028, 5, 5)),
        _ => Some(date(2026, 1, 1) + i64::try_from(n * 7 % 365).unwrap().days()),
    };
    (0..count).map(|n| (n, day(n), if n % 3 == 0 { "Won, at last" } else { "Open" })).collect()
}

fn numbers(rows: &sf_rest::ReportRows) -> Vec<u64> {
    let mut numbers: Vec<u64> =
        rows.rows.iter().map(|row| row.cells[0].value.as_u64().unwrap()).collect();
    numbers.sort_unstable();
    numbers
}

#[tokio::test]
async fn a_report_that_fits_takes_one_run() {
    let (wire, client) = serve(Report::new(spread(2_000))).await;
    let rows = client.report_rows(&ReportRowsQuery::new(id(), by_day())).await.unwrap();
    assert_eq!((rows.rows.len(), rows.runs, rows.expected), (2_000, 1, Some(2_000)));
    assert!(rows.incomplete.is_none());
    assert_eq!(rows.columns, ["NAME"]);
    assert_eq!(wire.seen().len(), 1);
}

#[tokio::test]
async fn a_larger_one_is_divided_by_days_until_every_part_fits() {
    let (wire, client) = serve(Report::new(spread(9_000))).await;
    let rows = client.report_rows(&ReportRowsQuery::new(id(), by_day())).await.unwrap();
    assert!(rows.incomplete.is_none(), "{:?}", rows.incomplete);
    assert_eq!(numbers(&rows), (0..9_000).collect::<Vec<_>>());
    assert_eq!(wire.seen().len(), rows.runs as usize);
    // The report's own filter stays, with keys that this crate does not know.
    let second: Value = serde_json::from_slice(&wire.seen()[1].body).unwrap();
    insta::assert_snapshot!(format!("{second:#}"), @r#"
    {
      "reportMetadata": {
        "reportFilters": [
          {
            "column": "NAME",
            "operator": "notEqual",
            "value": "x",
            "filterType": "fieldValue"
          },
          {
            "column": "DAY",
            "operator": "lessThan",
            "value": "2026-01-01"
          }
        ],
        "reportBooleanFilter": null
      }
    }
    "#);
}

#[tokio::test]
async fn or_by_values_with_one_part_for_all_others() {
    let (_wire, client) = serve(Report::new(spread(2_900))).await;
    let values = vec!["Won, at last".to_owned()];
    let values = Partition::Values { column: "STAGE".to_owned(), values };
    let rows = client.report_rows(&ReportRowsQuery::new(id(), values)).await.unwrap();
    assert!(rows.incomplete.is_none(), "{:?}", rows.incomplete);
    assert_eq!((numbers(&rows).len(), rows.runs), (2_900, 3));
}

#[tokio::test]
async fn the_logic_of_the_filters_is_kept() {
    let mut report = Report::new(spread(3_000));
    report.saved_logic = Some("1 OR 1");
    let (wire, client) = serve(report).await;
    client.report_rows(&ReportRowsQuery::new(id(), by_day())).await.unwrap();
    let bodies: Vec<Value> = wire
        .seen()
        .iter()
        .skip(1)
        .map(|seen| serde_json::from_slice(&seen.body).unwrap())
        .collect();
    let logic =
        |place: usize| bodies[place]["reportMetadata"]["reportBooleanFilter"].as_str().unwrap();
    assert_eq!((logic(0), logic(1)), ("(1 OR 1) AND 2", "(1 OR 1) AND 2 AND 3"));
}

#[tokio::test]
async fn what_is_missing_is_said() {
    // One day with more rows than a run gives.
    let mut crowded = spread(100);
    crowded.extend((100..2_600).map(|n| (n, Some(date(2026, 6, 6)), "Open")));
    let (_wire, client) = serve(Report::new(crowded)).await;
    let query = ReportRowsQuery::new(id(), by_day());
    let rows = client.report_rows(&query).await.unwrap();
    insta::assert_snapshot!(rows.incomplete.as_ref().unwrap(), @r#"the part where DAY greaterOrEqual "2026-06-06" and DAY lessThan "2026-06-07" has more than 2000 rows and cannot be divided further; narrow the report with filters"#);
    assert_eq!(rows.rows.len(), 2_100);
    assert_eq!(rows.expected, Some(2_600));
    let told = serde_json::to_value(&rows).unwrap();
    assert!(told["incomplete"].as_str().unwrap().starts_with("the part where DAY"));

    let rows = client.report_rows(&query.clone().max_runs(3)).await.unwrap();
    assert!(matches!(rows.incomplete, Some(Incomplete::OutOfRuns)), "{:?}", rows.incomplete);
    assert_eq!(rows.runs, 3);

    let mut changing = Report::new(spread(2_500));
    changing.miscount = 1;
    let (_wire, client) = serve(changing).await;
    let rows = client.report_rows(&query).await.unwrap();
    let mut uncounted = Report::new(spread(2_500));
    uncounted.counts = false;
    let (_uncounted, client) = serve(uncounted).await;
    let told = client.report_rows(&query).await.unwrap().incomplete;
    assert!(matches!(told, Some(Incomplete::NotCounted)), "{told:?}");
    insta::assert_snapshot!(rows.incomplete.unwrap(), @"the report counts 2501 rows, and 2500 were received");

    // A report whose rows are not where they are looked for, such as one that hides them.
    let mut hidden = Report::new(Vec::new());
    hidden.miscount = 3;
    let (_wire, client) = serve(hidden).await;
    let rows = client.report_rows(&query).await.unwrap();
    insta::assert_snapshot!(rows.incomplete.unwrap(), @"the report counts 3 rows, and 0 were received");

    let values = vec!["Open".to_owned(), "open ".to_owned()];
    let twice = Partition::Values { column: "STAGE".to_owned(), values };
    let error = client.report_rows(&ReportRowsQuery::new(id(), twice)).await.unwrap_err();
    insta::assert_snapshot!(error, @"invalid request: the report cannot be divided: a value to divide by is there twice, and its rows would be");
}

#[tokio::test]
async fn a_run_that_fails_keeps_the_rows_before_it() {
    let report = Report::new(spread(3_000));
    let wire = Wire::start(move |seen| {
        let body = report.answer(&seen);
        let refused = r#"[{"errorCode":"FORBIDDEN","message":"too many runs"}]"#;
        async move {
            if seen.place < 3 { answer(200, "", &body) } else { answer(403, "", refused) }
        }
    })
    .await;
    let query = ReportRowsQuery::new(id(), by_day());
    let rows = wire.client().report_rows(&query).await.unwrap();
    assert!(matches!(rows.incomplete, Some(Incomplete::Failed(_))), "{:?}", rows.incomplete);
    // What lies before the span.
    assert_eq!(rows.rows.len(), 30);

    // Of the first run an error is an error.
    let wire =
        Wire::start(|_| async { answer(404, "", r#"[{"errorCode":"NOT_FOUND","message":"x"}]"#) })
            .await;
    assert!(wire.client().report_rows(&query).await.is_err());
    for wrong in [
        Partition::Dates { column: "DAY".to_owned(), from: date(2026, 1, 1), to: date(2026, 1, 1) },
        Partition::Values { column: "STAGE".to_owned(), values: Vec::new() },
        Partition::Values { column: "STAGE".to_owned(), values: vec![" ".to_owned()] },
    ] {
        let error =
            wire.client().report_rows(&ReportRowsQuery::new(id(), wrong)).await.unwrap_err();
        assert_eq!(error.kind(), sf_rest::ErrorKind::InvalidRequest);
    }
}

#[tokio::test]
async fn other_filters_than_the_saved_ones() {
    let (_wire, client) = serve(Report::new(spread(3_000))).await;
    let filters = [ReportFilter::new("DAY", "lessThan", "2025-01-01")];
    let query = ReportRowsQuery::new(id(), by_day()).with(ReportOverride::new().filters(&filters));
    let rows = client.report_rows(&query).await.unwrap();
    assert_eq!((rows.rows.len(), rows.runs), (30, 1));
}
