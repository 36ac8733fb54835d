//! The groups of a result with their aggregates, as a table.

use serde_json::{Map, Value, json};
use sf_rest::ops::reports::metadata::GroupingColumn;
use sf_rest::ops::reports::result::{Cell, Group, Groupings, ReportResult};

/// Stands where a row is of all groups of a level.
pub(crate) const ALL: &str = "(all)";

/// A table of groups.
pub(crate) struct GroupTable {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Value>>,
}

/// The groupings of a result, those of rows before those of columns.
pub(crate) fn groupings(result: &ReportResult) -> impl Iterator<Item = &GroupingColumn> {
    let metadata = &result.report_metadata;
    metadata.groupings_down.iter().chain(&metadata.groupings_across)
}

/// What a grouping is called: its column, and the part of dates it goes by.
pub(crate) fn title(result: &ReportResult, grouping: &GroupingColumn) -> String {
    let label = result.column_label(&grouping.name).unwrap_or(&grouping.name);
    match grouping.date_granularity.as_deref().filter(|by| !matches!(*by, "" | "None")) {
        Some(by) => format!("{label} ({by})"),
        None => label.to_owned(),
    }
}

/// Titles of which no two are the same.
pub(crate) fn distinct(titles: Vec<String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::with_capacity(titles.len());
    for title in titles {
        let mut name = title.clone();
        let mut number = 2;
        while all.contains(&name) {
            name = format!("{title} {number}");
            number += 1;
        }
        all.push(name);
    }
    all
}

/// Every group with its aggregates, outer groups before what is in them. The total of all is not
/// among them.
pub(crate) fn table(result: &ReportResult) -> GroupTable {
    let metadata = &result.report_metadata;
    let titles = groupings(result).map(|grouping| title(result, grouping));
    let aggregates = metadata.aggregates.iter();
    let aggregates = aggregates.map(|name| result.column_label(name).unwrap_or(name).to_owned());
    let columns = distinct(titles.chain(aggregates).collect());
    let down = keys(&result.groupings_down, metadata.groupings_down.len());
    let across = keys(&result.groupings_across, metadata.groupings_across.len());
    let counts = metadata.aggregates.iter().position(|name| name == "RowCount");
    let mut rows = Vec::new();
    for (down, of_down) in &down {
        for (across, of_across) in &across {
            if (down.as_str(), across.as_str()) == ("T", "T") {
                continue;
            }
            let Some(fact) = result.fact_map.get(&format!("{down}!{across}")) else { continue };
            let empty = match counts.and_then(|at| fact.aggregates.get(at)) {
                Some(count) => count.value == json!(0),
                None => fact.aggregates.iter().all(|cell| cell.value.is_null()),
            };
            if empty {
                continue;
            }
            let labels = of_down.iter().chain(of_across).cloned();
            rows.push(labels.chain(fact.aggregates.iter().map(figure)).collect());
        }
    }
    GroupTable { columns, rows }
}

/// Why groups are missing from a result, if they are. The Reports API names no bound of them; but the
/// rows that the groups of a level count are those that the group around them counts.
pub(crate) fn short(result: &ReportResult) -> Option<String> {
    fn differs(
        groups: &[Group],
        around: &str,
        key: &dyn Fn(&str) -> String,
        count: &dyn Fn(&str) -> Option<u64>,
    ) -> Option<(u64, u64)> {
        if groups.is_empty() {
            return None;
        }
        let all = count(&key(around))?;
        let counted = groups.iter().map(|group| count(&key(&group.key)).unwrap_or(0)).sum();
        let here = (counted < all).then_some((counted, all));
        here.or_else(|| groups.iter().find_map(|g| differs(&g.groupings, &g.key, key, count)))
    }
    let at = result.report_metadata.aggregates.iter().position(|name| name == "RowCount")?;
    let count = |key: &str| result.fact_map.get(key)?.aggregates.get(at)?.value.as_u64();
    let down = |key: &str| format!("{key}!T");
    let across = |key: &str| format!("T!{key}");
    let found = differs(&result.groupings_down.groupings, "T", &down, &count)
        .or_else(|| differs(&result.groupings_across.groupings, "T", &across, &count));
    found.map(|(counted, all)| {
        format!(
            "Groups are missing: those that came count {counted} rows of {all}. Totals are of all; \
             filters narrow the report."
        )
    })
}

/// The keys of one direction, and what each is called at every level; first that of all.
fn keys(groupings: &Groupings, levels: usize) -> Vec<(String, Vec<Value>)> {
    fn walk(group: &Group, path: &[Value], levels: usize, found: &mut Vec<(String, Vec<Value>)>) {
        let mut path = path.to_vec();
        path.push(json!(group.label));
        let mut titles = path.clone();
        titles.resize(levels.max(titles.len()), json!(ALL));
        found.push((group.key.clone(), titles));
        group.groupings.iter().for_each(|inner| walk(inner, &path, levels, found));
    }
    let mut found = vec![("T".to_owned(), vec![json!(ALL); levels])];
    groupings.groupings.iter().for_each(|group| walk(group, &[], levels, &mut found));
    found
}

/// The grand totals, by what they are called.
pub(crate) fn totals(result: &ReportResult) -> Map<String, Value> {
    let all: Vec<(&str, &Cell)> = result.totals().collect();
    let titles = all.iter().map(|(name, _)| result.column_label(name).unwrap_or(name).to_owned());
    let titles = distinct(titles.collect());
    titles.into_iter().zip(all.iter().map(|(_, cell)| figure(cell))).collect()
}

/// An aggregate. Those of dates have no value that a person reads but their label.
fn figure(cell: &Cell) -> Value {
    match &cell.value {
        Value::Object(money) => money.get("amount").cloned().unwrap_or(Value::Null),
        other => other.clone(),
    }
}
