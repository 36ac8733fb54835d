//! Reports and dashboards as a list.
//!
//! The list is a statement on their object, so that a policy decides what of it may be read, and with
//! rules each that it finds is described: only those are named that can be used. Pages go by id, so
//! that a page can be asked for by any process.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use sf_rest::{Id, Record};
use sf_soql::escape;

use super::find::Kind;
use crate::rows::plain;
use crate::{CallContext, Completeness, ErrorClass, Org, Reply, SuggestedCall, ToolError};

/// Rows of a reply if the call does not say.
const ROWS: usize = 50;

/// With rules each report costs a request or two, and each dashboard those of its reports.
const REPORTS: usize = 20;
const DASHBOARDS: usize = 5;

/// What is looked for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Words in name or description.
    words: Option<String>,
    /// Folder name.
    folder: Option<String>,
    /// Default 50.
    #[schemars(range(min = 1, max = 200))]
    max_rows: Option<u32>,
    /// Id after which to go on.
    after: Option<String>,
}

/// What the list shows of each, of which there may be less.
const FIELDS: &[&str] = &["FolderName", "Format", "Description", "LastRunDate", "Type"];

/// The columns of the list, and its rows.
pub(crate) type Listed = (Vec<String>, Vec<Vec<Value>>);

/// Those that are not in a page though they fit.
#[derive(Default)]
struct Missing {
    /// That cannot be used here.
    unusable: u64,
    /// That could not be looked into, and why the first could not.
    unknown: u64,
    why: Option<ToolError>,
    /// Behind this one there are more.
    last: Option<Id>,
}

/// The page that a call asks for.
///
/// # Errors
/// By the error contract.
pub(crate) async fn list(
    cx: &CallContext,
    org: &Org,
    kind: Kind,
    wanted: &Args,
) -> Result<Reply<Listed>, ToolError> {
    cx.unless_cancelled(page(org, kind, wanted)).await
}

async fn page(org: &Org, kind: Kind, wanted: &Args) -> Result<Reply<Listed>, ToolError> {
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
    let conditions = conditions(kind, wanted, &has)?;
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
    let found = org.query(&org.parse(&soql)?).await?;
    let (mut rows, mut missing, mut last) = (Vec::new(), Missing::default(), None);
    for record in found.records.iter().take(most) {
        let id = id(record);
        last = id.or(last);
        if let Some(id) = id.filter(|_| guarded) {
            match usable(org, kind, id).await {
                Ok(true) => {}
                Ok(false) => {
                    missing.unusable += 1;
                    continue;
                }
                // One that cannot be looked into hides none of the others, and is not named itself.
                Err(error) => {
                    missing.unknown += 1;
                    missing.why.get_or_insert(error);
                    continue;
                }
            }
        }
        let most = org.limits().cell;
        let cell = |name: &&str| record.get(name).map_or(Value::Null, |v| plain(&v, most, &mut 0));
        rows.push(columns.iter().map(cell).collect());
    }
    if rows.is_empty()
        && missing.unusable == 0
        && let Some(error) = missing.why
    {
        return Err(error);
    }
    // A page of the platform may be smaller than what was asked for.
    missing.last = last.filter(|_| found.total_size > most.min(found.records.len()) as u64);
    let completeness = completeness(kind, wanted, rows.len() as u64, &missing);
    let columns = columns.into_iter().map(str::to_owned).collect();
    Ok(Reply::new((columns, rows), completeness))
}

fn conditions(
    kind: Kind,
    wanted: &Args,
    has: &impl Fn(&str) -> bool,
) -> Result<Vec<String>, ToolError> {
    let mut all = Vec::new();
    for word in wanted.words.as_deref().unwrap_or_default().split_whitespace() {
        let word = escape::like(word);
        let fields = [kind.name, "Description"].into_iter().filter(|name| has(name));
        let any: Vec<String> = fields.map(|name| format!("{name} LIKE '%{word}%'")).collect();
        all.push(format!("({})", any.join(" OR ")));
    }
    if let Some(folder) =
        wanted.folder.as_deref().map(str::trim).filter(|folder| !folder.is_empty())
    {
        if !has("FolderName") {
            return Err(ToolError::ask_a_person("The folders may not be read here."));
        }
        all.push(format!("FolderName = '{}'", escape::string(folder)));
    }
    if let Some(after) = &wanted.after {
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

fn completeness(kind: Kind, wanted: &Args, returned: u64, missing: &Missing) -> Completeness {
    let word = kind.word;
    let mut reasons = Vec::new();
    if missing.unusable > 0 {
        reasons.push(format!(
            "{} left out: {word}s that use what this connection may not read, or that Salesforce does \
             not show it.",
            missing.unusable
        ));
    }
    let mut call = json!({});
    let texts = [("words", &wanted.words), ("folder", &wanted.folder), ("after", &wanted.after)];
    for (name, value) in texts {
        if let Some(value) = value {
            call[name] = json!(value);
        }
    }
    if let Some(rows) = wanted.max_rows {
        call["max_rows"] = json!(rows);
    }
    // The same call again may find what could not be looked into just now.
    let mut again = false;
    if let Some(error) = &missing.why {
        again = error.class == ErrorClass::TryLater;
        reasons.push(format!(
            "{} not listed: {word}s that could not be looked into ({}).",
            missing.unknown,
            error.message.trim_end_matches('.')
        ));
    }
    if let Some(last) = missing.last {
        again = true;
        reasons.push(format!("There are more {word}s."));
        call["after"] = json!(last);
    }
    if reasons.is_empty() {
        return Completeness::Complete;
    }
    let next = again.then(|| SuggestedCall::new(kind.list, call));
    Completeness::Partial { returned, total: None, reason: reasons.join(" "), next }
}

fn id(record: &Record) -> Option<Id> {
    Id::parse(record.get("Id")?.as_str()?).ok()
}
