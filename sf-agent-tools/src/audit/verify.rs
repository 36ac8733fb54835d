//! Whether a log is whole, and what it says.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use super::chain::{Chain, Walked};
use super::file::broken;
use super::head::{self, Head};
use super::{AuditError, Entry, Stamped, parts};

/// What [`verify`] found in a log that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// How many entries it has.
    pub entries: u64,
    /// The number of the first of them: 0, unless files from the beginning of the log were taken
    /// away.
    pub first: u64,
    /// In how many files it is.
    pub parts: u64,
    /// The digest of the last one. Kept elsewhere, it proves later that nothing before it was
    /// changed.
    pub hash: String,
    /// Intents without an outcome: what came of them is not known.
    pub open: Vec<u64>,
    /// Lines that were cut short and replaced.
    pub replaced: u64,
    /// Bytes of a last line that was cut short; the next entry replaces it.
    pub torn: u64,
    /// Whether its end is where it was left.
    pub head: HeadState,
}

/// What the file beside the log says about its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeadState {
    /// The log goes at least as far as that says.
    Reached,
    /// There is none, so entries cut from the end would not be noticed.
    Missing,
    /// It cannot be read, so entries cut from the end would not be noticed.
    Damaged,
}

/// Checks a log from its first line to its end. `expected` is the digest of an entry that was kept
/// elsewhere, and has to be in it.
///
/// # Errors
/// [`AuditError::Broken`] with the first line that was changed, removed, added or put elsewhere, or
/// if entries are missing at the end.
pub fn verify(path: &Path, expected: Option<&str>) -> Result<Verified, AuditError> {
    let head = head::read(path).map_err(|e| AuditError::io(path, "read", e))?;
    let (mut open, mut replaced) = (BTreeSet::new(), 0);
    let (mut meets_head, mut meets_expected) = (false, false);
    let (mut first, mut parts) = (None, 0);
    let (chain, torn) = walk(path, |stamped| {
        first.get_or_insert(stamped.seq);
        parts += u64::from(matches!(stamped.entry, Entry::Opened { .. } | Entry::Continued { .. }));
        meets_expected |= expected == Some(stamped.hash.as_str());
        if let Head::At { seq, hash } = &head {
            meets_head |= *seq == stamped.seq && *hash == stamped.hash;
        }
        match stamped.entry {
            Entry::Intent(_) => drop(open.insert(stamped.seq)),
            Entry::Outcome(outcome) => drop(open.remove(&outcome.of)),
            Entry::Torn { .. } => replaced += 1,
            _ => {}
        }
    })?;
    let state = match &head {
        Head::Missing => HeadState::Missing,
        Head::Damaged => HeadState::Damaged,
        Head::At { .. } if meets_head => HeadState::Reached,
        Head::At { seq, .. } => {
            let file = head::path(path);
            let problem = format!(
                "{} knows an entry {seq} that is not in it: entries were cut from its end, or it was \
                 written anew",
                file.display()
            );
            return Err(broken(path, None, problem));
        }
    };
    if let Some(expected) = expected
        && !meets_expected
    {
        let problem = format!("no entry has the digest {expected}");
        return Err(broken(path, None, problem));
    }
    Ok(Verified {
        entries: chain.next - first.unwrap_or_default(),
        first: first.unwrap_or_default(),
        parts,
        hash: chain.last,
        open: open.into_iter().collect(),
        replaced,
        torn,
        head: state,
    })
}

/// All entries of a log, in order, if it is whole.
///
/// # Errors
/// As [`verify`].
pub fn entries(path: &Path) -> Result<Vec<Stamped>, AuditError> {
    let mut all = Vec::new();
    walk(path, |stamped| all.push(stamped))?;
    Ok(all)
}

/// Shows every entry of every part to `visit`.
pub(super) fn walk(
    path: &Path,
    mut visit: impl FnMut(Stamped),
) -> Result<(Chain, u64), AuditError> {
    let failed = |e| AuditError::io(path, "read", e);
    let file = File::open(path).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Err(broken(path, None, "it is not a file".to_owned()));
    }
    let last = parts::number(path).map_err(failed)?;
    let mut chain = parts::walk(path, last, &mut visit)?;
    match chain.walk(BufReader::new(file), visit).map_err(failed)? {
        Walked::Read { torn } => Ok((chain, torn.len() as u64)),
        Walked::Misfit(misfit) => Err(broken(path, Some(misfit.line), misfit.problem)),
    }
}
