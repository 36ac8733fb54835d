//! Places in JSON text, and what is wrong with text that is none, in the words
//! of the parser that the platform uses (Jackson).
//!
//! It counts columns in two ways. A refused character is named by the column
//! behind it, a refused value by the characters before it in its line, or
//! before its key when it has one (a reply quoted on Salesforce Stack Exchange,
//! question 54882, shows that).

use std::borrow::Cow;

use crate::engine::{Place, Step};

/// As deep as the JSON library reads.
const MAX_DEPTH: usize = 127;

const VALUE: &str =
    "expected a valid value (number, String, array, object, 'true', 'false' or 'null')";

/// What is wrong with the text, with its place; `None` if nothing is.
pub(crate) fn fault(text: &[u8]) -> Option<String> {
    let lossy = String::from_utf8_lossy(text);
    let mut scanner = Scanner::new(&lossy, None);
    let result = scanner.document();
    if let Err((message, at)) = result {
        return Some(format!("{message} at {}", scanner.behind(at)));
    }
    let at = std::str::from_utf8(text).err()?.valid_up_to();
    let byte = text.get(at).copied().unwrap_or_default();
    Some(format!("Invalid UTF-8 start byte 0x{byte:x} at {}", scanner.behind(at)))
}

/// `[line:1, column:51]` for a place in text that is JSON.
pub(crate) fn locate(text: &[u8], place: &Place) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    let mut scanner = Scanner::new(text, Some(&place.path));
    scanner.document().ok()?;
    let found = scanner.found?;
    let (line, column) = if place.is_unknown_key {
        let (line, before) = scanner.position(found.token_end);
        (line, before + 1)
    } else {
        scanner.position(found.start)
    };
    Some(format!("[line:{line}, column:{column}]"))
}

/// Where a value stands, in bytes.
#[derive(Clone, Copy)]
struct Found {
    /// Of its key, or of itself in an array.
    start: usize,
    /// Behind its first token: a bracket, a quote, a whole number or word.
    token_end: usize,
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    wanted: Option<&'t [Step]>,
    found: Option<Found>,
}

/// A message and the byte that it is about.
type Fault = (Cow<'static, str>, usize);

impl<'t> Scanner<'t> {
    fn new(text: &'t str, wanted: Option<&'t [Step]>) -> Self {
        Self { text, at: 0, depth: 0, wanted, found: None }
    }

    fn document(&mut self) -> Result<(), Fault> {
        self.value(None, Some(0))?;
        match self.blank() {
            None => Ok(()),
            Some(_) => Err(self.unexpected("was expecting the end of the body")),
        }
    }

    /// `key_at` is the place of the value's key, `matched` how many steps of
    /// what is wanted lead here.
    fn value(&mut self, key_at: Option<usize>, matched: Option<usize>) -> Result<(), Fault> {
        let first = self.blank().ok_or_else(|| self.end())?;
        let start = self.at;
        let is_here = self.wanted.is_some_and(|wanted| matched == Some(wanted.len()));
        if matches!(first, b'{' | b'[' | b'"') && is_here {
            self.found = Some(Found { start: key_at.unwrap_or(start), token_end: start + 1 });
        }
        match first {
            b'{' => self.nested(b'}', matched, Self::member)?,
            b'[' => self.nested(b']', matched, Self::element)?,
            b'"' => self.string()?,
            b'-' | b'0'..=b'9' => self.number()?,
            b't' | b'f' | b'n' => self.word()?,
            _ => return Err(self.unexpected(VALUE)),
        }
        if is_here && !matches!(first, b'{' | b'[' | b'"') {
            self.found = Some(Found { start: key_at.unwrap_or(start), token_end: self.at });
        }
        Ok(())
    }

    fn nested(
        &mut self,
        close: u8,
        matched: Option<usize>,
        item: fn(&mut Self, usize, Option<usize>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        if self.depth == MAX_DEPTH {
            return Err(("The body is nested too deeply".into(), self.at));
        }
        self.depth += 1;
        self.at += 1;
        let mut index = 0;
        if self.blank() == Some(close) {
            self.at += 1;
            self.depth -= 1;
            return Ok(());
        }
        loop {
            item(self, index, matched)?;
            index += 1;
            match self.blank().ok_or_else(|| self.end())? {
                b',' => self.at += 1,
                byte if byte == close => {
                    self.at += 1;
                    self.depth -= 1;
                    return Ok(());
                }
                _ if close == b'}' => {
                    return Err(self.unexpected("was expecting comma to separate OBJECT entries"));
                }
                _ => return Err(self.unexpected("was expecting comma to separate ARRAY entries")),
            }
        }
    }

    fn element(&mut self, index: usize, matched: Option<usize>) -> Result<(), Fault> {
        let fits = |step: &Step| matches!(step, Step::Index(wanted) if *wanted == index);
        let matched = self.step(matched, fits);
        self.value(None, matched)
    }

    fn member(&mut self, _index: usize, matched: Option<usize>) -> Result<(), Fault> {
        if self.blank().ok_or_else(|| self.end())? != b'"' {
            return Err(self.unexpected("was expecting double-quote to start field name"));
        }
        let start = self.at;
        self.string()?;
        let key: Option<String> =
            self.text.get(start..self.at).and_then(|key| serde_json::from_str(key).ok());
        let fits = |step: &Step| matches!(step, Step::Key(wanted) if Some(wanted) == key.as_ref());
        let matched = self.step(matched, fits);
        if self.blank().ok_or_else(|| self.end())? != b':' {
            return Err(self.unexpected("was expecting a colon to separate field name and value"));
        }
        self.at += 1;
        self.value(Some(start), matched)
    }

    /// One more step of what is wanted, if this is one.
    fn step(&self, matched: Option<usize>, fits: impl Fn(&Step) -> bool) -> Option<usize> {
        let next = self.wanted?.get(matched?)?;
        fits(next).then_some(matched? + 1)
    }

    fn string(&mut self) -> Result<(), Fault> {
        self.at += 1;
        loop {
            match self.peek().ok_or_else(|| self.end())? {
                b'"' => {
                    self.at += 1;
                    return Ok(());
                }
                b'\\' => {
                    self.at += 1;
                    let escape = self.peek().ok_or_else(|| self.end())?;
                    if !b"\"\\/bfnrtu".contains(&escape) {
                        let c = self.char();
                        let message =
                            format!("Unrecognized character escape '{c}' (code {})", u32::from(c));
                        return Err((message.into(), self.at));
                    }
                    self.at += 1;
                }
                byte @ 0..0x20 => {
                    let message = format!(
                        "Illegal unquoted character ((CTRL-CHAR, code {byte})): has to be escaped using backslash to be included in string value"
                    );
                    return Err((message.into(), self.at));
                }
                _ => self.at += 1,
            }
        }
    }

    fn number(&mut self) -> Result<(), Fault> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let start = self.at;
        self.digits()?;
        if self.text.as_bytes().get(start) == Some(&b'0') && self.at > start + 1 {
            return Err(("Invalid numeric value: Leading zeroes not allowed".into(), start));
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Fault> {
        if !self.peek().ok_or_else(|| self.end())?.is_ascii_digit() {
            return Err(self.unexpected("expected digit (0-9) for valid numeric value"));
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }

    fn word(&mut self) -> Result<(), Fault> {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        let word = &rest[..end];
        if !matches!(word, "true" | "false" | "null") {
            let shown: String = word.chars().take(40).collect();
            let message =
                format!("Unrecognized token '{shown}': was expecting 'null', 'true' or 'false'");
            return Err((message.into(), self.at));
        }
        self.at += end;
        Ok(())
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is no blank.
    fn blank(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.peek()
    }

    fn char(&self) -> char {
        self.text.get(self.at..).and_then(|rest| rest.chars().next()).unwrap_or('\u{fffd}')
    }

    fn unexpected(&self, expected: &str) -> Fault {
        let c = self.char();
        (
            format!("Unexpected character ('{c}' (code {})): {expected}", u32::from(c)).into(),
            self.at,
        )
    }

    fn end(&self) -> Fault {
        ("Premature end-of-input".into(), self.text.len())
    }

    /// Line from 1, and the characters before the byte in it.
    fn position(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        (before.matches('\n').count() + 1, line.chars().count())
    }

    /// The place behind a character.
    fn behind(&self, at: usize) -> String {
        let (line, before) = self.position(at);
        let column = before + if at < self.text.len() { 2 } else { 1 };
        format!("[line:{line}, column:{column}]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_named_with_their_place() {
        let shown: Vec<String> = [
            "",
            r#"{"Name":"Acme","x":1,}"#,
            "{\"Name\":\n }",
            r#"{"a":1 "b":2}"#,
            r#"{"a" 1}"#,
            "[1,]",
            "[1 2]",
            r#"{"a":tru}"#,
            r#"{"a":x}"#,
            r#"{"a":01}"#,
            r#"{"a":-}"#,
            r#"{"a":"\q"}"#,
            "{\"a\":\"\u{1}\"}",
            r#"{"a":1} x"#,
            r#"{"a":"#,
        ]
        .iter()
        .map(|text| fault(text.as_bytes()).unwrap_or_default())
        .collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        Premature end-of-input at [line:1, column:1]
        Unexpected character ('}' (code 125)): was expecting double-quote to start field name at [line:1, column:23]
        Unexpected character ('}' (code 125)): expected a valid value (number, String, array, object, 'true', 'false' or 'null') at [line:2, column:3]
        Unexpected character ('"' (code 34)): was expecting comma to separate OBJECT entries at [line:1, column:9]
        Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value at [line:1, column:7]
        Unexpected character (']' (code 93)): expected a valid value (number, String, array, object, 'true', 'false' or 'null') at [line:1, column:5]
        Unexpected character ('2' (code 50)): was expecting comma to separate ARRAY entries at [line:1, column:5]
        Unrecognized token 'tru': was expecting 'null', 'true' or 'false' at [line:1, column:7]
        Unexpected character ('x' (code 120)): expected a valid value (number, String, array, object, 'true', 'false' or 'null') at [line:1, column:7]
        Invalid numeric value: Leading zeroes not allowed at [line:1, column:7]
        Unexpected character ('}' (code 125)): expected digit (0-9) for valid numeric value at [line:1, column:8]
        Unrecognized character escape 'q' (code 113) at [line:1, column:9]
        Illegal unquoted character ((CTRL-CHAR, code 1)): has to be escaped using backslash to be included in string value at [line:1, column:8]
        Unexpected character ('x' (code 120)): was expecting the end of the body at [line:1, column:10]
        Premature end-of-input at [line:1, column:6]
        "#);
        assert!(fault(&b"[".repeat(200)).unwrap().starts_with("The body is nested too deeply"));
        assert_eq!(
            fault(b"\"\xff\"").unwrap(),
            "Invalid UTF-8 start byte 0xff at [line:1, column:3]"
        );
    }

    #[test]
    fn a_value_is_placed_by_its_key_and_an_element_by_itself() {
        let text = br#"{"FirstName":"Doug","LastName":"Proctor (testing)","s360__Contact_Code__c":["x", {"a": 5}]}"#;
        let key = |key: &str| Step::Key(key.to_owned());
        let at = |path: Vec<Step>, is_unknown_key| locate(text, &Place { path, is_unknown_key });
        let list = || key("s360__Contact_Code__c");
        assert_eq!(at(vec![list()], false).unwrap(), "[line:1, column:51]");
        assert_eq!(at(vec![list(), Step::Index(1)], false).unwrap(), "[line:1, column:81]");
        assert_eq!(
            at(vec![list(), Step::Index(1), key("a")], true).unwrap(),
            "[line:1, column:89]"
        );
        assert_eq!(at(vec![key("b")], true), None);
    }

    /// Whatever one of the two refuses the other refuses too.
    #[test]
    fn it_agrees_with_the_json_library() {
        for text in [
            "{}",
            "[]",
            " [ { \"a\" : [ ] } ] ",
            "0",
            "-0.5e+3",
            "1.",
            "1e",
            "+1",
            "\"\\u00e9\"",
            "nul",
            "null ",
            "{\"a\":1,\"a\":2}",
            "{,}",
            "[,]",
            "\"",
            "{\"a\"",
            "[true,false,null]",
            "\"\\x\"",
            "tru e",
            "--1",
            "0x1",
        ] {
            let library = serde_json::from_str::<serde_json::Value>(text);
            assert_eq!(fault(text.as_bytes()).is_some(), library.is_err(), "{text}");
        }
    }
}
