//! One token request, however many callers were refused.

mod edges;
mod pause;
mod single;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

pub(crate) use self::edges::Edges;
#[cfg(feature = "accounts")]
pub(crate) use self::pause::jitter;
pub(crate) use self::single::{Need, SingleFlight, Source};
use crate::transport::Transport;
use crate::{Credentials, Error, Flow, Session};

/// The platform's shortest session timeout: a session younger than this has not aged out.
pub(crate) const SHORTEST_SESSION: Duration = Duration::from_secs(15 * 60);

/// Turns a [`Flow`] into [`Credentials`].
///
/// **What `refresh` does.** It compares the refused session with the current one: another one is
/// current → that one is returned and nothing is sent; the same, and never accepted, and younger
/// than the shortest session → [`Error::SessionRefused`]; the same → it is dropped, and the grant in
/// flight is joined or started.
///
/// **What `session` does.** It returns the current session, or joins the grant in flight, or starts
/// one. Where the end of a session is known (the response stated it, or
/// [`session_timeout`](TokenBrokerBuilder::session_timeout) was set), the session is renewed before:
/// within the *soft edge* (five minutes) one task renews it while everyone goes on with the old one;
/// within the *hard edge* (one minute) everyone waits, and goes on with the old one all the same if
/// the renewal fails and the old one is not over yet. For a short session the edges shrink to a
/// fifth and a twentieth of its life, so that no session is ever within an edge when it is new.
///
/// **After a failure** it goes to everyone who waited for it, and the next grant waits: a tenth of a
/// second after the first failure, twice as long after each further one, up to a minute (a refusal:
/// from a second to five minutes), and never less than the platform asked for. A call that would
/// have to wait for longer than a second ends at once with [`Error::Paused`], which says how long
/// the pause will last. The flow and its credentials are never discarded.
///
/// The grant runs in a task of its own, so a caller that is dropped takes nothing down with it.
/// Cloning is cheap and shares the session.
#[derive(Clone)]
pub struct TokenBroker {
    single: SingleFlight<FlowSource>,
}

struct FlowSource {
    flow: Arc<dyn Flow>,
    transport: Transport,
    session_timeout: Option<Duration>,
}

#[async_trait]
impl Source for FlowSource {
    async fn obtain(&self, _need: Need) -> Result<Session, Error> {
        let session = self.flow.grant(&self.transport).await?;
        Ok(match self.session_timeout {
            Some(timeout) if session.lifetime().is_none() => session.with_idle_timeout(timeout),
            _ => session,
        })
    }
}

/// Settings of a [`TokenBroker`].
#[must_use]
pub struct TokenBrokerBuilder {
    source: FlowSource,
    edges: Edges,
    shortest_session: Duration,
}

impl TokenBroker {
    /// A broker for one flow. Nothing is sent until the first session is asked for.
    pub fn new(flow: impl Flow + 'static, transport: Transport) -> Self {
        Self::builder(flow, transport).build()
    }

    /// A broker with settings.
    pub fn builder(flow: impl Flow + 'static, transport: Transport) -> TokenBrokerBuilder {
        TokenBrokerBuilder {
            source: FlowSource { flow: Arc::new(flow), transport, session_timeout: None },
            edges: Edges::default(),
            shortest_session: SHORTEST_SESSION,
        }
    }
}

#[async_trait]
impl Credentials for TokenBroker {
    async fn session(&self) -> Result<Arc<Session>, Error> {
        self.single.session().await
    }

    async fn refresh(&self, refused: &Session) -> Result<Arc<Session>, Error> {
        self.single.refresh(refused).await
    }
}

impl TokenBrokerBuilder {
    /// The age from which a session that was never used may simply have ended. Default: 15
    /// minutes, the platform's shortest session timeout.
    pub fn shortest_session(mut self, age: Duration) -> Self {
        self.shortest_session = age;
        self
    }

    /// The session timeout of the org (Setup, Session Settings, or the app's own policy), for
    /// renewal before the end. A session that is used in its second half is taken to be extended.
    /// Without this, and without a lifetime in the token response, the platform's refusal is the
    /// only sign of the end.
    pub fn session_timeout(mut self, timeout: Duration) -> Self {
        self.source.session_timeout = Some(timeout);
        self
    }

    /// How long before a known end a session is renewed in the background (`soft`), and from when
    /// on everyone waits for that (`hard`). Default: five minutes and one; at most a fifth and a
    /// twentieth of the session's life.
    pub fn edges(mut self, soft: Duration, hard: Duration) -> Self {
        self.edges = Edges { soft, hard };
        self
    }

    /// Builds the broker.
    pub fn build(self) -> TokenBroker {
        TokenBroker { single: SingleFlight::new(self.source, self.edges, self.shortest_session) }
    }
}

impl fmt::Debug for TokenBroker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (session, in_flight) = self.single.shown();
        f.debug_struct("TokenBroker")
            .field("session", &session)
            .field("in_flight", &in_flight)
            .finish_non_exhaustive()
    }
}
