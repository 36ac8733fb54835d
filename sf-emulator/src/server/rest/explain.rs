//! `/query?explain=`: how a statement would be run.

use std::sync::Arc;

use axum::response::Response;
use serde_json::{Value, json};
use sf_soql::ast::{CompareOp, Condition, Expr};

use super::list_views;
use crate::engine::{ApiError, Caller, Engine, Seen};
use crate::server::{Org, analytics, on_engine, reply};

/// Plans, the cheapest first, of a statement or of that behind a report or list
/// view.
pub(crate) async fn explain(
    org: &Arc<Org>,
    caller: Caller,
    what: String,
) -> Result<Response, ApiError> {
    let is_id = matches!(what.len(), 15 | 18) && what.bytes().all(|b| b.is_ascii_alphanumeric());
    let plans = on_engine(org, move |engine| {
        let soql = match what.get(..3) {
            Some("00O") if is_id => analytics::statement(engine, &caller, &what)?,
            _ if is_id => list_views::statement(engine, &caller, &what)?,
            _ => what,
        };
        plans(engine, &caller, &soql)
    })
    .await?;
    Ok(reply::ok(&plans))
}

fn plans(engine: &Engine, caller: &Caller, soql: &str) -> Result<Value, ApiError> {
    // Refuses what a query would be refused for, and counts.
    let cursor = engine.query(caller, soql, false)?;
    let parsed = sf_soql::parse(soql).ok();
    let (name, filter) = parsed
        .map_or((String::new(), None), |query| (query.from.name.as_str().to_owned(), query.filter));
    let seen = engine.seen(caller)?;
    let object = seen.object_name(&name).unwrap_or(&name);
    let all = engine.record_count(caller, object)?;
    let cardinality = match (&filter, cursor.is_aggregate()) {
        (None, _) => all,
        (Some(filter), true) => counted(engine, caller, object, filter)?,
        (Some(_), false) => u64::try_from(cursor.total_size()).unwrap_or(u64::MAX),
    };
    let mut plans = Vec::new();
    let indexed = filter.as_ref().and_then(|filter| indexed(&seen, object, filter));
    if let Some(field) = indexed {
        plans.push((
            share(cardinality, all),
            json!({
                "cardinality": cardinality,
                "fields": [field],
                "leadingOperationType": "Index",
                "notes": [deleted_note(object)],
            }),
        ));
    }
    let scan = share(all, all) / 2.0 + share(cardinality, all);
    plans.push((
        scan,
        json!({
            "cardinality": cardinality,
            "fields": [],
            "leadingOperationType": "TableScan",
            "notes": [deleted_note(object)],
        }),
    ));
    plans.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let plans: Vec<Value> = plans
        .into_iter()
        .map(|(cost, mut plan)| {
            if let Value::Object(map) = &mut plan {
                map.insert("relativeCost".to_owned(), json!(cost));
                map.insert("sobjectCardinality".to_owned(), json!(all));
                map.insert("sobjectType".to_owned(), json!(object));
            }
            plan
        })
        .collect();
    Ok(json!({ "plans": plans, "sourceQuery": soql }))
}

/// The filter's rows, for a statement that groups them.
fn counted(
    engine: &Engine,
    caller: &Caller,
    object: &str,
    filter: &Condition,
) -> Result<u64, ApiError> {
    let count = format!("SELECT COUNT() FROM {object} WHERE {filter}");
    let cursor = engine.query(caller, &count, false)?;
    Ok(u64::try_from(cursor.total_size()).unwrap_or(u64::MAX))
}

/// A field with an index that narrows the whole filter.
fn indexed(seen: &Seen, object: &str, filter: &Condition) -> Option<String> {
    let field = |left: &Expr| match left {
        Expr::Field(path) => seen.indexed_field(object, path.as_str()).map(str::to_owned),
        Expr::Call(_) => None,
    };
    match filter {
        Condition::And(all) => all.iter().find_map(|one| indexed(seen, object, one)),
        Condition::Compare { left, op, .. } if *op != CompareOp::Ne => field(left),
        Condition::In { left, negated: false, .. } => field(left),
        _ => None,
    }
}

/// Two decimals.
fn share(part: u64, whole: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "an estimate with two decimals")]
    let share = part as f64 / whole.max(1) as f64;
    (share * 100.0).round() / 100.0
}

fn deleted_note(object: &str) -> Value {
    json!({
        "description": "Not considering filter for optimization because unindexed",
        "fields": ["IsDeleted"],
        "tableEnumOrId": object,
    })
}
