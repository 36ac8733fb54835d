//! Every kind of field in every clause: an answer or a refusal in the
//! platform's words, never a failure of the engine.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{caller, org};
use crate::engine::Engine;

/// Runs a statement; true if it was taken.
fn taken(org: &Engine, soql: &str) -> bool {
    match org.query(&caller(), soql, true) {
        Ok(cursor) => {
            let page = org
                .page(&caller(), &cursor, 0, 3)
                .unwrap_or_else(|error| panic!("{soql}: {error:?}"));
            for row in page {
                serde_json::from_str::<Value>(&row.0)
                    .unwrap_or_else(|error| panic!("{soql}: {error}"));
            }
            true
        }
        Err(error) => {
            assert_eq!(error.status, 400, "{soql}: {error:?}");
            assert!(
                error.items.iter().all(|item| item.code != "UNKNOWN_EXCEPTION"),
                "{soql}: {error:?}"
            );
            false
        }
    }
}

/// The filter without which an object cannot be queried.
fn needs_id(object: &str) -> &'static str {
    match object {
        "ContentDocumentLink" => " WHERE ContentDocumentId = '069000000000001'",
        _ => "",
    }
}

#[test]
fn every_kind_of_field_in_every_clause() {
    let org = org(5);
    let mut seen = HashSet::new();
    for object in &org.schema().objects {
        for field in &object.fields {
            let kind = (
                field.ty.name(),
                field.filterable,
                field.values.is_empty(),
                field.via.is_some(),
                field.reference_to.len(),
            );
            if !seen.insert(kind) {
                continue;
            }
            let (object, field) = (&object.name, &field.name);
            let by_id = needs_id(object);
            assert!(taken(&org, &format!("SELECT {field} FROM {object}{by_id}")));
            taken(&org, &format!("SELECT Id FROM {object} ORDER BY {field} DESC NULLS LAST"));
            taken(
                &org,
                &format!(
                    "SELECT {field}, COUNT(Id) FROM {object} GROUP BY {field} ORDER BY {field}"
                ),
            );
            for function in ["COUNT", "COUNT_DISTINCT", "MIN", "MAX", "SUM", "AVG"] {
                taken(&org, &format!("SELECT {function}({field}) FROM {object}"));
                taken(
                    &org,
                    &format!("SELECT Id FROM {object} GROUP BY Id HAVING {function}({field}) > 1"),
                );
            }
            for function in
                ["CALENDAR_YEAR", "DAY_IN_WEEK", "DAY_ONLY", "HOUR_IN_DAY", "WEEK_IN_YEAR"]
            {
                taken(
                    &org,
                    &format!(
                        "SELECT {function}({field}) FROM {object} GROUP BY {function}({field})"
                    ),
                );
            }
            for literal in [
                "'x'",
                "''",
                "5",
                "-1.5e3",
                "true",
                "null",
                "2026-01-01",
                "2026-01-01T00:00:00Z",
                "TODAY",
                "LAST_N_YEARS:4000000000",
            ] {
                for operator in ["=", "!=", "<", ">="] {
                    taken(
                        &org,
                        &format!("SELECT Id FROM {object} WHERE {field} {operator} {literal}"),
                    );
                }
                taken(
                    &org,
                    &format!("SELECT Id FROM {object} WHERE NOT {field} IN ({literal}, null)"),
                );
            }
            taken(&org, &format!("SELECT Id FROM {object} WHERE {field} LIKE '%a_'"));
            taken(&org, &format!("SELECT Id FROM {object} WHERE {field} INCLUDES ('a;b', 'c')"));
            taken(
                &org,
                &format!(
                    "SELECT Id FROM {object} WHERE {field} NOT IN (SELECT OwnerId FROM Account)"
                ),
            );
        }
    }
}

#[test]
fn every_relationship_in_both_directions() {
    let org = org(5);
    for object in &org.schema().objects {
        for field in &object.fields {
            let Some(relationship) = &field.relationship_name else { continue };
            let known = field.reference_to.iter().any(|name| org.schema().object(name).is_some());
            let soql = format!(
                "SELECT Id, {relationship}.Id FROM {}{} ORDER BY {relationship}.Id",
                object.name,
                needs_id(&object.name),
            );
            assert_eq!(taken(&org, &soql), known, "{soql}");
        }
        for relationship in object.children.iter().filter_map(|child| child.relationship.as_ref()) {
            assert!(taken(
                &org,
                &format!("SELECT Id, (SELECT Id FROM {relationship}) FROM {}", object.name)
            ));
        }
    }
    // All at once, and nested as deep as it goes.
    assert!(taken(
        &org,
        "SELECT Id, (SELECT Id, (SELECT Id, Contact.ReportsTo.ReportsTo.ReportsTo.Account.Name FROM Cases) FROM Contacts), (SELECT Id FROM Cases) FROM Account"
    ));
    assert!(!taken(
        &org,
        "SELECT ReportsTo.ReportsTo.ReportsTo.ReportsTo.ReportsTo.Account.Name FROM Contact"
    ));
}

#[test]
fn clauses_together() {
    let org = org(60);
    for (soql, expected) in [
        (
            "SELECT Id FROM Contact c WHERE c.LastName != null AND c.Account.Name LIKE '%' ORDER BY c.Account.Name, LastName DESC LIMIT 3 OFFSET 1",
            true,
        ),
        ("SELECT c.Id, a.Name FROM Contact c, c.Account a WHERE a.Name != null", true),
        ("SELECT Contact.Id, Contact.Account.Name FROM Contact", true),
        ("SELECT Id FROM Contact USING SCOPE mine WHERE LastName != null", true),
        ("SELECT Id FROM Contact USING SCOPE team", true),
        ("SELECT Id FROM Contact USING SCOPE delegated", false),
        ("SELECT Id FROM Contact WITH SECURITY_ENFORCED", true),
        ("SELECT toLabel(LeadSource) FROM Contact", true),
        ("SELECT Owner.ProfileId, Owner.Profile.Name FROM Case", true),
        ("SELECT Owner.Nothing FROM Case", false),
        ("SELECT Name FROM Account GROUP BY ROLLUP(Name)", true),
        (
            "SELECT LeadSource src, COUNT(Id) n FROM Contact GROUP BY LeadSource HAVING COUNT(Id) > 1 AND LeadSource LIKE 'P%' ORDER BY COUNT(Id) DESC, LeadSource",
            true,
        ),
        ("SELECT LeadSource, COUNT(Id) FROM Contact GROUP BY LeadSource ORDER BY LastName", false),
        (
            "SELECT LeadSource, COUNT(Id) FROM Contact GROUP BY LeadSource HAVING LastName = 'x'",
            false,
        ),
        ("SELECT COUNT() FROM Contact ORDER BY Name", false),
        ("SELECT COUNT(Id) FROM Contact WHERE COUNT(Id) > 1", false),
        ("SELECT Id, (SELECT COUNT(Id) FROM Contacts) FROM Account", false),
        (
            "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact) AND Id NOT IN (SELECT AccountId FROM Case) AND Id IN (SELECT AccountId FROM Opportunity)",
            false,
        ),
        (
            "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE Id IN (SELECT ContactId FROM Case))",
            false,
        ),
        ("SELECT Id FROM Account WHERE Id IN (SELECT LastName FROM Contact)", false),
        ("SELECT Id FROM Account WHERE Name IN (SELECT AccountId FROM Contact)", false),
        ("SELECT TYPEOF Owner WHEN User THEN Name, Email ELSE Name END FROM Case", true),
        ("SELECT TYPEOF Owner WHEN Account THEN Name END FROM Case", false),
        ("SELECT TYPEOF Account WHEN Account THEN Name END FROM Case", false),
        ("SELECT TYPEOF Owner WHEN User THEN Nope END FROM Case", false),
        ("SELECT Owner.Name, TYPEOF Owner WHEN User THEN Email END FROM Case", false),
    ] {
        assert_eq!(taken(&org, soql), expected, "{soql}");
    }
}

/// Statements near the longest that the platform takes.
#[test]
fn large_statements() {
    let org = org(20);
    let ids: Vec<String> =
        (1..=4500).map(|number| format!("'{}'", crate::engine::id::make("003", number))).collect();
    let listed = format!("SELECT Id FROM Contact WHERE Id IN ({})", ids.join(","));
    assert_eq!(super::count(&org, &listed), 20);
    let ids: Vec<String> = ids.iter().take(3000).map(|id| format!("Id={id}")).collect();
    assert_eq!(
        super::count(&org, &format!("SELECT Id FROM Contact WHERE {}", ids.join(" OR "))),
        20
    );
    assert!(!taken(
        &org,
        &format!(
            "SELECT Id FROM Account WHERE NumberOfEmployees IN ({})",
            "1,".repeat(45_000) + "1"
        )
    ));

    let paths = [
        "Parent.",
        "Parent.Parent.",
        "Parent.Parent.Parent.",
        "Owner.",
        "Parent.Owner.",
        "Parent.Parent.Owner.",
    ];
    let fields: Vec<String> = org
        .schema()
        .object("Account")
        .unwrap()
        .fields
        .iter()
        .filter(|f| f.createable)
        .map(|f| f.name.clone())
        .collect();
    let many: Vec<String> = paths
        .iter()
        .flat_map(|path| fields.iter().map(move |field| format!("{path}{field}")))
        .filter(|path| !path.contains("Owner"))
        .collect();
    assert!(taken(&org, &format!("SELECT {} FROM Account", many.join(","))));
    let joins: Vec<String> = (0..32)
        .map(|at| {
            let hop =
                |bit: u32| if at & (1 << bit) == 0 { "CreatedBy." } else { "LastModifiedBy." };
            format!("{}{}{}{}{}Name", hop(0), hop(1), hop(2), hop(3), hop(4))
        })
        .collect();
    assert!(!taken(&org, &format!("SELECT {} FROM Account", joins.join(","))));
}

#[test]
fn every_kind_of_value_in_every_kind_of_field() {
    let org = org(5);
    let account = crate::engine::id::make("001", 1);
    let values = [
        Value::Null,
        json!(true),
        json!(-0.5),
        json!(1e300),
        json!(9_007_199_254_740_993_i64),
        json!(""),
        json!("  "),
        json!("NaN"),
        json!("2026-02-30"),
        json!("2026-02-28T23:59:60Z"),
        json!("a;b;;a"),
        json!("ü".repeat(40_000)),
        json!(account),
        json!([1]),
        json!({"attributes": {"type": "Nothing"}, "Name": {"x": 1}}),
        json!({}),
    ];
    for object in &org.schema().objects {
        for field in &object.fields {
            let names = [Some(&field.name), field.relationship_name.as_ref()];
            for (name, value) in names
                .into_iter()
                .flatten()
                .flat_map(|name| values.iter().map(move |value| (name, value)))
            {
                let body = json!({name: value});
                let id = crate::engine::id::make(&object.key_prefix, 2);
                for result in [
                    super::create(&org, &object.name, &body),
                    super::update(&org, &object.name, &id, &body),
                ] {
                    if let Err(error) = result {
                        let known = error.items.iter().all(|item| item.code != "UNKNOWN_EXCEPTION");
                        assert!(
                            known && matches!(error.status, 300..500),
                            "{} {body}: {error:?}",
                            object.name
                        );
                    }
                }
            }
        }
    }
}
