//! JSON Schema, Rust and Mermaid.

use serde_json::{Value, json};
use sf_schema::{WriteKind, json_schema, mermaid, rust_code};

use crate::support::{client, object, org};

/// What `rust_code` makes of Account and Contact, compiled. A data file, so
/// that no tool changes it.
mod generated {
    #![allow(dead_code, unreachable_pub, reason = "a module that others would import")]
    include!("generated/objects.txt");
}

/// Where that file is.
const GENERATED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/generated/objects.txt");

fn problems(schema: &Value, value: &Value) -> Vec<String> {
    let validator = jsonschema::draft202012::new(schema).unwrap();
    validator.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

#[tokio::test]
async fn every_schema_is_a_schema() {
    let org = org().await;
    for entry in org.catalog.objects().await.unwrap().iter() {
        let object = org.catalog.object(&entry.name).await.unwrap();
        for kind in [WriteKind::Create, WriteKind::Update, WriteKind::Upsert { key: "Id" }] {
            let schema = json_schema(&object, kind);
            assert!(jsonschema::draft202012::meta::is_valid(&schema), "{}", entry.name);
            jsonschema::draft202012::new(&schema).unwrap();
        }
    }
}

#[tokio::test]
async fn schemas_take_what_the_org_takes_and_tell_the_rest() {
    let opportunity = object("Opportunity").await;
    let create = json_schema(&opportunity, WriteKind::Create);
    let good = json!({ "Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-05-01",
        "Amount": 12.5, "AccountId": null, "Account": { "Number__c": "7" } });
    assert_eq!(problems(&create, &good), Vec::<String>::new());
    let bad = json!({ "Name": "x".repeat(121), "Amount": "12", "IsWon": true, "OwnerId": "me", "CloseDate": "2026-05-01" });
    insta::assert_snapshot!(problems(&create, &bad).join("\n").replace(&"x".repeat(121), "x…"), @r#"
    : "StageName" is a required property
    /Name: "x…" is longer than 120 characters
    /Amount: "12" is not of types "null", "number"
    /OwnerId: "me" does not match "^[a-zA-Z0-9]{15}([a-zA-Z0-9]{3})?$"
    : Additional properties are not allowed ('IsWon' was unexpected)
    "#);
    // An update asks for nothing; what cannot be emptied stays so.
    let update = json_schema(&opportunity, WriteKind::Update);
    assert_eq!(problems(&update, &json!({})), Vec::<String>::new());
    assert_eq!(problems(&update, &json!({ "Name": null })).len(), 1);
    let account = json_schema(&*object("Account").await, WriteKind::Create);
    assert_eq!(problems(&account, &json!({ "Name": "A", "CleanStatus": "Cleen" })).len(), 1);
    assert_eq!(
        problems(&account, &json!({ "Name": "A", "CleanStatus": null })),
        Vec::<String>::new()
    );
    // A parent that is required may be named by its external id.
    let line = json_schema(&*object("Invoice_Line__c").await, WriteKind::Create);
    let required: Vec<String> = problems(&line, &json!({}));
    let by_parent = problems(&line, &json!({ "Invoice__r": { "Number__c": "I-1" } }));
    assert!(by_parent.len() < required.len(), "{required:?} {by_parent:?}");
}

#[tokio::test]
async fn rust_types_are_those_that_compile_here() {
    let org = org().await;
    let account = org.catalog.object("Account").await.unwrap();
    let contact = org.catalog.object("Contact").await.unwrap();
    let code = rust_code(&[&account, &contact]);
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::write(GENERATED, &code).unwrap();
    }
    let known = std::fs::read_to_string(GENERATED).unwrap();
    assert!(code == known, "differs from {GENERATED}; UPDATE_GENERATED=1 writes it anew");
}

#[tokio::test]
async fn rust_types_make_a_round_trip() {
    let org = org().await;
    let client = client(&org.org);
    let new = generated::NewAccount {
        name: "Generated".to_owned(),
        annual_revenue: Some(1_250_000.0),
        number_of_employees: Some(12),
        sla_expiration_date_c: Some("2027-01-31".to_owned()),
        ..Default::default()
    };
    let account = client.create("Account", &new).await.unwrap();
    let person = generated::NewContact {
        last_name: "Ümläut".to_owned(),
        account_id: Some(account.to_string()),
        ..Default::default()
    };
    let contact = client.create("Contact", &person).await.unwrap();
    let change = generated::AccountChange {
        annual_revenue: Some(None),
        site: Some(Some("Bern".to_owned())),
        ..Default::default()
    };
    client.update("Account", account, &change).await.unwrap();
    let soql = format!(
        "SELECT Id, LastName, IsDeleted, Account.Name, Account.Site, Account.AnnualRevenue, Account.NumberOfEmployees FROM Contact WHERE Id = '{contact}'"
    );
    let page = client.send(&sf_rest::Query::<generated::Contact>::new(soql)).await.unwrap();
    let row = &page.records[0];
    assert_eq!((row.last_name.as_deref(), row.is_deleted), (Some("Ümläut"), Some(false)));
    let parent = row.account.as_deref().unwrap();
    assert_eq!((parent.site.as_deref(), parent.annual_revenue), (Some("Bern"), None));
    assert_eq!(parent.number_of_employees, Some(12));
    // What was read writes itself back as it came.
    let again: generated::Contact =
        serde_json::from_value(serde_json::to_value(row).unwrap()).unwrap();
    assert_eq!(&again, row);
}

#[test]
fn odd_names_become_names_of_rust() {
    let field = |name: &str| json!({ "name": name, "type": "string", "label": "a\nb" });
    let raw = json!({ "name": "ns__2Fast__c", "fields": [
        field("Type"), field("Self"), field("X__c"), field("X_c"), field("HTMLBody"), field("3D__c"), field("ns__URL2Go__c"),
        { "name": "Odd", "type": "hologram" },
    ]});
    let object = sf_schema::Object::from_describe(&raw).unwrap();
    insta::assert_snapshot!(rust_code(&[&object]), @r#"
    // Made from an org's describes; do not edit.

    /// A record of ns__2Fast__c, as it is read.
    #[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Ns2FastC {
        /// a b
        #[serde(rename = "Type", default, skip_serializing_if = "Option::is_none")]
        pub r#type: Option<String>,
        /// a b
        #[serde(rename = "Self", default, skip_serializing_if = "Option::is_none")]
        pub self_: Option<String>,
        /// a b
        #[serde(rename = "X__c", default, skip_serializing_if = "Option::is_none")]
        pub x_c: Option<String>,
        /// a b
        #[serde(rename = "X_c", default, skip_serializing_if = "Option::is_none")]
        pub x_c_2: Option<String>,
        /// a b
        #[serde(rename = "HTMLBody", default, skip_serializing_if = "Option::is_none")]
        pub html_body: Option<String>,
        /// a b
        #[serde(rename = "3D__c", default, skip_serializing_if = "Option::is_none")]
        pub field_3_d_c: Option<String>,
        /// a b
        #[serde(rename = "ns__URL2Go__c", default, skip_serializing_if = "Option::is_none")]
        pub ns_url2_go_c: Option<String>,
        /// Odd
        #[serde(rename = "Odd", default, skip_serializing_if = "Option::is_none")]
        pub odd: Option<serde_json::Value>,
    }
    "#);
}

#[tokio::test]
async fn a_diagram_of_some_objects() {
    let org = org().await;
    let mut objects = Vec::new();
    for name in ["Account", "Invoice__c", "Invoice_Line__c", "Task"] {
        objects.push(org.catalog.object(name).await.unwrap());
    }
    let objects: Vec<&sf_schema::Object> = objects.iter().map(AsRef::as_ref).collect();
    insta::assert_snapshot!(mermaid(&objects), @r#"
    erDiagram
        Account {
            id Id PK
            reference MasterRecordId FK
            string Name "required"
            reference ParentId FK
        }
        Invoice__c {
            id Id PK
            string Name
            reference Account__c FK
            currency Amount__c "required"
            date Due_Date__c "required"
            string External_Id__c UK
            string Order_Ref__c UK
        }
        Invoice_Line__c {
            id Id PK
            string Name
            reference Invoice__c FK "required"
            currency Unit_Price__c "required"
            string Line_Key__c UK
        }
        Task {
            id Id PK
            reference WhatId FK
            combobox Subject
            reference AccountId FK
        }
        Account |o--o{ Account : MasterRecordId
        Account |o--o{ Account : ParentId
        Account |o--o{ Invoice__c : Account__c
        Invoice__c ||--o{ Invoice_Line__c : Invoice__c
        Account |o--o{ Task : WhatId
        Invoice__c |o--o{ Task : WhatId
        Account |o--o{ Task : AccountId
    "#);
}
