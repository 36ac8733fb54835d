//! Loads: every row accounted for.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::{TryStreamExt, stream};
use serde_json::{Value, json};
use sf_emulator::{Fault, Operation};
use sf_rest::bulk::{
    BulkIngest, ColumnDelimiter, CsvFormat, IngestJobs, IngestOperation, IngestResult, LineEnding,
    OnDrop, RowOutcome, SentRow,
};
use sf_rest::ops::bulk::{JobKind, ListJobs};
use sf_rest::{Error, ErrorKind, Query};

use crate::bulk_query::quick;
use crate::support::{Setup, within_long};

impl Setup {
    fn ingest(&self, operation: IngestOperation) -> BulkIngest {
        self.client.bulk_ingest("Account", operation).polling(quick())
    }

    pub(crate) fn insert(&self) -> BulkIngest {
        self.ingest(IngestOperation::Insert)
    }

    /// The states of all ingest jobs, newest first.
    pub(crate) async fn ingest_states(&self) -> Vec<String> {
        let jobs = self.client.send(&ListJobs::new(JobKind::Ingest)).await.unwrap();
        jobs.records.iter().map(|job| job.state.as_str().to_owned()).collect()
    }

    /// How many accounts have a name that begins so.
    pub(crate) async fn accounts_like(&self, name: &str) -> u64 {
        let soql = format!("SELECT COUNT() FROM Account WHERE Name LIKE '{name}%'");
        self.client.query_page(&Query::new(soql)).await.unwrap().total_size
    }
}

pub(crate) fn accounts(prefix: &str, rows: usize) -> Vec<Value> {
    (0..rows).map(|n| json!({ "Name": format!("{prefix} {n}"), "Site": "a \"b\", c" })).collect()
}

pub(crate) async fn outcomes(jobs: IngestJobs) -> Vec<SentRow> {
    jobs.outcomes().try_collect().await.unwrap()
}

pub(crate) fn counts(rows: &[SentRow]) -> (usize, usize, usize) {
    let count = |kind: fn(&RowOutcome) -> bool| rows.iter().filter(|r| kind(&r.outcome)).count();
    (
        count(|o| matches!(o, RowOutcome::Successful { .. })),
        count(|o| matches!(o, RowOutcome::Failed { .. })),
        count(|o| matches!(o, RowOutcome::Unprocessed { .. })),
    )
}

fn positions(rows: &[SentRow]) -> Vec<u64> {
    let mut positions: Vec<u64> = rows.iter().map(|row| row.position.unwrap()).collect();
    positions.sort_unstable();
    positions
}

#[tokio::test]
async fn each_row_has_its_outcome() {
    let setup = Setup::new().await;
    let mut rows = accounts("each", 450);
    rows[3]["Name"] = Value::Null;
    rows[401]["Name"] = Value::Null;
    // The same row twice: each has a place.
    rows[7] = rows[8].clone();
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    let jobs = setup
        .insert()
        .job_rows(200)
        .on_progress(move |progress| heard.lock().unwrap().push(progress))
        .send(rows)
        .await
        .unwrap();
    assert_eq!(jobs.jobs().len(), 3);
    let ranges: Vec<_> = jobs.jobs().iter().map(sf_rest::bulk::IngestJob::positions).collect();
    assert_eq!(ranges, [0..200, 200..400, 400..450]);
    let summary = jobs.wait().await.unwrap();
    assert_eq!(
        (summary.sent, summary.successful, summary.failed, summary.unprocessed),
        (450, 448, 2, 0)
    );
    let last = *told.lock().unwrap().last().unwrap();
    assert_eq!((last.jobs, last.rows_sent, last.processed, last.failed), (3, 450, 450, 2));

    let rows = outcomes(jobs).await;
    assert_eq!(counts(&rows), (448, 2, 0));
    assert_eq!(positions(&rows), (0..450).collect::<Vec<_>>());
    let failed: Vec<_> =
        rows.iter().filter(|row| matches!(row.outcome, RowOutcome::Failed { .. })).collect();
    assert_eq!([failed[0].position, failed[1].position], [Some(3), Some(401)]);
    let RowOutcome::Failed { error, .. } = &failed[0].outcome else { panic!("{failed:?}") };
    insta::assert_snapshot!(format!("{:?}: {error}", failed[0].row), @r##"{"Name": "#N/A", "Site": "a \"b\", c"}: REQUIRED_FIELD_MISSING: Required fields are missing: [Name] (fields: Name)"##);
    let RowOutcome::Successful { id, created: true } = rows[0].outcome else { panic!("{rows:?}") };
    let name = format!("each {}", rows[0].position.unwrap());
    assert_eq!((setup.name_of(id).await, rows[0].row.get("Name")), (json!(name), Some(&*name)));
    assert_eq!(setup.accounts_like("each").await, 448);
}

#[tokio::test]
async fn operations_of_each_kind() {
    let setup = Setup::new().await;
    let made = setup.insert().send(accounts("kind", 3)).await.unwrap();
    let made = outcomes(made).await;
    let ids: Vec<String> = made
        .iter()
        .map(|row| match row.outcome {
            RowOutcome::Successful { id, .. } => id.to_string(),
            _ => panic!("{row:?}"),
        })
        .collect();
    let update = ids.iter().map(|id| json!({ "Id": id, "Name": "kind x", "Site": null }));
    let jobs = setup.ingest(IngestOperation::Update).send(update).await.unwrap();
    assert_eq!(jobs.wait().await.unwrap().successful, 3);
    assert_eq!(setup.accounts_named("kind x").await, 3);
    let sites = "SELECT COUNT() FROM Account WHERE Name = 'kind x' AND Site = null";
    assert_eq!(setup.client.query_page(&Query::new(sites)).await.unwrap().total_size, 3);

    let upsert = IngestOperation::Upsert { external_id: "Id".to_owned() };
    let rows = [json!({ "Id": ids[0], "Name": "kind y" })];
    let jobs = setup.ingest(upsert).send(rows).await.unwrap();
    let rows = outcomes(jobs).await;
    assert!(matches!(rows[0].outcome, RowOutcome::Successful { created: false, .. }), "{rows:?}");

    let one = |n: usize| vec![json!({ "Id": ids[n] })];
    for (n, operation) in [(1, IngestOperation::Delete), (2, IngestOperation::HardDelete)] {
        let jobs = setup.ingest(operation).send(one(n)).await.unwrap();
        assert_eq!(jobs.wait().await.unwrap().successful, 1);
    }
    assert_eq!(setup.accounts_like("kind").await, 1);
}

#[tokio::test]
async fn csv_from_everywhere() {
    let setup = Setup::new().await;
    let format = CsvFormat { delimiter: ColumnDelimiter::Semicolon, line_ending: LineEnding::Crlf };
    // A byte order mark, other line ends than declared, and a quote that is not doubled.
    let csv = "\u{feff}Name;Site\ncsv 1;\"x;y\"\ncsv 2;say \"hi\"\r\ncsv 3;\n";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bulk.csv");
    std::fs::write(&file, csv).unwrap();
    let bytes = Bytes::from_static(csv.as_bytes());
    let pieces = (0..csv.len()).map(|n| Ok::<_, std::io::Error>(bytes.slice(n..=n)));
    let load = || setup.insert().format(format).job_rows(2);
    let jobs = [
        load().send_csv(csv).await.unwrap(),
        load().send_csv_stream(stream::iter(pieces.collect::<Vec<_>>())).await.unwrap(),
        load().send_csv_reader(std::io::Cursor::new(csv)).await.unwrap(),
        load().send_csv_file(&file).await.unwrap(),
    ];
    for jobs in jobs {
        assert_eq!(jobs.jobs().len(), 2);
        let rows = outcomes(jobs).await;
        assert_eq!((counts(&rows), positions(&rows)), ((3, 0, 0), vec![0, 1, 2]));
        let mut sites: Vec<_> = rows.iter().map(|row| row.row.get("Site").unwrap()).collect();
        sites.sort_unstable();
        assert_eq!(sites, ["", "say \"hi\"", "x;y"]);
    }
    assert_eq!(setup.accounts_like("csv").await, 12);

    let mut told = Vec::new();
    for csv in ["Name;Site\na\n", "Name\n\"a\n"] {
        told.push(load().send_csv(csv).await.unwrap_err().to_string());
    }
    let missing = load().send_csv_file("/nowhere/at/all.csv").await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Source);
    insta::assert_snapshot!(told.join("\n"), @"
    invalid request: the CSV cannot be sent: row 1 has 1 values, and there are 2 columns
    invalid request: the CSV cannot be sent: it ends inside a quoted value
    ");
    // Nothing to send, nothing sent.
    setup.org.clear_requests();
    assert_eq!(load().send_csv("Name;Site\n").await.unwrap().wait().await.unwrap().sent, 0);
    assert_eq!(load().send(Vec::<Value>::new()).await.unwrap().wait().await.unwrap().sent, 0);
    assert!(setup.org.requests().is_empty());
}

#[tokio::test]
async fn a_job_that_fails_as_a_whole() {
    let setup = Setup::new().await;
    let rows = [json!({ "Nope__c": "a" }), json!({ "Nope__c": "b" })];
    let jobs = setup.insert().send(rows).await.unwrap();
    let error = jobs.wait().await.unwrap_err();
    let Error::BulkJob { state, message, .. } = &error else { panic!("{error:?}") };
    insta::assert_snapshot!(format!("{state}: {message}"), @"Failed: InvalidBatch : Field name not found : Nope__c");
    let rows = outcomes(jobs).await;
    assert_eq!((counts(&rows), positions(&rows)), ((0, 0, 2), vec![0, 1]));
    assert!(
        matches!(&rows[0].outcome, RowOutcome::Unprocessed { reason: Some(r) } if **r == **message)
    );
}

#[tokio::test]
async fn aborted_on_the_way() {
    let setup = Setup::new().await;
    setup.org.bulk_jobs().hold();
    let jobs = setup.insert().send(accounts("half", 500)).await.unwrap();
    setup.org.bulk_jobs().step().await;
    setup.org.bulk_jobs().step().await;
    jobs.abort().await.unwrap();
    setup.org.bulk_jobs().release();
    assert!(matches!(jobs.wait().await, Err(Error::BulkJob { state, .. }) if state == "Aborted"));
    let rows = outcomes(jobs).await;
    assert_eq!(counts(&rows), (200, 0, 300));
    assert_eq!(positions(&rows), (0..500).collect::<Vec<_>>());
    assert_eq!(setup.accounts_like("half").await, 200);
}

#[tokio::test]
async fn dropped_jobs_go_on_or_are_aborted() {
    let setup = Setup::new().await;
    setup.org.bulk_jobs().hold();
    for (on_drop, expected) in [(OnDrop::Leave, "UploadComplete"), (OnDrop::Abort, "Aborted")] {
        let jobs = setup.insert().on_drop(on_drop).send(accounts("drop", 3)).await.unwrap();
        drop(jobs);
        within_long(async { while setup.ingest_states().await[0] != expected {} }).await;
    }
}

#[tokio::test]
async fn a_source_that_fails_after_the_first_job() {
    let setup = Setup::new().await;
    let rows = (0..25).map(|n| match n {
        23 => Err("the disk is gone"),
        n => Ok(json!({ "Name": format!("source {n}") })),
    });
    let jobs = setup.insert().job_rows(10).send_stream(stream::iter(rows)).await.unwrap();
    assert_eq!((jobs.jobs().len(), jobs.stopped().unwrap().kind()), (2, ErrorKind::Source));
    assert_eq!(jobs.wait().await.unwrap_err().kind(), ErrorKind::Source);
    let mut outcomes = jobs.outcomes();
    for _ in 0..20 {
        outcomes.try_next().await.unwrap().unwrap();
    }
    assert_eq!(outcomes.try_next().await.unwrap_err().kind(), ErrorKind::Source);
    assert_eq!(setup.accounts_like("source").await, 20);
    // Before the first job, nothing is sent.
    let rows = stream::iter([Ok(json!({ "Name": "x" })), Err("gone")]);
    assert!(setup.insert().send_stream(rows).await.is_err());
    let error = setup.insert().send([json!({ "Name": "x" }), json!({ "Nope": 1 })]).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidRequest);
    assert_eq!(setup.ingest_states().await.len(), 2);
}

#[tokio::test]
async fn results_are_read_to_their_end_or_not_accounted_for() {
    let setup = Setup::new().await;
    let mut rows = accounts("cut", 3_000);
    rows[5]["Name"] = Value::Null;
    let jobs = setup.insert().send(rows).await.unwrap();
    assert_eq!(jobs.wait().await.unwrap().failed, 1);
    setup.org.faults().push(Fault::cut_body().on(Operation::BulkResults).times(2));
    setup.org.faults().push(Fault::expired_session().on(Operation::BulkResults).skip(2));
    let rows = outcomes(jobs).await;
    assert_eq!(counts(&rows), (2_999, 1, 0));
    assert_eq!(positions(&rows), (0..3_000).collect::<Vec<_>>());

    let jobs = setup.insert().send(accounts("short", 2)).await.unwrap();
    let id = jobs.jobs()[0].id();
    let csv =
        "\"sf__Id\",\"sf__Created\",Name,Site\n\"001dM00003kRs59QAC\",\"true\",\"short 0\",\"\"\n";
    let fault = Fault::reply(200, "text/csv", csv).on(Operation::BulkResults);
    setup.org.faults().push(fault);
    let error = jobs.outcomes().try_collect::<Vec<_>>().await.unwrap_err();
    insta::assert_snapshot!(error.to_string().replace(id.as_str(), "…"), @"the bulk job … does not account for its 2 rows: 1 successful, 0 failed, 0 unprocessed; look at its results before sending any of them again");
}

#[tokio::test]
async fn rows_of_one_kind() {
    let setup = Setup::new().await;
    let mut rows = accounts("only", 5);
    rows[1]["Name"] = Value::Null;
    let jobs = setup.insert().send(rows).await.unwrap();
    setup.org.clear_requests();
    let failed: Vec<_> = jobs.results(IngestResult::Failed).try_collect().await.unwrap();
    assert_eq!((failed.len(), failed[0].position), (1, Some(1)));
    assert_eq!(setup.count(Operation::BulkResults), 1);
}
