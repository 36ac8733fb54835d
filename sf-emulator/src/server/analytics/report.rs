//! A report that can be described and run: its metadata completed by what its
//! type says.

use serde_json::{Map, Value, json};

use super::columns::ReportType;
use super::definition::{Definition, merged};
use super::error::bad;
use super::groups::Axis;
use super::saved::{self, without_owner};
use super::{facts, filters, run, type_metadata};
use crate::engine::{ApiError, Caller, Engine, Kind};
use crate::server::shown::Shown;

/// A report, for one user at one time.
pub(crate) struct Report {
    /// The platform's `reportMetadata`.
    pub(crate) metadata: Map<String, Value>,
    pub(super) definition: Definition,
    pub(super) report_type: ReportType,
}

impl Report {
    /// A saved report with what a request changes of it, and its full id.
    pub(super) fn saved(
        engine: &Engine,
        caller: &Caller,
        id: &str,
        changes: &Map<String, Value>,
    ) -> Result<(String, Self), ApiError> {
        let (id, saved) = saved::find(engine, caller, Kind::Report, id)?;
        Ok((id, Self::of(engine, caller, &without_owner(saved), changes)?))
    }

    /// From saved metadata and what a request changes of it.
    pub(crate) fn of(
        engine: &Engine,
        caller: &Caller,
        saved: &Map<String, Value>,
        changes: &Map<String, Value>,
    ) -> Result<Self, ApiError> {
        let mut metadata = merged(saved, changes)?;
        let name = metadata["reportType"]["type"].as_str().unwrap_or_default().to_owned();
        if name.is_empty() {
            return Err(bad("The report type is missing."));
        }
        let report_type =
            ReportType::find(&mut Shown::new(engine, caller), &name).ok_or_else(|| {
                bad(format!("The report type {name} does not exist or you can\u{2019}t use it."))
            })?;
        leave_out_hidden(&mut metadata, changes, &report_type);
        let mut definition = Definition::of(&metadata)?;
        metadata["reportType"] = json!({ "label": report_type.label, "type": report_type.name });
        let date = definition.standard_date_filter.clone().unwrap_or_default();
        let column = date.column.clone().unwrap_or_else(|| report_type.date.clone());
        let days = filters::standard_days(&date, caller.now)?;
        metadata["standardDateFilter"] = json!({
            "column": column,
            "durationValue": date.duration_value.as_deref().unwrap_or("CUSTOM"),
            "endDate": days.1.map(|day| day.to_string()),
            "startDate": days.0.map(|day| day.to_string()),
        });
        if report_type.has_status && metadata["standardFilters"].is_null() {
            metadata["standardFilters"] = json!([
                { "name": "open", "value": "all" }, { "name": "probability", "value": ">0" },
            ]);
            definition = Definition::of(&metadata)?;
        }
        Ok(Self { metadata, definition, report_type })
    }

    /// What is wrong with it, if it cannot be run.
    pub(crate) fn check(&self, caller: &Caller) -> Result<(), ApiError> {
        run::statement(&self.report_type, &self.definition, caller.now)?;
        self.extended().map(|_| ())
    }

    /// The statement behind it.
    pub(crate) fn statement(&self, caller: &Caller) -> Result<String, ApiError> {
        run::statement(&self.report_type, &self.definition, caller.now)
    }

    /// Runs it as the caller; the keys of the platform's answer, from `allData`
    /// to `reportMetadata`.
    pub(crate) fn run(
        &self,
        engine: &Engine,
        caller: &Caller,
        details: bool,
    ) -> Result<Map<String, Value>, ApiError> {
        let table = run::rows(engine, caller, &self.report_type, &self.definition)?;
        let aggregates = facts::aggregates(&table, &self.definition)?;
        let down = Axis::of(&table, &self.definition.groupings_down)?;
        let across = Axis::of(&table, &self.definition.groupings_across)?;
        let (fact_map, all_data) =
            facts::fact_map(&table, &self.definition, &aggregates, (&down, &across), details)?;
        let mut metadata = self.metadata.clone();
        metadata["hasDetailRows"] = Value::from(details);
        let mut result = Map::new();
        result.insert("allData".to_owned(), Value::from(all_data));
        result.insert("factMap".to_owned(), fact_map);
        result.insert("groupingsAcross".to_owned(), json!({ "groupings": across.tree }));
        result.insert("groupingsDown".to_owned(), json!({ "groupings": down.tree }));
        result.insert("hasDetailRows".to_owned(), Value::from(details));
        result.insert("reportExtendedMetadata".to_owned(), self.extended()?);
        result.insert("reportMetadata".to_owned(), Value::Object(metadata));
        Ok(result)
    }

    /// What describes it.
    pub(crate) fn describe(&self, caller: &Caller, id: &str) -> Result<Value, ApiError> {
        Ok(json!({
            "attributes": self.attributes(caller, id),
            "reportExtendedMetadata": self.extended()?,
            "reportMetadata": self.metadata,
            "reportTypeMetadata": type_metadata::of(&self.report_type, caller.now),
        }))
    }

    pub(crate) fn name(&self) -> &str {
        &self.definition.name
    }

    /// The head of its description and results.
    pub(crate) fn attributes(&self, caller: &Caller, id: &str) -> Value {
        let url = url(caller, id);
        json!({
            "describeUrl": format!("{url}/describe"),
            "instancesUrl": format!("{url}/instances"),
            "reportId": if id == UNSAVED { Value::Null } else { Value::from(id) },
            "reportName": self.metadata["name"],
            "type": "Report",
        })
    }

    /// `reportExtendedMetadata`.
    fn extended(&self) -> Result<Value, ApiError> {
        let report = &self.definition;
        let table = run::no_rows(&self.report_type, report)?;
        let aggregates = facts::aggregates(&table, report)?;
        let aggregates: Map<String, Value> =
            aggregates.iter().map(|one| (one.name().to_owned(), one.info())).collect();
        let mut details = Map::new();
        for name in &report.detail_columns {
            let column = self.report_type.known(name)?;
            details.insert(name.clone(), type_metadata::detail_column(column));
        }
        let mut groupings = Map::new();
        for all in [&report.groupings_down, &report.groupings_across] {
            for (level, grouping) in all.iter().enumerate() {
                let column = self.report_type.known(&grouping.name)?;
                let info = json!({
                    "dataType": type_metadata::data_type(column),
                    "groupingLevel": level,
                    "label": column.label,
                });
                groupings.insert(grouping.name.clone(), info);
            }
        }
        Ok(json!({
            "aggregateColumnInfo": aggregates,
            "detailColumnInfo": details,
            "groupingColumnInfo": groupings,
        }))
    }
}

/// A saved report loses the columns that the user is not shown, or that are gone;
/// what a request names itself must be there.
fn leave_out_hidden(
    metadata: &mut Map<String, Value>,
    changes: &Map<String, Value>,
    report_type: &ReportType,
) {
    let is_known = |name: Option<&str>| {
        name.is_none_or(|name| name == "RowCount" || report_type.column(name).is_some())
    };
    for key in ["aggregates", "detailColumns", "sortBy"] {
        if changes.contains_key(key) {
            continue;
        }
        let list = metadata.get_mut(key).and_then(Value::as_array_mut);
        if let Some(list) = list {
            list.retain(|entry| {
                let name = entry.as_str().or_else(|| entry["sortColumn"].as_str());
                is_known(name.map(|name| name.split_once('!').map_or(name, |(_, column)| column)))
            });
        }
    }
}

/// Stands for the id of a report that is run without being saved.
pub(super) const UNSAVED: &str = "null";

/// The path of a report.
pub(super) fn url(caller: &Caller, id: &str) -> String {
    format!("/services/data/v{}/analytics/reports/{id}", caller.version)
}
