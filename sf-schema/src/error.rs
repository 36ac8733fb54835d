//! What can go wrong while a schema is read.

use std::path::PathBuf;

/// A schema could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The JSON is not a describe at all.
    #[error("this is not an object's describe: {reason}")]
    NotADescribe {
        /// What is missing.
        reason: &'static str,
    },
    /// No object of this name is visible to the user.
    #[error("there is no object {name:?} that this user can see{}", hint(.candidates))]
    UnknownObject {
        /// The name that was asked for.
        name: String,
        /// API names that were probably meant, best first.
        candidates: Vec<String>,
    },
    /// What a dependent picklist depends on makes no sense.
    #[error("the picklist {object}.{field} cannot be resolved: {reason}")]
    Picklist {
        /// The object.
        object: String,
        /// The picklist.
        field: String,
        /// What is wrong.
        reason: String,
    },
    /// A folder of describes, or a file in it, could not be read.
    #[error("{} cannot be read", .path.display())]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A folder, or a file in it, is not what a folder of describes has.
    #[error("{} is not of a folder of describes: {reason}", .path.display())]
    NotDescribes {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A snapshot could not be read or written.
    #[error("the snapshot {} cannot be used", .path.display())]
    SnapshotFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A snapshot file is not whole, or of a version that this crate does not read.
    #[error("the snapshot {} is not used: {reason}; the schema is fetched anew", .path.display())]
    SnapshotDamaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A snapshot is of another org, user or API version.
    #[error("the snapshot is not used: it is of {found}, and this is {wanted}")]
    SnapshotOfAnother {
        /// Whose it is.
        found: String,
        /// Whose it should be.
        wanted: String,
    },
    /// Salesforce could not be asked.
    #[error("the schema could not be fetched")]
    Fetch(#[from] sf_rest::Error),
}

impl Error {
    /// True if the same question can succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Fetch(error) => error.is_retryable(),
            _ => false,
        }
    }
}

fn hint(candidates: &[String]) -> String {
    if candidates.is_empty() {
        String::new()
    } else {
        format!("; did you mean {}?", candidates.join(", "))
    }
}
