//! A log in several files. The last part has the log's own name; those before it have their number
//! behind it: `audit.jsonl.000001`. Each begins with an entry that goes on with the chain of the part
//! before, so that they are one log. Parts at the beginning may be taken away; what is left is checked
//! from its first entry on.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::chain::{Chain, Walked, first_of};
use super::file::broken;
use super::{AuditError, Entry, Stamped};

/// The name of a part that is full.
pub(super) fn name(log: &Path, number: u64) -> PathBuf {
    let mut name = log.as_os_str().to_owned();
    name.push(format!(".{number:06}"));
    name.into()
}

/// The name under which the next part is written before it takes the log's name.
pub(super) fn next(log: &Path) -> PathBuf {
    let mut name = log.as_os_str().to_owned();
    name.push(".next");
    name.into()
}

/// The number of a part, by its first line: 1 for one that does not say.
pub(super) fn number(part: &Path) -> io::Result<u64> {
    let mut line = Vec::new();
    BufReader::new(File::open(part)?).read_until(b'\n', &mut line)?;
    Ok(match first_of(&line).map(|stamped| stamped.entry) {
        Some(Entry::Continued { part, .. }) => part,
        _ => 1,
    })
}

/// Reads the full parts of a log whose last part has a number, and shows every entry to `visit`.
/// Gives the chain with which the last part goes on.
pub(super) fn walk(
    log: &Path,
    last: u64,
    mut visit: impl FnMut(Stamped),
) -> Result<Chain, AuditError> {
    let failed = |error| AuditError::io(log, "read", error);
    let mut first = last;
    while first > 1 && name(log, first - 1).exists() {
        first -= 1;
    }
    let mut chain = Chain::default();
    if first > 1 {
        let path = if first == last { log.to_owned() } else { name(log, first) };
        begin_with(&path, &mut chain).map_err(failed)?;
    }
    for part in first..last {
        let path = name(log, part);
        let file = File::open(&path).map_err(failed)?;
        match chain.walk(BufReader::new(file), &mut visit).map_err(failed)? {
            Walked::Read { torn } if torn.is_empty() => {}
            Walked::Read { .. } => {
                return Err(broken(&path, None, "its last line was cut".to_owned()));
            }
            Walked::Misfit(misfit) => return Err(broken(&path, Some(misfit.line), misfit.problem)),
        }
        chain.next_part();
    }
    Ok(chain)
}

/// The chain of a log whose beginning was taken away: nothing is known of what was before.
fn begin_with(part: &Path, chain: &mut Chain) -> io::Result<()> {
    let mut line = Vec::new();
    BufReader::new(File::open(part)?).read_until(b'\n', &mut line)?;
    if let Some(stamped) = first_of(&line) {
        (chain.next, chain.last) = (stamped.seq, stamped.prev);
        chain.next_part();
    }
    Ok(())
}

/// Gives a full part its name beside the log's own, which the next part takes: in between, both are
/// names of one file, so that there is a log at any moment.
pub(super) fn keep(log: &Path, number: u64) -> io::Result<()> {
    let kept = name(log, number);
    match fs::hard_link(log, &kept) {
        // A crash came in between the time before.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            match (self::number(&kept)?, fs::metadata(&kept)?.len(), fs::metadata(log)?.len()) {
                (own, a, b) if own == number && a == b => Ok(()),
                _ => Err(error),
            }
        }
        other => other,
    }
}
