//! `cargo xtask bench`: sf-rest beside other people's clients, against one
//! server on one machine in one run.
//!
//! The programs are in `bench-peers`, a workspace of its own. Every round runs
//! every program of a job once, so that a slow minute of the machine falls on
//! all of them; medians and their ratios are printed.

mod jobs;
mod mcp;
mod table;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use self::jobs::{JOBS, Job, Server};
use self::table::{Medians, Run};
use crate::fetch;
use crate::org::{self, Org};
use crate::run::{cargo_with, root, target_dir};

pub(crate) fn run(rounds: usize, only: &[String]) -> Result<()> {
    let wanted =
        |job: &&Job| only.is_empty() || only.iter().any(|word| job.name.contains(word.as_str()));
    let jobs: Vec<_> = JOBS.iter().filter(wanted).collect();
    if only.is_empty() || only.iter().any(|word| mcp::NAME.contains(word.as_str())) {
        mcp::run(rounds)?;
    }
    if jobs.is_empty() {
        return Ok(());
    }
    let bench = Bench::prepare(
        jobs.iter().any(|job| job.server != Server::Cold),
        jobs.iter().any(|job| !matches!(job.server, Server::Canned(_))),
    )?;
    let mut results = BTreeMap::new();
    for job in jobs {
        println!("\n### {}\n", job.title);
        let began = Instant::now();
        let target = bench.target(job)?;
        let mut runs: BTreeMap<&'static str, Vec<Run>> = BTreeMap::new();
        let rounds = rounds.min(job.most_rounds);
        for _ in 0..rounds {
            for program in job.programs {
                let run = match job.server {
                    Server::Cold => bench.cold(&target, program)?,
                    Server::Canned(_) | Server::Org => bench.measured(&target, job, program)?,
                };
                runs.entry(program).or_default().push(run);
            }
        }
        let medians: Medians =
            runs.iter().map(|(program, runs)| (*program, Run::median(runs))).collect();
        table::print(job, &medians, &results);
        println!("\nMedians of {rounds}, in {} s.", began.elapsed().as_secs());
        results.insert(job.title, medians);
    }
    Ok(())
}

/// The built programs and fetched packages.
struct Bench {
    programs: PathBuf,
    jsforce: PathBuf,
    python: PathBuf,
}

/// A running server that answers from memory; it ends when its stdin does.
struct Canned {
    child: Child,
    url: String,
}

/// What a job is done against.
enum Target {
    Canned(Canned),
    Org(Org),
}

/// The first row that a program shows after its start.
const FIRST_ROW: &str = "SELECT Id, Name FROM Account LIMIT 1";

impl Bench {
    /// Fetches the scripts' packages, and builds what is needed: the measured programs, and our own
    /// binary where it is measured or is the org.
    fn prepare(peers: bool, own: bool) -> Result<Self> {
        let target = target_dir()?.join("bench");
        if peers {
            let manifest = root()?.join("bench-peers/Cargo.toml");
            cargo_with(
                &["build", "--release", "--bins", "--manifest-path", &manifest.to_string_lossy()],
                &[("CARGO_TARGET_DIR", &target.to_string_lossy())],
            )?;
        }
        if own {
            cargo_with(&["build", "--release", "--package", "sf-cli"], &[])?;
        }
        Ok(Self {
            programs: target.join("release"),
            jsforce: fetch::node("jsforce", &["jsforce@3"])?,
            python: fetch::python("simple-salesforce", &["simple-salesforce>=1.12,<2"])?,
        })
    }

    fn target(&self, job: &Job) -> Result<Target> {
        let agent = agent()?;
        Ok(match job.server {
            Server::Canned(latency_ms) => Target::Canned(self.canned(latency_ms)?),
            Server::Org => Target::Org(org::start_program(&agent, &["--contacts", "20000"], 8)?),
            Server::Cold => Target::Org(org::start_program(&agent, &["--tls"], 9)?),
        })
    }

    fn canned(&self, latency_ms: u32) -> Result<Canned> {
        let mut child = Command::new(self.programs.join("server"))
            .arg(latency_ms.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the server of bench-peers")?;
        let mut url = String::new();
        BufReader::new(child.stdout.take().context("stdout is piped")?).read_line(&mut url)?;
        Ok(Canned { child, url: url.trim().to_owned() })
    }

    fn command(&self, program: &str) -> Result<Command> {
        let scripts = root()?.join("bench-peers/scripts");
        let mut command;
        match program {
            "jsforce" => {
                command = Command::new("node");
                command.arg(scripts.join("jsforce.mjs")).env("JSFORCE_FROM", &self.jsforce);
            }
            "simple-salesforce" => {
                command = Command::new("python3");
                command
                    .arg(scripts.join("with_simple_salesforce.py"))
                    .env("PYTHONPATH", &self.python);
            }
            "parallel" | "bytes" => command = Command::new(self.programs.join("ours")),
            name => command = Command::new(self.programs.join(name)),
        }
        Ok(command)
    }

    fn measured(&self, target: &Target, job: &Job, program: &str) -> Result<Run> {
        let name = match (program, job.name) {
            ("parallel" | "bytes", _) => program,
            (_, "org-rows") => "rows-dynamic-streamed",
            (_, "org-creates") => "creates",
            (_, name) => name,
        };
        let mut command = self.command(program)?;
        match target {
            Target::Canned(server) => {
                let token = format!("00DBench!{}", server.ask("GET /bench/generation")?);
                let soql = format!("SELECT Id, Name FROM Account LIMIT {}", job.count);
                command.env("BENCH_URL", &server.url).env("BENCH_TOKEN", token);
                command.env("BENCH_SOQL", soql);
            }
            Target::Org(org) => {
                let soql = format!(
                    "SELECT Id, Name, Email, Phone, Title, CreatedDate, AccountId, Account.Name \
                     FROM Contact ORDER BY Id LIMIT {}",
                    job.count
                );
                let env: BTreeMap<_, _> = org.env().collect();
                command.env("BENCH_URL", env["SF_INSTANCE_URL"].trim_end_matches('/'));
                command.env("BENCH_TOKEN", env["SF_ACCESS_TOKEN"]);
                command.env("BENCH_CLIENT_ID", env["SF_CLIENT_ID"]);
                command.env("BENCH_CLIENT_SECRET", env["SF_CLIENT_SECRET"]);
                command.env("BENCH_SOQL", &soql).env("BENCH_STATEMENT", soql);
            }
        }
        let output = command
            .env("BENCH_JOB", name)
            .env("BENCH_COUNT", job.count.to_string())
            .stderr(Stdio::inherit())
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let said: serde_json::Value = text
            .lines()
            .last()
            .and_then(|line| serde_json::from_str(line).ok())
            .with_context(|| format!("{program} said nothing of {}: {text}", job.name))?;
        if said["items"].as_u64() != Some(job.count as u64) {
            bail!("{program} did not do {}: {said}", job.name);
        }
        let number = |key: &str| said[key].as_f64().unwrap_or_default();
        let grants = match target {
            Target::Canned(server) => server.ask("GET /bench/grants")?.parse()?,
            Target::Org(_) => 0.0,
        };
        Ok(Run {
            wall_ms: number("wall_ms"),
            cpu_ms: number("cpu_ms"),
            peak_mb: number("peak_kb") / 1024.0,
            grants,
        })
    }

    /// A process of its own from its start to its end, with one row in between.
    fn cold(&self, target: &Target, program: &str) -> Result<Run> {
        let Target::Org(org) = target else { bail!("a cold start is over TLS, to an org") };
        let mut command = if program == "ours" {
            let mut command = Command::new(agent()?);
            command.args(["query", FIRST_ROW, "--format", "json"]).env_remove("SF_CLIENT_SECRET");
            command
        } else {
            self.command(program)?
        };
        let env: BTreeMap<_, _> = org
            .env()
            .filter(|(name, _)| {
                !matches!(*name, "SF_CLIENT_SECRET" | "SF_CLIENT_ID" | "SF_LOGIN_URL")
            })
            .collect();
        let (instance, token, authority) =
            (env["SF_INSTANCE_URL"], env["SF_ACCESS_TOKEN"], env["SF_CA_FILE"]);
        command
            .envs(&env)
            .env("BENCH_URL", instance.trim_end_matches('/'))
            .env("BENCH_TOKEN", token)
            .env("BENCH_JOB", "rows-dynamic-kept")
            .env("BENCH_COUNT", "1")
            .env("BENCH_SOQL", FIRST_ROW)
            .env("NODE_EXTRA_CA_CERTS", authority)
            .env("REQUESTS_CA_BUNDLE", authority)
            // It says how many rows it showed.
            .stderr(Stdio::piped());
        let start = Instant::now();
        let output = command.output()?;
        let wall_ms = start.elapsed().as_secs_f64() * 1e3;
        if !output.status.success() || output.stdout.is_empty() {
            bail!("{program} showed no row: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(Run { wall_ms, ..Run::default() })
    }
}

/// Our own binary.
fn agent() -> Result<PathBuf> {
    Ok(target_dir()?.join("release").join("sf-agent"))
}

impl Canned {
    /// The body of the answer to a request of the server's own.
    fn ask(&self, request: &str) -> Result<String> {
        let host = self.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host)?;
        write!(stream, "{request} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, body) = answer.split_once("\r\n\r\n").context("an answer without a body")?;
        Ok(body.trim().to_owned())
    }
}

impl Drop for Canned {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // It ends by itself then; one that does not is ended here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
