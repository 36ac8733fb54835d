//! Which rows a user reaches, as a condition in SQL.
//!
//! Conditions name users and groups as literals (ids, checked when they were
//! loaded) and use no parameters, so they fit into any statement.

use super::admin::Sharing;
use super::kind::{Kind, controlling, kind, master, share_name, shared_record};
use super::{Level, Seen};
use crate::engine::schema::{Field, Object};
use crate::engine::storage::tables::quote;

/// Objects whose rows open the account that they belong to for reading.
const OPEN_ACCOUNT: [&str; 3] = ["Contact", "Opportunity", "Case"];

/// Nested lookups beyond this are not followed; none of the platform's are.
const MOST_NESTED: usize = 6;

/// What a condition is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Use {
    /// A statement over many rows: sets of ids are made once.
    Scan,
    /// One that runs for each row: what leads to the row is looked up.
    Probe,
}

/// The condition on `alias`, a row of `object`, that the user reaches it at this
/// level; `None` if every row is reached.
pub(in crate::engine) fn condition(
    seen: &Seen,
    level: Level,
    object: &Object,
    alias: &str,
    usage: Use,
) -> Option<String> {
    let rights = &seen.rights;
    if rights.modify_all_data || (rights.view_all_data && level == Level::Read) {
        return None;
    }
    Rows { seen, level, usage }.of(object, alias, 0)
}

#[derive(Clone, Copy)]
struct Rows<'a> {
    seen: &'a Seen,
    level: Level,
    usage: Use,
}

impl Rows<'_> {
    /// A value is among those that `inner` has in the rows that `filter` takes.
    fn among(&self, value: &str, inner: &str, table: &str, filter: &str) -> String {
        match self.usage {
            Use::Scan => format!("{value} IN (SELECT {inner} FROM {table} WHERE {filter})"),
            Use::Probe => {
                format!("EXISTS (SELECT 1 FROM {table} WHERE {inner} = {value} AND {filter})")
            }
        }
    }

    fn of(&self, object: &Object, alias: &str, depth: usize) -> Option<String> {
        let rights = self.seen.rights.object(&self.seen.base, object);
        if !rights.read || depth > MOST_NESTED {
            return Some("0".to_owned());
        }
        if rights.modify_all {
            return None;
        }
        let view_all = rights.view_all && self.level == Level::Read;
        match kind(object) {
            Kind::Own if view_all => None,
            Kind::Own => self.own(object, alias, depth),
            Kind::Follows(lookups) => {
                let (first, others) = lookups.split_first()?;
                let mut parts: Vec<String> = self.parent(first, alias, depth).into_iter().collect();
                for lookup in others {
                    if let Some(part) = self.parent(lookup, alias, depth) {
                        parts.push(format!("({} IS NULL OR {part})", column(alias, lookup)));
                    }
                }
                (!parts.is_empty()).then(|| parts.join(" AND "))
            }
            Kind::Attached(lookup) => self.parent(lookup, alias, depth),
            Kind::File => Some(self.file(alias, depth)),
            Kind::Setup if self.level == Level::Read => None,
            Kind::Setup if object.name == "User" && self.level == Level::Edit => {
                Some(format!("{alias}.\"Id\" = '{}'", self.seen.rights.user_id))
            }
            Kind::Setup => Some("0".to_owned()),
            Kind::Security => (self.level != Level::Read).then(|| "0".to_owned()),
            Kind::Open => None,
        }
    }

    /// An object with permissions of its own: by its master record, its owner,
    /// its shares, and what leads to it.
    fn own(&self, object: &Object, alias: &str, depth: usize) -> Option<String> {
        if let Some(master) = master(object) {
            return self.parent(master, alias, depth);
        }
        object.field("OwnerId")?;
        if matches!(object.name.as_str(), "Task" | "Event") {
            return Some(self.activity(object, alias, depth));
        }
        let sharing = self.seen.rights.sharing(object);
        match (sharing, self.level) {
            (Sharing::PublicReadWrite, Level::Read | Level::Edit)
            | (Sharing::PublicReadOnly, Level::Read) => return None,
            (Sharing::ControlledByParent, _) => {
                if let Some(lookup) = controlling(object) {
                    return Some(self.controlled(object, lookup, alias, depth));
                }
            }
            _ => {}
        }
        let mut ways = vec![self.held(object, alias)];
        if self.level != Level::Full {
            ways.extend(self.through_account_share(object, alias));
        }
        if object.name == "Account" && self.level == Level::Read {
            ways.extend(OPEN_ACCOUNT.iter().filter_map(|child| self.through_child(child, alias)));
        }
        Some(any(&ways))
    }

    /// Owned by the user or somebody below, or shared with one of them.
    fn held(&self, object: &Object, alias: &str) -> String {
        let owner = format!("{alias}.\"OwnerId\" IN ({})", self.hands());
        let share =
            self.seen.base.object(&share_name(object)).filter(|_| self.level != Level::Full);
        let shared = share.and_then(|share| {
            let record = shared_record(share)?;
            let level = share.fields.iter().find(|field| is_level_of(field, object))?;
            Some(self.shared(&format!("{alias}.\"Id\""), share, record, level))
        });
        match shared {
            Some(shared) => any(&[owner, shared]),
            None => owner,
        }
    }

    /// A share of an account can give access to contacts, cases and
    /// opportunities of the account.
    fn through_account_share(&self, object: &Object, alias: &str) -> Option<String> {
        let share = self.seen.base.object("AccountShare")?;
        let level = share.field(&format!("{}AccessLevel", object.name))?;
        if object.name == "Account" || object.field("AccountId").is_none() {
            return None;
        }
        let record = share.field("AccountId")?;
        Some(self.shared(&format!("{alias}.\"AccountId\""), share, record, level))
    }

    /// The record was shared with the user, or somebody below, at this level.
    fn shared(&self, id: &str, share: &Object, record: &Field, level: &Field) -> String {
        let filter = format!(
            "share.\"UserOrGroupId\" IN ({}) AND share.\"IsDeleted\" = 0 AND {} IN ({})",
            self.hands(),
            column("share", level),
            self.levels()
        );
        let table = format!("{} AS share", quote(&share.name));
        self.among(id, &column("share", record), &table, &filter)
    }

    /// Who reaches a child by owning it or by a share may read its account.
    fn through_child(&self, child: &str, alias: &str) -> Option<String> {
        let child = self.seen.base.object(child)?;
        child.field("AccountId")?;
        child.field("OwnerId")?;
        let rights = &self.seen.rights;
        let counts = matches!(rights.sharing(child), Sharing::Private | Sharing::PublicReadOnly);
        if !counts || !rights.object(&self.seen.base, child).read {
            return None;
        }
        let live = if child.has_recycle_bin() { "child.\"IsDeleted\" = 0 AND " } else { "" };
        let filter = format!("{live}{}", self.held(child, "child"));
        let (id, table) = (format!("{alias}.\"Id\""), format!("{} AS child", quote(&child.name)));
        Some(self.among(&id, "child.\"AccountId\"", &table, &filter))
    }

    /// As its parent; without one, for its owner alone.
    fn controlled(&self, object: &Object, lookup: &Field, alias: &str, depth: usize) -> String {
        let parent = self.parent(lookup, alias, depth);
        let column = column(alias, lookup);
        let parent = parent.unwrap_or_else(|| format!("{column} IS NOT NULL"));
        if !lookup.nillable || object.field("OwnerId").is_none() {
            return parent;
        }
        let own = format!("({column} IS NULL AND {alias}.\"OwnerId\" IN ({}))", self.hands());
        any(&[parent, own])
    }

    /// For the owner; to read, for whoever sees what it is about, too.
    fn activity(&self, object: &Object, alias: &str, depth: usize) -> String {
        let mut ways = vec![format!("{alias}.\"OwnerId\" IN ({})", self.hands())];
        if self.level == Level::Read {
            for name in ["WhatId", "WhoId"] {
                let Some(lookup) = object.field(name) else { continue };
                ways.push(
                    self.parent(lookup, alias, depth)
                        .unwrap_or_else(|| format!("{} IS NOT NULL", column(alias, lookup))),
                );
            }
        }
        any(&ways)
    }

    fn file(&self, alias: &str, depth: usize) -> String {
        let owner = format!("{alias}.\"OwnerId\" IN ({})", self.hands());
        let link = self.seen.base.object("ContentDocumentLink");
        let entity = link.and_then(|link| Some((link, link.field("LinkedEntityId")?)));
        let Some((link, entity)) = entity.filter(|_| self.level == Level::Read) else {
            return owner;
        };
        let name = format!("link{depth}");
        let live = if link.has_recycle_bin() {
            format!("{name}.\"IsDeleted\" = 0 AND ")
        } else {
            String::new()
        };
        let column = column(&name, entity);
        let seen =
            self.parent(entity, &name, depth).unwrap_or_else(|| format!("{column} IS NOT NULL"));
        let filter = format!("{live}({column} IN ({}) OR {seen})", self.hands());
        let table = format!("\"ContentDocumentLink\" AS {name}");
        let (id, document) = (format!("{alias}.\"Id\""), format!("{name}.\"ContentDocumentId\""));
        any(&[owner, self.among(&id, &document, &table, &filter)])
    }

    /// The record that a lookup points to is reached; `None` if each is. To
    /// change a part is to change the whole, so nothing more is asked of it.
    fn parent(&self, lookup: &Field, alias: &str, depth: usize) -> Option<String> {
        let level = if is_share_lookup(lookup) { self.level } else { self.level.min(Level::Edit) };
        let rows = Rows { level, ..*self };
        let column = column(alias, lookup);
        let nested = format!("up{depth}");
        let mut ways = Vec::new();
        let mut whole = true;
        for target in lookup.reference_to.iter().filter_map(|name| self.seen.base.object(name)) {
            // That somebody is linked to a file says nothing about others.
            if matches!(kind(target), Kind::Setup) {
                continue;
            }
            let inner = rows.of(target, &nested, depth + 1);
            whole &= inner.is_none();
            let table = format!("{} AS {nested}", quote(&target.name));
            let found = inner
                .as_ref()
                .map(|inner| self.among(&column, &format!("{nested}.\"Id\""), &table, inner));
            if inner.as_deref() == Some("0") {
                continue;
            }
            ways.push(match (lookup.is_polymorphic(), found) {
                (false, Some(found)) => found,
                (false, None) => format!("{column} IS NOT NULL"),
                (true, Some(found)) => {
                    format!("(substr({column}, 1, 3) = '{}' AND {found})", target.key_prefix)
                }
                (true, None) => format!("substr({column}, 1, 3) = '{}'", target.key_prefix),
            });
        }
        if whole {
            return None;
        }
        Some(if ways.is_empty() { "0".to_owned() } else { any(&ways) })
    }

    fn hands(&self) -> String {
        let hands: Vec<String> =
            self.seen.rights.hands.iter().map(|id| format!("'{id}'")).collect();
        hands.join(", ")
    }

    fn levels(&self) -> &'static str {
        if self.level == Level::Read { "'Read', 'Edit', 'All'" } else { "'Edit', 'All'" }
    }
}

/// `AccountAccessLevel` of AccountShare, `AccessLevel` of a custom share.
fn is_level_of(field: &Field, object: &Object) -> bool {
    field.name == "AccessLevel" || field.name == format!("{}AccessLevel", object.name)
}

/// Shares are made by who has the record, not by who may edit it.
fn is_share_lookup(lookup: &Field) -> bool {
    lookup.children_name.as_deref() == Some("Shares")
}

fn column(alias: &str, field: &Field) -> String {
    format!("{alias}.{}", quote(&field.name))
}

fn any(ways: &[String]) -> String {
    match ways {
        [one] => one.clone(),
        many => format!("({})", many.join(" OR ")),
    }
}
