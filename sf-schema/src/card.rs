//! An object in about a thousand tokens, for a model's context.

use crate::{Field, FieldType, Object};

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
}

impl Default for CardOptions {
    fn default() -> Self {
        Self { picklist_values: 8, children: 16, fields: 80 }
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
    let mut lines = vec![headline(object), abilities(object)];
    let mut line = |title: &str, items: Vec<String>, bound: usize| {
        if !items.is_empty() {
            lines.push(format!("{title}: {}", bounded(&items, bound, ", ")));
        }
    };

    let required: Vec<_> = object.required_on_create().map(|f| f.name.clone()).collect();
    if required.is_empty() {
        line("Required on create", vec!["nothing".to_owned()], 1);
    } else {
        line("Required on create", required, usize::MAX);
    }
    let (writable, read_only): (Vec<&Field>, Vec<&Field>) =
        object.fields.iter().partition(|f| f.createable || f.updateable);
    let plain = |f: &&&Field| !f.ty.is_picklist() && f.ty != FieldType::Reference;
    line(
        "Writable (text unless a type is named; number = most characters)",
        writable.iter().filter(plain).map(|f| named(f)).collect(),
        options.fields,
    );
    line("Writable references -> target (path in SOQL)", references(&writable), options.fields);
    line(
        "Read only",
        read_only
            .iter()
            .filter(|f| f.ty != FieldType::Reference && !AUDIT.contains(&f.name.as_str()))
            .map(|f| named(f))
            .collect(),
        options.fields,
    );
    line("Read-only references -> target (path in SOQL)", references(&read_only), options.fields);
    line("External ids (upsert keys)", names(object, |f| f.external_id), usize::MAX);
    line("Not usable in WHERE", names(object, |f| !f.filterable), options.fields);
    line("Record types", record_types(object), options.children);
    line("Children, for subqueries", children(object), options.children);

    let picklists: Vec<String> = writable
        .iter()
        .filter(|f| f.ty.is_picklist())
        .map(|f| picklist(f, options.picklist_values))
        .collect();
    if !picklists.is_empty() {
        lines.push("Picklists:".to_owned());
        let shown = picklists.len().min(options.fields);
        lines.extend(picklists.iter().take(shown).map(|p| format!("- {p}")));
        if picklists.len() > shown {
            lines.push(format!("- {} more", picklists.len() - shown));
        }
    }
    lines.join("\n")
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
    if field.ty != FieldType::String {
        out.push(' ');
        out.push_str(field.ty.as_str());
    }
    match field.ty {
        _ if field.ty.is_text() && (field.createable || field.updateable) => {
            out.push_str(&format!(" {}", field.length));
        }
        FieldType::Double | FieldType::Currency | FieldType::Percent => {
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
fn references(fields: &[&Field]) -> Vec<String> {
    fields
        .iter()
        .filter(|f| f.ty == FieldType::Reference)
        .map(|field| {
            let targets = bounded(&field.reference_to, 4, "|");
            let path = match &field.relationship_name {
                Some(name) => format!(" ({name}.…)"),
                None => String::new(),
            };
            format!("{} -> {targets}{path}{}", field.name, restriction(field))
        })
        .collect()
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
    let values =
        if values.is_empty() { "no values".to_owned() } else { bounded(&values, bound, " | ") };
    format!("{}{}{notes}: {values}", field.name, restriction(field))
}

fn children(object: &Object) -> Vec<String> {
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
    children.iter().map(|(name, c)| format!("{name} ({}.{})", c.object, c.field)).collect()
}

fn record_types(object: &Object) -> Vec<String> {
    object
        .record_types
        .iter()
        .filter(|r| r.available && !r.master)
        .map(|r| format!("{} {}{}", r.name, r.id, if r.default { " (default)" } else { "" }))
        .collect()
}

fn names(object: &Object, keep: impl Fn(&Field) -> bool) -> Vec<String> {
    object.fields.iter().filter(|f| keep(f)).map(|f| f.name.clone()).collect()
}

/// The first `bound` items and how many more there are.
fn bounded(items: &[String], bound: usize, separator: &str) -> String {
    let shown = items.len().min(bound);
    let mut out = items[..shown].join(separator);
    if items.len() > shown {
        out.push_str(&format!("{separator}{} more", items.len() - shown));
    }
    out
}
