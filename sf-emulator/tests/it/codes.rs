//! Every error code of the platform's data API that a client can provoke here,
//! with a request that does; and those that it cannot, with the reason.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use reqwest::Method;
use serde_json::{Value, json};
use sf_emulator::{DuplicateRule, Emulator, ValidationRule};

use crate::support::{Client, Reply, send, start};

/// Codes that the documentation of the REST API, its clients and recordings
/// name for these resources.
const KNOWN: &str = "ALL_OR_NONE_OPERATION_ROLLED_BACK API_CURRENTLY_DISABLED API_DISABLED_FOR_ORG \
    BATCH_PROCESSING_HALTED CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY CIRCULAR_DEPENDENCY DELETE_FAILED \
    DUPLICATES_DETECTED DUPLICATE_EXTERNAL_ID DUPLICATE_USERNAME DUPLICATE_VALUE ENTITY_IS_DELETED \
    ENTITY_IS_LOCKED EXCEEDED_ID_LIMIT EXCEEDED_MAX_SEMIJOIN_SUBSELECTS FIELD_CUSTOM_VALIDATION_EXCEPTION \
    FIELD_INTEGRITY_EXCEPTION FORBIDDEN INACTIVE_OWNER_OR_USER INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY \
    INSUFFICIENT_ACCESS_OR_READONLY INVALID_AUTH_HEADER INVALID_CROSS_REFERENCE_KEY INVALID_EMAIL_ADDRESS \
    INVALID_FIELD INVALID_FIELD_FOR_INSERT_UPDATE INVALID_OPERATOR INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST \
    INVALID_QUERY_FILTER_OPERATOR INVALID_QUERY_LOCATOR INVALID_REPLICATION_DATE INVALID_SESSION_ID INVALID_TYPE \
    INVALID_TYPE_ON_FIELD_IN_RECORD JSON_PARSER_ERROR LIMIT_EXCEEDED MALFORMED_ID MALFORMED_QUERY MALFORMED_SEARCH \
    METHOD_NOT_ALLOWED MISSING_ARGUMENT NOT_FOUND NUMBER_OUTSIDE_VALID_RANGE OPERATION_TOO_LARGE \
    PROCESSING_HALTED QUERY_TIMEOUT QUERY_TOO_COMPLICATED RECORD_IN_USE_BY_WORKFLOW REQUEST_LIMIT_EXCEEDED \
    REQUIRED_FIELD_MISSING SERVER_UNAVAILABLE STRING_TOO_LONG UNABLE_TO_LOCK_ROW UNKNOWN_EXCEPTION \
    UNSUPPORTED_API_VERSION";

/// `Fault::reply` answers with these, for clients that want to see them.
const NOT_PROVOKED: [(&str, &str); 12] = [
    ("ENTITY_IS_LOCKED", "an approval locks no record"),
    ("FIELD_INTEGRITY_EXCEPTION", "the rules behind it (price books, territories) are not kept"),
    ("FORBIDDEN", "of reports and dashboards: analytics_saving.rs"),
    ("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "every user sees and changes every record"),
    ("INSUFFICIENT_ACCESS_OR_READONLY", "every user sees and changes every record"),
    ("INVALID_TYPE_ON_FIELD_IN_RECORD", "no field that identifies records holds anything but text"),
    ("OPERATION_TOO_LARGE", "polymorphic lookups are joined, whatever their number"),
    ("QUERY_TIMEOUT", "a statement runs until it is done"),
    ("RECORD_IN_USE_BY_WORKFLOW", "there are no workflows"),
    ("SERVER_UNAVAILABLE", "Fault::unavailable"),
    ("UNABLE_TO_LOCK_ROW", "a request waits for the one before it; Fault::row_locked"),
    ("UNKNOWN_EXCEPTION", "it would be a mistake of this org; Fault::server_error"),
];

async fn codes_org() -> (Emulator, Client) {
    let rule = ValidationRule::new("Lead", "Company = 'Nobody'", "Name a company.");
    let builder = Emulator::builder()
        .contacts(20)
        .validation_rule(rule.on_field("Company"))
        .duplicate_rule(DuplicateRule::new("Lead", "Lead_Rule", ["Email"]));
    start(builder).await
}

async fn ask(client: &Client, method: &str, path: &str, body: &Value) -> Reply {
    let request = client.request(method.parse().unwrap(), path);
    send(if body.is_null() { request } else { request.json(body) }).await
}

/// The request, then its answer; long texts are cut.
fn shown(method: &str, path: &str, body: &Value, reply: &Reply) -> String {
    let cut = |text: String| match text.char_indices().nth(900) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    };
    let body = if body.is_null() { String::new() } else { cut(body.to_string()) };
    let request: String = cut(format!("{method} {path} {body}"));
    format!("{}\n  {}", request.trim_end(), cut(reply.shown()))
}

/// Runs the cases and notes the codes that were answered.
async fn run(
    client: &Client,
    cases: &[(&str, String, Value)],
    seen: &mut BTreeSet<String>,
) -> String {
    let mut lines = Vec::new();
    for (method, path, body) in cases {
        let reply = ask(client, method, path, body).await;
        note(&reply, seen);
        lines.push(shown(method, path, body, &reply));
    }
    lines.join("\n")
}

/// Codes of the reply, wherever they stand in it.
fn note(reply: &Reply, seen: &mut BTreeSet<String>) {
    for key in ["\"errorCode\":\"", "\"statusCode\":\""] {
        for part in reply.text.split(key).skip(1) {
            seen.extend(part.split('"').next().map(str::to_owned));
        }
    }
    if reply.status == 300 {
        seen.insert("DUPLICATE_EXTERNAL_ID".to_owned());
    }
}

fn soql(statement: &str) -> (&'static str, String, Value) {
    let query: String = url::form_urlencoded::byte_serialize(statement.as_bytes()).collect();
    ("GET", format!("/query?q={query}"), Value::Null)
}

/// Cases of statements; carets and their windows have tests of their own.
async fn statements(client: &Client, seen: &mut BTreeSet<String>) -> String {
    let many = |part: &str, count: usize| vec![part; count].join(",");
    let statements = [
        "SELECT Id FORM Account".to_owned(),
        "SELECT Nope FROM Account".to_owned(),
        "SELECT Id FROM Accout".to_owned(),
        "SELECT Id FROM Account WHERE Id = 'somethingwonky'".to_owned(),
        "SELECT Id FROM Account WHERE IsDeleted > false".to_owned(),
        "SELECT Id FROM Account LIMIT 1 OFFSET 2001".to_owned(),
        "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact) AND Id IN (SELECT AccountId FROM Case) AND Id IN (SELECT AccountId FROM Opportunity)".to_owned(),
        format!("SELECT Id FROM Account WHERE NumberOfEmployees IN ({})", many("1", 40_000)),
    ];
    let mut lines = Vec::new();
    for statement in statements {
        let (method, path, body) = soql(&statement);
        // The long one is too long for an address.
        let url = format!("/services/data/v66.0{path}");
        let batch = json!({ "batchRequests": [{ "method": method, "url": url }] });
        let reply = match path.len() {
            0..8_000 => ask(client, method, &path, &body).await,
            _ => client.send("POST", "/composite/batch", batch).await,
        };
        note(&reply, seen);
        let start: String = statement.chars().take(160).collect();
        lines.push(format!("{start}\n  {}", reply.shown()));
    }
    lines.join("\n")
}

#[tokio::test]
async fn every_code_is_provoked_or_excused() {
    let (org, client) = codes_org().await;
    let mut seen = BTreeSet::new();
    assert_snapshot!(statements(&client, &mut seen).await, @r#"
    SELECT Id FORM Account
      400 [{"message":"\nSELECT Id FORM Account\n          ^\nERROR at Row:1:Column:11\nunexpected token: 'FORM'","errorCode":"MALFORMED_QUERY"}]
    SELECT Nope FROM Account
      400 [{"message":"\nSELECT Nope FROM Account\n       ^\nERROR at Row:1:Column:8\nNo such column 'Nope' on entity 'Account'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.","errorCode":"INVALID_FIELD"}]
    SELECT Id FROM Accout
      400 [{"message":"\nSELECT Id FROM Accout\n               ^\nERROR at Row:1:Column:16\nsObject type 'Accout' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.","errorCode":"INVALID_TYPE"}]
    SELECT Id FROM Account WHERE Id = 'somethingwonky'
      400 [{"message":"\nSELECT Id FROM Account WHERE Id = 'somethingwonky'\n                             ^\nERROR at Row:1:Column:30\ninvalid ID field: somethingwonky","errorCode":"INVALID_QUERY_FILTER_OPERATOR"}]
    SELECT Id FROM Account WHERE IsDeleted > false
      400 [{"message":"\nSELECT Id FROM Account WHERE IsDeleted > false\n                             ^\nERROR at Row:1:Column:30\ninvalid operator on boolean field","errorCode":"INVALID_OPERATOR"}]
    SELECT Id FROM Account LIMIT 1 OFFSET 2001
      400 [{"message":"Maximum SOQL offset allowed is 2000","errorCode":"NUMBER_OUTSIDE_VALID_RANGE"}]
    SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact) AND Id IN (SELECT AccountId FROM Case) AND Id IN (SELECT AccountId FROM Opportunity)
      400 [{"message":"\nAccountId FROM Case) AND Id IN (SELECT AccountId FROM Opportunity)\n                                ^\nERROR at Row:1:Column:118\nmaximum semi join sub-selects allowed per query is 2","errorCode":"EXCEEDED_MAX_SEMIJOIN_SUBSELECTS"}]
    SELECT Id FROM Account WHERE NumberOfEmployees IN (1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1
      200 {"hasErrors":true,"results":[{"statusCode":400,"result":[{"message":"QUERY_TOO_COMPLICATED: Query is too complicated. Reduce the number of fields, conditions or relationships","errorCode":"QUERY_TOO_COMPLICATED"}]}]}
    "#);
    assert_snapshot!(rows(&client, &mut seen).await, @r#"
    PATCH /sobjects/Account/001dE000000000LQAQ {"Id":"001dE000000000LQAQ"}
      400 [{"message":"The Id field should not be specified in the sobject data.","errorCode":"INVALID_FIELD"}]
    POST /sobjects/Account {"Name":"A","AccountNumer":"1"}
      400 [{"message":"No such column 'AccountNumer' on sobject of type Account","errorCode":"INVALID_FIELD"}]
    POST /sobjects/Account {"Name":"A","MasterRecordId":"001dE000000000LQAQ"}
      400 [{"message":"Unable to create/update fields: MasterRecordId. Please check the security settings of this field and verify that it is read/write for your profile or permission set.","errorCode":"INVALID_FIELD_FOR_INSERT_UPDATE","fields":["MasterRecordId"]}]
    POST /sobjects/Contact {}
      400 [{"message":"Required fields are missing: [LastName]","errorCode":"REQUIRED_FIELD_MISSING","fields":["LastName"]}]
    POST /sobjects/Lead {"LastName":"L","Company":"Nobody"}
      400 [{"message":"Name a company.","errorCode":"FIELD_CUSTOM_VALIDATION_EXCEPTION","fields":["Company"]}]
    POST /sobjects/Lead {"LastName":"L","Company":"C","Email":"TWIN@example.com"}
      400 [{"message":"Use one of these records?","errorCode":"DUPLICATES_DETECTED","duplicateResut":{"allowSave":true,"duplicateRule":"Lead_Rule","duplicateRuleEntityType":"Lead","errorMessage":"You may be creating a duplicate record. We recommend you use an existing record instead.","matchResults":[{"entityType":"Lead","errors":[],"matchEngine":"ExactMatchEngine","matchRecords":[{"additionalInformation":[],"fieldDiffs":[],"matchConfidence":100.0,"record":{"attributes":{"type":"Lead","url":"/services/data/v66.0/sobjects/Lead/00QdE000000000LUAQ"},"Id":"00QdE000000000LUAQ"}}],"rule":"Lead_Rule","size":1,"success":true}]},"fields":[]}]
    POST /sobjects/Lead {"LastName":"L","Company":"C","Email":"123"}
      400 [{"message":"Email: invalid email address: 123","errorCode":"INVALID_EMAIL_ADDRESS","fields":["Email"]}]
    POST /sobjects/Account {"Name":"A","Site":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}
      400 [{"message":"Account Site: data value too large: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx (max length=80)","errorCode":"STRING_TOO_LONG","fields":["Site"]}]
    POST /sobjects/Invoice__c {"Amount__c":1,"Due_Date__c":"2026-08-01","Status__c":"Lost"}
      400 [{"message":"Status: bad value for restricted picklist field: Lost","errorCode":"INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST","fields":["Status__c"]}]
    POST /sobjects/Invoice__c {"Amount__c":"much","Due_Date__c":"2026-08-01"}
      400 [{"message":"Cannot deserialize instance of currency from VALUE_STRING value much or request may be missing a required field at [line:1, column:1]","errorCode":"JSON_PARSER_ERROR"}]
    POST /sobjects/Invoice__c {"Amount__c":1,"Due_Date__c":"2026-02-30","Status__c":"Lost"}
      400 [{"message":"Cannot deserialize instance of date from VALUE_STRING value 2026-02-30 or request may be missing a required field at [line:1, column:15]","errorCode":"JSON_PARSER_ERROR"}]
    POST /sobjects/Invoice__c {"Amount__c":1,"Due_Date__c":"2026-08-01","Is_Disputed__c":1}
      400 [{"message":"Cannot deserialize instance of boolean from VALUE_NUMBER_INT value 1 or request may be missing a required field at [line:1, column:42]","errorCode":"JSON_PARSER_ERROR"}]
    POST /sobjects/Invoice__c {"Amount__c":1,"Due_Date__c":"2026-08-01","Notes__c":{"text":"object"}}
      400 [{"message":"Cannot deserialize instance of textarea from START_OBJECT value { or request may be missing a required field at [line:1, column:42]","errorCode":"JSON_PARSER_ERROR"}]
    POST /sobjects/Invoice__c {"Amount__c":1,"Due_Date__c":"2026-08-01","Notes__c":["list"]}
      400 [{"message":"Cannot deserialize instance of textarea from START_ARRAY value [line:1, column:42]","errorCode":"JSON_PARSER_ERROR"}]
    POST /sobjects/Invoice__c {"Amount__c":1,"Due_Date__c":"2026-08-01","Order_Ref__c":12,"Notes__c":true,"External_Id__c":"x-1"}
      400 [{"message":"duplicate value found: External_Id__c duplicates value on record with id: a00dE000000000L","errorCode":"DUPLICATE_VALUE","fields":[]}]
    POST /sobjects/Invoice__c {"Amount__c":1,"Due_Date__c":"2026-08-01","Discount__c":9999}
      400 [{"message":"Discount__c: value outside of valid range on numeric field: 9999","errorCode":"NUMBER_OUTSIDE_VALID_RANGE","fields":["Discount__c"]}]
    POST /sobjects/Invoice__c {"Amount__c":1,"Due_Date__c":"2026-08-01","Account__r":{"Nope__c":1}}
      400 [{"errorCode":"NOT_FOUND","message":"Provided external ID field does not exist or is not accessible: Nope__c"}]
    POST /sobjects/Invoice_Line__c {"Invoice__r":{"External_Id__c":"none"}}
      400 [{"message":"Foreign key external ID: none not found for field External_Id__c in entity Invoice__c","errorCode":"INVALID_FIELD","fields":[]}]
    POST /sobjects/Contact {"LastName":"C","AccountId":"005dE0000000008QAA"}
      400 [{"message":"Account ID: id value of incorrect type: 005dE0000000008QAA","errorCode":"MALFORMED_ID","fields":["AccountId"]}]
    POST /sobjects/Contact {"LastName":"C","AccountId":"001dE00000zzzzzQAA"}
      400 [{"message":"invalid cross reference id","errorCode":"INVALID_CROSS_REFERENCE_KEY","fields":[]}]
    POST /sobjects/Contact {"LastName":"C","AccountId":"001dE000000000MQAQ"}
      400 [{"message":"entity is deleted","errorCode":"ENTITY_IS_DELETED","fields":[]}]
    POST /sobjects/Contact {"LastName":"C","OwnerId":"005dE0000000008QAA"}
      400 [{"message":"operation performed with inactive user [005dE0000000008] as owner of contact","errorCode":"INACTIVE_OWNER_OR_USER","fields":["OwnerId"]}]
    POST /sobjects/Profile {"Name":"P"}
      400 [{"message":"entity type cannot be inserted: Profile","errorCode":"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY","fields":[]}]
    POST /sobjects/Case {"Owner":{"Username":"admin@example.com"}}
      400 [{"message":"Nested object for polymorphic foreign key must have an attributes field before any other fields.","errorCode":"JSON_PARSER_ERROR"}]
    PATCH /sobjects/Account/001dE000000000LQAQ {"ParentId":"001dE000000000LQAQ"}
      400 [{"message":"attempting to make a circular dependency: 001dE000000000L","errorCode":"CIRCULAR_DEPENDENCY","fields":["ParentId"]}]
    DELETE /sobjects/Account/001dE000000000MQAQ
      404 [{"message":"entity is deleted","errorCode":"ENTITY_IS_DELETED","fields":[]}]
    DELETE /sobjects/Account/001dE00000zzzzzQAA
      404 [{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]
    DELETE /sobjects/Account/Namez
      404 [{"errorCode":"NOT_FOUND","message":"Provided external ID field does not exist or is not accessible: Namez"}]
    DELETE /sobjects/Account/001dE000000000NQAQ
      400 [{"message":"Your attempt to delete With a case could not be completed because it is associated with the following cases.: 00000021\n","errorCode":"DELETE_FAILED","fields":[]}]
    GET /sobjects/UpsertTable__c/ExtId__c/same
      300 ["/services/data/v66.0/sobjects/UpsertTable__c/a03dE0000000001QAA","/services/data/v66.0/sobjects/UpsertTable__c/a03dE0000000002QAA"]
    POST /sobjects/User {"Username":"admin@example.com","LastName":"U","Email":"u@example.com","Alias":"u","ProfileId":"00edE0000000001AAA","TimeZoneSidKey":"GMT","LocaleSidKey":"en_US","EmailEncodingKey":"UTF-8","LanguageLocaleKey":"en_US"}
      400 [{"message":"Profile ID: id value of incorrect type: 00edE0000000001AAA","errorCode":"MALFORMED_ID","fields":["ProfileId"]},{"message":"Duplicate Username.<br>The username already exists in this or another Salesforce organization. Usernames must be unique across all Salesforce organizations. To resolve, use a different username (it doesn't need to match the user's email address).","errorCode":"DUPLICATE_USERNAME","fields":["Username"]}]
    PATCH /sobjects/Account {}
      405 [{"message":"HTTP Method 'PATCH' not allowed. Allowed are GET,HEAD,POST","errorCode":"METHOD_NOT_ALLOWED"}]
    "#);
    assert_snapshot!(several(&client, &mut seen).await, @r#"
    POST /composite/sobjects {"allOrNone":true,"records":[{"attributes":{"type":"Account"},"Name":"A"},{"attributes":{"type":"Account"},"Name":null}]}
      200 [{"success":false,"errors":[{"statusCode":"ALL_OR_NONE_OPERATION_ROLLED_BACK","message":"Record rolled back because not all records were valid and the request was using AllOrNone header","fields":[]}]},{"success":false,"errors":[{"statusCode":"REQUIRED_FIELD_MISSING","message":"Required fields are missing: [Name]","fields":["Name"]}]}]
    POST /composite/sobjects {"records":[{"attributes":{"type":"Account"},"Name":{"first":"A"}},{"attributes":{"type":"Account"},"Name":7}]}
      200 [{"success":false,"errors":[{"statusCode":"JSON_PARSER_ERROR","message":"Cannot deserialize instance of string from START_OBJECT value { or request may be missing a required field at [line:1, column:45]","fields":[]}]},{"id":"001dE000000000OQAQ","success":true,"errors":[]}]
    POST /composite/sobjects {"records":[]}
      400 [{"message":"At least 1 record is required","errorCode":"REQUIRED_FIELD_MISSING"}]
    POST /composite/sobjects {"records":["A"]}
      400 [{"message":"Cannot deserialize instance of record from VALUE_STRING value A or request may be missing a required field at [line:1, column:12]","errorCode":"JSON_PARSER_ERROR"}]
    POST /composite/sobjects {"allOrNone":1,"records":[{"attributes":{"type":"Account"},"Name":"A"}]}
      400 [{"message":"Cannot deserialize instance of boolean from VALUE_NUMBER_INT value 1 or request may be missing a required field at [line:1, column:1]","errorCode":"JSON_PARSER_ERROR"}]
    POST /composite/sobjects {"allOrNone":false,"id":"x","records":[{"attributes":{"type":"Account"},"Name":"A"}]}
      400 [{"message":"Unrecognized field \"id\" at [line:1, column:26]","errorCode":"JSON_PARSER_ERROR"}]
    PATCH /composite/sobjects {"records":[{"attributes":{"type":"Account"},"Name":"A"},{"attributes":{"type":"Account"},"id":"001dE00000zzzzzQAA"},{"attributes":{"type":"Account"},"id":"001dE00000zzzzzQQQ"}]}
      200 [{"success":false,"errors":[{"statusCode":"MISSING_ARGUMENT","message":"Id not specified in an update call","fields":[]}]},{"success":false,"errors":[{"statusCode":"INVALID_CROSS_REFERENCE_KEY","message":"invalid cross reference id","fields":[]}]},{"success":false,"errors":[{"statusCode":"MALFORMED_ID","message":"malformed id 001dE00000zzzzzQQQ","fields":[]}]}]
    DELETE /composite/sobjects?ids=001dE00000zzzzzQAA,001dE00000zzzzzQQQ,zzzdE0000000001AAA
      200 [{"success":false,"errors":[{"statusCode":"INVALID_CROSS_REFERENCE_KEY","message":"invalid cross reference id","fields":[]}]},{"success":false,"errors":[{"statusCode":"MALFORMED_ID","message":"malformed id 001dE00000zzzzzQQQ","fields":[]}]},{"success":false,"errors":[{"statusCode":"MALFORMED_ID","message":"malformed id zzzdE0000000001AAA","fields":[]}]}]
    GET /composite/sobjects/Account?ids=001dE00000zzzzzQAA,001dE00000zzzzzQQQ&fields=Name
      400 [{"message":"malformed id 001dE00000zzzzzQQQ","errorCode":"MALFORMED_ID"}]
    GET /composite/sobjects/Account?ids=001dE00000zzzzzQAA&fields=Name
      200 [null]
    POST /composite/sobjects/Account {"ids":["001dE00000zzzzzQAA"],"field":["Name"]}
      400 [{"message":"Unrecognized field \"field\" at [line:1, column:40]","errorCode":"JSON_PARSER_ERROR"}]
    DELETE /composite/sobjects?ids=001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzzzQAA,001dE00000zzzz…
      400 [{"message":"record limit reached. cannot submit more than 200 records into this call","errorCode":"EXCEEDED_ID_LIMIT"}]
    POST /composite {"compositeRequest":[{"method":"GET","referenceId":"a","url":"/services/data/v66.0/nothing"},{"method":"GET","referenceId":"b","url":"/services/data/v66.0/sobjects/Account/@{a.id}"}]}
      200 {"compositeResponse":[{"body":[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}],"httpHeaders":{},"httpStatusCode":404,"referenceId":"a"},{"body":[{"errorCode":"PROCESSING_HALTED","message":"Invalid reference specified. No value for a.id found in a"}],"httpHeaders":{},"httpStatusCode":400,"referenceId":"b"}]}
    POST /composite {"compositeRequest":[{"method":"GET","referenceId":"a","url":7}]}
      400 [{"message":"Cannot deserialize instance of string from VALUE_NUMBER_INT value 7 or request may be missing a required field at [line:1, column:55]","errorCode":"JSON_PARSER_ERROR"}]
    POST /composite {"compositeRequest":[{"method":"GET","referenceId":"a","url":"/services/data/v66.0/limits","id":"x"}]}
      400 [{"message":"Unrecognized field \"id\" at [line:1, column:98]","errorCode":"JSON_PARSER_ERROR"}]
    POST /composite {"compositeRequest":[{"method":"GET","referenceId":"r0","url":"/services/data/v66.0/limits"},{"method":"GET","referenceId":"r1","url":"/services/data/v66.0/limits"},{"method":"GET","referenceId":"r2","url":"/services/data/v66.0/limits"},{"method":"GET","referenceId":"r3","url":"/services/data/v66.0/limits"},{"method":"GET","referenceId":"r4","url":"/services/data/v66.0/limits"},{"method":"GET","referenceId":"r5","url":"/services/data/v66.0/limits"},{"method":"GET","referenceId":"r6","url":"/services/data/v66.0/limits"},{"method":"GET","referenceId":"r7","url":"/services/data/v66.0/limits"},{"method":"GET","referenceId":"r8","url":"/services/data/v66.0/limits"},{"method":"GET","referenceId":"r9","url":"/services/data/v66.0/limits"},{"method":"GET","referenceId":"r10","url":"/services/data/v66.0/limits"},{"method":"GET","referenceId":"r11","url":"/services/data/v66.0/limits…
      400 [{"message":"A composite request can have at most 25 subrequests; this one has 26","errorCode":"LIMIT_EXCEEDED"}]
    POST /composite/batch {"haltOnError":true,"batchRequests":[{"method":"GET","url":"v66.0/nothing"},{"method":"GET","url":"v66.0/limits"}]}
      200 {"hasErrors":true,"results":[{"statusCode":404,"result":[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]},{"statusCode":412,"result":[{"errorCode":"BATCH_PROCESSING_HALTED","message":"Batch processing was halted because an earlier subrequest failed and haltOnError is true"}]}]}
    POST /composite/graph {"graphs":[{"graphId":"deep","compositeRequest":[{"method":"GET","referenceId":"n0","url":"/services/data/v66.0/sobjects/Account"},{"method":"GET","referenceId":"n1","url":"/services/data/v66.0/sobjects/Account/@{n0.id}"},{"method":"GET","referenceId":"n2","url":"/services/data/v66.0/sobjects/Account/@{n1.id}"},{"method":"GET","referenceId":"n3","url":"/services/data/v66.0/sobjects/Account/@{n2.id}"},{"method":"GET","referenceId":"n4","url":"/services/data/v66.0/sobjects/Account/@{n3.id}"},{"method":"GET","referenceId":"n5","url":"/services/data/v66.0/sobjects/Account/@{n4.id}"},{"method":"GET","referenceId":"n6","url":"/services/data/v66.0/sobjects/Account/@{n5.id}"},{"method":"GET","referenceId":"n7","url":"/services/data/v66.0/sobjects/Account/@{n6.id}"},{"method":"GET","referenceId":"n8","url":"/services/data/v66.0/sobjects/Account/@{n7.id}"},{"method":"GET","re…
      400 [{"message":"A graph can be at most 15 nodes deep; graph deep is deeper","errorCode":"LIMIT_EXCEEDED"}]
    GET /query/0r8000000000000AAA-2000
      400 [{"message":"invalid query locator","errorCode":"INVALID_QUERY_LOCATOR"}]
    GET /search?q=acme
      400 [{"message":"No search term found. The search term must be enclosed in braces.","errorCode":"MALFORMED_SEARCH"}]
    GET /sobjects/Account/updated?start=2026-02-01T00:00:00Z&end=2026-01-01T00:00:00Z
      400 [{"message":"endDate must be at least one minute greater than startDate","errorCode":"INVALID_REPLICATION_DATE"}]
    "#);
    assert_snapshot!(sessions(&org, &client, &mut seen).await, @r#"
    401 [{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]
    401 [{"message":"INVALID_AUTH_HEADER","errorCode":"INVALID_AUTH_HEADER"}]
    410 [{"message":"API version 30.0 is retired. Use version 31.0 or later.","errorCode":"UNSUPPORTED_API_VERSION"}]
    403 [{"message":"API is not enabled for this Organization or Partner","errorCode":"API_DISABLED_FOR_ORG"}]
    403 [{"message":"API is disabled for this User","errorCode":"API_CURRENTLY_DISABLED"}]
    403 [{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]
    "#);

    let excused: BTreeSet<&str> = NOT_PROVOKED.iter().map(|(code, _)| *code).collect();
    for code in KNOWN.split_whitespace() {
        let provoked = seen.contains(code);
        assert!(provoked != excused.contains(code), "{code}: provoked {provoked}");
    }
    assert!(excused.iter().all(|code| KNOWN.split_whitespace().any(|known| known == *code)));
}

/// Cases of single records.
async fn rows(client: &Client, seen: &mut BTreeSet<String>) -> String {
    let made = |path: &str, body: Value| {
        let path = path.to_owned();
        async move { client.send("POST", &path, body).await.json()["id"].as_str().unwrap().to_owned() }
    };
    let account = client.account("A").await;
    let gone = client.account("B").await;
    client.send("DELETE", &format!("/sobjects/Account/{gone}"), Value::Null).await;
    let with_case = client.account("With a case").await;
    made("/sobjects/Case", json!({"AccountId": with_case, "Subject": "Held"})).await;
    made("/sobjects/Lead", json!({"LastName": "L", "Company": "C", "Email": "twin@example.com"}))
        .await;
    let invoice = |extra: Value| {
        let mut whole = json!({"Amount__c": 1, "Due_Date__c": "2026-08-01"});
        whole.as_object_mut().unwrap().extend(extra.as_object().cloned().unwrap());
        ("POST", "/sobjects/Invoice__c".to_owned(), whole)
    };
    made("/sobjects/Invoice__c", invoice(json!({"External_Id__c": "X-1"})).2).await;
    for name in ["T1", "T2"] {
        made("/sobjects/UpsertTable__c", json!({"Name": name, "ExtId__c": "same"})).await;
    }
    let inactive = client.query("SELECT Id FROM User WHERE IsActive = false LIMIT 1").await.json();
    let inactive = inactive["records"][0]["Id"].as_str().unwrap().to_owned();
    let post = |object: &str, body: Value| ("POST", format!("/sobjects/{object}"), body);
    let of_account = |id: &str| format!("/sobjects/Account/{id}");
    let missing = "001dE00000zzzzzQAA";
    let lead = |extra: Value| {
        let mut whole = json!({"LastName": "L", "Company": "C"});
        whole.as_object_mut().unwrap().extend(extra.as_object().cloned().unwrap());
        post("Lead", whole)
    };
    let cases = [
        ("PATCH", of_account(&account), json!({"Id": account})),
        post("Account", json!({"Name": "A", "AccountNumer": "1"})),
        post("Account", json!({"Name": "A", "MasterRecordId": account})),
        post("Contact", json!({})),
        lead(json!({"Company": "Nobody"})),
        lead(json!({"Email": "TWIN@example.com"})),
        lead(json!({"Email": "123"})),
        post("Account", json!({"Name": "A", "Site": "x".repeat(81)})),
        invoice(json!({"Status__c": "Lost"})),
        invoice(json!({"Amount__c": "much"})),
        invoice(json!({"Due_Date__c": "2026-02-30", "Status__c": "Lost"})),
        invoice(json!({"Is_Disputed__c": 1})),
        invoice(json!({"Notes__c": {"text": "object"}})),
        invoice(json!({"Notes__c": ["list"]})),
        invoice(json!({"Order_Ref__c": 12, "Notes__c": true, "External_Id__c": "x-1"})),
        invoice(json!({"Discount__c": 9999})),
        invoice(json!({"Account__r": {"Nope__c": 1}})),
        (
            "POST",
            "/sobjects/Invoice_Line__c".to_owned(),
            json!({"Invoice__r": {"External_Id__c": "none"}}),
        ),
        post("Contact", json!({"LastName": "C", "AccountId": inactive})),
        post("Contact", json!({"LastName": "C", "AccountId": missing})),
        post("Contact", json!({"LastName": "C", "AccountId": gone})),
        post("Contact", json!({"LastName": "C", "OwnerId": inactive})),
        post("Profile", json!({"Name": "P"})),
        post("Case", json!({"Owner": {"Username": "admin@example.com"}})),
        ("PATCH", of_account(&account), json!({"ParentId": account})),
        ("DELETE", of_account(&gone), Value::Null),
        ("DELETE", of_account(missing), Value::Null),
        ("DELETE", of_account("Namez"), Value::Null),
        ("DELETE", of_account(&with_case), Value::Null),
        ("GET", "/sobjects/UpsertTable__c/ExtId__c/same".to_owned(), Value::Null),
        post(
            "User",
            json!({"Username": "admin@example.com", "LastName": "U", "Email": "u@example.com", "Alias": "u",
            "ProfileId": "00edE0000000001AAA", "TimeZoneSidKey": "GMT", "LocaleSidKey": "en_US",
            "EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US"}),
        ),
        ("PATCH", "/sobjects/Account".to_owned(), json!({})),
    ];
    run(client, &cases, seen).await
}

/// Cases of several records or requests, searches and feeds.
async fn several(client: &Client, seen: &mut BTreeSet<String>) -> String {
    let account = |name: Value| json!({"attributes": {"type": "Account"}, "Name": name});
    let missing = "001dE00000zzzzzQAA";
    let malformed = "001dE00000zzzzzQQQ";
    let composite =
        |nodes: Value| ("POST", "/composite".to_owned(), json!({"compositeRequest": nodes}));
    let node = |id: &str, url: &str| json!({"method": "GET", "referenceId": id, "url": format!("/services/data/v66.0{url}")});
    let collection = |body: Value| ("POST", "/composite/sobjects".to_owned(), body);
    let cases = [
        collection(
            json!({"allOrNone": true, "records": [account("A".into()), account(Value::Null)]}),
        ),
        collection(json!({"records": [account(json!({"first": "A"})), account(7.into())]})),
        collection(json!({"records": []})),
        collection(json!({"records": ["A"]})),
        collection(json!({"allOrNone": 1, "records": [account("A".into())]})),
        collection(json!({"allOrNone": false, "id": "x", "records": [account("A".into())]})),
        (
            "PATCH",
            "/composite/sobjects".to_owned(),
            json!({"records": [
                account("A".into()),
                {"attributes": {"type": "Account"}, "id": missing},
                {"attributes": {"type": "Account"}, "id": malformed},
            ]}),
        ),
        (
            "DELETE",
            format!("/composite/sobjects?ids={missing},{malformed},zzzdE0000000001AAA"),
            Value::Null,
        ),
        (
            "GET",
            format!("/composite/sobjects/Account?ids={missing},{malformed}&fields=Name"),
            Value::Null,
        ),
        ("GET", format!("/composite/sobjects/Account?ids={missing}&fields=Name"), Value::Null),
        (
            "POST",
            "/composite/sobjects/Account".to_owned(),
            json!({"ids": [missing], "field": ["Name"]}),
        ),
        (
            "DELETE",
            format!("/composite/sobjects?ids={}", vec![missing; 201].join(",")),
            Value::Null,
        ),
        composite(json!([node("a", "/nothing"), node("b", "/sobjects/Account/@{a.id}")])),
        composite(json!([{"method": "GET", "referenceId": "a", "url": 7}])),
        composite(
            json!([{"method": "GET", "referenceId": "a", "url": "/services/data/v66.0/limits", "id": "x"}]),
        ),
        composite((0..26).map(|n| node(&format!("r{n}"), "/limits")).collect()),
        (
            "POST",
            "/composite/batch".to_owned(),
            json!({"haltOnError": true, "batchRequests": [
                {"method": "GET", "url": "v66.0/nothing"}, {"method": "GET", "url": "v66.0/limits"},
            ]}),
        ),
        (
            "POST",
            "/composite/graph".to_owned(),
            json!({"graphs": [{"graphId": "deep", "compositeRequest":
                (0..16).map(|n| {
                    let url = match n {
                        0 => "/sobjects/Account".to_owned(),
                        n => format!("/sobjects/Account/@{{n{}.id}}", n - 1),
                    };
                    node(&format!("n{n}"), &url)
                }).collect::<Vec<_>>()
            }]}),
        ),
        ("GET", "/query/0r8000000000000AAA-2000".to_owned(), Value::Null),
        ("GET", "/search?q=acme".to_owned(), Value::Null),
        (
            "GET",
            "/sobjects/Account/updated?start=2026-02-01T00:00:00Z&end=2026-01-01T00:00:00Z"
                .to_owned(),
            Value::Null,
        ),
    ];
    run(client, &cases, seen).await
}

/// Sessions, versions, allowances.
async fn sessions(org: &Emulator, client: &Client, seen: &mut BTreeSet<String>) -> String {
    let limits = |header: &'static str, version: &str| {
        let url = format!("{}/services/data/{version}/limits", client.base);
        send(client.http.get(url).header("authorization", header))
    };
    let mut replies = vec![
        limits("Bearer wrong", "v66.0").await,
        limits("wrong", "v66.0").await,
        client.follow("/services/data/v30.0/limits").await,
    ];
    let user = org.access();
    user.set_org_api(false);
    replies.push(client.get("/limits").await);
    user.set_org_api(true);
    let id = client.query("SELECT Id FROM User WHERE Username = 'admin@example.com'").await.json();
    let id = id["records"][0]["Id"].as_str().unwrap().to_owned();
    user.disable_api(id.clone());
    replies.push(client.get("/limits").await);
    user.enable_api(&id);
    let (_small, other) = start(Emulator::builder().contacts(20).daily_requests(1)).await;
    send(other.request(Method::GET, "/limits")).await;
    replies.push(other.get("/limits").await);
    replies.iter().for_each(|reply| note(reply, seen));
    replies.iter().map(Reply::shown).collect::<Vec<_>>().join("\n")
}
