//! The sessions of one identity, bounded in number and age.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use futures_util::Stream;
use parking_lot::Mutex;
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::streamable_http_server::session::local::{LocalSessionManager, SessionConfig};
use rmcp::transport::streamable_http_server::session::{
    ServerSseMessage, SessionId, SessionManager,
};

use super::HttpSettings;

/// rmcp's sessions, of which there are never more than so many.
///
/// A session that was ended is unknown, which tells its client to begin another (MCP, Streamable
/// HTTP, Session Management: 404).
pub(super) struct Sessions {
    local: LocalSessionManager,
    open: Mutex<HashMap<SessionId, Times>>,
    most: usize,
    age: Duration,
}

struct Times {
    begun: Instant,
    used: Instant,
}

impl Sessions {
    pub(super) fn new(settings: &HttpSettings) -> Self {
        let mut config = SessionConfig::default();
        config.keep_alive = Some(settings.session_idle);
        let mut local = LocalSessionManager::default();
        local.session_config = config;
        Self {
            local,
            open: Mutex::default(),
            most: settings.sessions.max(1),
            age: settings.session_age,
        }
    }

    /// Ends all.
    pub(super) async fn end(&self) {
        let all: Vec<SessionId> = self.open.lock().keys().cloned().collect();
        self.end_these(all).await;
    }

    /// Ends those that are too old.
    pub(super) async fn end_old(&self) {
        let old = |(id, times): (&SessionId, &Times)| {
            (times.begun.elapsed() >= self.age).then(|| id.clone())
        };
        let old: Vec<SessionId> = self.open.lock().iter().filter_map(old).collect();
        self.end_these(old).await;
    }

    async fn end_these(&self, ids: Vec<SessionId>) {
        for id in ids {
            if let Err(error) = self.close_session(&id).await {
                tracing::debug!(%error, "a session that is to end has ended already");
            }
        }
    }

    /// The sessions that have to go before another can begin.
    fn surplus(&self) -> Vec<SessionId> {
        let open = self.open.lock();
        let mut by_use: Vec<(Instant, SessionId)> =
            open.iter().map(|(id, times)| (times.used, id.clone())).collect();
        by_use.sort_unstable_by_key(|(used, _)| *used);
        let surplus = (open.len() + 1).saturating_sub(self.most);
        by_use.into_iter().take(surplus).map(|(_, id)| id).collect()
    }
}

impl SessionManager for Sessions {
    type Error = <LocalSessionManager as SessionManager>::Error;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), Self::Error> {
        self.end_these(self.surplus()).await;
        let (id, transport) = self.local.create_session().await?;
        let now = Instant::now();
        self.open.lock().insert(id.clone(), Times { begun: now, used: now });
        Ok((id, transport))
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, Self::Error> {
        self.local.initialize_session(id, message).await
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, Self::Error> {
        let old = match self.open.lock().get_mut(id) {
            None => return Ok(false),
            Some(times) => {
                times.used = Instant::now();
                times.begun.elapsed() >= self.age
            }
        };
        if old {
            self.close_session(id).await?;
        }
        self.local.has_session(id).await
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), Self::Error> {
        self.open.lock().remove(id);
        self.local.close_session(id).await
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.local.create_stream(id, message).await
    }

    async fn accept_message(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<(), Self::Error> {
        self.local.accept_message(id, message).await
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.local.create_standalone_stream(id).await
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.local.resume(id, last_event_id).await
    }
}
