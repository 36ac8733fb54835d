//! JSON text from its beginning to its end, once.
//!
//! Where a page's values stand is all that compact rows need, and reading them through serde looks
//! at most of them twice. The scanner takes exactly what `serde_json` takes (a property of the
//! tests). It does not say what is wrong: whoever needs words asks `serde_json`.

use std::ops::Range;

use serde_json::value::RawValue;

/// The text is not JSON, or not of the form that was asked for.
#[derive(Debug)]
pub(super) struct Fault;

/// A place in a JSON text.
pub(super) struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

/// A string of the text, without its quotes.
pub(super) struct Quoted {
    pub(super) inner: Range<usize>,
    pub(super) escaped: bool,
}

const ONES: u64 = u64::MAX / 255;
const HIGH: u64 = ONES << 7;

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str, at: usize) -> Self {
        Self { text, at }
    }

    #[inline]
    pub(super) fn at(&self) -> usize {
        self.at
    }

    #[inline]
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is not white space, which is not yet taken.
    #[inline]
    pub(super) fn peek(&mut self) -> Result<u8, Fault> {
        loop {
            match self.byte().ok_or(Fault)? {
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                byte => return Ok(byte),
            }
        }
    }

    /// Takes this byte if it is the next.
    #[inline]
    pub(super) fn take(&mut self, byte: u8) -> Result<bool, Fault> {
        let is_next = self.peek()? == byte;
        self.at += usize::from(is_next);
        Ok(is_next)
    }

    /// Takes this byte, which must be the next.
    #[inline]
    pub(super) fn expect(&mut self, byte: u8) -> Result<(), Fault> {
        if self.take(byte)? { Ok(()) } else { Err(Fault) }
    }

    /// Takes exactly these bytes if they are the next.
    #[inline]
    pub(super) fn take_text(&mut self, text: &str) -> bool {
        let is_next = starts_with(&self.text.as_bytes()[self.at..], text.as_bytes());
        self.at += if is_next { text.len() } else { 0 };
        is_next
    }

    /// Only white space is left.
    pub(super) fn end(mut self) -> Result<(), Fault> {
        if self.peek().is_err() { Ok(()) } else { Err(Fault) }
    }

    /// Takes the opening of an object or array, and says whether anything is in it. Then
    /// [`more`](Self::more) stands between its parts.
    #[inline]
    pub(super) fn open(&mut self, opening: u8, closing: u8) -> Result<bool, Fault> {
        self.expect(opening)?;
        Ok(!self.take(closing)?)
    }

    /// Whether another part follows.
    #[inline]
    pub(super) fn more(&mut self, closing: u8) -> Result<bool, Fault> {
        if self.take(b',')? {
            return Ok(true);
        }
        self.expect(closing)?;
        Ok(false)
    }

    /// A string. Its escapes are not looked into.
    #[inline]
    pub(super) fn string(&mut self) -> Result<Quoted, Fault> {
        self.expect(b'"')?;
        let start = self.at;
        let mut escaped = false;
        loop {
            self.skip_plain();
            match self.byte().ok_or(Fault)? {
                b'"' => {
                    let inner = start..self.at;
                    self.at += 1;
                    return Ok(Quoted { inner, escaped });
                }
                b'\\' => {
                    escaped = true;
                    // The byte after it is part of the escape, whatever it is.
                    self.at += 2;
                }
                0..=0x1f => return Err(Fault),
                _ => self.at += 1,
            }
        }
    }

    /// Goes to the next quote, backslash or control character, or close to the end of the text:
    /// eight bytes at a time, by the arithmetic of "Bit Twiddling Hacks" (has a byte less than n).
    #[inline]
    fn skip_plain(&mut self) {
        while let Some(eight) = self.text.as_bytes()[self.at.min(self.text.len())..].first_chunk() {
            let word = u64::from_le_bytes(*eight);
            let zero = |word: u64| word.wrapping_sub(ONES) & !word;
            let control = word.wrapping_sub(ONES * 0x20) & !word;
            let found = (control | zero(word ^ (ONES * 0x22)) | zero(word ^ (ONES * 0x5c))) & HIGH;
            if found != 0 {
                self.at += found.trailing_zeros() as usize / 8;
                return;
            }
            self.at += 8;
        }
    }

    /// A number, as the grammar of JSON has it.
    #[inline]
    pub(super) fn number(&mut self) -> Result<Range<usize>, Fault> {
        self.peek()?;
        let start = self.at;
        self.take_text("-");
        match self.byte() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.take_text(".") {
            self.digits()?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            let _ = self.take_text("+") || self.take_text("-");
            self.digits()?;
        }
        Ok(start..self.at)
    }

    /// At least one digit.
    #[inline]
    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.at;
        while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at > start { Ok(()) } else { Err(Fault) }
    }

    /// `null`, `true` or `false`, of which one must be the next.
    pub(super) fn word(&mut self, word: &str) -> Result<(), Fault> {
        self.peek()?;
        if self.take_text(word) { Ok(()) } else { Err(Fault) }
    }

    /// Any value, as its text.
    pub(super) fn raw(&mut self) -> Result<&'t str, Fault> {
        self.peek()?;
        let rest = self.text.get(self.at..).ok_or(Fault)?;
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
        let value = values.next().ok_or(Fault)?.map_err(|_| Fault)?;
        self.at += values.byte_offset();
        Ok(value.get())
    }
}

/// `starts_with` for names of 8 to 16 bytes, as most are, without a call: two words that overlap.
#[inline]
fn starts_with(text: &[u8], start: &[u8]) -> bool {
    let Some(text) = text.get(..start.len()) else { return false };
    if start.len() > 16 {
        return text == start;
    }
    match (text.first_chunk::<8>(), start.first_chunk::<8>()) {
        (Some(one), Some(other)) => {
            one == other && text.last_chunk::<8>() == start.last_chunk::<8>()
        }
        _ => text == start,
    }
}
