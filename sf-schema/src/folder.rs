//! Describes in files: do they load, and what is odd about them?

use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{Error, FieldType, Object, ObjectSummary};

/// How deep a recording may nest a describe: a body within a reply within a batch.
const DEPTH: usize = 12;

/// A file, and the describes in it.
#[derive(Debug)]
#[non_exhaustive]
pub struct CheckedFile {
    /// Where it is.
    pub path: PathBuf,
    /// The describes that stand in it, alone or in the bodies of a recording.
    pub describes: Vec<CheckedDescribe>,
    /// Why it could not be read, if it could not.
    pub problem: Option<String>,
}

/// A describe that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckedDescribe {
    /// An object's describe that loads.
    Object {
        /// API name.
        name: String,
        /// How many fields it has.
        fields: usize,
        /// Fields without which a create fails.
        required: Vec<String>,
        /// What is odd, though it loads: entries that are left out, types that
        /// this crate does not know, picklists that depend on nothing.
        warnings: Vec<String>,
    },
    /// A list of objects.
    List {
        /// How many objects it has.
        objects: usize,
    },
    /// Looks like a describe, and does not load.
    Refused(String),
}

/// Reads every `.json` file below `folder`, and with the crate's feature
/// `yaml` every `.yaml` and `.yml`, and loads each describe that it finds:
/// alone, in a composite's answers, or as text in a recorded reply. Files are
/// in the order of their paths; other files are passed over. It blocks.
///
/// # Errors
/// [`Error::Folder`] if the folder cannot be listed. A file that cannot be
/// read is told in its own entry.
pub fn check_folder(folder: &Path) -> Result<Vec<CheckedFile>, Error> {
    let mut paths = Vec::new();
    list(folder, &mut paths).map_err(|source| Error::Folder { path: folder.to_owned(), source })?;
    paths.sort();
    Ok(paths.into_iter().filter_map(check_file).collect())
}

/// The describes in a JSON value: itself, or in its parts, or in texts that
/// are JSON themselves.
#[must_use]
pub fn check_describes(value: &Value) -> Vec<CheckedDescribe> {
    let mut found = Vec::new();
    search(value, DEPTH, &mut found);
    found
}

fn list(folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        // Links are not followed: one that leads up would never end.
        if entry.file_type()?.is_dir() {
            list(&entry.path(), paths)?;
        } else {
            paths.push(entry.path());
        }
    }
    Ok(())
}

/// None for a file of another kind.
fn check_file(path: PathBuf) -> Option<CheckedFile> {
    let read = match path.extension().and_then(|e| e.to_str())? {
        "json" => from_json,
        #[cfg(feature = "yaml")]
        "yaml" | "yml" => from_yaml,
        _ => return None,
    };
    let value = std::fs::read_to_string(&path).map_err(|e| e.to_string()).and_then(|t| read(&t));
    let (describes, problem) = match value {
        Ok(value) => (check_describes(&value), None),
        Err(problem) => (Vec::new(), Some(problem)),
    };
    Some(CheckedFile { path, describes, problem })
}

fn from_json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

#[cfg(feature = "yaml")]
fn from_yaml(text: &str) -> Result<Value, String> {
    serde_saphyr::from_str(text).map_err(|error| error.to_string())
}

fn search(value: &Value, depth: usize, found: &mut Vec<CheckedDescribe>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match value {
        Value::Object(map) if map.get("sobjects").is_some_and(Value::is_array) => {
            let objects = ObjectSummary::list_from_describe_global(value).len();
            found.push(CheckedDescribe::List { objects });
        }
        Value::Object(map)
            if map.get("fields").is_some_and(Value::is_array)
                && (map.contains_key("childRelationships") || map.contains_key("keyPrefix")) =>
        {
            found.push(check(value));
        }
        Value::Object(map) => map.values().for_each(|value| search(value, depth, found)),
        Value::Array(items) => items.iter().for_each(|value| search(value, depth, found)),
        Value::String(text) if text.trim_start().starts_with('{') => {
            if let Ok(value) = serde_json::from_str(text) {
                search(&value, depth, found);
            }
        }
        _ => {}
    }
}

fn check(raw: &Value) -> CheckedDescribe {
    let object = match Object::from_describe(raw) {
        Ok(object) => object,
        Err(error) => return CheckedDescribe::Refused(error.to_string()),
    };
    let mut warnings = Vec::new();
    let entries = raw.get("fields").and_then(Value::as_array).map_or(0, Vec::len);
    if entries > object.fields.len() {
        warnings.push(format!("{} fields without a name", entries - object.fields.len()));
    }
    if object.fields.is_empty() {
        warnings.push("no fields: the user may see none of them".to_owned());
    }
    for field in &object.fields {
        if let FieldType::Other(ty) = &field.ty {
            warnings.push(format!("{} is of the unknown type {ty:?}", field.name));
        }
        if let Err(error) = object.dependency(field) {
            warnings.push(error.to_string());
        }
    }
    CheckedDescribe::Object {
        required: object.required_on_create().map(|f| f.name.clone()).collect(),
        fields: object.fields.len(),
        name: object.name,
        warnings,
    }
}
