//! Records that refer to each other by alias, in the order in which they can be written.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sf_rest::Id;

use super::change::{Action, Change, Row};
use crate::Values;

/// Most levels of records that refer to records of the level above (REST API Developer Guide,
/// Composite Graph Limits).
pub(crate) const DEPTH: usize = 15;

/// Most different objects of one graph (the same).
pub(crate) const OBJECTS: usize = 15;

/// Records that are written together, all or none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tree {
    /// In an order in which each stands after those it refers to.
    pub(crate) nodes: Vec<Node>,
}

/// One record of a tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Node {
    /// Its place in the call.
    pub(crate) at: usize,
    /// What others call it: `@acme`.
    pub(crate) alias: Option<String>,
    /// API name.
    pub(crate) object: String,
    /// The record, if it exists.
    pub(crate) id: Option<Id>,
    /// Values that are known.
    pub(crate) values: Values,
    /// Fields that get the id of another record of the tree: field, and its place in the call.
    pub(crate) references: Vec<(String, usize)>,
    /// When the record was changed last, as the plan saw it.
    pub(crate) seen: Option<Timestamp>,
}

impl Node {
    pub(crate) fn action(&self) -> Action {
        if self.id.is_some() { Action::Update } else { Action::Create }
    }

    /// Whether there is anything to write: an existing record may only be there to be referred to.
    pub(crate) fn is_written(&self) -> bool {
        self.id.is_none() || !self.values.is_empty() || !self.references.is_empty()
    }

    /// What is written, with aliases where ids are not known yet.
    pub(crate) fn row(&self, tree: &[Node]) -> Row {
        let mut values = self.values.clone();
        for (field, at) in &self.references {
            let target = tree.iter().find(|node| node.at == *at);
            let text = match target {
                Some(Node { id: Some(id), .. }) => id.to_string(),
                Some(Node { alias: Some(alias), .. }) => alias.clone(),
                _ => format!("records[{at}]"),
            };
            values.insert(field.clone(), Value::String(text));
        }
        Row { id: self.id, values, seen: self.seen }
    }
}

/// Puts each node after those it refers to; the places of a circle if there is one.
pub(crate) fn ordered(nodes: Vec<Node>) -> Result<Tree, Vec<usize>> {
    let mut done: BTreeSet<usize> = BTreeSet::new();
    let (mut order, mut waiting) = (Vec::with_capacity(nodes.len()), nodes);
    while !waiting.is_empty() {
        let is_ready = |node: &Node| node.references.iter().all(|(_, at)| done.contains(at));
        let (ready, rest): (Vec<Node>, Vec<Node>) = waiting.into_iter().partition(is_ready);
        if ready.is_empty() {
            return Err(rest.iter().map(|node| node.at).collect());
        }
        done.extend(ready.iter().map(|node| node.at));
        order.extend(ready);
        waiting = rest;
    }
    Ok(Tree { nodes: order })
}

impl Tree {
    /// How many levels of new records there are.
    pub(crate) fn depth(&self) -> usize {
        let mut levels: HashMap<usize, usize> = HashMap::new();
        for node in &self.nodes {
            let above = node.references.iter().filter_map(|(_, at)| levels.get(at)).max();
            levels.insert(node.at, above.map_or(1, |level| level + 1));
        }
        levels.into_values().max().unwrap_or(0)
    }

    /// The nodes that are written, as changes of one object and one action each, with the places
    /// of their rows among the nodes.
    pub(crate) fn changes(&self) -> Vec<(Change, Vec<usize>)> {
        let mut changes: Vec<(Change, Vec<usize>)> = Vec::new();
        for (place, node) in self.nodes.iter().enumerate().filter(|(_, node)| node.is_written()) {
            let (action, row) = (node.action(), node.row(&self.nodes));
            let known = changes
                .iter_mut()
                .find(|(change, _)| change.action == action && change.object == node.object);
            if let Some((change, places)) = known {
                change.rows.push(row);
                places.push(place);
                continue;
            }
            let (object, rows) = (node.object.clone(), vec![row]);
            let change = Change { action, object, key: None, all_or_none: true, rows };
            changes.push((change, vec![place]));
        }
        changes
    }

    /// How many different objects are written.
    pub(crate) fn objects(&self) -> usize {
        let names = self.nodes.iter().filter(|n| n.is_written()).map(|n| n.object.as_str());
        names.collect::<BTreeSet<_>>().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(at: usize, above: &[usize]) -> Node {
        let references = above.iter().map(|at| (format!("F{at}"), *at)).collect();
        let (alias, id, seen) = (None, None, None);
        Node { at, alias, object: "X".to_owned(), id, values: Values::new(), references, seen }
    }

    #[test]
    fn each_stands_after_those_it_refers_to() {
        let tree =
            ordered(vec![node(0, &[2]), node(1, &[]), node(2, &[3]), node(3, &[1])]).unwrap();
        let order: Vec<usize> = tree.nodes.iter().map(|node| node.at).collect();
        assert_eq!(order, [1, 3, 2, 0]);
        assert_eq!((tree.depth(), tree.objects()), (4, 1));
        assert_eq!(ordered(vec![node(0, &[1]), node(1, &[0]), node(2, &[])]).unwrap_err(), [0, 1]);
        assert_eq!(ordered(vec![node(0, &[0])]).unwrap_err(), [0]);
    }
}
