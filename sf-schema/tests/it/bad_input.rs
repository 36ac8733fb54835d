//! Schemas and names that make no sense, and the answer to each.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Value, json};
use sf_schema::{
    CardOptions, Known, Object, WriteKind, bind, card, check_write, json_schema, mermaid,
    resolve_field, resolve_path, rust_code,
};

use crate::checks::shown;

fn object(raw: &Value) -> Arc<Object> {
    Arc::new(Object::from_describe(raw).unwrap())
}

/// What is said of a statement.
fn query(known: &Known, soql: &str) -> String {
    let mut out = String::new();
    let problems = match bind(&sf_soql::parse(soql).unwrap(), known) {
        Ok(bound) => sf_schema::check_query(&bound),
        Err(unbound) => unbound.check(),
    };
    shown(&mut out, soql, &problems);
    out
}

fn write(object: &Object, values: &Value) -> String {
    let problems = check_write(object, WriteKind::Create, values.as_object().unwrap());
    problems.iter().map(|p| format!("{p}\n")).collect()
}

#[test]
fn a_describe_with_missing_keys() {
    let object = object(
        &json!({ "name": "Bare__c", "fields": [{ "name": "A__c" }, { "name": "B__c", "type": "picklist" }, {}] }),
    );
    let mut out = card(&object, CardOptions::default());
    let _ = writeln!(out, "\n--\n{}", write(&object, &json!({ "A__c": 1, "B__c": "x" })));
    let known: Known = [Arc::clone(&object)].into_iter().collect();
    out.push_str(&query(&known, "SELECT A__c FROM Bare__c"));
    insta::assert_snapshot!(out, @r#"
    Bare__c (label "Bare__c", plural "Bare__c")
    You can: nothing
    Required on create: nothing
    Read only: A__c, B__c picklist
    Not usable in WHERE: A__c, B__c
    --
    A__c: Cannot be written by this user; leave it out.
    B__c: Cannot be written by this user; leave it out.

    SELECT A__c FROM Bare__c
      Error UnknownObject at "Bare__c": Bare__c cannot be queried.
    "#);
}

#[test]
fn an_object_without_fields() {
    let object = object(&json!({ "name": "Empty__c", "queryable": true, "fields": [] }));
    let mut out = card(&object, CardOptions::default());
    let _ = writeln!(out, "\n--\n{}", write(&object, &json!({ "Name": "x" })));
    let known: Known = [Arc::clone(&object)].into_iter().collect();
    out.push_str(&query(&known, "SELECT Id, FIELDS(STANDARD) FROM Empty__c"));
    let _ = writeln!(out, "{:?}", resolve_field("Name", &object, &known));
    let _ = writeln!(out, "{}", json_schema(&object, WriteKind::Create)["properties"]);
    out.push_str(&mermaid(&[&object]));
    out.push_str(&rust_code(&[&object]));
    insta::assert_snapshot!(out, @r#"
    Empty__c (label "Empty__c", plural "Empty__c")
    You can: query
    No fields: this user may see none of them.
    Required on create: nothing
    --
    Name: Empty__c has no such field; its describe lists those it has.

    SELECT Id, FIELDS(STANDARD) FROM Empty__c
      Error UnknownField at "Id": The describe of Empty__c lists no field that this user can see.
      Error Clause at "FIELDS(STANDARD)": Empty__c has no field of FIELDS(STANDARD).
    None([])
    {}
    erDiagram
        Empty__c
    // Made from an org's describes; do not edit.

    /// A record of Empty__c, as it is read.
    #[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct EmptyC {
    }
    "#);
}

#[test]
fn dependent_picklists_in_a_circle() {
    let picklist = |name: &str, controller: &str| {
        json!({ "name": name, "type": "picklist", "createable": true,
        "controllerName": controller, "restrictedPicklist": true, "picklistValues": [{ "value": "x", "validFor": "gAAA" }] })
    };
    let object = object(&json!({ "name": "Round__c", "fields": [
        picklist("A__c", "B__c"), picklist("B__c", "C__c"), picklist("C__c", "A__c"), picklist("D__c", "Gone__c"),
    ]}));
    let mut out = String::new();
    for field in &object.fields {
        let _ = writeln!(out, "{}", object.dependency(field).unwrap_err());
    }
    // They control nothing that could be said; the values themselves are judged.
    out.push_str(&write(&object, &json!({ "A__c": "x", "B__c": "y" })));
    insta::assert_snapshot!(out, @r#"
    the picklist Round__c.A__c cannot be resolved: its controlling fields form a circle: A__c -> B__c -> C__c -> A__c
    the picklist Round__c.B__c cannot be resolved: its controlling fields form a circle: B__c -> C__c -> A__c -> B__c
    the picklist Round__c.C__c cannot be resolved: its controlling fields form a circle: C__c -> A__c -> B__c -> C__c
    the picklist Round__c.D__c cannot be resolved: its controlling field Gone__c is not in the describe
    B__c: "y" is not one of its values.
    "#);
}

#[test]
fn a_path_twenty_relationships_deep() {
    let object = object(&json!({ "name": "Node__c", "queryable": true, "fields": [
        { "name": "Name", "type": "string" },
        { "name": "Next__c", "type": "reference", "referenceTo": ["Node__c"], "relationshipName": "Next__r" },
    ]}));
    let known: Known = [Arc::clone(&object)].into_iter().collect();
    let path = format!("{}Name", "Next__r.".repeat(20));
    let mut out = query(&known, &format!("SELECT {path} FROM Node__c"));
    let _ = writeln!(out, "{}", resolve_path(&path, &object, &known).unwrap_err());
    insta::assert_snapshot!(out, @r#"
    SELECT Next__r.Next__r.Next__r.Next__r.Next__r.Next__r.Next__r.Next__r.Next__r.Next__r.Next__r.Next__r.Next__r.Next__r.Next__r.Next__r.Next__r.Next__r.Next__r.Next__r.Name FROM Node__c
      Error TooMuch at "Next__r": This path follows 20 relationships; at most 5 can be followed. Query the object nearer to the field, or read the rest by id in a second query.
    This path follows 20 relationships; at most 5 can be followed.
    "#);
}

#[test]
fn a_name_of_two_fields() {
    let object = object(&json!({ "name": "Twin__c", "queryable": true, "fields": [
        { "name": "Amount_Due__c", "label": "Due", "type": "currency" }, { "name": "AIM__AmountDue__c", "label": "Due", "type": "currency" },
    ]}));
    let known: Known = [Arc::clone(&object)].into_iter().collect();
    let mut out = String::new();
    for name in ["amount due", "Due", "AIM Amount Due"] {
        let _ = writeln!(out, "{name}: {:?}", resolve_field(name, &object, &known));
    }
    let _ = writeln!(out, "{}", resolve_path("due", &object, &known).unwrap_err());
    out.push_str(&query(&known, "SELECT AmountDue FROM Twin__c"));
    out.push_str(&write(&object, &json!({ "Amount_Due": 1 })));
    insta::assert_snapshot!(out, @r#"
    amount due: One("Amount_Due__c", Some(SameName))
    Due: Several([Candidate { name: "AIM__AmountDue__c", reason: Label }, Candidate { name: "Amount_Due__c", reason: Label }])
    AIM Amount Due: One("AIM__AmountDue__c", Some(SameName))
    "due" may mean several things of Twin__c: AIM__AmountDue__c (its label), Amount_Due__c (its label).
    SELECT AmountDue FROM Twin__c
      Error UnknownField at "AmountDue": Twin__c has no field AmountDue. Did you mean Amount_Due__c?
        write: Amount_Due__c
        Amount_Due__c: the same name, spelled as the API does
        AIM__AmountDue__c: the same name, spelled as the API does
    Amount_Due: Twin__c has no such field. Did you mean Amount_Due__c?
    "#);
}
