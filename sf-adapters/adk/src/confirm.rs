//! Approvals by ADK's own means.

use std::sync::Arc;

use adk_core::{ToolConfirmationDecision, ToolConfirmationHandler, ToolConfirmationRequest};
use async_trait::async_trait;
use sf_agent_tools::{Answer, AskPerson, Question};

/// Puts the questions of a policy to a `ToolConfirmationHandler`, for
/// `CallContext::with_person`. A handler that fails counts as nobody answering.
///
/// The request's arguments are those of the call; or, where the question shows what would be
/// written, that: every value before and after (`Question::preview`).
#[derive(Debug, Clone)]
pub struct Confirmations(pub Arc<dyn ToolConfirmationHandler>);

#[async_trait]
impl AskPerson for Confirmations {
    async fn ask(&self, question: Question) -> Answer {
        OfACall(self.0.clone(), None).ask(question).await
    }
}

/// A handler, asked about the call of this id.
pub(crate) struct OfACall(Arc<dyn ToolConfirmationHandler>, Option<String>);

impl OfACall {
    pub(crate) fn new(handler: Arc<dyn ToolConfirmationHandler>, id: &str) -> Arc<Self> {
        Arc::new(Self(handler, Some(id.to_owned())))
    }
}

#[async_trait]
impl AskPerson for OfACall {
    async fn ask(&self, question: Question) -> Answer {
        let request = ToolConfirmationRequest {
            tool_name: question.tool,
            function_call_id: self.1.clone(),
            args: question.preview.unwrap_or(question.arguments),
        };
        match self.0.decide(&request).await {
            Ok(ToolConfirmationDecision::Approve) => Answer::Approved,
            Ok(ToolConfirmationDecision::Deny) => Answer::Declined,
            Err(_) => Answer::Unavailable,
        }
    }
}
