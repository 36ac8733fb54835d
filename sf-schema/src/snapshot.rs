//! What is known of an org's schema, in a file.

use std::io::{ErrorKind, Write as _};
use std::path::Path;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, Object, ObjectSummary};

/// The name of the format, in the first line of a file.
const FORMAT: &str = "sf-schema snapshot";

/// The version of the format. One that this crate does not know is not read.
const VERSION: u32 = 1;

/// A user's view of an org's schema at one time: the list of objects, and
/// those that were described. It holds names and labels, no records and no
/// secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Snapshot {
    /// Whose view it is: `00D…/005…`.
    pub identity: String,
    /// The API version of the describes, such as `66.0`.
    pub api_version: String,
    /// When it was taken.
    pub taken_at: Timestamp,
    /// The list of objects, if it was fetched.
    pub index: Option<Dated<Vec<ObjectSummary>>>,
    /// The objects that were described, by name.
    pub objects: Vec<Dated<Object>>,
}

/// A value with the time at which the org said that it is so.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Dated<T> {
    /// When the org said so; 1970 if it was never confirmed since it was loaded.
    pub checked_at: Timestamp,
    /// The entity tag that came with it.
    pub etag: Option<String>,
    /// The HTTP date of its last change.
    pub last_modified: Option<String>,
    /// The value.
    pub value: T,
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: String,
    version: u32,
    bytes: u64,
    crc32: u32,
}

impl Snapshot {
    /// The object of this API name, in any case, if it was described.
    #[must_use]
    pub fn object(&self, name: &str) -> Option<&Object> {
        self.objects.iter().map(|o| &o.value).find(|o| o.name.eq_ignore_ascii_case(name))
    }

    /// Writes it to `path`, readable and writable by the owner alone (mode
    /// 0600). A file that is there is replaced at once and never half written.
    /// It blocks.
    ///
    /// # Errors
    /// [`Error::SnapshotFile`] if it cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let failed = |source| Error::SnapshotFile { path: path.to_owned(), source };
        let mut body = serde_json::to_value(self).map_err(|e| failed(e.into()))?;
        drop_defaults(&mut body);
        let body = serde_json::to_vec(&body).map_err(|e| failed(e.into()))?;
        let header = Header {
            format: FORMAT.to_owned(),
            version: VERSION,
            bytes: body.len() as u64,
            crc32: crc32fast::hash(&body),
        };
        let header = serde_json::to_string(&header).map_err(|e| failed(e.into()))?;
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
        // Temporary files are made with mode 0600.
        let mut file = tempfile::Builder::new()
            .prefix(".schema-")
            .tempfile_in(folder.unwrap_or(Path::new(".")))
            .map_err(failed)?;
        file.write_all(header.as_bytes()).map_err(failed)?;
        file.write_all(b"\n").map_err(failed)?;
        file.write_all(&body).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(path).map_err(|error| failed(error.error))?;
        Ok(())
    }

    /// Reads a file that [`save`](Self::save) wrote; none if there is no such
    /// file. It blocks.
    ///
    /// # Errors
    /// [`Error::SnapshotDamaged`] if it is not whole or of another version;
    /// [`Error::SnapshotFile`] if it cannot be read.
    pub fn load(path: &Path) -> Result<Option<Self>, Error> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(Error::SnapshotFile { path: path.to_owned(), source }),
        };
        let damaged = |reason: String| Error::SnapshotDamaged { path: path.to_owned(), reason };
        let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
        let (header, body) = bytes.split_at(end);
        let body = body.get(1..).unwrap_or_default();
        let header: Header = parse(header)
            .map_err(|_| damaged("its first line is not that of a schema snapshot".to_owned()))?;
        if header.format != FORMAT {
            return Err(damaged(format!("it says it is {:?}", header.format)));
        }
        if header.version != VERSION {
            return Err(damaged(format!(
                "it is of the format's version {}, and this program reads {VERSION}",
                header.version
            )));
        }
        if header.bytes != body.len() as u64 {
            return Err(damaged(format!("{} of {} bytes are there", body.len(), header.bytes)));
        }
        if header.crc32 != crc32fast::hash(body) {
            return Err(damaged("its checksum is wrong".to_owned()));
        }
        let snapshot = parse(body).map_err(|error| damaged(error.to_string()))?;
        Ok(Some(snapshot))
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice(bytes)
}

/// Leaves out what reads back as it is when it is absent: four fifths of a describe say no.
fn drop_defaults(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(drop_defaults);
            // `default_value` is the one place where `false` and "" say something.
            map.retain(|key, value| match value {
                Value::Null | Value::Bool(false) => key == "default_value" && !value.is_null(),
                Value::Array(items) => !items.is_empty() || key == "objects" || key == "value",
                Value::Number(number) => {
                    key == "master_detail" || key == "default_value" || number.as_u64() != Some(0)
                }
                Value::String(text) => !text.is_empty() || key == "default_value",
                Value::Bool(true) | Value::Object(_) => true,
            });
        }
        Value::Array(items) => items.iter_mut().for_each(drop_defaults),
        _ => {}
    }
}
