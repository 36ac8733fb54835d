//! `ORDER BY` to SQL. Nulls come first in either direction unless NULLS LAST
//! is written; picklists follow their defined order.

use sf_soql::ast::{Direction, Expr, Nulls, OrderBy};

use super::scope::{Column, Params, Scope};
use super::{aggregate, compare, function};
use crate::engine::ApiError;
use crate::engine::schema::FieldType;

/// One sort key and how it is sorted.
pub(super) fn key<'a>(
    scope: &mut Scope<'a>,
    params: &mut Params,
    item: &'a OrderBy,
    sql_for: impl FnOnce(&mut Scope<'a>, &mut Params) -> Result<Column<'a>, ApiError>,
) -> Result<String, ApiError> {
    let column = sql_for(scope, params)?;
    let direction = match item.direction {
        Direction::Ascending => "ASC",
        Direction::Descending => "DESC",
    };
    let nulls = match item.nulls {
        Some(Nulls::Last) => "NULLS LAST",
        _ => "NULLS FIRST",
    };
    let sql = &column.sql;
    let key = format!("{sql} {direction} {nulls}");
    let values =
        column.field.filter(|field| field.ty == FieldType::Picklist).map(|field| &field.values);
    Ok(match values {
        Some(values) if !values.is_empty() => {
            let list = params.bind(compare::rank_list(values));
            format!("sf_rank({list}, {sql}) {direction} {nulls}, {key}")
        }
        _ => key,
    })
}

/// ORDER BY of a query of records: the written keys, then the row number, so
/// that the order is always the same.
pub(super) fn of_records<'a>(
    scope: &mut Scope<'a>,
    params: &mut Params,
    items: &'a [OrderBy],
) -> Result<String, ApiError> {
    let mut keys = Vec::with_capacity(items.len() + 1);
    for item in items {
        keys.push(key(scope, params, item, |scope, _| sortable(scope, item))?);
    }
    keys.push(format!("{}.row", scope.root().alias));
    Ok(keys.join(", "))
}

/// ORDER BY of aggregates: what is grouped by, or an aggregate.
pub(super) fn of_groups<'a>(
    scope: &mut Scope<'a>,
    params: &mut Params,
    items: &'a [OrderBy],
    groups: &aggregate::Groups<'a>,
) -> Result<Vec<String>, ApiError> {
    items
        .iter()
        .map(|item| {
            key(scope, params, item, |scope, params| match &item.expr {
                Expr::Call(call) if call.has_aggregate() => aggregate::call(scope, params, call),
                expr => groups.find(scope, expr)?.ok_or_else(|| {
                    let text = format!(
                        "Ordered field must be grouped or aggregated: {}",
                        aggregate::shown(expr)
                    );
                    scope.cx.statement.malformed(item.span, &text)
                }),
            })
        })
        .collect()
}

fn sortable<'a>(scope: &mut Scope<'a>, item: &'a OrderBy) -> Result<Column<'a>, ApiError> {
    match &item.expr {
        Expr::Field(path) => {
            let column = scope.column(path)?;
            if column.field.is_some_and(|field| !field.sortable) {
                let text = format!("field '{}' can not be sorted in a query call", column.name);
                return Err(scope.cx.statement.malformed(path.span(), &text));
            }
            Ok(column)
        }
        Expr::Call(call) if call.has_aggregate() => {
            let text = format!(
                "Ordered field must be grouped or aggregated: {}",
                aggregate::shown(&item.expr)
            );
            Err(scope.cx.statement.malformed(item.span, &text))
        }
        Expr::Call(call) => function::scalar(scope, call),
    }
}
