//! `salesforce_describe_report`: what a report shows, and what it can be filtered by.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::reports::Named;
use super::reports::columns::{Column, columns, label, operators_of};
use super::reports::filters::told;
use super::reports::find::{REPORT, find};
use crate::{CallContext, Completeness, Org, Reply, SuggestedCall, Tool, ToolError};

const NAME: &str = "salesforce_describe_report";

/// Columns to filter by in a reply.
const COLUMNS: usize = 40;

/// So many of them are shown with their values.
const WITH_VALUES: usize = 8;

/// Values of a picklist.
const VALUES: usize = 40;

/// Describes a report.
pub(crate) struct DescribeReport;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Id or exact name.
    report: String,
    /// Text in name or label of columns to filter by; few are shown with their values.
    search: Option<String>,
    /// Column after which to go on.
    after: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Output {
    /// The report.
    report: Named,
    /// TABULAR, SUMMARY (grouped), MATRIX (grouped in two directions), MULTI_BLOCK (joined, cannot be
    /// run here).
    format: String,
    /// What it is a report of.
    #[serde(rename = "type")]
    of: String,
    /// Its columns: name, label, type.
    columns: Vec<[String; 3]>,
    /// Its groupings, outer before inner.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    groupings: Vec<Grouping>,
    /// Its figures: name, label.
    aggregates: Vec<[String; 2]>,
    /// Its saved filters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    filters: Vec<String>,
    /// Columns that a run can be filtered by: name, label, type.
    filter_by: Vec<[String; 3]>,
    /// Operators of filters, by types of columns.
    operators: BTreeMap<String, Vec<String>>,
    /// Values of picklists, by column.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(default)]
    values: BTreeMap<String, Vec<String>>,
}

#[derive(Serialize, JsonSchema)]
struct Grouping {
    /// Column name.
    column: String,
    /// Column label.
    label: String,
    /// down (rows) or across (columns).
    direction: &'static str,
    /// For dates: Day, Month, …
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
}

impl Tool for DescribeReport {
    type Args = Args;
    type Output = Output;

    fn name(&self) -> &str {
        NAME
    }

    fn title(&self) -> &str {
        "Describe a report"
    }

    fn description(&self) -> &str {
        "Tells the columns, groupings and filters of a report, and what a run can be filtered by."
    }

    fn example(&self) -> Value {
        json!({ "report": "Opportunities by Stage", "search": "amount" })
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Output>, ToolError> {
        let id = find(org, REPORT, &args.report).await?;
        let report = cx.unless_cancelled(org.report(id)).await?;
        let all = columns(org, &report.description).await?;
        let metadata = &report.description.report_metadata;
        let extended = &report.description.report_extended_metadata;
        let labelled = |kind: &str, name: &str| {
            let told = extended.get(kind).and_then(|info| info[name]["label"].as_str());
            told.unwrap_or_else(|| label(&all, name)).to_owned()
        };
        let own = metadata.detail_columns.iter().map(|name| {
            let known = all.iter().find(|column| column.name == *name);
            let kind = known.map_or_else(String::new, |column| column.kind.clone());
            [name.clone(), labelled("detailColumnInfo", name), kind]
        });
        let down = metadata.groupings_down.iter().map(|grouping| (grouping, "down"));
        let across = metadata.groupings_across.iter().map(|grouping| (grouping, "across"));
        let groupings = down.chain(across).map(|(grouping, direction)| Grouping {
            column: grouping.name.clone(),
            label: labelled("groupingColumnInfo", &grouping.name),
            direction,
            by: grouping.date_granularity.clone().filter(|by| by != "None"),
        });
        let figures = metadata.aggregates.iter();
        let figures = figures.map(|name| [name.clone(), labelled("aggregateColumnInfo", name)]);
        let search = args.search.as_deref().unwrap_or("").trim().to_lowercase();
        let fits = |column: &&Column| {
            let contains = |text: &str| text.to_lowercase().contains(&search);
            column.filterable && (contains(&column.name) || contains(&column.label))
        };
        let mut found: Vec<&Column> = all.iter().filter(fits).collect();
        let total = found.len();
        if let Some(after) = &args.after {
            let start = found.iter().position(|column| column.name == *after);
            found.drain(..start.map_or(0, |at| at + 1));
        }
        let left = found.len();
        found.truncate(COLUMNS);
        let operators = operators_of(&report.description, &found);
        let values = found.iter().filter(|column| {
            found.len() <= WITH_VALUES && !column.values.is_empty() && column.kind != "boolean"
        });
        let values = values.map(|column| {
            (column.name.clone(), column.values.iter().take(VALUES).cloned().collect())
        });
        let values: BTreeMap<String, Vec<String>> = values.collect();
        let cut = found.iter().filter(|c| c.values.len() > VALUES && values.contains_key(&c.name));
        let cut: Vec<String> =
            cut.map(|column| format!("{} ({})", column.name, column.values.len())).collect();
        let mut completeness = if left > COLUMNS {
            let mut next = json!({ "report": report.id });
            if let Some(search) = &args.search {
                next["search"] = json!(search);
            }
            next["after"] = json!(found.last().map(|column| &column.name));
            Completeness::Partial {
                returned: found.len() as u64,
                total: Some(total as u64),
                reason: format!(
                    "{} more columns to filter by; search narrows them.",
                    left - COLUMNS
                ),
                next: Some(SuggestedCall::new(NAME, next)),
            }
        } else {
            Completeness::Complete
        };
        if !cut.is_empty() {
            let columns = cut.join(", ");
            let why =
                format!("Of the values of {columns} the first {VALUES} are here; all can be used.");
            completeness = completeness.lacking(found.len() as u64, why);
        }
        let of = metadata.rest.get("reportType").and_then(|of| of["label"].as_str());
        let output = Output {
            report: Named { id: report.id.to_string(), name: report.name.clone() },
            format: metadata.report_format.clone(),
            of: of.unwrap_or_default().to_owned(),
            columns: own.collect(),
            groupings: groupings.collect(),
            aggregates: figures.collect(),
            filters: told(&report.description, &all),
            filter_by: found
                .iter()
                .map(|column| [column.name.clone(), column.label.clone(), column.kind.clone()])
                .collect(),
            operators,
            values,
        };
        Ok(Reply::new(output, completeness))
    }
}
