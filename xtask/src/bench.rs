//! `cargo xtask bench`: sf-rest beside other people's clients, against one
//! server on one machine in one run.
//!
//! The programs are in `bench-peers`, a workspace of its own. Every round runs
//! every program of a job once, so that a slow minute of the machine falls on
//! all of them; medians and their ratios are printed.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::fetch;
use crate::org;
use crate::run::{cargo_with, root, target_dir};

/// One measurement: the same work for each program.
struct Job {
    title: &'static str,
    name: &'static str,
    count: usize,
    latency_ms: u32,
    programs: &'static [&'static str],
}

const RUST_AND_SCRIPTS: &[&str] =
    &["ours", "force", "busbar", "salesforce_core", "jsforce", "simple-salesforce"];

const JOBS: &[Job] = &[
    Job {
        title: "100,000 rows kept, dynamic",
        name: "rows-dynamic-kept",
        count: 100_000,
        latency_ms: 0,
        programs: RUST_AND_SCRIPTS,
    },
    Job {
        title: "100,000 rows kept, typed",
        name: "rows-typed-kept",
        count: 100_000,
        latency_ms: 0,
        programs: &["ours", "force", "busbar"],
    },
    Job {
        title: "100,000 rows streamed, dynamic",
        name: "rows-dynamic-streamed",
        count: 100_000,
        latency_ms: 0,
        programs: &["ours", "force", "salesforce_core", "jsforce", "simple-salesforce", "bytes"],
    },
    Job {
        title: "100,000 rows streamed, typed",
        name: "rows-typed-streamed",
        count: 100_000,
        latency_ms: 0,
        programs: &["ours", "force"],
    },
    Job {
        title: "100,000 rows streamed, dynamic, 50 ms a request",
        name: "rows-dynamic-streamed",
        count: 100_000,
        latency_ms: 50,
        programs: &[
            "ours",
            "parallel",
            "force",
            "salesforce_core",
            "jsforce",
            "simple-salesforce",
            "bytes",
        ],
    },
    Job {
        title: "100,000 rows streamed, typed, 50 ms a request",
        name: "rows-typed-streamed",
        count: 100_000,
        latency_ms: 50,
        programs: &["ours", "force"],
    },
    Job {
        title: "1,000 gets, 32 at once",
        name: "gets",
        count: 1_000,
        latency_ms: 0,
        programs: RUST_AND_SCRIPTS,
    },
    Job {
        title: "10,000 creates",
        name: "creates",
        count: 10_000,
        latency_ms: 0,
        programs: &["ours", "busbar", "jsforce", "simple-salesforce"],
    },
    Job {
        title: "10,000 creates, 50 ms a request",
        name: "creates",
        count: 10_000,
        latency_ms: 50,
        programs: &["ours", "busbar", "jsforce", "simple-salesforce"],
    },
    Job {
        title: "200,000 rows streamed",
        name: "million",
        count: 200_000,
        latency_ms: 0,
        programs: &["ours"],
    },
    Job {
        title: "1,000,000 rows streamed",
        name: "million",
        count: 1_000_000,
        latency_ms: 0,
        programs: &["ours", "force", "jsforce"],
    },
    Job {
        title: "50 tasks, one dead token",
        name: "dead-token",
        count: 50,
        latency_ms: 0,
        programs: &["ours", "force", "jsforce"],
    },
    Job {
        title: "50 tasks a millisecond apart, one dead token",
        name: "dead-token-staggered",
        count: 50,
        latency_ms: 0,
        programs: &["ours", "force", "jsforce"],
    },
    Job {
        title: "cold start over TLS to the first row",
        name: "cold",
        count: 1,
        latency_ms: 0,
        programs: &["ours", "jsforce", "simple-salesforce"],
    },
];

/// What a program said of itself.
#[derive(Clone, Copy, Default)]
struct Run {
    wall_ms: f64,
    cpu_ms: f64,
    peak_mb: f64,
    grants: f64,
}

pub(crate) fn run(rounds: usize, only: &[String]) -> Result<()> {
    let wanted =
        |job: &&Job| only.is_empty() || only.iter().any(|word| job.name.contains(word.as_str()));
    let jobs: Vec<_> = JOBS.iter().filter(wanted).collect();
    let bench = Bench::prepare(jobs.iter().any(|job| job.name == "cold"))?;
    for job in jobs {
        println!("\n### {}\n", job.title);
        let mut runs: BTreeMap<&str, Vec<Run>> = BTreeMap::new();
        let server = if job.name == "cold" { None } else { Some(bench.server(job.latency_ms)?) };
        for _ in 0..rounds {
            for program in job.programs {
                let run = match &server {
                    Some(server) => bench.measured(server, job, program)?,
                    None => bench.cold(program)?,
                };
                runs.entry(program).or_default().push(run);
            }
        }
        print_table(job, &runs);
    }
    Ok(())
}

fn print_table(job: &Job, runs: &BTreeMap<&str, Vec<Run>>) {
    let median = |program: &str, of: fn(&Run) -> f64| {
        let mut values: Vec<f64> = runs.get(program).into_iter().flatten().map(of).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or_default()
    };
    let tokens = job.name.starts_with("dead-token");
    println!(
        "| client | wall, ms | × | processor, ms | × | peak, MB | × |{}",
        if tokens { " token requests |" } else { "" }
    );
    println!("| --- | --: | --: | --: | --: | --: | --: |{}", if tokens { " --: |" } else { "" });
    for program in job.programs {
        let cell = |of: fn(&Run) -> f64| {
            let (value, ours) = (median(program, of), median("ours", of));
            if value == 0.0 {
                "| – | – ".to_owned()
            } else {
                format!("| {value:.1} | {:.2} ", value / ours)
            }
        };
        let last = if tokens {
            format!(" {:.0} |", median(program, |run| run.grants))
        } else {
            String::new()
        };
        println!(
            "| {program} {}{}{}|{last}",
            cell(|run| run.wall_ms),
            cell(|run| run.cpu_ms),
            cell(|run| run.peak_mb)
        );
    }
}

/// The built programs and fetched packages.
struct Bench {
    programs: PathBuf,
    jsforce: PathBuf,
    python: PathBuf,
}

/// A running server; it ends when its stdin does.
struct Server {
    child: Child,
    url: String,
}

impl Bench {
    /// Builds and fetches what is needed; our own binary only for a cold start.
    fn prepare(cold: bool) -> Result<Self> {
        let target = target_dir()?.join("bench");
        let target_text = target.to_string_lossy();
        let manifest = root()?.join("bench-peers/Cargo.toml");
        cargo_with(
            &["build", "--release", "--bins", "--manifest-path", &manifest.to_string_lossy()],
            &[("CARGO_TARGET_DIR", &target_text)],
        )?;
        if cold {
            cargo_with(&["build", "--release", "--package", "sf-cli"], &[])?;
        }
        Ok(Self {
            programs: target.join("release"),
            jsforce: fetch::node("jsforce", &["jsforce@3"])?,
            python: fetch::python("simple-salesforce", &["simple-salesforce>=1.12,<2"])?,
        })
    }

    fn server(&self, latency_ms: u32) -> Result<Server> {
        let mut child = Command::new(self.programs.join("server"))
            .arg(latency_ms.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the server of bench-peers")?;
        let mut url = String::new();
        BufReader::new(child.stdout.take().context("stdout is piped")?).read_line(&mut url)?;
        Ok(Server { child, url: url.trim().to_owned() })
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

    fn measured(&self, server: &Server, job: &Job, program: &str) -> Result<Run> {
        let name = if matches!(program, "parallel" | "bytes") { program } else { job.name };
        let token = format!("00DBench!{}", server.ask("GET /bench/generation")?);
        let output = self
            .command(program)?
            .env("BENCH_URL", &server.url)
            .env("BENCH_JOB", name)
            .env("BENCH_COUNT", job.count.to_string())
            .env("BENCH_SOQL", format!("SELECT Id, Name FROM Account LIMIT {}", job.count))
            .env("BENCH_TOKEN", token)
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
        Ok(Run {
            wall_ms: number("wall_ms"),
            cpu_ms: number("cpu_ms"),
            peak_mb: number("peak_kb") / 1024.0,
            grants: server.ask("GET /bench/grants")?.parse()?,
        })
    }

    /// A process of its own from its start to its end, with one row in between.
    fn cold(&self, program: &str) -> Result<Run> {
        let agent = target_dir()?.join("release").join("sf-agent");
        let org = org::start_program(&agent, &["--tls"], 9)?;
        let soql = "SELECT Id, Name FROM Account LIMIT 1";
        let mut command = if program == "ours" {
            let mut command = Command::new(&agent);
            command.args(["query", soql, "--format", "json"]).env_remove("SF_CLIENT_SECRET");
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
            .env("BENCH_URL", instance)
            .env("BENCH_TOKEN", token)
            .env("BENCH_JOB", "rows-dynamic-kept")
            .env("BENCH_COUNT", "1")
            .env("BENCH_SOQL", soql)
            .env("NODE_EXTRA_CA_CERTS", authority)
            .env("REQUESTS_CA_BUNDLE", authority)
            .stderr(Stdio::inherit());
        let start = Instant::now();
        let output = command.output()?;
        let wall_ms = start.elapsed().as_secs_f64() * 1e3;
        if !output.status.success() || output.stdout.is_empty() {
            bail!("{program} showed no row");
        }
        Ok(Run { wall_ms, ..Run::default() })
    }
}

impl Server {
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

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // It ends by itself then; one that does not is ended here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
