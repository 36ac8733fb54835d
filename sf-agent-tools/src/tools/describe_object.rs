//! `salesforce_describe_object`: one object's card, and chosen fields in full.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sf_schema::{CardOptions, Field, card};

use crate::{CallContext, Effect, Org, Problem, Reply, SuggestedCall, Tool, ToolError};

pub(crate) const NAME: &str = "salesforce_describe_object";

/// The call that lists the fields of an object.
pub(super) fn call(object: &str) -> SuggestedCall {
    SuggestedCall::new(NAME, json!({ "object": object }))
}

/// Describes an object.
pub(crate) struct DescribeObject;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// API name or label of the object, such as Account or "Invoice".
    #[schemars(length(min = 1))]
    object: String,
    /// API names of up to 20 fields to describe in full, with all picklist values.
    #[schemars(length(max = 20))]
    fields: Option<Vec<String>>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Output {
    /// API name: use this in other calls.
    object: String,
    /// Label that people see.
    label: String,
    /// Exactly the fields without which a create fails.
    required_on_create: Vec<String>,
    /// Fields usable as key of an upsert.
    external_ids: Vec<String>,
    /// The object in short: fields by kind, picklist values, references, children.
    card: String,
    /// The fields asked for, in full.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    fields: Vec<FieldDetail>,
}

#[derive(Serialize, JsonSchema)]
struct FieldDetail {
    /// API name.
    name: String,
    /// Label that people see.
    label: String,
    /// Field type.
    r#type: String,
    /// Where it can be used: create, update, filter, sort, group.
    usable_in: Vec<&'static str>,
    /// Whether a create fails without it.
    required_on_create: bool,
    /// Most characters of a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_length: Option<u32>,
    /// Whether only the listed values are accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    only_these_values: Option<bool>,
    /// All active values of a picklist.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    values: Vec<String>,
    /// The field that decides which of the values are valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    depends_on: Option<String>,
    /// Objects that a reference may point at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    refers_to: Vec<String>,
    /// Name that leads to the parent in SOQL.
    #[serde(skip_serializing_if = "Option::is_none")]
    relationship: Option<String>,
    /// The administrator's help text.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

impl Tool for DescribeObject {
    type Args = Args;
    type Output = Output;

    fn name(&self) -> &str {
        NAME
    }

    fn title(&self) -> &str {
        "Describe an object"
    }

    fn description(&self) -> &str {
        "Describes one object: its fields, which are required or writable, picklist values, \
         references, child relationships. Read it before the first query or write of an object."
    }

    fn effects(&self) -> &[Effect] {
        &[Effect::Read]
    }

    fn example(&self) -> Value {
        json!({ "object": "Account", "fields": ["Industry"] })
    }

    async fn call(
        &self,
        _: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Output>, ToolError> {
        let object = org.resolve(&args.object).await?;
        let mut fields = Vec::new();
        let mut problems = Vec::new();
        for (at, name) in args.fields.iter().flatten().enumerate() {
            match object.field(name) {
                Some(field) => fields.push(detail(field)),
                None => problems.push(
                    Problem::new(
                        format!("fields[{at}]"),
                        format!("{} has no field {name}.", object.name),
                    )
                    .did_you_mean(object.suggest_fields(name)),
                ),
            }
        }
        if !problems.is_empty() {
            return Err(ToolError::fix_your_call("Some of the fields do not exist.")
                .with_problems(problems));
        }
        Ok(Reply::complete(Output {
            object: object.name.clone(),
            label: object.label.clone(),
            required_on_create: object.required_on_create().map(|f| f.name.clone()).collect(),
            external_ids: object
                .fields
                .iter()
                .filter(|f| f.external_id)
                .map(|f| f.name.clone())
                .collect(),
            card: card(&object, CardOptions::default()),
            fields,
        }))
    }
}

fn detail(field: &Field) -> FieldDetail {
    let usable_in = [
        (field.createable, "create"),
        (field.updateable, "update"),
        (field.filterable, "filter"),
        (field.sortable, "sort"),
        (field.groupable, "group"),
    ];
    FieldDetail {
        name: field.name.clone(),
        label: field.label.clone(),
        r#type: field.ty.to_string(),
        usable_in: usable_in.iter().filter(|(yes, _)| *yes).map(|(_, name)| *name).collect(),
        required_on_create: field.required_on_create(),
        max_length: (field.ty.is_text() && field.length > 0).then_some(field.length),
        only_these_values: field.ty.is_picklist().then_some(field.restricted),
        values: field.active_values().map(str::to_owned).collect(),
        depends_on: field.controller.clone(),
        refers_to: field.reference_to.clone(),
        relationship: field.relationship_name.clone(),
        help: field.help.clone(),
    }
}
