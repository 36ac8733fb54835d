//! Every error code that a client can provoke through the engine, as it is
//! answered.

use serde_json::{Value, json};

use super::{cache, caller, create, delete, fields, one, refused, shown, update};
use crate::engine::{ApiError, Config, DuplicateRule, Engine, Rules, ValidationRule, Write, id};

fn org() -> Engine {
    let rules = Rules {
        validation: vec![
            ValidationRule::new("Lead", "Company = 'Nobody'", "Name a company.")
                .on_field("Company"),
        ],
        duplicates: vec![DuplicateRule::new("Lead", "Lead_Rule", ["Email"])],
    };
    let config =
        Config { contacts: 20, cache_dir: Some(cache().to_owned()), rules, ..Config::default() };
    Engine::open(&config).unwrap()
}

/// Ids differ from run to run no more than the data does; texts are kept short.
fn list(refusals: Vec<(&str, String)>) -> String {
    let lines: Vec<String> = refusals
        .into_iter()
        .map(|(what, refusal)| {
            let lines: Vec<&str> = refusal.lines().collect();
            // A statement's window and caret are tested elsewhere.
            let kept = match lines.iter().position(|line| line.starts_with("ERROR at Row")) {
                Some(at) => {
                    format!("{} {} {}", lines[0], lines[1].trim(), lines[at + 1..].join(" "))
                }
                None => lines.join(" "),
            };
            format!("{what}\n  {kept}")
        })
        .collect();
    lines.join("\n")
}

#[test]
fn codes_of_statements() {
    let org = org();
    let statements = [
        "SELECT Id FORM Account",
        "SELECT Nope FROM Account",
        "SELECT Nope.Name FROM Account",
        "SELECT Id FROM Accout",
        "SELECT Id, (SELECT Id FROM Nopes) FROM Account",
        "SELECT Id FROM Account WHERE Id = 'somethingwonky'",
        "SELECT Id FROM Account WHERE IsDeleted > false",
        "SELECT Id FROM Account WHERE Name INCLUDES ('a')",
        "SELECT Id FROM Account WHERE Name = 5",
        "SELECT Id FROM Account LIMIT 1 OFFSET 2001",
        "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact) AND Id IN (SELECT AccountId FROM Case) AND Id IN (SELECT AccountId FROM Opportunity)",
    ];
    let refusals = statements.iter().map(|soql| (*soql, refused(&org, soql))).collect();
    insta::assert_snapshot!(list(refusals), @"
    SELECT Id FORM Account
      400 MALFORMED_QUERY: unexpected token: 'FORM'
    SELECT Nope FROM Account
      400 INVALID_FIELD: No such column 'Nope' on entity 'Account'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.
    SELECT Nope.Name FROM Account
      400 INVALID_FIELD: Didn't understand relationship 'Nope' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names.
    SELECT Id FROM Accout
      400 INVALID_TYPE: sObject type 'Accout' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.
    SELECT Id, (SELECT Id FROM Nopes) FROM Account
      400 INVALID_TYPE: Didn't understand relationship 'Nopes' in FROM part of query call. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names.
    SELECT Id FROM Account WHERE Id = 'somethingwonky'
      400 INVALID_QUERY_FILTER_OPERATOR: invalid ID field: somethingwonky
    SELECT Id FROM Account WHERE IsDeleted > false
      400 INVALID_OPERATOR: invalid operator on boolean field
    SELECT Id FROM Account WHERE Name INCLUDES ('a')
      400 INVALID_OPERATOR: invalid operator; INCLUDES and EXCLUDES can only be used with a multi-select picklist
    SELECT Id FROM Account WHERE Name = 5
      400 INVALID_FIELD: value of filter criterion for field 'Name' must be of type string and should be enclosed in quotes
    SELECT Id FROM Account LIMIT 1 OFFSET 2001
      400 NUMBER_OUTSIDE_VALID_RANGE: Maximum SOQL offset allowed is 2000
    SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact) AND Id IN (SELECT AccountId FROM Case) AND Id IN (SELECT AccountId FROM Opportunity)
      400 EXCEEDED_MAX_SEMIJOIN_SUBSELECTS: maximum semi join sub-selects allowed per query is 2
    ");
}

fn failed(result: Result<crate::engine::Written, ApiError>) -> String {
    shown(&result.unwrap_err())
}

#[test]
fn codes_of_rows() {
    let org = org();
    let new = |object: &str, body: Value| create(&org, object, &body);
    let account = new("Account", json!({"Name": "A"})).unwrap().id;
    let gone = new("Account", json!({"Name": "B"})).unwrap().id;
    delete(&org, &gone).unwrap();
    let invoice = |body: Value| {
        let mut whole = json!({"Amount__c": 1, "Due_Date__c": "2026-08-01"});
        whole.as_object_mut().unwrap().extend(body.as_object().cloned().unwrap());
        new("Invoice__c", whole)
    };
    invoice(json!({"External_Id__c": "X-1"})).unwrap();
    let lead = |extra: Value| {
        let mut whole = json!({"LastName": "L", "Company": "C"});
        whole.as_object_mut().unwrap().extend(extra.as_object().cloned().unwrap());
        new("Lead", whole)
    };
    lead(json!({"Email": "twin@example.com"})).unwrap();
    for name in ["T1", "T2"] {
        new("UpsertTable__c", json!({"Name": name, "ExtId__c": "same"})).unwrap();
    }
    let upsert = Write::Upsert {
        object: "UpsertTable__c".to_owned(),
        field: "ExtId__c".to_owned(),
        value: "same".to_owned(),
        fields: fields(&json!({"Name": "T3"})),
        update_only: false,
    };
    let contract = json!({"AccountId": account});
    new("Contract", contract).unwrap();
    let all_or_none = {
        let write = |body| Write::Create { object: "Account".to_owned(), fields: fields(&body) };
        let writes = [write(json!({"Name": "fine"})), write(json!({}))];
        org.write(&caller(), &writes, true).remove(0)
    };
    let refusals = vec![
        ("Id in the body", failed(update(&org, "Account", &account, &json!({"Id": account})))),
        ("unknown field", failed(new("Account", json!({"Name": "A", "AccountNumer": "1"})))),
        (
            "read-only field",
            failed(new("Account", json!({"Name": "A", "MasterRecordId": account}))),
        ),
        ("required field", failed(new("Contact", json!({})))),
        ("validation rule", failed(lead(json!({"Company": "Nobody"})))),
        ("duplicate rule", failed(lead(json!({"Email": "TWIN@example.com"})))),
        ("long text", failed(new("Account", json!({"Name": "A", "Site": "x".repeat(81)})))),
        ("restricted picklist", failed(invoice(json!({"Status__c": "Lost"})))),
        ("email", failed(lead(json!({"Email": "123"})))),
        ("type", failed(invoice(json!({"Amount__c": "much"})))),
        ("date", failed(invoice(json!({"Due_Date__c": "2026-02-30"})))),
        ("range", failed(invoice(json!({"Discount__c": 9999})))),
        ("unique value", failed(invoice(json!({"External_Id__c": "x-1"})))),
        (
            "id of another object",
            failed(new("Contact", json!({"LastName": "C", "AccountId": id::make("003", 1)}))),
        ),
        ("no id", failed(new("Contact", json!({"LastName": "C", "AccountId": "x"})))),
        ("no prefix", failed(delete(&org, "zzz000000000001"))),
        (
            "missing parent",
            failed(new("Contact", json!({"LastName": "C", "AccountId": id::make("001", 60_000)}))),
        ),
        ("deleted parent", failed(new("Contact", json!({"LastName": "C", "AccountId": gone})))),
        ("no insert", failed(new("Profile", json!({"Name": "P"})))),
        (
            "nested polymorphic",
            failed(new("Case", json!({"Owner": {"Username": "admin@example.com"}}))),
        ),
        ("deleted row", failed(delete(&org, &gone))),
        ("missing row", failed(delete(&org, &id::make("001", 60_000)))),
        ("unknown object", failed(new("Nope", json!({})))),
        ("malformed id in the path", failed(update(&org, "Account", "Namez", &json!({})))),
        ("child that holds its parent", failed(delete(&org, &account))),
        ("several matches", failed(one(&org, upsert))),
        ("another record failed", failed(all_or_none)),
    ];
    insta::assert_snapshot!(list(refusals), @r#"
    Id in the body
      400 INVALID_FIELD: The Id field should not be specified in the sobject data.
    unknown field
      400 INVALID_FIELD: No such column 'AccountNumer' on sobject of type Account
    read-only field
      400 INVALID_FIELD_FOR_INSERT_UPDATE: Unable to create/update fields: MasterRecordId. Please check the security settings of this field and verify that it is read/write for your profile or permission set. ["MasterRecordId"]
    required field
      400 REQUIRED_FIELD_MISSING: Required fields are missing: [LastName] ["LastName"]
    validation rule
      400 FIELD_CUSTOM_VALIDATION_EXCEPTION: Name a company. ["Company"]
    duplicate rule
      400 DUPLICATES_DETECTED: Use one of these records? []
    long text
      400 STRING_TOO_LONG: Account Site: data value too large: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx (max length=80) ["Site"]
    restricted picklist
      400 INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST: Status: bad value for restricted picklist field: Lost ["Status__c"]
    email
      400 INVALID_EMAIL_ADDRESS: Email: invalid email address: 123 ["Email"]
    type
      400 INVALID_TYPE_ON_FIELD_IN_RECORD: Amount__c: value not of required type: much ["Amount__c"]
    date
      400 INVALID_TYPE_ON_FIELD_IN_RECORD: Due_Date__c: value not of required type: 2026-02-30 ["Due_Date__c"]
    range
      400 NUMBER_OUTSIDE_VALID_RANGE: Discount__c: value outside of valid range on numeric field: 9999 ["Discount__c"]
    unique value
      400 DUPLICATE_VALUE: duplicate value found: External_Id__c duplicates value on record with id: a00dE000000000L []
    id of another object
      400 MALFORMED_ID: Account ID: id value of incorrect type: 003dE0000000001QAA ["AccountId"]
    no id
      400 MALFORMED_ID: Account ID: id value of incorrect type: x ["AccountId"]
    no prefix
      400 MALFORMED_ID: malformed id zzz000000000001 []
    missing parent
      400 INVALID_CROSS_REFERENCE_KEY: invalid cross reference id []
    deleted parent
      400 ENTITY_IS_DELETED: entity is deleted []
    no insert
      400 CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY: entity type cannot be inserted: Profile []
    nested polymorphic
      400 JSON_PARSER_ERROR: Nested object for polymorphic foreign key must have an attributes field before any other fields.
    deleted row
      404 ENTITY_IS_DELETED: entity is deleted []
    missing row
      404 NOT_FOUND: The requested resource does not exist
    unknown object
      404 NOT_FOUND: The requested resource does not exist
    malformed id in the path
      404 NOT_FOUND: Provided external ID field does not exist or is not accessible: Namez
    child that holds its parent
      400 DELETE_FAILED: Your attempt to delete A could not be completed because it is associated with the following contracts.: 00000001  []
    several matches
      300 DUPLICATE_EXTERNAL_ID: ExtId__c: more than one record found for external id field: [a03dE0000000001, a03dE0000000002] []
    another record failed
      400 ALL_OR_NONE_OPERATION_ROLLED_BACK: Record rolled back because not all records were valid and the request was using AllOrNone header []
    "#);
}
