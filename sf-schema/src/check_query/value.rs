//! One literal against one field: its type, its form, and whether a picklist has it.

use sf_rest::Id;
use sf_soql::ast::{Literal, Value};
use sf_soql::escape;

use super::functions::told;
use super::{Check, Column};
use crate::suggest::{Candidate, Item, rank};
use crate::{FieldType, PicklistValue, QueryProblem, QueryProblemKind as Kind};

/// Characters of a text in a condition (SOQL and SOSL Reference, "SOQL Limits").
const MOST_CHARACTERS: usize = 4000;

/// Years that the platform has (SOQL and SOSL Reference, "Date Formats").
const YEARS: std::ops::RangeInclusive<u16> = 1700..=4000;

/// What a literal of a field's type looks like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Id,
    Boolean,
    Number,
    Date,
    Datetime,
    Time,
    /// A type that this crate does not know; nothing is said of its literals.
    Any,
}

fn form(ty: &FieldType) -> Form {
    match ty {
        FieldType::Id | FieldType::Reference => Form::Id,
        FieldType::Boolean => Form::Boolean,
        FieldType::Date => Form::Date,
        FieldType::Datetime => Form::Datetime,
        FieldType::Time => Form::Time,
        ty if ty.is_number() => Form::Number,
        ty if ty.is_text() || ty.is_picklist() => Form::Text,
        _ => Form::Any,
    }
}

pub(super) fn is_text(ty: &FieldType) -> bool {
    matches!(form(ty), Form::Text | Form::Any)
}

/// The type of a literal.
pub(super) fn check(check: &mut Check<'_>, column: &Column, literal: &Literal) {
    if let Value::String(text) | Value::Pattern(text) = &literal.value {
        let length = text.chars().count();
        if length > MOST_CHARACTERS {
            let message = format!(
                "This text has {length} characters; at most {MOST_CHARACTERS} can be compared."
            );
            check.error(Kind::TooMuch, &column.name, literal.span, message);
        }
    }
    let fits = match (&literal.value, form(&column.ty)) {
        (Value::Bind(_), _) => return,
        (Value::Currency(_), _) => return currency(check, column, literal),
        (Value::Null, _) | (_, Form::Any) => true,
        (Value::String(text), Form::Id) if !text.is_empty() => {
            return id(check, column, literal, text);
        }
        (Value::String(_) | Value::Pattern(_), Form::Text) | (Value::String(_), Form::Id) => true,
        (Value::Boolean(_), Form::Boolean) | (Value::Number(_), Form::Number) => true,
        (Value::Time(_), Form::Time) => true,
        (Value::DateLiteral(_), Form::Date | Form::Datetime) => true,
        (Value::Date(date), Form::Date) => return year(check, column, literal, date.as_str()),
        (Value::DateTime(time), Form::Datetime) => {
            return year(check, column, literal, time.as_str());
        }
        _ => false,
    };
    if !fits {
        check.problems.push(wrong(column, literal));
    }
}

fn year(check: &mut Check<'_>, column: &Column, literal: &Literal, text: &str) {
    let year: Option<u16> = text.get(..4).and_then(|year| year.parse().ok());
    if !year.is_some_and(|year| YEARS.contains(&year)) {
        let message = format!("Salesforce has the years {} to {}.", YEARS.start(), YEARS.end());
        check.error(Kind::WrongType, &column.name, literal.span, message);
    }
}

/// Amounts with a code are for orgs with several currencies, whose objects have
/// the field `CurrencyIsoCode`; the platform refuses them on other fields.
fn currency(check: &mut Check<'_>, column: &Column, literal: &Literal) {
    if column.ty != FieldType::Currency {
        check.problems.push(wrong(column, literal));
        return;
    }
    let message = "An amount with a currency code needs an org with several currencies; write the number alone.";
    let Value::Currency(amount) = &literal.value else { return };
    let problem = QueryProblem::new(Kind::WrongType, &*column.name, literal.span, message);
    check.problems.push(problem.replace_by(amount.amount().as_str()));
}

fn wrong(column: &Column, literal: &Literal) -> QueryProblem {
    let text = match &literal.value {
        Value::String(text) | Value::Pattern(text) => Some(text.trim()),
        _ => None,
    };
    let plain = literal.to_string();
    let (want, replacement) = match form(&column.ty) {
        Form::Text | Form::Id => ("text in single quotes".to_owned(), Some(quoted(&plain))),
        Form::Boolean => {
            let word = text.filter(|t| t.eq_ignore_ascii_case("true") || t.eq_ignore_ascii_case("false"));
            ("TRUE or FALSE, without quotes".to_owned(), word.map(str::to_uppercase))
        }
        Form::Number => (
            "a number, without quotes".to_owned(),
            text.filter(|t| escape::number(t).is_ok()).map(str::to_owned),
        ),
        Form::Date => (
            "a date like 2026-03-31 or a date literal like TODAY, without quotes".to_owned(),
            text.filter(|t| escape::date(t).is_ok()).map(str::to_owned),
        ),
        Form::Datetime => (
            match &literal.value {
                Value::Date(date) => format!("a point in time: write {}T00:00:00Z, or with your offset from UTC", date.as_str()),
                _ => "a point in time like 2026-03-31T14:00:00Z or a date literal like TODAY, without quotes".to_owned(),
            },
            text.filter(|t| escape::date_time(t).is_ok()).map(str::to_owned),
        ),
        Form::Time => ("a time like 14:00:00.000Z, without quotes".to_owned(), None),
        Form::Any => ("another value".to_owned(), None),
    };
    let message =
        format!("{} is compared with {}; it takes {want}.", told(column), shortened(&plain));
    let problem = QueryProblem::new(Kind::WrongType, &*column.name, literal.span, message);
    match replacement {
        Some(text) => problem.replace_by(text),
        None => problem,
    }
}

fn id(check: &mut Check<'_>, column: &Column, literal: &Literal, text: &str) {
    let id = match Id::parse(text) {
        Ok(id) => id,
        Err(error) => {
            let message = format!("{} takes an id: {error}.", column.name);
            check.error(Kind::WrongId, &column.name, literal.span, message);
            return;
        }
    };
    // The empty id that some tools write stands for no record.
    let Some(field) = column.field.as_ref().filter(|_| id.key_prefix() != "000") else { return };
    let prefixes: Option<Vec<&str>> = field
        .reference_to
        .iter()
        .map(|target| check.known.object(target)?.key_prefix.as_deref())
        .collect();
    let Some(prefixes) = prefixes.filter(|p| !p.is_empty()) else { return };
    if !prefixes.contains(&id.key_prefix()) {
        let message = format!(
            "{text} is not the id of a record of {}, whose ids start with {}; nothing will be found.",
            field.reference_to.join(" or "),
            prefixes.join(" or ")
        );
        let problem = QueryProblem::new(Kind::WrongId, &*column.name, literal.span, message);
        check.problems.push(problem.warning());
    }
}

/// Whether a picklist has the value. The platform compares any text, and finds
/// nothing.
pub(super) fn listed(check: &mut Check<'_>, column: &Column, literal: &Literal) {
    let Some(field) = column.field.as_ref().filter(|f| f.ty.is_picklist()) else { return };
    let (Value::String(text), false) = (&literal.value, field.picklist.is_empty()) else { return };
    let several = field.ty == FieldType::Multipicklist;
    let parts: Vec<&str> = if several { text.split(';').collect() } else { vec![text] };
    for part in parts.into_iter().map(str::trim).filter(|part| !part.is_empty()) {
        // Records may hold values that can be chosen no longer; case is ignored.
        let has = |v: &PicklistValue| v.value.to_lowercase() == part.to_lowercase();
        if field.picklist.iter().any(has) {
            continue;
        }
        let items = field
            .picklist
            .iter()
            .map(|v| Item { labels: [&v.label, &v.value], ..Item::new(&v.value) });
        let mut candidates = rank(part, items);
        let message = format!("{} has no value {}.", field.name, shortened(&quoted(part)));
        if candidates.is_empty() {
            let first =
                field.active_values().take(5).map(|v| Candidate::new(v, crate::Reason::Part));
            let values: Vec<Candidate> = first.collect();
            let shown: Vec<&str> = values.iter().map(|c| c.name.as_str()).collect();
            let more = field.active_values().count().saturating_sub(shown.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let message = format!("{message} It has {}{more}.", shown.join(", "));
            let problem = QueryProblem::new(Kind::UnknownValue, part, literal.span, message);
            check.problems.push(problem.warning());
            continue;
        }
        let mut problem = QueryProblem::new(Kind::UnknownValue, part, literal.span, message);
        let whole = (!several || part == text).then(|| candidates.first().map(|c| quoted(&c.name)));
        candidates.truncate(3);
        problem = problem.meant(candidates).warning();
        problem.replacement = whole.flatten();
        check.problems.push(problem);
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", escape::string(text))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
