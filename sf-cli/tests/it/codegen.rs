//! `sf-agent codegen`: the schema in the languages of others.

use serde_json::Value;

use crate::support::run;

/// What is compiled, and sent to an org and read back, by the tests of sf-schema.
const COMPILED: &str = include_str!("../../../sf-schema/tests/it/generated/objects.txt");

#[test]
fn the_rust_code_is_the_code_that_was_compiled() {
    let ran = run(&["codegen", "rust", "account", "Contacts", "Account"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stdout.trim_end() == COMPILED.trim_end(), "differs from the code that is compiled");
    assert_eq!(ran.stderr, "");
}

#[test]
fn a_schema_of_a_create_and_of_an_update() {
    let schema = |words: &[&str]| -> Value {
        let ran = run(&[&["codegen", "json-schema"], words].concat());
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let create = schema(&["opportunities"]);
    assert_eq!(create["required"], serde_json::json!(["Name", "StageName", "CloseDate"]));
    let update = schema(&["Opportunity", "--update"]);
    assert_eq!(
        (&update["required"], &update["title"]),
        (&Value::Null, &Value::from("Opportunity (update)"))
    );
}

#[test]
fn what_cannot_be_made_is_told() {
    let ran = run(&["codegen", "rust", "Account", "Contakt"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (3, ""));
    insta::assert_snapshot!(ran.stderr, @r#"error: there is no object "Contakt" that this user can see; did you mean Contact, Contract, ContactShare?"#);
    assert_eq!(run(&["codegen", "rust"]).status, 2);
    assert_eq!(run(&["schema", "diagram"]).status, 2);
}
