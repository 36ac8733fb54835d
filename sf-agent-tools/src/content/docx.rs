//! The text of a Word document: the paragraphs of `word/document.xml`, then those of headers, footers,
//! notes and comments (ECMA-376, WordprocessingML).

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::{Cursor, Read};
use std::time::{Duration, Instant};

use roxmltree::{Document, Node, ParsingOptions};
use zip::ZipArchive;

use super::Text;

/// Bytes that the document may grow to.
const MOST_XML: u64 = 32 << 20;

/// Elements and texts of it.
const MOST_NODES: u32 = 1_000_000;

/// Declarations of namespaces, of which an element that has one copies all that hold where it stands.
const MOST_NAMESPACES: usize = 5_000;

/// Attributes of a tag, of which each is compared with all before it.
const MOST_ATTRIBUTES: u32 = 256;

/// How long the text is put together.
const TIME: Duration = Duration::from_secs(20);

const MAIN: &str = "word/document.xml";

/// Parts beside the main one that have text, by how their names begin, and what they are called.
const OTHERS: [(&str, &str); 5] = [
    ("word/header", "headers"),
    ("word/footer", "footers"),
    ("word/footnotes", "footnotes"),
    ("word/endnotes", "endnotes"),
    ("word/comments.", "comments"),
];

/// Where pictures and the like lie.
const UNREAD: [&str; 4] = ["word/media/", "word/charts/", "word/diagrams/", "word/embeddings/"];

const DAMAGED: &str = "it is no Word document (.docx), or damaged.";

pub(super) fn text(bytes: &[u8]) -> Result<Text, String> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| DAMAGED)?;
    let names: Vec<String> =
        archive.file_names().filter_map(|name| name.ok().map(Cow::into_owned)).collect();
    let (mut left, started) = (MOST_XML, Instant::now());
    let mut part = |name: &str| {
        let entry = archive.by_name(name).map_err(|_| DAMAGED)?;
        let mut xml = Vec::new();
        // The size that an archive announces need not be true.
        entry.take(left + 1).read_to_end(&mut xml).map_err(|_| DAMAGED)?;
        left = left
            .checked_sub(xml.len() as u64)
            .ok_or_else(|| format!("its text is larger than {} MB.", MOST_XML >> 20))?;
        paragraphs(&xml, started)
    };
    let mut text = part(MAIN)?;
    for (begin, title) in OTHERS {
        // Pages of different kinds often have the same header.
        let (mut texts, mut seen) = (Vec::new(), HashSet::new());
        for name in names.iter().filter(|n| n.starts_with(begin) && n.ends_with(".xml")) {
            let own = part(name)?.trim().to_owned();
            if !own.is_empty() && seen.insert(own.clone()) {
                texts.push(own);
            }
        }
        if !texts.is_empty() {
            text.push_str(&format!("\n--- {title} ---\n{}", texts.join("\n")));
        }
    }
    let unread = names.iter().any(|name| UNREAD.iter().any(|begin| name.starts_with(begin)));
    let notes = unread.then(|| "Pictures, charts and what is embedded are not read.".to_owned());
    Ok(Text { text, missing: Vec::new(), notes: notes.into_iter().collect() })
}

/// The text of one part.
fn paragraphs(xml: &[u8], started: Instant) -> Result<String, String> {
    let xml = std::str::from_utf8(xml).map_err(|_| DAMAGED)?;
    if xml.matches("xmlns").nth(MOST_NAMESPACES).is_some() || is_overfull(xml) {
        return Err("it has more attributes or namespaces than a document has.".to_owned());
    }
    let options =
        ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..Default::default() };
    let document = Document::parse_with_options(xml, options).map_err(|_| DAMAGED)?;
    let mut text = String::new();
    for node in document.descendants() {
        if started.elapsed() > TIME {
            return Err("reading it takes too long.".to_owned());
        }
        match node.tag_name().name() {
            "tr" => line(&mut text),
            "p" if is_in_later_cell(node) => text.push('\t'),
            "p" => line(&mut text),
            "tab" if !is_setting(node) => text.push('\t'),
            "br" | "cr" => text.push('\n'),
            "noBreakHyphen" => text.push('-'),
            "t" if !is_fallback(node) => text.push_str(node.text().unwrap_or_default()),
            _ => {}
        }
    }
    Ok(text.trim_start_matches('\n').to_owned())
}

/// Whether a tag has more attributes than are read.
fn is_overfull(xml: &str) -> bool {
    const OTHERS: [(&str, &str); 3] = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")];
    let mut rest = xml;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        if let Some((open, close)) = OTHERS.iter().find(|(open, _)| rest.starts_with(open)) {
            let inner = &rest[open.len()..];
            rest = inner.find(close).map_or("", |end| &inner[end + close.len()..]);
            continue;
        }
        let (mut quote, mut values, mut end) = (None, 0, rest.len());
        for (at, byte) in rest.bytes().enumerate() {
            match quote {
                Some(open) if open == byte => quote = None,
                None if matches!(byte, b'"' | b'\'') => (quote, values) = (Some(byte), values + 1),
                None if byte == b'>' => {
                    end = at;
                    break;
                }
                _ => {}
            }
        }
        if values > MOST_ATTRIBUTES {
            return true;
        }
        rest = &rest[end..];
    }
    false
}

fn line(text: &mut String) {
    if !text.ends_with('\n') {
        text.push('\n');
    }
}

/// The first paragraph of a cell that is not the first of its row stands on the same line.
fn is_in_later_cell(node: Node<'_, '_>) -> bool {
    let Some(cell) = node.parent().filter(|parent| parent.tag_name().name() == "tc") else {
        return false;
    };
    let first = cell.children().find(|child| child.tag_name().name() == "p");
    first == Some(node)
        && cell.prev_siblings().skip(1).any(|before| before.tag_name().name() == "tc")
}

/// A tab stop among the properties of a paragraph, and no character.
fn is_setting(node: Node<'_, '_>) -> bool {
    node.parent().is_some_and(|parent| parent.tag_name().name() == "tabs")
}

/// What old readers are shown instead, and thus a second time.
fn is_fallback(node: Node<'_, '_>) -> bool {
    node.ancestors().take(16).any(|above| above.tag_name().name() == "Fallback")
}
