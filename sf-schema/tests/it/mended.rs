//! Faults that were found by reading, each as the call that showed it.

use serde_json::{Value, json};
use sf_schema::{
    CardOptions, FieldGroup, Known, Notes, Object, Picture, ProblemKind, Resolution, WriteKind,
    card, check_write, resolve_field, rust_code,
};

use crate::support::{org, raw};
use crate::wide::widened;

fn object(raw: &Value) -> Object {
    Object::from_describe(raw).unwrap()
}

/// What is said of `values` for a new record.
fn told(object: &Object, values: &Value) -> Vec<String> {
    let problems = check_write(object, WriteKind::Create, values.as_object().unwrap());
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn a_parent_by_external_id_has_to_be_writable() {
    let reference = json!({ "name": "CreatedById", "type": "reference", "nillable": true,
        "referenceTo": ["User"], "relationshipName": "CreatedBy" });
    let object = object(&json!({ "name": "A__c", "fields": [reference] }));
    insta::assert_snapshot!(told(&object, &json!({ "CreatedBy": { "Key__c": "1" } })).join("\n"), @"CreatedBy: Cannot be written by this user; leave it out.");
}

#[test]
fn a_parent_that_is_null_is_none() {
    let reference = json!({ "name": "B__c", "type": "reference", "createable": true,
        "nillable": false, "defaultedOnCreate": false, "referenceTo": ["B__c"], "relationshipName": "B__r" });
    let object = object(&json!({ "name": "A__c", "fields": [reference] }));
    let problems =
        check_write(&object, WriteKind::Create, json!({ "B__r": null }).as_object().unwrap());
    assert!(problems.iter().any(|p| p.kind == ProblemKind::MissingRequired), "{problems:?}");
}

#[test]
fn a_number_of_eighteen_digits_fits_eighteen() {
    let number = json!({ "name": "N__c", "type": "double", "createable": true, "nillable": true, "precision": 18, "scale": 0 });
    let object = object(&json!({ "name": "A__c", "fields": [number] }));
    for fits in [json!(999_999_999_999_999_999_u64), json!("-000999999999999999999"), json!(0.0)] {
        let problems = told(&object, &json!({ "N__c": fits }));
        assert!(!problems.iter().any(|p| p.contains("too large")), "{problems:?}");
    }
    for large in [json!(1_000_000_000_000_000_000_u64), json!(1e18), json!("1e30")] {
        assert!(told(&object, &json!({ "N__c": large }))[0].contains("too large"), "{large}");
    }
}

#[test]
fn a_restricted_picklist_without_values_is_not_judged() {
    let picklist = json!({ "name": "P__c", "type": "picklist", "createable": true, "nillable": true, "restrictedPicklist": true });
    let object = object(&json!({ "name": "A__c", "fields": [picklist] }));
    assert_eq!(told(&object, &json!({ "P__c": "x" })), Vec::<String>::new());
}

#[test]
fn a_text_is_no_id_of_a_record_type_whose_id_is_short() {
    let types = json!([{ "recordTypeId": "012", "developerName": "A", "name": "A" }]);
    let object = object(&json!({ "name": "A__c", "fields": [], "recordTypeInfos": types }));
    // The fifteenth byte is in the middle of a letter.
    assert!(object.record_type("Geschäftsjahrösterreich").is_none());
    assert!(object.record_type("xxxxxxxxxxxxxxéxx").is_none());
}

#[test]
fn measures_that_nobody_told_are_not_on_the_card() {
    let field = |name: &str, ty: &str| json!({ "name": name, "type": ty, "createable": true, "updateable": true });
    let fields = json!([field("Text__c", "string"), field("Number__c", "double")]);
    let text = card(&object(&json!({ "name": "A__c", "fields": fields })), CardOptions::default());
    assert!(text.contains(": Text__c, Number__c double\n"), "{text}");
}

#[test]
fn one_package_is_not_another() {
    let fields = json!([{ "name": "AIM__Amount__c" }, { "name": "Owner_Note__c" }]);
    let object = object(&json!({ "name": "A__c", "fields": fields }));
    let resolved = |name: &str| resolve_field(name, &object, &Known::new());
    assert_eq!(resolved("amount").one(), Some("AIM__Amount__c"));
    assert_eq!(resolved("Amount__c").one(), Some("AIM__Amount__c"));
    // In the org where a package is made its names have no namespace.
    assert_eq!(resolved("AIM__Owner_Note__c").one(), Some("Owner_Note__c"));
    let Resolution::None(candidates) = resolved("Other__Amount__c") else {
        panic!("taken for another's")
    };
    assert_eq!(candidates[0].name, "AIM__Amount__c");
}

#[test]
fn a_long_text_is_no_name() {
    let object = object(&json!({ "name": "A__c", "fields": [{ "name": "Industry" }] }));
    let text = format!("{} industry", "x".repeat(50_000));
    assert_eq!(resolve_field(&text, &object, &Known::new()), Resolution::None(Vec::new()));
    assert!(object.suggest_fields(&text).is_empty());
}

#[tokio::test]
async fn a_group_of_many_fields_takes_no_longer_than_its_text() {
    let org = org().await;
    let raw = widened(&raw(&org.org, "Account").await, "Wide__c", 3_000);
    let object = object(&raw);
    let start = std::time::Instant::now();
    let all = Picture::new(&object).group(FieldGroup::All, None, 100_000);
    assert!(all.left_out.is_empty() && all.text.lines().count() == 3_001);
    // One look at the whole text takes a few milliseconds, one for each line took minutes.
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

#[test]
fn a_long_note_is_shortened_instead_of_the_card() {
    let notes: Notes =
        serde_json::from_value(json!({ "A__c": { "note": "Ask the desk first. ".repeat(2_000) } }))
            .unwrap();
    let fields =
        json!([{ "name": "Name", "type": "string", "createable": true, "nillable": true }]);
    let object = object(&json!({ "name": "A__c", "fields": fields }));
    let card =
        Picture::new(&object).notes(notes.object("A__c").unwrap()).card(CardOptions::default());
    assert!(card.tokens <= 2_000 && card.left_out.is_empty());
    assert!(card.text.contains("Ask the desk first.") && card.text.contains("… (shortened)"));
    assert!(card.text.contains("characters): Name (on create only)\n"), "{}", card.text);
}

#[test]
fn rust_code_of_odd_labels_and_names_compiles() {
    let fields =
        json!([{ "name": "A", "type": "string", "label": "\u{202e}right\u{2066} to left" }]);
    let object = object(&json!({ "name": "Option", "fields": fields }));
    let code = rust_code(&[&object]);
    assert!(
        code.contains("pub struct Option2 {") && code.contains("/// right  to left\n"),
        "{code}"
    );
}

#[test]
fn of_names_that_hold_what_was_written_the_nearest_comes_first() {
    let names = ["BillingAddress", "BillingGeocodeAccuracy", "BillingCity", "BillingLatitude"];
    let fields: Vec<Value> = names.map(|name| json!({ "name": name })).to_vec();
    let object = object(&json!({ "name": "A__c", "fields": fields }));
    let Resolution::None(candidates) = resolve_field("billing", &object, &Known::new()) else {
        panic!("one")
    };
    let told: Vec<String> =
        candidates.iter().map(|c| format!("{}: {}", c.name, c.reason)).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    BillingCity: one name holds the other
    BillingAddress: one name holds the other
    BillingLatitude: one name holds the other
    BillingGeocodeAccuracy: one name holds the other
    ");
}

#[tokio::test]
async fn a_place_is_right_behind_letters_of_several_bytes() {
    let org = org().await;
    let soql = "SELECT Id FROM Account WHERE Name = 'Žluťoučký kůň 🐎' AND Nmae = 'x'";
    let query = sf_soql::parse(soql).unwrap();
    let problems = sf_schema::review(&org.catalog, &query).await.unwrap();
    assert_eq!(&soql[problems[0].range.clone()], "Nmae");
}
