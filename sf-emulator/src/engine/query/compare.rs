//! A column against a literal, with the platform's rules of types.

use rusqlite::types::Value as Sql;
use sf_soql::ast::{CompareOp, Literal, Span, Value};

use super::error::Statement;
use super::filter::balanced;
use super::scope::{Column, Context, Params};
use super::{dates, rules};
use crate::engine::schema::{FieldType, Storage};
use crate::engine::storage::{LIST_SEPARATOR, fold};
use crate::engine::{ApiError, id, scalar};

/// SQL that is 0 or 1, never null.
pub(super) fn compare(
    cx: Context<'_>,
    params: &mut Params,
    column: &Column<'_>,
    span: Span,
    op: CompareOp,
    literal: &Literal,
) -> Result<String, ApiError> {
    check_operator(cx.statement, column, span, op)?;
    rules::check_string(cx, literal)?;
    let value = match &literal.value {
        Value::Bind(path) => {
            return Err(cx
                .statement
                .malformed(path.span(), "Bind variables only allowed in Apex code"));
        }
        Value::Currency(_) => {
            return Err(cx.statement.malformed(
                literal.span,
                "Currency literals need an org with multiple currencies",
            ));
        }
        Value::DateLiteral(range) => {
            let (start, end) = dates::range(*range, cx.caller.now);
            let (start, end) = match column.ty.storage() {
                Storage::Date => {
                    (Sql::Text(scalar::date_text(start)), Sql::Text(scalar::date_text(end)))
                }
                Storage::DateTime => {
                    (Sql::Integer(dates::millis(start)), Sql::Integer(dates::millis(end)))
                }
                _ => return Err(wrong_type(cx.statement, span, column, &literal.value)),
            };
            return Ok(in_range(params, &column.sql, op, start, end));
        }
        value => to_sql(cx.statement, column, span, value)?,
    };
    Ok(with_value(params, column, op, value))
}

/// `IN (…)`: plain values as one list, which SQLite looks up; the rest each by
/// itself.
pub(super) fn equals_any(
    cx: Context<'_>,
    params: &mut Params,
    column: &Column<'_>,
    span: Span,
    literals: &[Literal],
) -> Result<String, ApiError> {
    check_operator(cx.statement, column, span, CompareOp::Eq)?;
    let mut listed = Vec::new();
    let mut parts = Vec::new();
    for literal in literals {
        rules::check_string(cx, literal)?;
        let plain = matches!(
            literal.value,
            Value::String(_)
                | Value::Number(_)
                | Value::Date(_)
                | Value::DateTime(_)
                | Value::Time(_)
        );
        if !plain || column.ty == FieldType::Boolean {
            parts.push(compare(cx, params, column, span, CompareOp::Eq, literal)?);
            continue;
        }
        match to_sql(cx.statement, column, span, &literal.value)? {
            Sql::Null => parts.push(with_value(params, column, CompareOp::Eq, Sql::Null)),
            value => listed.push(params.bind(value)),
        }
    }
    if !listed.is_empty() {
        let sql = &column.sql;
        parts.push(format!("({sql} IS NOT NULL AND {sql} IN ({}))", listed.join(", ")));
    }
    Ok(balanced(&parts, " OR "))
}

fn check_operator(
    statement: Statement<'_>,
    column: &Column<'_>,
    span: Span,
    op: CompareOp,
) -> Result<(), ApiError> {
    let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
    let refused = match column.ty {
        FieldType::Boolean => !equality,
        FieldType::MultiPicklist => !equality,
        FieldType::Id | FieldType::Reference => op == CompareOp::Like,
        ty => op == CompareOp::Like && !ty.is_text(),
    };
    if !refused {
        return Ok(());
    }
    let text = match column.ty {
        FieldType::Id | FieldType::Reference => "invalid operator on id field".to_owned(),
        ty => format!("invalid operator on {} field", ty.name()),
    };
    Err(statement.error("INVALID_OPERATOR", span, &text))
}

fn with_value(params: &mut Params, column: &Column<'_>, op: CompareOp, value: Sql) -> String {
    let sql = &column.sql;
    if column.ty == FieldType::Boolean {
        // A boolean without a value, as of a missing parent, counts as false.
        let wanted = if value == Sql::Null { Sql::Integer(0) } else { value };
        let operator = if op == CompareOp::Ne { "<>" } else { "=" };
        return format!("(COALESCE({sql}, 0) {operator} {})", params.bind(wanted));
    }
    if value == Sql::Null {
        return match op {
            CompareOp::Eq => format!("({sql} IS NULL)"),
            CompareOp::Ne => format!("({sql} IS NOT NULL)"),
            _ => "0".to_owned(),
        };
    }
    let value = params.bind(value);
    match op {
        CompareOp::Ne => format!("({sql} IS NULL OR {sql} <> {value})"),
        CompareOp::Like => format!("COALESCE(sf_like({value}, {sql}), 0)"),
        _ => format!("({sql} IS NOT NULL AND {sql} {} {value})", op.as_str()),
    }
}

fn in_range(params: &mut Params, sql: &str, op: CompareOp, start: Sql, end: Sql) -> String {
    match op {
        CompareOp::Eq => {
            format!(
                "({sql} IS NOT NULL AND {sql} >= {} AND {sql} < {})",
                params.bind(start),
                params.bind(end)
            )
        }
        CompareOp::Ne => {
            format!(
                "({sql} IS NULL OR {sql} < {} OR {sql} >= {})",
                params.bind(start),
                params.bind(end)
            )
        }
        CompareOp::Lt => format!("({sql} IS NOT NULL AND {sql} < {})", params.bind(start)),
        CompareOp::Le => format!("({sql} IS NOT NULL AND {sql} < {})", params.bind(end)),
        CompareOp::Gt => format!("({sql} IS NOT NULL AND {sql} >= {})", params.bind(end)),
        CompareOp::Ge => format!("({sql} IS NOT NULL AND {sql} >= {})", params.bind(start)),
        CompareOp::Like => "0".to_owned(),
    }
}

/// The literal as a value of the column's type.
fn to_sql(
    statement: Statement<'_>,
    column: &Column<'_>,
    span: Span,
    value: &Value,
) -> Result<Sql, ApiError> {
    let wrong = || wrong_type(statement, span, column, value);
    Ok(match (column.ty.storage(), value) {
        (_, Value::Null) => Sql::Null,
        (Storage::Text | Storage::Id, Value::String(text)) if text.is_empty() => Sql::Null,
        (Storage::Text, Value::String(text)) if column.ty == FieldType::MultiPicklist => {
            Sql::Text(in_defined_order(column, text))
        }
        (Storage::Text, Value::String(text) | Value::Pattern(text)) => Sql::Text(text.clone()),
        (Storage::Id, Value::String(text)) => {
            let invalid = || {
                statement.error(
                    "INVALID_QUERY_FILTER_OPERATOR",
                    span,
                    &format!("invalid ID field: {text}"),
                )
            };
            Sql::Text(id::normalise(text).ok_or_else(invalid)?)
        }
        (Storage::Boolean, Value::Boolean(flag)) => Sql::Integer(i64::from(*flag)),
        (Storage::Integer | Storage::Real, Value::Number(number)) => {
            match number.as_str().parse::<i64>() {
                Ok(whole) => Sql::Integer(whole),
                Err(_) => Sql::Real(number.as_str().parse().map_err(|_| wrong())?),
            }
        }
        (Storage::Date, Value::Date(date)) => {
            scalar::date(date.as_str()).ok_or_else(wrong)?;
            Sql::Text(date.as_str().to_owned())
        }
        (Storage::Time, Value::Time(time)) => {
            Sql::Text(scalar::time(time.as_str()).ok_or_else(wrong)?)
        }
        (Storage::DateTime, Value::DateTime(time)) => {
            Sql::Integer(scalar::datetime(time.as_str()).ok_or_else(wrong)?)
        }
        _ => return Err(wrong()),
    })
}

fn in_defined_order(column: &Column<'_>, text: &str) -> String {
    let values = column.field.map_or(&[][..], |field| &field.values);
    let mut choices: Vec<&str> = text.split(';').collect();
    choices.sort_by_key(|choice| {
        values.iter().position(|value| fold(value) == fold(choice)).unwrap_or(values.len())
    });
    choices.join(";")
}

pub(super) fn wrong_type(
    statement: Statement<'_>,
    span: Span,
    column: &Column<'_>,
    value: &Value,
) -> ApiError {
    let ty = match column.ty.storage() {
        Storage::Text => "string",
        Storage::Id => "reference",
        Storage::Boolean => "boolean",
        Storage::Integer => "int",
        Storage::Real => column.ty.name(),
        Storage::Date => "date",
        Storage::DateTime => "dateTime",
        Storage::Time => "time",
        Storage::Blob | Storage::None => column.ty.name(),
    };
    let quotes = match (column.ty.storage(), value) {
        (Storage::Text | Storage::Id, _) => " and should be enclosed in quotes",
        _ => " and should not be enclosed in quotes",
    };
    let text = format!(
        "value of filter criterion for field '{}' must be of type {ty}{quotes}",
        column.name
    );
    statement.invalid_field(span, &text)
}

/// The values of a picklist as one parameter of `sf_rank`.
pub(super) fn rank_list(values: &[String]) -> String {
    values.join(&LIST_SEPARATOR.to_string())
}
