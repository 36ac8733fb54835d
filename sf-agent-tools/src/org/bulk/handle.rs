//! A job as a model holds it.

use serde::{Deserialize, Serialize};
use sf_rest::Id;

use super::super::Org;
use crate::cursor::mark;
use crate::{CallContext, ToolError};

const PURPOSE: &str = "job";

/// A bulk job, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct JobHandle {
    #[serde(rename = "i")]
    pub(crate) id: Id,
    /// Of a query.
    #[serde(rename = "q", default, skip_serializing_if = "Option::is_none")]
    pub(crate) query: Option<QueryOf>,
    /// Whether it was made here, and not named by a plain id.
    #[serde(skip)]
    pub(crate) sealed: bool,
}

/// The statement of a query job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct QueryOf {
    /// As the caller gave it; with rules alone.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub(crate) soql: Option<String>,
    /// Stands for the statement as it was sent.
    #[serde(rename = "d")]
    pub(crate) sent: u64,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    #[serde(rename = "o")]
    owner: u64,
    #[serde(flatten)]
    handle: JobHandle,
}

/// The refusal, with rules, of jobs that no call of this connection made. `who` wrote the rules.
pub(super) fn not_by_id(who: &str) -> ToolError {
    ToolError::ask_a_person(format!(
        "A job is named here by the handle that the call gave that made it, and not by its id: \
         another's job may hold what this connection cannot read. Nothing was sent.{who}"
    ))
}

/// Stands for a text.
pub(super) fn short(text: &str) -> u64 {
    u64::from_le_bytes(mark(text))
}

impl Org {
    /// A job as the model may hold it.
    pub(crate) async fn job_sealed(
        &self,
        cx: &CallContext,
        handle: &JobHandle,
    ) -> Result<String, ToolError> {
        let owner = short(&self.owner(cx).await?);
        let plain = serde_json::to_vec(&Sealed { owner, handle: handle.clone() });
        let sealed = plain.ok().and_then(|plain| self.sealer().seal(PURPOSE, &plain).ok());
        sealed.ok_or_else(|| {
            ToolError::try_later(
                "The handle of a job could not be made; this is a fault of the \
                                  connector's machine.",
            )
        })
    }

    /// The job that a handle names; without rules also one that an id names.
    ///
    /// # Errors
    /// If it is neither, or another's.
    pub(crate) async fn job_of(
        &self,
        cx: &CallContext,
        text: &str,
    ) -> Result<JobHandle, ToolError> {
        let text = text.trim();
        if let Ok(id) = Id::parse(text)
            && id.key_prefix() == "750"
        {
            if let Some(guard) = &self.inner.guard {
                return Err(not_by_id(&guard.rules.who()));
            }
            return Ok(JobHandle { id, query: None, sealed: false });
        }
        let plain = self.sealer().open(PURPOSE, text);
        let sealed = plain.and_then(|plain| serde_json::from_slice::<Sealed>(&plain).ok());
        let Some(Sealed { owner, handle }) = sealed else {
            return Err(ToolError::fix_your_call(
                "This is no job that this connection knows: copy the handle exactly from the reply \
                 that gave it. One that another process gave is good here only if both have the same key.",
            ));
        };
        if owner != short(&self.owner(cx).await?) {
            return Err(ToolError::fix_your_call(
                "This job belongs to another user or another connection.",
            ));
        }
        Ok(JobHandle { sealed: true, ..handle })
    }
}
