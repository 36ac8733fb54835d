//! The walk over names, and what only Apex takes.

use std::fmt::Write;

use proptest::prelude::*;
use sf_soql::parse;
use sf_soql::visit::{ApexConstruct, Clause, Reference, ScopeKind, apex_only, walk};

use crate::generate;

fn places(statement: &str) -> String {
    let query = parse(statement).expect(statement);
    let mut seen = String::new();
    walk(&query, &mut |place| {
        let indent = "  ".repeat(place.scope.depth());
        let from = &place.scope.query().from.name;
        let function = place.function.map_or("", |function| function.name());
        let name = match place.reference {
            Reference::Object(path) => format!("object {path}"),
            Reference::ChildRelationship(path) => {
                assert_eq!(place.scope.kind(), ScopeKind::Child);
                format!(
                    "child {path} of {}",
                    place.scope.parent().expect("a child").query().from.name
                )
            }
            Reference::Join(path) => format!("join {path}"),
            Reference::Field(path) => format!("{from}.{path}"),
            Reference::FieldSet(set, _) => format!("{from}.FIELDS({})", set.as_str()),
            Reference::Rows(_) => format!("rows of {from}"),
            Reference::TypeOf(path) => format!("typeof {from}.{path}"),
            Reference::TypeOfObject { relationship, object } => {
                format!("{relationship} as {object}")
            }
            Reference::TypeOfField { relationship, object, path } => {
                format!(
                    "{relationship} as {}.{path}",
                    object.map_or("Name", |object| object.as_str())
                )
            }
        };
        let clause = if place.clause == Clause::From {
            String::new()
        } else {
            format!(" [{:?}]", place.clause)
        };
        writeln!(seen, "{indent}{name}{clause} {function}").unwrap();
    });
    seen.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_place_of_a_statement_is_seen_with_its_context() {
    let statement = "SELECT Id, Account.Name, FORMAT(SUM(Amount)) total, FIELDS(CUSTOM), \
        TYPEOF What WHEN Account THEN Phone, Owner.Name ELSE Name END, \
        (SELECT c.Email, (SELECT Subject FROM Cases) FROM Contacts c WHERE c.Title = 'x' ORDER BY c.LastName) \
        FROM Opportunity o, o.Account a \
        WHERE (StageName = 'x' OR (NOT CALENDAR_YEAR(CloseDate) = 2024)) \
        AND AccountId IN (SELECT AccountId FROM Contact WHERE Email LIKE '%' AND Id NOT IN (SELECT ContactId FROM Case)) \
        AND Langs__c INCLUDES ('en') \
        GROUP BY ROLLUP(Type, DAY_ONLY(CreatedDate)) HAVING COUNT(Probability) > 1 AND MAX(Amount) > 2 \
        ORDER BY GROUPING(Type), DISTANCE(Loc__c, GEOLOCATION(1, 2), 'mi') DESC";
    insta::assert_snapshot!(places(statement), @r"
    object Opportunity
    join o.Account
    Opportunity.Id [Select]
    Opportunity.Account.Name [Select]
    Opportunity.Amount [Select] SUM
    Opportunity.FIELDS(CUSTOM) [Select]
    typeof Opportunity.What [Select]
    What as Account [Select]
    What as Account.Phone [Select]
    What as Account.Owner.Name [Select]
    What as Name.Name [Select]
      child Contacts of Opportunity
      Contacts.c.Email [Select]
        child Cases of Contacts
        Cases.Subject [Select]
      Contacts.c.Title [Where]
      Contacts.c.LastName [OrderBy]
    Opportunity.StageName [Where]
    Opportunity.CloseDate [Where] CALENDAR_YEAR
    Opportunity.AccountId [Where]
      object Contact
      Contact.AccountId [Select]
      Contact.Email [Where]
      Contact.Id [Where]
        object Case
        Case.ContactId [Select]
    Opportunity.Langs__c [Where]
    Opportunity.Type [GroupBy]
    Opportunity.CreatedDate [GroupBy] DAY_ONLY
    Opportunity.Probability [Having] COUNT
    Opportunity.Amount [Having] MAX
    Opportunity.Type [OrderBy] GROUPING
    Opportunity.Loc__c [OrderBy] DISTANCE
    ");
}

proptest! {
    /// Counted in the tree's Debug text, so that a place added to the tree and
    /// forgotten by a walk fails here.
    #[test]
    fn no_path_of_a_tree_is_missed(query in generate::query()) {
        let tree = format!("{query:?}");
        let (mut paths, mut sets) = (0, 0);
        walk(&query, &mut |place| match place.reference {
            Reference::FieldSet(..) => sets += 1,
            Reference::Rows(_) | Reference::TypeOfObject { .. } => {}
            _ => paths += 1,
        });
        let binds = tree.matches("Bind(Path {").count();
        prop_assert_eq!(paths, tree.matches("Path {").count() - binds);
        prop_assert_eq!(sets, tree.matches("Fields {").count());
        let found = apex_only(&query);
        prop_assert_eq!(found.iter().filter(|one| one.construct == ApexConstruct::Bind).count(), binds);
    }
}

#[test]
fn counting_rows_is_seen_too() {
    insta::assert_snapshot!(places("SELECT COUNT() FROM Account"), @r"
    object Account
    rows of Account [Select] COUNT
    ");
}

#[test]
fn what_only_apex_takes_is_found_wherever_it_stands() {
    let statement = "SELECT Id, (SELECT Id FROM Contacts WHERE Name = :a LIMIT :b), \
        DISTANCE(L__c, GEOLOCATION(:c, 2), 'mi') FROM Account \
        WHERE Id IN :d AND (NOT Name LIKE :e) AND X__c INCLUDES (:f) AND Id IN (SELECT Id FROM Case WHERE Y__c IN (1, :g)) \
        WITH SYSTEM_MODE GROUP BY Id HAVING COUNT(Id) > :h ORDER BY Id OFFSET :i ALL ROWS FOR UPDATE";
    let query = parse(statement).unwrap();
    let found: Vec<String> = apex_only(&query)
        .iter()
        .map(|one| format!("{:?} {}", one.construct, &statement[one.span.range()]))
        .collect();
    let expected = [
        "Bind a",
        "Bind b",
        "Bind c",
        "Bind d",
        "Bind e",
        "Bind f",
        "Bind g",
        "SystemMode SYSTEM_MODE",
        "Bind h",
        "Bind i",
        "AllRows ALL ROWS",
        "ForUpdate FOR UPDATE",
    ];
    assert_eq!(found, expected);
    let plain =
        parse("SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact) WITH USER_MODE")
            .unwrap();
    assert_eq!(apex_only(&plain), []);
}
