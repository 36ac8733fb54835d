//! An org's describes in a folder, as the org sent them.
//!
//! `sobjects.json` is what `GET .../sobjects` answered, `sobjects/<Object>.json`
//! what `GET .../sobjects/<Object>/describe` did.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::{Error, Object, ObjectSummary};

/// The file with the list of objects.
const LIST: &str = "sobjects.json";

/// The folder with a file for each object.
const OBJECTS: &str = "sobjects";

/// The describes of a folder that [`FolderWriter`] wrote, read.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DescribeFolder {
    /// The list of all objects of the org.
    pub index: Vec<ObjectSummary>,
    /// Those that were described, by name.
    pub objects: Vec<Object>,
}

impl DescribeFolder {
    /// Reads a folder. It blocks.
    ///
    /// # Errors
    /// [`Error::NotDescribes`] if the folder has no list, or a file of it does
    /// not hold what its name says; [`Error::Folder`] if it cannot be read.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let list = folder.join(LIST);
        let raw = match load(&list) {
            Err(Error::Folder { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                let reason =
                    if folder.is_dir() { "it is not there" } else { "there is no such folder" };
                return Err(not_describes(&list, reason));
            }
            read => read?,
        };
        if !raw.get("sobjects").is_some_and(Value::is_array) {
            return Err(not_describes(&list, "it has no list \"sobjects\""));
        }
        let index = ObjectSummary::list_from_describe_global(&raw);
        let mut objects = Vec::new();
        for path in entries(&folder.join(OBJECTS))? {
            let raw = load(&path)?;
            let object = Object::from_describe(&raw);
            let object = object.map_err(|error| not_describes(&path, error.to_string()))?;
            if path.file_stem().and_then(|stem| stem.to_str()) != Some(&object.name) {
                let reason = format!("it holds the describe of {}", object.name);
                return Err(not_describes(&path, reason));
            }
            objects.push(object);
        }
        Ok(Self { index, objects })
    }
}

/// Writes a folder of describes, which takes its place once it is whole.
#[derive(Debug)]
pub struct FolderWriter {
    target: PathBuf,
    /// Beside the target, so that it can be moved there at once.
    new: TempDir,
}

impl FolderWriter {
    /// Begins a folder at `target` with the list of objects as the org sent it.
    /// What is at `target` stays until [`finish`](Self::finish). It blocks.
    ///
    /// # Errors
    /// [`Error::NotDescribes`] if something else than a folder of describes is
    /// at `target`; [`Error::SnapshotFile`] if nothing can be written there.
    pub fn new(target: &Path, list: &Value) -> Result<Self, Error> {
        replaceable(target)?;
        let failed = |source| Error::SnapshotFile { path: target.to_owned(), source };
        let beside = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let new = tempfile::Builder::new().prefix(".describes-").tempdir_in(beside);
        let new = new.map_err(failed)?;
        fs::create_dir(new.path().join(OBJECTS)).map_err(failed)?;
        let writer = Self { target: target.to_owned(), new };
        writer.write(&writer.new.path().join(LIST), list)?;
        Ok(writer)
    }

    /// Adds a describe as the org sent it. It blocks.
    ///
    /// # Errors
    /// [`Error::NotADescribe`] if it has no name that an object can have;
    /// [`Error::SnapshotFile`] if it cannot be written.
    pub fn add(&self, describe: &Value) -> Result<(), Error> {
        let name = describe.get("name").and_then(Value::as_str).unwrap_or_default();
        // It becomes the name of a file.
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err(Error::NotADescribe { reason: "its name is not an API name" });
        }
        self.write(&self.new.path().join(OBJECTS).join(format!("{name}.json")), describe)
    }

    /// Puts the folder in its place. It blocks.
    ///
    /// A folder that was there changes places with it and is then removed, so
    /// that there is a whole one at any moment. Where the system or the file
    /// system cannot exchange two folders, the old one is moved away first: a
    /// crash in between leaves it whole beside the target, in a folder whose
    /// name begins with `.describes-`.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn finish(self) -> Result<(), Error> {
        replaceable(&self.target)?;
        if exchange(self.new.path(), &self.target).is_ok() {
            return Ok(());
        }
        let failed = |source| Error::SnapshotFile { path: self.target.clone(), source };
        let beside = self.new.path().parent().unwrap_or(Path::new("."));
        let old = match fs::symlink_metadata(&self.target) {
            Ok(_) => {
                let old = tempfile::Builder::new().prefix(".describes-").tempdir_in(beside);
                let old = old.map_err(failed)?;
                fs::rename(&self.target, old.path().join("old")).map_err(failed)?;
                Some(old)
            }
            Err(_) => None,
        };
        if let Err(source) = fs::rename(self.new.path(), &self.target) {
            if let Some(old) = old {
                // Kept if it cannot be put back: it is all that there is.
                let kept = old.keep();
                let back = fs::rename(kept.join("old"), &self.target);
                if back.is_ok() {
                    let _ = fs::remove_dir(kept);
                }
            }
            return Err(Error::SnapshotFile { path: self.target, source });
        }
        Ok(())
    }

    fn write(&self, path: &Path, value: &Value) -> Result<(), Error> {
        let failed = |source| Error::SnapshotFile { path: self.target.clone(), source };
        let mut text = serde_json::to_vec_pretty(value).map_err(|e| failed(e.into()))?;
        text.push(b'\n');
        fs::write(path, text).map_err(failed)
    }
}

/// Lets two folders change places at once.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Nothing, an empty folder or a folder of describes and nothing else.
fn replaceable(target: &Path) -> Result<(), Error> {
    match fs::symlink_metadata(target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(Error::Folder { path: target.to_owned(), source }),
        Ok(found) if !found.is_dir() => {
            return Err(not_describes(target, "it is not a folder"));
        }
        Ok(_) => {}
    }
    for path in entries(target)? {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name != LIST && name != OBJECTS {
            return Err(not_describes(target, format!("it holds {name}; choose another folder")));
        }
        if name != OBJECTS {
            continue;
        }
        for path in entries(&path)? {
            if path.extension().is_none_or(|end| end != "json") || path.is_dir() {
                return Err(not_describes(&path, "it is no describe; choose another folder"));
            }
        }
    }
    Ok(())
}

fn load(path: &Path) -> Result<Value, Error> {
    let text = fs::read(path).map_err(|source| Error::Folder { path: path.to_owned(), source })?;
    serde_json::from_slice(&text).map_err(|error| not_describes(path, error.to_string()))
}

/// What is in a folder, in the order of the names.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |source| Error::Folder { path: folder.to_owned(), source };
    let found = fs::read_dir(folder).map_err(failed)?;
    let mut paths: Vec<PathBuf> =
        found.map(|entry| Ok(entry?.path())).collect::<Result<_, _>>().map_err(failed)?;
    paths.sort();
    Ok(paths)
}

fn not_describes(path: &Path, reason: impl Into<String>) -> Error {
    Error::NotDescribes { path: path.to_owned(), reason: reason.into() }
}
