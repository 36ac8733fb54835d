//! Calls of the Bulk API as values, without a server.

use sf_rest::bulk::{ColumnDelimiter, CsvFormat, IngestOperation, IngestResult, LineEnding};
use sf_rest::ops::blob::{CreateBlob, GetBlob};
use sf_rest::ops::bulk::{
    AbortJob, CloseJob, CreateIngestJob, CreateQueryJob, DeleteJob, GetIngestResults, GetJob,
    GetResultPages, GetResults, JobKind, JobState, ListJobs, UploadData,
};
use sf_rest::{ApiVersion, Id, Operation, Response};

use crate::requests::shown;

fn job() -> Id {
    Id::parse("750ak000009BWKLAA4").unwrap()
}

#[test]
fn snapshots() {
    let format = CsvFormat { delimiter: ColumnDelimiter::Tab, line_ending: LineEnding::Crlf };
    let upsert = IngestOperation::Upsert { external_id: "Ext__c".to_owned() };
    let rule = Id::parse("01QdM0000004CdSUAU").unwrap();
    let link = "/jobs/query/750ak000009BWKLAA4/results?locator=aBc";
    let more = "/services/data/v66.0/jobs/query/750ak000009BWKLAA4/resultpages?locator=x";
    let list = "/services/data/v66.0/jobs/ingest?queryLocator=y";
    let attachment = serde_json::json!({ "Name": "a", "ParentId": "001" });
    let requests = [
        shown(&CreateIngestJob::new("Lead", IngestOperation::Insert).assignment_rule(rule)),
        shown(&CreateIngestJob::new("Account", upsert).format(format)),
        shown(&UploadData::new(job(), "Name\na\n")),
        shown(&CloseJob::new(job())),
        shown(&AbortJob::new(JobKind::Ingest, job())),
        shown(&GetJob::new(JobKind::Ingest, job())),
        shown(&ListJobs::new(JobKind::Ingest)),
        shown(&ListJobs::next(JobKind::Ingest, list)),
        shown(&DeleteJob::new(JobKind::Ingest, job())),
        shown(&GetIngestResults::new(job(), IngestResult::Successful)),
        shown(&GetIngestResults::new(job(), IngestResult::Failed)),
        shown(&GetIngestResults::new(job(), IngestResult::Unprocessed)),
        shown(&CreateQueryJob::new("SELECT Id FROM Account").include_deleted()),
        shown(&GetJob::new(JobKind::Query, job())),
        shown(&ListJobs::new(JobKind::Query)),
        shown(&AbortJob::new(JobKind::Query, job())),
        shown(&DeleteJob::new(JobKind::Query, job())),
        shown(&GetResults::new(job()).max_records(500)),
        shown(&GetResults::at(job(), "MTAwMDA").max_records(500)),
        shown(&GetResults::link(link, ApiVersion::V66)),
        shown(&GetResultPages::new(job())),
        shown(&GetResultPages::next(job(), more, ApiVersion::V66)),
        shown(&GetBlob::version(Id::parse("068dM000001abcDQAQ").unwrap_or(job()))),
        shown(&CreateBlob::new("Attachment", &attachment, "Body", "hello").unwrap()),
    ];
    insta::assert_snapshot!(requests.join("\n"), @r#"
    Write POST /services/data/v66.0/jobs/ingest
      content-type: application/json
      {"object":"Lead","operation":"insert","contentType":"CSV","columnDelimiter":"COMMA","lineEnding":"LF","assignmentRuleId":"01QdM0000004CdSUAU"}
    Write POST /services/data/v66.0/jobs/ingest
      content-type: application/json
      {"object":"Account","operation":"upsert","externalIdFieldName":"Ext__c","contentType":"CSV","columnDelimiter":"TAB","lineEnding":"CRLF"}
    Write PUT /services/data/v66.0/jobs/ingest/750ak000009BWKLAA4/batches
      content-type: text/csv
      Name
    a

    Idempotent PATCH /services/data/v66.0/jobs/ingest/750ak000009BWKLAA4
      content-type: application/json
      {"state":"UploadComplete"}
    Idempotent PATCH /services/data/v66.0/jobs/ingest/750ak000009BWKLAA4
      content-type: application/json
      {"state":"Aborted"}
    Read GET /services/data/v66.0/jobs/ingest/750ak000009BWKLAA4
    Read GET /services/data/v66.0/jobs/ingest?jobType=V2Ingest
    Read GET /services/data/v66.0/jobs/ingest?queryLocator=y
    Idempotent DELETE /services/data/v66.0/jobs/ingest/750ak000009BWKLAA4
    Read GET /services/data/v66.0/jobs/ingest/750ak000009BWKLAA4/successfulResults
      accept: text/csv
    Read GET /services/data/v66.0/jobs/ingest/750ak000009BWKLAA4/failedResults
      accept: text/csv
    Read GET /services/data/v66.0/jobs/ingest/750ak000009BWKLAA4/unprocessedrecords
      accept: text/csv
    Idempotent POST /services/data/v66.0/jobs/query
      content-type: application/json
      {"operation":"queryAll","query":"SELECT Id FROM Account","contentType":"CSV","columnDelimiter":"COMMA","lineEnding":"LF"}
    Read GET /services/data/v66.0/jobs/query/750ak000009BWKLAA4
    Read GET /services/data/v66.0/jobs/query?jobType=V2Query
    Idempotent PATCH /services/data/v66.0/jobs/query/750ak000009BWKLAA4
      content-type: application/json
      {"state":"Aborted"}
    Idempotent DELETE /services/data/v66.0/jobs/query/750ak000009BWKLAA4
    Read GET /services/data/v66.0/jobs/query/750ak000009BWKLAA4/results?maxRecords=500
      accept: text/csv
    Read GET /services/data/v66.0/jobs/query/750ak000009BWKLAA4/results?locator=MTAwMDA&maxRecords=500
      accept: text/csv
    Read GET /services/data/v66.0/jobs/query/750ak000009BWKLAA4/results?locator=aBc
      accept: text/csv
    Read GET /services/data/v66.0/jobs/query/750ak000009BWKLAA4/resultPages
    Read GET /services/data/v66.0/jobs/query/750ak000009BWKLAA4/resultpages?locator=x
    Read GET /services/data/v66.0/sobjects/ContentVersion/068dM000001abcDQAQ/VersionData
      accept: */*
      accept-encoding: identity
    Write POST /services/data/v66.0/sobjects/Attachment
      content-type: application/json
      {"Name":"a","ParentId":"001","Body":"aGVsbG8="}
    "#);
    assert!(CreateQueryJob::new(" ").request().is_err());
}

#[test]
fn answers() {
    // As the platform answers a create.
    let body = r#"{"id":"750ak000009BWKLAA4","operation":"upsert","object":"Opportunity","createdById":"005ak000005hvjJAAQ","createdDate":"2024-09-09T19:25:27.000+0000","systemModstamp":"2024-09-09T19:25:27.000+0000","state":"Open","externalIdFieldName":"external_id__c","concurrencyMode":"Parallel","contentType":"CSV","apiVersion":60.0,"contentUrl":"services/data/v60.0/jobs/ingest/750ak000009BWKLAA4/batches","lineEnding":"LF","columnDelimiter":"COMMA"}"#;
    let info = CloseJob::new(job()).decode(Response::new(200, body)).unwrap();
    assert_eq!(info.created().unwrap().to_string(), "2024-09-09T19:25:27Z");
    assert_eq!(
        (info.id, &info.state, info.number_records_processed),
        (job(), &JobState::Open, None)
    );
    let other = body.replace("Open", "Paused");
    let info = CloseJob::new(job()).decode(Response::new(200, other)).unwrap();
    assert_eq!(info.state, JobState::Other("Paused".to_owned()));

    let failed = GetIngestResults::new(job(), IngestResult::Failed);
    let body = "\"sf__Id\",\"sf__Error\",Name\n\"\",\"X:y --\",\"a \"\"b\"\"\"\n";
    let rows = failed.decode(Response::new(200, body)).unwrap();
    insta::assert_snapshot!(format!("{rows:?}"), @r#"[{"sf__Id": "", "sf__Error": "X:y --", "Name": "a \"b\""}]"#);

    let page = |locator: &'static str, count: &'static str, body: &'static str| {
        let mut response = Response::new(200, body);
        response.headers.insert("sforce-locator", locator.parse().unwrap());
        response.headers.insert("sforce-numberofrecords", count.parse().unwrap());
        GetResults::new(job()).decode(response)
    };
    let two = page("MTAwMDA", "2", "\"Id\"\n\"1\"\n\"2\"\n").unwrap();
    assert_eq!((two.rows.len(), two.next.as_deref()), (2, Some("MTAwMDA")));
    assert_eq!(page("null", "0", "\"Id\"\n").unwrap().next, None);
    let short = page("null", "3", "\"Id\"\n\"1\"\n\"2\"\n").unwrap_err();
    insta::assert_snapshot!(short, @"the query result is not complete: 2 of 3 rows were received, and the page ended");
    assert!(GetResults::new(job()).decode(Response::new(200, "\"Id\"\n")).is_err());

    // The two spellings of a link.
    for name in ["resultUrl", "resultLink"] {
        let body =
            format!(r#"{{"resultPages":[{{"{name}":"/x"}}],"nextRecordsUrl":"/y","done":false}}"#);
        let pages = GetResultPages::new(job()).decode(Response::new(200, body)).unwrap();
        assert_eq!((pages.links, pages.next.as_deref()), (vec!["/x".to_owned()], Some("/y")));
    }
    let body = r#"{"resultPages":[],"done":false}"#;
    let error = GetResultPages::new(job()).decode(Response::new(200, body)).unwrap_err();
    insta::assert_snapshot!(error, @r#"the answer (HTTP 200) is not the addresses of result pages: they are not all, and there is no address of the others; it begins: {"resultPages":[],"done":false}"#);
}
