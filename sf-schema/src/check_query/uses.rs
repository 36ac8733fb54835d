//! What the describe says that a field may do, at every place where it stands.

use sf_soql::visit::Clause;

use crate::bind::{Problems, Tree};
use crate::{Field, FieldType, QueryProblem, QueryProblemKind as Kind};

/// Filterable, sortable, groupable.
pub(super) fn check(tree: &Tree, problems: &mut Problems) {
    for found in &tree.uses {
        // What a function makes of a field has rules of its own.
        let (None, Some(bound)) = (found.function, found.meaning.field()) else { continue };
        let Some(field) = bound.field() else { continue };
        let Some(select) = tree.selects.get(found.select) else { continue };
        let name = bound.name();
        let refused = match found.clause {
            Clause::Where if !field.filterable || is_compound(field) => Some((
                Kind::NotFilterable,
                format!("{name} cannot stand in WHERE{}.", instead(field, "filter by")),
            )),
            // Of groups what is grouped by decides.
            Clause::OrderBy if !select.aggregate && !field.sortable => Some((
                Kind::NotSortable,
                format!("{name} cannot stand in ORDER BY{}.", instead(field, "sort by")),
            )),
            Clause::GroupBy if !field.groupable => Some((
                Kind::NotGroupable,
                format!("{name} cannot stand in GROUP BY{}.", instead(field, "group by")),
            )),
            _ => None,
        };
        if let Some((kind, message)) = refused {
            problems.push(QueryProblem::new(kind, name, found.span, message));
        }
    }
}

pub(super) fn is_compound(field: &Field) -> bool {
    matches!(field.ty, FieldType::Address | FieldType::Location)
}

/// What to do instead.
fn instead(field: &Field, verb: &str) -> String {
    match field.ty {
        FieldType::Address | FieldType::Location => {
            format!(": {verb} one of the fields that it is made of")
        }
        FieldType::Datetime if verb == "group by" => {
            format!(": group by DAY_ONLY({0}) or CALENDAR_MONTH({0})", field.name)
        }
        FieldType::Date if verb == "group by" => {
            format!(": group by CALENDAR_MONTH({0}) or CALENDAR_YEAR({0})", field.name)
        }
        FieldType::Textarea if verb == "filter by" => {
            " (a long text); search for words in it with FIND".to_owned()
        }
        FieldType::EncryptedString => " (it is encrypted)".to_owned(),
        FieldType::Multipicklist if verb == "sort by" => " (a multi-select picklist)".to_owned(),
        _ => String::new(),
    }
}
