//! A condition by itself: does it hold for a record.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use sf_soql::ast::Query;

use super::error::Statement;
use super::filter::{Clause, lower};
use super::scope::{Context, Params, Scope};
use crate::engine::access::Use;
use crate::engine::schema::{Object, Schema};
use crate::engine::{ApiError, Caller};

/// Whether the text after a `WHERE` holds for the record.
pub(crate) fn holds(
    connection: &Connection,
    schema: &Schema,
    caller: &Caller,
    object: &Object,
    row: i64,
    condition: &str,
) -> Result<bool, ApiError> {
    let (sql, values) = lowered(schema, caller, object, condition)?;
    let row = Value::Integer(row);
    let values = std::iter::once(&row).chain(&values);
    Ok(connection.prepare_cached(&sql)?.exists(params_from_iter(values))?)
}

/// Whether the text is a condition over the object at all.
pub(crate) fn check_condition(
    schema: &Schema,
    caller: &Caller,
    object: &Object,
    condition: &str,
) -> Result<(), ApiError> {
    lowered(schema, caller, object, condition).map(|_| ())
}

/// SQL whose first parameter is the row number, and the values of the others.
fn lowered(
    schema: &Schema,
    caller: &Caller,
    object: &Object,
    condition: &str,
) -> Result<(String, Vec<Value>), ApiError> {
    let soql = format!("SELECT Id FROM {} WHERE {condition}", object.name);
    let statement = Statement(&soql);
    let query: Query = sf_soql::parse(&soql).map_err(|error| statement.unparsable(&error))?;
    let only_a_condition = query.order_by.is_empty()
        && query.limit.is_none()
        && query.offset.is_none()
        && query.group_by.is_none()
        && query.with.is_none();
    let Some(filter) = query.filter.as_ref().filter(|_| only_a_condition) else {
        return Err(statement.malformed(query.span, "a condition alone is expected"));
    };
    // Rules are the org's: they see what who writes does not.
    let (seen, usage) = (None, Use::Probe);
    let cx =
        Context { schema, seen, usage, caller, statement, include_deleted: false, search: None };
    let mut scope = Scope::of_query(cx, object, "a", &query)?;
    let mut params = Params(vec![Value::Null]);
    let sql = lower(&mut scope, &mut params, Clause::Where, filter)?;
    let sql = format!(
        "SELECT 1 FROM {} WHERE {}.row = ?1 AND {sql}",
        scope.tables_sql(),
        scope.root().alias
    );
    params.0.remove(0);
    Ok((sql, params.0))
}
