//! Creating, changing and deleting records.
//!
//! All writes of a request share one transaction; each has a savepoint, so a
//! failed record leaves no trace of itself.

mod activity;
mod delete;
mod derive;
mod draft;
mod files;
mod reference;
mod rules;
mod sales;
mod value;

use std::borrow::Cow;

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};
use serde_json::{Map, Value};

use super::access::{self, Level, Seen};
use super::find::{self, Found};
use super::rules::Rules;
use super::schema::{Field, Object, Schema};
use super::storage::tables::quote;
use super::transaction::{Savepoint, rolled_back};
use super::{ApiError, Caller, ErrorItem, Write, Written, id};
use draft::{Draft, Operation};

pub(super) use derive::auto_number;
pub(super) use rules::check as check_rules;

/// What a write needs to know.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) connection: &'a Connection,
    /// All of it: what follows from a write is the org's own doing.
    pub(super) schema: &'a Schema,
    /// What the caller sees, which decides what may be written.
    pub(super) seen: &'a Seen,
    pub(super) rules: &'a Rules,
    pub(super) caller: &'a Caller,
}

impl Context<'_> {
    /// The org's clock in milliseconds; stamps have whole seconds.
    fn now(&self) -> i64 {
        self.caller.now.as_second() * 1000
    }
}

/// Makes the changes; one result per write, in order.
pub(super) fn write(
    cx: Context<'_>,
    writes: &[Write],
    all_or_none: bool,
) -> Vec<Result<Written, ApiError>> {
    transact(cx, writes, all_or_none).unwrap_or_else(|error| {
        let error = ApiError::from(error);
        vec![Err(error); writes.len()]
    })
}

fn transact(
    cx: Context<'_>,
    writes: &[Write],
    all_or_none: bool,
) -> rusqlite::Result<Vec<Result<Written, ApiError>>> {
    let request = Savepoint::new(cx.connection)?;
    let mut results = Vec::with_capacity(writes.len());
    for write in writes {
        let record = Savepoint::new(cx.connection)?;
        let result = apply(cx, write);
        if result.is_ok() {
            record.keep()?;
        }
        results.push(result);
    }
    if all_or_none && results.iter().any(Result::is_err) {
        for result in &mut results {
            if let Ok(written) = result {
                *result = Err(ApiError { created: written.created, ..rolled_back() });
            }
        }
        return Ok(results);
    }
    request.keep()?;
    Ok(results)
}

/// For errors that name no field but still have the key `fields`.
const NO_FIELDS: [String; 0] = [];

fn apply(cx: Context<'_>, write: &Write) -> Result<Written, ApiError> {
    match write {
        Write::Create { object, fields } => create(cx, known(cx, object)?, fields, None),
        Write::Update { object, id, fields } => {
            let object = known(cx, object)?;
            update(cx, object, named(cx, object, id)?, fields, "Id")
        }
        Write::Upsert { object, field, value, fields, update_only } => {
            upsert(cx, known(cx, object)?, field, value, fields, *update_only)
        }
        Write::Delete { object, id } => {
            let object = match object {
                Some(name) => known(cx, name)?,
                None => known(cx, &cx.schema.by_prefix(id).ok_or_else(|| malformed(id))?.name)?,
            };
            delete::delete(cx, object, named(cx, object, id)?)
        }
    }
}

/// The record that an id names and the caller sees; a deleted one is an error of
/// its own.
fn named(cx: Context<'_>, object: &Object, id: &str) -> Result<Found, ApiError> {
    let full = id::normalise(id).ok_or_else(|| malformed(id))?;
    let found = find::by_id(cx.connection, object, &full)?.ok_or_else(ApiError::not_found)?;
    access::check_row(cx.seen, cx.connection, object, found.row, Level::Read)?;
    if found.deleted { find::live(cx.connection, object, &full) } else { Ok(found) }
}

/// 400 of an id in a body or a list that is none.
fn malformed(id: &str) -> ApiError {
    ApiError::new(400, ErrorItem::on_row("MALFORMED_ID", format!("malformed id {id}"), NO_FIELDS))
}

fn known<'a>(cx: Context<'a>, object: &str) -> Result<&'a Object, ApiError> {
    cx.seen.object(object)?;
    cx.schema.object(object).ok_or_else(ApiError::not_found)
}

fn refuse(object: &Object, allowed: bool, verb: &str) -> Result<(), ApiError> {
    if allowed {
        return Ok(());
    }
    let message = format!("entity type cannot be {verb}: {}", object.name);
    Err(ApiError::new(
        400,
        ErrorItem::on_row("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message, NO_FIELDS),
    ))
}

/// `key` is the external id of an upsert with its value.
fn create<'a>(
    cx: Context<'a>,
    object: &'a Object,
    body: &Map<String, Value>,
    key: Option<(&'a Field, Sql)>,
) -> Result<Written, ApiError> {
    refuse(object, object.createable, "inserted")?;
    access::refuse(cx.seen, object, |object| object.createable)?;
    let row: i64 = cx.connection.query_row(
        &format!("SELECT COALESCE(MAX(row), 0) + 1 FROM {}", quote(&object.name)),
        [],
        |row| row.get(0),
    )?;
    let id = id::make(&object.key_prefix, u64::try_from(row).unwrap_or(0));
    let mut draft = Draft::new(object, Operation::Create);
    let own = key.as_ref().map_or("Id", |(field, _)| field.name.as_str());
    draft.read_body(cx, body, own);
    draft.take_key(cx, key);
    draft.check_required();
    draft.check_choices(cx, None)?;
    draft.check_unique(cx, None)?;
    draft.finish()?;
    let text = |name: &str| draft.given(name).and_then(derive::text).map(str::to_owned);
    access::check_definition(cx.connection, cx.schema, object, text)?;
    draft.check_owner(cx, None)?;

    draft.apply_defaults(cx);
    derive::on_create(cx, &mut draft, &id, row)?;
    draft.stamp_created(cx);
    let names: Vec<String> = draft.values.iter().map(|(field, _)| quote(&field.name)).collect();
    let marks: Vec<String> = (3..names.len() + 3).map(|at| format!("?{at}")).collect();
    let sql = format!(
        "INSERT INTO {} (row, \"Id\", {}) VALUES (?1, ?2, {})",
        quote(&object.name),
        names.join(", "),
        marks.join(", "),
    );
    let start = [Sql::Integer(row), Sql::Text(id.clone())];
    let values = start.iter().chain(draft.values.iter().map(|(_, value)| value));
    cx.connection.prepare_cached(&sql)?.execute(params_from_iter(values))?;
    object.set_empty(false);
    derive::after(cx, object, &id)?;
    rules::validate(cx, object, row)?;
    rules::check_duplicates(cx, &draft, row)?;
    Ok(Written { object: object.name.clone(), id, created: true })
}

/// `own` is the field that stands in the path and so may not be in the body.
fn update<'a>(
    cx: Context<'a>,
    object: &'a Object,
    found: Found,
    body: &Map<String, Value>,
    own: &str,
) -> Result<Written, ApiError> {
    refuse(object, object.updateable, "updated")?;
    access::refuse(cx.seen, object, |object| object.updateable)?;
    access::check_row(cx.seen, cx.connection, object, found.row, Level::Edit)?;
    let mut draft = Draft::new(object, Operation::Update);
    draft.read_body(cx, body, own);
    draft.check_hierarchies(cx, &found.id)?;
    draft.check_choices(cx, Some(found.row))?;
    draft.check_unique(cx, Some(found.row))?;
    draft.finish()?;
    draft.check_owner(cx, Some(found.row))?;
    derive::on_update(cx, &mut draft, found.row)?;
    draft.stamp_modified(cx);
    let sets: Vec<String> = draft
        .values
        .iter()
        .zip(2..)
        .map(|((field, _), at)| format!("{} = ?{at}", quote(&field.name)))
        .collect();
    let sql = format!("UPDATE {} SET {} WHERE row = ?1", quote(&object.name), sets.join(", "));
    let row = Sql::Integer(found.row);
    let values = std::iter::once(&row).chain(draft.values.iter().map(|(_, value)| value));
    cx.connection.prepare_cached(&sql)?.execute(params_from_iter(values))?;
    derive::after(cx, object, &found.id)?;
    rules::validate(cx, object, found.row)?;
    rules::check_duplicates(cx, &draft, found.row)?;
    Ok(Written { object: object.name.clone(), id: found.id, created: false })
}

fn upsert<'a>(
    cx: Context<'a>,
    object: &'a Object,
    field: &str,
    value: &str,
    body: &Map<String, Value>,
    update_only: bool,
) -> Result<Written, ApiError> {
    if field.eq_ignore_ascii_case("Id") {
        return if value.is_empty() {
            create(cx, object, body, None)
        } else {
            update(cx, object, named(cx, object, value)?, body, "Id")
        };
    }
    // The name as the caller knows it; the field as the org does.
    let (field, key) = external_key(cx.seen.object(&object.name)?, field, value)?;
    let field = object.field(&field.name).ok_or_else(ApiError::not_found)?;
    let mut matches = find::by_field(cx.connection, object, field, &key)?;
    // A value that must be unique is found whoever has it: a second record could
    // not be made, and the update is refused.
    if !field.unique {
        matches = cx.seen.visible(cx.connection, object, matches)?;
    }
    match matches.len() {
        0 if update_only => Err(ApiError::not_found()),
        0 => create(cx, object, body, Some((field, key))),
        1 => {
            let found = matches.remove(0);
            if !access::is_visible(cx.seen, cx.connection, object, found.row)? {
                return Err(access::read_only());
            }
            update(cx, object, found, body, &field.name)
        }
        _ => Err(find::several(object, field, &matches, &cx.caller.version)),
    }
}

/// The field and typed value of `/sobjects/X/{field}/{value}`.
fn external_key<'o>(
    object: &'o Object,
    field: &str,
    value: &str,
) -> Result<(&'o Field, Sql), ApiError> {
    let field = find::external_id(object, field)?;
    let key = value::from_text(field, value)
        .map_err(|item| ApiError::new(400, item))?
        .ok_or_else(|| id::no_external_id(&field.name))?;
    Ok((field, key))
}

/// The records that `/sobjects/X/{field}/{value}` means.
pub(super) fn identified<'o>(
    connection: &Connection,
    object: &'o Object,
    field: &str,
    value: &str,
) -> Result<(&'o Field, Vec<Found>), ApiError> {
    let (field, key) = external_key(object, field, value)?;
    Ok((field, find::by_field(connection, object, field, &key)?))
}

/// An error item that names one field.
fn on_field(code: &'static str, message: impl Into<String>, field: &Field) -> ErrorItem {
    ErrorItem::on_row(Cow::Borrowed(code), message, [field.name.clone()])
}
