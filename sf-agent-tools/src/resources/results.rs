//! Kept results as resources: files that tools wrote and linked, each for the caller that made it.

use async_trait::async_trait;

use super::{ResourceInfo, ResourceProvider, ResourceText};
use crate::{CallContext, ErrorClass, Org, RESULTS_URI, ToolError};

/// Bytes of a result that one message holds.
const MOST: u64 = 1 << 20;

/// The results of one org.
pub(super) struct KeptResults {
    org: Org,
    /// What it is called among several orgs, by which its calls are bound then.
    alias: Option<String>,
}

impl KeptResults {
    pub(super) fn new(org: Org, alias: Option<&str>) -> Self {
        Self { org, alias: alias.map(str::to_owned) }
    }

    fn within(&self, cx: &CallContext) -> CallContext {
        match &self.alias {
            Some(alias) => crate::orgs::within(cx, alias),
            None => cx.clone(),
        }
    }
}

#[async_trait]
impl ResourceProvider for KeptResults {
    async fn list(&self, cx: &CallContext) -> Result<Vec<ResourceInfo>, ToolError> {
        let kept = self.org.results().list(&self.within(cx)).await;
        // A folder that cannot be read hides no schema.
        let kept = kept.unwrap_or_else(|error| {
            tracing::warn!(problem = error.message, "kept results cannot be listed");
            Vec::new()
        });
        let info = kept.into_iter().map(|one| {
            ResourceInfo::new(one.uri(), one.file_name, one.title)
                .described("A result that a tool kept as a file.")
                .of_type(one.media_type, Some(one.bytes))
        });
        Ok(info.collect())
    }

    async fn read(&self, cx: &CallContext, uri: &str) -> Result<Option<ResourceText>, ToolError> {
        if !uri.starts_with(RESULTS_URI) {
            return Ok(None);
        }
        self.org.open()?;
        let (results, cx) = (self.org.results(), self.within(cx));
        let found = match results.get(&cx, uri).await {
            Ok(found) => found,
            // It may be another org's.
            Err(error) if error.class == ErrorClass::FixYourCall => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = results.read(&cx, uri, 0, MOST).await?;
        let is_part = found.bytes > MOST;
        if is_part {
            let end =
                bytes.iter().rposition(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
            bytes.truncate(end);
        }
        let mut text = String::from_utf8_lossy(&bytes).into_owned();
        if is_part {
            text.push_str(&format!(
                "(Only the first {} of {} bytes are shown: one message holds no more.)\n",
                bytes.len(),
                found.bytes
            ));
        }
        Ok(Some(ResourceText::new(found.uri(), found.media_type, text)))
    }
}
