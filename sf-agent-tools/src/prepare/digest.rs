//! The text by which a plan is applied: sealed, bound to whom it was made for, and with an end.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest::{SHA256, digest};

use super::plan::Plan;
use crate::ToolError;
use crate::seal::{SealError, Sealer};

const PURPOSE: &str = "digest";
const VERSION: u8 = 1;
const MARK: usize = 16;

/// The largest plan that its digest carries, in bytes; a larger one is kept in the process alone.
const CARRIED: usize = 16_000;

/// What a digest names.
pub(crate) struct Named {
    pub(crate) id: String,
    /// The plan itself, if it is small and others may apply it.
    pub(crate) plan: Option<Plan>,
    /// Seconds since 1970 after which it is not valid.
    pub(crate) expires: u64,
}

/// A digest for the plan `id`.
pub(crate) fn seal(
    sealer: &Sealer,
    id: [u8; 16],
    owner: &str,
    expires: u64,
    carried: Option<&Plan>,
) -> Result<String, ToolError> {
    let mut plain = vec![VERSION];
    plain.extend_from_slice(&id);
    plain.extend_from_slice(&mark(owner));
    plain.extend_from_slice(&expires.to_le_bytes());
    if let Some(text) = carried.and_then(|plan| serde_json::to_vec(plan).ok())
        && text.len() <= CARRIED
    {
        plain.extend_from_slice(&text);
    }
    sealer.seal(PURPOSE, &plain).map_err(|error: SealError| {
        tracing::error!(%error, "digests cannot be sealed");
        ToolError::try_later("A digest could not be made; this is a fault of the machine.")
    })
}

/// What a digest names, if `owner` may use it now.
pub(crate) fn open(sealer: &Sealer, text: &str, owner: &str) -> Result<Named, ToolError> {
    let plain = sealer.open(PURPOSE, text);
    let parts = plain.as_deref().and_then(|plain| {
        let (version, rest) = plain.split_first()?;
        let (id, rest) = rest.split_first_chunk::<16>()?;
        let (whose, rest) = rest.split_first_chunk::<MARK>()?;
        let (expires, plan) = rest.split_first_chunk::<8>()?;
        (*version == VERSION).then_some((id, whose, u64::from_le_bytes(*expires), plan))
    });
    let Some((id, whose, expires, plan)) = parts else {
        return Err(ToolError::fix_your_call(
            "This digest is not valid: it was changed on the way, or another connection made it. \
             Nothing was sent. Copy it exactly from the reply of salesforce_prepare_write, or prepare \
             the write again.",
        ));
    };
    if *whose != mark(owner) {
        return Err(ToolError::fix_your_call(
            "This digest belongs to another user or another connection. Nothing was sent. Prepare the \
             write here.",
        ));
    }
    let plan = (!plan.is_empty()).then(|| serde_json::from_slice(plan).ok()).flatten();
    Ok(Named { id: hex(id), plan, expires })
}

/// The answer to a digest whose time is over, or whose plan is not known any more.
pub(crate) fn expired() -> ToolError {
    ToolError::fix_your_call(
        "This digest has expired, or the process that made it has ended; it was not applied by this \
         call. If you do not know whether it was applied before, look at the records first. Then \
         prepare the write again.",
    )
}

pub(crate) fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

/// Stands for the owner inside the sealed text, which nobody else can read or write.
fn mark(owner: &str) -> [u8; MARK] {
    let mut mark = [0; MARK];
    mark.copy_from_slice(&digest(&SHA256, owner.as_bytes()).as_ref()[..MARK]);
    mark
}
