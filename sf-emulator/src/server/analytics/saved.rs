//! What saved reports and dashboards have in common: who sees one, who may
//! change it, and how it is deleted (Reports and Dashboards REST API Developer
//! Guide).

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use http::StatusCode;
use serde_json::{Map, Value};

use super::Answer;
use super::error::{forbidden, unavailable};
use crate::engine::{ApiError, Caller, Definition, Engine, Kind};
use crate::server::{Org, on_engine, reply};

/// The key under which a saved definition says who made it.
pub(super) const OWNER: &str = "ownerId";

/// The full id of a definition, and its body.
pub(super) type Saved = (String, Map<String, Value>);

/// A saved definition, if the user may see it; 404 otherwise.
pub(super) fn find(
    engine: &Engine,
    caller: &Caller,
    kind: Kind,
    id: &str,
) -> Result<Saved, ApiError> {
    engine.definition(kind, id)?.and_then(|found| seen(found, caller)).ok_or_else(unavailable)
}

/// All of a kind that the user may see, the oldest first.
pub(super) fn all(engine: &Engine, caller: &Caller, kind: Kind) -> Result<Vec<Saved>, ApiError> {
    Ok(engine.definitions(kind)?.into_iter().filter_map(|found| seen(found, caller)).collect())
}

/// What is in a user's own folder only that user sees.
fn seen(Definition { id, body }: Definition, caller: &Caller) -> Option<Saved> {
    let saved = body.as_object().cloned().unwrap_or_default();
    let folder = saved.get("folderId").and_then(Value::as_str).unwrap_or_default();
    (!folder.starts_with("005") || folder == caller.user_id).then_some((id, saved))
}

/// As [`find`], if the user may change and delete it: who made it may, and the
/// administrator.
pub(super) fn writable(
    engine: &Engine,
    caller: &Caller,
    administrator: &str,
    kind: Kind,
    id: &str,
) -> Result<Saved, ApiError> {
    let (id, saved) = find(engine, caller, kind, id)?;
    let owner = saved.get(OWNER).and_then(Value::as_str);
    if caller.user_id == administrator || owner == Some(caller.user_id.as_str()) {
        return Ok((id, saved));
    }
    Err(forbidden())
}

/// `DELETE`.
pub(super) async fn delete(
    kind: Kind,
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer {
    let administrator = org.admin.id.clone();
    on_engine(&org, move |engine| {
        let (id, _) = writable(engine, &caller, &administrator, kind, &id)?;
        engine.undefine(kind, &id)
    })
    .await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// The platform's metadata has no key for who made a report.
pub(super) fn without_owner(mut saved: Map<String, Value>) -> Map<String, Value> {
    saved.shift_remove(OWNER);
    saved
}
