//! `salesforce_describe_field`: chosen fields of an object in full.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sf_schema::Field;

use super::names::Names;
use crate::tokens::tokens_of;
use crate::{CallContext, Completeness, Org, Reply, SuggestedCall, Tool, ToolError};

pub(super) const NAME: &str = "salesforce_describe_field";

/// Fields of a call.
pub(super) const MOST: usize = 20;

/// Characters of a formula; Salesforce takes 3,900 (Salesforce Help, Formula Field Limits).
const FORMULA: usize = 4_000;

/// Describes fields.
pub(crate) struct DescribeField;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Object, by API name or label.
    object: String,
    /// Fields, by API name, label or path (Owner.Email).
    #[schemars(length(min = 1, max = MOST))]
    fields: Vec<String>,
    /// Only picklist values with this text.
    values_with: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Output {
    /// API name of the object.
    object: String,
    /// The fields.
    fields: Vec<FieldDetail>,
    /// How the call was understood.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    notes: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct FieldDetail {
    /// API name, or path in API names.
    name: String,
    /// Label that people see.
    label: String,
    /// Field type.
    r#type: String,
    /// Where it can be used: create, update, filter, sort, group, aggregate.
    usable_in: Vec<&'static str>,
    /// Whether a create fails without it.
    required_on_create: bool,
    /// What else it is: unique, external_id, formula, encrypted, html, ...
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    is: Vec<&'static str>,
    /// Most characters of a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_length: Option<u32>,
    /// Most digits before and after the point.
    #[serde(skip_serializing_if = "Option::is_none")]
    digits: Option<[u32; 2]>,
    /// Whether only the listed values are accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    only_these_values: Option<bool>,
    /// Active values of a picklist.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    values: Vec<String>,
    /// How many more values there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    more_values: Option<usize>,
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
    /// The formula that computes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    formula: Option<String>,
    /// The administrator's help text.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

impl Tool for DescribeField {
    type Args = Args;
    type Output = Output;

    fn name(&self) -> &str {
        NAME
    }

    fn title(&self) -> &str {
        "Describe fields"
    }

    fn description(&self) -> &str {
        "Describes chosen fields of an object in full, with their picklist values."
    }

    fn example(&self) -> Value {
        json!({ "object": "Account", "fields": ["Industry", "Owner.Email"] })
    }

    async fn call(
        &self,
        _: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Output>, ToolError> {
        let object = org.resolve(&args.object).await?;
        let mut names = Names::new(org, object);
        let mut found = Vec::new();
        for (n, name) in args.fields.iter().enumerate() {
            let at = format!("fields[{n}]");
            let Some(named) = names.field(&at, name).await? else { continue };
            match named.field {
                Some(field) => found.push((named.path.to_string(), field)),
                None => names.problem(
                    &at,
                    format!(
                        "{} may lead to several objects; describe it on one of them.",
                        named.path
                    ),
                ),
            }
        }
        names.refuse()?;
        let text = args.values_with.as_deref().unwrap_or("").trim().to_lowercase();
        let mut left = org.limits().tokens;
        let (mut fields, mut cut) = (Vec::new(), Vec::new());
        for (path, field) in &found {
            let mut one = detail(path, field);
            let values = std::mem::take(&mut one.values);
            left = left.saturating_sub(tokens_of(&one));
            let mut fitting =
                values.into_iter().filter(|v| text.is_empty() || v.to_lowercase().contains(&text));
            for value in fitting.by_ref() {
                let size = tokens_of(&value) + 1;
                if size > left {
                    one.more_values = Some(1);
                    break;
                }
                left -= size;
                one.values.push(value);
            }
            if let Some(first) = one.more_values {
                one.more_values = Some(first + fitting.count());
                cut.push(path.clone());
            }
            fields.push(one);
        }
        let returned = fields.len() as u64;
        let object = names.object.name.clone();
        let completeness = match cut.as_slice() {
            [] => Completeness::Complete,
            [one] if found.len() == 1 => Completeness::Partial {
                returned,
                total: Some(returned),
                reason: format!("Not all values of {one} fit; values_with narrows them."),
                next: None,
            },
            several => Completeness::Partial {
                returned,
                total: Some(returned),
                reason: format!("Not all values of {} fit.", several.join(", ")),
                next: several.first().map(|first| {
                    SuggestedCall::new(NAME, json!({ "object": object, "fields": [first] }))
                }),
            },
        };
        Ok(Reply::new(Output { object, fields, notes: names.notes }, completeness))
    }
}

fn detail(path: &str, field: &Field) -> FieldDetail {
    let chosen = |all: &[(bool, &'static str)]| -> Vec<&'static str> {
        all.iter().filter(|(yes, _)| *yes).map(|(_, name)| *name).collect()
    };
    FieldDetail {
        name: path.to_owned(),
        label: field.label.clone(),
        r#type: field.ty.to_string(),
        usable_in: chosen(&[
            (field.createable, "create"),
            (field.updateable, "update"),
            (field.filterable, "filter"),
            (field.sortable, "sort"),
            (field.groupable, "group"),
            (field.aggregatable, "aggregate"),
        ]),
        required_on_create: field.required_on_create(),
        is: chosen(&[
            (field.unique, "unique"),
            (field.external_id, "external_id"),
            (field.name_field, "name"),
            (field.auto_number, "auto_number"),
            (field.calculated, "formula"),
            (field.encrypted, "encrypted"),
            (field.html, "html"),
            (field.case_sensitive, "case_sensitive"),
            (field.defaulted_on_create, "defaulted"),
            (field.master_detail.is_some(), "master_detail"),
        ]),
        max_length: (field.ty.is_text() && field.length > 0).then_some(field.length),
        digits: (field.precision > 0)
            .then(|| [field.precision.saturating_sub(field.scale), field.scale]),
        only_these_values: field.ty.is_picklist().then_some(field.restricted),
        values: field.active_values().map(str::to_owned).collect(),
        more_values: None,
        depends_on: field.controller.clone(),
        refers_to: field.reference_to.clone(),
        relationship: field.relationship_name.clone(),
        formula: field.formula.as_deref().map(|text| crate::text::shorten(text, FORMULA)),
        help: field.help.clone(),
    }
}
