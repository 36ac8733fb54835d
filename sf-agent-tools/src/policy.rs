//! What the host lets an agent do with the org.

use crate::effect::doing;
use crate::{Effect, ToolError};

/// What an agent may do. Reading is always allowed; writing must be switched on.
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
        Self { create: Grant::No, update: Grant::No, delete: Grant::No }
    }

    /// Reads and all writes.
    #[must_use]
    pub fn read_write() -> Self {
        Self { create: Grant::Yes, update: Grant::Yes, delete: Grant::Yes }
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

    /// Refuses `what`, if any of its effects is not allowed at all.
    pub(crate) fn check(&self, what: &str, effects: &[Effect]) -> Result<(), ToolError> {
        let refused: Vec<Effect> = effects.iter().copied().filter(|e| !self.allows(*e)).collect();
        if refused.is_empty() {
            return Ok(());
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
