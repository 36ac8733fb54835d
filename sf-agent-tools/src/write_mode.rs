//! How directly an agent may write.

use serde::{Deserialize, Serialize};

/// How directly an agent may write what the policy allows it to write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WriteMode {
    /// By the writing tools, at once.
    #[default]
    Free,
    /// Deletions, and writes of more than so many records, only as they were prepared
    /// (`salesforce_prepare_write`, `salesforce_apply_write`); the rest at once.
    PreparedAbove(
        /// The most records that are written at once.
        usize,
    ),
    /// Only what was prepared.
    Prepared,
    /// Only what a person has agreed to, who is shown every value before and after: the
    /// [`Question`](crate::Question) carries them as its `preview`; of many records the first, and how
    /// many there are.
    Approved,
}
