//! A schema after a change, and what has to be done to the tables for it.

use std::hash::Hasher as _;
use std::sync::Arc;

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::load::{self, Fnv};
use super::{Child, Field, FieldType, Object, Schema};
use crate::drift::{Drift, NewField};

/// What a change asks of the tables. Indexes of the fields named are made anew.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    AddColumn { object: String, field: Box<Field> },
    DropColumn { object: String, field: Box<Field> },
    RenameColumn { object: String, from: Box<Field>, to: Box<Field> },
    Convert { object: String, from: Box<Field>, to: Box<Field> },
    RenameTable { from: Arc<Object>, to: Arc<Object> },
    DropTable { object: Arc<Object> },
}

/// A change that is possible.
#[derive(Debug)]
pub(crate) struct Altered {
    pub(crate) schema: Schema,
    pub(crate) steps: Vec<Step>,
}

/// The schema after a change; the error says why it is not possible.
pub(crate) fn alter(schema: &Schema, drift: &Drift) -> Result<Altered, String> {
    let mut work = Work { objects: schema.objects.clone(), steps: Vec::new() };
    match drift {
        Drift::RenameField { object, field, to } => work.rename_field(object, field, to)?,
        Drift::RemoveField { object, field } => {
            let at = work.custom_field(object, field)?;
            work.remove_field(at);
        }
        Drift::RetypeField { object, field } => work.retype_field(object, field)?,
        Drift::RequireField { object, field } => work.require_field(object, field)?,
        Drift::AddField { object, field } => work.add_field(object, field)?,
        Drift::RenameObject { object, to } => work.rename_object(object, to)?,
        Drift::RemoveObject { object } => work.remove_object(object)?,
        Drift::AddPicklistValue { object, field, value } => work.add_value(object, field, value)?,
        Drift::DeactivatePicklistValue { object, field, value } => {
            work.deactivate_value(object, field, value)?;
        }
    }
    let mut hasher = Fnv::default();
    hasher.write(&schema.hash.to_be_bytes());
    hasher.write(format!("{drift:?}").as_bytes());
    let keeps_statements = work.steps.iter().all(|step| matches!(step, Step::AddColumn { .. }));
    let epoch = if keeps_statements { schema.epoch } else { schema.epoch.wrapping_add(1) };
    Ok(Altered { schema: Schema::new(work.objects, hasher.finish(), epoch), steps: work.steps })
}

struct Work {
    objects: Vec<Arc<Object>>,
    steps: Vec<Step>,
}

/// A field by the places of its object and itself.
#[derive(Debug, Clone, Copy)]
struct At(usize, usize);

impl Work {
    fn object(&self, name: &str) -> Result<usize, String> {
        let found = self.objects.iter().position(|object| object.name.eq_ignore_ascii_case(name));
        found.ok_or_else(|| format!("the org has no object {name}"))
    }

    fn field(&self, object: &str, name: &str) -> Result<At, String> {
        let at = self.object(object)?;
        let fields = &self.objects[at].fields;
        let found = fields.iter().position(|field| field.name.eq_ignore_ascii_case(name));
        found
            .map(|field| At(at, field))
            .ok_or_else(|| format!("{} has no field {name}", self.objects[at].name))
    }

    fn get(&self, At(object, field): At) -> &Field {
        &self.objects[object].fields[field]
    }

    fn get_mut(&mut self, At(object, field): At) -> &mut Field {
        &mut Arc::make_mut(&mut self.objects[object]).fields[field]
    }

    /// A field that an administrator could change as a whole.
    fn custom_field(&self, object: &str, name: &str) -> Result<At, String> {
        let at = self.field(object, name)?;
        let (object, field) = (&self.objects[at.0], self.get(at));
        let shown = format!("{}.{}", object.name, field.name);
        if !field.custom {
            return Err(format!(
                "{shown} is a standard field, which the platform neither renames, removes nor gives another type; hide it by field-level security, or change a custom field"
            ));
        }
        if field.compound.is_some() || field.ty.is_compound() {
            return Err(format!(
                "{shown} is, or is part of, a compound field, which changes as a whole"
            ));
        }
        Ok(at)
    }

    fn free_name(&self, object: usize, name: &str) -> Result<(), String> {
        custom_name(name)?;
        match self.objects[object].field(name) {
            Some(field) => {
                Err(format!("{} has a field {} already", self.objects[object].name, field.name))
            }
            None => Ok(()),
        }
    }

    fn rename_field(&mut self, object: &str, field: &str, to: &str) -> Result<(), String> {
        let at = self.custom_field(object, field)?;
        self.free_name(at.0, to)?;
        let before = self.get(at).clone();
        let name = self.objects[at.0].name.clone();
        let relationship = before.relationship_name.is_some().then(|| relationship_of(to));
        let field = self.get_mut(at);
        to.clone_into(&mut field.name);
        field.relationship_name.clone_from(&relationship);
        patch(&mut field.raw, [("name", json!(to)), ("relationshipName", json!(relationship))]);
        let after = field.clone();
        for field in &mut Arc::make_mut(&mut self.objects[at.0]).fields {
            if field.controller.as_deref() == Some(before.name.as_str()) {
                field.controller = Some(to.to_owned());
                patch(&mut field.raw, [("controllerName", json!(to))]);
            }
        }
        self.change_children(|child| {
            if child.object == name && child.field == before.name {
                to.clone_into(&mut child.field);
                patch(&mut child.raw, [("field", json!(to))]);
            }
        });
        self.index(at.0);
        let (from, to) = (Box::new(before), Box::new(after));
        self.steps.push(Step::RenameColumn { object: name, from, to });
        Ok(())
    }

    fn remove_field(&mut self, At(object, field): At) {
        let changed = Arc::make_mut(&mut self.objects[object]);
        let gone = changed.fields.remove(field);
        for field in &mut changed.fields {
            if field.controller.as_deref() == Some(gone.name.as_str()) {
                field.controller = None;
                patch(
                    &mut field.raw,
                    [("controllerName", Value::Null), ("dependentPicklist", json!(false))],
                );
            }
        }
        let name = changed.name.clone();
        self.index(object);
        self.retain_children(|child| !(child.object == name && child.field == gone.name));
        self.steps.push(Step::DropColumn { object: name, field: Box::new(gone) });
    }

    fn retype_field(&mut self, object: &str, new: &NewField) -> Result<(), String> {
        let at = self.custom_field(object, &new.name)?;
        let before = self.get(at).clone();
        if before.calculated || before.auto_number.is_some() {
            return Err(format!("{} has no value of its own that could be converted", before.name));
        }
        let label = new.label.clone().unwrap_or_else(|| before.label.clone());
        let mut after = self.made(new)?;
        (after.name, after.label) = (before.name.clone(), label);
        after.relationship_name =
            (after.ty == FieldType::Reference).then(|| relationship_of(&before.name));
        let name = self.objects[at.0].name.clone();
        self.retain_children(|child| !(child.object == name && child.field == before.name));
        *self.get_mut(at) = after.clone();
        self.add_children(&name, &after);
        let (from, to) = (Box::new(before), Box::new(after));
        self.steps.push(Step::Convert { object: name, from, to });
        Ok(())
    }

    fn require_field(&mut self, object: &str, field: &str) -> Result<(), String> {
        let at = self.field(object, field)?;
        let found = self.get(at);
        if !found.createable || found.ty == FieldType::Boolean {
            return Err(format!("{}.{} cannot be required", self.objects[at.0].name, found.name));
        }
        let field = self.get_mut(at);
        (field.nillable, field.defaulted_on_create) = (false, false);
        field.permissionable = false;
        let no = || json!(false);
        let keys = ["nillable", "defaultedOnCreate", "permissionable"];
        patch(&mut field.raw, keys.map(|key| (key, no())));
        Ok(())
    }

    fn add_field(&mut self, object: &str, new: &NewField) -> Result<(), String> {
        let at = self.object(object)?;
        self.free_name(at, &new.name)?;
        let field = self.made(new)?;
        let name = self.objects[at].name.clone();
        Arc::make_mut(&mut self.objects[at]).fields.push(field.clone());
        self.index(at);
        self.add_children(&name, &field);
        self.steps.push(Step::AddColumn { object: name, field: Box::new(field) });
        Ok(())
    }

    /// A field that is asked for, as the platform makes it.
    fn made(&self, new: &NewField) -> Result<Field, String> {
        let mut field = load::new_field(new)?;
        let mut targets = Vec::new();
        for target in &new.reference_to {
            targets.push(self.objects[self.object(target)?].name.clone());
        }
        field.reference_to = targets;
        Ok(field)
    }

    fn rename_object(&mut self, object: &str, to: &str) -> Result<(), String> {
        let at = self.custom_object(object)?;
        custom_name(to)?;
        if let Ok(other) = self.object(to) {
            return Err(format!("the org has an object {} already", self.objects[other].name));
        }
        let from = Arc::clone(&self.objects[at]);
        let old = from.name.clone();
        let changed = Arc::make_mut(&mut self.objects[at]);
        to.clone_into(&mut changed.name);
        for raw in [&mut changed.raw, &mut changed.raw_summary].into_iter().flatten() {
            *raw = moved_map(raw, &old, to);
            raw.insert("name".to_owned(), json!(to));
        }
        for object in 0..self.objects.len() {
            for field in 0..self.objects[object].fields.len() {
                if self.objects[object].fields[field].reference_to.contains(&old) {
                    let field = self.get_mut(At(object, field));
                    for target in field.reference_to.iter_mut().filter(|target| **target == old) {
                        to.clone_into(target);
                    }
                    patch(&mut field.raw, [("referenceTo", json!(field.reference_to))]);
                }
            }
        }
        self.change_children(|child| {
            if child.object == old {
                to.clone_into(&mut child.object);
                patch(&mut child.raw, [("childSObject", json!(to))]);
            }
        });
        self.steps.push(Step::RenameTable { from, to: Arc::clone(&self.objects[at]) });
        Ok(())
    }

    fn remove_object(&mut self, object: &str) -> Result<(), String> {
        let at = self.custom_object(object)?;
        let gone = self.objects.remove(at);
        for object in 0..self.objects.len() {
            for field in (0..self.objects[object].fields.len()).rev() {
                let targets = &self.objects[object].fields[field].reference_to;
                if !targets.contains(&gone.name) {
                    continue;
                }
                if targets.len() == 1 && self.objects[object].fields[field].custom {
                    self.remove_field(At(object, field));
                } else {
                    let field = self.get_mut(At(object, field));
                    field.reference_to.retain(|target| *target != gone.name);
                    patch(&mut field.raw, [("referenceTo", json!(field.reference_to))]);
                }
            }
        }
        self.retain_children(|child| child.object != gone.name);
        self.steps.push(Step::DropTable { object: gone });
        Ok(())
    }

    fn custom_object(&self, name: &str) -> Result<usize, String> {
        let at = self.object(name)?;
        if self.objects[at].custom {
            return Ok(at);
        }
        let name = &self.objects[at].name;
        Err(format!("{name} is a standard object, which the platform neither renames nor removes"))
    }

    fn picklist(&self, object: &str, field: &str) -> Result<At, String> {
        let at = self.field(object, field)?;
        match self.get(at).ty {
            FieldType::Picklist | FieldType::MultiPicklist => Ok(at),
            other => Err(format!("{field} is a {}, not a picklist", other.name())),
        }
    }

    fn add_value(&mut self, object: &str, field: &str, value: &str) -> Result<(), String> {
        let at = self.picklist(object, field)?;
        let field = self.get_mut(at);
        if value.trim().is_empty() || value.contains(';') {
            return Err("a picklist's value is a text without semicolons".to_owned());
        }
        if field.values.iter().any(|known| known == value) {
            if !field.inactive.iter().any(|gone| gone == value) {
                return Err(format!("{} has the value {value} already", field.name));
            }
            field.inactive.retain(|gone| gone != value);
            set_active(field, value, true);
            return Ok(());
        }
        field.values.push(value.to_owned());
        change(&mut field.raw, |map| {
            if let Some(Value::Array(values)) = map.get_mut("picklistValues") {
                values.push(json!({
                    "active": true, "defaultValue": false, "label": value, "validFor": null, "value": value,
                }));
            }
        });
        Ok(())
    }

    fn deactivate_value(&mut self, object: &str, field: &str, value: &str) -> Result<(), String> {
        let at = self.picklist(object, field)?;
        let field = self.get_mut(at);
        if !field.offers(value) {
            return Err(format!("{} has no active value {value}", field.name));
        }
        field.inactive.push(value.to_owned());
        if field.default.as_ref().and_then(Value::as_str) == Some(value) {
            field.default = None;
        }
        set_active(field, value, false);
        Ok(())
    }

    fn index(&mut self, object: usize) {
        Arc::make_mut(&mut self.objects[object]).index_fields();
    }

    fn change_children(&mut self, change: impl Fn(&mut Child)) {
        for object in &mut self.objects {
            let mut children = object.children.clone();
            children.iter_mut().for_each(&change);
            let is_same = children
                .iter()
                .zip(&object.children)
                .all(|(new, old)| new.object == old.object && new.field == old.field);
            if !is_same {
                Arc::make_mut(object).children = children;
            }
        }
    }

    fn retain_children(&mut self, keep: impl Fn(&Child) -> bool) {
        for object in &mut self.objects {
            if !object.children.iter().all(&keep) {
                Arc::make_mut(object).children.retain(&keep);
            }
        }
    }

    /// Shows a new lookup to the objects that it points to.
    fn add_children(&mut self, object: &str, field: &Field) {
        for target in &field.reference_to {
            if let Ok(at) = self.object(target) {
                Arc::make_mut(&mut self.objects[at]).children.push(Child {
                    object: object.to_owned(),
                    field: field.name.clone(),
                    relationship: field.children_name.clone(),
                    cascade_delete: false,
                    restricted_delete: false,
                    raw: None,
                });
            }
        }
    }
}

/// `Account__r` of `Account__c`.
fn relationship_of(field: &str) -> String {
    format!("{}__r", field.strip_suffix("__c").unwrap_or(field))
}

fn custom_name(name: &str) -> Result<(), String> {
    let stem = name.strip_suffix("__c").unwrap_or_default();
    let plain = |char: char| char.is_ascii_alphanumeric() || char == '_';
    if stem.starts_with(|char: char| char.is_ascii_alphabetic())
        && stem.chars().all(plain)
        && stem.len() <= 80
    {
        return Ok(());
    }
    Err(format!(
        "{name:?} is no name of something custom: letters, digits and underscores, a letter first, then __c"
    ))
}

/// Changes what was loaded of a field or a child relationship.
fn change(raw: &mut Option<Box<RawValue>>, change: impl FnOnce(&mut Map<String, Value>)) {
    let Some(text) = raw else { return };
    // It was made from a map, and becomes one again.
    if let Ok(mut map) = serde_json::from_str(text.get()) {
        change(&mut map);
        *raw = serde_json::value::to_raw_value(&map).ok();
    }
}

/// Sets those of the keys that are there.
pub(super) fn patch<const N: usize>(raw: &mut Option<Box<RawValue>>, keys: [(&str, Value); N]) {
    change(raw, |map| {
        for (key, value) in keys {
            if let Some(old) = map.get_mut(key) {
                *old = value;
            }
        }
    });
}

fn set_active(field: &mut Field, value: &str, active: bool) {
    change(&mut field.raw, |map| {
        let values = map.get_mut("picklistValues").and_then(Value::as_array_mut);
        for entry in values.into_iter().flatten() {
            if entry.get("value").and_then(Value::as_str) == Some(value) {
                entry["active"] = json!(active);
                if !active {
                    entry["defaultValue"] = json!(false);
                }
            }
        }
    });
}

/// With the paths of another object.
fn moved_map(map: &Map<String, Value>, from: &str, to: &str) -> Map<String, Value> {
    map.iter().map(|(key, value)| (key.clone(), moved(value, from, to))).collect()
}

fn moved(value: &Value, from: &str, to: &str) -> Value {
    match value {
        Value::String(text) if text.starts_with("/services/data/") => {
            let part = |part: &str| if part == from { to.to_owned() } else { part.to_owned() };
            let parts: Vec<String> = text.split('/').map(part).collect();
            Value::String(parts.join("/"))
        }
        Value::Array(items) => items.iter().map(|item| moved(item, from, to)).collect(),
        Value::Object(map) => Value::Object(moved_map(map, from, to)),
        other => other.clone(),
    }
}
