//! `IN (SELECT …)` and `NOT IN (SELECT …)`, with their restrictions (SOQL and
//! SOSL Reference, "Comparison Operators", semi-joins and anti-joins).

use sf_soql::ast::{Expr, Query, SelectItem};

use super::clauses;
use super::filter::{Clause, Filter};
use super::scope::{Column, Scope};
use crate::engine::ApiError;
use crate::engine::schema::FieldType;

const MOST: usize = 2;

/// Objects that a sub-select may not be over.
const NOT_INNER: [&str; 4] = ["Attachment", "Event", "Note", "Task"];

pub(super) fn lower<'a>(
    filter: &mut Filter<'_, 'a>,
    left: &'a Expr,
    negated: bool,
    query: &'a Query,
) -> Result<String, ApiError> {
    let cx = filter.scope.cx;
    let statement = cx.statement;
    if let Err(refusal) = filter.semi_join_allowed {
        return Err(statement.malformed(query.span, refusal));
    }
    filter.semi_joins += 1;
    if filter.semi_joins > MOST {
        let text = "maximum semi join sub-selects allowed per query is 2";
        return Err(statement.error("EXCEEDED_MAX_SEMIJOIN_SUBSELECTS", query.span, text));
    }
    let outer = filter.left(left)?;
    if !is_id(&outer) || left.as_field().is_none_or(|path| path.single().is_none()) {
        let text = "The left operand of a semi join must be a field of type Id or reference of the queried object";
        return Err(statement.malformed(left.span(), text));
    }
    check_shape(filter, query)?;

    let name = query.from.name.as_str();
    let object =
        cx.schema.object(name).ok_or_else(|| statement.no_such_object(query.from.span, name))?;
    if NOT_INNER.contains(&object.name.as_str()) {
        let text = format!("{} can not be queried in a semi join sub-select", object.name);
        return Err(statement.malformed(query.from.span, &text));
    }
    if object.name == filter.scope.object.name {
        let text = "The inner and outer selects should not be on the same object type";
        return Err(statement.malformed(query.from.span, text));
    }
    let prefix = format!("s{}_", filter.semi_joins);
    let mut scope = Scope::of_query(cx, object, &prefix, query)?;
    let Some(SelectItem::Field { path, .. }) = query.select.first() else {
        return Err(statement.malformed(query.span, "A semi join sub-select must select one field"));
    };
    let inner = scope.column(path)?;
    if !is_id(&inner)
        || path.single().is_none()
        || !same_target(filter.scope, &outer, &scope, &inner)
    {
        let text = "The selected field of a semi join sub-select must refer to the same object type as the outer field";
        return Err(statement.malformed(path.span(), text));
    }
    let mut conditions = vec![format!("{} IS NOT NULL", inner.sql)];
    if object.has_recycle_bin() {
        conditions.push(clauses::visible(cx, &scope.root().alias));
    }
    conditions.extend(cx.visible(object, &scope.root().alias));
    if let Some(condition) = &query.filter {
        let mut nested = Filter {
            scope: &mut scope,
            params: &mut *filter.params,
            clause: Clause::Where,
            semi_joins: 0,
            groups: None,
            semi_join_allowed: Err("Semi join sub-selects can not be nested"),
        };
        conditions.push(nested.condition(condition)?);
    }
    let select = format!(
        "SELECT {} FROM {} WHERE {}",
        inner.sql,
        scope.tables_sql(),
        conditions.join(" AND ")
    );
    let found = format!("({0} IS NOT NULL AND {0} IN ({select}))", outer.sql);
    Ok(if negated { format!("(NOT {found})") } else { found })
}

fn check_shape(filter: &Filter<'_, '_>, query: &Query) -> Result<(), ApiError> {
    let extra = query.select.len() != 1
        || query.group_by.is_some()
        || query.having.is_some()
        || !query.order_by.is_empty()
        || query.limit.is_some()
        || query.offset.is_some()
        || query.scope.is_some()
        || query.with.is_some();
    if extra {
        let text = "A semi join sub-select takes one field and a WHERE clause only";
        return Err(filter.scope.cx.statement.malformed(query.span, text));
    }
    Ok(())
}

fn is_id(column: &Column<'_>) -> bool {
    matches!(column.ty, FieldType::Id | FieldType::Reference)
}

/// Whether both columns hold ids of one object at least.
fn same_target(
    outer_scope: &Scope<'_>,
    outer: &Column<'_>,
    inner_scope: &Scope<'_>,
    inner: &Column<'_>,
) -> bool {
    let targets = |scope: &Scope<'_>, column: &Column<'_>| match column.field {
        Some(field) if field.ty == FieldType::Reference => field.reference_to.clone(),
        _ => vec![scope.object.name.clone()],
    };
    let inner = targets(inner_scope, inner);
    targets(outer_scope, outer).iter().any(|target| inner.contains(target))
}
