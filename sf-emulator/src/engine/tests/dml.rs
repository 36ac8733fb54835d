//! Writes and what is wrong with them.

use serde_json::{Value, json};

use super::{caller, count, create, delete, fields, one, org, shown, update, values};
use crate::engine::{Engine, Write};

fn upsert(
    org: &Engine,
    object: &str,
    field: &str,
    value: &str,
    body: &Value,
) -> Result<bool, String> {
    let write = Write::Upsert {
        object: object.to_owned(),
        field: field.to_owned(),
        value: value.to_owned(),
        fields: fields(body),
        update_only: false,
    };
    one(org, write).map(|written| written.created).map_err(|error| shown(&error))
}

#[test]
fn all_problems_of_a_record_in_one_answer() {
    let org = org(20);
    let mut body = json!({
        "Status__c": "Lost", "Reminder_Email__c": "nobody", "CreatedDate": "2020-01-01T00:00:00Z",
        "Account__c": "003000000000001", "Order_Ref__c": "x".repeat(41), "Colour__c": "red", "Discount__c": 1000,
    });
    insta::assert_snapshot!(shown(&create(&org, "invoice__c", &body).unwrap_err()), @r#"
    400
    INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST: Status: bad value for restricted picklist field: Lost ["Status__c"]
    INVALID_EMAIL_ADDRESS: Reminder Email: invalid email address: nobody ["Reminder_Email__c"]
    MALFORMED_ID: Account: id value of incorrect type: 003000000000001AAA ["Account__c"]
    STRING_TOO_LONG: Order Reference: data value too large: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx (max length=40) ["Order_Ref__c"]
    INVALID_FIELD: No such column 'Colour__c' on sobject of type Invoice__c
    NUMBER_OUTSIDE_VALID_RANGE: Discount__c: value outside of valid range on numeric field: 1000 ["Discount__c"]
    INVALID_FIELD_FOR_INSERT_UPDATE: Unable to create/update fields: CreatedDate. Please check the security settings of this field and verify that it is read/write for your profile or permission set. ["CreatedDate"]
    REQUIRED_FIELD_MISSING: Required fields are missing: [Amount__c, Due_Date__c] ["Amount__c","Due_Date__c"]
    "#);
    // What cannot be read comes alone: nothing else was looked at.
    body["Amount__c"] = json!("much");
    insta::assert_snapshot!(shown(&create(&org, "invoice__c", &body).unwrap_err()), @"
    400
    JSON_PARSER_ERROR: Cannot deserialize instance of currency from VALUE_STRING value much or request may be missing a required field
    ");
}

#[test]
fn other_refusals() {
    let org = org(20);
    let account = create(&org, "Account", &json!({"Name": "A"})).unwrap().id;
    let gone = create(&org, "Account", &json!({"Name": "B"})).unwrap().id;
    delete(&org, &gone).unwrap();
    for (error, expected) in [
        (
            create(&org, "Contact", &json!({})),
            "400\nREQUIRED_FIELD_MISSING: Required fields are missing: [LastName] [\"LastName\"]"
                .to_owned(),
        ),
        (
            create(&org, "Nothing", &json!({})),
            "404\nNOT_FOUND: The requested resource does not exist".to_owned(),
        ),
        (
            create(&org, "Account", &json!({"Name": "A", "Id": account})),
            "400\nINVALID_FIELD: The Id field should not be specified in the sobject data."
                .to_owned(),
        ),
        (
            create(&org, "Contact", &json!({"LastName": "A", "AccountId": "001000000000001"})),
            "400\nINVALID_CROSS_REFERENCE_KEY: invalid cross reference id []".to_owned(),
        ),
        (
            create(&org, "Contact", &json!({"LastName": "A", "AccountId": gone})),
            "400\nENTITY_IS_DELETED: entity is deleted []".to_owned(),
        ),
        (
            create(&org, "Profile", &json!({"Name": "A"})),
            "400\nCANNOT_INSERT_UPDATE_ACTIVATE_ENTITY: entity type cannot be inserted: Profile []"
                .to_owned(),
        ),
        (
            update(&org, "Account", &account, &json!({"Name": null})),
            "400\nREQUIRED_FIELD_MISSING: Required fields are missing: [Name] [\"Name\"]"
                .to_owned(),
        ),
        (
            update(&org, "Account", &gone, &json!({"Name": "C"})),
            "404\nENTITY_IS_DELETED: entity is deleted []".to_owned(),
        ),
        (
            update(&org, "Account", "nonsense", &json!({})),
            "400\nMALFORMED_ID: malformed id nonsense []".to_owned(),
        ),
        (delete(&org, &gone), "404\nENTITY_IS_DELETED: entity is deleted []".to_owned()),
        (
            delete(&org, "zzz000000000001"),
            "400\nMALFORMED_ID: malformed id zzz000000000001 []".to_owned(),
        ),
    ] {
        assert_eq!(shown(&error.unwrap_err()), expected);
    }
}

#[test]
fn values_are_stored_as_the_platform_stores_them() {
    let org = org(20);
    let account = create(&org, "Account", &json!({"Name": "  Padded  ", "Phone": ""})).unwrap().id;
    let body = json!({"FirstName": "Ann", "LastName": "Lee", "Email": "Ann.LEE@Example.COM", "AccountId": &account[..15], "Languages__c": "French;English"});
    let contact = create(&org, "Contact", &body).unwrap().id;
    let row = values(&org, &format!("SELECT Name, Email, Account.Name, Account.Phone, Languages__c, OwnerId, CreatedById, LastModifiedDate FROM Contact WHERE Id = '{contact}'")).remove(0);
    assert_eq!(row["Name"], "Ann Lee");
    assert_eq!(row["Email"], "ann.lee@example.com");
    assert_eq!(
        (&row["Account"]["Name"], &row["Account"]["Phone"]),
        (&json!("Padded"), &Value::Null)
    );
    assert_eq!(row["Languages__c"], "English;French");
    assert_eq!(
        (&row["OwnerId"], &row["CreatedById"]),
        (&json!(caller().user_id), &json!(caller().user_id))
    );

    update(&org, "Contact", &contact, &json!({"FirstName": null, "lastname": "Li"})).unwrap();
    assert_eq!(
        values(&org, &format!("SELECT Name FROM Contact WHERE Id = '{contact}'"))[0]["Name"],
        "Li"
    );

    let invoice = create(
        &org,
        "Invoice__c",
        &json!({"Amount__c": "12.345", "Due_Date__c": "2026-07-01", "Account__r": {"AccountNumber": "x"}}),
    );
    assert!(
        shown(&invoice.unwrap_err()).contains("external ID"),
        "AccountNumber is no external id"
    );
    let invoice =
        create(&org, "Invoice__c", &json!({"Amount__c": "12.345", "Due_Date__c": "2026-07-01"}))
            .unwrap()
            .id;
    let row = values(
        &org,
        &format!("SELECT Name, Amount__c, Status__c FROM Invoice__c WHERE Id = '{invoice}'"),
    )
    .remove(0);
    assert_eq!(
        (&row["Name"], &row["Amount__c"], &row["Status__c"]),
        (&json!("INV-00021"), &json!(12.35), &json!("Draft"))
    );

    let deal = create(
        &org,
        "AIM__Deal__c",
        &json!({"AIM__Stage__c": "Signed", "Invoice__r": {"Name": "INV-00021"}}),
    )
    .unwrap()
    .id;
    let row = values(
        &org,
        &format!("SELECT Name, Invoice__c, AIM__Active__c FROM AIM__Deal__c WHERE Id = '{deal}'"),
    )
    .remove(0);
    assert_eq!(
        (&row["Name"], &row["Invoice__c"], &row["AIM__Active__c"]),
        (&json!(&deal[..15]), &json!(invoice), &json!(true))
    );
}

#[test]
fn stages_and_statuses_imply_their_values() {
    let org = org(20);
    let body = json!({"Name": "O", "StageName": "Negotiation/Review", "CloseDate": "2026-11-30", "Amount": 1000});
    let id = create(&org, "Opportunity", &body).unwrap().id;
    let soql = format!(
        "SELECT Probability, ExpectedRevenue, IsClosed, IsWon, ForecastCategory, Fiscal FROM Opportunity WHERE Id = '{id}'"
    );
    let row = values(&org, &soql).remove(0);
    assert_eq!(
        (&row["Probability"], &row["ExpectedRevenue"], &row["Fiscal"]),
        (&json!(90.0), &json!(900.0), &json!("2026 4"))
    );
    update(&org, "Opportunity", &id, &json!({"StageName": "Closed Won"})).unwrap();
    let row = values(&org, &soql).remove(0);
    assert_eq!(
        (&row["IsClosed"], &row["IsWon"], &row["ExpectedRevenue"], &row["ForecastCategory"]),
        (&json!(true), &json!(true), &json!(1000.0), &json!("Closed"))
    );

    let case = create(&org, "Case", &json!({"Subject": "S"})).unwrap().id;
    let soql =
        format!("SELECT CaseNumber, Status, IsClosed, ClosedDate FROM Case WHERE Id = '{case}'");
    let row = values(&org, &soql).remove(0);
    assert_eq!(
        (&row["CaseNumber"], &row["Status"], &row["IsClosed"]),
        (&json!("00000021"), &json!("New"), &json!(false))
    );
    update(&org, "Case", &case, &json!({"Status": "Closed"})).unwrap();
    assert_eq!(values(&org, &soql)[0]["ClosedDate"], "2026-06-15T09:00:00.000+0000");
}

#[test]
fn upsert_creates_updates_or_asks_which() {
    let org = org(20);
    let body = json!({"Amount__c": 1, "Due_Date__c": "2026-07-01"});
    assert_eq!(upsert(&org, "Invoice__c", "External_Id__c", "new-1", &body), Ok(true));
    assert_eq!(
        upsert(&org, "Invoice__c", "external_id__c", "NEW-1", &json!({"Amount__c": 2})),
        Ok(false)
    );
    assert_eq!(
        count(
            &org,
            "SELECT COUNT() FROM Invoice__c WHERE External_Id__c = 'new-1' AND Amount__c = 2"
        ),
        1
    );
    for _ in 0..2 {
        create(
            &org,
            "Invoice__c",
            &json!({"Amount__c": 1, "Due_Date__c": "2026-07-01", "Order_Ref__c": "same"}),
        )
        .unwrap();
    }
    let several = upsert(&org, "Invoice__c", "Order_Ref__c", "same", &body).unwrap_err();
    assert!(several.starts_with("300\nDUPLICATE_EXTERNAL_ID"), "{several}");
    let own =
        upsert(&org, "Invoice__c", "External_Id__c", "new-1", &json!({"External_Id__c": "x"}))
            .unwrap_err();
    assert_eq!(
        own,
        "400\nINVALID_FIELD: The External_Id__c field should not be specified in the sobject data."
    );
    let no_key = upsert(&org, "Invoice__c", "Notes__c", "x", &body).unwrap_err();
    assert!(no_key.starts_with("404\nNOT_FOUND: Provided external ID field"), "{no_key}");
    let duplicate = create(
        &org,
        "Invoice__c",
        &json!({"Amount__c": 1, "Due_Date__c": "2026-07-01", "External_Id__c": "New-1"}),
    );
    assert!(shown(&duplicate.unwrap_err()).starts_with("400\nDUPLICATE_VALUE: duplicate value found: External_Id__c duplicates value on record with id: a00dE"));
    // This key's case counts.
    assert_eq!(
        upsert(&org, "AIM__Deal__c", "AIM__Ext_Key__c", "Abc", &json!({"AIM__Stage__c": "Signed"})),
        Ok(true)
    );
    assert_eq!(
        upsert(&org, "AIM__Deal__c", "AIM__Ext_Key__c", "aBC", &json!({"AIM__Stage__c": "Signed"})),
        Ok(true)
    );
}

#[test]
fn all_or_none_undoes_what_worked() {
    let org = org(20);
    let writes = |name: &str| -> Vec<Write> {
        [json!({"Name": name}), json!({}), json!({"Name": name})]
            .iter()
            .map(|body| Write::Create { object: "Account".to_owned(), fields: fields(body) })
            .collect()
    };
    let results = org.write(&caller(), &writes("Undone"), true);
    let codes: Vec<_> =
        results.iter().map(|result| result.as_ref().unwrap_err().items[0].code.as_ref()).collect();
    assert_eq!(
        codes,
        [
            "ALL_OR_NONE_OPERATION_ROLLED_BACK",
            "REQUIRED_FIELD_MISSING",
            "ALL_OR_NONE_OPERATION_ROLLED_BACK"
        ]
    );
    assert_eq!(count(&org, "SELECT COUNT() FROM Account WHERE Name = 'Undone'"), 0);
    let results = org.write(&caller(), &writes("Kept"), false);
    assert_eq!(results.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(count(&org, "SELECT COUNT() FROM Account WHERE Name = 'Kept'"), 2);
}

#[test]
fn deleting_follows_the_relationships() {
    let org = org(20);
    let account = create(&org, "Account", &json!({"Name": "Parent"})).unwrap().id;
    let contact =
        create(&org, "Contact", &json!({"LastName": "Child", "AccountId": account})).unwrap().id;
    let body = json!({"Amount__c": 1, "Due_Date__c": "2026-07-01", "Account__c": account, "Bill_To__c": contact});
    let invoice = create(&org, "Invoice__c", &body).unwrap().id;
    let case = create(&org, "Case", &json!({"Subject": "Holds", "ContactId": contact})).unwrap().id;
    let held = shown(&delete(&org, &account).unwrap_err());
    assert!(held.contains("DELETE_FAILED: Your attempt to delete Parent could not be completed because it is associated with the following cases.: 00000021"), "{held}");
    assert_eq!(count(&org, &format!("SELECT COUNT() FROM Account WHERE Id = '{account}'")), 1);

    delete(&org, &case).unwrap();
    delete(&org, &account).unwrap();
    assert_eq!(count(&org, &format!("SELECT COUNT() FROM Contact WHERE Id = '{contact}'")), 0);
    let row = values(
        &org,
        &format!("SELECT Account__c, Bill_To__c FROM Invoice__c WHERE Id = '{invoice}'"),
    )
    .remove(0);
    assert_eq!((&row["Account__c"], &row["Bill_To__c"]), (&Value::Null, &Value::Null));
    let with_deleted = org
        .query(
            &caller(),
            &format!("SELECT Id FROM Contact WHERE Id = '{contact}' AND IsDeleted = true"),
            true,
        )
        .unwrap();
    assert_eq!(with_deleted.total_size(), 1);
}
