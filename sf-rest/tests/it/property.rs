//! Whatever goes wrong, and wherever the consumer stops: a prefix of the rows, and all of them if
//! the stream ends well.

use futures_util::{StreamExt, TryStreamExt};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sf_emulator::{Emulator, Fault, Operation};
use sf_rest::{CallOptions, Query, Record, RetryPolicy};

use crate::support::{CONTACTS, client};

/// How an org pages, and how many pages the client asks for at once.
#[derive(Debug, Clone)]
struct Case {
    org: usize,
    window: usize,
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
        8 => Fault::expired_locator(),
        9 => Fault::reply(200, "text/html", "<h1>hello</h1>"),
        _ => Fault::concurrent_request_limit(),
    }
}

fn cases() -> impl Strategy<Value = Case> {
    let faults = prop::collection::vec((0..11_usize, 0..6_usize), 0..4);
    let stop = prop::option::of(0..1_200_usize);
    let window = prop::sample::select(vec![1, 2, 3, 8]);
    (0..5_usize, window, 200..1_300_u16, faults, 1..4_u32, stop).prop_map(
        |(org, window, batch, faults, attempts, stop_after)| Case {
            org,
            window,
            batch,
            faults,
            attempts,
            stop_after,
        },
    )
}

/// Locators that are good for one use, for any, for any offset; pages of any size.
async fn orgs() -> Vec<Emulator> {
    let builder = || Emulator::builder().contacts(CONTACTS);
    let mut orgs = Vec::new();
    for builder in [
        builder(),
        builder().short_pages(1),
        builder().reusable_locators(true).short_pages(2),
        builder().computed_offsets(true),
        builder().computed_offsets(true).short_pages(3),
    ] {
        orgs.push(builder.start().await.unwrap());
    }
    orgs
}

#[test]
fn a_prefix_of_the_rows_and_all_of_them_at_a_good_end() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let orgs = runtime.block_on(orgs());
    let query = || Query::<Record>::new("SELECT Id FROM Contact ORDER BY Id");
    let id = |row: &Record| row.get("Id").unwrap().as_str().unwrap().to_owned();
    let truth: Vec<Vec<String>> = orgs
        .iter()
        .map(|org| {
            let client = client(org, RetryPolicy::none());
            let rows: Vec<Record> =
                runtime.block_on(client.query_with(query()).try_collect()).unwrap();
            rows.iter().map(id).collect()
        })
        .collect();

    let config = Config { cases: 150, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&cases(), |case| {
        let (org, whole) = (&orgs[case.org], &truth[case.org]);
        org.faults().clear();
        for (kind, skip) in &case.faults {
            let fault = fault(*kind).on(Operation::NextPage);
            let fault = if *kind == 8 { fault } else { fault.on(Operation::Query) };
            org.faults().push(fault.skip(*skip));
        }
        runtime.block_on(async {
            let options = CallOptions::new().pages_in_flight(case.window);
            let client = client(org, RetryPolicy::without_delay(case.attempts)).with(options);
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
            if case.faults.is_empty() {
                prop_assert!(!failed, "nothing went wrong");
            }
            Ok(())
        })
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
