//! Queries as jobs: all rows once each, or an error.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use serde::Deserialize;
use serde_json::json;
use sf_auth::transport::TransportErrorKind;
use sf_emulator::{Emulator, Fault, Operation};
use sf_rest::bulk::{BulkQuery, BulkRow, ColumnDelimiter, CsvFormat, LineEnding, OnDrop, Polling};
use sf_rest::{Client, Error, ErrorKind, RetryPolicy};

use crate::support::{CONTACTS, Setup, client, within_long};
use crate::wire::{Wire, answer};

const CONTACT_IDS: &str = "SELECT Id, LastName FROM Contact ORDER BY Id";

pub(crate) fn quick() -> Polling {
    Polling::default().intervals(Duration::from_millis(1), Duration::from_millis(5))
}

fn ask(client: &Client, soql: &str) -> BulkQuery {
    client.bulk_query(soql).polling(quick())
}

pub(crate) fn column(rows: &[BulkRow], name: &str) -> Vec<String> {
    rows.iter().map(|row| row.get(name).unwrap().to_owned()).collect()
}

async fn ids(query: BulkQuery) -> Result<Vec<String>, Error> {
    query.rows().try_collect::<Vec<_>>().await.map(|rows| column(&rows, "Id"))
}

/// What the stream gives before it ends, and how it ends.
async fn until_end(query: BulkQuery) -> (Vec<String>, Option<Error>) {
    let mut rows = query.rows();
    let mut received = Vec::new();
    while let Some(row) = rows.next().await {
        match row {
            Ok(row) => received.push(row.get("id").unwrap().to_owned()),
            Err(error) => {
                assert!(rows.next().await.is_none());
                return (received, Some(error));
            }
        }
    }
    (received, None)
}

#[tokio::test]
async fn the_union_of_the_pages_is_all_rows() {
    let setup = Setup::new().await;
    let query = sf_rest::Query::new("SELECT Id FROM Contact ORDER BY Id");
    let whole = setup.rows(query).await.unwrap();
    let whole: Vec<_> = whole.iter().map(|r| r.get("Id").unwrap().as_str().unwrap()).collect();
    for page in [1_u32, 7, 333, 550, 1_099, 1_100, 1_101, 50_000] {
        let page = page.max(CONTACTS / 300);
        let rows = ids(ask(&setup.client, CONTACT_IDS).page_rows(page)).await.unwrap();
        assert_eq!(rows, whole, "pages of {page}");
    }
    for (page, parallel) in [(10, 2), (37, 4), (100, 8), (550, 3), (1_100, 2), (2_000, 2)] {
        setup.org.bulk_jobs().set_page_rows(page);
        let rows = ids(ask(&setup.client, CONTACT_IDS).parallel(parallel)).await.unwrap();
        assert_eq!(rows, whole, "pages of {page}, {parallel} at a time");
    }
    // No rows, one after the other and in parallel.
    let none = "SELECT Id FROM Contact WHERE LastName = 'nobody'";
    assert!(ids(ask(&setup.client, none)).await.unwrap().is_empty());
    assert!(ids(ask(&setup.client, none).parallel(2)).await.unwrap().is_empty());
}

/// A page of 10,000 rows whose connection breaks after half of them.
#[tokio::test]
async fn a_page_that_is_cut_is_read_again_or_an_error() {
    let org = Emulator::builder().contacts(10_000).start().await.unwrap();
    let patient = client(&org, RetryPolicy::without_delay(4));
    let whole = ids(ask(&patient, CONTACT_IDS)).await.unwrap();
    assert_eq!(whole.len(), 10_000);
    let cuts = [
        Fault::cut_body(),
        Fault::cut_chunked_body(),
        Fault::cut_body().keep(1),
        Fault::cut_body().keep(200_001),
        Fault::cut_chunked_body().times(3),
    ];
    for cut in cuts {
        let shown = format!("{cut:?}");
        org.faults().push(cut.on(Operation::BulkResults));
        assert_eq!(ids(ask(&patient, CONTACT_IDS)).await.unwrap(), whole, "{shown}");
    }
    // Each page has attempts of its own as long as rows arrive.
    org.faults().push(Fault::cut_body().keep(100_000).on(Operation::BulkResults).times(3));
    org.faults().push(Fault::cut_body().keep(300_000).on(Operation::BulkResults).times(3));
    assert_eq!(ids(ask(&patient, CONTACT_IDS)).await.unwrap(), whole);
    org.faults().clear();
    // Parallel pages that are cut.
    org.bulk_jobs().set_page_rows(1_000);
    org.faults().push(Fault::cut_body().on(Operation::BulkResults).skip(2).times(4));
    assert_eq!(ids(ask(&patient, CONTACT_IDS).parallel(4)).await.unwrap(), whole);
    org.faults().clear();

    let once = client(&org, RetryPolicy::none());
    org.faults().push(Fault::cut_body().on(Operation::BulkResults));
    let (received, error) = until_end(ask(&once, CONTACT_IDS)).await;
    let error = error.expect("an error");
    insta::assert_snapshot!(error, @"GET jobs/query/{id}/results did not complete (attempts: 1)");
    assert!(
        matches!(&error, Error::Transport { source, .. } if source.kind() == TransportErrorKind::BodyCut)
    );
    assert!(!received.is_empty() && received.len() < whole.len());
    assert_eq!(received, whole[..received.len()]);
}

#[tokio::test]
async fn faults_between_and_within_the_steps() {
    let setup = Setup::new().await;
    let query = || ask(&setup.client, CONTACT_IDS).page_rows(200);
    let whole = ids(query()).await.unwrap();
    let faults = [
        Fault::expired_session().on(Operation::BulkResults).skip(2),
        Fault::expired_session().on(Operation::BulkQuery),
        Fault::expired_session().on(Operation::BulkQuery).skip(1),
        Fault::dropped_connection().on(Operation::BulkResults).skip(1).times(3),
        Fault::unavailable_html().on(Operation::BulkResults).skip(1),
        Fault::concurrent_request_limit().on(Operation::BulkQuery).times(2),
        Fault::lost_answer().on(Operation::BulkQuery),
        Fault::server_error().on(Operation::BulkQuery).method("GET").times(30),
    ];
    for fault in faults {
        let shown = format!("{fault:?}");
        setup.org.faults().push(fault);
        assert_eq!(ids(query()).await.unwrap(), whole, "{shown}");
        setup.org.faults().clear();
    }
    // A locator that is refused: what was there, then the platform's error.
    setup.org.faults().push(Fault::expired_locator().on(Operation::BulkResults).skip(1));
    let (received, error) = until_end(query()).await;
    assert_eq!(received, whole[..200]);
    let error = error.expect("an error");
    insta::assert_snapshot!(error, @"Salesforce refused GET jobs/query/{id}/results: HTTP 400: INVALID_QUERY_LOCATOR: invalid query locator");
}

#[tokio::test]
async fn answers_that_are_not_what_they_should_be() {
    let setup = Setup::new().await;
    let cases = [
        ("text/html", "<html>log in</html>"),
        ("text/csv", "\"Id\",\"LastName\"\n\"1\",\"a\"\n"),
        ("text/csv", "\"Id\",\"LastName\"\n\"1\"\n"),
        ("text/csv", ""),
    ];
    let mut told = Vec::new();
    for (kind, body) in cases {
        setup.org.faults().push(Fault::reply(200, kind, body).on(Operation::BulkResults));
        let error = until_end(ask(&setup.client, CONTACT_IDS)).await.1.expect("an error");
        told.push(error.to_string());
    }
    insta::assert_snapshot!(told.join("\n"), @"
    the answer (HTTP 200) is an HTML or XML page instead of CSV; it begins: <html>log in</html>
    the query result is not complete: 1 of 1100 rows were received, and a page does not say whether it is the last
    the answer (HTTP 200) is not CSV: row 1 has 1 values, and there are 2 columns; it begins: Id,LastName
    the query result is not complete: 0 of 1100 rows were received, and a page does not say whether it is the last
    ");
}

/// Two pages that are the same, and addresses that lead to themselves.
#[tokio::test]
async fn pages_in_parallel_that_go_in_a_circle_are_an_error() {
    const JOB: &str = r#"{"id":"750dM00000F2ZVTQA3","operation":"query","object":"Contact","state":"JobComplete","numberRecordsProcessed":4}"#;
    async fn error(pages: &'static str) -> Error {
        let wire = Wire::start(move |seen| async move {
            let path = seen.head.split(' ').nth(1).unwrap();
            if path.contains("resultPages") {
                answer(200, "", pages)
            } else if path.contains("results") {
                answer(200, "sforce-numberofrecords: 2\r\n", "\"Id\"\n\"1\"\n\"2\"\n")
            } else {
                answer(200, "", JOB)
            }
        })
        .await;
        until_end(ask(&wire.client(), CONTACT_IDS).parallel(2)).await.1.expect("an error")
    }
    let twice = r#"{"done":true,"resultPages":[
        {"resultUrl":"/services/data/v66.0/jobs/query/750dM00000F2ZVTQA3/results?locator=a"},
        {"resultUrl":"/services/data/v66.0/jobs/query/750dM00000F2ZVTQA3/results?locator=a"}]}"#;
    let circle = r#"{"done":false,"resultPages":[],
        "nextRecordsUrl":"/services/data/v66.0/jobs/query/750dM00000F2ZVTQA3/resultPages?locator=b"}"#;
    insta::assert_snapshot!(error(twice).await, @"the query result is not complete: 0 of 4 rows were received, and a page is given twice");
    insta::assert_snapshot!(error(circle).await, @"the query result is not complete: 0 of 4 rows were received, and the addresses of its pages go in a circle");
}

#[tokio::test]
async fn a_job_that_fails_or_takes_too_long_is_told() {
    let setup = Setup::new().await;
    let error = ids(ask(&setup.client, "SELECT COUNT() FROM Contact")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Api, "{error}");

    let failed = |state: &str| {
        let body = json!({
            "id": "750dM00000F2ZVTQA3", "operation": "query", "object": "Contact", "state": state,
            "errorMessage": "InvalidBatch : Failed to process query: QUERY_TIMEOUT: too long",
        });
        Fault::reply(200, "application/json", body.to_string())
            .on(Operation::BulkQuery)
            .method("GET")
    };
    setup.org.faults().push(failed("Failed"));
    let error = ids(ask(&setup.client, CONTACT_IDS)).await.unwrap_err();
    insta::assert_snapshot!(error, @"the bulk job 750dM00000F2ZVTQA3 ended as Failed: InvalidBatch : Failed to process query: QUERY_TIMEOUT: too long");
    assert_eq!(error.kind(), ErrorKind::BulkJob);

    setup.org.bulk_jobs().hold();
    // Intervals may be as long as one likes.
    let endless = Polling::default().intervals(Duration::MAX, Duration::MAX);
    let endless = endless.timeout(Duration::from_millis(20));
    let error = ids(ask(&setup.client, CONTACT_IDS).polling(endless)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BulkTimeout);
    let short = quick().timeout(Duration::from_millis(20));
    let query = ask(&setup.client, CONTACT_IDS).polling(short).on_drop(OnDrop::Leave);
    let error = ids(query).await.unwrap_err();
    assert!(matches!(&error, Error::BulkTimeout { state, .. } if state == "UploadComplete"));

    // It goes on, and another process can read it.
    let Error::BulkTimeout { job, .. } = error else { unreachable!() };
    setup.org.bulk_jobs().release();
    setup.org.bulk_jobs().idle().await;
    let job = setup.client.bulk_query_job::<BulkRow>(job);
    assert_eq!(job.wait().await.unwrap().number_records_processed, Some(u64::from(CONTACTS)));
    let rows: Vec<BulkRow> = job.clone().rows().try_collect().await.unwrap();
    assert_eq!(rows.len(), CONTACTS as usize);
    job.delete().await.unwrap();
}

#[tokio::test]
async fn dropping_the_rows_aborts_the_job_or_leaves_it() {
    let setup = Setup::new().await;
    setup.org.bulk_jobs().hold();
    for (on_drop, expected) in [(OnDrop::Abort, "Aborted"), (OnDrop::Leave, "UploadComplete")] {
        setup.org.clear_requests();
        let mut rows = ask(&setup.client, CONTACT_IDS).on_drop(on_drop).rows();
        // Made and looked at.
        while setup.count(Operation::BulkQuery) < 2 {
            let _ = tokio::time::timeout(Duration::from_millis(10), rows.next()).await;
        }
        drop(rows);
        let list = sf_rest::ops::bulk::ListJobs::new(sf_rest::ops::bulk::JobKind::Query);
        within_long(async {
            while setup.client.send(&list).await.unwrap().records[0].state.as_str() != expected {}
        })
        .await;
    }
}

#[tokio::test]
async fn values_come_as_they_are_and_null_is_empty() {
    #[derive(Debug, Deserialize)]
    struct Row {
        #[serde(rename = "Description")]
        text: String,
        #[serde(rename = "Site")]
        site: Option<String>,
        #[serde(rename = "AnnualRevenue")]
        revenue: Option<f64>,
        #[serde(rename = "Owner.Name")]
        owner: String,
        #[serde(rename = "IsDeleted")]
        deleted: bool,
    }
    let setup = Setup::new().await;
    let text = "a, \"quoted\"\nsecond line; ü";
    setup
        .client
        .create("Account", &json!({ "Name": "plain", "Description": text, "AnnualRevenue": 4711 }))
        .await
        .unwrap();
    let soql = "SELECT Name, Description, Site, AnnualRevenue, Owner.Name, IsDeleted FROM Account WHERE AnnualRevenue = 4711";
    for delimiter in [ColumnDelimiter::Comma, ColumnDelimiter::Semicolon, ColumnDelimiter::Tab] {
        let format = CsvFormat { delimiter, line_ending: LineEnding::Crlf };
        let query = setup.client.bulk_query::<Row>(soql).format(format).polling(quick());
        let rows: Vec<Row> = query.rows().try_collect().await.unwrap();
        assert_eq!((rows.len(), rows[0].text.as_str(), rows[0].deleted), (1, text, false));
        assert_eq!((rows[0].site.as_deref(), rows[0].revenue), (None, Some(4711.0)));
        assert!(!rows[0].owner.is_empty());
    }
    let rows: Vec<BulkRow> = ask(&setup.client, soql).rows().try_collect().await.unwrap();
    assert_eq!((rows[0].get("site"), rows[0].get("nope")), (Some(""), None));
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "never made")]
    struct Wrong {
        #[serde(rename = "Name")]
        name: u32,
    }
    let error = rows[0].deserialize::<Wrong>().unwrap_err();
    insta::assert_snapshot!(error, @"the answer (HTTP 200) is not a row of the type asked for: the value of the column Name does not fit its type; it begins: Name,Description,Site,AnnualRevenue,Owner.Name,IsDeleted");
}

/// A consumer that takes one row does not make the task read the whole result.
#[tokio::test]
async fn what_is_read_ahead_is_bounded() {
    let setup = Setup::new().await;
    let mut rows = ask(&setup.client, CONTACT_IDS).page_rows(10).rows();
    rows.next().await.unwrap().unwrap();
    let mut before = 0;
    loop {
        setup.client.limits().await.unwrap();
        let now = setup.count(Operation::BulkResults);
        if now == before {
            break;
        }
        before = now;
    }
    assert!(before <= 5, "{before} pages");
    assert_eq!(rows.try_collect::<Vec<_>>().await.unwrap().len(), CONTACTS as usize - 1);
}
