//! The query that tells whether a write whose answer was lost has happened.

use serde_json::json;
use sf_rest::Id;
use sf_schema::{Field, FieldType, Object};
use sf_soql::ast::{
    CompareOp, Condition, Count, Direction, Expr, InSet, Literal, OrderBy, Path, Query, SelectItem,
    Source, Span, Value,
};

use super::query;
use crate::SuggestedCall;
use crate::org::Values;

/// Fields by which one record is recognised.
const FEW: usize = 3;

/// Fields that a check selects besides the id.
const SHOWN: usize = 8;

/// Bytes that the values of a list may take in a URL, of the 16,384 that the platform allows
/// (REST API Developer Guide, Status Codes).
const URL_BYTES: usize = 13_000;

/// A query that tells whether a write has happened.
pub(crate) struct Check {
    /// The call.
    pub(crate) call: SuggestedCall,
    /// How many of the records it looks for: the first ones, if not all fit into one statement.
    pub(crate) covers: usize,
}

impl Check {
    /// The statement.
    pub(crate) fn soql(&self) -> Option<&str> {
        self.call.arguments.get("soql").and_then(serde_json::Value::as_str)
    }
}

/// Looks for records with the values that were to be created, newest first.
pub(crate) fn created(object: &Object, records: &[&Values]) -> Check {
    let mut telling: Vec<(u8, &Field)> = object
        .fields
        .iter()
        .filter(|f| f.filterable && records.iter().all(|r| text(r, f).is_some()))
        .filter_map(|f| Some((rank(f)?, f)))
        .collect();
    telling.sort_by_key(|(rank, _)| *rank);
    let few = if records.len() == 1 { FEW } else { 1 };
    let fields: Vec<&Field> = telling.iter().take(few).map(|(_, f)| *f).collect();
    let mut covers = records.len();
    let filter = fields
        .iter()
        .filter_map(|f| {
            let values: Vec<&str> = records.iter().filter_map(|r| text(r, f)).collect();
            covers = covers.min(fitting(&values));
            one_of(&f.name, &values[..fitting(&values)])
        })
        .reduce(Condition::and);
    let call = call(object, fields.iter().map(|f| f.name.as_str()), filter, "CreatedDate");
    Check { call, covers }
}

/// Reads records by id, with the fields that were to be changed.
pub(crate) fn by_ids<'a>(
    object: &Object,
    ids: &[Id],
    changed: impl IntoIterator<Item = &'a str>,
) -> Check {
    let mut fields: Vec<&str> = Vec::new();
    for name in changed {
        // The object's own spelling; a parent named by its external id has no field here.
        if let Some(field) = object.field(name)
            && !fields.contains(&field.name.as_str())
        {
            fields.push(&field.name);
        }
    }
    let ids: Vec<&str> = ids.iter().map(Id::as_str).collect();
    let covers = fitting(&ids);
    Check { call: call(object, fields, one_of("Id", &ids[..covers]), "LastModifiedDate"), covers }
}

/// Reads records by the external id they were to be upserted by.
pub(crate) fn by_key(object: &Object, key: &Field, values: &[String]) -> Check {
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let covers = fitting(&values);
    let values = &values[..covers];
    let filter =
        if key.ty.is_number() { numbers(&key.name, values) } else { one_of(&key.name, values) };
    Check { call: call(object, [key.name.as_str()], filter, "LastModifiedDate"), covers }
}

fn call<'a>(
    object: &'a Object,
    fields: impl IntoIterator<Item = &'a str>,
    filter: Option<Condition>,
    date: &str,
) -> SuggestedCall {
    let date = object.field(date).map(|f| f.name.as_str());
    let mut select: Vec<SelectItem> = Vec::new();
    for name in ["Id"].into_iter().chain(fields.into_iter().take(SHOWN)).chain(date) {
        select.extend(Path::new(name).ok().map(SelectItem::field));
    }
    let Ok(name) = Path::new(&object.name) else {
        return SuggestedCall::new(query::NAME, json!({}));
    };
    let mut statement = Query::new(select, Source::new(name));
    statement.filter = filter;
    if let Some(date) = date.and_then(|d| Path::new(d).ok()) {
        statement.order_by = vec![OrderBy {
            expr: Expr::Field(date),
            direction: Direction::Descending,
            nulls: None,
            span: Span::default(),
        }];
    }
    statement.limit = Some(Count::from(200));
    SuggestedCall::new(query::NAME, json!({ "soql": statement.to_string() }))
}

/// How many of the values fit into one statement: each with its quotes and comma, and every
/// character that is not plain ASCII in its URL-encoded form.
fn fitting(values: &[&str]) -> usize {
    let mut left = URL_BYTES;
    let fits = |value: &&&str| {
        let plain = value.bytes().filter(u8::is_ascii_alphanumeric).count();
        let cost = plain + 3 * (value.len() - plain) + 12;
        let fits = cost <= left;
        left = left.saturating_sub(cost);
        fits
    };
    values.iter().take_while(fits).count()
}

/// How well a field tells records apart: smaller is better; none if it does not.
fn rank(field: &Field) -> Option<u8> {
    match &field.ty {
        _ if field.unique || field.external_id => Some(0),
        FieldType::Email => Some(1),
        _ if field.name_field || (field.required_on_create() && field.ty.is_text()) => Some(2),
        FieldType::Phone => Some(3),
        FieldType::String => Some(4),
        FieldType::Reference => Some(5),
        FieldType::Picklist => Some(6),
        _ => None,
    }
}

/// The value of a field in a record, if it is a text that a filter can hold.
fn text<'a>(record: &'a Values, field: &Field) -> Option<&'a str> {
    let (_, value) = record.iter().find(|(name, _)| name.eq_ignore_ascii_case(&field.name))?;
    // The platform cuts blanks at both ends before it stores a text.
    value.as_str().map(str::trim).filter(|text| !text.is_empty() && text.len() <= 255)
}

fn one_of(field: &str, values: &[&str]) -> Option<Condition> {
    let literals = values.iter().map(|v| Literal::from(Value::String((*v).to_owned())));
    in_list(field, literals.collect())
}

fn numbers(field: &str, values: &[&str]) -> Option<Condition> {
    let literals = values
        .iter()
        .filter_map(|v| sf_soql::ast::Number::new(v).ok())
        .map(|n| Literal::from(Value::Number(n)));
    in_list(field, literals.collect())
}

fn in_list(field: &str, mut literals: Vec<Literal>) -> Option<Condition> {
    let left = Expr::Field(Path::new(field).ok()?);
    let span = Span::default();
    match literals.len() {
        0 => None,
        1 => Some(Condition::Compare { left, op: CompareOp::Eq, value: literals.remove(0), span }),
        _ => Some(Condition::In { left, negated: false, set: InSet::List(literals), span }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact() -> Object {
        let field = |name: &str, ty: &str| json!({ "name": name, "type": ty, "createable": true, "filterable": true, "nillable": name != "LastName" });
        let raw = json!({ "name": "Contact", "fields": [
            field("LastName", "string"), field("Email", "email"), field("Title", "string"),
            field("AccountId", "reference"), field("CreatedDate", "datetime"),
        ]});
        Object::from_describe(&raw).unwrap()
    }

    fn looked_for(value: serde_json::Value) -> Check {
        let records: Vec<Values> = serde_json::from_value(value).unwrap();
        created(&contact(), &records.iter().collect::<Vec<_>>())
    }

    fn soql(check: &Check) -> &str {
        check.soql().unwrap()
    }

    #[test]
    fn one_record_by_its_most_telling_fields() {
        let values = json!([{ "LastName": "O'Neill", "Email": "o@example.com", "Title": "CEO", "AccountId": "001" }]);
        insta::assert_snapshot!(
            soql(&looked_for(values)),
            @r"SELECT Id, Email, LastName, Title, CreatedDate FROM Contact WHERE Email = 'o@example.com' AND LastName = 'O\'Neill' AND Title = 'CEO' ORDER BY CreatedDate DESC LIMIT 200"
        );
    }

    #[test]
    fn a_statement_too_long_for_a_url_looks_for_the_first() {
        let many: Vec<_> =
            (0..200).map(|n| json!({ "LastName": format!("{n:03}{}", "é".repeat(60)) })).collect();
        let check = looked_for(json!(many));
        assert!((20..200).contains(&check.covers), "{}", check.covers);
        assert_eq!(soql(&check).matches("éé'").count(), check.covers);
        let few = looked_for(json!([{ "LastName": "A" }, { "LastName": "B" }]));
        assert_eq!(few.covers, 2);
    }

    #[test]
    fn many_records_by_a_field_that_all_have() {
        let values = json!([{ "LastName": "A" }, { "LastName": "B", "Email": "b@example.com" }]);
        insta::assert_snapshot!(
            soql(&looked_for(values)),
            @"SELECT Id, LastName, CreatedDate FROM Contact WHERE LastName IN ('A', 'B') ORDER BY CreatedDate DESC LIMIT 200"
        );
    }
}
