//! Saving a tree of records, and telling what came of it.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::verify::{self, Check};
use super::write::{refusals, refused};
use crate::contract::class_of;
use crate::org::NodeResult;
use crate::prepare::{How, Node, Tree, value};
use crate::{CallContext, ErrorClass, Org, ToolError, Values};

/// What came of a tree.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Saved {
    /// Ids by alias.
    ids: HashMap<String, String>,
    /// One per record, in the order given.
    results: Vec<SavedNode>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(inline)]
struct SavedNode {
    /// created, updated, or unchanged (only referred to).
    outcome: &'static str,
    /// The record's id.
    id: String,
}

/// Saves a tree: all of it, or an error.
pub(super) async fn save(
    cx: &CallContext,
    org: &Org,
    tree: Tree,
    how: How,
) -> Result<Saved, ToolError> {
    let told = check(org, &tree, false).await?;
    let logged = check(org, &tree, true).await?;
    match org.save_tree(cx, tree.clone(), logged.as_ref(), how).await {
        Ok(results) => outcome(&tree, &results),
        Err(error) if error.class == ErrorClass::OutcomeUnknown && error.next.is_none() => {
            Err(unknown(told))
        }
        Err(error) => Err(error),
    }
}

/// The call that tells whether it happened, without what must not be in the log if `logged`. All or
/// nothing: one record tells of all.
async fn check(org: &Org, tree: &Tree, logged: bool) -> Result<Option<Check>, ToolError> {
    let mut best: Option<(bool, usize, Check)> = None;
    for node in tree.nodes.iter().filter(|node| node.is_written()) {
        let object = org.object(&node.object).await?;
        let values: Values =
            if logged { org.loggable(&object, &node.values) } else { node.values.clone() };
        if let Some(id) = node.id {
            if best.is_none() {
                let names = values.keys().map(String::as_str);
                best = Some((false, 0, verify::by_ids(&object, &[id], names)));
            }
            continue;
        }
        // What was created is recognised by values of its own, best by a key.
        let unique = object.fields.iter().any(|f| f.unique && value(&values, &f.name).is_some());
        let rank = (unique, values.len().max(1));
        if best.as_ref().is_none_or(|(u, n, _)| rank > (*u, *n)) {
            best = Some((rank.0, rank.1, verify::created(&object, &[&values])));
        }
    }
    Ok(best.map(|(_, _, check)| check))
}

fn outcome(tree: &Tree, results: &[NodeResult]) -> Result<Saved, ToolError> {
    let mut nodes: Vec<(&Node, &NodeResult)> = tree.nodes.iter().zip(results).collect();
    nodes.sort_by_key(|(node, _)| node.at);
    if nodes.iter().any(|(_, result)| result.is_err()) {
        let errors = nodes.iter().filter_map(|(_, result)| result.as_ref().err()).flatten();
        let class = class_of(errors.map(|e| e.code.as_str()), 400);
        let problems = nodes.iter().flat_map(|(node, result)| {
            let place = match &node.alias {
                Some(alias) => format!("records[{}] ({alias})", node.at),
                None => format!("records[{}]", node.at),
            };
            refusals(&place, result.as_ref().err().map_or(&[], Vec::as_slice))
        });
        return Err(refused(class, "save", problems.collect()));
    }
    let mut saved = Saved::default();
    for (node, result) in nodes {
        let Ok(id) = result else { continue };
        if let Some(alias) = &node.alias {
            saved.ids.insert(alias.clone(), id.to_string());
        }
        let outcome = if node.is_written() { node.action().done() } else { "unchanged" };
        saved.results.push(SavedNode { outcome, id: id.to_string() });
    }
    Ok(saved)
}

fn unknown(check: Option<Check>) -> ToolError {
    let error = ToolError::outcome_unknown(
        "The records were sent and the answer was lost: all of them are saved, or none. Make the call \
         in next first: it looks for one of them (rows created just now, by CreatedDate, are yours; \
         for a change compare the values). Repeat this call only if it is not there.",
    );
    match check {
        Some(check) => error.with_next(check.call),
        None => error,
    }
}
