//! One line per operation: several in one request.

use crate::ops::batch::Batch;
use crate::ops::composite::Composite;
use crate::ops::graph::{Graph, GraphAnswers, Graphs};
use crate::{Client, Error};

/// # Errors
/// All calls fail as [`Client::send`] does.
impl Client {
    /// An empty composite for the client's API version; [`send`](Self::send) it when it has parts.
    pub fn composite(&self) -> Composite {
        Composite::new(self.version())
    }

    /// An empty batch for the client's API version; [`send`](Self::send) it when it has parts.
    pub fn batch(&self) -> Batch {
        Batch::new(self.version())
    }

    /// Executes graphs, each a transaction of its own.
    pub async fn graphs(&self, graphs: Vec<Graph>) -> Result<GraphAnswers, Error> {
        self.send(&Graphs::new(self.version(), graphs)).await
    }
}
