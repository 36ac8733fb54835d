//! The org without HTTP: schema, rows, SOQL and DML over SQLite.
//!
//! Everything here blocks; callers on an async runtime use a blocking thread.
//! Replies are finished JSON text, because the platform's key order and number
//! format differ from what a generic serialiser would print.

mod access;
mod connections;
mod definitions;
mod dml;
mod drift;
mod error;
mod find;
mod generate;
pub(crate) mod id;
mod import;
mod json;
mod lookup;
mod purge;
mod query;
mod rules;
mod scalar;
mod schema;
mod search;
mod stages;
mod storage;
#[cfg(test)]
mod tests;
mod transaction;
mod watch;
mod whole;

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::{Map, Value};

pub(crate) use access::{AccessError, Seen};
pub use access::{ObjectAccess, RecordAccess, Sharing};
pub(crate) use definitions::{Definition, Kind};
pub(crate) use error::{ApiError, ErrorItem, OpenError, Place, Step};
pub(crate) use json::datetime;
pub(crate) use lookup::{LayoutField, Relationship, search_unparsable};
pub(crate) use query::{Children, Cursor, date_range};
pub(crate) use rules::Rules;
pub use rules::{DuplicateRule, ValidationRule};
pub(crate) use search::{Search, SearchFields, Terms};

use connections::Connections;
use find::Found;
use schema::versions::Versions;
use schema::{Field, Object, Schema, describe};
use storage::tables::quote;

/// How the org's data comes to be.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// Number of Contacts generated; the other objects scale with fixed ratios.
    pub(crate) contacts: u32,
    /// A file that keeps the org between runs; `None` is an org in memory.
    pub(crate) database: Option<PathBuf>,
    /// Folder of cached images; `None` is the user's cache folder, or the
    /// temporary one where there is none.
    pub(crate) cache_dir: Option<PathBuf>,
    /// Validation and duplicate rules.
    pub(crate) rules: Rules,
    /// Describes that are the org's schema, instead of the one that ships.
    pub(crate) describe: Option<PathBuf>,
    /// Files and folders of rows that a new org starts with.
    pub(crate) rows: Vec<PathBuf>,
    /// Lookups of these rows to records that are nowhere become empty.
    pub(crate) allow_dangling: bool,
}

impl Config {
    /// The default schema with generated data.
    fn is_plain(&self) -> bool {
        self.describe.is_none() && self.rows.is_empty()
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            contacts: 10_000,
            database: None,
            cache_dir: None,
            rules: Rules::default(),
            describe: None,
            rows: Vec::new(),
            allow_dangling: false,
        }
    }
}

/// Who asks, at which API version, and when.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// 18-character id of the User the session belongs to.
    pub(crate) user_id: String,
    /// API version as in the path, without the `v`: `66.0`.
    pub(crate) version: String,
    /// The org's clock.
    pub(crate) now: Timestamp,
    /// Save although a duplicate rule warns (`Sforce-Duplicate-Rule-Header`,
    /// `allowSave=true`).
    pub(crate) allow_duplicates: bool,
}

impl Caller {
    /// The administrator at the time the data was made.
    pub(crate) fn administrator() -> Self {
        Self {
            user_id: generate::administrator(),
            version: "66.0".to_owned(),
            now: Timestamp::from_millisecond(generate::BASE_MILLIS).unwrap_or_default(),
            allow_duplicates: false,
        }
    }
}

/// Finished JSON text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Json(pub(crate) String);

/// One record read by id or external id.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// The record, `attributes` first.
    pub(crate) json: Json,
    /// Object name in the schema's capitalisation.
    pub(crate) object: String,
    /// 18-character id.
    pub(crate) id: String,
    /// For `Last-Modified` and conditional requests.
    pub(crate) last_modified: Timestamp,
    /// Another number after every change of the record.
    pub(crate) revision: u64,
}

/// One requested change.
#[derive(Debug, Clone)]
pub(crate) enum Write {
    /// Insert a record.
    Create { object: String, fields: Map<String, Value> },
    /// Change the given fields of a record.
    Update { object: String, id: String, fields: Map<String, Value> },
    /// Insert, or update the one record whose external id matches.
    /// `field` may be `Id`, with an empty `value` for an insert.
    Upsert {
        object: String,
        field: String,
        value: String,
        fields: Map<String, Value>,
        update_only: bool,
    },
    /// Delete a record; without `object` the id's key prefix decides.
    Delete { object: Option<String>, id: String },
}

/// A change that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    /// Object name in the schema's capitalisation.
    pub(crate) object: String,
    /// 18-character id.
    pub(crate) id: String,
    /// Whether the record is new.
    pub(crate) created: bool,
}

/// A user who can log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Login {
    /// 18-character id.
    pub(crate) id: String,
    pub(crate) username: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) is_active: bool,
}

/// The org. Cheap to share behind `Arc`; every method may block.
#[derive(Debug)]
pub(crate) struct Engine {
    schema: Versions,
    rules: Rules,
    org_id: String,
    users: watch::UserWatch,
    access: access::Cache,
    /// Keeps other processes from the org's file.
    lock: Option<storage::Lock>,
    /// Held for one page or one request's writes.
    connections: Connections,
}

impl Engine {
    /// Opens the org, generating its data if there is none yet.
    pub(crate) fn open(config: &Config) -> Result<Self, OpenError> {
        let storage::Opened { writer, shared_uri, schema, since, lock } = storage::open(config)?;
        dml::check_rules(&schema, &Caller::administrator(), &config.rules)
            .map_err(OpenError::Rule)?;
        definitions::prepare(&writer)?;
        let org_id = writer
            .query_row("SELECT \"Id\" FROM \"Organization\" ORDER BY row LIMIT 1", [], |row| {
                row.get(0)
            })
            .map_err(OpenError::Database)?;
        let connections = Connections::new(writer, shared_uri);
        Ok(Self {
            schema: Versions::new(schema, since),
            lock,
            rules: config.rules.clone(),
            org_id,
            users: watch::UserWatch::default(),
            access: access::Cache::default(),
            connections,
        })
    }

    /// 18-character id of the Organization.
    pub(crate) fn org_id(&self) -> &str {
        &self.org_id
    }

    /// Calls `observer` with a user's id, and whether the user is active now,
    /// after every committed write to that user. It is called while the
    /// connection is held, so it must not call the engine.
    pub(crate) fn observe_users(&self, observer: impl Fn(&str, bool) + Send + Sync + 'static) {
        self.users.observe(Box::new(observer));
    }

    /// The users that can log in, the administrator first.
    pub(crate) fn logins(&self) -> Result<Vec<Login>, ApiError> {
        let sql = "SELECT \"Id\", \"Username\", \"Name\", COALESCE(\"Email\", ''), \"IsActive\" FROM \"User\" ORDER BY row";
        self.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([], |row| {
                Ok(Login {
                    id: row.get(0)?,
                    username: row.get(1)?,
                    name: row.get(2)?,
                    email: row.get(3)?,
                    is_active: row.get(4)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Runs a statement; `include_deleted` is `/queryAll`.
    pub(crate) fn query(
        &self,
        caller: &Caller,
        soql: &str,
        include_deleted: bool,
    ) -> Result<Cursor, ApiError> {
        let seen = self.seen(caller)?;
        self.read(|connection| query::run(connection, &seen, caller, soql, include_deleted, None))
    }

    /// Renders at most `max` rows from `offset` on; fewer only at the end.
    pub(crate) fn page(
        &self,
        caller: &Caller,
        cursor: &Cursor,
        offset: usize,
        max: usize,
    ) -> Result<Vec<Json>, ApiError> {
        self.read(|connection| {
            let window = (offset, max);
            query::page(connection, self.schema(), &caller.version, cursor, window, None)
        })
    }

    /// As [`Engine::page`] for `(offset, max)`, with at most some children of
    /// each row; the further ones are rows of cursors of their own.
    pub(crate) fn page_with(
        &self,
        caller: &Caller,
        cursor: &Cursor,
        window: (usize, usize),
        children: Children<'_>,
    ) -> Result<Vec<Json>, ApiError> {
        self.read(|connection| {
            query::page(connection, self.schema(), &caller.version, cursor, window, Some(children))
        })
    }

    /// One record; `fields` may hold relationship paths (`Owner.Name`).
    pub(crate) fn get(
        &self,
        caller: &Caller,
        object: &str,
        id: &str,
        fields: Option<&[String]>,
    ) -> Result<Row, ApiError> {
        let seen = self.seen(caller)?;
        self.read(|connection| {
            let object = seen.object(object)?;
            let full = id::normalise(id).ok_or_else(|| id::no_external_id(id))?;
            let found = find::by_id(connection, object, &full)?.filter(|found| !found.deleted);
            let found = found.ok_or_else(ApiError::not_found)?;
            row(connection, &seen, caller, object, found, fields)
        })
    }

    /// One record by external id; several matches are an error with status 300.
    pub(crate) fn get_by_external_id(
        &self,
        caller: &Caller,
        object: &str,
        field: &str,
        value: &str,
        fields: Option<&[String]>,
    ) -> Result<Row, ApiError> {
        let seen = self.seen(caller)?;
        self.read(|connection| {
            let object = seen.object(object)?;
            let (field, found) = dml::identified(connection, object, field, value)?;
            let mut found = seen.visible(connection, object, found)?;
            if found.len() > 1 {
                return Err(find::several(object, field, &found, &caller.version));
            }
            let one = found.pop().ok_or_else(ApiError::not_found)?;
            row(connection, &seen, caller, object, one, fields)
        })
    }

    /// Makes the changes in one transaction. One result per write, in order.
    /// With `all_or_none` one failure undoes all, and the others answer
    /// `ALL_OR_NONE_OPERATION_ROLLED_BACK`.
    pub(crate) fn write(
        &self,
        caller: &Caller,
        writes: &[Write],
        all_or_none: bool,
    ) -> Vec<Result<Written, ApiError>> {
        let seen = match self.seen(caller) {
            Ok(seen) => seen,
            Err(error) => return vec![Err(error); writes.len()],
        };
        self.write_with(|connection| {
            let (schema, rules) = (self.schema(), &self.rules);
            let cx = dml::Context { connection, schema, seen: &seen, rules, caller };
            let results = dml::write(cx, writes, all_or_none);
            for written in results.iter().flatten() {
                self.access.note(&written.object, caller.now);
                if written.object == "User" {
                    self.users.note(&written.id);
                }
            }
            results
        })
    }

    /// `GET /sobjects/X/describe`.
    pub(crate) fn describe(&self, caller: &Caller, object: &str) -> Result<Json, ApiError> {
        Ok(Json(describe::object(self.seen(caller)?.object(object)?, &caller.version)))
    }

    /// `GET /sobjects/X`.
    pub(crate) fn basic_describe(&self, caller: &Caller, object: &str) -> Result<Json, ApiError> {
        let seen = self.seen(caller)?;
        let object = seen.object(object)?;
        let summary = describe::summary(object, &caller.version);
        let recent = self.recent(caller, object)?;
        Ok(Json(format!("{{\"objectDescribe\":{summary},\"recentItems\":[{}]}}", recent.join(","))))
    }

    /// What the caller changed last.
    fn recent(&self, caller: &Caller, object: &Object) -> Result<Vec<String>, ApiError> {
        if !object.queryable || !object.is_audited() {
            return Ok(Vec::new());
        }
        let name = object.name_field().map_or("Id", |field: &Field| &field.name);
        let soql = format!(
            "SELECT Id, {name} FROM {} WHERE LastModifiedById = '{}' ORDER BY LastModifiedDate DESC LIMIT 5",
            object.name,
            sf_soql::escape::string(&caller.user_id),
        );
        let cursor = self.query(caller, &soql, false)?;
        Ok(self.page(caller, &cursor, 0, cursor.len())?.into_iter().map(|json| json.0).collect())
    }

    /// `GET /sobjects`.
    pub(crate) fn describe_global(&self, caller: &Caller) -> Result<Json, ApiError> {
        Ok(Json(describe::global(&self.seen(caller)?.schema, &caller.version)))
    }

    /// When the schema, or what users see of it, last changed: `Last-Modified`
    /// of describes.
    pub(crate) fn schema_modified(&self) -> Timestamp {
        let since = self.schema.last().since;
        self.access.changed().map_or(since, |changed| changed.max(since))
    }

    /// The schema in force. Work on the database takes it once, inside
    /// [`Engine::read`] or [`Engine::write_with`]: none is put in force meanwhile.
    fn schema(&self) -> &Arc<Schema> {
        &self.schema.last().schema
    }

    /// Rows not deleted that the caller sees, for `/limits/recordCount`.
    pub(crate) fn record_count(&self, caller: &Caller, object: &str) -> Result<u64, ApiError> {
        let seen = self.seen(caller)?;
        let object = seen.object(object)?;
        let live = object.has_recycle_bin().then(|| "a0.\"IsDeleted\" = 0".to_owned());
        let conditions: Vec<String> =
            live.into_iter().chain(seen.condition(object, "a0", access::Use::Scan)).collect();
        let filter = query::where_sql(&conditions);
        let sql = format!("SELECT COUNT(*) FROM {} AS a0{filter}", quote(&object.name));
        let count: i64 =
            self.read(|connection| Ok(connection.query_row(&sql, [], |row| row.get(0))?))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }
}

fn row(
    connection: &Connection,
    seen: &Seen,
    caller: &Caller,
    object: &Object,
    found: Found,
    fields: Option<&[String]>,
) -> Result<Row, ApiError> {
    if !access::is_visible(seen, connection, object, found.row)? {
        return Err(ApiError::not_found());
    }
    let json = query::record(connection, seen, caller, object, found.row, fields)?;
    let last_modified = Timestamp::from_millisecond(found.modified).unwrap_or_default();
    let revision = find::revision(connection, object, found.row)?;
    Ok(Row { json, object: object.name.clone(), id: found.id, last_modified, revision })
}
