//! A live org as the sample reads it: describes, and rows by their ids.

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use futures_util::TryStreamExt;
use serde_json::{Map, Value};
use sf_rest::Client;
use sf_rest::ops::describe::{Describe, DescribeGlobal};

/// A row, by its fields.
pub(super) type Row = Map<String, Value>;

/// What a statement may hold of each, so that its address stays short.
const IDS: usize = 100;
const COLUMNS: usize = 5_000;

/// Types whose values are made of others, or are files.
const LEFT_OUT: [&str; 3] = ["address", "location", "base64"];

/// An object of the org.
pub(super) struct Object {
    pub(super) name: String,
    /// As the org sent it.
    pub(super) describe: Value,
}

impl Object {
    /// The describes of its fields.
    pub(super) fn fields(&self) -> impl Iterator<Item = &Value> {
        self.describe.get("fields").and_then(Value::as_array).into_iter().flatten()
    }

    fn has(&self, name: &str) -> bool {
        self.fields().any(|field| text(field, "name") == name)
    }
}

/// A text of a describe; empty if it is not there.
pub(super) fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Whether a describe says so.
pub(super) fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or(false)
}

/// The org, and what is known of it.
pub(super) struct Source {
    client: Client,
    /// The reply of the global describe.
    pub(super) global: Value,
    described: HashMap<String, Object>,
}

impl Source {
    pub(super) async fn open(client: Client) -> Result<Self> {
        let global = client.send(&DescribeGlobal).await?;
        Ok(Self { client, global, described: HashMap::new() })
    }

    /// The entries of the global describe.
    pub(super) fn list(&self) -> impl Iterator<Item = &Value> {
        self.global.get("sobjects").and_then(Value::as_array).into_iter().flatten()
    }

    /// The entry of an object that can be queried.
    pub(super) fn queryable(&self, name: &str) -> Option<&Value> {
        self.list().find(|entry| {
            text(entry, "name").eq_ignore_ascii_case(name) && flag(entry, "queryable")
        })
    }

    /// Describes an object once.
    pub(super) async fn object(&mut self, name: &str) -> Result<&Object, sf_rest::Error> {
        if !self.described.contains_key(name) {
            let describe = self.client.send(&Describe::new(name)).await?;
            let object = Object { name: name.to_owned(), describe };
            self.described.insert(name.to_owned(), object);
        }
        // Put in right above.
        Ok(&self.described[name])
    }

    /// The objects that were described.
    pub(super) fn described(&self) -> impl Iterator<Item = &Object> {
        self.described.values()
    }

    /// An object that was described.
    pub(super) fn known(&self, name: &str) -> Option<&Object> {
        self.described.get(name)
    }

    /// The ids of the rows that changed last.
    pub(super) async fn latest(
        &mut self,
        name: &str,
        rows: u32,
    ) -> Result<Vec<String>, sf_rest::Error> {
        let object = self.object(name).await?;
        let order = ["LastModifiedDate", "SystemModstamp", "CreatedDate"];
        let order = order.into_iter().find(|field| object.has(field));
        let order = order.map_or(String::new(), |field| format!(" ORDER BY {field} DESC"));
        let found = self.query(format!("SELECT Id FROM {name}{order} LIMIT {rows}")).await?;
        Ok(found.iter().filter_map(id).collect())
    }

    /// All fields of some rows, by id; rows that are not there any more are left out.
    pub(super) async fn rows(
        &mut self,
        name: &str,
        ids: &[String],
    ) -> Result<BTreeMap<String, Row>, sf_rest::Error> {
        let object = self.object(name).await?;
        let columns: Vec<String> = object
            .fields()
            .filter(|field| !LEFT_OUT.contains(&text(field, "type")))
            .map(|field| text(field, "name").to_owned())
            .filter(|name| name != "Id")
            .collect();
        let mut rows: BTreeMap<String, Row> = BTreeMap::new();
        for ids in ids.chunks(IDS) {
            for columns in chunks(&columns) {
                let soql =
                    format!("SELECT Id{columns} FROM {name} WHERE Id IN ('{}')", ids.join("', '"));
                for mut row in self.query(soql).await? {
                    row.shift_remove("attributes");
                    if let Some(id) = id(&row) {
                        rows.entry(id).or_default().extend(row);
                    }
                }
            }
        }
        Ok(rows)
    }

    async fn query(&self, soql: String) -> Result<Vec<Row>, sf_rest::Error> {
        self.client.query::<Row>(soql).try_collect().await
    }
}

fn id(row: &Row) -> Option<String> {
    row.get("Id").and_then(Value::as_str).map(str::to_owned)
}

/// Columns as they stand behind `SELECT Id`, in as many parts as are needed.
fn chunks(columns: &[String]) -> Vec<String> {
    let mut chunks = vec![String::new()];
    for column in columns {
        if chunks.last().is_some_and(|chunk| chunk.len() + column.len() > COLUMNS) {
            chunks.push(String::new());
        }
        if let Some(chunk) = chunks.last_mut() {
            chunk.push_str(", ");
            chunk.push_str(column);
        }
    }
    chunks
}
