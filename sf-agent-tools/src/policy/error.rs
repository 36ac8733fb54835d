//! What is wrong with a policy.

use std::path::Path;

/// What is wrong with a policy, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}{}", place(.line, .key), choices(.allowed))]
#[non_exhaustive]
pub struct PolicyError {
    /// The line of the file, from 1.
    pub line: Option<usize>,
    /// The key, such as `objects.Contact.rows`.
    pub key: Option<String>,
    /// What is wrong with it.
    pub message: String,
    /// What could stand there.
    pub allowed: Vec<String>,
}

impl PolicyError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { line: None, key: None, message: message.into(), allowed: Vec::new() }
    }

    pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        Self::new(format!("the policy {} cannot be read: {error}", path.display()))
    }

    pub(crate) fn allowing<'a>(mut self, allowed: impl IntoIterator<Item = &'a str>) -> Self {
        self.allowed = allowed.into_iter().map(str::to_owned).collect();
        self
    }

    pub(crate) fn at(mut self, line: Option<usize>, key: impl Into<String>) -> Self {
        self.line = self.line.or(line);
        self.key.get_or_insert_with(|| key.into());
        self
    }
}

fn place(line: &Option<usize>, key: &Option<String>) -> String {
    match (line, key) {
        (Some(line), Some(key)) => format!("line {line}, {key}: "),
        (Some(line), None) => format!("line {line}: "),
        (None, Some(key)) => format!("{key}: "),
        (None, None) => String::new(),
    }
}

fn choices(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!(" Allowed: {}.", names.join(", ")) }
}
