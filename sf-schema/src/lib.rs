//! An org's schema: describe normalised, cards a model can read, checks before a call.
//!
//! - [`Object`]: one object's schema, read tolerantly from describe JSON.
//! - [`Catalog`]: the objects of an org, fetched once each, cached, and asked for again only
//!   if they have changed; [`Snapshot`] keeps them in a file, [`Diff`] tells what changed.
//! - [`card`], [`Picture`]: an object for a model's context, in tiers from a line to one field
//!   in full, each within a budget of tokens.
//! - [`json_schema`], [`rust_code`], [`mermaid`]: a schema in the languages of others.
//! - [`DescribeFolder`]: an org's describes in files, as they were sent; [`check_folder`]: do the
//!   describes in any files load?
//! - [`check_write`]: everything that is wrong with values about to be written, at once.
//! - [`bind`]: every name of a statement resolved to its object and field.
//! - [`check_query`]: everything that is wrong with a query, at once.
//! - [`resolve_object`], [`resolve_field`], [`resolve_path`]: what people write, to API names.
//! - [`suggest`]: which of the known names was probably meant.
//!
//! ```
//! use sf_schema::{Object, WriteKind, check_write};
//! use serde_json::json;
//!
//! let object = Object::from_describe(&json!({
//!     "name": "Invoice__c",
//!     "fields": [{
//!         "name": "Status__c", "type": "picklist", "createable": true, "nillable": true,
//!         "restrictedPicklist": true,
//!         "picklistValues": [{ "active": true, "label": "Open", "value": "Open" }]
//!     }]
//! }))?;
//! let values = json!({ "Status__c": "Opened", "Stauts__c": "Open" });
//! let problems = check_write(&object, WriteKind::Create, values.as_object().unwrap());
//! assert_eq!(problems.len(), 2);
//! # Ok::<(), sf_schema::Error>(())
//! ```

mod bind;
mod card;
mod catalog;
mod check_query;
mod describe_folder;
mod diff;
mod error;
mod export;
mod field;
mod field_type;
mod folder;
mod json;
mod names;
mod notes;
mod object;
mod picklist;
mod record_type;
mod snapshot;
mod suggest;
mod summary;
mod usage;
mod write;

pub use bind::{
    Bound, BoundField, BoundSearch, BoundSelect, FieldEnd, FieldRef, Known, Meaning, QueryProblem,
    QueryProblemKind, SelectKind, Severity, Statement, Step, Target, Unbound, Use, bind,
    bind_search, gather, needed,
};
pub use card::{
    Card, CardOptions, FieldGroup, LeftOut, Picture, UnknownGroup, card, estimate_tokens,
    index_line,
};
pub use catalog::{Catalog, CatalogBuilder, IndexEntry, IndexFilter, Resolved, Restored};
pub use check_query::{check_query, review, review_with};
pub use describe_folder::{DescribeFolder, FolderWriter};
pub use diff::{Change, ChangeKind, Diff, View, compare};
pub use error::Error;
pub use export::{json_schema, mermaid, rust_code};
pub use field::Field;
pub use field_type::FieldType;
pub use folder::{CheckedDescribe, CheckedFile, check_describes, check_folder};
pub use names::{
    NameTable, PathEnd, PathProblem, Resolution, ResolvedPath, resolve_field, resolve_object,
    resolve_path,
};
pub use notes::{Notes, ObjectNotes};
pub use object::{ChildRelationship, Object};
pub use picklist::{Dependency, PicklistValue, ValidFor};
pub use record_type::{Layouts, RecordType, RecordTypeLayout, RecordTypePicklist};
pub use snapshot::{Dated, Snapshot};
pub use suggest::{Candidate, Reason, suggest};
pub use summary::ObjectSummary;
pub use usage::Usage;
pub use write::{ProblemKind, WriteFacts, WriteKind, WriteProblem, check_write, check_write_with};
