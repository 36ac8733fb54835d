//! `salesforce_prepare_write`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::operation::{self, MAX_RECORDS, Wanted};
use super::problems::Problems;
use crate::prepare::{self, Action, OperationDiff, prepare};
use crate::{CallContext, Completeness, Effect, Org, Reply, Tool, ToolError, Values};

pub(crate) const NAME: &str = "salesforce_prepare_write";

/// Most records of one plan.
const MOST: usize = 1_000;

/// Shows what a write would do.
pub(crate) struct PrepareWrite;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// What to write, in this order; one that fails as a whole stops what comes after it.
    #[schemars(length(min = 1, max = 10))]
    operations: Vec<Operation>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
struct Operation {
    /// What to do with the records.
    action: Action,
    /// API name of the object.
    #[schemars(length(min = 1))]
    object: String,
    /// Records as salesforce_create_records, _update_records or _upsert_records take them.
    #[serde(default)]
    #[schemars(length(max = MAX_RECORDS))]
    records: Vec<Values>,
    /// Ids of the records to delete.
    #[serde(default)]
    #[schemars(length(max = MAX_RECORDS))]
    ids: Vec<String>,
    /// For upsert: the field that says which record is meant.
    external_id_field: Option<String>,
    /// If true (default), one bad record stops all of this operation.
    all_or_none: Option<bool>,
    /// When you read the records; warns of those changed after it.
    unless_changed_since: Option<String>,
}

/// A plan, as it is shown.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Prepared {
    /// Give it to salesforce_apply_write, once.
    digest: String,
    /// Until when that works.
    expires_at: String,
    /// How many records are touched, by action.
    counts: BTreeMap<&'static str, usize>,
    /// What would happen, value by value.
    operations: Vec<OperationDiff>,
    /// What to consider, and to tell the person you act for.
    warnings: Vec<String>,
}

impl Tool for PrepareWrite {
    type Args = Args;
    type Output = Prepared;

    fn name(&self) -> &str {
        NAME
    }

    fn title(&self) -> &str {
        "Prepare a write"
    }

    fn description(&self) -> &str {
        "Checks a write and shows what it would change, before and after, with warnings. Writes \
         nothing; salesforce_apply_write with the digest then does exactly that."
    }

    fn effects(&self) -> &[Effect] {
        &[Effect::Read]
    }

    fn serves_writes(&self) -> bool {
        true
    }

    fn example(&self) -> Value {
        json!({ "operations": [
            { "action": "update", "object": "Case", "records": [{ "Id": "500000000000001AAA", "Status": "Closed" }] },
            { "action": "delete", "object": "Task", "ids": ["00T000000000001AAA"] },
        ] })
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Prepared>, ToolError> {
        let mut problems = Problems::default();
        let mut checked = Vec::with_capacity(args.operations.len());
        for (at, operation) in args.operations.into_iter().enumerate() {
            problems.within(format!("operations[{at}]."));
            operation.has_what_it_needs(&mut problems);
            org.policy().check_effects("This write", operation.action.effects())?;
            let action = operation.action;
            checked
                .push(operation::check(cx, org, action, operation.wanted(), &mut problems).await?);
        }
        problems.within("");
        let rows: usize = checked.iter().map(|one| one.change.rows.len()).sum();
        if rows > MOST {
            let text = format!("{rows} records; at most {MOST} in one plan. Make several.");
            problems.add("operations", text);
        }
        problems.refuse()?;
        let prepared = prepare(org, cx, checked).await?;
        reply(cx, org, prepared).await
    }
}

impl Operation {
    fn has_what_it_needs(&self, problems: &mut Problems) {
        let (needs, other) = match self.action {
            Action::Delete => ("ids", "records"),
            _ => ("records", "ids"),
        };
        let (given, wrong) = match self.action {
            Action::Delete => (self.ids.len(), self.records.len()),
            _ => (self.records.len(), self.ids.len()),
        };
        if given == 0 {
            problems.add(needs, "Missing; it is required for this action.");
        }
        if wrong > 0 {
            problems.add(other, format!("Not for {}; leave it out.", self.action.verb()));
        }
        if self.action != Action::Upsert && self.external_id_field.is_some() {
            problems.add("external_id_field", "Only for upsert; leave it out.");
        }
    }

    fn wanted(self) -> Wanted {
        Wanted {
            object: self.object,
            records: self.records,
            ids: self.ids,
            external_id_field: self.external_id_field,
            all_or_none: self.all_or_none,
            unless_changed_since: self.unless_changed_since,
        }
    }
}

/// Keeps a plan, and shows it with its digest.
pub(super) async fn reply(
    cx: &CallContext,
    org: &Org,
    prepared: prepare::Prepared,
) -> Result<Reply<Prepared>, ToolError> {
    let owner = org.owner(cx).await?;
    let mut counts = BTreeMap::new();
    for operation in &prepared.operations {
        *counts.entry(operation.action.verb()).or_insert(0) += operation.rows;
    }
    let completeness = prepared.completeness();
    let sealed = org.keep_plan(&owner, prepared.plan)?;
    let expires = i64::try_from(sealed.expires).ok().and_then(|s| Timestamp::from_second(s).ok());
    let output = Prepared {
        digest: sealed.digest,
        expires_at: expires.map(|at| at.to_string()).unwrap_or_default(),
        counts,
        operations: prepared.operations,
        warnings: prepared.warnings,
    };
    Ok(Reply::new(output, completeness))
}

impl prepare::Prepared {
    fn completeness(&self) -> Completeness {
        let total: usize = self.operations.iter().map(|operation| operation.rows).sum();
        if self.left_out == 0 {
            return Completeness::Complete;
        }
        let reason = match &self.plan.load {
            Some(_) => format!(
                "The first {} of {total} rows are shown; the digest covers all of them, as they were \
                 read now.",
                total - self.left_out
            ),
            None => format!(
                "{} of {total} records are not shown, since the reply would be too long; the digest \
                 covers all of them. Prepare smaller parts to see every value.",
                self.left_out
            ),
        };
        let (returned, total) = ((total - self.left_out) as u64, Some(total as u64));
        Completeness::Partial { returned, total, reason, next: None }
    }

    /// What a person is shown who has to agree.
    pub(crate) fn preview(&self) -> Value {
        json!({
            "operations": self.operations,
            "warnings": self.warnings,
            "completeness": self.completeness().to_model(),
        })
    }
}
