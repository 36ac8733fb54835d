//! Writing: the last look before a write is sent, and what came of it.

use sf_rest::{Condition, Id, SaveResult};
use tracing::Instrument;

use super::permit_change::PermittedWrite;
use super::{Org, Values};
use crate::audit::{Decision, Entry, Intent, Outcome};
use crate::effect::{doing, to_do};
use crate::org::writing::not_logged;
use crate::prepare::{Action, Change, Guard, How, Row, announced, reported};
use crate::{Answer, CallContext, Effect, Question, ToolError, WriteMode};

impl Org {
    /// Creates records, with an outcome for each.
    ///
    /// # Errors
    /// If the policy refuses, the effect was not declared by the tool or not agreed to by a person
    /// whom the policy wants asked, writes have to be prepared here, the audit log cannot be
    /// written, the call was cancelled, or the write failed as a whole.
    pub async fn create(
        &self,
        cx: &CallContext,
        object: &str,
        records: &[Values],
        all_or_none: bool,
    ) -> Result<Vec<SaveResult>, ToolError> {
        let rows = records.iter().map(|values| (None, values.clone()));
        self.direct(cx, Action::Create, object, None, rows, all_or_none).await
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
        let rows = records.iter().map(|(id, values)| (Some(*id), values.clone()));
        self.direct(cx, Action::Update, object, None, rows, all_or_none).await
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
        let rows = records.iter().map(|values| (None, values.clone()));
        self.direct(cx, Action::Upsert, object, Some(field), rows, all_or_none).await
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
        let rows = ids.iter().map(|id| (Some(*id), Values::new()));
        self.direct(cx, Action::Delete, object, None, rows, all_or_none).await
    }

    async fn direct(
        &self,
        cx: &CallContext,
        action: Action,
        object: &str,
        key: Option<&str>,
        rows: impl Iterator<Item = (Option<Id>, Values)>,
        all_or_none: bool,
    ) -> Result<Vec<SaveResult>, ToolError> {
        let rows = rows.map(|(id, values)| Row { id, values, seen: None }).collect();
        let (object, key) = (object.to_owned(), key.map(str::to_owned));
        let change = Change { action, object, key, all_or_none, rows };
        self.write(cx, change, How::default()).await
    }

    /// Sends a write, unless something speaks against it.
    pub(crate) async fn write(
        &self,
        cx: &CallContext,
        change: Change,
        how: How,
    ) -> Result<Vec<SaveResult>, ToolError> {
        let effects = change.action.effects();
        let approved = self.clear(cx, effects, change.rows.len(), &how).await?;
        let PermittedWrite { write: change, secrets } = self.permit_change(change).await?;
        let change = self.identified(change).await?;
        let (mut object, mut present) = (None, None);
        if how.guard != Guard::None || self.log().is_some() {
            let described = self.object(&change.object).await?;
            let known = self.present(&described, &change, self.log().is_some());
            let known = cx.unless_cancelled(known).await?;
            how.guard.holds(&change, &known, |row| row)?;
            (object, present) = (Some(described), Some(known));
        }
        // Once sent, a write is waited for: only its answer tells what happened.
        if cx.cancellation().is_cancelled() {
            return Err(ToolError::cancelled());
        }
        let mut intent = None;
        if let (Some(object), Some(present)) = (&object, &present)
            && self.log().is_some()
        {
            let mut announced = announced(self, object, &change, present);
            self.sign(cx, &mut announced, &how, effects, approved).await?;
            intent = Some(announced);
        }
        self.count_writes(cx, change.rows.len())?;
        let org = self.clone();
        self.logged(intent, async move {
            how.begin();
            let results = org.send(&change, &how).await;
            let reported = reported(&change, &results);
            (org.written(&change.object, results, &secrets), reported)
        })
        .await
    }

    /// Who makes the write, and what allowed it.
    pub(crate) async fn sign(
        &self,
        cx: &CallContext,
        intent: &mut Intent,
        how: &How,
        effects: &[Effect],
        approved: Vec<Effect>,
    ) -> Result<(), ToolError> {
        intent.who = self.who(cx).await?;
        intent.tool = cx.clearance().and_then(|c| c.tool.clone());
        let mode = self.inner.policy.write_mode();
        intent.decision = Decision { effects: effects.to_vec(), approved, mode };
        (intent.plan, intent.step) = match &how.plan {
            Some((plan, step)) => (Some(plan.clone()), *step),
            None => (None, 0),
        };
        intent.reverts = how.reverts;
        Ok(())
    }

    /// Appends the intent, does `work`, and appends its outcome: in a task of its own, so that a
    /// caller that goes away takes no outcome with it.
    pub(crate) async fn logged<T: Send + 'static>(
        &self,
        intent: Option<Intent>,
        work: impl Future<Output = (Result<T, ToolError>, Outcome)> + Send + 'static,
    ) -> Result<T, ToolError> {
        self.logged_in_steps(intent, |_| work).await
    }

    /// As [`logged`](Self::logged), for work of which something is known before it is over.
    pub(crate) async fn logged_in_steps<T: Send + 'static, W>(
        &self,
        intent: Option<Intent>,
        work: impl FnOnce(Announced) -> W + Send + 'static,
    ) -> Result<T, ToolError>
    where
        W: Future<Output = (Result<T, ToolError>, Outcome)> + Send,
    {
        let org = self.clone();
        let task = async move {
            let Some((log, intent)) = org.log().zip(intent) else {
                return work(Announced(None)).await.0;
            };
            let check = intent.check.clone();
            let of = match log.announce(Entry::Intent(Box::new(intent))).await {
                Ok(of) => of,
                Err(crate::audit::AuditError::AlreadyApplied { .. }) => {
                    return Err(crate::prepare::applied_elsewhere(check));
                }
                Err(error) => return Err(not_logged(&error)),
            };
            let (told, outcome) = work(Announced(Some((org.clone(), of)))).await;
            log.report(Entry::Outcome(Outcome { of, ..outcome })).await;
            told
        };
        match self.inner.tasks.spawn(crate::notes::carried(task).in_current_span()).await {
            Ok(told) => told,
            Err(error) => {
                tracing::error!(%error, "a write ended in a fault");
                Err(ToolError::outcome_unknown(
                    "The connector failed while it wrote; the write may or may not have happened. \
                     Look before you repeat it.",
                ))
            }
        }
    }

    /// Appends an outcome; it takes the place of one that is there.
    pub(crate) async fn outcome_of(&self, of: u64, outcome: Outcome) {
        if let Some(log) = self.log() {
            log.report(Entry::Outcome(Outcome { of, ..outcome })).await;
        }
    }

    /// The one place from which records are written by collections.
    async fn send(&self, change: &Change, how: &How) -> Result<Vec<SaveResult>, sf_rest::Error> {
        let (client, object, all) = (&self.inner.client, &change.object, change.all_or_none);
        let values: Vec<&Values> = change.rows.iter().map(|row| &row.values).collect();
        if let ([row], Some(since)) = (change.rows.as_slice(), how.guard.moment(change))
            && let Some(id) = row.id
        {
            // One record: the platform itself checks it in the transaction of the write.
            let condition = Condition::UnmodifiedSince(since);
            let sent = match change.action {
                Action::Delete => client.delete_if(object, id, &condition).await,
                _ => client.update_if(object, id, &row.values, &condition).await,
            };
            return match sent {
                Ok(()) => Ok(vec![SaveResult::Saved { id, created: None }]),
                Err(error) if error.api_errors().is_empty() || how.is_unknown(&error) => Err(error),
                Err(error) => Ok(vec![SaveResult::Failed { errors: error.api_errors().to_vec() }]),
            };
        }
        match change.action {
            Action::Create => match self.key_of(object) {
                Some(key) => client.create_many_with_key(object, key, &values, all).await,
                None => client.create_many(object, &values, all).await,
            },
            Action::Update => {
                let rows = change.rows.iter().filter_map(|row| Some((row.id?, &row.values)));
                client.update_many(object, &rows.collect::<Vec<_>>(), all).await
            }
            Action::Upsert => {
                let field = change.key.as_deref().unwrap_or_default();
                client.upsert_many(object, field, &values, all).await
            }
            Action::Delete => client.delete_many(&change.ids(), all).await,
        }
    }

    /// Refuses what this connection wants to be prepared first.
    pub(super) fn may_be_direct(&self, effects: &[Effect], rows: usize) -> Result<(), ToolError> {
        if must_be_prepared(self.inner.policy.write_mode(), effects, rows) {
            return Err(prepare_first(effects, rows));
        }
        Ok(())
    }

    /// The last look before a write is sent. Gives the effects that a person agreed to.
    ///
    /// The tool set has asked the policy and the person for what a tool declares. This is asked
    /// again here, because a tool may do more than it declares, and a program may call an org
    /// without any tool.
    pub(crate) async fn clear(
        &self,
        cx: &CallContext,
        effects: &[Effect],
        rows: usize,
        how: &How,
    ) -> Result<Vec<Effect>, ToolError> {
        let policy = &self.inner.policy;
        policy.check_effects("This write", effects)?;
        let declares = |e: &Effect| cx.clearance().is_none_or(|c| c.declared.contains(e));
        if !effects.iter().all(declares) {
            tracing::error!(?effects, clearance = ?cx.clearance(), "a tool exceeds its effects");
            return Err(ToolError::ask_a_person(format!(
                "The tool tried to {}, which is not what it declares to do. Nothing was sent to \
                 Salesforce. This is a fault of the tool, not of the call; report it.",
                to_do(effects)
            )));
        }
        if !how.prepared() {
            self.may_be_direct(effects, rows)?;
        }
        let mode = policy.write_mode();
        let agreed = |e: &Effect| cx.clearance().is_some_and(|c| c.approved.contains(e));
        let mut asks: Vec<Effect> = effects.to_vec();
        if mode == WriteMode::Approved {
            // A person who saw no values has not agreed to them.
            asks.retain(|e| !(agreed(e) && cx.clearance().is_some_and(|c| c.shown)));
        } else {
            asks.retain(|e| policy.asks_before(*e) && !agreed(e));
        }
        match &how.preview {
            _ if asks.is_empty() => {}
            Some(preview) => self.ask(cx, &asks, preview).await?,
            None => {
                return Err(ToolError::ask_a_person(format!(
                    "This connection asks a person before {}, and nobody was asked about this call. \
                     Nothing was sent to Salesforce.",
                    doing(&asks)
                )));
            }
        }
        if cx.cancellation().is_cancelled() {
            return Err(ToolError::cancelled());
        }
        asks.extend(effects.iter().copied().filter(agreed));
        asks.sort_unstable();
        asks.dedup();
        Ok(asks)
    }

    async fn ask(
        &self,
        cx: &CallContext,
        effects: &[Effect],
        preview: &serde_json::Value,
    ) -> Result<(), ToolError> {
        let tool = cx.clearance().and_then(|c| c.tool.clone()).unwrap_or_default();
        let question = Question {
            tool,
            text: format!("May the agent {} as shown?", to_do(effects)),
            effects: effects.to_vec(),
            arguments: serde_json::Value::Null,
            preview: Some(preview.clone()),
        };
        match cx.unless_cancelled(async { Ok(cx.ask(question).await) }).await? {
            Answer::Approved => Ok(()),
            Answer::Declined => Err(ToolError::ask_a_person(
                "A person was shown this write and declined it. Nothing was changed. Do not repeat it \
                 unless they ask for it.",
            )),
            Answer::Unavailable => Err(ToolError::ask_a_person(format!(
                "This write needs a person's approval, and nobody could be asked. Nothing was \
                 changed. {}",
                crate::question::HOW_TO_GO_ON
            ))),
        }
    }

    pub(super) fn written(
        &self,
        object: &str,
        results: Result<Vec<SaveResult>, sf_rest::Error>,
        secrets: &[String],
    ) -> Result<Vec<SaveResult>, ToolError> {
        let results = results.map(|results| self.outcomes_to_show(object, results, secrets));
        results.map_err(|error| {
            self.forget_if_stale(&error, object);
            self.failed(&error, Some(object), secrets)
        })
    }
}

/// A write whose intent is in the log, if there is a log.
pub(crate) struct Announced(Option<(Org, u64)>);

impl Announced {
    /// Appends what is known of the outcome so far; the outcome that follows takes its place.
    pub(crate) async fn so_far(&self, outcome: Outcome) {
        let Some((org, of)) = &self.0 else { return };
        org.outcome_of(*of, outcome).await;
    }

    /// The number of the intent in the log.
    pub(crate) fn of(&self) -> Option<u64> {
        self.0.as_ref().map(|(_, of)| *of)
    }
}

fn must_be_prepared(mode: WriteMode, effects: &[Effect], rows: usize) -> bool {
    match mode {
        WriteMode::Free | WriteMode::Approved => false,
        WriteMode::PreparedAbove(most) => rows > most || effects.contains(&Effect::Delete),
        WriteMode::Prepared => true,
    }
}

fn prepare_first(effects: &[Effect], rows: usize) -> ToolError {
    let many = if effects.contains(&Effect::Delete) || rows < 2 {
        String::new()
    } else {
        format!(" in such a number ({rows})")
    };
    ToolError::fix_your_call(format!(
        "This connection wants {}{many} to be prepared. Nothing was sent. Call {} with the same \
         records (for salesforce_save_graph and salesforce_bulk_load, the same call with prepare: true), \
         look at what it shows, then call {} with the digest it gives.",
        doing(effects),
        crate::tools::PREPARE_WRITE,
        crate::tools::APPLY_WRITE,
    ))
}
