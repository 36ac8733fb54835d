//! A client with a person behind it: it answers questions, and notes what the server tells it.
#![expect(deprecated, reason = "clients of the older protocols hear messages so")]

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rmcp::model::{
    CallToolRequestParams, CallToolResult, ClientCapabilities, ClientConfig, ElicitRequestParams,
    ElicitResult, ElicitationAction, Implementation, LoggingMessageNotificationParam,
    ProgressNotificationParam, ProtocolVersion, ResourceUpdatedNotificationParam,
};
use rmcp::service::{
    ClientLifecycleMode, ClientServiceExt, NotificationContext, RequestContext, RoleClient,
    RunningService,
};
use rmcp::transport::IntoTransport;
use rmcp::{ClientHandler, ErrorData};
use serde_json::{Value, json};
use sf_adapter_conformance::TestOrg;
use sf_adapter_mcp::Server;
use sf_agent_tools::{Org, Policy, ToolSet};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::client::{Serving, serve_on};

/// Far above what any of this takes; a test that hangs fails instead.
pub(crate) const LONG: Duration = Duration::from_secs(120);

/// What the client was told.
#[derive(Debug, PartialEq)]
pub(crate) enum Seen {
    Asked { message: String, schema: Value },
    Progress(u64, Option<u64>, String),
    Updated(String),
    Log(String, String),
    Tools,
    Prompts,
    Resources,
}

/// The client. Without answers it declares no elicitation.
pub(crate) struct Host {
    answers: Option<Mutex<VecDeque<ElicitResult>>>,
    seen: mpsc::UnboundedSender<Seen>,
}

/// The client's end of a connection.
pub(crate) struct Connection {
    pub(crate) client: RunningService<RoleClient, Host>,
    pub(crate) seen: mpsc::UnboundedReceiver<Seen>,
    _serving: Option<Serving>,
}

/// The two kinds of protocol.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Era {
    /// With a handshake and requests to the client.
    Sessions,
    /// 2026-07-28: each request stands alone.
    Rounds,
}

pub(crate) const ERAS: [Era; 2] = [Era::Sessions, Era::Rounds];

pub(crate) async fn connect(
    server: Server,
    era: Era,
    answers: Option<Vec<ElicitResult>>,
) -> Result<Connection> {
    let (serving, stream) = serve_on(server);
    let connection = connect_over(stream, era, answers).await?;
    Ok(Connection { _serving: Some(serving), ..connection })
}

/// Connects to a server that is served elsewhere.
pub(crate) async fn connect_over<T, E, A>(
    transport: T,
    era: Era,
    answers: Option<Vec<ElicitResult>>,
) -> Result<Connection>
where
    T: IntoTransport<RoleClient, E, A>,
    E: std::error::Error + Send + Sync + 'static,
{
    let (sender, seen) = mpsc::unbounded_channel();
    let host = Host { answers: answers.map(|a| Mutex::new(a.into())), seen: sender };
    let lifecycle = match era {
        Era::Sessions => ClientLifecycleMode::Initialize,
        Era::Rounds => ClientLifecycleMode::Discover {
            preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        },
    };
    let client = host.serve_with_lifecycle(transport, lifecycle).await?;
    Ok(Connection { client, seen, _serving: None })
}

/// The tools over an org that addresses call `demo`.
pub(crate) fn demo(org: &TestOrg, policy: Policy) -> ToolSet {
    ToolSet::salesforce(Org::builder(org.client(), policy).name("demo").build())
}

impl Connection {
    /// The next thing that the client was told.
    pub(crate) async fn next(&mut self) -> Result<Seen> {
        timeout(LONG, self.seen.recv()).await?.context("the client is gone")
    }

    /// The next question.
    pub(crate) async fn asked(&mut self) -> Result<(String, Value)> {
        loop {
            if let Seen::Asked { message, schema } = self.next().await? {
                return Ok((message, schema));
            }
        }
    }

    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Result<CallToolResult> {
        let request = CallToolRequestParams::new(tool.to_owned())
            .with_arguments(arguments.as_object().cloned().unwrap_or_default());
        Ok(timeout(LONG, self.client.call_tool(request)).await??)
    }

    /// The JSON of a call that succeeds.
    pub(crate) async fn ok(&self, tool: &str, arguments: Value) -> Result<Value> {
        let result = self.call(tool, arguments).await?;
        match result.structured_content {
            Some(content) if result.is_error != Some(true) => Ok(content),
            _ => bail!("{tool} failed: {:?}", result.content),
        }
    }

    /// The message of a call that does not succeed.
    pub(crate) async fn refused(&self, tool: &str, arguments: Value) -> Result<String> {
        let result = self.call(tool, arguments).await?;
        let text = result.content[0].as_text().context("no text")?.text.clone();
        let error: Value = serde_json::from_str(&text)?;
        match error["error"]["message"].as_str() {
            Some(message) if result.is_error == Some(true) => Ok(message.to_owned()),
            _ => bail!("{tool} succeeded: {text}"),
        }
    }
}

/// A form that was sent with these values.
pub(crate) fn accept(content: Value) -> ElicitResult {
    ElicitResult::new(ElicitationAction::Accept).with_content(content)
}

pub(crate) fn approve() -> ElicitResult {
    accept(json!({ "decision": "approve" }))
}

impl Host {
    fn note(&self, seen: Seen) {
        // The test may have seen enough.
        let _ = self.seen.send(seen);
    }
}

impl ClientHandler for Host {
    fn get_info(&self) -> ClientConfig {
        let capabilities = match self.answers {
            Some(_) => ClientCapabilities::builder().enable_elicitation().build(),
            None => ClientCapabilities::default(),
        };
        ClientConfig::new(capabilities, Implementation::new("host", "1"))
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let ElicitRequestParams::FormElicitationParams { message, requested_schema, .. } = request
        else {
            return Err(ErrorData::invalid_params("no form", None));
        };
        let schema = serde_json::to_value(requested_schema).unwrap_or_default();
        self.note(Seen::Asked { message, schema });
        let answers = self.answers.as_ref().expect("a question to a client that cannot be asked");
        let answer = answers.lock().unwrap().pop_front();
        match answer {
            Some(answer) => Ok(answer),
            None => std::future::pending().await,
        }
    }

    async fn on_progress(
        &self,
        told: ProgressNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        let total = told.total.map(|total| total as u64);
        self.note(Seen::Progress(told.progress as u64, total, told.message.unwrap_or_default()));
    }

    async fn on_logging_message(
        &self,
        told: LoggingMessageNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        let level = serde_json::to_value(told.level).unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        self.note(Seen::Log(text(&level), text(&told.data)));
    }

    async fn on_resource_updated(
        &self,
        told: ResourceUpdatedNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        self.note(Seen::Updated(told.uri));
    }

    async fn on_resource_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.note(Seen::Resources);
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.note(Seen::Tools);
    }

    async fn on_prompt_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.note(Seen::Prompts);
    }
}
