//! An entity diagram.

use crate::{Field, FieldType, Object};

/// A Mermaid entity relationship diagram of `objects` and the references among
/// them: names, required fields, external ids and the references themselves.
///
/// A parent stands on the left of its relationship. A master-detail or required
/// reference has exactly one parent (`||`), any other none or one (`|o`).
#[must_use]
pub fn mermaid(objects: &[&Object]) -> String {
    let mut out = String::from("erDiagram\n");
    for object in objects {
        let shown: Vec<&Field> = object.fields.iter().filter(|f| is_shown(f, objects)).collect();
        if shown.is_empty() {
            out.push_str(&format!("    {}\n", word(&object.name)));
            continue;
        }
        out.push_str(&format!("    {} {{\n", word(&object.name)));
        for field in shown {
            let key = match (&field.ty, field.external_id) {
                (FieldType::Id, _) => " PK",
                (FieldType::Reference, _) => " FK",
                (_, true) => " UK",
                _ => "",
            };
            let ty = if field.ty.as_str().is_empty() { "unknown" } else { field.ty.as_str() };
            let required = if field.required_on_create() { " \"required\"" } else { "" };
            out.push_str(&format!("        {} {}{key}{required}\n", word(ty), word(&field.name)));
        }
        out.push_str("    }\n");
    }
    for object in objects {
        for field in object.references() {
            for parent in objects.iter().filter(|parent| field.refers_to(&parent.name)) {
                let exactly_one = field.master_detail.is_some() || !field.nillable;
                let parents = if exactly_one && !field.polymorphic { "||" } else { "|o" };
                out.push_str(&format!(
                    "    {} {parents}--o{{ {} : {}\n",
                    word(&parent.name),
                    word(&object.name),
                    word(&field.name)
                ));
            }
        }
    }
    out
}

fn is_shown(field: &Field, objects: &[&Object]) -> bool {
    field.ty == FieldType::Id
        || field.name_field
        || field.external_id
        || field.required_on_create()
        || objects.iter().any(|object| field.refers_to(&object.name))
}

/// Letters, digits and underscores, which is all that API names have.
fn word(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}
