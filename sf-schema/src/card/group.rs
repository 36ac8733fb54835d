//! Groups of fields, and single fields, in more detail than a card has.

use std::str::FromStr;

use super::picture::{Card, LeftOut, Picture};
use super::{children, estimate_tokens, named, picklist, record_types, reference};
use crate::{Field, FieldType, ObjectNotes};

/// A part of an object that can be asked for by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FieldGroup {
    /// All fields.
    All,
    /// Those without which a create fails.
    Required,
    /// Those that can be written, but for picklists and references.
    Writable,
    /// Picklists that can be written.
    Picklists,
    /// References that can be written.
    References,
    /// Those that cannot be written, but for references.
    ReadOnly,
    /// References that cannot be written.
    ReadOnlyReferences,
    /// Those that are a key for upsert.
    ExternalIds,
    /// Those that cannot stand in WHERE.
    NotFilterable,
    /// Those made by an administrator or a package.
    Custom,
    /// Those with an administrator's note.
    Noted,
    /// Not fields: the child relationships.
    Children,
    /// Not fields: the record types.
    RecordTypes,
}

const NAMES: &[(&str, FieldGroup)] = &[
    ("all", FieldGroup::All),
    ("required", FieldGroup::Required),
    ("writable", FieldGroup::Writable),
    ("picklists", FieldGroup::Picklists),
    ("references", FieldGroup::References),
    ("read_only", FieldGroup::ReadOnly),
    ("read_only_references", FieldGroup::ReadOnlyReferences),
    ("external_ids", FieldGroup::ExternalIds),
    ("not_filterable", FieldGroup::NotFilterable),
    ("custom", FieldGroup::Custom),
    ("noted", FieldGroup::Noted),
    ("children", FieldGroup::Children),
    ("record_types", FieldGroup::RecordTypes),
];

/// A name that is no group's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no group {given:?}; the groups are {}", FieldGroup::names().join(", "))]
pub struct UnknownGroup {
    given: String,
}

impl FieldGroup {
    /// The names of all groups.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        NAMES.iter().map(|(name, _)| *name).collect()
    }

    /// The name of this group.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        NAMES.iter().find(|(_, group)| *group == self).map_or("", |(name, _)| name)
    }

    /// Whether a field belongs to it, as far as the field itself can tell;
    /// [`FieldGroup::Noted`] is known from the notes alone.
    #[must_use]
    pub fn has(self, field: &Field) -> bool {
        let reference = field.ty == FieldType::Reference;
        match self {
            Self::All => true,
            Self::Required => field.required_on_create(),
            Self::Writable => field.is_writable() && !reference && !field.ty.is_picklist(),
            Self::Picklists => field.is_writable() && field.ty.is_picklist(),
            Self::References => field.is_writable() && reference,
            Self::ReadOnly => !field.is_writable() && !reference,
            Self::ReadOnlyReferences => !field.is_writable() && reference,
            Self::ExternalIds => field.external_id,
            Self::NotFilterable => !field.filterable,
            Self::Custom => field.custom,
            Self::Noted | Self::Children | Self::RecordTypes => false,
        }
    }

    pub(super) fn is_of_fields(self) -> bool {
        !matches!(self, Self::Children | Self::RecordTypes)
    }
}

impl FromStr for FieldGroup {
    type Err = UnknownGroup;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let found = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        found.map(|(_, group)| *group).ok_or_else(|| UnknownGroup { given: text.to_owned() })
    }
}

impl Picture<'_> {
    /// A group of fields, one line each with label and what else a writer must
    /// know, as many as fit in `budget` tokens; `after` goes on behind the
    /// field of this name, which is the last that an earlier answer showed.
    #[must_use]
    pub fn group(&self, group: FieldGroup, after: Option<&str>, budget: usize) -> Card {
        let lines: Vec<(String, String)> = match group {
            FieldGroup::Children => {
                children(self.object).into_iter().map(|item| (item.name, item.text)).collect()
            }
            FieldGroup::RecordTypes => {
                record_types(self.object).into_iter().map(|item| (item.name, item.text)).collect()
            }
            _ => {
                let noted = |f: &Field| self.notes.is_some_and(|n| n.field(&f.name).is_some());
                let is_in = |f: &&Field| group.has(f) || (group == FieldGroup::Noted && noted(f));
                let fields = self.object.fields.iter().filter(is_in);
                fields.map(|f| (f.name.clone(), self.line(f))).collect()
            }
        };
        let start = after.and_then(|after| {
            lines.iter().position(|(name, _)| name.eq_ignore_ascii_case(after)).map(|at| at + 1)
        });
        let start = start.unwrap_or(0);
        let head = format!("{}, group {}", self.object.name, group.as_str());
        let wanted = &lines[start..];
        let with = |shown: usize| {
            let lines = wanted[..shown].iter().map(|(_, line)| line.as_str());
            let more = wanted.len() - shown;
            let rest = (more > 0).then(|| format!("{more} more; go on after the last one"));
            std::iter::once(head.as_str())
                .chain(lines)
                .chain(rest.as_deref())
                .collect::<Vec<_>>()
                .join("\n")
        };
        let fits = |text: &str| estimate_tokens(text) <= budget;
        let whole = with(wanted.len());
        if fits(&whole) {
            return Card::of(whole, Vec::new());
        }
        // The most lines that fit: with `shown` they do, with `too_much` they do not.
        let (mut shown, mut too_much) = (0, wanted.len());
        while shown + 1 < too_much {
            let middle = usize::midpoint(shown, too_much);
            if fits(&with(middle)) {
                shown = middle;
            } else {
                too_much = middle;
            }
        }
        let names: Vec<String> = wanted[shown..].iter().map(|(name, _)| name.clone()).collect();
        let left_out = if names.is_empty() { Vec::new() } else { vec![LeftOut { group, names }] };
        let kept = [with(shown), head.clone(), String::new()].into_iter().find(|text| fits(text));
        Card::of(kept.unwrap_or_default(), left_out)
    }

    /// One field in full: all that the describe tells of it, with all active
    /// values of a picklist as far as they fit in `budget` tokens.
    #[must_use]
    pub fn field(&self, field: &Field, budget: usize) -> Card {
        let values: Vec<&str> = field.active_values().collect();
        let mut shown = values.len();
        loop {
            let text = self.in_full(field, &values, shown);
            if estimate_tokens(&text) <= budget || shown == 0 {
                let names: Vec<String> = values[shown..].iter().map(|v| (*v).to_owned()).collect();
                let left = LeftOut { group: FieldGroup::Picklists, names };
                let left_out = if left.names.is_empty() { Vec::new() } else { vec![left] };
                let kept = [text, field.name.clone(), String::new()];
                let text = kept.into_iter().find(|t| estimate_tokens(t) <= budget);
                return Card::of(text.unwrap_or_default(), left_out);
            }
            shown = shown * 3 / 4;
        }
    }

    fn line(&self, field: &Field) -> String {
        let mut line = match &field.ty {
            ty if ty.is_picklist() => picklist(field, 4),
            FieldType::Reference => reference(field),
            _ => named(field),
        };
        if field.label != field.name {
            line.push_str(&format!(" {:?}", field.label));
        }
        if field.required_on_create() {
            line.push_str(" required");
        }
        if let Some(note) = self.notes.and_then(|notes: &ObjectNotes| notes.field(&field.name)) {
            line.push_str(&format!(" (note: {note})"));
        }
        line
    }

    fn in_full(&self, field: &Field, values: &[&str], shown: usize) -> String {
        let mut lines = vec![format!("{}.{} {:?}", self.object.name, field.name, field.label)];
        let mut add = |title: &str, text: Option<String>| {
            lines.extend(text.filter(|t| !t.is_empty()).map(|text| format!("{title}: {text}")));
        };
        add("Type", Some(named(field).split_once(' ').map_or("string", |(_, ty)| ty).to_owned()));
        let can = [
            (field.createable, "create"),
            (field.updateable, "update"),
            (field.filterable, "filter"),
            (field.sortable, "sort"),
            (field.groupable, "group"),
            (field.aggregatable, "aggregate"),
        ];
        let can = can.iter().filter(|(yes, _)| *yes).map(|(_, can)| *can).collect::<Vec<_>>();
        add(
            "Usable to",
            Some(if can.is_empty() { "read only".to_owned() } else { can.join(", ") }),
        );
        let traits = [
            (field.required_on_create(), "required on create"),
            (field.nillable, "may be empty"),
            (field.defaulted_on_create, "has a default"),
            (field.unique, "unique"),
            (field.external_id, "external id"),
            (field.id_lookup, "finds records"),
            (field.auto_number, "numbered by the platform"),
            (field.encrypted, "encrypted"),
            (field.html, "holds HTML"),
            (field.case_sensitive, "case-sensitive"),
            (field.master_detail.is_some(), "owns its record (master-detail)"),
            (field.restricted, "takes only its own values"),
        ];
        let traits = traits.iter().filter(|(yes, _)| *yes).map(|(_, t)| *t).collect::<Vec<_>>();
        add("Is", Some(traits.join(", ")));
        add("Default", field.default_value.as_ref().map(ToString::to_string));
        add("Default formula", field.default_formula.clone());
        add("Formula", field.formula.clone());
        add("Part of", field.compound.clone());
        let parts: Vec<&str> = self.object.parts(&field.name).map(|f| f.name.as_str()).collect();
        add("Made of", Some(parts.join(", ")));
        if field.ty == FieldType::Reference {
            add("Points at", Some(field.reference_to.join(", ")));
            add("Path in SOQL", field.relationship_name.as_ref().map(|name| format!("{name}.…")));
        }
        add("Values depend on", field.controller.clone());
        if !values.is_empty() {
            let mut text = values[..shown].join(" | ");
            if shown < values.len() {
                text.push_str(&format!(" | {} more", values.len() - shown));
            }
            add("Values", Some(text));
        }
        add("Help text", field.help.clone());
        let note = self.notes.and_then(|notes| notes.field(&field.name));
        add("Administrator's note", note.map(str::to_owned));
        lines.join("\n")
    }
}
