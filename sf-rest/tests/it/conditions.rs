//! Writes that happen only if nobody has changed the record since.

use std::time::Duration;

use serde_json::json;
use sf_emulator::{Fault, Operation};
use sf_rest::ops::if_changed::Validators;
use sf_rest::{Condition, Error, ErrorKind};

use crate::support::Setup;
use crate::wire::{Wire, answer};

#[tokio::test]
async fn by_what_the_record_was_read_with() {
    let setup = Setup::new().await;
    let account = setup.account("A").await;
    let contact = setup.client.create("Contact", &json!({ "LastName": "C" })).await.unwrap();
    for (object, id, name) in [("Account", account, "Name"), ("Contact", contact, "LastName")] {
        let (read, version) = setup.client.get_versioned(object, id, &[name]).await.unwrap();
        assert!(read.get(name).is_some());
        let unchanged = version.unchanged().unwrap();
        assert_eq!(matches!(unchanged, Condition::Tag(_)), object == "Account");
        let modstamp = setup.client.get(object, id, &["SystemModstamp"]).await.unwrap();
        let modstamp = modstamp.get("SystemModstamp").unwrap().as_str().unwrap().parse().unwrap();
        let same_time = Condition::SystemModstamp(modstamp);
        let dated = Validators::from_texts(None, version.last_modified()).unwrap();
        let since = dated.unchanged().unwrap();
        assert!(matches!(since, Condition::UnmodifiedSince(_)));

        let write = json!({ name: "Mine" });
        setup.client.update_if(object, id, &write, &unchanged).await.unwrap();
        setup.org.advance(Duration::from_secs(2));
        setup.client.update(object, id, &json!({ name: "Theirs" })).await.unwrap();
        for condition in [&unchanged, &same_time, &since] {
            setup.org.clear_requests();
            let error = setup.client.update_if(object, id, &write, condition).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Conflict, "{condition:?}: {error}");
            assert!(!error.is_retryable());
            if !matches!(condition, Condition::Tag(_)) {
                let error = setup.client.delete_if(object, id, condition).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Conflict, "{condition:?}: {error}");
            }
        }
        assert_eq!(setup.count(Operation::Delete), 1, "the comparison comes before the write");
        let kept = setup.client.get(object, id, &[name]).await.unwrap();
        assert_eq!(kept.get(name).unwrap().as_str(), Some("Theirs"));

        let now = setup.client.get(object, id, &["SystemModstamp"]).await.unwrap();
        let stamp = now.get("SystemModstamp").unwrap().as_str().unwrap().parse().unwrap();
        let condition = Condition::SystemModstamp(stamp);
        setup.client.delete_if(object, id, &condition).await.unwrap();
    }
}

#[tokio::test]
async fn what_it_says() {
    let setup = Setup::new().await;
    let id = setup.account("A").await;
    let old = Condition::UnmodifiedSince("2001-01-01T00:00:00Z".parse().unwrap());
    let error = setup.client.delete_if("Account", id, &old).await.unwrap_err();
    insta::assert_snapshot!(error, @"DELETE sobjects/{object}/{id} was not executed: The record was modified after the time given in If-Unmodified-Since; read the record again and decide anew");
    let tag = Condition::Tag("\"x\"".to_owned());
    let error = setup.client.delete_if("Account", id, &tag).await.unwrap_err();
    insta::assert_snapshot!(error, @"invalid request: the platform takes no tag for a deletion; use Condition::UnmodifiedSince or SystemModstamp");
    let error = setup.client.update_if("Contact", id, &json!({}), &tag).await.unwrap_err();
    insta::assert_snapshot!(error, @"invalid request: only records of Account have tags, and Contact would be written without a check; use Condition::UnmodifiedSince or SystemModstamp");
    assert_eq!(setup.name_of(id).await, "A");
}

/// The second attempt meets the change of the first.
#[tokio::test]
async fn after_a_lost_answer_a_conflict_is_no_refusal() {
    let setup = Setup::new().await;
    let id = setup.account("A").await;
    let (_, read) = setup.client.get_versioned("Account", id, &["Name"]).await.unwrap();
    setup.org.faults().push(Fault::lost_answer());
    let write = json!({ "Name": "Mine" });
    let result = setup.client.update_if("Account", id, &write, &read.unchanged().unwrap()).await;
    let error = result.unwrap_err();
    let Error::OutcomeUnknown { source, .. } = &error else { panic!("{error}") };
    assert_eq!(source.kind(), ErrorKind::Conflict);
    assert_eq!(setup.name_of(id).await, "Mine");

    // Compared once, written once.
    let stamp = setup.client.get("Account", id, &["SystemModstamp"]).await.unwrap();
    let stamp = stamp.get("SystemModstamp").unwrap().as_str().unwrap().parse().unwrap();
    setup.org.clear_requests();
    setup.org.faults().push(Fault::unavailable().on_writes());
    let condition = Condition::SystemModstamp(stamp);
    let error = setup.client.update_if("Account", id, &write, &condition).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(setup.count(Operation::Update), 1);
}

/// The lock is that of whoever changes the record: after the wait it is compared again.
#[tokio::test]
async fn after_a_lock_the_record_is_compared_again() {
    let wire = |changed: bool| {
        Wire::start(move |seen| async move {
            let reads = seen.place / 2;
            let seconds = if changed { reads } else { 0 };
            let time = format!("2026-05-01T10:00:0{seconds}.000+0000");
            match (seen.head.starts_with("PATCH"), reads) {
                (true, 0) => answer(
                    400,
                    "",
                    r#"[{"message":"unable to obtain exclusive access","errorCode":"UNABLE_TO_LOCK_ROW"}]"#,
                ),
                (true, _) => answer(204, "", ""),
                (false, _) => answer(200, "", &format!(r#"{{"SystemModstamp":"{time}"}}"#)),
            }
        })
    };
    let condition = Condition::SystemModstamp("2026-05-01T10:00:00Z".parse().unwrap());
    let id = "001dM00003kRs59".parse().unwrap();
    let methods = |wire: &Wire| {
        let all = wire.seen();
        all.iter().map(|seen| seen.head[..5].trim().to_owned()).collect::<Vec<_>>().join(" ")
    };

    let changed = wire(true).await;
    let write = json!({ "Name": "Mine" });
    let result = changed.client().update_if("Account", id, &write, &condition).await;
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(methods(&changed), "GET / PATCH GET /");

    let same = wire(false).await;
    same.client().update_if("Account", id, &write, &condition).await.unwrap();
    assert_eq!(methods(&same), "GET / PATCH GET / PATCH");
}
