//! A person's computer: an org to log in to, and a folder for accounts.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::thread::JoinHandle;

use sf_emulator::{Builder, Emulator};
use tempfile::TempDir;

use crate::browser::Browser;
use crate::support::{Ran, sf_agent};

/// An org in this process with these settings, and a folder of accounts.
pub(crate) struct Desk {
    pub(crate) org: Emulator,
    pub(crate) home: TempDir,
}

/// A command that waits for a person.
pub(crate) struct Waiting {
    child: std::process::Child,
    /// The address that it printed.
    pub(crate) url: String,
    stderr: JoinHandle<String>,
}

pub(crate) async fn org(settings: impl FnOnce(Builder) -> Builder) -> Emulator {
    let builder = Emulator::builder().contacts(200).cache_dir(env!("CARGO_TARGET_TMPDIR"));
    settings(builder).start().await.expect("the org starts")
}

impl Desk {
    pub(crate) async fn new() -> Self {
        Self::with(|org| org).await
    }

    pub(crate) async fn with(settings: impl FnOnce(Builder) -> Builder) -> Self {
        Self { org: org(settings).await, home: tempfile::tempdir().expect("a folder") }
    }

    /// The binary with this folder of accounts.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = sf_agent();
        command.args(words).env("SF_AGENT_HOME", self.home.path()).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, words: &[&str]) -> Ran {
        self.command(words).output().expect("the binary starts").into()
    }

    /// `login` with the app of the org, and its secret in the environment.
    pub(crate) fn login_command(&self, words: &[&str]) -> Command {
        let mut command = self.command(&["login"]);
        command.args(words).args(["--client-id", self.org.client_id()]);
        command.args(["--login-url", self.org.url().as_str()]);
        command.env("SF_CLIENT_SECRET", self.org.client_secret());
        command
    }

    pub(crate) fn login(&self, words: &[&str]) -> Ran {
        self.login_command(words).output().expect("the binary starts").into()
    }

    /// Begins a login in a browser.
    pub(crate) fn begin_web(&self, words: &[&str]) -> Waiting {
        let mut command = self.login_command(words);
        command.args(["--no-browser", "--port", "0"]);
        Waiting::start(command)
    }

    /// A whole login in a browser, as the administrator.
    pub(crate) async fn login_web(&self, words: &[&str]) -> Ran {
        let waiting = self.begin_web(words);
        let mut browser = Browser::new(&self.org);
        let user = self.org.username();
        browser.approve(&self.org, user, &waiting.url, "allow").await;
        waiting.finish()
    }

    /// The file of the app's key for assertions.
    pub(crate) fn key_file(&self) -> String {
        let path = self.home.path().join("key.pem");
        let pem = self.org.jwt_private_key_pem().expect("the org has a key");
        std::fs::write(&path, pem).expect("the key is written");
        path.to_string_lossy().into_owned()
    }

    /// A text in which nothing differs from run to run.
    pub(crate) fn masked(&self, text: &str) -> String {
        let url = self.org.url().as_str().trim_end_matches('/');
        text.replace(url, "https://acme.example")
            .replace(self.home.path().to_str().expect("the folder has a plain name"), "<home>")
    }

    /// Whether nothing that was printed holds a secret of the org.
    pub(crate) fn assert_no_secret(&self, ran: &Ran) {
        let printed = format!("{}{}", ran.stdout, ran.stderr);
        for secret in [self.org.client_secret(), self.org.password(), "PRIVATE KEY", "!AQ"] {
            assert!(!printed.contains(secret), "{printed}");
        }
    }
}

impl Waiting {
    /// Starts a command and reads its messages up to the last address of the first group.
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let mut reader = BufReader::new(child.stderr.take().expect("stderr is piped"));
        let (mut url, mut text) = (String::new(), String::new());
        while !url.contains('?') {
            let mut line = String::new();
            let read = reader.read_line(&mut line).expect("stderr is text");
            assert!(read > 0, "it ended without an address: {text}");
            if let Some(at) = line.find("http") {
                line[at..].trim().clone_into(&mut url);
            }
            text.push_str(&line);
        }
        let stderr = std::thread::spawn(move || {
            reader.read_to_string(&mut text).expect("stderr is text");
            text
        });
        Self { child, url, stderr }
    }

    /// Waits for its end.
    pub(crate) fn finish(mut self) -> Ran {
        let mut stdout = String::new();
        let pipe = self.child.stdout.as_mut().expect("stdout is piped");
        pipe.read_to_string(&mut stdout).expect("stdout is text");
        let status = self.child.wait().expect("the command ends").code();
        let stderr = self.stderr.join().expect("stderr was read");
        Ran { status: status.expect("the command ended by itself"), stdout, stderr }
    }
}
