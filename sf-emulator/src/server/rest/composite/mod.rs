//! Several requests in one: composite, batch, tree, graph.

mod batch;
mod graph;
mod reference;
mod tree;

pub(crate) use batch::batch;
pub(crate) use graph::graph;
pub(crate) use tree::tree;

use std::collections::HashSet;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value};

use self::reference::Results;
use super::body;
use super::sub::{Answer, Runner, Sub};
use crate::engine::{ApiError, Caller, ErrorItem, Step};
use crate::server::transaction::{Verdict, transact};
use crate::server::{Org, reply};

const MAX_SUBREQUESTS: usize = 25;
/// Of them queries and collections.
const MAX_QUERIES: usize = 5;

/// One subrequest as it was sent.
struct Node {
    method: String,
    url: String,
    id: String,
    headers: Option<Map<String, Value>>,
    body: Option<Value>,
}

/// One subrequest as it was answered.
struct Item {
    id: String,
    answer: Answer,
}

/// `POST /composite`.
pub(crate) async fn composite(
    State(org): State<Arc<Org>>,
    runner: Runner,
    body: Bytes,
) -> Result<Response, ApiError> {
    let (all_or_none, nodes) = body::read(&runner.headers, &body, read)?;
    check_limits(&nodes)?;
    let strict = reference::is_strict(&runner.caller.version);
    if strict {
        check_references(&nodes)?;
    }
    let items = if all_or_none {
        in_transaction(&org, &runner, &nodes, strict).await?.0
    } else {
        one_by_one(&runner, &nodes, strict).await
    };
    Ok(reply::json(StatusCode::OK, response_text(&items)))
}

/// `allOrNone` and the subrequests.
fn read(body: &mut Map<String, Value>) -> Result<(bool, Vec<Node>), ApiError> {
    body::only_keys(body, &["allOrNone", "collateSubrequests", "compositeRequest"])?;
    body::flag(body, "collateSubrequests")?;
    Ok((body::flag(body, "allOrNone")?, Node::list(body)?))
}

/// `GET /composite`: the resources below it.
pub(crate) async fn list_resources(Extension(caller): Extension<Caller>) -> Response {
    let base = format!("/services/data/v{}/composite", caller.version);
    let names = ["tree", "batch", "sobjects", "graph"];
    let map = names.map(|name| (name.to_owned(), Value::from(format!("{base}/{name}"))));
    reply::ok(&Value::Object(map.into_iter().collect()))
}

/// Every subrequest by itself.
async fn one_by_one(runner: &Runner, nodes: &[Node], strict: bool) -> Vec<Item> {
    let mut results = Results::new(strict);
    let mut items = Vec::with_capacity(nodes.len());
    for (place, node) in nodes.iter().enumerate() {
        items.push(node.run(runner, place, &mut results).await);
    }
    items
}

/// All subrequests or none; the flag tells which.
async fn in_transaction(
    org: &Arc<Org>,
    runner: &Runner,
    nodes: &[Node],
    strict: bool,
) -> Result<(Vec<Item>, bool), ApiError> {
    let work = async {
        let mut results = Results::new(strict);
        let mut items = Vec::with_capacity(nodes.len());
        for (place, node) in nodes.iter().enumerate() {
            let item = node.run(runner, place, &mut results).await;
            let failed = item.answer.failed();
            items.push(item);
            if failed {
                return ((halted_around(nodes, items), false), Verdict::Undo);
            }
        }
        ((items, true), Verdict::Keep)
    };
    transact(org, work).await
}

/// The last item with its own error, every other as rolled back.
fn halted_around(nodes: &[Node], mut items: Vec<Item>) -> Vec<Item> {
    let failed = items.pop();
    let place = items.len();
    let mut all: Vec<Item> =
        nodes.iter().map(|node| Item { id: node.id.clone(), answer: halted() }).collect();
    if let (Some(failed), Some(slot)) = (failed, all.get_mut(place)) {
        *slot = failed;
    }
    all
}

fn halted() -> Answer {
    let message =
        "The transaction was rolled back since another operation in the same transaction failed.";
    Answer::refused(&ApiError::bad_request("PROCESSING_HALTED", message))
}

impl Node {
    /// The `compositeRequest` of a composite or of a graph.
    fn list(body: &mut Map<String, Value>) -> Result<Vec<Self>, ApiError> {
        each(body, "compositeRequest", Self::read)
    }

    fn read(value: Value) -> Result<Self, ApiError> {
        let Value::Object(mut map) = value else {
            return Err(body::misfit("subrequest", &value));
        };
        body::only_keys(&map, &["method", "url", "referenceId", "httpHeaders", "body"])?;
        Ok(Self {
            method: text(&mut map, "method")?,
            url: text(&mut map, "url")?,
            id: text(&mut map, "referenceId")?,
            headers: match map.shift_remove("httpHeaders") {
                Some(Value::Object(headers)) => Some(headers),
                None | Some(Value::Null) => None,
                Some(other) => {
                    let at = Step::Key("httpHeaders".to_owned());
                    return Err(body::misfit("map of headers", &other).within(&at));
                }
            },
            body: map.shift_remove("body").filter(|body| !body.is_null()),
        })
    }

    async fn run(&self, runner: &Runner, place: usize, results: &mut Results) -> Item {
        let answer = match self.resolved(place, results) {
            Ok(sub) => runner.run(sub).await,
            Err(error) => Answer::refused(&error),
        };
        let body =
            (!answer.failed()).then(|| serde_json::from_str(&answer.body).unwrap_or(Value::Null));
        results.add(&self.id, body);
        Item { id: self.id.clone(), answer }
    }

    fn resolved(&self, place: usize, results: &Results) -> Result<Sub<'_>, ApiError> {
        Ok(Sub {
            place,
            method: &self.method,
            url: results.resolve_text(&self.url)?,
            headers: self.headers.as_ref(),
            body: self.body.as_ref().map(|body| results.resolve(body)).transpose()?,
        })
    }

    /// The reference ids that its URL and body name.
    fn named(&self) -> Vec<String> {
        let mut named = Vec::new();
        reference::names(&Value::from(self.url.as_str()), &mut named);
        self.body.iter().for_each(|body| reference::names(body, &mut named));
        named
    }

    /// Its path below the version, without the query.
    fn path(&self) -> &str {
        let path = self.url.split('?').next().unwrap_or_default();
        let below = path.strip_prefix("/services/data/").and_then(|path| path.split_once('/'));
        below.map_or("", |(_, below)| below)
    }
}

fn check_limits(nodes: &[Node]) -> Result<(), ApiError> {
    if nodes.len() > MAX_SUBREQUESTS {
        return Err(limit(format!(
            "A composite request can have at most {MAX_SUBREQUESTS} subrequests; this one has {}",
            nodes.len()
        )));
    }
    let counts = |node: &&Node| {
        let mut parts = node.path().split('/');
        matches!(
            (parts.next(), parts.next()),
            (Some("query" | "queryAll"), _) | (Some("composite"), Some("sobjects"))
        )
    };
    let queries = nodes.iter().filter(counts).count();
    if queries > MAX_QUERIES {
        return Err(limit(format!(
            "A composite request can have at most {MAX_QUERIES} queries and collections; this one has {queries}"
        )));
    }
    Ok(())
}

fn limit(message: String) -> ApiError {
    ApiError::bad_request("LIMIT_EXCEEDED", message)
}

/// Ids that are well formed and unique, references to ids that stand before.
fn check_references(nodes: &[Node]) -> Result<(), ApiError> {
    let mut known: HashSet<&str> = HashSet::new();
    for node in nodes {
        let id = node.id.as_str();
        if !reference::is_valid_id(id) {
            let message = format!(
                "Provided referenceId ('{id}') must start with a letter or a number, and it can contain only letters, numbers and underscores ('_')."
            );
            return Err(ApiError::bad_request("INVALID_INPUT", message));
        }
        let named = node.named();
        if let Some(unknown) = named.iter().find(|name| !known.contains(name.as_str())) {
            let message = format!(
                "Invalid reference specified. No referenceId {unknown} before the subrequest {id}."
            );
            return Err(ApiError::bad_request("INVALID_INPUT", message));
        }
        if !known.insert(id) {
            let message = format!("The referenceId {id} is used more than once.");
            return Err(ApiError::bad_request("INVALID_INPUT", message));
        }
    }
    Ok(())
}

/// `{"compositeResponse":[…]}`; written as text, the bodies are finished JSON.
fn response_text(items: &[Item]) -> String {
    let items: Vec<String> = items
        .iter()
        .map(|Item { id, answer }| {
            format!(
                r#"{{"body":{},"httpHeaders":{},"httpStatusCode":{},"referenceId":{}}}"#,
                answer.body,
                Value::Object(answer.headers.clone()),
                answer.status.as_u16(),
                Value::from(id.as_str()),
            )
        })
        .collect();
    format!(r#"{{"compositeResponse":[{}]}}"#, items.join(","))
}

/// A list that must be there and have an item.
fn list(body: &mut Map<String, Value>, name: &str) -> Result<Vec<Value>, ApiError> {
    match body.shift_remove(name) {
        Some(Value::Array(items)) if !items.is_empty() => Ok(items),
        None | Some(Value::Null | Value::Array(_)) => Err(missing(name)),
        Some(other) => Err(body::misfit("list", &other).within(&Step::Key(name.to_owned()))),
    }
}

/// As [`list`], each item read.
fn each<T>(
    body: &mut Map<String, Value>,
    name: &str,
    read: impl Fn(Value) -> Result<T, ApiError>,
) -> Result<Vec<T>, ApiError> {
    let items = list(body, name)?.into_iter().enumerate();
    let at = |place| [Step::Index(place), Step::Key(name.to_owned())];
    items
        .map(|(place, item)| {
            let inside = |error| at(place).iter().fold(error, ApiError::within);
            read(item).map_err(inside)
        })
        .collect()
}

/// A text that must be there.
fn text(map: &mut Map<String, Value>, name: &str) -> Result<String, ApiError> {
    match map.shift_remove(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        None | Some(Value::Null | Value::String(_)) => Err(missing(name)),
        Some(other) => Err(body::misfit("string", &other).within(&Step::Key(name.to_owned()))),
    }
}

fn missing(name: &str) -> ApiError {
    ApiError::new(
        400,
        ErrorItem::new("REQUIRED_FIELD_MISSING", format!("Required fields are missing: [{name}]")),
    )
}
