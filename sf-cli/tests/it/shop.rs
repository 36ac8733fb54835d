//! An org in this process that a configuration file names, and the person who works with it.

use std::path::PathBuf;
use std::process::Command;

use sf_emulator::{Builder, Emulator};

use crate::desk::Desk;
use crate::support::Ran;

/// A folder with a configuration file whose default org is the one of this process.
pub(crate) struct Shop {
    pub(crate) desk: Desk,
}

impl Shop {
    pub(crate) async fn new() -> Self {
        Self::with(|org| org).await
    }

    pub(crate) async fn with(settings: impl FnOnce(Builder) -> Builder) -> Self {
        let shop = Self { desk: Desk::with(settings).await };
        shop.terms("");
        shop
    }

    pub(crate) fn org(&self) -> &Emulator {
        &self.desk.org
    }

    /// Writes the configuration anew, with these further keys of the org.
    pub(crate) fn terms(&self, keys: &str) {
        let text = format!(
            "default_org = \"acme\"\n\n[orgs.acme]\nlogin_url = \"{}\"\nclient_id = \"{}\"\n\
             client_secret_env = \"ACME_SECRET\"\n{keys}\n",
            self.desk.org.url().as_str().trim_end_matches('/'),
            self.desk.org.client_id(),
        );
        self.file("config.toml", &text);
    }

    /// A file in the folder.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.desk.home.path().join(name);
        std::fs::write(&path, text).expect("the folder can be written");
        path
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = self.desk.command(words);
        command.env("ACME_SECRET", self.desk.org.client_secret());
        command.current_dir(self.desk.home.path());
        command
    }

    pub(crate) fn run(&self, words: &[&str]) -> Ran {
        self.command(words).output().expect("the binary starts").into()
    }

    /// What is printed by a command that succeeds.
    pub(crate) fn ok(&self, words: &[&str]) -> String {
        let ran = self.run(words);
        assert_eq!(ran.status, 0, "{words:?}: {}{}", ran.stdout, ran.stderr);
        ran.stdout
    }

    /// What is told by a command that ends with a status, without what differs from run to run.
    pub(crate) fn refused(&self, status: i32, words: &[&str]) -> String {
        let ran = self.run(words);
        assert_eq!(ran.status, status, "{words:?}: {}{}", ran.stdout, ran.stderr);
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        self.desk.masked(&ran.stderr)
    }

    /// The one cell that a query gives.
    pub(crate) fn count(&self, soql: &str) -> String {
        self.ok(&["query", soql]).trim().to_owned()
    }

    /// The id of a new contact of this name.
    pub(crate) fn contact(&self, name: &str) -> String {
        let value = format!("LastName={name}");
        let told = self.ok(&["create", "Contact", &value, "--format", "csv"]);
        told.lines().nth(1).and_then(|row| row.split(',').nth(1)).expect("a row").to_owned()
    }
}
