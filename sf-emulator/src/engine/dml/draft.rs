//! A record being written: its values, and everything that is wrong with it.

use std::collections::HashMap;

use rusqlite::types::Value as Sql;
use serde_json::{Map, Value};

use super::{Context, NO_FIELDS, reference, value};
use crate::engine::schema::{Field, FieldType, Object};
use crate::engine::storage::tables::quote;
use crate::engine::{ApiError, ErrorItem, Step, access, find, id};

/// User names are unique over all orgs of the platform.
const DUPLICATE_USERNAME: &str = "Duplicate Username.<br>The username already exists in this or another \
    Salesforce organization. Usernames must be unique across all Salesforce organizations. To resolve, use a \
    different username (it doesn't need to match the user's email address).";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Create,
    Update,
}

/// Values to store and problems found; a record with problems is not stored.
pub(super) struct Draft<'a> {
    pub(super) object: &'a Object,
    operation: Operation,
    pub(super) values: Vec<(&'a Field, Sql)>,
    /// Fields that the body cleared although they must have a value, and on
    /// create those that it left out.
    missing: Vec<&'a str>,
    not_writable: Vec<&'a str>,
    /// Fields whose value was refused: they do not miss one as well.
    refused: Vec<&'a str>,
    /// The first value that could not be read, or record that an external id
    /// should name: the platform stops there and looks at nothing else.
    unread: Option<ErrorItem>,
    items: Vec<ErrorItem>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(object: &'a Object, operation: Operation) -> Self {
        Self {
            object,
            operation,
            values: Vec::new(),
            missing: Vec::new(),
            not_writable: Vec::new(),
            refused: Vec::new(),
            unread: None,
            items: Vec::new(),
        }
    }

    /// Takes the body's fields. `own` names the record in the path.
    pub(super) fn read_body(&mut self, cx: Context<'a>, body: &Map<String, Value>, own: &str) {
        // A name given twice in different case counts once, the last time.
        let mut seen: HashMap<String, usize> = HashMap::new();
        for (name, json) in body {
            if name == "attributes" {
                continue;
            }
            if name.eq_ignore_ascii_case("Id") || name.eq_ignore_ascii_case(own) {
                let shown = self.object.field(name).map_or(name.as_str(), |field| &field.name);
                let message =
                    format!("The {shown} field should not be specified in the sobject data.");
                self.items.push(ErrorItem::new("INVALID_FIELD", message));
                continue;
            }
            let Some((field, stored)) = self.read_field(cx, name, json) else { continue };
            match seen.get(&field.name) {
                Some(at) => self.values[*at].1 = stored,
                None => {
                    seen.insert(field.name.clone(), self.values.len());
                    self.values.push((field, stored));
                }
            }
        }
    }

    fn read_field(
        &mut self,
        cx: Context<'a>,
        name: &str,
        json: &Value,
    ) -> Option<(&'a Field, Sql)> {
        let object = self.object;
        let seen = |field: &&Field| !cx.seen.hides(object, &field.name);
        let parent = || object.parent(name).filter(seen);
        let (field, nested) = match (object.field(name).filter(seen), json) {
            (Some(field), _) => (field, None),
            (None, Value::Object(nested)) if parent().is_some() => (parent()?, Some(nested)),
            (None, _) => {
                let message = format!("No such column '{name}' on sobject of type {}", object.name);
                self.items.push(ErrorItem::new("INVALID_FIELD", message));
                return None;
            }
        };
        let writable = match self.operation {
            Operation::Create => field.createable,
            Operation::Update => field.updateable,
        };
        if !writable || !cx.seen.may_write(object, field, self.operation == Operation::Create) {
            self.not_writable.push(&field.name);
            return None;
        }
        let result = match nested {
            Some(nested) => reference::by_external_id(cx, field, nested),
            None => value::from_json(field, json),
        };
        let stored = match result {
            Ok(stored) => stored.unwrap_or(Sql::Null),
            Err(item) => {
                let item = item.within(Step::Key(name.to_owned()));
                if nested.is_some() || item.code == "JSON_PARSER_ERROR" {
                    self.unread.get_or_insert(item);
                } else {
                    self.items.push(item);
                }
                self.refused.push(&field.name);
                return None;
            }
        };
        if stored == Sql::Null && !field.nillable {
            // A boolean has no null: the platform takes it as not given.
            if field.ty != FieldType::Boolean
                && !(self.operation == Operation::Create && field.defaulted_on_create)
            {
                self.missing.push(&field.name);
            }
            return None;
        }
        if let (FieldType::Reference, Sql::Text(id)) = (field.ty, &stored)
            && let Err(item) = reference::check(cx, self.object, field, id)
        {
            self.refused.push(&field.name);
            self.items.push(item);
            return None;
        }
        Some((field, stored))
    }

    /// Takes the external id that a new record is made with.
    pub(super) fn take_key(&mut self, cx: Context<'a>, key: Option<(&'a Field, Sql)>) {
        let Some((field, value)) = key else { return };
        if !cx.seen.may_write(self.object, field, true) {
            self.not_writable.push(&field.name);
        }
        self.values.push((field, value));
    }

    /// Only who has a record gives it away, and to who may read such records.
    pub(super) fn check_owner(
        &self,
        cx: Context<'_>,
        own_row: Option<i64>,
    ) -> Result<(), ApiError> {
        let Some(Sql::Text(owner)) = self.given("OwnerId") else { return Ok(()) };
        if let Some(row) = own_row {
            let sql =
                format!("SELECT \"OwnerId\" FROM {} WHERE row = ?1", quote(&self.object.name));
            let before: Option<String> =
                cx.connection.prepare_cached(&sql)?.query_row([row], |row| row.get(0))?;
            if before.as_ref() == Some(owner) {
                return Ok(());
            }
        }
        access::check_transfer(cx.seen, cx.connection, self.object, own_row, owner)
    }

    /// Adds what a create left out.
    pub(super) fn check_required(&mut self) {
        let absent: Vec<&'a str> = self
            .object
            .fields
            .iter()
            .filter(|field| field.required_on_create())
            .filter(|field| !self.values.iter().any(|(given, _)| given.name == field.name))
            .map(|field| field.name.as_str())
            .filter(|name| !self.missing.contains(name) && !self.refused.contains(name))
            .collect();
        self.missing.extend(absent);
    }

    /// Checks dependent picklists: the value of the controlling field decides
    /// which of theirs may be chosen.
    pub(super) fn check_choices(
        &mut self,
        cx: Context<'_>,
        own_row: Option<i64>,
    ) -> Result<(), ApiError> {
        for field in &self.object.fields {
            let Some(controller) = &field.controller else { continue };
            if self.given(&field.name).is_none() && self.given(controller).is_none() {
                continue;
            }
            let Some(value) = self.text_after(cx, &field.name, own_row)? else { continue };
            let controlling = self.text_after(cx, controller, own_row)?;
            let allowed = field.valid_for.get(&value).is_some_and(|allowed| {
                controlling.is_some_and(|controlling| allowed.contains(&controlling))
            });
            if !allowed {
                self.items.push(value::bad_choice(field, &value));
            }
        }
        Ok(())
    }

    /// A text as it will be after the write.
    fn text_after(
        &self,
        cx: Context<'_>,
        name: &str,
        own_row: Option<i64>,
    ) -> Result<Option<String>, ApiError> {
        match (self.given(name), own_row) {
            (Some(value), _) => Ok(as_text(value)),
            (None, Some(row)) => {
                let (column, table) = (quote(name), quote(&self.object.name));
                let sql = format!("SELECT {column} FROM {table} WHERE row = ?1");
                let mut statement = cx.connection.prepare_cached(&sql)?;
                Ok(as_text(&statement.query_row([row], |row| row.get(0))?))
            }
            (None, None) => {
                let is_checkbox =
                    self.object.field(name).is_some_and(|field| field.ty == FieldType::Boolean);
                Ok(is_checkbox.then(|| "false".to_owned()))
            }
        }
    }

    /// A record may not stand above itself: not be its own parent, nor that of
    /// one of its parents.
    pub(super) fn check_hierarchies(&mut self, cx: Context<'_>, own: &str) -> Result<(), ApiError> {
        let mut circles = Vec::new();
        for (field, stored) in &self.values {
            let Sql::Text(parent) = stored else { continue };
            if field.ty != FieldType::Reference || field.reference_to != [self.object.name.as_str()]
            {
                continue;
            }
            let sql = format!(
                "WITH RECURSIVE above(id) AS (SELECT ?1 UNION SELECT t.{column} FROM {table} AS t
                 JOIN above ON t.\"Id\" = above.id WHERE t.{column} IS NOT NULL)
                 SELECT 1 FROM above WHERE id = ?2",
                column = quote(&field.name),
                table = quote(&self.object.name),
            );
            if cx.connection.prepare_cached(&sql)?.exists([parent.as_str(), own])? {
                let message =
                    format!("attempting to make a circular dependency: {}", id::short(own));
                let fields = [field.name.clone()];
                circles.push(ErrorItem::on_row("CIRCULAR_DEPENDENCY", message, fields));
            }
        }
        self.items.extend(circles);
        Ok(())
    }

    /// Looks for other records with the same unique value.
    pub(super) fn check_unique(
        &mut self,
        cx: Context<'_>,
        own_row: Option<i64>,
    ) -> Result<(), ApiError> {
        for (field, stored) in &self.values {
            if !field.unique || *stored == Sql::Null {
                continue;
            }
            let others = find::by_field(cx.connection, self.object, field, stored)?;
            if let Some(other) = others.iter().find(|other| Some(other.row) != own_row) {
                let name = &field.name;
                if self.object.name == "User" && name == "Username" {
                    let item = ErrorItem::on_row("DUPLICATE_USERNAME", DUPLICATE_USERNAME, [name]);
                    self.items.push(item);
                    continue;
                }
                let seen = access::is_visible(cx.seen, cx.connection, self.object, other.row)?;
                // The platform's words about a record that the user does not see.
                let (name, other) = if seen {
                    (name.as_str(), id::short(&other.id))
                } else {
                    ("<unknown>", "<unknown>")
                };
                let message = format!(
                    "duplicate value found: {name} duplicates value on record with id: {other}"
                );
                self.items.push(ErrorItem::on_row("DUPLICATE_VALUE", message, NO_FIELDS));
            }
        }
        Ok(())
    }

    /// All problems in one error, or none.
    pub(super) fn finish(&mut self) -> Result<(), ApiError> {
        if let Some(unread) = self.unread.take() {
            return Err(ApiError::new(400, unread));
        }
        let mut items = std::mem::take(&mut self.items);
        if !self.not_writable.is_empty() {
            let message = format!(
                "Unable to create/update fields: {}. Please check the security settings of this field and verify \
                 that it is read/write for your profile or permission set.",
                self.not_writable.join(", "),
            );
            let fields = self.not_writable.iter().copied();
            items.push(ErrorItem::on_row("INVALID_FIELD_FOR_INSERT_UPDATE", message, fields));
        }
        if !self.missing.is_empty() {
            let message = format!("Required fields are missing: [{}]", self.missing.join(", "));
            items.push(ErrorItem::on_row(
                "REQUIRED_FIELD_MISSING",
                message,
                self.missing.iter().copied(),
            ));
        }
        if items.is_empty() {
            Ok(())
        } else {
            Err(ApiError { status: 400, items, choices: Vec::new(), created: false })
        }
    }

    /// The value this write gives to a field.
    pub(super) fn given(&self, name: &str) -> Option<&Sql> {
        self.values.iter().find(|(field, _)| field.name == name).map(|(_, value)| value)
    }

    /// Sets a field that exists, over whatever was given.
    pub(super) fn set(&mut self, name: &str, value: impl Into<Sql>) {
        let Some(field) = self.object.field(name) else { return };
        let value = value.into();
        match self.values.iter_mut().find(|(given, _)| given.name == field.name) {
            Some((_, old)) => *old = value,
            None => self.values.push((field, value)),
        }
    }

    /// Defaults of fields that the body left out.
    pub(super) fn apply_defaults(&mut self, cx: Context<'_>) {
        for field in &self.object.fields {
            let Some(default) = &field.default else { continue };
            if field.is_stored()
                && self.given(&field.name).is_none()
                && let Ok(Some(value)) = value::from_json(field, default)
            {
                self.values.push((field, value));
            }
        }
        if self.given("OwnerId").is_none() {
            self.set("OwnerId", cx.caller.user_id.clone());
        }
    }

    pub(super) fn stamp_created(&mut self, cx: Context<'_>) {
        self.set("CreatedDate", cx.now());
        self.set("CreatedById", cx.caller.user_id.clone());
        self.stamp_modified(cx);
    }

    pub(super) fn stamp_modified(&mut self, cx: Context<'_>) {
        self.set("LastModifiedDate", cx.now());
        self.set("LastModifiedById", cx.caller.user_id.clone());
        self.set("SystemModstamp", cx.now());
    }
}

/// A picklist's value, or that of a checkbox as dependent picklists know it.
fn as_text(value: &Sql) -> Option<String> {
    match value {
        Sql::Text(text) => Some(text.clone()),
        Sql::Integer(flag) => Some((*flag != 0).to_string()),
        _ => None,
    }
}
