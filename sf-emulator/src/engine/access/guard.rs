//! What a user may write: checks on objects, rows and the records referred to.

use rusqlite::Connection;

use super::kind::{Kind, kind, shared_record};
use super::rights;
use super::{Level, Seen, Use, condition};
use crate::engine::schema::{Field, Object, Schema};
use crate::engine::storage::tables::quote;
use crate::engine::{ApiError, ErrorItem, id};

const NO_FIELDS: [String; 0] = [];

/// 403 for what the user sees and may not change.
pub(in crate::engine) fn read_only() -> ApiError {
    let message = "insufficient access rights on object id";
    ApiError::new(403, ErrorItem::on_row("INSUFFICIENT_ACCESS_OR_READONLY", message, NO_FIELDS))
}

/// Refuses what the object allows and the user's permissions do not.
pub(in crate::engine) fn refuse(
    seen: &Seen,
    object: &Object,
    may: impl Fn(&Object) -> bool,
) -> Result<(), ApiError> {
    match seen.schema.object(&object.name) {
        Some(object) if may(object) => Ok(()),
        _ => Err(read_only()),
    }
}

fn reaches(
    seen: &Seen,
    connection: &Connection,
    object: &Object,
    row: i64,
    level: Level,
) -> rusqlite::Result<bool> {
    let Some(condition) = condition(seen, level, object, "a0", Use::Probe) else { return Ok(true) };
    let sql =
        format!("SELECT 1 FROM {} AS a0 WHERE a0.row = ?1 AND {condition}", quote(&object.name));
    connection.prepare_cached(&sql)?.exists([row])
}

/// Whether the user sees a row of an object that the user sees.
pub(in crate::engine) fn is_visible(
    seen: &Seen,
    connection: &Connection,
    object: &Object,
    row: i64,
) -> rusqlite::Result<bool> {
    reaches(seen, connection, object, row, Level::Read)
}

/// Refuses a row that the user does not reach at this level. One that the user
/// does not see does not exist.
pub(in crate::engine) fn check_row(
    seen: &Seen,
    connection: &Connection,
    object: &Object,
    row: i64,
    level: Level,
) -> Result<(), ApiError> {
    if !is_visible(seen, connection, object, row)? {
        return Err(ApiError::not_found());
    }
    if reaches(seen, connection, object, row, level)? { Ok(()) } else { Err(read_only()) }
}

/// Refuses a lookup to a record that the user does not reach: to be seen is
/// enough, save where the record becomes part of the other one.
pub(in crate::engine) fn check_reference(
    seen: &Seen,
    connection: &Connection,
    object: &Object,
    field: &Field,
    target: &Object,
    found: (i64, &str),
) -> Result<(), ErrorItem> {
    let is_first = |lookups: &[&Field]| lookups.first().is_some_and(|one| one.name == field.name);
    let level = match kind(object) {
        _ if shared_record(object).is_some_and(|shared| shared.name == field.name) => Level::Full,
        Kind::Follows(lookups) if is_first(&lookups) => Level::Edit,
        Kind::Attached(lookup) if lookup.name == field.name => Level::Edit,
        _ if field.master_detail => Level::Edit,
        _ => Level::Read,
    };
    let (row, record) = found;
    let denied = || {
        let message =
            format!("insufficient access rights on cross-reference id: {}", id::short(record));
        ErrorItem::on_row("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", message, NO_FIELDS)
    };
    // Whoever may write a record names users, groups and record types in it.
    if matches!(kind(target), Kind::Setup) {
        return Ok(());
    }
    if seen.schema.object(&target.name).is_none() {
        return Err(denied());
    }
    match reaches(seen, connection, target, row, level) {
        Ok(true) => Ok(()),
        Ok(false) => Err(denied()),
        Err(error) => Err(unexpected(&error)),
    }
}

/// A new owner must be able to read records of the object, and only who has
/// the record may give it away.
pub(in crate::engine) fn check_transfer(
    seen: &Seen,
    connection: &Connection,
    object: &Object,
    row: Option<i64>,
    owner: &str,
) -> Result<(), ApiError> {
    if let Some(row) = row {
        check_row(seen, connection, object, row, Level::Full)?;
    }
    if owner == seen.rights.user_id || !owner.starts_with("005") {
        return Ok(());
    }
    if !matches!(kind(object), Kind::Own)
        || rights::may_read(connection, &seen.base, owner, object)?
    {
        return Ok(());
    }
    let message = "The new owner must have read permission";
    Err(ApiError::new(400, ErrorItem::on_row("TRANSFER_REQUIRES_READ", message, ["OwnerId"])))
}

/// A row of `ObjectPermissions` or `FieldPermissions` names what there is, once.
pub(in crate::engine) fn check_definition(
    connection: &Connection,
    schema: &Schema,
    object: &Object,
    text: impl Fn(&str) -> Option<String>,
) -> Result<(), ApiError> {
    let key = match object.name.as_str() {
        "ObjectPermissions" => "SobjectType",
        "FieldPermissions" => "Field",
        _ => return Ok(()),
    };
    let value = |name: &str| text(name).unwrap_or_default();
    let (kind, named) = (value("SobjectType"), value(key));
    let known = schema.object(&kind).filter(|object| match key {
        "Field" => named
            .split_once('.')
            .filter(|(holder, _)| holder.eq_ignore_ascii_case(&object.name))
            .and_then(|(_, name)| object.field(name))
            .is_some_and(|field| field.permissionable),
        _ => true,
    });
    if known.is_none() {
        let message = format!("{key}: bad value for restricted picklist field: {named}");
        let item = ErrorItem::on_row("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, [key]);
        return Err(ApiError::new(400, item));
    }
    let sql = format!(
        "SELECT \"Id\" FROM {} WHERE \"ParentId\" = ?1 AND {} = ?2 AND \"IsDeleted\" = 0",
        quote(&object.name),
        quote(key)
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([value("ParentId"), named])?;
    if let Some(row) = rows.next()? {
        let other: String = row.get(0)?;
        let message = format!(
            "duplicate value found: {key} duplicates value on record with id: {}",
            id::short(&other)
        );
        return Err(ApiError::new(400, ErrorItem::on_row("DUPLICATE_VALUE", message, NO_FIELDS)));
    }
    Ok(())
}

impl Seen {
    /// Whether the object has a field of the name, and not for this user.
    pub(in crate::engine) fn hides(&self, object: &Object, name: &str) -> bool {
        let seen = self.schema.object(&object.name);
        let is_field = |object: &Object| object.field(name).is_some();
        is_field(object) && !seen.is_some_and(is_field)
    }

    /// Whether a field may be given a value, which the base schema allows.
    pub(in crate::engine) fn may_write(
        &self,
        object: &Object,
        field: &Field,
        create: bool,
    ) -> bool {
        let seen = self.schema.object(&object.name).and_then(|object| object.field(&field.name));
        seen.is_some_and(|field| if create { field.createable } else { field.updateable })
    }
}

fn unexpected(error: &rusqlite::Error) -> ErrorItem {
    tracing::error!(%error, "the embedded org failed");
    ErrorItem::on_row("UNKNOWN_EXCEPTION", "An unexpected error occurred.", NO_FIELDS)
}
