//! Changes of the schema while the org runs, one after the other.

use insta::assert_snapshot;
use serde_json::{Value, json};
use sf_emulator::{Drift, Emulator, ErrorKind, NewField};

use crate::support::{Client, org, send, start};

fn named<'v>(describe: &'v Value, name: &str) -> Option<&'v Value> {
    describe["fields"].as_array().unwrap().iter().find(|field| field["name"] == name)
}

async fn describe(client: &Client, object: &str) -> Value {
    client.get(&format!("/sobjects/{object}/describe")).await.json()
}

#[tokio::test]
async fn a_renamed_field_keeps_its_values() {
    let (org, client) = org().await;
    let sum = "SELECT SUM(Amount__c) total FROM Invoice__c";
    let before = client.query(sum).await.json();
    org.alter(Drift::rename_field("invoice__C", "amount__c", "Total__c")).await.unwrap();

    assert_snapshot!(client.query(sum).await.shown(), @r#"400 [{"message":"\nSELECT SUM(Amount__c) total FROM Invoice__c\n           ^\nERROR at Row:1:Column:12\nNo such column 'Amount__c' on entity 'Invoice__c'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.","errorCode":"INVALID_FIELD"}]"#);
    let after = client.query(&sum.replace("Amount__c", "Total__c")).await.json();
    assert_eq!(before["records"][0]["total"], after["records"][0]["total"]);
    let described = describe(&client, "Invoice__c").await;
    assert!(named(&described, "Amount__c").is_none() && named(&described, "Total__c").is_some());
    let body = json!({"Amount__c": 1, "Due_Date__c": "2026-01-01"});
    let made = client.send("POST", "/sobjects/Invoice__c", body).await;
    assert_snapshot!(made.shown(), @r#"400 [{"message":"No such column 'Amount__c' on sobject of type Invoice__c","errorCode":"INVALID_FIELD"},{"message":"Required fields are missing: [Total__c]","errorCode":"REQUIRED_FIELD_MISSING","fields":["Total__c"]}]"#);
}

#[tokio::test]
async fn a_renamed_lookup_takes_its_relationship_along() {
    let (org, client) = org().await;
    org.alter(Drift::rename_field("Invoice__c", "Account__c", "Customer__c")).await.unwrap();
    let up = "SELECT Customer__r.Name FROM Invoice__c WHERE Customer__c != null LIMIT 1";
    let name = client.query(up).await.json()["records"][0]["Customer__r"]["Name"].clone();
    assert!(name.is_string());
    let old = client.query("SELECT Account__r.Name FROM Invoice__c LIMIT 1").await;
    assert!(old.text.contains("Didn't understand relationship 'Account__r'"), "{}", old.text);
    // What the account calls its invoices stays.
    let down = client.query("SELECT (SELECT Name FROM Invoices__r) FROM Account LIMIT 1").await;
    assert_eq!(down.status, 200, "{}", down.text);
    let account = describe(&client, "Account").await;
    let children = account["childRelationships"].as_array().unwrap();
    assert!(children.iter().any(|child| child["field"] == "Customer__c"));
}

#[tokio::test]
async fn describes_are_asked_anew() {
    let (org, client) = org().await;
    let path = "/sobjects/Invoice__c/describe";
    let first = client.get(path).await;
    let (tag, modified) =
        (first.header("etag").to_owned(), first.header("last-modified").to_owned());
    let conditional = async |name: &str, value: &str| {
        send(client.request(http::Method::GET, path).header(name, value)).await.status
    };
    assert_eq!(conditional("if-none-match", &tag).await, 304);
    assert_eq!(conditional("if-modified-since", &modified).await, 304);
    org.alter(Drift::require_field("Invoice__c", "Issued_Date__c")).await.unwrap();
    assert_eq!(conditional("if-none-match", &tag).await, 200);
    assert_eq!(conditional("if-modified-since", &modified).await, 200);
    // Two changes within a second are two.
    let modified = client.get(path).await.header("last-modified").to_owned();
    org.alter(Drift::require_field("Invoice__c", "Discount__c")).await.unwrap();
    assert_eq!(conditional("if-modified-since", &modified).await, 200);
}

#[tokio::test]
async fn fields_come_go_and_change() {
    let (org, client) = org().await;
    let body = json!({"Amount__c": 1234.5, "Due_Date__c": "2026-01-01", "Notes__c": "17 apples", "Order_Ref__c": "00042"});
    let made = client.send("POST", "/sobjects/Invoice__c", body.clone()).await.json();
    let id = made["id"].as_str().unwrap();
    for drift in [
        Drift::require_field("Invoice__c", "Discount__c"),
        Drift::remove_field("Invoice__c", "Line_Count__c"),
        Drift::retype_field("Invoice__c", NewField::new("Amount__c", "string").length(5)),
        Drift::retype_field("Invoice__c", NewField::new("Notes__c", "int")),
        Drift::retype_field("Invoice__c", NewField::new("Order_Ref__c", "double").digits(9, 0)),
        Drift::add_field("Invoice__c", NewField::new("Score__c", "int").label("Score")),
        Drift::add_field(
            "Invoice__c",
            NewField::new("Twin__c", "reference").reference("Invoice__c", "Twins__r"),
        ),
        Drift::add_field(
            "Invoice__c",
            NewField::new("Tier__c", "picklist").values(["A", "B"], true),
        ),
        Drift::add_picklist_value("Invoice__c", "Tier__c", "C"),
        Drift::deactivate_picklist_value("Invoice__c", "Tier__c", "A"),
    ] {
        org.alter(drift.clone()).await.unwrap_or_else(|error| panic!("{drift:?}: {error}"));
    }
    let mut shown = Vec::new();
    let fields = "Amount__c,Notes__c,Order_Ref__c,Score__c,Twin__c,Tier__c";
    let mut row = client.get(&format!("/sobjects/Invoice__c/{id}?fields={fields}")).await.json();
    row.as_object_mut().unwrap().retain(|key, _| key.ends_with("__c"));
    shown.push(row.to_string());
    for (method, path, body) in [
        ("POST", "/sobjects/Invoice__c", body),
        (
            "POST",
            "/sobjects/Invoice__c",
            json!({"Due_Date__c": "2026-01-01", "Amount__c": "text", "Discount__c": 1, "Tier__c": "A"}),
        ),
        ("PATCH", id, json!({"Twin__c": "a00dE0000000001", "Score__c": 5, "Tier__c": "C"})),
        ("PATCH", id, json!({"Line_Count__c": 5})),
        ("PATCH", id, json!({"Discount__c": null})),
    ] {
        let path = if method == "PATCH" {
            format!("/sobjects/Invoice__c/{path}")
        } else {
            path.to_owned()
        };
        shown.push(client.send(method, &path, body).await.shown());
    }
    let soql =
        "SELECT (SELECT Score__c FROM Twins__r) FROM Invoice__c WHERE Id = 'a00dE0000000001'";
    let family = client.query(soql).await.json();
    shown.push(family["records"][0]["Twins__r"]["records"][0]["Score__c"].to_string());
    let described = describe(&client, "Invoice__c").await;
    for name in ["Amount__c", "Tier__c"] {
        let field = named(&described, name).unwrap();
        shown.push(format!(
            "{name} {} {} {}",
            field["type"], field["length"], field["picklistValues"]
        ));
    }
    assert_snapshot!(shown.join("\n").replace(id, "[id]"), @r#"
    {"Amount__c":"1234.","Notes__c":null,"Order_Ref__c":42.0,"Score__c":null,"Twin__c":null,"Tier__c":null}
    400 [{"message":"Cannot deserialize instance of int from VALUE_STRING value 17 apples or request may be missing a required field at [line:1, column:47]","errorCode":"JSON_PARSER_ERROR"}]
    400 [{"message":"Tier: bad value for restricted picklist field: A","errorCode":"INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST","fields":["Tier__c"]}]
    204
    400 [{"message":"No such column 'Line_Count__c' on sobject of type Invoice__c","errorCode":"INVALID_FIELD"}]
    400 [{"message":"Required fields are missing: [Discount__c]","errorCode":"REQUIRED_FIELD_MISSING","fields":["Discount__c"]}]
    5
    Amount__c "string" 5 []
    Tier__c "picklist" 255 [{"active":false,"defaultValue":false,"label":"A","validFor":null,"value":"A"},{"active":true,"defaultValue":false,"label":"B","validFor":null,"value":"B"},{"active":true,"defaultValue":false,"label":"C","validFor":null,"value":"C"}]
    "#);
}

#[tokio::test]
async fn objects_are_renamed_and_removed() {
    let (org, client) = org().await;
    let count = client.count("SELECT COUNT() FROM Invoice__c").await;
    let line = "SELECT Invoice__r.Name FROM Invoice_Line__c WHERE Invoice__c != null LIMIT 1";
    let name = client.query(line).await.json()["records"][0]["Invoice__r"]["Name"].clone();
    org.alter(Drift::rename_object("Invoice__c", "Bill__c")).await.unwrap();
    assert_eq!(client.count("SELECT COUNT() FROM Bill__c").await, count);
    let again = client.query(line).await.json();
    assert_eq!(again["records"][0]["Invoice__r"]["Name"], name);
    assert_eq!(again["records"][0]["Invoice__r"]["attributes"]["type"], "Bill__c");
    assert_eq!(client.get("/sobjects/Invoice__c/describe").await.status, 404);
    let made = client
        .send("POST", "/sobjects/Bill__c", json!({"Amount__c": 1, "Due_Date__c": "2026-01-01"}))
        .await;
    assert_eq!(made.status, 201, "{}", made.text);

    org.alter(Drift::remove_object("Bill__c")).await.unwrap();
    assert_snapshot!(client.query("SELECT Id FROM Bill__c").await.shown(), @r#"400 [{"message":"\nSELECT Id FROM Bill__c\n               ^\nERROR at Row:1:Column:16\nsObject type 'Bill__c' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.","errorCode":"INVALID_TYPE"}]"#);
    assert!(named(&describe(&client, "Invoice_Line__c").await, "Invoice__c").is_none());
    let account = client.query("SELECT (SELECT Id FROM Invoices__r) FROM Account LIMIT 1").await;
    assert!(
        account.text.contains("Didn't understand relationship 'Invoices__r'"),
        "{}",
        account.text
    );
    let deleted = client.account("With no bills").await;
    let deleted = client.send("DELETE", &format!("/sobjects/Account/{deleted}"), Value::Null).await;
    assert_eq!(deleted.status, 204, "{}", deleted.text);
}

#[tokio::test]
async fn locators_of_before_end_when_statements_would_not_fit() {
    let (org, client) = org().await;
    let first = client.query("SELECT Id, Name FROM BigTable__c").await.json();
    let next = first["nextRecordsUrl"].as_str().unwrap();
    org.alter(Drift::add_field("BigTable__c", NewField::new("More__c", "string"))).await.unwrap();
    let second = client.follow(next).await;
    assert_eq!(second.status, 200, "{}", second.text);
    let second = second.json();
    org.alter(Drift::rename_field("BigTable__c", "More__c", "Less__c")).await.unwrap();
    let third = client.follow(second["nextRecordsUrl"].as_str().unwrap()).await;
    assert_snapshot!(third.shown(), @r#"400 [{"message":"invalid query locator","errorCode":"INVALID_QUERY_LOCATOR"}]"#);
}

#[tokio::test]
async fn changes_that_are_not_possible_change_nothing() {
    let rule = sf_emulator::ValidationRule::new("Invoice__c", "Amount__c < 0", "negative");
    let (org, client) = start(Emulator::builder().contacts(10).validation_rule(rule)).await;
    let tag = client.get("/sobjects").await.header("etag").to_owned();
    let mut shown = Vec::new();
    for drift in [
        Drift::rename_field("Nope__c", "A__c", "B__c"),
        Drift::rename_field("Invoice__c", "Nope__c", "B__c"),
        Drift::rename_field("Invoice__c", "Notes__c", "Status__c"),
        Drift::rename_field("Invoice__c", "Notes__c", "Notes"),
        Drift::remove_field("Account", "Industry"),
        Drift::remove_field("Invoice__c", "Amount__c"),
        Drift::retype_field("Invoice__c", NewField::new("Notes__c", "hologram")),
        Drift::retype_field("Invoice__c", NewField::new("Notes__c", "reference")),
        Drift::retype_field("Invoice_Line__c", NewField::new("Line_Total__c", "int")),
        Drift::require_field("Invoice__c", "Is_Disputed__c"),
        Drift::add_field(
            "Invoice__c",
            NewField::new("X__c", "reference").reference("Nope__c", "Xs__r"),
        ),
        Drift::rename_object("Account", "Customer__c"),
        Drift::rename_object("Invoice__c", "BigTable__c"),
        Drift::add_picklist_value("Invoice__c", "Notes__c", "x"),
        Drift::add_picklist_value("Invoice__c", "Status__c", "Paid"),
        Drift::deactivate_picklist_value("Invoice__c", "Status__c", "Nope"),
    ] {
        let error = org.alter(drift).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Drift);
        shown.push(error.to_string());
    }
    assert_snapshot!(shown.join("\n"), @r#"
    the org has no object Nope__c
    Invoice__c has no field Nope__c
    Invoice__c has a field Status__c already
    "Notes" is no name of something custom: letters, digits and underscores, a letter first, then __c
    Account.Industry is a standard field, which the platform neither renames, removes nor gives another type; hide it by field-level security, or change a custom field
    the change would break a rule: the validation rule "Amount__c < 0" of Invoice__c is wrong: SELECT Id FROM Invoice__c WHERE Amount__c < 0
                                    ^
    ERROR at Row:1:Column:33
    No such column 'Amount__c' on entity 'Invoice__c'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.
    "hologram" is no type of a custom field; there are string, textarea, picklist, multipicklist, phone, url, email, boolean, int, double, currency, percent, date, datetime, time, reference
    Notes__c: a reference, and nothing else, points to an object
    Line_Total__c has no value of its own that could be converted
    Invoice__c.Is_Disputed__c cannot be required
    the org has no object Nope__c
    Account is a standard object, which the platform neither renames nor removes
    the org has an object BigTable__c already
    Notes__c is a textarea, not a picklist
    Status__c has the value Paid already
    Status__c has no active value Nope
    "#);
    assert_eq!(client.get("/sobjects").await.header("etag"), tag);
}

#[tokio::test]
async fn programs_in_other_languages_change_it_too() {
    let (org, client) = start(Emulator::builder().contacts(10).admin(true)).await;
    let alter = async |body: Value| {
        let request = client.http.post(format!("{}/__admin/schema", client.base));
        send(request.bearer_auth(org.admin_token().unwrap()).json(&body)).await.shown()
    };
    let mut shown = vec![
        alter(json!({"kind": "rename_field", "object": "Invoice__c", "field": "Amount__c", "to": "Total__c"})).await,
        alter(json!([
            {"kind": "add_field", "object": "Account", "field": {"name": "Tier__c", "type": "picklist", "values": ["A"]}},
            {"kind": "add_picklist_value", "object": "Account", "field": "Tier__c", "value": "B"},
            {"kind": "retype_field", "object": "Invoice__c", "field": {"name": "Total__c", "type": "string", "length": 30}},
            {"kind": "remove_object", "object": "BigTable__c"},
        ])).await,
        alter(json!([{"kind": "require_field", "object": "Invoice__c", "field": "Notes__c"},
            {"kind": "remove_field", "object": "Invoice__c", "field": "Nope__c"}])).await,
        alter(json!({"kind": "explode", "object": "Invoice__c"})).await,
        alter(json!({"kind": "remove_field", "object": "Invoice__c"})).await,
    ];
    shown.push(client.query("SELECT Tier__c FROM Account LIMIT 1").await.status.to_string());
    assert_snapshot!(shown.join("\n"), @r#"
    204
    204
    400 {"error":"change 1: Invoice__c has no field Nope__c; those before it were made"}
    400 {"error":"change 0: unknown variant `explode`, expected one of `rename_field`, `remove_field`, `retype_field`, `require_field`, `add_field`, `rename_object`, `remove_object`, `add_picklist_value`, `deactivate_picklist_value`; nothing was changed"}
    400 {"error":"change 0: missing field `field`; nothing was changed"}
    200
    "#);
}
