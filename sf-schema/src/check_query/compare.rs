//! Comparisons: the operator and the values against the field's type.

use sf_soql::ast::{CompareOp, Expr, Function, Literal, Span, Value};

use super::functions::told;
use super::value;
use super::{Check, Column};
use crate::{FieldType, QueryProblemKind as Kind};

/// `left op value`.
pub(super) fn one(
    check: &mut Check<'_>,
    left: &Expr,
    column: &Column,
    op: CompareOp,
    literal: &Literal,
) {
    if let Expr::Call(call) = left
        && call.function == Function::Distance
        && !matches!(op, CompareOp::Lt | CompareOp::Gt)
    {
        let message = "DISTANCE can be compared with < and > only.";
        check.error(Kind::WrongOperator, "DISTANCE", left.span(), message);
    }
    if !operator(check, left.span(), column, op) {
        return;
    }
    if let (Value::DateLiteral(_), Expr::Call(call)) = (&literal.value, left)
        && call.function.is_date()
    {
        let message = format!(
            "The result of {} cannot be compared with a date literal; compare {} itself.",
            call.function.name(),
            column.name
        );
        check.error(Kind::WrongType, &literal.to_string(), literal.span, message);
        return;
    }
    value::check(check, column, literal);
    if matches!(op, CompareOp::Eq | CompareOp::Ne) {
        value::listed(check, column, literal);
    }
}

/// `left IN (…)`.
pub(super) fn list(check: &mut Check<'_>, left: &Expr, column: &Column, literals: &[Literal]) {
    if let Expr::Call(call) = left
        && call.function == Function::Distance
    {
        let message = "DISTANCE can be compared with < and > only.";
        check.error(Kind::WrongOperator, "DISTANCE", left.span(), message);
    }
    for literal in literals {
        value::check(check, column, literal);
        value::listed(check, column, literal);
    }
}

/// `left INCLUDES (…)`.
pub(super) fn includes(check: &mut Check<'_>, span: Span, column: &Column, values: &[Literal]) {
    if column.ty != FieldType::Multipicklist {
        let message = format!(
            "INCLUDES and EXCLUDES go with multi-select picklists only, which {} is not; use IN.",
            told(column)
        );
        check.error(Kind::WrongOperator, &column.name, span, message);
        return;
    }
    for literal in values {
        value::check(check, column, literal);
        value::listed(check, column, literal);
    }
}

/// Whether the operator goes with the type (SOQL and SOSL Reference, "Comparison
/// Operators").
fn operator(check: &mut Check<'_>, span: Span, column: &Column, op: CompareOp) -> bool {
    let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
    let use_instead = match column.ty {
        FieldType::Boolean if !equality => "use = or !=",
        FieldType::Multipicklist if !equality => "use =, !=, INCLUDES or EXCLUDES",
        FieldType::Id | FieldType::Reference if op == CompareOp::Like => {
            "use = or IN, or LIKE on a text of the record it leads to"
        }
        ref ty if op == CompareOp::Like && !value::is_text(ty) => "LIKE compares text only",
        _ => return true,
    };
    let message = format!("{} does not go with {}: {use_instead}.", op.as_str(), told(column));
    check.error(Kind::WrongOperator, &column.name, span, message);
    false
}
