//! What changed of one object.

use std::collections::BTreeSet;

use super::{Change, ChangeKind};
use crate::{Field, Object, ObjectSummary};

/// What changed of one object, fields in describe order.
#[must_use]
pub fn compare(before: &Object, after: &Object) -> Vec<Change> {
    let mut changes = Changes::of(&after.name);
    changes.can(abilities(&before.into()), abilities(&after.into()));
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

/// What the user can do with an object.
pub(super) fn abilities(object: &ObjectSummary) -> [(bool, &'static str); 5] {
    [
        (object.queryable, "query"),
        (object.searchable, "search"),
        (object.createable, "create"),
        (object.updateable, "update"),
        (object.deletable, "delete"),
    ]
}

/// What changed of an object so far.
pub(super) struct Changes<'a> {
    object: &'a str,
    pub(super) found: Vec<Change>,
}

impl<'a> Changes<'a> {
    pub(super) fn of(object: &'a str) -> Self {
        Self { object, found: Vec::new() }
    }

    pub(super) fn can(
        &mut self,
        before: [(bool, &'static str); 5],
        after: [(bool, &'static str); 5],
    ) {
        for ((old, what), (new, _)) in before.into_iter().zip(after) {
            match (old, new) {
                (true, false) => self.add(None, ChangeKind::CanNoLonger(what), true),
                (false, true) => self.add(None, ChangeKind::CanNow(what), false),
                _ => {}
            }
        }
    }

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
        // 0 means that the measure is not one of this type; the digits after the
        // point can be none.
        for (old, new, is_measure, of) in [
            (old.length, new.length, new.length > 0, "characters"),
            (whole_digits(old), whole_digits(new), new.precision > 0, "digits before the point"),
            (old.scale, new.scale, new.precision > 0, "digits after the point"),
            (old.digits, new.digits, new.digits > 0, "digits"),
        ] {
            if new < old && is_measure {
                self.add(name, ChangeKind::Shortened { of, from: old, to: new }, true);
            }
        }
        if new.unique && !old.unique {
            self.add(name, ChangeKind::BecameUnique, true);
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
