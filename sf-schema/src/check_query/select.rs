//! Clauses of a SELECT that do not go together, and the list of a query of
//! records (SOQL and SOSL Reference, "SOQL SELECT Syntax", "FIELDS()",
//! "Understanding Relationship Query Limitations").

use std::collections::HashSet;

use sf_soql::ast::{
    Call, CompareOp, Condition, Count, Expr, FieldSet, Ident, InSet, Query, SelectItem, Span,
};

use super::functions::{self, At};
use super::{Check, Place};
use crate::bind::Scope;
use crate::{FieldType, QueryProblemKind as Kind};

const MOST_OFFSET: u64 = 2000;
const MOST_SORT_KEYS: usize = 32;
const MOST_CHILDREN: usize = 20;

/// LIMIT of a query with `FIELDS(ALL)` or `FIELDS(CUSTOM)`, and the most ids that
/// are as good as one.
const MOST_WITH_ALL_FIELDS: u64 = 200;

/// Scopes (SOQL and SOSL Reference, "USING SCOPE"), for objects whose describe
/// names none.
const SCOPES: [&str; 8] = [
    "everything",
    "mine",
    "delegated",
    "team",
    "my_territory",
    "my_team_territory",
    "mine_and_my_groups",
    "scopingRule",
];

/// What holds of every SELECT.
pub(super) fn clauses(check: &mut Check<'_>, query: &Query, scope: &Scope, place: Place) {
    if let Some(Count::Number { rows, span }) = &query.offset
        && *rows > MOST_OFFSET
    {
        let message = format!(
            "OFFSET goes up to {MOST_OFFSET}. To go on, sort by Id and ask for Id > the last one."
        );
        check.error(Kind::TooMuch, "OFFSET", *span, message);
    }
    if let (Some(offset), Place::Children { of_one: false }) = (&query.offset, place) {
        let message = "OFFSET of children needs LIMIT 1 in the query around them.";
        check.error(Kind::Clause, "OFFSET", offset.span(), message);
    }
    if matches!(place, Place::Children { .. }) && (query.is_aggregate() || query.is_count()) {
        let message = format!(
            "Children cannot be aggregated in a subquery: query {} and group by its reference.",
            scope.object.name
        );
        check.error(Kind::Aggregate, query.from.name.as_str(), query.span, message);
    }
    if let Some(using) = &query.scope {
        scope_name(check, using, scope);
    }
    if query.order_by.len() > MOST_SORT_KEYS {
        let span = query.order_by[MOST_SORT_KEYS].span;
        check.error(
            Kind::TooMuch,
            "ORDER BY",
            span,
            format!("At most {MOST_SORT_KEYS} fields can be sorted by."),
        );
    }
    needs_ids(check, query, scope, place);
}

/// The name after `USING SCOPE`: one of those that the describe lists, where it
/// lists any; what every object has it need not list.
fn scope_name(check: &mut Check<'_>, using: &Ident, scope: &Scope) {
    let object = &scope.object;
    let owned = object.field("OwnerId").is_some();
    let own: Vec<&str> = object.scopes.iter().map(String::as_str).collect();
    let names: &[&str] = if own.is_empty() { &SCOPES } else { &own };
    let message = if using.is("everything") || (using.is("mine") && owned) {
        return;
    } else if using.is("mine") {
        format!("{} has no owner, so there is no scope mine.", object.name)
    } else if names.iter().any(|known| using.is(known)) {
        return;
    } else {
        format!("{} has no scope {using}; there are {}.", object.name, names.join(", "))
    };
    check.error(Kind::Clause, using.as_str(), using.span(), message);
}

/// An object that cannot be read without naming the records meant (Object
/// Reference, "ContentDocumentLink").
fn needs_ids(check: &mut Check<'_>, query: &Query, scope: &Scope, place: Place) {
    let keys = ["Id", "ContentDocumentId", "LinkedEntityId"];
    if place != Place::Statement || scope.object.name != "ContentDocumentLink" {
        return;
    }
    let named = |filter: &Condition| keys.iter().any(|key| ids(filter, key).is_some());
    if !query.filter.as_ref().is_some_and(named) {
        let message = "ContentDocumentLink can be read only by ContentDocumentId or LinkedEntityId, with = or IN.";
        check.error(Kind::Clause, query.from.name.as_str(), query.from.span, message);
    }
}

/// The list of a query of records.
pub(super) fn list(check: &mut Check<'_>, query: &Query, scope: &Scope) {
    let mut seen = Seen::default();
    let mut children = 0;
    for item in &query.select {
        match item {
            SelectItem::Field { path, alias } => {
                if let Some(alias) = alias {
                    let message = "A plain field takes no alias; leave it out.";
                    check.error(Kind::Clause, alias.as_str(), alias.span(), message);
                }
                if let Ok(bound) = scope.field(check.known, path) {
                    seen.field(check, &bound.path(), path.span());
                }
            }
            SelectItem::Call { call, alias } => {
                called(check, query, scope, call);
                let key = match alias {
                    Some(alias) => Some(alias.to_string()),
                    None => call
                        .field()
                        .and_then(|path| Some(scope.field(check.known, path).ok()?.path())),
                };
                let distance = call.function == sf_soql::ast::Function::Distance;
                if let Some(key) = key.filter(|_| alias.is_some() || !distance) {
                    seen.field(check, &key, call.span);
                }
            }
            SelectItem::Subquery(inner) => {
                children += 1;
                if children == MOST_CHILDREN + 1 {
                    let message =
                        format!("At most {MOST_CHILDREN} subqueries of children can be selected.");
                    check.error(Kind::TooMuch, inner.from.name.as_str(), inner.span, message);
                }
                seen.whole(check, inner.from.name.last(), inner.span);
                if let Ok((_, object)) = scope.children(check.known, &inner.from.name) {
                    let of_one = query.limit.as_ref().and_then(Count::rows) == Some(1);
                    let below = Scope::new(check.known, object, inner);
                    check.select(inner, &below, Place::Children { of_one });
                }
            }
            SelectItem::TypeOf(type_of) => {
                if let Ok((steps, _)) = scope.relationship(check.known, &type_of.relationship) {
                    let names: Vec<&str> = steps.iter().map(|s| s.relationship.as_str()).collect();
                    seen.whole(check, &names.join("."), type_of.relationship.span());
                }
                let branches = type_of.whens.iter().map(|when| &when.fields);
                for fields in branches.chain([&type_of.otherwise]) {
                    let mut known = HashSet::new();
                    for path in fields {
                        if !known.insert(path.as_str().to_lowercase()) {
                            duplicate(check, path.as_str(), path.span());
                        }
                    }
                }
            }
            SelectItem::Fields { set, span } => fields(check, query, scope, *set, *span, &mut seen),
        }
    }
}

fn called(check: &mut Check<'_>, query: &Query, scope: &Scope, call: &Call) {
    if call.is_bare_count() {
        if !query.is_count() {
            let message =
                "COUNT() must be the only item of the select list; count Id instead: COUNT(Id).";
            check.error(Kind::Aggregate, "COUNT", call.span, message);
        }
    } else if call.function.is_date() || call.function == sf_soql::ast::Function::Grouping {
        let message = format!(
            "{} can be selected only if it is grouped by; select the field itself.",
            call.function.name()
        );
        check.error(Kind::NotGrouped, call.function.name(), call.span, message);
        // The field is judged all the same.
        if let Some(path) = call.field() {
            check.field(scope, path);
        }
    } else {
        functions::of_row(check, scope, call, At::Select);
    }
}

fn fields(
    check: &mut Check<'_>,
    query: &Query,
    scope: &Scope,
    set: FieldSet,
    span: Span,
    seen: &mut Seen,
) {
    let limit = query.limit.as_ref().and_then(Count::rows);
    let bounded = limit.is_some_and(|rows| rows <= MOST_WITH_ALL_FIELDS)
        || query
            .filter
            .as_ref()
            .and_then(|filter| ids(filter, "Id"))
            .is_some_and(|count| count <= MOST_WITH_ALL_FIELDS);
    if set != FieldSet::Standard && !bounded {
        let message =
            format!("FIELDS({}) needs a LIMIT of at most {MOST_WITH_ALL_FIELDS}.", set.as_str());
        check.error(Kind::Clause, "FIELDS", span, message);
    }
    let wanted = |custom: bool| match set {
        FieldSet::All => true,
        FieldSet::Standard => !custom,
        FieldSet::Custom => custom,
    };
    let mut any = false;
    for field in scope.object.fields.iter().filter(|f| wanted(f.custom)) {
        any = true;
        seen.field(check, &field.name, span);
    }
    if !any {
        let message = format!("{} has no field of FIELDS({}).", scope.object.name, set.as_str());
        check.error(Kind::Clause, "FIELDS", span, message);
    }
}

/// ORDER BY of a query of records.
pub(super) fn order(check: &mut Check<'_>, query: &Query, scope: &Scope) {
    for item in &query.order_by {
        match &item.expr {
            _ if query.is_count() => {
                let message = "COUNT() has no rows to sort; leave ORDER BY out.";
                check.error(Kind::Clause, "ORDER BY", item.span, message);
            }
            Expr::Call(call) if call.has_aggregate() => {
                let message = format!("{call} can be sorted by only in a query with GROUP BY.");
                check.error(Kind::Aggregate, call.function.name(), call.span, message);
            }
            Expr::Call(call) => {
                functions::of_row(check, scope, call, At::Order);
            }
            Expr::Field(path) => {
                // A blob is nothing to sort by, whatever its describe says.
                if let Some(column) = check.field(scope, path)
                    && column.ty == FieldType::Base64
                {
                    let message = format!("{} cannot stand in ORDER BY.", column.name);
                    check.error(Kind::NotSortable, &column.name, path.span(), message);
                }
            }
        }
    }
}

/// What is in the list so far, in lower case.
#[derive(Default)]
struct Seen {
    fields: HashSet<String>,
    /// Relationships whose records are shown by other items.
    parents: HashSet<String>,
    wholes: HashSet<String>,
}

impl Seen {
    /// A field at the end of a path.
    fn field(&mut self, check: &mut Check<'_>, path: &str, span: Span) {
        let key = path.to_lowercase();
        let above: Vec<&str> = key.match_indices('.').filter_map(|(at, _)| key.get(..at)).collect();
        if above.iter().any(|parent| self.wholes.contains(*parent)) {
            duplicate(check, path, span);
        }
        self.parents.extend(above.into_iter().map(str::to_owned));
        if self.wholes.contains(&key) || !self.fields.insert(key) {
            duplicate(check, path, span);
        }
    }

    /// A subquery or a `TYPEOF`.
    fn whole(&mut self, check: &mut Check<'_>, path: &str, span: Span) {
        let key = path.to_lowercase();
        if self.parents.contains(&key) || self.fields.contains(&key) || !self.wholes.insert(key) {
            duplicate(check, path, span);
        }
    }
}

fn duplicate(check: &mut Check<'_>, name: &str, span: Span) {
    check.error(Kind::Duplicate, name, span, format!("{name} is selected twice; leave one out."));
}

/// How many values of `field` a condition asks for; none if it may hold for
/// others too.
fn ids(condition: &Condition, field: &str) -> Option<u64> {
    let is_field = |expr: &Expr| expr.as_field().is_some_and(|path| path.is(field));
    match condition {
        Condition::And(parts) => parts.iter().filter_map(|part| ids(part, field)).min(),
        Condition::Or(parts) => parts.iter().map(|part| ids(part, field)).sum(),
        Condition::Compare { left, op: CompareOp::Eq, .. } if is_field(left) => Some(1),
        Condition::In { left, negated: false, set, .. } if is_field(left) => match set {
            InSet::List(values) => u64::try_from(values.len()).ok(),
            InSet::Query(_) => Some(0),
            InSet::Bind(_) => None,
        },
        _ => None,
    }
}
