//! Several lists of rows in one reply.

use serde_json::json;

use crate::rows::{Bounds, Columns, Kept, Rows, Section, Units, read, section};
use crate::{CallContext, Completeness, Org, SuggestedCall, ToolError, tools};

/// The rows of one list.
pub(super) struct Found {
    pub(super) of: String,
    pub(super) columns: Columns,
    pub(super) rows: Rows,
    /// What is known to be missing from them.
    pub(super) gap: Option<String>,
}

/// What is missing from the lists together.
pub(super) struct Missing {
    returned: u64,
    total: u64,
    reasons: Vec<String>,
    next: Option<SuggestedCall>,
}

impl Missing {
    pub(super) fn new() -> Self {
        Self { returned: 0, total: 0, reasons: Vec::new(), next: None }
    }

    pub(super) fn add(&mut self, reason: String) {
        self.reasons.push(reason);
    }

    /// What is missing from either.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.returned += other.returned;
        self.total += other.total;
        self.reasons.extend(other.reasons);
        self.next = self.next.or(other.next);
        self
    }

    /// Takes a list into account, with what is missing from it.
    pub(super) fn see(&mut self, section: &Section, missing: Vec<String>) {
        self.returned += section.rows.len() as u64;
        self.total += section.total;
        self.reasons.extend(missing);
        if let (None, Some(cursor)) = (&self.next, &section.cursor) {
            self.next = Some(SuggestedCall::new(tools::NEXT_PAGE, json!({ "cursor": cursor })));
        }
    }

    pub(super) fn done(self) -> Completeness {
        if self.reasons.is_empty() {
            return Completeness::Complete;
        }
        Completeness::Partial {
            returned: self.returned,
            total: Some(self.total),
            reason: self.reasons.join(" "),
            next: self.next,
        }
    }
}

/// The lists as a reply of `share` lists has them, each with a fair share of its size.
pub(super) async fn sections(
    cx: &CallContext,
    org: &Org,
    lists: Vec<Found>,
    share: usize,
) -> Result<(Vec<Section>, Missing), ToolError> {
    let owner = org.owner(cx).await?;
    let (mut sections, mut missing) = (Vec::new(), Missing::new());
    let mut bounds = Bounds::new(org, None, None);
    bounds.rows = usize::MAX;
    bounds.tokens /= share.max(1);
    for list in lists {
        let page = Kept::whole(list.of.clone(), list.columns, list.rows, Units::default())?;
        let slice = read(cx, org, &owner, org.pages().keep(page), bounds).await?;
        let (one, gaps) = section(org, &owner, &list.of, slice)?;
        missing.see(&one, gaps);
        sections.push(one);
        missing.reasons.extend(list.gap);
    }
    Ok((sections, missing))
}
