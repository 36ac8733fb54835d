//! `/composite/graph`: composites side by side, each a transaction of its own.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;

use super::{
    Item, Node, check_references, each, halted, in_transaction, limit, response_text, text,
};
use crate::engine::ApiError;
use crate::server::rest::body;
use crate::server::rest::sub::Runner;
use crate::server::{Org, reply};

const MAX_GRAPHS: usize = 75;
/// Of all graphs together.
const MAX_NODES: usize = 500;
/// Different objects in one graph.
const MAX_OBJECTS: usize = 15;
/// Nodes that refer to one another, one after the other.
const MAX_DEPTH: usize = 15;
/// After this many failed graphs the others are not tried.
const MAX_FAILED: usize = 14;
const METHODS: [&str; 4] = ["POST", "GET", "PATCH", "DELETE"];

pub(crate) async fn graph(
    State(org): State<Arc<Org>>,
    runner: Runner,
    body: Bytes,
) -> Result<Response, ApiError> {
    let graphs = body::read(&runner.headers, &body, |body| {
        body::only_keys(body, &["graphs"])?;
        each(body, "graphs", read)
    })?;
    check(&graphs)?;
    let mut failed = 0;
    let mut answered = Vec::with_capacity(graphs.len());
    for (id, nodes) in &graphs {
        let (items, successful) = if failed >= MAX_FAILED {
            (nodes.iter().map(|n| Item { id: n.id.clone(), answer: halted() }).collect(), false)
        } else {
            in_transaction(&org, &runner, nodes, true).await?
        };
        failed += usize::from(!successful);
        answered.push(format!(
            r#"{{"graphId":{},"graphResponse":{},"isSuccessful":{successful}}}"#,
            Value::from(id.as_str()),
            response_text(&items),
        ));
    }
    Ok(reply::json(StatusCode::OK, format!(r#"{{"graphs":[{}]}}"#, answered.join(","))))
}

fn read(value: Value) -> Result<(String, Vec<Node>), ApiError> {
    let Value::Object(mut map) = value else {
        return Err(body::misfit("graph", &value));
    };
    body::only_keys(&map, &["graphId", "compositeRequest"])?;
    Ok((text(&mut map, "graphId")?, Node::list(&mut map)?))
}

fn check(graphs: &[(String, Vec<Node>)]) -> Result<(), ApiError> {
    if graphs.len() > MAX_GRAPHS {
        return Err(limit(format!(
            "A request can have at most {MAX_GRAPHS} graphs; this one has {}",
            graphs.len()
        )));
    }
    let count: usize = graphs.iter().map(|(_, nodes)| nodes.len()).sum();
    if count > MAX_NODES {
        return Err(limit(format!(
            "The graphs of a request can have at most {MAX_NODES} nodes; this one has {count}"
        )));
    }
    for (at, (id, nodes)) in graphs.iter().enumerate() {
        if !id.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            let message = format!("The graphId ('{id}') must start with a letter or a number.");
            return Err(ApiError::bad_request("INVALID_INPUT", message));
        }
        if graphs.iter().take(at).any(|(earlier, _)| earlier == id) {
            let message = format!("The graphId {id} is used more than once.");
            return Err(ApiError::bad_request("INVALID_INPUT", message));
        }
        check_references(nodes)?;
        if depth(nodes) > MAX_DEPTH {
            return Err(limit(format!(
                "A graph can be at most {MAX_DEPTH} nodes deep; graph {id} is deeper"
            )));
        }
        let objects: HashSet<String> = nodes
            .iter()
            .filter_map(|node| node.path().split('/').nth(1))
            .map(str::to_ascii_lowercase)
            .collect();
        if objects.len() > MAX_OBJECTS {
            return Err(limit(format!(
                "A graph can have at most {MAX_OBJECTS} types of records; graph {id} has {}",
                objects.len()
            )));
        }
        if let Some(node) = nodes.iter().find(|node| !is_row(node)) {
            let message = format!(
                "A graph can hold rows of sObjects alone: {} {} is not allowed",
                node.method, node.url
            );
            return Err(ApiError::bad_request("INVALID_INPUT", message));
        }
    }
    Ok(())
}

/// How many nodes stand on one another by their references. A reference names an
/// earlier node.
fn depth(nodes: &[Node]) -> usize {
    let mut depths: HashMap<&str, usize> = HashMap::new();
    for node in nodes {
        let below = node.named().iter().filter_map(|id| depths.get(id.as_str()).copied()).max();
        depths.insert(&node.id, below.unwrap_or(0) + 1);
    }
    depths.into_values().max().unwrap_or(0)
}

/// `/sobjects/X`, `/sobjects/X/{id}` or `/sobjects/X/{field}/{value}`.
fn is_row(node: &Node) -> bool {
    let mut parts = node.path().trim_end_matches('/').split('/');
    let depth = parts.clone().count();
    METHODS.contains(&node.method.to_ascii_uppercase().as_str())
        && parts.next() == Some("sobjects")
        && (2..=4).contains(&depth)
        && parts.nth(1) != Some("describe")
}
