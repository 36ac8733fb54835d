//! The place where a reply stopped, sealed and bound to one identity.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest::{SHA256, digest};

use crate::seal::{SealError, Sealer};
use crate::{Problem, ToolError};

const MARK: usize = 8;
const VERSION: u8 = 2;
const PURPOSE: &str = "cursor";

/// Statements that are longer do not go into a cursor: a model pays for each byte of it.
pub(crate) const MOST_STATEMENT: usize = 1_500;

/// The code of a locator that Salesforce no longer has (REST API Developer Guide, Query More).
pub(crate) const DROPPED: &str = "INVALID_QUERY_LOCATOR";

/// Where a reply stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The page, if this process still keeps it.
    pub(crate) page: u64,
    /// The first row of it that was not returned.
    pub(crate) row: u32,
    /// How a process without the page goes on.
    pub(crate) resume: Option<Resume>,
}

/// How to go on without the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resume {
    /// The statement, without the row filters of a policy: those that hold when it is sent again are
    /// added then.
    pub(crate) soql: String,
    /// The values of its sort keys in the last row that was returned, as Salesforce wrote them.
    pub(crate) key: Vec<Option<String>>,
    /// Rows returned before.
    pub(crate) seen: u64,
    /// Of a child list: what its rows are called.
    pub(crate) list: Option<String>,
}

/// Seals `place` for `owner`, to be used within `lifetime`.
pub(crate) fn seal(
    sealer: &Sealer,
    place: &Place,
    owner: &str,
    lifetime: Duration,
) -> Result<String, ToolError> {
    let mut plain = vec![VERSION];
    plain.extend_from_slice(&mark(owner));
    plain.extend_from_slice(&now().saturating_add(lifetime.as_secs()).to_le_bytes());
    plain.extend_from_slice(&place.page.to_le_bytes());
    plain.extend_from_slice(&place.row.to_le_bytes());
    if let Some(resume) = place.resume.as_ref().filter(|r| r.soql.len() <= MOST_STATEMENT) {
        plain.extend_from_slice(&resume.seen.to_le_bytes());
        // No statement, name or value that is kept here has a control character.
        let mut parts = vec![resume.soql.clone(), resume.list.clone().unwrap_or_default()];
        parts.extend(resume.key.iter().map(|key| key.clone().unwrap_or("\u{0}".to_owned())));
        plain.extend_from_slice(parts.join("\u{1}").as_bytes());
    }
    sealer.seal(PURPOSE, &plain).map_err(broken)
}

/// The place a cursor names, if `owner` may use it now.
pub(crate) fn open(sealer: &Sealer, cursor: &str, owner: &str) -> Result<Place, ToolError> {
    let plain = sealer.open(PURPOSE, cursor).ok_or_else(invalid)?;
    let mut rest = plain.as_slice();
    let version = take::<1>(&mut rest).ok_or_else(invalid)?;
    let whose = take::<MARK>(&mut rest).ok_or_else(invalid)?;
    let expiry = take::<8>(&mut rest).map(u64::from_le_bytes).ok_or_else(invalid)?;
    let page = take::<8>(&mut rest).map(u64::from_le_bytes).ok_or_else(invalid)?;
    let row = take::<4>(&mut rest).map(u32::from_le_bytes).ok_or_else(invalid)?;
    if version != [VERSION] {
        return Err(invalid());
    }
    if whose != mark(owner) {
        return Err(ToolError::fix_your_call(
            "This cursor belongs to another user or another connection. Make the call that gave it \
             here, to get a cursor of your own.",
        ));
    }
    if now() >= expiry {
        return Err(ToolError::fix_your_call(format!("This cursor has expired. {AGAIN}")));
    }
    let resume = if rest.is_empty() { None } else { Some(resume(rest).ok_or_else(invalid)?) };
    Ok(Place { page, row, resume })
}

fn resume(mut rest: &[u8]) -> Option<Resume> {
    let seen = take::<8>(&mut rest).map(u64::from_le_bytes)?;
    let mut parts = std::str::from_utf8(rest).ok()?.split('\u{1}').map(str::to_owned);
    let (soql, list) = (parts.next()?, parts.next().filter(|list| !list.is_empty()));
    let key = parts.map(|key| Some(key).filter(|key| key != "\u{0}")).collect();
    Some(Resume { soql, key, seen, list })
}

const AGAIN: &str = "Make the call that gave it again from the start, with an order and a condition \
                     beyond the last row you have if you want only the rest.";

fn invalid() -> ToolError {
    ToolError::fix_your_call(
        "This cursor is not valid: it was changed on the way, or made with another key. Copy it \
         exactly from the reply, or make the call that gave it again.",
    )
}

/// The answer to a cursor whose rows are no longer kept and cannot be had otherwise.
pub(crate) fn gone() -> ToolError {
    ToolError::fix_your_call(format!(
        "The rows of this cursor are no longer kept, and the order of its call does not say where \
         to go on. {AGAIN} Ordered by Id, or by numbers or dates and then Id, a call can always be \
         gone on with."
    ))
}

/// What is told of a locator that nothing is known of any more: the rows may still be had by key.
pub(crate) fn dropped() -> ToolError {
    gone().with_problem(Problem::new("", "The page is no longer known.").code(DROPPED))
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
pub(crate) fn mark(owner: &str) -> [u8; MARK] {
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
        let place = Place { page: 7, row: 42, resume: None };
        let sealer = Sealer::random().unwrap();
        let open = |cursor: &str, owner: &str| open(&sealer, cursor, owner);
        let cursor = seal(&sealer, &place, "00D/005", HOUR).unwrap();
        assert_eq!(open(&cursor, "00D/005").unwrap(), place);
        assert!(open(&cursor, "00D/006").unwrap_err().message.contains("another user"));
        let damaged = open(&cursor[1..], "00D/005").unwrap_err().message;
        assert!(damaged.contains("not valid"), "{damaged}");
        assert!(cursor.len() < 80, "{}", cursor.len());
        let over = seal(&sealer, &place, "00D/005", Duration::ZERO).unwrap();
        assert!(open(&over, "00D/005").unwrap_err().message.contains("expired"));
    }

    #[test]
    fn it_carries_how_to_go_on() {
        let sealer = Sealer::random().unwrap();
        let resume = Resume {
            soql: "SELECT Id FROM Account WHERE Name = 'Żółw' ORDER BY CreatedDate, Id".into(),
            key: vec![None, Some("001000000000001AAA".into())],
            seen: 700,
            list: Some("Contacts".into()),
        };
        let place = Place { page: 1, row: 2, resume: Some(resume) };
        let cursor = seal(&sealer, &place, "a", HOUR).unwrap();
        assert_eq!(open(&sealer, &cursor, "a").unwrap(), place);
        let mut long = place.clone();
        if let Some(resume) = &mut long.resume {
            resume.soql = "x".repeat(MOST_STATEMENT + 1);
        }
        let cursor = seal(&sealer, &long, "a", HOUR).unwrap();
        assert_eq!(open(&sealer, &cursor, "a").unwrap(), Place { resume: None, ..long });
    }
}
