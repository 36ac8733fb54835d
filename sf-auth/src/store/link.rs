//! One connection to a server, shared by all callers and made anew after it broke.
//!
//! One is enough: both servers take many requests on one connection at once, an operation here is one
//! round trip, and an account is written a few times an hour. A pool would cost every process of a
//! fleet several server connections that do nothing.
//!
//! Connecting is kept apart from asking, so that an error tells exactly: what failed before anything
//! was sent changed nothing; a change whose answer did not come may have happened.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::StoreError;

/// How connections to one server are made.
pub(super) trait Connect: Send + Sync {
    type Client: Send + Sync;
    /// For errors.
    const STORE: &'static str;

    fn connect(&self) -> impl Future<Output = Result<Link<Self::Client>, StoreError>> + Send;
}

/// A connection and the task that reads and writes it, which ends when the connection does.
pub(super) struct Link<C> {
    pub(super) client: C,
    driver: JoinHandle<()>,
}

impl<C> Link<C> {
    pub(super) fn new(client: C, driver: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { client, driver: tokio::spawn(driver) }
    }
}

impl<C> Drop for Link<C> {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Whether a request changes something.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Read,
    Change,
}

/// Why a request that was sent has no result.
pub(super) enum Failure {
    /// No answer, or none that tells whether the request was carried out.
    Lost(String),
    /// The server said no.
    Refused(StoreError),
}

/// The shared connection.
pub(super) struct Shared<C: Connect> {
    pub(super) server: C,
    connect_timeout: Duration,
    answer_timeout: Duration,
    link: Mutex<Option<Arc<Link<C::Client>>>>,
}

impl<C: Connect> Shared<C> {
    pub(super) fn new(server: C, connect_timeout: Duration, answer_timeout: Duration) -> Self {
        Self { server, connect_timeout, answer_timeout, link: Mutex::new(None) }
    }

    /// Asks once; a read is asked again when the connection turns out to be broken.
    pub(super) async fn ask<T, F>(
        &self,
        effect: Effect,
        request: impl Fn(Arc<Link<C::Client>>) -> F,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let mut again = effect == Effect::Read;
        loop {
            let link = self.link().await?;
            let answer = timeout(self.answer_timeout, request(Arc::clone(&link))).await;
            let problem = match answer {
                Ok(Ok(value)) => return Ok(value),
                Ok(Err(Failure::Refused(error))) => {
                    // After a failover the same address may lead to the new primary.
                    if matches!(error, StoreError::ReadOnly { .. }) {
                        self.discard(&link).await;
                    }
                    return Err(error);
                }
                Ok(Err(Failure::Lost(problem))) => problem,
                Err(_) => format!("no answer within {:?}", self.answer_timeout),
            };
            self.discard(&link).await;
            if effect == Effect::Change {
                return Err(StoreError::OutcomeUnknown { store: C::STORE, problem });
            }
            if !std::mem::take(&mut again) {
                return Err(StoreError::Unavailable { store: C::STORE, problem });
            }
        }
    }

    /// The connection there is, or a new one. Callers who find none wait for one attempt together.
    async fn link(&self) -> Result<Arc<Link<C::Client>>, StoreError> {
        let connecting = async {
            let mut slot = self.link.lock().await;
            if let Some(link) = slot.as_ref().filter(|link| !link.driver.is_finished()) {
                return Ok(Arc::clone(link));
            }
            *slot = None;
            let link = Arc::new(self.server.connect().await?);
            *slot = Some(Arc::clone(&link));
            Ok(link)
        };
        timeout(self.connect_timeout, connecting).await.unwrap_or_else(|_| {
            Err(StoreError::Unavailable {
                store: C::STORE,
                problem: format!("no connection within {:?}", self.connect_timeout),
            })
        })
    }

    /// Others who use the connection end by themselves.
    async fn discard(&self, link: &Arc<Link<C::Client>>) {
        let mut slot = self.link.lock().await;
        if slot.as_ref().is_some_and(|current| Arc::ptr_eq(current, link)) {
            *slot = None;
        }
    }
}
