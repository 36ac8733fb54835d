//! What a tool does to the org: one classification that drives hints, policy and filters.

use serde::{Deserialize, Serialize};

/// One thing that a call of a tool may do to the org; from harmless to grave. A tool that does
/// several things names them all: an upsert creates and updates.
///
/// Adapters derive their framework's hints from it (MCP: `Read` is
/// `readOnlyHint`, `Delete` is `destructiveHint`), the policy decides by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Adds records, and changes none that exist.
    Create,
    /// Changes existing records.
    Update,
    /// Removes records (to the recycle bin).
    Delete,
}

impl Effect {
    /// True for every effect but [`Effect::Read`].
    #[must_use]
    pub fn is_write(self) -> bool {
        self != Self::Read
    }

    /// The effect as a lower-case word: `read`, `create`, `update`, `delete`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    fn doing(self) -> &'static str {
        match self {
            Self::Read => "reading",
            Self::Create => "creating",
            Self::Update => "updating",
            Self::Delete => "deleting",
        }
    }
}

/// "create and update records".
pub(crate) fn to_do(effects: &[Effect]) -> String {
    records(effects.iter().map(|e| e.as_str()))
}

/// "creating and updating records".
pub(crate) fn doing(effects: &[Effect]) -> String {
    records(effects.iter().map(|e| e.doing()))
}

fn records<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<&str> = words.collect();
    format!("{} records", words.join(" and "))
}

impl std::fmt::Display for Effect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effects_stand_in_columns_and_sentences() {
        assert_eq!(format!("[{:<7}]", Effect::Read), "[read   ]");
        assert_eq!(to_do(&[Effect::Create, Effect::Update]), "create and update records");
        assert_eq!(doing(&[Effect::Delete]), "deleting records");
    }
}
