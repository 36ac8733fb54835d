//! The SQL of a query's clauses around its select list.

use sf_soql::ast::{Count, Query};

use super::filter;
use super::scope::{Context, Params, Scope};
use crate::engine::purge::PURGED;
use crate::engine::{ApiError, search};

/// The SQL that fetches one row by its number; the number is parameter 1.
pub(super) fn by_row(scope: &Scope<'_>, columns: &[String]) -> String {
    format!(
        "SELECT {} FROM {} WHERE {}.row = ?1",
        columns.join(", "),
        scope.tables_sql(),
        scope.root().alias
    )
}

/// Which rows there are to see, of a table with a recycle bin.
pub(super) fn visible(cx: Context<'_>, alias: &str) -> String {
    if cx.include_deleted {
        format!("{alias}.\"IsDeleted\" < {PURGED}")
    } else {
        format!("{alias}.\"IsDeleted\" = 0")
    }
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
    if root.object.has_recycle_bin() {
        conditions.push(visible(cx, &root.alias));
    }
    conditions.extend(cx.visible(root.object, &root.alias));
    if let Some(search) = cx.search {
        let (mut sql, phrases) = search::sql(root.object, &root.alias, search);
        for (at, phrase) in phrases.into_iter().enumerate() {
            sql = sql.replace(&format!("{{{at}}}"), &params.bind(phrase));
        }
        conditions.push(sql);
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
            let user = params.bind(cx.caller.user_id.clone());
            let root = &root.alias;
            let owner = format!("{root}.\"OwnerId\"");
            let known = scope.object.scope(name.as_str());
            conditions.push(match known {
                Some("scopingRule") => "1".to_owned(),
                Some("mine_and_my_groups") => format!("{owner} = {user}"),
                Some("delegated") => {
                    format!("({root}.\"CreatedById\" = {user} AND {owner} <> {user})")
                }
                Some("team") => format!(
                    "({owner} = {user} OR {owner} IN (SELECT \"Id\" FROM \"User\" WHERE \"ManagerId\" = {user}))"
                ),
                _ => {
                    let text = format!("Using Scope '{}' is not supported on this object", name.as_str());
                    return Err(cx.statement.malformed(name.span(), &text));
                }
            });
        }
    }
    Ok(conditions)
}

/// ` WHERE a AND b`, or nothing.
pub(in crate::engine) fn where_sql(conditions: &[String]) -> String {
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
