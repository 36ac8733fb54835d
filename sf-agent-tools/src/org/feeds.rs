//! What changed in a span of time, as the platform's feeds tell it.

use jiff::Timestamp;
use sf_rest::ops::feeds::Removed;

use super::Org;
use crate::{Effect, ToolError};

impl Org {
    /// Up to when it is known which records of an object were created or changed in a span of at most
    /// 30 days. The records themselves are read by a query.
    ///
    /// # Errors
    /// By the error contract.
    pub async fn changes_known_until(
        &self,
        object: &str,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<Timestamp, ToolError> {
        self.gate().object(object, Effect::Read).await?;
        self.gate().request()?;
        let feed = self.inner.client.updated(object, start, end).await;
        let feed = feed.map_err(|error| self.explained(&error, Some(object)))?;
        Ok(feed.latest_date_covered)
    }

    /// The records that were deleted in a span of at most 15 days, and for which time that is known.
    /// Of an object with a row filter this is refused: nothing tells which of them could be read.
    ///
    /// # Errors
    /// By the error contract.
    pub async fn deleted(
        &self,
        object: &str,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<Removed, ToolError> {
        let gate = self.gate();
        gate.every_row(object).await?;
        gate.fields(&[(object, "Id")]).await?;
        gate.request()?;
        let feed = self.inner.client.deleted(object, start, end).await;
        let feed = feed.map_err(|error| self.explained(&error, Some(object)))?;
        gate.rows(feed.deleted_records.len() as u64)?;
        Ok(feed)
    }
}
