//! Report types and their columns: which names a report knows an object's
//! fields by (Reports and Dashboards REST API Developer Guide, Report Type).
//!
//! The platform's own names are in `data/analytics`; what they leave out is
//! named after its object and field, as custom fields are.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::engine::ApiError;
use crate::server::shown::{Choice, Field, Object, Reached, Shown};

/// What a standard report type is, from `data/analytics/report_types.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Standard {
    #[serde(rename = "type")]
    pub(super) name: String,
    pub(super) label: String,
    pub(super) category: String,
    object: String,
    /// The column of its date filter, unless a report names another.
    date: String,
    /// Whether it has the standard filters of opportunities.
    #[serde(default)]
    status: bool,
    columns: Vec<Name>,
}

/// A column's name, its path from the object, and its label.
type Name = (String, String, Option<String>);

static STANDARD: LazyLock<Vec<Standard>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../data/analytics/report_types.json")).unwrap_or_default()
});
static CUSTOM: LazyLock<Vec<Name>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../data/analytics/custom_columns.json"))
        .unwrap_or_default()
});

/// The report types of standard objects.
pub(super) fn standard() -> &'static [Standard] {
    &STANDARD
}

/// Before the name of a custom object it is the name of its report type.
pub(super) const CUSTOM_ENTITY: &str = "CustomEntity$";

/// The object of a report type, and the path of one of its columns, by their
/// names alone.
pub(super) fn path_of<'a>(type_name: &'a str, column: &'a str) -> Option<(&'a str, &'a str)> {
    let (object, names) = match type_name.strip_prefix(CUSTOM_ENTITY) {
        Some(object) => (object, CUSTOM.as_slice()),
        None => {
            let standard = STANDARD.iter().find(|standard| standard.name == type_name)?;
            (standard.object.as_str(), standard.columns.as_slice())
        }
    };
    let named = names.iter().find(|(name, ..)| name == column).map(|(_, path, _)| path.as_str());
    let own = || column.strip_prefix(object)?.strip_prefix('.');
    Some((object, named.or_else(own)?))
}

/// A report type, with the columns that the user is shown.
#[derive(Debug)]
pub(crate) struct ReportType {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) object: String,
    pub(crate) object_label: String,
    pub(crate) date: String,
    /// Whether it has the standard filters of opportunities.
    pub(crate) has_status: bool,
    pub(crate) columns: Vec<Column>,
}

/// A column of a report type.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) label: String,
    /// The type of the field, as describes spell it; of a lookup `string`.
    pub(crate) kind: String,
    /// Where a person's text is.
    pub(crate) path: String,
    /// Where the id behind it is: of names and lookups.
    pub(crate) id_path: Option<String>,
    /// `Opportunity.Name`.
    pub(crate) entity: String,
    pub(crate) custom: bool,
    pub(crate) filterable: bool,
    pub(crate) sortable: bool,
    pub(crate) scale: usize,
    pub(crate) length: u64,
    pub(crate) choices: Vec<Choice>,
}

impl Column {
    pub(crate) fn is_number(&self) -> bool {
        matches!(self.kind.as_str(), "currency" | "percent" | "double" | "int")
    }

    pub(crate) fn is_date(&self) -> bool {
        matches!(self.kind.as_str(), "date" | "datetime")
    }
}

impl ReportType {
    /// Finds a report type; `None` if there is none or the user is not shown
    /// its object.
    pub(crate) fn find(shown: &mut Shown<'_>, name: &str) -> Option<Self> {
        if let Some(entity) = name.strip_prefix(CUSTOM_ENTITY) {
            let object = shown.object(entity).filter(|object| object.custom)?;
            let mut names = CUSTOM.clone();
            for (_, path, label) in &mut names {
                if path == "Name" {
                    *label = object.name_field().map(|field| field.label.clone());
                }
            }
            let columns = columns(shown, &object, &names);
            return Some(Self {
                name: format!("{CUSTOM_ENTITY}{}", object.name),
                label: object.label_plural.clone(),
                object: object.name.clone(),
                object_label: object.label.clone(),
                date: "CUST_CREATED_DATE".to_owned(),
                has_status: false,
                columns,
            });
        }
        let standard = STANDARD.iter().find(|standard| standard.name.eq_ignore_ascii_case(name))?;
        let object = shown.object(&standard.object)?;
        let columns = columns(shown, &object, &standard.columns);
        Some(Self {
            name: standard.name.clone(),
            label: standard.label.clone(),
            object: object.name.clone(),
            object_label: object.label.clone(),
            date: standard.date.clone(),
            has_status: standard.status,
            columns,
        })
    }

    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        // Custom fields may be written with `$`, as custom report types have them.
        let same = |column: &&Column| column.name.eq_ignore_ascii_case(name);
        self.columns.iter().find(same).or_else(|| {
            let dotted = name.replacen('$', ".", 1);
            self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(&dotted))
        })
    }

    /// The same, or 400.
    pub(crate) fn known(&self, name: &str) -> Result<&Column, ApiError> {
        self.column(name).ok_or_else(|| {
            super::error::bad(format!(
                "The report column {name} does not exist or you can't see it."
            ))
        })
    }
}

/// Named columns first, then every field that has no name of its own.
fn columns(shown: &mut Shown<'_>, object: &Object, names: &[Name]) -> Vec<Column> {
    let mut found: Vec<Column> = Vec::new();
    for (name, path, label) in names {
        if let Some(reached) = shown.reach(&object.name, path) {
            found.extend(column(shown, name.clone(), label.clone(), &reached));
        }
    }
    for field in &object.fields {
        let is_taken = found.iter().any(|column| {
            column.path == field.name || column.id_path.as_deref() == Some(field.name.as_str())
        });
        let is_value = !matches!(field.kind.as_str(), "address" | "location" | "base64");
        if is_taken || !is_value || field.compound_field_name.as_deref() == Some("Name") {
            continue;
        }
        let name = format!("{}.{}", object.name, field.name);
        if let Some(reached) = shown.reach(&object.name, &field.name) {
            found.extend(column(shown, name, None, &reached));
        }
    }
    found
}

fn column(
    shown: &mut Shown<'_>,
    name: String,
    label: Option<String>,
    reached: &Reached,
) -> Option<Column> {
    let field = reached.describe()?;
    let base = Column {
        name,
        label: label.unwrap_or_else(|| field.label.clone()),
        kind: field.kind.clone(),
        path: reached.path.clone(),
        id_path: None,
        entity: format!("{}.{}", reached.object.name, reached.field),
        custom: field.custom,
        filterable: field.filterable,
        sortable: field.sortable,
        scale: field.scale,
        length: field.length,
        choices: field.picklist_values.clone(),
    };
    match field.kind.as_str() {
        "reference" => Some(named_lookup(shown, reached, field, base)),
        _ if reached.field == "Name" || field.name_field => {
            let id = reached.lookup.clone().unwrap_or_else(|| "Id".to_owned());
            Some(Column { id_path: Some(id), ..base })
        }
        _ => Some(base),
    }
}

/// A lookup shows the name of what it points to, or for lack of one its id.
fn named_lookup(shown: &mut Shown<'_>, reached: &Reached, field: &Field, base: Column) -> Column {
    let label = base.label.strip_suffix(" ID").map_or_else(|| base.label.clone(), str::to_owned);
    let parent = field.relationship_name.as_deref().zip(field.reference_to.last());
    let name = parent.and_then(|(relationship, target)| {
        let target = shown.object(target)?;
        // What several objects have in common is called `Name`.
        let name = match field.reference_to.len() {
            1 => target.name_field()?.name.clone(),
            _ => "Name".to_owned(),
        };
        let before = base.path.strip_suffix(reached.field.as_str())?;
        Some((format!("{before}{relationship}.{name}"), format!("{}.{name}", target.name)))
    });
    match name {
        Some((path, entity)) => Column {
            label,
            kind: "string".to_owned(),
            id_path: Some(base.path.clone()),
            path,
            entity,
            choices: Vec::new(),
            ..base
        },
        None => Column { label, kind: "string".to_owned(), ..base },
    }
}
