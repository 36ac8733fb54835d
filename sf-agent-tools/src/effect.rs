//! What a tool does to the org: one classification that drives hints, policy and filters.

use serde::{Deserialize, Serialize};

/// What a call of a tool may do to the org.
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
    /// Changes existing records (an upsert too: it may create or change).
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
}

impl std::fmt::Display for Effect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
