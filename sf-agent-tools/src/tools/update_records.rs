//! `salesforce_update_records`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::operation::{self, Wanted};
use super::write::{self, Output};
use crate::prepare::Action;
use crate::{CallContext, Effect, Org, Reply, Tool, ToolError, Values};

/// Updates records by id.
pub(crate) struct UpdateRecords;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// API name of the object.
    #[schemars(length(min = 1))]
    object: String,
    /// One to 200 records, each with its Id and the fields to change; null empties a field.
    #[schemars(length(min = 1, max = 200))]
    records: Vec<Values>,
    /// If true (default), one bad record stops all.
    all_or_none: Option<bool>,
    /// Writes nothing if one of the records was changed after this time (such as the
    /// SystemModstamp that was read).
    unless_changed_since: Option<String>,
    /// Reads the records again and reports values stored otherwise than sent.
    read_back: Option<bool>,
}

impl Tool for UpdateRecords {
    type Args = Args;
    type Output = Output;

    fn name(&self) -> &str {
        "salesforce_update_records"
    }

    fn title(&self) -> &str {
        "Update records"
    }

    fn description(&self) -> &str {
        "Changes fields of existing records of one object, each named by its Id. Fields not given \
         keep their values."
    }

    fn effects(&self) -> &[Effect] {
        &[Effect::Update]
    }

    fn shows_writes(&self) -> bool {
        true
    }

    fn example(&self) -> Value {
        json!({ "object": "Case", "records": [{ "Id": "500000000000001AAA", "Status": "Closed" }] })
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Output>, ToolError> {
        let Args { object, records, all_or_none, unless_changed_since, read_back } = args;
        let wanted =
            Wanted { object, records, all_or_none, unless_changed_since, ..Wanted::default() };
        let checked = operation::only(cx, org, Action::Update, wanted).await?;
        write::run(cx, org, checked, read_back == Some(true)).await
    }
}
