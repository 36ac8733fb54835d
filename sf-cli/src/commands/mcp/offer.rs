//! The one tool set of a server over HTTP, which follows its policy files.

use std::sync::{Arc, PoisonError, RwLock};

use anyhow::{Context, Result};
use async_trait::async_trait;
use sf_adapter_mcp::http::{Identities, Identity, IdentityError, OneToken};
use sf_agent_tools::ToolSet;

use super::http::{TOKEN, token};

/// What whoever may connect is offered now; clones are the same offer.
#[derive(Clone)]
pub(super) struct Offer {
    /// Who may, if not everyone.
    token: Option<Arc<OneToken>>,
    /// How often it was replaced, and the tools since then.
    current: Arc<RwLock<(u64, ToolSet)>>,
}

impl Offer {
    pub(super) fn new(tools: ToolSet) -> Result<Self> {
        let one = |token: String| OneToken::new(&token, tools.clone());
        let token = token().map(one).transpose().with_context(|| format!("{TOKEN} is no use"))?;
        Ok(Self { token: token.map(Arc::new), current: Arc::new(RwLock::new((0, tools))) })
    }

    pub(super) fn wants_token(&self) -> bool {
        self.token.is_some()
    }

    /// Offers `tools` from now on. Sessions that had the others end.
    pub(super) fn replace(&self, tools: ToolSet) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = (current.0 + 1, tools);
    }

    fn now(&self) -> (String, ToolSet) {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        (current.0.to_string(), current.1.clone())
    }
}

#[async_trait]
impl Identities for Offer {
    async fn identify(&self, bearer: &str) -> Result<Option<Identity>, IdentityError> {
        let found = match &self.token {
            Some(token) => token.identify(bearer).await?,
            None => Some(Identity::new("", "")),
        };
        Ok(found.map(|identity| Identity { revision: self.now().0, ..identity }))
    }

    async fn tools(&self, _: &Identity) -> Result<ToolSet, IdentityError> {
        Ok(self.now().1)
    }

    async fn holds(&self, identity: &Identity) -> Result<bool, IdentityError> {
        Ok(self.now().0 == identity.revision)
    }
}
