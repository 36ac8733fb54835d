//! What the org runs and what still deserves a second look, because the object
//! is large.

use sf_soql::ast::{CompareOp, Condition, Count, Expr, InSet, Query, Value};

use super::Check;
use crate::bind::Scope;
use crate::{Field, QueryProblem, QueryProblemKind as Kind};

/// Records from which an object counts as large: where Salesforce starts to
/// speak of large data volumes (Best Practices for Deployments with Large Data
/// Volumes).
const LARGE: u64 = 100_000;

pub(super) fn check(check: &mut Check<'_>, query: &Query, scope: &Scope) {
    let Some(rows) = check.known.rows(&scope.object.name).filter(|rows| *rows >= LARGE) else {
        return;
    };
    let name = &scope.object.name;
    let counted = query.is_count() || query.is_aggregate();
    let limit = query.limit.as_ref().and_then(Count::rows);
    let narrow = query.filter.as_ref().is_some_and(|f| selective(check, scope, f));
    if !counted && limit.is_none() && !narrow {
        let message = format!(
            "{name} has about {rows} records and the query no LIMIT: add one, or count first with SELECT COUNT() FROM {name}."
        );
        let problem = QueryProblem::new(Kind::NoLimit, name.as_str(), query.from.span, message);
        check.problems.push(problem.warning());
    }
    let Some(filter) = query.filter.as_ref().filter(|_| !narrow) else { return };
    let mut indexed: Vec<&str> =
        scope.object.fields.iter().filter(|f| is_indexed(f)).map(|f| f.name.as_str()).collect();
    indexed.truncate(6);
    let message = format!(
        "No condition can use an index, so all of the about {rows} records of {name} are read, which may time out. Add one with =, IN, < or > on an indexed field such as {}.",
        indexed.join(", ")
    );
    let problem = QueryProblem::new(Kind::Unselective, name.as_str(), filter.span(), message);
    check.problems.push(problem.warning());
}

/// Whether an index can find the rows: of an AND one side is enough, of an OR
/// every side has to.
fn selective(check: &Check<'_>, scope: &Scope, condition: &Condition) -> bool {
    let indexed = |left: &Expr| {
        let Some(path) = left.as_field() else { return false };
        let bound = scope.field(check.known, path);
        bound.is_ok_and(|bound| bound.field().is_some_and(is_indexed))
    };
    match condition {
        Condition::And(terms) => terms.iter().any(|term| selective(check, scope, term)),
        Condition::Or(terms) => terms.iter().all(|term| selective(check, scope, term)),
        Condition::Not(_) | Condition::Includes { .. } => false,
        Condition::Compare { left, op, value, .. } => {
            let by_start = match &value.value {
                Value::Pattern(pattern) => !pattern.starts_with(['%', '_']),
                Value::Null => false,
                _ => true,
            };
            *op != CompareOp::Ne && by_start && indexed(left)
        }
        Condition::In { left, negated, set, .. } => {
            !negated && !matches!(set, InSet::Bind(_)) && indexed(left)
        }
    }
}

/// Fields that the platform indexes by itself: keys, references, names, external
/// ids and unique fields, and three of the system's dates (Best Practices for
/// Deployments with Large Data Volumes, "Indexes"). Custom indexes do not show
/// in a describe.
fn is_indexed(field: &Field) -> bool {
    let by_name = ["Id", "CreatedDate", "SystemModstamp", "RecordTypeId"];
    by_name.contains(&field.name.as_str())
        || !field.reference_to.is_empty()
        || field.external_id
        || field.unique
        || field.name_field
        || field.id_lookup
}
