//! Groups of rows: the tree of one direction, with keys as the platform gives
//! them (`0`, `0_1`), and which groups each row is in.

use std::cmp::Ordering;
use std::collections::HashMap;

use serde_json::{Value, json};

use super::columns::Column;
use super::dates::Granularity;
use super::definition::Grouping;
use super::error::bad;
use super::facts::{Aggregate, Sum};
use super::label;
use super::run::{Datum, Table};
use crate::engine::ApiError;

/// The groups of one direction.
pub(super) struct Axis {
    /// The platform's `groupings`.
    pub(super) tree: Vec<Value>,
    /// The keys of every group, outer ones before those in them.
    pub(super) keys: Vec<String>,
    /// Per row the keys of its groups, from the outermost to the innermost.
    pub(super) of_rows: Vec<Vec<String>>,
}

/// A group while its place is being found.
struct Group {
    order: Order,
    value: Value,
    label: String,
    rows: Vec<usize>,
}

/// How a group stands among its siblings; what has no value comes first.
#[derive(Debug, Clone, PartialEq)]
enum Order {
    Nothing,
    Number(f64),
    Text(String),
}

impl Order {
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Nothing, Self::Nothing) => Ordering::Equal,
            (Self::Nothing, _) => Ordering::Less,
            (_, Self::Nothing) => Ordering::Greater,
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Number(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Number(_)) => Ordering::Greater,
        }
    }
}

/// One level, with what sorts its groups.
struct Level<'t> {
    column: &'t Column,
    place: usize,
    granularity: Granularity,
    descending: bool,
    by: Option<Aggregate>,
}

/// The most groups of one direction, so that an answer has a bound.
const MOST: usize = 20_000;

impl Axis {
    pub(super) fn of(table: &Table, groupings: &[Grouping]) -> Result<Self, ApiError> {
        let levels = groupings
            .iter()
            .map(|grouping| level(table, grouping))
            .collect::<Result<Vec<_>, _>>()?;
        let mut axis = Self {
            tree: Vec::new(),
            keys: Vec::new(),
            of_rows: vec![Vec::new(); table.rows.len()],
        };
        let all: Vec<usize> = (0..table.rows.len()).collect();
        axis.tree = axis.divide(table, &levels, &all, "")?;
        Ok(axis)
    }

    fn divide(
        &mut self,
        table: &Table,
        levels: &[Level<'_>],
        rows: &[usize],
        outer: &str,
    ) -> Result<Vec<Value>, ApiError> {
        let Some((level, inner)) = levels.split_first() else { return Ok(Vec::new()) };
        let mut groups: Vec<Group> = Vec::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        for row in rows {
            let datum = &table.rows[*row][level.place];
            let (order, value, label) = group_of(level, datum);
            let at = *known.entry(value.to_string()).or_insert_with(|| {
                groups.push(Group { order, value, label, rows: Vec::new() });
                groups.len() - 1
            });
            groups[at].rows.push(*row);
        }
        sort(table, level, &mut groups);
        let mut tree = Vec::with_capacity(groups.len());
        for (at, group) in groups.into_iter().enumerate() {
            let key = if outer.is_empty() { at.to_string() } else { format!("{outer}_{at}") };
            for row in &group.rows {
                self.of_rows[*row].push(key.clone());
            }
            self.keys.push(key.clone());
            if self.keys.len() > MOST {
                return Err(bad(format!(
                    "The report has more than {MOST} groups. Filter it, or group it by less."
                )));
            }
            let groupings = self.divide(table, inner, &group.rows, &key)?;
            tree.push(json!({
                "groupings": groupings, "key": key, "label": group.label, "value": group.value,
            }));
        }
        Ok(tree)
    }
}

fn level<'t>(table: &'t Table, grouping: &Grouping) -> Result<Level<'t>, ApiError> {
    let missing = || bad(format!("The report can\u{2019}t be grouped by {}.", grouping.name));
    let place = table.place(&grouping.name).ok_or_else(missing)?;
    let column = &table.columns[place];
    if matches!(column.kind.as_str(), "textarea" | "multipicklist") {
        return Err(missing());
    }
    let granularity = Granularity::of(grouping.date_granularity.as_deref()).ok_or_else(|| {
        let name = grouping.date_granularity.as_deref().unwrap_or_default();
        bad(format!("The date granularity {name} is invalid."))
    })?;
    let by =
        grouping.sort_aggregate.as_deref().map(|name| Aggregate::of(table, name)).transpose()?;
    Ok(Level { column, place, granularity, descending: grouping.is_descending(), by })
}

/// The group that a value belongs to: its order, value and label.
fn group_of(level: &Level<'_>, datum: &Datum) -> (Order, Value, String) {
    let column = level.column;
    let Datum { value, id } = datum;
    if value.is_null() {
        return (Order::Nothing, Value::Null, label::NOTHING.to_owned());
    }
    if let Some(day) = value.as_str().filter(|_| column.is_date()).and_then(label::day) {
        let (value, label) = level.granularity.group(day);
        let order = match &value {
            Value::String(text) => Order::Text(text.clone()),
            other => Order::Number(other.as_f64().unwrap_or_default()),
        };
        return (order, value, label);
    }
    let label = label::label(column, value);
    let place =
        column.choices.iter().position(|choice| Some(choice.value.as_str()) == value.as_str());
    let order = match (place, value) {
        #[expect(clippy::cast_precision_loss, reason = "a picklist has few values")]
        (Some(place), _) => Order::Number(place as f64),
        (None, Value::Number(number)) => Order::Number(number.as_f64().unwrap_or_default()),
        (None, _) => Order::Text(label.to_lowercase()),
    };
    let value =
        id.as_ref().map_or_else(|| label::plain(column, value), |id| Value::from(id.as_str()));
    (order, value, label)
}

fn sort(table: &Table, level: &Level<'_>, groups: &mut [Group]) {
    groups.sort_by(|a, b| a.order.compare(&b.order));
    if level.descending {
        groups.reverse();
    }
    let Some(by) = &level.by else { return };
    let sum = |group: &Group| {
        let mut sum = Sum::default();
        group.rows.iter().for_each(|row| by.add(&mut sum, &table.rows[*row]));
        by.value(&sum).as_f64()
    };
    let mut sums: Vec<(Option<f64>, usize)> =
        groups.iter().enumerate().map(|(at, group)| (sum(group), at)).collect();
    let compare = |a: &Option<f64>, b: &Option<f64>| match (a, b) {
        (Some(a), Some(b)) => a.total_cmp(b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    };
    sums.sort_by(|(a, _), (b, _)| if level.descending { compare(b, a) } else { compare(a, b) });
    let mut places = vec![0; groups.len()];
    for (place, (_, at)) in sums.iter().enumerate() {
        places[*at] = place;
    }
    let mut at = 0;
    while at < places.len() {
        let place = places[at];
        if place == at {
            at += 1;
        } else {
            groups.swap(at, place);
            places.swap(at, place);
        }
    }
}
