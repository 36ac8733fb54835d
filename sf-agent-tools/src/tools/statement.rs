//! From a statement that a tool put together to its rows.

use sf_soql::ast::{Direction, Expr, OrderBy, Path, Query, SelectItem, Source, Span};

use super::names::Names;
use crate::rows::{Bounds, Table, read, start, table};
use crate::tokens::tokens_of;
use crate::{CallContext, Org, Reply, ToolError};

/// A sort key as it is written, `Amount desc`, as its field and direction.
pub(super) fn sort_key(written: &str) -> (&str, Direction) {
    let written = written.trim();
    match written.rsplit_once(char::is_whitespace) {
        Some((field, "desc" | "DESC")) => (field.trim_end(), Direction::Descending),
        Some((field, "asc" | "ASC")) => (field.trim_end(), Direction::Ascending),
        _ => (written, Direction::Ascending),
    }
}

/// An entry of ORDER BY.
pub(super) fn by(expr: Expr, direction: Direction) -> OrderBy {
    OrderBy { expr, direction, nulls: None, span: Span::default() }
}

/// `SELECT fields FROM object`.
pub(super) fn select(object: &str, fields: Vec<Path>) -> Result<Query, ToolError> {
    let object = Path::new(object).map_err(|error| ToolError::fix_your_call(error.to_string()))?;
    Ok(Query::new(fields.into_iter().map(SelectItem::field).collect(), Source::new(object)))
}

/// The ORDER BY of a call; what is wrong is noted in `names`.
pub(super) async fn order(
    names: &mut Names<'_>,
    given: Option<&[String]>,
) -> Result<Vec<OrderBy>, ToolError> {
    let mut keys = Vec::new();
    for (n, written) in given.unwrap_or_default().iter().enumerate() {
        let (field, direction) = sort_key(written);
        if let Some(named) = names.field(&format!("order_by[{n}]"), field).await? {
            keys.push(by(Expr::Field(named.path), direction));
        }
    }
    Ok(keys)
}

/// The statement as it can be sent, with what is to be looked at again.
///
/// # Errors
/// Everything in it that the org would refuse.
pub(super) async fn checked(
    org: &Org,
    query: &Query,
    notes: &mut Vec<String>,
) -> Result<Query, ToolError> {
    let soql = query.to_soql().map_err(|error| {
        tracing::debug!(%error, "a call cannot be put as a statement");
        ToolError::fix_your_call(
            "The call cannot be put as a SOQL statement: a name in it is a word of the language, or \
             it is too long. Nothing was sent.",
        )
    })?;
    let query = org.parse(&soql)?;
    notes.extend(org.check_query(&soql, &query).await.map_err(of_call)?);
    Ok(query)
}

/// Problems of a statement that the caller never saw: without their places in it.
fn of_call(mut error: ToolError) -> ToolError {
    error.message = error.message.replacen("The query", "The call", 1);
    for problem in &mut error.problems {
        problem.at = None;
        if let Some((_, message)) = problem.message.split_once(": ")
            && problem.message.starts_with("line ")
        {
            problem.message = message.to_owned();
        }
    }
    error
}

/// Says of a result that has as many rows as its limit allows that there may be more.
pub(super) fn limited(reply: &mut Reply<Table>, limit: Option<u64>) {
    if let Some(limit) = limit.filter(|limit| reply.data.total >= *limit) {
        reply.data.about.notes.push(format!(
            "The limit of {limit} was reached: more records may match. salesforce_count tells."
        ));
    }
}

/// The rows of a checked statement.
pub(super) async fn rows(
    cx: &CallContext,
    org: &Org,
    query: &Query,
    notes: Vec<String>,
    max_rows: Option<u32>,
    mut bounds: Bounds,
) -> Result<Reply<Table>, ToolError> {
    bounds.tokens = bounds.tokens.saturating_sub(tokens_of(&notes));
    let owner = org.owner(cx).await?;
    let page = start(org, query).await?;
    let slice = read(cx, org, &owner, page, bounds).await?;
    let mut reply = table(org, &owner, max_rows, bounds.format, slice)?;
    reply.data.about.notes.extend(notes);
    Ok(reply)
}
