//! The first page of a statement, and the page that a cursor leads to.

use std::sync::Arc;

use sf_soql::ast::Query;

use super::read::{Bounds, Slice, Stop, read_from};
use super::resume::{Plan, Plans, order, plans, tree};
use super::{Columns, Kept, Units, units};
use crate::{CallContext, ErrorClass, Org, ToolError, cursor};

/// Sends a statement that was checked, and keeps its first page. Not for `SELECT COUNT()`.
pub(crate) async fn start(org: &Org, query: &Query) -> Result<Arc<Kept>, ToolError> {
    start_with(org, query, None, None).await
}

/// [`start`] with columns of one's own; `most` are the rows that it can have, and what is told to be
/// missing if it has so many.
pub(crate) async fn start_with(
    org: &Org,
    query: &Query,
    columns: Option<Columns>,
    most: Option<(u64, String)>,
) -> Result<Arc<Kept>, ToolError> {
    let tree = match org.object(query.from.name.as_str()).await {
        Ok(object) => Some(tree(org, query, object).await),
        Err(_) => None,
    };
    let mut ordered = query.clone();
    let added = tree.as_ref().is_some_and(|tree| order(&mut ordered, tree));
    let answer = org.query_as_sent(if added { &ordered } else { query }).await;
    let (page, sent) = match answer {
        // The order was ours: an object that does not take it is asked as the caller meant.
        // (What is wrong with the statement is told as a problem; a cap on rows is not.)
        Err(error)
            if added && error.class == ErrorClass::FixYourCall && !error.problems.is_empty() =>
        {
            org.query_as_sent(query).await?
        }
        other => other?,
    };
    let plans = tree.as_ref().map_or_else(Plans::default, |tree| plans(&sent, tree));
    let units = match &tree {
        Some(tree) => units::of(org, query, tree).await,
        None => Units::default(),
    };
    let plan = plans.own.clone();
    let columns =
        columns.unwrap_or_else(|| Columns::of(query, &page.records, tree.as_ref(), plans));
    let page = Kept::first(query.from.name.to_string(), columns, plan, (0, None), page, units)?;
    let page = match most {
        Some((most, short)) if page.total >= most => {
            let total = page.total;
            page.lacking(total, short)
        }
        _ => page,
    };
    Ok(org.pages().keep(page))
}

/// The rows behind a cursor: of the page it names, or by key.
pub(crate) async fn go_on(
    cx: &CallContext,
    org: &Org,
    owner: &str,
    cursor: &str,
    bounds: Bounds,
) -> Result<Slice, ToolError> {
    let place = cursor::open(org.sealer(), cursor, owner)?;
    if let Some(page) = org.pages().get(place.page) {
        match read_from(cx, org, owner, page, place.row, bounds).await {
            Ok(slice) => return Ok(slice),
            Err(Stop::Gone) => {}
            Err(stop) => return Err(stop.into()),
        }
    }
    let Some(resume) = place.resume else { return Err(cursor::gone()) };
    let query = org.parse(&resume.soql)?;
    let object = org.object(query.from.name.as_str()).await?;
    let Some(plan) = Plan::of(&query, &object) else { return Err(cursor::gone()) };
    let Some(rest) = plan.rest(&resume.key, resume.seen) else {
        return Err(cursor::gone());
    };
    let (page, sent) = org.query_as_sent(&rest).await?;
    let tree = tree(org, &query, object).await;
    let mut plans = plans(&sent, &tree);
    // The conditions of one step would be repeated by the next.
    let plan = Some(Arc::new(plan.of_list(resume.list.clone())));
    plans.own.clone_from(&plan);
    let units = units::of(org, &query, &tree).await;
    let columns = Columns::of(&query, &page.records, Some(&tree), plans);
    let name = resume.list.unwrap_or_else(|| query.from.name.to_string());
    let page = Kept::first(name, columns, plan, (resume.seen, Some(resume.key)), page, units)?;
    let page = org.pages().keep(page);
    let mut slice = read_from(cx, org, owner, page, 0, bounds).await?;
    slice.read_again = true;
    Ok(slice)
}
