//! The file beside the log that tells how far the log goes, so that entries cut from its end are
//! missed.
//!
//! It is written after the entry is durable, and never before: after a crash it may be behind the
//! log, and can never be ahead of it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::chain::Chain;

/// `20 digits, blank, 64 digits, line break`: always as long, so that it is overwritten in place.
const LENGTH: usize = 20 + 1 + 64 + 1;

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Head {
    /// The number and the digest of an entry.
    At { seq: u64, hash: String },
    /// There is no such file.
    Missing,
    /// It is not of this form.
    Damaged,
}

pub(super) fn path(log: &Path) -> PathBuf {
    let mut name = log.as_os_str().to_owned();
    name.push(".head");
    name.into()
}

pub(super) fn read(log: &Path) -> io::Result<Head> {
    let mut text = String::new();
    match File::open(path(log)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Head::Missing),
        Err(error) => return Err(error),
        Ok(file) => {
            let most = LENGTH as u64 + 1;
            if file.take(most).read_to_string(&mut text).is_err() {
                return Ok(Head::Damaged);
            }
        }
    }
    let parsed = text.trim_end().split_once(' ').and_then(|(seq, hash)| {
        let whole = text.len() == LENGTH && hash.bytes().all(|b| b.is_ascii_hexdigit());
        Some((seq.parse().ok()?, hash.to_owned())).filter(|_| whole)
    });
    Ok(parsed.map_or(Head::Damaged, |(seq, hash)| Head::At { seq, hash }))
}

/// Notes the last entry of `chain`. Nothing rests on it being durable.
pub(super) fn write(log: &Path, chain: &Chain) -> io::Result<()> {
    let Some(seq) = chain.next.checked_sub(1) else { return Ok(()) };
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path(log))?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(format!("{seq:020} {}\n", chain.last).as_bytes())
}
