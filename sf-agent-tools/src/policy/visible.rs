//! What of an object is to be seen: the schema without what the rules hide.

use std::collections::HashMap;
use std::sync::Arc;

use sf_schema::{Field, FieldType, Object, ObjectSummary};

use super::far::{Described, Far};
use super::kin::{self, Kin};
use super::pattern;
use super::rules::{ObjectRule, Rules};
use crate::{Effect, Mask};

/// How a field may be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// It does not exist.
    Hidden,
    /// It is shown masked.
    Masked(Mask),
    /// As it is.
    Open,
}

/// The names of the objects of an org, in lower case.
pub(crate) type Names = std::collections::HashSet<String>;

/// An object as the rules let it be seen.
#[derive(Debug)]
pub(crate) struct View {
    /// As the org describes it.
    pub(crate) full: Arc<Object>,
    /// For statements: what may be read. None if nothing may.
    pub(crate) read: Option<Arc<Object>>,
    /// For cards and writes: what may be read or written.
    pub(crate) card: Arc<Object>,
    access: HashMap<String, Access>,
    /// It has a row filter.
    pub(crate) filtered: bool,
}

impl View {
    /// How a field may be read; hidden if there is none.
    pub(crate) fn access(&self, field: &str) -> Access {
        if self.read.is_none() {
            return Access::Hidden;
        }
        self.access.get(&field.to_ascii_lowercase()).copied().unwrap_or(Access::Hidden)
    }

    /// The field that names a record, for the field `Name` of the platform's entity of that name.
    pub(crate) fn naming(&self, name: &str) -> Option<&Field> {
        self.full.field(name).or_else(|| {
            let own = |f: &&Field| f.name_field && name.eq_ignore_ascii_case("Name");
            self.full.fields.iter().find(own)
        })
    }
}

/// Whether some operation on the object is given.
pub(crate) fn exists(rules: &Rules, names: &Names, object: &str) -> bool {
    rules.rule(object).is_some() && kin_is_open(rules, names, object)
}

/// Whether its records may be read.
pub(crate) fn is_readable(rules: &Rules, names: &Names, object: &str) -> bool {
    rules.rule(object).is_some_and(|rule| rule.may(Effect::Read))
        && kin_is_open(rules, names, object)
}

/// Whether what an object tells of another one may be told.
fn kin_is_open(rules: &Rules, names: &Names, object: &str) -> bool {
    match kin::kin(object) {
        Kin::None => true,
        Kin::All => false,
        Kin::Of(bases) => bases.iter().all(|base| {
            !names.contains(&key(base)) || rules.rule(base).is_some_and(ObjectRule::is_whole)
        }),
    }
}

/// Whether the lists let the field of another object be read as it is.
pub(super) fn is_open_by_name(rules: &Rules, names: &Names, object: &str, field: &str) -> bool {
    let open = |rule: &ObjectRule| {
        rule.names_readable(field) && rule.mask_of(field).is_none() && rule.rows.is_none()
    };
    is_readable(rules, names, object) && rules.rule(object).is_some_and(open)
}

/// The object as the rules let it be seen; none if they give nothing of it. `known` are the objects
/// whose fields its formulas name ([`described`](super::described)).
pub(crate) fn view(
    rules: &Rules,
    names: &Names,
    known: &Described,
    full: &Arc<Object>,
) -> Option<View> {
    if !exists(rules, names, &full.name) {
        return None;
    }
    let rule = rules.rule(&full.name)?;
    let mut access: HashMap<String, Access> = full
        .fields
        .iter()
        .map(|field| (key(&field.name), listed(rules, names, rule, full, field)))
        .collect();
    parts_of_the_denied(rule, full, &mut access);
    let far = Far::new(rules, names, known);
    // A formula may name a formula, and a compound may have parts that are formulas.
    loop {
        let closed: Vec<String> = full
            .fields
            .iter()
            .filter(|field| access.get(&key(&field.name)) != Some(&Access::Hidden))
            .filter(|field| derives(&far, rule, full, field, &access))
            .map(|field| key(&field.name))
            .collect();
        if closed.is_empty() {
            break;
        }
        access.extend(closed.into_iter().map(|name| (name, Access::Hidden)));
    }
    let read = rule.may(Effect::Read).then(|| {
        let shown = |field: &Field| access.get(&key(&field.name)).copied();
        Arc::new(narrowed(rules, names, rule, full, |field| match shown(field)? {
            Access::Hidden => None,
            Access::Masked(mask) => Some(masked(field, mask)),
            Access::Open => Some(field.clone()),
        }))
    });
    let card = narrowed(rules, names, rule, full, |field| {
        let access = access.get(&key(&field.name)).copied().unwrap_or(Access::Hidden);
        for_card(rule, field, if rule.may(Effect::Read) { access } else { Access::Hidden })
    });
    let filtered = rule.rows.is_some();
    Some(View { full: Arc::clone(full), read, card: Arc::new(card), access, filtered })
}

pub(super) fn key(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// What the lists say of a field, and what is known of copies of other objects' fields.
pub(super) fn listed(
    rules: &Rules,
    names: &Names,
    rule: &ObjectRule,
    object: &Object,
    field: &Field,
) -> Access {
    let copied = kin::sources(&object.name, &field.name)
        .iter()
        .filter(|(source, _)| names.contains(&key(source)))
        .any(|(source, of)| {
            if source.eq_ignore_ascii_case(&object.name) {
                // Of the same record; what is not among the fields is the org's own matter.
                object.field(of).is_some()
                    && (!rule.names_readable(of) || rule.mask_of(of).is_some())
            } else {
                !is_open_by_name(rules, names, source, of)
            }
        });
    if !rule.names_readable(&field.name) {
        return Access::Hidden;
    }
    match rule.mask_of(&field.name) {
        Some(mask) => Access::Masked(mask),
        None if copied => Access::Hidden,
        None => Access::Open,
    }
}

/// Hides the parts of a compound field that is hidden or masked, but for those that are listed by
/// their own names.
fn parts_of_the_denied(rule: &ObjectRule, object: &Object, access: &mut HashMap<String, Access>) {
    for part in object.fields.iter().filter(|part| denied_with_its_compound(rule, part)) {
        access.insert(key(&part.name), Access::Hidden);
    }
}

/// Whether a field is hidden with the compound that it is a part of.
pub(super) fn denied_with_its_compound(rule: &ObjectRule, part: &Field) -> bool {
    let Some(whole) = &part.compound else { return false };
    let denied = pattern::any(&rule.hide, whole) || rule.mask_of(whole).is_some();
    denied && !pattern::exactly(&rule.read, &part.name) && rule.mask_of(&part.name).is_none()
}

/// Whether a field that is not hidden yet gives away one that is.
fn derives(
    far: &Far<'_>,
    rule: &ObjectRule,
    object: &Object,
    field: &Field,
    access: &HashMap<String, Access>,
) -> bool {
    let now = |name: &str| access.get(&key(name)).copied().unwrap_or(Access::Hidden);
    let masked = matches!(now(&field.name), Access::Masked(_));
    let closed = |name: &str| match now(name) {
        Access::Hidden => true,
        Access::Masked(_) => !masked,
        Access::Open => false,
    };
    // A mask of the whole hides every part of it.
    if !masked && object.parts(&field.name).any(|part| now(&part.name) != Access::Open) {
        return true;
    }
    if !field.calculated || pattern::any(&rule.trusted_formulas, &field.name) {
        return false;
    }
    // A roll-up has no text, and sums records of an object that the describe does not name.
    let Some(text) = &field.formula else { return true };
    !far.reads_only(text, object, &|name| !closed(name))
}

/// The object with the fields that `keep` keeps, and no name of what else is hidden.
fn narrowed(
    rules: &Rules,
    names: &Names,
    rule: &ObjectRule,
    full: &Object,
    keep: impl Fn(&Field) -> Option<Field>,
) -> Object {
    let readable = rule.may(Effect::Read);
    // Not a clone, which would take the lookup of names of the full object along. What is not named
    // here stays empty or false.
    let mut object = Object::default();
    object.name.clone_from(&full.name);
    object.label.clone_from(&full.label);
    object.label_plural.clone_from(&full.label_plural);
    object.key_prefix.clone_from(&full.key_prefix);
    object.custom = full.custom;
    object.queryable = full.queryable && readable;
    object.searchable = full.searchable && readable;
    object.createable = full.createable && rule.may(Effect::Create);
    object.updateable = full.updateable && rule.may(Effect::Update);
    object.deletable = full.deletable && rule.may(Effect::Delete);
    object.layoutable = full.layoutable;
    object.custom_setting = full.custom_setting;
    object.deprecated = full.deprecated;
    object.fields = full.fields.iter().filter_map(keep).collect();
    // They are the values of a field; one that is masked is no reference any more.
    let told = |field: &Field| field.name == "RecordTypeId" && field.ty == FieldType::Reference;
    if object.fields.iter().any(told) {
        object.record_types.clone_from(&full.record_types);
    }
    let open = full.children.iter();
    let open = open.filter(|child| is_open_link(rules, names, &child.object, &child.field));
    object.children = open.cloned().collect();
    let shown: std::collections::HashSet<String> =
        object.fields.iter().map(|field| key(&field.name)).collect();
    let is_shown = |name: &String| shown.contains(&key(name));
    for field in &mut object.fields {
        field.controller = field.controller.take().filter(is_shown);
        field.compound = field.compound.take().filter(is_shown);
        field.filtered_by.retain(is_shown);
        field.default_formula = None;
        if pattern::any(&rule.trusted_formulas, &field.name) {
            field.formula = None;
        }
        // The platform follows a path to a record of any of them, so all must be readable.
        if !field.reference_to.iter().all(|target| is_readable(rules, names, target)) {
            field.relationship_name = None;
        }
        field.reference_to.retain(|target| exists(rules, names, target));
    }
    object
}

/// Whether the reference of a child may be read, which a subquery of children tells.
fn is_open_link(rules: &Rules, names: &Names, object: &str, field: &str) -> bool {
    let open = |rule: &ObjectRule| rule.names_readable(field) && rule.mask_of(field).is_none();
    is_readable(rules, names, object) && rules.rule(object).is_some_and(open)
}

/// A masked field in a statement: a text that can be selected, and looked for if it has tokens.
fn masked(field: &Field, mask: Mask) -> Field {
    let mut field = field.clone();
    field.ty = FieldType::String;
    field.filterable &= mask == Mask::Token;
    field.sortable = false;
    field.groupable = false;
    field.aggregatable = false;
    field.relationship_name = None;
    field.reference_to.clear();
    field.polymorphic = false;
    field.picklist.clear();
    field.name_field = false;
    field
}

/// A field on a card: what may be done with it.
fn for_card(rule: &ObjectRule, field: &Field, access: Access) -> Option<Field> {
    // A list such as `*` also fits what nobody can give a value.
    let takes = (field.createable && rule.may(Effect::Create))
        || (field.updateable && rule.may(Effect::Update));
    let writable = takes && rule.names_writable(&field.name);
    let mut shown = match access {
        Access::Hidden if !writable => return None,
        Access::Hidden => {
            let mut shown = field.clone();
            shown.filterable = false;
            shown.sortable = false;
            shown.groupable = false;
            shown.aggregatable = false;
            shown.id_lookup = false;
            shown.external_id = false;
            shown
        }
        Access::Masked(mask) if writable => {
            let mut shown = masked(field, mask);
            // What is written is checked by its own type, but for tokens, which are any text.
            shown.ty = if field.ty.is_text() { FieldType::String } else { field.ty.clone() };
            shown.picklist.clone_from(&field.picklist);
            shown
        }
        Access::Masked(mask) => masked(field, mask),
        Access::Open => field.clone(),
    };
    shown.createable &= writable && rule.may(Effect::Create);
    shown.updateable &= writable && rule.may(Effect::Update);
    Some(shown)
}

/// A line of the list of objects, as far as the rules let it be seen.
pub(crate) fn summary(rules: &Rules, names: &Names, full: &ObjectSummary) -> Option<ObjectSummary> {
    if !exists(rules, names, &full.name) {
        return None;
    }
    let rule = rules.rule(&full.name)?;
    let mut shown = full.clone();
    shown.queryable &= rule.may(Effect::Read);
    shown.searchable &= rule.may(Effect::Read);
    shown.createable &= rule.may(Effect::Create);
    shown.updateable &= rule.may(Effect::Update);
    shown.deletable &= rule.may(Effect::Delete);
    Some(shown)
}

#[cfg(test)]
mod tests;
