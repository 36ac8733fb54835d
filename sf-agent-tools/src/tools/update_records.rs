//! `salesforce_update_records`.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use sf_rest::Id;
use sf_schema::{Object, WriteKind};

use super::write::{self, Output, Problems, Sent};
use super::{record_id, verify};
use crate::org::Values;
use crate::{CallContext, Effect, Org, Reply, Tool, ToolError};

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

    fn example(&self) -> Value {
        json!({ "object": "Case", "records": [{ "Id": "500000000000001AAA", "Status": "Closed" }] })
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Output>, ToolError> {
        let object = write::object(cx, org, &args.object, "update", |o| o.updateable).await?;
        let records = split_ids(&object, args.records)?;
        let ids: Vec<Id> = records.iter().map(|(id, _)| *id).collect();
        let changed = records.iter().flat_map(|(_, values)| values.keys().map(String::as_str));
        let sent = Sent {
            object: &object,
            verb: "update",
            done: "updated",
            check: verify::by_ids(&object, &ids, changed),
            records: records.len(),
        };
        let all_or_none = args.all_or_none.unwrap_or(true);
        sent.told(org.update(cx, &object.name, &records, all_or_none).await)
    }
}

/// Each record's id and its other values; or all that is wrong with any of them.
fn split_ids(object: &Object, records: Vec<Values>) -> Result<Vec<(Id, Values)>, ToolError> {
    let mut problems = Problems::new(object);
    let mut seen = HashSet::new();
    let mut split = Vec::with_capacity(records.len());
    for (at, mut values) in records.into_iter().enumerate() {
        let place = format!("records[{at}].Id");
        let key = values.keys().find(|name| name.eq_ignore_ascii_case("Id")).cloned();
        let given = key.and_then(|key| values.shift_remove(&key));
        match given.as_ref().map(Value::as_str) {
            None => problems.add(place, "Missing: the id of the record to change."),
            Some(None) => problems.add(place, "Must be an id, as text."),
            Some(Some(text)) => match record_id(object, text) {
                Err(wrong) => problems.add(place, wrong),
                Ok(id) if !seen.insert(id) => {
                    problems.add(place, "The same record stands twice; put its changes together.");
                }
                Ok(id) if values.is_empty() => {
                    problems.add(format!("records[{at}]"), format!("Nothing to change in {id}."));
                }
                Ok(id) => {
                    problems.check(WriteKind::Update, at, &values);
                    split.push((id, values));
                    continue;
                }
            },
        }
        problems.check(WriteKind::Update, at, &values);
    }
    problems.refuse()?;
    Ok(split)
}
