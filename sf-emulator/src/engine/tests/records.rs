//! Single records and describes.

use serde_json::{Value, json};

use super::{caller, create, org, shown};
use crate::engine::Engine;

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn get(org: &Engine, object: &str, id: &str, fields: Option<&[&str]>) -> Result<Value, String> {
    let fields: Option<Vec<String>> =
        fields.map(|fields| fields.iter().map(|field| (*field).to_owned()).collect());
    org.get(&caller(), object, id, fields.as_deref())
        .map(|row| serde_json::from_str(&row.json.0).unwrap())
        .map_err(|error| shown(&error))
}

#[test]
fn a_record_has_all_fields_of_its_describe_in_that_order() {
    let org = org(20);
    let id = create(&org, "Account", &json!({"Name": "Whole"})).unwrap().id;
    let row = get(&org, "account", &id[..15], None).unwrap();
    let describe: Value =
        serde_json::from_str(&org.describe(&caller(), "ACCOUNT").unwrap().0).unwrap();
    let names: Vec<_> = describe["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["name"].as_str().unwrap())
        .collect();
    assert_eq!(keys(&row)[1..], names);
    assert_eq!(
        row["attributes"],
        json!({"type": "Account", "url": format!("/services/data/v66.0/sobjects/Account/{id}")})
    );
}

#[test]
fn a_record_with_chosen_fields() {
    let org = org(20);
    let id = create(&org, "Account", &json!({"Name": "Some"})).unwrap().id;
    let row = get(&org, "Account", &id, Some(&["name", "Owner.Name", "NAME"])).unwrap();
    assert_eq!(keys(&row), ["attributes", "Name", "Owner", "Id"]);
    let refusal = get(&org, "Account", &id, Some(&["Nope"])).unwrap_err();
    assert!(
        refusal.starts_with("400\nINVALID_FIELD: No such column 'Nope' on entity 'Account'."),
        "{refusal}"
    );
    assert!(
        get(&org, "Account", "001000000000000AAA", None)
            .unwrap_err()
            .starts_with("404\nNOT_FOUND: The requested")
    );
    assert!(
        get(&org, "Account", "x", None)
            .unwrap_err()
            .starts_with("404\nNOT_FOUND: Provided external ID field")
    );
    assert!(
        get(&org, "Contact", &id, None).unwrap_err().starts_with("404\nNOT_FOUND: The requested")
    );
}

#[test]
fn a_record_by_external_id() {
    let org = org(20);
    for (key, order) in [("Own-1", "shared"), ("Own-2", "shared")] {
        let body = json!({"Amount__c": 1, "Due_Date__c": "2026-07-01", "External_Id__c": key, "Order_Ref__c": order});
        create(&org, "Invoice__c", &body).unwrap();
    }
    let row =
        org.get_by_external_id(&caller(), "Invoice__c", "External_Id__c", "own-1", None).unwrap();
    assert_eq!(row.object, "Invoice__c");
    let none = org
        .get_by_external_id(&caller(), "Invoice__c", "External_Id__c", "nothing", None)
        .unwrap_err();
    assert_eq!(none.status, 404);
    let several = org
        .get_by_external_id(&caller(), "Invoice__c", "Order_Ref__c", "Shared", None)
        .unwrap_err();
    assert_eq!((several.status, several.choices.len()), (300, 2));
    assert!(several.choices[0].starts_with("/services/data/v66.0/sobjects/Invoice__c/a00"));
}

#[test]
fn describes_have_the_platform_s_keys() {
    let org = org(20);
    for object in [
        "Account",
        "Contact",
        "Opportunity",
        "Case",
        "User",
        "Profile",
        "Group",
        "Invoice__c",
        "AIM__Deal__c",
    ] {
        let describe: Value =
            serde_json::from_str(&org.describe(&caller(), object).unwrap().0).unwrap();
        assert_eq!(keys(&describe).len(), 45, "{object}");
        assert!(keys(&describe).is_sorted(), "{object}");
        for field in describe["fields"].as_array().unwrap() {
            assert_eq!(keys(field).len(), 57);
            assert!(keys(field).is_sorted());
        }
    }
    let global: Value = serde_json::from_str(&org.describe_global(&caller()).unwrap().0).unwrap();
    assert_eq!(keys(&global), ["encoding", "maxBatchSize", "sobjects"]);
    for object in global["sobjects"].as_array().unwrap() {
        assert_eq!(keys(object).len(), 28);
    }
    let basic: Value =
        serde_json::from_str(&org.basic_describe(&caller(), "Account").unwrap().0).unwrap();
    assert_eq!(keys(&basic), ["objectDescribe", "recentItems"]);
    assert_eq!(keys(&basic["objectDescribe"]).len(), 28);
}

/// The stock field as the platform describes it (recorded facts).
#[test]
fn the_name_of_an_account_is_described_exactly() {
    let org = org(20);
    let describe: Value =
        serde_json::from_str(&org.describe(&caller(), "Account").unwrap().0).unwrap();
    let name = describe["fields"]
        .as_array()
        .unwrap()
        .iter()
        .find(|field| field["name"] == "Name")
        .unwrap();
    insta::assert_snapshot!(name, @r#"{"aggregatable":true,"aiPredictionField":false,"autoNumber":false,"byteLength":765,"calculated":false,"calculatedFormula":null,"cascadeDelete":false,"caseSensitive":false,"compoundFieldName":"Name","controllerName":null,"createable":true,"custom":false,"defaultValue":null,"defaultValueFormula":null,"defaultedOnCreate":false,"dependentPicklist":false,"deprecatedAndHidden":false,"digits":0,"displayLocationInDecimal":false,"encrypted":false,"externalId":false,"extraTypeInfo":"switchablepersonname","filterable":true,"filteredLookupInfo":null,"formulaTreatNullNumberAsZero":false,"groupable":true,"highScaleNumber":false,"htmlFormatted":false,"idLookup":false,"inlineHelpText":null,"label":"Account Name","length":255,"mask":null,"maskType":null,"name":"Name","nameField":true,"namePointing":false,"nillable":false,"permissionable":false,"picklistValues":[],"polymorphicForeignKey":false,"precision":0,"queryByDistance":false,"referenceTargetField":null,"referenceTo":[],"relationshipName":null,"relationshipOrder":null,"restrictedDelete":false,"restrictedPicklist":false,"scale":0,"searchPrefilterable":false,"soapType":"xsd:string","sortable":true,"type":"string","unique":false,"updateable":true,"writeRequiresMasterRead":false}"#);
}
