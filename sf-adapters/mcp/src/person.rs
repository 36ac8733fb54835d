//! Asking a person in the middle of a call, by a request to the client (protocols before
//! 2026-07-28).

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rmcp::RoleServer;
use rmcp::model::{ElicitRequestParams, ElicitResult};
use rmcp::service::Peer;
use sf_agent_tools::{Answer, AskPerson, CallContext, Filled, Form, Question};
use tokio::sync::{mpsc, oneshot};

use crate::elicit;

/// What is asked, and where the answer goes.
type Asked = (ElicitRequestParams, oneshot::Sender<ElicitResult>);

/// Questions of one call on their way to the client.
pub(crate) type Questions = mpsc::Receiver<Asked>;

/// The person at the other end of a connection.
struct Person(mpsc::Sender<Asked>);

impl Person {
    async fn elicit(&self, request: Option<ElicitRequestParams>) -> Option<ElicitResult> {
        let (answer, given) = oneshot::channel();
        self.0.send((request?, answer)).await.ok()?;
        given.await.ok()
    }
}

#[async_trait]
impl AskPerson for Person {
    async fn ask(&self, question: Question) -> Answer {
        let given = self.elicit(elicit::approval(&question)).await;
        given.map_or(Answer::Unavailable, |given| elicit::answer(&given))
    }

    async fn fill(&self, form: Form) -> Filled {
        let given = self.elicit(elicit::form(&form)).await;
        given.map_or(Filled::Unavailable, elicit::filled)
    }
}

/// The context with a person who can be asked, if the client shows forms.
pub(crate) fn reachable(cx: CallContext, can_ask: bool) -> (CallContext, Option<Questions>) {
    if !can_ask {
        return (cx, None);
    }
    let (sender, questions) = mpsc::channel(1);
    (cx.with_person(Arc::new(Person(sender))), Some(questions))
}

/// Does the work of a call and puts its questions to the client, each for as long as `patience`.
///
/// They are sent from here and not from where the call asks, which may be in a task of its own: only
/// in the task of the client's request does rmcp know whose stream they belong to over HTTP.
pub(crate) async fn beside<T>(
    questions: Option<Questions>,
    peer: &Peer<RoleServer>,
    patience: Duration,
    work: impl Future<Output = T>,
) -> T {
    let Some(mut questions) = questions else { return work.await };
    let asking = async {
        while let Some((request, answer)) = questions.recv().await {
            match peer.create_elicitation_with_timeout(request, Some(patience)).await {
                Ok(given) => {
                    // A call that was cancelled meanwhile needs no answer.
                    let _ = answer.send(given);
                }
                Err(error) => tracing::info!(%error, "a person was not reached"),
            }
        }
        std::future::pending().await
    };
    tokio::select! {
        answer = work => answer,
        never = asking => never,
    }
}
