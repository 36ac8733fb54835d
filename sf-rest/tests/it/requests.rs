//! Requests as values: what each operation would send, without a server.

use serde_json::json;
use sf_rest::ops::describe::{Describe, DescribeGlobal};
use sf_rest::ops::limits::Limits;
use sf_rest::ops::records::{CreateRecord, DeleteRecord, GetRecord, UpdateRecord};
use sf_rest::ops::upsert::UpsertRecord;
use sf_rest::ops::versions::Versions;
use sf_rest::{ApiVersion, Collection, CollectionRecord, Id, NextPage, Operation, Query, Record};

pub(crate) fn shown(operation: &impl Operation) -> String {
    let request = operation.request().unwrap();
    let mut text =
        format!("{:?} {} {}", operation.safety(), request.method(), request.path(ApiVersion::V66));
    for (name, value) in request.headers() {
        text.push_str(&format!("\n  {name}: {}", value.to_str().unwrap()));
    }
    if let Some(body) = request.body() {
        text.push_str(&format!("\n  {}", String::from_utf8_lossy(body)));
    }
    text
}

#[test]
fn snapshots() {
    let id = Id::parse("001dM00003kRs59").unwrap();
    let fields = json!({ "Name": "Ä/B", "AnnualRevenue": 1e7 });
    let record = |name: &str| CollectionRecord::new("Account", &json!({ "Name": name })).unwrap();
    let requests = [
        shown(&Versions),
        shown(&Limits),
        shown(&DescribeGlobal),
        shown(&Describe::new("Invoice__c")),
        shown(&Query::<Record>::new("SELECT Id FROM Account WHERE Name = 'A&B' ").batch_size(500)),
        shown(&Query::<Record>::new("SELECT Id FROM Account").include_deleted()),
        shown(&NextPage::<Record>::new("/services/data/v66.0/query/0r8xx5R2sM3DgWhASK-2000")),
        shown(&GetRecord::new("Account", id)),
        shown(&GetRecord::new("Account", id).fields(["Name", "Owner.Name"])),
        shown(&CreateRecord::new("Account", &fields).unwrap()),
        shown(&UpdateRecord::new("Account", id, &fields).unwrap()),
        shown(&DeleteRecord::new("Account", id)),
        shown(&UpsertRecord::new("Account", "Ext__c", "a/é ?", &fields).unwrap()),
        shown(&Collection::create(vec![record("a"), record("b")], true)),
        shown(&Collection::update(vec![record("a").with_id(id)], false)),
        shown(&Collection::upsert("Account", "Name", vec![record("a")], false)),
        shown(&Collection::delete(vec![id, id], false)),
    ];
    insta::assert_snapshot!(requests.join("\n"), @r#"
    Read GET /services/data
    Read GET /services/data/v66.0/limits
    Read GET /services/data/v66.0/sobjects
    Read GET /services/data/v66.0/sobjects/Invoice__c/describe
    Read GET /services/data/v66.0/query?q=SELECT%20Id%20FROM%20Account%20WHERE%20Name%20%3D%20%27A%26B%27%20
      sforce-query-options: batchSize=500
    Read GET /services/data/v66.0/queryAll?q=SELECT%20Id%20FROM%20Account
    Read GET /services/data/v66.0/query/0r8xx5R2sM3DgWhASK-2000
    Read GET /services/data/v66.0/sobjects/Account/001dM00003kRs59QAC
    Read GET /services/data/v66.0/sobjects/Account/001dM00003kRs59QAC?fields=Name%2COwner.Name
    Write POST /services/data/v66.0/sobjects/Account
      content-type: application/json
      {"Name":"Ä/B","AnnualRevenue":10000000.0}
    Idempotent PATCH /services/data/v66.0/sobjects/Account/001dM00003kRs59QAC
      content-type: application/json
      {"Name":"Ä/B","AnnualRevenue":10000000.0}
    Idempotent DELETE /services/data/v66.0/sobjects/Account/001dM00003kRs59QAC
    Idempotent PATCH /services/data/v66.0/sobjects/Account/Ext__c/a%2F%C3%A9%20%3F
      content-type: application/json
      {"Name":"Ä/B","AnnualRevenue":10000000.0}
    Write POST /services/data/v66.0/composite/sobjects
      content-type: application/json
      {"allOrNone":true,"records":[{"attributes":{"type":"Account"},"Name":"a"},{"attributes":{"type":"Account"},"Name":"b"}]}
    Idempotent PATCH /services/data/v66.0/composite/sobjects
      content-type: application/json
      {"allOrNone":false,"records":[{"attributes":{"type":"Account"},"id":"001dM00003kRs59QAC","Name":"a"}]}
    Idempotent PATCH /services/data/v66.0/composite/sobjects/Account/Name
      content-type: application/json
      {"allOrNone":false,"records":[{"attributes":{"type":"Account"},"Name":"a"}]}
    Idempotent DELETE /services/data/v66.0/composite/sobjects?ids=001dM00003kRs59QAC%2C001dM00003kRs59QAC&allOrNone=false
    "#);
}

#[test]
fn debug_shows_no_value() {
    let create = CreateRecord::new("Account", &json!({ "Name": "Secret" })).unwrap();
    insta::assert_snapshot!(format!("{:?}", create.request().unwrap()), @r#"Request { method: POST, template: "sobjects/{object}", body_bytes: Some(17), anonymous: false, .. }"#);
    let query = Query::<Record>::new("SELECT Id FROM Account WHERE Name = 'Secret'");
    insta::assert_snapshot!(format!("{:?}", query.request().unwrap()), @r#"Request { method: GET, template: "query", body_bytes: None, anonymous: false, .. }"#);
    let response = sf_rest::Response::new(200, "Secret");
    insta::assert_snapshot!(format!("{response:?}"), @"Response { status: 200, body_bytes: 6, resent: false, .. }");
}

#[test]
fn numbers_are_written_with_every_digit() {
    let raw: Box<serde_json::value::RawValue> =
        serde_json::from_str("{\"Amount\":12345678901234567890.123456789}").unwrap();
    let create = CreateRecord::new("Account", &raw).unwrap();
    let body = create.request().unwrap().body().unwrap().clone();
    assert_eq!(body, "{\"Amount\":12345678901234567890.123456789}");
}
