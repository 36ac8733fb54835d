//! Bulk jobs whatever goes wrong: rows of a query are all rows once each, or a prefix and an error;
//! rows of a load are written once, or told as not written.

use futures_util::StreamExt;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sf_emulator::{Fault, Operation};
use sf_rest::bulk::{BulkRow, IngestOperation, RowOutcome};
use sf_rest::{Error, RetryPolicy};

use crate::bulk_ingest::accounts;
use crate::bulk_query::{column, quick};
use crate::support::{Setup, client};

#[derive(Debug, Clone)]
struct Case {
    rows: u32,
    parallel: usize,
    faults: Vec<(usize, usize)>,
    attempts: u32,
    stop_after: Option<usize>,
}

fn fault(kind: usize) -> Fault {
    match kind {
        0 => Fault::expired_session(),
        1 => Fault::server_error(),
        2 => Fault::unavailable_html(),
        3 => Fault::cut_body(),
        4 => Fault::cut_chunked_body(),
        5 => Fault::cut_body().keep(60),
        6 => Fault::dropped_connection(),
        7 => Fault::lost_answer(),
        8 => Fault::concurrent_request_limit(),
        _ => Fault::request_limit(),
    }
}

fn cases(rows: std::ops::Range<u32>) -> impl Strategy<Value = Case> {
    let faults = prop::collection::vec((0..10_usize, 0..9_usize), 0..5);
    let stop = prop::option::of(0..1_200_usize);
    (rows, 1..5_usize, faults, 1..4_u32, stop).prop_map(
        |(rows, parallel, faults, attempts, stop_after)| Case {
            rows,
            parallel,
            faults,
            attempts,
            stop_after,
        },
    )
}

fn run(cases: impl Strategy<Value = Case>, test: impl Fn(Case) -> Result<(), TestCaseError>) {
    let config = Config { cases: 60, failure_persistence: None, ..Config::default() };
    if let Err(error) = TestRunner::new(config).run(&cases, test) {
        panic!("{error}");
    }
}

fn schedule(setup: &Setup, case: &Case, operations: &[Operation]) {
    setup.org.faults().clear();
    for (kind, skip) in &case.faults {
        let fault = operations.iter().fold(fault(*kind), |fault, on| fault.on(*on));
        setup.org.faults().push(fault.skip(*skip));
    }
}

#[test]
fn a_prefix_of_the_rows_and_all_of_them_at_a_good_end() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let setup = runtime.block_on(Setup::new());
    let soql = "SELECT Id, LastName, Email FROM Contact ORDER BY Id";
    let query = |client: &sf_rest::Client| client.bulk_query::<BulkRow>(soql).polling(quick());
    let whole = runtime.block_on(query(&setup.client).rows().collect::<Vec<_>>());
    let whole: Vec<BulkRow> = whole.into_iter().map(Result::unwrap).collect();
    let whole = column(&whole, "Id");

    run(cases(9..1_300), |case| {
        schedule(&setup, &case, &[Operation::BulkQuery, Operation::BulkResults]);
        setup.org.bulk_jobs().set_page_rows(case.rows as usize);
        runtime.block_on(async {
            let client = client(&setup.org, RetryPolicy::without_delay(case.attempts));
            let query = query(&client).page_rows(case.rows).parallel(case.parallel);
            let mut rows = query.rows().take(case.stop_after.unwrap_or(usize::MAX));
            let mut received = Vec::new();
            let mut failed = false;
            while let Some(row) = rows.next().await {
                match row {
                    Ok(row) => received.push(row.get("Id").unwrap().to_owned()),
                    Err(_) => failed = true,
                }
            }
            prop_assert!(whole.starts_with(&received));
            let taken = received.len() + usize::from(failed);
            if !failed && case.stop_after != Some(taken) {
                prop_assert_eq!(received.len(), whole.len());
            }
            Ok(())
        })
    });
}

#[test]
fn what_is_told_of_a_row_is_what_became_of_it() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let setup = runtime.block_on(Setup::new());
    let number = std::cell::Cell::new(0);
    run(cases(1..60), |case| {
        schedule(&setup, &case, &[Operation::BulkIngest, Operation::BulkResults]);
        number.set(number.get() + 1);
        let name = format!("told-{}-", number.get());
        runtime.block_on(async {
            let client = client(&setup.org, RetryPolicy::without_delay(case.attempts));
            let ingest = client.bulk_ingest("Account", IngestOperation::Insert).polling(quick());
            let rows = 60_usize;
            let sent = ingest.job_rows(case.rows as usize).send(accounts(&name, rows)).await;
            let mut told = std::collections::BTreeMap::new();
            let (mut failed, mut sent_rows) = (false, 0);
            if let Ok(jobs) = sent {
                sent_rows = jobs.jobs().iter().map(|job| job.positions().end).max().unwrap_or(0);
                let mut outcomes = jobs.outcomes();
                while let Some(row) = outcomes.next().await {
                    match row {
                        Ok(row) => {
                            let before = told.insert(row.position.unwrap(), row.outcome);
                            prop_assert!(before.is_none());
                        }
                        Err(Error::Unaccounted { .. }) => prop_assert!(false, "unaccounted"),
                        Err(_) => failed = true,
                    }
                }
            } else {
                failed = true;
            }
            if !failed {
                prop_assert_eq!((told.len(), sent_rows), (rows, rows as u64));
            }
            setup.org.faults().clear();
            setup.org.bulk_jobs().idle().await;
            let written = told
                .values()
                .filter(|outcome| matches!(outcome, RowOutcome::Successful { .. }))
                .count() as u64;
            let exist = setup.accounts_like(&name).await;
            // Never more than were sent, nor fewer than were told; at a good end just those.
            prop_assert!(written <= exist && exist <= sent_rows, "{written} {exist} {sent_rows}");
            if !failed {
                prop_assert_eq!(written, exist);
            }
            Ok(())
        })
    });
}
