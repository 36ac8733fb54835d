//! `/composite/tree/{object}`: new records with their children, all or none.

use std::collections::HashSet;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use super::{limit, list};
use crate::engine::{ApiError, Caller, Engine, ErrorItem, Relationship, Seen, Write};
use crate::server::exchange::{LockedRows, locked_item};
use crate::server::reply::error_item;
use crate::server::rest::body;
use crate::server::{Org, on_engine, reply};

const MAX_RECORDS: usize = 200;
const MAX_LEVELS: usize = 5;
const MAX_OBJECTS: usize = 5;

/// A record of the tree.
struct Leaf {
    object: String,
    reference: String,
    fields: Map<String, Value>,
    /// Its parent's place in the list, and the lookup that points there.
    parent: Option<(usize, String)>,
    /// What is wrong before anything is written.
    refused: Option<ErrorItem>,
}

/// A record as it was sent.
struct Unread {
    record: Value,
    /// As of a [`Leaf`].
    parent: Option<(usize, String)>,
    /// What its type must be.
    object: String,
}

pub(crate) async fn tree(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Path(object): Path<String>,
    locked: LockedRows,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let seen = org.engine.metadata(&caller);
    let object = seen.object_name(&object).ok_or_else(ApiError::not_found)?.to_owned();
    let roots = body::read(&headers, &body, |body| {
        body::only_keys(body, &["records"])?;
        list(body, "records")
    })?;
    let mut leaves = level_by_level(&seen, &object, roots)?;
    for (place, leaf) in leaves.iter_mut().enumerate() {
        if locked.holds(place) {
            leaf.refused = Some(locked_item(None));
        }
    }
    let references: Vec<String> = leaves.iter().map(|leaf| leaf.reference.clone()).collect();
    let ids = on_engine(&org, move |engine| Ok(insert(engine, &caller, leaves))).await?;
    let (status, results) = match ids {
        Ok(ids) => {
            let results = references.iter().zip(ids);
            let results =
                results.map(|(reference, id)| json!({ "referenceId": reference, "id": id }));
            (StatusCode::CREATED, results.collect::<Vec<_>>())
        }
        Err(Failed::Request(error)) => return Err(error),
        Err(Failed::Records(failed)) => (StatusCode::BAD_REQUEST, failed),
    };
    let has_errors = status != StatusCode::CREATED;
    let text = json!({ "hasErrors": has_errors, "results": results }).to_string();
    Ok(reply::json(status, text))
}

/// Why nothing was written.
enum Failed {
    Request(ApiError),
    /// The failed records with their errors.
    Records(Vec<Value>),
}

impl From<ApiError> for Failed {
    fn from(error: ApiError) -> Self {
        Self::Request(error)
    }
}

/// The ids of the new records.
fn insert(engine: &Engine, caller: &Caller, leaves: Vec<Leaf>) -> Result<Vec<String>, Failed> {
    engine.transaction(|| {
        let mut failed = Vec::new();
        let mut ids: Vec<Option<String>> = Vec::with_capacity(leaves.len());
        for leaf in leaves {
            let Leaf { object, reference, mut fields, parent, refused } = leaf;
            let result = match (refused, parent) {
                (Some(item), _) => Err(vec![item]),
                (None, Some((place, lookup))) => match ids.get(place) {
                    Some(Some(id)) => {
                        fields.insert(lookup, Value::from(id.as_str()));
                        Ok(())
                    }
                    // Its parent failed and says why.
                    _ => {
                        ids.push(None);
                        continue;
                    }
                },
                (None, None) => Ok(()),
            };
            let result = result.and_then(|()| {
                let write = Write::Create { object, fields };
                match engine.write(caller, &[write], true).pop() {
                    Some(Ok(written)) => Ok(written.id),
                    Some(Err(error)) => Err(error.items),
                    None => Err(Vec::new()),
                }
            });
            match result {
                Ok(id) => ids.push(Some(id)),
                Err(items) => {
                    let errors: Vec<Value> =
                        items.iter().map(|item| error_item(item, "statusCode")).collect();
                    failed.push(json!({ "referenceId": reference, "errors": errors }));
                    ids.push(None);
                }
            }
        }
        if failed.is_empty() {
            Ok(ids.into_iter().flatten().collect())
        } else {
            Err(Failed::Records(failed))
        }
    })
}

/// The records with the roots first, then their children, and so on: the order
/// of the results.
fn level_by_level(seen: &Seen, object: &str, roots: Vec<Value>) -> Result<Vec<Leaf>, ApiError> {
    let mut leaves: Vec<Leaf> = Vec::new();
    let mut references = HashSet::new();
    let mut level: Vec<Unread> = roots
        .into_iter()
        .map(|record| Unread { record, parent: None, object: object.to_owned() })
        .collect();
    for depth in 0.. {
        if level.is_empty() {
            break;
        }
        if depth >= MAX_LEVELS {
            return Err(limit(format!("A tree can have at most {MAX_LEVELS} levels of records")));
        }
        if leaves.len() + level.len() > MAX_RECORDS {
            return Err(limit(format!("A tree can have at most {MAX_RECORDS} records")));
        }
        let mut below = Vec::new();
        for Unread { record, parent, object: expected } in std::mem::take(&mut level) {
            let Value::Object(mut fields) = record else {
                return Err(body::misfit("record", &record));
            };
            let (object, reference, refused) =
                attributes(seen, &mut fields, &expected, &mut references);
            let place = leaves.len();
            take_children(seen, &object, &mut fields, place, &mut below)?;
            leaves.push(Leaf { object, reference, fields, parent, refused });
        }
        level = below;
    }
    let objects: HashSet<&str> = leaves.iter().map(|leaf| leaf.object.as_str()).collect();
    if objects.len() > MAX_OBJECTS {
        return Err(limit(format!("A tree can have at most {MAX_OBJECTS} types of records")));
    }
    Ok(leaves)
}

/// Object and reference id of a record, and what is wrong with them.
fn attributes(
    seen: &Seen,
    fields: &mut Map<String, Value>,
    expected: &str,
    references: &mut HashSet<String>,
) -> (String, String, Option<ErrorItem>) {
    let attributes = fields.shift_remove("attributes").unwrap_or_default();
    let text = |name: &str| attributes.get(name).and_then(Value::as_str).unwrap_or_default();
    let (kind, reference) = (text("type"), text("referenceId").to_owned());
    let refused = |message: String| Some(ErrorItem::on_row("INVALID_INPUT", message, [""; 0]));
    let object = seen.object_name(kind);
    let problem = if reference.is_empty() {
        refused("Include a reference ID for each record in the request.".to_owned())
    } else if !references.insert(reference.clone()) {
        refused("Duplicate ReferenceId provided in the request.".to_owned())
    } else if object != Some(expected) {
        refused(format!("The record must be of type {expected}, not '{kind}'"))
    } else {
        None
    };
    (object.unwrap_or(expected).to_owned(), reference, problem)
}

/// Moves the child sets of a record to the next level.
fn take_children(
    seen: &Seen,
    object: &str,
    fields: &mut Map<String, Value>,
    place: usize,
    below: &mut Vec<Unread>,
) -> Result<(), ApiError> {
    let names: Vec<String> = fields
        .iter()
        .filter(|(_, value)| value.get("records").is_some())
        .map(|(name, _)| name.clone())
        .collect();
    for name in names {
        let Some(Relationship::Children { object, field }) = seen.relationship(object, &name)
        else {
            // The write refuses a field that does not exist.
            continue;
        };
        match fields.shift_remove(&name).as_mut().and_then(|set| set.get_mut("records")) {
            Some(Value::Array(records)) => {
                below.extend(std::mem::take(records).into_iter().map(|record| Unread {
                    record,
                    parent: Some((place, field.to_owned())),
                    object: object.to_owned(),
                }));
            }
            Some(other) => return Err(body::misfit("list of records", other)),
            None => {}
        }
    }
    Ok(())
}
