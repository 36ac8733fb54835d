//! One token request, however many callers were refused.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;

use crate::transport::Transport;
use crate::{Credentials, Error, Flow, Session};

/// The platform's shortest session timeout: a session younger than this has not aged out.
const SHORTEST_SESSION: Duration = Duration::from_secs(15 * 60);

/// Turns a [`Flow`] into [`Credentials`].
///
/// States × events: `session` returns the current session, or joins the grant in flight, or starts
/// one. `refresh` compares the refused session with the current one: another one is current →
/// that one is returned and nothing is sent; the same, and never accepted, and younger than the
/// shortest session → [`Error::SessionRefused`]; the same → it is dropped, and the grant in flight
/// is joined or started. A grant's failure goes to everyone who waited for it, and is forgotten:
/// the next call tries again. The flow and its credentials are never discarded.
///
/// The grant runs in a task of its own, so a caller that is dropped takes nothing down with it.
/// Cloning is cheap and shares the session.
#[derive(Clone)]
pub struct TokenBroker {
    shared: Arc<Shared>,
}

struct Shared {
    flow: Arc<dyn Flow>,
    transport: Transport,
    shortest_session: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    current: Option<Arc<Session>>,
    in_flight: Option<Outcome>,
}

type Outcome = watch::Receiver<Option<Result<Arc<Session>, Error>>>;

/// Settings of a [`TokenBroker`].
#[must_use]
pub struct TokenBrokerBuilder {
    flow: Arc<dyn Flow>,
    transport: Transport,
    shortest_session: Duration,
}

impl TokenBroker {
    /// A broker for one flow. Nothing is sent until the first session is asked for.
    pub fn new(flow: impl Flow + 'static, transport: Transport) -> Self {
        Self::builder(flow, transport).build()
    }

    /// A broker with settings.
    pub fn builder(flow: impl Flow + 'static, transport: Transport) -> TokenBrokerBuilder {
        TokenBrokerBuilder { flow: Arc::new(flow), transport, shortest_session: SHORTEST_SESSION }
    }

    /// The grant in flight, or a new one. The lock has been held since it was found that one is
    /// needed, so that no grant can have ended in between.
    fn join(&self, state: &mut State) -> Outcome {
        // A receiver whose sender is gone without a result belongs to a task that was killed.
        if let Some(running) = &state.in_flight
            && running.has_changed().is_ok()
        {
            return running.clone();
        }
        let started = self.start();
        state.in_flight = Some(started.clone());
        started
    }

    fn start(&self) -> Outcome {
        let (report, outcome) = watch::channel(None);
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            let result = shared.flow.grant(&shared.transport).await.map(Arc::new);
            match &result {
                Ok(_) => tracing::debug!("obtained a session"),
                Err(error) => tracing::warn!(kind = ?error.kind(), "a grant failed"),
            }
            let mut state = shared.lock();
            state.current = result.as_ref().ok().map(Arc::clone);
            state.in_flight = None;
            // Under the lock: nobody can see the state without the result.
            report.send_replace(Some(result));
        });
        outcome
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Credentials for TokenBroker {
    async fn session(&self) -> Result<Arc<Session>, Error> {
        let outcome = {
            let mut state = self.shared.lock();
            if let Some(session) = &state.current {
                return Ok(Arc::clone(session));
            }
            self.join(&mut state)
        };
        wait(outcome).await
    }

    async fn refresh(&self, refused: &Session) -> Result<Arc<Session>, Error> {
        let outcome = {
            let mut state = self.shared.lock();
            if let Some(current) = &state.current {
                if !current.is_same(refused) {
                    return Ok(Arc::clone(current));
                }
                if !refused.was_accepted() && refused.age() < self.shared.shortest_session {
                    return Err(Error::SessionRefused {
                        instance: refused.instance_url().to_string(),
                    });
                }
                state.current = None;
            }
            self.join(&mut state)
        };
        wait(outcome).await
    }
}

async fn wait(mut outcome: Outcome) -> Result<Arc<Session>, Error> {
    let result = match outcome.wait_for(Option::is_some).await {
        Ok(result) => result.clone(),
        Err(_) => None,
    };
    result.unwrap_or_else(|| Err(Error::other(Aborted)))
}

impl TokenBrokerBuilder {
    /// The age from which a session that was never used may simply have ended. Default: 15
    /// minutes, the platform's shortest session timeout.
    pub fn shortest_session(mut self, age: Duration) -> Self {
        self.shortest_session = age;
        self
    }

    /// Builds the broker.
    pub fn build(self) -> TokenBroker {
        TokenBroker {
            shared: Arc::new(Shared {
                flow: self.flow,
                transport: self.transport,
                shortest_session: self.shortest_session,
                state: Mutex::default(),
            }),
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the login was aborted because its runtime is shutting down")]
struct Aborted;

impl fmt::Debug for TokenBroker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.lock();
        f.debug_struct("TokenBroker")
            .field("session", &state.current)
            .field("in_flight", &state.in_flight.is_some())
            .finish_non_exhaustive()
    }
}
