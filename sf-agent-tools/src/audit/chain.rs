//! Lines that hold the digest of the line before them.
//!
//! A line is one JSON object: `seq`, `at`, `prev` (the `hash` of the line before; empty in the
//! first), the entry, and last `hash`, the SHA-256 in hex of the line as it would stand without
//! `hash`. The bytes of the line are what is hashed, so nothing has to be brought into a canonical
//! form, and even a changed blank is noticed.

use std::io::BufRead;

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Entry;

/// `,"hash":"` + 64 digits + `"}`.
const TAIL: usize = 9 + 64 + 2;

/// An entry with its place in the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Stamped {
    /// Its number, from 0 without gaps.
    pub seq: u64,
    /// When it was appended.
    pub at: Timestamp,
    /// The digest of the entry before it.
    pub prev: String,
    /// What it says.
    #[serde(flatten)]
    pub entry: Entry,
    /// Its own digest.
    #[serde(default, skip_serializing)]
    pub hash: String,
}

/// How far a log was read.
#[derive(Debug, Clone, Default)]
pub(super) struct Chain {
    /// The number of the next entry.
    pub(super) next: u64,
    /// The digest of the last.
    pub(super) last: String,
    /// The bytes of whole lines, of this file.
    pub(super) offset: u64,
    /// The number of the first entry of this file.
    pub(super) first: u64,
}

/// A line that does not belong where it stands.
pub(super) struct Misfit {
    pub(super) line: u64,
    pub(super) problem: String,
}

/// What was found by reading on.
pub(super) enum Walked {
    /// Whole lines to the end, but for so many bytes of a line that was cut.
    Read {
        torn: Vec<u8>,
    },
    Misfit(Misfit),
}

/// The digest in hex.
pub(super) fn sha256(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The entry of a first line, if it is one of a log.
pub(super) fn first_of(line: &[u8]) -> Option<Stamped> {
    parse(line.strip_suffix(b"\n")?).ok()
}

impl Chain {
    /// The same chain in the next file.
    pub(super) fn next_part(&mut self) {
        (self.first, self.offset) = (self.next, 0);
    }

    /// The next line, with its line break, and the chain with it.
    pub(super) fn line(&self, at: Timestamp, entry: &Entry) -> serde_json::Result<(String, Self)> {
        let (prev, hash) = (self.last.clone(), String::new());
        let stamped = Stamped { seq: self.next, at, prev, entry: entry.clone(), hash };
        let mut line = serde_json::to_string(&stamped)?;
        let hash = sha256(line.as_bytes());
        line.pop();
        line.push_str(&format!(",\"hash\":\"{hash}\"}}\n"));
        let offset = self.offset + line.len() as u64;
        Ok((line, Self { next: self.next + 1, last: hash, offset, first: self.first }))
    }

    /// Reads on from here, and shows every entry to `visit`.
    pub(super) fn walk(
        &mut self,
        mut lines: impl BufRead,
        mut visit: impl FnMut(Stamped),
    ) -> std::io::Result<Walked> {
        let mut line = Vec::new();
        loop {
            line.clear();
            if lines.read_until(b'\n', &mut line)? == 0 || line.last() != Some(&b'\n') {
                return Ok(Walked::Read { torn: line });
            }
            line.pop();
            match self.fits(&line) {
                Ok(stamped) => {
                    self.next += 1;
                    self.last.clone_from(&stamped.hash);
                    self.offset += line.len() as u64 + 1;
                    visit(stamped);
                }
                // One entry stands on each line.
                Err(problem) => {
                    let line = self.next - self.first + 1;
                    return Ok(Walked::Misfit(Misfit { line, problem }));
                }
            }
        }
    }

    /// The entry of a line, if it is the next one.
    fn fits(&self, line: &[u8]) -> Result<Stamped, String> {
        let stamped = parse(line)?;
        if stamped.seq != self.next {
            return Err(format!("entry {} stands where {} belongs", stamped.seq, self.next));
        }
        if stamped.prev != self.last {
            return Err("it does not continue the line before it".to_owned());
        }
        Ok(stamped)
    }
}

fn parse(line: &[u8]) -> Result<Stamped, String> {
    const NO_ENTRY: &str = "it is no entry of an audit log";
    let end = line.len().checked_sub(TAIL).ok_or(NO_ENTRY)?;
    let (body, tail) = line.split_at(end);
    let hash = tail
        .strip_prefix(b",\"hash\":\"")
        .and_then(|rest| rest.strip_suffix(b"\"}"))
        .and_then(|hash| std::str::from_utf8(hash).ok())
        .ok_or(NO_ENTRY)?;
    let mut body = body.to_vec();
    body.push(b'}');
    if sha256(&body) != hash {
        return Err("it was changed: its digest is another".to_owned());
    }
    let mut stamped: Stamped = serde_json::from_slice(&body)
        .map_err(|_| "it is of a form that is not known".to_owned())?;
    hash.clone_into(&mut stamped.hash);
    Ok(stamped)
}
