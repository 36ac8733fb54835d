//! Who sees and changes what: object permissions, field-level security, sharing.
//!
//! Everything about a user that decides is in one value, [`Seen`]: the user's
//! [`Rights`], and the schema as far as the user sees it. Hidden objects and
//! fields are absent from that schema, so whatever works on it (queries,
//! describes, layouts, searches) cannot name them. Which rows there are is a
//! condition in SQL ([`rows`]); it is absent where the user sees all of them,
//! so that an administrator's statements are those of an org without rules.
//!
//! Code of the engine asks [`Engine::seen`](super::Engine::seen) before it takes a
//! connection, looks names up in what it gets, and puts [`Seen::condition`] into the
//! `WHERE` of each statement of its own that shows rows. Handlers ask
//! [`Engine::metadata`](super::Engine::metadata), which never waits.
//!
//! Rights are rows of the org: `PermissionSet` (each profile owns one),
//! `PermissionSetAssignment`, `ObjectPermissions`, `FieldPermissions`, `UserRole`,
//! `GroupMember` and the share objects. Who may write these may change them by
//! the data API, and it counts from the next request on. Organisation-wide
//! defaults are settings on the platform too; they are kept beside the rows.
//!
//! What is chosen where the documentation is silent or more than is needed here:
//! - An org whose rows hold no profile's permission set (one that was made from
//!   describes alone) has no restrictions, nor has a user whose profile has none
//!   (users that were brought in as rows without their permissions).
//! - A permission set with Modify All Data grants each field that no row of its
//!   own speaks of; every other one grants what its rows say and nothing else.
//! - Tasks and events have object permissions here; the platform has a
//!   permission of its own for each.
//! - The owner of an account has no access to what others own below it (on the
//!   platform a setting of the owner's role).
//! - Share objects hold what was granted by hand, not the owner's own access.

mod admin;
mod cache;
mod guard;
mod kind;
mod narrow;
mod rights;
mod rows;
mod seed;

use std::sync::Arc;

use rusqlite::Connection;

use super::ApiError;
use super::find::Found;
use super::schema::{Object, Schema};

pub(crate) use admin::AccessError;
pub use admin::{ObjectAccess, RecordAccess, Sharing};
pub(super) use cache::Cache;
pub(super) use guard::{
    check_definition, check_reference, check_row, check_transfer, is_visible, read_only, refuse,
};
pub(super) use rows::{Use, condition};
pub(super) use seed::{DEFAULTS, seed};

use rights::Rights;

/// What is done with a row: each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Read,
    Edit,
    /// Delete, transfer, share: for owners, who is above them, and Modify All.
    Full,
}

/// The org as one user sees it.
#[derive(Debug)]
pub(crate) struct Seen {
    rights: Rights,
    /// All of the schema, which rows are checked by.
    base: Arc<Schema>,
    /// Without what is hidden.
    pub(super) schema: Arc<Schema>,
    tag: String,
}

impl Seen {
    /// An object that the user sees.
    pub(super) fn object(&self, name: &str) -> Result<&Object, ApiError> {
        self.schema.object(name).ok_or_else(ApiError::not_found)
    }

    /// The condition on rows of an object that the user sees them; `None` if
    /// each is.
    pub(super) fn condition(&self, object: &Object, alias: &str, usage: Use) -> Option<String> {
        condition(self, Level::Read, object, alias, usage)
    }

    /// Those of the records that the user sees.
    pub(super) fn visible(
        &self,
        connection: &Connection,
        object: &Object,
        found: Vec<Found>,
    ) -> rusqlite::Result<Vec<Found>> {
        let mut visible = Vec::with_capacity(found.len());
        for one in found {
            if is_visible(self, connection, object, one.row)? {
                visible.push(one);
            }
        }
        Ok(visible)
    }

    /// Changes with the schema and with what the user sees of it.
    pub(crate) fn tag(&self) -> &str {
        &self.tag
    }

    /// Whether the user's profile lets it use the API at all.
    pub(crate) fn has_api(&self) -> bool {
        self.rights.api_enabled
    }

    /// Whether the user may not log in as a person does.
    pub(crate) fn is_api_only(&self) -> bool {
        self.rights.api_only
    }

    /// Whether the user may look after what others do: their jobs.
    pub(crate) fn manages_all_data(&self) -> bool {
        self.rights.modify_all_data
    }
}
