//! One thing that is wrong with a statement, or that is worth a second look.

use std::fmt;
use std::ops::Range;

use sf_soql::ast::Span;

use crate::suggest::Candidate;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The org runs the statement, though probably not as it is meant.
    Warning,
    /// The org refuses the statement.
    Error,
}

/// What kind of thing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum QueryProblemKind {
    /// No object of this name, or none that this user can see or query.
    UnknownObject,
    /// The object has no such field.
    UnknownField,
    /// The object has no such relationship to a parent.
    UnknownRelationship,
    /// The object has no such relationship to children.
    UnknownChild,
    /// The name stands for two things.
    Ambiguous,
    /// The value is of another type than the field.
    WrongType,
    /// The operator does not go with the field's type.
    WrongOperator,
    /// The field cannot stand in WHERE.
    NotFilterable,
    /// The field cannot stand in ORDER BY.
    NotSortable,
    /// The field cannot stand in GROUP BY.
    NotGroupable,
    /// The field does not go with the aggregate function.
    NotAggregatable,
    /// The field is neither grouped nor aggregated.
    NotGrouped,
    /// An aggregate stands where none can.
    Aggregate,
    /// The function does not go with the field, or cannot stand here.
    Function,
    /// The same thing is selected twice.
    Duplicate,
    /// A rule of semi-joins is broken.
    SemiJoin,
    /// A clause that does not go with the rest.
    Clause,
    /// More than the platform takes.
    TooMuch,
    /// Only Apex takes it.
    ApexOnly,
    /// Not an id, or one of another object.
    WrongId,
    /// The picklist has no such value.
    UnknownValue,
    /// A large object is read without a limit.
    NoLimit,
    /// The filter cannot use an index of a large object.
    Unselective,
}

/// One thing that is wrong with a statement, or worth a second look.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueryProblem {
    /// What kind of thing.
    pub kind: QueryProblemKind,
    /// Whether the org refuses the statement for it.
    pub severity: Severity,
    /// What stands there, as written.
    pub name: String,
    /// Where it stands, in bytes of the statement.
    pub range: Range<usize>,
    /// Where the same problem stands again.
    pub also: Vec<Range<usize>>,
    /// What is wrong and what to do, in a sentence or two.
    pub message: String,
    /// The text to put at `range`, if putting it there mends the statement.
    pub replacement: Option<String>,
    /// Names or values that were probably meant, best first.
    pub candidates: Vec<Candidate>,
}

impl QueryProblem {
    pub(crate) fn new(
        kind: QueryProblemKind,
        name: impl Into<String>,
        span: Span,
        message: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            severity: Severity::Error,
            name: name.into(),
            range: span.range(),
            also: Vec::new(),
            message: message.into(),
            replacement: None,
            candidates: Vec::new(),
        }
    }

    pub(crate) fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    pub(crate) fn replace_by(mut self, text: impl Into<String>) -> Self {
        self.replacement = Some(text.into());
        self
    }

    /// Candidates, the first of which mends the statement if it is put there
    /// and is asked for in the message.
    pub(crate) fn meant(mut self, candidates: Vec<Candidate>) -> Self {
        if let Some(first) = candidates.first() {
            self.message.push_str(&format!(" Did you mean {}?", first.name));
            // The place of a path with blanks around its dots is the whole path, and
            // a tree made by hand has no places.
            let exact = self.range.len() == self.name.len();
            self.replacement = exact.then(|| first.name.clone());
        }
        self.candidates = candidates;
        self
    }

    /// Whether the org refuses the statement for it.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for QueryProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Problems in the order of the statement. A name that is wrong in SELECT and
/// again in ORDER BY is one thing to mend.
#[derive(Debug, Clone, Default)]
pub(crate) struct Problems(Vec<QueryProblem>);

impl Problems {
    pub(crate) fn push(&mut self, problem: QueryProblem) {
        let same = |p: &&mut QueryProblem| {
            p.name == problem.name && p.kind == problem.kind && p.message == problem.message
        };
        match self.0.iter_mut().find(same) {
            Some(known) if known.range == problem.range || known.also.contains(&problem.range) => {}
            Some(known) => known.also.push(problem.range),
            None => self.0.push(problem),
        }
    }

    pub(crate) fn extend(&mut self, problems: impl IntoIterator<Item = QueryProblem>) {
        problems.into_iter().for_each(|problem| self.push(problem));
    }

    /// By place, errors before warnings at the same place.
    pub(crate) fn sorted(mut self) -> Vec<QueryProblem> {
        self.0.sort_by_key(|p| (p.range.start, p.range.end, std::cmp::Reverse(p.severity)));
        self.0
    }
}
