//! The columns of a list view, and its rows: every value is text (REST API
//! Developer Guide, List View Results).

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use crate::server::shown::Shown;

/// A column of a list view.
#[derive(Debug, Clone)]
pub(super) struct Column {
    path: String,
    label: String,
    kind: String,
    sortable: bool,
    hidden: bool,
    /// As the statement selects it.
    pub(super) selected: String,
}

/// What rows have that nobody sees.
const HIDDEN: [&str; 4] = ["Id", "CreatedDate", "LastModifiedDate", "SystemModstamp"];

/// The columns that the caller is shown, then the hidden ones.
pub(super) fn columns(shown: &mut Shown<'_>, object: &str, wanted: &[String]) -> Vec<Column> {
    let mut found: Vec<Column> = Vec::new();
    let hidden = HIDDEN.iter().map(|path| (*path, true));
    for (path, hidden) in wanted.iter().map(|path| (path.as_str(), false)).chain(hidden) {
        let Some(reached) = shown.reach(object, path) else { continue };
        let Some(field) = reached.describe() else { continue };
        if found.iter().any(|known| known.path == reached.path) {
            continue;
        }
        let selected = match field.kind.as_str() {
            "picklist" => format!("toLabel({})", reached.path),
            _ => reached.path.clone(),
        };
        found.push(Column {
            label: field.label.clone(),
            kind: field.kind.clone(),
            sortable: field.sortable,
            hidden,
            selected,
            path: reached.path,
        });
    }
    found
}

impl Column {
    /// As descriptions and results show it.
    pub(super) fn shown(&self, order: &str, descending: bool) -> Value {
        let (ascending_label, descending_label) = match self.kind.as_str() {
            "phone" => (Some("9-0"), Some("0-9")),
            "date" | "datetime" => (Some("New to Old"), Some("Old to New")),
            "picklist" | "int" | "double" | "currency" | "percent" => {
                (Some("Low to High"), Some("High to Low"))
            }
            "id" | "reference" => (None, None),
            _ => (Some("Z-A"), Some("A-Z")),
        };
        let place = if self.path == order { Some(0) } else { (self.path == "Id").then_some(1) };
        let direction = match (place, descending) {
            (None, _) => None,
            (Some(0), true) => Some("descending"),
            (Some(_), _) => Some("ascending"),
        };
        json!({
            "ascendingLabel": ascending_label,
            "descendingLabel": descending_label,
            "fieldNameOrPath": self.path,
            "hidden": self.hidden,
            "label": self.label,
            "selectListItem": self.selected,
            "sortDirection": direction,
            "sortIndex": place,
            "sortable": self.sortable,
            "type": self.kind,
        })
    }
}

/// A row, each value beside the name of its column.
pub(super) fn row(columns: &[Column], values: &Map<String, Value>) -> Value {
    let cells = columns.iter().map(|column| {
        let value = at(values, &column.path).and_then(|value| text(&column.kind, value));
        json!({ "fieldNameOrPath": column.path, "value": value })
    });
    json!({ "columns": cells.collect::<Vec<_>>() })
}

fn at<'r>(row: &'r Map<String, Value>, path: &str) -> Option<&'r Value> {
    match path.split_once('.') {
        None => row.get(path),
        Some((head, rest)) => at(row.get(head)?.as_object()?, rest),
    }
}

/// Dates as Java writes them: `Fri Aug 01 21:15:46 GMT 2014`.
const JAVA: &str = "%a %b %d %H:%M:%S GMT %Y";

fn text(kind: &str, value: &Value) -> Option<String> {
    match (kind, value) {
        (_, Value::Null) => None,
        ("datetime", Value::String(text)) => {
            let time = text.parse::<Timestamp>().ok().map(|time| TimeZone::UTC.to_datetime(time));
            Some(time.map_or_else(|| text.clone(), |time| time.strftime(JAVA).to_string()))
        }
        ("date", Value::String(text)) => {
            let day = text.parse::<Date>().ok().map(|day| day.at(0, 0, 0, 0));
            Some(day.map_or_else(|| text.clone(), |day| day.strftime(JAVA).to_string()))
        }
        (_, Value::String(text)) => Some(text.clone()),
        (_, other) => Some(other.to_string()),
    }
}
