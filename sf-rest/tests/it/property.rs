//! Whatever goes wrong, and wherever the consumer stops: a prefix of the rows, and all of them if
//! the stream ends well.

use futures_util::StreamExt;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sf_emulator::{Fault, Operation};
use sf_rest::{Query, Record, RetryPolicy};

use crate::support::{Setup, client};

#[derive(Debug, Clone)]
struct Case {
    batch: u16,
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
        7 => Fault::request_limit(),
        _ => Fault::concurrent_request_limit(),
    }
}

fn cases() -> impl Strategy<Value = Case> {
    let faults = prop::collection::vec((0..9_usize, 0..6_usize), 0..4);
    let stop = prop::option::of(0..1_200_usize);
    (200..1_300_u16, faults, 1..4_u32, stop).prop_map(|(batch, faults, attempts, stop_after)| {
        Case { batch, faults, attempts, stop_after }
    })
}

#[test]
fn a_prefix_of_the_rows_and_all_of_them_at_a_good_end() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let setup = runtime.block_on(Setup::new());
    let query = || Query::<Record>::new("SELECT Id FROM Contact ORDER BY Id");
    let id = |row: &Record| row.get("Id").unwrap().as_str().unwrap().to_owned();
    let whole: Vec<String> =
        runtime.block_on(setup.rows(query())).unwrap().iter().map(id).collect();

    let config = Config { cases: 60, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&cases(), |case| {
        setup.org.faults().clear();
        for (kind, skip) in &case.faults {
            let fault = fault(*kind).on(Operation::Query).on(Operation::NextPage).skip(*skip);
            setup.org.faults().push(fault);
        }
        runtime.block_on(async {
            let client = client(&setup.org, RetryPolicy::without_delay(case.attempts));
            let stream = client.query_with(query().batch_size(case.batch));
            let mut stream = stream.take(case.stop_after.unwrap_or(usize::MAX));
            let mut received = Vec::new();
            let mut failed = false;
            while let Some(row) = stream.next().await {
                match row {
                    Ok(row) => received.push(id(&row)),
                    Err(_) => failed = true,
                }
            }
            prop_assert!(whole.starts_with(&received));
            let stopped =
                case.stop_after.is_some_and(|stop| received.len() + usize::from(failed) == stop);
            if !failed && !stopped {
                prop_assert_eq!(received.len(), whole.len());
            }
            Ok(())
        })
    });
    setup.org.faults().clear();
    if let Err(error) = result {
        panic!("{error}");
    }
}
