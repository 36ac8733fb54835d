//! Telling a client of changes: other lists, and resources that it subscribed to.

use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::ResourceUpdatedNotificationParam;
use rmcp::service::{Peer, SubscriptionContext, SubscriptionSink};
use sf_agent_tools::{ResourceChange, ResourceWatch};
use tokio::sync::{mpsc, oneshot, watch};

use crate::offer::Offer;

/// Changes that a client can be told of.
enum News {
    /// Another offer: every list may be another.
    Offer,
    Resource(ResourceChange),
}

/// What a client with a session asks for while it lasts; answered when it is done.
pub(crate) enum Wish {
    Watch(String, oneshot::Sender<Granted>),
    Forget(String, oneshot::Sender<Granted>),
}

/// False if a client watches as much as it may.
type Granted = bool;

/// Most resources that one client watches: each is asked about again and again.
pub(crate) const MOST: usize = 100;

/// Tells a client of a session, until it is over.
pub(crate) async fn follow(
    peer: Peer<RoleServer>,
    mut offer: watch::Receiver<Offer>,
    every: Duration,
    mut wishes: mpsc::Receiver<Wish>,
) {
    let mut watch = offer.borrow_and_update().resources.watch(every);
    let mut watched: Vec<String> = Vec::new();
    loop {
        let news = tokio::select! {
            biased;
            wish = wishes.recv() => {
                let Some(wish) = wish else { return };
                let (done, granted) = match wish {
                    Wish::Watch(uri, done) if watched.contains(&uri) => (done, true),
                    Wish::Watch(_, done) if watched.len() >= MOST => (done, false),
                    Wish::Watch(uri, done) => {
                        if watch.is_empty() {
                            watch.add_list().await;
                        }
                        watch.add(uri.as_str()).await;
                        watched.push(uri);
                        (done, true)
                    }
                    Wish::Forget(uri, done) => {
                        watch.remove(&uri);
                        watched.retain(|known| *known != uri);
                        if watched.is_empty() {
                            // Nobody subscribes any more, so nobody is asked any more.
                            watch = offer.borrow().resources.watch(every);
                        }
                        (done, true)
                    }
                };
                // Who asked may be gone.
                let _ = done.send(granted);
                continue;
            }
            changed = offer.changed() => {
                if changed.is_err() {
                    return;
                }
                watch = again(&mut offer, every, &watched, !watched.is_empty()).await;
                News::Offer
            }
            change = watch.next() => News::Resource(change),
        };
        let told = match news {
            News::Offer => {
                let tools = peer.notify_tool_list_changed().await;
                let prompts = peer.notify_prompt_list_changed().await;
                tools.and(prompts).and(peer.notify_resource_list_changed().await)
            }
            News::Resource(ResourceChange::Updated(uri)) => {
                let param = ResourceUpdatedNotificationParam::new(uri);
                peer.notify_resource_updated(param).await
            }
            News::Resource(_) => peer.notify_resource_list_changed().await,
        };
        if told.is_err() {
            return;
        }
    }
}

/// Tells a client that listens (protocol 2026-07-28), until it stops.
pub(crate) async fn listen(
    context: &SubscriptionContext,
    mut offer: watch::Receiver<Offer>,
    every: Duration,
) {
    let accepted = context.accepted().clone();
    let uris = accepted.resource_subscriptions.clone().unwrap_or_default();
    let lists = accepted.resources_list_changed == Some(true);
    let mut watch = again(&mut offer, every, &uris, lists).await;
    loop {
        let news = tokio::select! {
            () = context.cancelled() => return,
            changed = offer.changed() => {
                if changed.is_err() {
                    return;
                }
                watch = again(&mut offer, every, &uris, lists).await;
                News::Offer
            }
            change = watch.next() => News::Resource(change),
        };
        if !tell(context.sink(), news).await {
            return;
        }
    }
}

/// False if nobody listens any more.
async fn tell(sink: &SubscriptionSink, news: News) -> bool {
    let wants = sink.accepted().clone();
    let told = match news {
        News::Offer => {
            let mut told = Ok(());
            if wants.tools_list_changed == Some(true) {
                told = told.and(sink.notify_tool_list_changed().await);
            }
            if wants.prompts_list_changed == Some(true) {
                told = told.and(sink.notify_prompt_list_changed().await);
            }
            if wants.resources_list_changed == Some(true) {
                told = told.and(sink.notify_resource_list_changed().await);
            }
            told
        }
        News::Resource(ResourceChange::Updated(uri)) => sink.notify_resource_updated(uri).await,
        News::Resource(_) => sink.notify_resource_list_changed().await,
    };
    told.is_ok()
}

/// A watch over what is offered now.
async fn again(
    offer: &mut watch::Receiver<Offer>,
    every: Duration,
    uris: &[String],
    lists: bool,
) -> ResourceWatch {
    let mut watch = offer.borrow_and_update().resources.watch(every);
    if lists {
        watch.add_list().await;
    }
    for uri in uris {
        watch.add(uri.as_str()).await;
    }
    watch
}
