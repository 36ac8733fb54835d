//! A path over relationships, as people write it.

use std::fmt;
use std::sync::Arc;

use super::resolve::{Resolution, resolve};
use crate::suggest::{Candidate, Item};
use crate::{BoundField, FieldEnd, FieldRef, Known, Object, Step, Target};

/// Relationships that a path may follow (SOQL and SOSL Reference,
/// "Understanding Relationship Query Limitations").
const MOST_STEPS: usize = 5;

/// What a path means.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResolvedPath {
    /// The path from the object, in API names: `Account__r.Owner.Email`.
    pub api: String,
    /// Where it ends.
    pub end: PathEnd,
}

/// Where a path ends.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathEnd {
    /// A field of one object, with the relationships on the way.
    Field(BoundField),
    /// A field of the entity `Name`, behind a reference to these objects; it is
    /// for the bind of the whole statement to say whether they have it.
    Name(Vec<String>),
}

/// Why a path means nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathProblem {
    /// These objects have to be described first; add them to [`Known`] and ask
    /// again.
    Needs(Vec<String>),
    /// The path follows this many relationships, more than can be followed.
    TooLong(usize),
    /// A name of the path means nothing.
    Unknown {
        /// The object on which it was looked for.
        object: String,
        /// The name, as written.
        name: String,
        /// The names that come nearest, best first.
        candidates: Vec<Candidate>,
    },
    /// A name of the path means several things equally well.
    Ambiguous {
        /// The object on which it was looked for.
        object: String,
        /// The name, as written.
        name: String,
        /// What it may mean.
        candidates: Vec<Candidate>,
    },
}

impl fmt::Display for PathProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |list: &[Candidate]| {
            list.iter().map(|c| format!("{} ({})", c.name, c.reason)).collect::<Vec<_>>().join(", ")
        };
        match self {
            Self::Needs(objects) => {
                write!(f, "The describes of {} are needed first.", objects.join(", "))
            }
            Self::TooLong(steps) => write!(
                f,
                "This path follows {steps} relationships; at most {MOST_STEPS} can be followed."
            ),
            Self::Unknown { object, name, candidates } if candidates.is_empty() => {
                write!(f, "{object} has nothing called {name:?}.")
            }
            Self::Unknown { object, name, candidates } => {
                write!(f, "{object} has nothing called {name:?}. Nearest: {}.", names(candidates))
            }
            Self::Ambiguous { object, name, candidates } => {
                write!(f, "{name:?} may mean several things of {object}: {}.", names(candidates))
            }
        }
    }
}

/// The field that `written` means, from `object`: names with dots between, each
/// an API name, a relationship's name, a reference field's name or a label. The
/// object's own name may stand first.
///
/// # Errors
/// [`PathProblem`].
pub fn resolve_path(
    written: &str,
    object: &Arc<Object>,
    known: &Known,
) -> Result<ResolvedPath, PathProblem> {
    let mut names: Vec<&str> = written.split('.').map(str::trim).collect();
    if names.len() > 1 && object.parent(names[0]).is_none() {
        let own = [&object.name, &object.label, &object.label_plural];
        let item = Item { labels: [own[1], own[2]], ..Item::new(own[0]) };
        if resolve(names[0], &[item]).one().is_some() {
            names.remove(0);
        }
    }
    let steps_count = names.len().saturating_sub(1);
    if steps_count > MOST_STEPS {
        return Err(PathProblem::TooLong(steps_count));
    }
    let mut at = Target::Object(Arc::clone(object));
    let mut steps: Vec<Step> = Vec::new();
    for (place, name) in names.iter().enumerate() {
        let last = place == steps_count;
        let here = match &at {
            Target::Object(here) => Arc::clone(here),
            // What the entity Name has is for the bind to say; the rest is kept.
            Target::Name(targets) => {
                let rest = names[place..].iter().map(|name| (*name).to_owned());
                let api = steps.iter().map(|s| s.relationship.clone()).chain(rest);
                let end = PathEnd::Name(targets.clone());
                return Ok(ResolvedPath { api: api.collect::<Vec<_>>().join("."), end });
            }
        };
        if last {
            let field = decide(name, &here, &known.fields(&here).collect::<Vec<_>>())?;
            let Some(field) = FieldRef::find(&here, &field) else { continue };
            let bound = BoundField { steps, end: FieldEnd::Field(field) };
            return Ok(ResolvedPath { api: bound.path(), end: PathEnd::Field(bound) });
        }
        let (step, next) = follow(name, &here, known)?;
        steps.push(step);
        at = next;
    }
    Err(PathProblem::Unknown {
        object: object.name.clone(),
        name: written.to_owned(),
        candidates: Vec::new(),
    })
}

/// One relationship, by its own name, its field's name or its field's label.
fn follow(name: &str, here: &Arc<Object>, known: &Known) -> Result<(Step, Target), PathProblem> {
    let of_field = |f: &&crate::Field| f.name.eq_ignore_ascii_case(name);
    let by_field = here.fields.iter().find(of_field).and_then(|f| f.relationship_name.clone());
    let relationship = match by_field {
        Some(relationship) => relationship,
        None => {
            let references = here.fields.iter().zip(known.fields(here));
            let items = references
                .filter_map(|(f, item)| {
                    Some(Item { name: f.relationship_name.as_deref()?, ..item })
                })
                .collect::<Vec<_>>();
            decide(name, here, &items)?
        }
    };
    let Some(field) = here.parent(&relationship) else {
        return Err(unknown(here, name));
    };
    let step = Step {
        object: here.name.clone(),
        field: field.name.clone(),
        relationship,
        targets: field.reference_to.clone(),
    };
    let target = match field.reference_to.as_slice() {
        [one] => match known.object(one) {
            Some(object) => Target::Object(Arc::clone(object)),
            None if known.is_absent(one) => return Err(unknown(here, name)),
            None => return Err(PathProblem::Needs(vec![one.clone()])),
        },
        several => Target::Name(several.to_vec()),
    };
    Ok((step, target))
}

fn unknown(here: &Object, name: &str) -> PathProblem {
    PathProblem::Unknown {
        object: here.name.clone(),
        name: name.to_owned(),
        candidates: Vec::new(),
    }
}

fn decide(name: &str, here: &Object, items: &[Item<'_>]) -> Result<String, PathProblem> {
    let (object, written) = (here.name.clone(), name.to_owned());
    match resolve(name, items) {
        Resolution::One(name, _) => Ok(name),
        Resolution::Several(candidates) => {
            Err(PathProblem::Ambiguous { object, name: written, candidates })
        }
        Resolution::None(candidates) => {
            Err(PathProblem::Unknown { object, name: written, candidates })
        }
    }
}
