//! The refresh protocol: one account as a source of sessions.
//!
//! The module docs of [`accounts`](super) tell the protocol; here are its steps.

use std::sync::Weak;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::outcome::Grant;
use super::record::{Doubt, Flight, Record, after, unique};
use super::rows::{Row, Written};
use super::secrets::{Way, open_session, way};
use super::{AccountError, Inner};
use crate::broker::{Need, Source, jitter};
use crate::lifecycle::{Event, Status};
use crate::store::StoreError;
use crate::{Error, Session, TOKEN_REQUEST_TIMEOUT, TokenResponse, oauth};

/// How long nobody else sends the refresh token: the total timeout of the request, and a margin for
/// a process that was slow, and for clocks that run at different speeds.
pub(super) const LEASE: Duration = TOKEN_REQUEST_TIMEOUT.saturating_add(MARGIN);
const MARGIN: Duration = Duration::from_secs(15);

/// One account of a process.
pub(super) struct AccountSource {
    inner: Weak<Inner>,
    pub(super) identifier: String,
    /// The generation of the session that was handed out last; 0 before the first.
    pub(super) have: AtomicU64,
    /// Held while the protocol runs.
    pub(super) memory: Mutex<Memory>,
}

/// What a process knows and the store does not.
#[derive(Default)]
pub(super) struct Memory {
    /// An attempt that may stand in the store, and was not sent.
    unsent: Option<String>,
    pub(super) held: Held,
}

/// A grant that the store did not take at once.
#[derive(Default)]
pub(super) enum Held {
    #[default]
    Nothing,
    Waiting(Box<Grant>),
    Stored(Box<Session>, u64),
}

enum Step {
    Session(Box<Session>),
    Again,
    /// Somebody else is at it, for at most so long.
    Wait(Duration),
}

impl AccountSource {
    pub(super) fn new(inner: Weak<Inner>, identifier: String) -> Self {
        Self { inner, identifier, have: AtomicU64::new(0), memory: Mutex::default() }
    }

    async fn run(&self, inner: &std::sync::Arc<Inner>, need: Need) -> Result<Session, Error> {
        let mut memory = self.memory.lock().await;
        self.store_held(inner, &mut memory).await?;
        if matches!(memory.held, Held::Stored(..)) {
            // It may have waited for long: by now the account can be another's, or nobody's.
            let record = inner.rows.read(&self.identifier).await?.record;
            if let Held::Stored(session, generation) = std::mem::take(&mut memory.held)
                && record.generation == generation
            {
                check(&record)?;
                self.have.store(generation, Ordering::Relaxed);
                return Ok(*session);
            }
        }
        let mut pause = Duration::from_millis(20);
        loop {
            match self.step(inner, need, &mut memory).await? {
                Step::Session(session) => return Ok(*session),
                Step::Again => {}
                Step::Wait(at_most) => {
                    tokio::time::sleep(jitter(pause).min(at_most)).await;
                    pause = (pause * 3 / 2).min(Duration::from_millis(500));
                }
            }
        }
    }

    async fn step(
        &self,
        inner: &std::sync::Arc<Inner>,
        need: Need,
        memory: &mut Memory,
    ) -> Result<Step, Error> {
        let mut row = inner.rows.read(&self.identifier).await?;
        let key = inner.sealer.account_key(&row.record.key).await?;
        if let Some(session) = self.adopt(inner, &row.record, &key)? {
            return Ok(Step::Session(Box::new(session)));
        }
        check(&row.record)?;
        let way = way(&key, &row.record, inner.settings.app.as_ref())?;

        // Before the store is asked for the time, so that the lease ends later than counted here.
        let started = Started::now();
        let now = inner.rows.now().await?;
        if let Some(left) = ahead(row.record.not_before, now) {
            return Err(needs_admin(&row.record, left));
        }
        let attempt = unique()?;
        let exclusive = row.record.refresh_token.is_some() || inner.settings.share_sessions;
        if exclusive {
            if let Some(left) = in_the_air(&mut row.record, now, memory.unsent.as_deref()) {
                return Ok(Step::Wait(left));
            }
            if row.record.doubt != Doubt::None && !settle(inner, &mut row, &way, need, now).await? {
                return Ok(Step::Again);
            }
            row.record.flight = Some(Flight {
                attempt: attempt.clone(),
                holder: inner.holder.clone(),
                generation: row.record.generation,
                started: now,
                until: after(now, LEASE).unwrap_or(now),
            });
            memory.unsent = Some(attempt.clone());
            match inner.rows.write(&mut row).await? {
                Written::Done => {}
                Written::Conflict => return Ok(Step::Again),
            }
            // A process that was paused here may have lost the lease.
            if started.elapsed() + TOKEN_REQUEST_TIMEOUT + MARGIN / 3 > LEASE {
                return Ok(Step::Again);
            }
            memory.unsent = None;
        }

        let answer = send(inner, &way).await;
        super::metrics::refreshed(answer.as_ref().err());
        match answer {
            Ok(response) => {
                let grant = Grant::new(inner, attempt, row.record.generation, key, &way, response);
                let session = self.granted(inner, memory, grant).await?;
                let Some(session) = session else { return Ok(Step::Again) };
                let session = match &way {
                    Way::Refresh { app, .. } => inner.learn_expiry(app, session).await,
                    Way::Flow(_) => session,
                };
                Ok(Step::Session(Box::new(session)))
            }
            Err(error) => {
                let attempt = exclusive.then_some(attempt.as_str());
                inner.refused(&row.record, attempt, error).await.map(|()| Step::Again)
            }
        }
    }

    /// The shared session of the store, if it is newer than the one that was refused or is ending.
    fn adopt(
        &self,
        inner: &Inner,
        record: &Record,
        key: &crate::seal::AccountKey,
    ) -> Result<Option<Session>, Error> {
        let newer = record.generation > self.have.load(Ordering::Relaxed);
        let Some(sealed) =
            record.session.as_ref().filter(|_| newer && inner.settings.share_sessions)
        else {
            return Ok(None);
        };
        let session = open_session(key, record, sealed)?;
        if session.expires_in().is_some_and(|left| left.is_zero()) {
            return Ok(None);
        }
        self.have.store(record.generation, Ordering::Relaxed);
        Ok(Some(session))
    }
}

#[async_trait]
impl Source for AccountSource {
    async fn obtain(&self, need: Need) -> Result<Session, Error> {
        let inner = self.inner.upgrade().ok_or(AccountError::Closed)?;
        let outcome = self.run(&inner, need).await;
        if let Err(
            Error::Account(AccountError::Unknown { .. }) | Error::Store(StoreError::Invalid { .. }),
        ) = &outcome
        {
            // Identifiers may come from outside: those of nobody leave nothing behind.
            inner.forget(&self.identifier);
        }
        outcome
    }
}

/// Refuses the states in which nothing can be obtained.
fn check(record: &Record) -> Result<(), Error> {
    let identifier = record.identifier.clone();
    Err(match record.status {
        Status::Disconnected => AccountError::Disconnected { identifier },
        Status::NeedsReauth => AccountError::NeedsReauth { identifier, reason: record.reason() },
        Status::Pending if !record.is_self_sufficient() => {
            AccountError::NotAuthorized { identifier }
        }
        _ => return Ok(()),
    }
    .into())
}

pub(super) fn needs_admin(record: &Record, retry_after: Duration) -> Error {
    let (identifier, reason) = (record.identifier.clone(), record.reason());
    AccountError::NeedsAdmin { identifier, reason, retry_after }.into()
}

/// Looks for a request in the air: how long it may still take; or, if its time is over, the doubt
/// that it leaves.
fn in_the_air(record: &mut Record, now: Timestamp, unsent: Option<&str>) -> Option<Duration> {
    let flight = record.flight.as_ref()?;
    if Some(flight.attempt.as_str()) == unsent {
        record.flight = None;
        return None;
    }
    if let Some(left) = ahead(Some(flight.until), now) {
        return Some(left);
    }
    if flight.generation == record.generation {
        record.doubt = record.doubt.max(record.doubt_of_lost());
    }
    None
}

/// Settles the doubt whether the stored refresh token was used up, as far as that can be done
/// without sending it. True: it may be sent now. False: the record has changed.
async fn settle(
    inner: &Inner,
    row: &mut Row,
    way: &Way,
    need: Need,
    now: Timestamp,
) -> Result<bool, Error> {
    let Way::Refresh { app, token } = way else { return Ok(true) };
    let hint = oauth::TokenHint::Refresh;
    match oauth::introspect(&inner.transport, app, token, hint).await {
        Ok(answer) if answer.active => {
            row.record.apply(Event::Settled);
            row.record.doubt = Doubt::None;
            return Ok(true);
        }
        // A server may call inactive what it does not want to tell. After a mere outage that must
        // not end the account: the token endpoint judges, once no live session is at stake.
        Ok(_) if row.record.doubt == Doubt::Weak => {
            let identifier = row.record.identifier.clone();
            return match need {
                Need::Early => Err(AccountError::Uncertain { identifier }.into()),
                Need::Now => Ok(true),
            };
        }
        Ok(_) => {
            let what = "the answer to a refresh was lost, and by introspection the refresh token that was sent is no \
                        longer active";
            row.record.fail(Event::Dead, what.to_owned(), None, now);
            row.record.flight = None;
            row.record.doubt = Doubt::None;
            row.record.session = None;
            return match inner.rows.write(row).await? {
                // `check` tells the reason, unless somebody else was faster.
                Written::Done | Written::Conflict => Ok(false),
            };
        }
        // The app may not introspect, or has no secret to do it with.
        Err(Error::Grant { .. } | Error::Configuration { .. }) => {}
        // Nobody answers there, or a proxy lets the token endpoint alone pass: that does not change
        // by itself.
        Err(Error::UnexpectedResponse { status, .. }) if (400..500).contains(&status) => {}
        // To ask later is better than to replay.
        Err(error) => return Err(error),
    }
    if row.record.doubt == Doubt::Weak {
        return Ok(true);
    }
    if row.record.status != Status::Uncertain {
        row.record.apply(Event::Lost);
        row.record.flight = None;
        if matches!(inner.rows.write(row).await?, Written::Conflict) {
            return Ok(false);
        }
    }
    match need {
        Need::Early => {
            Err(AccountError::Uncertain { identifier: row.record.identifier.clone() }.into())
        }
        Need::Now => Ok(true),
    }
}

/// The one request.
async fn send(inner: &Inner, way: &Way) -> Result<TokenResponse, Error> {
    match way {
        Way::Refresh { app, token } => oauth::refresh(&inner.transport, app, token).await,
        Way::Flow(flow) => flow.grant(&inner.transport).await.map(TokenResponse::new),
    }
}

/// How far a time is ahead.
fn ahead(time: Option<Timestamp>, now: Timestamp) -> Option<Duration> {
    let left = time?.duration_since(now);
    Duration::try_from(left).ok().filter(|left| !left.is_zero())
}

/// When something began, by both clocks: the monotonic one stands still while a computer sleeps.
struct Started(Instant, SystemTime);

impl Started {
    fn now() -> Self {
        Self(Instant::now(), SystemTime::now())
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed().max(self.1.elapsed().unwrap_or_default())
    }
}
