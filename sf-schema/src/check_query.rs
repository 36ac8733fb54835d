//! Everything that is wrong with a query, before a call is spent on it.
//!
//! Errors are what the platform refuses by its documentation (SOQL and SOSL
//! Reference) and by the restrictions that the describe states of a field.
//! Warnings are what it runs though hardly as meant: a picklist value that does
//! not exist, a large object without a limit or without an index.

mod advice;
mod compare;
mod functions;
mod groups;
mod select;
mod semi_join;
mod uses;
mod value;

use sf_soql::ast::{Condition, Expr, InSet, Query, Span};
use sf_soql::visit::{ApexConstruct, apex_only};

use crate::bind::{Failure, Known, Problems, Scope, Tree};
use crate::{Bound, Catalog, Error, FieldType, QueryProblem, QueryProblemKind as Kind, Unbound};
use groups::Groups;

/// Everything that is wrong with `bound`, in the order of the statement: errors
/// and warnings, told apart by [`QueryProblem::severity`]. Pure.
///
/// ```
/// use serde_json::json;
/// use sf_schema::{Known, Object, bind, check_query};
///
/// let invoice = Object::from_describe(&json!({
///     "name": "Invoice__c", "queryable": true,
///     "fields": [{ "name": "Amount__c", "type": "currency", "filterable": true }]
/// }))?;
/// let known: Known = [invoice].into_iter().collect();
/// let query = sf_soql::parse("SELECT Amount__c FROM Invoice__c WHERE Amount__c > '100'")?;
/// let problems = check_query(&bind(&query, &known)?);
/// assert_eq!(problems[0].replacement.as_deref(), Some("100"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn check_query(bound: &Bound) -> Vec<QueryProblem> {
    let mut problems = Problems::default();
    tree(bound.tree(), &mut problems);
    problems.sorted()
}

impl Unbound {
    /// What is wrong with the names, and everything else that is wrong as far
    /// as it can be seen without them, in the order of the statement.
    #[must_use]
    pub fn check(&self) -> Vec<QueryProblem> {
        let mut problems = Problems::default();
        problems.extend(self.problems().iter().cloned());
        self.trees.iter().for_each(|one| tree(one, &mut problems));
        problems.sorted()
    }
}

/// Fetches what `query` needs to be known, binds it, and says everything that is
/// wrong with it, names and all.
///
/// # Errors
/// [`Error::Fetch`] if a describe could not be fetched.
pub async fn review(catalog: &Catalog, query: &Query) -> Result<Vec<QueryProblem>, Error> {
    review_with(catalog, query, &mut Known::new()).await
}

/// As [`review`], with what is known already, such as the numbers of records
/// ([`Catalog::learn_rows`]); what is fetched is added.
///
/// # Errors
/// As [`review`].
pub async fn review_with(
    catalog: &Catalog,
    query: &Query,
    known: &mut Known,
) -> Result<Vec<QueryProblem>, Error> {
    crate::gather(catalog, query, known).await?;
    Ok(match crate::bind(query, known) {
        Ok(bound) => check_query(&bound),
        Err(unbound) => unbound.check(),
    })
}

fn tree(tree: &Tree, problems: &mut Problems) {
    uses::check(tree, problems);
    for found in apex_only(&tree.query) {
        let (name, what) = match found.construct {
            ApexConstruct::Bind => ("bind variable", "write the value itself"),
            ApexConstruct::AllRows => {
                ("ALL ROWS", "leave it out, and ask for deleted records by the call")
            }
            ApexConstruct::ForUpdate => ("FOR UPDATE", "leave it out"),
            ApexConstruct::SystemMode => ("WITH SYSTEM_MODE", "leave it out"),
        };
        let message = format!("{name}: only Apex code can use it; {what}.");
        problems.push(QueryProblem::new(Kind::ApexOnly, name, found.span, message));
    }
    let mut check = Check { known: &tree.known, problems };
    if let Ok(object) = Scope::root(&tree.known, &tree.query.from.name) {
        let scope = Scope::new(&tree.known, object, &tree.query);
        check.select(&tree.query, &scope, Place::Statement);
        advice::check(&mut check, &tree.query, &scope);
    }
}

/// How a SELECT stands in the one around it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Statement,
    /// A subquery of children, of a SELECT that reads at most one record or not.
    Children {
        of_one: bool,
    },
    SemiJoin,
}

/// One pass over the clauses of a statement.
struct Check<'a> {
    known: &'a Known,
    problems: &'a mut Problems,
}

/// A column: a field, or what a function makes of one.
struct Column {
    /// The field's API name.
    name: String,
    /// What tells it from other columns of the SELECT: the path, in the
    /// function.
    key: String,
    ty: FieldType,
    /// The field whose own values these are.
    field: Option<crate::Field>,
}

/// Where a condition stands.
struct Clause<'a> {
    scope: &'a Scope,
    /// Of a HAVING: what is grouped by.
    groups: Option<&'a Groups>,
    /// Why no semi-join can stand here.
    no_semi_join: Option<&'static str>,
}

impl Check<'_> {
    fn error(&mut self, kind: Kind, name: &str, span: Span, message: impl Into<String>) {
        self.problems.push(QueryProblem::new(kind, name, span, message));
    }

    fn select(&mut self, query: &Query, scope: &Scope, place: Place) {
        select::clauses(self, query, scope, place);
        if place == Place::SemiJoin {
            // Its list was judged where the semi-join stands.
        } else if query.is_aggregate() {
            groups::check(self, query, scope);
        } else {
            select::list(self, query, scope);
            select::order(self, query, scope);
        }
        if let Some(filter) = &query.filter {
            let nested = "A semi-join cannot stand within another one.";
            let no_semi_join = (place == Place::SemiJoin).then_some(nested);
            let mut count = 0;
            let clause = Clause { scope, groups: None, no_semi_join };
            self.condition(&clause, filter, &mut count);
        }
    }

    fn condition(&mut self, clause: &Clause<'_>, condition: &Condition, semi_joins: &mut usize) {
        match condition {
            Condition::And(terms) => {
                terms.iter().for_each(|term| self.condition(clause, term, semi_joins));
            }
            Condition::Or(terms) => {
                let why = "A semi-join cannot stand under OR; run two queries.";
                let clause = Clause { no_semi_join: clause.no_semi_join.or(Some(why)), ..*clause };
                terms.iter().for_each(|term| self.condition(&clause, term, semi_joins));
            }
            Condition::Not(inner) => {
                let why = "A semi-join cannot stand after NOT; write NOT IN instead.";
                let clause = Clause { no_semi_join: clause.no_semi_join.or(Some(why)), ..*clause };
                self.condition(&clause, inner, semi_joins);
            }
            Condition::Compare { left, op, value, .. } => {
                if let Some(column) = self.left(clause, left) {
                    compare::one(self, left, &column, *op, value);
                }
            }
            Condition::In { left, negated: _, set, .. } => match set {
                InSet::List(values) => {
                    if let Some(column) = self.left(clause, left) {
                        compare::list(self, left, &column, values);
                    }
                }
                InSet::Query(query) => semi_join::check(self, clause, left, query, semi_joins),
                InSet::Bind(_) => {
                    self.left(clause, left);
                }
            },
            Condition::Includes { left, values, .. } => {
                if clause.groups.is_some() {
                    self.not_grouped(left.last(), left.span());
                } else if let Some(column) = self.field(clause.scope, left) {
                    compare::includes(self, left.span(), &column, values);
                }
            }
        }
    }

    /// What stands left of an operator.
    fn left(&mut self, clause: &Clause<'_>, left: &Expr) -> Option<Column> {
        match (left, clause.groups) {
            (Expr::Call(call), None) if call.has_aggregate() => {
                let message = format!(
                    "{} cannot stand in WHERE, which is decided before rows are aggregated; put it in HAVING.",
                    call.function.name()
                );
                self.error(Kind::Aggregate, call.function.name(), call.span, message);
                None
            }
            (Expr::Call(call), Some(_)) if call.function.is_aggregate() => {
                functions::aggregate(self, clause.scope, call)
            }
            (Expr::Call(call), Some(_)) if call.has_aggregate() => {
                let name = call.function.name();
                let message =
                    format!("{name} can stand in the select list only; compare what is in it.");
                self.error(Kind::Function, name, call.span, message);
                None
            }
            (_, Some(groups)) => {
                let column = groups::member(self, groups, clause.scope, left);
                if let Err(Some(name)) = &column {
                    self.not_grouped(name, left.span());
                }
                column.ok()
            }
            (Expr::Field(path), None) => self.field(clause.scope, path),
            (Expr::Call(call), None) => {
                functions::of_row(self, clause.scope, call, functions::At::Where)
            }
        }
    }

    /// The column of a path; none if it has no meaning, which the bind tells.
    fn field(&mut self, scope: &Scope, path: &sf_soql::ast::Path) -> Option<Column> {
        match scope.field(self.known, path) {
            Ok(bound) => {
                let field = bound.field().cloned();
                Some(Column {
                    name: bound.name().to_owned(),
                    key: bound.path().to_lowercase(),
                    ty: field.as_ref().map_or(FieldType::String, |f| f.ty.clone()),
                    field,
                })
            }
            Err(Failure::Problem(_) | Failure::Needs(_)) => None,
        }
    }

    fn not_grouped(&mut self, name: &str, span: Span) {
        let message = format!(
            "{name} is neither grouped nor aggregated: add it to GROUP BY, or aggregate it."
        );
        self.error(Kind::NotGrouped, name, span, message);
    }
}
