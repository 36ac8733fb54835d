//! Writing: the last look before a write is sent, and what came of it.

use sf_rest::{Id, SaveResult};

use super::{Org, Values};
use crate::contract::explain;
use crate::effect::{doing, to_do};
use crate::{CallContext, Effect, ErrorClass, ToolError};

impl Org {
    /// Creates records, with an outcome for each.
    ///
    /// # Errors
    /// If the policy refuses, the effect was not declared by the tool or not agreed to by a person
    /// whom the policy wants asked, the call was cancelled, or the write failed as a whole.
    pub async fn create(
        &self,
        cx: &CallContext,
        object: &str,
        records: &[Values],
        all_or_none: bool,
    ) -> Result<Vec<SaveResult>, ToolError> {
        self.clear(cx, &[Effect::Create])?;
        let results = self.inner.client.create_many(object, records, all_or_none).await;
        self.written(object, results)
    }

    /// Updates records by id, with an outcome for each.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub async fn update(
        &self,
        cx: &CallContext,
        object: &str,
        records: &[(Id, Values)],
        all_or_none: bool,
    ) -> Result<Vec<SaveResult>, ToolError> {
        self.clear(cx, &[Effect::Update])?;
        let results = self.inner.client.update_many(object, records, all_or_none).await;
        self.written(object, results)
    }

    /// Creates or updates records by an external id field, with an outcome for each.
    ///
    /// # Errors
    /// As [`create`](Self::create); the policy must allow both effects.
    pub async fn upsert(
        &self,
        cx: &CallContext,
        object: &str,
        field: &str,
        records: &[Values],
        all_or_none: bool,
    ) -> Result<Vec<SaveResult>, ToolError> {
        self.clear(cx, &[Effect::Create, Effect::Update])?;
        let results = self.inner.client.upsert_many(object, field, records, all_or_none).await;
        self.written(object, results)
    }

    /// Deletes records of `object`, with an outcome for each.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub async fn delete(
        &self,
        cx: &CallContext,
        object: &str,
        ids: &[Id],
        all_or_none: bool,
    ) -> Result<Vec<SaveResult>, ToolError> {
        self.clear(cx, &[Effect::Delete])?;
        let results = self.inner.client.delete_many(ids, all_or_none).await;
        self.written(object, results)
    }

    /// The last look before a write is sent.
    ///
    /// The tool set has asked the policy and the person for what a tool declares. This is asked
    /// again here, because a tool may do more than it declares, and a program may call an org
    /// without any tool.
    fn clear(&self, cx: &CallContext, effects: &[Effect]) -> Result<(), ToolError> {
        let policy = &self.inner.policy;
        policy.check("This write", effects)?;
        let declares = |e: &Effect| cx.clearance().is_none_or(|c| c.declared.contains(e));
        if !effects.iter().all(declares) {
            tracing::error!(?effects, clearance = ?cx.clearance(), "a tool exceeds its effects");
            return Err(ToolError::ask_a_person(format!(
                "The tool tried to {}, which is not what it declares to do. Nothing was sent to \
                 Salesforce. This is a fault of the tool, not of the call; report it.",
                to_do(effects)
            )));
        }
        let approved = |e: &Effect| cx.clearance().is_some_and(|c| c.approved.contains(e));
        let unasked = |e: &Effect| policy.asks_before(*e) && !approved(e);
        let unasked: Vec<Effect> = effects.iter().copied().filter(unasked).collect();
        if !unasked.is_empty() {
            return Err(ToolError::ask_a_person(format!(
                "This connection asks a person before {}, and nobody was asked about this call. \
                 Nothing was sent to Salesforce.",
                doing(&unasked)
            )));
        }
        // Once sent, a write is waited for: only its answer tells what happened.
        if cx.cancellation().is_cancelled() { Err(ToolError::cancelled()) } else { Ok(()) }
    }

    fn written(
        &self,
        object: &str,
        results: Result<Vec<SaveResult>, sf_rest::Error>,
    ) -> Result<Vec<SaveResult>, ToolError> {
        results.map_err(|error| {
            self.forget_if_stale(&error, object);
            let mut told = explain(&error);
            if told.class != ErrorClass::OutcomeUnknown {
                told.message.push_str(" Nothing was written.");
            }
            told
        })
    }
}
