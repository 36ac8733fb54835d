//! Questions as people read them, and calls that wait for the answer between two requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};
use sf_agent_tools::{
    Answer, Ask, CallContext, Given, Limits, PausedCalls, Policy, Progress, Step, WriteMode,
};
use tokio_util::sync::CancellationToken;

use crate::support::{Agent, agent_with};

const LONG: Duration = Duration::from_secs(60);
const CREATE: &str = "salesforce_create_records";

async fn approving() -> Agent {
    let policy = Policy::read_write().with_write_mode(WriteMode::Approved);
    agent_with(policy, Limits::default()).await
}

fn one() -> Value {
    json!({ "object": "Contact", "records": [{ "LastName": "Ito" }] })
}

fn asks(step: Step) -> (String, Ask) {
    match step {
        Step::Asks { handle, ask } => (handle, ask),
        other => panic!("{other:?}"),
    }
}

fn yes(_: &Ask) -> Option<Given> {
    Some(Given::Answer(Answer::Approved))
}

#[tokio::test]
async fn many_records_are_shown_in_short() {
    let Agent { org: _org, tools } = approving().await;
    let paused = PausedCalls::new(10, LONG);
    let text = format!("Two lines\n- \"new\"\n{}", "x".repeat(200));
    let record = |n: u32| json!({ "LastName": format!("No. {n}"), "Description": text });
    let records: Vec<Value> = (1..=30).map(record).collect();
    let many = json!({ "object": "Contact", "records": records });
    let cx = CallContext::default();
    let (_, ask) = asks(paused.begin(&tools, &cx, CREATE, many).await);
    let Ask::Question(question) = ask else { panic!("{ask:?}") };
    let text = question.to_text();
    assert!(text.len() < 2_000, "{}", text.len());
    let lines: Vec<&str> = text.lines().take(6).collect();
    assert_snapshot!(lines.join("\n"), @r#"
    May the agent create records as shown?

    create 30 records of Contact
    - new
      LastName: "No. 1"
      Description: "Two lines\n- \"new\"\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx… (218 characters)"
    "#);
    assert!(text.contains("... and 25 more records"), "{text}");
}

#[tokio::test]
async fn there_is_room_for_so_many_and_a_call_that_waits_too_long_is_over() {
    let Agent { org, tools } = approving().await;
    let cx = CallContext::default();
    let paused = PausedCalls::new(1, LONG);
    let (handle, _) = asks(paused.begin(&tools, &cx, CREATE, one()).await);
    let Step::Done(Err(full)) = paused.begin(&tools, &cx, CREATE, one()).await else {
        panic!("there is no room");
    };
    assert!(full.message.contains("Too many calls"), "{full}");
    // What waits goes on all the same.
    let step = paused.resume(&cx, &handle, CREATE, &one(), yes).await.unwrap();
    assert!(matches!(step, Step::Done(Ok(_))), "{step:?}");

    let paused = PausedCalls::new(1, Duration::from_millis(1));
    let (handle, _) = asks(paused.begin(&tools, &cx, CREATE, one()).await);
    let writes = |org: &sf_emulator::Emulator| {
        org.requests().iter().filter(|r| r.operation.is_write()).count()
    };
    let before = writes(&org);
    loop {
        // Until its time is over, nobody answers.
        match paused.resume(&cx, &handle, CREATE, &one(), |_| None).await {
            Ok(_) => tokio::task::yield_now().await,
            Err(error) => {
                assert!(error.message.contains("waited too long"), "{error}");
                break;
            }
        }
    }
    assert_eq!(writes(&org), before);
}

#[tokio::test]
async fn an_answer_is_its_callers_own() {
    let Agent { org: _org, tools } = approving().await;
    let paused = PausedCalls::new(10, LONG);
    let (ada, bob) =
        (CallContext::default().with_identity("ada"), CallContext::default().with_identity("bob"));
    let (handle, _) = asks(paused.begin(&tools, &ada, CREATE, one()).await);
    for cx in [&bob, &CallContext::default()] {
        assert!(paused.resume(cx, &handle, CREATE, &one(), yes).await.is_err());
    }
    let other = "salesforce_delete_records";
    assert!(paused.resume(&ada, &handle, other, &one(), yes).await.is_err());
    let step = paused.resume(&ada, &handle, CREATE, &one(), yes).await.unwrap();
    assert!(matches!(step, Step::Done(Ok(_))), "{step:?}");
}

#[tokio::test]
async fn a_call_given_up_between_its_questions_writes_nothing() {
    let Agent { org, tools } = approving().await;
    let paused = PausedCalls::new(10, LONG);
    let token = CancellationToken::new();
    let cx = CallContext::default().with_cancellation(token.clone());
    token.cancel();
    let step = paused.begin(&tools, &cx, CREATE, one()).await;
    let Step::Done(Err(error)) = step else { panic!("{step:?}") };
    assert!(error.message.contains("cancelled"), "{error}");
    assert!(!org.requests().iter().any(|r| r.operation.is_write()));
}

#[derive(Default)]
struct Last(AtomicU64);

impl Progress for Last {
    fn report(&self, done: u64, _: Option<u64>, _: &str) {
        self.0.store(done, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn progress_goes_to_whoever_waits() {
    let mut limits = Limits::default();
    (limits.page_size, limits.rows, limits.tokens) = (Some(200), 2_000, 1_000_000);
    let Agent { org: _org, tools } = agent_with(Policy::read_only(), limits).await;
    let last = Arc::new(Last::default());
    let cx = CallContext::default().with_progress(last.clone());
    let soql = json!({ "soql": "SELECT Id FROM Contact LIMIT 1000" });
    let step = PausedCalls::new(1, LONG).begin(&tools, &cx, "salesforce_query", soql).await;
    assert!(matches!(step, Step::Done(Ok(_))), "{step:?}");
    assert_eq!(last.0.load(Ordering::Relaxed), 800);
}
