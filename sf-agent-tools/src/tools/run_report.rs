//! `salesforce_run_report`: a report's figures or its rows.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sf_rest::ops::reports::RunReport;
use sf_rest::ops::reports::metadata::ReportOverride;
use sf_rest::ops::reports::result::ReportResult;

use super::reports::columns::{Column, columns};
use super::reports::filters::{Asked, Changed, FilterArg, Period, changed, told};
use super::reports::find::{REPORT, find};
use super::reports::rest::{Remaining, marks, ways};
use super::reports::shown::{Shape, units};
use super::reports::{JOINED, Named, groups};
use crate::limits::MAX_ROWS;
use crate::org::Report;
use crate::rows::{Bounds, Columns, Format, Kept, Rows, Table, rows_of};
use crate::{CallContext, Org, Reply, Tool, ToolError};

/// Runs a report.
pub(crate) struct RunAReport;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Id or exact name.
    report: String,
    /// Filters for this run, beside the saved ones.
    filters: Option<Vec<FilterArg>>,
    /// False drops the saved filters.
    saved_filters: Option<bool>,
    /// Days of its date filter.
    period: Option<Period>,
    /// groups: figures; rows: records. Default groups if it has any.
    show: Option<Show>,
    /// Also ids behind names.
    ids: Option<bool>,
    /// Default 100.
    #[schemars(range(min = 1, max = MAX_ROWS))]
    max_rows: Option<u32>,
    /// Default table.
    format: Option<Format>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Show {
    Groups,
    Rows,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Output {
    /// The report.
    report: Named,
    /// The filters that held.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    filters: Vec<String>,
    /// Grand totals, of all rows.
    totals: Map<String, Value>,
    #[serde(flatten)]
    table: Table,
}

impl Tool for RunAReport {
    type Args = Args;
    type Output = Output;

    fn name(&self) -> &str {
        "salesforce_run_report"
    }

    fn title(&self) -> &str {
        "Run a report"
    }

    fn description(&self) -> &str {
        "Runs a report: its totals and groups, or its rows, also beyond the 2,000 of one run. The saved \
         report is not changed."
    }

    fn example(&self) -> Value {
        json!({
            "report": "Opportunities by Stage",
            "filters": [{ "column": "AMOUNT", "op": "greaterThan", "value": 10000 }],
            "show": "groups",
        })
    }

    async fn call(
        &self,
        cx: &CallContext,
        org: &Org,
        args: Args,
    ) -> Result<Reply<Output>, ToolError> {
        let id = find(org, REPORT, &args.report).await?;
        let report = org.report(id).await?;
        runnable(&report)?;
        let columns = columns(org, &report.description).await?;
        let asked = Asked {
            filters: args.filters.as_deref().unwrap_or_default(),
            period: args.period.as_ref(),
            saved: args.saved_filters.unwrap_or(true),
        };
        let Changed { changes, mut description, mut notes } =
            changed(&report.description, &columns, &asked)?;
        let metadata = &mut description.report_metadata;
        let grouped = !metadata.groupings_down.is_empty() || !metadata.groupings_across.is_empty();
        let rows = !grouped || args.show == Some(Show::Rows);
        let mut changes = changes.unwrap_or_default();
        if rows && !metadata.aggregates.iter().any(|name| name == "RowCount") {
            // Without a count nothing tells whether all rows came.
            metadata.aggregates.push("RowCount".to_owned());
            changes = changes.set("aggregates", json!(metadata.aggregates));
        }
        let mut run = RunReport::new(id);
        if changes != ReportOverride::new() {
            run = run.with(changes.clone());
        }
        if !rows {
            run = run.without_details();
        }
        let result = org.run_report(&description, &run).await?;
        let units = units(org, &result, rows).await;
        let (totals, filters) = (groups::totals(&result), told(&description, &columns));
        if !grouped && args.show == Some(Show::Groups) {
            notes.push("The report has no groups; these are its rows.".to_owned());
        }
        let name = format!("report {}", report.name);
        let page = if rows {
            let shape = Shape::of(&result, args.ids.unwrap_or(false));
            let shown = shape.columns();
            let cells: Vec<Vec<Value>> = result
                .details()
                .map(|row| shape.row(row.groups.iter().map(|group| &group.value), row.cells))
                .collect();
            org.gate().rows(cells.len() as u64)?;
            let page = Kept::whole(name, shown, Rows::Cells(cells), units)?;
            if org.policy().rules().is_none() {
                // Only rules ask it again, and it can be long.
                description.report_type_metadata.clear();
            }
            let begun = Begun { report: &report, description, changes, columns: &columns, shape };
            continued(page, &result, begun)
        } else {
            let found = groups::table(&result);
            let shown = Columns::named(found.columns.iter().map(String::as_str));
            org.gate().rows(found.rows.len() as u64)?;
            let total = found.rows.len() as u64;
            let page = Kept::whole(name, shown, Rows::Cells(found.rows), units)?;
            match groups::short(&result) {
                Some(short) => page.lacking(total, short),
                None => page,
            }
        };
        let bounds = Bounds::new(org, args.max_rows, args.format);
        let reply = rows_of(cx, org, org.pages().keep(page), args.max_rows, bounds).await?;
        let (mut table, completeness) = (reply.data, reply.completeness);
        table.about.notes.extend(notes);
        if rows && !result.all_data {
            table.about.notes.push(format!(
                "One run gives {} rows. The first are in the report's order; the others come \
                 after them, in parts.",
                sf_rest::ops::reports::MAX_ROWS
            ));
        }
        let report = Named { id: report.id.to_string(), name: report.name };
        Ok(Reply::new(Output { report, filters, totals, table }, completeness))
    }
}

/// What the rows after those of the first run need.
struct Begun<'a> {
    report: &'a Report,
    description: sf_rest::ops::reports::ReportDescription,
    changes: ReportOverride,
    columns: &'a [Column],
    shape: Shape,
}

/// The page of the first run, with the way to the rows that it does not have.
fn continued(page: Kept, result: &ReportResult, begun: Begun<'_>) -> Kept {
    let (given, marks) = marks(result);
    let total = result.row_count();
    if result.all_data {
        let total = total.unwrap_or(given);
        if total == given {
            return page;
        }
        return page.lacking(
            total.max(given),
            format!(
                "The report counts {total} rows and gave {given}, as if they were all: it shows some \
                 in a form that is not read here."
            ),
        );
    }
    let remaining = Remaining {
        id: begun.report.id,
        saved: begun.report.description.report_metadata.clone(),
        checked: begun.description,
        changes: begun.changes,
        ways: ways(begun.columns),
        shape: begun.shape,
        columns: result.report_metadata.detail_columns.clone(),
        given: (given, marks),
        total: total.unwrap_or(given + 1),
    };
    let total = remaining.total.max(given + 1);
    page.begun(total, Arc::new(remaining))
}

/// Refuses what Salesforce's API does not run.
fn runnable(report: &Report) -> Result<(), ToolError> {
    if report.description.report_metadata.report_format != JOINED {
        return Ok(());
    }
    Err(ToolError::ask_a_person(format!(
        "{} is a joined report, which Salesforce's API does not run. A person can open it in \
         Salesforce; salesforce_query reads the records behind it.",
        report.name
    )))
}
