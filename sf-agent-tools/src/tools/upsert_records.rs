//! `salesforce_upsert_records`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use sf_schema::{Field, Object, WriteKind};

use super::verify;
use super::write::{self, Output, Problems, Sent};
use crate::org::Values;
use crate::{CallContext, Effect, Org, Problem, Reply, Tool, ToolError};

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
        let both = |o: &Object| o.createable && o.updateable;
        let object = write::object(cx, org, &args.object, "create and update", both).await?;
        let key = key_field(&object, &args.external_id_field)?;
        let mut problems = Problems::new(&object);
        let mut keys = Vec::with_capacity(args.records.len());
        for (at, values) in args.records.iter().enumerate() {
            let value = values.iter().find(|(name, _)| name.eq_ignore_ascii_case(&key.name));
            let text = match value.map(|(_, value)| value) {
                Some(Value::String(text)) if !text.trim().is_empty() => Some(text.clone()),
                Some(Value::Number(number)) => Some(number.to_string()),
                _ => None,
            };
            match text {
                Some(text) => keys.push(text),
                None => problems.add(
                    format!("records[{at}].{}", key.name),
                    "Missing: the external id that says which record is meant.",
                ),
            }
            problems.check(WriteKind::Upsert { key: &key.name }, at, values);
        }
        problems.refuse()?;
        let sent = Sent {
            object: &object,
            verb: "upsert",
            done: "created_or_updated",
            check: verify::by_key(&object, key, &keys),
            records: args.records.len(),
        };
        let all_or_none = args.all_or_none.unwrap_or(true);
        sent.told(org.upsert(cx, &object.name, &key.name, &args.records, all_or_none).await)
    }
}

fn key_field<'a>(object: &'a Object, name: &str) -> Result<&'a Field, ToolError> {
    if let Some(field) = object.field(name)
        && (field.external_id || (field.id_lookup && field.name != "Id"))
    {
        return Ok(field);
    }
    let keys: Vec<&Field> =
        object.fields.iter().filter(|f| f.external_id || (f.id_lookup && f.name != "Id")).collect();
    let names: Vec<Value> = keys.iter().map(|f| json!(f.name)).collect();
    let message = if names.is_empty() {
        format!(
            "{} has no external id field, so its records cannot be upserted. Look for them with \
             salesforce_query, then create or update.",
            object.name
        )
    } else {
        format!("{name:?} is not an external id field of {}.", object.name)
    };
    let near = sf_schema::suggest(name, keys.iter().map(|f| f.name.as_str()));
    Err(ToolError::fix_your_call(
        "The records cannot be told apart by this field. Nothing was sent.",
    )
    .with_problem(Problem::new("external_id_field", message).allowed(names, 40).did_you_mean(near)))
}
