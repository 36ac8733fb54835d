//! What the components of a dashboard show: the results of their reports at
//! the time of the last refresh.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};

use super::error::bad;
use super::report::Report;
use super::saved::{self, without_owner};
use crate::engine::{ApiError, Caller, Engine, Kind, datetime};

/// The data of a dashboard, as one user saw it.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// Milliseconds since 1970.
    pub(super) at: i64,
    /// The platform's `componentData`.
    pub(super) components: Vec<Value>,
}

/// A dashboard, a user, and the choices of its filters.
type Key = (String, String, Vec<(usize, String)>);

/// The data of every dashboard that somebody looked at.
#[derive(Default)]
pub(crate) struct Boards {
    all: Mutex<All>,
}

#[derive(Default)]
struct All {
    read: HashMap<Key, Arc<Snapshot>>,
    /// Dashboards of users that are being refreshed.
    running: HashSet<(String, String)>,
}

/// Snapshots that are kept, so that a client with many choices fills no memory.
const MOST_KEPT: usize = 200;

impl Boards {
    pub(super) fn find(
        &self,
        id: &str,
        user: &str,
        chosen: &[(usize, String)],
    ) -> Option<Arc<Snapshot>> {
        let key = (id.to_owned(), user.to_owned(), chosen.to_vec());
        self.lock().read.get(&key).cloned()
    }

    pub(super) fn keep(
        &self,
        id: &str,
        user: &str,
        chosen: &[(usize, String)],
        snapshot: Snapshot,
    ) -> Arc<Snapshot> {
        let snapshot = Arc::new(snapshot);
        let mut all = self.lock();
        if all.read.len() >= MOST_KEPT {
            all.read.clear();
        }
        let key = (id.to_owned(), user.to_owned(), chosen.to_vec());
        all.read.insert(key, Arc::clone(&snapshot));
        snapshot
    }

    pub(super) fn begin_refresh(&self, id: &str, user: &str) {
        self.lock().running.insert((id.to_owned(), user.to_owned()));
    }

    /// Whether a refresh is under way; it is over at the next look.
    pub(super) fn is_running(&self, id: &str, user: &str) -> bool {
        self.lock().running.remove(&(id.to_owned(), user.to_owned()))
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs the report of every component.
pub(super) fn read(
    engine: &Engine,
    caller: &Caller,
    board: &Map<String, Value>,
    chosen: &[(usize, String)],
) -> Result<Snapshot, ApiError> {
    let filters = board.get("filters").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut options = Vec::new();
    for (place, id) in chosen {
        let known = filters.get(*place).and_then(|filter| filter["options"].as_array());
        let option = known.into_iter().flatten().find(|option| same_id(&option["id"], id));
        let option =
            option.ok_or_else(|| bad(format!("The filter option {id} does not exist.")))?;
        options.push((*place, option.clone()));
    }
    let at = caller.now.as_millisecond();
    let components = board.get("components").and_then(Value::as_array).cloned().unwrap_or_default();
    let components = components.iter().map(|component| {
        let (result, status) = match component_result(engine, caller, component, &options) {
            Ok(result) => {
                let empty = result["factMap"]["T!T"]["aggregates"].as_array().is_some_and(|all| {
                    all.iter().all(|cell| cell["value"].is_null() || cell["value"] == 0)
                });
                (result, (if empty { "NODATA" } else { "DATA" }, None))
            }
            Err(error) => (Value::Null, ("ERROR", error.items.into_iter().next())),
        };
        let (data, error) = status;
        json!({
            "componentId": component["id"],
            "reportResult": result,
            "status": {
                "dataStatus": data,
                "errorCode": error.as_ref().map(|item| item.code.as_ref()),
                "errorMessage": error.as_ref().map(|item| item.message.as_str()),
                "errorSeverity": error.as_ref().map(|_| "Error"),
                "refreshDate": datetime(at),
                "refreshStatus": "IDLE",
            },
        })
    });
    Ok(Snapshot { at, components: components.collect() })
}

fn same_id(known: &Value, given: &str) -> bool {
    known.as_str().is_some_and(|known| known == given || known.get(..15) == Some(given))
}

fn component_result(
    engine: &Engine,
    caller: &Caller,
    component: &Value,
    options: &[(usize, Value)],
) -> Result<Value, ApiError> {
    let id = component["reportId"].as_str().unwrap_or_default();
    let saved = without_owner(saved::find(engine, caller, Kind::Report, id)?.1);
    let changes = filtered(&saved, component, options);
    let report = Report::of(engine, caller, &saved, &changes)?;
    // A table of a report without groups shows its rows.
    let details = report.definition.is_tabular();
    let mut all = Map::new();
    all.insert("attributes".to_owned(), Value::Null);
    all.extend(report.run(engine, caller, details)?);
    Ok(Value::Object(all))
}

/// The filters of the report, and those of the dashboard on the columns that
/// the component names for them.
fn filtered(
    saved: &Map<String, Value>,
    component: &Value,
    options: &[(usize, Value)],
) -> Map<String, Value> {
    let columns = component["properties"]["filterColumns"].as_array();
    let mut filters =
        saved.get("reportFilters").and_then(Value::as_array).cloned().unwrap_or_default();
    let before = filters.len();
    for (place, option) in options {
        let column = columns.and_then(|columns| columns.get(*place)?["name"].as_str());
        let Some(column) = column else { continue };
        let text = |key: &str| option[key].as_str().unwrap_or_default();
        let value = match text("operation") {
            "between" => format!("{},{}", text("startValue"), text("endValue")),
            _ => text("value").to_owned(),
        };
        filters.push(json!({
            "column": column, "filterType": "fieldValue", "isRunPageEditable": true,
            "operator": text("operation"), "value": value,
        }));
    }
    let mut changes = Map::new();
    if filters.len() > before {
        // The report's own logic says nothing of these.
        let logic = saved.get("reportBooleanFilter").and_then(Value::as_str);
        if let Some(logic) = logic.filter(|logic| !logic.is_empty()) {
            let more: Vec<String> = (before + 1..=filters.len()).map(|n| n.to_string()).collect();
            let logic = format!("({logic}) AND {}", more.join(" AND "));
            changes.insert("reportBooleanFilter".to_owned(), Value::from(logic));
        }
        changes.insert("reportFilters".to_owned(), Value::Array(filters));
    }
    changes
}
