//! A language model that follows a script, for ADK's agents to be driven by.

use std::sync::Arc;

use adk_agent::LlmAgentBuilder;
use adk_core::{
    Content, Llm, LlmRequest, LlmResponse, LlmResponseStream, Part, Result, RunConfig, SessionId,
    UserId,
};
use adk_runner::Runner;
use adk_session::{CreateRequest, InMemorySessionService, SessionService};
use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use sf_adapter_adk::SalesforceTools;
use sf_adapter_conformance::script::{Seen, Step, Turn, next_turn};

struct Scripted(&'static [Step]);

#[async_trait]
impl Llm for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }

    async fn generate_content(&self, request: LlmRequest, _: bool) -> Result<LlmResponseStream> {
        let parts = request.contents.iter().flat_map(|content| &content.parts);
        let seen: Vec<Seen> = parts.filter_map(answered).collect();
        let content = match next_turn(self.0, &seen) {
            Turn::Say(text) => Content::new("model").with_text(text),
            Turn::Call(name, args) => {
                let id = Some(format!("call_{}", seen.len()));
                let call =
                    Part::FunctionCall { name: name.to_owned(), args, id, thought_signature: None };
                Content { role: "model".to_owned(), parts: vec![call] }
            }
        };
        Ok(stream::iter([Ok(LlmResponse::new(content))]).boxed())
    }
}

fn answered(part: &Part) -> Option<Seen> {
    let Part::FunctionResponse { function_response, .. } = part else { return None };
    let (tool, json) = (function_response.name.clone(), function_response.response.clone());
    Some(Seen { tool, is_error: json.get("error").is_some(), json })
}

/// What came of a run.
pub(crate) struct Told {
    /// Each call's answer, in order.
    pub(crate) seen: Vec<Seen>,
    /// What the model said in the end.
    pub(crate) answer: String,
}

/// Runs an agent with these tools, whose model follows `steps`.
pub(crate) async fn run(
    tools: SalesforceTools,
    steps: &'static [Step],
    prompt: &str,
) -> anyhow::Result<Told> {
    run_with(tools, steps, prompt, None).await
}

/// As [`run`], with a configuration of the run.
pub(crate) async fn run_with(
    tools: SalesforceTools,
    steps: &'static [Step],
    prompt: &str,
    config: Option<RunConfig>,
) -> anyhow::Result<Told> {
    let agent = LlmAgentBuilder::new("crm")
        .model(Arc::new(Scripted(steps)))
        .toolset(Arc::new(tools))
        .build()?;
    let sessions = Arc::new(InMemorySessionService::new());
    let session = CreateRequest {
        app_name: "crm".to_owned(),
        user_id: "ada".to_owned(),
        session_id: Some("s1".to_owned()),
        state: std::collections::HashMap::new(),
    };
    sessions.create(session).await?;
    let runner = Runner::builder()
        .app_name("crm")
        .agent(Arc::new(agent))
        .session_service(sessions)
        .build()?;
    let (user, session) = (UserId::new("ada")?, SessionId::new("s1")?);
    let question = Content::new("user").with_text(prompt);
    let mut events = runner.run_with_config(user, session, question, config).await?;
    let mut told = Told { seen: Vec::new(), answer: String::new() };
    while let Some(event) = events.next().await {
        let event = event?;
        for part in event.llm_response.content.iter().flat_map(|content| &content.parts) {
            told.seen.extend(answered(part));
            if let Part::Text { text } = part {
                told.answer.clone_from(text);
            }
        }
    }
    Ok(told)
}
