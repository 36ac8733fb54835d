//! Query jobs of the Bulk API 2.0.

use std::collections::HashSet;

use insta::assert_snapshot;
use reqwest::Method;
use serde_json::{Value, json};
use sf_emulator::{Emulator, Fault, Operation};

use crate::bulk::masked;
use crate::support::{Client, Reply, org, send};

/// A finished job.
async fn finished(org: &Emulator, client: &Client, soql: &str) -> String {
    let made = client.query_job(soql).await;
    assert_eq!(made.status, 200, "{}", made.text);
    org.bulk_jobs().idle().await;
    made.json()["id"].as_str().unwrap().to_owned()
}

async fn results(client: &Client, id: &str, params: &str) -> Reply {
    client.get(&format!("/jobs/query/{id}/results{params}")).await
}

#[tokio::test]
async fn a_job_goes_through_its_states() {
    let (org, client) = org().await;
    org.bulk_jobs().hold();
    let made = client.query_job("SELECT Id FROM account").await;
    assert_snapshot!(masked(&made.json()), @r#"{"id":"750dE0000000001QAA","operation":"query","object":"Account","createdById":"…","createdDate":"…","systemModstamp":"…","state":"UploadComplete","concurrencyMode":"Parallel","contentType":"CSV","apiVersion":66.0,"lineEnding":"LF","columnDelimiter":"COMMA"}"#);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/jobs/query/{id}");
    assert_snapshot!(results(&client, &id, "").await.shown(), @r#"400 [{"errorCode":"INVALIDJOBSTATE","message":"Results are not available: the Job is UploadComplete"}]"#);
    org.bulk_jobs().step().await;
    assert_eq!(client.get(&path).await.json()["state"], "InProgress");
    let early = send(client.request(Method::DELETE, &path)).await;
    assert_snapshot!(early.shown(), @r#"400 [{"errorCode":"INVALIDJOBSTATE","message":"Deleting InProgress Job not allowed"}]"#);
    org.bulk_jobs().step().await;
    assert_snapshot!(masked(&client.get(&path).await.json()), @r#"{"id":"750dE0000000001QAA","operation":"query","object":"Account","createdById":"…","createdDate":"…","systemModstamp":"…","state":"JobComplete","concurrencyMode":"Parallel","contentType":"CSV","apiVersion":66.0,"jobType":"V2Query","lineEnding":"LF","columnDelimiter":"COMMA","numberRecordsProcessed":2000,"retries":0,"totalProcessingTime":"…","isPkChunkingSupported":true}"#);
    let done = client.send("PATCH", &path, json!({ "state": "Aborted" })).await;
    assert_snapshot!(done.shown(), @r#"400 [{"errorCode":"INVALIDJOBSTATE","message":"Aborting already Completed Job not allowed"}]"#);
    let list = client.get("/jobs/query").await.json();
    assert_snapshot!(masked(&list["records"][0]), @r#"{"id":"750dE0000000001QAA","operation":"query","object":"Account","createdById":"…","createdDate":"…","systemModstamp":"…","state":"JobComplete","concurrencyMode":"Parallel","contentType":"CSV","apiVersion":66.0,"jobType":"V2Query","lineEnding":"LF","columnDelimiter":"COMMA"}"#);
    assert_eq!(send(client.request(Method::DELETE, &path)).await.status, 204);
    assert_eq!(client.get(&path).await.status, 404);

    let id = client.query_job("SELECT Id FROM Account").await.json()["id"].clone();
    let path = format!("/jobs/query/{}", id.as_str().unwrap());
    let aborted = client.send("PATCH", &path, json!({ "state": "Aborted" })).await;
    assert_snapshot!(masked(&aborted.json()), @r#"{"id":"750dE0000000002QAA","operation":"query","object":"Account","createdById":"…","createdDate":"…","systemModstamp":"…","state":"Aborted","concurrencyMode":"Parallel","contentType":"CSV","apiVersion":66.0}"#);
    org.bulk_jobs().release();
    org.bulk_jobs().idle().await;
    assert_eq!(client.get(&path).await.json()["state"], "Aborted");
}

#[tokio::test]
async fn locators_lead_to_the_end_without_loss() {
    let (org, client) = org().await;
    let id = finished(&org, &client, "SELECT Id, Email FROM Contact").await;
    let (mut params, mut ids, mut sizes) =
        ("?maxRecords=3000".to_owned(), HashSet::new(), Vec::new());
    let mut locators = Vec::new();
    loop {
        let page = results(&client, &id, &params).await;
        assert_eq!(page.header("content-type"), "text/csv");
        let mut lines = page.text.lines();
        assert_eq!(lines.next(), Some("\"Id\",\"Email\""), "each page has the header");
        ids.extend(lines.map(|line| line.split(',').next().unwrap().to_owned()));
        sizes.push(page.header("sforce-numberofrecords").to_owned());
        let locator = page.header("sforce-locator").to_owned();
        if locator == "null" {
            break;
        }
        params = format!("?maxRecords=3000&locator={locator}");
        locators.push(locator);
    }
    assert_eq!(sizes, ["3000", "3000", "3000", "1000"]);
    assert_eq!(ids.len(), 10_000);
    assert_eq!(locators, ["MzAwMA", "NjAwMA", "OTAwMA"]);

    let again = results(&client, &id, "?locator=NjAwMA").await;
    assert_eq!(again.header("sforce-numberofrecords"), "4000", "a locator may be read again");
    assert_snapshot!(results(&client, &id, "?locator=MTAwMA").await.shown(), @r#"400 [{"errorCode":"INVALID_QUERY_LOCATOR","message":"invalid query locator"}]"#);
    assert_snapshot!(results(&client, &id, "?maxRecords=0").await.shown(), @r#"400 [{"errorCode":"INVALID_QUERY_VALUE","message":"maxRecords must be a whole number of at least 1, not '0'"}]"#);
    let url = format!("{}/services/data/v60.0/jobs/query/{id}/results", client.base);
    let other = send(client.http.get(url).bearer_auth(&client.token)).await;
    assert_snapshot!(other.shown(), @r#"409 [{"errorCode":"API_VERSION_MISMATCH","message":"The job was created with API version 66.0; use the same version"}]"#);
}

#[tokio::test]
async fn pages_can_be_read_side_by_side() {
    let (org, client) = org().await;
    org.bulk_jobs().set_page_rows(1_500);
    let id = finished(&org, &client, "SELECT Id FROM Contact").await;
    let first = client.get(&format!("/jobs/query/{id}/resultPages")).await;
    assert_snapshot!(first.text.replace(&id, "JOB"), @r#"{"resultPages":[{"resultUrl":"/services/data/v66.0/jobs/query/JOB/results?locator=MA"},{"resultUrl":"/services/data/v66.0/jobs/query/JOB/results?locator=MTUwMA"},{"resultUrl":"/services/data/v66.0/jobs/query/JOB/results?locator=MzAwMA"},{"resultUrl":"/services/data/v66.0/jobs/query/JOB/results?locator=NDUwMA"},{"resultUrl":"/services/data/v66.0/jobs/query/JOB/results?locator=NjAwMA"}],"nextRecordsUrl":"/services/data/v66.0/jobs/query/JOB/resultpages?locator=NzUwMA","done":false}"#);
    let mut links = Vec::new();
    let mut page = first.json();
    loop {
        links.extend(
            page["resultPages"]
                .as_array()
                .unwrap()
                .iter()
                .map(|link| link["resultUrl"].as_str().unwrap().to_owned()),
        );
        match page["nextRecordsUrl"].as_str() {
            Some(next) => page = client.follow(next).await.json(),
            None => break,
        }
    }
    assert_eq!((links.len(), &page["done"]), (7, &json!(true)));
    let pages = futures_util::future::join_all(links.iter().map(|link| client.follow(link))).await;
    let ids: HashSet<_> = pages.iter().flat_map(|page| page.text.lines().skip(1)).collect();
    assert_eq!(ids.len(), 10_000);

    let url = format!("{}/services/data/v57.0/jobs/query/{id}/resultPages", client.base);
    assert_eq!(send(client.http.get(url).bearer_auth(&client.token)).await.status, 404);
}

#[tokio::test]
async fn values_are_written_as_the_platform_does() {
    let (org, client) = org().await;
    let account =
        json!({ "Name": "Say \"hi\", all", "AnnualRevenue": 12345678, "NumberOfEmployees": 5 });
    client.send("POST", "/sobjects/Account", account).await;
    let soql = "select a.name, a.annualrevenue, numberofemployees, a.owner.name, createddate, isdeleted, site, Parent.Name, Parent.CreatedDate \
                FROM Account a WHERE Name LIKE 'Say %'";
    let id = finished(&org, &client, soql).await;
    let page = results(&client, &id, "").await;
    let now = org.now().strftime("%Y-%m-%dT").to_string();
    assert_snapshot!(page.text.lines().next().unwrap(), @r#""Name","AnnualRevenue","NumberOfEmployees","Owner.Name","CreatedDate","IsDeleted","Site","Parent.Name","Parent.CreatedDate""#);
    let row = page.text.lines().nth(1).unwrap();
    let (head, tail) = row.split_once(&now).expect(row);
    assert_snapshot!(format!("{head}…{}", &tail[8..]), @r#""Say ""hi"", all","1.2345678E7","5","Alex Admin","….000Z","false","","","""#);

    let none = finished(&org, &client, "SELECT Id FROM Account WHERE Name = 'Nobody'").await;
    let none = results(&client, &none, "").await;
    assert_eq!((none.text.as_str(), none.header("sforce-locator")), ("\"Id\"\n", "null"));

    let body = json!({ "operation": "queryAll", "query": "SELECT Name, Site FROM Account WHERE Name LIKE 'Say %' LIMIT 1",
                       "columnDelimiter": "PIPE", "lineEnding": "CRLF" });
    let made = client.send("POST", "/jobs/query", body).await.json();
    org.bulk_jobs().idle().await;
    let page = results(&client, made["id"].as_str().unwrap(), "").await;
    assert_snapshot!(format!("{:?}", page.text), @r#""\"Name\"|\"Site\"\r\n\"Say \"\"hi\"\", all\"|\"\"\r\n""#);

    let id = finished(&org, &client, "SELECT FIELDS(STANDARD) FROM Account LIMIT 1").await;
    let header = results(&client, &id, "").await.text;
    assert!(
        header.contains("\"BillingCity\"") && !header.contains("\"BillingAddress\""),
        "{header}"
    );
}

#[tokio::test]
async fn statements_that_a_job_cannot_run_are_refused() {
    let (_org, client) = org().await;
    let mut replies = Vec::new();
    for soql in [
        "",
        "SELECT FROM Account",
        "SELECT Nmae FROM Account",
        "SELECT Id FROM Accout",
        "SELECT COUNT() FROM Account",
        "SELECT COUNT(Id) FROM Account",
        "SELECT Industry FROM Account GROUP BY Industry",
        "SELECT Id FROM Account OFFSET 5",
        "SELECT Id, (SELECT Id FROM Contacts) FROM Account",
        "SELECT TYPEOF What WHEN Account THEN Phone END FROM Task",
        "SELECT Id, BillingAddress FROM Account",
        "SELECT Id, Account.BillingAddress FROM Contact",
        "SELECT FIELDS(ALL) FROM Account LIMIT 200",
    ] {
        replies.push(client.query_job(soql).await.shown());
    }
    replies.push(
        client
            .send(
                "POST",
                "/jobs/query",
                json!({ "operation": "insert", "query": "SELECT Id FROM Account" }),
            )
            .await
            .shown(),
    );
    assert_snapshot!(replies.join("\n"), @r#"
    400 [{"errorCode":"MALFORMED_QUERY","message":"A query string has to be specified"}]
    400 [{"errorCode":"MALFORMED_QUERY","message":"\nSELECT FROM Account\n       ^\nERROR at Row:1:Column:8\nunexpected token: 'FROM'"}]
    400 [{"errorCode":"INVALID_FIELD","message":"\nSELECT Nmae FROM Account\n       ^\nERROR at Row:1:Column:8\nNo such column 'Nmae' on entity 'Account'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names."}]
    400 [{"errorCode":"INVALID_TYPE","message":"\nSELECT Id FROM Accout\n               ^\nERROR at Row:1:Column:16\nsObject type 'Accout' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names."}]
    400 [{"errorCode":"API_ERROR","message":"Aggregate functions not supported in Bulk Query"}]
    400 [{"errorCode":"API_ERROR","message":"Aggregate functions not supported in Bulk Query"}]
    400 [{"errorCode":"API_ERROR","message":"Group By not supported in Bulk Query"}]
    400 [{"errorCode":"API_ERROR","message":"Offset not supported in Bulk Query"}]
    400 [{"errorCode":"API_ERROR","message":"Aggregate Relationships not supported in Bulk Query"}]
    400 [{"errorCode":"API_ERROR","message":"TypeOf not supported in Bulk Query"}]
    400 [{"errorCode":"API_ERROR","message":"Selecting compound data not supported in Bulk Query"}]
    400 [{"errorCode":"API_ERROR","message":"Selecting compound data not supported in Bulk Query"}]
    400 [{"errorCode":"MALFORMED_QUERY","message":"The SOQL FIELDS function is not supported with an unbounded set of fields in this API."}]
    400 [{"errorCode":"INVALIDJOB","message":"InvalidJob : Invalid operation. Valid values are query, queryAll"}]
    "#);
}

#[tokio::test]
async fn a_cut_page_is_seen_to_be_cut() {
    let (org, client) = org().await;
    let id = finished(&org, &client, "SELECT Id FROM Contact").await;
    org.faults().push(Fault::cut_body().on(Operation::BulkResults));
    let request = client.request(Method::GET, &format!("/jobs/query/{id}/results"));
    let cut = request.send().await.unwrap();
    assert_eq!(cut.status().as_u16(), 200);
    assert!(cut.text().await.is_err());
    let whole = results(&client, &id, "").await;
    assert_eq!(whole.text.lines().count(), 10_001);
}

#[tokio::test]
async fn in_a_settled_org_one_look_is_enough() {
    let (org, client) = org().await;
    org.bulk_jobs().settle();
    for _ in 0..10 {
        let id = client.query_job("SELECT Id FROM Contact").await.json()["id"].clone();
        let path = format!("/jobs/query/{}", id.as_str().unwrap());
        assert_eq!(client.get(&path).await.json()["state"], "JobComplete");
    }
    org.bulk_jobs().hold();
    let id = client.query_job("SELECT Id FROM Contact").await.json()["id"].clone();
    let path = format!("/jobs/query/{}", id.as_str().unwrap());
    assert_eq!(client.get(&path).await.json()["state"], "UploadComplete");
}

#[tokio::test]
async fn an_org_that_is_dropped_leaves_no_job_behind() {
    let (org, client) = org().await;
    org.bulk_jobs().hold();
    let made: Value = client.query_job("SELECT Id FROM Account").await.json();
    assert_eq!(made["state"], "UploadComplete");
    // Returns although the job waits for a step that nobody will allow.
    org.shutdown().await;
}
