//! The place where a reply stopped, sealed and bound to one identity.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest::{SHA256, digest};

use crate::ToolError;
use crate::seal::{SealError, Sealer};

/// What is sealed: version, page, row in the page, owner, expiry.
const LENGTH: usize = 1 + 8 + 4 + MARK + 8;
const MARK: usize = 16;
const VERSION: u8 = 1;
const PURPOSE: &str = "cursor";

/// A row of a page that is kept in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The page.
    pub(crate) page: u64,
    /// The first row of it that was not returned.
    pub(crate) row: u32,
}

/// Seals `place` for `owner`, to be used within `lifetime`.
pub(crate) fn seal(
    sealer: &Sealer,
    place: Place,
    owner: &str,
    lifetime: Duration,
) -> Result<String, ToolError> {
    let mut plain = Vec::with_capacity(LENGTH);
    plain.push(VERSION);
    plain.extend_from_slice(&place.page.to_le_bytes());
    plain.extend_from_slice(&place.row.to_le_bytes());
    plain.extend_from_slice(&mark(owner));
    plain.extend_from_slice(&(now() + lifetime.as_secs()).to_le_bytes());
    sealer.seal(PURPOSE, &plain).map_err(broken)
}

/// The place a cursor names, if `owner` may use it now.
pub(crate) fn open(sealer: &Sealer, cursor: &str, owner: &str) -> Result<Place, ToolError> {
    let invalid = || {
        ToolError::fix_your_call(
            "This cursor is not valid: it was changed on the way, or another connection made it; a \
             cursor lives as long as the connection that made it. Copy it exactly from the reply's \
             completeness.next, or run the query again.",
        )
    };
    let plain = sealer.open(PURPOSE, cursor).ok_or_else(invalid)?;
    let mut rest = plain.as_slice();
    let version = take::<1>(&mut rest).ok_or_else(invalid)?;
    let page = take::<8>(&mut rest).map(u64::from_le_bytes).ok_or_else(invalid)?;
    let row = take::<4>(&mut rest).map(u32::from_le_bytes).ok_or_else(invalid)?;
    let whose = take::<MARK>(&mut rest).ok_or_else(invalid)?;
    let expiry = take::<8>(&mut rest).map(u64::from_le_bytes).ok_or_else(invalid)?;
    if version != [VERSION] {
        return Err(invalid());
    }
    if whose != mark(owner) {
        return Err(ToolError::fix_your_call(
            "This cursor belongs to another user or another connection. Run the query here to get \
             a cursor of your own.",
        ));
    }
    if now() > expiry {
        return Err(expired());
    }
    Ok(Place { page, row })
}

/// The answer to a cursor whose rows are no longer kept.
pub(crate) fn expired() -> ToolError {
    ToolError::fix_your_call(
        "This cursor has expired: its rows are no longer kept. Run the query again from the start, \
         with an ORDER BY and a WHERE beyond the last row you have if you want only the rest.",
    )
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}

fn broken(error: SealError) -> ToolError {
    tracing::error!(%error, "cursors cannot be sealed");
    ToolError::try_later("A cursor could not be made; this is a fault of the connector's machine.")
}

/// Stands for the owner inside the sealed text, which nobody else can read or write.
fn mark(owner: &str) -> [u8; MARK] {
    let mut mark = [0; MARK];
    mark.copy_from_slice(&digest(&SHA256, owner.as_bytes()).as_ref()[..MARK]);
    mark
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_cursor_is_its_owners_only() {
        let place = Place { page: 7, row: 42 };
        let sealer = Sealer::random().unwrap();
        let open = |cursor: &str, owner: &str| open(&sealer, cursor, owner);
        let cursor = seal(&sealer, place, "00D/005", HOUR).unwrap();
        assert_eq!(open(&cursor, "00D/005").unwrap(), place);
        assert!(open(&cursor, "00D/006").unwrap_err().message.contains("another user"));
        let damaged = open(&cursor[1..], "00D/005").unwrap_err().message;
        assert!(damaged.contains("not valid") && damaged.contains("lives as long"), "{damaged}");
        assert!(cursor.len() < 90, "{}", cursor.len());
    }
}
