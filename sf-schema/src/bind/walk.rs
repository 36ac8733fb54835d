//! The one walk that binds: every place of a statement where a name can stand.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use sf_soql::ast::{FieldSet, Path, Query, SelectItem, Span};
use sf_soql::visit::{Place, Reference, ScopeKind, walk};

use super::known::Known;
use super::problem::Problems;
use super::resolve::{Failure, Scope, Segment, split};
use super::{
    BoundField, BoundSelect, FieldRef, Meaning, QueryProblem, QueryProblemKind as Kind, SelectKind,
    Step, Target, Use, unknown,
};

/// Different parents of one SELECT, relationships in one path, and levels of
/// children below the statement (SOQL and SOSL Reference, "Understanding
/// Relationship Query Limitations"; five levels of children since version 58).
const MOST_PARENTS: usize = 55;
const MOST_STEPS: usize = 5;
const MOST_LEVELS: usize = 4;

/// What a walk found.
pub(super) struct Walker<'k> {
    known: &'k Known,
    pub(super) selects: Vec<BoundSelect>,
    pub(super) uses: Vec<Use>,
    pub(super) problems: Problems,
    /// Objects without whose describe a name can be neither bound nor refused.
    pub(super) needs: BTreeSet<String>,
    /// The SELECTs around the current place, outermost first.
    stack: Vec<Option<Level>>,
}

struct Level {
    /// Its index among the selects.
    select: usize,
    scope: Scope,
    /// The relationships followed so far.
    parents: HashSet<String>,
}

impl<'k> Walker<'k> {
    pub(super) fn over(query: &Query, known: &'k Known) -> Self {
        let mut walker = Self {
            known,
            selects: Vec::new(),
            uses: Vec::new(),
            problems: Problems::default(),
            needs: BTreeSet::new(),
            stack: Vec::new(),
        };
        walk(query, &mut |place| walker.place(&place));
        walker
    }

    fn place(&mut self, place: &Place<'_>) {
        let depth = place.scope.depth();
        let bound = match place.reference {
            Reference::Object(_) | Reference::ChildRelationship(_) => {
                self.stack.truncate(depth);
                let level = self.enter(place, depth);
                let level = level.map_err(|failure| self.fail(failure)).ok();
                self.stack.push(level);
                return;
            }
            // Where the SELECT has no object its fields have no meaning; that is
            // reported once, at its FROM.
            reference => match self.stack.get(depth) {
                Some(Some(level)) => meaning(self.known, &level.scope, reference),
                _ => return,
            },
        };
        match bound {
            Ok((meaning, span)) => self.add(place, depth, meaning, span),
            Err(Failure::Problem(problem)) => {
                let aliased = aliased(place, &problem);
                self.problems.push(aliased.unwrap_or(*problem));
            }
            Err(needs) => self.fail(needs),
        }
    }

    fn enter(&mut self, place: &Place<'_>, depth: usize) -> Result<Level, Failure> {
        let query = place.scope.query();
        let name = &query.from.name;
        let parent = self.stack.iter().flatten().last().map(|level| level.select);
        let (object, kind, meaning) = match place.scope.kind() {
            ScopeKind::Child => {
                // Under a SELECT without an object the children are unknown too.
                let Some(Some(around)) = self.stack.last() else {
                    return Err(Failure::Needs(Vec::new()));
                };
                let (child, object) = around.scope.children(self.known, name)?;
                if depth > MOST_LEVELS {
                    let message = "Subqueries of children can be nested four deep, not deeper.";
                    let problem =
                        QueryProblem::new(Kind::TooMuch, name.as_str(), name.span(), message);
                    self.problems.push(problem);
                }
                (object, SelectKind::Children(child.clone()), Meaning::Children(child))
            }
            ScopeKind::SemiJoin | ScopeKind::Statement => {
                let object = Scope::root(self.known, name)?;
                let kind = match place.scope.kind() {
                    ScopeKind::SemiJoin => SelectKind::SemiJoin,
                    _ => SelectKind::Statement,
                };
                (Arc::clone(&object), kind, Meaning::Object(object))
            }
        };
        let select = self.selects.len();
        let scope = Scope::new(self.known, Arc::clone(&object), query);
        self.selects.push(BoundSelect {
            object,
            kind,
            aggregate: query.is_aggregate(),
            parent,
            span: query.span,
        });
        let span = name.span();
        self.uses.push(Use { select, clause: place.clause, function: None, span, meaning });
        Ok(Level { select, scope, parents: HashSet::new() })
    }

    fn add(&mut self, place: &Place<'_>, depth: usize, meaning: Meaning, span: Span) {
        let Some(Some(level)) = self.stack.get_mut(depth) else { return };
        let (steps, branch) = match &meaning {
            Meaning::Field(field) => (field.steps.as_slice(), None),
            Meaning::TypeOfField { object, field } => (field.steps.as_slice(), object.as_deref()),
            Meaning::Join { steps, .. } | Meaning::TypeOf { steps, .. } => (steps.as_slice(), None),
            _ => (&[][..], None),
        };
        let before = level.parents.len();
        let mut key = String::new();
        for step in steps {
            key.push('.');
            key.push_str(&step.relationship.to_ascii_lowercase());
            level.parents.insert(key.clone());
            // Below a branch of TYPEOF a relationship is another one.
            if let Some(object) = branch {
                key.push_str(object);
            }
        }
        if before <= MOST_PARENTS && level.parents.len() > MOST_PARENTS {
            let message = format!(
                "More than {MOST_PARENTS} relationships to parents are followed. Read the rest in a second query."
            );
            self.problems.push(QueryProblem::new(
                Kind::TooMuch,
                key.trim_start_matches('.'),
                span,
                message,
            ));
        }
        let (select, clause, function) = (level.select, place.clause, place.function);
        self.uses.push(Use { select, clause, function, span, meaning });
    }

    fn fail(&mut self, failure: Failure) {
        match failure {
            Failure::Problem(problem) => self.problems.push(*problem),
            Failure::Needs(names) => self.needs.extend(names),
        }
    }
}

/// What is said of an unknown field that is an alias of the select list: the
/// platform knows aliases in its answer only.
fn aliased(place: &Place<'_>, problem: &QueryProblem) -> Option<QueryProblem> {
    let Reference::Field(path) = place.reference else { return None };
    let shown = place.scope.query().select.iter().find_map(|item| match item {
        SelectItem::Call { call, alias: Some(alias) } if path.is(alias.as_str()) => {
            Some(call.to_string())
        }
        SelectItem::Field { path: field, alias: Some(alias) } if path.is(alias.as_str()) => {
            Some(field.to_string())
        }
        _ => None,
    })?;
    if problem.kind != Kind::UnknownField {
        return None;
    }
    let message = format!(
        "{path} is an alias, which only names a column of the answer: repeat {shown} here."
    );
    let found = QueryProblem::new(Kind::UnknownField, path.as_str(), path.span(), message);
    Some(found.replace_by(shown))
}

/// What a name within a SELECT means.
fn meaning(
    known: &Known,
    scope: &Scope,
    reference: Reference<'_>,
) -> Result<(Meaning, Span), Failure> {
    Ok(match reference {
        Reference::Field(path) => (Meaning::Field(scope.field(known, path)?), path.span()),
        Reference::Join(path) => {
            let (steps, target) = scope.relationship(known, path)?;
            (Meaning::Join { steps, target }, path.span())
        }
        Reference::FieldSet(set, span) => (Meaning::Fields(set, fields(&scope.object, set)), span),
        Reference::Rows(span) => (Meaning::Rows, span),
        Reference::TypeOf(path) => {
            let (steps, targets) = polymorphic(known, scope, path)?;
            (Meaning::TypeOf { steps, targets }, path.span())
        }
        Reference::TypeOfObject { relationship, object } => {
            let (_, targets) = polymorphic(known, scope, relationship)?;
            let path = Path::from(object.clone());
            let target = branch(known, &targets, relationship, &path)?;
            (Meaning::TypeOfObject(target), object.span())
        }
        Reference::TypeOfField { relationship, object, path } => {
            let (mut steps, targets) = polymorphic(known, scope, relationship)?;
            let (start, object) = match object {
                Some(object) => {
                    let path = Path::from(object.clone());
                    let object = branch(known, &targets, relationship, &path)?;
                    (Target::Object(Arc::clone(&object)), Some(object.name.clone()))
                }
                None => (Target::Name(targets), None),
            };
            let field = scope.field_from(known, start, &split(path))?;
            steps.extend(field.steps);
            if steps.len() > MOST_STEPS {
                let message =
                    "With the relationship of its TYPEOF this path follows more than five.";
                return Err(
                    QueryProblem::new(Kind::TooMuch, path.as_str(), path.span(), message).into()
                );
            }
            let field = BoundField { steps, end: field.end };
            (Meaning::TypeOfField { object, field }, path.span())
        }
        // These open a SELECT and are handled where it is entered.
        Reference::Object(_) | Reference::ChildRelationship(_) => {
            return Err(Failure::Needs(Vec::new()));
        }
    })
}

/// The targets of the relationship of a `TYPEOF`.
fn polymorphic(
    known: &Known,
    scope: &Scope,
    path: &Path,
) -> Result<(Vec<Step>, Vec<String>), Failure> {
    let (steps, target) = scope.relationship(known, path)?;
    let at = last(path);
    match target {
        Target::Name(targets) => Ok((steps, targets)),
        Target::Object(object) => Err(unknown::not_polymorphic(&at, &object.name).into()),
    }
}

/// The object of a `WHEN`.
fn branch(
    known: &Known,
    targets: &[String],
    relationship: &Path,
    name: &Path,
) -> Result<Arc<crate::Object>, Failure> {
    let Some(target) = targets.iter().find(|target| name.is(target)) else {
        return Err(unknown::not_a_target(&last(name), relationship.last(), targets).into());
    };
    Scope::root(known, &Path::new(target).unwrap_or_else(|_| name.clone())).map_err(|failure| {
        match failure {
            // Told where it stands.
            Failure::Problem(problem) => {
                QueryProblem { range: name.span().range(), ..*problem }.into()
            }
            needs @ Failure::Needs(_) => needs,
        }
    })
}

fn last(path: &Path) -> Segment {
    let whole = Segment { name: path.last().to_owned(), span: path.span() };
    split(path).pop().unwrap_or(whole)
}

fn fields(object: &Arc<crate::Object>, set: FieldSet) -> Vec<FieldRef> {
    let wanted = |custom: bool| match set {
        FieldSet::All => true,
        FieldSet::Standard => !custom,
        FieldSet::Custom => custom,
    };
    let names = object.fields.iter().filter(|f| wanted(f.custom)).map(|f| f.name.as_str());
    names.filter_map(|name| FieldRef::find(object, name)).collect()
}
