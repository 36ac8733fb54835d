//! Writing a tree of records: all of them or none.

use std::collections::HashMap;
use std::sync::Arc;

use sf_rest::ops::graph::{Graph, Graphs};
use sf_rest::ops::records::{CreateRecord, UpdateRecord};
use sf_rest::{ApiError, Error, Handle, Id};

use super::Org;
use super::permit_change::PermittedWrite;
use crate::audit::{Intent, Outcome, RecordOutcome};
use crate::prepare::{
    Action, Found, Guard, How, Node, Tree, one, record_change, summed, unanswered, unsigned,
};
use crate::tools::verify::Check;
use crate::{CallContext, Effect, ToolError};

/// What came of a node: its id, or the platform's errors.
pub(crate) type NodeResult = Result<Id, Vec<ApiError>>;

/// A node that was put into a graph.
enum Written {
    Created(Handle<CreateRecord>),
    Updated(Handle<UpdateRecord>, Id),
    /// An existing record that is only referred to.
    Known(Id),
}

impl Org {
    /// Writes the records of a tree as one transaction. Gives an outcome for each node, in the order
    /// of the tree; if one is an error, nothing was written.
    pub(crate) async fn save_tree(
        &self,
        cx: &CallContext,
        tree: Tree,
        check: Option<&Check>,
        how: How,
    ) -> Result<Vec<NodeResult>, ToolError> {
        let mut effects: Vec<Effect> = tree
            .nodes
            .iter()
            .filter(|node| node.is_written())
            .flat_map(|node| node.action().effects())
            .copied()
            .collect();
        effects.sort_unstable();
        effects.dedup();
        let rows = tree.nodes.iter().filter(|node| node.is_written()).count();
        let approved = self.clear(cx, &effects, rows, &how).await?;
        let PermittedWrite { write: tree, secrets } = self.permit_tree(tree).await?;
        let mut intent = None;
        let mut present = Vec::new();
        if self.log().is_some() || how.guard != Guard::None {
            present = self.tree_present(cx, &tree, how.guard).await?;
        }
        if self.log().is_some() {
            let mut announced = self.announced_tree(&tree, &present, check).await?;
            self.sign(cx, &mut announced, &how, &effects, approved).await?;
            intent = Some(announced);
        }
        if cx.cancellation().is_cancelled() {
            return Err(ToolError::cancelled());
        }
        self.count_writes(cx, rows)?;
        let (org, tree) = (self.clone(), Arc::new(tree));
        self.logged(intent, async move {
            how.begin();
            let results = org.send_tree(&tree).await;
            let outcome = reported(&tree, &results);
            let results = match results {
                Ok(results) => Ok(org.nodes_to_show(&tree, results, &secrets)),
                Err(error) => Err(org.failed(&error, None, &secrets)),
            };
            (results, outcome)
        })
        .await
    }

    /// The one place from which a tree is written.
    async fn send_tree(&self, tree: &Tree) -> Result<Vec<NodeResult>, Error> {
        let client = &self.inner.client;
        let mut graph = Graph::new();
        let mut written: HashMap<usize, Written> = HashMap::new();
        for node in &tree.nodes {
            let object = node.object.as_str();
            let done = match node.id {
                Some(id) if !node.is_written() => Written::Known(id),
                Some(id) => {
                    let mut update = UpdateRecord::new(object, id, &known(node, &written))?;
                    for (field, at) in &node.references {
                        if let Some(Written::Created(parent)) = written.get(at) {
                            update = update.with_reference(field.as_str(), &parent.id())?;
                        }
                    }
                    Written::Updated(graph.add(update)?, id)
                }
                None => {
                    let mut create = CreateRecord::new(object, &known(node, &written))?;
                    for (field, at) in &node.references {
                        if let Some(Written::Created(parent)) = written.get(at) {
                            create = create.with_reference(field.as_str(), &parent.id())?;
                        }
                    }
                    Written::Created(graph.add(create)?)
                }
            };
            written.insert(node.at, done);
        }
        let answers = client.send(&Graphs::new(client.version(), vec![graph])).await?;
        let kept = answers.is_success();
        let mut results = Vec::with_capacity(tree.nodes.len());
        for node in &tree.nodes {
            let answer = match written.get(&node.at) {
                Some(Written::Created(handle)) => answers.get(handle),
                Some(Written::Updated(handle, id)) => answers.get(handle).map(|()| *id),
                Some(Written::Known(id)) => Ok(*id),
                None => continue,
            };
            results.push(match answer {
                Ok(id) => Ok(id),
                // Undone for the sake of another one, whose errors are told.
                Err(Error::Halted { .. }) => Err(Vec::new()),
                Err(error @ Error::Api { .. }) => Err(error.api_errors().to_vec()),
                Err(error) => return Err(error),
            });
        }
        if !kept && results.iter().all(Result::is_ok) {
            // Contradicts itself; whatever it means, nothing can be said to be written.
            return Err(Error::OutcomeUnknown {
                operation: "POST composite/graph".to_owned(),
                check: "Look for the records".to_owned(),
                source: Box::new(Error::InvalidRequest {
                    reason: "the graph failed and none of its nodes did".to_owned(),
                }),
            });
        }
        Ok(results)
    }

    fn nodes_to_show(
        &self,
        tree: &Tree,
        results: Vec<NodeResult>,
        secrets: &[String],
    ) -> Vec<NodeResult> {
        let show = |(node, result): (&Node, NodeResult)| {
            result.map_err(|errors| self.errors_to_show(&node.object, errors, secrets))
        };
        tree.nodes.iter().zip(results).map(show).collect()
    }

    async fn announced_tree(
        &self,
        tree: &Tree,
        present: &[Option<Found>],
        check: Option<&Check>,
    ) -> Result<Intent, ToolError> {
        let mut records = Vec::new();
        for (node, found) in tree.nodes.iter().zip(present).filter(|(node, _)| node.is_written()) {
            let (row, verb) = (node.row(&tree.nodes), node.action().verb());
            let object = self.object(&node.object).await?;
            records.push(record_change(self, &object, verb, &row, found.as_ref()));
        }
        let check = check.and_then(Check::soql).map(str::to_owned);
        Ok(Intent { all_or_none: true, check, ..unsigned(records) })
    }

    /// The existing records of a tree as they are, one for each node, if they are as `guard` wants
    /// them.
    pub(crate) async fn tree_present(
        &self,
        cx: &CallContext,
        tree: &Tree,
        guard: Guard,
    ) -> Result<Vec<Option<Found>>, ToolError> {
        let mut found = vec![None; tree.nodes.len()];
        for (change, places) in tree.changes() {
            if change.action != Action::Update {
                continue;
            }
            let object = self.object(&change.object).await?;
            let present = cx.unless_cancelled(self.present(&object, &change, false)).await?;
            guard.holds(&change, &present, |row| tree.nodes[places[row]].at)?;
            for (row, place) in places.into_iter().enumerate() {
                found[place] = present.of(&change, row).cloned();
            }
        }
        Ok(found)
    }
}

/// The values of a node that are known, among them the ids of existing records it refers to.
fn known(node: &Node, written: &HashMap<usize, Written>) -> crate::Values {
    let mut values = node.values.clone();
    for (field, at) in &node.references {
        if let Some(Written::Known(id) | Written::Updated(_, id)) = written.get(at) {
            values.insert(field.clone(), id.to_string().into());
        }
    }
    values
}

fn reported(tree: &Tree, results: &Result<Vec<NodeResult>, Error>) -> Outcome {
    summed(match results {
        Ok(results) => {
            let kept = results.iter().all(Result::is_ok);
            let pairs = tree.nodes.iter().zip(results).filter(|(node, _)| node.is_written());
            let record = |(node, result): (&Node, &NodeResult)| match result {
                Ok(id) if kept => RecordOutcome {
                    outcome: node.action().done().to_owned(),
                    id: Some(id.to_string()),
                    ..RecordOutcome::default()
                },
                result => one("failed", result.as_ref().err().map_or(&[], Vec::as_slice)),
            };
            pairs.map(record).collect()
        }
        Err(error) => unanswered(error, tree.nodes.iter().filter(|node| node.is_written()).count()),
    })
}
