//! `sf-agent mcp` while its policy file changes.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::mcp_support::{Server, list};
use crate::support::sf_agent;

const READS: &str = "[objects.Contact]\noperations = [\"read\"]\nread = [\"*\"]\n";
const WRITES: &str = "[objects.Contact]\noperations = [\"read\", \"create\"]\nread = [\"*\"]\n\
                      write = [\"LastName\"]\n";

/// A client at the other end of pipes.
struct Client {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Client {
    fn send(&mut self, message: &Value) {
        writeln!(self.to, "{message}").expect("the server reads");
    }

    /// The next message that `wanted` says yes to.
    fn wait_for(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let mut line = String::new();
            assert!(self.from.read_line(&mut line).unwrap() > 0, "the server is there");
            let message: Value = serde_json::from_str(&line).unwrap();
            if wanted(&message) {
                return message;
            }
        }
    }

    fn offers(&mut self, id: u32, tool: &str) -> bool {
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": "tools/list" }));
        let list = self.wait_for(|message| message["id"] == id);
        list["result"]["tools"].as_array().unwrap().iter().any(|t| t["name"] == tool)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_changed_policy_holds_at_once_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.toml");
    std::fs::write(&file, READS).unwrap();
    let mut command = sf_agent();
    command.args(["mcp", "--policy"]).arg(&file);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut told = BufReader::new(child.stderr.take().unwrap());
    let mut client = Client { child, to, from: BufReader::new(from) };
    client.send(&json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {},
        "clientInfo": { "name": "test", "version": "0" },
    }}));
    let hello = client.wait_for(|message| message["id"] == 1);
    assert_eq!(hello["result"]["capabilities"]["tools"]["listChanged"], true);
    client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
    assert!(!client.offers(2, "salesforce_create_records"));

    std::fs::write(&file, WRITES).unwrap();
    client.wait_for(|message| message["method"] == "notifications/tools/list_changed");
    assert!(client.offers(3, "salesforce_create_records"));

    // What cannot be used changes nothing, and is told to who runs the server.
    std::fs::write(&file, "objects = 1").unwrap();
    let mut line = String::new();
    while !line.contains("the one before still holds") {
        line.clear();
        assert!(told.read_line(&mut line).unwrap() > 0, "it is told");
    }
    assert!(client.offers(4, "salesforce_create_records"));
}

/// Over HTTP, with a token and without: who has the old tools loses the session.
#[tokio::test(flavor = "multi_thread")]
async fn it_holds_over_http() {
    const CREATE: &str = "salesforce_create_records";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.toml");
    for token in ["", "a token of more than thirty-two characters"] {
        std::fs::write(&file, READS).unwrap();
        let mut command = sf_agent();
        command.args(["mcp", "--http", "127.0.0.1:0", "--policy"]).arg(&file);
        command.env("SF_MCP_TOKEN", token);
        let server = Server::start(command);
        let old = server.session(token).await;
        assert!(!server.tools(token, &old).await.iter().any(|tool| tool == CREATE));
        std::fs::write(&file, WRITES).unwrap();
        // The server looks at the file by a clock of its own, and tells nobody outside of a session.
        let ended = async {
            while server.send(token, &old, &list()).await.status == 200 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(120), ended).await.expect("the session ends");
        let new = server.session(token).await;
        assert!(server.tools(token, &new).await.iter().any(|tool| tool == CREATE));
    }
}
