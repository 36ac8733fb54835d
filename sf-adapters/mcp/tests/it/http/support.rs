//! A server on loopback, people with tokens, and requests to it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use async_trait::async_trait;
use http::{Method, StatusCode};
use parking_lot::Mutex;
use rmcp::ServiceExt;
use rmcp::model::CallToolRequestParams;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::{Value, json};
use sf_adapter_mcp::http::{
    HttpError, HttpService, Identities, Identity, IdentityError, PATH, serve_http,
};
use sf_agent_tools::ToolSet;
use sf_auth::transport::Transport;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::wire::{Answer, Ask, Wire};
use crate::client::Client;

/// Far above what any of this takes; a test that hangs fails instead.
pub(crate) const LONG: Duration = Duration::from_secs(120);

/// A server that serves.
pub(crate) struct Running {
    pub(crate) url: String,
    pub(crate) transport: Transport,
    pub(crate) stop: CancellationToken,
    pub(crate) ended: JoinHandle<Result<(), HttpError>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub(crate) async fn start(service: HttpService) -> Result<Running> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}{PATH}", listener.local_addr()?);
    let stop = CancellationToken::new();
    let ended = tokio::spawn(serve_http(listener, service, stop.clone().cancelled_owned()));
    Ok(Running { url, transport: Transport::new()?, stop, ended })
}

impl Running {
    /// A request with this token, where there is one.
    pub(crate) fn ask(&self, method: Method, token: &str) -> Ask {
        Ask::new(&self.transport, method, &self.url).bearer(token)
    }

    /// A POST as MCP wants it, not yet sent.
    pub(crate) fn post(&self, token: &str, message: &Value) -> Ask {
        self.ask(Method::POST, token)
            .header("Accept", "application/json, text/event-stream")
            .header("Content-Type", "application/json")
            .body(message.to_string())
    }

    /// A GET of the events of a session, not yet sent.
    pub(crate) fn listen(&self, token: &str, session: &str) -> Ask {
        self.ask(Method::GET, token)
            .header("Accept", "text/event-stream")
            .header("Mcp-Session-Id", session)
    }

    /// Begins a session and gives its id.
    pub(crate) async fn session(&self, token: &str) -> Result<String> {
        let answer = self.post(token, &hello()).send().await?;
        ensure!(answer.status == StatusCode::OK, "{}", answer.status);
        let id = answer.header("mcp-session-id").context("a session id")?.to_owned();
        answer.text().await?;
        let begun = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        let answer = self.post(token, &begun).header("Mcp-Session-Id", &id).send().await?;
        ensure!(answer.status == StatusCode::ACCEPTED, "{}", answer.status);
        Ok(id)
    }

    /// A request in a session, not yet sent.
    pub(crate) fn in_session(&self, token: &str, session: &str, message: &Value) -> Ask {
        self.post(token, message)
            .header("Mcp-Session-Id", session)
            .header("Mcp-Protocol-Version", "2025-06-18")
    }

    /// rmcp's client, with this token.
    pub(crate) async fn client(&self, token: &str) -> Result<Client> {
        Ok(().serve(self.transport(token)).await?)
    }

    pub(crate) fn transport(&self, token: &str) -> StreamableHttpClientTransport<Wire> {
        let mut config = StreamableHttpClientTransportConfig::with_uri(self.url.as_str());
        if !token.is_empty() {
            config = config.auth_header(token);
        }
        StreamableHttpClientTransport::with_client(Wire(self.transport.clone()), config)
    }
}

/// The first message of a client.
pub(crate) fn hello() -> Value {
    message(
        0,
        "initialize",
        &json!({ "protocolVersion": "2025-06-18", "capabilities": {},
                 "clientInfo": { "name": "by hand", "version": "1" } }),
    )
}

pub(crate) fn message(id: u64, method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

/// The answer to a request, from JSON or from the events of a stream that ends with it.
pub(crate) async fn reply(answer: Answer) -> Result<Value> {
    let status = answer.status;
    let text = tokio::time::timeout(LONG, answer.text()).await??;
    ensure!(status == StatusCode::OK, "{status}: {text}");
    if let Ok(json) = serde_json::from_str(&text) {
        return Ok(json);
    }
    for line in text.lines().filter_map(|line| line.strip_prefix("data:")) {
        match serde_json::from_str::<Value>(line.trim()) {
            Ok(message) if message.get("id").is_some() => return Ok(message),
            _ => {}
        }
    }
    bail!("no answer in {text}")
}

/// What a model sees of a call.
pub(crate) async fn call(client: &Client, tool: &str, arguments: Value) -> Result<Value> {
    let arguments = arguments.as_object().cloned().unwrap_or_default();
    let request = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
    let result = tokio::time::timeout(LONG, client.call_tool(request)).await??;
    let text = result.content.first().and_then(|content| content.as_text()).context("a text")?;
    Ok(serde_json::from_str(&text.text)?)
}

/// People and their tokens, which can be taken from them.
#[derive(Clone, Default)]
pub(crate) struct People {
    all: Arc<Mutex<HashMap<String, (Identity, ToolSet)>>>,
}

impl People {
    pub(crate) fn with(self, token: &str, id: &str, tools: ToolSet) -> Self {
        self.grant(token, Identity::new(id, "1"), tools);
        self
    }

    pub(crate) fn grant(&self, token: &str, identity: Identity, tools: ToolSet) {
        self.all.lock().insert(token.to_owned(), (identity, tools));
    }

    pub(crate) fn revoke(&self, token: &str) {
        self.all.lock().remove(token);
    }
}

#[async_trait]
impl Identities for People {
    async fn identify(&self, bearer: &str) -> Result<Option<Identity>, IdentityError> {
        if bearer == "nobody-can-tell" {
            return Err(IdentityError::new("the store of tokens is away"));
        }
        Ok(self.all.lock().get(bearer).map(|(identity, _)| identity.clone()))
    }

    async fn tools(&self, identity: &Identity) -> Result<ToolSet, IdentityError> {
        let all = self.all.lock();
        let found = all.values().find(|(known, _)| known == identity);
        found.map(|(_, tools)| tools.clone()).ok_or_else(|| IdentityError::new("gone"))
    }

    async fn holds(&self, identity: &Identity) -> Result<bool, IdentityError> {
        Ok(self.all.lock().values().any(|(known, _)| known == identity))
    }
}
