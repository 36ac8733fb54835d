//! One line per operation: actions, approvals, Apex, trees.

use serde::Serialize;

use crate::ops::actions::{ActionRef, ActionResult, InvokeAction};
use crate::ops::approvals::{ApprovalResult, ApprovalStep, Approve};
use crate::ops::external_id::DeleteByExternalId;
use crate::ops::tree::{Tree, TreeIds};
use crate::{Client, Error};

/// # Errors
/// All calls fail as [`Client::send`] does.
impl Client {
    /// Creates records with their children, all or none.
    pub async fn create_tree(&self, tree: &Tree) -> Result<TreeIds, Error> {
        self.send(tree).await
    }

    /// Deletes the record whose external id field has this value.
    pub async fn delete_by_external_id(
        &self,
        object: &str,
        field: &str,
        value: &str,
    ) -> Result<(), Error> {
        self.send(&DeleteByExternalId::new(object, field, value)).await
    }

    /// Executes an action once per input, with one result per input in order.
    pub async fn invoke(
        &self,
        action: ActionRef,
        inputs: &[impl Serialize + Sync],
    ) -> Result<Vec<ActionResult>, Error> {
        let invoke = InvokeAction::new(action, inputs)?;
        self.send(&invoke).await
    }

    /// Submits, approves or rejects, with one result per step in order.
    pub async fn approve(&self, steps: &[ApprovalStep]) -> Result<Vec<ApprovalResult>, Error> {
        self.send(&Approve::new(steps)).await
    }
}
