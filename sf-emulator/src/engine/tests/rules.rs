//! Validation rules and duplicate rules.

use serde_json::json;

use super::{cache, caller, create, fields, shown, update};
use crate::engine::{Caller, Config, DuplicateRule, Engine, Rules, ValidationRule, Write};

fn org(rules: Rules) -> Result<Engine, String> {
    let config =
        Config { contacts: 20, cache_dir: Some(cache().to_owned()), rules, ..Config::default() };
    Engine::open(&config).map_err(|error| error.to_string())
}

fn validation(rules: Vec<ValidationRule>) -> Rules {
    Rules { validation: rules, duplicates: Vec::new() }
}

#[test]
fn all_rules_that_a_record_breaks_are_answered() {
    let org = org(validation(vec![
        ValidationRule::new("Invoice__c", "Amount__c < 0", "The amount must not be negative.")
            .on_field("amount__c"),
        ValidationRule::new(
            "invoice__c",
            "Status__c = 'Paid' AND Paid_At__c = null",
            "A paid invoice says when.",
        ),
        ValidationRule::new(
            "Invoice__c",
            "Account__r.Name = 'Blocked'",
            "This account is blocked.",
        ),
    ]))
    .unwrap();
    let bad = json!({"Amount__c": -5, "Status__c": "Paid", "Due_Date__c": "2026-08-01"});
    insta::assert_snapshot!(shown(&create(&org, "Invoice__c", &bad).unwrap_err()), @r#"
    400
    FIELD_CUSTOM_VALIDATION_EXCEPTION: The amount must not be negative. ["Amount__c"]
    FIELD_CUSTOM_VALIDATION_EXCEPTION: A paid invoice says when. []
    "#);
    let account = create(&org, "Account", &json!({"Name": "Blocked"})).unwrap().id;
    let good = json!({"Amount__c": 5, "Status__c": "Sent", "Due_Date__c": "2026-08-01"});
    let id = create(&org, "Invoice__c", &good).unwrap().id;
    let refusal =
        shown(&update(&org, "Invoice__c", &id, &json!({"Account__c": account})).unwrap_err());
    assert_eq!(refusal, "400\nFIELD_CUSTOM_VALIDATION_EXCEPTION: This account is blocked. []");
    // Nothing of the refused update stayed.
    let soql = format!("SELECT COUNT() FROM Invoice__c WHERE Id = '{id}' AND Account__c = null");
    assert_eq!(super::count(&org, &soql), 1);
}

#[test]
fn a_repeated_record_is_refused_with_what_it_repeats() {
    let rule = DuplicateRule::new("Contact", "Contact_Duplicate_Rule", ["FirstName", "LastName"]);
    let strict =
        DuplicateRule::new("Lead", "Lead_Rule", ["Email"]).message("Known already.").block();
    let org = org(Rules { validation: Vec::new(), duplicates: vec![rule, strict] }).unwrap();
    let body = json!({"FirstName": "Ida", "LastName": "Quist"});
    let first = create(&org, "Contact", &body).unwrap().id;
    let error =
        create(&org, "Contact", &json!({"FirstName": "IDA", "LastName": "quist"})).unwrap_err();
    assert_eq!(shown(&error), "400\nDUPLICATES_DETECTED: Use one of these records? []");
    let result = error.items[0].duplicates.as_ref().unwrap();
    insta::assert_snapshot!(result.to_string().replace(&first, "{id}"), @r#"{"allowSave":true,"duplicateRule":"Contact_Duplicate_Rule","duplicateRuleEntityType":"Contact","errorMessage":"You may be creating a duplicate record. We recommend you use an existing record instead.","matchResults":[{"entityType":"Contact","errors":[],"matchEngine":"ExactMatchEngine","matchRecords":[{"additionalInformation":[],"fieldDiffs":[],"matchConfidence":100.0,"record":{"attributes":{"type":"Contact","url":"/services/data/v66.0/sobjects/Contact/{id}"},"Id":"{id}"}}],"rule":"Contact_Duplicate_Rule","size":1,"success":true}]}"#);

    // Another name, no first name, the record itself, and on request: all saved.
    create(&org, "Contact", &json!({"FirstName": "Ada", "LastName": "Quist"})).unwrap();
    create(&org, "Contact", &json!({"LastName": "Quist"})).unwrap();
    update(&org, "Contact", &first, &json!({"LastName": "Quist", "Title": "CEO"})).unwrap();
    let insist = Caller { allow_duplicates: true, ..caller() };
    let write =
        |object: &str, body| Write::Create { object: object.to_owned(), fields: fields(body) };
    assert!(org.write(&insist, &[write("Contact", &body)], false)[0].is_ok());

    let lead = json!({"LastName": "A", "Company": "C", "Email": "a@example.com"});
    create(&org, "Lead", &lead).unwrap();
    let refused = org.write(&insist, &[write("Lead", &lead)], false).remove(0).unwrap_err();
    let result = refused.items[0].duplicates.as_ref().unwrap();
    assert_eq!(
        (&result["allowSave"], &result["errorMessage"]),
        (&json!(false), &json!("Known already."))
    );
}

#[test]
fn an_update_into_a_duplicate_is_refused() {
    let rule = DuplicateRule::new("Account", "Account_Rule", ["Name", "BillingCity"]);
    let org = org(Rules { validation: Vec::new(), duplicates: vec![rule] }).unwrap();
    create(&org, "Account", &json!({"Name": "Twin", "BillingCity": "Oslo"})).unwrap();
    let id = create(&org, "Account", &json!({"Name": "Twin", "BillingCity": "Bergen"})).unwrap().id;
    let refusal = update(&org, "Account", &id, &json!({"BillingCity": "oslo"})).unwrap_err();
    assert_eq!(refusal.items[0].code, "DUPLICATES_DETECTED");
}

#[test]
fn a_rule_that_does_not_fit_the_schema_stops_the_start() {
    let rule = |object, condition| validation(vec![ValidationRule::new(object, condition, "No.")]);
    let wrong = |rules| org(rules).map(|_| ()).unwrap_err();
    assert_eq!(
        wrong(rule("Nope", "Id = null")),
        "a validation rule is for Nope, which is no object"
    );
    assert!(wrong(rule("Account", "Colour = 'red'")).contains("No such column 'Colour'"));
    assert!(wrong(rule("Account", "Name = 'x' LIMIT 5")).contains("a condition alone is expected"));
    let on_field =
        validation(vec![ValidationRule::new("Account", "Name = 'x'", "No.").on_field("Colour")]);
    assert_eq!(wrong(on_field), "a validation rule names Account.Colour, which is no field");
    let duplicates = |fields: Vec<&str>| Rules {
        validation: Vec::new(),
        duplicates: vec![DuplicateRule::new("Account", "R", fields)],
    };
    assert_eq!(wrong(duplicates(vec![])), "the duplicate rule R compares no field");
    assert!(wrong(duplicates(vec!["BillingAddress"])).contains("which Account does not store"));
}

#[test]
fn validation_rules_come_before_duplicate_rules() {
    let rules = Rules {
        validation: vec![ValidationRule::new("Account", "Site = 'bad'", "No bad sites.")],
        duplicates: vec![DuplicateRule::new("Account", "Account_Rule", ["Name"])],
    };
    let org = org(rules).unwrap();
    create(&org, "Account", &json!({"Name": "Once"})).unwrap();
    let both = create(&org, "Account", &json!({"Name": "once", "Site": "bad"})).unwrap_err();
    assert_eq!(shown(&both), "400\nFIELD_CUSTOM_VALIDATION_EXCEPTION: No bad sites. []");
    let one = create(&org, "Account", &json!({"Name": "once"})).unwrap_err();
    assert_eq!(one.items[0].code, "DUPLICATES_DETECTED");
    assert_eq!(super::count(&org, "SELECT COUNT() FROM Account WHERE Name = 'Once'"), 1);
}
