//! `cargo xtask bench mcp`: our own binary as an MCP server. How soon it answers, what it needs
//! while nobody asks, and how many calls of 50 clients at once it answers over HTTP.

mod client;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Barrier;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use self::client::{Client, Protocol};
use super::agent;
use crate::org::{self, Org};
use crate::run::{cargo_with, target_dir};

pub(super) const NAME: &str = "mcp";

const CLIENTS: usize = 50;
/// Calls of each client.
const CALLS: usize = 100;
/// How long a server is left alone before its memory is looked at.
const REST: Duration = Duration::from_millis(500);

/// What is called: one that a warm cache answers, and one for which the org is asked each time.
const TOOLS: [(&str, &str, &str); 2] = [
    ("describe_object, from the cache", "salesforce_describe_object", r#"{"object":"Account"}"#),
    (
        "query, 20 rows of an embedded org",
        "salesforce_query",
        r#"{"soql":"SELECT Id, Name, Email FROM Contact ORDER BY Id LIMIT 20"}"#,
    ),
];

pub(super) fn run(rounds: usize) -> Result<()> {
    cargo_with(&["build", "--release", "--package", "sf-cli"], &[])?;
    let org = org::start_program(&agent()?, &["--contacts", "500"], 8)?;
    println!("\n### MCP: start-up and memory, over stdio\n");
    println!("| org | to the first tools/list, ms | memory at rest, MB |\n| --- | --: | --: |");
    for (name, org) in [("another process", Some(&org)), ("embedded", None)] {
        let runs: Vec<(f64, f64)> = (0..rounds).map(|_| start(org)).collect::<Result<_>>()?;
        let (ms, mb) = (median(runs.iter().map(|r| r.0)), median(runs.iter().map(|r| r.1)));
        println!("| {name} | {ms:.1} | {mb:.1} |");
    }
    println!("\n### MCP: {CLIENTS} clients over HTTP, {CALLS} calls each\n");
    println!("| tool | protocol | calls a second | median, ms | p99, ms |");
    println!("| --- | --- | --: | --: | --: |");
    let mut memory = Vec::new();
    for (title, tool, arguments) in TOOLS {
        for protocol in [Protocol::Sessions, Protocol::Newest] {
            let runs: Vec<Run> = (0..rounds)
                .map(|_| calls(&org, protocol, tool, arguments))
                .collect::<Result<_>>()?;
            let of = |figure: fn(&Run) -> f64| median(runs.iter().map(figure));
            println!(
                "| {title} | {} | {:.0} | {:.1} | {:.1} |",
                protocol.name(),
                of(|run| run.calls_a_second),
                of(|run| run.median_ms),
                of(|run| run.p99_ms),
            );
            memory.extend(runs.iter().map(|run| run.memory_mb));
        }
    }
    println!("\nMemory after it, at rest with {CLIENTS} clients: {:.1} MB.", median(memory));
    println!("Medians of {rounds}.");
    Ok(())
}

struct Run {
    calls_a_second: f64,
    median_ms: f64,
    p99_ms: f64,
    memory_mb: f64,
}

/// A server that is ended when dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Our binary as a server over an org, or over one of its own.
fn server(org: Option<&Org>, words: &[&str]) -> Result<Command> {
    let mut command = Command::new(agent()?);
    command.arg("mcp").args(words).env_remove("SF_ORG").env_remove("SF_MCP_TOKEN");
    // The accounts of whoever runs this are not asked for.
    command.env("SF_AGENT_HOME", target_dir()?.join("bench").join("no-accounts"));
    for name in ["SF_LOGIN_URL", "SF_CLIENT_ID", "SF_CLIENT_SECRET", "SF_USERNAME"] {
        command.env_remove(name);
    }
    if let Some(org) = org {
        let wanted =
            |(name, _): &(&str, &str)| matches!(*name, "SF_INSTANCE_URL" | "SF_ACCESS_TOKEN");
        command.envs(org.env().filter(wanted));
    }
    Ok(command)
}

/// Milliseconds from the start of the process to the answer to `tools/list`, and megabytes after.
fn start(org: Option<&Org>) -> Result<(f64, f64)> {
    let mut command = server(org, &[])?;
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let began = Instant::now();
    let mut server = Server(command.spawn().context("sf-agent mcp")?);
    let mut stdin = server.0.stdin.take().context("stdin is piped")?;
    let begun = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    for message in [client::hello(), begun, list] {
        writeln!(stdin, "{message}")?;
    }
    let mut lines = BufReader::new(server.0.stdout.take().context("stdout is piped")?).lines();
    loop {
        let line = lines.next().context("the server ended")??;
        let answer: Value = serde_json::from_str(&line)?;
        if answer["id"] == 1 {
            ensure!(answer["result"]["tools"].is_array(), "no tools: {answer}");
            break;
        }
    }
    let ms = began.elapsed().as_secs_f64() * 1e3;
    std::thread::sleep(REST);
    Ok((ms, memory(&server.0)?))
}

/// Every client begins, and then all call at once.
fn calls(org: &Org, protocol: Protocol, tool: &str, arguments: &str) -> Result<Run> {
    let mut command = server(Some(org), &["--http", "127.0.0.1:0"])?;
    command.stdin(Stdio::null()).stderr(Stdio::piped());
    let mut server = Server(command.spawn().context("sf-agent mcp --http")?);
    let mut said = BufReader::new(server.0.stderr.take().context("stderr is piped")?);
    let mut line = String::new();
    said.read_line(&mut line)?;
    let url = line.trim().strip_prefix("Serving MCP at http://");
    let host = url.and_then(|url| url.split('/').next()).context("the server tells no address")?;
    let call = protocol.call(tool, &serde_json::from_str(arguments)?);
    // The first call fills caches and is not counted.
    let mut clients: Vec<Client> = (0..CLIENTS)
        .map(|_| {
            let mut client = Client::connect(host, protocol)?;
            client.call(&call)?;
            Ok(client)
        })
        .collect::<Result<_>>()?;
    let together = Barrier::new(CLIENTS + 1);
    let (began, each) = std::thread::scope(|scope| {
        let threads: Vec<_> = clients
            .iter_mut()
            .map(|client| {
                let (together, call) = (&together, &call);
                scope.spawn(move || {
                    together.wait();
                    (0..CALLS)
                        .map(|_| {
                            let began = Instant::now();
                            client.call(call)?;
                            Ok(began.elapsed().as_secs_f64() * 1e3)
                        })
                        .collect::<Result<Vec<f64>>>()
                })
            })
            .collect();
        together.wait();
        let began = Instant::now();
        let each: Vec<_> = threads.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        (began.elapsed(), each)
    });
    let mut times = Vec::with_capacity(CLIENTS * CALLS);
    for client in each {
        match client {
            Ok(of_one) => times.extend(of_one?),
            Err(_) => bail!("a client broke off"),
        }
    }
    times.sort_by(f64::total_cmp);
    let at = |part: f64| times.get((times.len() as f64 * part) as usize).copied();
    std::thread::sleep(REST);
    Ok(Run {
        calls_a_second: times.len() as f64 / began.as_secs_f64(),
        median_ms: at(0.5).unwrap_or_default(),
        p99_ms: at(0.99).unwrap_or_default(),
        memory_mb: memory(&server.0)?,
    })
}

/// Megabytes that a process has in memory now; 0 where the system does not tell it as Linux does.
fn memory(child: &Child) -> Result<f64> {
    let Ok(status) = std::fs::read_to_string(format!("/proc/{}/status", child.id())) else {
        return Ok(0.0);
    };
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
    let kb: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kb / 1024.0)
}

fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
