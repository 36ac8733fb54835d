//! The platform's limits and rules of statements.

use super::{caller, count, org, refused, shown};
use crate::engine::Caller;

#[test]
fn refusals_by_rule() {
    let org = org(20);
    let long = "x".repeat(4_001);
    let keys: Vec<String> = (0..33).map(|_| "Name".to_owned()).collect();
    let nested = |depth: usize| {
        let levels = ["ChildAccounts"; 6];
        let inner = levels.iter().take(depth).rev().fold(String::new(), |inner, name| {
            let list = if inner.is_empty() { "Id".to_owned() } else { format!("Id, ({inner})") };
            format!("SELECT {list} FROM {name}")
        });
        format!("SELECT Id, ({inner}) FROM Account")
    };
    for (soql, text) in [
        (
            format!("SELECT Id FROM Account WHERE Name = '{long}'"),
            "string literals in a WHERE clause can not be longer than 4000 characters",
        ),
        (
            format!("SELECT Id FROM Account WHERE Name IN ('{long}')"),
            "string literals in a WHERE clause can not be longer than 4000 characters",
        ),
        (
            format!("SELECT Id FROM Account ORDER BY {}", keys.join(", ")),
            "ORDER BY can not have more than 32 fields",
        ),
        (
            "SELECT Id FROM Account WHERE Id IN (SELECT WhatId FROM Task)".to_owned(),
            "Task can not be queried in a semi join sub-select",
        ),
        (
            "SELECT Id FROM Account WHERE NOT (Id IN (SELECT AccountId FROM Contact))".to_owned(),
            "Semi join sub-selects are not allowed with the 'NOT' operator",
        ),
        (
            "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact LIMIT 5)".to_owned(),
            "A semi join sub-select takes one field and a WHERE clause only",
        ),
        (
            "SELECT Id, (SELECT Id FROM Contacts LIMIT 5 OFFSET 1) FROM Account".to_owned(),
            "OFFSET is allowed in a sub-select only when the outer query has LIMIT 1",
        ),
        (
            "SELECT Id FROM Lead USING SCOPE my_territory".to_owned(),
            "Using Scope 'my_territory' is not supported on this object",
        ),
        (
            "SELECT COUNT(), Id FROM Lead".to_owned(),
            "COUNT() must be the only element in the SELECT list",
        ),
        (
            "SELECT COUNT() FROM Lead ORDER BY Name".to_owned(),
            "COUNT() can not be used with ORDER BY",
        ),
        (
            "SELECT Id FROM Opportunity WHERE Amount > USD5000".to_owned(),
            "Currency literals need an org with multiple currencies",
        ),
        ("SELECT Id FROM Lead WITH SYSTEM_MODE".to_owned(), "unexpected token: 'SYSTEM_MODE'"),
        ("SELECT Id FROM Lead LIMIT :n".to_owned(), "Bind variables only allowed in Apex code"),
        ("SELECT Id FROM ContentDocumentLink".to_owned(), "multiple Id's using the IN operator."),
        (
            nested(5),
            "SOQL statements can not have more than 5 levels of parent-to-child relationships",
        ),
    ] {
        let refusal = refused(&org, &soql);
        assert!(refusal.ends_with(text), "{soql}: {refusal}");
    }
    count(&org, &nested(4));
    count(&org, "SELECT Id, (SELECT Id FROM Contacts LIMIT 5 OFFSET 1) FROM Account LIMIT 1");
}

#[test]
fn versions_before_58_know_one_level_of_children() {
    let org = org(20);
    let old = Caller { version: "57.0".to_owned(), ..caller() };
    let soql = "SELECT Id, (SELECT Id, (SELECT Id FROM Cases) FROM Contacts) FROM Account";
    let refusal = shown(&org.query(&old, soql, false).unwrap_err());
    assert!(refusal.contains("levels of parent-to-child"), "{refusal}");
    count(&org, soql);
}

#[test]
fn all_fields_by_id_need_no_limit() {
    let org = org(20);
    let id = "001000000000001";
    for filter in [
        format!("Id = '{id}'"),
        format!("Id IN ('{id}')"),
        format!("Name != null AND (Id = '{id}' OR Id = '{id}')"),
    ] {
        count(&org, &format!("SELECT FIELDS(ALL) FROM Account WHERE {filter}"));
    }
    let refusal =
        refused(&org, &format!("SELECT FIELDS(ALL) FROM Account WHERE Id = '{id}' OR Name = 'x'"));
    assert!(refusal.ends_with("must have a LIMIT of at most 200"), "{refusal}");
}

#[test]
fn more_groups_than_a_batch_holds() {
    let org = org(10_000);
    assert_eq!(
        refused(&org, "SELECT Name, COUNT(Id) FROM BigTable__c GROUP BY Name"),
        "400\nEXCEEDED_ID_LIMIT: Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch"
    );
    assert_eq!(count(&org, "SELECT Id FROM BigTable__c"), 6_000);
}
