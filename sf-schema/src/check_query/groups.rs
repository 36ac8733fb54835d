//! Aggregates: what is grouped by, and that nothing else is shown, sorted by or
//! had (SOQL and SOSL Reference, "GROUP BY", "HAVING", "Aggregate Functions").

use sf_soql::ast::{Argument, Call, Expr, Function, GroupKind, Query, SelectItem};

use super::functions::{self, At};
use super::{Check, Clause, Column};
use crate::bind::Scope;
use crate::{FieldType, QueryProblemKind as Kind};

/// Fields of ROLLUP and CUBE.
const MOST_SUBTOTALS: usize = 3;

/// What a query groups by.
pub(super) struct Groups {
    kind: GroupKind,
    /// Keys of the columns.
    keys: Vec<String>,
    /// An item could not be bound, so what is missing cannot be told.
    partial: bool,
}

pub(super) fn check(check: &mut Check<'_>, query: &Query, scope: &Scope) {
    let groups = groups(check, query, scope);
    if query.group_by.is_none() {
        let counts = [("LIMIT", &query.limit), ("OFFSET", &query.offset)];
        for (name, count) in counts {
            if let Some(count) = count {
                let message = format!(
                    "Without GROUP BY an aggregate is one row: leave {name} out, or select the records."
                );
                check.error(Kind::Clause, name, count.span(), message);
            }
        }
    }
    list(check, &groups, query, scope);
    if let Some(having) = &query.having {
        let no_semi_join = Some("A semi-join cannot stand in HAVING; put it in WHERE.");
        let clause = Clause { scope, groups: Some(&groups), no_semi_join };
        check.condition(&clause, having, &mut 0);
    }
    for item in &query.order_by {
        match &item.expr {
            Expr::Call(call) if call.has_aggregate() => {
                functions::aggregate(check, scope, call);
            }
            expr => {
                if let Err(Some(name)) = member(check, &groups, scope, expr) {
                    check.not_grouped(&name, expr.span());
                }
            }
        }
    }
}

fn groups(check: &mut Check<'_>, query: &Query, scope: &Scope) -> Groups {
    let mut found = Groups { kind: GroupKind::Plain, keys: Vec::new(), partial: false };
    let Some(group_by) = &query.group_by else { return found };
    found.kind = group_by.kind;
    if group_by.kind != GroupKind::Plain && group_by.items.len() > MOST_SUBTOTALS {
        let message = format!("ROLLUP and CUBE take at most {MOST_SUBTOTALS} fields.");
        check.error(Kind::TooMuch, "GROUP BY", group_by.span, message);
    }
    for item in &group_by.items {
        let column = match item {
            Expr::Field(path) => check.field(scope, path),
            Expr::Call(call) if call.has_aggregate() => {
                let message = "An aggregate cannot be grouped by; group by the field itself.";
                check.error(Kind::Aggregate, call.function.name(), call.span, message);
                None
            }
            Expr::Call(call) => functions::of_row(check, scope, call, At::Group),
        };
        match column {
            Some(column) => found.keys.push(column.key),
            None => found.partial = true,
        }
    }
    found
}

fn list(check: &mut Check<'_>, groups: &Groups, query: &Query, scope: &Scope) {
    let mut names: Vec<String> = Vec::new();
    let mut unnamed = 0;
    for item in &query.select {
        let (shown, alias) = match item {
            SelectItem::Field { path, alias } => {
                let column = member(check, groups, scope, &Expr::Field(path.clone()));
                if let Err(Some(name)) = &column {
                    check.not_grouped(name, path.span());
                }
                (Some(path.last().to_owned()), alias)
            }
            SelectItem::Call { call, alias } => {
                if query.is_count() {
                    let message =
                        "COUNT() counts rows without GROUP BY; count Id for each group: COUNT(Id).";
                    check.error(Kind::Aggregate, "COUNT", call.span, message);
                } else {
                    called(check, groups, scope, call);
                }
                (None, alias)
            }
            SelectItem::Subquery(inner) => {
                let message =
                    "A subquery of children cannot stand among aggregates; run two queries.";
                check.error(Kind::Aggregate, inner.from.name.as_str(), inner.span, message);
                continue;
            }
            SelectItem::TypeOf(type_of) => {
                let message = "TYPEOF cannot stand among aggregates.";
                check.error(Kind::Aggregate, "TYPEOF", type_of.span, message);
                continue;
            }
            SelectItem::Fields { span, .. } => {
                let message = "FIELDS() cannot stand among aggregates; name what is grouped by.";
                check.error(Kind::Aggregate, "FIELDS", *span, message);
                continue;
            }
        };
        let name = match (alias, shown) {
            (Some(alias), _) => alias.to_string(),
            (None, Some(name)) => name,
            (None, None) => {
                unnamed += 1;
                format!("expr{}", unnamed - 1)
            }
        };
        if names.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            let message = format!("Two columns are called {name}; give one an alias.");
            check.error(Kind::Duplicate, &name, item.span(), message);
        }
        names.push(name);
    }
}

/// A function in the select list.
fn called(check: &mut Check<'_>, groups: &Groups, scope: &Scope, call: &Call) {
    if call.is_bare_count() {
        let message =
            "COUNT() must be the only item of the select list; count Id instead: COUNT(Id).";
        check.error(Kind::Aggregate, "COUNT", call.span, message);
        return;
    }
    if call.has_aggregate() {
        functions::aggregate(check, scope, call);
        return;
    }
    let inner = match (call.function, call.args.first()) {
        (Function::Format, Some(Argument::Field(path))) => Expr::Field(path.clone()),
        _ => Expr::Call(call.clone()),
    };
    if let Err(Some(name)) = member(check, groups, scope, &inner) {
        check.not_grouped(&name, call.span);
    }
}

/// The group that an expression is. If it is none: what it is called, or
/// nothing if that is told already.
pub(super) fn member(
    check: &mut Check<'_>,
    groups: &Groups,
    scope: &Scope,
    expr: &Expr,
) -> Result<Column, Option<String>> {
    let column = match expr {
        Expr::Field(path) => check.field(scope, path),
        Expr::Call(call) if call.function == Function::Grouping => {
            return grouping(check, groups, scope, call);
        }
        Expr::Call(call) => functions::of_row(check, scope, call, At::Where),
    };
    let column = column.ok_or(None)?;
    match groups.keys.contains(&column.key) {
        true => Ok(column),
        false if groups.partial => Err(None),
        false => Err(Some(match expr {
            Expr::Field(_) => column.name,
            Expr::Call(call) => call.to_string(),
        })),
    }
}

/// `GROUPING(f)` tells subtotals of `f`.
fn grouping(
    check: &mut Check<'_>,
    groups: &Groups,
    scope: &Scope,
    call: &Call,
) -> Result<Column, Option<String>> {
    let column = match call.args.first() {
        Some(Argument::Field(path)) => check.field(scope, path),
        Some(Argument::Call(inner)) => functions::of_row(check, scope, inner, At::Where),
        _ => None,
    };
    let column = column.ok_or(None)?;
    let is_group = groups.keys.contains(&column.key);
    if groups.kind == GroupKind::Plain || (!is_group && !groups.partial) {
        let message = "GROUPING takes a field of GROUP BY ROLLUP or GROUP BY CUBE.";
        check.error(Kind::Function, "GROUPING", call.span, message);
        return Err(None);
    }
    let key = format!("GROUPING({})", column.key);
    Ok(Column { key, ty: FieldType::Int, field: None, ..column })
}
