//! An org, an agent's tools for it, and short ways to call them.

use std::sync::Arc;

use serde_json::Value;
use sf_agent_tools::{CallContext, Limits, Org, Policy, ToolError, ToolReply, ToolSet};
use sf_auth::transport::Transport;
use sf_auth::{ClientCredentials, TokenBroker};
use sf_emulator::Emulator;
use sf_rest::{Client, RetryPolicy};

pub(crate) struct Agent {
    pub(crate) org: Emulator,
    pub(crate) tools: ToolSet,
}

/// An agent that may write, in an org of its own.
pub(crate) async fn agent() -> Agent {
    agent_with(Policy::read_write(), Limits::default()).await
}

pub(crate) async fn agent_with(policy: Policy, limits: Limits) -> Agent {
    let org = Emulator::builder().contacts(3_000).start().await.unwrap();
    let tools = ToolSet::salesforce(Org::builder(client(&org), policy).limits(limits).build());
    Agent { org, tools }
}

pub(crate) fn client(org: &Emulator) -> Client {
    let transport = Transport::new().unwrap();
    let flow =
        ClientCredentials::new(org.url().as_str(), org.client_id(), org.client_secret()).unwrap();
    let broker = TokenBroker::new(flow, transport.clone());
    Client::builder(Arc::new(broker))
        .transport(transport)
        .retry(RetryPolicy::without_delay(3))
        .build()
        .unwrap()
}

impl Agent {
    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Result<ToolReply, ToolError> {
        self.tools.call(&CallContext::default(), tool, arguments).await
    }

    /// What the model sees of a call that succeeds; checked against the tool's output schema.
    pub(crate) async fn ok(&self, tool: &str, arguments: Value) -> Value {
        let reply = match self.call(tool, arguments.clone()).await {
            Ok(reply) => reply.to_model(),
            Err(error) => panic!("{tool} {arguments}: {:#}", error.to_model()),
        };
        let definition = self.tools.definition(tool).unwrap();
        let schema = jsonschema::draft202012::new(&definition.output_schema).unwrap();
        if let Err(error) = schema.validate(&reply) {
            panic!("{tool}: {error} at {}", error.instance_path());
        }
        reply
    }

    /// What the model sees of a call that does not succeed.
    pub(crate) async fn refused(&self, tool: &str, arguments: Value) -> Value {
        match self.call(tool, arguments.clone()).await {
            Ok(reply) => panic!("{tool} {arguments} succeeded: {}", reply.to_model()),
            Err(error) => error.to_model()["error"].clone(),
        }
    }

    /// All rows of a query, by following completeness.next to the end.
    pub(crate) async fn follow(&self, tool: &str, arguments: Value) -> (Vec<Value>, usize) {
        let (mut rows, mut calls) = (Vec::new(), 0);
        let (mut tool, mut arguments) = (tool.to_owned(), arguments);
        loop {
            let reply = self.ok(&tool, arguments).await;
            calls += 1;
            rows.extend(reply["rows"].as_array().unwrap().iter().cloned());
            let Some(next) = reply["completeness"].get("next") else {
                assert_eq!(reply["completeness"]["complete"], true, "{}", reply["completeness"]);
                return (rows, calls);
            };
            tool = next["tool"].as_str().unwrap().to_owned();
            arguments = next["arguments"].clone();
        }
    }

    /// The number that a COUNT() query answers.
    pub(crate) async fn count(&self, soql: &str) -> u64 {
        let reply = self.ok("salesforce_query", serde_json::json!({ "soql": soql })).await;
        reply["rows"][0][0].as_u64().unwrap()
    }
}

/// Tokens of a text in the vocabulary o200k.
pub(crate) fn o200k(text: &str) -> usize {
    static BPE: std::sync::OnceLock<tiktoken_rs::CoreBPE> = std::sync::OnceLock::new();
    let bpe = BPE.get_or_init(|| tiktoken_rs::o200k_base().unwrap());
    bpe.encode_ordinary(text).len()
}
