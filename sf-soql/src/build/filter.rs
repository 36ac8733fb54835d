//! Conditions.

use super::{BuildError, Select};
use crate::ast::{CompareOp, Condition, Expr, InSet, Literal, Path, Span, Value};
use crate::escape;

/// The field `path`, to be compared with something.
pub fn field(path: &str) -> Field {
    Field(Path::new(path).map_err(BuildError::from))
}

/// A field that a condition starts with.
#[derive(Clone, Debug)]
#[must_use]
pub struct Field(Result<Path, BuildError>);

impl Field {
    /// `= value`. `None` is `NULL`.
    pub fn eq(self, value: impl Into<Value>) -> Filter {
        self.compare(CompareOp::Eq, value.into())
    }

    /// `!= value`.
    pub fn ne(self, value: impl Into<Value>) -> Filter {
        self.compare(CompareOp::Ne, value.into())
    }

    /// `< value`.
    pub fn lt(self, value: impl Into<Value>) -> Filter {
        self.compare(CompareOp::Lt, value.into())
    }

    /// `<= value`.
    pub fn le(self, value: impl Into<Value>) -> Filter {
        self.compare(CompareOp::Le, value.into())
    }

    /// `> value`.
    pub fn gt(self, value: impl Into<Value>) -> Filter {
        self.compare(CompareOp::Gt, value.into())
    }

    /// `>= value`.
    pub fn ge(self, value: impl Into<Value>) -> Filter {
        self.compare(CompareOp::Ge, value.into())
    }

    /// `= NULL`.
    pub fn is_null(self) -> Filter {
        self.compare(CompareOp::Eq, Value::Null)
    }

    /// `!= NULL`.
    pub fn is_not_null(self) -> Filter {
        self.compare(CompareOp::Ne, Value::Null)
    }

    /// Holds `text`, taken literally: its `%` and `_` are no wildcards. As all
    /// comparisons with `LIKE`, it ignores case.
    pub fn contains(self, text: &str) -> Filter {
        self.like(&format!("%{}%", escape::like_pattern(text)))
    }

    /// Starts with `text`, taken literally.
    pub fn starts_with(self, text: &str) -> Filter {
        self.like(&format!("{}%", escape::like_pattern(text)))
    }

    /// Ends with `text`, taken literally.
    pub fn ends_with(self, text: &str) -> Filter {
        self.like(&format!("%{}", escape::like_pattern(text)))
    }

    /// `LIKE pattern`, in which `%` and `_` are wildcards: see
    /// [`Value::Pattern`].
    pub fn like(self, pattern: &str) -> Filter {
        // A stray backslash would be printed doubled; said so in the tree.
        let mut kept = String::with_capacity(pattern.len());
        let mut characters = pattern.chars().peekable();
        while let Some(character) = characters.next() {
            kept.push(character);
            if character == '\\' {
                kept.push(
                    characters.next_if(|next| matches!(next, '\\' | '%' | '_')).unwrap_or('\\'),
                );
            }
        }
        self.compare(CompareOp::Like, Value::Pattern(kept))
    }

    /// `IN (values)`; at least one.
    pub fn one_of<V: Into<Value>>(self, values: impl IntoIterator<Item = V>) -> Filter {
        self.in_list(false, values)
    }

    /// `NOT IN (values)`; at least one.
    pub fn not_one_of<V: Into<Value>>(self, values: impl IntoIterator<Item = V>) -> Filter {
        self.in_list(true, values)
    }

    /// `IN (SELECT …)`: a semi-join.
    pub fn in_select(self, select: Select) -> Filter {
        self.in_query(false, select)
    }

    /// `NOT IN (SELECT …)`: an anti-join.
    pub fn not_in_select(self, select: Select) -> Filter {
        self.in_query(true, select)
    }

    /// `INCLUDES (values)`, of multi-select picklists: one of the values, where
    /// a value `a;b` asks for both.
    pub fn includes<V: Into<String>>(self, values: impl IntoIterator<Item = V>) -> Filter {
        self.includes_list(false, values)
    }

    /// `EXCLUDES (values)`: none of them.
    pub fn excludes<V: Into<String>>(self, values: impl IntoIterator<Item = V>) -> Filter {
        self.includes_list(true, values)
    }

    fn compare(self, op: CompareOp, value: Value) -> Filter {
        Filter(self.0.map(|path| Condition::Compare {
            left: Expr::Field(path),
            op,
            value: value.into(),
            span: Span::default(),
        }))
    }

    fn in_list<V: Into<Value>>(self, negated: bool, values: impl IntoIterator<Item = V>) -> Filter {
        let values: Vec<Literal> =
            values.into_iter().map(|value| Literal::from(value.into())).collect();
        Filter(self.0.and_then(|path| {
            let set = InSet::List(filled(&path, values)?);
            Ok(Condition::In { left: Expr::Field(path), negated, set, span: Span::default() })
        }))
    }

    fn in_query(self, negated: bool, select: Select) -> Filter {
        Filter(self.0.and_then(|path| {
            let set = InSet::Query(Box::new(select.0?));
            Ok(Condition::In { left: Expr::Field(path), negated, set, span: Span::default() })
        }))
    }

    fn includes_list<V: Into<String>>(
        self,
        negated: bool,
        values: impl IntoIterator<Item = V>,
    ) -> Filter {
        let values: Vec<Literal> =
            values.into_iter().map(|value| Value::String(value.into()).into()).collect();
        Filter(self.0.and_then(|left| {
            let values = filled(&left, values)?;
            Ok(Condition::Includes { left, negated, values, span: Span::default() })
        }))
    }
}

fn filled(field: &Path, values: Vec<Literal>) -> Result<Vec<Literal>, BuildError> {
    if values.is_empty() {
        return Err(BuildError::EmptyList { field: field.to_string() });
    }
    Ok(values)
}

/// A condition in the making.
#[derive(Clone, Debug)]
#[must_use]
pub struct Filter(Result<Condition, BuildError>);

impl Filter {
    /// Both hold.
    pub fn and(self, other: Filter) -> Filter {
        all([self, other])
    }

    /// One of the two holds.
    pub fn or(self, other: Filter) -> Filter {
        any([self, other])
    }

    pub(super) fn condition(self) -> Result<Condition, BuildError> {
        self.0
    }
}

/// It does not hold.
impl std::ops::Not for Filter {
    type Output = Filter;

    fn not(self) -> Filter {
        Filter(self.0.map(|condition| Condition::Not(Box::new(condition))))
    }
}

/// A condition made by hand. [`Select::build`] checks it with the rest.
impl From<Condition> for Filter {
    fn from(condition: Condition) -> Filter {
        Filter(Ok(condition))
    }
}

/// All of `filters` hold; at least one.
pub fn all(filters: impl IntoIterator<Item = Filter>) -> Filter {
    joined(
        filters,
        |condition| match condition {
            Condition::And(terms) => Ok(terms),
            other => Err(other),
        },
        Condition::And,
    )
}

/// One of `filters` holds; at least one.
pub fn any(filters: impl IntoIterator<Item = Filter>) -> Filter {
    joined(
        filters,
        |condition| match condition {
            Condition::Or(terms) => Ok(terms),
            other => Err(other),
        },
        Condition::Or,
    )
}

/// Flattens a chain of the same kind, which reads better and means the same.
fn joined(
    filters: impl IntoIterator<Item = Filter>,
    chain: fn(Condition) -> Result<Vec<Condition>, Condition>,
    several: fn(Vec<Condition>) -> Condition,
) -> Filter {
    let mut terms = Vec::new();
    for filter in filters {
        match filter.0.map(chain) {
            Ok(Ok(more)) => terms.extend(more),
            Ok(Err(one)) => terms.push(one),
            Err(error) => return Filter(Err(error)),
        }
    }
    Filter(match terms.len() {
        0 => Err(BuildError::NoConditions),
        1 => Ok(terms.swap_remove(0)),
        _ => Ok(several(terms)),
    })
}
