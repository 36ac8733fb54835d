//! `salesforce_delete_records`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::operation::{self, Wanted};
use super::write::{self, Output};
use crate::prepare::Action;
use crate::{CallContext, Effect, Org, Reply, Tool, ToolError};

/// Deletes records by id.
pub(crate) struct DeleteRecords;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// API name of the object.
    #[schemars(length(min = 1))]
    object: String,
    /// Ids of one to 200 records.
    #[schemars(length(min = 1, max = 200))]
    ids: Vec<String>,
    /// If true (default), one that cannot be deleted stops all.
    all_or_none: Option<bool>,
    /// Deletes nothing if one of the records was changed after this time.
    unless_changed_since: Option<String>,
}

impl Tool for DeleteRecords {
    type Args = Args;
    type Output = Output;

    fn name(&self) -> &str {
        "salesforce_delete_records"
    }

    fn title(&self) -> &str {
        "Delete records"
    }

    fn description(&self) -> &str {
        "Moves records of one object to the recycle bin, and with them the children that belong to \
         them."
    }

    fn effects(&self) -> &[Effect] {
        &[Effect::Delete]
    }

    fn shows_writes(&self) -> bool {
        true
    }

    fn example(&self) -> Value {
        json!({ "object": "Contact", "ids": ["003000000000001AAA"] })
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Output>, ToolError> {
        let Args { object, ids, all_or_none, unless_changed_since } = args;
        let wanted = Wanted { object, ids, all_or_none, unless_changed_since, ..Wanted::default() };
        let checked = operation::only(cx, org, Action::Delete, wanted).await?;
        write::run(cx, org, checked, false).await
    }
}
