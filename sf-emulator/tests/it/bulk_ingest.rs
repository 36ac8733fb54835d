//! Ingest jobs of the Bulk API 2.0.

use insta::assert_snapshot;
use reqwest::Method;
use serde_json::{Value, json};
use sf_emulator::{Fault, Operation};

use crate::bulk::masked;
use crate::support::{Client, org, send};

fn upserts() -> Value {
    json!({ "object": "upserttable__c", "operation": "upsert", "externalIdFieldName": "extid__c" })
}

#[tokio::test]
async fn a_job_goes_through_its_states() {
    let (org, client) = org().await;
    org.bulk_jobs().hold();
    let made = client.ingest(upserts()).await;
    assert_snapshot!(masked(&made.json()), @r#"{"id":"750dE0000000001QAA","operation":"upsert","object":"UpsertTable__c","createdById":"…","createdDate":"…","systemModstamp":"…","state":"Open","externalIdFieldName":"ExtId__c","concurrencyMode":"Parallel","contentType":"CSV","apiVersion":66.0,"contentUrl":"services/data/v66.0/jobs/ingest/750dE0000000001QAA/batches","lineEnding":"LF","columnDelimiter":"COMMA"}"#);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert_snapshot!(masked(&client.job(&id).await), @r#"{"id":"750dE0000000001QAA","operation":"upsert","object":"UpsertTable__c","createdById":"…","createdDate":"…","systemModstamp":"…","state":"Open","externalIdFieldName":"ExtId__c","concurrencyMode":"Parallel","contentType":"CSV","apiVersion":66.0,"jobType":"V2Ingest","contentUrl":"services/data/v66.0/jobs/ingest/750dE0000000001QAA/batches","lineEnding":"LF","columnDelimiter":"COMMA","numberRecordsProcessed":0,"numberRecordsFailed":0,"retries":0,"totalProcessingTime":"…","apiActiveProcessingTime":"…","apexProcessingTime":0}"#);

    let rows: String = (0..250).map(|row| format!("K{row},Row {row}\n")).collect();
    let put = client.put(&id, format!("ExtId__c,Name\n{rows}")).await;
    assert_snapshot!(put.shown(), @"201");
    let closed = client.state(&id, "UploadComplete").await.json();
    assert_snapshot!(masked(&closed), @r#"{"id":"750dE0000000001QAA","operation":"upsert","object":"UpsertTable__c","createdById":"…","createdDate":"…","systemModstamp":"…","state":"UploadComplete","externalIdFieldName":"ExtId__c","concurrencyMode":"Parallel","contentType":"CSV","apiVersion":66.0}"#);
    assert_eq!(client.job(&id).await["state"], "UploadComplete");
    let early = client.get(&format!("/jobs/ingest/{id}/successfulResults")).await;
    assert_snapshot!(early.shown(), @r#"400 [{"errorCode":"INVALIDJOBSTATE","message":"Results are not available: the Job is UploadComplete"}]"#);

    org.bulk_jobs().step().await;
    let begun = client.job(&id).await;
    assert_eq!(
        (&begun["state"], &begun["numberRecordsProcessed"]),
        (&json!("InProgress"), &json!(0))
    );
    org.bulk_jobs().step().await;
    let half = client.job(&id).await;
    assert_eq!(
        (&half["state"], &half["numberRecordsProcessed"]),
        (&json!("InProgress"), &json!(200))
    );
    assert_eq!(
        client.count("SELECT COUNT() FROM UpsertTable__c WHERE ExtId__c LIKE 'K%'").await,
        200
    );
    org.bulk_jobs().step().await;
    assert_snapshot!(masked(&client.job(&id).await), @r#"{"id":"750dE0000000001QAA","operation":"upsert","object":"UpsertTable__c","createdById":"…","createdDate":"…","systemModstamp":"…","state":"JobComplete","externalIdFieldName":"ExtId__c","concurrencyMode":"Parallel","contentType":"CSV","apiVersion":66.0,"jobType":"V2Ingest","lineEnding":"LF","columnDelimiter":"COMMA","numberRecordsProcessed":250,"numberRecordsFailed":0,"retries":0,"totalProcessingTime":"…","apiActiveProcessingTime":"…","apexProcessingTime":0}"#);
    let good = client.records(&id, "successfulResults").await;
    assert_eq!(good.lines().count(), 251);
    assert!(good.starts_with("\"sf__Id\",\"sf__Created\",ExtId__c,Name\n\"a0"), "{good}");
    assert!(good.ends_with("\",\"true\",\"K249\",\"Row 249\"\n"), "{good}");
    assert_snapshot!(client.records(&id, "failedResults").await, @r#""sf__Id","sf__Error",ExtId__c,Name"#);
    assert_snapshot!(client.records(&id, "unprocessedrecords").await, @"ExtId__c,Name");
}

#[tokio::test]
async fn rows_fail_one_by_one() {
    let (org, client) = org().await;
    let csv = "LastName,Email,Birthdate\n\
               Good,good@example.com,1980-02-29\n\
               ,none@example.com,\n\
               Worse,nonsense,1980-02-28\n\
               Bad,,1981-02-29\n";
    let id = client.load(json!({ "object": "Contact", "operation": "insert" }), csv).await;
    org.bulk_jobs().idle().await;
    let job = client.job(&id).await;
    assert_eq!(job["state"], "JobComplete");
    assert_eq!(
        (&job["numberRecordsProcessed"], &job["numberRecordsFailed"]),
        (&json!(4), &json!(3))
    );
    assert_snapshot!(client.records(&id, "failedResults").await, @r#"
    "sf__Id","sf__Error",LastName,Email,Birthdate
    "","REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --","","none@example.com",""
    "","INVALID_EMAIL_ADDRESS:Email: invalid email address: nonsense:Email --","Worse","nonsense","1980-02-28"
    "","INVALID_FIELD:Failed to deserialize field at col 2. Due to, '1981-02-29' is not a valid value for the type xsd:date:Birthdate --","Bad","","1981-02-29"
    "#);
    let good = client.records(&id, "successfulResults").await;
    assert_eq!(good.lines().count(), 2, "{good}");
    assert_eq!(
        client.count("SELECT COUNT() FROM Contact WHERE Email = 'good@example.com'").await,
        1
    );
}

#[tokio::test]
async fn updates_and_deletes_go_by_id() {
    let (org, client) = org().await;
    let (a, b) = (client.account("Bulk One").await, client.account("Bulk Two").await);
    let csv = format!(
        "Id,Site,Industry\n{a},North,\n{},,#N/A\n,South,\n001x,West,\n003000000000001AAA,East,\n",
        &b[..15]
    );
    let id = client.load(json!({ "object": "Account", "operation": "update" }), csv).await;
    org.bulk_jobs().idle().await;
    assert_snapshot!(client.records(&id, "failedResults").await, @r#"
    "sf__Id","sf__Error",Id,Site,Industry
    "","MISSING_ARGUMENT:Id not specified in an update call:--","","South",""
    "001x","MALFORMED_ID:bad id 001x:Id --","001x","West",""
    "003000000000001AAA","INVALID_CROSS_REFERENCE_KEY:invalid cross reference id:--","003000000000001AAA","East",""
    "#);
    let soql = "SELECT Site FROM Account WHERE Name = 'Bulk One'";
    assert_eq!(client.query(soql).await.json()["records"][0]["Site"], "North");

    let body = json!({ "object": "Account", "operation": "delete" });
    let id = client.load(body.clone(), format!("Id\n{a}\n{a}\n")).await;
    org.bulk_jobs().idle().await;
    assert_eq!(
        client.records(&id, "failedResults").await.replace(&a, "ID"),
        "\"sf__Id\",\"sf__Error\",Id\n\"ID\",\"ENTITY_IS_DELETED:entity is deleted:--\",\"ID\"\n"
    );
    let id = client
        .load(json!({ "object": "Account", "operation": "hardDelete" }), format!("Id\n{b}\n"))
        .await;
    org.bulk_jobs().idle().await;
    assert_eq!(client.job(&id).await["numberRecordsFailed"], 0);
    let soql = "SELECT Name, IsDeleted FROM Account WHERE Name LIKE 'Bulk %'";
    let all = send(client.request(Method::GET, "/queryAll").query(&[("q", soql)])).await.json();
    assert_eq!(all["records"].as_array().unwrap().len(), 1, "the recycle bin has the first alone");
    assert_eq!(all["records"][0]["Name"], "Bulk One");
}

#[tokio::test]
async fn values_follow_the_rules_of_the_file() {
    let (org, client) = org().await;
    let account = client.account("Parent, Inc").await;
    let body = json!({ "object": "Contact", "operation": "insert", "columnDelimiter": "SEMICOLON", "lineEnding": "CRLF" });
    let csv = format!(
        "LastName;Description;Owner.Username;AccountId;Department\r\n\
         Quoted;\"two\nlines; \"\"so\"\"\";{};{account};#N/A\r\n",
        org.username()
    );
    let id = client.load(body, csv).await;
    org.bulk_jobs().idle().await;
    let good = client.records(&id, "successfulResults").await;
    assert_eq!(
        client.job(&id).await["numberRecordsFailed"],
        0,
        "{}",
        client.records(&id, "failedResults").await
    );
    assert!(good.starts_with("\"sf__Id\";\"sf__Created\";LastName;"), "{good}");
    assert!(good.contains("\"two\nlines; \"\"so\"\"\""), "{good}");
    let soql = "SELECT Description, OwnerId, Department FROM Contact WHERE LastName = 'Quoted'";
    let row = client.query(soql).await.json()["records"][0].clone();
    assert_eq!(row["Description"], "two\nlines; \"so\"");
    assert_eq!((&row["OwnerId"], &row["Department"]), (&json!(org.user_id()), &Value::Null));
}

#[tokio::test]
async fn parents_are_found_by_what_identifies_them() {
    let (org, client) = org().await;
    let account = client.account("Parent, Inc").await;
    let body = json!({ "object": "Invoice__c", "operation": "insert" });
    let csv = format!(
        "External_Id__c,Account__c,User:Owner.Username,Is_Disputed__c,Paid_At__c,Amount__c,Due_Date__c\n\
         X-1,{account},{},1,2026-01-02T03:04:05+01:00,1e3,2026-02-01\n\
         X-2,{account},,yes,2026-01-02,1,2026-02-01\n\
         X-3,{account},,,,1.000,5,2026-02-01\n",
        org.username()
    );
    let id = client.load(body, csv.replace("1.000,5", "\"1.000,5\"")).await;
    org.bulk_jobs().idle().await;
    assert_snapshot!(client.records(&id, "failedResults").await.replace(&account, "ACCOUNT"), @r#"
    "sf__Id","sf__Error",External_Id__c,Account__c,User:Owner.Username,Is_Disputed__c,Paid_At__c,Amount__c,Due_Date__c
    "","INVALID_FIELD:Failed to deserialize field at col 3. Due to, 'yes' is not a valid value for the type xsd:boolean:Is_Disputed__c --","X-2","ACCOUNT","","yes","2026-01-02","1","2026-02-01"
    "","INVALID_FIELD:Failed to deserialize field at col 5. Due to, '1.000,5' is not a valid value for the type xsd:double:Amount__c --","X-3","ACCOUNT","","","","1.000,5","2026-02-01"
    "#);
    let soql = "SELECT Is_Disputed__c, Paid_At__c, Amount__c, OwnerId FROM Invoice__c WHERE External_Id__c = 'X-1'";
    let row = client.query(soql).await.json()["records"][0].clone();
    assert_eq!((&row["Is_Disputed__c"], &row["OwnerId"]), (&json!(true), &json!(org.user_id())));
    assert_eq!(
        (&row["Paid_At__c"], &row["Amount__c"]),
        (&json!("2026-01-02T02:04:05.000+0000"), &json!(1000.0))
    );

    let body = json!({ "object": "Invoice_Line__c", "operation": "insert" });
    let csv = "Line_Key__c,Quantity__c,Unit_Price__c,Invoice__r.External_Id__c\nL-1,1,5,X-1\nL-2,1,5,nobody\n";
    let id = client.load(body, csv).await;
    org.bulk_jobs().idle().await;
    assert_snapshot!(client.records(&id, "failedResults").await, @r#"
    "sf__Id","sf__Error",Line_Key__c,Quantity__c,Unit_Price__c,Invoice__r.External_Id__c
    "","INVALID_FIELD:Foreign key external ID: nobody not found for field External_Id__c in entity Invoice__c:--","L-2","1","5","nobody"
    "#);
    let soql = "SELECT COUNT() FROM Invoice_Line__c WHERE Line_Key__c = 'L-1' AND Invoice__r.External_Id__c = 'X-1'";
    assert_eq!(client.count(soql).await, 1);
}

#[tokio::test]
async fn an_upsert_needs_its_key() {
    let (org, client) = org().await;
    // Some clients send an empty column Id along.
    let id = client.load(upserts(), "Id,ExtId__c,Name\n,R1,one\n,,two\n,R1,again\n").await;
    org.bulk_jobs().idle().await;
    assert_snapshot!(client.records(&id, "failedResults").await, @r#"
    "sf__Id","sf__Error",Id,ExtId__c,Name
    "","MISSING_ARGUMENT:ExtId__c not specified:--","","","two"
    "#);
    let good = client.records(&id, "successfulResults").await;
    let created: Vec<_> =
        good.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
    assert_eq!(created, ["\"true\"", "\"false\""]);
    let id = client.load(upserts(), "Name\nA\n").await;
    org.bulk_jobs().idle().await;
    assert_snapshot!(client.job(&id).await["errorMessage"], @r#""InvalidBatch : Field name not found : ExtId__c""#);

    let by_id =
        json!({ "object": "UpsertTable__c", "operation": "upsert", "externalIdFieldName": "Id" });
    let id = client.load(by_id, "Id,Name\n,new\na00dE0000000zzzAAA,old\n").await;
    org.bulk_jobs().idle().await;
    let failed = client.records(&id, "failedResults").await;
    assert_eq!(
        (failed.lines().count(), client.records(&id, "successfulResults").await.lines().count()),
        (2, 2),
        "{failed}"
    );
}

#[tokio::test]
async fn a_bad_file_fails_the_whole_job() {
    let (org, client) = org().await;
    let mut messages = Vec::new();
    for (object, operation, csv) in [
        ("Account", "insert", "Name,Nmae\nA,B\n"),
        ("Account", "insert", "Name\r\nA\r\n"),
        ("Account", "insert", "Name\nA \"B\"\n"),
        ("Account", "insert", "Name,Site\nA\n"),
        ("Account", "insert", ""),
        ("Account", "insert", "Name,name\nA,B\n"),
        ("Account", "delete", "Id,Name\n001,A\n"),
        ("Account", "hardDelete", "Name\nA\n"),
        ("Task", "insert", "Subject,Account:Owner.Username\nA,b\n"),
        ("Task", "insert", "Subject,Who.Email\nA,b\n"),
        ("Contact", "insert", "LastName,Account:Account.Name\nA,b\n"),
        ("Contact", "insert", "LastName,Nobody.Name\nA,b\n"),
        ("Contact", "insert", "LastName,Account.Phone\nA,b\n"),
    ] {
        let id = client.load(json!({ "object": object, "operation": operation }), csv).await;
        org.bulk_jobs().idle().await;
        let job = client.job(&id).await;
        assert_eq!((&job["state"], &job["numberRecordsProcessed"]), (&json!("Failed"), &json!(0)));
        messages.push(job["errorMessage"].as_str().unwrap().to_owned());
        let left = client.records(&id, "unprocessedrecords").await;
        assert_eq!(left.lines().next().unwrap_or_default(), csv.lines().next().unwrap_or_default());
    }
    assert_snapshot!(messages.join("\n"), @"
    InvalidBatch : Field name not found : Nmae
    ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF
    InvalidBatch : Failed to parse CSV. Found unescaped quote. A value with quote should be within a quote
    InvalidBatch : Failed to parse CSV. Row 1 has 1 fields, the header has 2
    InvalidBatch : The data has no header row
    InvalidBatch : Duplicate field name : name
    InvalidBatch : The 'delete' batch must contain only ids
    InvalidBatch : The 'hardDelete' batch must contain only ids
    InvalidBatch : Unable to find object: Account
    InvalidBatch : type is needed for polymorphic foreign key references: Who
    InvalidBatch : type is not needed for non polymorphic foreign key references: Account
    InvalidBatch : Unable to find relationship: Nobody
    InvalidBatch : Field name not found : Account.Phone
    ");
}

#[tokio::test]
async fn refused_requests_say_why() {
    let (org, client) = org().await;
    let mut replies = Vec::new();
    for body in [
        json!({ "operation": "insert" }),
        json!({ "object": "Nothing__c", "operation": "insert" }),
        json!({ "object": "Account", "operation": "merge" }),
        json!({ "object": "Account", "operation": "upsert" }),
        json!({ "object": "Account", "operation": "upsert", "externalIdFieldName": "Site" }),
        json!({ "object": "Account", "operation": "insert", "contentType": "JSON" }),
        json!({ "object": "Account", "operation": "insert", "columnDelimiter": "DOT" }),
        json!({ "object": "Account", "operation": "insert", "lineEnding": "CR" }),
    ] {
        replies.push(client.ingest(body).await.shown());
    }
    let account = json!({ "object": "Account", "operation": "insert" });
    let id = client.open(account.clone()).await;
    replies.push(client.state(&id, "UploadComplete").await.shown());
    replies.push(client.state(&id, "Done").await.shown());
    replies.push(send(client.request(Method::DELETE, &format!("/jobs/ingest/{id}"))).await.shown());
    let path = format!("/jobs/ingest/{id}/batches");
    replies.push(client.send("PUT", &path, json!({})).await.shown());
    assert_eq!(client.put(&id, "Name\nA\n").await.status, 201);
    replies.push(client.put(&id, "Name\nB\n").await.shown());
    client.state(&id, "UploadComplete").await;
    org.bulk_jobs().idle().await;
    replies.push(client.put(&id, "Name\nC\n").await.shown());
    replies.push(client.state(&id, "UploadComplete").await.shown());
    replies.push(client.state(&id, "Aborted").await.shown());
    replies.push(client.get("/jobs/ingest/750dE0000000zzzAAA").await.shown());
    replies.push(client.send("DELETE", "/jobs/ingest", json!({})).await.shown());
    let replies = replies.join("\n").replace(&id, "JOB");
    assert_snapshot!(replies, @r#"
    400 [{"errorCode":"INVALIDJOB","message":"InvalidJob : object is missing"}]
    400 [{"errorCode":"INVALIDJOB","message":"InvalidJob : Unable to find object: Nothing__c"}]
    400 [{"errorCode":"INVALIDJOB","message":"InvalidJob : Invalid operation. Valid values are insert, update, upsert, delete, hardDelete"}]
    400 [{"errorCode":"INVALIDJOB","message":"InvalidJob : externalIdFieldName is required for the operation upsert"}]
    400 [{"errorCode":"INVALIDJOB","message":"InvalidJob : Field name provided, Site does not match an External ID, Salesforce Id, or indexed field for Account"}]
    400 [{"errorCode":"INVALIDJOB","message":"InvalidJob : Invalid contentType 'JSON'. The valid value is CSV"}]
    400 [{"errorCode":"INVALIDJOB","message":"InvalidJob : Invalid columnDelimiter 'DOT'. Valid values are BACKQUOTE, CARET, COMMA, PIPE, SEMICOLON, TAB"}]
    400 [{"errorCode":"INVALIDJOB","message":"InvalidJob : Invalid lineEnding 'CR'. Valid values are LF, CRLF"}]
    400 [{"errorCode":"INVALIDJOBSTATE","message":"Closing a Job without data not allowed"}]
    400 [{"errorCode":"INVALIDJOBSTATE","message":"Invalid state. Valid values are UploadComplete, Aborted"}]
    400 [{"errorCode":"INVALIDJOBSTATE","message":"Deleting Open Job not allowed"}]
    415 [{"errorCode":"UNSUPPORTED_MEDIA_TYPE","message":"Content-Type 'application/json' not supported. Use text/csv"}]
    400 [{"errorCode":"CLIENTINPUTERROR","message":"Found multiple contents for job: <JOB>, please 'Close' / 'Abort' / 'Delete' the current Job then create a new Job and make sure you only do 'PUT' once on a given Job."}]
    400 [{"errorCode":"INVALIDJOBSTATE","message":"Uploading data to already Completed Job not allowed"}]
    400 [{"errorCode":"INVALIDJOBSTATE","message":"Closing already Completed Job not allowed"}]
    400 [{"errorCode":"INVALIDJOBSTATE","message":"Aborting already Completed Job not allowed"}]
    404 [{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]
    405 [{"message":"HTTP Method 'DELETE' not allowed. Allowed are GET,HEAD,POST","errorCode":"METHOD_NOT_ALLOWED"}]
    "#);
}

#[tokio::test]
async fn an_aborted_job_keeps_what_it_did() {
    let (org, client) = org().await;
    org.bulk_jobs().hold();
    let rows: String = (0..300).map(|row| format!("Aborted {row}\n")).collect();
    let account = json!({ "object": "Account", "operation": "insert" });
    let id = client.load(account.clone(), format!("Name\n{rows}")).await;
    org.bulk_jobs().step().await;
    org.bulk_jobs().step().await;
    let aborted = client.state(&id, "Aborted").await;
    assert_eq!(aborted.json()["state"], "Aborted");
    org.bulk_jobs().release();
    org.bulk_jobs().idle().await;
    let job = client.job(&id).await;
    assert_eq!((&job["state"], &job["numberRecordsProcessed"]), (&json!("Aborted"), &json!(200)));
    assert_eq!(client.records(&id, "successfulResults").await.lines().count(), 201);
    let left = client.records(&id, "unprocessedrecords").await;
    assert!(left.starts_with("Name\n\"Aborted 200\"\n"), "{left}");
    assert_eq!(left.lines().count(), 101);
    assert_eq!(client.records(&id, "unprocessedRecords").await, left);
    assert_eq!(client.count("SELECT COUNT() FROM Account WHERE Name LIKE 'Aborted %'").await, 200);

    let open = client.open(account).await;
    assert_eq!(client.state(&open, "Aborted").await.status, 200);
    assert_eq!(client.put(&open, "Name\nA\n").await.status, 400);
}

#[tokio::test]
async fn one_request_can_carry_the_data() {
    let (org, client) = org().await;
    let parts = |job: &str, csv: &str| {
        format!(
            "--B\r\nContent-Type: application/json; charset=UTF-8\r\nContent-Disposition: form-data; name=\"job\"\r\n\r\n{job}\r\n\
             --B\r\nContent-Type: text/csv\r\nContent-Disposition: form-data; name=\"content\"; filename=\"content\"\r\n\r\n{csv}\r\n--B--\r\n"
        )
    };
    let post = async |body: String| {
        let request = client.request(Method::POST, "/jobs/ingest");
        send(request.header("content-type", "multipart/form-data; boundary=B").body(body)).await
    };
    let job = r#"{"object":"Account","operation":"insert"}"#;
    let made = post(parts(job, "Name\nIn one request\n")).await;
    assert_snapshot!(masked(&made.json()), @r#"{"id":"750dE0000000001QAA","operation":"insert","object":"Account","createdById":"…","createdDate":"…","systemModstamp":"…","state":"UploadComplete","concurrencyMode":"Parallel","contentType":"CSV","apiVersion":66.0,"lineEnding":"LF","columnDelimiter":"COMMA"}"#);
    org.bulk_jobs().idle().await;
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let good = client.records(&id, "successfulResults").await;
    assert!(good.ends_with("\"true\",\"In one request\"\n"), "{good}");

    let long = format!("Name\n{}\n", "x\n".repeat(50_000));
    assert_snapshot!(post(parts(job, &long)).await.shown(), @r#"400 [{"errorCode":"INVALIDJOB","message":"InvalidJob : The part content has over 100000 characters. Upload the data in a request of its own"}]"#);
    assert_snapshot!(post("--B--\r\n".to_owned()).await.shown(), @r#"400 [{"errorCode":"INVALIDJOB","message":"InvalidJob : The part content is missing"}]"#);
}

#[tokio::test]
async fn jobs_are_listed_newest_first_and_deleted() {
    let (org, client) = org().await;
    let account = json!({ "object": "Account", "operation": "insert" });
    let first = client.load(account.clone(), "Name\nA\n").await;
    org.bulk_jobs().idle().await;
    let second = client.open(account).await;
    let list = client.get("/jobs/ingest").await;
    assert_snapshot!(list.keys(), @"done nextRecordsUrl records");
    let json = list.json();
    let ids: Vec<_> = json["records"].as_array().unwrap().iter().map(|job| &job["id"]).collect();
    assert_eq!(ids, [second.as_str(), first.as_str()]);
    assert_snapshot!(masked(&json["records"][1]), @r#"{"id":"750dE0000000001QAA","operation":"insert","object":"Account","createdById":"…","createdDate":"…","systemModstamp":"…","state":"JobComplete","concurrencyMode":"Parallel","contentType":"CSV","apiVersion":66.0,"jobType":"V2Ingest","lineEnding":"LF","columnDelimiter":"COMMA"}"#);
    let other = client.get("/jobs/ingest?jobType=Classic").await.json();
    assert_eq!(other["records"], json!([]));

    let path = format!("/jobs/ingest/{}", &first[..15]);
    assert_snapshot!(send(client.request(Method::DELETE, &path)).await.shown(), @"204");
    assert_eq!(client.get(&path).await.status, 404);

    org.advance(std::time::Duration::from_secs(8 * 24 * 60 * 60));
    let late = Client::new(&org);
    assert_eq!(late.get(&format!("/jobs/ingest/{second}")).await.status, 404, "kept for 7 days");
}

#[tokio::test]
async fn an_upload_whose_answer_was_lost_has_arrived() {
    let (org, client) = org().await;
    let id = client.open(json!({ "object": "Account", "operation": "insert" })).await;
    org.faults().push(Fault::lost_answer().on(Operation::BulkIngest));
    let put = client.request(Method::PUT, &format!("/jobs/ingest/{id}/batches"));
    assert!(put.header("content-type", "text/csv").body("Name\nArrived\n").send().await.is_err());
    assert_eq!(client.put(&id, "Name\nArrived\n").await.status, 400, "it was taken the first time");
    assert_eq!(client.state(&id, "UploadComplete").await.status, 200);
    org.bulk_jobs().idle().await;
    assert_eq!(client.count("SELECT COUNT() FROM Account WHERE Name = 'Arrived'").await, 1);
}
