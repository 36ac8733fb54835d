//! What a row filter says of values before they are written, as far as they tell.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use sf_soql::ast::{CompareOp, Condition, Expr, InSet, Literal, Value};

use crate::Values;

/// Whether a record of these values fulfils the condition; none if the values do not tell, because
/// a field is missing that the platform, a default or an automation may fill, or because the
/// comparison is one that only the platform makes.
pub(crate) fn verdict(condition: &Condition, values: &Values) -> Option<bool> {
    match condition {
        Condition::And(terms) => all(terms.iter().map(|term| verdict(term, values)), false),
        Condition::Or(terms) => all(terms.iter().map(|term| verdict(term, values)), true),
        Condition::Not(inner) => verdict(inner, values).map(|fulfilled| !fulfilled),
        Condition::Compare { left, op, value, .. } => compare(given(left, values)?, *op, value),
        Condition::In { left, negated, set: InSet::List(list), .. } => {
            let value = given(left, values)?;
            let found = all(list.iter().map(|one| compare(value, CompareOp::Eq, one)), true);
            found.map(|found| found != *negated)
        }
        Condition::In { .. } | Condition::Includes { .. } => None,
    }
}

/// `decisive` if any is, its opposite if all are; none if it is open.
fn all(verdicts: impl Iterator<Item = Option<bool>>, decisive: bool) -> Option<bool> {
    let mut open = false;
    for verdict in verdicts {
        match verdict {
            Some(one) if one == decisive => return Some(decisive),
            Some(_) => {}
            None => open = true,
        }
    }
    (!open).then_some(!decisive)
}

/// The value of a field of the record itself.
fn given<'a>(left: &Expr, values: &'a Values) -> Option<&'a Json> {
    let name = left.as_field()?.single()?;
    values.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn compare(value: &Json, op: CompareOp, with: &Literal) -> Option<bool> {
    let equal = |same: Option<bool>| match op {
        CompareOp::Eq => same,
        CompareOp::Ne => same.map(|same| !same),
        _ => None,
    };
    // The platform stores an empty text as no value.
    let empty = value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty());
    // Whether it is cut like blanks is not known of a control character at the end of a text.
    if value
        .as_str()
        .map(str::trim)
        .is_some_and(|text| text.starts_with(char::is_control) || text.ends_with(char::is_control))
    {
        return None;
    }
    match &with.value {
        Value::Null => equal(Some(empty)),
        _ if empty => equal(Some(false)),
        Value::Boolean(with) => equal(value.as_bool().map(|value| value == *with)),
        Value::String(with) => equal(value.as_str().and_then(|value| same_text(value, with))),
        Value::Number(with) => {
            let (value, with) = (value.as_f64()?, with.as_str().parse::<f64>().ok()?);
            // The platform rounds to the digits of the field.
            let far = (value - with).abs() > 1.0;
            match op {
                CompareOp::Eq | CompareOp::Ne if value.to_bits() == with.to_bits() => {
                    equal(Some(true))
                }
                CompareOp::Eq | CompareOp::Ne => equal(far.then_some(false)),
                CompareOp::Lt | CompareOp::Le if far => Some(value < with),
                CompareOp::Gt | CompareOp::Ge if far => Some(value > with),
                _ => None,
            }
        }
        Value::Date(with) => {
            let value = sf_soql::ast::Date::new(value.as_str()?).ok()?;
            let (value, with) = (value.as_str(), with.as_str());
            Some(match op {
                CompareOp::Eq => value == with,
                CompareOp::Ne => value != with,
                CompareOp::Lt => value < with,
                CompareOp::Le => value <= with,
                CompareOp::Gt => value > with,
                CompareOp::Ge => value >= with,
                CompareOp::Like => return None,
            })
        }
        _ => None,
    }
}

/// Texts compare without regard to case but for some fields, and ids by their first 15 characters.
fn same_text(value: &str, with: &str) -> Option<bool> {
    let (value, with) = (value.trim(), with.trim());
    if value == with {
        return Some(true);
    }
    if let (Ok(value), Ok(with)) = (sf_rest::Id::parse(value), sf_rest::Id::parse(with)) {
        return Some(value == with);
    }
    if value.to_lowercase() == with.to_lowercase() { None } else { Some(false) }
}

/// The parts of a condition that all have to hold.
pub(crate) fn terms(condition: &Condition) -> &[Condition] {
    match condition {
        Condition::And(terms) => terms,
        one => std::slice::from_ref(one),
    }
}

/// The first names of the paths of a condition, without those of sub-selects.
pub(crate) fn first_names(condition: &Condition, names: &mut BTreeSet<String>) {
    fn of(expr: &Expr, names: &mut BTreeSet<String>) {
        match expr {
            Expr::Field(path) => {
                names.insert(path.first().to_ascii_lowercase());
            }
            Expr::Call(call) => {
                if let Some(path) = call.field() {
                    names.insert(path.first().to_ascii_lowercase());
                }
            }
        }
    }
    match condition {
        Condition::And(terms) | Condition::Or(terms) => {
            terms.iter().for_each(|term| first_names(term, names));
        }
        Condition::Not(inner) => first_names(inner, names),
        Condition::Compare { left, .. } | Condition::In { left, .. } => of(left, names),
        Condition::Includes { left, .. } => {
            names.insert(left.first().to_ascii_lowercase());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn says_yes_only_where_it_is_sure() {
        let cases = [
            ("Region__c = 'EU'", json!({ "Region__c": "EU" }), Some(true)),
            ("Region__c = 'EU'", json!({ "region__C": " EU " }), Some(true)),
            ("Region__c = 'EU'", json!({ "Region__c": "eu" }), None),
            ("Region__c = 'EU'", json!({ "Region__c": "US" }), Some(false)),
            ("Region__c = 'EU'", json!({}), None),
            ("Region__c != 'EU'", json!({ "Region__c": "US" }), Some(true)),
            ("Region__c != 'EU'", json!({ "Region__c": null }), Some(true)),
            ("Region__c != 'EU'", json!({ "Region__c": "EU\u{1}" }), None),
            ("Region__c != null", json!({ "Region__c": "\u{1}" }), None),
            ("Region__c != null", json!({ "Region__c": "x" }), Some(true)),
            ("Region__c = null", json!({ "Region__c": "" }), Some(true)),
            ("Region__c IN ('EU', 'US')", json!({ "Region__c": "US" }), Some(true)),
            ("Region__c NOT IN ('EU', 'US')", json!({ "Region__c": "US" }), Some(false)),
            ("Region__c NOT IN ('EU')", json!({ "Region__c": "AP" }), Some(true)),
            ("A = 'x' AND B = 'y'", json!({ "A": "z" }), Some(false)),
            ("A = 'x' AND B = 'y'", json!({ "A": "x" }), None),
            ("A = 'x' OR B = 'y'", json!({ "A": "x" }), Some(true)),
            ("NOT (A = 'x')", json!({ "A": "x" }), Some(false)),
            ("Amount > 100", json!({ "Amount": 200 }), Some(true)),
            ("Amount > 100", json!({ "Amount": 100.004 }), None),
            ("Amount < 100", json!({ "Amount": "5" }), None),
            ("Paid = TRUE", json!({ "Paid": true }), Some(true)),
            ("Day < 2026-02-01", json!({ "Day": "2026-01-31" }), Some(true)),
            ("Day < TODAY", json!({ "Day": "2026-01-31" }), None),
            ("Name LIKE 'A%'", json!({ "Name": "Abc" }), None),
            ("Account.Type = 'x'", json!({ "Account.Type": "x" }), None),
            ("OwnerId = '005000000000001AAA'", json!({ "OwnerId": "005000000000001" }), Some(true)),
            (
                "OwnerId = '005000000000001AAA'",
                json!({ "OwnerId": "005000000000002AAA" }),
                Some(false),
            ),
        ];
        for (condition, values, expected) in cases {
            let query = sf_soql::parse(&format!("SELECT Id FROM X WHERE {condition}")).unwrap();
            let values: Values = serde_json::from_value(values).unwrap();
            let found = verdict(query.filter.as_ref().unwrap(), &values);
            assert_eq!(found, expected, "{condition} {values:?}");
        }
    }
}
