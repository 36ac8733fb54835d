//! `IN (SELECT …)` (SOQL and SOSL Reference, "Comparison Operators", semi-joins
//! and anti-joins).

use sf_soql::ast::{Expr, Query, SelectItem, Span};

use super::{Check, Clause, Column, Place};
use crate::bind::{FieldEnd, Scope};
use crate::{FieldType, Object, QueryProblemKind as Kind};

/// Semi-joins of one WHERE.
const MOST: usize = 2;

/// Objects that a sub-select cannot read.
const NOT_INNER: [&str; 6] =
    ["ActivityHistory", "Attachment", "Event", "Note", "OpenActivity", "Task"];

pub(super) fn check(
    check: &mut Check<'_>,
    clause: &Clause<'_>,
    left: &Expr,
    query: &Query,
    count: &mut usize,
) {
    let name = query.from.name.as_str();
    if let Some(why) = clause.no_semi_join {
        check.error(Kind::SemiJoin, name, query.span, why);
    }
    *count += 1;
    if *count > MOST {
        let message = format!("At most {MOST} semi-joins can stand in a WHERE; run two queries.");
        check.error(Kind::SemiJoin, name, query.span, message);
    }
    shape(check, query);
    let outer = outer(check, clause, left);
    let Ok(object) = Scope::root(check.known, &query.from.name) else { return };
    let inner = Scope::new(check.known, object, query);
    let (reads, around) = (&inner.object.name, &clause.scope.object.name);
    if NOT_INNER.contains(&reads.as_str()) {
        let message =
            format!("{reads} cannot be read in a semi-join; query it first and list the ids.");
        check.error(Kind::SemiJoin, name, query.from.span, message);
    }
    if reads == around {
        let message = format!(
            "A semi-join cannot read the object of the query around it ({around}); query it first and list the ids."
        );
        check.error(Kind::SemiJoin, name, query.from.span, message);
    }
    selected(check, clause.scope, outer.as_ref(), &inner, query);
    check.select(query, &inner, Place::SemiJoin);
}

/// The left side: an id or a reference of the queried object itself.
fn outer(check: &mut Check<'_>, clause: &Clause<'_>, left: &Expr) -> Option<Column> {
    let refused = |check: &mut Check<'_>, name: &str| {
        let message = format!(
            "Left of a semi-join stands Id or a reference field of {}, without a dot.",
            clause.scope.object.name
        );
        check.error(Kind::SemiJoin, name, left.span(), message);
    };
    let column = check.left(clause, left)?;
    let single = left.as_field().is_some_and(|path| path.single().is_some());
    if !single || !is_id(&column) {
        refused(check, &column.name);
        return None;
    }
    Some(column)
}

fn shape(check: &mut Check<'_>, query: &Query) {
    let mut extra: Vec<(&str, Span)> = Vec::new();
    extra.extend(query.scope.as_ref().map(|scope| ("USING SCOPE", scope.span())));
    extra.extend(query.with.as_ref().map(|with| ("WITH", with.span())));
    extra.extend(query.group_by.as_ref().map(|group_by| ("GROUP BY", group_by.span)));
    extra.extend(query.order_by.first().map(|item| ("ORDER BY", item.span)));
    extra.extend(query.limit.as_ref().map(|limit| ("LIMIT", limit.span())));
    extra.extend(query.offset.as_ref().map(|offset| ("OFFSET", offset.span())));
    for (name, span) in extra {
        let message = format!("A semi-join takes one field and a WHERE; leave its {name} out.");
        check.error(Kind::SemiJoin, name, span, message);
    }
}

/// The one field of the sub-select: an id of the same object.
fn selected(
    check: &mut Check<'_>,
    around: &Scope,
    outer: Option<&Column>,
    inner: &Scope,
    query: &Query,
) {
    let [SelectItem::Field { path, .. }] = query.select.as_slice() else {
        let message = "A semi-join selects exactly one field, an id or a reference.";
        check.error(Kind::SemiJoin, query.from.name.as_str(), query.span, message);
        return;
    };
    let Ok(bound) = inner.field(check.known, path) else { return };
    let (FieldEnd::Field(field), None) = (&bound.end, path.as_str().find('.')) else {
        let message = "A semi-join selects a field of its own object, without a dot.";
        check.error(Kind::SemiJoin, path.as_str(), path.span(), message);
        return;
    };
    let field = field.field();
    let is_reference = matches!(field.ty, FieldType::Id | FieldType::Reference);
    if !is_reference {
        let message =
            format!("A semi-join selects an id or a reference, which {} is not.", field.name);
        check.error(Kind::SemiJoin, path.as_str(), path.span(), message);
        return;
    }
    let Some(outer) = outer else { return };
    let to = targets(&inner.object, Some(field));
    let of = targets(&around.object, outer.field.as_ref());
    if !to.iter().any(|target| of.contains(target)) {
        let message = format!(
            "{} holds ids of {}, {} of {}: they have no record in common.",
            outer.name,
            of.join(" or "),
            field.name,
            to.join(" or ")
        );
        check.error(Kind::SemiJoin, path.as_str(), path.span(), message);
    }
}

fn is_id(column: &Column) -> bool {
    matches!(column.ty, FieldType::Id | FieldType::Reference)
}

/// The objects whose ids a field holds.
fn targets(object: &Object, field: Option<&crate::Field>) -> Vec<String> {
    match field {
        Some(field) if field.ty == FieldType::Reference => field.reference_to.clone(),
        _ => vec![object.name.clone()],
    }
}
