//! What changed between two snapshots of an org's schema, and what of it breaks callers.

mod objects;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

pub use self::objects::compare;
use self::objects::{Changes, abilities};
use crate::{DescribeFolder, Object, ObjectSummary, Snapshot};

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Change {
    /// API name of the object.
    pub object: String,
    /// API name of the field, or the name of the child relationship or record
    /// type; none if the object as a whole changed.
    pub part: Option<String>,
    /// What happened.
    #[serde(flatten)]
    pub kind: ChangeKind,
    /// Whether calls that worked before may fail now, or mean something else.
    pub breaks: bool,
}

/// What happened to an object or a part of it. In JSON `kind` has its name and
/// `detail` what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "detail", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ChangeKind {
    /// The object is gone, or the user cannot see it any more.
    ObjectGone,
    /// A new object.
    ObjectNew,
    /// Something that the user could do with the object and cannot any more:
    /// query, search, create, update or delete.
    CanNoLonger(&'static str),
    /// Something that the user can do with the object now.
    CanNow(&'static str),
    /// The field is gone, or the user cannot see it any more.
    FieldGone,
    /// A new field that a create does not need.
    FieldNew,
    /// A new field that a create needs.
    FieldNewRequired,
    /// The field has another type.
    TypeChanged {
        /// The type it had.
        from: String,
        /// The type it has.
        to: String,
    },
    /// A create needs the field now.
    BecameRequired,
    /// A create does not need the field any more.
    NoLongerRequired,
    /// The field takes shorter texts or numbers.
    Shortened {
        /// What is counted: characters, digits, digits before the point or after it.
        of: &'static str,
        /// The most it took.
        from: u32,
        /// The most it takes.
        to: u32,
    },
    /// What could be done with the field and cannot any more: create, update,
    /// filter, sort, group, aggregate, upsert by it.
    NoLongerUsable(&'static str),
    /// What can be done with the field now.
    NowUsable(&'static str),
    /// No two records may have the same value now.
    BecameUnique,
    /// Picklist values that cannot be chosen any more.
    ValuesGone(Vec<String>),
    /// Picklist values that can be chosen now.
    ValuesNew(Vec<String>),
    /// The picklist takes only its own values now.
    Restricted,
    /// Objects that the reference does not point at any more.
    TargetsGone(Vec<String>),
    /// Objects that the reference may point at now.
    TargetsNew(Vec<String>),
    /// The name that leads to the parent in a query is another one.
    RelationshipRenamed {
        /// The name it had.
        from: Option<String>,
        /// The name it has.
        to: Option<String>,
    },
    /// A child relationship is gone.
    ChildGone,
    /// A new child relationship.
    ChildNew,
    /// A record type that the user cannot choose any more.
    RecordTypeGone,
    /// A record type that the user can choose now.
    RecordTypeNew,
}

/// All differences between two snapshots.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Diff {
    /// What changed: by object in the order of the older snapshot, new ones last.
    pub changes: Vec<Change>,
    /// Objects that only one of the snapshots describes in full: of these
    /// nothing is known but whether they exist.
    pub not_compared: Vec<String>,
}

impl Diff {
    /// What may break callers.
    pub fn breaking(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.breaks)
    }

    /// Compares two views of an org: snapshots, or folders of describes.
    #[must_use]
    pub fn between<'a>(before: impl Into<View<'a>>, after: impl Into<View<'a>>) -> Self {
        let (before, after) = (before.into(), after.into());
        let described = |view: &View<'a>| -> BTreeMap<String, &'a Object> {
            view.objects.iter().map(|object| (object.name.to_lowercase(), *object)).collect()
        };
        let (old, new) = (described(&before), described(&after));
        let mut diff = Self::default();
        if let (Some(before), Some(after)) = (before.index, after.index) {
            diff.lists(before, after, |name| old.contains_key(name) && new.contains_key(name));
        }
        let whole: BTreeSet<String> =
            diff.changes.iter().map(|c| c.object.to_lowercase()).collect();
        for object in &before.objects {
            let name = object.name.to_lowercase();
            match new.get(&name) {
                Some(now) => diff.changes.extend(compare(object, now)),
                None if whole.contains(&name) => {}
                None => diff.not_compared.push(object.name.clone()),
            }
        }
        for object in &after.objects {
            let name = object.name.to_lowercase();
            if !old.contains_key(&name) && !whole.contains(&name) {
                diff.not_compared.push(object.name.clone());
            }
        }
        diff
    }

    /// Which objects there are, and what can be done with those that are not
    /// compared in full.
    fn lists(
        &mut self,
        old: &[ObjectSummary],
        new: &[ObjectSummary],
        in_full: impl Fn(&str) -> bool,
    ) {
        let by_name = |list: &'_ [ObjectSummary]| -> BTreeMap<String, ObjectSummary> {
            list.iter().map(|o| (o.name.to_lowercase(), o.clone())).collect()
        };
        let (old, new) = (by_name(old), by_name(new));
        let whole = |object: &ObjectSummary, kind, breaks| Change {
            object: object.name.clone(),
            part: None,
            kind,
            breaks,
        };
        let gone = old.iter().filter(|(name, _)| !new.contains_key(*name));
        self.changes.extend(gone.map(|(_, o)| whole(o, ChangeKind::ObjectGone, true)));
        let added = new.iter().filter(|(name, _)| !old.contains_key(*name));
        self.changes.extend(added.map(|(_, o)| whole(o, ChangeKind::ObjectNew, false)));
        for (name, before) in old.iter().filter(|(name, _)| !in_full(name)) {
            let Some(after) = new.get(name) else { continue };
            let mut changes = Changes::of(&after.name);
            changes.can(abilities(before), abilities(after));
            self.changes.extend(changes.found);
        }
    }
}

/// One side of a comparison.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct View<'a> {
    /// The list of objects, if it is known.
    pub index: Option<&'a [ObjectSummary]>,
    /// The objects that were described.
    pub objects: Vec<&'a Object>,
}

impl<'a> View<'a> {
    /// A list of objects, and those of them that were described.
    #[must_use]
    pub fn new(index: Option<&'a [ObjectSummary]>, objects: Vec<&'a Object>) -> Self {
        Self { index, objects }
    }
}

impl<'a> From<&'a Snapshot> for View<'a> {
    fn from(snapshot: &'a Snapshot) -> Self {
        let index = snapshot.index.as_ref().map(|index| index.value.as_slice());
        Self { index, objects: snapshot.objects.iter().map(|object| &object.value).collect() }
    }
}

impl<'a> From<&'a DescribeFolder> for View<'a> {
    fn from(folder: &'a DescribeFolder) -> Self {
        Self { index: Some(&folder.index), objects: folder.objects.iter().collect() }
    }
}

impl fmt::Display for Change {
    /// `Account.Rating: the type is string, was picklist (breaks)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.object)?;
        if let Some(part) = &self.part {
            write!(f, ".{part}")?;
        }
        write!(f, ": {}{}", self.kind, if self.breaks { " (breaks)" } else { "" })
    }
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = |name: &Option<String>| name.as_deref().unwrap_or("none").to_owned();
        match self {
            Self::ObjectGone => f.write_str("the object is gone or not visible any more"),
            Self::ObjectNew => f.write_str("new object"),
            Self::CanNoLonger(what) => write!(f, "the user cannot {what} records any more"),
            Self::CanNow(what) => write!(f, "the user can {what} records now"),
            Self::FieldGone => f.write_str("the field is gone or not visible any more"),
            Self::FieldNew => f.write_str("new field"),
            Self::FieldNewRequired => f.write_str("new field, required on create"),
            Self::TypeChanged { from, to } => write!(f, "the type is {to}, was {from}"),
            Self::BecameRequired => f.write_str("required on create now"),
            Self::NoLongerRequired => f.write_str("not required on create any more"),
            Self::Shortened { of, from, to } => {
                write!(f, "takes at most {to} {of}, was {from}")
            }
            Self::NoLongerUsable(what) => write!(f, "not usable any more to {what}"),
            Self::NowUsable(what) => write!(f, "usable now to {what}"),
            Self::BecameUnique => f.write_str("no two records may have the same value now"),
            Self::ValuesGone(values) => write!(f, "values gone: {}", values.join(", ")),
            Self::ValuesNew(values) => write!(f, "new values: {}", values.join(", ")),
            Self::Restricted => f.write_str("takes only its own values now"),
            Self::TargetsGone(objects) => {
                write!(f, "does not point any more at {}", objects.join(", "))
            }
            Self::TargetsNew(objects) => write!(f, "may point now at {}", objects.join(", ")),
            Self::RelationshipRenamed { from, to } => {
                write!(f, "the relationship is {}, was {}", known(to), known(from))
            }
            Self::ChildGone => f.write_str("the child relationship is gone"),
            Self::ChildNew => f.write_str("new child relationship"),
            Self::RecordTypeGone => f.write_str("the record type cannot be chosen any more"),
            Self::RecordTypeNew => f.write_str("new record type"),
        }
    }
}
