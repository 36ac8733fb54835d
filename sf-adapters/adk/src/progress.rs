//! Progress of a call, on its way to ADK's event stream.

use sf_agent_tools::{CallContext, Progress};
use tokio::sync::mpsc::UnboundedSender;

/// Hands on what a tool reports, to ADK, which can only be told from async code, and to whoever the
/// program's own context tells.
pub(crate) struct Reports(pub(crate) UnboundedSender<String>, pub(crate) CallContext);

impl Progress for Reports {
    fn report(&self, done: u64, total: Option<u64>, message: &str) {
        let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
        // Nobody listens any more once the call is over.
        let _ = self.0.send(format!("{done}{of}: {message}"));
        self.1.report(done, total, message);
    }
}
