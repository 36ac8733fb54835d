//! `sf-agent report`: reports by id or name.

use anyhow::{Result, bail};
use serde_json::{Value, json};
use sf_rest::ops::reports::{ReportDescription, Reports};
use sf_rest::{Client, Id, Query, Record};
use sf_soql::escape;

use super::data::{count, sheet};
use crate::args::{Format, ReportCommand};
use crate::connect::connect;
use crate::exit::{Ended, Exit, not_found};
use crate::progress::Progress;

pub(crate) async fn run(command: ReportCommand, org: Option<&str>) -> Result<()> {
    let connection = connect(org).await?;
    let client = connection.raw("sf-agent report")?;
    match command {
        ReportCommand::List { filter, format } => list(client, filter.as_deref(), format).await,
        ReportCommand::Describe { report, format } => describe(client, &report, format).await,
        ReportCommand::Run { report, format } => run_report(client, &report, format).await,
    }
}

async fn list(client: &Client, filter: Option<&str>, format: Format) -> Result<()> {
    let found: Vec<(String, String)> = match filter {
        None => {
            let viewed = client.send(&Reports).await?;
            viewed.into_iter().map(|report| (report.id.to_string(), report.name)).collect()
        }
        Some(text) => {
            let like = escape::like(text);
            by(client, &format!("Name LIKE '%{like}%'")).await?
        }
    };
    if found.is_empty() {
        return Err(not_found(match filter {
            Some(text) => format!("no report has {text:?} in its name"),
            None => "this user has viewed no report; `sf-agent report list TEXT` looks by name"
                .to_owned(),
        }));
    }
    let mut sheet = sheet(format, &Progress::none());
    sheet.head(heads(format, &["id", "name"]))?;
    for (id, name) in found {
        sheet.values(&[Value::from(id), Value::from(name)])?;
    }
    sheet.flush()
}

/// Column names as tables and programs have them.
fn heads(format: Format, names: &[&str]) -> Vec<String> {
    let head = |name: &&str| {
        if format == Format::Table { name.to_uppercase() } else { (*name).to_owned() }
    };
    names.iter().map(head).collect()
}

/// Ids and names of the reports that fit a condition, at most 2,000.
async fn by(client: &Client, condition: &str) -> Result<Vec<(String, String)>> {
    let soql = format!("SELECT Id, Name FROM Report WHERE {condition} ORDER BY Name LIMIT 2000");
    let page = client.query_page(&Query::<Record>::new(soql)).await?;
    let text = |row: &Record, name: &str| {
        row.get(name).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    };
    Ok(page.records.iter().map(|row| (text(row, "Id"), text(row, "Name"))).collect())
}

/// The report of an id or a whole name.
async fn find(client: &Client, report: &str) -> Result<Id> {
    if let Ok(id) = Id::parse(report) {
        return Ok(id);
    }
    let found = by(client, &format!("Name = '{}'", escape::string(report))).await?;
    match found.as_slice() {
        [] => Err(not_found(format!(
            "there is no report {report:?}; `sf-agent report list TEXT` looks for a part of its name"
        ))),
        [(id, _)] => Ok(Id::parse(id)?),
        several => {
            let ids: Vec<&str> = several.iter().map(|(id, _)| id.as_str()).collect();
            bail!("{} reports are named {report:?}; give one of {}", ids.len(), ids.join(", "))
        }
    }
}

async fn describe(client: &Client, report: &str, format: Format) -> Result<()> {
    let id = find(client, report).await?;
    let described = client.describe_report(id).await?;
    if format == Format::Json {
        let mut sheet = sheet(format, &Progress::none());
        sheet.object(&described)?;
        return sheet.flush();
    }
    let metadata = &described.report_metadata;
    let mut rows: Vec<[String; 3]> = Vec::new();
    let mut row = |what: &str, name: &str, detail: &str| {
        rows.push([what.to_owned(), name.to_owned(), detail.to_owned()]);
    };
    row("report", &metadata.name, &metadata.report_format);
    for (kind, groups) in
        [("group down", &metadata.groupings_down), ("group across", &metadata.groupings_across)]
    {
        for group in groups {
            row(kind, &group.name, &label(&described, "groupingColumnInfo", &group.name));
        }
    }
    for column in &metadata.detail_columns {
        row("column", column, &label(&described, "detailColumnInfo", column));
    }
    for aggregate in &metadata.aggregates {
        row("aggregate", aggregate, &label(&described, "aggregateColumnInfo", aggregate));
    }
    for filter in &metadata.report_filters {
        row("filter", &filter.column, &format!("{} {}", filter.operator, filter.value));
    }
    if let Some(logic) = &metadata.report_boolean_filter {
        row("logic", logic, "");
    }
    let mut sheet = sheet(format, &Progress::none());
    sheet.head(heads(format, &["what", "name", "detail"]))?;
    for row in rows {
        sheet.line(row.to_vec())?;
    }
    sheet.flush()
}

fn label(described: &ReportDescription, kind: &str, name: &str) -> String {
    let info = &described.report_extended_metadata;
    let label = info.get(kind).and_then(|all| all.get(name)?.get("label")?.as_str());
    label.unwrap_or_default().to_owned()
}

async fn run_report(client: &Client, report: &str, format: Format) -> Result<()> {
    let id = find(client, report).await?;
    let result = client.run_report(id).await?;
    let metadata = &result.report_metadata;
    let groups: Vec<&str> = metadata
        .groupings_down
        .iter()
        .chain(&metadata.groupings_across)
        .map(|group| group.name.as_str())
        .collect();
    let label = |name: &str| result.column_label(name).unwrap_or(name).to_owned();
    let columns = groups.iter().copied().chain(metadata.detail_columns.iter().map(String::as_str));
    let mut sheet = sheet(format, &Progress::none());
    sheet.head(columns.map(label).collect())?;
    let mut rows = 0;
    for row in result.details() {
        let value = |label: &str, value: &Value| match format {
            Format::Json => json!({ "label": label, "value": value }),
            _ => Value::from(label),
        };
        let groups = row.groups.iter().map(|group| value(&group.label, &group.value));
        let cells = row.cells.iter().map(|cell| value(&cell.label, &cell.value));
        sheet.values(&groups.chain(cells).collect::<Vec<_>>())?;
        rows += 1;
    }
    sheet.flush()?;
    for (name, cell) in result.totals() {
        eprintln!("{}: {}", crate::out::harmless(&label(name)), crate::out::harmless(&cell.label));
    }
    if !result.all_data {
        let all = result.row_count().map(|all| format!(" of {all}")).unwrap_or_default();
        eprintln!(
            "error: incomplete: one run gives no more than these {}{all}; narrow the report by filters, or query its records",
            count(rows)
        );
        return Err(Ended(Exit::Failed).into());
    }
    eprintln!("{}", count(rows));
    Ok(())
}
