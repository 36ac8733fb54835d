//! What is said of a name that cannot be bound.

use sf_soql::ast::Path;

use super::known::Known;
use super::resolve::Segment;
use super::{QueryProblem, QueryProblemKind as Kind};
use crate::suggest::{Candidate, Item, Reason, rank};
use crate::{FieldType, Object};

fn problem(kind: Kind, at: &Segment, message: impl Into<String>) -> QueryProblem {
    QueryProblem::new(kind, &*at.name, at.span, message)
}

pub(super) fn object(name: &Path, candidates: &[String]) -> QueryProblem {
    let candidates: Vec<Candidate> = candidates
        .iter()
        .map(|candidate| {
            let found = rank(name.as_str(), [Item::new(candidate)]).into_iter().next();
            found.unwrap_or_else(|| Candidate::new(&**candidate, Reason::Label))
        })
        .collect();
    let message = if candidates.is_empty() {
        "There is no object of this name that this user can see."
    } else {
        "There is no such object."
    };
    QueryProblem::new(Kind::UnknownObject, name.as_str(), name.span(), message).meant(candidates)
}

pub(super) fn not_queryable(object: &Object, name: &Path) -> QueryProblem {
    let message = format!("{} cannot be queried.", object.name);
    QueryProblem::new(Kind::UnknownObject, name.as_str(), name.span(), message)
}

/// An object that a reference leads to and that the org does not describe to
/// this user.
pub(super) fn hidden(at: &Segment, object: &str) -> QueryProblem {
    let message = format!(
        "{} leads to {object}, which this user cannot see, so nothing can be selected there.",
        at.name
    );
    problem(Kind::UnknownRelationship, at, message)
}

pub(super) fn ambiguous(object: &Object, at: &Segment) -> QueryProblem {
    let message = format!(
        "{0} is both a name of the queried object or of a join and a relationship of {1}. Give the object another alias and write that, or leave the prefix out.",
        at.name, object.name
    );
    problem(Kind::Ambiguous, at, message)
}

pub(super) fn field(known: &Known, object: &Object, at: &Segment) -> QueryProblem {
    let name = &at.name;
    if object.fields.is_empty() {
        let message =
            format!("The describe of {} lists no field that this user can see.", object.name);
        return problem(Kind::UnknownField, at, message);
    }
    if let Some(reference) = object.parent(name) {
        let message = format!(
            "{name} is a relationship, not a field: select a field through it, or {} itself.",
            reference.name
        );
        let mut found = problem(Kind::UnknownField, at, message);
        let same = |text: String| Candidate::new(text, Reason::SameThing);
        found.candidates = vec![same(format!("{name}.Name")), same(reference.name.clone())];
        return found;
    }
    if let Some(child) = object.child(name) {
        let message = format!(
            "{name} holds child records: select them as (SELECT Id FROM {name}), or query {}.",
            child.object
        );
        return problem(Kind::UnknownField, at, message);
    }
    let message = format!("{} has no field {name}.", object.name);
    problem(Kind::UnknownField, at, message).meant(rank(name, known.fields(object)))
}

pub(super) fn relationship(known: &Known, object: &Object, at: &Segment) -> QueryProblem {
    let name = &at.name;
    let field = object.field(name);
    if let Some(field) = field.filter(|f| matches!(f.ty, FieldType::Address | FieldType::Location))
    {
        let parts = object.fields.iter().filter(|f| f.compound.as_deref() == Some(&field.name));
        let names: Vec<&str> = parts.map(|f| f.name.as_str()).collect();
        let message = format!(
            "{} is a compound field, whose parts are fields of {} itself: {}.",
            field.name,
            object.name,
            names.join(", ")
        );
        return problem(Kind::UnknownRelationship, at, message);
    }
    if let Some(child) = object.child(name) {
        let message = format!(
            "{name} leads to many {} records, not to one parent: select them as (SELECT Id FROM {name}).",
            child.object
        );
        return problem(Kind::UnknownRelationship, at, message);
    }
    let message = format!("{} has no relationship {name} to follow.", object.name);
    let candidates = match field.and_then(|f| f.relationship_name.clone()) {
        Some(relationship) => vec![Candidate::new(relationship, Reason::SameThing)],
        None => rank(name, relationships(known, object)),
    };
    problem(Kind::UnknownRelationship, at, message).meant(candidates)
}

fn relationships<'a>(known: &'a Known, object: &'a Object) -> Vec<Item<'a>> {
    let fields = object.fields.iter().zip(known.fields(object));
    fields
        .filter_map(|(field, item)| {
            Some(Item { name: field.relationship_name.as_deref()?, ..item })
        })
        .collect()
}

pub(super) fn child(object: &Object, at: &Segment) -> QueryProblem {
    let named = object.children.iter().filter_map(|c| Some((c.name.as_deref()?, c)));
    let of_object = named.clone().filter(|(_, c)| c.object.eq_ignore_ascii_case(&at.name));
    let mut candidates: Vec<Candidate> =
        of_object.map(|(name, _)| Candidate::new(name, Reason::SameThing)).collect();
    for near in rank(&at.name, named.map(|(name, _)| Item::new(name))) {
        if !candidates.iter().any(|c| c.name == near.name) {
            candidates.push(near);
        }
    }
    candidates.truncate(5);
    let message = format!("{} has no child relationship of this name.", object.name);
    problem(Kind::UnknownChild, at, message).meant(candidates)
}

pub(super) fn child_path(object: &Object, first: &Segment, last: &Segment) -> QueryProblem {
    let message = format!(
        "A subquery reads children of {} itself: name the relationship alone, as in (SELECT Id FROM {}).",
        object.name, last.name
    );
    problem(Kind::UnknownChild, first, message)
}

pub(super) fn name_field(targets: &[String], fields: &[&str], at: &Segment) -> QueryProblem {
    let shown = listed(targets);
    let message = format!(
        "Behind a reference to {shown} only the fields that name a record can be read. For {} select it in TYPEOF … WHEN, or query the object itself.",
        at.name
    );
    let mut found = problem(Kind::UnknownField, at, message);
    found.candidates = rank(&at.name, fields.iter().map(|name| Item::new(name)));
    found
}

pub(super) fn beyond_name(targets: &[String], at: &Segment) -> QueryProblem {
    let message = format!(
        "Behind a reference to {} no relationship {} can be followed. Select what it leads to in TYPEOF … WHEN, or query the object itself.",
        listed(targets),
        at.name
    );
    problem(Kind::UnknownRelationship, at, message)
}

pub(super) fn not_polymorphic(at: &Segment, target: &str) -> QueryProblem {
    let message = format!(
        "{0} leads to {target} only, so TYPEOF has nothing to decide: select {0}.Name and the like.",
        at.name
    );
    problem(Kind::Clause, at, message)
}

pub(super) fn not_a_target(at: &Segment, relationship: &str, targets: &[String]) -> QueryProblem {
    let message =
        format!("{relationship} never leads to {}; it leads to {}.", at.name, listed(targets));
    let candidates = rank(&at.name, targets.iter().map(|name| Item::new(name)));
    problem(Kind::UnknownObject, at, message).meant(candidates)
}

/// `Group or User`; of many the first ones.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 4;
    match names.len().checked_sub(SHOWN) {
        Some(more @ 1..) => format!("{} or {more} more", names[..SHOWN].join(", ")),
        _ => names.join(" or "),
    }
}
