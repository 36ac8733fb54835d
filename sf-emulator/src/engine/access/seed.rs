//! The rights of the default org's users, from a data file to rows.

use std::collections::BTreeMap;

use rusqlite::types::Value;
use rusqlite::{Connection, params};
use serde::Deserialize;

use super::admin::Sharing;
use super::kind::{Kind, has_field_security, kind};
use super::rights::whole_of;
use crate::engine::schema::{Object, Schema};
use crate::engine::storage::tables::quote;
use crate::engine::{generate, id};

/// The data file; an org made from another one is another org.
pub(in crate::engine) const DEFAULTS: &str = include_str!("../../data/access.json");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Organisation-wide defaults.
    sharing: BTreeMap<String, String>,
    profiles: Vec<Granted>,
    permission_sets: Vec<Granted>,
}

/// What one profile or permission set grants.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Granted {
    name: String,
    /// System permissions, as their fields are called after `Permissions`.
    #[serde(default)]
    system: Vec<String>,
    /// Letters of create, read, edit, delete, view all, modify all.
    #[serde(default)]
    objects: BTreeMap<String, String>,
    /// Fields that are not granted, those of an object that is.
    #[serde(default)]
    hidden: Vec<String>,
    #[serde(default)]
    read_only: Vec<String>,
    /// For the objects named here: the only fields that are granted.
    #[serde(default)]
    only: BTreeMap<String, Vec<String>>,
}

/// Fills the tables that rights are read from. Profiles and permission sets
/// are there already, in the order of the file.
pub(in crate::engine) fn seed(connection: &Connection, schema: &Schema) -> rusqlite::Result<()> {
    let file: File = serde_json::from_str(DEFAULTS)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    for (object, model) in &file.sharing {
        Sharing::named(model).ok_or_else(|| rusqlite::Error::InvalidColumnName(model.clone()))?;
        connection
            .execute("INSERT INTO sf_sharing (object, model) VALUES (?1, ?2)", [object, model])?;
    }
    let mut seed = Seed { connection, schema, objects: 0, fields: 0 };
    let sets = u64::try_from(file.permission_sets.len()).unwrap_or(0);
    for (number, set) in (1..).zip(&file.permission_sets) {
        seed.grant(&id::make("0PS", number), set)?;
    }
    for (number, profile) in (1..).zip(&file.profiles) {
        let (set, owner) = (id::make("0PS", sets + number), id::make("00e", number));
        seed.own_set(sets + number, &set, &owner, profile)?;
        seed.grant(&set, profile)?;
    }
    Ok(())
}

struct Seed<'a> {
    connection: &'a Connection,
    schema: &'a Schema,
    objects: u64,
    fields: u64,
}

/// When the org was set up.
fn stamp() -> i64 {
    generate::BASE_MILLIS - 2_000 * 86_400_000
}

impl Seed<'_> {
    /// The permission set that a profile owns.
    fn own_set(&self, row: u64, set: &str, profile: &str, of: &Granted) -> rusqlite::Result<()> {
        let sql = "INSERT INTO \"PermissionSet\" (row, \"Id\", \"Name\", \"Label\", \"ProfileId\", \"IsOwnedByProfile\",
              \"CreatedDate\", \"CreatedById\", \"LastModifiedDate\", \"LastModifiedById\", \"SystemModstamp\")
            VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?7, ?6, ?7, ?6)";
        let name = format!("X{}", id::short(profile));
        let by = generate::administrator();
        let row = i64::try_from(row).unwrap_or(0);
        self.connection.execute(sql, params![row, set, name, of.name, profile, stamp(), by])?;
        Ok(())
    }

    fn grant(&mut self, set: &str, granted: &Granted) -> rusqlite::Result<()> {
        for flag in &granted.system {
            let column = quote(&format!("Permissions{flag}"));
            let sql = format!("UPDATE \"PermissionSet\" SET {column} = 1 WHERE \"Id\" = ?1");
            self.connection.execute(&sql, [set])?;
        }
        for (name, letters) in &granted.objects {
            let object =
                self.schema.object(name).filter(|object| matches!(kind(object), Kind::Own));
            let Some(object) = object else { continue };
            self.object(set, name, letters)?;
            let edits = letters.contains(['c', 'e', 'm']);
            self.fields(set, object, granted, edits)?;
            for part in self.schema.objects.iter().filter(|part| is_part(part, object)) {
                self.fields(set, part, granted, edits)?;
            }
        }
        Ok(())
    }

    fn object(&mut self, set: &str, name: &str, letters: &str) -> rusqlite::Result<()> {
        self.objects += 1;
        let has = |letter: char| Value::from(letters.contains(letter));
        let row = i64::try_from(self.objects).unwrap_or(0);
        let sql = "INSERT INTO \"ObjectPermissions\" (row, \"Id\", \"ParentId\", \"SobjectType\", \"PermissionsCreate\",
              \"PermissionsRead\", \"PermissionsEdit\", \"PermissionsDelete\", \"PermissionsViewAllRecords\",
              \"PermissionsModifyAllRecords\", \"IsDeleted\", \"CreatedDate\", \"CreatedById\", \"LastModifiedDate\",
              \"LastModifiedById\", \"SystemModstamp\")
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11, ?12, ?11, ?12, ?11)";
        self.connection.prepare_cached(sql)?.execute(params![
            row,
            id::make("110", self.objects),
            set,
            name,
            has('c'),
            has('r'),
            has('e'),
            has('d'),
            has('v'),
            has('m'),
            stamp(),
            generate::administrator(),
        ])?;
        Ok(())
    }

    fn fields(
        &mut self,
        set: &str,
        object: &Object,
        granted: &Granted,
        edits: bool,
    ) -> rusqlite::Result<()> {
        let only = granted.only.get(&object.name);
        for field in &object.fields {
            let full = format!("{}.{}", object.name, field.name);
            let wanted = only.is_none_or(|only| only.contains(&field.name));
            if !field.permissionable
                || !wanted
                || whole_of(object, field).is_some()
                || granted.hidden.contains(&full)
            {
                continue;
            }
            self.fields += 1;
            let edit = edits && !granted.read_only.contains(&full);
            let sql = "INSERT INTO \"FieldPermissions\" (row, \"Id\", \"ParentId\", \"SobjectType\", \"Field\",
                  \"PermissionsRead\", \"PermissionsEdit\", \"IsDeleted\", \"SystemModstamp\")
                VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, 0, ?7)";
            self.connection.prepare_cached(sql)?.execute(params![
                i64::try_from(self.fields).unwrap_or(0),
                id::make("01k", self.fields),
                set,
                object.name,
                full,
                edit,
                stamp(),
            ])?;
        }
        Ok(())
    }
}

/// Whether the fields of an object come with those of another one.
fn is_part(part: &Object, whole: &Object) -> bool {
    match kind(part) {
        Kind::Follows(lookups) if has_field_security(part) => {
            lookups.first().is_some_and(|first| first.reference_to == [whole.name.as_str()])
        }
        _ => false,
    }
}
