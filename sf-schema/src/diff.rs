//! What changed between two snapshots of an org's schema, and what of it breaks callers.

use std::collections::BTreeSet;
use std::fmt;

use crate::{Field, Object, ObjectSummary, Snapshot};

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// API name of the object.
    pub object: String,
    /// API name of the field, or the name of the child relationship or record
    /// type; none if the object as a whole changed.
    pub part: Option<String>,
    /// What happened.
    pub kind: ChangeKind,
    /// Whether calls that worked before may fail now, or mean something else.
    pub breaks: bool,
}

/// What happened to an object or a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
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
        /// The most characters or digits it took.
        from: u32,
        /// The most it takes.
        to: u32,
    },
    /// What could be done with the field and cannot any more: create, update,
    /// filter, sort, group, aggregate, upsert by it.
    NoLongerUsable(&'static str),
    /// What can be done with the field now.
    NowUsable(&'static str),
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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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

    /// Compares two snapshots.
    #[must_use]
    pub fn between(before: &Snapshot, after: &Snapshot) -> Self {
        let mut diff = Self::default();
        if let (Some(old), Some(new)) = (&before.index, &after.index) {
            diff.lists(&old.value, &new.value);
        }
        let gone: BTreeSet<String> = diff.changes.iter().map(|c| c.object.clone()).collect();
        for old in before.objects.iter().map(|o| &o.value) {
            match after.object(&old.name) {
                Some(new) => diff.changes.extend(compare(old, new)),
                None if gone.contains(&old.name) => {}
                None => diff.not_compared.push(old.name.clone()),
            }
        }
        for new in after.objects.iter().map(|o| &o.value) {
            if before.object(&new.name).is_none() && !gone.contains(&new.name) {
                diff.not_compared.push(new.name.clone());
            }
        }
        diff
    }

    fn lists(&mut self, old: &[ObjectSummary], new: &[ObjectSummary]) {
        let names = |list: &[ObjectSummary]| -> BTreeSet<String> {
            list.iter().map(|o| o.name.clone()).collect()
        };
        let (old, new) = (names(old), names(new));
        let whole = |name: &String, kind: ChangeKind, breaks| Change {
            object: name.clone(),
            part: None,
            kind,
            breaks,
        };
        let gone = old.difference(&new).map(|name| whole(name, ChangeKind::ObjectGone, true));
        let added = new.difference(&old).map(|name| whole(name, ChangeKind::ObjectNew, false));
        self.changes.extend(gone.chain(added));
    }
}

/// What changed of one object, fields in describe order.
#[must_use]
pub fn compare(before: &Object, after: &Object) -> Vec<Change> {
    let mut changes = Changes { object: &after.name, found: Vec::new() };
    for (old, new, what) in [
        (before.queryable, after.queryable, "query"),
        (before.searchable, after.searchable, "search"),
        (before.createable, after.createable, "create"),
        (before.updateable, after.updateable, "update"),
        (before.deletable, after.deletable, "delete"),
    ] {
        match (old, new) {
            (true, false) => changes.add(None, ChangeKind::CanNoLonger(what), true),
            (false, true) => changes.add(None, ChangeKind::CanNow(what), false),
            _ => {}
        }
    }
    for old in &before.fields {
        match after.field(&old.name) {
            Some(new) => changes.field(old, new),
            None => changes.add(Some(&old.name), ChangeKind::FieldGone, true),
        }
    }
    for new in after.fields.iter().filter(|new| before.field(&new.name).is_none()) {
        let required = new.required_on_create();
        let kind = if required { ChangeKind::FieldNewRequired } else { ChangeKind::FieldNew };
        changes.add(Some(&new.name), kind, required);
    }
    let children = |o: &Object| -> BTreeSet<String> {
        o.children.iter().filter_map(|c| c.name.clone()).collect()
    };
    let (gone, new) = (ChangeKind::ChildGone, ChangeKind::ChildNew);
    changes.names(&children(before), &children(after), &gone, &new);
    let types = |o: &Object| -> BTreeSet<String> {
        let chosen = o.record_types.iter().filter(|t| t.available && !t.master);
        chosen.map(|t| t.developer_name.clone()).collect()
    };
    let (gone, new) = (ChangeKind::RecordTypeGone, ChangeKind::RecordTypeNew);
    changes.names(&types(before), &types(after), &gone, &new);
    changes.found
}

struct Changes<'a> {
    object: &'a str,
    found: Vec<Change>,
}

impl Changes<'_> {
    fn add(&mut self, part: Option<&str>, kind: ChangeKind, breaks: bool) {
        let part = part.map(str::to_owned);
        self.found.push(Change { object: self.object.to_owned(), part, kind, breaks });
    }

    fn names(
        &mut self,
        old: &BTreeSet<String>,
        new: &BTreeSet<String>,
        gone: &ChangeKind,
        added: &ChangeKind,
    ) {
        for name in old.difference(new) {
            self.add(Some(name), gone.clone(), true);
        }
        for name in new.difference(old) {
            self.add(Some(name), added.clone(), false);
        }
    }

    fn field(&mut self, old: &Field, new: &Field) {
        let name = Some(new.name.as_str());
        if old.ty != new.ty {
            let (from, to) = (old.ty.to_string(), new.ty.to_string());
            self.add(name, ChangeKind::TypeChanged { from, to }, true);
        }
        match (old.required_on_create(), new.required_on_create()) {
            (false, true) => self.add(name, ChangeKind::BecameRequired, true),
            // One that cannot be given any more is told below.
            (true, false) if new.createable => {
                self.add(name, ChangeKind::NoLongerRequired, false);
            }
            _ => {}
        }
        for (old, new) in [
            (old.length, new.length),
            (whole_digits(old), whole_digits(new)),
            (old.scale, new.scale),
            (old.digits, new.digits),
        ] {
            // 0 means that the measure is not one of this type.
            if new < old && new > 0 {
                self.add(name, ChangeKind::Shortened { from: old, to: new }, true);
            }
        }
        for (old, new, what) in [
            (old.createable, new.createable, "create"),
            (old.updateable, new.updateable, "update"),
            (old.filterable, new.filterable, "filter"),
            (old.sortable, new.sortable, "sort"),
            (old.groupable, new.groupable, "group"),
            (old.aggregatable, new.aggregatable, "aggregate"),
            (old.external_id, new.external_id, "upsert by it"),
        ] {
            match (old, new) {
                (true, false) => self.add(name, ChangeKind::NoLongerUsable(what), true),
                (false, true) => self.add(name, ChangeKind::NowUsable(what), false),
                _ => {}
            }
        }
        let values = |f: &Field| f.active_values().map(str::to_owned).collect::<Vec<_>>();
        let (gone, added) = difference(&values(old), &values(new));
        self.lists(name, gone, ChangeKind::ValuesGone, true);
        self.lists(name, added, ChangeKind::ValuesNew, false);
        if !old.restricted && new.restricted {
            self.add(name, ChangeKind::Restricted, true);
        }
        let (gone, added) = difference(&old.reference_to, &new.reference_to);
        self.lists(name, gone, ChangeKind::TargetsGone, true);
        self.lists(name, added, ChangeKind::TargetsNew, false);
        if old.relationship_name != new.relationship_name {
            let (from, to) = (old.relationship_name.clone(), new.relationship_name.clone());
            let breaks = from.is_some();
            self.add(name, ChangeKind::RelationshipRenamed { from, to }, breaks);
        }
    }

    fn lists(
        &mut self,
        name: Option<&str>,
        items: Vec<String>,
        kind: fn(Vec<String>) -> ChangeKind,
        breaks: bool,
    ) {
        if !items.is_empty() {
            self.add(name, kind(items), breaks);
        }
    }
}

fn whole_digits(field: &Field) -> u32 {
    field.precision.saturating_sub(field.scale)
}

/// What is only in the first list, and what is only in the second, in their order.
fn difference(old: &[String], new: &[String]) -> (Vec<String>, Vec<String>) {
    let gone = old.iter().filter(|item| !new.contains(item)).cloned().collect();
    let added = new.iter().filter(|item| !old.contains(item)).cloned().collect();
    (gone, added)
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
            Self::Shortened { from, to } => write!(f, "takes at most {to}, was {from}"),
            Self::NoLongerUsable(what) => write!(f, "not usable any more to {what}"),
            Self::NowUsable(what) => write!(f, "usable now to {what}"),
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
