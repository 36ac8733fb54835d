//! What there is in the org: objects and their fields.

use std::sync::Arc;

use sf_schema::{Object, ObjectSummary};

use super::Org;
use crate::contract::explain;
use crate::{Problem, SuggestedCall, ToolError};

impl Org {
    /// All objects that the user can see.
    ///
    /// # Errors
    /// If Salesforce could not be asked.
    pub async fn objects(&self) -> Result<Arc<[ObjectSummary]>, ToolError> {
        self.inner.catalog.objects().await.map_err(|e| schema_error(&e))
    }

    /// The object of this API name, in any case.
    ///
    /// # Errors
    /// For an unknown name, with the names that were probably meant.
    pub async fn object(&self, name: &str) -> Result<Arc<Object>, ToolError> {
        self.inner.catalog.object(name).await.map_err(|e| schema_error(&e))
    }

    /// The one object that a name, label or plural means.
    ///
    /// # Errors
    /// As [`object`](Self::object).
    pub async fn resolve(&self, name: &str) -> Result<Arc<Object>, ToolError> {
        let resolved = self.inner.catalog.resolve(name).await.map_err(|e| schema_error(&e))?;
        Ok(resolved.object)
    }

    /// An org that does not know a name that we do has changed since its describe.
    pub(super) fn forget_if_stale(&self, error: &sf_rest::Error, object: &str) {
        self.inner.catalog.forget_after(object, error);
    }
}

pub(super) fn schema_error(error: &sf_schema::Error) -> ToolError {
    match error {
        sf_schema::Error::Fetch(error) => explain(error),
        sf_schema::Error::UnknownObject { name, candidates } => {
            let name = crate::text::shorten(name, 80);
            let near = candidates.first().map_or(String::new(), |c| format!(" Did you mean {c}?"));
            ToolError::fix_your_call(format!(
                "There is no object {name:?} that this user can see.{near}"
            ))
            .with_problem(
                Problem::new("object", "Unknown; give an API name.")
                    .did_you_mean(candidates.clone()),
            )
            .with_next(SuggestedCall::new(
                crate::tools::LIST_OBJECTS,
                serde_json::json!({ "filter": name }),
            ))
        }
        other => {
            tracing::error!(error = %other, "a describe could not be read");
            ToolError::ask_a_person(
                "Salesforce's description of the object was not understood. This is a fault of the \
                 connector, not of the call; report it.",
            )
        }
    }
}
