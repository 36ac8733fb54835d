//! What defines a report, and how a run changes it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::Id;
use crate::decode::or_default;

/// The definition of a report. What has no field of its own here is in [`rest`](Self::rest).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct ReportMetadata {
    /// Its id.
    #[serde(default)]
    pub id: Option<Id>,
    /// Its name.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// `TABULAR`, `SUMMARY`, `MATRIX`, or `MULTI_BLOCK` (joined), which this API does not run.
    #[serde(default, deserialize_with = "or_default")]
    pub report_format: String,
    /// The columns of the detail rows, in order; grouped ones are not among them.
    #[serde(default, deserialize_with = "or_default")]
    pub detail_columns: Vec<String>,
    /// The aggregates, in order: `RowCount`, `s!AMOUNT` (a sum), …
    #[serde(default, deserialize_with = "or_default")]
    pub aggregates: Vec<String>,
    /// The filters.
    #[serde(default, deserialize_with = "or_default")]
    pub report_filters: Vec<ReportFilter>,
    /// How the filters combine: `(1 OR 2) AND 3`. All of them hold if there is none.
    #[serde(default)]
    pub report_boolean_filter: Option<String>,
    /// Groupings of rows.
    #[serde(default, deserialize_with = "or_default")]
    pub groupings_down: Vec<GroupingColumn>,
    /// Groupings of columns, of a matrix.
    #[serde(default, deserialize_with = "or_default")]
    pub groupings_across: Vec<GroupingColumn>,
    /// Everything else, as the platform sends it.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A column by which a report is grouped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct GroupingColumn {
    /// The column.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// `Asc` or `Desc`.
    #[serde(default, deserialize_with = "or_default")]
    pub sort_order: String,
    /// `Day`, `Month`, …; `None` for what is not a date.
    #[serde(default)]
    pub date_granularity: Option<String>,
}

/// A filter of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportFilter {
    /// The column.
    pub column: String,
    /// `equals`, `notEqual`, `lessThan`, `greaterThan`, `lessOrEqual`, `greaterOrEqual`,
    /// `contains`, `notContain`, `startsWith`, `includes`, `excludes`, `within`, `between`.
    pub operator: String,
    /// What to compare with. Several values are separated by commas; the empty text is no value.
    #[serde(default, deserialize_with = "or_default")]
    pub value: String,
    /// Everything else, as the platform sends it.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl ReportFilter {
    /// A filter.
    pub fn new(
        column: impl Into<String>,
        operator: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        let (column, operator, value) = (column.into(), operator.into(), value.into());
        Self { column, operator, value, rest: Map::new() }
    }
}

/// Changes of a report for one run: each key that is set replaces the saved one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReportOverride(Map<String, Value>);

impl ReportOverride {
    /// No change.
    pub fn new() -> Self {
        Self::default()
    }

    /// These filters, all of which hold, instead of the saved ones; at most 20.
    #[must_use]
    pub fn filters(self, filters: &[ReportFilter]) -> Self {
        self.set("reportFilters", json!(filters)).set("reportBooleanFilter", Value::Null)
    }

    /// How the filters combine: `(1 OR 2) AND 3`. To be set after [`filters`](Self::filters).
    #[must_use]
    pub fn boolean_filter(self, logic: impl Into<String>) -> Self {
        self.set("reportBooleanFilter", Value::String(logic.into()))
    }

    /// The span of the report's date filter, both days included (`YYYY-MM-DD`).
    #[must_use]
    pub fn date_range(self, column: &str, start: &str, end: &str) -> Self {
        self.set(
            "standardDateFilter",
            json!({ "column": column, "durationValue": "CUSTOM", "startDate": start, "endDate": end }),
        )
    }

    /// The columns of the detail rows.
    #[must_use]
    pub fn detail_columns(self, columns: &[&str]) -> Self {
        self.set("detailColumns", json!(columns))
    }

    /// Any other key of the report's metadata.
    #[must_use]
    pub fn set(mut self, key: impl Into<String>, value: Value) -> Self {
        self.0.insert(key.into(), value);
        self
    }

    pub(crate) fn body(&self) -> Value {
        json!({ "reportMetadata": self.0 })
    }
}
