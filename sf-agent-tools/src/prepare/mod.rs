//! Writes as values: what they would change, shown before they are sent, and sent once.
//!
//! A [`Change`] is a checked write of records of one object. [`Org::write`](crate::Org) sends one,
//! whatever made it: a tool, a plan, or the undoing of an entry of the audit log. A [`Plan`] is a list
//! of changes with what was seen when it was made, a [`Tree`], or a bulk load ([`LoadPlan`]); its
//! digest lets it be applied, once.

mod change;
mod diff;
mod digest;
mod graph;
mod how;
mod load;
mod logged;
mod plan;
mod present;
mod same;
mod store;
mod warnings;

pub(crate) use change::{Action, Change, Row, key_text, value};
pub(crate) use diff::OperationDiff;
pub(crate) use graph::{DEPTH, Node, OBJECTS, Tree, ordered};
pub(crate) use how::{Guard, How};
pub(crate) use load::{COMPARED, LoadPlan, LoadSource, prepare_load};
pub(crate) use logged::{
    announced, one, record_change, reported, summed, too_long, unanswered, unsigned,
};
pub(crate) use plan::{Checked, Plan, Prepared, prepare, preview_of};
pub(crate) use present::{Found, parts};
pub(crate) use same::{moment, same};
pub(crate) use store::{Plans, State, Told, applied_elsewhere};
