//! What a server offers, which may change while it serves.

use sf_agent_tools::{Resources, ToolSet};
use tokio::sync::watch;

/// Tools and resources of one identity.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) tools: ToolSet,
    pub(crate) resources: Resources,
}

impl From<ToolSet> for Offer {
    fn from(tools: ToolSet) -> Self {
        let resources = tools.resources();
        Self { tools, resources }
    }
}

/// Replaces what a [`Server`](crate::Server) offers, in all its connections.
#[derive(Clone, Debug)]
pub struct ToolsHandle {
    offer: watch::Sender<Offer>,
}

impl ToolsHandle {
    pub(crate) fn new(offer: watch::Sender<Offer>) -> Self {
        Self { offer }
    }

    /// Offers `tools` from now on, after the profile or the policy has changed: every client is told
    /// that the lists of tools, prompts and resources may be others. Calls that are under way go on
    /// with the tools that they began with.
    pub fn replace(&self, tools: ToolSet) {
        self.offer.send_replace(tools.into());
    }
}
