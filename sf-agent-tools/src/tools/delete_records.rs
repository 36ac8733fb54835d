//! `salesforce_delete_records`.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::write::{self, Output, Problems, Sent};
use super::{record_id, verify};
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

    fn example(&self) -> Value {
        json!({ "object": "Contact", "ids": ["003000000000001AAA"] })
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Output>, ToolError> {
        let object = write::object(cx, org, &args.object, "delete", |o| o.deletable).await?;
        let (mut ids, mut seen) = (Vec::new(), HashSet::new());
        let mut problems = Problems::new(&object);
        for (at, text) in args.ids.iter().enumerate() {
            let place = format!("ids[{at}]");
            match record_id(&object, text) {
                Err(wrong) => problems.add(place, wrong),
                Ok(id) if !seen.insert(id) => {
                    problems.add(place, "The same record stands twice.");
                }
                Ok(id) => ids.push(id),
            }
        }
        problems.refuse()?;
        let sent = Sent {
            object: &object,
            verb: "delete",
            done: "deleted",
            check: verify::by_ids(&object, &ids, []),
            records: ids.len(),
        };
        let all_or_none = args.all_or_none.unwrap_or(true);
        sent.told(org.delete(cx, &object.name, &ids, all_or_none).await)
    }
}
