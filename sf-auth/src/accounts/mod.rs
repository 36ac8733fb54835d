//! Connected accounts: customers' orgs that were authorised once, kept logged in by any number of
//! processes over one store.
//!
//! ```no_run
//! use std::sync::Arc;
//! use sf_auth::accounts::Accounts;
//! use sf_auth::seal::{LocalKeys, Sealer};
//! use sf_auth::store::MemoryStore;
//! use sf_auth::{App, Credentials, Environment};
//!
//! # async fn run() -> Result<(), sf_auth::Error> {
//! let app = App::new(Environment::parse("https://login.salesforce.com")?, "3MVG9...")?
//!     .with_secret("...")?
//!     .with_redirect_uri("https://agents.example.com/callback")?;
//! let sealer = Sealer::new(Arc::new(LocalKeys::load_or_create("master.keys")?));
//! let accounts = Accounts::builder(Arc::new(MemoryStore::new()), sealer).app(app).build()?;
//!
//! let connection = accounts.connect("tenant-7").await?;
//! if let Some(url) = connection.authorization_url {
//!     println!("send the customer to {url}");
//! }
//! // At the callback URL:
//! let query = "code=aPrx...&state=...";
//! let account = accounts.finish(query).await?;
//! // From now on, in every process:
//! let session = accounts.credentials(&account.identifier).session().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # The refresh protocol
//!
//! The record of an account is changed by compare-and-swap only. Each stored grant counts its
//! generation. A process that needs a session does this:
//!
//! 1. It reads the record. A shared session of a newer generation than its own is adopted, and
//!    nothing is sent.
//! 2. While a *flight* stands in the record whose time is not over by the store's clock, somebody
//!    else is sending: it waits, and reads again.
//! 3. A flight whose time is over left no outcome: the refresh token may have been used up. Where
//!    the app may introspect, it asks whether the token is active: if so it goes on, if not the
//!    account needs a person, and nothing is replayed. Where it may not, the account is *uncertain*:
//!    whoever has a session keeps it, and only who has none sends the token again.
//! 4. It writes its own flight, for longer than the request can take: this is lease and intent in
//!    one, since both are needed from the same write on and end with the same write.
//! 5. It sends the request, once.
//! 6. It writes the outcome, which removes the flight: the new refresh token is stored before the
//!    session is handed out. If the store does not answer, the grant stays in memory and a task goes
//!    on storing it; callers get an error that may be retried.
//! 7. A dead token is recorded only if nobody has stored a newer one. A failure leaves the token; an
//!    answer that was lost leaves the flight for a moment and then the doubt of step 3.
//!
//! [`lifecycle`](crate::lifecycle) has the table of states.
//!
//! # What can still go wrong
//!
//! A refresh token that rotates can be lost or replayed only so:
//!
//! - A process dies, or loses the store for good, between the platform's answer and the write of
//!   step 6. The new token is gone with it. The next process learns by introspection that the old one
//!   is no longer active, and the account needs a person; sessions that live go on. Without
//!   introspection it learns so by the replay, which ends those too.
//! - A process stands still (suspended, stopped, starved) between its look at the clock in step 5 and
//!   the sending, for longer than what is left of its lease: at least 30 seconds, the time that the
//!   request itself may take. Meanwhile another finds the lease over, the token active, and uses it.
//!   The late request is then a replay. A pause anywhere before that look is noticed and nothing is
//!   sent; a pause after the sending costs nothing but time, since the outcome is stored by who wakes
//!   up, unless another did.
//! - The platform works on a request after its sender gave up on it (after 30 seconds) and 15
//!   seconds more, or after the connection broke and the time that
//!   [`settle_delay`](AccountsBuilder::settle_delay) sets, and another sends the token meanwhile.
//! - The store's clock jumps ahead by more than what is left of a lease.
//! - Rotation is switched on for an app that was seen to keep its tokens, the app may not introspect,
//!   and the answer of the very next refresh is lost.
//! - Somebody puts back an older copy of the store.
//!
//! In all other cases at most one request with a given refresh token is ever in the air, and no token
//! is sent that was replaced.

mod adopt;
mod connect;
mod credentials;
mod disconnect;
mod error;
mod finish;
mod health;
mod list;
mod metrics;
mod outcome;
mod record;
mod rows;
mod secrets;
mod settings;
mod source;
mod state;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::Stream;
use tokio::sync::broadcast;

pub use self::connect::{AppCredentials, Connection};
pub use self::credentials::AccountCredentials;
pub use self::disconnect::{Disconnection, Revocation};
pub use self::error::AccountError;
pub use self::finish::FinishOptions;
pub use self::health::{Failure, Health};
pub use self::list::{Account, Filter, LoginInfo, LoginMethod, Page};
pub use self::settings::AccountsBuilder;
pub use crate::lifecycle::Status;

use self::rows::Rows;
use self::settings::Settings;
use self::source::AccountSource;
use crate::Session;
use crate::broker::SingleFlight;
use crate::seal::Sealer;
use crate::store::TokenStore;
use crate::transport::Transport;

/// Connected accounts over a store. Cloning is cheap and shares everything.
#[derive(Clone)]
pub struct Accounts {
    inner: Arc<Inner>,
}

struct Inner {
    rows: Rows,
    sealer: Sealer,
    transport: Transport,
    settings: Settings,
    /// Names this process in the leases that it takes.
    holder: String,
    /// One for each account that was used in this process.
    live: Mutex<HashMap<Box<str>, SingleFlight<AccountSource>>>,
}

/// A change of an account's status, as this process stored it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatusChange {
    /// The caller's name of the account.
    pub identifier: String,
    /// Its status from now on.
    pub status: Status,
}

impl Accounts {
    /// Accounts in a store, with their secrets sealed.
    pub fn builder(store: Arc<dyn TokenStore>, sealer: Sealer) -> AccountsBuilder {
        AccountsBuilder::new(store, sealer)
    }

    /// The credentials of an account, for any client. Nothing is read until a session is asked for;
    /// whether there is such an account shows then. All credentials of one identifier share one
    /// session in this process.
    pub fn credentials(&self, identifier: &str) -> AccountCredentials {
        AccountCredentials { single: self.inner.single(identifier), inner: Arc::clone(&self.inner) }
    }

    /// The changes of status that this process makes from now on. A reader who is more than 1,024
    /// changes behind misses the oldest.
    pub fn events(&self) -> impl Stream<Item = StatusChange> + Send + Unpin + use<> {
        let receiver = self.inner.rows.events.subscribe();
        Box::pin(futures_util::stream::unfold(receiver, |mut receiver| async move {
            loop {
                match receiver.recv().await {
                    Ok(change) => return Some((change, receiver)),
                    Err(broadcast::error::RecvError::Lagged(missed)) => {
                        tracing::warn!(missed, "a reader of account events is behind");
                    }
                    Err(broadcast::error::RecvError::Closed) => return None,
                }
            }
        }))
    }

    /// Wraps the data keys of all accounts with the current master key, and tells how many there
    /// were to wrap. Accounts that are refreshed meanwhile wrap their own.
    ///
    /// # Errors
    /// [`Error::Store`](crate::Error::Store) and [`Error::Seal`](crate::Error::Seal); what was
    /// wrapped before stays so.
    pub async fn rewrap(&self) -> Result<usize, crate::Error> {
        let (mut wrapped, mut after) = (0, None::<String>);
        loop {
            let rows = self.inner.rows.list(after.as_deref(), 100).await?;
            let Some(last) = rows.last() else { return Ok(wrapped) };
            after = Some(last.record.identifier.clone());
            for mut row in rows {
                let identifier = row.record.identifier.clone();
                while self.inner.sealer.needs_rewrap(&row.record.key) {
                    row.record.key = self.inner.sealer.rewrap(&row.record.key).await?;
                    match self.inner.rows.write(&mut row).await? {
                        rows::Written::Done => wrapped += 1,
                        rows::Written::Conflict => match self.inner.rows.find(&identifier).await? {
                            Some(again) => row = again,
                            None => break,
                        },
                    }
                }
            }
        }
    }
}

impl Inner {
    fn single(self: &Arc<Self>, identifier: &str) -> SingleFlight<AccountSource> {
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(single) = live.get(identifier) {
            return single.clone();
        }
        let source = AccountSource::new(Arc::downgrade(self), identifier.to_owned());
        let settings = &self.settings;
        let single = SingleFlight::new(source, settings.edges, settings.shortest_session);
        live.insert(identifier.into(), single.clone());
        single
    }

    /// Forgets what this process holds of an account.
    fn forget(&self, identifier: &str) {
        self.live.lock().unwrap_or_else(PoisonError::into_inner).remove(identifier);
    }

    /// Replaces the session of an account in this process.
    fn install(self: &Arc<Self>, identifier: &str, session: Option<(Session, u64)>) {
        let single = self.single(identifier);
        let session = session.map(|(session, generation)| {
            single.source().have.store(generation, std::sync::atomic::Ordering::Relaxed);
            Arc::new(session)
        });
        single.set(session);
    }
}

/// Runs to its end even if the caller is dropped.
async fn detached<T: Send + 'static>(
    work: impl Future<Output = Result<T, crate::Error>> + Send + 'static,
) -> Result<T, crate::Error> {
    tokio::spawn(work).await.unwrap_or_else(|error| Err(crate::Error::other(error)))
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Accounts").field("sealer", &self.inner.sealer).finish_non_exhaustive()
    }
}
