//! What a report type offers: `reportTypeMetadata`.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::columns::{Column, ReportType};
use super::dates;

/// Operators by what they are called.
const EQUAL: [(&str, &str); 2] = [("equals", "equals"), ("notEqual", "not equal to")];
const ORDER: [(&str, &str); 4] = [
    ("lessThan", "less than"),
    ("greaterThan", "greater than"),
    ("lessOrEqual", "less or equal"),
    ("greaterOrEqual", "greater or equal"),
];
const TEXT: [(&str, &str); 3] =
    [("contains", "contains"), ("notContain", "does not contain"), ("startsWith", "starts with")];
const LIST: [(&str, &str); 2] = [("includes", "includes"), ("excludes", "excludes")];

/// The operators of each data type.
pub(super) fn operators() -> Value {
    let named = |groups: &[&[(&str, &str)]]| -> Value {
        let all = groups.iter().flat_map(|group| group.iter());
        all.map(|(name, label)| json!({ "label": label, "name": name })).collect()
    };
    let mut map = Map::new();
    for kind in ["boolean", "currency", "date", "datetime", "double", "email", "id", "int"] {
        map.insert(kind.to_owned(), named(&operators_of(kind)));
    }
    for kind in ["multipicklist", "percent", "phone", "picklist", "string", "textarea", "url"] {
        map.insert(kind.to_owned(), named(&operators_of(kind)));
    }
    Value::Object(map)
}

fn operators_of(kind: &str) -> Vec<&'static [(&'static str, &'static str)]> {
    match kind {
        "boolean" => vec![&EQUAL],
        "currency" | "date" | "datetime" | "double" | "int" | "percent" => vec![&EQUAL, &ORDER],
        "multipicklist" => vec![&EQUAL, &LIST],
        "id" => vec![&EQUAL, &TEXT[2..]],
        _ => vec![&EQUAL, &ORDER, &TEXT],
    }
}

/// The type of a column, in the words of reports.
pub(super) fn data_type(column: &Column) -> &str {
    match column.kind.as_str() {
        "combobox" | "encryptedstring" | "reference" => "string",
        other => other,
    }
}

/// An entry of `detailColumnInfo`.
pub(super) fn detail_column(column: &Column) -> Value {
    json!({
        "dataType": data_type(column),
        "entityColumnName": column.entity,
        "filterValues": filter_values(column),
        "filterable": column.filterable,
        "isLookup": column.id_path.is_some(),
        "label": column.label,
        "uniqueCountable": is_countable(column),
    })
}

fn filter_values(column: &Column) -> Value {
    if column.kind == "boolean" {
        return json!([{ "label": "True", "name": "True" }, { "label": "False", "name": "False" }]);
    }
    let choices = column.choices.iter();
    choices.map(|choice| json!({ "label": choice.label, "name": choice.value })).collect()
}

fn is_countable(column: &Column) -> bool {
    !matches!(column.kind.as_str(), "boolean" | "multipicklist" | "textarea")
}

fn type_column(column: &Column) -> Value {
    let has_length =
        matches!(column.kind.as_str(), "string" | "email" | "phone" | "url" | "textarea")
            && column.length > 0;
    json!({
        "allowedInCustomDetailFormula": !matches!(column.kind.as_str(), "textarea" | "multipicklist"),
        "bucketable": matches!(column.kind.as_str(), "picklist" | "currency" | "double" | "int" | "percent" | "string"),
        "dataType": data_type(column),
        "entityColumnName": column.entity,
        "fieldToFieldFilterable": false,
        "filterValues": filter_values(column),
        "filterable": column.filterable,
        "inactiveFilterValues": [],
        "isCustom": column.custom,
        "isLookup": column.id_path.is_some(),
        "label": column.label,
        "maxLength": has_length.then_some(column.length),
        "uniqueCountable": is_countable(column),
    })
}

/// What a report of this type can have.
pub(super) fn of(report_type: &ReportType, now: Timestamp) -> Value {
    let category = |label: String, custom: bool| {
        let columns: Map<String, Value> = report_type
            .columns
            .iter()
            .filter(|column| column.custom == custom)
            .map(|column| (column.name.clone(), type_column(column)))
            .collect();
        (!columns.is_empty()).then(|| json!({ "columns": columns, "label": label }))
    };
    let label = &report_type.object_label;
    let categories: Vec<Value> = [
        category(format!("{label} Information"), false),
        category(format!("{label}: Custom Info"), true),
    ]
    .into_iter()
    .flatten()
    .collect();
    let granularities: Value = dates::GRANULARITIES
        .iter()
        .map(|(value, label)| json!({ "label": label, "value": value }))
        .collect();
    let plural = &report_type.label;
    json!({
        "categories": categories,
        "dataTypeFilterOperatorMap": operators(),
        "dateGranularityInfos": granularities,
        "divisionInfo": null,
        "objects": [{ "apiName": report_type.object, "label": label }],
        "scopeInfo": {
            "defaultValue": "organization",
            "values": [
                { "allowsDivision": false, "label": format!("My {}", plural.to_lowercase()), "value": "user" },
                { "allowsDivision": false, "label": format!("My team\u{2019}s {}", plural.to_lowercase()), "value": "team" },
                { "allowsDivision": false, "label": format!("All {}", plural.to_lowercase()), "value": "organization" },
            ],
        },
        "standardDateFilterDurationGroups": dates::duration_groups(now),
        "standardFilterInfos": standard_filters(report_type),
        "supportsJoinedFormat": false,
    })
}

fn standard_filters(report_type: &ReportType) -> Value {
    if !report_type.has_status {
        return Value::Null;
    }
    let values = |values: &[(&str, &str)]| -> Value {
        values.iter().map(|(label, value)| json!({ "label": label, "name": value })).collect()
    };
    json!([
        { "label": "Opportunity Status", "name": "open", "type": "PICKLIST", "filterValues": values(&[
            ("Any", "all"), ("Open", "open"), ("Closed", "closed"), ("Closed Won", "closedwon"),
        ]) },
        { "label": "Probability", "name": "probability", "type": "PICKLIST", "filterValues": values(&[
            ("All", ">0"), (">50%", ">50"), (">75%", ">75"), (">90%", ">90"),
        ]) },
    ])
}
