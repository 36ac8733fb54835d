//! The folders of reports and dashboards: a user's own, the org's, or one that
//! was made (Reports and Dashboards REST API Developer Guide,
//! `folderId`).

use serde_json::Value;

use super::error::bad;
use crate::engine::{ApiError, Caller, Engine, Kind, id};

/// The folder that a definition is put into: the user's own unless it says more.
pub(super) fn of(
    engine: &Engine,
    caller: &Caller,
    given: Option<&Value>,
) -> Result<String, ApiError> {
    let given = match given {
        None | Some(Value::Null) => return Ok(caller.user_id.clone()),
        Some(Value::String(given)) => given,
        Some(_) => return Err(bad("The folder is invalid.")),
    };
    let folder = id::normalise(given).ok_or_else(|| bad("The folder is invalid."))?;
    let own = folder == caller.user_id || folder == engine.org_id();
    if own || engine.definition(Kind::Folder, &folder)?.is_some() {
        return Ok(folder);
    }
    Err(bad(format!("The folder {given} does not exist or you can\u{2019}t use it.")))
}

/// The name of a folder, as the records of reports show it.
pub(super) fn name(engine: &Engine, folder: &str) -> Result<String, ApiError> {
    if folder.starts_with("005") {
        return Ok("Private Reports".to_owned());
    }
    let found = engine.definition(Kind::Folder, folder)?;
    let name = found.and_then(|found| found.body["name"].as_str().map(str::to_owned));
    Ok(name.unwrap_or_else(|| "Public Reports".to_owned()))
}

/// An API name made of a label: letters, digits and single underscores.
pub(super) fn developer_name(label: &str) -> String {
    let spaced: String =
        label.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).collect();
    let name = spaced.split_whitespace().collect::<Vec<_>>().join("_");
    match name.chars().next() {
        Some(first) if first.is_ascii_alphabetic() => name,
        _ => format!("X{name}"),
    }
}
