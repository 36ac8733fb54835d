//! When a session whose end is known is renewed before it.

use std::time::Duration;

use crate::Session;

/// How long before its end a session is renewed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edges {
    /// One task renews it, everyone else goes on with it.
    pub(crate) soft: Duration,
    /// Everyone waits for the renewal.
    pub(crate) hard: Duration,
}

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Its end is far or unknown.
    Fresh,
    /// Within the soft edge.
    Soft,
    /// Within the hard edge.
    Hard,
    /// By all that is known, it has ended.
    Over,
}

impl Default for Edges {
    fn default() -> Self {
        Self { soft: Duration::from_secs(300), hard: Duration::from_secs(60) }
    }
}

impl Edges {
    pub(crate) fn place(self, session: &Session) -> Place {
        let (Some(left), Some(whole)) = (session.expires_in(), session.lifetime()) else {
            return Place::Fresh;
        };
        // A session shorter than the edges would be within them from the start, and each request
        // would renew it.
        if left.is_zero() {
            Place::Over
        } else if left < self.hard.min(whole / 20) {
            Place::Hard
        } else if left < self.soft.min(whole / 5) {
            Place::Soft
        } else {
            Place::Fresh
        }
    }
}
