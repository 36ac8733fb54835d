//! The names of a statement against the schema: which do not exist, and what was probably meant.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use sf_soql::ast::{Path, Query, SelectItem};
use sf_soql::visit::{Clause, Place, Reference, Scope, ScopeKind, walk};

use crate::{Catalog, Error, FieldType, Object};

/// A name in a statement that the schema does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NameProblem {
    /// The name as written.
    pub name: String,
    /// Where it stands, in bytes of the statement.
    pub range: Range<usize>,
    /// What is wrong and what to do, in a sentence.
    pub message: String,
    /// Names that were probably meant, best first.
    pub suggestions: Vec<String>,
}

impl std::fmt::Display for NameProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.name, self.message)
    }
}

/// Finds every object, relationship and field of `query` that the schema does
/// not have; all at once, in the order of the statement.
///
/// Describes of the objects that the statement touches are fetched if they are
/// not cached. Fields behind a reference to several objects are not checked.
///
/// # Errors
/// [`Error::Fetch`] if a describe could not be fetched.
pub async fn check_names(catalog: &Catalog, query: &Query) -> Result<Vec<NameProblem>, Error> {
    let mut facts = Vec::new();
    walk(query, &mut |place| facts.extend(Fact::of(&place)));
    let mut check = Check { catalog, objects: HashMap::new(), problems: Vec::new() };
    for fact in &facts {
        check.fact(fact).await?;
    }
    Ok(check.problems)
}

/// What a place says, without the tree it stands in.
struct Fact {
    /// The object at the root of the SELECT, then the child relationships down to it.
    source: Vec<String>,
    kind: Kind,
    name: String,
    range: Range<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Object,
    Child,
    Field,
    Relationship,
}

impl Fact {
    fn of(place: &Place<'_>) -> Option<Self> {
        let scope = place.scope;
        let (kind, path) = match place.reference {
            Reference::Object(path) => (Kind::Object, path),
            Reference::ChildRelationship(path) => (Kind::Child, path),
            Reference::Field(path) if !is_alias(scope, place.clause, path) => (Kind::Field, path),
            Reference::TypeOf(path) => (Kind::Relationship, path),
            _ => return None,
        };
        let name = match kind {
            Kind::Field | Kind::Relationship => relative(scope, path)?,
            Kind::Child => path.last().to_owned(),
            Kind::Object => path.as_str().to_owned(),
        };
        Some(Self { source: source(scope), kind, name, range: path.span().range() })
    }
}

/// `ORDER BY n` and `HAVING n > 1` may name an alias of the select list.
fn is_alias(scope: &Scope<'_>, clause: Clause, path: &Path) -> bool {
    matches!(clause, Clause::Having | Clause::OrderBy | Clause::GroupBy)
        && scope.query().select.iter().any(|item| match item {
            SelectItem::Field { alias, .. } | SelectItem::Call { alias, .. } => {
                alias.as_ref().is_some_and(|alias| path.is(alias.as_str()))
            }
            _ => false,
        })
}

/// The path without the source's own name or alias before it; none if it starts at a join.
fn relative(scope: &Scope<'_>, path: &Path) -> Option<String> {
    let query = scope.query();
    if query.joins.iter().any(|join| {
        join.alias.as_ref().is_some_and(|a| a.is(path.first())) || join.name.last() == path.first()
    }) {
        return None;
    }
    let own = query.from.alias.as_ref().is_some_and(|a| a.is(path.first()))
        || query.from.name.last().eq_ignore_ascii_case(path.first());
    match path.without_first() {
        Some(rest) if own => Some(rest.as_str().to_owned()),
        _ => Some(path.as_str().to_owned()),
    }
}

fn source(scope: &Scope<'_>) -> Vec<String> {
    let mut names = Vec::new();
    let mut at = Some(scope);
    while let Some(scope) = at {
        let from = &scope.query().from.name;
        let child = scope.kind() == ScopeKind::Child;
        names.push(if child { from.last().to_owned() } else { from.as_str().to_owned() });
        at = if child { scope.parent() } else { None };
    }
    names.reverse();
    names
}

struct Check<'a> {
    catalog: &'a Catalog,
    objects: HashMap<Vec<String>, Option<Arc<Object>>>,
    problems: Vec<NameProblem>,
}

impl Check<'_> {
    async fn fact(&mut self, fact: &Fact) -> Result<(), Error> {
        match fact.kind {
            Kind::Object => self.root(fact).await,
            Kind::Child => self.child(fact).await,
            Kind::Field | Kind::Relationship => self.path(fact).await,
        }
    }

    async fn root(&mut self, fact: &Fact) -> Result<(), Error> {
        let found = match self.catalog.object(&fact.name).await {
            Ok(object) => Some(object),
            Err(Error::UnknownObject { candidates, .. }) => {
                let message = match candidates.first() {
                    Some(near) => format!("There is no such object. Did you mean {near}?"),
                    None => "There is no object of this name that this user can see.".to_owned(),
                };
                self.add(fact, &fact.name, message, candidates);
                None
            }
            Err(other) => return Err(other),
        };
        self.objects.insert(fact.source.clone(), found);
        Ok(())
    }

    async fn child(&mut self, fact: &Fact) -> Result<(), Error> {
        let Some((_, parent)) = fact.source.split_last() else { return Ok(()) };
        let Some(Some(parent)) = self.objects.get(parent).cloned() else { return Ok(()) };
        let found = match parent.child(&fact.name) {
            Some(child) => self.catalog.object(&child.object).await.ok(),
            None => {
                let names = parent.children.iter().filter_map(|c| c.name.as_deref());
                let mut near = crate::suggest(&fact.name, names);
                let by_object = parent
                    .children
                    .iter()
                    .filter(|c| c.object.eq_ignore_ascii_case(&fact.name))
                    .filter_map(|c| c.name.clone());
                for name in by_object {
                    near.retain(|n| *n != name);
                    near.insert(0, name);
                }
                let message = match near.first() {
                    Some(name) => format!(
                        "{} has no child relationship of this name. Did you mean {name}?",
                        parent.name
                    ),
                    None => format!("{} has no child relationship of this name.", parent.name),
                };
                self.add(fact, &fact.name, message, near);
                None
            }
        };
        self.objects.insert(fact.source.clone(), found);
        Ok(())
    }

    async fn path(&mut self, fact: &Fact) -> Result<(), Error> {
        let Some(Some(object)) = self.objects.get(&fact.source).cloned() else { return Ok(()) };
        let mut object = object;
        let mut segments = fact.name.split('.').peekable();
        while let Some(segment) = segments.next() {
            let last = segments.peek().is_none();
            if last && fact.kind == Kind::Field {
                self.field(fact, &object, segment);
                return Ok(());
            }
            let Some(reference) = object.parent(segment) else {
                let part = object.field(segment);
                // The parts of a compound field are not relationships.
                if !part.is_some_and(|f| matches!(f.ty, FieldType::Address | FieldType::Location)) {
                    self.relationship(fact, &object, segment);
                }
                return Ok(());
            };
            // Behind a polymorphic reference stands the object Name, or any of several.
            let [target] = reference.reference_to.as_slice() else { return Ok(()) };
            match self.catalog.object(target).await {
                Ok(next) => object = next,
                Err(Error::UnknownObject { .. }) => return Ok(()),
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    fn field(&mut self, fact: &Fact, object: &Object, name: &str) {
        // A describe without fields says nothing about which there are.
        if object.fields.is_empty() || object.field(name).is_some() {
            return;
        }
        let mut near = object.suggest_fields(name);
        let mut message = format!("{} has no field {name}.", object.name);
        if let Some(reference) = object.parent(name) {
            near = vec![format!("{name}.Name"), reference.name.clone()];
            message = format!(
                "{name} is a relationship, not a field: select a field through it, or {} itself.",
                reference.name
            );
        } else if let Some(child) = object.child(name) {
            message = format!(
                "{name} holds child records: select them as (SELECT Id FROM {name}), or query {}.",
                child.object
            );
            near.clear();
        } else if let Some(first) = near.first() {
            message.push_str(&format!(" Did you mean {first}?"));
        }
        self.add(fact, name, message, near);
    }

    fn relationship(&mut self, fact: &Fact, object: &Object, name: &str) {
        let mut message = format!("{} has no relationship {name} to follow.", object.name);
        let near = match object.field(name).and_then(|f| f.relationship_name.clone()) {
            Some(relationship) => vec![relationship],
            None => {
                let names = object.fields.iter().filter_map(|f| f.relationship_name.as_deref());
                crate::suggest(name, names)
            }
        };
        if let Some(first) = near.first() {
            message.push_str(&format!(" Did you mean {first}?"));
        }
        self.add(fact, name, message, near);
    }

    fn add(&mut self, fact: &Fact, name: &str, message: String, suggestions: Vec<String>) {
        let problem =
            NameProblem { name: name.to_owned(), range: fact.range.clone(), message, suggestions };
        // The same wrong name in SELECT and ORDER BY is one thing to mend.
        if !self.problems.iter().any(|p| p.name == problem.name && p.message == problem.message) {
            self.problems.push(problem);
        }
    }
}
