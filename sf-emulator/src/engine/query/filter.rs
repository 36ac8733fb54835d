//! `WHERE` and `HAVING` to SQL.
//!
//! SOQL knows true and false only, where SQL has a third value for null. So
//! every comparison here gives 0 or 1 for any row, and `NOT` and `!=` mean
//! what they mean on the platform: `Name != 'x'` takes rows without a name.

use sf_soql::ast::{CompareOp, Condition, Expr, Function, InSet, Literal, Path, Value};

use super::aggregate;
use super::compare;
use super::function;
use super::groups::Groups;
use super::scope::{Column, Params, Scope};
use super::semijoin;
use crate::engine::ApiError;
use crate::engine::schema::FieldType;

/// Whether aggregate functions may stand in a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clause {
    Where,
    Having,
}

/// Lowers one clause.
pub(super) struct Filter<'s, 'a> {
    pub(super) scope: &'s mut Scope<'a>,
    pub(super) params: &'s mut Params,
    pub(super) clause: Clause,
    /// Semi-joins seen so far in this clause.
    pub(super) semi_joins: usize,
    /// Of a HAVING: what is grouped by.
    pub(super) groups: Option<&'s Groups<'a>>,
    /// Whether a semi-join may stand here: not under OR or NOT, and not in a
    /// sub-select.
    pub(super) semi_join_allowed: Result<(), &'static str>,
}

/// The SQL of a condition, in parentheses where needed.
pub(super) fn lower<'a>(
    scope: &mut Scope<'a>,
    params: &mut Params,
    clause: Clause,
    condition: &'a Condition,
) -> Result<String, ApiError> {
    Filter { scope, params, clause, semi_joins: 0, groups: None, semi_join_allowed: Ok(()) }
        .condition(condition)
}

/// A HAVING over groups.
pub(super) fn having<'a>(
    scope: &mut Scope<'a>,
    params: &mut Params,
    groups: &Groups<'a>,
    condition: &'a Condition,
) -> Result<String, ApiError> {
    let clause = Clause::Having;
    let groups = Some(groups);
    Filter { scope, params, clause, semi_joins: 0, groups, semi_join_allowed: Ok(()) }
        .condition(condition)
}

/// `((a OR b) OR (c OR d))`: as deep as the logarithm of the number of parts,
/// since SQLite refuses expressions that are a thousand levels deep.
pub(super) fn balanced(parts: &[String], operator: &str) -> String {
    match parts {
        [] => "1".to_owned(),
        [one] => one.clone(),
        many => {
            let (left, right) = many.split_at(many.len() / 2);
            format!("({}{operator}{})", balanced(left, operator), balanced(right, operator))
        }
    }
}

impl<'a> Filter<'_, 'a> {
    pub(super) fn condition(&mut self, condition: &'a Condition) -> Result<String, ApiError> {
        match condition {
            Condition::And(parts) => self.join(parts, " AND "),
            Condition::Or(parts) => self.without_semi_joins(
                "Semi join sub-selects are not allowed with the 'OR' operator",
                |this| this.join(parts, " OR "),
            ),
            Condition::Not(inner) => {
                let refusal = "Semi join sub-selects are not allowed with the 'NOT' operator";
                let inner = self.without_semi_joins(refusal, |this| this.condition(inner))?;
                Ok(format!("(NOT {inner})"))
            }
            Condition::Compare { left, op, value, .. } => self.compare(left, *op, value),
            Condition::In { left, negated, set, .. } => self.in_set(left, *negated, set),
            Condition::Includes { left, negated, values, .. } => {
                self.includes(left, *negated, values)
            }
        }
    }

    fn without_semi_joins<T>(
        &mut self,
        refusal: &'static str,
        f: impl FnOnce(&mut Self) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let before = std::mem::replace(&mut self.semi_join_allowed, Err(refusal));
        let result = f(self);
        self.semi_join_allowed = before;
        result
    }

    fn join(&mut self, parts: &'a [Condition], operator: &str) -> Result<String, ApiError> {
        let parts = parts.iter().map(|part| self.condition(part)).collect::<Result<Vec<_>, _>>()?;
        Ok(balanced(&parts, operator))
    }

    fn compare(
        &mut self,
        left: &'a Expr,
        op: CompareOp,
        value: &Literal,
    ) -> Result<String, ApiError> {
        let column = self.left(left)?;
        if let Expr::Call(call) = left
            && call.function == Function::Distance
            && !matches!(op, CompareOp::Lt | CompareOp::Gt)
        {
            let text = "DISTANCE can be compared with < and > only";
            return Err(self.scope.cx.statement.error("INVALID_OPERATOR", call.span, text));
        }
        compare::compare(self.scope.cx, self.params, &column, left.span(), op, value)
    }

    fn in_set(
        &mut self,
        left: &'a Expr,
        negated: bool,
        set: &'a InSet,
    ) -> Result<String, ApiError> {
        let statement = self.scope.cx.statement;
        match set {
            InSet::Bind(path) => {
                Err(statement.malformed(path.span(), "Bind variables only allowed in Apex code"))
            }
            InSet::Query(query) => {
                if self.clause == Clause::Having {
                    return Err(statement.malformed(
                        query.span,
                        "Semi join sub-selects are not allowed in a HAVING clause",
                    ));
                }
                semijoin::lower(self, left, negated, query)
            }
            InSet::List(values) => {
                let column = self.left(left)?;
                let any =
                    compare::equals_any(self.scope.cx, self.params, &column, left.span(), values)?;
                Ok(if negated { format!("(NOT {any})") } else { any })
            }
        }
    }

    fn includes(
        &mut self,
        left: &'a Path,
        negated: bool,
        values: &[Literal],
    ) -> Result<String, ApiError> {
        let statement = self.scope.cx.statement;
        let column = self.scope.column(left)?;
        if column.ty != FieldType::MultiPicklist {
            let text = "invalid operator; INCLUDES and EXCLUDES can only be used with a multi-select picklist";
            return Err(statement.error("INVALID_OPERATOR", left.span(), text));
        }
        let mut parts = Vec::new();
        for value in values {
            let Value::String(text) = &value.value else {
                return Err(compare::wrong_type(statement, left.span(), &column, &value.value));
            };
            let text = self.params.bind(text.clone());
            parts.push(format!("COALESCE(sf_includes({text}, {}), 0)", column.sql));
        }
        let any = balanced(&parts, " OR ");
        Ok(if negated { format!("(NOT {any})") } else { any })
    }

    /// The left side: a field that may be filtered by, or a function.
    pub(super) fn left(&mut self, left: &'a Expr) -> Result<Column<'a>, ApiError> {
        let statement = self.scope.cx.statement;
        if let Some(groups) = self.groups
            && let Some(column) = groups.find(self.scope, left)?
        {
            return Ok(column);
        }
        match left {
            Expr::Field(path) => {
                let column = self.scope.column(path)?;
                if column.field.is_some_and(|field| !field.filterable || field.ty.is_compound()) {
                    let text =
                        format!("field '{}' can not be filtered in a query call", column.name);
                    return Err(statement.invalid_field(path.span(), &text));
                }
                Ok(column)
            }
            Expr::Call(call) if call.function.is_aggregate() => {
                if self.clause == Clause::Where {
                    let text = format!(
                        "aggregate function {} is not allowed in a WHERE clause",
                        call.function.name()
                    );
                    return Err(statement.malformed(call.span, &text));
                }
                aggregate::call(self.scope, self.params, call)
            }
            Expr::Call(call) => function::scalar(self.scope, call),
        }
    }
}
