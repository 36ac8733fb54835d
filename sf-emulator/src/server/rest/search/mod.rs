//! Search: SOSL, parameterized search, and what stands beside them.

mod highlight;
mod parameterized;
mod side;
mod terms;

pub(crate) use parameterized::{by_body, by_url};
pub(crate) use side::{layout, scope_order, suggestions};

use std::collections::HashMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Query as Parameters, State};
use axum::response::Response;
use http::header::HeaderName;
use serde_json::{Value, json};
use sf_soql::ast::{Argument, Count, Expression, Find, Query, SearchGroup, SearchWith, SelectItem};
use sf_soql::visit::apex_only_search;

use crate::engine::{ApiError, Caller, Engine, Json, Seen, search_unparsable};
use crate::server::reply::with_header;
use crate::server::{Org, on_engine, reply};

/// Rows of one answer.
const MAX_ROWS: usize = 2_000;
/// Rows of an object, unless it stands alone with a WHERE or an ORDER BY.
const MAX_PER_OBJECT: usize = 250;
/// Characters of what is looked for: beyond the first AND counts as OR, beyond
/// the second nothing is found.
const LONG: usize = 4_000;
const TOO_LONG: usize = 10_000;

/// One object to search.
struct Wanted {
    object: String,
    /// Without LIMIT and OFFSET.
    query: Query,
    limit: Option<usize>,
    offset: usize,
}

/// A whole search.
struct Plan {
    expression: Expression,
    group: SearchGroup,
    wanted: Vec<Wanted>,
    limit: Option<usize>,
    labels: bool,
    highlight: bool,
}

/// `GET /search?q=FIND {…}`.
pub(crate) async fn search(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Parameters(params): Parameters<HashMap<String, String>>,
) -> Result<Response, ApiError> {
    let sosl = params.get("q").map(|q| q.trim()).filter(|q| !q.is_empty()).ok_or_else(no_term)?;
    let plan = plan(&org.engine.metadata(&caller), sosl)?;
    answer(&org, caller, plan).await
}

/// Binds a SOSL statement.
fn plan(seen: &Seen, sosl: &str) -> Result<Plan, ApiError> {
    if !sosl.contains('{') {
        return Err(no_term());
    }
    let search = sf_soql::parse_search(sosl).map_err(|error| search_unparsable(sosl, &error))?;
    let Find::Text { expression, quoted: false, .. } = search.find.clone() else {
        return Err(no_term());
    };
    if !apex_only_search(&search).is_empty() {
        return Err(malformed("A part of the search is allowed in Apex code alone"));
    }
    let (mut labels, mut highlight) = (false, false);
    for with in &search.with {
        match with {
            SearchWith::Metadata { .. } => labels = true,
            SearchWith::Highlight { .. } => highlight = true,
            SearchWith::DataCategory(_)
            | SearchWith::Network { .. }
            | SearchWith::PricebookId { .. } => {
                return Err(malformed("This WITH clause is not supported by this org"));
            }
            _ => {}
        }
    }
    let rows = |count: &Option<Count>| {
        let rows = count.as_ref().and_then(Count::rows)?;
        Some(usize::try_from(rows).unwrap_or(usize::MAX))
    };
    let several = search.returning.len() > 1;
    let mut wanted = Vec::new();
    for returning in &search.returning {
        let mut query = returning.to_query();
        let (limit, offset) = (rows(&query.limit), rows(&query.offset).unwrap_or(0));
        check_offset(offset, several)?;
        (query.limit, query.offset) = (None, None);
        wanted.push(Wanted { object: returning.object.as_str().to_owned(), query, limit, offset });
    }
    if wanted.is_empty() {
        wanted = everywhere(seen, "Id")?;
    }
    let group = search.group.unwrap_or(SearchGroup::All);
    Ok(Plan { expression, group, wanted, limit: rows(&search.limit), labels, highlight })
}

/// Every searchable object, with these fields.
fn everywhere(seen: &Seen, fields: &str) -> Result<Vec<Wanted>, ApiError> {
    seen.searchable_objects()
        .map(|object| {
            let query = parse(&format!("SELECT {fields} FROM {object}"))?;
            Ok(Wanted { object: object.to_owned(), query, limit: None, offset: 0 })
        })
        .collect()
}

fn parse(soql: &str) -> Result<Query, ApiError> {
    sf_soql::parse(soql).map_err(|error| search_unparsable(soql, &error))
}

fn check_offset(offset: usize, several: bool) -> Result<(), ApiError> {
    if offset > MAX_ROWS {
        return Err(malformed("SOSL offset should be between 0 to 2000"));
    }
    if offset > 0 && several {
        return Err(malformed("SOSL offset is allowed in a search of one object alone"));
    }
    Ok(())
}

fn malformed(message: &str) -> ApiError {
    ApiError::bad_request("MALFORMED_SEARCH", message)
}

fn no_term() -> ApiError {
    malformed("No search term found. The search term must be enclosed in braces.")
}

/// A term of one letter is refused, unless the letter is a word of its script.
fn check_terms(expression: &Expression) -> Result<(), ApiError> {
    for term in expression.terms() {
        let text: String = term
            .pieces()
            .iter()
            .filter_map(|piece| match piece {
                sf_soql::ast::Piece::Text(text) => Some(text.trim()),
                _ => None,
            })
            .collect();
        if text.chars().count() < 2 && text.is_ascii() {
            return Err(malformed(&format!(
                "search term must be longer than one character: {text}"
            )));
        }
    }
    Ok(())
}

/// Runs a search and answers with its rows.
async fn answer(org: &Arc<Org>, caller: Caller, plan: Plan) -> Result<Response, ApiError> {
    check_terms(&plan.expression)?;
    let metadata = plan.labels.then(|| labels(&org.engine.metadata(&caller), &plan.wanted));
    let bare = bare_array(&caller.version);
    let sets = on_engine(org, move |engine| run(engine, &caller, &plan)).await?;
    let rows: Vec<&str> = sets.iter().flatten().map(|row| row.0.as_str()).collect();
    let rows = format!("[{}]", rows.join(","));
    let text = match metadata {
        _ if bare => rows,
        None => format!(r#"{{"searchRecords":{rows}}}"#),
        Some(metadata) => format!(r#"{{"searchRecords":{rows},"metadata":{metadata}}}"#),
    };
    let response = reply::json(http::StatusCode::OK, text);
    let id = format!("-{}", org.random.text(13).to_lowercase());
    Ok(with_header(response, HeaderName::from_static("queryid"), &id))
}

/// Before version 37 the answer was an array.
fn bare_array(version: &str) -> bool {
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    major.is_some_and(|major| major < 37)
}

/// The rows of each object.
fn run(engine: &Engine, caller: &Caller, plan: &Plan) -> Result<Vec<Vec<Json>>, ApiError> {
    let length = plan.expression.to_string().chars().count();
    if length > TOO_LONG {
        return Ok(Vec::new());
    }
    let search = terms::search(&plan.expression, length > LONG, plan.group);
    let several = plan.wanted.len() > 1;
    let mut sets = Vec::with_capacity(plan.wanted.len());
    for wanted in &plan.wanted {
        let soql = wanted.query.to_string();
        let cursor = engine.search(caller, &soql, &search).map_err(without_place)?;
        let narrowed = wanted.query.filter.is_some() || !wanted.query.order_by.is_empty();
        let most = match (several, narrowed) {
            (true, _) => (MAX_ROWS / plan.wanted.len()).min(MAX_PER_OBJECT),
            (false, true) => MAX_ROWS,
            (false, false) => MAX_PER_OBJECT,
        };
        let most = wanted.limit.unwrap_or(most).min(MAX_ROWS);
        sets.push(engine.page(caller, &cursor, wanted.offset, most)?);
    }
    if plan.highlight {
        let phrases = highlight::phrases(&plan.expression);
        for set in &mut sets {
            highlight::mark(set.iter_mut().map(|row| &mut row.0), &phrases);
        }
    }
    spread(&mut sets, plan.limit.unwrap_or(MAX_ROWS).min(MAX_ROWS));
    Ok(sets)
}

/// Cuts the sets to this many rows in all, row by row from each in turn.
fn spread<T>(sets: &mut [Vec<T>], limit: usize) {
    let mut kept = vec![0; sets.len()];
    let mut left = limit;
    while left > 0 {
        let before = left;
        for (set, kept) in sets.iter().zip(&mut kept) {
            if left > 0 && *kept < set.len() {
                *kept += 1;
                left -= 1;
            }
        }
        if left == before {
            break;
        }
    }
    for (set, kept) in sets.iter_mut().zip(kept) {
        set.truncate(kept);
    }
}

/// An error of the query behind an entry, without its place: it would be one in
/// a statement that the client never wrote.
fn without_place(mut error: ApiError) -> ApiError {
    for item in &mut error.items {
        if item.message.starts_with('\n')
            && let Some((_, text)) = item.message.rsplit_once('\n')
        {
            item.message = text.to_owned();
        }
    }
    error
}

/// `WITH METADATA='LABELS'`.
fn labels(seen: &Seen, wanted: &[Wanted]) -> Value {
    let entities: Vec<Value> = wanted
        .iter()
        .map(|wanted| {
            let fields: Vec<Value> = wanted
                .query
                .select
                .iter()
                .filter_map(|item| match item {
                    SelectItem::Field { path, .. } => Some(path.as_str()),
                    SelectItem::Call { call, .. } => call.args.iter().find_map(|one| match one {
                        Argument::Field(path) => Some(path.as_str()),
                        _ => None,
                    }),
                    _ => None,
                })
                .filter_map(|name| seen.label(&wanted.object, name))
                .map(|(name, label)| json!({ "name": name, "label": label }))
                .collect();
            let object = seen.object_name(&wanted.object).unwrap_or(&wanted.object);
            json!({ "entityName": object, "fieldMetadata": fields })
        })
        .collect();
    json!({ "entityMetadata": entities })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_spread_over_the_objects() {
        let mut sets = vec![vec![1; 5], vec![2; 1], vec![3; 5]];
        spread(&mut sets, 6);
        assert_eq!(sets, [vec![1; 3], vec![2; 1], vec![3; 2]]);
        spread(&mut sets, 0);
        assert!(sets.iter().all(Vec::is_empty));
    }
}
