//! The columns of a report and of its type, as its description tells them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sf_rest::ops::reports::ReportDescription;

use crate::{Org, ToolError};

/// A column that a report has or can be filtered by.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    /// As reports call it: `CLOSE_DATE`.
    pub(crate) name: String,
    pub(crate) label: String,
    /// `date`, `currency`, `picklist`, …
    pub(crate) kind: String,
    pub(crate) filterable: bool,
    /// The values of a picklist.
    pub(crate) values: Vec<String>,
    /// Object and field.
    field: Option<(String, String)>,
}

impl Column {
    fn of(name: &str, info: &Value) -> Self {
        let text = |key: &str| info[key].as_str().unwrap_or_default().to_owned();
        let values = info["filterValues"].as_array().into_iter().flatten();
        let field = ["fullyQualifiedName", "entityColumnName"]
            .iter()
            .find_map(|key| info[*key].as_str()?.split_once('.'))
            .or_else(|| name.split_once('.'))
            .map(|(object, field)| (object.to_owned(), field.to_owned()));
        Self {
            name: name.to_owned(),
            label: text("label"),
            kind: text("dataType"),
            filterable: info["filterable"].as_bool().unwrap_or(true),
            values: values.filter_map(|value| value["name"].as_str().map(str::to_owned)).collect(),
            field,
        }
    }

    pub(crate) fn is_date(&self) -> bool {
        matches!(self.kind.as_str(), "date" | "datetime")
    }

    /// Whether it is when the record was created.
    pub(crate) fn is_created(&self) -> bool {
        self.field.as_ref().is_some_and(|(_, field)| field.eq_ignore_ascii_case("CreatedDate"))
    }
}

/// Every column of the report's type that may be read here, in its order.
///
/// # Errors
/// If Salesforce could not be asked.
pub(crate) async fn columns(
    org: &Org,
    report: &ReportDescription,
) -> Result<Vec<Column>, ToolError> {
    let mut all: Vec<Column> = Vec::new();
    let mut add = |columns: Option<&Map<String, Value>>| {
        for (name, info) in columns.into_iter().flatten() {
            if !all.iter().any(|known| known.name == *name) {
                all.push(Column::of(name, info));
            }
        }
    };
    let categories = report.report_type_metadata.get("categories").and_then(Value::as_array);
    for category in categories.into_iter().flatten() {
        add(category["columns"].as_object());
    }
    add(report.report_extended_metadata.get("detailColumnInfo").and_then(Value::as_object));
    if org.policy().rules().is_none() {
        return Ok(all);
    }
    let mut seen = Vec::with_capacity(all.len());
    for column in all {
        if let Some((object, field)) = &column.field
            && org.gate().opens(object, field).await?
        {
            seen.push(column);
        }
    }
    Ok(seen)
}

/// The operators that filters of each type of column take.
pub(crate) fn operators(report: &ReportDescription) -> BTreeMap<String, Vec<String>> {
    let map = report.report_type_metadata.get("dataTypeFilterOperatorMap");
    let types = map.and_then(Value::as_object).into_iter().flatten();
    let of_type = |(kind, operators): (&String, &Value)| {
        let operators = operators.as_array().into_iter().flatten();
        let names = operators.filter_map(|operator| operator["name"].as_str().map(str::to_owned));
        (kind.clone(), names.collect())
    };
    types.map(of_type).collect()
}

/// What a column is called, by what a description or a result says of it.
pub(crate) fn label<'a>(columns: &'a [Column], name: &'a str) -> &'a str {
    let found = columns.iter().find(|column| column.name == name);
    found.map(|column| column.label.as_str()).filter(|label| !label.is_empty()).unwrap_or(name)
}

/// The operators of filters, by the types of these columns that take the same.
pub(crate) fn operators_of(
    report: &ReportDescription,
    columns: &[&Column],
) -> BTreeMap<String, Vec<String>> {
    let mut same: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
    for (kind, operators) in operators(report) {
        if columns.iter().any(|column| column.kind == kind) {
            same.entry(operators).or_default().push(kind);
        }
    }
    same.into_iter().map(|(operators, kinds)| (kinds.join(", "), operators)).collect()
}
