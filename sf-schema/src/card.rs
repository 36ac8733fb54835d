//! An object in about a thousand tokens, for a model's context.
//!
//! There are four tiers: a line ([`index_line`]), a card ([`Picture::card`]), a
//! group of fields ([`Picture::group`]) and one field in full
//! ([`Picture::field`]). Each keeps to a budget of tokens, and names what it
//! leaves out so that it can be asked for.

mod group;
mod picture;
mod tokens;

pub use self::group::{FieldGroup, UnknownGroup};
pub use self::picture::{Card, LeftOut, Picture};
pub use self::tokens::estimate_tokens;
use crate::{Field, FieldType, Object, ObjectSummary};

/// How much a card tells. The default keeps the stock Account at about 1,000 tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CardOptions {
    /// Values shown of each picklist.
    pub picklist_values: usize,
    /// Child relationships shown.
    pub children: usize,
    /// Fields shown of each section.
    pub fields: usize,
    /// Most tokens of the card, as [`estimate_tokens`] counts them. The other
    /// bounds are lowered until it is kept.
    pub budget: usize,
}

impl Default for CardOptions {
    fn default() -> Self {
        Self { picklist_values: 8, children: 16, fields: 80, budget: 2_000 }
    }
}

/// What is left out of the read-only section: every object has these, and models know them.
const AUDIT: &[&str] = &["SystemModstamp", "LastViewedDate", "LastReferencedDate"];

/// Children that models mostly ask for: they and custom objects stand first.
const MAIN_CHILDREN: &[&str] = &[
    "Account",
    "Asset",
    "CampaignMember",
    "Case",
    "Contact",
    "Contract",
    "Event",
    "Lead",
    "Opportunity",
    "OpportunityLineItem",
    "Order",
    "OrderItem",
    "Quote",
    "Task",
];

/// Kinds of children that models rarely ask for: they stand last.
const MINOR_CHILDREN: &[&str] = &["Feed", "History", "Share", "ChangeEvent", "Tag", "Relation"];

/// The compact card of `object`, plain text of a few lines.
///
/// It states exactly what a create requires, what can be written, picklist
/// values up to a bound (with how many more there are), references with their
/// targets and the path to use in a query, external ids, record types and
/// child relationships.
#[must_use]
pub fn card(object: &Object, options: CardOptions) -> String {
    Picture::new(object).card(options).text
}

/// An object in one line: API name, label, start of its ids and what the user
/// can do (`q` query, `c` create, `u` update, `d` delete).
#[must_use]
pub fn index_line(object: &ObjectSummary) -> String {
    let mut out = object.name.clone();
    if object.label != object.name {
        out.push_str(&format!(" {:?}", object.label));
    }
    if let Some(prefix) = &object.key_prefix {
        out.push_str(&format!(" {prefix}"));
    }
    let abilities = [
        (object.queryable, 'q'),
        (object.createable, 'c'),
        (object.updateable, 'u'),
        (object.deletable, 'd'),
    ];
    let can: String = abilities.iter().filter(|(yes, _)| *yes).map(|(_, can)| *can).collect();
    out.push_str(&format!(" {}", if can.is_empty() { "-" } else { &can }));
    out
}

fn headline(object: &Object) -> String {
    let mut out = object.name.clone();
    out.push_str(&format!(" (label {:?}, plural {:?})", object.label, object.label_plural));
    if let Some(prefix) = &object.key_prefix {
        out.push_str(&format!(", ids start with {prefix}"));
    }
    out
}

fn abilities(object: &Object) -> String {
    let abilities = [
        (object.queryable, "query"),
        (object.searchable, "search"),
        (object.createable, "create"),
        (object.updateable, "update"),
        (object.deletable, "delete"),
    ];
    let can: Vec<&str> = abilities.iter().filter(|(yes, _)| *yes).map(|(_, name)| *name).collect();
    let can = if can.is_empty() { "nothing".to_owned() } else { can.join(", ") };
    format!("You can: {can}")
}

/// A field with what a writer must know: `Name 255`, `AnnualRevenue currency 18,0`.
fn named(field: &Field) -> String {
    let mut out = field.name.clone();
    if field.ty != FieldType::String && !field.ty.as_str().is_empty() {
        out.push(' ');
        out.push_str(field.ty.as_str());
    }
    match field.ty {
        _ if field.ty.is_text() && field.is_writable() && field.length > 0 => {
            out.push_str(&format!(" {}", field.length));
        }
        FieldType::Double | FieldType::Currency | FieldType::Percent if field.precision > 0 => {
            let whole = field.precision.saturating_sub(field.scale);
            out.push_str(&format!(" {whole}.{}", field.scale));
        }
        _ => {}
    }
    out.push_str(restriction(field));
    out
}

fn restriction(field: &Field) -> &'static str {
    match (field.createable, field.updateable) {
        (true, false) => " (on create only)",
        (false, true) => " (on update only)",
        _ => "",
    }
}

/// `ParentId -> Account (Parent.…)`: target objects and the path up.
fn reference(field: &Field) -> String {
    let targets = bounded(&field.reference_to, 4, "|");
    let path = match &field.relationship_name {
        Some(name) => format!(" ({name}.…)"),
        None => String::new(),
    };
    format!("{} -> {targets}{path}{}", field.name, restriction(field))
}

fn picklist(field: &Field, bound: usize) -> String {
    let values: Vec<String> = field.active_values().map(str::to_owned).collect();
    let mut notes = Vec::new();
    if field.ty == FieldType::Multipicklist {
        notes.push("several, joined by ;".to_owned());
    }
    if field.restricted {
        notes.push("only these".to_owned());
    }
    if let Some(controller) = &field.controller {
        notes.push(format!("depends on {controller}"));
    }
    let notes = if notes.is_empty() { String::new() } else { format!(" [{}]", notes.join("; ")) };
    let values = match values.len() {
        0 => "no values".to_owned(),
        count if bound == 0 => format!("{count} values"),
        _ => bounded(&values, bound, " | "),
    };
    format!("{}{}{notes}: {values}", field.name, restriction(field))
}

fn children(object: &Object) -> Vec<Item> {
    let mut children: Vec<_> =
        object.children.iter().filter_map(|c| c.name.as_ref().map(|name| (name, c))).collect();
    // Stable: within a rank they keep the describe's order.
    children.sort_by_key(|(_, c)| {
        if c.object.ends_with("__c") || MAIN_CHILDREN.contains(&c.object.as_str()) {
            0
        } else if MINOR_CHILDREN.iter().any(|end| c.object.ends_with(end)) {
            2
        } else {
            1
        }
    });
    let shown = |(name, c): &(&String, &crate::ChildRelationship)| Item {
        name: (*name).clone(),
        text: format!("{name} ({}.{})", c.object, c.field),
    };
    children.iter().map(shown).collect()
}

fn record_types(object: &Object) -> Vec<Item> {
    object
        .record_types
        .iter()
        .filter(|r| r.available && !r.master)
        .map(|r| Item {
            name: r.developer_name.clone(),
            text: format!("{} {}{}", r.name, r.id, if r.default { " (default)" } else { "" }),
        })
        .collect()
}

/// What stands in a section: the name by which it can be asked for, and what is told of it.
struct Item {
    name: String,
    text: String,
}

impl Item {
    fn of(field: &Field, text: String) -> Self {
        Self { name: field.name.clone(), text }
    }
}

/// The first `bound` items and how many more there are.
fn bounded(items: &[String], bound: usize, separator: &str) -> String {
    let shown = items.len().min(bound);
    let mut out = items[..shown].join(separator);
    if items.len() > shown {
        let separator = if shown == 0 { "" } else { separator };
        out.push_str(&format!("{separator}{} more", items.len() - shown));
    }
    out
}
