//! The policy files of a server, which may change while it serves.

use std::convert::Infallible;
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::Served;
use crate::args;

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(1);

/// The files whose rules are served, and what they said before the first tools were made of them: what
/// changes from then on is a change.
pub(super) struct Rules {
    files: Vec<PathBuf>,
    known: Vec<Option<String>>,
}

impl Rules {
    /// Of the options, and of what the configuration says of the orgs.
    pub(super) fn of(options: &args::Mcp, orgs: &[Served]) -> Self {
        let configured = orgs.iter().filter_map(|(_, org)| org.terms().policy.clone());
        let files: Vec<PathBuf> = options.policy.iter().cloned().chain(configured).collect();
        Self { known: texts(&files), files }
    }

    /// Calls `changed` whenever the text of one of them is another than before.
    pub(super) async fn follow(&self, changed: impl Fn()) -> Infallible {
        if self.files.is_empty() {
            return std::future::pending().await;
        }
        let mut known = self.known.clone();
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let files = self.files.clone();
            let Ok(now) = tokio::task::spawn_blocking(move || texts(&files)).await else {
                continue;
            };
            // A file that cannot be read is about to be replaced, or a fault that the start tells.
            if now != known && now.iter().all(Option::is_some) {
                known = now;
                changed();
            }
        }
    }
}

/// What is in the files; none of one that cannot be read.
fn texts(files: &[PathBuf]) -> Vec<Option<String>> {
    files.iter().map(|file| std::fs::read_to_string(file).ok()).collect()
}
