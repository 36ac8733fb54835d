//! A server with the tools and resources that the official conformance suite of MCP asks for by
//! name, made with the traits that our own tools are made with: what the suite sees is this crate's
//! mapping. The argument is the address to listen on; the address of the endpoint is printed.
//!
//! ```text
//! cargo run -p sf-adapter-mcp --example fixtures -- 127.0.0.1:8809
//! ```

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sf_adapter_mcp::http::{HttpService, HttpSettings, PATH, serve_http};
use sf_agent_tools::{
    CallContext, Effect, Filled, Form, Note, NoteLevel, Org, Policy, Reply, ResourceInfo,
    ResourceProvider, ResourceTemplate, ResourceText, Tool, ToolError, ToolSet,
};
use sf_auth::transport::Transport;
use sf_auth::{ClientCredentials, TokenBroker};
use sf_emulator::Emulator;
use sf_rest::Client;
use tokio::net::TcpListener;

/// A tool of the suite, by what it does.
#[derive(Clone, Copy)]
enum Fixture {
    Text,
    Error,
    Progress,
    Logging(&'static str),
    /// Asks for so many forms, one after the other.
    Forms(&'static str, usize),
    Defaults,
    Choices,
}

#[derive(Deserialize, JsonSchema)]
struct Args {
    /// What the person reads.
    message: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Output {
    /// What came of it.
    text: String,
}

impl Tool for Fixture {
    type Args = Args;
    type Output = Output;

    fn name(&self) -> &str {
        match self {
            Self::Text => "test_simple_text",
            Self::Error => "test_error_handling",
            Self::Progress => "test_tool_with_progress",
            Self::Forms(name, _) | Self::Logging(name) => name,
            Self::Defaults => "test_elicitation_sep1034_defaults",
            Self::Choices => "test_elicitation_sep1330_enums",
        }
    }

    fn title(&self) -> &str {
        "A tool of the conformance suite"
    }

    fn description(&self) -> &str {
        "Does what the conformance suite of MCP expects of a tool of this name."
    }

    fn effects(&self) -> &[Effect] {
        &[Effect::Read]
    }

    fn example(&self) -> Value {
        json!({})
    }

    async fn call(
        &self,
        cx: &CallContext,
        _: &Org,
        args: Args,
    ) -> Result<Reply<Output>, ToolError> {
        let message = args.message.unwrap_or_else(|| "Who are you?".to_owned());
        let text = match self {
            Self::Text => "This is a simple text response for testing.".to_owned(),
            Self::Error => {
                let text = "This tool intentionally returns an error for testing";
                return Err(ToolError::fix_your_call(text));
            }
            Self::Progress => {
                for done in [0, 50, 100] {
                    cx.report(done, Some(100), "steps done");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                "All steps are done.".to_owned()
            }
            Self::Logging(_) => {
                for text in ["started", "processing data", "completed"] {
                    cx.note(Note::new(NoteLevel::Info, format!("Tool execution {text}")));
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                "Three messages were sent.".to_owned()
            }
            Self::Forms(_, times) => {
                let mut given = Vec::new();
                for _ in 0..*times {
                    given.push(filled(cx, &message, person()).await?);
                }
                format!("User response: {given:?} state-ok")
            }
            Self::Defaults => filled(cx, &message, defaults()).await?,
            Self::Choices => filled(cx, &message, choices()).await?,
        };
        Ok(Reply::complete(Output { text }))
    }
}

async fn filled(cx: &CallContext, message: &str, schema: Value) -> Result<String, ToolError> {
    match cx.fill(Form::new(cx, message, schema)).await {
        Filled::Values(values) => Ok(Value::Object(values).to_string()),
        other => Err(ToolError::ask_a_person(format!("Nothing was filled in: {other:?}"))),
    }
}

fn person() -> Value {
    json!({
        "type": "object",
        "properties": { "username": { "type": "string" }, "email": { "type": "string" } },
        "required": ["username", "email"]
    })
}

fn defaults() -> Value {
    json!({
        "type": "object",
        "properties": {
            "name": { "type": "string", "default": "John Doe" },
            "age": { "type": "integer", "default": 30 },
            "score": { "type": "number", "default": 95.5 },
            "status": {
                "type": "string", "enum": ["active", "inactive", "pending"], "default": "active"
            },
            "verified": { "type": "boolean", "default": true }
        }
    })
}

fn choices() -> Value {
    let titled = json!([
        { "const": "value1", "title": "First" }, { "const": "value2", "title": "Second" }
    ]);
    let plain = json!(["option1", "option2", "option3"]);
    json!({
        "type": "object",
        "properties": {
            "untitledSingle": { "type": "string", "enum": plain },
            "titledSingle": { "type": "string", "oneOf": titled },
            "legacyEnum": {
                "type": "string", "enum": ["opt1", "opt2"], "enumNames": ["Option One", "Option Two"]
            },
            "untitledMulti": { "type": "array", "items": { "type": "string", "enum": plain } },
            "titledMulti": { "type": "array", "items": { "anyOf": titled } }
        }
    })
}

/// The resources of the suite that are texts.
struct Texts;

#[async_trait]
impl ResourceProvider for Texts {
    async fn list(&self, _: &CallContext) -> Result<Vec<ResourceInfo>, ToolError> {
        Ok(vec![ResourceInfo::new("test://static-text", "static-text", "A text")])
    }

    fn templates(&self) -> Vec<ResourceTemplate> {
        let form = "test://template/{id}/data";
        vec![ResourceTemplate::new(form, "data", "Data", "Data of an id.")]
    }

    async fn read(&self, _: &CallContext, uri: &str) -> Result<Option<ResourceText>, ToolError> {
        let rest = uri.strip_prefix("test://").unwrap_or_default();
        if rest == "static-text" {
            let text = "This is the content of the static text resource.";
            return Ok(Some(ResourceText::new(uri, "text/plain", text)));
        }
        let id = rest.strip_prefix("template/").and_then(|rest| rest.strip_suffix("/data"));
        let data = |id: &str| json!({ "id": id, "templateTest": true }).to_string();
        Ok(id.map(|id| ResourceText::new(uri, "application/json", data(id))))
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let listener = TcpListener::bind(&address).await.context(address)?;
    let emulator = Emulator::start().await?;
    let (url, secret) = (emulator.url().as_str(), emulator.client_secret());
    let flow = ClientCredentials::new(url, emulator.client_id(), secret)?;
    let client = Client::new(Arc::new(TokenBroker::new(flow, Transport::new()?)))?;
    let org = Org::builder(client, Policy::read_only()).resources(Texts).build();
    let asks = [
        ("test_elicitation", 1),
        ("test_streaming_elicitation", 1),
        ("test_input_required_result_elicitation", 1),
        ("test_input_required_result_request_state", 1),
        ("test_input_required_result_tampered_state", 1),
        ("test_input_required_result_multi_round", 2),
    ];
    let mut tools = ToolSet::salesforce(org);
    for fixture in [
        Fixture::Text,
        Fixture::Error,
        Fixture::Progress,
        Fixture::Logging("test_tool_with_logging"),
        Fixture::Logging("test_logging_tool"),
        Fixture::Defaults,
        Fixture::Choices,
    ]
    .into_iter()
    .chain(asks.map(|(name, times)| Fixture::Forms(name, times)))
    {
        tools = tools.with(fixture);
    }
    let at = listener.local_addr()?;
    writeln!(std::io::stdout(), "http://{at}{PATH}")?;
    let service = HttpService::without_tokens(tools, HttpSettings::default());
    serve_http(listener, service, std::future::pending()).await?;
    Ok(())
}
