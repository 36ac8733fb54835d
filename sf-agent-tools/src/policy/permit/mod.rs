//! From a bound statement to one that may be sent. Pure.
//!
//! A [`Permitted`] can be made here alone. Every name of the statement has its meaning in the schema
//! without what is hidden ([`sf_schema::Bound`]), so a hidden field never comes as far as this; what
//! is decided here is what the schema cannot tell: row filters, masks, parents of which only some
//! may be read, and clauses that select by something else than fields.

mod access;
mod clauses;
mod condition;
mod select;

use std::collections::HashMap;
use std::slice::Iter;
use std::sync::Arc;

use sf_schema::{Bound, Use};
use sf_soql::ast::{Query, Span};
use sf_soql::visit::Clause;

use super::filter::SessionFilters;
use super::mask::Masks;
use super::plan::Plan;
use super::refusal::{Reason, Refused};
use super::visible::View;
use crate::Mask;

/// A statement that the policy permits, with its row filters, and what is to be done with its rows.
#[derive(Debug, Clone)]
pub struct Permitted {
    query: Query,
    plan: Plan,
    added: Vec<String>,
}

impl Permitted {
    /// The statement to send.
    #[must_use]
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// What is to be done with its rows.
    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The columns that come masked, with their masks.
    #[must_use]
    pub fn masked(&self) -> Vec<(String, Mask)> {
        let mut found = Vec::new();
        masked(&self.plan, "", &mut found);
        found
    }

    /// The parents of which only some may be read: what is read through the others comes redacted.
    #[must_use]
    pub fn redacting(&self) -> Vec<String> {
        let mut found = Vec::new();
        redacting(&self.plan, "", &mut found);
        found
    }

    /// The row filters that were added, as `object: condition`.
    #[must_use]
    pub fn added(&self) -> &[String] {
        &self.added
    }
}

fn masked(plan: &Plan, way: &str, found: &mut Vec<(String, Mask)>) {
    found.extend(plan.masks.iter().map(|at| (format!("{way}{}", at.path.join(".")), at.mask)));
    plan.children.iter().for_each(|(name, plan)| masked(plan, &format!("{way}{name}."), found));
}

fn redacting(plan: &Plan, way: &str, found: &mut Vec<String>) {
    found.extend(plan.parents.iter().map(|at| format!("{way}{}", at.path.join("."))));
    plan.children.iter().for_each(|(name, plan)| redacting(plan, &format!("{way}{name}."), found));
}

/// What has to be known to permit a statement.
pub(crate) struct Facts<'a> {
    /// The objects of the statement and those that its relationships may lead to, by lower-case name.
    pub(crate) views: &'a HashMap<String, Arc<View>>,
    /// Whether every field of every record of an object may be read as it is.
    pub(crate) is_whole: &'a (dyn Fn(&str) -> bool + Sync),
    /// The row filters of the objects that have one.
    pub(crate) filters: &'a SessionFilters,
    /// The tokens of the session.
    pub(crate) masks: &'a Masks,
}

/// The statement as it may be sent, or everything for which it may not.
pub(crate) fn permit(bound: &Bound, facts: &Facts<'_>) -> Result<Permitted, Vec<Refused>> {
    let mut query = bound.query().clone();
    let uses = bound.uses().iter();
    let mut walk = Walk { facts, bound, uses, refused: Vec::new(), added: Vec::new() };
    let plan = walk.select(&mut query);
    if walk.uses.next().is_some() {
        walk.refuse(Reason::Unclear, query.span);
    }
    if walk.refused.is_empty() {
        Ok(Permitted { query, plan, added: walk.added })
    } else {
        Err(walk.refused)
    }
}

/// One pass over a statement, in the order in which its names were bound.
struct Walk<'a> {
    facts: &'a Facts<'a>,
    bound: &'a Bound,
    uses: Iter<'a, Use>,
    refused: Vec<Refused>,
    added: Vec<String>,
}

impl<'a> Walk<'a> {
    fn refuse(&mut self, reason: Reason, span: Span) {
        self.refused.push(Refused { reason, span });
    }

    /// The meaning of the next name, which stands in `clause`.
    fn next(&mut self, clause: Clause) -> Option<&'a Use> {
        let next = self.uses.next();
        if next.is_none_or(|found| found.clause != clause) {
            let span = next.map_or_else(Span::default, |found| found.span);
            self.refuse(Reason::Unclear, span);
            return None;
        }
        next
    }

    fn view(&mut self, object: &str, span: Span) -> Option<&'a View> {
        let found = self.facts.views.get(&object.to_ascii_lowercase());
        match found.filter(|view| view.read.is_some()) {
            Some(view) => Some(view),
            None => {
                self.refuse(Reason::Unknown(format!("object {object}")), span);
                None
            }
        }
    }
}
