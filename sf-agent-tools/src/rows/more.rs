//! Rows that come after those of a page otherwise than by a locator.

use async_trait::async_trait;
use serde_json::Value;

use crate::{Org, ToolError};

/// The way to the rows after the last of a page.
#[async_trait]
pub(crate) trait More: Send + Sync {
    /// All of them. A call that failed may be made again.
    async fn rest(&self, org: &Org) -> Result<Rest, ToolError>;
}

/// The rows after the last of a page.
pub(crate) struct Rest {
    /// A value for each column.
    pub(crate) rows: Vec<Vec<Value>>,
    /// Why rows are missing or may be, as sentences.
    pub(crate) short: Option<String>,
}
