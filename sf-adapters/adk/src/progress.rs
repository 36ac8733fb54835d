//! Progress of a call, on its way to ADK's event stream.

use sf_agent_tools::Progress;
use tokio::sync::mpsc::UnboundedSender;

/// Hands on what a tool reports; ADK can only be told from async code.
pub(crate) struct Reports(pub(crate) UnboundedSender<String>);

impl Progress for Reports {
    fn report(&self, done: u64, total: Option<u64>, message: &str) {
        let line = match total {
            Some(total) => format!("{done} of {total}: {message}"),
            None => format!("{done}: {message}"),
        };
        // Nobody listens any more once the call is over.
        let _ = self.0.send(line);
    }
}
