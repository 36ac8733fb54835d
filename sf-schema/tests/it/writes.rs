//! Values about to be written, and everything that is wrong with them.

use serde_json::{Value, json};
use sf_schema::{
    Known, Layouts, Object, ProblemKind, WriteFacts, WriteKind, check_write, check_write_with,
};

use crate::support::object;

fn check(object: &Object, kind: WriteKind<'_>, values: &Value) -> Vec<String> {
    let problems = check_write(object, kind, values.as_object().unwrap());
    problems.iter().map(|p| format!("{:?} {p}", p.kind)).collect()
}

#[tokio::test]
async fn all_problems_at_once() {
    let account = object("Account").await;
    let values = json!({
        "Nmae": "x", "Industry": "Anything goes", "CleanStatus": "Cleen", "AnnualRevenue": "much",
        "NumberOfEmployees": 1.5, "BillingAddress": { "city": "Bern" }, "CreatedDate": "2026-01-01T00:00:00Z",
        "Phone": "1".repeat(41), "ParentId": "003000000000001AAA", "OwnerId": "me", "SLAExpirationDate__c": "soon",
        "Description": 5,
    });
    insta::assert_snapshot!(check(&account, WriteKind::Create, &values).join("\n"), @r#"
    UnknownField Nmae: Account has no such field. Did you mean Name?
    NotAllowedValue CleanStatus: "Cleen" is not one of its values.
    WrongType AnnualRevenue: "much" is not a number.
    WrongType NumberOfEmployees: 1.5 is not a whole number.
    NotWritable BillingAddress: Is made of other fields; write BillingStreet, BillingCity, BillingState, BillingPostalCode, BillingCountry, BillingLatitude, BillingLongitude, BillingGeocodeAccuracy instead.
    NotWritable CreatedDate: Cannot be written by this user; leave it out.
    TooLong Phone: Has 41 characters; at most 40 fit.
    WrongReference ParentId: 003000000000001AAA is not the id of a record of Account (it is one of Contact); those start with 001.
    MalformedId OwnerId: "me" is not a Salesforce id (15 or 18 letters and digits).
    WrongType SLAExpirationDate__c: "soon" is not a date; write it like "2026-03-31".
    WrongType Description: 5 is not text; put it in quotes.
    MissingRequired Name: Required to create Account: text of at most 255 characters.
    "#);
}

#[tokio::test]
async fn allowed_values_are_listed() {
    let account = object("Account").await;
    let values = json!({ "Name": "x", "CleanStatus": "match" });
    let problems = check_write(&account, WriteKind::Create, values.as_object().unwrap());
    assert_eq!(problems[0].kind, ProblemKind::NotAllowedValue);
    assert!(problems[0].allowed.contains(&"Matched".to_owned()));
    assert_eq!(problems[0].suggestions[0], "Matched");
    let opportunity = object("Opportunity").await;
    let problems = check_write(&opportunity, WriteKind::Create, json!({}).as_object().unwrap());
    let stage = problems.iter().find(|p| p.field == "StageName").unwrap();
    assert!(
        stage.allowed.contains(&"Prospecting".to_owned()),
        "a missing picklist lists its values"
    );
}

#[tokio::test]
async fn good_values_have_no_problem() {
    let contact = object("Contact").await;
    let values = json!({
        "attributes": { "type": "Contact" }, "lastname": "Müller", "Birthdate": "1980-02-29",
        "AccountId": "001000000000001", "Email": "m@example.com", "MailingLatitude": 47.1,
        "Description": null, "Languages__c": null, "LeadSource": "Web",
    });
    assert_eq!(check(&contact, WriteKind::Create, &values), Vec::<String>::new());
    let by_external_id = json!({ "LastName": "x", "ReportsTo": { "Email": "boss@example.com" } });
    assert_eq!(check(&contact, WriteKind::Create, &by_external_id), Vec::<String>::new());
}

#[tokio::test]
async fn update_asks_for_nothing_that_only_create_needs() {
    let contact = object("Contact").await;
    assert_eq!(
        check(&contact, WriteKind::Update, &json!({ "Title": "CEO" })),
        Vec::<String>::new()
    );
    insta::assert_snapshot!(
        check(&contact, WriteKind::Update, &json!({ "LastName": null })).join("\n"),
        @"NotNillable LastName: Cannot be emptied; give a value or leave it out."
    );
    let invoice = object("Invoice__c").await;
    let upsert = WriteKind::Upsert { key: "External_Id__c" };
    let values = json!({ "External_Id__c": "X-1", "Notes__c": "x" });
    assert_eq!(check(&invoice, upsert, &values), Vec::<String>::new());
}

#[tokio::test]
async fn blank_is_missing_and_multipicklists_are_split() {
    let contact = object("Contact").await;
    let problems = check(&contact, WriteKind::Create, &json!({ "LastName": "  " }));
    assert_eq!(problems.len(), 1, "{problems:?}");
    let languages = contact.field("Languages__c").unwrap();
    let good: Vec<&str> = languages.active_values().take(2).collect();
    let values = json!({ "LastName": "x", "Languages__c": format!("{};{}", good[0], good[1]) });
    assert_eq!(check(&contact, WriteKind::Create, &values), Vec::<String>::new());
    let list = json!({ "LastName": "x", "Languages__c": [good[0]] });
    let problems = check(&contact, WriteKind::Create, &list);
    assert!(problems[0].contains("semicolon"), "{problems:?}");
}

/// Problems as a model reads them.
fn told(object: &Object, kind: WriteKind<'_>, values: &Value, facts: &WriteFacts<'_>) -> String {
    let problems = check_write_with(object, kind, values.as_object().unwrap(), facts);
    let lines = problems.iter().map(|p| {
        let allowed = match p.allowed.is_empty() {
            true => String::new(),
            false => format!("\n  allowed: {}", p.allowed.join(" | ")),
        };
        format!("{:?} {:?} {p}{allowed}", p.severity, p.kind)
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn what_can_only_mean_one_thing_is_offered() {
    let opportunity = object("Opportunity").await;
    let values = json!({
        "Name": 5, "Amount": "12.5", "TotalOpportunityQuantity": 1.23456, "CloseDate": "1 March 2026",
        "IsPrivate": "true", "StageName": "closed won", "AccountId": "001000000000001AAB", "name": "again",
    });
    let none = WriteFacts::default();
    let first = told(&opportunity, WriteKind::Create, &values, &none);
    let values = json!({ "CloseDate": "2026-3-1", "Amount": "1,000", "Probability": "1e999", "StageName": "Open" });
    let second = told(&opportunity, WriteKind::Update, &values, &none);
    let contact = object("Contact").await;
    let values =
        json!({ "Languages__c": ["English", "Klingon"], "Email": "nobody", "Birthdate": 7 });
    let third = told(&contact, WriteKind::Update, &values, &none);
    let values = json!({ "Languages__c": ["English", "German"] });
    let fourth = told(&contact, WriteKind::Update, &values, &none);
    insta::assert_snapshot!("offers", [first, second, third, fourth].join("\n\n"));
}

fn machine() -> Object {
    let list = |values: &[(&str, &str)]| -> Vec<Value> {
        values
            .iter()
            .map(|(v, bits)| json!({ "value": v, "label": v, "active": true, "validFor": bits }))
            .collect()
    };
    Object::from_describe(&json!({
        "name": "Machine__c", "keyPrefix": "a0M",
        "recordTypeInfos": [
            { "recordTypeId": "012000000000001AAA", "name": "Big One", "developerName": "Big", "available": true },
            { "recordTypeId": "012000000000002AAA", "name": "Small", "developerName": "Small", "available": false },
        ],
        "fields": [
            { "name": "Kind__c", "type": "picklist", "createable": true, "updateable": true, "nillable": true, "restrictedPicklist": true, "picklistValues": list(&[("Car", ""), ("Ship", "")]) },
            { "name": "Part__c", "type": "picklist", "createable": true, "updateable": true, "nillable": true, "restrictedPicklist": true, "controllerName": "Kind__c", "dependentPicklist": true,
              "picklistValues": list(&[("Wheel", "gA=="), ("Anchor", "QA=="), ("Engine", "wA==")]) },
            { "name": "Loop__c", "type": "picklist", "createable": true, "nillable": true, "controllerName": "Loop__c", "picklistValues": list(&[("x", "gA==")]) },
            { "name": "RecordTypeId", "type": "reference", "createable": true, "nillable": true, "referenceTo": ["RecordType"] },
            { "name": "Parent__c", "type": "reference", "createable": true, "nillable": true, "relationshipName": "Parent__r", "referenceTo": ["Machine__c"] },
            { "name": "Notes__c", "type": "textarea", "length": 10, "createable": true, "nillable": true, "label": "Notes" },
            { "name": "Number__c", "type": "string", "externalId": true, "createable": true, "nillable": true },
        ],
    }))
    .unwrap()
}

#[test]
fn dependent_picklists_record_types_and_layouts() {
    let machine = machine();
    let layouts: Layouts = serde_json::from_value(json!({ "record_types": [{
        "id": "012000000000001AAA", "developer_name": "Big", "default": true,
        "fields": ["Kind__c", "Notes__c"], "required": ["Notes__c", "Kind__c"],
        "picklists": [{ "field": "Kind__c", "values": [{ "value": "Ship", "label": "Ship", "active": true }] }],
    }] }))
    .unwrap();
    let known: Known = [machine.clone()].into_iter().collect();
    let mut facts = WriteFacts { known: Some(&known), ..WriteFacts::default() };
    let mut out = Vec::new();
    for (kind, values) in [
        (WriteKind::Create, json!({ "Kind__c": "Car", "Part__c": "Anchor" })),
        (WriteKind::Create, json!({ "Kind__c": "Car", "Part__c": "Wheel", "Loop__c": "x" })),
        (WriteKind::Create, json!({ "Part__c": "Engine" })),
        (WriteKind::Update, json!({ "Part__c": "Anchor" })),
        (WriteKind::Create, json!({ "RecordTypeId": "Big One", "Parent__c": "001000000000001" })),
        (
            WriteKind::Create,
            json!({ "RecordTypeId": "012000000000002AAA", "Parent__r": { "Nmuber__c": "1" } }),
        ),
        (
            WriteKind::Create,
            json!({ "RecordTypeId": "012000000000009AAA", "Parent__r": { "Number__c": "1" } }),
        ),
    ] {
        out.push(format!("{kind:?} {values}\n{}", told(&machine, kind, &values, &facts)));
    }
    facts.layouts = Some(&layouts);
    facts.record_type = Some("big one");
    for (kind, values) in [
        (WriteKind::Create, json!({ "Kind__c": "Car" })),
        (WriteKind::Update, json!({ "Kind__c": "Car" })),
        (WriteKind::Update, json!({})),
    ] {
        out.push(format!("of Big: {kind:?} {values}\n{}", told(&machine, kind, &values, &facts)));
    }
    insta::assert_snapshot!("record_types", out.join("\n\n"));
}
