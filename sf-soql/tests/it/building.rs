//! The builder, and trees that print no statement.

use proptest::prelude::*;
use sf_soql::InvalidTree;
use sf_soql::ast::*;
use sf_soql::build::{self, BuildError, Filter, all, asc, desc, field, select};

use crate::generate;

fn built(filter: Filter) -> String {
    let query = select(["Id"]).from("Account").filter(filter).build().unwrap();
    let text = query.to_string();
    text.strip_prefix("SELECT Id FROM Account WHERE ").unwrap().to_owned()
}

proptest! {
    /// Every way to give a value as text gives back that text, and the rest of
    /// the statement is as it was asked for.
    #[test]
    fn values_come_back_as_values_only(text in generate::string(), more in generate::string()) {
        let query = select(["Id"])
            .from("Account")
            .filter(field("A__c").eq(text.as_str()))
            .filter(field("B__c").one_of([text.as_str(), more.as_str()]))
            .filter(field("C__c").includes([text.as_str()]))
            .filter(field("D__c").contains(&text).or(field("E__c").starts_with(&more)))
            .filter(!field("F__c").ne(Some(more.as_str())))
            .limit(3)
            .build()
            .unwrap();
        let again = sf_soql::parse(&query.to_string()).unwrap();
        prop_assert_eq!(&again, &query);
        let Some(Condition::And(terms)) = &again.filter else { panic!("{again}") };
        prop_assert_eq!(terms.len(), 5);
        prop_assert_eq!(&again.limit, &Some(Count::from(3)));
        let value = |text: &str| Value::String(text.to_owned());
        let Condition::Compare { value: first, .. } = &terms[0] else { panic!("{again}") };
        prop_assert_eq!(&first.value, &value(&text));
        let Condition::In { set: InSet::List(list), .. } = &terms[1] else { panic!("{again}") };
        prop_assert_eq!(list.iter().map(|one| one.value.clone()).collect::<Vec<_>>(), [value(&text), value(&more)]);
        let Condition::Includes { values, .. } = &terms[2] else { panic!("{again}") };
        prop_assert_eq!(&values[0].value, &value(&text));
        let Condition::Or(either) = &terms[3] else { panic!("{again}") };
        for (condition, expected) in either.iter().zip([&text, &more]) {
            let Condition::Compare { op: CompareOp::Like, value: Literal { value: Value::Pattern(pattern), .. }, .. } = condition else { panic!("{again}") };
            prop_assert_eq!(&generate::meaning(pattern), expected);
        }
        let Condition::Not(inner) = &terms[4] else { panic!("{again}") };
        let Condition::Compare { value: last, .. } = &**inner else { panic!("{again}") };
        prop_assert_eq!(&last.value, &value(&more));
    }

    /// A pattern keeps its wildcards and cannot end the string.
    #[test]
    fn a_pattern_stays_a_pattern(pattern in generate::string()) {
        let query = select(["Id"]).from("Account").filter(field("Name").like(&pattern)).build().unwrap();
        let like = matches!(&query.filter, Some(Condition::Compare { op: CompareOp::Like, .. }));
        prop_assert!(like, "{}", query);
    }

    #[test]
    fn what_is_no_name_is_refused_wherever_it_stands(name in prop_oneof![any::<String>(), "[A-Za-z_. ',()=0-9]{0,12}"]) {
        let is_name = Path::new(&name).is_ok();
        let statements = [
            select([name.as_str()]).from("Account"),
            select(["Id"]).from(&name),
            select(["Id"]).from("Account").children(select(["Id"]).from(&name)),
            select(["Id"]).from("Account").filter(field(&name).eq(1)),
            select(["Id"]).from("Account").filter(field(&name).one_of([1])),
            select(["Id"]).from("Account").filter(field(&name).includes(["x"])),
            select(["Id"]).from("Account").filter(field("Id").in_select(select([name.as_str()]).from("Contact"))),
            select(["Id"]).from("Account").order_by(name.as_str()),
        ];
        for statement in statements {
            match statement.build() {
                Ok(query) => {
                    prop_assert!(is_name, "{}", query);
                    prop_assert_eq!(sf_soql::parse(&query.to_string()), Ok(query));
                }
                Err(BuildError::Name(_)) => prop_assert!(!is_name, "{}", name),
                // A name that the grammar keeps for itself, or one with dots
                // where none can stand.
                Err(BuildError::Tree(_)) => prop_assert!(is_name, "{}", name),
                Err(other) => panic!("{other}"),
            }
        }
    }
}

#[test]
fn every_comparison_is_printed() {
    assert_eq!(built(field("Name").eq("x")), "Name = 'x'");
    assert_eq!(built(field("Name").ne(None::<bool>)), "Name != NULL");
    assert_eq!(built(field("A__c").lt(-5)), "A__c < -5");
    assert_eq!(built(field("A__c").le(5_i64)), "A__c <= 5");
    assert_eq!(built(field("A__c").gt(Number::new("1.50").unwrap())), "A__c > 1.50");
    assert_eq!(built(field("A__c").ge(Date::new("2024-02-29").unwrap())), "A__c >= 2024-02-29");
    assert_eq!(built(field("A__c").eq(DateLiteral::Today)), "A__c = TODAY");
    assert_eq!(built(field("A__c").gt(Currency::new("USD", "5").unwrap())), "A__c > USD5");
    assert_eq!(built(field("Name").is_null()), "Name = NULL");
    assert_eq!(built(field("Name").is_not_null()), "Name != NULL");
    assert_eq!(built(field("Name").contains("50%")), r"Name LIKE '%50\%%'");
    assert_eq!(built(field("Name").starts_with("a_b")), r"Name LIKE 'a\_b%'");
    assert_eq!(built(field("Name").ends_with(r"\")), r"Name LIKE '%\\'");
    assert_eq!(built(field("Name").like(r"a%\_\x")), r"Name LIKE 'a%\_\\x'");
    assert_eq!(built(field("A__c").one_of(["a", "b"])), "A__c IN ('a', 'b')");
    assert_eq!(built(field("A__c").not_one_of([1, 2])), "A__c NOT IN (1, 2)");
    assert_eq!(built(field("A__c").includes(["a;b", "c"])), "A__c INCLUDES ('a;b', 'c')");
    assert_eq!(built(field("A__c").excludes(["a"])), "A__c EXCLUDES ('a')");
    let contacts = || select(["AccountId"]).from("Contact");
    assert_eq!(built(field("Id").in_select(contacts())), "Id IN (SELECT AccountId FROM Contact)");
    assert_eq!(
        built(field("Id").not_in_select(contacts().filter(field("Email").is_null()))),
        "Id NOT IN (SELECT AccountId FROM Contact WHERE Email = NULL)"
    );
}

#[test]
fn conditions_are_put_together() {
    let is = |name: &str| field(name).is_null();
    assert_eq!(built(is("A").and(is("B")).and(is("C"))), "A = NULL AND B = NULL AND C = NULL");
    assert_eq!(built(is("A").or(is("B")).or(is("C"))), "A = NULL OR B = NULL OR C = NULL");
    assert_eq!(built(is("A").and(is("B")).or(is("C"))), "(A = NULL AND B = NULL) OR C = NULL");
    assert_eq!(built(!is("A")), "NOT A = NULL");
    assert_eq!(built((!is("A")).and(is("B"))), "(NOT A = NULL) AND B = NULL");
    assert_eq!(built(all([is("A")])), "A = NULL");
    assert_eq!(
        built(build::any([is("A"), is("B"), all([is("C"), is("D")])])),
        "A = NULL OR B = NULL OR (C = NULL AND D = NULL)"
    );
}

#[test]
fn sorting_and_paging_are_printed() {
    let query = select(["Id"])
        .from("Account")
        .order_by(desc("Name").nulls_last())
        .order_by(asc("Phone").nulls_first())
        .order_by("Fax")
        .limit(10)
        .offset(20);
    assert_eq!(
        query.build().unwrap().to_string(),
        "SELECT Id FROM Account ORDER BY Name DESC NULLS LAST, Phone NULLS FIRST, Fax LIMIT 10 OFFSET 20"
    );
}

#[test]
fn what_cannot_be_built_says_why() {
    let of = |filter: Filter| select(["Id"]).from("Account").filter(filter).build().unwrap_err();
    insta::assert_snapshot!(
        of(field("Industry").one_of([] as [&str; 0])),
        @"`Industry` is compared with an empty list: leave the condition out if the list does not matter, send nothing if no row can match"
    );
    insta::assert_snapshot!(of(all([])), @"a condition is put together from no conditions: leave it out");
    insta::assert_snapshot!(
        of(field("Name = 'x' OR Id").eq("y")),
        @"`Name = 'x' OR Id` is not a name: a name starts with a letter and holds letters, digits and underscores"
    );
    insta::assert_snapshot!(
        select(["Id", "From"]).from("Account").build().unwrap_err(),
        @"the tree prints as `SELECT Id, From FROM Account`, which does not parse"
    );
    insta::assert_snapshot!(
        select([] as [&str; 0]).from("Account").build().unwrap_err(),
        @"the tree prints as `SELECT  FROM Account`, which does not parse"
    );
}

#[test]
fn trees_that_print_no_statement_are_found() {
    let base = || sf_soql::parse("SELECT Id FROM Account WHERE Name = 'x'").unwrap();
    let one = || base().filter.unwrap();
    let with = |filter: Condition| Query { filter: Some(filter), ..base() };
    let left = || Expr::Field("Id".parse().unwrap());
    let in_set =
        |set: InSet| Condition::In { left: left(), negated: false, set, span: Span::default() };
    let aliased = |alias: &str| {
        let mut query = base();
        query.from.alias = Some(alias.parse().unwrap());
        query
    };
    let compare = |op: CompareOp, value: Value| {
        with(Condition::Compare { left: left(), op, value: value.into(), span: Span::default() })
    };
    let unparsable = [
        with(Condition::And(vec![])),
        with(Condition::Or(vec![])),
        with(in_set(InSet::List(vec![]))),
        with(Condition::Includes {
            left: "Id".parse().unwrap(),
            negated: false,
            values: vec![],
            span: Span::default(),
        }),
        aliased("Where"),
        aliased("ALL"),
        Query { select: vec![], ..base() },
        Query { having: Some(one()), ..base() },
        compare(CompareOp::Like, Value::Boolean(true)),
    ];
    for query in unparsable {
        let error = query.check().unwrap_err();
        assert!(matches!(error, InvalidTree::Unparsable { .. }), "{error}");
        assert!(std::error::Error::source(&error).is_some(), "{error}");
    }
    let ambiguous = [
        with(Condition::And(vec![one()])),
        with(Condition::Or(vec![one()])),
        compare(CompareOp::Like, Value::String("x".into())),
        compare(CompareOp::Eq, Value::Pattern("x".into())),
    ];
    for query in ambiguous {
        let error = query.check().unwrap_err();
        assert!(matches!(error, InvalidTree::Ambiguous { .. }), "{error}");
    }
    assert_eq!(base().to_soql(), Ok(base().to_string()));
}

#[test]
fn searches_that_print_no_statement_are_found() {
    let base = || sf_soql::parse_search("FIND {a} RETURNING Account(Id)").unwrap();
    let find = |expression: Expression| Search::new(expression).check();
    assert!(find(Expression::And(vec![])).is_err());
    assert!(find(Expression::Words(vec![Term::word("a").unwrap().into()])).is_err());
    let mut twice = base();
    twice.with = vec![SearchWith::Highlight { span: Span::default() }; 2];
    assert!(twice.check().is_err());
    let mut bare = base();
    bare.returning[0].fields.clear();
    assert!(bare.check().is_ok());
    bare.returning[0].limit = Some(5.into());
    assert!(bare.check().is_err());
}
