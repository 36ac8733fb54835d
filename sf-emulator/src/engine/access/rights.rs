//! A user's rights: what profile and permission sets grant, taken together, and
//! whose records count as the user's own.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, Row, params_from_iter};

use super::admin::Sharing;
use super::kind::{Kind, has_field_security, kind};
use crate::engine::schema::{Field, Object, Schema};

/// What may be done with an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "the six permissions of an object")]
pub(super) struct ObjectRights {
    pub(super) create: bool,
    pub(super) read: bool,
    pub(super) edit: bool,
    pub(super) delete: bool,
    pub(super) view_all: bool,
    pub(super) modify_all: bool,
}

impl ObjectRights {
    const ALL: Self = Self {
        create: true,
        read: true,
        edit: true,
        delete: true,
        view_all: true,
        modify_all: true,
    };

    fn plus(self, other: Self) -> Self {
        Self {
            create: self.create || other.create,
            read: self.read || other.read,
            edit: self.edit || other.edit,
            delete: self.delete || other.delete,
            view_all: self.view_all || other.view_all,
            modify_all: self.modify_all || other.modify_all,
        }
    }
}

/// What may be done with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct FieldRights {
    pub(super) read: bool,
    pub(super) edit: bool,
}

/// What one permission set says about fields.
#[derive(Debug, Default)]
struct FieldSet {
    /// It grants the fields that it does not name.
    all: bool,
    /// By `object.field` in lower case.
    named: HashMap<String, FieldRights>,
}

#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "the system permissions that this org knows")]
pub(super) struct Rights {
    pub(super) user_id: String,
    pub(super) api_enabled: bool,
    pub(super) api_only: bool,
    pub(super) view_all_data: bool,
    pub(super) modify_all_data: bool,
    pub(super) view_setup: bool,
    pub(super) manage_users: bool,
    /// By object in lower case.
    objects: HashMap<String, ObjectRights>,
    fields: Vec<FieldSet>,
    /// The user, who is below the user in the role hierarchy, and the groups and
    /// queues that the user is in.
    pub(super) hands: Vec<String>,
    sharing: HashMap<String, Sharing>,
}

impl Rights {
    /// The rights of a user; none for who does not exist.
    pub(super) fn load(
        connection: &Connection,
        schema: &Schema,
        user_id: &str,
    ) -> rusqlite::Result<Self> {
        if !has_rules(connection, schema)? {
            return Ok(Self::unrestricted(user_id));
        }
        let sql = "SELECT \"ProfileId\", \"UserRoleId\" FROM \"User\" WHERE \"Id\" = ?1";
        let found: Option<(Option<String>, Option<String>)> = connection
            .prepare_cached(sql)?
            .query_row([user_id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((profile, role)) = found else {
            return Ok(Self { user_id: user_id.to_owned(), ..Self::default() });
        };
        if !has_permissions(connection, profile.as_deref())? {
            return Ok(Self::unrestricted(user_id));
        }
        let mut rights = Self { user_id: user_id.to_owned(), ..Self::default() };
        for (set, all) in rights.load_sets(connection, profile.as_deref())? {
            rights.load_objects(connection, &set)?;
            rights.fields.push(FieldSet { all, named: fields_of(connection, &set)? });
        }
        rights.hands = hands(connection, schema, user_id, role.as_deref())?;
        rights.sharing = sharing(connection)?;
        Ok(rights)
    }

    pub(super) fn unrestricted(user_id: &str) -> Self {
        Self {
            user_id: user_id.to_owned(),
            api_enabled: true,
            view_all_data: true,
            modify_all_data: true,
            view_setup: true,
            manage_users: true,
            fields: vec![FieldSet { all: true, named: HashMap::new() }],
            hands: vec![user_id.to_owned()],
            ..Self::default()
        }
    }

    /// The permission sets, and whether each has Modify All Data.
    fn load_sets(
        &mut self,
        connection: &Connection,
        profile: Option<&str>,
    ) -> rusqlite::Result<Vec<(String, bool)>> {
        let sql = "SELECT \"Id\", \"PermissionsApiEnabled\", \"PermissionsViewAllData\",
              \"PermissionsModifyAllData\", \"PermissionsViewSetup\", \"PermissionsManageUsers\",
              \"PermissionsApiUserOnly\"
            FROM \"PermissionSet\" WHERE (\"IsOwnedByProfile\" = 1 AND \"ProfileId\" = ?1)
              OR \"Id\" IN (SELECT \"PermissionSetId\" FROM \"PermissionSetAssignment\"
                            WHERE \"AssigneeId\" = ?2 AND \"IsDeleted\" = 0)";
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query((profile, &self.user_id))?;
        let mut sets = Vec::new();
        while let Some(row) = rows.next()? {
            let flag = |at| row.get::<_, bool>(at);
            let modify_all = flag(3)?;
            self.api_enabled |= flag(1)?;
            self.api_only |= flag(6)?;
            // Who may change everything sees everything.
            self.view_all_data |= flag(2)? || modify_all;
            self.modify_all_data |= modify_all;
            self.view_setup |= flag(4)? || modify_all;
            self.manage_users |= flag(5)? || modify_all;
            sets.push((row.get(0)?, modify_all));
        }
        Ok(sets)
    }

    fn load_objects(&mut self, connection: &Connection, set: &str) -> rusqlite::Result<()> {
        let sql = "SELECT \"SobjectType\", \"PermissionsCreate\", \"PermissionsRead\", \"PermissionsEdit\",
              \"PermissionsDelete\", \"PermissionsViewAllRecords\", \"PermissionsModifyAllRecords\"
            FROM \"ObjectPermissions\" WHERE \"ParentId\" = ?1 AND \"IsDeleted\" = 0";
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map([set], |row| {
            let name: String = row.get(0)?;
            Ok((name.to_ascii_lowercase(), object_rights(row)?))
        })?;
        for found in rows {
            let (name, rights) = found?;
            let known = self.objects.entry(name).or_default();
            *known = known.plus(rights);
        }
        Ok(())
    }

    /// Whether nothing of the schema is hidden or read-only.
    pub(super) fn whole_schema(&self) -> bool {
        let full = FieldRights { read: true, edit: true };
        self.modify_all_data
            && self.fields.iter().any(|set| set.all && set.named.values().all(|one| *one == full))
    }

    pub(super) fn object(&self, schema: &Schema, object: &Object) -> ObjectRights {
        let rights = match kind(object) {
            _ if self.modify_all_data => ObjectRights::ALL,
            Kind::Own => {
                self.objects.get(&object.name.to_ascii_lowercase()).copied().unwrap_or_default()
            }
            Kind::Follows(lookups) => {
                let parents =
                    lookups.iter().filter_map(|field| schema.object(field.reference_to.first()?));
                // Of the part all may be done that may be done to the whole.
                let Some(rights) = parents.map(|parent| self.object(schema, parent)).next() else {
                    return ObjectRights::default();
                };
                ObjectRights { create: rights.edit, delete: rights.edit, ..rights }
            }
            Kind::Attached(_) | Kind::File | Kind::Open => {
                ObjectRights { view_all: false, modify_all: false, ..ObjectRights::ALL }
            }
            Kind::Setup => self.setup(true, object.name == "User"),
            Kind::Security => self.setup(self.view_setup, false),
        };
        if self.view_all_data {
            let readable = rights.read || matches!(kind(object), Kind::Own | Kind::Follows(_));
            return ObjectRights { read: readable, view_all: true, ..rights };
        }
        rights
    }

    fn setup(&self, read: bool, own_record: bool) -> ObjectRights {
        let write = self.manage_users;
        ObjectRights {
            create: write,
            read: read || write,
            edit: write || own_record,
            delete: write,
            view_all: true,
            modify_all: write,
        }
    }

    /// What the user may do with a field of an object that the user sees.
    pub(super) fn field(&self, object: &Object, field: &Field) -> FieldRights {
        if let Some(whole) = whole_of(object, field) {
            return self.field(object, whole);
        }
        // System fields, names and required fields are not subject to it.
        if !field.permissionable || !has_field_security(object) {
            return FieldRights { read: true, edit: true };
        }
        let key = field_key(&object.name, &field.name);
        let none = FieldRights::default();
        self.fields.iter().fold(none, |known, set| {
            let own = set.named.get(&key).copied();
            let own = own.unwrap_or(FieldRights { read: set.all, edit: set.all });
            FieldRights { read: known.read || own.read, edit: known.edit || own.edit }
        })
    }

    pub(super) fn sharing(&self, object: &Object) -> Sharing {
        let named = self.sharing.get(&object.name.to_ascii_lowercase());
        named.copied().unwrap_or(Sharing::PublicReadWrite)
    }
}

/// The address or geolocation that a field is part of: it has the permissions.
pub(super) fn whole_of<'o>(object: &'o Object, field: &Field) -> Option<&'o Field> {
    object.field(field.compound.as_deref()?).filter(|whole| whole.ty.is_compound())
}

pub(super) fn field_key(object: &str, field: &str) -> String {
    format!("{object}.{field}").to_ascii_lowercase()
}

/// Whether the org has profiles with permissions at all.
fn has_rules(connection: &Connection, schema: &Schema) -> rusqlite::Result<bool> {
    let needed = [
        ("User", "UserRoleId"),
        ("User", "ProfileId"),
        ("PermissionSet", "PermissionsApiUserOnly"),
        ("PermissionSet", "PermissionsManageUsers"),
        ("PermissionSet", "ProfileId"),
        ("PermissionSetAssignment", "IsDeleted"),
        ("ObjectPermissions", "PermissionsModifyAllRecords"),
        ("FieldPermissions", "PermissionsEdit"),
        ("UserRole", "ParentRoleId"),
    ];
    let known = |(object, field): &(&str, &str)| {
        schema.object(object).is_some_and(|object| object.field(field).is_some())
    };
    if !needed.iter().all(known) {
        return Ok(false);
    }
    let sql = "SELECT 1 FROM \"PermissionSet\" WHERE \"IsOwnedByProfile\" = 1";
    connection.prepare_cached(sql)?.exists([])
}

/// Whether it is known what a profile permits: rows that were brought in may name
/// users and profiles without their permissions.
fn has_permissions(connection: &Connection, profile: Option<&str>) -> rusqlite::Result<bool> {
    let sql =
        "SELECT 1 FROM \"PermissionSet\" WHERE \"IsOwnedByProfile\" = 1 AND \"ProfileId\" = ?1";
    connection.prepare_cached(sql)?.exists([profile])
}

fn object_rights(row: &Row<'_>) -> rusqlite::Result<ObjectRights> {
    let modify_all: bool = row.get(6)?;
    let view_all = modify_all || row.get(5)?;
    Ok(ObjectRights {
        create: row.get(1)?,
        read: view_all || row.get(2)?,
        edit: modify_all || row.get(3)?,
        delete: modify_all || row.get(4)?,
        view_all,
        modify_all,
    })
}

fn fields_of(connection: &Connection, set: &str) -> rusqlite::Result<HashMap<String, FieldRights>> {
    let sql = "SELECT \"Field\", \"PermissionsRead\", \"PermissionsEdit\" FROM \"FieldPermissions\"
        WHERE \"ParentId\" = ?1 AND \"IsDeleted\" = 0";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([set], |row| {
        let (field, edit): (String, bool) = (row.get(0)?, row.get(2)?);
        Ok((field.to_ascii_lowercase(), FieldRights { read: edit || row.get(1)?, edit }))
    })?;
    rows.collect()
}

fn hands(
    connection: &Connection,
    schema: &Schema,
    user_id: &str,
    role: Option<&str>,
) -> rusqlite::Result<Vec<String>> {
    let mut hands = vec![user_id.to_owned()];
    let sql = "WITH RECURSIVE below(id) AS (
          SELECT \"Id\" FROM \"UserRole\" WHERE \"ParentRoleId\" = ?1
          UNION SELECT r.\"Id\" FROM \"UserRole\" AS r JOIN below ON r.\"ParentRoleId\" = below.id)
        SELECT \"Id\" FROM \"User\" WHERE \"UserRoleId\" IN (SELECT id FROM below) ORDER BY \"Id\"";
    let mut statement = connection.prepare_cached(sql)?;
    for id in statement.query_map([role], |row| row.get(0))? {
        hands.push(id?);
    }
    if schema.object("GroupMember").is_some_and(|object| object.field("IsDeleted").is_some()) {
        let marks: Vec<String> = (1..=hands.len()).map(|at| format!("?{at}")).collect();
        let sql = format!(
            "SELECT DISTINCT \"GroupId\" FROM \"GroupMember\" WHERE \"IsDeleted\" = 0
             AND \"UserOrGroupId\" IN ({}) ORDER BY 1",
            marks.join(", ")
        );
        let mut statement = connection.prepare(&sql)?;
        let groups = statement.query_map(params_from_iter(&hands), |row| row.get(0))?;
        let groups: Vec<String> = groups.collect::<Result<_, _>>()?;
        hands.extend(groups);
    }
    // They go into statements as they are.
    hands.retain(|id| id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    Ok(hands)
}

fn sharing(connection: &Connection) -> rusqlite::Result<HashMap<String, Sharing>> {
    let mut statement = connection.prepare_cached("SELECT object, model FROM sf_sharing")?;
    let mut rows = statement.query([])?;
    let mut found = HashMap::new();
    while let Some(row) = rows.next()? {
        let (object, model): (String, String) = (row.get(0)?, row.get(1)?);
        if let Some(model) = Sharing::named(&model) {
            found.insert(object.to_ascii_lowercase(), model);
        }
    }
    Ok(found)
}

/// Whether a user may read records of an object that has permissions of its own.
pub(super) fn may_read(
    connection: &Connection,
    schema: &Schema,
    user_id: &str,
    object: &Object,
) -> rusqlite::Result<bool> {
    if !has_rules(connection, schema)? {
        return Ok(true);
    }
    let sql = "SELECT 1 FROM \"PermissionSet\" AS s LEFT JOIN \"ObjectPermissions\" AS o
          ON o.\"ParentId\" = s.\"Id\" AND o.\"SobjectType\" = ?2 AND o.\"IsDeleted\" = 0
        WHERE ((s.\"IsOwnedByProfile\" = 1 AND s.\"ProfileId\" = (SELECT \"ProfileId\" FROM \"User\" WHERE \"Id\" = ?1))
               OR s.\"Id\" IN (SELECT \"PermissionSetId\" FROM \"PermissionSetAssignment\"
                             WHERE \"AssigneeId\" = ?1 AND \"IsDeleted\" = 0))
          AND (s.\"PermissionsViewAllData\" OR s.\"PermissionsModifyAllData\" OR o.\"PermissionsRead\"
               OR o.\"PermissionsViewAllRecords\" OR o.\"PermissionsModifyAllRecords\")";
    connection.prepare_cached(sql)?.exists([user_id, &object.name])
}
