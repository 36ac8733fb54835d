//! What the tools for reports and dashboards share.

pub(super) mod columns;
pub(super) mod filters;
pub(super) mod find;
pub(super) mod groups;
pub(super) mod list;
pub(super) mod rest;
pub(super) mod shown;

use schemars::JsonSchema;
use serde::Serialize;

// A report or dashboard. Not a doc comment, which would cost a model tokens.
#[derive(Serialize, JsonSchema)]
pub(super) struct Named {
    /// Its id.
    pub(super) id: String,
    /// Its name.
    pub(super) name: String,
}

/// Salesforce's word for a joined report.
pub(super) const JOINED: &str = "MULTI_BLOCK";
