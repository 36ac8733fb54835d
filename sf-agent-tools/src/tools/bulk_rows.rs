//! The checks of a load: its rows against the schema and the policy, a few at a time, before anything
//! is sent.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Value, json};
use sf_rest::Id;
use sf_schema::{Object, ProblemKind, WriteKind, check_write};

use super::bulk_feed::{
    Cells, Column, Data, Feed, MOST_ROWS, Source, is_id, text, too_large, typed,
};
use super::problems::with_bounded;
use super::{count, describe_object, record_id};
use crate::org::{BulkLoad, CSV_NULL};
use crate::policy::{MASKED, REDACTED};
use crate::prepare::{Action, COMPARED, Change, Row, key_text};
use crate::{CallContext, ErrorClass, Org, Problem, ToolError, Values};

/// Problems that are gathered before the rest is not looked at any more.
const PROBLEMS: usize = 60;

/// A load that can be sent.
pub(super) struct Staged {
    pub(super) load: BulkLoad,
    /// The first rows, as they were given.
    pub(super) first: Change,
    pub(super) notes: Vec<String>,
}

/// Checks all rows, and writes them as they are sent.
pub(super) async fn stage(
    cx: &CallContext,
    org: &Org,
    object: &Arc<Object>,
    action: Action,
    key: Option<&str>,
    source: Source,
) -> Result<Staged, ToolError> {
    // Tokens of another session mean other values here.
    let foreign = matches!(source, Source::Csv { own: false, .. });
    let mut feed = Feed::open(source)?;
    let mut notes = Vec::new();
    let mut check = Check::new(object, action, key, feed.columns.clone());
    if action == Action::Delete {
        let others: Vec<&str> =
            check.columns.iter().map(|c| c.name.as_str()).filter(|name| !is_id(name)).collect();
        if !others.is_empty() {
            notes.push(format!("Of the columns only Id is used, not {}.", others.join(", ")));
        }
    }
    check.header();
    let mut data = Data::new(&check.sent())?;
    let mut secrets = Vec::new();
    let mut rows = 0_u64;
    let mut head = None;
    loop {
        if cx.cancellation().is_cancelled() {
            return Err(ToolError::cancelled());
        }
        let chunk = feed.chunk(&check.columns)?;
        if chunk.is_empty() {
            break;
        }
        let first = rows;
        rows += chunk.len() as u64;
        if rows > MOST_ROWS {
            return Err(too_large(&format!("more than {MOST_ROWS} rows")));
        }
        let change = check.chunk(first, &chunk);
        check.not_shown(org, foreign, first, &chunk);
        if check.problems.len() >= PROBLEMS {
            break;
        }
        head.get_or_insert_with(|| change.head(COMPARED));
        if check.by_id() && change.rows.iter().any(|row| row.id.is_none()) {
            continue;
        }
        let permitted = match org.permit_change(change).await {
            Ok(permitted) => permitted,
            Err(error) if error.class == ErrorClass::FixYourCall && !error.problems.is_empty() => {
                check.permitted(error.problems, first);
                continue;
            }
            Err(error) => return Err(error),
        };
        secrets.extend(permitted.secrets);
        if !check.problems.is_empty() {
            continue;
        }
        for (cells, row) in chunk.iter().zip(permitted.write.rows) {
            data.row(&check.record(cells, &row))?;
        }
        // An iterator never waits; others on this thread get their turn.
        tokio::task::yield_now().await;
    }
    let columns = check.sent();
    check.refuse()?;
    let Some(first) = head else {
        return Err(ToolError::fix_your_call("There is no row to load. Nothing was sent."));
    };
    secrets.sort_unstable();
    secrets.dedup();
    let (file, sha256) = data.finish()?;
    let load = BulkLoad {
        object: object.name.clone(),
        action,
        key: key.map(str::to_owned),
        rows,
        columns,
        file,
        sha256,
        secrets,
    };
    Ok(Staged { load, first, notes })
}

/// `records[7].Email` and `ids[7]` of a chunk, as the row that people count.
fn in_row(at: &str, first: u64) -> String {
    let parsed = at.split_once('[').and_then(|(_, rest)| {
        let (number, rest) = rest.split_once(']')?;
        Some((number.parse::<u64>().ok()?, rest))
    });
    parsed
        .map_or_else(|| at.to_owned(), |(number, rest)| format!("row {}{rest}", first + number + 1))
}

/// The checks of a load.
struct Check<'a> {
    object: &'a Arc<Object>,
    action: Action,
    key: Option<&'a str>,
    columns: Vec<Column>,
    problems: Vec<Problem>,
    /// Columns that were told of as such, and need not be for each row.
    told: HashSet<String>,
    seen: HashSet<Id>,
    unknown: bool,
}

impl<'a> Check<'a> {
    fn new(
        object: &'a Arc<Object>,
        action: Action,
        key: Option<&'a str>,
        columns: Vec<Column>,
    ) -> Self {
        let (problems, told, seen) = (Vec::new(), HashSet::new(), HashSet::new());
        Self { object, action, key, columns, problems, told, seen, unknown: false }
    }

    fn by_id(&self) -> bool {
        matches!(self.action, Action::Update | Action::Delete)
    }

    /// The columns that are sent.
    fn sent(&self) -> Vec<String> {
        let only_id = self.action == Action::Delete;
        let sent = self.columns.iter().filter(|column| !only_id || is_id(&column.name));
        sent.map(|column| column.name.clone()).collect()
    }

    /// What is wrong with the columns, whatever stands in them.
    fn header(&mut self) {
        let mut found = Vec::new();
        for at in 0..self.columns.len() {
            let Some((message, near)) = self.wrong_column(at) else { continue };
            let name = self.columns[at].name.as_str();
            self.told.insert(name.to_ascii_lowercase());
            let place = format!("column {}", crate::text::shorten(name, 80));
            found.push(Problem::new(place, message).did_you_mean(near));
        }
        let needs = if self.by_id() { Some("Id") } else { self.key };
        if let Some(needed) = needs
            && !self.columns.iter().any(|column| column.name.eq_ignore_ascii_case(needed))
        {
            found.push(Problem::new(
                format!("column {needed}"),
                "Missing: it says which record each row is about.",
            ));
        }
        self.problems.extend(found);
    }

    fn wrong_column(&mut self, at: usize) -> Option<(String, Vec<String>)> {
        let column = &self.columns[at];
        let name = column.name.as_str();
        if self.columns[..at].iter().any(|other| other.name.eq_ignore_ascii_case(name)) {
            return Some(("It stands twice.".to_owned(), Vec::new()));
        }
        if is_id(name) {
            let text = "A new record has no id yet; leave it out.".to_owned();
            return (!self.by_id()).then(|| (text, Vec::new()));
        }
        if self.action == Action::Delete {
            return None;
        }
        let Some(field) = column.field(self.object) else {
            self.unknown = true;
            let fields = self.object.fields.iter().map(|field| field.name.as_str());
            let near = sf_schema::suggest(name, fields);
            return Some((format!("{} has no such field.", self.object.name), near));
        };
        let (can, what) = match self.action {
            Action::Create => (field.createable, "given to a new record"),
            Action::Update => (field.updateable, "changed"),
            _ => (field.createable || field.updateable, "written"),
        };
        let is_key = self.key.is_some_and(|key| key.eq_ignore_ascii_case(name));
        (!can && !is_key)
            .then(|| (format!("This field cannot be {what}; leave it out."), Vec::new()))
    }

    /// Checks rows; what is wrong is noted. Gives them as a change.
    fn chunk(&mut self, first: u64, chunk: &[Cells]) -> Change {
        let mut rows = Vec::with_capacity(chunk.len());
        for (at, cells) in chunk.iter().enumerate() {
            let number = first + at as u64 + 1;
            let row = self.row(number, cells);
            rows.push(row);
        }
        let key = self.key.map(str::to_owned);
        let object = self.object.name.clone();
        Change { action: self.action, object, key, all_or_none: false, rows }
    }

    fn row(&mut self, number: u64, cells: &Cells) -> Row {
        let mut id = None;
        let mut values = Values::new();
        for (column, cell) in self.columns.iter().zip(cells) {
            if is_id(&column.name) {
                if self.by_id() {
                    id = Some(cell.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned());
                }
                continue;
            }
            let Some(cell) = cell.as_ref().filter(|_| self.action != Action::Delete) else {
                continue;
            };
            let value = typed(column.field(self.object), cell, column.parent.is_some());
            match &column.parent {
                Some((parent, field)) => {
                    let inner = values.entry(parent.clone()).or_insert_with(|| json!({}));
                    if let Some(inner) = inner.as_object_mut() {
                        inner.insert(field.clone(), value);
                    }
                }
                None => drop(values.insert(column.name.clone(), value)),
            }
        }
        let mut row = Row::default();
        if let Some(text) = id {
            match record_id(self.object, &text) {
                Err(_) if text.is_empty() => self.wrong(number, "Id", "Missing: the record's id."),
                Err(wrong) => self.wrong(number, "Id", wrong),
                Ok(id) if !self.seen.insert(id) => {
                    self.wrong(number, "Id", "The same record stands in a row before.");
                }
                Ok(id) => row.id = Some(id),
            }
        }
        if let Some(key) = self.key
            && key_text(&values, key).is_none()
        {
            self.wrong(number, key, "Missing: the external id that says which record is meant.");
        }
        self.values(number, &values);
        row.values = values;
        row
    }

    /// Notes what stands for a value that the policy did not show, as in a result of a query: written, it
    /// would take the value's place.
    fn not_shown(&mut self, org: &Org, foreign: bool, first: u64, chunk: &[Cells]) {
        if org.policy().rules().is_none() || self.action == Action::Delete {
            return;
        }
        for (at, cells) in chunk.iter().enumerate() {
            for (column, cell) in self.columns.iter().zip(cells) {
                let Some(text) = cell.as_ref().and_then(Value::as_str) else { continue };
                let masked = || org.veiled(&self.object.name, &column.name) == Some("masked");
                let is_name = text.trim().starts_with('<') && text.trim().ends_with('>');
                let named = is_name && (foreign || !org.is_masked_token(text));
                let stands = [REDACTED, MASKED].contains(&text)
                    || ((named || text.starts_with(['…', '#'])) && masked());
                if stands && text != CSV_NULL {
                    let place = format!("row {}.{}", first + at as u64 + 1, column.name);
                    let text = "This stands for a value that was not shown, and would replace it.";
                    self.problems.push(Problem::new(place, text));
                }
            }
        }
    }

    /// Notes what the policy says against rows, but for columns that were told of.
    fn permitted(&mut self, problems: Vec<Problem>, first: u64) {
        for mut problem in problems {
            problem.at = problem.at.map(|at| in_row(&at, first));
            let field = problem.at.as_deref().and_then(|at| at.split_once('.'));
            if field.is_none_or(|(_, field)| !self.told.contains(&field.to_ascii_lowercase())) {
                self.problems.push(problem);
            }
        }
    }

    fn values(&mut self, number: u64, values: &Values) {
        let kind = match (self.action, self.key) {
            (Action::Delete, _) => return,
            (Action::Create, _) => WriteKind::Create,
            (Action::Upsert, Some(key)) => WriteKind::Upsert { key },
            _ => WriteKind::Update,
        };
        for found in check_write(self.object, kind, values) {
            let field = found.field.to_ascii_lowercase();
            if !found.is_error() || self.told.contains(&field) {
                continue;
            }
            let column = |c: &Column| c.name.eq_ignore_ascii_case(&found.field);
            let place =
                if found.kind == ProblemKind::MissingRequired && !self.columns.iter().any(column) {
                    self.told.insert(field);
                    format!("column {}", found.field)
                } else {
                    format!("row {number}.{}", found.field)
                };
            let allowed = found.allowed.into_iter().map(Value::String).collect();
            let problem = Problem::new(place, found.message);
            self.problems.push(problem.allowed(allowed, 60).did_you_mean(found.suggestions));
        }
    }

    fn wrong(&mut self, number: u64, field: &str, message: impl Into<String>) {
        if !self.told.contains(&field.to_ascii_lowercase())
            && self.columns.iter().any(|column| column.name.eq_ignore_ascii_case(field))
        {
            self.problems.push(Problem::new(format!("row {number}.{field}"), message));
        }
    }

    /// The row as it is sent: with the values that the policy permitted, and otherwise as it came.
    fn record(&self, cells: &Cells, row: &Row) -> Vec<String> {
        let of = |(column, cell): (&Column, &Option<Value>)| {
            if is_id(&column.name) {
                return row.id.map(|id| id.to_string()).unwrap_or_default();
            }
            let Some(given) = cell else { return String::new() };
            let permitted = match &column.parent {
                Some((parent, field)) => row.values.get(parent).and_then(|keys| keys.get(field)),
                None => row.values.get(&column.name),
            };
            // As it came, with all its digits, unless a token stands for something else.
            let typed = typed(column.field(self.object), given, column.parent.is_some());
            match permitted {
                Some(permitted) if *permitted != typed => text(permitted),
                Some(_) => text(given),
                None => String::new(),
            }
        };
        let only_id = self.action == Action::Delete;
        let pairs = self.columns.iter().zip(cells);
        pairs.filter(|(column, _)| !only_id || is_id(&column.name)).map(of).collect()
    }

    fn refuse(self) -> Result<(), ToolError> {
        if self.problems.is_empty() {
            return Ok(());
        }
        let more = if self.problems.len() >= PROBLEMS { "at least " } else { "" };
        let error = ToolError::fix_your_call(format!(
            "Nothing was sent: {more}{} to correct first.",
            count(self.problems.len(), "problem")
        ));
        let error = with_bounded(error, self.problems).by_schema();
        Err(if self.unknown {
            error.with_next(describe_object::call(&self.object.name))
        } else {
            error
        })
    }
}
