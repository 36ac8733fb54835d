//! Child subqueries: `(SELECT Id FROM Contacts)`.

use rusqlite::types::Value;
use sf_soql::ast::Query;

use super::clauses;
use super::order;
use super::scope::{Context, Params, Scope};
use super::select::{Builder, Shape};
use crate::engine::ApiError;
use crate::engine::schema::Object;
use crate::engine::storage::tables::quote;

/// Five levels counting the statement (SOQL and SOSL Reference, "Understanding
/// Relationship Query Limitations", since API version 58).
const MAX_DEPTH: usize = 4;

/// How to fetch and render the children of one row.
#[derive(Debug)]
pub(super) struct Plan {
    /// The relationship's name.
    pub(super) key: String,
    /// Parameter 1 is the parent's id.
    pub(super) sql: String,
    /// Values of the parameters after it.
    pub(super) values: Vec<Value>,
    pub(super) shape: Shape,
}

pub(super) fn plan<'a>(
    cx: Context<'a>,
    parent: &'a Object,
    query: &'a Query,
    depth: usize,
) -> Result<Plan, ApiError> {
    let statement = cx.statement;
    if depth > MAX_DEPTH {
        let text =
            "SOQL statements can not have more than 5 levels of parent-to-child relationships";
        return Err(statement.malformed(query.span, text));
    }
    let span = query.from.span;
    let name = query.from.name.last();
    let child = parent.child(name).ok_or_else(|| statement.no_such_child(span, name))?;
    let object =
        cx.schema.object(&child.object).ok_or_else(|| statement.no_such_child(span, name))?;
    if query.is_count() || query.is_aggregate() {
        let text = "Only root queries support aggregate expressions";
        return Err(statement.malformed(query.span, text));
    }
    super::refuse_clauses(cx, query)?;

    let mut scope = Scope::of_query(cx, object, &format!("c{depth}_"), query)?;
    let selected = Builder::new(&mut scope, depth).of_query(query)?;
    let mut params = Params(vec![Value::Null]);
    let mut conditions = vec![format!("{}.{} = ?1", scope.root().alias, quote(&child.field))];
    conditions.extend(clauses::conditions(&mut scope, &mut params, query)?);
    let order = order::of_records(&mut scope, &mut params, &query.order_by)?;
    let limit = clauses::window(&mut params, query);
    let sql = format!(
        "SELECT {} FROM {}{} ORDER BY {order}{limit}",
        selected.columns.join(", "),
        scope.tables_sql(),
        clauses::where_sql(&conditions),
    );
    let key = child.relationship.clone().unwrap_or_else(|| name.to_owned());
    params.0.remove(0);
    Ok(Plan { key, sql, values: params.0, shape: selected.shape })
}
