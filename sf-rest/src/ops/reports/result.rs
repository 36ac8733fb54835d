//! What a run of a report gives.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::metadata::ReportMetadata;
use crate::decode::or_default;

/// The result of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct ReportResult {
    /// Whether all detail rows are here. If not, totals and groups are of all rows all the same.
    #[serde(default)]
    pub all_data: bool,
    /// Whether detail rows were asked for.
    #[serde(default)]
    pub has_detail_rows: bool,
    /// The definition that was run.
    pub report_metadata: ReportMetadata,
    /// Labels and types of columns, as the platform sends it.
    #[serde(default, deserialize_with = "or_default")]
    pub report_extended_metadata: Map<String, Value>,
    /// Groups of rows.
    #[serde(default, deserialize_with = "or_default")]
    pub groupings_down: Groupings,
    /// Groups of columns, of a matrix.
    #[serde(default, deserialize_with = "or_default")]
    pub groupings_across: Groupings,
    /// Totals and rows by the keys of their groups: down `!` across, where `T` is the total of all
    /// groups: `T!T`, `0_1!T`, `2!0`.
    #[serde(default, deserialize_with = "or_default")]
    pub fact_map: BTreeMap<String, Fact>,
}

/// The groups of one direction.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Groupings {
    /// The groups.
    #[serde(default, deserialize_with = "or_default")]
    pub groupings: Vec<Group>,
}

/// A group, with the groups in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Group {
    /// Its key: its place, and before it the places of the groups that it is in (`0_1`).
    pub key: String,
    /// What a person reads.
    #[serde(default, deserialize_with = "or_default")]
    pub label: String,
    /// The value that its rows have in common.
    #[serde(default)]
    pub value: Value,
    /// The groups in it.
    #[serde(default, deserialize_with = "or_default")]
    pub groupings: Vec<Group>,
}

/// Totals and detail rows of one group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct Fact {
    /// The aggregates, in the order of [`ReportMetadata::aggregates`].
    #[serde(default, deserialize_with = "or_default")]
    pub aggregates: Vec<Cell>,
    /// The detail rows.
    #[serde(default, deserialize_with = "or_default")]
    pub rows: Vec<FactRow>,
}

/// A detail row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
#[non_exhaustive]
pub struct FactRow {
    /// The values, in the order of [`ReportMetadata::detail_columns`].
    #[serde(default, deserialize_with = "or_default")]
    pub data_cells: Vec<Cell>,
}

/// A value, and how a person reads it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Cell {
    /// In the format of the user's locale; `-` for no value.
    #[serde(default, deserialize_with = "or_default")]
    pub label: String,
    /// The value; of a currency `{"amount", "currency"}`.
    #[serde(default)]
    pub value: Value,
}

/// A detail row, and the groups that it is in, from outermost to innermost, down and then across.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DetailRow<'a> {
    /// The groups.
    pub groups: Vec<&'a Group>,
    /// The values, in the order of [`ReportMetadata::detail_columns`].
    pub cells: &'a [Cell],
}

/// The innermost groups of one direction: their keys, and the groups that lead to them.
fn leaves(groupings: &Groupings) -> Vec<(&str, Vec<&Group>)> {
    fn walk<'a>(
        group: &'a Group,
        mut path: Vec<&'a Group>,
        found: &mut Vec<(&'a str, Vec<&'a Group>)>,
    ) {
        path.push(group);
        if group.groupings.is_empty() {
            found.push((&group.key, path));
            return;
        }
        group.groupings.iter().for_each(|inner| walk(inner, path.clone(), found));
    }
    if groupings.groupings.is_empty() {
        return vec![("T", Vec::new())];
    }
    let mut found = Vec::new();
    groupings.groupings.iter().for_each(|group| walk(group, Vec::new(), &mut found));
    found
}

impl ReportResult {
    /// The detail rows, group by group.
    pub fn details(&self) -> impl Iterator<Item = DetailRow<'_>> {
        let across = leaves(&self.groupings_across);
        let mut rows = Vec::new();
        for (down, path) in leaves(&self.groupings_down) {
            for (across, more) in &across {
                let Some(fact) = self.fact_map.get(&format!("{down}!{across}")) else { continue };
                let groups: Vec<&Group> = path.iter().chain(more).copied().collect();
                rows.extend(
                    fact.rows
                        .iter()
                        .map(|row| DetailRow { groups: groups.clone(), cells: &row.data_cells }),
                );
            }
        }
        rows.into_iter()
    }

    /// The totals of all rows, by the names of the aggregates.
    pub fn totals(&self) -> impl Iterator<Item = (&str, &Cell)> {
        let cells = self.fact_map.get("T!T").map_or(&[][..], |fact| &fact.aggregates);
        self.report_metadata.aggregates.iter().map(String::as_str).zip(cells)
    }

    /// How many rows the report has in all, whether they are here or not; `None` if it does not
    /// count them.
    pub fn row_count(&self) -> Option<u64> {
        let (_, cell) = self.totals().find(|(name, _)| *name == "RowCount")?;
        cell.value.as_u64()
    }

    /// The label of a column, as a person reads it.
    pub fn column_label(&self, column: &str) -> Option<&str> {
        let kinds = ["detailColumnInfo", "groupingColumnInfo", "aggregateColumnInfo"];
        kinds.iter().find_map(|kind| {
            self.report_extended_metadata.get(*kind)?.get(column)?.get("label")?.as_str()
        })
    }
}
