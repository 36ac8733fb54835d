//! Trees built by hand: what cannot be put into one, and what it prints as.

use sf_soql::ast::*;
use sf_soql::parse;

fn compare(field: &str, value: Value) -> Condition {
    Condition::Compare {
        left: Expr::Field(field.parse().unwrap()),
        op: CompareOp::Eq,
        value: value.into(),
        span: Span::default(),
    }
}

#[test]
fn a_statement_can_be_built() {
    let path = |text: &str| text.parse::<Path>().unwrap();
    let mut query = Query::new(
        vec![
            SelectItem::field(path("LeadSource")),
            SelectItem::Call {
                call: Call::of_field(Function::Count, path("Id")),
                alias: Some("n".parse().unwrap()),
            },
        ],
        Source::new(path("Lead")),
    );
    query.filter = Some(
        compare("Name", Value::String("O'Brien".into()))
            .and(compare("IsConverted", Value::Boolean(false))),
    );
    query.group_by = Some(GroupBy {
        kind: GroupKind::Plain,
        items: vec![Expr::Field(path("LeadSource"))],
        span: Span::default(),
    });
    query.limit = Some(10.into());
    let expected = r"SELECT LeadSource, COUNT(Id) n FROM Lead WHERE Name = 'O\'Brien' AND IsConverted = FALSE GROUP BY LeadSource LIMIT 10";
    assert_eq!(query.to_string(), expected);
    assert_eq!(parse(expected), Ok(query));
}

#[test]
fn adding_a_condition_never_loosens_the_first() {
    let asked =
        parse("SELECT Id FROM Account WHERE Name = 'a' OR Name = 'b'").unwrap().filter.unwrap();
    let both = asked.and(compare("OwnerId", Value::Null));
    assert_eq!(both.to_string(), "(Name = 'a' OR Name = 'b') AND OwnerId = NULL");
    let negated = parse("SELECT Id FROM Account WHERE NOT Name = 'a'").unwrap().filter.unwrap();
    assert_eq!(
        negated.and(compare("OwnerId", Value::Null)).to_string(),
        "(NOT Name = 'a') AND OwnerId = NULL"
    );
}

#[test]
fn names_and_literals_are_checked() {
    assert!(Ident::new("Account").is_ok());
    assert!(Ident::new("Account Owner").is_err());
    assert!(Ident::new("Account.Owner").is_err());
    assert!(Path::new("Account.Owner").is_ok());
    assert!(Path::new("Name FROM User").is_err());
    assert!(Number::new("5 OR 1").is_err());
    assert!(Currency::new("USD", "-5").is_err());
    assert!(Currency::new("US", "D5").is_err());
    assert!(Time::new("23:59:60Z").is_err());
}

#[test]
fn a_path_is_read_by_its_parts() {
    let path = Path::new("Account.Owner.Name").unwrap();
    assert_eq!(
        (path.first(), path.last(), path.parent()),
        ("Account", "Name", Some("Account.Owner"))
    );
    assert_eq!(path.segments().collect::<Vec<_>>(), ["Account", "Owner", "Name"]);
    assert_eq!(path.without_first().unwrap().as_str(), "Owner.Name");
    assert_eq!((path.len(), path.single()), (3, None));
    let name = Path::new("Name").unwrap();
    assert_eq!(
        (name.first(), name.last(), name.parent(), name.single()),
        ("Name", "Name", None, Some("Name"))
    );
    assert!(name.is("NAME") && name.without_first().is_none());
}

#[test]
fn the_first_name_of_a_path_may_be_a_source() {
    let query = parse("SELECT c.Name, a.Name FROM Contact c, c.Account a").unwrap();
    let name = |first: &str| query.source(first).map(|source| source.name.as_str());
    assert_eq!(name("C"), Some("Contact"));
    assert_eq!(name("contact"), Some("Contact"));
    assert_eq!(name("a"), Some("c.Account"));
    assert_eq!(name("Account"), None);
}

#[test]
fn kinds_of_statements_are_told_apart() {
    let is = |statement: &str| {
        let query = parse(statement).unwrap();
        (query.is_count(), query.is_aggregate())
    };
    assert_eq!(is("SELECT COUNT() FROM Account"), (true, false));
    assert_eq!(is("SELECT COUNT(Id) FROM Account"), (false, true));
    assert_eq!(is("SELECT FORMAT(MIN(CloseDate)) FROM Opportunity"), (false, true));
    assert_eq!(is("SELECT Name FROM Account GROUP BY Name"), (false, true));
    assert_eq!(is("SELECT Name, FORMAT(Amount) FROM Opportunity"), (false, false));
}

#[test]
fn every_date_literal_is_found_by_its_name() {
    assert_eq!(DateLiteral::new("last_n_days", Some(5)), Some(DateLiteral::LastNDays(5)));
    assert_eq!(DateLiteral::new("LAST_N_DAYS", None), None);
    assert_eq!(DateLiteral::new("TODAY", Some(1)), None);
    assert_eq!(
        DateLiteral::new("N_FISCAL_YEARS_AGO", Some(2)),
        Some(DateLiteral::NAgo(Period::FiscalYear, 2))
    );
    assert_eq!(DateLiteral::takes_number("This_Quarter"), Some(false));
    assert_eq!(DateLiteral::takes_number("NEXT_N_WEEKS"), Some(true));
    assert_eq!(DateLiteral::takes_number("THIS_DECADE"), None);
}
