//! `salesforce_upsert_records`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::operation::{self, Wanted};
use super::write::{self, Output};
use crate::prepare::Action;
use crate::{CallContext, Effect, Org, Reply, Tool, ToolError, Values};

/// Creates or updates records by an external id.
pub(crate) struct UpsertRecords;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// API name of the object.
    #[schemars(length(min = 1))]
    object: String,
    /// API name of the external id field that says which record is meant.
    #[schemars(length(min = 1))]
    external_id_field: String,
    /// One to 200 records, each with the external id field among its fields.
    #[schemars(length(min = 1, max = 200))]
    records: Vec<Values>,
    /// If true (default), one bad record stops all.
    all_or_none: Option<bool>,
    /// Reads the records again and reports values stored otherwise than sent.
    read_back: Option<bool>,
}

impl Tool for UpsertRecords {
    type Args = Args;
    type Output = Output;

    fn name(&self) -> &str {
        "salesforce_upsert_records"
    }

    fn title(&self) -> &str {
        "Create or update records"
    }

    fn description(&self) -> &str {
        "Creates each record, or updates the one that has the same external id. Safe to repeat if \
         the external id field is unique."
    }

    fn effects(&self) -> &[Effect] {
        &[Effect::Create, Effect::Update]
    }

    fn shows_writes(&self) -> bool {
        true
    }

    /// The key says which record is meant.
    fn is_idempotent(&self) -> bool {
        true
    }

    fn example(&self) -> Value {
        json!({
            "object": "Invoice__c",
            "external_id_field": "Number__c",
            "records": [{ "Number__c": "INV-1", "Status__c": "Open" }]
        })
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Output>, ToolError> {
        let Args { object, external_id_field, records, all_or_none, read_back } = args;
        let external_id_field = Some(external_id_field);
        let wanted =
            Wanted { object, records, external_id_field, all_or_none, ..Wanted::default() };
        let checked = operation::only(cx, org, Action::Upsert, wanted).await?;
        write::run(cx, org, checked, read_back == Some(true)).await
    }
}
