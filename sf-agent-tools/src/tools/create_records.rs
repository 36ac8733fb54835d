//! `salesforce_create_records`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use sf_schema::WriteKind;

use super::verify;
use super::write::{self, Output, Problems, Sent};
use crate::org::Values;
use crate::{CallContext, Effect, Org, Reply, Tool, ToolError};

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

    fn example(&self) -> Value {
        json!({ "object": "Contact", "records": [{ "LastName": "Ito", "Email": "ito@example.com" }] })
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Output>, ToolError> {
        let object = write::object(cx, org, &args.object, "create", |o| o.createable).await?;
        let mut problems = Problems::new(&object);
        for (at, values) in args.records.iter().enumerate() {
            problems.check(WriteKind::Create, at, values);
        }
        problems.refuse()?;
        let sent = Sent {
            object: &object,
            verb: "create",
            done: "created",
            check: verify::created(&object, &args.records),
            records: args.records.len(),
        };
        let all_or_none = args.all_or_none.unwrap_or(true);
        sent.told(org.create(cx, &object.name, &args.records, all_or_none).await)
    }
}
