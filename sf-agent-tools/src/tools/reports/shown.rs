//! The detail rows of a result as cells.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, json};
use sf_rest::Id;
use sf_rest::ops::reports::result::{Cell, Group, Groupings, ReportResult};

use super::groups::{distinct, groupings, title};
use crate::rows::{Scale, Units};
use crate::{Org, rows};

/// How the rows of a report are shown.
pub(crate) struct Shape {
    kinds: Vec<String>,
    /// Columns of which the ids are shown, too.
    ids: Vec<usize>,
    titles: Vec<String>,
    /// Whether amounts have currencies of their own.
    several: bool,
    /// What a person reads of a group, by its level and value.
    labels: HashMap<(usize, String), String>,
}

impl Shape {
    /// The shape of a result's rows; with `ids`, those behind names get columns of their own.
    pub(crate) fn of(result: &ReportResult, ids: bool) -> Self {
        let metadata = &result.report_metadata;
        let info = result.report_extended_metadata.get("detailColumnInfo");
        let info = |column: &str| info.and_then(|info| info.get(column));
        let columns = &metadata.detail_columns;
        let kind = |name: &String| {
            let kind = info(name).and_then(|info| info["dataType"].as_str());
            kind.unwrap_or_default().to_owned()
        };
        let is_name = |name: &str| info(name).is_some_and(|info| info["isLookup"] == true);
        let behind = columns.iter().enumerate().filter(|(_, name)| ids && is_name(name));
        let behind: Vec<usize> = behind.map(|(at, _)| at).collect();
        let named = |name: &String| result.column_label(name).unwrap_or(name).to_owned();
        let mut titles: Vec<String> = groupings(result).map(|g| title(result, g)).collect();
        titles.extend(columns.iter().map(named));
        titles.extend(behind.iter().map(|at| format!("{} Id", named(&columns[*at]))));
        let mut labels = HashMap::new();
        collect(&result.groupings_down, 0, &mut labels);
        collect(&result.groupings_across, metadata.groupings_down.len(), &mut labels);
        Self {
            kinds: columns.iter().map(kind).collect(),
            ids: behind,
            titles: distinct(titles),
            several: currencies(result).len() > 1,
            labels,
        }
    }

    /// What the columns are called.
    pub(crate) fn columns(&self) -> rows::Columns {
        rows::Columns::named(self.titles.iter().map(String::as_str))
    }

    /// A row: the values of its groups, its cells.
    pub(crate) fn row<'a>(
        &self,
        groups: impl Iterator<Item = &'a Value>,
        cells: &[Cell],
    ) -> Vec<Value> {
        let label = |(level, value): (usize, &Value)| {
            let known = self.labels.get(&(level, value.to_string()));
            known.map_or_else(|| value.clone(), |label| json!(label))
        };
        let mut row: Vec<Value> = groups.enumerate().map(label).collect();
        for (at, cell) in cells.iter().enumerate() {
            row.push(self.cell(self.kinds.get(at).map_or("", String::as_str), cell));
        }
        for at in &self.ids {
            let id = cells.get(*at).and_then(|cell| cell.value.as_str());
            let id = id.filter(|id| Id::parse(id).is_ok());
            row.push(id.map_or(Value::Null, |id| json!(id)));
        }
        row
    }

    fn cell(&self, kind: &str, cell: &Cell) -> Value {
        match &cell.value {
            Value::Object(money) => {
                let amount = money.get("amount").cloned().unwrap_or(Value::Null);
                match money.get("currency").and_then(Value::as_str) {
                    Some(code) if self.several && !amount.is_null() => {
                        json!(format!("{amount} {code}"))
                    }
                    _ => amount,
                }
            }
            Value::String(text) if matches!(kind, "date" | "datetime") => json!(text),
            // Of a name the value is the id, of a picklist the label is what people say.
            Value::String(text) if cell.label.is_empty() => json!(text),
            Value::String(_) => json!(cell.label),
            other => other.clone(),
        }
    }
}

fn collect(all: &Groupings, level: usize, labels: &mut HashMap<(usize, String), String>) {
    fn walk(group: &Group, level: usize, labels: &mut HashMap<(usize, String), String>) {
        labels.insert((level, group.value.to_string()), group.label.clone());
        group.groupings.iter().for_each(|inner| walk(inner, level + 1, labels));
    }
    all.groupings.iter().for_each(|group| walk(group, level, labels));
}

/// The currencies that cells name.
fn currencies(result: &ReportResult) -> BTreeSet<String> {
    let cells = result.details().flat_map(|row| row.cells);
    cells.filter_map(|cell| cell.value["currency"].as_str().map(str::to_owned)).collect()
}

/// In what the values of a result are; `rows` says whether its rows are shown.
pub(crate) async fn units(org: &Org, result: &ReportResult, rows: bool) -> Units {
    let metadata = &result.report_metadata;
    let kind_in = |list: &str, name: &str| {
        let info = result.report_extended_metadata.get(list)?.get(name)?;
        info["dataType"].as_str().map(str::to_owned)
    };
    let mut scale = Scale::default();
    let mut see = |kind: Option<String>| match kind.as_deref() {
        Some("currency") => scale.amounts = true,
        Some("datetime") => scale.times = true,
        _ => {}
    };
    for name in &metadata.aggregates {
        see(kind_in("aggregateColumnInfo", name));
    }
    if rows {
        for name in &metadata.detail_columns {
            see(kind_in("detailColumnInfo", name));
        }
    }
    for grouping in groupings(result) {
        let kind = kind_in("groupingColumnInfo", &grouping.name);
        scale.local |= kind.as_deref() == Some("datetime");
    }
    let codes = if rows { currencies(result) } else { BTreeSet::new() };
    let own = metadata.rest.get("currency").and_then(Value::as_str);
    let amounts = scale.amounts;
    let mut units = org.units(scale).await;
    match (codes.len(), own) {
        _ if !amounts => {}
        (0 | 1, Some(code)) => units.currency = Some(code.to_owned()),
        (1, None) => units.currency = codes.into_iter().next(),
        (0, None) => {}
        (_, own) => {
            let of_totals = own.map_or_else(String::new, |code| format!("; totals in {code}"));
            units.currency = Some(format!("each amount's own, after it{of_totals}"));
        }
    }
    units
}
