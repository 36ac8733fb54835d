//! Describes that are not as expected.

use serde_json::{Value, json};
use sf_schema::{CardOptions, FieldType, Object, ObjectSummary, WriteKind, card, check_write};

#[test]
fn unknown_types_and_missing_keys_are_kept() {
    let object = Object::from_describe(&json!({
        "name": "Odd__c", "newKey": { "deep": [1, 2] }, "label": null, "keyPrefix": 7,
        "fields": [
            { "name": "A__c", "type": "hologram", "length": "long", "picklistValues": null, "createable": true },
            { "name": "B__c" },
            { "label": "no name" },
            "not an object",
            { "name": "C__c", "type": "picklist", "picklistValues": [{ "value": "x" }, {}, 7], "referenceTo": [null, "Account"] },
        ],
        "childRelationships": [{ "relationshipName": null, "childSObject": "X" }, {}, null],
        "recordTypeInfos": "none",
    }))
    .unwrap();
    assert_eq!(object.label, "Odd__c");
    let names: Vec<&str> = object.fields.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["A__c", "B__c", "C__c"]);
    assert_eq!(object.field("a__C").unwrap().ty, FieldType::Other("hologram".to_owned()));
    assert_eq!(object.field("C__c").unwrap().reference_to, ["Account"]);
    assert!(card(&object, CardOptions::default()).contains("A__c hologram"));
    let values = json!({ "A__c": { "any": "thing" } });
    let problems = check_write(&object, WriteKind::Create, values.as_object().unwrap());
    assert!(
        problems.iter().all(|p| p.field != "A__c"),
        "an unknown type is not judged: {problems:?}"
    );
}

#[test]
fn what_is_no_describe_is_an_error() {
    for raw in [json!(null), json!([]), json!("Account"), json!({}), json!({ "name": 7 })] {
        let error = Object::from_describe(&raw).unwrap_err();
        assert!(error.to_string().starts_with("this is not an object's describe"), "{error}");
    }
    let empty = Object::from_describe(&json!({ "name": "Empty" })).unwrap();
    assert!(card(&empty, CardOptions::default()).contains("Required on create: nothing"));
    assert!(ObjectSummary::list_from_describe_global(&Value::Null).is_empty());
}

proptest::proptest! {
    #[test]
    fn any_json_is_read_or_refused(key in "name|fields|childRelationships|label", text in ".{0,12}", n in 0u64..u64::MAX) {
        for value in [json!(text), json!(n), json!([text]), json!([{ "name": text, "type": text, "length": n, "precision": n, "scale": n, "createable": true }])] {
            let mut raw = json!({ "name": "X" });
            raw[&key] = value;
            if let Ok(object) = Object::from_describe(&raw) {
                let _ = card(&object, CardOptions::default());
                let values = json!({ text.as_str(): text, "Y": n });
                let _ = check_write(&object, WriteKind::Create, values.as_object().unwrap());
                let _ = object.suggest_fields(&text);
            }
        }
    }
}
