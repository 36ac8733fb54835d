//! Reports and dashboards as a list.
//!
//! The list is a statement on their object, so that a policy decides what of it may be read, and with
//! rules each that it finds is described: only those are named that can be used. Pages go by id, so
//! that a page can be asked for by any process.

use serde_json::{Value, json};
use sf_rest::{Id, Record};
use sf_soql::escape;

use super::find::Kind;
use crate::rows::{ORIGIN, plain};
use crate::{Completeness, Org, Reply, SuggestedCall, ToolError};

/// Rows of a reply if the call does not say.
const ROWS: usize = 50;

/// With rules each report costs a request or two, and each dashboard those of its reports.
const REPORTS: usize = 20;
const DASHBOARDS: usize = 5;

/// What is looked for.
pub(crate) struct Wanted<'a> {
    pub(crate) kind: Kind,
    /// The tool that lists.
    pub(crate) tool: &'a str,
    pub(crate) words: Option<&'a str>,
    pub(crate) folder: Option<&'a str>,
    pub(crate) max_rows: Option<u32>,
    pub(crate) after: Option<&'a str>,
}

/// What the list shows of each, of which there may be less.
const FIELDS: &[&str] = &["FolderName", "Format", "Description", "LastRunDate", "Type"];

/// A page of the list.
pub(crate) struct Listed {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Value>>,
    pub(crate) origin: &'static str,
}

/// The page that a call asks for.
///
/// # Errors
/// By the error contract.
pub(crate) async fn list(org: &Org, wanted: &Wanted<'_>) -> Result<Reply<Listed>, ToolError> {
    let kind = wanted.kind;
    org.given(kind.object).await?;
    let object = org.object(kind.object).await?;
    let has = |name: &str| object.field(name).is_some();
    if !has(kind.name) {
        return Err(ToolError::ask_a_person(format!(
            "The names of {}s may not be read here, so they cannot be listed.",
            kind.word
        )));
    }
    let mut columns = vec!["Id", kind.name];
    columns.extend(FIELDS.iter().copied().filter(|name| has(name)));
    let conditions = conditions(wanted, &has)?;
    let guarded = org.policy().rules().is_some();
    let most = wanted.max_rows.map_or(ROWS, |n| n as usize);
    let most = match (guarded, kind.object) {
        (false, _) => most,
        (true, "Report") => most.min(REPORTS),
        (true, _) => most.min(DASHBOARDS),
    };
    let filter = match conditions.is_empty() {
        true => String::new(),
        false => format!(" WHERE {}", conditions.join(" AND ")),
    };
    let soql = format!(
        "SELECT {} FROM {}{filter} ORDER BY Id LIMIT {}",
        columns.join(", "),
        kind.object,
        most + 1
    );
    let found = org.query(&org.parse(&soql)?).await?.records;
    let (mut rows, mut left_out, mut last) = (Vec::new(), 0_u64, None);
    for record in found.iter().take(most) {
        let id = id(record);
        last = id.or(last);
        if let Some(id) = id.filter(|_| guarded)
            && !usable(org, kind, id).await?
        {
            left_out += 1;
            continue;
        }
        let most = org.limits().cell;
        let cell = |name: &&str| record.get(name).map_or(Value::Null, |v| plain(&v, most, &mut 0));
        rows.push(columns.iter().map(cell).collect());
    }
    let more = found.len() > most;
    let completeness = completeness(wanted, &rows, left_out, last.filter(|_| more));
    let columns = columns.into_iter().map(str::to_owned).collect();
    Ok(Reply::new(Listed { columns, rows, origin: ORIGIN }, completeness))
}

fn conditions(wanted: &Wanted<'_>, has: &impl Fn(&str) -> bool) -> Result<Vec<String>, ToolError> {
    let mut all = Vec::new();
    for word in wanted.words.unwrap_or_default().split_whitespace() {
        let word = escape::like(word);
        let fields = [wanted.kind.name, "Description"].into_iter().filter(|name| has(name));
        let any: Vec<String> = fields.map(|name| format!("{name} LIKE '%{word}%'")).collect();
        all.push(format!("({})", any.join(" OR ")));
    }
    if let Some(folder) = wanted.folder.map(str::trim).filter(|folder| !folder.is_empty()) {
        if !has("FolderName") {
            return Err(ToolError::ask_a_person("The folders may not be read here."));
        }
        all.push(format!("FolderName = '{}'", escape::string(folder)));
    }
    if let Some(after) = wanted.after {
        let id = Id::parse(after.trim()).map_err(|error| {
            ToolError::fix_your_call(format!("after is the last id of the page before: {error}."))
        })?;
        all.push(format!("Id > '{id}'"));
    }
    Ok(all)
}

async fn usable(org: &Org, kind: Kind, id: Id) -> Result<bool, ToolError> {
    if kind.object == "Report" {
        return Ok(org.permitted_report(id).await?.is_some());
    }
    Ok(!org.dashboard(id).await?.shown.is_empty())
}

fn completeness(
    wanted: &Wanted<'_>,
    rows: &[Vec<Value>],
    left_out: u64,
    last: Option<Id>,
) -> Completeness {
    let word = wanted.kind.word;
    let mut reasons = Vec::new();
    if left_out > 0 {
        reasons.push(format!(
            "{left_out} left out: {word}s that use what this connection may not read."
        ));
    }
    let next = last.map(|last| {
        reasons.push(format!("There are more {word}s."));
        let mut call = json!({});
        for (name, value) in [("words", wanted.words), ("folder", wanted.folder)] {
            if let Some(value) = value {
                call[name] = json!(value);
            }
        }
        if let Some(rows) = wanted.max_rows {
            call["max_rows"] = json!(rows);
        }
        call["after"] = json!(last);
        SuggestedCall::new(wanted.tool, call)
    });
    if reasons.is_empty() {
        return Completeness::Complete;
    }
    let (returned, reason) = (rows.len() as u64, reasons.join(" "));
    Completeness::Partial { returned, total: None, reason, next }
}

fn id(record: &Record) -> Option<Id> {
    Id::parse(record.get("Id")?.as_str()?).ok()
}
