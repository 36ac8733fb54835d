//! Writes as values through the policy: every write of records passes here before it is sent or
//! shown.

use sf_rest::{ApiError, Id, SaveResult};

use super::{Org, Values};
use crate::policy::Access;
use crate::prepare::{Action, Change, Tree};
use crate::{CallContext, ErrorClass, Problem, ToolError};

/// Why a value is not shown that may be written and not read.
const UNREADABLE: &str = "not readable here";

/// A write that the policy permits.
pub(crate) struct PermittedWrite<T> {
    /// With values in the place of tokens.
    pub(crate) write: T,
    /// What the tokens stand for, which no answer may repeat.
    pub(crate) secrets: Vec<String>,
}

impl Org {
    /// The change as it may be sent.
    ///
    /// # Errors
    /// Everything of it that the policy does not permit.
    pub(crate) async fn permit_change(
        &self,
        mut change: Change,
    ) -> Result<PermittedWrite<Change>, ToolError> {
        let mut secrets = Vec::new();
        if self.inner.guard.is_none() {
            return Ok(PermittedWrite { write: change, secrets });
        }
        let keys = self.take_keys(&mut change);
        let object = change.object.as_str();
        let values = || change.rows.iter().map(|row| row.values.clone()).collect::<Vec<_>>();
        let permitted = match change.action {
            Action::Create => self.permit_create(object, &values()).await?,
            Action::Upsert => {
                let key = change.key.as_deref().unwrap_or_default();
                self.permit_upsert(object, key, &values()).await?
            }
            Action::Update => {
                let rows = change.rows.iter().map(|row| Some((row.id?, row.values.clone())));
                let rows: Vec<(Id, Values)> = rows.collect::<Option<_>>().ok_or_else(without_id)?;
                let permitted = self.permit_update(object, &rows).await?;
                permitted.into_iter().map(|(_, values)| values).collect()
            }
            Action::Delete => {
                if change.rows.iter().any(|row| row.id.is_none()) {
                    return Err(without_id());
                }
                self.permit_delete(object, &change.ids()).await?;
                values()
            }
        };
        for ((row, permitted), key) in change.rows.iter_mut().zip(permitted).zip(keys) {
            resolved(&row.values, &permitted, &mut secrets);
            row.values = permitted;
            row.values.extend(key);
        }
        Ok(PermittedWrite { write: change, secrets })
    }

    /// The records of a tree as they may be sent.
    ///
    /// # Errors
    /// As [`permit_change`](Self::permit_change).
    pub(crate) async fn permit_tree(
        &self,
        mut tree: Tree,
    ) -> Result<PermittedWrite<Tree>, ToolError> {
        let mut secrets = Vec::new();
        if self.inner.guard.is_none() {
            return Ok(PermittedWrite { write: tree, secrets });
        }
        for (change, places) in tree.changes() {
            let permitted = self.permit_change(change).await;
            let permitted = permitted.map_err(|error| placed(error, &tree, &places))?;
            secrets.extend(permitted.secrets);
            for (row, place) in permitted.write.rows.into_iter().zip(places) {
                let node = &mut tree.nodes[place];
                // What stands for the id of another record of the tree is no value yet.
                node.values = row.values;
                node.values.retain(|name, _| !node.references.iter().any(|(own, _)| own == name));
            }
        }
        Ok(PermittedWrite { write: tree, secrets })
    }

    /// Counts records that are about to be written against the caps, and notes that the call writes.
    pub(super) fn count_writes(&self, cx: &CallContext, records: usize) -> Result<(), ToolError> {
        if let Some(guard) = &self.inner.guard {
            guard.meter.write(records as u64, &guard.rules.caps, &guard.rules.who())?;
        }
        cx.begins_to_write();
        Ok(())
    }

    /// Why the policy does not let a value be shown as it is; none if it does. An object that no
    /// call has asked for yet is taken as hidden.
    pub(crate) fn veiled(&self, object: &str, field: &str) -> Option<&'static str> {
        let guard = self.inner.guard.as_ref()?;
        match guard.view_named(object).map(|view| view.access(field)) {
            Some(Access::Open) => None,
            Some(Access::Masked(_)) => Some("masked"),
            Some(Access::Hidden) | None => Some(UNREADABLE),
        }
    }

    /// Takes the keys out that the connector made up: no rule has to give them.
    fn take_keys(&self, change: &mut Change) -> Vec<Values> {
        let key = self.key_of(&change.object);
        let take = |values: &mut Values| {
            let Some(key) = key.filter(|key| super::is_made_up(values, key)) else {
                return Values::new();
            };
            let (own, rest) = std::mem::take(values)
                .into_iter()
                .partition(|(name, _)| name.eq_ignore_ascii_case(key));
            *values = rest;
            own
        };
        change.rows.iter_mut().map(|row| take(&mut row.values)).collect()
    }

    /// Errors of the platform, without words that tell of what is hidden or masked.
    pub(super) fn errors_to_show(
        &self,
        object: &str,
        errors: Vec<ApiError>,
        secrets: &[String],
    ) -> Vec<ApiError> {
        let Some(guard) = &self.inner.guard else { return errors };
        let mut errors = guard.scrubbed(errors, Some(object));
        for error in &mut errors {
            if tells(&error.message, secrets) {
                error.message.clear();
            }
        }
        errors
    }

    /// Outcomes of a write, in words that may be shown.
    pub(super) fn outcomes_to_show(
        &self,
        object: &str,
        results: Vec<SaveResult>,
        secrets: &[String],
    ) -> Vec<SaveResult> {
        let show = |result| match result {
            SaveResult::Failed { errors } => {
                SaveResult::Failed { errors: self.errors_to_show(object, errors, secrets) }
            }
            other => other,
        };
        results.into_iter().map(show).collect()
    }

    /// What a write that failed as a whole means: nothing was written, unless the answer was lost.
    pub(super) fn failed(
        &self,
        error: &sf_rest::Error,
        object: Option<&str>,
        secrets: &[String],
    ) -> ToolError {
        let mut told = self.explained(error, object);
        for problem in &mut told.problems {
            if tells(&problem.message, secrets) {
                problem.message =
                    "Salesforce refused it, in words that repeat a masked value.".to_owned();
            }
        }
        if told.class != ErrorClass::OutcomeUnknown {
            told.message.push_str(" Nothing was written.");
        }
        told
    }
}

fn without_id() -> ToolError {
    ToolError::fix_your_call("A record that is changed or deleted needs its id. Nothing was sent.")
}

fn tells(text: &str, secrets: &[String]) -> bool {
    let text = text.to_lowercase();
    secrets.iter().any(|secret| text.contains(secret.as_str()))
}

/// Notes, in lower case, the values that came in the place of tokens.
fn resolved(given: &Values, permitted: &Values, secrets: &mut Vec<String>) {
    for (name, value) in permitted.iter().filter(|(name, value)| given.get(*name) != Some(*value)) {
        tracing::trace!(name, "a token was resolved");
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        secrets.extend(Some(text.trim().to_lowercase()).filter(|text| !text.is_empty()));
    }
}

/// Problems at the places that the records of a tree have in the call.
fn placed(mut error: ToolError, tree: &Tree, places: &[usize]) -> ToolError {
    let place = |problem: &Problem| {
        let (list, rest) = problem.at.as_deref()?.split_once('[')?;
        let (row, rest) = rest.split_once(']')?;
        let node = tree.nodes.get(*places.get(row.parse::<usize>().ok()?)?)?;
        Some(format!("{list}[{}]{rest}", node.at))
    };
    for problem in &mut error.problems {
        if let Some(at) = place(problem) {
            problem.at = Some(at);
        }
    }
    error
}
