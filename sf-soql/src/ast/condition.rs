//! `WHERE` and `HAVING`.

use super::{Expr, Literal, Path, Query, Span};

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// All of two or more. An `And` directly inside is printed in parentheses.
    And(Vec<Condition>),
    /// One of two or more.
    Or(Vec<Condition>),
    /// Not so.
    Not(Box<Condition>),
    /// `left op value`.
    Compare {
        /// The field or function.
        left: Expr,
        /// The operator.
        op: CompareOp,
        /// What it is compared with. After `LIKE` a [`Value::Pattern`] or a
        /// bind variable, never a [`Value::String`].
        ///
        /// [`Value::Pattern`]: super::Value::Pattern
        /// [`Value::String`]: super::Value::String
        value: Literal,
        /// The whole comparison.
        span: Span,
    },
    /// `left IN set`, `left NOT IN set`.
    In {
        /// The field or function.
        left: Expr,
        /// `NOT IN`.
        negated: bool,
        /// The values.
        set: InSet,
        /// The whole comparison.
        span: Span,
    },
    /// `left INCLUDES ('a;b', 'c')`, `left EXCLUDES (…)`: multi-select
    /// picklists; `;` within a value means all of them, the list any of them.
    Includes {
        /// The field.
        left: Path,
        /// `EXCLUDES`.
        negated: bool,
        /// The values: strings or bind variables; at least one. A lone bind
        /// variable prints without parentheses, as Apex writes it.
        values: Vec<Literal>,
        /// The whole comparison.
        span: Span,
    },
}

impl Condition {
    /// Both: flattens an `And` on either side, so that adding to a filter keeps
    /// it readable.
    #[must_use]
    pub fn and(self, other: Condition) -> Condition {
        let mut all = match self {
            Condition::And(all) => all,
            one => vec![one],
        };
        match other {
            Condition::And(more) => all.extend(more),
            one => all.push(one),
        }
        Condition::And(all)
    }

    /// From its first comparison to its last, without a NOT and parentheses
    /// around.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Condition::And(terms) | Condition::Or(terms) => {
                Span::over(terms.iter().map(Condition::span))
            }
            Condition::Not(inner) => inner.span(),
            Condition::Compare { span, .. }
            | Condition::In { span, .. }
            | Condition::Includes { span, .. } => *span,
        }
    }
}

/// An operator between a field and one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompareOp {
    /// `=`.
    Eq,
    /// `!=`, also written `<>`.
    Ne,
    /// `<`.
    Lt,
    /// `<=`.
    Le,
    /// `>`.
    Gt,
    /// `>=`.
    Ge,
    /// `LIKE`.
    Like,
}

impl CompareOp {
    /// The operator as it is printed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            CompareOp::Eq => "=",
            CompareOp::Ne => "!=",
            CompareOp::Lt => "<",
            CompareOp::Le => "<=",
            CompareOp::Gt => ">",
            CompareOp::Ge => ">=",
            CompareOp::Like => "LIKE",
        }
    }
}

/// What follows `IN`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum InSet {
    /// `('a', 'b')`; at least one.
    List(Vec<Literal>),
    /// `(SELECT AccountId FROM Contact)`: a semi-join, or with `NOT IN` an
    /// anti-join.
    Query(Box<Query>),
    /// `:ids`, which only Apex takes.
    Bind(Path),
}

impl InSet {
    /// Where it stood, without the parentheses.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            InSet::List(values) => Span::over(values.iter().map(|value| value.span)),
            InSet::Query(query) => query.span,
            InSet::Bind(variable) => variable.span(),
        }
    }
}
