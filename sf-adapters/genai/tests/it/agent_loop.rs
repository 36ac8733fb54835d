//! The loop that a program writes around genai: ask, make the calls, ask again.

use anyhow::{Result, bail};
use genai::adapter::AdapterKind;
use genai::chat::{ChatMessage, ChatRequest};
use genai::resolver::{AuthData, Endpoint, ServiceTargetResolver};
use genai::{Client, ModelIden, ServiceTarget};
use serde_json::Value;
use sf_agent_tools::{CallContext, ToolSet};

/// What came of a run.
pub(crate) struct Told {
    /// Each call's tool and what it answered.
    pub(crate) calls: Vec<(String, Value)>,
    /// What the model said in the end.
    pub(crate) answer: String,
}

/// A client whose every model is the one at `base`, in OpenAI's protocol.
pub(crate) fn client_of(base: String) -> Result<Client> {
    let resolver = ServiceTargetResolver::from_resolver_fn(
        move |target: ServiceTarget| -> Result<ServiceTarget, genai::resolver::Error> {
            Ok(ServiceTarget {
                endpoint: Endpoint::from_owned(format!("{base}/")),
                auth: AuthData::from_single("unused"),
                model: ModelIden::new(AdapterKind::OpenAI, target.model.model_name),
            })
        },
    );
    Ok(Client::builder().with_service_target_resolver(resolver).build()?)
}

/// Lets `model` use `tools` until it answers.
pub(crate) async fn run(
    client: &Client,
    model: &str,
    tools: &ToolSet,
    prompt: &str,
) -> Result<Told> {
    let context = CallContext::default();
    let request = ChatRequest::new(vec![ChatMessage::user(prompt)]);
    let mut request = request.with_tools(sf_adapter_genai::tools(tools));
    let mut told = Vec::new();
    for _ in 0..20 {
        let response = client.exec_chat(model, request.clone(), None).await?;
        let calls: Vec<_> = response.tool_calls().into_iter().cloned().collect();
        let Some(turn) = response.clone().into_assistant_message_for_tool_use() else {
            let answer = response.into_first_text().unwrap_or_default();
            return Ok(Told { calls: told, answer });
        };
        let answers = sf_adapter_genai::answer(tools, &context, &calls).await;
        for (call, answer) in calls.iter().zip(&answers) {
            told.push((call.fn_name.clone(), serde_json::from_str(&answer.content)?));
        }
        request = request.append_message(turn).append_message(answers);
    }
    bail!("no answer after 20 turns")
}
