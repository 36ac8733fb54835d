//! A report as a statement, and the rows that it finds.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::columns::{Column, ReportType};
use super::definition::{CrossFilter, Definition};
use super::error::bad;
use super::{filters, logic};
use crate::engine::{ApiError, Caller, Engine};

/// Rows of one page of the engine.
const PAGE: usize = 2_000;

/// A value of a row, and the id behind it if its column has one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Datum {
    pub(super) value: Value,
    pub(super) id: Option<String>,
}

/// The rows of a report, in its order.
pub(super) struct Table {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<Datum>>,
}

impl Table {
    /// The place of a column among the values of each row.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name))
    }
}

/// The columns that the report needs, each once.
fn needed(report_type: &ReportType, report: &Definition) -> Result<Vec<Column>, ApiError> {
    let groupings = report.groupings_down.iter().chain(&report.groupings_across);
    let aggregates = report.aggregates.iter().filter_map(|name| Some(name.split_once('!')?.1));
    let names = groupings
        .map(|grouping| grouping.name.as_str())
        .chain(report.detail_columns.iter().map(String::as_str))
        .chain(aggregates);
    let mut columns: Vec<Column> = Vec::new();
    for name in names {
        let column = report_type.known(name)?;
        if !columns.iter().any(|known| known.name == column.name) {
            columns.push(column.clone());
        }
    }
    Ok(columns)
}

/// The columns of a report without its rows.
pub(super) fn no_rows(report_type: &ReportType, report: &Definition) -> Result<Table, ApiError> {
    Ok(Table { columns: needed(report_type, report)?, rows: Vec::new() })
}

/// The statement of a report.
pub(super) fn statement(
    report_type: &ReportType,
    report: &Definition,
    now: Timestamp,
) -> Result<String, ApiError> {
    let columns = needed(report_type, report)?;
    let mut paths = vec!["Id"];
    for path in columns.iter().flat_map(|c| std::iter::once(&c.path).chain(&c.id_path)) {
        if !paths.contains(&path.as_str()) {
            paths.push(path);
        }
    }
    let scope = scope(&report.scope)?;
    let mut soql = format!("SELECT {} FROM {}{scope}", paths.join(", "), report_type.object);
    if let Some(filter) = filter(report_type, report, now)? {
        soql.push_str(" WHERE ");
        soql.push_str(&filter);
    }
    let mut order = Vec::new();
    for sort in &report.sort_by {
        let column = report_type.known(&sort.sort_column)?;
        if !column.sortable {
            return Err(bad(format!("The report can\u{2019}t be sorted by {}.", column.name)));
        }
        let direction = if sort.is_descending() { "DESC NULLS LAST" } else { "ASC NULLS FIRST" };
        order.push(format!("{} {direction}", column.path));
    }
    if !order.is_empty() {
        soql.push_str(&format!(" ORDER BY {}", order.join(", ")));
    }
    if let Some(top) = &report.top_rows {
        soql.push_str(&format!(" LIMIT {}", top.row_limit));
    }
    Ok(soql)
}

/// Whose records: the values that the platform documents for most report types.
fn scope(scope: &str) -> Result<&'static str, ApiError> {
    match scope {
        "" | "organization" | "everything" => Ok(""),
        "user" | "mine" => Ok(" USING SCOPE mine"),
        "team" => Ok(" USING SCOPE team"),
        other => Err(bad(format!("The scope {other} is invalid for this report type."))),
    }
}

fn filter(
    report_type: &ReportType,
    report: &Definition,
    now: Timestamp,
) -> Result<Option<String>, ApiError> {
    let mut all = Vec::new();
    for standard in &report.standard_filters {
        all.extend(filters::standard(report_type, standard)?);
    }
    if let Some(date) = &report.standard_date_filter {
        all.extend(filters::standard_date(report_type, date, now)?);
    }
    let custom = report
        .report_filters
        .iter()
        .map(|filter| filters::condition(report_type, filter, now))
        .collect::<Result<Vec<_>, _>>()?;
    all.extend(logic::combine(&custom, report.report_boolean_filter.as_deref())?);
    for cross in &report.cross_filters {
        all.push(cross_condition(report_type, cross)?);
    }
    let all: Vec<String> = all.into_iter().map(|one| format!("({one})")).collect();
    Ok((!all.is_empty()).then(|| all.join(" AND ")))
}

/// Records with or without related records; conditions on those are not run.
fn cross_condition(report_type: &ReportType, cross: &CrossFilter) -> Result<String, ApiError> {
    if !cross.criteria.is_empty() {
        return Err(super::error::not_supported("Cross filters with criteria"));
    }
    for name in [&cross.related_entity, &cross.related_entity_join_field] {
        if sf_soql::escape::path(name).is_err() {
            return Err(bad("The cross filter is invalid."));
        }
    }
    let field = match report_type.column(&cross.primary_entity_field) {
        Some(column) => column.id_path.clone().unwrap_or_else(|| column.path.clone()),
        None => "Id".to_owned(),
    };
    let not = if cross.includes_object { "" } else { "NOT " };
    let (object, join) = (&cross.related_entity, &cross.related_entity_join_field);
    // An empty lookup would be in no set of records.
    Ok(format!("{field} {not}IN (SELECT {join} FROM {object} WHERE {join} != null)"))
}

/// Runs a report as the caller.
pub(super) fn rows(
    engine: &Engine,
    caller: &Caller,
    report_type: &ReportType,
    report: &Definition,
) -> Result<Table, ApiError> {
    let columns = needed(report_type, report)?;
    let soql = statement(report_type, report, caller.now)?;
    let cursor = engine.query(caller, &soql, false)?;
    let mut rows = Vec::with_capacity(cursor.len());
    for offset in (0..cursor.len()).step_by(PAGE) {
        for json in engine.page(caller, &cursor, offset, PAGE)? {
            let row: Map<String, Value> = serde_json::from_str(&json.0).unwrap_or_default();
            rows.push(columns.iter().map(|column| datum(&row, column)).collect());
        }
    }
    Ok(Table { columns, rows })
}

fn datum(row: &Map<String, Value>, column: &Column) -> Datum {
    let id = column.id_path.as_deref().and_then(|path| at(row, path));
    Datum {
        value: at(row, &column.path).cloned().unwrap_or_default(),
        id: id.and_then(Value::as_str).map(str::to_owned),
    }
}

fn at<'r>(row: &'r Map<String, Value>, path: &str) -> Option<&'r Value> {
    match path.split_once('.') {
        None => row.get(path),
        Some((head, rest)) => at(row.get(head)?.as_object()?, rest),
    }
}
