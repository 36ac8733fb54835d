//! How the field at the end of a path may be used.

use sf_schema::{BoundField, FieldEnd, Step};
use sf_soql::ast::Span;

use super::Walk;
use crate::Mask;
use crate::policy::mask::kind;
use crate::policy::plan::{ParentAt, Target};
use crate::policy::refusal::Reason;
use crate::policy::visible::Access;

/// What holds of a field that may be read.
pub(super) struct Found {
    pub(super) path: String,
    pub(super) mask: Option<(Mask, String)>,
    /// Its type, for what a token stands for.
    pub(super) ty: Option<sf_schema::FieldType>,
    /// The parents on the way of which only some may be read.
    pub(super) parents: Vec<ParentAt>,
}

impl Walk<'_> {
    pub(super) fn field(&mut self, field: &BoundField, span: Span) -> Option<Found> {
        let parents = self.steps(&field.steps, span)?;
        let path = field.path();
        match &field.end {
            FieldEnd::Field(end) => {
                let (object, name) = (&end.object().name, &end.field().name);
                let view = self.view(object, span)?;
                let ty = view.full.field(name).map(|full| full.ty.clone());
                let mask = match (view.access(name), view.full.field(name)) {
                    (Access::Open, Some(_)) => None,
                    (Access::Masked(mask), Some(full)) => Some((mask, kind(object, full))),
                    _ => {
                        self.refuse(Reason::Unknown(format!("field {name} of {object}")), span);
                        return None;
                    }
                };
                Some(Found { path, mask, ty, parents })
            }
            FieldEnd::Name { name, .. } => {
                let targets = &field.steps.last()?.targets;
                for target in targets.iter().filter(|_| name != "Type") {
                    if !(self.facts.is_whole)(target) {
                        self.name_of(target, name, &path, span)?;
                    }
                }
                Some(Found { path, mask: None, ty: None, parents })
            }
            _ => {
                self.refuse(Reason::Unclear, span);
                None
            }
        }
    }

    /// A field of the entity `Name`, of a record of `target`.
    fn name_of(&mut self, target: &str, name: &str, path: &str, span: Span) -> Option<()> {
        let view = self.view(target, span)?;
        // The record has no such field, so nothing comes.
        let Some(field) = view.naming(name) else { return Some(()) };
        let reason = match view.access(&field.name) {
            Access::Open => return Some(()),
            Access::Masked(_) => Reason::PolymorphicMask { path: path.to_owned() },
            Access::Hidden => Reason::Unknown(format!("field {name} of {target}")),
        };
        self.refuse(reason, span);
        None
    }

    /// The relationships of a path: each may be followed, and those that lead to an object with a row
    /// filter are told.
    pub(super) fn steps(&mut self, steps: &[Step], span: Span) -> Option<Vec<ParentAt>> {
        let mut parents = Vec::new();
        let mut way: Vec<String> = Vec::new();
        for step in steps {
            // Behind a reference to several objects the platform follows relationships of users.
            let behind_name = step.object == "Name";
            let owner = if behind_name { "User" } else { &step.object };
            let view = self.view(owner, span)?;
            let open = view.access(&step.field) == Access::Open;
            let reference = view.full.field(&step.field).filter(|_| open);
            let Some(reference) = reference else {
                let name = format!("relationship {} of {}", step.relationship, step.object);
                self.refuse(Reason::Unknown(name), span);
                return None;
            };
            let mut id = way.clone();
            id.push(reference.name.clone());
            way.push(step.relationship.clone());
            let mut targets = Vec::new();
            for target in &reference.reference_to {
                if (self.facts.is_whole)(target) {
                    continue;
                }
                let view = self.view(target, span)?;
                // Of one target every id is.
                let several = reference.reference_to.len() > 1;
                let key_prefix = view.full.key_prefix.clone().filter(|_| several);
                let (object, filtered) = (view.full.name.clone(), view.filtered);
                targets.push(Target { object, key_prefix, filtered });
            }
            targets.retain(|target| target.filtered);
            if !targets.is_empty() {
                parents.push(ParentAt { path: way.clone(), id, targets, columns: Vec::new() });
            }
        }
        Some(parents)
    }
}
