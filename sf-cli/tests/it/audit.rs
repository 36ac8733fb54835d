//! `--audit`, `sf-agent audit`, and what other processes honour of what one was given.

use std::process::Stdio;

use serde_json::{Value, json};
use sf_emulator::{Emulator, Fault, Operation};
use tempfile::TempDir;

use crate::desk;
use crate::support::{Ran, sf_agent};

/// An org, a folder for keys, and a log.
struct Office {
    org: Emulator,
    home: TempDir,
}

impl Office {
    async fn new() -> Self {
        Self { org: desk::org(|org| org).await, home: tempfile::tempdir().unwrap() }
    }

    fn log(&self) -> String {
        self.home.path().join("audit.jsonl").display().to_string()
    }

    fn command(&self, words: &[&str]) -> std::process::Command {
        let mut command = sf_agent();
        command.env("SF_AGENT_HOME", self.home.path());
        command.env("SF_LOGIN_URL", self.org.url().as_str());
        command.env("SF_CLIENT_ID", self.org.client_id());
        command.env("SF_CLIENT_SECRET", self.org.client_secret());
        command.args(words).stdin(Stdio::null());
        command
    }

    fn run(&self, words: &[&str]) -> Ran {
        self.command(words).output().unwrap().into()
    }

    /// Calls a tool in a process of its own, with the log.
    fn call(&self, tool: &str, arguments: &Value) -> Value {
        let (log, arguments) = (self.log(), arguments.to_string());
        let ran = self.run(&["tools", "call", tool, &arguments, "--write", "--audit", &log]);
        assert_eq!(ran.status, 0, "{tool}: {} {}", ran.stdout, ran.stderr);
        serde_json::from_str(&ran.stdout).unwrap()
    }

    fn audit(&self, words: &[&str]) -> Ran {
        let log = self.log();
        let mut all = vec!["audit", words[0], log.as_str()];
        all.extend(&words[1..]);
        self.run(&all)
    }

    fn title(&self, id: &str) -> Value {
        let get = json!({ "object": "Contact", "id": id, "fields": ["Title"] });
        self.call("salesforce_get_record", &get)["fields"]["Title"].clone()
    }
}

fn contact(values: &Value) -> Value {
    json!({ "object": "Contact", "records": [values] })
}

fn id_of(reply: &Value) -> String {
    reply["results"][0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_is_shown_verified_and_undone() {
    let office = Office::new().await;
    let created = contact(&json!({ "LastName": "Ito", "Title": "CTO" }));
    let id = id_of(&office.call("salesforce_create_records", &created));
    let update = contact(&json!({ "Id": id, "Title": "CEO" }));
    office.call("salesforce_update_records", &update);

    let ran = office.audit(&["show"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let what: Vec<&str> = ran.stdout.lines().filter_map(|line| line.get(29..)).collect();
    assert!(what[0].starts_with("log ") && what[0].ends_with(" begun"), "{}", ran.stdout);
    assert_eq!(
        what[1..],
        [
            "salesforce_create_records: create 1 Contact: written",
            "salesforce_update_records: update 1 Contact: written"
        ]
    );
    let shown: Value = serde_json::from_str(&office.audit(&["show", "3"]).stdout).unwrap();
    assert_eq!(shown["records"][0]["before"]["Title"], "CTO");
    assert_eq!(shown["outcome"]["outcome"], "written");
    let ran = office.audit(&["verify"]);
    assert!(
        ran.stdout.starts_with("whole: 5 entries, the last with the digest "),
        "{}",
        ran.stdout
    );
    let digest = ran.stdout.trim().rsplit(' ').next().unwrap().to_owned();

    // Shown first, done with --yes.
    let ran = office.audit(&["revert", "3"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("--yes"), "{}", ran.stderr);
    assert_eq!(office.title(&id), "CEO");
    let ran = office.audit(&["revert", "3", "--yes"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert_eq!(office.title(&id), "CTO");
    assert_eq!(office.audit(&["verify", "--expect", &digest]).status, 0);

    // A log that was touched is no ground to stand on.
    let text = std::fs::read_to_string(office.log()).unwrap();
    std::fs::write(office.log(), text.replacen("CTO", "CTX", 1)).unwrap();
    for words in [&["verify"][..], &["show"], &["revert", "3", "--yes"]] {
        let ran = office.audit(words);
        assert_eq!(ran.status, 1, "{words:?}");
        assert!(ran.stderr.contains("line 2: it was changed"), "{words:?}: {}", ran.stderr);
    }
    let ran =
        office.run(&["tools", "call", "salesforce_query", "--write", "--audit", &office.log()]);
    assert!(ran.stderr.contains("not whole"), "{}", ran.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_honours_a_digest_once() {
    let office = Office::new().await;
    let call = json!({ "operations": [{ "action": "create", "object": "Contact", "records": [{ "LastName": "Twice" }] }] });
    let plan = office.call("salesforce_prepare_write", &call);
    let digest = json!({ "digest": plan["digest"] });
    let applied = office.call("salesforce_apply_write", &digest);
    assert_eq!(applied["already_applied"], false);
    let again = office.call("salesforce_apply_write", &digest);
    assert_eq!(again["already_applied"], true);
    assert_eq!(again["operations"], applied["operations"]);
    let count = json!({ "soql": "SELECT COUNT() FROM Contact WHERE LastName = 'Twice'" });
    assert_eq!(office.call("salesforce_query", &count)["rows"][0][0], 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for file in ["seal.key", "audit.jsonl", "audit.jsonl.head"] {
            let mode = std::fs::metadata(office.home.path().join(file)).unwrap().permissions();
            assert_eq!(mode.mode() & 0o777, 0o600, "{file}");
        }
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_was_killed_leaves_an_intent_without_outcome() {
    let office = Office::new().await;
    let created = contact(&json!({ "LastName": "Ito", "Title": "CTO" }));
    let id = id_of(&office.call("salesforce_create_records", &created));
    // The answer does not come while the process lives.
    let never = Fault::held();
    let (log, update) = (office.log(), contact(&json!({ "Id": id, "Title": "CEO" })).to_string());
    let words = ["tools", "call", "salesforce_update_records", &update, "--write", "--audit", &log];
    office.org.faults().push(never.clone().on(Operation::Update));
    office.kill_when_sent(&words, 4).await;

    let ran = office.audit(&["show"]);
    assert!(ran.stdout.contains("update 1 Contact: unknown"), "{}", ran.stdout);
    let shown: Value = serde_json::from_str(&office.audit(&["show", "3"]).stdout).unwrap();
    assert_eq!(shown["outcome"], "unknown");
    let ran = office.audit(&["verify"]);
    assert!(ran.stdout.contains("entry 3: no outcome"), "{}", ran.stdout);
    office.org.faults().clear();
    // It is compared with what the org has: the write did not come to pass.
    let ran = office.audit(&["revert", "3", "--yes"]);
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains("It has no outcome"), "{}", ran.stderr);
    assert!(ran.stderr.contains("nothing in entry 3 that can be undone"), "{}", ran.stderr);
    assert_eq!(office.title(&id), "CTO");

    // A create is not undone by guessing.
    let create = contact(&json!({ "LastName": "Maybe" })).to_string();
    let words = ["tools", "call", "salesforce_create_records", &create, "--write", "--audit", &log];
    office.org.faults().push(never.on(Operation::Create));
    office.kill_when_sent(&words, 5).await;
    office.org.faults().clear();
    let ran = office.audit(&["revert", "4", "--yes"]);
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains("whether it was created is not known"), "{}", ran.stderr);
}

#[cfg(unix)]
impl Office {
    /// Kills a process (SIGKILL) whose write has arrived and is not handled: by then the log has
    /// this many lines, its intent the last.
    async fn kill_when_sent(&self, words: &[&str], lines: usize) {
        let mut child = self.command(words).stderr(Stdio::null()).spawn().unwrap();
        self.org.faults().spent().await;
        let log = std::fs::read(self.log()).unwrap();
        assert_eq!(log.iter().filter(|byte| **byte == b'\n').count(), lines);
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_writes_and_not_reads() {
    let office = Office::new().await;
    let create = contact(&json!({ "LastName": "Ito" })).to_string();
    let words = ["--write", "--audit", "/dev/full"];
    let call = |tool: &str, arguments: &str| {
        let mut all = vec!["tools", "call", tool, arguments];
        all.extend(words);
        office.run(&all)
    };
    let ran = call("salesforce_create_records", &create);
    assert_eq!(ran.status, 4);
    assert!(ran.stdout.contains("ask_a_person"), "{}", ran.stdout);
    assert!(ran.stderr.contains("No space left"), "the operator is told why: {}", ran.stderr);
    let ran = call("salesforce_query", r#"{"soql": "SELECT COUNT() FROM Contact"}"#);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(!office.org.requests().iter().any(|r| r.operation.is_write()));
}
