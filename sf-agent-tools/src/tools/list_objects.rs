//! `salesforce_list_objects`: what kinds of records the org has.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sf_schema::{ObjectSummary, suggest};

use crate::{CallContext, Completeness, Org, Reply, SuggestedCall, Tool, ToolError};

pub(crate) const NAME: &str = "salesforce_list_objects";

/// Objects in a reply when the call does not say.
const DEFAULT_ROWS: usize = 100;

/// Objects that belong to another one: history, feed, sharing and events. They
/// are listed only when the filter names them.
const SATELLITES: &[&str] = &["ChangeEvent", "Feed", "History", "Share", "Tag", "__e"];

/// Lists objects.
pub(crate) struct ListObjects;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Text in API name or label.
    filter: Option<String>,
    /// Only custom ones.
    custom_only: Option<bool>,
    /// Default 100.
    #[schemars(range(min = 1, max = 500))]
    max_rows: Option<u32>,
    /// API name after which to go on.
    after: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Output {
    /// Column names: name (API name), label, key_prefix (start of its ids), can.
    columns: Vec<String>,
    /// One array per object. can: q query, c create, u update, d delete.
    objects: Vec<Vec<Value>>,
    /// Objects that fit the filter.
    total: usize,
    /// If nothing fits: objects that were probably meant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    did_you_mean: Vec<String>,
}

impl Tool for ListObjects {
    type Args = Args;
    type Output = Output;

    fn name(&self) -> &str {
        NAME
    }

    fn title(&self) -> &str {
        "List objects"
    }

    fn description(&self) -> &str {
        "Lists the objects (kinds of records) that this user can query; history, feed and sharing \
         objects only if the filter names them."
    }

    fn example(&self) -> Value {
        json!({ "filter": "invoice" })
    }

    async fn call(
        &self,
        _: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Output>, ToolError> {
        let all = org.objects().await?;
        let filter = args.filter.as_deref().unwrap_or("").trim().to_lowercase();
        let custom_only = args.custom_only.unwrap_or(false);
        let mut fitting: Vec<&ObjectSummary> = all
            .iter()
            .filter(|o| o.queryable && (!custom_only || o.custom) && fits(o, &filter))
            .collect();
        fitting.sort_by_cached_key(|o| o.name.to_lowercase());
        let total = fitting.len();
        let after = args.after.as_deref().unwrap_or("").to_lowercase();
        fitting.retain(|o| o.name.to_lowercase() > after);
        let most = args.max_rows.map_or(DEFAULT_ROWS, |n| n as usize);
        let left = fitting.len();
        let objects: Vec<_> = fitting.iter().take(most).map(|o| row(o)).collect();
        let completeness = if left > most {
            let last = fitting.get(most.saturating_sub(1)).map_or("", |o| o.name.as_str());
            let mut next = json!({ "after": last });
            for (name, value) in [
                ("filter", args.filter.as_ref().map(|f| json!(f))),
                ("custom_only", args.custom_only.map(|c| json!(c))),
                ("max_rows", args.max_rows.map(|m| json!(m))),
            ] {
                if let Some(value) = value {
                    next[name] = value;
                }
            }
            Completeness::Partial {
                returned: objects.len() as u64,
                total: Some(total as u64),
                reason: format!("{} more objects; a filter narrows them.", left - most),
                next: Some(SuggestedCall::new(NAME, next)),
            }
        } else {
            Completeness::Complete
        };
        let did_you_mean =
            if total == 0 && !filter.is_empty() { near(&all, &filter) } else { Vec::new() };
        let columns = ["name", "label", "key_prefix", "can"].map(str::to_owned).to_vec();
        Ok(Reply::new(Output { columns, objects, total, did_you_mean }, completeness))
    }
}

fn fits(object: &ObjectSummary, filter: &str) -> bool {
    let contains = |text: &str| text.to_lowercase().contains(filter);
    if filter.is_empty() {
        return !SATELLITES.iter().any(|end| object.name.ends_with(end));
    }
    contains(&object.name) || contains(&object.label) || contains(&object.label_plural)
}

fn row(object: &ObjectSummary) -> Vec<Value> {
    let can: String = [
        (object.queryable, 'q'),
        (object.createable, 'c'),
        (object.updateable, 'u'),
        (object.deletable, 'd'),
    ]
    .iter()
    .filter(|(yes, _)| *yes)
    .map(|(_, letter)| *letter)
    .collect();
    vec![json!(object.name), json!(object.label), json!(object.key_prefix), json!(can)]
}

fn near(all: &[ObjectSummary], filter: &str) -> Vec<String> {
    let mut names = suggest(filter, all.iter().map(|o| o.name.as_str()));
    for label in suggest(filter, all.iter().map(|o| o.label.as_str())) {
        for object in all.iter().filter(|o| o.label == label) {
            if !names.contains(&object.name) {
                names.push(object.name.clone());
            }
        }
    }
    names.truncate(5);
    names
}
