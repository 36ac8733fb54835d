//! What can go wrong while a schema is read.

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
            Self::NotADescribe { .. } | Self::UnknownObject { .. } => false,
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
