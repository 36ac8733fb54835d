//! ADK's confirmations as the person whom a policy wants asked.

use std::sync::Arc;

use adk_core::{ToolConfirmationDecision, ToolConfirmationHandler, ToolConfirmationRequest};
use async_trait::async_trait;
use sf_agent_tools::{Answer, AskPerson, Question};

/// Puts the questions of a policy to a `ToolConfirmationHandler`, for
/// `CallContext::with_person`. A handler that fails counts as nobody answering.
#[derive(Debug, Clone)]
pub struct Confirmations(pub Arc<dyn ToolConfirmationHandler>);

#[async_trait]
impl AskPerson for Confirmations {
    async fn ask(&self, question: Question) -> Answer {
        let request = ToolConfirmationRequest {
            tool_name: question.tool,
            function_call_id: None,
            args: question.arguments,
        };
        match self.0.decide(&request).await {
            Ok(ToolConfirmationDecision::Approve) => Answer::Approved,
            Ok(ToolConfirmationDecision::Deny) => Answer::Declined,
            Err(_) => Answer::Unavailable,
        }
    }
}
