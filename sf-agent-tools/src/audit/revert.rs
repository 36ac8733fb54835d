//! Undoing an entry of the log: as a prepared write, which is logged like any other.

use std::path::Path;

use serde_json::Value;
use sf_rest::Id;

use super::{AuditError, Entry, Intent, Outcome, RecordChange, entries};
use crate::prepare::{Action, Change, Plan, Prepared, Row, preview_of, same};
use crate::seal::random_u64;
use crate::{CallContext, Org, Reply, ToolError, Values};

/// What would undo an entry.
#[derive(Debug)]
pub struct Reversal {
    prepared: Prepared,
    id: String,
    /// What cannot be undone, and why.
    pub refused: Vec<String>,
    /// What to know before it is done.
    pub notes: Vec<String>,
}

/// An entry of the log with its outcome.
#[derive(Debug, Clone)]
struct Logged {
    seq: u64,
    intent: Intent,
    outcome: Option<Outcome>,
    /// The entry that undid it, if one did.
    reverted: Option<u64>,
}

/// Why an entry cannot be undone.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum RevertError {
    /// The log cannot be read, or is not whole.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The log has no such write.
    #[error("entry {seq} {problem}")]
    NotAWrite {
        /// The number that was given.
        seq: u64,
        /// What is there.
        problem: String,
    },
    /// The connection is to another org than the entry is about.
    #[error(
        "entry {seq} is about the org {logged}, and this connection is to {here}; nothing was read or sent"
    )]
    OtherOrg {
        /// The entry.
        seq: u64,
        /// The org that the entry is about.
        logged: String,
        /// The org of the connection.
        here: String,
    },
    /// Salesforce or the connection refused.
    #[error(transparent)]
    Tool(#[from] ToolError),
}

impl Reversal {
    /// Finds out what would undo the write of entry `seq` (the number of its intent or its outcome)
    /// of the log at `path`: an update is taken back by restoring the values from before, a create by
    /// deleting the record. A field whose value is not the one that the entry wrote is refused,
    /// unless `force` is set. A deletion cannot be undone: the API has no way to take a record back
    /// from the recycle bin.
    ///
    /// # Errors
    /// [`RevertError`].
    pub async fn prepare(
        org: &Org,
        cx: &CallContext,
        path: &Path,
        seq: u64,
        force: bool,
    ) -> Result<Self, RevertError> {
        let logged = find(path, seq)?;
        let here = org.who(cx).await?.org;
        if let (Some(logged_org), Some(here)) = (&logged.intent.who.org, &here)
            && logged_org.get(..15) != here.get(..15)
        {
            let (logged, here) = (logged_org.clone(), here.clone());
            return Err(RevertError::OtherOrg { seq, logged, here });
        }
        let mut undoing = Undoing { org, cx, force, refused: Vec::new(), notes: Vec::new() };
        if let Some(by) = logged.reverted {
            undoing.notes.push(format!("Entry {by} has undone it before."));
        }
        if logged.outcome.is_none() {
            undoing.notes.push(
                "It has no outcome: the process ended before it had an answer. What the org has now \
                 was compared with the values from before and after."
                    .to_owned(),
            );
        }
        let mut changes = undoing.changes(&logged).await?;
        // The other way round: children go before their parents.
        changes.reverse();
        let plan = Plan { changes, reverts: Some(logged.seq), ..Plan::default() };
        let prepared = preview_of(org, cx, &plan).await?;
        let (refused, notes) = (undoing.refused, undoing.notes);
        let chance = random_u64().map_err(|e| AuditError::Failed { problem: e.to_string() })?;
        Ok(Self { prepared, id: format!("revert-{}-{chance:x}", logged.seq), refused, notes })
    }

    /// Whether there is anything to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.prepared.plan.changes.is_empty()
    }

    /// What would be done, value by value, as
    /// [`Question::preview`](crate::Question::preview) has it.
    #[must_use]
    pub fn preview(&self) -> Value {
        self.prepared.preview()
    }

    /// Does it.
    ///
    /// # Errors
    /// As for any write; and if a record was changed since it was prepared.
    pub async fn apply(self, org: &Org, cx: &CallContext) -> Result<Reply<Value>, ToolError> {
        let reply = crate::tools::apply_now(cx, org, &self.id, self.prepared).await?;
        let data = serde_json::to_value(&reply.data).unwrap_or(Value::Null);
        Ok(Reply { data, completeness: reply.completeness, links: reply.links })
    }
}

fn find(path: &Path, seq: u64) -> Result<Logged, RevertError> {
    let not_a_write = |problem: &str| RevertError::NotAWrite { seq, problem: problem.to_owned() };
    let entries = entries(path)?;
    let seq = match entries.iter().find(|stamped| stamped.seq == seq).map(|s| &s.entry) {
        None => return Err(not_a_write("is not in the log")),
        Some(Entry::Intent(_)) => seq,
        Some(Entry::Outcome(outcome)) => outcome.of,
        Some(_) => return Err(not_a_write("is no write")),
    };
    let (mut intent, mut outcome, mut reverted) = (None, None, None);
    for stamped in entries {
        match stamped.entry {
            Entry::Intent(one) if stamped.seq == seq => intent = Some(*one),
            Entry::Intent(one) if one.reverts == Some(seq) => reverted = Some(stamped.seq),
            Entry::Outcome(one) if one.of == seq => outcome = Some(one),
            _ => {}
        }
    }
    let intent = intent.ok_or_else(|| not_a_write("is an outcome without an intent"))?;
    Ok(Logged { seq, intent, outcome, reverted })
}

struct Undoing<'a> {
    org: &'a Org,
    cx: &'a CallContext,
    force: bool,
    refused: Vec<String>,
    notes: Vec<String>,
}

impl Undoing<'_> {
    async fn changes(&mut self, logged: &Logged) -> Result<Vec<Change>, ToolError> {
        let mut changes: Vec<Change> = Vec::new();
        for (at, record) in logged.intent.records.iter().enumerate() {
            let came = logged.outcome.as_ref().and_then(|outcome| outcome.records.get(at));
            let word = came.map_or("unknown", |came| came.outcome.as_str());
            let id = came.and_then(|came| came.id.as_deref()).or(record.id.as_deref());
            let id = id.and_then(|id| Id::parse(id).ok());
            let Some((action, row)) = self.undo(at, record, word, id).await? else { continue };
            let fits = |change: &&mut Change| {
                change.action == action && change.object == record.object && change.rows.len() < 200
            };
            match changes.iter_mut().rev().take(1).find(fits) {
                Some(change) => change.rows.push(row),
                None => changes.push(Change {
                    action,
                    object: record.object.clone(),
                    key: None,
                    all_or_none: true,
                    rows: vec![row],
                }),
            }
        }
        Ok(changes)
    }

    /// What takes one record back.
    async fn undo(
        &mut self,
        at: usize,
        record: &RecordChange,
        word: &str,
        id: Option<Id>,
    ) -> Result<Option<(Action, Row)>, ToolError> {
        let named = match id {
            Some(id) => format!("record {at} ({} {id})", record.object),
            None => format!("record {at} ({})", record.object),
        };
        match (word, record.action.as_str(), &record.before) {
            ("failed" | "not_sent", ..) => {
                self.notes.push(format!("{named}: was not written; there is nothing to undo."));
                Ok(None)
            }
            (_, action, _) if action.starts_with("bulk_") || action == "run_action" => {
                self.refused.push(format!(
                    "{named}: {action} cannot be undone from the log, which has neither the records nor \
                     their values from before."
                ));
                Ok(None)
            }
            (_, "request", _) => {
                self.refused.push(format!(
                    "{named}: was a raw request, and what it changed is not in the log."
                ));
                Ok(None)
            }
            (_, "delete", _) => {
                self.refused.push(format!(
                    "{named}: was deleted, and Salesforce's API cannot take it back. A person can, from \
                     the recycle bin, for 15 days."
                ));
                Ok(None)
            }
            (_, "create", _) | ("created", "upsert", _) | (_, "upsert", None) => {
                let Some(id) = id.filter(|_| word != "unknown") else {
                    self.refused.push(format!(
                        "{named}: whether it was created is not known, nor its id. The query in `check` \
                         of the entry tells; delete the record by hand if it is there."
                    ));
                    return Ok(None);
                };
                self.delete(&named, record, id).await
            }
            (_, _, Some(before)) => self.restore(&named, record, before, id).await,
            (_, _, None) => {
                self.refused.push(format!("{named}: the log has no values from before."));
                Ok(None)
            }
        }
    }

    /// Deletes what was created, if it is as it was created.
    async fn delete(
        &mut self,
        named: &str,
        record: &RecordChange,
        id: Id,
    ) -> Result<Option<(Action, Row)>, ToolError> {
        let Some(now) = self.now(record, id, &record.after).await? else {
            self.notes.push(format!("{named}: is not there any more; there is nothing to undo."));
            return Ok(None);
        };
        let object = self.org.object(&record.object).await?;
        for (name, after) in &record.after {
            let (Some(field), Some(stored)) = (object.field(name), now.values.get(name)) else {
                continue;
            };
            // In a tree, aliases stood where the ids of other records are now.
            let alias = field.ty == sf_schema::FieldType::Reference
                && after.as_str().is_some_and(|text| Id::parse(text).is_err());
            let differs = !alias && !same(field, after, stored);
            if differs && !self.force {
                self.refused.push(format!(
                    "{named}: {name} was changed since it was created; look at it, and delete it with \
                     --force if it may go."
                ));
                return Ok(None);
            }
        }
        Ok(Some((Action::Delete, Row { id: Some(id), values: Values::new(), seen: now.changed })))
    }

    /// Restores the values from before, of the fields that still have those from after.
    async fn restore(
        &mut self,
        named: &str,
        record: &RecordChange,
        before: &Values,
        id: Option<Id>,
    ) -> Result<Option<(Action, Row)>, ToolError> {
        let Some(id) = id else {
            self.refused.push(format!("{named}: the log has no id."));
            return Ok(None);
        };
        let Some(now) = self.now(record, id, &record.after).await? else {
            self.refused.push(format!("{named}: is not there any more."));
            return Ok(None);
        };
        let object = self.org.object(&record.object).await?;
        let mut values = Values::new();
        let refused = self.refused.len();
        let left_out = record.left_out.iter();
        self.refused.extend(
            left_out.map(|(name, why)| format!("{named}: {name} is not in the log ({why}).")),
        );
        for (name, after) in &record.after {
            let Some(field) = object.field(name).or_else(|| object.parent(name)) else {
                self.refused.push(format!("{named}: {name} does not exist any more."));
                continue;
            };
            let (Some(old), Some(stored)) = (before.get(&field.name), now.values.get(&field.name))
            else {
                self.refused.push(format!("{named}: the log has no value of {name} from before."));
                continue;
            };
            if same(field, old, stored) {
                continue;
            }
            // A parent named by its external id cannot be compared with an id.
            let is_ours = after.is_object() || same(field, after, stored);
            if !is_ours && !self.force {
                self.refused.push(format!(
                    "{named}: {name} was changed since: it is {stored} and not {after}; --force \
                     restores {old} all the same."
                ));
                continue;
            }
            if !field.updateable {
                self.refused.push(format!("{named}: {name} cannot be changed by this user."));
                continue;
            }
            values.insert(field.name.clone(), old.clone());
        }
        if values.is_empty() {
            // Otherwise it is told why what has to be is not.
            if self.refused.len() == refused {
                self.notes.push(format!("{named}: nothing of it has to be restored."));
            }
            return Ok(None);
        }
        Ok(Some((Action::Update, Row { id: Some(id), values, seen: now.changed })))
    }

    /// The record as it is, with the fields that were written.
    async fn now(
        &self,
        record: &RecordChange,
        id: Id,
        written: &Values,
    ) -> Result<Option<crate::prepare::Found>, ToolError> {
        let object = self.org.object(&record.object).await?;
        let row = Row { id: Some(id), values: written.clone(), seen: None };
        let look = Change {
            action: Action::Update,
            object: record.object.clone(),
            key: None,
            all_or_none: true,
            rows: vec![row],
        };
        let present = self.cx.unless_cancelled(self.org.present(&object, &look, false)).await?;
        Ok(present.of(&look, 0).cloned())
    }
}
