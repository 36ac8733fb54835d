//! One account as credentials.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::Inner;
use super::source::AccountSource;
use crate::broker::SingleFlight;
use crate::{Credentials, Error, Session};

/// The credentials of a connected account: what [`TokenBroker`](crate::TokenBroker) says of
/// sessions, edges and pauses holds here too, and across processes the
/// [protocol](super#the-refresh-protocol).
#[derive(Clone)]
pub struct AccountCredentials {
    pub(super) single: SingleFlight<AccountSource>,
    /// The source itself holds it weakly, since it belongs to it.
    pub(super) inner: Arc<Inner>,
}

#[async_trait]
impl Credentials for AccountCredentials {
    async fn session(&self) -> Result<Arc<Session>, Error> {
        self.single.session().await
    }

    async fn refresh(&self, refused: &Session) -> Result<Arc<Session>, Error> {
        self.single.refresh(refused).await
    }
}

impl fmt::Debug for AccountCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (session, in_flight) = self.single.shown();
        f.debug_struct("AccountCredentials")
            .field("identifier", &self.single.source().identifier)
            .field("session", &session)
            .field("in_flight", &in_flight)
            .field("holder", &self.inner.holder)
            .finish()
    }
}
