//! What the org's administrator sets: permissions, defaults, shares.

use rusqlite::{Connection, OptionalExtension as _, ToSql, params_from_iter};

use super::kind::{Kind, controlling, kind, share_name, shared_record};
use super::rights::whole_of;
use crate::engine::schema::{Object, Schema};
use crate::engine::storage::tables::quote;
use crate::engine::{Caller, Engine, find, id};

/// Who sees the records of an object by default: its organisation-wide default
/// (Salesforce Security Guide, "Organization-Wide Sharing Defaults").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sharing {
    /// The owner, who is above the owner in the role hierarchy, and with whom a
    /// record was shared.
    Private,
    /// Everybody may read; the others may change.
    PublicReadOnly,
    /// Everybody may read and change; owners delete and transfer.
    PublicReadWrite,
    /// Who may read or change the account, or the master record.
    ControlledByParent,
}

impl Sharing {
    const ALL: [(&'static str, Self); 4] = [
        ("Private", Self::Private),
        ("Read", Self::PublicReadOnly),
        ("ReadWrite", Self::PublicReadWrite),
        ("ControlledByParent", Self::ControlledByParent),
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, model)| model)
    }

    fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, model)| *model == self).map_or("Private", |(name, _)| name)
    }
}

/// What a profile or a permission set grants on an object. Each of the first
/// four includes those before it; `None` takes all away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ObjectAccess {
    /// The object is not there.
    None,
    /// Read.
    Read,
    /// Read, create and edit.
    Edit,
    /// Read, create, edit and delete.
    Delete,
    /// Read, and each record whatever the sharing.
    ViewAll,
    /// Everything, and each record whatever the sharing.
    ModifyAll,
}

impl ObjectAccess {
    /// Create, read, edit, delete, view all, modify all.
    fn flags(self) -> [bool; 6] {
        match self {
            Self::None => [false; 6],
            Self::Read => [false, true, false, false, false, false],
            Self::Edit => [true, true, true, false, false, false],
            Self::Delete => [true, true, true, true, false, false],
            Self::ViewAll => [false, true, false, false, true, false],
            Self::ModifyAll => [true; 6],
        }
    }
}

/// How far a record, or a field, is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordAccess {
    /// Not at all: of a field that it is hidden, of a record that it is no longer
    /// shared.
    None,
    /// To be read.
    Read,
    /// To be read and changed.
    Edit,
}

/// Why the administrator's wish could not be met.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum AccessError {
    #[error("there is no profile or permission set {0:?}; profiles go by name")]
    Holder(String),
    #[error("there is no user {0:?}; users go by id, username or name")]
    User(String),
    #[error("there is no object {0:?} with permissions of its own")]
    Object(String),
    #[error(
        "{0:?} is no field whose permissions can be set; write Object.Field, and none that is required"
    )]
    Field(String),
    #[error("{0} has no parent that could control it")]
    NoParent(String),
    #[error("{0:?} is no record that can be shared")]
    Record(String),
    #[error("the org's database failed")]
    Database(#[from] rusqlite::Error),
}

impl Engine {
    /// Sets an object's organisation-wide default.
    pub(crate) fn set_sharing(
        &self,
        caller: &Caller,
        object: &str,
        sharing: Sharing,
    ) -> Result<(), AccessError> {
        let object = own(self.schema(), object)?;
        if sharing == Sharing::ControlledByParent && controlling(object).is_none() {
            return Err(AccessError::NoParent(object.name.clone()));
        }
        self.change(caller, |connection| put_sharing(connection, &object.name, sharing))
    }

    /// Sets what a profile or permission set grants on an object.
    pub(crate) fn set_object_access(
        &self,
        caller: &Caller,
        holder: &str,
        object: &str,
        access: ObjectAccess,
    ) -> Result<(), AccessError> {
        let object = own(self.schema(), object)?;
        self.change(caller, |connection| {
            let set = holder_of(connection, holder)?;
            put_object(connection, caller, &set, &object.name, access.flags())
        })
    }

    /// Sets what a profile or permission set grants on a field, `Object.Field`.
    pub(crate) fn set_field_access(
        &self,
        caller: &Caller,
        holder: &str,
        field: &str,
        access: RecordAccess,
    ) -> Result<(), AccessError> {
        let wrong = || AccessError::Field(field.to_owned());
        let (object, name) = field.split_once('.').ok_or_else(wrong)?;
        let object = self.schema().object(object).ok_or_else(wrong)?;
        let found = object.field(name).ok_or_else(wrong)?;
        let found = whole_of(object, found).unwrap_or(found);
        if !found.permissionable {
            return Err(wrong());
        }
        let full = format!("{}.{}", object.name, found.name);
        self.change(caller, |connection| {
            let set = holder_of(connection, holder)?;
            put_field(connection, caller, &set, &object.name, &full, access)
        })
    }

    /// Shares a record by hand with a user, or ends that.
    pub(crate) fn set_record_access(
        &self,
        caller: &Caller,
        record: &str,
        user: &str,
        access: RecordAccess,
    ) -> Result<(), AccessError> {
        let wrong = || AccessError::Record(record.to_owned());
        let full = id::normalise(record).ok_or_else(wrong)?;
        let object = self.schema().by_prefix(&full).ok_or_else(wrong)?;
        let share = self.schema().object(&share_name(object)).ok_or_else(wrong)?;
        let lookup = shared_record(share).ok_or_else(wrong)?;
        self.change(caller, |connection| {
            find::by_id(connection, object, &full)?.ok_or_else(wrong)?;
            let user = user_of(connection, user)?;
            let sql = format!(
                "UPDATE {} SET \"IsDeleted\" = 1 WHERE {} = ?1 AND \"UserOrGroupId\" = ?2 AND \"IsDeleted\" = 0",
                quote(&share.name),
                quote(&lookup.name)
            );
            connection.execute(&sql, [&full, &user])?;
            let level = match access {
                RecordAccess::None => return Ok(()),
                RecordAccess::Read => "Read",
                RecordAccess::Edit => "Edit",
            };
            let levels = share.fields.iter().filter(|field| field.name.ends_with("AccessLevel"));
            let own = share.field(&format!("{}AccessLevel", object.name));
            let own = own.or_else(|| share.field("AccessLevel")).ok_or_else(wrong)?;
            let mut values: Vec<(&str, &dyn ToSql)> = vec![
                (&lookup.name, &full),
                ("UserOrGroupId", &user),
                ("RowCause", &"Manual"),
                ("IsDeleted", &false),
            ];
            // A share of an account says nothing about what belongs to it.
            for field in levels {
                values.push((&field.name, if field.name == own.name { &level } else { &"None" }));
            }
            insert(connection, caller, share, &values)
        })
    }

    /// Gives a user a permission set.
    pub(crate) fn assign(&self, caller: &Caller, set: &str, user: &str) -> Result<(), AccessError> {
        let object = self.schema().object("PermissionSetAssignment");
        let object = object.ok_or_else(|| AccessError::Holder(set.to_owned()))?;
        self.change(caller, |connection| {
            let (set, user) = (holder_of(connection, set)?, user_of(connection, user)?);
            let sql = "SELECT 1 FROM \"PermissionSetAssignment\"
                WHERE \"PermissionSetId\" = ?1 AND \"AssigneeId\" = ?2 AND \"IsDeleted\" = 0";
            if connection.prepare(sql)?.exists([&set, &user])? {
                return Ok(());
            }
            let values: [(&str, &dyn ToSql); 3] =
                [("PermissionSetId", &set), ("AssigneeId", &user), ("IsDeleted", &false)];
            insert(connection, caller, object, &values)
        })
    }

    fn change(
        &self,
        caller: &Caller,
        work: impl FnOnce(&Connection) -> Result<(), AccessError>,
    ) -> Result<(), AccessError> {
        self.write_with(|connection| {
            self.access.change(caller.now);
            work(connection)
        })
    }
}

fn own<'s>(schema: &'s Schema, name: &str) -> Result<&'s Object, AccessError> {
    let object = schema.object(name).filter(|object| matches!(kind(object), Kind::Own));
    object.ok_or_else(|| AccessError::Object(name.to_owned()))
}

/// The permission set of that name or label, or the one that a profile owns.
fn holder_of(connection: &Connection, name: &str) -> Result<String, AccessError> {
    let sql = "SELECT s.\"Id\" FROM \"PermissionSet\" AS s LEFT JOIN \"Profile\" AS p ON p.\"Id\" = s.\"ProfileId\"
        WHERE p.\"Name\" = ?1 OR (s.\"IsOwnedByProfile\" = 0 AND (s.\"Name\" = ?1 OR s.\"Label\" = ?1))";
    let found = connection.prepare(sql)?.query_row([name], |row| row.get(0)).optional()?;
    found.ok_or_else(|| AccessError::Holder(name.to_owned()))
}

fn user_of(connection: &Connection, name: &str) -> Result<String, AccessError> {
    let sql = "SELECT \"Id\" FROM \"User\" WHERE \"Id\" = ?1 OR \"Username\" = ?1 OR \"Name\" = ?1";
    let found = connection.prepare(sql)?.query_row([name], |row| row.get(0)).optional()?;
    found.ok_or_else(|| AccessError::User(name.to_owned()))
}

pub(super) fn put_sharing(
    connection: &Connection,
    object: &str,
    sharing: Sharing,
) -> Result<(), AccessError> {
    let sql = "INSERT INTO sf_sharing (object, model) VALUES (?1, ?2)
        ON CONFLICT (object) DO UPDATE SET model = ?2";
    connection.execute(sql, [object, sharing.name()])?;
    Ok(())
}

fn put_object(
    connection: &Connection,
    caller: &Caller,
    set: &str,
    object: &str,
    [create, read, edit, delete, view_all, modify_all]: [bool; 6],
) -> Result<(), AccessError> {
    let values: [(&str, &dyn ToSql); 6] = [
        ("PermissionsCreate", &create),
        ("PermissionsRead", &read),
        ("PermissionsEdit", &edit),
        ("PermissionsDelete", &delete),
        ("PermissionsViewAllRecords", &view_all),
        ("PermissionsModifyAllRecords", &modify_all),
    ];
    put(connection, caller, "ObjectPermissions", (set, "SobjectType", object), &values)
}

fn put_field(
    connection: &Connection,
    caller: &Caller,
    set: &str,
    object: &str,
    field: &str,
    access: RecordAccess,
) -> Result<(), AccessError> {
    let values: [(&str, &dyn ToSql); 3] = [
        ("PermissionsRead", &(access != RecordAccess::None)),
        ("PermissionsEdit", &(access == RecordAccess::Edit)),
        ("SobjectType", &object),
    ];
    put(connection, caller, "FieldPermissions", (set, "Field", field), &values)
}

/// Changes the row that speaks of this, or makes one.
fn put(
    connection: &Connection,
    caller: &Caller,
    table: &str,
    (set, key, named): (&str, &str, &str),
    values: &[(&str, &dyn ToSql)],
) -> Result<(), AccessError> {
    let sql = format!(
        "SELECT row FROM {} WHERE \"ParentId\" = ?1 AND {} = ?2 AND \"IsDeleted\" = 0",
        quote(table),
        quote(key)
    );
    let row: Option<i64> =
        connection.prepare(&sql)?.query_row([set, named], |row| row.get(0)).optional()?;
    if let Some(row) = row {
        let sets: Vec<String> = values
            .iter()
            .zip(2..)
            .map(|((name, _), at)| format!("{} = ?{at}", quote(name)))
            .collect();
        let sql = format!("UPDATE {} SET {} WHERE row = ?1", quote(table), sets.join(", "));
        let bound =
            std::iter::once(&row as &dyn ToSql).chain(values.iter().map(|(_, value)| *value));
        connection.prepare(&sql)?.execute(params_from_iter(bound))?;
        return Ok(());
    }
    let prefix = if table == "FieldPermissions" { "01k" } else { "110" };
    let start: [(&str, &dyn ToSql); 3] = [("ParentId", &set), (key, &named), ("IsDeleted", &false)];
    let all: Vec<(&str, &dyn ToSql)> = start.into_iter().chain(values.iter().copied()).collect();
    insert_row(connection, caller, (table, prefix), false, &all)
}

fn insert(
    connection: &Connection,
    caller: &Caller,
    object: &Object,
    values: &[(&str, &dyn ToSql)],
) -> Result<(), AccessError> {
    let stamped = object.field("LastModifiedDate").is_some();
    insert_row(connection, caller, (&object.name, &object.key_prefix), stamped, values)
}

fn insert_row(
    connection: &Connection,
    caller: &Caller,
    (table, prefix): (&str, &str),
    stamped: bool,
    values: &[(&str, &dyn ToSql)],
) -> Result<(), AccessError> {
    let sql = format!("SELECT COALESCE(MAX(row), 0) + 1 FROM {}", quote(table));
    let row: i64 = connection.query_row(&sql, [], |row| row.get(0))?;
    let id = id::make(prefix, u64::try_from(row).unwrap_or(0));
    let now = caller.now.as_second() * 1000;
    let mut all: Vec<(&str, &dyn ToSql)> = vec![("row", &row), ("Id", &id)];
    all.extend(values);
    if stamped {
        all.push(("LastModifiedDate", &now));
        all.push(("LastModifiedById", &caller.user_id));
    } else {
        all.push(("SystemModstamp", &now));
    }
    let names: Vec<String> = all.iter().map(|(name, _)| quote(name)).collect();
    let marks: Vec<String> = (1..=all.len()).map(|at| format!("?{at}")).collect();
    let sql = format!(
        "INSERT INTO {} ({}) VALUES ({})",
        quote(table),
        names.join(", "),
        marks.join(", ")
    );
    let bound = all.iter().map(|(_, value)| *value);
    connection.prepare(&sql)?.execute(params_from_iter(bound))?;
    Ok(())
}
