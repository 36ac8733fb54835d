//! Rust types for the records of chosen objects.

use std::collections::HashSet;

use crate::{Field, FieldType, Object};

/// Words that need `r#` as an identifier.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// Words that cannot be an identifier even so.
const NEVER: &[&str] = &["self", "super", "crate", "_"];

/// Rust source with types for the records of `objects`. It needs `serde` with
/// its feature `derive`, and `serde_json`.
///
/// Of each object there are three types: `Account`, a record as it is read, in
/// which every field is optional, since a query selects only some; `NewAccount`,
/// the values of a create, with the required ones as plain fields; and
/// `AccountChange`, the values of an update, in which `None` leaves a field as
/// it is and `Some(None)` empties it. Parents among `objects` are fields too.
///
/// Dates, times and ids are texts. Decimal numbers are `f64`, which holds 15
/// digits: a currency with more is rounded.
#[must_use]
pub fn rust_code(objects: &[&Object]) -> String {
    let mut out = String::from("// Made from an org's describes; do not edit.\n");
    // Types that the code itself names.
    let mut types = HashSet::from(["Box", "Option", "String"].map(str::to_owned));
    let names: Vec<String> = objects.iter().map(|o| type_name(&o.name, &mut types)).collect();
    for (object, name) in objects.iter().zip(&names) {
        read(object, name, objects, &names, &mut out);
        create(object, name, &mut out);
        update(object, name, &mut out);
    }
    out
}

fn read(object: &Object, name: &str, objects: &[&Object], names: &[String], out: &mut String) {
    head(out, &format!("A record of {}, as it is read.", object.name), name);
    let mut taken = HashSet::new();
    for field in &object.fields {
        let ident = identifier(&field.name, &mut taken);
        member(out, field, &ident, &format!("Option<{}>", rust_type(field)), true);
    }
    for field in object.references() {
        let Some(relationship) = &field.relationship_name else { continue };
        let [target] = field.reference_to.as_slice() else { continue };
        let parent = objects.iter().position(|o| o.name.eq_ignore_ascii_case(target));
        if let Some(parent) = parent.and_then(|at| names.get(at)) {
            let ident = identifier(relationship, &mut taken);
            let doc = format!("The record that `{}` points at.", field.name);
            out.push_str(&format!("    /// {doc}\n    #[serde(rename = {relationship:?}, default, skip_serializing_if = \"Option::is_none\")]\n    pub {ident}: Option<Box<{parent}>>,\n"));
        }
    }
    out.push_str("}\n");
}

fn create(object: &Object, name: &str, out: &mut String) {
    if !object.fields.iter().any(|f| f.createable) {
        return;
    }
    let title = format!("The values of a new record of {}.", object.name);
    head(out, &title, &format!("New{name}"));
    let mut taken = HashSet::new();
    for field in object.fields.iter().filter(|f| f.createable) {
        let ident = identifier(&field.name, &mut taken);
        let ty = rust_type(field);
        if field.required_on_create() {
            member(out, field, &ident, ty, false);
        } else {
            member(out, field, &ident, &format!("Option<{ty}>"), true);
        }
    }
    out.push_str("}\n");
}

fn update(object: &Object, name: &str, out: &mut String) {
    if !object.fields.iter().any(|f| f.updateable) {
        return;
    }
    let title = format!("What changes of a record of {}.", object.name);
    head(out, &title, &format!("{name}Change"));
    let mut taken = HashSet::new();
    for field in object.fields.iter().filter(|f| f.updateable) {
        let ident = identifier(&field.name, &mut taken);
        let ty = rust_type(field);
        let ty =
            if field.nillable { format!("Option<Option<{ty}>>") } else { format!("Option<{ty}>") };
        member(out, field, &ident, &ty, true);
    }
    out.push_str("}\n");
}

fn head(out: &mut String, title: &str, name: &str) {
    out.push_str(&format!(
        "\n/// {title}\n#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]\npub struct {name} {{\n"
    ));
}

fn member(out: &mut String, field: &Field, ident: &str, ty: &str, optional: bool) {
    // A label may hold what ends a comment's line, or turns the direction of its
    // text, which the compiler refuses.
    let odd =
        |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let label: String = field.label.chars().map(|c| if odd(c) { ' ' } else { c }).collect();
    let label = label.trim();
    let doc = if label.is_empty() { field.name.as_str() } else { label };
    let skip = if optional { ", default, skip_serializing_if = \"Option::is_none\"" } else { "" };
    out.push_str(&format!(
        "    /// {doc}\n    #[serde(rename = {:?}{skip})]\n    pub {ident}: {ty},\n",
        field.name
    ));
}

fn rust_type(field: &Field) -> &'static str {
    match field.ty {
        FieldType::Boolean => "bool",
        FieldType::Int | FieldType::Long => "i64",
        FieldType::Double | FieldType::Currency | FieldType::Percent => "f64",
        FieldType::Address | FieldType::Location | FieldType::AnyType | FieldType::Other(_) => {
            "serde_json::Value"
        }
        _ => "String",
    }
}

/// `AIM__Deal__c` to `AimDealC`; one that is taken gets a number.
fn type_name(name: &str, taken: &mut HashSet<String>) -> String {
    let words = words(name).into_iter().map(|word| {
        let mut chars = word.chars();
        chars.next().map_or(String::new(), |c| c.to_uppercase().chain(chars).collect())
    });
    let name: String = words.collect();
    let name = if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name
    } else {
        format!("Object{name}")
    };
    // Its two companions must be free as well.
    let mut free = name.clone();
    let mut number = 2;
    while !taken.is_disjoint(&all_types(&free)) {
        free = format!("{name}{number}");
        number += 1;
    }
    taken.extend(all_types(&free));
    free
}

/// The names of the three types of an object.
fn all_types(name: &str) -> HashSet<String> {
    HashSet::from([name.to_owned(), format!("New{name}"), format!("{name}Change")])
}

/// `SLAExpirationDate__c` to `sla_expiration_date_c`.
fn identifier(name: &str, taken: &mut HashSet<String>) -> String {
    let name = words(name).join("_");
    let name = if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name
    } else {
        format!("field_{name}")
    };
    let name = unique(&name, taken);
    if NEVER.contains(&name.as_str()) {
        return format!("{name}_");
    }
    if KEYWORDS.contains(&name.as_str()) { format!("r#{name}") } else { name }
}

/// Small words, cut at underscores and where a new capitalised word begins.
fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (at, c) in chars.iter().enumerate() {
        if !c.is_ascii_alphanumeric() {
            words.push(String::new());
            continue;
        }
        let before = at.checked_sub(1).and_then(|at| chars.get(at));
        let after = chars.get(at + 1);
        let starts = c.is_ascii_uppercase()
            && before.is_some_and(|b| {
                b.is_ascii_lowercase()
                    || b.is_ascii_digit()
                    || (b.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase))
            });
        if starts {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(c.to_ascii_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn unique(name: &str, taken: &mut HashSet<String>) -> String {
    let mut free = name.to_owned();
    let mut number = 2;
    while !taken.insert(free.clone()) {
        free = format!("{name}_{number}");
        number += 1;
    }
    free
}
