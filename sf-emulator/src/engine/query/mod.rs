//! Queries: bind names to the schema, lower to SQL, keep row numbers, render
//! any window of them.
//!
//! Two statements come of one query of records: the first filters and orders
//! and gives row numbers; the second fetches one row by its number. So a
//! million rows cost eight bytes each, and every page sees the rows that the
//! query found, whatever was written since.

mod aggregate;
mod children;
mod clauses;
mod compare;
mod condition;
mod dates;
pub(super) mod error;
mod filter;
mod function;
mod groups;
mod order;
mod render;
mod rules;
mod scope;
mod select;
mod semijoin;
mod type_of;

use std::cell::RefCell;
use std::sync::Arc;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, params_from_iter};
use sf_soql::ast::{Path, Query};

pub(super) use clauses::where_sql;
pub(super) use condition::{check_condition, holds};
pub(crate) use dates::range as date_range;

use error::Statement;
use render::Renderer;
use scope::{Context, Params, Scope};
use select::{Builder, Node, Shape};

use super::access::Use;
use super::schema::{Object, Schema};
use super::search::Search;
use super::{ApiError, Caller, Json, Seen, json};

/// The result of a query: which rows in which order, and how to render them.
/// It holds row numbers, not values, so that a million rows cost megabytes.
#[derive(Debug)]
pub(crate) struct Cursor(Rows);

#[derive(Debug)]
enum Rows {
    Records { rows: Vec<i64>, plan: Arc<RecordPlan> },
    Groups(Vec<Json>),
    Count(usize),
}

/// How to fetch and render one record by its row number.
#[derive(Debug)]
struct RecordPlan {
    /// Parameter 1 is the row number.
    sql: String,
    shape: Shape,
    /// Of the schema that the statement was lowered by.
    epoch: u32,
}

impl RecordPlan {
    fn new(schema: &Schema, sql: String, shape: Shape) -> Self {
        Self { sql, shape, epoch: schema.epoch }
    }
}

impl Cursor {
    /// `totalSize` of the reply.
    pub(crate) fn total_size(&self) -> usize {
        match &self.0 {
            Rows::Records { rows, .. } => rows.len(),
            Rows::Groups(rows) => rows.len(),
            Rows::Count(count) => *count,
        }
    }

    /// How many rows `page` can render; 0 for `COUNT()`, whose reply has a
    /// size but no records.
    pub(crate) fn len(&self) -> usize {
        match &self.0 {
            Rows::Count(_) => 0,
            _ => self.total_size(),
        }
    }

    /// Aggregate results come in one batch: they have no locator.
    pub(crate) fn is_aggregate(&self) -> bool {
        !matches!(self.0, Rows::Records { .. })
    }

    /// Whether its rows come with sets of children.
    pub(crate) fn has_children(&self) -> bool {
        match &self.0 {
            Rows::Records { plan, .. } => {
                plan.shape.nodes.iter().any(|node| matches!(node, Node::Children(_)))
            }
            _ => false,
        }
    }
}

/// How many children of a row come with it, and what to do about the rest.
pub(crate) struct Children<'m> {
    /// At least 1.
    pub(crate) max: usize,
    /// Counts the children that came with their rows.
    pub(crate) shown: &'m mut usize,
    /// Keeps the cursor over all children of one row and answers the
    /// `nextRecordsUrl` from which those after the first `max` are read. It runs
    /// while the connection is held, so it must not call the engine.
    pub(crate) next_url: &'m mut dyn FnMut(Cursor) -> String,
}

/// Runs a statement.
pub(super) fn run(
    connection: &Connection,
    seen: &Seen,
    caller: &Caller,
    soql: &str,
    include_deleted: bool,
    search: Option<&Search>,
) -> Result<Cursor, ApiError> {
    let statement = Statement(soql);
    if soql.trim().is_empty() {
        return Err(ApiError::bad_request("MALFORMED_QUERY", "A query string has to be specified"));
    }
    let query = sf_soql::parse(soql).map_err(|error| statement.unparsable(&error))?;
    let schema = &*seen.schema;
    let usage = Use::Scan;
    let seen = Some(seen);
    let cx = Context { schema, seen, usage, caller, statement, include_deleted, search };
    rules::check_clauses(cx, &query)?;
    let name = query.from.name.as_str();
    let object =
        schema.object(name).ok_or_else(|| statement.no_such_object(query.from.span, name))?;
    if !object.queryable {
        let text = format!("entity type {} does not support query", object.name);
        return Err(statement.error("INVALID_TYPE_FOR_OPERATION", query.from.span, &text));
    }
    rules::check_filter(cx, object, &query)?;
    let mut scope = Scope::of_query(cx, object, "a", &query)?;
    let rows = if query.is_count() {
        Rows::Count(count(connection, &mut scope, &query)?)
    } else if query.is_aggregate() {
        Rows::Groups(groups(connection, &mut scope, &query)?)
    } else {
        let rows = find(connection, &mut scope, &query)?;
        let cx = Context { usage: Use::Probe, ..cx };
        let mut scope = Scope::of_query(cx, object, "a", &query)?;
        let selected = Builder::new(&mut scope, 0).of_query(&query)?;
        let plan =
            RecordPlan::new(schema, clauses::by_row(&scope, &selected.columns), selected.shape);
        check(connection, &plan.sql, &plan.shape)?;
        Rows::Records { rows, plan: Arc::new(plan) }
    };
    Ok(Cursor(rows))
}

/// Renders at most `max` rows from `offset` on.
pub(super) fn page(
    connection: &Connection,
    schema: &Schema,
    version: &str,
    cursor: &Cursor,
    (offset, max): (usize, usize),
    children: Option<Children<'_>>,
) -> Result<Vec<Json>, ApiError> {
    match &cursor.0 {
        Rows::Count(_) => Ok(Vec::new()),
        Rows::Groups(rows) => Ok(rows.iter().skip(offset).take(max).cloned().collect()),
        Rows::Records { plan, .. } if plan.epoch != schema.epoch => {
            // What it selects may be gone, or be something else now.
            Err(ApiError::bad_request("INVALID_QUERY_LOCATOR", "invalid query locator"))
        }
        Rows::Records { rows, plan } => {
            let children = children.map(RefCell::new);
            let renderer = Renderer { connection, schema, version, children };
            let mut statement = connection.prepare_cached(&plan.sql)?;
            let mut page = Vec::with_capacity(max.min(rows.len().saturating_sub(offset)));
            for row in rows.iter().skip(offset).take(max) {
                // Rows are never removed, so each is found.
                page.extend(renderer.row(&mut statement, &plan.shape, *row)?.map(Json));
            }
            Ok(page)
        }
    }
}

/// One record by its row number, with all fields or those asked for.
pub(super) fn record(
    connection: &Connection,
    seen: &Seen,
    caller: &Caller,
    object: &Object,
    row: i64,
    fields: Option<&[String]>,
) -> Result<Json, ApiError> {
    let (schema, statement) = (&*seen.schema, Statement(""));
    let (seen, usage, include_deleted) = (Some(seen), Use::Probe, false);
    let cx = Context { schema, seen, usage, caller, statement, include_deleted, search: None };
    let paths = fields.map(|fields| paths(cx, object, fields)).transpose()?;
    let mut scope = Scope::new(cx, object, "a");
    let selected = Builder::new(&mut scope, 0).of_record(paths.as_deref())?;
    let renderer = Renderer { connection, schema, version: &caller.version, children: None };
    let mut statement = connection.prepare_cached(&clauses::by_row(&scope, &selected.columns))?;
    renderer.row(&mut statement, &selected.shape, row)?.map(Json).ok_or_else(ApiError::not_found)
}

/// The paths of `?fields=`, each once.
fn paths(cx: Context<'_>, object: &Object, fields: &[String]) -> Result<Vec<Path>, ApiError> {
    let mut paths: Vec<Path> = Vec::with_capacity(fields.len());
    for field in fields {
        let no_such =
            |_| cx.statement.no_such_column(sf_soql::ast::Span::default(), field, &object.name);
        let path = Path::new(field.trim()).map_err(no_such)?;
        if !paths.iter().any(|known| known.is(path.as_str())) {
            paths.push(path);
        }
    }
    Ok(paths)
}

fn find<'a>(
    connection: &Connection,
    scope: &mut Scope<'a>,
    query: &'a Query,
) -> Result<Vec<i64>, ApiError> {
    let mut params = Params::default();
    let conditions = clauses::conditions(scope, &mut params, query)?;
    let order = order::of_records(scope, &mut params, &query.order_by)?;
    let limit = clauses::window(&mut params, query);
    let sql = format!(
        "SELECT {}.row FROM {}{} ORDER BY {order}{limit}",
        scope.root().alias,
        scope.tables_sql(),
        where_sql(&conditions),
    );
    let mut statement = prepare(connection, &sql)?;
    let rows = statement.query_map(params_from_iter(params.0), |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn count<'a>(
    connection: &Connection,
    scope: &mut Scope<'a>,
    query: &'a Query,
) -> Result<usize, ApiError> {
    if let Some(item) = query.order_by.first() {
        let text = "COUNT() can not be used with ORDER BY";
        return Err(scope.cx.statement.malformed(item.span, text));
    }
    if let Some(group_by) = &query.group_by {
        return Err(scope
            .cx
            .statement
            .malformed(group_by.span, "COUNT() can not be used with GROUP BY"));
    }
    let mut params = Params::default();
    let conditions = clauses::conditions(scope, &mut params, query)?;
    let limit = clauses::window(&mut params, query);
    let sql = format!(
        "SELECT COUNT(*) FROM (SELECT 1 FROM {}{}{limit})",
        scope.tables_sql(),
        where_sql(&conditions)
    );
    let count: i64 =
        prepare(connection, &sql)?.query_row(params_from_iter(params.0), |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

fn groups<'a>(
    connection: &Connection,
    scope: &mut Scope<'a>,
    query: &'a Query,
) -> Result<Vec<Json>, ApiError> {
    let plan = aggregate::plan(scope, query)?;
    let mut statement = prepare(connection, &plan.sql)?;
    let mut rows = statement.query(params_from_iter(plan.values))?;
    let mut groups = Vec::new();
    while let Some(row) = rows.next()? {
        if groups.len() == aggregate::MOST_GROUPS {
            let text = "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch";
            return Err(ApiError::bad_request("EXCEEDED_ID_LIMIT", text));
        }
        let mut out = String::from("{");
        json::attributes(&mut out, "AggregateResult", None);
        for (at, (key, storage)) in plan.columns.iter().enumerate() {
            json::key(&mut out, key);
            match row.get_ref(at)? {
                ValueRef::Null if plan.subtotals => out.push_str("null"),
                value => render::value(&mut out, value, *storage),
            }
        }
        out.push('}');
        groups.push(Json(out));
    }
    Ok(groups)
}

/// Compiles what rendering will run.
fn check(connection: &Connection, sql: &str, shape: &Shape) -> Result<(), ApiError> {
    prepare(connection, sql)?;
    shape.nodes.iter().try_for_each(|node| match node {
        Node::Children(plan) => {
            prepare(connection, &plan.rows_sql)?;
            prepare(connection, &plan.record.sql)?;
            check(connection, &plan.sql, &plan.record.shape)
        }
        _ => Ok(()),
    })
}

/// Compiles a statement; one over SQLite's limits is the caller's fault.
fn prepare<'c>(
    connection: &'c Connection,
    sql: &str,
) -> Result<rusqlite::CachedStatement<'c>, ApiError> {
    connection.prepare_cached(sql).map_err(|error| {
        let text = error.to_string();
        let limit = ["too many", "too large", "too big", "at most", "variable number"];
        if error.sqlite_error_code() == Some(rusqlite::ErrorCode::TooBig)
            || limit.iter().any(|words| text.contains(words))
        {
            Statement::too_complicated()
        } else {
            ApiError::from(error)
        }
    })
}
