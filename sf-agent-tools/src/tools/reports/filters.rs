//! Filters of a run, given as structure, to those of the report.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use sf_rest::ops::reports::ReportDescription;
use sf_rest::ops::reports::metadata::{ReportFilter, ReportOverride};

use super::columns::{Column, label, operators};
use crate::{Problem, ToolError};

/// The most filters of a run (Reports and Dashboards REST API Developer Guide, Limits).
const MOST: usize = 20;

/// Values listed for a picklist that has not the one that was given.
const LISTED: usize = 20;

// A filter of a call. Not a doc comment, which would cost a model tokens.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FilterArg {
    /// Column name or label.
    column: String,
    /// equals, notEqual, lessThan, greaterThan, lessOrEqual, greaterOrEqual, contains, notContain,
    /// startsWith, includes, excludes.
    op: String,
    /// Value, list of values, or null for none.
    value: Value,
}

// The span of the report's date filter.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Period {
    /// First day, 2026-01-31.
    from: String,
    /// Last day.
    to: String,
    /// Date column; default the report's own.
    column: Option<String>,
}

/// What a run is asked to change.
#[derive(Default)]
pub(crate) struct Asked<'a> {
    pub(crate) filters: &'a [FilterArg],
    pub(crate) period: Option<&'a Period>,
    /// Whether the saved filters hold, too.
    pub(crate) saved: bool,
}

/// A report as it is to be run.
pub(crate) struct Changed {
    /// None: as it is saved.
    pub(crate) changes: Option<ReportOverride>,
    /// Its description with the changes.
    pub(crate) description: ReportDescription,
    pub(crate) notes: Vec<String>,
}

/// The report with what a call asks for.
///
/// # Errors
/// Everything that is wrong with the filters, at once.
pub(crate) fn changed(
    report: &ReportDescription,
    columns: &[Column],
    asked: &Asked<'_>,
) -> Result<Changed, ToolError> {
    let mut description = report.clone();
    let mut problems = Vec::new();
    let mut notes = Vec::new();
    let metadata = &mut description.report_metadata;
    let mut changes = ReportOverride::new();
    if !asked.saved && !metadata.report_filters.is_empty() {
        metadata.report_filters.clear();
        metadata.report_boolean_filter = None;
        changes = changes.filters(&[]);
    }
    let saved = metadata.report_filters.len();
    let operators = operators(report);
    for (at, filter) in asked.filters.iter().enumerate() {
        match one(filter, columns, &operators, &mut notes) {
            Ok(filter) => metadata.report_filters.push(filter),
            Err(problem) => problems.push(*under(&format!("filters[{at}]"), problem)),
        }
    }
    if metadata.report_filters.len() > MOST {
        problems.push(Problem::new(
            "filters",
            format!("A report takes {MOST} filters, and it has {saved} of its own."),
        ));
    }
    if !asked.filters.is_empty() {
        changes = changes.filters(&metadata.report_filters);
        let logic = metadata.report_boolean_filter.as_deref().unwrap_or_default().trim();
        if !logic.is_empty() {
            let more = (saved + 1..=metadata.report_filters.len()).map(|n| n.to_string());
            let more: Vec<String> = more.collect();
            let logic = format!("({logic}) AND {}", more.join(" AND "));
            changes = changes.boolean_filter(logic.clone());
            metadata.report_boolean_filter = Some(logic);
        }
    }
    if let Some(period) = asked.period {
        match span(period, columns, metadata.rest.get("standardDateFilter")) {
            Ok(span) => {
                metadata.rest.insert("standardDateFilter".to_owned(), span.clone());
                changes = changes.set("standardDateFilter", span);
            }
            Err(problem) => problems.push(*problem),
        }
    }
    if !problems.is_empty() {
        return Err(ToolError::fix_your_call(
            "The report cannot be run with these filters. Nothing was run. \
             salesforce_describe_report tells its columns.",
        )
        .with_problems(problems));
    }
    let changes = Some(changes).filter(|changes| *changes != ReportOverride::new());
    Ok(Changed { changes, description, notes })
}

/// What is wrong with a part of a call.
type Wrong = Box<Problem>;

/// The same, where it is in the call.
fn under(place: &str, mut wrong: Wrong) -> Wrong {
    wrong.at = Some(match wrong.at {
        Some(at) => format!("{place}.{at}"),
        None => place.to_owned(),
    });
    wrong
}

/// The column of this name or label.
fn column<'a>(columns: &'a [Column], given: &str) -> Result<&'a Column, Wrong> {
    let given = given.trim();
    let named = |column: &&Column| column.name.eq_ignore_ascii_case(given);
    let labelled = |column: &&Column| column.label.eq_ignore_ascii_case(given);
    let found = columns.iter().find(named).or_else(|| columns.iter().find(labelled));
    found.ok_or_else(|| {
        let mut near = sf_schema::suggest(given, columns.iter().map(|c| c.name.as_str()));
        for label in sf_schema::suggest(given, columns.iter().map(|c| c.label.as_str())) {
            let of_label = columns.iter().filter(|column| column.label == label);
            near.extend(of_label.map(|column| column.name.clone()));
        }
        near.dedup();
        near.truncate(5);
        let given = crate::text::shorten(given, 80);
        let text = format!("The report's type has no column {given:?}.");
        Problem::new("column", text).did_you_mean(near).into()
    })
}

fn one(
    filter: &FilterArg,
    columns: &[Column],
    operators: &std::collections::BTreeMap<String, Vec<String>>,
    notes: &mut Vec<String>,
) -> Result<ReportFilter, Wrong> {
    let column = column(columns, &filter.column)?;
    if !column.filterable {
        return Err(Problem::new("column", format!("{} takes no filter.", column.name)).into());
    }
    let op = operator(&filter.op);
    if let Some(allowed) = operators.get(&column.kind)
        && !allowed.iter().any(|known| known == op)
    {
        let text = format!("{} ({}) takes no filter {op:?}.", column.name, column.kind);
        let allowed: Vec<Value> = allowed.iter().map(|name| json!(name)).collect();
        let bound = allowed.len();
        return Err(Problem::new("op", text).allowed(allowed, bound).into());
    }
    let values = match &filter.value {
        Value::Array(values) if values.is_empty() => {
            let text = "The list is empty; null stands for no value.";
            return Err(Problem::new("value", text).into());
        }
        Value::Array(values) => values.iter().map(text).collect::<Result<Vec<_>, _>>()?,
        other => vec![text(other)?],
    };
    let unknown = |value: &&String| {
        !value.is_empty() && !column.values.iter().any(|known| known.eq_ignore_ascii_case(value))
    };
    let exact = matches!(op, "equals" | "notEqual" | "includes" | "excludes");
    if exact
        && column.kind.contains("picklist")
        && !column.values.is_empty()
        && let Some(value) = values.iter().find(unknown)
    {
        let value = crate::text::shorten(value, 80);
        let known: Vec<&str> = column.values.iter().take(LISTED).map(String::as_str).collect();
        notes.push(format!(
            "{value:?} is no active value of {}: {}.",
            column.name,
            known.join(", ")
        ));
    }
    let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
    Ok(ReportFilter::new(&column.name, op, values.join(",")))
}

/// What other languages call an operator.
fn operator(given: &str) -> &str {
    match given.trim() {
        "=" | "eq" | "equal" => "equals",
        "!=" | "<>" | "ne" | "not_equal" => "notEqual",
        "<" => "lessThan",
        ">" => "greaterThan",
        "<=" => "lessOrEqual",
        ">=" => "greaterOrEqual",
        "starts_with" => "startsWith",
        "not_contain" | "not_contains" | "notContains" => "notContain",
        other => other,
    }
}

fn text(value: &Value) -> Result<String, Wrong> {
    match value {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.trim().to_owned()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        _ => Err(Problem::new("value", "A filter takes one value, or a list of them.").into()),
    }
}

/// A comma separates the values of a filter unless they are quoted.
fn quoted(value: &str) -> String {
    match value.contains([',', '"']) {
        true => format!("\"{}\"", value.replace('"', "\"\"")),
        false => value.to_owned(),
    }
}

fn span(period: &Period, columns: &[Column], saved: Option<&Value>) -> Result<Value, Wrong> {
    let day = |at: &str, text: &str| -> Result<Date, Wrong> {
        let day = text.trim().parse().ok();
        day.ok_or_else(|| Problem::new(at, "It takes a day such as 2026-03-31.").into())
    };
    let (from, to) = (day("period.from", &period.from)?, day("period.to", &period.to)?);
    if from > to {
        return Err(Problem::new("period", "It ends before it begins.").into());
    }
    let name = match (&period.column, saved.and_then(|saved| saved["column"].as_str())) {
        (Some(given), _) => {
            let found = column(columns, given).map_err(|problem| under("period", problem))?;
            if !found.is_date() {
                let text = format!("{} ({}) is no date.", found.name, found.kind);
                return Err(Problem::new("period.column", text).into());
            }
            found.name.clone()
        }
        (None, Some(saved)) => saved.to_owned(),
        (None, None) => {
            let dates = columns.iter().filter(|column| column.is_date());
            let dates: Vec<Value> = dates.map(|column| json!(column.name)).collect();
            let text = "The report has no date filter of its own; name a date column.";
            return Err(Problem::new("period.column", text).allowed(dates, LISTED).into());
        }
    };
    Ok(json!({
        "column": name, "durationValue": "CUSTOM",
        "startDate": from.to_string(), "endDate": to.to_string(),
    }))
}

/// The filters of a report in words.
pub(crate) fn told(report: &ReportDescription, columns: &[Column]) -> Vec<String> {
    let metadata = &report.report_metadata;
    let mut all: Vec<String> = Vec::new();
    if let Some(span) = metadata.rest.get("standardDateFilter").filter(|span| span.is_object()) {
        let name = label(columns, span["column"].as_str().unwrap_or_default());
        let day = |key: &str| span[key].as_str().filter(|day| !day.is_empty());
        let duration = span["durationValue"].as_str().filter(|text| *text != "CUSTOM");
        let text = match (duration, day("startDate"), day("endDate")) {
            (Some(duration), ..) => Some(duration.to_owned()),
            (None, Some(from), Some(to)) => Some(format!("from {from} to {to}")),
            (None, Some(from), None) => Some(format!("from {from}")),
            (None, None, Some(to)) => Some(format!("to {to}")),
            (None, None, None) => None,
        };
        all.extend(text.map(|text| format!("{name} {text}")));
    }
    for (at, filter) in metadata.report_filters.iter().enumerate() {
        let name = label(columns, &filter.column);
        let value = if filter.value.is_empty() { "(no value)" } else { &filter.value };
        all.push(format!("{}: {name} {} {value}", at + 1, filter.operator));
    }
    if let Some(logic) = metadata.report_boolean_filter.as_deref().filter(|l| !l.trim().is_empty())
    {
        all.push(format!("combined as {logic}"));
    }
    if let Some(rows) = metadata.rest.get("topRows").and_then(|top| top["rowLimit"].as_u64()) {
        all.push(format!("the first {rows} rows only"));
    }
    match metadata.rest.get("scope").and_then(Value::as_str) {
        None | Some("" | "organization" | "everything") => {}
        Some(scope) => all.push(format!("scope {scope}")),
    }
    all
}
