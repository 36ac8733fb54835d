//! Rules: what may be read and written, by object. Everything that no rule gives is denied.

use super::pattern::{self, Pattern};
use super::{Caps, Mask, PolicyError, RowFilter, Window};
use crate::Effect;

/// Objects of the platform that tell of other objects' records or of the schema itself. A rule for a
/// pattern never covers them: they must be named.
const NEVER_BY_PATTERN: &[&str] = &[
    "ApexLog",
    "EntityDefinition",
    "EntityParticle",
    "EventLogFile",
    "FieldDefinition",
    "FieldHistoryArchive",
    "FieldPermissions",
    "ForecastingFact",
    "ForecastingItem",
    "ObjectPermissions",
    "PermissionSet",
    "PermissionSetAssignment",
    "PicklistValueInfo",
    "RecentlyViewed",
    "RelationshipDomain",
    "RelationshipInfo",
    "SearchLayout",
    "SetupAuditTrail",
    "UserEntityAccess",
    "UserFieldAccess",
    "UserRecordAccess",
];

/// What an agent may do with what. Denies everything that it does not give.
///
/// ```
/// use sf_agent_tools::{Effect, Mask, ObjectRule, Policy, Rules};
///
/// let contacts = ObjectRule::new([Effect::Read, Effect::Update])?
///     .read(["*"])?
///     .hide(["Birthdate", "Home*"])?
///     .write(["Phone", "Title"])?
///     .mask("Email", Mask::Token)?
///     .rows("OwnerId = :user_id")?;
/// let policy = Policy::by_rules(Rules::new().object("Contact", contacts)?);
/// assert!(policy.allows(Effect::Update) && !policy.allows(Effect::Delete));
/// # Ok::<(), sf_agent_tools::PolicyError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    pub(crate) objects: Vec<(Pattern, ObjectRule)>,
    pub(crate) only_tools: Option<Vec<Pattern>>,
    pub(crate) tools_off: Vec<Pattern>,
    pub(crate) actions: Vec<Pattern>,
    pub(crate) caps: Caps,
    pub(crate) windows: Vec<Window>,
    pub(crate) contact: Option<String>,
}

impl Rules {
    /// Rules that give nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the rule for an object, or for all whose API name fits a pattern such as `Invoice*`. A
    /// rule that names the object comes first, then the longest pattern.
    ///
    /// # Errors
    /// For what is not a name, or has a rule already.
    pub fn object(mut self, name: &str, rule: ObjectRule) -> Result<Self, PolicyError> {
        let name = Pattern::new(name)?;
        if self.objects.iter().any(|(known, _)| known.as_str().eq_ignore_ascii_case(name.as_str()))
        {
            return Err(PolicyError::new(format!("{} has a rule already.", name.as_str())));
        }
        self.objects.push((name, rule));
        Ok(self)
    }

    /// Offers these tools alone, by name or pattern.
    ///
    /// # Errors
    /// For what is not a name.
    pub fn only_tools<S: AsRef<str>>(
        mut self,
        names: impl IntoIterator<Item = S>,
    ) -> Result<Self, PolicyError> {
        self.only_tools = Some(patterns(names)?);
        Ok(self)
    }

    /// Offers no tool of these names or patterns.
    ///
    /// # Errors
    /// For what is not a name.
    pub fn tools_off<S: AsRef<str>>(
        mut self,
        names: impl IntoIterator<Item = S>,
    ) -> Result<Self, PolicyError> {
        self.tools_off = patterns(names)?;
        Ok(self)
    }

    /// Allows these invocable and quick actions, by name or pattern. Actions, flows and Apex may run
    /// in system mode, past every right of the user and every rule here.
    ///
    /// # Errors
    /// For what is not a name.
    pub fn actions<S: AsRef<str>>(
        mut self,
        names: impl IntoIterator<Item = S>,
    ) -> Result<Self, PolicyError> {
        self.actions = patterns(names)?;
        Ok(self)
    }

    /// Bounds what a session may do.
    #[must_use]
    pub fn caps(mut self, caps: Caps) -> Self {
        self.caps = caps;
        self
    }

    /// Allows calls in this window, too; without any they are allowed at all times.
    #[must_use]
    pub fn window(mut self, window: Window) -> Self {
        self.windows.push(window);
        self
    }

    /// Who can change these rules; told with what they refuse.
    #[must_use]
    pub fn contact(mut self, contact: impl Into<String>) -> Self {
        self.contact = Some(contact.into());
        self
    }

    /// The names of the variables that row filters use, without the colon.
    #[must_use]
    pub fn variables(&self) -> Vec<&str> {
        let filters = self.objects.iter().filter_map(|(_, rule)| rule.rows.as_ref());
        let mut names: Vec<&str> = filters.flat_map(RowFilter::variables).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The rule for an object.
    pub(crate) fn rule(&self, object: &str) -> Option<&ObjectRule> {
        let named = |(name, _): &&(Pattern, ObjectRule)| name.is_exact() && name.matches(object);
        if let Some((_, rule)) = self.objects.iter().find(named) {
            return Some(rule);
        }
        if NEVER_BY_PATTERN.iter().any(|name| name.eq_ignore_ascii_case(object)) {
            return None;
        }
        let fitting = self.objects.iter().filter(|(name, _)| name.matches(object));
        fitting.max_by_key(|(name, _)| name.as_str().len()).map(|(_, rule)| rule)
    }

    /// Whether every field of every record of an object may be read as it is.
    pub(crate) fn is_whole(&self, object: &str) -> bool {
        self.rule(object).is_some_and(ObjectRule::is_whole)
    }

    /// Whether some object gives this operation.
    pub(crate) fn gives(&self, effect: Effect) -> bool {
        self.objects.iter().any(|(_, rule)| rule.may(effect))
    }

    pub(crate) fn offers_tool(&self, name: &str) -> bool {
        let listed = self.only_tools.as_ref().is_none_or(|only| pattern::any(only, name));
        listed && !pattern::any(&self.tools_off, name)
    }

    pub(crate) fn allows_actions(&self) -> bool {
        !self.actions.is_empty()
    }

    pub(crate) fn allows_action(&self, name: &str) -> bool {
        pattern::any(&self.actions, name)
    }

    /// A sentence on who can change the rules, with a blank before it.
    pub(crate) fn who(&self) -> String {
        match &self.contact {
            Some(contact) => {
                format!(" The policy of this connection says so; {contact} can change it.")
            }
            None => {
                " The policy of this connection says so; whoever runs it can change it.".to_owned()
            }
        }
    }
}

/// What may be done with the records of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectRule {
    operations: Vec<Effect>,
    pub(crate) read: Vec<Pattern>,
    pub(crate) hide: Vec<Pattern>,
    pub(crate) write: Vec<Pattern>,
    pub(crate) no_write: Vec<Pattern>,
    pub(crate) masks: Vec<(Pattern, Mask)>,
    pub(crate) trusted_formulas: Vec<Pattern>,
    pub(crate) rows: Option<RowFilter>,
}

impl ObjectRule {
    /// A rule that gives these operations, and no field yet but `Id`.
    ///
    /// # Errors
    /// If there is no operation.
    pub fn new(operations: impl IntoIterator<Item = Effect>) -> Result<Self, PolicyError> {
        let operations: Vec<Effect> = operations.into_iter().collect();
        if operations.is_empty() {
            return Err(PolicyError::new("a rule gives at least one operation."));
        }
        Ok(Self { operations, ..Self::default() })
    }

    /// Lets these fields be read, by name or pattern. `Id` is always among them.
    ///
    /// # Errors
    /// For what is not a name.
    pub fn read<S: AsRef<str>>(
        mut self,
        fields: impl IntoIterator<Item = S>,
    ) -> Result<Self, PolicyError> {
        self.read = patterns(fields)?;
        Ok(self)
    }

    /// Hides these of the readable fields. A compound field with a hidden part is hidden, the parts
    /// of a hidden compound that are not listed by their names, and formulas that name what is
    /// hidden or whose text the org does not show.
    ///
    /// # Errors
    /// For what is not a name, and for `Id`.
    pub fn hide<S: AsRef<str>>(
        mut self,
        fields: impl IntoIterator<Item = S>,
    ) -> Result<Self, PolicyError> {
        self.hide = patterns(fields)?;
        if pattern::exactly(&self.hide, "Id") {
            return Err(PolicyError::new("Id cannot be hidden: every record carries its id."));
        }
        Ok(self)
    }

    /// Lets these fields be given values.
    ///
    /// # Errors
    /// For what is not a name.
    pub fn write<S: AsRef<str>>(
        mut self,
        fields: impl IntoIterator<Item = S>,
    ) -> Result<Self, PolicyError> {
        self.write = patterns(fields)?;
        Ok(self)
    }

    /// Takes these from the writable fields.
    ///
    /// # Errors
    /// For what is not a name.
    pub fn no_write<S: AsRef<str>>(
        mut self,
        fields: impl IntoIterator<Item = S>,
    ) -> Result<Self, PolicyError> {
        self.no_write = patterns(fields)?;
        Ok(self)
    }

    /// Shows a field, or those that fit a pattern, masked.
    ///
    /// # Errors
    /// For what is not a name, and for `Id`.
    pub fn mask(mut self, field: &str, mask: Mask) -> Result<Self, PolicyError> {
        let field = Pattern::new(field)?;
        if field.is_exact() && field.matches("Id") {
            return Err(PolicyError::new("Id cannot be masked: every record carries its id."));
        }
        self.masks.push((field, mask));
        Ok(self)
    }

    /// Vouches for formulas that would be hidden, since they name what is hidden or their text is
    /// not to be seen.
    ///
    /// # Errors
    /// For what is not a name.
    pub fn trust_formulas<S: AsRef<str>>(
        mut self,
        fields: impl IntoIterator<Item = S>,
    ) -> Result<Self, PolicyError> {
        self.trusted_formulas = patterns(fields)?;
        Ok(self)
    }

    /// Limits the rule to the records that fulfil a SOQL condition, in which `:user_id` stands for
    /// the session's user and other variables for what the host sets
    /// ([`OrgBuilder::variable`](crate::OrgBuilder::variable)).
    ///
    /// # Errors
    /// For what is not a condition.
    pub fn rows(mut self, condition: &str) -> Result<Self, PolicyError> {
        self.rows = Some(RowFilter::parse(condition)?);
        Ok(self)
    }

    /// Whether the rule gives this operation.
    #[must_use]
    pub fn may(&self, effect: Effect) -> bool {
        self.operations.contains(&effect)
    }

    /// Whether the lists let a field be read, before its parts and its formula are looked at.
    pub(crate) fn names_readable(&self, field: &str) -> bool {
        if field.eq_ignore_ascii_case("Id") {
            return self.may(Effect::Read);
        }
        self.may(Effect::Read)
            && pattern::any(&self.read, field)
            && !pattern::any(&self.hide, field)
    }

    /// Whether the lists let a field be given a value.
    pub(crate) fn names_writable(&self, field: &str) -> bool {
        (self.may(Effect::Create) || self.may(Effect::Update))
            && pattern::any(&self.write, field)
            && !pattern::any(&self.no_write, field)
    }

    pub(crate) fn mask_of(&self, field: &str) -> Option<Mask> {
        if field.eq_ignore_ascii_case("Id") {
            return None;
        }
        let exact = self.masks.iter().find(|(name, _)| name.is_exact() && name.matches(field));
        let found = exact.or_else(|| self.masks.iter().find(|(name, _)| name.matches(field)));
        found.map(|(_, mask)| *mask)
    }

    /// Whether it lets every field of every record be read as it is.
    pub(crate) fn is_whole(&self) -> bool {
        self.may(Effect::Read)
            && self.read.iter().any(Pattern::is_everything)
            && self.hide.is_empty()
            && self.masks.is_empty()
            && self.rows.is_none()
    }
}

fn patterns<S: AsRef<str>>(
    names: impl IntoIterator<Item = S>,
) -> Result<Vec<Pattern>, PolicyError> {
    names.into_iter().map(|name| Pattern::new(name.as_ref())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_of_other_objects_must_be_named() {
        let reading = || ObjectRule::new([Effect::Read]).unwrap().read(["*"]).unwrap();
        let all = Rules::new().object("*", reading()).unwrap();
        assert!(all.rule("Account").is_some() && all.rule("apexlog").is_none());
        let named = all.object("ForecastingItem", reading()).unwrap();
        assert!(named.rule("ForecastingItem").is_some() && named.rule("ForecastingFact").is_none());
    }
}
