//! The settings of an org that is about to be guarded.

use std::sync::Arc;

use sf_rest::Client;
use sf_schema::Catalog;

use super::{Inner, Org};
use crate::rows::Pages;
use crate::{Limits, Policy, Sealer};

/// Settings of an [`Org`]; all but client and policy have a default.
pub struct OrgBuilder {
    client: Client,
    policy: Policy,
    limits: Limits,
    sealer: Option<Sealer>,
}

impl OrgBuilder {
    pub(super) fn new(client: Client, policy: Policy) -> Self {
        Self { client, policy, limits: Limits::default(), sealer: None }
    }

    /// Other bounds of replies.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Seals what a model hands back (cursors and the like) with this; by default with a random
    /// key of this process.
    #[must_use]
    pub fn sealer(mut self, sealer: Sealer) -> Self {
        self.sealer = Some(sealer);
        self
    }

    /// The guarded org.
    #[must_use]
    pub fn build(self) -> Org {
        let Self { client, policy, limits, sealer } = self;
        let catalog = Catalog::new(client.clone());
        let pages = Pages::new(limits.kept_rows, limits.cursor_lifetime);
        let sealer = sealer.unwrap_or_else(Sealer::of_process);
        Org { inner: Arc::new(Inner { client, policy, limits, sealer, catalog, pages }) }
    }
}

impl std::fmt::Debug for OrgBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OrgBuilder")
            .field("policy", &self.policy)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
