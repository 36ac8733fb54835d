//! An org's schema: describe normalised, cards a model can read, checks before a call.
//!
//! - [`Object`]: one object's schema, read tolerantly from describe JSON.
//! - [`Catalog`]: the objects of an org, fetched once each and cached.
//! - [`card`]: an object in about a thousand tokens, for a model's context.
//! - [`check_write`]: everything that is wrong with values about to be written, at once.
//! - [`check_names`]: the objects and fields of a statement that do not exist, at once.
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

mod card;
mod catalog;
mod error;
mod field;
mod json;
mod names;
mod object;
mod suggest;
mod summary;
mod write;

pub use card::{CardOptions, card};
pub use catalog::{Catalog, Resolved};
pub use error::Error;
pub use field::{Field, FieldType, PicklistValue};
pub use names::{NameProblem, check_names};
pub use object::{ChildRelationship, Object, RecordType};
pub use suggest::suggest;
pub use summary::ObjectSummary;
pub use write::{ProblemKind, WriteKind, WriteProblem, check_write};
