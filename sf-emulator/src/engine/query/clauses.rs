//! The SQL of a query's clauses around its select list.

use sf_soql::ast::{Count, Query};

use super::filter;
use super::scope::{Params, Scope};
use crate::engine::ApiError;

/// The SQL that fetches one row by its number; the number is parameter 1.
pub(super) fn by_row(scope: &Scope<'_>, columns: &[String]) -> String {
    format!(
        "SELECT {} FROM {} WHERE {}.row = ?1",
        columns.join(", "),
        scope.tables_sql(),
        scope.root().alias
    )
}

/// Conditions of a query of records: its WHERE, its scope, no deleted rows.
pub(super) fn conditions<'a>(
    scope: &mut Scope<'a>,
    params: &mut Params,
    query: &'a Query,
) -> Result<Vec<String>, ApiError> {
    let cx = scope.cx;
    let root = scope.root();
    let mut conditions = Vec::new();
    if !cx.include_deleted && root.object.has_recycle_bin() {
        conditions.push(format!("{}.\"IsDeleted\" = 0", root.alias));
    }
    if let Some(condition) = &query.filter {
        conditions.push(filter::lower(scope, params, filter::Clause::Where, condition)?);
    }
    match query.scope.as_ref() {
        None => {}
        Some(name) if name.is("everything") => {}
        Some(name) if name.is("mine") && root.object.field("OwnerId").is_some() => {
            let user = params.bind(cx.caller.user_id.clone());
            conditions.push(format!("{}.\"OwnerId\" = {user}", root.alias));
        }
        Some(name) => {
            return Err(cx
                .statement
                .unsupported(name.span(), &format!("USING SCOPE {}", name.as_str())));
        }
    }
    Ok(conditions)
}

/// ` WHERE a AND b`, or nothing.
pub(super) fn where_sql(conditions: &[String]) -> String {
    if conditions.is_empty() {
        String::new()
    } else {
        format!(" WHERE {}", conditions.join(" AND "))
    }
}

/// ` LIMIT … OFFSET …`, or nothing.
pub(super) fn window(params: &mut Params, query: &Query) -> String {
    let rows = |count: &Option<Count>| {
        count.as_ref().and_then(Count::rows).map(|rows| i64::try_from(rows).unwrap_or(i64::MAX))
    };
    let (limit, offset) = (rows(&query.limit), rows(&query.offset));
    if limit.is_none() && offset.is_none() {
        return String::new();
    }
    // SQLite takes OFFSET after LIMIT only; -1 is no limit.
    format!(
        " LIMIT {} OFFSET {}",
        params.bind(limit.unwrap_or(-1)),
        params.bind(offset.unwrap_or(0))
    )
}
