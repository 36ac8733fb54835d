//! `notifications/progress`: how far a call came, to a client that gave a token.

use std::sync::Arc;

use rmcp::RoleServer;
use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::Peer;
use sf_agent_tools::{CallContext, Progress};
use tokio::sync::{Notify, watch};

/// What was reported last. Only the newest is kept: a client that reads slowly misses steps, and
/// the call never waits for it.
#[derive(Clone)]
struct Report {
    done: u64,
    total: Option<u64>,
    message: String,
}

struct Reporter(watch::Sender<Option<Report>>);

impl Progress for Reporter {
    fn report(&self, done: u64, total: Option<u64>, message: &str) {
        self.0.send_if_modified(|last| {
            // MCP, Progress: the value must increase with each notification.
            let further = last.as_ref().is_none_or(|last| done > last.done);
            if further {
                *last = Some(Report { done, total, message: message.to_owned() });
            }
            further
        });
    }
}

/// Makes a call that is given `cx`, and tells the client how far it is while it runs. What was
/// reported last is told before the call's own answer.
pub(crate) async fn told<T>(
    cx: CallContext,
    peer: &Peer<RoleServer>,
    token: Option<ProgressToken>,
    call: impl AsyncFnOnce(CallContext) -> T,
) -> T {
    let Some(token) = token else { return call(cx).await };
    let (sender, mut reports) = watch::channel(None);
    let over = Notify::new();
    let call = async {
        let answer = call(cx.with_progress(Arc::new(Reporter(sender)))).await;
        over.notify_one();
        answer
    };
    // Never left in the middle: a report that is on its way would be lost, or told again.
    let telling = async {
        loop {
            tokio::select! {
                biased;
                changed = reports.changed() => if changed.is_err() { break },
                () = over.notified() => break,
            }
            tell(&mut reports, peer, &token).await;
        }
    };
    tokio::join!(call, telling).0
}

async fn tell(
    reports: &mut watch::Receiver<Option<Report>>,
    peer: &Peer<RoleServer>,
    token: &ProgressToken,
) {
    let Some(report) = reports.borrow_and_update().clone() else { return };
    #[expect(clippy::cast_precision_loss, reason = "a number for people, of rows or bytes")]
    let as_number = |n: u64| n as f64;
    let mut told = ProgressNotificationParam::new(token.clone(), as_number(report.done))
        .with_message(report.message);
    told.total = report.total.map(as_number);
    // A client that is gone needs no progress.
    let _ = peer.notify_progress(told).await;
}
