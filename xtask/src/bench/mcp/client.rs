//! An MCP client over one connection that is kept, written by hand so that little of what is
//! measured is the client's.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

/// How a client talks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// 2025-06-18: a handshake, a session, and answers as events.
    Sessions,
    /// 2026-07-28: neither, and answers as JSON.
    Newest,
}

impl Protocol {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sessions => "2025-06-18",
            Self::Newest => "2026-07-28",
        }
    }

    /// The message of a call.
    pub(super) fn call(self, tool: &str, arguments: &Value) -> Value {
        let mut params = json!({ "name": tool, "arguments": arguments });
        if self == Self::Newest {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": self.name(),
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": { "name": "bench", "version": "1" },
            });
        }
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params })
    }
}

/// The first message of a client that shakes hands.
pub(super) fn hello() -> Value {
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {},
        "clientInfo": { "name": "bench", "version": "1" } } })
}

pub(super) struct Client {
    stream: BufReader<TcpStream>,
    head: String,
    protocol: Protocol,
}

struct Answer {
    status: u16,
    session: Option<String>,
    body: Vec<u8>,
}

impl Client {
    /// Connects, and shakes hands where the protocol has that.
    pub(super) fn connect(host: &str, protocol: Protocol) -> Result<Self> {
        let stream = TcpStream::connect(host)?;
        stream.set_nodelay(true)?;
        let head = format!(
            "POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
             Accept: application/json, text/event-stream\r\n"
        );
        let mut client = Self { stream: BufReader::new(stream), head, protocol };
        if protocol == Protocol::Sessions {
            let session = client.send("", &hello())?.session.context("no session was begun")?;
            client.head += &format!("Mcp-Session-Id: {session}\r\n");
            let begun = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
            ensure!(client.send("", &begun)?.status == 202, "the handshake was not accepted");
        }
        client.head += &format!("Mcp-Protocol-Version: {}\r\n", protocol.name());
        Ok(client)
    }

    /// Makes a call, which has to succeed.
    pub(super) fn call(&mut self, call: &Value) -> Result<()> {
        let tool = call["params"]["name"].as_str().unwrap_or_default();
        let more = match self.protocol {
            Protocol::Sessions => String::new(),
            Protocol::Newest => format!("Mcp-Method: tools/call\r\nMcp-Name: {tool}\r\n"),
        };
        let answer = self.send(&more, call)?;
        let text = String::from_utf8_lossy(&answer.body);
        ensure!(answer.status == 200, "{}: {text}", answer.status);
        ensure!(text.contains("\"structuredContent\""), "the call did not succeed: {text}");
        Ok(())
    }

    fn send(&mut self, more: &str, message: &Value) -> Result<Answer> {
        let body = message.to_string();
        let request = format!("{}{more}Content-Length: {}\r\n\r\n{body}", self.head, body.len());
        self.stream.get_mut().write_all(request.as_bytes())?;
        self.read()
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        ensure!(self.stream.read_line(&mut line)? > 0, "the server closed the connection");
        Ok(line.trim_end().to_owned())
    }

    fn read(&mut self) -> Result<Answer> {
        let first = self.line()?;
        let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.with_context(|| format!("no HTTP: {first}"))?;
        let (mut length, mut session) = (None, None);
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = Some(value.trim().parse::<usize>()?),
                "mcp-session-id" => session = Some(value.trim().to_owned()),
                _ => {}
            }
        }
        let body = match length {
            Some(length) => self.bytes(length)?,
            None => self.chunks()?,
        };
        Ok(Answer { status, session, body })
    }

    fn bytes(&mut self, count: usize) -> Result<Vec<u8>> {
        if count > 64 << 20 {
            bail!("an answer of {count} bytes");
        }
        let mut bytes = vec![0; count];
        self.stream.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// A body in chunks, up to the empty one.
    fn chunks(&mut self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.line()?;
            let size = usize::from_str_radix(line.split(';').next().unwrap_or_default(), 16)?;
            body.extend(self.bytes(size)?);
            self.line()?;
            if size == 0 {
                return Ok(body);
            }
        }
    }
}
