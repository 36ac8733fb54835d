//! Ingest jobs whose answers are lost: nothing is written twice, and nothing is told as written that
//! is not.

use futures_util::TryStreamExt;
use serde_json::json;
use sf_emulator::{Fault, Operation};
use sf_rest::bulk::{CsvFormat, IngestOperation, RowOutcome};
use sf_rest::ops::bulk::{CloseJob, CreateIngestJob, UploadData};
use sf_rest::{Error, RetryPolicy};

use crate::bulk_ingest::{accounts, counts, outcomes};
use crate::bulk_query::quick;
use crate::support::{Setup, client, within_long};

fn ingest(fault: Fault, method: &str) -> Fault {
    fault.on(Operation::BulkIngest).method(method)
}

#[tokio::test]
async fn nothing_is_doubled_wherever_the_answer_is_lost() {
    let setup = Setup::new().await;
    setup.client.limits().await.unwrap();
    // What goes wrong, and the jobs that this leaves, newest first.
    let cases = [
        (ingest(Fault::lost_answer(), "POST"), vec!["JobComplete"]),
        (ingest(Fault::cut_body(), "POST"), vec!["JobComplete"]),
        (ingest(Fault::dropped_connection(), "POST"), vec!["JobComplete"]),
        (ingest(Fault::server_error(), "POST"), vec!["JobComplete"]),
        (ingest(Fault::expired_session(), "POST"), vec!["JobComplete"]),
        (ingest(Fault::lost_answer(), "PUT"), vec!["JobComplete", "Aborted"]),
        (ingest(Fault::dropped_connection(), "PUT"), vec!["JobComplete", "Aborted"]),
        (ingest(Fault::unavailable(), "PUT"), vec!["JobComplete", "Aborted"]),
        (ingest(Fault::expired_session(), "PUT"), vec!["JobComplete"]),
        (ingest(Fault::reply(200, "text/html", "<h1>"), "PUT"), vec!["JobComplete", "Aborted"]),
        (ingest(Fault::lost_answer(), "PATCH"), vec!["JobComplete"]),
        (ingest(Fault::lost_answer().times(2), "PATCH"), vec!["JobComplete"]),
        (ingest(Fault::server_error(), "PATCH"), vec!["JobComplete"]),
        (ingest(Fault::dropped_connection().times(4), "PATCH"), vec!["JobComplete"]),
        (ingest(Fault::expired_session(), "PATCH"), vec!["JobComplete"]),
    ];
    for (n, (fault, expected)) in cases.into_iter().enumerate() {
        let shown = format!("{fault:?}");
        let before = setup.ingest_states().await.len();
        setup.org.faults().push(fault);
        let name = format!("lost-{n}-");
        let jobs = setup.insert().send(accounts(&name, 30)).await.unwrap();
        let rows = outcomes(jobs).await;
        assert_eq!(counts(&rows), (30, 0, 0), "{shown}");
        assert_eq!(setup.accounts_like(&name).await, 30, "{shown}");
        let states = setup.ingest_states().await;
        assert_eq!(states[..states.len() - before], expected, "{shown}");
        setup.org.faults().clear();
    }
}

#[tokio::test]
async fn a_job_that_could_be_another_s_is_not_taken() {
    let setup = Setup::new().await;
    // Two jobs like it, one of which may be ours.
    let like = CreateIngestJob::new("account", IngestOperation::Insert);
    setup.client.send(&like).await.unwrap();
    setup.org.faults().push(ingest(Fault::lost_answer(), "POST"));
    let error = setup.insert().send(accounts("other", 3)).await.unwrap_err();
    let Error::OutcomeUnknown { check, .. } = &error else { panic!("{error:?}") };
    assert!(check.starts_with("No data was sent, so nothing will be written."), "{check}");
    assert!(check.contains("it is one of 750") && check.ends_with("or none of them"), "{check}");
    assert_eq!(setup.ingest_states().await, ["Open", "Open"]);
    assert_eq!(setup.accounts_like("other").await, 0);

    // Other settings: it is told apart.
    let format =
        CsvFormat { delimiter: sf_rest::bulk::ColumnDelimiter::Pipe, ..CsvFormat::default() };
    setup.org.faults().push(ingest(Fault::lost_answer(), "POST"));
    let jobs = setup.insert().format(format).send(accounts("other", 3)).await.unwrap();
    assert_eq!(jobs.wait().await.unwrap().successful, 3);
    assert_eq!(setup.ingest_states().await, ["JobComplete", "Open", "Open"]);
}

#[tokio::test]
async fn a_job_that_has_data_is_left_to_its_owner() {
    let setup = Setup::new().await;
    let like = CreateIngestJob::new("Account", IngestOperation::Insert);
    let other = setup.client.send(&like).await.unwrap().id;
    setup.client.send(&UploadData::new(other, "Name\nowner\n")).await.unwrap();
    setup.org.faults().push(ingest(Fault::dropped_connection(), "POST"));
    let jobs = setup.insert().send(accounts("own", 3)).await.unwrap();
    assert_eq!(jobs.wait().await.unwrap().successful, 3);
    assert_eq!(setup.ingest_states().await, ["JobComplete", "Open"]);
    setup.client.send(&CloseJob::new(other)).await.unwrap();
    setup.org.bulk_jobs().idle().await;
    assert_eq!((setup.accounts_like("own").await, setup.accounts_named("owner").await), (4, 1));
}

#[tokio::test]
async fn an_upload_that_is_refused_leaves_no_open_job() {
    let setup = Setup::new().await;
    setup.org.faults().push(ingest(
        Fault::reply(400, "application/json", r#"[{"errorCode":"X","message":"no"}]"#),
        "PUT",
    ));
    let error = setup.insert().send(accounts("refused", 3)).await.unwrap_err();
    insta::assert_snapshot!(error, @"Salesforce refused PUT jobs/ingest/{id}/batches: HTTP 400: X: no");
    // Lost each time: given up, with nothing written.
    setup.org.faults().push(ingest(Fault::lost_answer().always(), "PUT"));
    let error = setup.insert().send(accounts("refused", 3)).await.unwrap_err();
    assert!(matches!(error, Error::OutcomeUnknown { .. }), "{error}");
    assert_eq!(setup.ingest_states().await, ["Aborted"; 4]);
    assert_eq!(setup.accounts_like("refused").await, 0);
}

/// The second job's closing is lost, and its state cannot be learnt: it is known later.
#[tokio::test]
async fn a_closing_that_is_not_settled_is_settled_by_waiting() {
    for closed in [true, false] {
        let setup = Setup::new().await;
        let client = client(&setup.org, RetryPolicy::none());
        let lost = if closed { Fault::lost_answer() } else { Fault::dropped_connection() };
        setup.org.faults().push(ingest(lost, "PATCH").skip(1));
        setup.org.faults().push(ingest(Fault::dropped_connection(), "GET"));
        let ingest = client.bulk_ingest("Account", IngestOperation::Insert).polling(quick());
        let jobs = ingest.job_rows(2).send(accounts("unsettled", 6)).await.unwrap();
        assert_eq!(jobs.jobs().len(), 2, "the third is not sent");
        assert!(matches!(jobs.stopped(), Some(Error::OutcomeUnknown { .. })));
        let mut rows = Vec::new();
        let mut outcomes = jobs.outcomes();
        let error = loop {
            match outcomes.try_next().await {
                Ok(Some(row)) => rows.push(row),
                Ok(None) => panic!("ended well"),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, Error::OutcomeUnknown { .. }), "{error}");
        let written = if closed { 4 } else { 2 };
        assert_eq!(counts(&rows), (written, 0, 4 - written));
        assert_eq!(setup.accounts_like("unsettled").await, written as u64);
    }
}

#[tokio::test]
async fn a_dropped_upload_leaves_no_open_job() {
    let setup = Setup::new().await;
    let rows = accounts("gone", 30);
    setup.org.faults().push(ingest(Fault::held(), "PUT"));
    let mut load = setup.insert();
    let gone = load.gone();
    tokio::select! {
        sent = load.send(rows) => panic!("{:?}", sent.err()),
        () = setup.org.faults().spent() => {}
    }
    within_long(gone).await;
    assert_eq!(setup.ingest_states().await, ["Aborted"]);
}

#[tokio::test]
async fn rows_that_fail_are_not_lost_among_lost_answers() {
    let setup = Setup::new().await;
    setup.org.faults().push(ingest(Fault::lost_answer(), "PUT"));
    setup.org.faults().push(ingest(Fault::lost_answer(), "PATCH").skip(1));
    let rows = [json!({ "Name": "mixed" }), json!({ "Name": null })];
    let jobs = setup.insert().send(rows).await.unwrap();
    let rows = outcomes(jobs).await;
    assert_eq!(counts(&rows), (1, 1, 0));
    assert!(matches!(&rows[1].outcome, RowOutcome::Failed { .. }));
    assert_eq!(setup.accounts_named("mixed").await, 1);
}
