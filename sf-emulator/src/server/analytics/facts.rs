//! The fact map: aggregates and detail rows by the keys of their groups
//! (Reports and Dashboards REST API Developer Guide, Decode the Fact Map).

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::columns::Column;
use super::definition::Definition;
use super::error::bad;
use super::groups::Axis;
use super::label;
use super::run::{Datum, Table};
use crate::engine::ApiError;

/// The most detail rows of one run.
pub(super) const MOST_ROWS: usize = 2_000;

/// The key of all groups of a direction.
const ALL: &str = "T";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Count,
    Sum,
    Average,
    Largest,
    Smallest,
    Unique,
}

/// An aggregate of a report: `RowCount`, `s!AMOUNT`, …
#[derive(Debug, Clone)]
pub(super) struct Aggregate {
    name: String,
    kind: Kind,
    place: usize,
    column: Option<Column>,
}

/// What an aggregate has seen of a group's rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Sum {
    count: u64,
    total: f64,
    /// What the total lost to rounding (Neumaier).
    lost: f64,
    extreme: Option<Value>,
    seen: HashSet<String>,
}

impl Sum {
    fn plus(&mut self, value: f64) {
        let next = self.total + value;
        self.lost += if self.total.abs() >= value.abs() {
            (self.total - next) + value
        } else {
            (value - next) + self.total
        };
        self.total = next;
    }
}

impl Aggregate {
    pub(super) fn of(table: &Table, name: &str) -> Result<Self, ApiError> {
        let unknown = || bad(format!("The aggregate {name} is invalid."));
        if name == "RowCount" {
            let name = name.to_owned();
            return Ok(Self { name, kind: Kind::Count, place: 0, column: None });
        }
        let (kind, column) = name.split_once('!').ok_or_else(unknown)?;
        let kind = match kind {
            "s" => Kind::Sum,
            "a" => Kind::Average,
            // The guide writes the first, its examples the second.
            "x" | "mx" => Kind::Largest,
            "m" => Kind::Smallest,
            "u" => Kind::Unique,
            _ => return Err(unknown()),
        };
        let place = table.place(column).ok_or_else(unknown)?;
        let column = &table.columns[place];
        let fits = match kind {
            Kind::Count | Kind::Unique => true,
            Kind::Sum | Kind::Average => column.is_number(),
            Kind::Largest | Kind::Smallest => column.is_number() || column.is_date(),
        };
        if !fits {
            return Err(unknown());
        }
        Ok(Self { name: name.to_owned(), kind, place, column: Some(column.clone()) })
    }

    pub(super) fn add(&self, sum: &mut Sum, row: &[Datum]) {
        if self.kind == Kind::Count {
            sum.count += 1;
            return;
        }
        let Some(datum) = row.get(self.place).filter(|datum| !datum.value.is_null()) else {
            return;
        };
        sum.count += 1;
        match self.kind {
            Kind::Count => {}
            Kind::Sum | Kind::Average => sum.plus(datum.value.as_f64().unwrap_or_default()),
            Kind::Unique => {
                let value = datum.id.clone().unwrap_or_else(|| datum.value.to_string());
                sum.seen.insert(value);
            }
            Kind::Largest | Kind::Smallest => {
                let replaces = sum.extreme.as_ref().is_none_or(|best| {
                    let larger = is_larger(&datum.value, best);
                    if self.kind == Kind::Largest { larger } else { is_larger(best, &datum.value) }
                });
                if replaces {
                    sum.extreme = Some(datum.value.clone());
                }
            }
        }
    }

    pub(super) fn value(&self, sum: &Sum) -> Value {
        match self.kind {
            Kind::Count => Value::from(sum.count),
            Kind::Unique => Value::from(sum.seen.len()),
            Kind::Sum => label::of_f64(sum.total + sum.lost),
            Kind::Average if sum.count == 0 => Value::Null,
            #[expect(clippy::cast_precision_loss, reason = "a report has fewer rows")]
            Kind::Average => label::of_f64((sum.total + sum.lost) / sum.count as f64),
            Kind::Largest | Kind::Smallest => match (&sum.extreme, &self.column) {
                (Some(value), Some(column)) => label::plain(column, value),
                _ => Value::Null,
            },
        }
    }

    fn cell(&self, sum: &Sum) -> Value {
        let value = self.value(sum);
        let label = match (&value, &self.column) {
            (Value::Null, _) => label::NOTHING.to_owned(),
            (Value::Number(_), Some(column)) if self.kind != Kind::Unique => {
                // An average has decimals that its column has not.
                let scale =
                    if self.kind == Kind::Average { column.scale.max(2) } else { column.scale };
                let kind = if self.kind == Kind::Average && column.kind == "int" {
                    "double"
                } else {
                    &column.kind
                };
                label::figure(kind, scale, value.as_f64().unwrap_or_default())
            }
            (Value::Number(_), _) => label::figure("int", 0, value.as_f64().unwrap_or_default()),
            (value, Some(column)) => label::label(column, value),
            (value, None) => value.to_string(),
        };
        json!({ "label": label, "value": value })
    }

    /// Its entry of `aggregateColumnInfo`.
    pub(super) fn info(&self) -> Value {
        let named = |what: &str| {
            let column = self.column.as_ref().map_or("", |column| &column.label);
            format!("{what} {column}")
        };
        let (label, kind) = match self.kind {
            Kind::Count => ("Record Count".to_owned(), "int"),
            Kind::Unique => (named("Unique Count of"), "int"),
            Kind::Sum => (named("Sum of"), self.kind_of_column()),
            Kind::Average => (named("Average"), self.kind_of_column()),
            Kind::Largest => (named("Largest"), self.kind_of_column()),
            Kind::Smallest => (named("Smallest"), self.kind_of_column()),
        };
        json!({
            "acrossGroupingContext": null, "dataType": kind, "downGroupingContext": null, "label": label,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    fn kind_of_column(&self) -> &str {
        self.column.as_ref().map_or("int", |column| &column.kind)
    }
}

fn is_larger(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64(), a.as_str(), b.as_str()) {
        (Some(a), Some(b), _, _) => a > b,
        (_, _, Some(a), Some(b)) => a > b,
        _ => false,
    }
}

/// The aggregates of a report.
pub(super) fn aggregates(table: &Table, report: &Definition) -> Result<Vec<Aggregate>, ApiError> {
    report.aggregates.iter().map(|name| Aggregate::of(table, name)).collect()
}

/// The most facts: groups down times groups across.
const MOST_FACTS: usize = 200_000;

/// The fact map, and whether it has all detail rows.
pub(super) fn fact_map(
    table: &Table,
    report: &Definition,
    aggregates: &[Aggregate],
    (down, across): (&Axis, &Axis),
    details: bool,
) -> Result<(Value, bool), ApiError> {
    if (down.keys.len() + 1).saturating_mul(across.keys.len() + 1) > MOST_FACTS {
        return Err(bad("The report has too many groups. Filter it, or group it by less."));
    }
    let mut sums: HashMap<(&str, &str), Vec<Sum>> = HashMap::new();
    let mut cells: HashMap<(&str, &str), Vec<Value>> = HashMap::new();
    let places: Vec<usize> =
        report.detail_columns.iter().filter_map(|name| table.place(name)).collect();
    let all_data = table.rows.len() <= MOST_ROWS;
    for (at, row) in table.rows.iter().enumerate() {
        for one in with_all(&down.of_rows[at]) {
            for other in with_all(&across.of_rows[at]) {
                let fact = sums
                    .entry((one, other))
                    .or_insert_with(|| vec![Sum::default(); aggregates.len()]);
                for (aggregate, sum) in aggregates.iter().zip(fact) {
                    aggregate.add(sum, row);
                }
            }
        }
        if details && at < MOST_ROWS {
            let key = (innermost(&down.of_rows[at]), innermost(&across.of_rows[at]));
            let shown =
                places.iter().map(|place| label::cell(&table.columns[*place], &row[*place]));
            let row = json!({ "dataCells": shown.collect::<Vec<_>>() });
            cells.entry(key).or_default().push(row);
        }
    }
    let mut map = Map::new();
    let empty = vec![Sum::default(); aggregates.len()];
    for one in with_all(&down.keys) {
        for other in with_all(&across.keys) {
            let sums = sums.get(&(one, other)).unwrap_or(&empty);
            let shown = aggregates.iter().zip(sums).map(|(aggregate, sum)| aggregate.cell(sum));
            let mut fact = Map::new();
            fact.insert("aggregates".to_owned(), Value::Array(shown.collect()));
            if details {
                let rows = cells.remove(&(one, other)).unwrap_or_default();
                fact.insert("rows".to_owned(), Value::Array(rows));
            }
            map.insert(format!("{one}!{other}"), Value::Object(fact));
        }
    }
    Ok((Value::Object(map), all_data || !details))
}

/// The keys, and that of all of them.
fn with_all(keys: &[String]) -> impl Iterator<Item = &str> {
    keys.iter().map(String::as_str).chain(std::iter::once(ALL))
}

/// Where the detail rows of a group are.
fn innermost(keys: &[String]) -> &str {
    keys.last().map_or(ALL, String::as_str)
}
