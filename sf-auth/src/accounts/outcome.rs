//! What a token request came to, put into the store.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::record::{Doubt, Record, Rotation, after, cause_of, message};
use super::rows::{Row, Written};
use super::secrets::{Purpose, Way, seal, seal_session};
use super::source::{AccountSource, Held, Memory, needs_admin};
use super::{AccountError, Inner};
use crate::broker::jitter;
use crate::lifecycle::{Event, Status, Then, next};
use crate::seal::AccountKey;
use crate::{App, CauseClass, Environment, Error, Session, TokenHint, TokenResponse, oauth};

/// How long a new session waits for the answer when it will end.
const EXPIRY_PATIENCE: Duration = Duration::from_secs(5);

/// A grant that is not stored yet.
pub(super) struct Grant {
    attempt: String,
    /// The generation whose refresh token was sent.
    from: u64,
    environment: Option<Environment>,
    session: Session,
    /// The account's data key as it was before the request, so that nothing has to be unwrapped
    /// between an answer and the store: master keys change, and key services fail.
    key: AccountKey,
    /// A refresh token that replaces the one that was sent.
    successor: Option<SecretString>,
    rotation: Rotation,
}

enum Stored {
    /// The record has this grant, as this generation.
    Yes(u64),
    /// Somebody stored another grant meanwhile.
    Superseded,
    /// The account was disconnected or removed.
    Unwanted(Error),
}

impl Grant {
    pub(super) fn new(
        inner: &Inner,
        attempt: String,
        from: u64,
        key: AccountKey,
        way: &Way,
        response: TokenResponse,
    ) -> Self {
        let session = inner.with_life(response.session, response.expires_in);
        let (environment, sent) = match way {
            Way::Refresh { app, token } => (Some(app.environment().clone()), Some(token)),
            Way::Flow(_) => (Environment::parse(session.instance_url().as_str()).ok(), None),
        };
        let successor = response.refresh_token.filter(|successor| {
            sent.is_some_and(|sent| sent.expose_secret() != successor.expose_secret())
        });
        let rotation = match (&successor, sent) {
            (Some(_), _) => Rotation::Rotates,
            (None, Some(_)) => Rotation::Keeps,
            (None, None) => Rotation::Unknown,
        };
        Self { attempt, from, environment, session, key, successor, rotation }
    }
}

impl AccountSource {
    /// Stores a grant and gives its session, or none if another was stored first. A session whose
    /// refresh token is not stored is not given.
    pub(super) async fn granted(
        &self,
        inner: &Arc<Inner>,
        memory: &mut Memory,
        grant: Grant,
    ) -> Result<Option<Session>, Error> {
        match inner.store_grant(&self.identifier, &grant).await {
            Ok(Stored::Yes(generation)) => {
                self.have.store(generation, Ordering::Relaxed);
                Ok(Some(grant.session))
            }
            // Theirs is the newest; but where nothing was replaced, ours is as good.
            Ok(Stored::Superseded) if grant.successor.is_none() => Ok(Some(grant.session)),
            Ok(Stored::Superseded) => Ok(None),
            Ok(Stored::Unwanted(error)) => {
                inner.revoke_grant(&grant).await;
                Err(error)
            }
            Err(error) if grant.successor.is_none() => {
                tracing::warn!(account = self.identifier, %error, "a refresh was not recorded");
                Ok(Some(grant.session))
            }
            Err(error) => {
                tracing::error!(account = self.identifier, %error, "a rotated token waits for the store");
                memory.held = Held::Waiting(Box::new(grant));
                keep_storing(Arc::clone(inner), self.identifier.clone());
                Err(error)
            }
        }
    }

    /// Tries to store a grant that waits.
    pub(super) async fn store_held(&self, inner: &Inner, memory: &mut Memory) -> Result<(), Error> {
        let Held::Waiting(grant) = &memory.held else { return Ok(()) };
        let stored = inner.store_grant(&self.identifier, grant).await?;
        let Held::Waiting(grant) = std::mem::take(&mut memory.held) else { return Ok(()) };
        match stored {
            Stored::Yes(generation) => {
                memory.held = Held::Stored(Box::new(grant.session), generation);
            }
            Stored::Superseded => {}
            Stored::Unwanted(_) => inner.revoke_grant(&grant).await,
        }
        Ok(())
    }
}

/// Goes on storing until the store takes it, callers or none.
fn keep_storing(inner: Arc<Inner>, identifier: String) {
    tokio::spawn(async move {
        let mut pause = Duration::from_millis(250);
        loop {
            tokio::time::sleep(jitter(pause)).await;
            pause = (pause * 2).min(Duration::from_secs(30));
            let single = inner.single(&identifier);
            let source = single.source();
            let mut memory = source.memory.lock().await;
            if source.store_held(&inner, &mut memory).await.is_ok() {
                return;
            }
        }
    });
}

impl Inner {
    async fn store_grant(&self, identifier: &str, grant: &Grant) -> Result<Stored, Error> {
        loop {
            let Some(mut row) = self.rows.find(identifier).await? else {
                let identifier = identifier.to_owned();
                return Ok(Stored::Unwanted(AccountError::Unknown { identifier }.into()));
            };
            let record = &mut row.record;
            if record.granted_by == grant.attempt {
                return Ok(Stored::Yes(record.generation));
            }
            let ours = record.flight.take_if(|flight| flight.attempt == grant.attempt).is_some();
            if next(record.status, Event::Refreshed).then == Then::Discard {
                if ours && matches!(self.rows.write(&mut row).await?, Written::Conflict) {
                    continue;
                }
                let identifier = identifier.to_owned();
                return Ok(Stored::Unwanted(AccountError::Disconnected { identifier }.into()));
            }
            if record.generation != grant.from {
                return Ok(Stored::Superseded);
            }
            // Generations begin anew where an account was removed and made again.
            if !ours && !self.sealer.account_key(&record.key).await?.is_same(&grant.key) {
                let identifier = identifier.to_owned();
                return Ok(Stored::Unwanted(AccountError::Disconnected { identifier }.into()));
            }
            let now = self.rows.now().await?;
            self.put_grant(&mut row, grant, now).await?;
            match self.rows.write(&mut row).await? {
                Written::Done => return Ok(Stored::Yes(row.record.generation)),
                Written::Conflict => {}
            }
        }
    }

    async fn put_grant(&self, row: &mut Row, grant: &Grant, now: Timestamp) -> Result<(), Error> {
        let record = &mut row.record;
        let key = &grant.key;
        record.succeed(Event::Refreshed, now);
        if record.refresh_token.is_none() && record.org.is_none() {
            record.org = grant.session.org_id().map(str::to_owned);
        }
        if let Some(successor) = &grant.successor {
            record.refresh_token = Some(seal(key, record, Purpose::RefreshToken, successor)?);
        }
        if grant.rotation != Rotation::Unknown {
            record.rotation = grant.rotation;
        }
        self.put_session(record, key, &grant.session, &grant.attempt)?;
        // A grant is stored whether or not its key can be wrapped anew.
        if self.sealer.needs_rewrap(&record.key)
            && let Ok(wrapped) = self.sealer.rewrap(&record.key).await
        {
            record.key = wrapped;
        }
        Ok(())
    }

    /// The parts that every stored grant has.
    pub(super) fn put_session(
        &self,
        record: &mut Record,
        key: &AccountKey,
        session: &Session,
        attempt: &str,
    ) -> Result<(), Error> {
        record.generation += 1;
        attempt.clone_into(&mut record.granted_by);
        if let Some(user) = session.user_id() {
            record.user = Some(user.to_owned());
        }
        record.instance = Some(session.instance_url().to_string());
        if !session.scopes().is_empty() {
            record.scopes = session.scopes().to_vec();
        }
        record.session = match self.settings.share_sessions {
            true => Some(seal_session(key, record, session)?),
            false => None,
        };
        Ok(())
    }

    /// Revokes what nobody will use. A failure is of no consequence for the account.
    async fn revoke_grant(&self, grant: &Grant) {
        let Some(environment) = &grant.environment else { return };
        let token = grant.successor.as_ref().unwrap_or(grant.session.access_token());
        if let Err(error) = oauth::revoke(&self.transport, environment, token).await {
            tracing::warn!(%error, "a session of a disconnected account was not revoked");
        }
    }

    /// Records that a request failed, and says what the caller is told: the error, or nothing if
    /// the record has changed so that it is to be read again.
    pub(super) async fn refused(
        &self,
        sent: &Record,
        attempt: Option<&str>,
        error: Error,
    ) -> Result<(), Error> {
        let (event, doubt) = judge(sent, &error);
        loop {
            // Without the store nothing is lost: what is left in the air is settled later.
            let Ok(mut row) = self.rows.read(&sent.identifier).await else { return Err(error) };
            let record = &mut row.record;
            let at_it = record.flight.as_ref().map(|flight| flight.attempt.as_str());
            if record.generation != sent.generation || (attempt.is_some() && at_it != attempt) {
                // The token that was refused is not the newest one any more, or somebody who took
                // over the lease has used it up and will tell.
                return if event == Some(Event::Dead) { Ok(()) } else { Err(error) };
            }
            let Ok(now) = self.rows.now().await else { return Err(error) };
            let flight = record.flight.take();
            record.doubt = record.doubt.max(doubt);
            if let Some(event) = event {
                record.fail(event, message(&error), cause_of(&error), now);
            }
            match event {
                Some(Event::Lost) => {
                    // The platform may still be at it.
                    record.flight = flight.map(|mut flight| {
                        let quiet = after(now, self.settings.settle_delay).unwrap_or(now);
                        flight.until = flight.until.min(quiet);
                        flight
                    });
                }
                Some(Event::Dead) => {
                    record.doubt = Doubt::None;
                    record.session = None;
                }
                _ => {}
            }
            match self.rows.write(&mut row).await {
                Ok(Written::Done) => return Err(told(&row.record, now, error)),
                Ok(Written::Conflict) => {}
                Err(_) => return Err(error),
            }
        }
    }

    /// Adds what is known about the end of a session.
    pub(super) fn with_life(&self, session: Session, stated: Option<Duration>) -> Session {
        match (stated, self.settings.session_timeout) {
            (Some(lifetime), _) => session.with_expires_in(lifetime),
            (None, Some(timeout)) if session.lifetime().is_none() => {
                session.with_idle_timeout(timeout)
            }
            _ => session,
        }
    }

    /// Asks when a session ends, where that is wanted. After it was stored: nothing may come
    /// between a grant and the store. Nobody waits long for it.
    pub(super) async fn learn_expiry(&self, app: &App, session: Session) -> Session {
        if !self.settings.learn_expiry || session.lifetime().is_some() {
            return session;
        }
        let token = session.access_token();
        let asked = oauth::introspect(&self.transport, app, token, TokenHint::Access);
        let Ok(Ok(answer)) = tokio::time::timeout(EXPIRY_PATIENCE, asked).await else {
            return session;
        };
        let (Some(iat), Some(exp)) = (answer.iat, answer.exp) else { return session };
        // Both are by the platform's clock, so that ours does not matter.
        match Duration::try_from(exp.duration_since(iat)) {
            Ok(timeout) if answer.active && !timeout.is_zero() => {
                session.with_idle_timeout(timeout)
            }
            _ => session,
        }
    }
}

/// What a failed request means for the account, and what doubt it leaves about its token.
fn judge(sent: &Record, error: &Error) -> (Option<Event>, Doubt) {
    let has_token = sent.refresh_token.is_some();
    let weak = if has_token { Doubt::Weak } else { Doubt::None };
    match error {
        Error::Grant { cause, .. } => match cause.class() {
            CauseClass::Dead if has_token => (Some(Event::Dead), Doubt::None),
            CauseClass::Temporary => (Some(Event::Failed), weak),
            _ => (Some(Event::Refused), Doubt::None),
        },
        Error::MissingScope { .. } => (Some(Event::Refused), Doubt::None),
        error if error.is_lost_answer() => match sent.doubt_of_lost() {
            Doubt::Strong => (Some(Event::Lost), Doubt::Strong),
            doubt => (Some(Event::Failed), doubt),
        },
        Error::Unavailable { .. } | Error::UnexpectedResponse { .. } => (Some(Event::Failed), weak),
        Error::Transport(_) => (Some(Event::Failed), Doubt::None),
        // Nothing was sent.
        _ => (None, Doubt::None),
    }
}

/// What the caller is told: the state, where that stands in the way.
fn told(record: &Record, now: Timestamp, error: Error) -> Error {
    let identifier = record.identifier.clone();
    match record.status {
        Status::NeedsReauth => {
            AccountError::NeedsReauth { identifier, reason: record.reason() }.into()
        }
        Status::NeedsAdmin => {
            let left = record.not_before.map(|time| time.duration_since(now));
            let left = left.and_then(|left| Duration::try_from(left).ok());
            needs_admin(record, left.unwrap_or_default())
        }
        Status::Disconnected => AccountError::Disconnected { identifier }.into(),
        _ => error,
    }
}
