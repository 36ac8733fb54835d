//! Single flight over any source of sessions: compare-and-swap, edges, pauses.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;

use super::edges::{Edges, Place};
use super::pause::Pause;
use crate::{Error, Session};

/// Where sessions come from: a flow, or an account of a store.
#[async_trait]
pub(crate) trait Source: Send + Sync + 'static {
    /// One session that is newer than all it gave before.
    async fn obtain(&self, need: Need) -> Result<Session, Error>;
}

/// How much a session is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// The present one still lives: nothing may be risked for another.
    Early,
    /// There is none.
    Now,
}

/// Shared by everyone who uses one login. Cloning is cheap.
pub(crate) struct SingleFlight<S> {
    shared: Arc<Shared<S>>,
}

struct Shared<S> {
    source: S,
    edges: Edges,
    shortest_session: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    current: Option<Arc<Session>>,
    in_flight: Option<Flight>,
    pause: Option<Box<Pause>>,
    /// Counts what was set from outside; a grant that began before does not overwrite it.
    epoch: u32,
}

#[derive(Clone)]
struct Flight {
    need: Need,
    outcome: watch::Receiver<Option<Result<Arc<Session>, Error>>>,
}

impl<S: Source> SingleFlight<S> {
    pub(crate) fn new(source: S, edges: Edges, shortest_session: Duration) -> Self {
        let state = Mutex::default();
        Self { shared: Arc::new(Shared { source, edges, shortest_session, state }) }
    }

    #[cfg(feature = "accounts")]
    pub(crate) fn source(&self) -> &S {
        &self.shared.source
    }

    pub(crate) async fn session(&self) -> Result<Arc<Session>, Error> {
        let (living, flight) = {
            let mut state = self.shared.lock();
            let current = state.current.clone();
            match current.map(|session| (self.shared.edges.place(&session), session)) {
                Some((Place::Fresh, session)) => return Ok(session),
                Some((Place::Soft, session)) => {
                    if state.pause.as_ref().is_none_or(|pause| pause.is_over()) {
                        // Its outcome is seen by whoever comes next.
                        let _ = self.join(&mut state, Need::Early);
                    }
                    return Ok(session);
                }
                Some((Place::Hard, session)) => match self.join(&mut state, Need::Early) {
                    Ok(flight) => (Some(session), flight),
                    Err(_) => return Ok(session),
                },
                Some((Place::Over, _)) | None => (None, self.join(&mut state, Need::Now)?),
            }
        };
        let Some(living) = living else {
            return self.wait(flight).await;
        };
        let renewed = flight.outcome().await;
        renewed.or_else(|error| match self.shared.edges.place(&living) {
            Place::Over => Err(error),
            _ => Ok(living),
        })
    }

    pub(crate) async fn refresh(&self, refused: &Session) -> Result<Arc<Session>, Error> {
        let flight = {
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
            self.join(&mut state, Need::Now)?
        };
        self.wait(flight).await
    }

    /// The outcome for someone who has no session. A flight that took no risks, since there was a
    /// session when it began, may have failed for that reason alone.
    async fn wait(&self, mut flight: Flight) -> Result<Arc<Session>, Error> {
        loop {
            let need = flight.need;
            match flight.outcome().await {
                Err(_) if need == Need::Early => {
                    flight = self.join(&mut self.shared.lock(), Need::Now)?;
                }
                outcome => return outcome,
            }
        }
    }

    /// The grant in flight, or a new one. The lock has been held since it was found that one is
    /// needed, so that no grant can have ended in between.
    fn join(&self, state: &mut State, need: Need) -> Result<Flight, Error> {
        // A receiver whose sender is gone without a result belongs to a task that was killed.
        if let Some(running) = &state.in_flight
            && running.outcome.has_changed().is_ok()
        {
            return Ok(running.clone());
        }
        let delay = state.pause.as_ref().map_or(Ok(Duration::ZERO), |pause| pause.delay(need))?;
        let started = self.start(need, delay, state.epoch);
        state.in_flight = Some(started.clone());
        Ok(started)
    }

    fn start(&self, need: Need, delay: Duration, epoch: u32) -> Flight {
        let (report, outcome) = watch::channel(None);
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            let result = shared.source.obtain(need).await.map(Arc::new);
            match &result {
                Ok(_) => tracing::debug!("obtained a session"),
                Err(error) => tracing::warn!(kind = ?error.kind(), "no session was obtained"),
            }
            let mut state = shared.lock();
            if state.epoch == epoch {
                state.settle(&result);
            }
            // Under the lock: nobody can see the state without the result.
            report.send_replace(Some(result));
        });
        Flight { need, outcome }
    }

    /// Replaces the session from outside: by another one, or by none.
    #[cfg(feature = "accounts")]
    pub(crate) fn set(&self, session: Option<Arc<Session>>) {
        let mut state = self.shared.lock();
        state.epoch = state.epoch.wrapping_add(1);
        state.current = session;
        state.in_flight = None;
        state.pause = None;
    }

    /// The session, and whether a grant is in flight.
    pub(crate) fn shown(&self) -> (Option<Arc<Session>>, bool) {
        let state = self.shared.lock();
        (state.current.clone(), state.in_flight.is_some())
    }
}

impl State {
    /// Takes over the outcome of a grant. A session that lives on survives a failure.
    fn settle(&mut self, result: &Result<Arc<Session>, Error>) {
        self.in_flight = None;
        match result {
            Ok(session) => {
                self.current = Some(Arc::clone(session));
                self.pause = None;
            }
            Err(error) => {
                let pause = Pause::after(error, self.pause.as_deref());
                self.pause = pause.map(Box::new);
            }
        }
    }
}

impl Flight {
    async fn outcome(mut self) -> Result<Arc<Session>, Error> {
        let result = match self.outcome.wait_for(Option::is_some).await {
            Ok(result) => result.clone(),
            Err(_) => None,
        };
        result.unwrap_or_else(|| Err(Error::other(Aborted)))
    }
}

impl<S> Shared<S> {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S> Clone for SingleFlight<S> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the login was aborted because its runtime is shutting down")]
struct Aborted;
