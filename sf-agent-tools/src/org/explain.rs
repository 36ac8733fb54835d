//! How a query would be executed.

use sf_rest::ops::explain::Plan;
use sf_schema::bind;
use sf_soql::ast::Query;

use super::{Org, read};
use crate::ToolError;

impl Org {
    /// The plans of a query, the cheapest first. It is not executed. With rules it has to be a query
    /// that is permitted, of objects without a row filter. To explain the statement with the filter
    /// added would leak all the same: a plan tells how many records there are of all
    /// (`sobjectCardinality`), how many its leading index finds before any other condition holds, so
    /// that `LastName = 'x'` counts hidden records, and which fields the filter names (REST API
    /// Developer Guide, Query, explain).
    ///
    /// # Errors
    /// By the error contract.
    pub async fn explain(&self, query: &Query) -> Result<Vec<Plan>, ToolError> {
        if let Some(guard) = &self.inner.guard {
            guard.open()?;
            let (known, mut views) = self.known(query.into()).await?;
            let bound = bind(query, &known)
                .map_err(|unbound| read::refused("", unbound.problems().to_vec()))?;
            self.permit_bound(guard, &bound, &mut views).await?;
            if let Some(view) = views.values().find(|view| view.filtered) {
                return Err(ToolError::ask_a_person(format!(
                    "Only some records of {} may be read, and a plan tells of all of them. Nothing \
                     was sent. salesforce_query runs the query.{}",
                    view.full.name,
                    guard.rules.who()
                )));
            }
            guard.request()?;
        }
        let soql = query.to_string();
        self.inner.client.explain(&soql).await.map_err(|error| {
            self.forget_if_stale(&error, query.from.name.as_str());
            self.explained(&error, Some(query.from.name.as_str()))
        })
    }
}
