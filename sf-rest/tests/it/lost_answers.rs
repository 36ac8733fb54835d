//! Writes that were executed and whose answer was lost: whatever comes after, they are never reported
//! as not written.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::{Value, json};
use sf_auth::{Credentials, Session, StaticCredentials};
use sf_emulator::{Emulator, Fault, Operation};
use sf_rest::ops::records::{CreateRecord, DeleteRecord, GetRecord, UpdateRecord};
use sf_rest::{Client, Error, ErrorCode, ErrorKind, Id, RetryPolicy, SaveResult};

use crate::support::Setup;

#[derive(Debug, Clone, Copy)]
enum Write {
    Update,
    Upsert,
    Delete,
    UpdateMany,
    UpsertMany,
    DeleteMany,
}

const WRITES: [Write; 6] = [
    Write::Update,
    Write::Upsert,
    Write::Delete,
    Write::UpdateMany,
    Write::UpsertMany,
    Write::DeleteMany,
];

fn invoice(amount: u32) -> Value {
    json!({ "Amount__c": amount, "Due_Date__c": "2026-12-01" })
}

fn keyed(key: &str) -> Value {
    json!({ "External_Id__c": key, "Amount__c": 1, "Due_Date__c": "2026-12-01" })
}

/// Makes a write, and gives the errors that it reports.
async fn errors(client: &Client, write: Write, id: Id) -> Vec<Arc<Error>> {
    let name = json!({ "Name": "Written" });
    let invoices = ("Invoice__c", "External_Id__c");
    let single = |result: Result<(), Error>| result.map(|()| Vec::new());
    let result = match write {
        Write::Update => single(client.update("Account", id, &name).await),
        Write::Upsert => {
            single(client.upsert(invoices.0, invoices.1, "lost", &invoice(1)).await.map(|_| ()))
        }
        Write::Delete => single(client.delete("Account", id).await),
        Write::UpdateMany => client.update_many("Account", &[(id, name)], false).await,
        Write::UpsertMany => {
            client.upsert_many(invoices.0, invoices.1, &[keyed("a"), keyed("b")], false).await
        }
        Write::DeleteMany => client.delete_many(&[id], false).await,
    };
    match result {
        Err(error) => vec![Arc::new(error)],
        Ok(results) => results
            .into_iter()
            .map(|result| match result {
                SaveResult::Unknown { reason } => reason,
                other => panic!("{write:?}: {other:?}"),
            })
            .collect(),
    }
}

fn assert_unknown(write: Write, errors: &[Arc<Error>], cause: ErrorKind) {
    assert!(!errors.is_empty(), "{write:?} reports success");
    for error in errors {
        let Error::OutcomeUnknown { source, .. } = &**error else { panic!("{write:?}: {error}") };
        assert_eq!(source.kind(), cause, "{write:?}: {source}");
    }
}

#[tokio::test]
async fn then_the_days_limit() {
    let setup = Setup::new().await;
    for write in WRITES {
        let id = setup.account("Before").await;
        setup.org.faults().push(Fault::lost_answer());
        setup.org.faults().push(Fault::request_limit().on_writes());
        let errors = errors(&setup.client, write, id).await;
        assert_unknown(write, &errors, ErrorKind::RequestLimitExceeded);
        assert_eq!(setup.org.faults().pending(), 0, "{write:?}");
    }
    assert_eq!(setup.accounts_named("Written").await, 2, "the updates were executed");
    assert_eq!(setup.accounts_named("Before").await, 2, "the upserts are of another object");
}

#[tokio::test]
async fn then_a_refusal() {
    let setup = Setup::new().await;
    let body = r#"[{"message":"no","errorCode":"INSUFFICIENT_ACCESS_OR_READONLY"}]"#;
    for write in WRITES {
        let id = setup.account("Before").await;
        setup.org.faults().push(Fault::lost_answer());
        setup.org.faults().push(Fault::reply(400, "application/json", body).on_writes());
        assert_unknown(write, &errors(&setup.client, write, id).await, ErrorKind::Api);
    }
}

#[tokio::test]
async fn then_no_new_session() {
    let setup = Setup::new().await;
    for write in WRITES {
        let id = setup.account("Before").await;
        setup.org.faults().push(Fault::lost_answer());
        setup.org.faults().push(Fault::expired_session().on_writes());
        setup.org.faults().push(Fault::token_error("invalid_grant", "user is inactive"));
        assert_unknown(write, &errors(&setup.client, write, id).await, ErrorKind::Auth);
        assert_eq!(setup.org.faults().pending(), 0, "{write:?}");
    }
}

#[tokio::test]
async fn then_a_closed_port() {
    for write in WRITES {
        let setup = Setup::new().await;
        let id = setup.account("Before").await;
        setup.org.faults().push(Fault::lost_answer());
        let credentials = StopsTheOrg {
            inner: StaticCredentials::new(setup.org.url().as_str(), setup.org.issue_token())
                .unwrap(),
            org: Mutex::new(Some(setup.org)),
            asked: AtomicUsize::new(0),
        };
        let client = Client::builder(Arc::new(credentials))
            .retry(RetryPolicy::without_delay(3))
            .build()
            .unwrap();
        let errors = errors(&client, write, id).await;
        assert_unknown(write, &errors, ErrorKind::Transport);
        let Error::OutcomeUnknown { source, .. } = &*errors[0] else { unreachable!() };
        let Error::Transport { source, attempts: 3, .. } = &**source else { panic!("{source}") };
        assert!(source.never_sent(), "the last attempt alone: {source}");
    }
}

/// Credentials that shut the org down before the second attempt is sent.
struct StopsTheOrg {
    inner: StaticCredentials,
    org: Mutex<Option<Emulator>>,
    asked: AtomicUsize,
}

#[async_trait]
impl Credentials for StopsTheOrg {
    async fn session(&self) -> Result<Arc<Session>, sf_auth::Error> {
        if self.asked.fetch_add(1, Ordering::SeqCst) == 1 {
            let org = self.org.lock().unwrap().take();
            org.unwrap().shutdown().await;
        }
        self.inner.session().await
    }

    async fn refresh(&self, refused: &Session) -> Result<Arc<Session>, sf_auth::Error> {
        self.inner.refresh(refused).await
    }
}

#[tokio::test]
async fn every_answer_lost() {
    let setup = Setup::new().await;
    for write in WRITES {
        let id = setup.account("Before").await;
        setup.org.faults().push(Fault::dropped_connection().on_writes().times(4));
        assert_unknown(write, &errors(&setup.client, write, id).await, ErrorKind::Transport);
    }
    let id = setup.account("Before").await;
    setup.org.faults().push(Fault::unavailable().on_writes().always());
    let error = setup.client.update("Account", id, &json!({ "Name": "x" })).await.unwrap_err();
    insta::assert_snapshot!(error, @"the outcome of PATCH sobjects/{object}/{id} is unknown, since its answer was lost after it was sent. Read the record to see whether it was executed. Executed twice it leaves the same record; called again later it overwrites what others have written since");
}

#[tokio::test]
async fn a_record_that_is_locked_afterwards_may_have_been_written() {
    let setup = Setup::new().await;
    let mut updates = Vec::new();
    for name in ["A", "B", "C"] {
        updates.push((setup.account(name).await, json!({ "Name": "Written" })));
    }
    setup.org.faults().push(Fault::lost_answer());
    setup.org.faults().push(Fault::rows_locked([1]));
    setup.org.faults().push(Fault::request_limit().on_writes());
    let results = setup.client.update_many("Account", &updates, false).await.unwrap();
    assert!(results[0].is_saved() && results[2].is_saved(), "{results:?}");
    let SaveResult::Unknown { reason } = &results[1] else { panic!("{results:?}") };
    let Error::OutcomeUnknown { source, .. } = &**reason else { panic!("{reason}") };
    assert!(source.has_code(&ErrorCode::UNABLE_TO_LOCK_ROW));
    assert_eq!(setup.accounts_named("Written").await, 3);

    // The lock passes: it is written, and known to be.
    setup.org.faults().push(Fault::lost_answer());
    setup.org.faults().push(Fault::rows_locked([1]));
    let results = setup.client.update_many("Account", &updates, false).await.unwrap();
    assert!(results.iter().all(SaveResult::is_saved), "{results:?}");

    // What is refused after the lock does not say that nothing was written before it.
    setup.org.faults().push(Fault::lost_answer());
    setup.org.faults().push(Fault::rows_locked([1]));
    let refused = r#"[{"success":false,"errors":[{"statusCode":"INVALID_FIELD","message":"no"}]}]"#;
    setup.org.faults().push(Fault::reply(200, "application/json", refused).on_writes());
    let results = setup.client.update_many("Account", &updates, false).await.unwrap();
    assert!(matches!(results[1], SaveResult::Unknown { .. }), "{results:?}");
}

#[tokio::test]
async fn an_upsert_does_not_claim_that_the_record_was_there() {
    let setup = Setup::new().await;
    let upsert = |key| setup.client.upsert("Invoice__c", "External_Id__c", key, &JUST);
    setup.org.faults().push(Fault::lost_answer());
    let upserted = upsert("k1").await.unwrap();
    assert_eq!(upserted.created, None);
    assert!(upserted.id.is_some());
    // The attempt that was answered created it: nothing is open.
    setup.org.faults().push(Fault::unavailable().on_writes());
    assert_eq!(upsert("k2").await.unwrap().created, Some(true));
    let gone = Fault::reply(204, "application/json", "").on_writes();
    setup.org.faults().push(Fault::unavailable().on_writes());
    setup.org.faults().push(gone);
    assert_eq!(upsert("k3").await.unwrap().created, None);

    setup.org.faults().push(Fault::lost_answer());
    let records = [keyed("k4"), keyed("k5")];
    let results =
        setup.client.upsert_many("Invoice__c", "External_Id__c", &records, false).await.unwrap();
    for result in results {
        assert!(matches!(result, SaveResult::Saved { created: None, .. }), "{result:?}");
    }
}

#[derive(serde::Serialize)]
struct Invoice {
    #[serde(rename = "Amount__c")]
    amount: u32,
    #[serde(rename = "Due_Date__c")]
    due: &'static str,
}

const JUST: Invoice = Invoice { amount: 1, due: "2026-12-01" };

#[tokio::test]
async fn a_success_without_an_id_is_not_a_failure() {
    let setup = Setup::new().await;
    let no_id = |body| Fault::reply(200, "application/json", body).on_writes();
    setup.org.faults().push(no_id(r#"[{"success":true,"errors":[]}]"#));
    let results = setup.client.create_many("Account", &[json!({ "Name": "x" })], false).await;
    let SaveResult::Unknown { reason } = &results.unwrap()[0] else { panic!("not unknown") };
    insta::assert_snapshot!(std::error::Error::source(&**reason).unwrap(), @r#"the answer (HTTP 200) is not one result per record: result 0 is a success without an id; it begins: [{"success":true,"errors":[]}]"#);

    setup.org.faults().push(no_id(r#"{"success":true,"errors":[]}"#));
    let error = setup.client.create("Account", &json!({ "Name": "x" })).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
}

/// What is told of a part that may have been written is how to find out, and never to call it again.
#[tokio::test]
async fn a_part_of_a_composite_whose_answer_says_nothing() {
    let setup = Setup::new().await;
    let mut composite = setup.client.composite();
    let id = setup.account("Before").await;
    let create = CreateRecord::new("Account", &json!({ "Name": "Part" })).unwrap();
    let create = composite.add(create).unwrap();
    composite.add(UpdateRecord::new("Account", id, &json!({ "Name": "After" })).unwrap()).unwrap();
    let read = composite.add(GetRecord::new("Account", id).fields(["Name"])).unwrap();
    let part = |place: u32, body: Value| json!({ "body": body, "httpHeaders": {}, "httpStatusCode": 200, "referenceId": format!("r{place}") });
    let unread = [part(0, json!({ "id": 7 })), part(1, Value::Null), part(2, json!("x"))];
    let body = json!({ "compositeResponse": unread }).to_string();
    setup.org.faults().push(Fault::reply(200, "application/json", body).on(Operation::Composite));
    let answers = setup.client.send(&composite).await.unwrap();
    let error = answers.get(&create).unwrap_err();
    insta::assert_snapshot!(error, @"the outcome of POST sobjects/{object} is unknown, since its answer was lost after it was sent. It was sent as a part of another request, which may have been executed as a whole. Before sending it again, alone or with the others, read the record that it changes or deletes, or query for the one that it creates by the values that were sent and by CreatedDate");
    assert_eq!(answers.get(&read).unwrap_err().kind(), ErrorKind::Decode, "a read changes nothing");

    // All of it lost.
    setup.org.faults().push(Fault::lost_answer().on(Operation::Composite));
    let error = setup.client.send(&composite).await.unwrap_err();
    insta::assert_snapshot!(error, @"the outcome of POST composite is unknown, since its answer was lost after it was sent. Each of its parts may have been executed or not. Before sending any of them again, read the records that they change or delete, and query for those that they create by the values that were sent and by CreatedDate");
    assert!(!error.is_retryable());
    assert_eq!(setup.accounts_named("Part").await, 1);

    // Sent twice, since it only updates and deletes; the second time the update is refused, because
    // the first has deleted its record.
    let mut composite = setup.client.composite();
    let update = UpdateRecord::new("Account", id, &json!({ "Name": "Gone" })).unwrap();
    let update = composite.add(update).unwrap();
    composite.add(DeleteRecord::new("Account", id)).unwrap();
    setup.org.faults().push(Fault::lost_answer().on(Operation::Composite));
    let answers = setup.client.send(&composite).await.unwrap();
    let error = answers.get(&update).unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::OutcomeUnknown, false), "{error}");
    let failures: Vec<_> = answers.failures().collect();
    assert_eq!(failures[0].error.kind(), ErrorKind::OutcomeUnknown, "{:?}", failures[0].error);
}
