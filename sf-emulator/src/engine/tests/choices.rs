//! Dependent picklists, record types, owners and other refusals of values.

use serde_json::{Value, json};

use super::{caller, count, create, delete, org, shown, update, values};
use crate::engine::{Engine, id};

fn lead(body: &Value) -> Value {
    let mut whole = json!({"LastName": "L", "Company": "C"});
    whole.as_object_mut().unwrap().extend(body.as_object().cloned().unwrap());
    whole
}

fn refusal<T: std::fmt::Debug>(result: Result<T, crate::engine::ApiError>) -> String {
    shown(&result.unwrap_err())
}

#[test]
fn a_dependent_picklist_follows_its_controller() {
    let org = org(20);
    let fits = create(&org, "Lead", &lead(&json!({"Region__c": "EMEA", "Territory__c": "DACH"})))
        .unwrap()
        .id;
    let wrong = "400\nINVALID_OR_NULL_FOR_RESTRICTED_PICKLIST: Territory: bad value for restricted picklist field: DACH [\"Territory__c\"]";
    for body in
        [json!({"Region__c": "APAC", "Territory__c": "DACH"}), json!({"Territory__c": "DACH"})]
    {
        assert_eq!(refusal(create(&org, "Lead", &lead(&body))), wrong);
    }
    assert_eq!(refusal(update(&org, "Lead", &fits, &json!({"Region__c": "AMER"}))), wrong);
    update(&org, "Lead", &fits, &json!({"Region__c": "AMER", "Territory__c": "North"})).unwrap();

    let describe: Value =
        serde_json::from_str(&org.describe(&caller(), "Lead").unwrap().0).unwrap();
    let field = describe["fields"]
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["name"] == "Territory__c")
        .unwrap();
    assert_eq!(
        (&field["dependentPicklist"], &field["controllerName"]),
        (&json!(true), &json!("Region__c"))
    );
    let valid_for: Vec<String> = field["picklistValues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|value| {
            format!("{} {}", value["value"].as_str().unwrap(), value["validFor"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        valid_for,
        [
            "DACH gA==",
            "Nordics gA==",
            "UK & Ireland gA==",
            "North wA==",
            "South QA==",
            "Japan IA==",
            "Oceania IA=="
        ]
    );
    // The generated rows obey the rule, too.
    assert_eq!(
        count(
            &org,
            "SELECT COUNT() FROM Lead WHERE Territory__c = 'Japan' AND Region__c != 'APAC'"
        ),
        0
    );
}

#[test]
fn owners_and_record_types() {
    let org = org(20);
    let casey = values(&org, "SELECT Id FROM User WHERE IsActive = false")[0]["Id"].clone();
    let body = json!({"Name": "A", "OwnerId": casey});
    assert_eq!(
        refusal(create(&org, "Account", &body)),
        "400\nINACTIVE_OWNER_OR_USER: operation performed with inactive user [005dE0000000008] as owner of account [\"OwnerId\"]"
    );
    let opportunity = |number| json!({"Name": "O", "StageName": "Prospecting", "CloseDate": "2026-09-01", "RecordTypeId": id::make("012", number)});
    create(&org, "Opportunity", &opportunity(1)).unwrap();
    assert_eq!(
        count(
            &org,
            "SELECT COUNT() FROM Opportunity WHERE RecordType.DeveloperName = 'New_Business'"
        ),
        1
    );
    let inactive = refusal(create(&org, "Opportunity", &opportunity(3)));
    assert!(inactive.starts_with("400\nINVALID_CROSS_REFERENCE_KEY: Record Type ID: this ID value isn't valid for the user:"), "{inactive}");
    let describe: Value =
        serde_json::from_str(&org.describe(&caller(), "Opportunity").unwrap().0).unwrap();
    let names: Vec<_> =
        describe["recordTypeInfos"].as_array().unwrap().iter().map(|info| &info["name"]).collect();
    assert_eq!(names, ["New Business", "Renewal", "Pilot", "Master"]);
}

#[test]
fn user_names_and_assignments_are_unique() {
    let org = org(20);
    let body = json!({
        "Username": "ADMIN@example.com", "LastName": "Second", "Email": "second@example.com", "Alias": "second",
        "TimeZoneSidKey": "GMT", "LocaleSidKey": "en_US", "EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US",
        "ProfileId": id::make("00e", 2),
    });
    assert!(
        refusal(create(&org, "User", &body))
            .starts_with("400\nDUPLICATE_USERNAME: Duplicate Username.")
    );
    let assignment =
        json!({"PermissionSetId": id::make("0PS", 1), "AssigneeId": id::make("005", 2)});
    insta::assert_snapshot!(refusal(create(&org, "PermissionSetAssignment", &assignment)), @r#"
    400
    DUPLICATE_VALUE: Duplicate PermissionSetAssignment.  Assignee: 005dE0000000002; Permission Set: 0PSdE0000000001 ["AssigneeId","PermissionSetId"]
    "#);
}

#[test]
fn a_converted_lead_stays_as_it_is() {
    let org = org(500);
    let lead = values(&org, "SELECT Id FROM Lead WHERE IsConverted = true LIMIT 1")[0]["Id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        refusal(update(&org, "Lead", &lead, &json!({"Title": "CEO"}))),
        "400\nCANNOT_UPDATE_CONVERTED_LEAD: cannot reference converted lead []"
    );
}

fn line_of(org: &Engine, invoice: &str) -> String {
    let body =
        json!({"Invoice__c": invoice, "Unit_Price__c": 2.5, "Quantity__c": 3, "Line_Key__c": "Ab"});
    create(org, "Invoice_Line__c", &body).unwrap().id
}

#[test]
fn a_detail_belongs_to_its_master() {
    let org = org(20);
    let invoice = |amount| {
        create(&org, "Invoice__c", &json!({"Amount__c": amount, "Due_Date__c": "2026-08-01"}))
            .unwrap()
            .id
    };
    let (first, second) = (invoice(1), invoice(2));
    let line = line_of(&org, &first);
    let row =
        &values(&org, &format!("SELECT Line_Total__c FROM Invoice_Line__c WHERE Id = '{line}'"))[0];
    assert_eq!(row["Line_Total__c"], json!(7.5));
    update(&org, "Invoice_Line__c", &line, &json!({"Quantity__c": 4})).unwrap();
    let row =
        &values(&org, &format!("SELECT Line_Total__c FROM Invoice_Line__c WHERE Id = '{line}'"))[0];
    assert_eq!(row["Line_Total__c"], json!(10.0));
    // The unique key heeds case.
    let other = json!({"Invoice__c": first, "Unit_Price__c": 1, "Line_Key__c": "aB"});
    create(&org, "Invoice_Line__c", &other).unwrap();
    let same = refusal(create(&org, "Invoice_Line__c", &other));
    assert!(same.starts_with("400\nDUPLICATE_VALUE: duplicate value found: Line_Key__c duplicates value on record with id: a04"), "{same}");

    let moved = refusal(update(&org, "Invoice_Line__c", &line, &json!({"Invoice__c": second})));
    assert!(
        moved.starts_with(
            "400\nINVALID_FIELD_FOR_INSERT_UPDATE: Unable to create/update fields: Invoice__c."
        ),
        "{moved}"
    );
    let missing = refusal(create(&org, "Invoice_Line__c", &json!({"Unit_Price__c": 1})));
    assert_eq!(
        missing,
        "400\nREQUIRED_FIELD_MISSING: Required fields are missing: [Invoice__c] [\"Invoice__c\"]"
    );
    delete(&org, &first).unwrap();
    assert_eq!(
        count(&org, &format!("SELECT COUNT() FROM Invoice_Line__c WHERE Invoice__c = '{first}'")),
        0
    );
}

#[test]
fn nothing_stands_above_itself() {
    let org = org(20);
    let account = |name: &str, parent: Option<&str>| {
        create(&org, "Account", &json!({"Name": name, "ParentId": parent})).unwrap().id
    };
    let top = account("Top", None);
    let middle = account("Middle", Some(&top));
    let bottom = account("Bottom", Some(&middle));
    for parent in [&top, &middle, &bottom] {
        assert_eq!(
            refusal(update(&org, "Account", &top, &json!({"ParentId": parent}))),
            format!(
                "400\nCIRCULAR_DEPENDENCY: attempting to make a circular dependency: {} [\"ParentId\"]",
                id::short(&top)
            )
        );
    }
    update(&org, "Account", &bottom, &json!({"ParentId": top})).unwrap();
}
