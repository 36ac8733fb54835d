//! Running the binary, with nothing of the caller's environment that names an org.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use tokio::net::TcpSocket;

/// What a run of the binary left behind.
pub(crate) struct Ran {
    /// Exit status; the tests expect one.
    pub(crate) status: i32,
    /// What was asked for.
    pub(crate) stdout: String,
    /// Everything else.
    pub(crate) stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().expect("the command ended by itself"),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        }
    }
}

/// The binary, ready to be given words and an environment.
pub(crate) fn sf_agent() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sf-agent"));
    for name in [
        "SF_LOGIN_URL",
        "SF_CLIENT_ID",
        "SF_CLIENT_SECRET",
        "SF_JWT_KEY_FILE",
        "SF_USERNAME",
        "SF_INSTANCE_URL",
        "SF_ACCESS_TOKEN",
        "SF_JWT_CERTIFICATE_FILE",
        "SF_CA_FILE",
        "SF_ORG",
        "SF_MCP_TOKEN",
        "SF_AGENT_CONFIG",
        "SF_AGENT_LOG",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
    ] {
        command.env_remove(name);
    }
    // A folder that nobody makes: the accounts of whoever runs the tests are not theirs.
    command.env("SF_AGENT_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/no-accounts"));
    command.env("NO_COLOR", "1");
    command
}

/// A port at which nobody listens, and nobody can while the socket lives.
pub(crate) fn closed_port() -> (TcpSocket, u16) {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let port = socket.local_addr().expect("it is bound").port();
    (socket, port)
}

/// Runs the binary on its embedded org.
pub(crate) fn run(words: &[&str]) -> Ran {
    sf_agent().args(words).stdin(Stdio::null()).output().expect("the binary starts").into()
}

/// Runs the binary with these variables.
pub(crate) fn run_with(env: &[(&str, &str)], words: &[&str]) -> Ran {
    let mut command = sf_agent();
    command.args(words).envs(env.iter().copied()).stdin(Stdio::null());
    command.output().expect("the binary starts").into()
}

/// Runs the binary with a text on its standard input.
pub(crate) fn run_fed(words: &[&str], input: &str) -> Ran {
    let mut child = sf_agent()
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    // Taken and dropped at the end of the statement, so that the child sees the end of input.
    child
        .stdin
        .take()
        .expect("stdin is piped")
        .write_all(input.as_bytes())
        .expect("the child reads");
    child.wait_with_output().expect("the child ends").into()
}
