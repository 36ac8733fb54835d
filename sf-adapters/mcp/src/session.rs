//! What belongs to one connection alone.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rmcp::service::Peer;
use rmcp::{ErrorData, RoleServer};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::task::TaskTracker;

use crate::changes::{self, Wish};
use crate::log::Level;
use crate::offer::Offer;

/// Wishes that may wait to be read.
const WAITING: usize = 16;

/// One connection. The follower, of a protocol before 2026-07-28, ends with it.
pub(crate) struct Session {
    wishes: Mutex<Option<mpsc::Sender<Wish>>>,
    level: Mutex<Option<Level>>,
    /// Calls of tools that run. It is closed, so that it can be waited for at any time.
    calls: TaskTracker,
}

impl Default for Session {
    fn default() -> Self {
        let calls = TaskTracker::new();
        calls.close();
        Self { wishes: Mutex::default(), level: Mutex::default(), calls }
    }
}

impl Session {
    /// Calls of tools that run, each by its token.
    pub(crate) fn calls(&self) -> &TaskTracker {
        &self.calls
    }

    /// How grave messages must be to be sent; none are sent before the client has said so.
    pub(crate) fn level(&self) -> Option<Level> {
        *self.level.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_level(&self, level: Level) {
        *self.level.lock().unwrap_or_else(PoisonError::into_inner) = Some(level);
    }

    /// Follows the changes for this client from now on, if nobody does yet.
    pub(crate) fn follow(
        &self,
        peer: &Peer<RoleServer>,
        offer: watch::Receiver<Offer>,
        every: Duration,
    ) -> mpsc::Sender<Wish> {
        let mut wishes = self.wishes.lock().unwrap_or_else(PoisonError::into_inner);
        let (sender, receiver) = mpsc::channel(WAITING);
        match &*wishes {
            Some(known) if !known.is_closed() => known.clone(),
            _ => {
                tokio::spawn(changes::follow(peer.clone(), offer, every, receiver));
                *wishes = Some(sender.clone());
                sender
            }
        }
    }

    /// Has a wish carried out.
    pub(crate) async fn wish(
        sender: mpsc::Sender<Wish>,
        wish: impl FnOnce(oneshot::Sender<bool>) -> Wish,
    ) -> Result<(), ErrorData> {
        let (done, carried_out) = oneshot::channel();
        let gone = || ErrorData::internal_error("the connection is closing", None);
        sender.send(wish(done)).await.map_err(|_| gone())?;
        if carried_out.await.map_err(|_| gone())? {
            return Ok(());
        }
        let most = changes::MOST;
        Err(ErrorData::invalid_params(
            format!("{most} resources are watched for one client; unsubscribe from others first"),
            None,
        ))
    }
}
