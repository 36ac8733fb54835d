//! From the bytes of an answer to a [`Page`], in one pass over the rows.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::{Error as _, IgnoredAny};
use serde_json::value::RawValue;

use super::head::{Head, PAGE};
use super::page::{At, Cell, Page, RowHead, Set, Shape, Text};
use super::scan::{Fault, Quoted, Scanner};
use super::{QueryPage, Record};
use crate::{Error, decode};

const NO_SHAPE: u32 = u32::MAX;
/// The platform nests five levels up and five down; compound fields add one.
const MAX_DEPTH: u32 = 24;
const RECORD: &str = "a record";
/// Offsets are kept in 32 bits.
const LONGEST: usize = u32::MAX as usize;

/// Reads a page of a query into compact rows.
pub(super) fn page(status: u16, body: Bytes) -> Result<QueryPage, Error> {
    let text = utf8(status, body, PAGE)?;
    let mut builder = Builder::new(&text);
    let mut head = Head::default();
    if builder.page(&mut head).is_err() {
        return Err(failure(status, &text, PAGE));
    }
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
    let mut scanner = Scanner::new(&text, 0);
    let row = builder
        .row(&mut scanner, NO_SHAPE, 0)
        .and_then(|row| scanner.end().map(|()| row))
        .map_err(|Fault| failure(200, &text, RECORD))?;
    let (mut page, _) = builder.finish();
    page.body = text;
    Ok(Record { page: Arc::new(page), row })
}

/// What is wrong with a text, in the words that every other answer gets.
fn failure(status: u16, text: &str, what: &'static str) -> Error {
    let error = serde_json::from_str::<IgnoredAny>(text)
        .err()
        .unwrap_or_else(|| serde_json::Error::custom("rows of another form"));
    decode::failure(status, text.as_bytes(), what, &error)
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

    /// The name that comes next if this row is like the one before, with its quotes and colon.
    fn expected<'s>(&self, shapes: &'s [Shape]) -> Option<&'s str> {
        let shape = if self.own.is_none() { shapes.get(self.hint as usize)? } else { return None };
        shape.quoted.get(self.count).and_then(Option::as_deref)
    }

    fn push(&mut self, shapes: &[Shape], name: &str) {
        if self.own.is_none() {
            let known: &[Box<str>] = shapes.get(self.hint as usize).map_or(&[], |s| &s.names);
            if known.get(self.count).is_some_and(|n| **n == *name) {
                self.count += 1;
                return;
            }
            self.own = Some(known[..self.count].to_vec());
        }
        self.own.get_or_insert_default().push(name.into());
        self.count += 1;
    }

    /// The shape that a row nested in the column before had.
    fn nested(&self, shapes: &[Shape]) -> u32 {
        let shape = if self.own.is_none() { shapes.get(self.hint as usize) } else { None };
        let column = self.count.checked_sub(1);
        column.and_then(|column| shape?.nested.get(column)).copied().unwrap_or(NO_SHAPE)
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

type Scan<T> = Result<T, Fault>;

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

    fn page(&mut self, head: &mut Head) -> Scan<()> {
        if self.text.len() > LONGEST {
            return Err(Fault);
        }
        let mut scanner = Scanner::new(self.text, 0);
        let mut records = false;
        let mut more = scanner.open(b'{', b'}')?;
        while more {
            let key = scanner.string()?;
            scanner.expect(b':')?;
            match &*self.plain(&key)? {
                "records" if !records => {
                    records = true;
                    self.rows(&mut scanner, 0)?;
                }
                "totalSize" => head.total_size = Some(read(scanner.raw()?)?),
                "done" => head.done = Some(read(scanner.raw()?)?),
                "nextRecordsUrl" => head.next = read(scanner.raw()?)?,
                _ => {
                    scanner.raw()?;
                }
            }
            more = scanner.more(b'}')?;
        }
        scanner.end()?;
        if records { Ok(()) } else { Err(Fault) }
    }

    /// An array of rows; their numbers are left in `roots`.
    fn rows(&mut self, scanner: &mut Scanner<'t>, depth: u32) -> Scan<()> {
        let mut hint = NO_SHAPE;
        let mut more = scanner.open(b'[', b']')?;
        while more {
            let row = self.row(scanner, hint, depth)?;
            hint = self.rows[row as usize].shape;
            self.roots.push(row);
            more = scanner.more(b']')?;
        }
        Ok(())
    }

    /// One row; its number is returned.
    fn row(&mut self, scanner: &mut Scanner<'t>, hint: u32, depth: u32) -> Scan<u32> {
        if depth > MAX_DEPTH || self.text.len() > LONGEST {
            return Err(Fault);
        }
        let mut names = NameMatch::new(hint);
        let mark = self.scratch.len();
        let (mut object_type, mut url) = (Text::None, Text::None);
        let mut more = scanner.open(b'{', b'}')?;
        while more {
            scanner.peek()?;
            if names.expected(&self.shapes).is_some_and(|name| scanner.take_text(name)) {
                names.count += 1;
            } else {
                let key = scanner.string()?;
                scanner.expect(b':')?;
                let key = self.plain(&key)?;
                if key == "attributes" {
                    (object_type, url) = self.attributes(scanner)?;
                    more = scanner.more(b'}')?;
                    continue;
                }
                names.push(&self.shapes, &key);
            }
            let nested = names.nested(&self.shapes);
            let cell = self.value(scanner, nested, depth)?;
            self.scratch.push(cell);
            more = scanner.more(b'}')?;
        }
        let shape = names.finish(self);
        Ok(self.finish_row(mark, shape, object_type, url))
    }

    /// What a row says of itself: its object and its address.
    fn attributes(&mut self, scanner: &mut Scanner<'t>) -> Scan<(Text, Text)> {
        let (mut object_type, mut url) = (Text::None, Text::None);
        if scanner.peek()? != b'{' {
            return scanner.word("null").map(|()| (object_type, url));
        }
        let mut more = scanner.open(b'{', b'}')?;
        while more {
            let key = scanner.string()?;
            scanner.expect(b':')?;
            let key = self.plain(&key)?;
            let place = match &*key {
                "type" => Some(&mut object_type),
                "url" => Some(&mut url),
                _ => None,
            };
            match place {
                Some(place) if scanner.peek()? == b'"' => *place = self.string(scanner)?,
                _ => {
                    scanner.raw()?;
                }
            }
            more = scanner.more(b'}')?;
        }
        Ok((object_type, url))
    }

    fn finish_row(&mut self, mark: usize, shape: u32, object_type: Text, url: Text) -> u32 {
        let (first_cell, row) = (number(self.cells.len()), number(self.rows.len()));
        if let Some(shape) = self.shapes.get_mut(shape as usize) {
            for (nested, cell) in shape.nested.iter_mut().zip(&self.scratch[mark..]) {
                if let Cell::Row(row) = cell {
                    *nested = self.rows[*row as usize].shape;
                }
            }
        }
        self.cells.extend_from_slice(&self.scratch[mark..]);
        self.scratch.truncate(mark);
        self.rows.push(RowHead { shape, first_cell, object_type, url });
        row
    }

    fn shape(&mut self, names: Vec<Box<str>>) -> u32 {
        if let Some(known) = self.known.get(names.as_slice()) {
            return *known;
        }
        let shape = number(self.shapes.len());
        let nested = vec![NO_SHAPE; names.len()];
        let quoted = names.iter().map(|name| quoted(name)).collect();
        let names: Arc<[Box<str>]> = names.into();
        self.known.insert(Arc::clone(&names), shape);
        self.shapes.push(Shape { names, quoted, nested });
        shape
    }

    fn value(&mut self, scanner: &mut Scanner<'t>, hint: u32, depth: u32) -> Scan<Cell> {
        Ok(match scanner.peek()? {
            b'"' => Cell::Text(self.string(scanner)?),
            b'n' => scanner.word("null").map(|()| Cell::Null)?,
            b't' => scanner.word("true").map(|()| Cell::Bool(true))?,
            b'f' => scanner.word("false").map(|()| Cell::Bool(false))?,
            b'-' | b'0'..=b'9' => Cell::Number(at(scanner.number()?)),
            b'{' => match self.set(scanner, depth)? {
                Some(set) => Cell::Set(set),
                None => Cell::Row(self.row(scanner, hint, depth + 1)?),
            },
            _ => {
                let start = scanner.at();
                scanner.raw()?;
                Cell::Json(at(start..scanner.at()))
            }
        })
    }

    /// A subquery's result, told from a parent or a compound field by its keys. If it is none,
    /// nothing is taken.
    fn set(&mut self, scanner: &mut Scanner<'t>, depth: u32) -> Scan<Option<u32>> {
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
        let start = scanner.at();
        // Rows begin with their attributes: no need to look through them twice.
        let mut inside = Scanner::new(self.text, start);
        inside.expect(b'{')?;
        if inside.peek().is_ok() && inside.take_text("\"attributes\"") {
            return Ok(None);
        }
        let mut whole = Scanner::new(self.text, start);
        let Ok(wire) = serde_json::from_str::<Wire<'t>>(whole.raw()?) else { return Ok(None) };
        let next = match wire.next_records_url {
            Some(raw) if raw.get().starts_with('"') => {
                self.string(&mut Scanner::new(self.text, self.place(raw.get())?))?
            }
            _ => Text::None,
        };
        let outer = std::mem::take(&mut self.roots);
        let mut records = Scanner::new(self.text, self.place(wire.records.get())?);
        self.rows(&mut records, depth + 1)?;
        let rows = std::mem::replace(&mut self.roots, outer);
        let first = number(self.set_rows.len());
        self.set_rows.extend(rows);
        let rows = first..number(self.set_rows.len());
        self.sets.push(Set { total_size: wire.total_size, done: wire.done, next, rows });
        *scanner = whole;
        Ok(Some(number(self.sets.len() - 1)))
    }

    fn string(&mut self, scanner: &mut Scanner<'t>) -> Scan<Text> {
        let quoted = scanner.string()?;
        if !quoted.escaped {
            return Ok(Text::Page(at(quoted.inner)));
        }
        let plain = self.plain(&quoted)?;
        let start = self.arena.len();
        self.arena.push_str(&plain);
        Ok(Text::Arena(at(start..self.arena.len())))
    }

    /// A string of the page without its escapes.
    fn plain(&self, quoted: &Quoted) -> Scan<Cow<'t, str>> {
        let Range { start, end } = quoted.inner;
        if !quoted.escaped {
            return self.text.get(start..end).map(Cow::Borrowed).ok_or(Fault);
        }
        self.text.get(start - 1..=end).ok_or(Fault).and_then(read).map(Cow::Owned)
    }

    /// Where a part of the page's text begins in it.
    fn place(&self, part: &str) -> Scan<usize> {
        let start = (part.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        self.text.get(start..).map(|_| start).ok_or(Fault)
    }
}

/// A name as it stands in front of its value, unless it can only be written with escapes.
fn quoted(name: &str) -> Option<Box<str>> {
    let is_plain = |byte| byte >= b' ' && byte != b'"' && byte != b'\\';
    name.bytes().all(is_plain).then(|| format!("\"{name}\":").into())
}

/// A small value.
fn read<'t, T: Deserialize<'t>>(raw: &'t str) -> Scan<T> {
    serde_json::from_str(raw).map_err(|_| Fault)
}

/// There are fewer of anything than bytes in the page, whose length was checked.
fn number(n: usize) -> u32 {
    n as u32
}

fn at(range: Range<usize>) -> At {
    At { start: number(range.start), len: number(range.len()) }
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
