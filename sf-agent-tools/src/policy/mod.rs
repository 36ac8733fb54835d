//! What the host lets an agent do with the org.
//!
//! A [`Policy`] says which effects are possible at all. With [`Rules`] it also says with which
//! objects, fields and records, and then everything that no rule gives is denied. How rules are
//! enforced, from the outside in: the schema that tools and statements see lacks what is hidden
//! (`visible`), a statement that was bound to that schema is permitted part by part (`permit`), the
//! rows that come are masked and redacted before anyone sees them (`rows`).

mod caps;
mod check;
mod error;
mod far;
mod file;
mod filter;
mod formula;
mod kin;
mod mask;
mod pattern;
mod permit;
mod plan;
mod refusal;
mod report;
mod rows;
mod rules;
mod scrub;
mod search;
mod verdict;
mod visible;
mod window;

use std::sync::Arc;

use crate::effect::doing;
use crate::{Effect, ToolError, WriteMode};

pub use caps::Caps;
pub(crate) use caps::{Meter, Used, one_call};
pub use check::PolicyFinding;
pub use error::PolicyError;
pub(crate) use far::described;
pub use filter::RowFilter;
pub(crate) use filter::{SessionFilter, SessionFilters, USER_ID, Variables, joined, one_of};
pub(crate) use kin::{Kin, kin};
pub use mask::Mask;
pub(crate) use mask::{MASKED, Masks, is_token, kind};
pub(crate) use pattern::{Pattern, any as any_pattern};
pub use permit::Permitted;
pub(crate) use permit::{Facts, permit};
pub(crate) use plan::Plan;
pub(crate) use refusal::told;
pub(crate) use report::report_fields;
pub(crate) use rows::{Ids, REDACTED, Row, page, rows_as_records};
pub use rules::{ObjectRule, Rules};
pub(crate) use scrub::Hidden;
pub use search::PermittedSearch;
pub(crate) use search::permit_search;
pub(crate) use verdict::{first_names, terms, verdict};
pub(crate) use visible::{Access, Names, View, exists, summary, view};
pub use window::Window;
pub(crate) use window::closed;

/// What an agent may do. Reading is always allowed; writing must be switched on. With
/// [`Rules`] both are limited to what these give.
///
/// ```
/// use sf_agent_tools::{Effect, Policy};
/// let policy = Policy::read_only().allow(Effect::Create);
/// assert!(policy.allows(Effect::Create));
/// assert!(!policy.allows(Effect::Delete));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    create: Grant,
    update: Grant,
    delete: Grant,
    mode: WriteMode,
    rules: Option<Arc<Rules>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grant {
    No,
    Ask,
    Yes,
}

impl Policy {
    /// Reads only: writing tools are not listed, and refused when called.
    #[must_use]
    pub fn read_only() -> Self {
        Self::of_grants(Grant::No, Grant::No, Grant::No, None)
    }

    /// Reads and all writes.
    #[must_use]
    pub fn read_write() -> Self {
        Self::of_grants(Grant::Yes, Grant::Yes, Grant::Yes, None)
    }

    /// Reads and writes what `rules` give, and nothing else.
    #[must_use]
    pub fn by_rules(rules: Rules) -> Self {
        let grant = |effect| if rules.gives(effect) { Grant::Yes } else { Grant::No };
        let (create, update) = (grant(Effect::Create), grant(Effect::Update));
        Self::of_grants(create, update, grant(Effect::Delete), Some(Arc::new(rules)))
    }

    fn of_grants(create: Grant, update: Grant, delete: Grant, rules: Option<Arc<Rules>>) -> Self {
        Self { create, update, delete, mode: WriteMode::Free, rules }
    }

    /// The rules, if there are any; without them everything that the user may read can be read.
    #[must_use]
    pub fn rules(&self) -> Option<&Rules> {
        self.rules.as_deref()
    }

    pub(crate) fn shared_rules(&self) -> Option<Arc<Rules>> {
        self.rules.clone()
    }

    /// Whether a tool of this name is offered.
    #[must_use]
    pub fn offers_tool(&self, name: &str) -> bool {
        self.rules.as_ref().is_none_or(|rules| rules.offers_tool(name))
    }

    /// Also allows `effect`, without a question.
    #[must_use]
    pub fn allow(self, effect: Effect) -> Self {
        self.set(effect, Grant::Yes)
    }

    /// Allows `effect` only after a person agreed, through the
    /// [`AskPerson`](crate::AskPerson) of the call's context. [`ToolSet::call`](crate::ToolSet::call)
    /// asks; a write that no person agreed to is refused by [`Org`](crate::Org), whoever makes it.
    #[must_use]
    pub fn ask_before(self, effect: Effect) -> Self {
        self.set(effect, Grant::Ask)
    }

    /// How directly what is allowed may be written.
    #[must_use]
    pub fn with_write_mode(mut self, mode: WriteMode) -> Self {
        self.mode = mode;
        self
    }

    /// How directly what is allowed may be written.
    #[must_use]
    pub fn write_mode(&self) -> WriteMode {
        self.mode
    }

    /// Refuses `effect`. Reading cannot be refused here.
    #[must_use]
    pub fn deny(self, effect: Effect) -> Self {
        self.set(effect, Grant::No)
    }

    /// Whether calls with this effect are possible at all (asking first counts as yes).
    #[must_use]
    pub fn allows(&self, effect: Effect) -> bool {
        self.grant(effect) != Grant::No
    }

    /// Whether a person must agree before each call with this effect.
    #[must_use]
    pub fn asks_before(&self, effect: Effect) -> bool {
        self.grant(effect) == Grant::Ask
    }

    /// Whether a person sees every value of a write with these effects, and agrees to it.
    pub(crate) fn shows(&self, effects: &[Effect]) -> bool {
        self.write_mode() == WriteMode::Approved || effects.iter().any(|e| self.asks_before(*e))
    }

    /// Refuses `what`, if any of its effects is not allowed at all.
    pub(crate) fn check_effects(&self, what: &str, effects: &[Effect]) -> Result<(), ToolError> {
        let refused: Vec<Effect> = effects.iter().copied().filter(|e| !self.allows(*e)).collect();
        if refused.is_empty() {
            return Ok(());
        }
        if let Some(rules) = &self.rules {
            return Err(ToolError::ask_a_person(format!(
                "{what} is switched off: this connection does not allow {}. Nothing was sent to \
                 Salesforce.{}",
                doing(&refused),
                rules.who()
            )));
        }
        Err(ToolError::ask_a_person(format!(
            "{what} is switched off: this connection does not allow {}. Nothing was sent to \
             Salesforce. It is not a Salesforce permission; whoever runs this connection can \
             switch it on (sf-agent: the option --write; as a library: Policy::read_write).",
            doing(&refused)
        )))
    }

    fn grant(&self, effect: Effect) -> Grant {
        match effect {
            Effect::Read => Grant::Yes,
            Effect::Create => self.create,
            Effect::Update => self.update,
            Effect::Delete => self.delete,
        }
    }

    fn set(mut self, effect: Effect, grant: Grant) -> Self {
        match effect {
            Effect::Read => {}
            Effect::Create => self.create = grant,
            Effect::Update => self.update = grant,
            Effect::Delete => self.delete = grant,
        }
        self
    }
}
