//! Full-text search.

use sf_rest::Record;
use sf_soql::ast::Search;

use super::Org;
use crate::ToolError;

impl Org {
    /// The records in which something is found, of all objects asked for. With rules the search gets
    /// their row filters, and its records are masked and redacted.
    ///
    /// # Errors
    /// By the error contract.
    pub async fn search(&self, search: &Search) -> Result<Vec<Record>, ToolError> {
        self.search_of(search, false).await
    }

    /// As [`search`](Self::search). With `files`, also one of files, as [`Gate`](super::Gate) says, whose
    /// records are not counted yet.
    pub(super) async fn search_of(
        &self,
        search: &Search,
        files: bool,
    ) -> Result<Vec<Record>, ToolError> {
        let permitted = self.gate().search_of(search, files).await?;
        let search = permitted.as_ref().map_or(search, |permitted| permitted.search());
        let sosl = search.to_sosl().map_err(|error| {
            tracing::error!(%error, "a search does not print as it is meant");
            ToolError::ask_a_person(
                "The search cannot be sent as it is meant. Nothing was sent. This is a fault of \
                 the connector, not of the call; report it.",
            )
        })?;
        self.gate().request()?;
        let found = self.inner.client.search(&sosl).await;
        let records = found.map_err(|error| self.explained(&error, None))?.records;
        match &permitted {
            Some(permitted) if files => self.gate().found_of(permitted, records).await,
            Some(permitted) => self.gate().found(permitted, records).await,
            None => Ok(records),
        }
    }
}
