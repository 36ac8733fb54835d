//! Sessions that end, orgs that are away, calls that are cancelled.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use sf_agent_tools::{Answer, AskPerson, CallContext, Effect, Limits, Policy, Question};
use sf_emulator::{Fault, Operation};
use tokio_util::sync::CancellationToken;

use crate::support::{agent, agent_with};

const SOQL: &str = "SELECT Id FROM Contact ORDER BY Id";

#[tokio::test]
async fn a_session_that_expires_in_the_middle_is_not_noticed() {
    let mut limits = Limits::default();
    limits.page_size = Some(500);
    let agent = agent_with(Policy::read_only(), limits).await;
    let first = agent.ok("salesforce_query", json!({ "soql": SOQL, "max_rows": 700 })).await;
    agent.org.expire_sessions();
    let next = first["completeness"]["next"].clone();
    let (rest, _) = agent.follow("salesforce_next_page", next["arguments"].clone()).await;
    assert_eq!(first["rows"].as_array().unwrap().len() + rest.len(), 3_000);
    assert_eq!(agent.org.token_requests(), 2);
}

#[tokio::test]
async fn an_outage_is_try_later_and_tells_no_infrastructure() {
    let agent = agent().await;
    agent.ok("salesforce_query", json!({ "soql": SOQL })).await;
    let faults = [
        Fault::unavailable_html(),
        Fault::unavailable(),
        Fault::server_error(),
        Fault::cut_body(),
        Fault::dropped_connection(),
        Fault::too_many_requests(Some(Duration::ZERO)),
    ];
    for fault in faults {
        agent.org.faults().push(fault.clone().on(Operation::Query).always());
        let error = agent.refused("salesforce_query", json!({ "soql": SOQL })).await;
        agent.org.faults().clear();
        assert_eq!(error["class"], "try_later", "{fault:?}: {error}");
        let text = error.to_string();
        for word in ["127.0.0.1", "503", "500", "html", "permission", "ErrorId", "socket"] {
            assert!(!text.contains(word), "{fault:?} tells {word}: {text}");
        }
    }
    // One failure that passes is not told at all.
    agent.org.faults().push(Fault::unavailable().on(Operation::Query));
    agent.ok("salesforce_query", json!({ "soql": SOQL })).await;
}

#[tokio::test]
async fn the_days_budget() {
    let agent = agent().await;
    agent.ok("salesforce_query", json!({ "soql": SOQL })).await;
    agent.org.faults().push(Fault::request_limit().on(Operation::Query));
    let error = agent.refused("salesforce_query", json!({ "soql": SOQL })).await;
    assert_eq!(error["class"], "try_later");
    assert!(error["message"].as_str().unwrap().contains("24 hours"), "{error}");
}

#[tokio::test]
async fn rights_and_the_connection_are_a_persons_matter() {
    let agent = agent().await;
    agent.ok("salesforce_query", json!({ "soql": SOQL })).await;
    let denied = r#"[{"message":"insufficient access rights on object id","errorCode":"INSUFFICIENT_ACCESS_OR_READONLY","fields":[]}]"#;
    agent.org.faults().push(Fault::reply(403, "application/json", denied).on(Operation::Query));
    let error = agent.refused("salesforce_query", json!({ "soql": SOQL })).await;
    assert_eq!(error["class"], "ask_a_person");
    assert!(error.to_string().contains("administrator can grant"), "{error}");

    agent.org.expire_sessions();
    agent.org.faults().push(Fault::token_error("invalid_grant", "expired access/refresh token"));
    let error = agent.refused("salesforce_query", json!({ "soql": SOQL })).await;
    assert_eq!(error["class"], "ask_a_person", "{error}");
    assert!(error["message"].as_str().unwrap().contains("re-authorise"), "{error}");
}

#[tokio::test]
async fn a_cancelled_call_sends_nothing() {
    let agent = agent().await;
    let token = CancellationToken::new();
    token.cancel();
    let cx = CallContext::default().with_cancellation(token);
    for (tool, arguments) in [
        ("salesforce_query", json!({ "soql": SOQL })),
        (
            "salesforce_create_records",
            json!({ "object": "Contact", "records": [{ "LastName": "X" }] }),
        ),
    ] {
        let error = agent.tools.call(&cx, tool, arguments).await.unwrap_err();
        assert!(error.message.contains("cancelled"), "{error}");
    }
    assert!(agent.org.requests().is_empty());
}

#[tokio::test]
async fn a_read_is_given_up_at_once() {
    let agent = agent().await;
    agent.ok("salesforce_query", json!({ "soql": SOQL })).await;
    agent.org.faults().push(Fault::latency(Duration::from_secs(3600)).on(Operation::Query));
    let token = CancellationToken::new();
    let cx = CallContext::default().with_cancellation(token.clone());
    let call = agent.tools.call(&cx, "salesforce_query", json!({ "soql": SOQL }));
    let (reply, ()) = tokio::join!(call, async { token.cancel() });
    assert!(reply.unwrap_err().message.contains("cancelled"));
}

#[tokio::test]
async fn a_write_is_given_up_while_it_only_reads() {
    let agent = agent().await;
    agent.org.faults().push(Fault::latency(Duration::from_secs(3600)).on(Operation::Describe));
    let token = CancellationToken::new();
    let cx = CallContext::default().with_cancellation(token.clone());
    let arguments = json!({ "object": "Contact", "records": [{ "LastName": "X" }] });
    let call = agent.tools.call(&cx, "salesforce_create_records", arguments);
    let (reply, ()) = tokio::join!(call, async { token.cancel() });
    assert!(reply.unwrap_err().message.contains("cancelled"));
    assert!(!agent.org.requests().iter().any(|r| r.operation.is_write()));
}

struct Person(Answer);

#[async_trait]
impl AskPerson for Person {
    async fn ask(&self, question: Question) -> Answer {
        assert_eq!(question.tool, "salesforce_delete_records");
        self.0
    }
}

#[tokio::test]
async fn a_person_may_be_asked_before_a_delete() {
    let policy = Policy::read_write().ask_before(Effect::Delete);
    let agent = agent_with(policy, Limits::default()).await;
    let soql = "SELECT Id FROM AIM__Deal__c LIMIT 1";
    let id = agent.ok("salesforce_query", json!({ "soql": soql })).await["rows"][0][0].clone();
    let arguments = json!({ "object": "AIM__Deal__c", "ids": [id] });
    for (answer, says) in [(Some(Answer::Declined), "declined"), (None, "nobody could be asked")] {
        let mut cx = CallContext::default();
        if let Some(answer) = answer {
            cx = cx.with_person(Arc::new(Person(answer)));
        }
        let error = agent
            .tools
            .call(&cx, "salesforce_delete_records", arguments.clone())
            .await
            .unwrap_err();
        assert_eq!(error.class.as_str(), "ask_a_person");
        assert!(error.message.contains(says), "{error}");
    }
    let cx = CallContext::default().with_person(Arc::new(Person(Answer::Approved)));
    let reply = agent.tools.call(&cx, "salesforce_delete_records", arguments).await.unwrap();
    assert_eq!(reply.data["results"][0]["outcome"], "deleted");
}
