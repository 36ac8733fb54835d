//! Sessions from the Salesforce CLI, by its own commands.

use std::ffi::OsString;
use std::io;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use serde::Deserialize;
use tokio::process::Command;

use crate::diagnose::one_line;
use crate::transport::Transport;
use crate::{Environment, Error, Flow, Session};

/// The CLI starts slowly, and asks the platform for a token.
const LIMIT: Duration = Duration::from_secs(60);

/// Asks the Salesforce CLI (`sf`) for a session of an org that it is logged in to, each time that
/// one is needed.
///
/// Two commands are run, without a shell: `sf org display --json` for the instance, and
/// `sf org auth show-access-token --json` for the token. The latter exists since May 2026, when the
/// former began to hide the token; of a CLI that still shows it there, that one is used. Secrets
/// come by a pipe and are in no argument.
#[derive(Debug, Clone)]
pub struct SalesforceCli {
    program: OsString,
    target_org: Option<String>,
    limit: Duration,
}

/// Why the CLI handed out no session.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum CliProblem {
    /// There is no such program.
    #[error(
        "{program} is not installed, or not in PATH; install the Salesforce CLI, or use another login"
    )]
    Missing {
        /// What was looked for.
        program: String,
    },
    /// The program cannot be started.
    #[error("{program} cannot be started")]
    NotStarted {
        /// What was started.
        program: String,
        /// Why not.
        #[source]
        reason: Arc<io::Error>,
    },
    /// It did not end in time and was killed.
    #[error("\"{command}\" did not end within {limit:?}")]
    TimedOut {
        /// What was run.
        command: String,
        /// The limit.
        limit: Duration,
    },
    /// It ended with an error.
    #[error("\"{command}\" failed: {name}: {message}")]
    Failed {
        /// What was run.
        command: String,
        /// The CLI's name of the error, such as `NoAuthInfoFound`.
        name: String,
        /// Its message.
        message: String,
    },
    /// Its output is not what it is known to print.
    #[error("\"{command}\" printed {problem}; update the Salesforce CLI")]
    Unreadable {
        /// What was run.
        command: String,
        /// What is wrong with the output.
        problem: &'static str,
    },
}

impl SalesforceCli {
    /// The org of this alias or user name, or the CLI's default org.
    pub fn new(target_org: Option<String>) -> Self {
        let program = if cfg!(windows) { "sf.cmd" } else { "sf" };
        Self { program: program.into(), target_org, limit: LIMIT }
    }

    /// Runs this program instead of the `sf` in `PATH`.
    #[must_use]
    pub fn with_program(mut self, program: impl Into<OsString>) -> Self {
        self.program = program.into();
        self
    }

    /// How long each of the two commands may take. Default: a minute.
    #[must_use]
    pub fn with_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    async fn run<T: for<'de> Deserialize<'de>>(&self, words: &[&str]) -> Result<T, CliProblem> {
        let program = self.program.to_string_lossy().into_owned();
        let command = format!("{program} {}", words.join(" "));
        let mut child = Command::new(&self.program);
        child.args(words).arg("--json");
        // One word, so that a name that begins with a dash is no option.
        child.args(self.target_org.as_ref().map(|org| format!("--target-org={org}")));
        child.env("NO_COLOR", "1").env("FORCE_COLOR", "0");
        child.env("SF_JSON_TO_STDOUT", "true").env("SF_AUTOUPDATE_DISABLE", "true");
        child.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let output = match tokio::time::timeout(self.limit, child.output()).await {
            Ok(Ok(output)) => output,
            Ok(Err(e)) if e.kind() == io::ErrorKind::NotFound => {
                return Err(CliProblem::Missing { program });
            }
            Ok(Err(e)) => return Err(CliProblem::NotStarted { program, reason: Arc::new(e) }),
            Err(_) => return Err(CliProblem::TimedOut { command, limit: self.limit }),
        };
        read(command, &output)
    }
}

#[derive(Deserialize)]
struct Printed<T> {
    result: T,
}

#[derive(Deserialize)]
struct Failed {
    name: String,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Org {
    instance_url: String,
    access_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Token {
    access_token: SecretString,
}

fn read<T: for<'de> Deserialize<'de>>(command: String, output: &Output) -> Result<T, CliProblem> {
    if output.status.success() {
        // The parser's message could quote the token.
        return serde_json::from_slice::<Printed<T>>(&output.stdout)
            .map(|printed| printed.result)
            .map_err(|_| CliProblem::Unreadable { command, problem: "no result in JSON" });
    }
    match serde_json::from_slice::<Failed>(&output.stdout) {
        Ok(Failed { name, message }) => {
            Err(CliProblem::Failed { command, name: one_line(&name), message: one_line(&message) })
        }
        Err(_) => Err(CliProblem::Failed {
            command,
            name: output.status.to_string(),
            message: "it said nothing in JSON".to_owned(),
        }),
    }
}

#[async_trait]
impl Flow for SalesforceCli {
    async fn grant(&self, _transport: &Transport) -> Result<Session, Error> {
        let display = ["org", "display"];
        let org: Org = self.run(&display).await.map_err(Error::SalesforceCli)?;
        // What is hidden is replaced by words; a token has none.
        let shown =
            org.access_token.filter(|token| !token.is_empty() && !token.contains(['[', ' ']));
        let token = match shown {
            Some(token) => SecretString::from(token),
            None => {
                let show = ["org", "auth", "show-access-token"];
                self.run::<Token>(&show).await.map_err(Error::SalesforceCli)?.access_token
            }
        };
        let instance = Environment::parse(&org.instance_url)?;
        Ok(Session::new(instance.as_url().clone(), token))
    }
}
