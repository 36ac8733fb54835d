//! Bind: a parsed statement against the schema.
//!
//! [`bind`] takes the one walk over every place of a statement where a name can
//! stand ([`sf_soql::visit::walk`]) and says of each what it means. A [`Bound`]
//! exists only if every name has a meaning, so whoever works on it (the checks of
//! a query, a policy) cannot overlook one. The walk is pure: what it has to know
//! of the org is told by [`needed`] and fetched by [`gather`] before.
//!
//! Choices where the platform's documentation is silent: a prefix that is both
//! the queried object's name or an alias and one of its relationships is
//! refused as ambiguous; an alias of the select list is no name for `ORDER BY`
//! and `HAVING`; behind a polymorphic reference the fields of the entity `Name`
//! can be read and the relationships `Profile` and `UserRole` be followed.

mod field;
mod known;
mod problem;
mod resolve;
mod unknown;
mod walk;

use std::sync::Arc;

use sf_soql::ast::{FieldSet, Query, Search, Span};
use sf_soql::visit::Clause;

pub use field::{BoundField, FieldEnd, FieldRef, Step, Target};
pub use known::{Known, Statement, gather, needed};
pub(crate) use problem::Problems;
pub use problem::{QueryProblem, QueryProblemKind, Severity};
pub(crate) use resolve::{Failure, Scope};
use walk::Walker;

use crate::{ChildRelationship, Object};

/// A statement whose every name has a meaning.
#[derive(Clone, Debug)]
pub struct Bound {
    tree: Tree,
}

/// A statement and what could be bound of it.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    pub(crate) query: Query,
    pub(crate) known: Known,
    pub(crate) selects: Vec<BoundSelect>,
    pub(crate) uses: Vec<Use>,
}

/// One SELECT of a statement: itself, a subquery of children, or the sub-select
/// of a semi-join.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BoundSelect {
    /// The object whose records it reads.
    pub object: Arc<Object>,
    /// How it stands in the SELECT around it.
    pub kind: SelectKind,
    /// Its rows are groups or aggregates, not records.
    pub aggregate: bool,
    /// The SELECT around it, as an index of [`Bound::selects`].
    pub parent: Option<usize>,
    /// From `SELECT` to its end.
    pub span: Span,
}

/// How a SELECT stands in the one around it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SelectKind {
    /// The statement itself.
    Statement,
    /// Children of each record.
    Children(ChildRelationship),
    /// The sub-select of an `IN`: its records are not shown, but decide which are.
    SemiJoin,
}

/// A place where a name stands, and what the name means.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Use {
    /// The SELECT it belongs to, as an index of [`Bound::selects`].
    pub select: usize,
    /// The clause it stands in.
    pub clause: Clause,
    /// The innermost function around it.
    pub function: Option<sf_soql::ast::Function>,
    /// Where it stands in the statement.
    pub span: Span,
    /// What it means.
    pub meaning: Meaning,
}

/// What a name means.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Meaning {
    /// The object of a FROM.
    Object(Arc<Object>),
    /// The relationship of a subquery.
    Children(ChildRelationship),
    /// A further source of a FROM.
    Join {
        /// The relationships on the way.
        steps: Vec<Step>,
        /// Where they lead.
        target: Target,
    },
    /// A field.
    Field(BoundField),
    /// `FIELDS()`: these fields of the SELECT's object.
    Fields(FieldSet, Vec<FieldRef>),
    /// `COUNT()`: rows, and no field.
    Rows,
    /// The relationship of a `TYPEOF`.
    TypeOf {
        /// The relationships on the way, itself included.
        steps: Vec<Step>,
        /// The objects that it may lead to.
        targets: Vec<String>,
    },
    /// The object of a `WHEN`.
    TypeOfObject(Arc<Object>),
    /// A field of a `TYPEOF`.
    TypeOfField {
        /// The object of its `WHEN`; none in `ELSE`.
        object: Option<String>,
        /// The field, with the steps of the relationship before its own.
        field: BoundField,
    },
}

impl Meaning {
    /// The field, if it is one.
    #[must_use]
    pub fn field(&self) -> Option<&BoundField> {
        match self {
            Self::Field(field) | Self::TypeOfField { field, .. } => Some(field),
            _ => None,
        }
    }
}

impl Bound {
    /// The statement.
    #[must_use]
    pub fn query(&self) -> &Query {
        &self.tree.query
    }

    /// Every SELECT of the statement, each before those within it; the first is
    /// the statement itself.
    #[must_use]
    pub fn selects(&self) -> &[BoundSelect] {
        &self.tree.selects
    }

    /// Every place where a name stands, in the order of the walk: each FROM
    /// before the rest of its SELECT.
    #[must_use]
    pub fn uses(&self) -> &[Use] {
        &self.tree.uses
    }

    /// Every field that the org has to read, as object and field, with the place
    /// that asks for it: fields themselves, the parts of compound ones, and the
    /// references followed on the way.
    pub fn reads(&self) -> impl Iterator<Item = (&str, &str, &Use)> {
        self.tree.uses.iter().flat_map(|found| {
            let sets: &[FieldRef] = match &found.meaning {
                Meaning::Fields(_, fields) => fields,
                _ => &[],
            };
            let steps: &[Step] = match &found.meaning {
                Meaning::Join { steps, .. } | Meaning::TypeOf { steps, .. } => steps,
                _ => &[],
            };
            let field = found.meaning.field().into_iter().flat_map(BoundField::reads);
            let set = sets.iter().map(|f| (f.object().name.as_str(), f.field().name.as_str()));
            let way = steps.iter().map(|s| (s.object.as_str(), s.field.as_str()));
            field.chain(set).chain(way).map(move |(object, name)| (object, name, found))
        })
    }

    pub(crate) fn tree(&self) -> &Tree {
        &self.tree
    }
}

/// A search whose every name has a meaning.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BoundSearch {
    /// The entries of `RETURNING`, each as the SELECT that reads the same; their
    /// spans point into the search.
    pub entries: Vec<Bound>,
    /// There is no `RETURNING`: the answer holds ids of every searchable object.
    pub every_object: bool,
}

/// A statement with names that mean nothing.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the statement names what the org does not have or this user cannot see: {}", names(.problems))]
pub struct Unbound {
    problems: Vec<QueryProblem>,
    pub(crate) trees: Vec<Tree>,
}

impl Unbound {
    /// What is wrong with the names, in the order of the statement.
    #[must_use]
    pub fn problems(&self) -> &[QueryProblem] {
        &self.problems
    }
}

fn names(problems: &[QueryProblem]) -> String {
    problems.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Gives every name of `query` its meaning in the schema. Pure: what `known`
/// lacks counts as absent, so ask [`needed`] before, or let [`gather`] fetch it.
///
/// # Errors
/// [`Unbound`] with every name that has none, each with its place, the reason and
/// candidates.
pub fn bind(query: &Query, known: &Known) -> Result<Bound, Unbound> {
    let (tree, problems) = grow(query, known);
    let problems = problems.sorted();
    if problems.is_empty() {
        Ok(Bound { tree })
    } else {
        Err(Unbound { problems, trees: vec![tree] })
    }
}

/// As [`bind`], for the entries of a search's `RETURNING`.
///
/// # Errors
/// As [`bind`]; an object that cannot be searched is one of the problems.
pub fn bind_search(search: &Search, known: &Known) -> Result<BoundSearch, Unbound> {
    let mut trees = Vec::new();
    let mut problems = Problems::default();
    for entry in &search.returning {
        let (tree, found) = grow(&entry.to_query(), known);
        problems.extend(found.sorted());
        if tree.selects.first().is_some_and(|select| !select.object.searchable) {
            let kind = QueryProblemKind::UnknownObject;
            let message = format!("{} cannot be searched; query it instead.", entry.object);
            let span = entry.object.span();
            problems.push(QueryProblem::new(kind, entry.object.as_str(), span, message));
        }
        trees.push(tree);
    }
    let problems = problems.sorted();
    if !problems.is_empty() {
        return Err(Unbound { problems, trees });
    }
    let entries = trees.into_iter().map(|tree| Bound { tree }).collect();
    Ok(BoundSearch { entries, every_object: search.returning.is_empty() })
}

fn grow(query: &Query, known: &Known) -> (Tree, Problems) {
    let mut walker = Walker::over(query, known);
    // Nothing is passed over: what nobody fetched cannot be bound.
    for name in std::mem::take(&mut walker.needs) {
        let kind = QueryProblemKind::UnknownObject;
        let message =
            format!("The describe of {name} is needed for this statement and was not fetched.");
        walker.problems.push(QueryProblem::new(kind, name, query.from.span, message));
    }
    let Walker { selects, uses, problems, .. } = walker;
    (Tree { query: query.clone(), known: known.clone(), selects, uses }, problems)
}
