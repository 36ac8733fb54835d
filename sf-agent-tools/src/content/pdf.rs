//! The text of a PDF, page by page, with `lopdf`.
//!
//! A PDF may grow to any size when it is opened, so what lopdf opens at once (object streams) is
//! measured before; it bounds each stream and the depth of nesting itself, and what is shown on a
//! page is opened page by page. Text that is a picture is not read.

use std::io::Read;
use std::time::{Duration, Instant};

use flate2::read::ZlibDecoder;
use lopdf::{Document, LoadOptions};

use super::{MOST_TEXT, Text};

/// Bytes that one stream may grow to when the document is opened.
const STREAM: usize = 2 << 20;

/// Bytes that all object streams may grow to together.
const OBJECTS: u64 = 16 << 20;

/// Bytes of what is shown on a page.
const PAGE: usize = 4 << 20;

/// Pages that are read.
const PAGES: usize = 2_000;

/// After this the pages that are left are not read.
const TIME: Duration = Duration::from_secs(20);

/// Bytes that pictures near object streams may grow to together.
const PICTURES: u64 = 64 << 20;

/// How often something can be compressed.
const LAYERS: usize = 8;

/// Bytes before a stream in which its dictionary is looked for.
const DICTIONARY: usize = 4 << 10;

/// Bytes before a stream in which the type of an object stream is looked for: a dictionary that is
/// longer costs whoever wrote it more than it gains.
const NEAR: usize = 64 << 10;

pub(super) fn text(bytes: &[u8]) -> Result<Text, String> {
    let started = Instant::now();
    let head = bytes.get(..1024).unwrap_or(bytes);
    if find(head, b"%PDF-").is_none() {
        return Err("it is no PDF.".to_owned());
    }
    measure(bytes, started)?;
    let options = LoadOptions { max_decompressed_size: Some(STREAM), ..LoadOptions::default() };
    let document = Document::load_mem_with_options(bytes, options).map_err(|error| {
        tracing::debug!(%error, "a PDF cannot be opened");
        match error {
            lopdf::Error::Decryption(_) | lopdf::Error::InvalidPassword => PROTECTED.to_owned(),
            _ => "it is damaged, or no PDF.".to_owned(),
        }
    })?;
    if document.is_encrypted() {
        return Err(PROTECTED.to_owned());
    }
    let pages = document.get_pages();
    let (mut text, mut read) = (String::new(), 0_usize);
    let (mut unread, mut empty) = (Vec::new(), Vec::new());
    for number in pages.keys().take(PAGES) {
        if started.elapsed() > TIME || text.len() > MOST_TEXT {
            break;
        }
        read += 1;
        let mut page = String::new();
        let mut failed = false;
        for chunk in document.extract_text_chunks_with_limit(&[*number], PAGE) {
            match chunk {
                Ok(chunk) => page.push_str(&chunk),
                Err(error) => {
                    tracing::debug!(%error, number, "a page of a PDF cannot be read");
                    failed = true;
                }
            }
        }
        if failed {
            unread.push(*number);
        } else if page.trim().is_empty() {
            empty.push(*number);
        }
        text.push_str(&format!("--- page {number} ---\n{}\n", page.trim()));
    }
    let mut missing = Vec::new();
    if read < pages.len() {
        missing.push(format!(
            "Pages after {read} of {} are not read: the file is too large.",
            pages.len()
        ));
    }
    if !unread.is_empty() {
        missing.push(format!("Not all of {} can be read as text.", listed(&unread)));
    }
    if !empty.is_empty() {
        missing
            .push(format!("No text is on {}: blank, or a picture as of a scan.", listed(&empty)));
    }
    let notes = vec![
        "Text in pictures, as of a scan, is not read; columns and tables may be mixed.".to_owned(),
    ];
    Ok(Text { text, missing, notes })
}

/// The numbers of pages, the first of many.
fn listed(pages: &[u32]) -> String {
    const MOST: usize = 20;
    let some: Vec<String> = pages.iter().take(MOST).map(u32::to_string).collect();
    let more = if pages.len() > MOST { " and more" } else { "" };
    let word = if pages.len() == 1 { "page" } else { "pages" };
    format!("{word} {}{more} ({} in all)", some.join(", "), pages.len())
}

const PROTECTED: &str = "it is protected with a password.";

/// Refuses a file whose object streams would grow too large: lopdf opens all of them at once, and a
/// few kilobytes can hold gigabytes.
///
/// What is an object stream is told from the bytes before it, by signs that a file made to harm can
/// set but not avoid; it errs towards measuring. A picture that stands near one is measured, too, with
/// a bound of its own.
fn measure(bytes: &[u8], started: Instant) -> Result<(), String> {
    let (mut objects, mut pictures, mut at) = (0_u64, 0_u64, 0);
    while let Some(found) = bytes.get(at..).and_then(|rest| find(rest, b"stream")) {
        if started.elapsed() > TIME {
            return Err("looking through it takes too long.".to_owned());
        }
        let place = at + found;
        at = place + b"stream".len();
        let before = |most: usize| &bytes[place.saturating_sub(most)..place];
        if before(3) == b"end" || !names(before(NEAR), b"ObjStm") {
            continue;
        }
        let dictionary = before(DICTIONARY);
        let has = |name: &[u8]| find(dictionary, name).is_some();
        let (total, most) = match has(b"/Image") {
            true => (&mut pictures, PICTURES),
            false => (&mut objects, OBJECTS),
        };
        let packed = [&b"LZW"[..], b"Brotli", b"RunLength", b"ASCII"];
        if !has(b"/Image") && packed.iter().any(|name| names(dictionary, name)) {
            return Err("it is compressed in a way that is not supported.".to_owned());
        }
        let data = bytes.get(at..).unwrap_or_default().trim_ascii_start();
        // What is compressed may be compressed again.
        let mut layers: Box<dyn Read> = Box::new(data);
        for layer in 1..=LAYERS {
            layers = Box::new(ZlibDecoder::new(layers));
            let grown = grown(&mut layers, most + 1 - (*total).min(most));
            *total += grown;
            if *total > most {
                return Err(format!("opened, it is larger than {} MB.", most >> 20));
            }
            if grown == 0 {
                break;
            }
            layers = Box::new(data);
            for _ in 0..layer {
                layers = Box::new(ZlibDecoder::new(layers));
            }
        }
    }
    Ok(())
}

/// How many bytes come, counted up to `most`.
fn grown(from: &mut dyn Read, most: u64) -> u64 {
    let (mut from, mut buffer, mut total) = (from.take(most), [0_u8; 16 << 10], 0);
    while let Ok(read) = from.read(&mut buffer)
        && read > 0
    {
        total += read as u64;
    }
    total
}

/// Whether a name that begins so stands in these bytes, in whatever way a name can be written.
fn names(bytes: &[u8], wanted: &[u8]) -> bool {
    if find(bytes, wanted).is_some() {
        return true;
    }
    let mut names = bytes.split(|byte| *byte == b'/').skip(1);
    names.any(|name| {
        let hidden = name.iter().take(3 * wanted.len()).any(|byte| *byte == b'#');
        hidden && unescaped(name, wanted.len()) == wanted
    })
}

/// The first bytes of a name, of which each may be written as `#` and two digits.
fn unescaped(name: &[u8], length: usize) -> Vec<u8> {
    let mut plain = Vec::with_capacity(length);
    let mut rest = name;
    while let Some((first, after)) = rest.split_first().filter(|_| plain.len() < length) {
        let escaped = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let escaped = escaped.and_then(|two| u8::from_str_radix(two, 16).ok());
        match escaped.filter(|_| *first == b'#') {
            Some(byte) => {
                plain.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                plain.push(*first);
                rest = after;
            }
        }
    }
    plain
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}
