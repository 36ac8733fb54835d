//! The tree of a statement.
//!
//! [`Query`] is the root of a SELECT: of the statement itself, of child
//! subqueries and of the sub-selects of semi-joins. [`Search`] is the root of a
//! SOSL statement. Nodes know where they stood ([`Span`]), but
//! compare by what they mean. Names and literals whose text is free have
//! private text that is checked when made, so a tree cannot print a statement
//! that breaks out of its parts.

mod condition;
mod convert;
mod date;
mod expression;
mod function;
mod literal;
mod name;
mod query;
mod search;
mod select;
mod span;
mod with;

pub use condition::{CompareOp, Condition, InSet};
pub use date::{DateLiteral, Period};
pub use expression::{Expression, InvalidTerm, Piece, Term};
pub(crate) use expression::{RESERVED, is_operator, is_reserved};
pub use function::{Argument, Call, Function};
pub use literal::{Currency, Date, DateTime, InvalidLiteral, Literal, Number, Time, Value};
pub use name::{Ident, InvalidName, Path};
pub use query::{Count, Direction, GroupBy, GroupKind, Nulls, Options, OrderBy, Query, Source};
pub use search::{Find, ReturnedField, Returning, Search, SearchGroup, SearchWith};
pub use select::{Expr, FieldSet, SelectItem, TypeOf, When};
pub use span::Span;
pub use with::{CategoryFilter, CategorySelector, Setting, With};
