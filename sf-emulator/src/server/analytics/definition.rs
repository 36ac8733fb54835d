//! What defines a report: the platform's `reportMetadata`, as a client sends it
//! and as it is saved.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error::{bad, not_supported};
use crate::engine::ApiError;

/// The keys of a report's metadata that decide what it shows.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Definition {
    pub(crate) aggregates: Vec<String>,
    pub(crate) cross_filters: Vec<CrossFilter>,
    pub(crate) detail_columns: Vec<String>,
    pub(crate) groupings_down: Vec<Grouping>,
    pub(crate) groupings_across: Vec<Grouping>,
    pub(crate) has_detail_rows: bool,
    pub(crate) name: String,
    pub(crate) report_boolean_filter: Option<String>,
    pub(crate) report_filters: Vec<Filter>,
    pub(crate) report_format: String,
    pub(crate) report_type: TypeName,
    pub(crate) scope: String,
    pub(crate) sort_by: Vec<SortBy>,
    pub(crate) standard_date_filter: Option<DateFilter>,
    pub(crate) standard_filters: Vec<StandardFilter>,
    pub(crate) top_rows: Option<TopRows>,
    buckets: Vec<Value>,
    custom_detail_formula: Vec<Value>,
    custom_summary_formula: Value,
    historical_snapshot_dates: Vec<Value>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TypeName {
    #[serde(rename = "type")]
    pub(crate) name: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Grouping {
    pub(crate) name: String,
    pub(crate) sort_order: Option<String>,
    pub(crate) date_granularity: Option<String>,
    pub(crate) sort_aggregate: Option<String>,
}

impl Grouping {
    pub(crate) fn is_descending(&self) -> bool {
        is_descending(self.sort_order.as_deref())
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Filter {
    pub(crate) column: String,
    pub(crate) filter_type: Option<String>,
    pub(crate) operator: String,
    pub(crate) value: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct CrossFilter {
    pub(crate) criteria: Vec<Filter>,
    pub(crate) includes_object: bool,
    pub(crate) primary_entity_field: String,
    pub(crate) related_entity: String,
    pub(crate) related_entity_join_field: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SortBy {
    pub(crate) sort_column: String,
    pub(crate) sort_order: Option<String>,
}

impl SortBy {
    pub(crate) fn is_descending(&self) -> bool {
        is_descending(self.sort_order.as_deref())
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct DateFilter {
    pub(crate) column: Option<String>,
    pub(crate) duration_value: Option<String>,
    pub(crate) start_date: Option<String>,
    pub(crate) end_date: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct StandardFilter {
    pub(crate) name: String,
    pub(crate) value: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct TopRows {
    pub(crate) row_limit: usize,
    pub(crate) direction: Option<String>,
}

fn is_descending(order: Option<&str>) -> bool {
    order.is_some_and(|order| order.to_ascii_lowercase().starts_with("desc"))
}

/// The most filters, groupings and columns that the guide allows.
const MOST_FILTERS: usize = 20;
const MOST_COLUMNS: usize = 100;

impl Definition {
    /// Reads metadata, a `null` as a key that is not there.
    pub(crate) fn of(metadata: &Map<String, Value>) -> Result<Self, ApiError> {
        let given = metadata.iter().filter(|(_, value)| !value.is_null());
        let given: Map<String, Value> =
            given.map(|(key, value)| (key.clone(), value.clone())).collect();
        let read: Self = serde_json::from_value(Value::Object(given))
            .map_err(|error| bad(format!("The report metadata is invalid: {error}")))?;
        read.check()?;
        Ok(read)
    }

    fn check(&self) -> Result<(), ApiError> {
        let (down, across) = (self.groupings_down.len(), self.groupings_across.len());
        match self.report_format.as_str() {
            "TABULAR" if down + across > 0 => {
                Err(bad("A tabular report can\u{2019}t have groupings."))
            }
            "SUMMARY" if down == 0 || down > 3 || across > 0 => Err(bad(
                "A summary report must have one to three row groupings, and no column groupings.",
            )),
            "MATRIX" if !(1..=2).contains(&down) || !(1..=2).contains(&across) => Err(bad(
                "A matrix report must have one or two row groupings and one or two column groupings.",
            )),
            "TABULAR" | "SUMMARY" | "MATRIX" => Ok(()),
            "MULTI_BLOCK" => Err(not_supported("Joined reports")),
            other => Err(bad(format!(
                "The report format {other} is invalid. Use TABULAR, SUMMARY or MATRIX."
            ))),
        }?;
        let has_formula = match &self.custom_summary_formula {
            Value::Object(map) => !map.is_empty(),
            Value::Array(list) => !list.is_empty(),
            _ => false,
        };
        if !self.buckets.is_empty() || !self.custom_detail_formula.is_empty() || has_formula {
            return Err(not_supported("Bucket fields and formulas"));
        }
        if !self.historical_snapshot_dates.is_empty() {
            return Err(not_supported("Historical trend reports"));
        }
        if self.report_filters.len() > MOST_FILTERS {
            return Err(bad(format!(
                "A report can\u{2019}t have more than {MOST_FILTERS} filters."
            )));
        }
        if self.detail_columns.len() >= MOST_COLUMNS {
            return Err(bad(format!("A report must have fewer than {MOST_COLUMNS} columns.")));
        }
        Ok(())
    }

    /// Whether the platform could show the rows of this report.
    pub(crate) fn is_tabular(&self) -> bool {
        self.groupings_down.is_empty() && self.groupings_across.is_empty()
    }
}

/// Every key of a report's metadata, with the value of a report that says
/// nothing of it, in the platform's alphabetical order.
fn defaults() -> Map<String, Value> {
    let all = json!({
        "aggregates": ["RowCount"],
        "buckets": [],
        "chart": null,
        "crossFilters": [],
        "currency": null,
        "customDetailFormula": [],
        "customSummaryFormula": {},
        "dashboardSetting": null,
        "description": null,
        "detailColumns": [],
        "developerName": null,
        "division": null,
        "folderId": null,
        "groupingsAcross": [],
        "groupingsDown": [],
        "hasDetailRows": true,
        "hasRecordCount": true,
        "historicalSnapshotDates": [],
        "id": null,
        "name": null,
        "presentationOptions": { "hasStackedSummaries": true },
        "reportBooleanFilter": null,
        "reportFilters": [],
        "reportFormat": "TABULAR",
        "reportType": null,
        "scope": "organization",
        "showGrandTotal": true,
        "showSubtotals": true,
        "sortBy": [],
        "standardDateFilter": null,
        "standardFilters": null,
        "supportsRoleHierarchy": false,
        "topRows": null,
        "userOrHierarchyFilterId": null,
    });
    match all {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Metadata with the keys of `changes` instead of those it has; a key that
/// reports do not have is refused.
pub(crate) fn merged(
    saved: &Map<String, Value>,
    changes: &Map<String, Value>,
) -> Result<Map<String, Value>, ApiError> {
    let mut all = defaults();
    for (key, value) in saved.iter().chain(changes) {
        match all.get_mut(key) {
            Some(place) => *place = value.clone(),
            None => {
                let message = format!("Unrecognized field \"{key}\" of the report metadata");
                return Err(ApiError::bad_request("JSON_PARSER_ERROR", message));
            }
        }
    }
    complete_groupings(&mut all);
    Ok(all)
}

/// The keys of a grouping that a client may leave out.
fn complete_groupings(metadata: &mut Map<String, Value>) {
    for key in ["groupingsDown", "groupingsAcross"] {
        let Some(Value::Array(groupings)) = metadata.get_mut(key) else { continue };
        for grouping in groupings.iter_mut().filter_map(Value::as_object_mut) {
            grouping.entry("dateGranularity").or_insert_with(|| "None".into());
            grouping.entry("sortOrder").or_insert_with(|| "Asc".into());
            if key == "groupingsDown" {
                grouping.entry("sortAggregate").or_insert(Value::Null);
            }
        }
    }
}
