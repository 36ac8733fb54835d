//! HTML without its tags, scripts and styles.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{Rawtext, Rcdata, ScriptData};
use html5ever::tokenizer::{
    BufferQueue, CharacterTokens, EndTag, StartTag, TagToken, Token, TokenSink, TokenSinkResult,
    Tokenizer,
};

use super::Text;

/// After this what is left is not read: of the attributes of a tag each is compared with all before it.
const TIME: Duration = Duration::from_secs(20);

/// Bytes that are read between two looks at the clock.
const PIECE: usize = 16 << 10;

/// Elements that begin a line.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "br",
    "dd",
    "div",
    "dl",
    "dt",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "title",
    "tr",
    "ul",
];

/// Elements whose content nobody is shown.
const UNSEEN: &[&str] = &["script", "style", "noscript", "template"];

/// Tokens are enough: nothing here needs a tree, so nothing can be nested too deep.
pub(super) fn text(html: &str) -> Text {
    let (started, queue) = (Instant::now(), BufferQueue::default());
    let tokenizer = Tokenizer::new(Sink::default(), Default::default());
    let mut rest = html;
    while !rest.is_empty() && started.elapsed() < TIME {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE));
        queue.push_back(StrTendril::from_slice(piece));
        // A script element hands over to whoever would run it; here it goes on.
        while !queue.is_empty() {
            let _ = tokenizer.feed(&queue);
        }
        rest = after;
    }
    tokenizer.end();
    let left = rest.len();
    let missing =
        (left > 0).then(|| format!("The last {left} bytes of the file took too long to read."));
    let seen = tokenizer.sink.seen.into_inner();
    let lines = seen.text.lines().map(str::trim).collect::<Vec<_>>();
    let mut text = String::with_capacity(seen.text.len());
    let mut empty = 0;
    for line in lines {
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 && !(text.is_empty() && line.is_empty()) {
            text.push_str(line);
            text.push('\n');
        }
    }
    Text { text, missing: missing.into_iter().collect(), notes: Vec::new() }
}

#[derive(Default)]
struct Sink {
    seen: RefCell<Seen>,
}

#[derive(Default)]
struct Seen {
    text: String,
    /// The element whose content is not shown.
    within: Option<String>,
}

impl Seen {
    fn line(&mut self) {
        if !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    /// Blanks count as one.
    fn words(&mut self, words: &str) {
        for c in words.chars() {
            if !c.is_whitespace() {
                self.text.push(c);
            } else if !self.text.ends_with([' ', '\n', '\t']) {
                self.text.push(' ');
            }
        }
    }
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut seen = self.seen.borrow_mut();
        match token {
            CharacterTokens(words) if seen.within.is_none() => seen.words(&words),
            TagToken(tag) => {
                let name = tag.name.as_ref();
                let unseen = UNSEEN.contains(&name);
                if BLOCKS.contains(&name) {
                    seen.line();
                }
                if (name == "td" || name == "th") && tag.kind == EndTag {
                    seen.text.push('\t');
                }
                match tag.kind {
                    StartTag if seen.within.is_none() && unseen && !tag.self_closing => {
                        seen.within = Some(name.to_owned());
                    }
                    EndTag if seen.within.as_deref() == Some(name) => seen.within = None,
                    _ => {}
                }
                if tag.kind == StartTag {
                    match name {
                        "script" => return TokenSinkResult::RawData(ScriptData),
                        "style" | "xmp" | "iframe" | "noembed" | "noframes" => {
                            return TokenSinkResult::RawData(Rawtext);
                        }
                        "title" | "textarea" => return TokenSinkResult::RawData(Rcdata),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}
