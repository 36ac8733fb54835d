//! `ORDER BY` to SQL. Nulls come first in either direction unless NULLS LAST
//! is written; picklists follow their defined order.

use sf_soql::ast::{Direction, Expr, Nulls, OrderBy};

use super::groups::Groups;
use super::scope::{Column, Params, Scope};
use super::{aggregate, compare, function};
use crate::engine::ApiError;
use crate::engine::schema::FieldType;

/// More sort keys are refused.
const MOST_KEYS: usize = 32;

/// A sort key: what is sorted by, and direction and place of nulls.
pub(super) struct Key {
    pub(super) sql: String,
    pub(super) rest: String,
}

impl Key {
    pub(super) fn to_sql(&self) -> String {
        format!("{} {}", self.sql, self.rest)
    }
}

/// Keys of one written item: a picklist sorts by its rank, values that are not
/// in the list by themselves.
fn keys<'a>(
    scope: &mut Scope<'a>,
    params: &mut Params,
    item: &'a OrderBy,
    column_of: impl FnOnce(&mut Scope<'a>, &mut Params) -> Result<Column<'a>, ApiError>,
) -> Result<Vec<Key>, ApiError> {
    let column = column_of(scope, params)?;
    let direction = match item.direction {
        Direction::Ascending => "ASC",
        Direction::Descending => "DESC",
    };
    // The platform ignores NULLS LAST on fields of a parent.
    let of_parent = item.expr.as_field().is_some_and(|path| scope.is_of_parent(path));
    let nulls = match item.nulls {
        Some(Nulls::Last) if !of_parent => "NULLS LAST",
        _ => "NULLS FIRST",
    };
    let rest = format!("{direction} {nulls}");
    let mut keys = Vec::with_capacity(2);
    let values =
        column.field.filter(|field| field.ty == FieldType::Picklist).map(|field| &field.values);
    if let Some(values) = values.filter(|values| !values.is_empty()) {
        let list = params.bind(compare::rank_list(values));
        keys.push(Key { sql: format!("sf_rank({list}, {})", column.sql), rest: rest.clone() });
    }
    keys.push(Key { sql: column.sql, rest });
    Ok(keys)
}

fn check_count(scope: &Scope<'_>, items: &[OrderBy]) -> Result<(), ApiError> {
    match items.get(MOST_KEYS) {
        None => Ok(()),
        Some(item) => {
            let text = "ORDER BY can not have more than 32 fields";
            Err(scope.cx.statement.malformed(item.span, text))
        }
    }
}

/// ORDER BY of a query of records: the written keys, then the row number, so
/// that the order is always the same.
pub(super) fn of_records<'a>(
    scope: &mut Scope<'a>,
    params: &mut Params,
    items: &'a [OrderBy],
) -> Result<String, ApiError> {
    check_count(scope, items)?;
    let mut sql = Vec::with_capacity(items.len() + 1);
    for item in items {
        let keys = keys(scope, params, item, |scope, _| sortable(scope, item))?;
        sql.extend(keys.iter().map(Key::to_sql));
    }
    sql.push(format!("{}.row", scope.root().alias));
    Ok(sql.join(", "))
}

/// ORDER BY of aggregates: what is grouped by, or an aggregate.
pub(super) fn of_groups<'a>(
    scope: &mut Scope<'a>,
    params: &mut Params,
    items: &'a [OrderBy],
    groups: &Groups<'a>,
) -> Result<Vec<Key>, ApiError> {
    check_count(scope, items)?;
    let all: Vec<Vec<Key>> = items
        .iter()
        .map(|item| {
            keys(scope, params, item, |scope, params| match &item.expr {
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
        .collect::<Result<_, _>>()?;
    Ok(all.into_iter().flatten().collect())
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
