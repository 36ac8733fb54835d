//! The identities that are in use, each with a service of its own.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use http::StatusCode;
use parking_lot::Mutex;
use rmcp::transport::StreamableHttpServerConfig;
use rmcp::transport::streamable_http_server::StreamableHttpService;
use sf_agent_tools::ToolSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::guard::Refusal;
use super::sessions::Sessions;
use super::{HttpSettings, Identities, Identity};
use crate::Server;

/// One identity with its tools and its sessions. Nothing in here is reached with another's token.
pub(super) struct Resident {
    identity: Identity,
    pub(super) mcp: StreamableHttpService<Server, Sessions>,
    sessions: Arc<Sessions>,
    /// Fires when the identity no longer holds.
    pub(super) ended: CancellationToken,
    /// Answers that are not yet sent.
    pub(super) work: TaskTracker,
    used: Mutex<Instant>,
}

impl Resident {
    fn new(identity: Identity, tools: ToolSet, settings: &HttpSettings) -> Self {
        let ended = CancellationToken::new();
        // Host and Origin were looked at before, and the body was read within its bound.
        let config = StreamableHttpServerConfig::default()
            .disable_allowed_hosts()
            .disable_allowed_origins()
            .with_json_response(true)
            .with_max_request_body_bytes(settings.body_bytes)
            .with_cancellation_token(ended.clone());
        let sessions = Arc::new(Sessions::new(settings));
        let server = Server::new(tools).for_identity(&identity.id);
        // A clone for each session, which remembers what its client asked for. Calls that wait for an
        // answer are shared: without sessions it comes with another request.
        let make = move || Ok(server.clone());
        Self {
            identity,
            mcp: StreamableHttpService::new(make, Arc::clone(&sessions), config),
            sessions,
            ended,
            work: TaskTracker::new(),
            used: Mutex::new(Instant::now()),
        }
    }

    async fn end(&self) {
        self.ended.cancel();
        self.sessions.end().await;
    }
}

/// All that are in use.
pub(super) struct Residents {
    identities: Arc<dyn Identities>,
    settings: HttpSettings,
    all: Mutex<HashMap<String, Arc<Resident>>>,
}

impl Residents {
    pub(super) fn new(identities: Arc<dyn Identities>, settings: HttpSettings) -> Self {
        Self { identities, settings, all: Mutex::default() }
    }

    /// The identity of a bearer, which is empty where none is asked for.
    pub(super) async fn identify(&self, bearer: &str) -> Result<Identity, Refusal> {
        match self.identities.identify(bearer).await {
            Ok(found) => found.ok_or_else(Refusal::wrong_token),
            Err(error) => {
                tracing::error!(%error, "it cannot be told whose bearer token it is");
                Err(later("It cannot be told now whose bearer token this is. Try again later."))
            }
        }
    }

    /// The resident of an identity; its tools are made if they are not there yet.
    pub(super) async fn of(&self, identity: Identity) -> Result<Arc<Resident>, Refusal> {
        let known = self.all.lock().get(&identity.id).cloned();
        if let Some(resident) = known {
            if resident.identity.revision == identity.revision {
                *resident.used.lock() = Instant::now();
                return Ok(resident);
            }
            // Who had the old rights has them no longer, in no session.
            self.evict(&resident).await;
        }
        let tools = self.identities.tools(&identity).await.map_err(|error| {
            tracing::error!(%error, identity = identity.id, "the tools cannot be made");
            later("The tools of this bearer token cannot be had now. Try again later.")
        })?;
        let made = Arc::new(Resident::new(identity, tools, &self.settings));
        let gone: Vec<Arc<Resident>> = {
            let mut all = self.all.lock();
            match all.get(&made.identity.id) {
                // Another request was faster.
                Some(other) if other.identity == made.identity => return Ok(Arc::clone(other)),
                _ => {}
            }
            let mut idle = None;
            if all.len() >= self.settings.identities.max(1) {
                let unused = all.values().filter(|resident| resident.work.is_empty());
                let longest = unused.min_by_key(|resident| *resident.used.lock()).cloned();
                let Some(longest) = longest else {
                    return Err(later(
                        "This server has no room for another user. Try again later.",
                    ));
                };
                all.remove(&longest.identity.id);
                idle = Some(longest);
            }
            // One of another revision that came meanwhile is out of reach then, and must end as well.
            let replaced = all.insert(made.identity.id.clone(), Arc::clone(&made));
            idle.into_iter().chain(replaced).collect()
        };
        for resident in gone {
            resident.end().await;
        }
        Ok(made)
    }

    /// Ends those that no longer hold, that nobody used for long, and sessions that are too old.
    pub(super) async fn sweep(&self) {
        let all: Vec<Arc<Resident>> = self.all.lock().values().cloned().collect();
        for resident in all {
            let unused = resident.work.is_empty()
                && resident.used.lock().elapsed() >= self.settings.identity_idle;
            let holds = self.identities.holds(&resident.identity).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "it cannot be told whether an identity still holds");
                true
            });
            if unused || !holds {
                self.evict(&resident).await;
            } else {
                resident.sessions.end_old().await;
            }
        }
    }

    /// Ends all.
    pub(super) async fn end(&self) {
        let all: Vec<Arc<Resident>> =
            self.all.lock().drain().map(|(_, resident)| resident).collect();
        for resident in all {
            resident.end().await;
        }
    }

    async fn evict(&self, resident: &Arc<Resident>) {
        {
            let mut all = self.all.lock();
            let id = &resident.identity.id;
            if all.get(id).is_some_and(|current| Arc::ptr_eq(current, resident)) {
                all.remove(id);
            }
        }
        resident.end().await;
    }
}

impl Drop for Residents {
    fn drop(&mut self) {
        for resident in self.all.get_mut().values() {
            resident.ended.cancel();
        }
    }
}

fn later(text: &str) -> Refusal {
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, text)
}
