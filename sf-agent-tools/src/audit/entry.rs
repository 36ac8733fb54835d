//! What stands in the log.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Effect, Values, WriteMode};

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Entry {
    /// The first entry of a file.
    Opened {
        /// A random name of the file: a line of another file does not fit into this one.
        file: String,
        /// Version of the form.
        version: u32,
    },
    /// The first entry of a later file of the same log: the chain goes on from the file before.
    Continued {
        /// A random name of the file.
        file: String,
        /// Its number, from 2.
        part: u64,
        /// Version of the form.
        version: u32,
    },
    /// The line before was cut short, by a crash or a full disk, and has been replaced by this.
    /// Nothing was sent on its account: an intent counts only when it is whole on disk.
    Torn {
        /// How many bytes there were.
        bytes: u64,
        /// Their SHA-256.
        sha256: String,
    },
    /// A write that is about to be sent.
    Intent(Box<Intent>),
    /// What came of it.
    Outcome(Outcome),
    /// A call that changes nothing, if the host wants those, too.
    Read {
        /// Who called.
        who: Who,
        /// The tool.
        tool: String,
        /// Its arguments.
        arguments: serde_json::Value,
        /// `ok`, or the class of the error.
        outcome: String,
    },
}

/// Whose call it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// The org's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// The id of the Salesforce user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The host's own name for the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
}

/// What allowed the write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What the policy was asked for.
    pub effects: Vec<Effect>,
    /// Those that a person was asked for, and agreed to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approved: Vec<Effect>,
    /// How writes are made here.
    pub mode: WriteMode,
}

/// A write that is about to be sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// Whose call it is.
    pub who: Who,
    /// The tool that was called, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// What allowed it.
    pub decision: Decision,
    /// The plan it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// Which step of the plan it is, from 0.
    #[serde(default)]
    pub step: u32,
    /// The entry that it undoes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverts: Option<u64>,
    /// Whether one refused record stops all.
    pub all_or_none: bool,
    /// The records, in order.
    pub records: Vec<RecordChange>,
    /// The query that tells whether it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
}

/// What is to happen to one record.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RecordChange {
    /// `create`, `update`, `upsert` or `delete`; of a bulk job, which is one record here, `bulk_create`
    /// and so on, with the number of its rows and a hash of its data; `run_action`; `request` for a raw
    /// request.
    pub action: String,
    /// API name of the object; of a raw request its path.
    pub object: String,
    /// The record, where it exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The values it had, by field; none if there was no such record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Values>,
    /// The values it is given.
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    pub after: Values,
    /// Fields whose values are not in the log, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub left_out: BTreeMap<String, String>,
}

/// What came of a write. Of several of one intent the last counts: a bulk load has an `unknown` one
/// with its job as soon as the job has the rows, and another when what became of them is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The number of its intent.
    pub of: u64,
    /// `written`, `partly`, `refused` (nothing was written) or `unknown` (the answer was lost).
    pub outcome: String,
    /// One for each record of the intent, in order.
    pub records: Vec<RecordOutcome>,
}

/// What came of one record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordOutcome {
    /// `created`, `updated`, `created_or_updated`, `deleted`, `failed`, `unknown` or `not_sent`; of a
    /// bulk job also `partly`, of an action `done`.
    pub outcome: String,
    /// The record, or the bulk job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Salesforce's codes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<String>,
    /// What else is known: how many rows of a bulk job were written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}
