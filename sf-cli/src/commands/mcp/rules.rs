//! The policy files of a server, which may change while it serves.

use std::convert::Infallible;
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::Served;
use crate::args;

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(1);

/// The files whose rules are served.
pub(super) struct Rules(Vec<PathBuf>);

impl Rules {
    /// Of the options, and of what the configuration says of the orgs.
    pub(super) fn of(options: &args::Mcp, orgs: &[Served]) -> Self {
        let configured = orgs.iter().filter_map(|(_, org)| org.terms().policy.clone());
        Self(options.policy.iter().cloned().chain(configured).collect())
    }

    /// Calls `changed` whenever the text of one of them is another than before.
    pub(super) async fn follow(&self, changed: impl Fn()) -> Infallible {
        if self.0.is_empty() {
            return std::future::pending().await;
        }
        let mut known = self.texts().await;
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let now = self.texts().await;
            // A file that cannot be read is about to be replaced, or a fault that the start tells.
            if now != known && now.iter().all(Option::is_some) {
                known = now;
                changed();
            }
        }
    }

    async fn texts(&self) -> Vec<Option<String>> {
        let files = self.0.clone();
        let read = move || files.iter().map(|file| std::fs::read_to_string(file).ok()).collect();
        tokio::task::spawn_blocking(read).await.unwrap_or_default()
    }
}
