//! `WITH`.

use super::{Ident, Literal, Span};

/// The clause `WITH`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum With {
    /// `SECURITY_ENFORCED`: fail on fields that the user cannot read.
    SecurityEnforced {
        /// Where it stood.
        span: Span,
    },
    /// `USER_MODE`: run with the user's permissions.
    UserMode {
        /// Where it stood.
        span: Span,
    },
    /// `SYSTEM_MODE`: run without. Apex only.
    SystemMode {
        /// Where it stood.
        span: Span,
    },
    /// `DATA CATEGORY group AT category AND …`; at least one.
    DataCategory(Vec<CategoryFilter>),
    /// `RecordVisibilityContext(maxDescriptorPerRecord = 10, …)`; at least one.
    RecordVisibilityContext(Vec<Setting>),
    /// `UserId = '005…'`, of feed queries.
    UserId(Literal),
}

impl With {
    /// Where it stood, without the words before its first part.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            With::SecurityEnforced { span }
            | With::UserMode { span }
            | With::SystemMode { span } => *span,
            With::DataCategory(filters) => Span::over(filters.iter().map(|one| one.span)),
            With::RecordVisibilityContext(settings) => {
                Span::over(settings.iter().map(|setting| setting.span))
            }
            With::UserId(id) => id.span,
        }
    }
}

/// `Geography__c AT (usa__c, uk__c)`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CategoryFilter {
    /// The data category group.
    pub group: Ident,
    /// Which relatives of the categories count.
    pub selector: CategorySelector,
    /// At least one category; several print in parentheses.
    pub categories: Vec<Ident>,
    /// The whole filter.
    pub span: Span,
}

/// How a data category selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CategorySelector {
    /// `AT`: the category itself.
    At,
    /// `ABOVE`: it and its parents.
    Above,
    /// `BELOW`: it and its children.
    Below,
    /// `ABOVE_OR_BELOW`: it, its parents and its children.
    AboveOrBelow,
}

impl CategorySelector {
    /// The selector as it is printed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            CategorySelector::At => "AT",
            CategorySelector::Above => "ABOVE",
            CategorySelector::Below => "BELOW",
            CategorySelector::AboveOrBelow => "ABOVE_OR_BELOW",
        }
    }
}

/// `name = value`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Setting {
    /// The parameter.
    pub name: Ident,
    /// Its value: a number, a string or a boolean.
    pub value: Literal,
    /// The whole setting.
    pub span: Span,
}
