//! Progress of a call, on its way to ADK's event stream.

use sf_agent_tools::Progress;
use tokio::sync::mpsc::UnboundedSender;

/// Hands on what a tool reports; ADK can only be told from async code.
pub(crate) struct Reports(pub(crate) UnboundedSender<String>);

impl Progress for Reports {
    fn report(&self, done: u64, total: Option<u64>, message: &str) {
        let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
        // Nobody listens any more once the call is over.
        let _ = self.0.send(format!("{done}{of}: {message}"));
    }
}
