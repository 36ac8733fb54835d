//! Child subqueries: `(SELECT Id FROM Contacts)`.

use std::sync::Arc;

use rusqlite::types::Value;
use sf_soql::ast::{Count, Query};

use super::clauses;
use super::order;
use super::scope::{Context, Params, Scope};
use super::select::Builder;
use super::{RecordPlan, rules};
use crate::engine::ApiError;
use crate::engine::access::Use;
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
    /// All columns of the children; parameter 1 is the parent's id.
    pub(super) sql: String,
    /// The children's row numbers alone, with the same parameters.
    pub(super) rows_sql: String,
    /// Values of the parameters after the first.
    pub(super) values: Vec<Value>,
    /// One child by its row number.
    pub(super) record: Arc<RecordPlan>,
}

pub(super) fn plan<'a>(
    cx: Context<'a>,
    parent: &'a Object,
    query: &'a Query,
    depth: usize,
    single_parent: bool,
) -> Result<Plan, ApiError> {
    let cx = Context { search: None, usage: Use::Probe, ..cx };
    let statement = cx.statement;
    let most = if before_58(&cx.caller.version) { 1 } else { MAX_DEPTH };
    if depth > most {
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
    rules::check_clauses(cx, query)?;
    if let Some(offset) = &query.offset
        && !single_parent
    {
        let text = "OFFSET is allowed in a sub-select only when the outer query has LIMIT 1";
        let span = match offset {
            Count::Number { span, .. } => *span,
            Count::Bind(path) => path.span(),
        };
        return Err(statement.malformed(span, text));
    }

    let mut scope = Scope::of_query(cx, object, &format!("c{depth}_"), query)?;
    let selected = Builder::new(&mut scope, depth).of_query(query)?;
    let mut params = Params(vec![Value::Null]);
    let mut conditions = vec![format!("{}.{} = ?1", scope.root().alias, quote(&child.field))];
    conditions.extend(clauses::conditions(&mut scope, &mut params, query)?);
    let order = order::of_records(&mut scope, &mut params, &query.order_by)?;
    let limit = clauses::window(&mut params, query);
    let select = |columns: &str| {
        format!(
            "SELECT {columns} FROM {}{} ORDER BY {order}{limit}",
            scope.tables_sql(),
            clauses::where_sql(&conditions),
        )
    };
    let sql = select(&selected.columns.join(", "));
    let rows_sql = select(&format!("{}.row", scope.root().alias));
    let record =
        RecordPlan::new(cx.schema, clauses::by_row(&scope, &selected.columns), selected.shape);
    let key = child.relationship.clone().unwrap_or_else(|| name.to_owned());
    params.0.remove(0);
    Ok(Plan { key, sql, rows_sql, values: params.0, record: Arc::new(record) })
}

/// Versions before 58.0 know one level of children.
fn before_58(version: &str) -> bool {
    version.split('.').next().and_then(|major| major.parse::<u32>().ok()).is_some_and(|v| v < 58)
}
