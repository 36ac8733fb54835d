//! Runs of reports in the background, against a server that answers as it is told.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sf_rest::ops::reports::RunReport;
use sf_rest::{Budget, CallOptions, ErrorKind, Floor, Id, Polling};
use tokio::sync::Notify;

use crate::wire::{Seen, Wire, answer};

fn report() -> Id {
    Id::parse("00OdM000003kRs5").unwrap()
}

fn instance() -> Id {
    Id::parse("0LGdM000003kRs5").unwrap()
}

fn quickly() -> Polling {
    Polling::default().intervals(Duration::from_millis(1), Duration::from_millis(4))
}

fn run(status: &str) -> String {
    let attributes = json!({ "id": instance(), "status": status });
    let cells = json!([{ "label": "1", "value": 1 }]);
    let body = match status {
        "Success" => json!({
            "attributes": attributes, "allData": true, "reportMetadata": { "aggregates": ["RowCount"] },
            "factMap": { "T!T": { "aggregates": [{ "label": "1", "value": 1 }], "rows": [{ "dataCells": cells }] } },
        }),
        _ => json!({ "attributes": attributes, "reportMetadata": {} }),
    };
    answer(200, "sforce-limit-info: api-usage=96/100\r\n", &body.to_string())
}

fn started() -> String {
    answer(200, "", &json!({ "id": instance(), "status": "New" }).to_string())
}

fn is_start(seen: &Seen) -> bool {
    seen.head.starts_with("POST")
}

#[tokio::test]
async fn a_run_is_started_once_and_waited_for() {
    let wire = Wire::start(|seen| async move {
        match seen.place {
            0 => started(),
            1 => run("New"),
            // An outage for longer than one look is tried.
            2..7 => answer(503, "", ""),
            7 => run("Running"),
            8 => run("Suspended"),
            _ => run("Success"),
        }
    })
    .await;
    let changed = RunReport::new(report()).without_details();
    let result = wire.client().run_report_in_background(changed, quickly()).await.unwrap();
    assert_eq!((result.row_count(), result.details().count()), (Some(1), 1));
    let seen = wire.seen();
    assert_eq!((seen.len(), seen.iter().filter(|seen| is_start(seen)).count()), (10, 1));
    assert!(seen[0].head.contains("/instances?includeDetails=false "), "{}", seen[0].head);
}

#[tokio::test]
async fn how_it_can_end() {
    let failed = Wire::always(run("Error")).await;
    let wait = failed.client().wait_for_report(report(), instance(), quickly()).await;
    let error = wait.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::ReportFailed, false));
    insta::assert_snapshot!(error, @"the run 0LGdM000003kRs5WAE of the report 00OdM000003kRs5UAE ended without a result; run the report at once, or with fewer rows, to see why");

    let running = Wire::always(run("Running")).await;
    let short = quickly().timeout(Duration::from_millis(20));
    let error = running.client().wait_for_report(report(), instance(), short).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReportTimeout);
    // How long it was in the end is a matter of the machine.
    let told = error.to_string();
    let (before, after) = told.split_once(" after ").unwrap();
    let told = format!("{before} after{}", after.trim_start_matches(|c: char| c.is_ascii_digit()));
    insta::assert_snapshot!(told, @"the run 0LGdM000003kRs5WAE of the report 00OdM000003kRs5UAE is not over after s; it goes on, and can be waited for again (Client::wait_for_report)");

    // The time of the call ends it as well, between two looks or in one.
    let hurried = running.client().with(CallOptions::new().time_budget(Duration::from_millis(20)));
    let error = hurried.wait_for_report(report(), instance(), quickly()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::ReportTimeout | ErrorKind::TimedOut), "{error}");

    let gone = answer(404, "", r#"[{"errorCode":"NOT_FOUND","message":"no such run"}]"#);
    let gone = Wire::always(gone).await;
    let error = gone.client().wait_for_report(report(), instance(), quickly()).await.unwrap_err();
    assert_eq!((error.status(), gone.seen().len()), (Some(404), 1));
}

#[tokio::test]
async fn looks_keep_to_the_budget() {
    let wire = Wire::always(run("Running")).await;
    let budget = Budget::new().refuse_below(Floor::Requests(5));
    let client = wire.builder().budget(budget).build().unwrap();
    // The budget lets nothing through for five minutes, which is longer than there is time.
    let polling = quickly().timeout(Duration::from_secs(100));
    let error = client.wait_for_report(report(), instance(), polling).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BudgetExceeded, "{error}");
    assert_eq!(wire.seen().len(), 1, "the first look told that 4 are left");
}

#[tokio::test]
async fn who_stops_waiting_can_wait_again() {
    let (looked, over) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tell, hear) = (Arc::clone(&looked), Arc::clone(&over));
    let wire = Wire::start(move |seen| {
        let (tell, hear) = (Arc::clone(&tell), Arc::clone(&hear));
        async move {
            match seen.place {
                0 => started(),
                1 => {
                    tell.notify_one();
                    hear.notified().await;
                    run("Running")
                }
                _ => run("Success"),
            }
        }
    })
    .await;
    let client = wire.client();
    tokio::select! {
        _ = client.run_report_in_background(RunReport::new(report()), quickly()) => panic!("it ended"),
        () = looked.notified() => {}
    }
    over.notify_one();
    let result = client.wait_for_report(report(), instance(), quickly()).await.unwrap();
    assert_eq!(result.row_count(), Some(1));
    let starts = wire.seen().iter().filter(|seen| is_start(seen)).count();
    assert_eq!((starts, wire.seen().len()), (1, 3), "nothing was ended, nothing started again");
}
