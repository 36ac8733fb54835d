//! Why rows could not be taken in.

use std::fmt;
use std::path::PathBuf;

/// The org is not made when one of these comes up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum RowsError {
    #[error("cannot read {path}")]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error(
        "{path} holds no rows; give a folder with a file for each object ({{Object}}.json or {{Object}}.csv), or such a file"
    )]
    Empty { path: PathBuf },
    #[error("{path}: {problem}")]
    NotReadable { path: PathBuf, problem: String },
    #[error(
        "{path}: {name} is no object of the org; name the file after one (as in Account.json), or give each record attributes with its type"
    )]
    NoSuchObject { path: PathBuf, name: String },
    #[error("{place}: {problem}")]
    Wrong { place: Place, problem: String },
    #[error("{}", dangling(.0))]
    Dangling(Vec<Dangling>),
    #[error("the org's database failed")]
    Database(#[from] rusqlite::Error),
}

/// A record in a file.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(super) path: PathBuf,
    /// From 1 on, in the order of the file.
    pub(super) record: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, record {}", self.path.display(), self.record)
    }
}

impl Place {
    pub(super) fn wrong(&self, problem: impl Into<String>) -> RowsError {
        RowsError::Wrong { place: self.clone(), problem: problem.into() }
    }
}

/// Values of a lookup that name no record.
#[derive(Debug, Clone)]
pub(crate) struct Dangling {
    pub(super) object: String,
    pub(super) field: String,
    pub(super) count: u64,
    /// One of them: the record's id, and what its lookup says.
    pub(super) record: String,
    pub(super) value: String,
}

/// Lookups that are named one by one.
const MOST_NAMED: usize = 20;

fn dangling(found: &[Dangling]) -> String {
    let total: u64 = found.iter().map(|one| one.count).sum();
    let mut text = format!("lookups that name no record among the rows: {total}");
    for one in found.iter().take(MOST_NAMED) {
        let Dangling { object, field, count, record, value } = one;
        text.push_str(&format!(
            "\n  {object}.{field}: {count}, such as {value} in record {record}"
        ));
    }
    if let Some(more @ 1..) = found.len().checked_sub(MOST_NAMED) {
        text.push_str(&format!("\n  and of {more} further fields"));
    }
    text.push_str("\nAdd those records, or allow dangling lookups, which empties them.");
    text
}
