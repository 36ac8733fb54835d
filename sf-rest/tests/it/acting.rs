//! Resources that do something, over HTTP against a scripted server: what is sent, and what comes of
//! the answers.

use serde_json::{Value, json};
use sf_rest::ops::actions::ActionRef;
use sf_rest::ops::actions::InvokeAction;
use sf_rest::ops::apex_rest::ApexRest;
use sf_rest::ops::approvals::ApprovalStep;
use sf_rest::ops::composite::Composite;
use sf_rest::ops::describe::Describe;
use sf_rest::ops::tooling::Tooling;
use sf_rest::{Error, ErrorCode, ErrorKind, Id, Method, Query, Record};

use crate::wire::{Wire, answer};

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

/// The first line of a request, and its body.
fn sent(wire: &Wire) -> Vec<(String, Value)> {
    let line = |head: &str| {
        let line = head.lines().next().unwrap_or_default();
        line.trim_end_matches(" HTTP/1.1").to_owned()
    };
    let body = |body: &[u8]| serde_json::from_slice(body).unwrap_or(Value::Null);
    wire.seen().iter().map(|seen| (line(&seen.head), body(&seen.body))).collect()
}

#[tokio::test]
async fn actions() {
    let results = json!([
        { "isSuccess": true, "errors": null, "outputValues": { "score": 7 } },
        { "isSuccess": false, "errors": [{ "statusCode": "UNABLE_TO_LOCK_ROW", "message": "m" }], "outputValues": null },
    ]);
    let wire = Wire::always(answer(400, "", &results.to_string())).await;
    let inputs = [json!({ "n": 1 }), json!({ "n": 2 })];
    let results = wire.client().invoke(ActionRef::apex("Score"), &inputs).await.unwrap();
    assert_eq!(results[0].output_values["score"], 7);
    assert_eq!(results[1].errors[0].code, ErrorCode::UNABLE_TO_LOCK_ROW);
    // The first input was executed: the lock of the second is no reason to send both again.
    let sent = sent(&wire);
    assert_eq!(sent.len(), 1);
    let line = "POST /services/data/v66.0/actions/custom/apex/Score";
    assert_eq!(sent[0], (line.to_owned(), json!({ "inputs": inputs })));
}

#[tokio::test]
async fn an_action_whose_answer_cannot_be_read_may_have_been_executed() {
    let wire = Wire::always(answer(200, "", "[{")).await;
    let error = wire.client().invoke(ActionRef::flow("f"), &[json!({})]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    let wire = Wire::always(answer(500, "", "[]")).await;
    let error = wire.client().invoke(ActionRef::flow("f"), &[json!({})]).await.unwrap_err();
    assert_eq!((error.kind(), wire.seen().len()), (ErrorKind::OutcomeUnknown, 1));
}

#[tokio::test]
async fn a_halted_action_in_a_composite_is_halted() {
    let body = json!({ "compositeResponse": [{ "body": [{ "errorCode": "PROCESSING_HALTED", "message": "m" }],
        "httpHeaders": {}, "httpStatusCode": 400, "referenceId": "r0" }] });
    let wire = Wire::always(answer(200, "", &body.to_string())).await;
    let mut composite = Composite::default();
    let invoke = InvokeAction::new(ActionRef::flow("f"), &[json!({})]).unwrap();
    let part = composite.add(invoke).unwrap();
    let answers = wire.client().send(&composite).await.unwrap();
    assert!(matches!(answers.get(&part), Err(Error::Halted { .. })));
    insta::assert_snapshot!(format!("{answers:?}").replace(char::is_numeric, "n"), @r#"Answers { parts: n, answers: [Answer { operation: "POST actions/custom/{kind}/{name}", status: nnn, body_bytes: nn, .. }], resent: false }"#);

    let missing = Wire::always(answer(200, "", r#"{"compositeResponse":[]}"#)).await;
    let error = missing.client().send(&composite).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
}

#[tokio::test]
async fn approvals() {
    let results = json!([{ "success": true, "instanceStatus": "Pending" }]);
    let wire = Wire::always(answer(200, "", &results.to_string())).await;
    let record = id("001dM00003kRs59");
    let results = wire.client().approve(&[ApprovalStep::submit(record)]).await.unwrap();
    assert_eq!(results[0].instance_status.as_deref(), Some("Pending"));
    assert_eq!(sent(&wire)[0].0, "POST /services/data/v66.0/process/approvals");
}

#[tokio::test]
async fn apex_and_tooling() {
    let wire = Wire::always(answer(200, "", "[1,2]")).await;
    let call = ApexRest::<Vec<u8>>::new(Method::PATCH, "acme/n").json(&json!({ "a": 1 })).unwrap();
    assert_eq!(wire.client().send(&call).await.unwrap(), [1, 2]);
    assert_eq!(sent(&wire)[0], ("PATCH /services/apexrest/acme/n".to_owned(), json!({ "a": 1 })));

    let page = json!({ "totalSize": 1, "done": true, "size": 1, "entityTypeName": "ApexClass", "queryLocator": null,
        "records": [{ "attributes": { "type": "ApexClass" }, "Name": "Score" }] });
    let wire = Wire::always(answer(200, "", &page.to_string())).await;
    let query = Query::<Record>::new("SELECT Name FROM ApexClass").tooling();
    let page = wire.client().query_page(&query).await.unwrap();
    assert_eq!(page.records[0].get("Name").unwrap().as_str(), Some("Score"));
    wire.client().send(&Tooling(Describe::new("ApexClass"))).await.unwrap();
    assert_eq!(sent(&wire)[1].0, "GET /services/data/v66.0/tooling/sobjects/ApexClass/describe");
}

#[tokio::test]
async fn reports_and_dashboards() {
    let report = id("00OdM000003kRs5");
    let body = json!({ "allData": true, "factMap": {}, "reportMetadata": { "name": "Deals", "reportFormat": "TABULAR" } });
    let wire = Wire::always(answer(200, "", &body.to_string())).await;
    assert_eq!(wire.client().run_report(report).await.unwrap().details().count(), 0);
    let described = wire.client().describe_report(report).await.unwrap();
    assert_eq!(described.report_metadata.name, "Deals");
    let wire = Wire::always(answer(200, "", r#"{"dashboardMetadata":{"name":"Sales"}}"#)).await;
    let data = wire.client().dashboard(id("01ZdM000003kRs5")).await.unwrap();
    assert_eq!(data.dashboard_metadata.name, "Sales");

    let run = json!({ "id": "0LGdM000003kRs5", "status": "New", "attributes": { "id": "0LGdM000003kRs5", "status": "Running" } });
    let wire = Wire::always(answer(200, "", &run.to_string())).await;
    let started = wire.client().start_report(report).await.unwrap();
    let run = wire.client().report_instance(report, started.id).await.unwrap();
    assert!(!run.instance.status.is_over() && run.result.is_none());

    // Joined reports cannot be run here, and the platform says so.
    let refused = r#"[{"errorCode":"UNSUPPORTED_REPORT","message":"no","specificErrorCode":113}]"#;
    let wire = Wire::always(answer(501, "", refused)).await;
    let error = wire.client().run_report(report).await.unwrap_err();
    assert!(error.has_code(&ErrorCode::new("UNSUPPORTED_REPORT")), "{error}");
}
