//! From the bytes of an answer to a [`Page`], in one pass over the rows.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use super::head::{Head, Key, PAGE};
use super::page::{At, Cell, Page, RowHead, Set, Shape, Text};
use super::{QueryPage, Record};
use crate::{Error, decode};

const NO_SHAPE: u32 = u32::MAX;
/// The platform nests five levels up and five down; compound fields add one.
const MAX_DEPTH: u32 = 24;
const RECORD: &str = "a record";

/// Reads a page of a query into compact rows.
pub(super) fn page(status: u16, body: Bytes) -> Result<QueryPage, Error> {
    let text = utf8(status, body, PAGE)?;
    let mut builder = Builder::new(&text);
    let mut head = Head::default();
    let mut json = serde_json::Deserializer::from_str(&text);
    json.deserialize_map(PageVisitor { builder: &mut builder, head: &mut head })
        .and_then(|()| json.end())
        .map_err(|e| decode::failure(status, text.as_bytes(), PAGE, &e))?;
    let (mut page, roots) = builder.finish();
    page.body = text;
    let page = Arc::new(page);
    let records = roots.into_iter().map(|row| Record { page: Arc::clone(&page), row }).collect();
    head.page(records, status, page.body.as_bytes())
}

/// Reads a page of a query into typed rows.
pub(super) fn typed_page<T: serde::de::DeserializeOwned>(
    status: u16,
    body: &[u8],
) -> Result<QueryPage<T>, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", bound = "T: serde::de::DeserializeOwned")]
    struct Wire<T> {
        total_size: Option<u64>,
        done: Option<bool>,
        next_records_url: Option<String>,
        records: Vec<T>,
    }
    let wire: Wire<T> = match serde_json::from_slice(body) {
        Ok(wire) => wire,
        // The program's own type decides here, so the message of serde is what its author needs.
        Err(e) if e.is_data() => {
            return Err(Error::Decode {
                status,
                what: "a page of rows of the requested type",
                problem: e.to_string(),
                excerpt: decode::excerpt(body),
            });
        }
        Err(e) => return Err(decode::failure(status, body, PAGE, &e)),
    };
    let head = Head { total_size: wire.total_size, done: wire.done, next: wire.next_records_url };
    head.page(wire.records, status, body)
}

/// Reads one row.
pub(super) fn record(body: &Bytes) -> Result<Record, Error> {
    let text = utf8(200, body.clone(), RECORD)?;
    let mut builder = Builder::new(&text);
    let row =
        builder.row(&text, NO_SHAPE, 0).map_err(|e| decode::failure(200, body, RECORD, &e))?;
    let (mut page, _) = builder.finish();
    page.body = text;
    Ok(Record { page: Arc::new(page), row })
}

struct PageVisitor<'b, 't> {
    builder: &'b mut Builder<'t>,
    head: &'b mut Head,
}

impl<'de: 't, 't> Visitor<'de> for PageVisitor<'_, 't> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PAGE)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut records = false;
        while let Some(Key(key)) = map.next_key()? {
            match &*key {
                "totalSize" => self.head.total_size = Some(map.next_value()?),
                "done" => self.head.done = Some(map.next_value()?),
                "nextRecordsUrl" => self.head.next = map.next_value()?,
                "records" if !records => {
                    records = true;
                    map.next_value_seed(Rows { builder: self.builder, depth: 0 })?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if records { Ok(()) } else { Err(A::Error::missing_field("records")) }
    }
}

/// An array of rows; their numbers are left in `builder.roots`.
struct Rows<'b, 't> {
    builder: &'b mut Builder<'t>,
    depth: u32,
}

impl<'de: 't, 't> DeserializeSeed<'de> for Rows<'_, 't> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de: 't, 't> Visitor<'de> for Rows<'_, 't> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut hint = NO_SHAPE;
        loop {
            let row = RowSeed { builder: self.builder, hint, depth: self.depth };
            let Some(row) = seq.next_element_seed(row)? else { return Ok(()) };
            hint = self.builder.rows[row as usize].shape;
            self.builder.roots.push(row);
        }
    }
}

/// One row; its value is its number.
struct RowSeed<'b, 't> {
    builder: &'b mut Builder<'t>,
    hint: u32,
    depth: u32,
}

impl<'de: 't, 't> DeserializeSeed<'de> for RowSeed<'_, 't> {
    type Value = u32;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<u32, D::Error> {
        deserializer.deserialize_map(self)
    }
}

#[derive(Deserialize, Default)]
struct Attributes<'a> {
    #[serde(borrow, rename = "type")]
    object_type: Option<&'a RawValue>,
    #[serde(borrow)]
    url: Option<&'a RawValue>,
}

impl<'de: 't, 't> Visitor<'de> for RowSeed<'_, 't> {
    type Value = u32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<u32, A::Error> {
        let Self { builder, hint, depth } = self;
        if depth > MAX_DEPTH {
            return Err(A::Error::custom("rows are nested too deeply"));
        }
        let mut names = NameMatch::new(hint);
        let mark = builder.scratch.len();
        let (mut object_type, mut url) = (Text::None, Text::None);
        while let Some(Key(key)) = map.next_key()? {
            if key == "attributes" {
                let attributes: Option<Attributes<'de>> = map.next_value()?;
                let attributes = attributes.unwrap_or_default();
                object_type = builder.raw_text(attributes.object_type).map_err(A::Error::custom)?;
                url = builder.raw_text(attributes.url).map_err(A::Error::custom)?;
                continue;
            }
            let column = names.push(&builder.shapes, &key);
            let value: &'de RawValue = map.next_value()?;
            let nested = names.nested(&builder.shapes, column);
            let cell = builder.value(value.get(), nested, depth).map_err(A::Error::custom)?;
            builder.scratch.push(cell);
        }
        let shape = names.finish(builder);
        builder.finish_row(mark, shape, object_type, url).map_err(A::Error::custom)
    }
}

/// Follows the names of a row along the shape of the row before it, and makes a new shape only
/// where they part.
struct NameMatch {
    hint: u32,
    count: usize,
    own: Option<Vec<Box<str>>>,
}

impl NameMatch {
    fn new(hint: u32) -> Self {
        Self { hint, count: 0, own: None }
    }

    fn push(&mut self, shapes: &[Shape], name: &str) -> usize {
        let column = self.count;
        self.count += 1;
        if let Some(own) = &mut self.own {
            own.push(name.into());
            return column;
        }
        let known: &[Box<str>] = shapes.get(self.hint as usize).map_or(&[], |s| &s.names);
        if known.get(column).is_none_or(|n| **n != *name) {
            let mut own = known[..column].to_vec();
            own.push(name.into());
            self.own = Some(own);
        }
        column
    }

    fn nested(&self, shapes: &[Shape], column: usize) -> u32 {
        let shape = if self.own.is_none() { shapes.get(self.hint as usize) } else { None };
        shape.and_then(|s| s.nested.get(column)).copied().unwrap_or(NO_SHAPE)
    }

    fn finish(self, builder: &mut Builder<'_>) -> u32 {
        let names = match self.own {
            Some(own) => own,
            None => match builder.shapes.get(self.hint as usize) {
                Some(shape) if shape.names.len() == self.count => return self.hint,
                Some(shape) => shape.names[..self.count].to_vec(),
                None => Vec::new(),
            },
        };
        builder.shape(names)
    }
}

struct Builder<'t> {
    text: &'t str,
    arena: String,
    shapes: Vec<Shape>,
    /// The numbers of the shapes: a page can have as many shapes as rows.
    known: HashMap<Arc<[Box<str>]>, u32>,
    cells: Vec<Cell>,
    rows: Vec<RowHead>,
    sets: Vec<Set>,
    set_rows: Vec<u32>,
    /// Values of rows that are not finished.
    scratch: Vec<Cell>,
    /// Rows of the array being read.
    roots: Vec<u32>,
}

type Json<T> = Result<T, serde_json::Error>;

impl<'t> Builder<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            arena: String::new(),
            shapes: Vec::new(),
            known: HashMap::new(),
            cells: Vec::new(),
            rows: Vec::new(),
            sets: Vec::new(),
            set_rows: Vec::new(),
            scratch: Vec::new(),
            roots: Vec::new(),
        }
    }

    /// The page, whose body is still to be put into it, and its rows.
    fn finish(self) -> (Page, Vec<u32>) {
        let Self { arena, shapes, cells, rows, sets, set_rows, roots, .. } = self;
        let body = String::new();
        (Page { body, arena, shapes, cells, rows, sets, set_rows }, roots)
    }

    fn shape(&mut self, names: Vec<Box<str>>) -> u32 {
        if let Some(known) = self.known.get(names.as_slice()) {
            return *known;
        }
        let number = u32::try_from(self.shapes.len()).unwrap_or(NO_SHAPE);
        let nested = vec![NO_SHAPE; names.len()];
        let names: Arc<[Box<str>]> = names.into();
        self.known.insert(Arc::clone(&names), number);
        self.shapes.push(Shape { names, nested });
        number
    }

    fn finish_row(&mut self, mark: usize, shape: u32, object_type: Text, url: Text) -> Json<u32> {
        let first_cell = number(self.cells.len())?;
        let row = number(self.rows.len())?;
        for (column, cell) in self.scratch[mark..].iter().enumerate() {
            if let (Cell::Row(nested), Some(shape)) = (cell, self.shapes.get_mut(shape as usize)) {
                shape.nested[column] = self.rows[*nested as usize].shape;
            }
        }
        self.cells.extend(self.scratch.drain(mark..));
        self.rows.push(RowHead { shape, first_cell, object_type, url });
        Ok(row)
    }

    fn row(&mut self, text: &'t str, hint: u32, depth: u32) -> Json<u32> {
        let mut json = serde_json::Deserializer::from_str(text);
        let row = RowSeed { builder: self, hint, depth }.deserialize(&mut json)?;
        json.end()?;
        Ok(row)
    }

    fn value(&mut self, raw: &'t str, hint: u32, depth: u32) -> Json<Cell> {
        Ok(match raw.as_bytes().first() {
            Some(b'n') => Cell::Null,
            Some(b't') => Cell::Bool(true),
            Some(b'f') => Cell::Bool(false),
            Some(b'"') => Cell::Text(self.string(raw)?),
            Some(b'-' | b'0'..=b'9') => Cell::Number(self.at(raw)?),
            Some(b'{') => match self.set(raw, depth)? {
                Some(set) => Cell::Set(set),
                None => Cell::Row(self.row(raw, hint, depth + 1)?),
            },
            _ => Cell::Json(self.at(raw)?),
        })
    }

    /// A subquery's result, told from a parent or a compound field by its keys.
    fn set(&mut self, raw: &'t str, depth: u32) -> Json<Option<u32>> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire<'a> {
            total_size: u64,
            done: bool,
            #[serde(borrow)]
            next_records_url: Option<&'a RawValue>,
            #[serde(borrow)]
            records: &'a RawValue,
        }
        // Rows begin with their attributes: no need to look through them twice.
        if raw[1..].trim_start().starts_with("\"attributes\"") {
            return Ok(None);
        }
        let Ok(wire) = serde_json::from_str::<Wire<'t>>(raw) else { return Ok(None) };
        let outer = std::mem::take(&mut self.roots);
        let mut json = serde_json::Deserializer::from_str(wire.records.get());
        Rows { builder: self, depth: depth + 1 }.deserialize(&mut json)?;
        let rows = std::mem::replace(&mut self.roots, outer);
        let start = number(self.set_rows.len())?;
        self.set_rows.extend(rows);
        let rows = start..number(self.set_rows.len())?;
        let next = self.raw_text(wire.next_records_url)?;
        self.sets.push(Set { total_size: wire.total_size, done: wire.done, next, rows });
        Ok(Some(number(self.sets.len() - 1)?))
    }

    fn raw_text(&mut self, raw: Option<&'t RawValue>) -> Json<Text> {
        match raw.map(RawValue::get) {
            Some(text) if text.starts_with('"') => self.string(text),
            _ => Ok(Text::None),
        }
    }

    fn string(&mut self, quoted: &'t str) -> Json<Text> {
        let inner = quoted.get(1..quoted.len() - 1).unwrap_or_default();
        if !inner.contains('\\') {
            return Ok(Text::Page(self.at(inner)?));
        }
        let plain: Cow<'_, str> = serde_json::from_str(quoted)?;
        let (start, len) = (number(self.arena.len())?, number(plain.len())?);
        self.arena.push_str(&plain);
        Ok(Text::Arena(At { start, len }))
    }

    /// Where a part of the page's text stands in it.
    fn at(&self, part: &str) -> Json<At> {
        let start = (part.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        if self.text.get(start..start.wrapping_add(part.len())).is_none() {
            return Err(serde_json::Error::custom("a value lies outside of its page"));
        }
        Ok(At { start: number(start)?, len: number(part.len())? })
    }
}

fn number(n: usize) -> Json<u32> {
    u32::try_from(n).map_err(|_| serde_json::Error::custom("the page is longer than 4 GiB"))
}

/// The body as text, checked once. A body that nobody else holds is not copied.
fn utf8(status: u16, body: Bytes, what: &'static str) -> Result<String, Error> {
    String::from_utf8(body.into()).map_err(|e| Error::NotJson {
        status,
        what,
        form: "not UTF-8",
        excerpt: decode::excerpt(e.as_bytes()),
    })
}
