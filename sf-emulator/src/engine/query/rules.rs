//! What the platform refuses of a statement before it looks at rows (SOQL and
//! SOSL Reference, "SOQL SELECT Syntax" and the pages of its clauses).

use sf_soql::ast::{CompareOp, Condition, Count, Expr, InSet, Query, Value, With};

use super::scope::Context;
use crate::engine::ApiError;
use crate::engine::schema::Object;

/// The largest OFFSET.
const MAX_OFFSET: u64 = 2000;

/// Characters of one string in a condition.
const MAX_STRING: usize = 4000;

/// Conditions on the id that are as good as a LIMIT for `FIELDS(ALL)`.
const MOST_IDS: usize = 200;

/// Clauses that only Apex takes, or that this org has no data for. `FOR VIEW`,
/// `FOR REFERENCE` and `UPDATE` are taken and change nothing that is seen here.
pub(super) fn check_clauses(cx: Context<'_>, query: &Query) -> Result<(), ApiError> {
    let statement = cx.statement;
    if let Some(Count::Number { rows, .. }) = &query.offset
        && *rows > MAX_OFFSET
    {
        return Err(ApiError::bad_request(
            "NUMBER_OUTSIDE_VALID_RANGE",
            "Maximum SOQL offset allowed is 2000",
        ));
    }
    for count in query.limit.iter().chain(&query.offset) {
        if let Count::Bind(path) = count {
            let text = "Bind variables only allowed in Apex code";
            return Err(statement.malformed(path.span(), text));
        }
    }
    match &query.with {
        // One administrator's view: there is nothing to enforce yet.
        None | Some(With::SecurityEnforced { .. } | With::UserMode { .. }) => {}
        Some(With::SystemMode { span }) => {
            return Err(statement.malformed(*span, "unexpected token: 'SYSTEM_MODE'"));
        }
        Some(_) => return Err(statement.unsupported(query.span, "This WITH clause")),
    }
    if let Some(span) = query.options.for_update {
        return Err(statement.malformed(span, "unexpected token: 'FOR'"));
    }
    if let Some(span) = query.options.all_rows {
        return Err(statement.malformed(span, "ALL ROWS not allowed in this context"));
    }
    Ok(())
}

/// The first literal of a condition that is too long, if any.
pub(super) fn check_string(
    cx: Context<'_>,
    literal: &sf_soql::ast::Literal,
) -> Result<(), ApiError> {
    match &literal.value {
        Value::String(text) | Value::Pattern(text) if text.chars().count() > MAX_STRING => {
            let text = "string literals in a WHERE clause can not be longer than 4000 characters";
            Err(cx.statement.malformed(literal.span, text))
        }
        _ => Ok(()),
    }
}

/// Objects that cannot be queried without naming the records meant.
pub(super) fn check_filter(
    cx: Context<'_>,
    object: &Object,
    query: &Query,
) -> Result<(), ApiError> {
    if object.name != "ContentDocumentLink" {
        return Ok(());
    }
    let keys = ["Id", "ContentDocumentId", "LinkedEntityId"];
    if query
        .filter
        .as_ref()
        .is_some_and(|filter| keys.iter().any(|key| names(filter, key).is_some()))
    {
        return Ok(());
    }
    let text = "Implementation restriction: ContentDocumentLink requires a filter by a single Id on \
        ContentDocumentId or LinkedEntityId using the equals operator or multiple Id's using the IN operator.";
    Err(cx.statement.malformed(query.span, text))
}

/// Whether a condition names at most 200 records by their ids.
pub(super) fn is_by_id(query: &Query) -> bool {
    let count = query.filter.as_ref().and_then(|filter| names(filter, "Id"));
    count.is_some_and(|count| count <= MOST_IDS)
}

/// How many values of `field` a condition asks for; `None` if it may hold for
/// others too.
fn names(condition: &Condition, field: &str) -> Option<usize> {
    let is_field = |expr: &Expr| expr.as_field().is_some_and(|path| path.is(field));
    match condition {
        Condition::And(parts) => parts.iter().filter_map(|part| names(part, field)).min(),
        Condition::Or(parts) => parts.iter().map(|part| names(part, field)).sum(),
        Condition::Compare { left, op: CompareOp::Eq, .. } if is_field(left) => Some(1),
        Condition::In { left, negated: false, set, .. } if is_field(left) => match set {
            InSet::List(values) => Some(values.len()),
            InSet::Query(_) => Some(0),
            InSet::Bind(_) => None,
        },
        _ => None,
    }
}
