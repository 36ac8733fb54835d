//! `sf-agent mcp --http` in another process, and requests to it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use sf_auth::transport::Transport;

/// A server that is ended with the test.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    stderr: Option<JoinHandle<String>>,
    transport: Transport,
}

/// An answer: its status, and the JSON-RPC message in it, or its text.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) session: Option<String>,
    pub(crate) json: Value,
}

impl Server {
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let mut reader = BufReader::new(child.stderr.take().expect("stderr is piped"));
        let (mut text, mut url) = (String::new(), None);
        while url.is_none() {
            let mut line = String::new();
            assert!(reader.read_line(&mut line).unwrap() > 0, "it ended without serving: {text}");
            url = line.trim().strip_prefix("Serving MCP at ").map(str::to_owned);
            text.push_str(&line);
        }
        let stderr = std::thread::spawn(move || {
            reader.read_to_string(&mut text).expect("stderr is text");
            text
        });
        let transport = Transport::new().unwrap();
        Self { child, url: url.unwrap(), stderr: Some(stderr), transport }
    }

    /// Sends a message with a token and in a session, where there are these.
    pub(crate) async fn send(&self, token: &str, session: &str, message: &Value) -> Answer {
        let mut request = Request::post(&self.url)
            .header("Accept", "application/json, text/event-stream")
            .header("Content-Type", "application/json");
        if !token.is_empty() {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        if !session.is_empty() {
            request = request.header("Mcp-Session-Id", session);
        }
        let request = request.body(Bytes::from(message.to_string())).unwrap();
        let answer = self.transport.send(request).await.unwrap();
        let session = answer.headers().get("mcp-session-id");
        let session = session.map(|id| id.to_str().unwrap().to_owned());
        let status = answer.status().as_u16();
        let body = answer.into_body().bytes(1 << 20).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        let message = text
            .lines()
            .filter_map(|line| {
                serde_json::from_str::<Value>(line.strip_prefix("data:")?.trim()).ok()
            })
            .find(|message| message.get("id").is_some());
        let json = message.or_else(|| serde_json::from_str(&text).ok());
        let json = json.unwrap_or(Value::String(text.trim_end().to_owned()));
        Answer { status, session, json }
    }

    /// Begins a session.
    pub(crate) async fn session(&self, token: &str) -> String {
        let answer = self.send(token, "", &hello()).await;
        assert_eq!(answer.status, 200, "{}", answer.json);
        let session = answer.session.expect("a session id");
        let begun = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        assert_eq!(self.send(token, &session, &begun).await.status, 202);
        session
    }

    /// What a model sees of a call.
    pub(crate) async fn call(&self, token: &str, session: &str, tool: &str, args: Value) -> Value {
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call",
                           "params": { "name": tool, "arguments": args } });
        let answer = self.send(token, session, &call).await;
        assert_eq!(answer.status, 200, "{}", answer.json);
        let text = answer.json["result"]["content"][0]["text"].as_str().unwrap_or_default();
        serde_json::from_str(text).unwrap_or(answer.json)
    }

    /// The names of the tools.
    pub(crate) async fn tools(&self, token: &str, session: &str) -> Vec<String> {
        let answer = self.send(token, session, &list()).await;
        assert_eq!(answer.status, 200, "{}", answer.json);
        let tools = answer.json["result"]["tools"].as_array().expect("a list").clone();
        tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Tells it to end, as a supervisor does; gives its status and what it said.
    #[cfg(unix)]
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let status = self.child.wait().unwrap().code();
        (status, self.stderr.take().unwrap().join().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first message of a client.
pub(crate) fn hello() -> Value {
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {},
        "clientInfo": { "name": "test", "version": "1" } } })
}

/// The question for the tools.
pub(crate) fn list() -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} })
}
