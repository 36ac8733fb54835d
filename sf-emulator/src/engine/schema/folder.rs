//! A folder of describes as an org's schema: what `sf-agent schema snapshot`
//! writes, or describe replies side by side.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::hash::Hasher as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::described::{self, Problem};
use super::load::{self, Fnv};
use super::{Field, FieldType, Object, Schema};

/// Why describes could not become the org's schema.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum DescribeError {
    #[error("cannot read {path}")]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error(
        "{path} holds no describes; give a folder with sobjects/{{Object}}.json, as `sf-agent schema snapshot` writes it, or with one describe reply of an object in each .json file"
    )]
    Empty { path: PathBuf },
    #[error("{path} is not JSON (line {line}, column {column}); save the describe reply anew")]
    NotJson { path: PathBuf, line: usize, column: usize },
    #[error("{path}: {place} {problem}; describe the object anew, or mend the file")]
    Wrong { path: PathBuf, place: String, problem: String },
    #[error("{path} describes {object} again, which {first} describes; remove one of them")]
    Twice { path: PathBuf, first: PathBuf, object: String },
    #[error("{0}")]
    BuiltIn(String),
}

/// Objects that the org cannot be without: they come with the crate where the
/// describes lack them.
const SYSTEM: [&str; 11] = [
    "FieldPermissions",
    "Group",
    "GroupMember",
    "ObjectPermissions",
    "Organization",
    "PermissionSet",
    "PermissionSetAssignment",
    "Profile",
    "RecordType",
    "User",
    "UserRole",
];

/// Objects that a write to another one makes rows of.
const COMPANIONS: [(&str, &[&str]); 1] =
    [("ContentVersion", &["ContentDocument", "ContentDocumentLink"])];

/// The schema that a file or a folder describes.
pub(crate) fn load(path: &Path) -> Result<Schema, DescribeError> {
    let mut hasher = Fnv::default();
    let mut read = |path: &Path| {
        let text = fs::read(path)
            .map_err(|source| DescribeError::Read { path: path.to_owned(), source })?;
        hasher.write(&text);
        serde_json::from_slice::<Value>(&text).map_err(|error| DescribeError::NotJson {
            path: path.to_owned(),
            line: error.line(),
            column: error.column(),
        })
    };
    let mut objects = Vec::new();
    let mut known: HashMap<String, PathBuf> = HashMap::new();
    for file in files(path)? {
        let wrong = |Problem { place, text }| DescribeError::Wrong {
            path: file.clone(),
            place,
            problem: text,
        };
        let document = read(&file)?;
        if document.is_array() || document.get("records").is_some() {
            let text = "holds rows, not a describe (rows are given apart)".to_owned();
            return Err(wrong(Problem { place: "$".to_owned(), text }));
        }
        let object = described::object(document).map_err(wrong)?;
        if let Some(first) = known.insert(object.name.to_ascii_lowercase(), file.clone()) {
            return Err(DescribeError::Twice { path: file, first, object: object.name });
        }
        objects.push(object);
    }
    if objects.is_empty() {
        return Err(DescribeError::Empty { path: path.to_owned() });
    }
    let list = path.join("sobjects.json");
    let order = if list.is_file() {
        let document = read(&list)?;
        let wrong = |Problem { place, text }| DescribeError::Wrong {
            path: list.clone(),
            place,
            problem: text,
        };
        summaries(document, &mut objects).map_err(wrong)?
    } else {
        HashMap::new()
    };
    let built_in = load::built_in_objects().map_err(DescribeError::BuiltIn)?;
    complete(&mut objects, &built_in);
    // As a global describe lists them: in its own order, or by name.
    objects.sort_by(|a, b| {
        let place = |object: &Object| order.get(&object.name.to_ascii_lowercase()).copied();
        let (left, right) = (place(a).unwrap_or(usize::MAX), place(b).unwrap_or(usize::MAX));
        let by_name = || a.name.to_ascii_lowercase().cmp(&b.name.to_ascii_lowercase());
        left.cmp(&right).then_with(by_name)
    });
    for object in &built_in {
        // The rules of standard objects are this program's, so a change of them counts.
        hasher.write(object.name.as_bytes());
    }
    link(&mut objects);
    let objects = objects.into_iter().map(Arc::new).collect();
    Ok(Schema::new(objects, hasher.finish(), 0))
}

/// The files with an object's describe, by name.
fn files(path: &Path) -> Result<Vec<PathBuf>, DescribeError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| DescribeError::Read { path, source }
    };
    if fs::metadata(path).map_err(failed(path))?.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let inner = path.join("sobjects");
    let folder = if inner.is_dir() { inner } else { path.to_owned() };
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).map_err(failed(&folder))? {
        let file = entry.map_err(failed(&folder))?.path();
        let is_json = file.extension().is_some_and(|extension| extension == "json");
        if is_json && file.file_name().is_some_and(|name| name != "sobjects.json") {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

/// Hands the entries of a global describe to their objects, and says which comes
/// when. Entries of objects that were not described are left out: there is
/// nothing that could be done with them.
fn summaries(document: Value, objects: &mut [Object]) -> Result<HashMap<String, usize>, Problem> {
    let problem =
        |place: &str, text: &str| Problem { place: place.to_owned(), text: text.to_owned() };
    let entries = match document {
        Value::Object(mut map) => map.remove("sobjects"),
        other => Some(other),
    };
    let Some(Value::Array(entries)) = entries else {
        return Err(problem("$.sobjects", "is not an array, as in the reply of a global describe"));
    };
    let mut by_name: HashMap<String, Map<String, Value>> = HashMap::new();
    let mut order = HashMap::new();
    for (at, entry) in entries.into_iter().enumerate() {
        let name = entry.get("name").and_then(Value::as_str).map(str::to_ascii_lowercase);
        let (Some(name), Value::Object(entry)) = (name, entry) else {
            return Err(problem(&format!("$.sobjects[{at}].name"), "is not a text"));
        };
        order.insert(name.clone(), at);
        by_name.insert(name, entry);
    }
    for object in objects {
        object.raw_summary = by_name.remove(&object.name.to_ascii_lowercase());
    }
    Ok(order)
}

/// Adds what the org needs, and what this program knows of standard objects that
/// no describe tells.
fn complete(objects: &mut Vec<Object>, built_in: &[Object]) {
    let mut known: HashSet<String> =
        objects.iter().map(|object| object.name.to_ascii_lowercase()).collect();
    let companions = COMPANIONS
        .iter()
        .filter(|(name, _)| known.contains(&name.to_ascii_lowercase()))
        .flat_map(|(_, with)| with.iter());
    let needed: Vec<&str> = SYSTEM.iter().chain(companions).copied().collect();
    for name in needed {
        if known.insert(name.to_ascii_lowercase()) {
            objects.extend(built_in.iter().find(|object| object.name == name).cloned());
        }
    }
    for object in objects.iter_mut().filter(|object| object.raw.is_some() && !object.custom) {
        let Some(same) = built_in.iter().find(|one| one.name == object.name) else { continue };
        for field in &mut object.fields {
            let Some(model) = same.field(&field.name).filter(|model| model.ty == field.ty) else {
                continue;
            };
            if field.auto_number.is_some() {
                field.auto_number.clone_from(&model.auto_number);
            }
            field.via.clone_from(&model.via);
        }
    }
    // A shown field of a parent needs the lookup, the parent, and that field.
    let shown =
        objects.iter().flat_map(|object| &object.fields).filter_map(|field| field.via.clone());
    let shown: HashSet<(String, String)> = shown
        .filter(|(_, parent, shown)| {
            let parent = objects.iter().find(|object| object.name == *parent);
            parent.is_some_and(|parent| parent.field(shown).is_some_and(Field::is_stored))
        })
        .map(|(_, parent, shown)| (parent, shown))
        .collect();
    for object in objects.iter_mut() {
        let known =
            |lookup: &str, fields: &[Field]| fields.iter().any(|field| field.name == lookup);
        for at in 0..object.fields.len() {
            let via = object.fields[at].via.take();
            object.fields[at].via = via.filter(|(lookup, parent, field)| {
                known(lookup, &object.fields) && shown.contains(&(parent.clone(), field.clone()))
            });
        }
    }
}

/// Gives lookups the names that their parents' describes have for them, and the
/// objects that were not loaded their children.
fn link(objects: &mut [Object]) {
    let mut names: HashMap<(String, String), String> = HashMap::new();
    for child in objects.iter().flat_map(|object| &object.children) {
        if let Some(name) = &child.relationship {
            let key = (child.object.to_ascii_lowercase(), child.field.to_ascii_lowercase());
            names.entry(key).or_insert_with(|| name.clone());
        }
    }
    for object in objects.iter_mut().filter(|object| object.raw.is_some()) {
        let own = object.name.to_ascii_lowercase();
        for field in object.fields.iter_mut().filter(|field| field.ty == FieldType::Reference) {
            field.children_name =
                names.get(&(own.clone(), field.name.to_ascii_lowercase())).cloned();
        }
    }
    load::link_children(objects);
}
