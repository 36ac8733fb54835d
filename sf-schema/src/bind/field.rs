//! A name of a statement, bound to the schema.

use std::fmt;
use std::sync::Arc;

use crate::{Field, Object};

/// A field of an object.
#[derive(Clone)]
pub struct FieldRef {
    object: Arc<Object>,
    index: usize,
}

impl FieldRef {
    /// The field of this API name, in any case.
    #[must_use]
    pub fn find(object: &Arc<Object>, name: &str) -> Option<Self> {
        let index = object.position(name)?;
        Some(Self { object: Arc::clone(object), index })
    }

    /// The object that has it.
    #[must_use]
    pub fn object(&self) -> &Arc<Object> {
        &self.object
    }

    /// The field.
    #[must_use]
    pub fn field(&self) -> &Field {
        // Found there by `find`, and behind the `Arc` nothing changes.
        &self.object.fields[self.index]
    }

    /// The fields that this one is made of: the parts of an address, of a
    /// location or of a person's name; itself if it is made of none.
    pub fn parts(&self) -> impl Iterator<Item = &Field> {
        let whole = self.field();
        let part = |f: &&Field| f.compound.as_deref() == Some(whole.name.as_str());
        let none = !self.object.fields.iter().any(|f| part(&f));
        self.object.fields.iter().filter(part).chain(none.then_some(whole))
    }
}

impl PartialEq for FieldRef {
    fn eq(&self, other: &Self) -> bool {
        self.object.name == other.object.name && self.field().name == other.field().name
    }
}

impl Eq for FieldRef {}

impl fmt::Display for FieldRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.object.name, self.field().name)
    }
}

impl fmt::Debug for FieldRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FieldRef({self})")
    }
}

/// A relationship that a path follows: the reference field that is read on the
/// way.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// The object that has the reference; `Name` behind a reference to several.
    pub object: String,
    /// The reference field.
    pub field: String,
    /// The name that the path has for it, spelled as the schema does.
    pub relationship: String,
    /// The objects that it may lead to; more than one if it is polymorphic.
    pub targets: Vec<String>,
}

/// Where a chain of relationships ends.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Target {
    /// One object.
    Object(Arc<Object>),
    /// A record of any of these objects, seen as the entity `Name`, which has
    /// the fields that name a record and no others.
    Name(Vec<String>),
}

/// A field that a path ends in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BoundField {
    /// The relationships on the way, first to last.
    pub steps: Vec<Step>,
    /// The field.
    pub end: FieldEnd,
}

/// The field at the end of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldEnd {
    /// A field of one object.
    Field(FieldRef),
    /// A field of the entity `Name`.
    Name {
        /// The field, spelled as the platform does.
        name: String,
        /// The objects whose record may be behind it and has the field, as far as
        /// they were described.
        targets: Vec<String>,
        /// The field of each of those objects that was described and has it.
        /// `Type` is a field of none.
        fields: Vec<FieldRef>,
    },
}

impl BoundField {
    /// The field that its type and restrictions come from; none for `Type` of
    /// the entity `Name`, and where no target was described.
    #[must_use]
    pub fn field(&self) -> Option<&Field> {
        match &self.end {
            FieldEnd::Field(field) => Some(field.field()),
            FieldEnd::Name { fields, .. } => fields.first().map(FieldRef::field),
        }
    }

    /// Its API name without the relationships before it.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.end {
            FieldEnd::Field(field) => &field.field().name,
            FieldEnd::Name { name, .. } => name,
        }
    }

    /// The whole path from the queried object, spelled as the schema does. Two
    /// paths are one column exactly if this is equal.
    #[must_use]
    pub fn path(&self) -> String {
        let mut path = String::new();
        for step in &self.steps {
            path.push_str(&step.relationship);
            path.push('.');
        }
        path + self.name()
    }

    /// Every field that is read for it, as object and field: the references on
    /// the way, the field itself and, if it is a compound one, its parts.
    pub fn reads(&self) -> impl Iterator<Item = (&str, &str)> {
        let steps = self.steps.iter().map(|s| (s.object.as_str(), s.field.as_str()));
        let (ends, names): (&[FieldRef], &[String]) = match &self.end {
            FieldEnd::Field(field) => (std::slice::from_ref(field), &[]),
            FieldEnd::Name { fields, targets, .. } => (fields, targets),
        };
        let known = ends.iter().flat_map(|end| {
            let whole = (end.object.name.as_str(), end.field().name.as_str());
            let parts = end.parts().map(|p| (end.object.name.as_str(), p.name.as_str()));
            std::iter::once(whole).chain(parts.filter(move |part| *part != whole))
        });
        let by_name = names
            .iter()
            // The type of a record is a field of none.
            .filter(|_| self.name() != "Type")
            .filter(move |target| !ends.iter().any(|end| end.object.name == **target))
            .map(|target| (target.as_str(), self.name()));
        steps.chain(known).chain(by_name)
    }
}
