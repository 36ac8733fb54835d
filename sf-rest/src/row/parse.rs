//! From the bytes of an answer to a [`Page`], in one pass over the rows.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Error as _, IgnoredAny};
use serde_json::value::RawValue;

use super::head::{Head, PAGE};
use super::page::{At, Cell, Page, RowHead, Set};
use super::scan::{Fault, Quoted, Scanner};
use super::shape::{NO_SHAPE, NameMatch, Names, Shape, Shaped};
use super::{QueryPage, Record};
use crate::{Error, decode};

/// The platform nests five levels up and five down; compound fields add one.
const MAX_DEPTH: u32 = 24;
const RECORD: &str = "a record";
/// Rows of a page (REST API Developer Guide, Query Options Header); more are read just as well.
const MAX_PAGE: usize = 2_000;
/// Offsets are kept in 32 bits.
const LONGEST: usize = u32::MAX as usize;

/// Reads a page of a query into compact rows.
pub(super) fn page(status: u16, body: &[u8]) -> Result<QueryPage, Error> {
    let text = utf8(status, body, PAGE)?;
    let mut builder = Builder::new(text);
    let mut head = Head::default();
    if builder.page(&mut head).is_err() {
        return Err(failure(status, text, PAGE));
    }
    let (page, roots) = builder.finish();
    let page = Arc::new(page);
    let records = roots.into_iter().map(|row| Record { page: Arc::clone(&page), row }).collect();
    head.page(records, status, body)
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
pub(super) fn record(body: &[u8]) -> Result<Record, Error> {
    let text = utf8(200, body, RECORD)?;
    let mut builder = Builder::new(text);
    let mut scanner = Scanner::new(text, 0);
    let row = builder
        .row(&mut scanner, NO_SHAPE, 0)
        .and_then(|row| scanner.end().map(|()| row))
        .map_err(|Fault| failure(200, text, RECORD))?;
    let (page, _) = builder.finish();
    Ok(Record { page: Arc::new(page), row })
}

/// What is wrong with a text, in the words that every other answer gets.
fn failure(status: u16, text: &str, what: &'static str) -> Error {
    let error = serde_json::from_str::<IgnoredAny>(text)
        .err()
        .unwrap_or_else(|| serde_json::Error::custom("rows of another form"));
    decode::failure(status, text.as_bytes(), what, &error)
}

struct Builder<'t> {
    text: &'t str,
    /// The texts of the values, as the page will keep them.
    values: String,
    shapes: Vec<Shape>,
    /// The numbers of the shapes, once there are more than a few: a page can have as many as rows.
    known: HashMap<Arc<Names>, u32>,
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
            values: String::new(),
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

    /// The page and its rows.
    fn finish(self) -> (Page, Vec<u32>) {
        let Self { values, shapes, cells, rows, sets, set_rows, roots, .. } = self;
        (Page { text: values, shapes, cells, rows, sets, set_rows }, roots)
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
            let start = scanner.at();
            let row = self.row(scanner, hint, depth)?;
            hint = self.rows[row as usize].shape;
            self.roots.push(row);
            more = scanner.more(b']')?;
            if depth == 0 && self.roots.len() == 1 && more {
                self.reserve(scanner.at() - start);
            }
        }
        Ok(())
    }

    /// Makes room for the other rows of a page, as if they were like the first, which had so many
    /// bytes. What is too much is not touched, and so costs addresses alone.
    fn reserve(&mut self, bytes: usize) {
        let others = (self.text.len() / bytes.max(1)).min(MAX_PAGE);
        self.cells.reserve(others * self.cells.len());
        self.rows.reserve(others * self.rows.len());
        self.roots.reserve(others);
        let values = others.saturating_mul(self.values.len());
        self.values.reserve((values + values / 8).min(self.text.len()));
    }

    /// One row; its number is returned.
    fn row(&mut self, scanner: &mut Scanner<'t>, hint: u32, depth: u32) -> Scan<u32> {
        if depth > MAX_DEPTH || self.text.len() > LONGEST {
            return Err(Fault);
        }
        let mut names = NameMatch::new(hint);
        let mark = self.scratch.len();
        let (mut object_type, mut url) = (None, None);
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
        let shape = match names.finish(&self.shapes) {
            Shaped::AsBefore(shape) => shape,
            Shaped::Otherwise(names) => self.shape(names),
        };
        Ok(self.finish_row(mark, shape, object_type, url))
    }

    /// What a row says of itself: its object and its address.
    fn attributes(&mut self, scanner: &mut Scanner<'t>) -> Scan<(Option<At>, Option<At>)> {
        let (mut object_type, mut url) = (None, None);
        if scanner.peek()? != b'{' {
            return scanner.word("null").map(|()| (object_type, url));
        }
        let mut more = scanner.open(b'{', b'}')?;
        while more {
            scanner.peek()?;
            let place = if scanner.take_text("\"type\":") {
                Some(&mut object_type)
            } else if scanner.take_text("\"url\":") {
                Some(&mut url)
            } else {
                let key = scanner.string()?;
                scanner.expect(b':')?;
                match &*self.plain(&key)? {
                    "type" => Some(&mut object_type),
                    "url" => Some(&mut url),
                    _ => None,
                }
            };
            match place {
                Some(place) if scanner.peek()? == b'"' => *place = Some(self.string(scanner)?),
                _ => {
                    scanner.raw()?;
                }
            }
            more = scanner.more(b'}')?;
        }
        Ok((object_type, url))
    }

    fn finish_row(
        &mut self,
        mark: usize,
        shape: u32,
        object_type: Option<At>,
        url: Option<At>,
    ) -> u32 {
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

    fn shape(&mut self, names: Names) -> u32 {
        // A search costs less than a hash where there are few, and most answers have one or two.
        const FEW: usize = 8;
        let known = match self.shapes.len() {
            0..=FEW => self.shapes.iter().position(|shape| *shape.names == names).map(number),
            _ => self.known.get(&names).copied(),
        };
        if let Some(known) = known {
            return known;
        }
        let shape = number(self.shapes.len());
        let nested = vec![NO_SHAPE; names.len()];
        let names = Arc::new(names);
        self.shapes.push(Shape { names: Arc::clone(&names), nested });
        if self.shapes.len() == FEW + 1 {
            let all = self.shapes.iter().zip(0..);
            self.known.extend(all.map(|(shape, place)| (Arc::clone(&shape.names), place)));
        } else if self.shapes.len() > FEW {
            self.known.insert(names, shape);
        }
        shape
    }

    fn value(&mut self, scanner: &mut Scanner<'t>, hint: u32, depth: u32) -> Scan<Cell> {
        Ok(match scanner.peek()? {
            b'"' => Cell::Text(self.string(scanner)?),
            b'n' => scanner.word("null").map(|()| Cell::Null)?,
            b't' => scanner.word("true").map(|()| Cell::Bool(true))?,
            b'f' => scanner.word("false").map(|()| Cell::Bool(false))?,
            b'-' | b'0'..=b'9' => {
                let number = scanner.number()?;
                Cell::Number(self.keep(self.text.get(number).ok_or(Fault)?))
            }
            b'{' => match self.set(scanner, depth)? {
                Some(set) => Cell::Set(set),
                None => Cell::Row(self.row(scanner, hint, depth + 1)?),
            },
            _ => Cell::Json(self.keep(scanner.raw()?)),
        })
    }

    /// Puts a text among the values. They are not longer than the page that they come from.
    #[inline]
    fn keep(&mut self, text: &str) -> At {
        let start = self.values.len();
        self.values.push_str(text);
        At { start: number(start), len: number(text.len()) }
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
                Some(self.string(&mut Scanner::new(self.text, self.place(raw.get())?))?)
            }
            _ => None,
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

    #[inline]
    fn string(&mut self, scanner: &mut Scanner<'t>) -> Scan<At> {
        let quoted = scanner.string()?;
        if !quoted.escaped {
            return Ok(self.keep(self.text.get(quoted.inner).ok_or(Fault)?));
        }
        let start = self.values.len();
        if !unescape(self.text.get(quoted.inner.clone()).ok_or(Fault)?, &mut self.values) {
            self.values.truncate(start);
            let plain = self.plain(&quoted)?;
            self.values.push_str(&plain);
        }
        Ok(At { start: number(start), len: number(self.values.len() - start) })
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

/// Adds a text without its escapes, as far as they stand for one ASCII character each; false if
/// there are others.
fn unescape(escaped: &str, out: &mut String) -> bool {
    let mut rest = escaped;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let mut after = after.chars();
        out.push(match after.next() {
            Some(c @ ('"' | '\\' | '/')) => c,
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            _ => return false,
        });
        rest = after.as_str();
    }
    out.push_str(rest);
    true
}

/// A small value.
fn read<'t, T: Deserialize<'t>>(raw: &'t str) -> Scan<T> {
    serde_json::from_str(raw).map_err(|_| Fault)
}

/// There are fewer of anything than bytes in the page, whose length was checked.
fn number(n: usize) -> u32 {
    n as u32
}

/// The body as text, checked once.
fn utf8<'t>(status: u16, body: &'t [u8], what: &'static str) -> Result<&'t str, Error> {
    simdutf8::basic::from_utf8(body).map_err(|_| Error::NotJson {
        status,
        what,
        form: "not UTF-8",
        excerpt: decode::excerpt(body),
    })
}
