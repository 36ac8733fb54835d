//! What a client does by itself while something is asked of it, told to whoever listens to that.

use std::sync::Arc;
use std::time::Duration;

/// Something that the client did by itself. It holds no address, no value and no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// A request failed in a way that may pass, and will be sent again.
    SentAgain {
        /// How often it was sent so far.
        attempts: u32,
        /// How long is waited before.
        delay: Duration,
    },
    /// The session was refused, and a new one was obtained.
    NewSession,
    /// A request waits, since the budget of requests is running low.
    SlowedDown {
        /// How long.
        delay: Duration,
    },
}

/// Who is told. It is called in the midst of requests, so it must not block.
pub type Listener = Arc<dyn Fn(Notice) + Send + Sync>;

tokio::task_local! {
    static LISTENER: Listener;
}

/// Does `work` and tells `listener` what clients do by themselves for it, whichever clients these
/// are. Work that is moved to another task takes its listener along by [`listener`].
pub async fn listening<T>(listener: Listener, work: impl Future<Output = T>) -> T {
    LISTENER.scope(listener, work).await
}

/// Who listens to the work that runs just now.
#[must_use]
pub fn listener() -> Option<Listener> {
    LISTENER.try_with(Arc::clone).ok()
}

pub(crate) fn tell(notice: Notice) {
    if let Some(listener) = listener() {
        listener(notice);
    }
}
