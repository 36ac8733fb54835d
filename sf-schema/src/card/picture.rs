//! A card within a budget.

use super::{AUDIT, CardOptions, FieldGroup, Item, abilities, bounded, children, headline};
use super::{estimate_tokens, named, picklist, record_types, reference};
use crate::{Field, FieldType, Object, ObjectNotes, RecordTypeLayout, Usage};

/// Fields in the line of the most used ones.
const MOST_USED: usize = 12;

/// Steps in which the bounds of a card are lowered.
const STEPS: usize = 32;

/// An object with what else is known of it, to be told to a model.
#[derive(Debug, Clone, Copy)]
pub struct Picture<'a> {
    pub(super) object: &'a Object,
    usage: Option<&'a Usage>,
    layout: Option<&'a RecordTypeLayout>,
    pub(super) notes: Option<&'a ObjectNotes>,
}

/// A text for a model, and what is not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Card {
    /// The text.
    pub text: String,
    /// Its tokens, as [`estimate_tokens`] counts them.
    pub tokens: usize,
    /// What was left out; nothing else was.
    pub left_out: Vec<LeftOut>,
}

/// What a card leaves out of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftOut {
    /// The group, which can be asked for by its name.
    pub group: FieldGroup,
    /// API names of fields or record types, names of child relationships.
    pub names: Vec<String>,
}

struct Section {
    group: FieldGroup,
    title: &'static str,
    items: Vec<Item>,
    bound: usize,
    /// One line for each item instead of one for all.
    lines: bool,
}

impl<'a> Picture<'a> {
    /// Of an object alone.
    #[must_use]
    pub fn new(object: &'a Object) -> Self {
        Self { object, usage: None, layout: None, notes: None }
    }

    /// With a sample of which fields hold values.
    #[must_use]
    pub fn usage(mut self, usage: &'a Usage) -> Self {
        self.usage = Some(usage);
        self
    }

    /// With the layout that the user works with.
    #[must_use]
    pub fn layout(mut self, layout: &'a RecordTypeLayout) -> Self {
        self.layout = Some(layout);
        self
    }

    /// With the administrator's notes.
    #[must_use]
    pub fn notes(mut self, notes: &'a ObjectNotes) -> Self {
        self.notes = Some(notes);
        self
    }

    /// The card. Within the budget it tells as much as the options allow; of a
    /// section that does not fit, the fields that matter most are told:
    /// required ones, those with a note, the most used, those on the layout.
    #[must_use]
    pub fn card(&self, options: CardOptions) -> Card {
        let at = |step: usize| {
            let part = |all: usize| all.min(self.object.fields.len().max(64)) * step / STEPS;
            let (picklist_values, fields) = (part(options.picklist_values), part(options.fields));
            let (children, budget) = (part(options.children), options.budget);
            self.render(CardOptions { picklist_values, children, fields, budget })
        };
        let whole = self.render(options);
        if whole.tokens <= options.budget {
            return whole;
        }
        // The most steps that fit: below `fits` all is known to fit, from `too_much` on nothing.
        let mut best = at(0);
        if best.tokens > options.budget {
            return self.least(options.budget);
        }
        let (mut fits, mut too_much) = (0, STEPS);
        while fits + 1 < too_much {
            let middle = usize::midpoint(fits, too_much);
            let card = at(middle);
            if card.tokens <= options.budget {
                (fits, best) = (middle, card);
            } else {
                too_much = middle;
            }
        }
        best
    }

    fn render(&self, options: CardOptions) -> Card {
        let mut lines = vec![headline(self.object), abilities(self.object)];
        if self.object.fields.is_empty() {
            lines.push("No fields: this user may see none of them.".to_owned());
        }
        let note = self.notes.and_then(|notes| notes.note.as_deref());
        let note = note.map(|note| shortened(note, options.budget / 4));
        lines.extend(note.map(|note| format!("Administrator's note: {note}")));
        let used = self.most_used(options.fields.min(MOST_USED));
        if !used.is_empty() {
            lines.push(format!("Most used: {}", used.join(", ")));
        }
        let mut left_out = Vec::new();
        for section in self.sections(options) {
            let (shown, hidden) = self.choose(&section);
            if !hidden.is_empty() {
                left_out.push(LeftOut { group: section.group, names: hidden.clone() });
            }
            if section.lines {
                lines.push(format!("{}:", section.title));
                lines.extend(shown.iter().map(|text| format!("- {text}")));
                if !hidden.is_empty() {
                    lines.push(format!("- {} more", hidden.len()));
                }
            } else {
                let more = (!hidden.is_empty()).then(|| format!("{} more", hidden.len()));
                let texts: Vec<&str> = shown.into_iter().chain(more.as_deref()).collect();
                lines.push(format!("{}: {}", section.title, texts.join(", ")));
            }
        }
        if !left_out.is_empty() {
            let groups: Vec<&str> = left_out.iter().map(|left| left.group.as_str()).collect();
            lines.push(format!(
                "Left out for size, ask for the group or the field: {}",
                groups.join(", ")
            ));
        }
        Card::of(lines.join("\n"), left_out)
    }

    fn sections(&self, options: CardOptions) -> Vec<Section> {
        let object = self.object;
        let section =
            |group, title, items, bound| Section { group, title, items, bound, lines: false };
        let items = |group: FieldGroup, text: fn(&Field) -> String| -> Vec<Item> {
            let fields = object.fields.iter().filter(|f| group.has(f));
            fields.map(|f| Item::of(f, text(f))).collect()
        };
        let name = |f: &Field| f.name.clone();
        let mut required = items(FieldGroup::Required, name);
        if required.is_empty() {
            required.push(Item { name: String::new(), text: "nothing".to_owned() });
        }
        let fields = options.fields;
        let mut read_only = items(FieldGroup::ReadOnly, named);
        read_only.retain(|item| !AUDIT.contains(&item.name.as_str()));
        let picklists = object.fields.iter().filter(|f| FieldGroup::Picklists.has(f));
        let picklists =
            picklists.map(|f| Item::of(f, picklist(f, options.picklist_values))).collect();
        let noted = self.notes.map(|notes| {
            let fields = object.fields.iter();
            let noted = fields.filter_map(|f| {
                Some(Item::of(f, format!("{}: {}", f.name, notes.field(&f.name)?)))
            });
            noted.collect()
        });
        let mut sections = vec![
            section(FieldGroup::Required, "Required on create", required, usize::MAX),
            section(
                FieldGroup::Writable,
                "Writable (text unless a type is named; number = most characters)",
                items(FieldGroup::Writable, named),
                fields,
            ),
            section(
                FieldGroup::References,
                "Writable references -> target (path in SOQL)",
                items(FieldGroup::References, reference),
                fields,
            ),
            section(FieldGroup::ReadOnly, "Read only", read_only, fields),
            section(
                FieldGroup::ReadOnlyReferences,
                "Read-only references -> target (path in SOQL)",
                items(FieldGroup::ReadOnlyReferences, reference),
                fields,
            ),
            section(
                FieldGroup::ExternalIds,
                "External ids (upsert keys)",
                items(FieldGroup::ExternalIds, name),
                usize::MAX,
            ),
            section(
                FieldGroup::NotFilterable,
                "Not usable in WHERE",
                items(FieldGroup::NotFilterable, name),
                fields,
            ),
            section(
                FieldGroup::RecordTypes,
                "Record types",
                record_types(object),
                options.children,
            ),
            section(
                FieldGroup::Children,
                "Children, for subqueries",
                children(object),
                options.children,
            ),
            Section {
                group: FieldGroup::Noted,
                title: "Administrator's notes",
                items: noted.unwrap_or_default(),
                bound: fields,
                lines: true,
            },
            Section {
                group: FieldGroup::Picklists,
                title: "Picklists",
                items: picklists,
                bound: fields,
                lines: true,
            },
        ];
        sections.retain(|section| !section.items.is_empty());
        sections
    }

    /// The items of a section that are shown, in their order, and the names of the others.
    fn choose<'s>(&self, section: &'s Section) -> (Vec<&'s str>, Vec<String>) {
        let mut order: Vec<usize> = (0..section.items.len()).collect();
        if section.items.len() > section.bound && section.group.is_of_fields() {
            order.sort_by_cached_key(|at| self.importance(&section.items[*at].name));
        }
        let mut shown: Vec<usize> = order.iter().copied().take(section.bound).collect();
        shown.sort_unstable();
        let hidden = section.items.iter().enumerate();
        let hidden = hidden.filter(|(at, _)| shown.binary_search(at).is_err());
        let hidden = hidden.map(|(_, item)| item.name.clone()).collect();
        (shown.iter().map(|at| section.items[*at].text.as_str()).collect(), hidden)
    }

    /// Less is more important; equals keep the describe's order.
    fn importance(&self, name: &str) -> (bool, bool, u32, usize) {
        let required = self.object.field(name).is_some_and(Field::required_on_create);
        let noted = self.notes.is_some_and(|notes| notes.field(name).is_some());
        let filled = self.usage.map_or(0, |usage| {
            let field = usage.filled.iter().find(|(field, _)| field == name);
            field.map_or(0, |(_, count)| *count)
        });
        let place = self.layout.and_then(|l| l.fields.iter().position(|field| field == name));
        (!required, !noted, u32::MAX - filled, place.unwrap_or(usize::MAX))
    }

    /// The fields that hold values most often; without a sample, the first of the layout.
    fn most_used(&self, most: usize) -> Vec<&'a str> {
        let telling = |name: &str| {
            let field = self.object.field(name);
            field.is_some_and(|f| f.is_writable() && f.ty != FieldType::Boolean)
        };
        let mut used: Vec<&str> = match (self.usage, self.layout) {
            (Some(usage), _) if usage.sampled > 0 => {
                let filled =
                    usage.filled.iter().filter(|(name, count)| *count > 0 && telling(name));
                let mut filled: Vec<_> = filled.collect();
                filled.sort_by_key(|(_, count)| u32::MAX - count);
                filled.into_iter().map(|(name, _)| name.as_str()).collect()
            }
            (_, Some(layout)) => {
                layout.fields.iter().map(String::as_str).filter(|n| telling(n)).collect()
            }
            _ => Vec::new(),
        };
        used.truncate(most);
        used
    }

    /// What fits in a budget that is too small for a card: as many of the required fields as can be.
    fn least(&self, budget: usize) -> Card {
        let required: Vec<String> =
            self.object.required_on_create().map(|f| f.name.clone()).collect();
        let all = LeftOut {
            group: FieldGroup::All,
            names: self.object.fields.iter().map(|f| f.name.clone()).collect(),
        };
        let name = &self.object.name;
        for shown in (0..=required.len()).rev() {
            let required = bounded(&required, shown, ", ");
            let required = if required.is_empty() { "nothing" } else { &required };
            let text =
                format!("{name}. Required on create: {required}. All else left out for size.");
            if estimate_tokens(&text) <= budget {
                return Card::of(text, vec![all]);
            }
        }
        let text = if estimate_tokens(name) <= budget { name.clone() } else { String::new() };
        Card::of(text, vec![all])
    }
}

/// A note may be longer than all else; its beginning is told.
fn shortened(note: &str, budget: usize) -> String {
    if estimate_tokens(note) <= budget {
        return note.to_owned();
    }
    let mut count = note.chars().count();
    loop {
        let start: String = note.chars().take(count).collect();
        let text = format!("{}… (shortened)", start.trim_end());
        if count == 0 || estimate_tokens(&text) <= budget {
            return text;
        }
        count = count * 3 / 4;
    }
}

impl Card {
    pub(super) fn of(text: String, left_out: Vec<LeftOut>) -> Self {
        Self { tokens: estimate_tokens(&text), text, left_out }
    }
}
