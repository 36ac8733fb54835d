//! A way to obtain a session.

use async_trait::async_trait;

use crate::transport::Transport;
use crate::{Error, Session};

/// One OAuth grant, complete with its credentials. [`TokenBroker`](crate::TokenBroker) runs it
/// whenever a session is needed.
#[async_trait]
pub trait Flow: Send + Sync {
    /// Asks for a session, once; it does not repeat the request.
    ///
    /// # Errors
    /// As [`Error`] describes; an error that is not about the credentials themselves must be
    /// retryable.
    async fn grant(&self, transport: &Transport) -> Result<Session, Error>;
}

/// A flow that is chosen at run time.
#[async_trait]
impl<F: Flow + ?Sized> Flow for Box<F> {
    async fn grant(&self, transport: &Transport) -> Result<Session, Error> {
        (**self).grant(transport).await
    }
}
