//! `logging/setLevel` and `notifications/message`: what happens behind a call, to a client that
//! asked for it.
#![expect(
    deprecated,
    reason = "the newest protocol is moving away from it (SEP-2577); the clients of today have it"
)]

use std::sync::Arc;

use rmcp::RoleServer;
use rmcp::model::{
    ConstString, JsonObject, LoggingLevel, LoggingMessageNotificationParam, ServerCapabilities,
    SetLevelRequestMethod, SetLevelRequestParams,
};
use rmcp::service::Peer;
use sf_agent_tools::{CallContext, Note, NoteLevel, Notes};
use tokio::sync::mpsc;

/// How grave a message must be to be sent.
pub(crate) type Level = LoggingLevel;

/// The parameters of `logging/setLevel`.
pub(crate) type SetLevel = SetLevelRequestParams;

/// The name of that request, which 2026-07-28 has no more: there each call says its own level.
pub(crate) const SET_LEVEL: &str = SetLevelRequestMethod::VALUE;

/// The level that a request sets.
pub(crate) fn level(request: &SetLevel) -> Level {
    request.level
}

/// The server's capabilities with messages among them.
pub(crate) fn with_messages(mut capabilities: ServerCapabilities) -> ServerCapabilities {
    capabilities.logging = Some(JsonObject::default());
    capabilities
}

/// Messages of one call that may wait for a client to read them; more are dropped.
const WAITING: usize = 64;

/// Notes of one call on their way to the client.
pub(crate) struct Messages {
    notes: mpsc::Receiver<Note>,
    level: Level,
}

struct Log(mpsc::Sender<Note>);

impl Notes for Log {
    fn note(&self, note: Note) {
        // A client that does not read holds up no call.
        let _ = self.0.try_send(note);
    }
}

/// The context with somebody who listens, for a client that wants messages of `level` and graver.
pub(crate) fn listened(cx: CallContext, level: Option<Level>) -> (CallContext, Option<Messages>) {
    let Some(level) = level else { return (cx, None) };
    let (sender, notes) = mpsc::channel(WAITING);
    (cx.with_notes(Arc::new(Log(sender))), Some(Messages { notes, level }))
}

/// Does the work of a call and sends its messages while it runs; all of them before its answer.
pub(crate) async fn beside<T>(
    messages: Option<Messages>,
    peer: &Peer<RoleServer>,
    work: impl Future<Output = T>,
) -> T {
    let Some(mut messages) = messages else { return work.await };
    let answer = {
        let sending = async {
            while let Some(note) = messages.notes.recv().await {
                send(&note, messages.level, peer).await;
            }
            std::future::pending().await
        };
        tokio::select! {
            answer = work => answer,
            never = sending => never,
        }
    };
    while let Ok(note) = messages.notes.try_recv() {
        send(&note, messages.level, peer).await;
    }
    answer
}

async fn send(note: &Note, least: Level, peer: &Peer<RoleServer>) {
    let level = match note.level {
        NoteLevel::Info => LoggingLevel::Info,
        NoteLevel::Notice => LoggingLevel::Notice,
        _ => LoggingLevel::Warning,
    };
    // The levels stand in their order (RFC 5424).
    if (level as u8) < (least as u8) {
        return;
    }
    let message = LoggingMessageNotificationParam::new(level, note.text.clone().into());
    // A client that is gone needs no message.
    let _ = peer.notify_logging_message(message.with_logger("salesforce")).await;
}
