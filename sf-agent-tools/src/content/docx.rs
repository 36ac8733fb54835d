//! The text of a Word document: the paragraphs of `word/document.xml` (ECMA-376, WordprocessingML).

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

pub(super) fn text(bytes: &[u8]) -> Result<Text, String> {
    let damaged = "it is no Word document (.docx), or damaged.";
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| damaged)?;
    let entry = archive.by_name(MAIN).map_err(|_| damaged)?;
    let mut xml = Vec::new();
    // The size that an archive announces need not be true.
    entry.take(MOST_XML + 1).read_to_end(&mut xml).map_err(|_| damaged)?;
    if xml.len() as u64 > MOST_XML {
        return Err(format!("its text is larger than {} MB.", MOST_XML >> 20));
    }
    let xml = std::str::from_utf8(&xml).map_err(|_| damaged)?;
    if xml.matches("xmlns").nth(MOST_NAMESPACES).is_some() || is_overfull(xml) {
        return Err("it has more attributes or namespaces than a document has.".to_owned());
    }
    let options =
        ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..Default::default() };
    let document = Document::parse_with_options(xml, options).map_err(|_| damaged)?;
    let (mut text, started) = (String::new(), Instant::now());
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
            "t" if !is_fallback(node) => text.push_str(node.text().unwrap_or_default()),
            _ => {}
        }
    }
    let notes =
        vec!["Headers, footers, notes, comments and pictures are not in the text.".to_owned()];
    Ok(Text { text: text.trim_start_matches('\n').to_owned(), notes })
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
