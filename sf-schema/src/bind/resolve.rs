//! Names against the schema: the one place that knows what a path means.

use std::sync::Arc;

use sf_soql::ast::{Path, Query, Source, Span};

use super::known::{Known, Lookup};
use super::unknown;
use super::{BoundField, FieldEnd, FieldRef, QueryProblem, QueryProblemKind, Step, Target};
use crate::{ChildRelationship, Object};

/// Relationships that a path may follow (SOQL and SOSL Reference,
/// "Understanding Relationship Query Limitations").
const MOST_STEPS: usize = 5;

/// Targets of a polymorphic reference that are described to find out which of
/// them has a field. `Owner` has two, `Who` two, `What` about forty in a real
/// org, whose describes are megabytes; of those only the entity `Name` is asked.
const MOST_TARGETS: usize = 12;

/// Fields of the entity `Name` (Salesforce Object Reference, "Name").
const NAME_FIELDS: [&str; 13] = [
    "Id",
    "Name",
    "FirstName",
    "LastName",
    "Alias",
    "Email",
    "Username",
    "Phone",
    "Title",
    "IsActive",
    "ProfileId",
    "UserType",
    "Type",
];

/// Relationships of the entity `Name`, with field and object.
const NAME_RELATIONSHIPS: [(&str, &str, &str); 2] =
    [("Profile", "ProfileId", "Profile"), ("UserRole", "UserRoleId", "UserRole")];

/// Why a name has no meaning.
pub(crate) enum Failure {
    /// It has none.
    Problem(Box<QueryProblem>),
    /// It may have one: these objects have to be described first.
    Needs(Vec<String>),
}

impl From<QueryProblem> for Failure {
    fn from(problem: QueryProblem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

/// A name of a path and where it stands.
#[derive(Clone)]
pub(crate) struct Segment {
    pub(crate) name: String,
    pub(crate) span: Span,
}

/// The names of one SELECT: its object, and what aliases stand for.
#[derive(Clone)]
pub(crate) struct Scope {
    pub(crate) object: Arc<Object>,
    /// A first name, and the relationships that it stands for.
    aliases: Vec<(String, Vec<Segment>)>,
}

impl Scope {
    /// The scope of `query`, which reads `object`. Joins that cannot be
    /// followed are reported where they stand, not here.
    pub(crate) fn new(known: &Known, object: Arc<Object>, query: &Query) -> Self {
        let mut scope = Self { aliases: vec![(object.name.clone(), Vec::new())], object };
        scope.aliases.extend(query.from.alias.iter().map(|a| (a.to_string(), Vec::new())));
        for Source { name, alias, .. } in &query.joins {
            if let (Ok(segments), Some(alias)) = (scope.segments(name), alias)
                && scope.follow(known, Target::Object(Arc::clone(&scope.object)), &segments).is_ok()
            {
                scope.aliases.push((alias.to_string(), segments));
            }
        }
        scope
    }

    /// The names of a path without the alias in front.
    pub(crate) fn segments(&self, path: &Path) -> Result<Vec<Segment>, Failure> {
        let mut segments = split(path);
        let [first, _, ..] = segments.as_slice() else { return Ok(segments) };
        let same = |name: &String| name.eq_ignore_ascii_case(&first.name);
        let mut meanings = self.aliases.iter().filter(|(name, _)| same(name));
        let Some((_, meant)) = meanings.next() else { return Ok(segments) };
        let twice = meanings.any(|(_, other)| !other.is_empty() || !meant.is_empty());
        if twice || self.object.parent(&first.name).is_some() {
            return Err(unknown::ambiguous(&self.object, first).into());
        }
        segments.splice(..1, meant.iter().cloned());
        Ok(segments)
    }

    /// The field that a path of this SELECT names.
    pub(crate) fn field(&self, known: &Known, path: &Path) -> Result<BoundField, Failure> {
        self.field_from(known, Target::Object(Arc::clone(&self.object)), &self.segments(path)?)
    }

    /// Where the relationships of a path of this SELECT lead.
    pub(crate) fn relationship(
        &self,
        known: &Known,
        path: &Path,
    ) -> Result<(Vec<Step>, Target), Failure> {
        let segments = self.segments(path)?;
        self.follow(known, Target::Object(Arc::clone(&self.object)), &segments)
    }

    /// The field at the end of `segments` from `start`.
    pub(crate) fn field_from(
        &self,
        known: &Known,
        start: Target,
        segments: &[Segment],
    ) -> Result<BoundField, Failure> {
        let Some((last, relationships)) = segments.split_last() else {
            return Err(Failure::Needs(Vec::new()));
        };
        let (steps, target) = self.follow(known, start, relationships)?;
        let end = match target {
            Target::Object(object) => match FieldRef::find(&object, &last.name) {
                Some(field) => FieldEnd::Field(field),
                None => return Err(unknown::field(known, &object, last).into()),
            },
            Target::Name(targets) => name_field(known, targets, last)?,
        };
        Ok(BoundField { steps, end })
    }

    /// Follows relationships from `start`.
    pub(crate) fn follow(
        &self,
        known: &Known,
        start: Target,
        relationships: &[Segment],
    ) -> Result<(Vec<Step>, Target), Failure> {
        if let Some(beyond) = relationships.get(MOST_STEPS) {
            let count = relationships.len();
            let message = format!(
                "This path follows {count} relationships; at most {MOST_STEPS} can be followed. Query the object nearer to the field, or read the rest by id in a second query."
            );
            let kind = QueryProblemKind::TooMuch;
            return Err(QueryProblem::new(kind, &*beyond.name, beyond.span, message).into());
        }
        let mut steps = Vec::with_capacity(relationships.len());
        let mut at = start;
        for relationship in relationships {
            let (step, next) = match &at {
                Target::Object(object) => step(known, object, relationship)?,
                Target::Name(targets) => name_step(known, targets, relationship)?,
            };
            steps.push(step);
            at = next;
        }
        Ok((steps, at))
    }

    /// The object of a semi-join or of the statement itself.
    pub(crate) fn root(known: &Known, name: &Path) -> Result<Arc<Object>, Failure> {
        match known.lookup(name.as_str()) {
            Lookup::Object(object) if object.queryable => Ok(Arc::clone(object)),
            Lookup::Object(object) => Err(unknown::not_queryable(object, name).into()),
            Lookup::Absent(candidates) => Err(unknown::object(name, candidates).into()),
            Lookup::NotAsked => Err(Failure::Needs(vec![name.to_string()])),
        }
    }

    /// The children that a subquery of this SELECT reads.
    pub(crate) fn children(
        &self,
        known: &Known,
        name: &Path,
    ) -> Result<(ChildRelationship, Arc<Object>), Failure> {
        let mut segments = split(name);
        let Some(last) = segments.pop() else { return Err(Failure::Needs(Vec::new())) };
        if let Some(first) = segments.first() {
            let own = |(alias, meant): &(String, Vec<Segment>)| {
                meant.is_empty() && alias.eq_ignore_ascii_case(&first.name)
            };
            if segments.len() > 1 || !self.aliases.iter().any(own) {
                return Err(unknown::child_path(&self.object, first, &last).into());
            }
        }
        let Some(child) = self.object.child(&last.name) else {
            return Err(unknown::child(&self.object, &last).into());
        };
        match known.lookup(&child.object) {
            Lookup::Object(object) => Ok((child.clone(), Arc::clone(object))),
            Lookup::Absent(_) => Err(unknown::hidden(&last, &child.object).into()),
            Lookup::NotAsked => Err(Failure::Needs(vec![child.object.clone()])),
        }
    }
}

/// The names of a path with the place of each.
pub(crate) fn split(path: &Path) -> Vec<Segment> {
    let span = path.span();
    // A path written with blanks around its dots is longer than its text.
    let exact = span.end() - span.start() == path.as_str().len();
    let mut at = span.start();
    path.segments()
        .map(|name| {
            let start = at;
            at += name.len() + 1;
            let span = if exact { Span::new(start, start + name.len()) } else { span };
            Segment { name: name.to_owned(), span }
        })
        .collect()
}

fn step(known: &Known, object: &Arc<Object>, at: &Segment) -> Result<(Step, Target), Failure> {
    let Some(field) = object.parent(&at.name) else {
        return Err(unknown::relationship(known, object, at).into());
    };
    let step = Step {
        object: object.name.clone(),
        field: field.name.clone(),
        relationship: field.relationship_name.clone().unwrap_or_else(|| at.name.clone()),
        targets: field.reference_to.clone(),
    };
    let target = match field.reference_to.as_slice() {
        [] => return Err(unknown::hidden(at, "its target").into()),
        [one] => Target::Object(described(known, one, at)?),
        many => Target::Name(many.to_vec()),
    };
    Ok((step, target))
}

fn described(known: &Known, name: &str, at: &Segment) -> Result<Arc<Object>, Failure> {
    match known.lookup(name) {
        Lookup::Object(object) => Ok(Arc::clone(object)),
        Lookup::Absent(_) => Err(unknown::hidden(at, name).into()),
        Lookup::NotAsked => Err(Failure::Needs(vec![name.to_owned()])),
    }
}

fn name_step(known: &Known, targets: &[String], at: &Segment) -> Result<(Step, Target), Failure> {
    let found = NAME_RELATIONSHIPS
        .iter()
        .find(|(name, _, _)| name.eq_ignore_ascii_case(&at.name))
        // They are the user's: a reference that leads to no user has none.
        .filter(|_| targets.iter().any(|target| target == "User"));
    let Some((relationship, field, object)) = found else {
        return Err(unknown::beyond_name(targets, at).into());
    };
    let step = Step {
        object: "Name".to_owned(),
        field: (*field).to_owned(),
        relationship: (*relationship).to_owned(),
        targets: vec![(*object).to_owned()],
    };
    Ok((step, Target::Object(described(known, object, at)?)))
}

fn name_field(known: &Known, targets: Vec<String>, at: &Segment) -> Result<FieldEnd, Failure> {
    let Some(name) = NAME_FIELDS.iter().find(|name| name.eq_ignore_ascii_case(&at.name)) else {
        return Err(unknown::name_field(&targets, &NAME_FIELDS, at).into());
    };
    if *name == "Type" || targets.len() > MOST_TARGETS {
        return Ok(FieldEnd::Name { name: (*name).to_owned(), targets, fields: Vec::new() });
    }
    let (mut fields, mut having, mut needs) = (Vec::new(), Vec::new(), Vec::new());
    for target in &targets {
        match known.lookup(target) {
            Lookup::Object(object) => {
                if let Some(field) = naming(object, name) {
                    fields.push(field);
                    having.push(target.clone());
                }
            }
            // Nobody can tell whether it has the field.
            Lookup::Absent(_) => having.push(target.clone()),
            Lookup::NotAsked => needs.push(target.clone()),
        }
    }
    if !needs.is_empty() {
        return Err(Failure::Needs(needs));
    }
    if fields.is_empty() {
        return Err(unknown::name_field(&targets, &NAME_FIELDS, at).into());
    }
    Ok(FieldEnd::Name { name: (*name).to_owned(), targets: having, fields })
}

/// The entity's `Name` is whatever names the record: the number of a case.
fn naming(object: &Arc<Object>, name: &str) -> Option<FieldRef> {
    FieldRef::find(object, name).or_else(|| {
        let own = object.fields.iter().find(|f| f.name_field && name == "Name")?;
        FieldRef::find(object, &own.name)
    })
}
