//! `salesforce_create_records`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::missing::filled_in;
use super::operation::{self, Wanted};
use super::write::{self, Output};
use crate::prepare::Action;
use crate::{CallContext, Effect, Org, Reply, Tool, ToolError, Values};

/// Creates records.
pub(crate) struct CreateRecords;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// API name of the object.
    #[schemars(length(min = 1))]
    object: String,
    /// One to 200 records: field API names to values.
    #[schemars(length(min = 1, max = 200))]
    records: Vec<Values>,
    /// If true (default), one bad record stops all.
    all_or_none: Option<bool>,
    /// Reads the records again and reports values stored otherwise than sent.
    read_back: Option<bool>,
}

impl Tool for CreateRecords {
    type Args = Args;
    type Output = Output;

    fn name(&self) -> &str {
        "salesforce_create_records"
    }

    fn title(&self) -> &str {
        "Create records"
    }

    fn description(&self) -> &str {
        "Creates records of one object. Values are checked against the schema first, and all \
         problems come back at once. On outcome_unknown never repeat it: make the call in next."
    }

    fn effects(&self) -> &[Effect] {
        &[Effect::Create]
    }

    fn shows_writes(&self) -> bool {
        true
    }

    fn example(&self) -> Value {
        json!({ "object": "Contact", "records": [{ "LastName": "Ito", "Email": "ito@example.com" }] })
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Output>, ToolError> {
        let Args { object, records, all_or_none, read_back } = args;
        let records = filled_in(cx, org, &object, records).await?;
        let wanted = Wanted { object, records, all_or_none, ..Wanted::default() };
        let checked = operation::only(cx, org, Action::Create, wanted).await?;
        write::run(cx, org, checked, read_back == Some(true)).await
    }
}
