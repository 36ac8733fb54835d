//! `salesforce_apply_write`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::loaded::Loaded;
use super::tree::Saved;
use super::write;
use crate::{CallContext, Effect, Org, Reply, Tool, ToolError};

pub(crate) const NAME: &str = "salesforce_apply_write";

/// Carries out what was prepared.
pub(crate) struct ApplyWrite;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The digest of the call that prepared it, unchanged.
    #[schemars(length(min = 1))]
    digest: String,
}

/// What came of a plan.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Applied {
    /// True if an earlier call applied it: then this is what came of that, and nothing was sent.
    pub(crate) already_applied: bool,
    /// One for each operation, in order.
    pub(crate) operations: Vec<write::Output>,
    /// Of salesforce_save_graph: what came of its records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) graph: Option<Saved>,
    /// Of salesforce_bulk_load: what came of its rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) load: Option<Loaded>,
}

impl Tool for ApplyWrite {
    type Args = Args;
    type Output = Applied;

    fn name(&self) -> &str {
        NAME
    }

    fn title(&self) -> &str {
        "Apply a prepared write"
    }

    fn description(&self) -> &str {
        "Carries out a prepared write, if none of its records was changed since. A digest works \
         once: a second call sends nothing and tells what came of the first."
    }

    fn effects(&self) -> &[Effect] {
        &[Effect::Create, Effect::Update, Effect::Delete]
    }

    fn serves_writes(&self) -> bool {
        true
    }

    /// A digest works once.
    fn is_idempotent(&self) -> bool {
        true
    }

    fn example(&self) -> Value {
        json!({ "digest": "AbC..." })
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Applied>, ToolError> {
        super::apply::apply(cx, org, &args.digest).await
    }
}
