//! Rows to JSON text.

use std::cell::RefCell;
use std::sync::Arc;

use rusqlite::types::{Value, ValueRef};
use rusqlite::{CachedStatement, Connection, Result, Row, params_from_iter};

use super::select::{Node, Shape};
use super::{Children, Cursor, Rows, children};
use crate::engine::json;
use crate::engine::schema::{Schema, Storage};

/// What rendering needs beside the row.
pub(super) struct Renderer<'c, 'm> {
    pub(super) connection: &'c Connection,
    pub(super) schema: &'c Schema,
    /// API version for `attributes.url`.
    pub(super) version: &'c str,
    /// `None` renders all children of a row.
    pub(super) children: Option<RefCell<Children<'m>>>,
}

impl Renderer<'_, '_> {
    /// One row by its number; `None` if there is none.
    pub(super) fn row(
        &self,
        statement: &mut CachedStatement<'_>,
        shape: &Shape,
        row: i64,
    ) -> Result<Option<String>> {
        let mut rows = statement.query([row])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let mut out = String::with_capacity(256);
        self.object(&mut out, shape, row)?;
        Ok(Some(out))
    }

    fn object(&self, out: &mut String, shape: &Shape, row: &Row<'_>) -> Result<()> {
        let id = text(row.get_ref(shape.id)?);
        out.push('{');
        let real = if shape.entity == "Name" {
            self.schema.by_prefix(id).map_or("Name", |object| &object.name)
        } else {
            &shape.entity
        };
        let base = format!("/services/data/v{}/sobjects/{real}/", self.version);
        json::attributes(out, &shape.entity, Some((&base, id)));
        for node in &shape.nodes {
            self.node(out, node, row, &base, id)?;
        }
        out.push('}');
        Ok(())
    }

    fn node(
        &self,
        out: &mut String,
        node: &Node,
        row: &Row<'_>,
        base: &str,
        id: &str,
    ) -> Result<()> {
        match node {
            Node::Field { key, column, storage } => {
                json::key(out, key);
                value(out, row.get_ref(*column)?, *storage);
            }
            Node::Address { key, parts } => {
                json::key(out, key);
                address(out, parts, row)?;
            }
            Node::Blob { key, column } => {
                json::key(out, key);
                if row.get_ref(*column)? == ValueRef::Integer(1) {
                    json::string(out, &format!("{base}{id}/{key}"));
                } else {
                    out.push_str("null");
                }
            }
            Node::Parent { key, shape } => {
                json::key(out, key);
                if row.get_ref(shape.id)? == ValueRef::Null {
                    out.push_str("null");
                } else {
                    self.object(out, shape, row)?;
                }
            }
            Node::TypeOf { key, branches, otherwise } => {
                json::key(out, key);
                if row.get_ref(otherwise.id)? == ValueRef::Null {
                    out.push_str("null");
                } else {
                    let id = text(row.get_ref(otherwise.id)?);
                    let object = self.schema.by_prefix(id).map(|object| object.name.as_str());
                    let branch =
                        branches.iter().find(|branch| Some(branch.entity.as_str()) == object);
                    self.object(out, branch.unwrap_or(otherwise), row)?;
                }
            }
            Node::Children(plan) => {
                json::key(out, &plan.key);
                self.children(out, plan, id)?;
            }
        }
        Ok(())
    }

    fn children(&self, out: &mut String, plan: &children::Plan, parent: &str) -> Result<()> {
        let mut statement = self.connection.prepare_cached(&plan.sql)?;
        let parent = Value::Text(parent.to_owned());
        let values = || std::iter::once(&parent).chain(&plan.values);
        let mut rows = statement.query(params_from_iter(values()))?;
        let max = self.children.as_ref().map_or(usize::MAX, |children| children.borrow().max);
        let mut records = String::new();
        let mut count = 0_usize;
        let mut rest = false;
        while let Some(row) = rows.next()? {
            if count == max {
                rest = true;
                break;
            }
            if count > 0 {
                records.push(',');
            }
            self.object(&mut records, &plan.record.shape, row)?;
            count += 1;
        }
        if let Some(children) = &self.children {
            *children.borrow_mut().shown += count;
        }
        match &self.children {
            _ if count == 0 => out.push_str("null"),
            Some(children) if rest => {
                let mut statement = self.connection.prepare_cached(&plan.rows_sql)?;
                let rows: Vec<i64> = statement
                    .query_map(params_from_iter(values()), |row| row.get(0))?
                    .collect::<Result<_>>()?;
                let total = rows.len();
                let cursor = Cursor(Rows::Records { rows, plan: Arc::clone(&plan.record) });
                out.push_str(&format!("{{\"totalSize\":{total},\"done\":false"));
                json::key(out, "nextRecordsUrl");
                json::string(out, &(children.borrow_mut().next_url)(cursor));
                out.push_str(&format!(",\"records\":[{records}]}}"));
            }
            _ => out.push_str(&format!(
                "{{\"totalSize\":{count},\"done\":true,\"records\":[{records}]}}"
            )),
        }
        Ok(())
    }
}

fn address(
    out: &mut String,
    parts: &[(&'static str, usize, Storage)],
    row: &Row<'_>,
) -> Result<()> {
    let mut text = String::from("{");
    let mut empty = true;
    for (key, column, storage) in parts {
        let part = row.get_ref(*column)?;
        empty &= part == ValueRef::Null;
        json::key(&mut text, key);
        value(&mut text, part, *storage);
    }
    text.push('}');
    out.push_str(if empty { "null" } else { &text });
    Ok(())
}

fn text(value: ValueRef<'_>) -> &str {
    value.as_str().unwrap_or_default()
}

/// A scalar as the platform prints its type.
pub(super) fn value(out: &mut String, value: ValueRef<'_>, storage: Storage) {
    match (value, storage) {
        (ValueRef::Null | ValueRef::Blob(_), Storage::Boolean) => out.push_str("false"),
        (ValueRef::Null | ValueRef::Blob(_), _) => out.push_str("null"),
        (ValueRef::Integer(flag), Storage::Boolean) => {
            out.push_str(if flag == 0 { "false" } else { "true" });
        }
        (ValueRef::Integer(millis), Storage::DateTime) => {
            out.push('"');
            out.push_str(&json::datetime(millis));
            out.push('"');
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "a double is what the platform answers with"
        )]
        (ValueRef::Integer(number), Storage::Real) => json::double(out, number as f64),
        (ValueRef::Integer(number), _) => out.push_str(&number.to_string()),
        (ValueRef::Real(number), _) => json::double(out, number),
        (ValueRef::Text(_), _) => json::string(out, text(value)),
    }
}
