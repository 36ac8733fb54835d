//! The select list, and the expressions that other clauses share with it.

use super::{Call, Ident, Path, Query, Span};

/// An item of the select list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SelectItem {
    /// `Name`, `Account.Owner.Name`, `LeadSource src`.
    Field {
        /// The field, from this query's source.
        path: Path,
        /// The name that its column has in the answer.
        alias: Option<Ident>,
    },
    /// `COUNT(Id) n`, `FORMAT(Amount)`.
    Call {
        /// The function and its arguments.
        call: Call,
        /// The name that its column has in the answer.
        alias: Option<Ident>,
    },
    /// `(SELECT Id FROM Contacts)`: the children of each row.
    Subquery(Box<Query>),
    /// `TYPEOF … END`.
    TypeOf(TypeOf),
    /// `FIELDS(ALL)`.
    Fields {
        /// Which fields.
        set: FieldSet,
        /// The whole call.
        span: Span,
    },
}

impl SelectItem {
    /// The field `path`, without an alias.
    #[must_use]
    pub fn field(path: Path) -> SelectItem {
        SelectItem::Field { path, alias: None }
    }

    /// Where the item stood, without its alias.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            SelectItem::Field { path, .. } => path.span(),
            SelectItem::Call { call, .. } => call.span,
            SelectItem::Subquery(query) => query.span,
            SelectItem::TypeOf(type_of) => type_of.span,
            SelectItem::Fields { span, .. } => *span,
        }
    }
}

/// The argument of `FIELDS()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldSet {
    /// `FIELDS(ALL)`.
    All,
    /// `FIELDS(STANDARD)`.
    Standard,
    /// `FIELDS(CUSTOM)`.
    Custom,
}

impl FieldSet {
    /// The argument as it is printed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            FieldSet::All => "ALL",
            FieldSet::Standard => "STANDARD",
            FieldSet::Custom => "CUSTOM",
        }
    }
}

/// `TYPEOF What WHEN Account THEN Phone ELSE Name END`: which fields to take
/// depends on the object that a polymorphic relationship points to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TypeOf {
    /// The polymorphic relationship.
    pub relationship: Path,
    /// At least one `WHEN … THEN …`.
    pub whens: Vec<When>,
    /// The fields of `ELSE` (fields of the object `Name`); empty when absent.
    pub otherwise: Vec<Path>,
    /// From `TYPEOF` to `END`.
    pub span: Span,
}

/// `WHEN object THEN fields`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct When {
    /// The object pointed to.
    pub object: Ident,
    /// Its fields; at least one.
    pub fields: Vec<Path>,
    /// From `WHEN` to the last field.
    pub span: Span,
}

/// What can stand left of an operator, in `GROUP BY` and in `ORDER BY`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Expr {
    /// A field.
    Field(Path),
    /// A function.
    Call(Call),
}

impl Expr {
    /// Where it stood.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Expr::Field(path) => path.span(),
            Expr::Call(call) => call.span,
        }
    }

    /// The path, if this is a field.
    #[must_use]
    pub fn as_field(&self) -> Option<&Path> {
        match self {
            Expr::Field(path) => Some(path),
            Expr::Call(_) => None,
        }
    }
}
