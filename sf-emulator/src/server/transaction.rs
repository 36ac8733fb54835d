//! Several requests in one transaction of the engine: composite with
//! `allOrNone`, graphs, trees.
//!
//! The handlers of the subrequests know nothing of it: inside [`transact`]
//! every [`on_engine`](super::on_engine) sends its call to the one thread that
//! holds the transaction.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{mpsc, oneshot};

use super::Org;
use crate::engine::{ApiError, Engine};

type Job = Box<dyn FnOnce(&Engine) + Send>;

/// Where the calls of a transaction go.
#[derive(Clone)]
pub(crate) struct Jobs(mpsc::UnboundedSender<Job>);

tokio::task_local! {
    static JOBS: Jobs;
}

/// Whether what was written stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Keep,
    Undo,
}

/// Why a transaction was undone.
enum Undone {
    Asked,
    Failed(ApiError),
}

impl From<ApiError> for Undone {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

/// Runs `work` with all its engine calls in one transaction, which is undone
/// unless `work` answers [`Verdict::Keep`]; when the future is dropped (the
/// client hung up), too. Nobody else reads or writes meanwhile.
pub(crate) async fn transact<T>(
    org: &Arc<Org>,
    work: impl Future<Output = (T, Verdict)>,
) -> Result<T, ApiError> {
    let (sender, mut queue) = mpsc::unbounded_channel::<Job>();
    let keep = Arc::new(AtomicBool::new(false));
    let (held, decided) = (Arc::clone(org), Arc::clone(&keep));
    let thread = tokio::task::spawn_blocking(move || {
        held.engine.transaction(|| {
            // Ends when the last sender is gone, which is when `work` ended.
            while let Some(job) = queue.blocking_recv() {
                job(&held.engine);
            }
            if decided.load(Ordering::Acquire) { Ok(()) } else { Err(Undone::Asked) }
        })
    });
    let (answer, verdict) = JOBS
        .scope(Jobs(sender), async {
            let (answer, verdict) = work.await;
            keep.store(verdict == Verdict::Keep, Ordering::Release);
            (answer, verdict)
        })
        .await;
    match thread.await {
        Ok(Ok(())) => Ok(answer),
        Ok(Err(Undone::Asked)) if verdict == Verdict::Undo => Ok(answer),
        Ok(Err(Undone::Failed(error))) => Err(error),
        Ok(Err(Undone::Asked)) => Err(ApiError::unexpected(&HandedOver)),
        Err(error) => Err(ApiError::unexpected(&error)),
    }
}

/// The transaction this task runs in, if it does.
pub(crate) fn current() -> Option<Jobs> {
    JOBS.try_with(Clone::clone).ok()
}

impl Jobs {
    /// Runs the call in the transaction.
    pub(crate) async fn run<T, F>(self, call: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        F: FnOnce(&Engine) -> Result<T, ApiError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        // Unsent, or unanswered because the call panicked: the receiver tells.
        let _ = self.0.send(Box::new(move |engine| {
            let _ = reply.send(call(engine));
        }));
        answer.await.unwrap_or_else(|_| Err(ApiError::unexpected(&HandedOver)))
    }
}

/// A panic of a call inside the transaction.
#[derive(Debug, thiserror::Error)]
#[error("a call in a transaction did not come back")]
struct HandedOver;
