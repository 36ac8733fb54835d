//! `sf-agent emulate` and what its exports are good for.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use crate::support::{run, run_with, sf_agent};

/// An org in another process, ended with the test.
pub(crate) struct Org {
    child: Child,
    /// The exports it printed.
    pub(crate) env: Vec<(String, String)>,
}

impl Org {
    /// Starts one on a free port and reads its exports.
    pub(crate) fn start() -> Self {
        Self::start_with(&[], 8)
    }

    /// With further words, and as many exports.
    pub(crate) fn start_with(words: &[&str], exports: usize) -> Self {
        let mut child = sf_agent()
            .args(["emulate", "--print-env", "--contacts", "500"])
            .args(words)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let lines = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
        let env = lines
            .take(exports)
            .map(|line| {
                let line = line.expect("the org prints its exports");
                let (name, value) =
                    line.strip_prefix("export ").and_then(|l| l.split_once('=')).unwrap();
                (name.to_owned(), value.trim_matches('\'').to_owned())
            })
            .collect();
        Self { child, env }
    }

    /// The variables of these names.
    pub(crate) fn only(&self, names: &[&str]) -> Vec<(&str, &str)> {
        self.env
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .filter(|(n, _)| names.contains(n))
            .collect()
    }
}

impl Drop for Org {
    fn drop(&mut self) {
        self.child.kill().expect("the org is running");
        self.child.wait().expect("the org ends");
    }
}

#[test]
fn its_exports_log_in_by_secret_and_by_session() {
    let org = Org::start();
    let names: Vec<_> = org.env.iter().map(|(name, _)| name.as_str()).collect();
    insta::assert_snapshot!(names.join(" "), @"SF_LOGIN_URL SF_INSTANCE_URL SF_ACCESS_TOKEN SF_CLIENT_ID SF_CLIENT_SECRET SF_USERNAME SF_PASSWORD SF_SECURITY_TOKEN");

    let count = ["query", "SELECT COUNT() FROM Contact"];
    for set in [
        &["SF_LOGIN_URL", "SF_CLIENT_ID", "SF_CLIENT_SECRET"][..],
        &["SF_INSTANCE_URL", "SF_ACCESS_TOKEN"][..],
        &names[..],
    ] {
        let ran = run_with(&org.only(set), &count);
        assert_eq!((ran.status, ran.stdout.as_str()), (0, "500\n"), "{set:?}: {}", ran.stderr);
    }
}

#[test]
fn a_wrong_secret_is_told_as_one() {
    let org = Org::start();
    let mut env = org.only(&["SF_LOGIN_URL", "SF_CLIENT_ID"]);
    env.push(("SF_CLIENT_SECRET", "not-the-secret"));
    let ran = run_with(&env, &["objects"]);
    assert_eq!(ran.status, 4);
    insta::assert_snapshot!(ran.stderr);
}

#[test]
fn a_key_file_logs_in_by_jwt_and_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key.pem");
    let org = Org::start_with(&["--jwt-key", key.to_str().unwrap()], 9);
    let env = org.only(&["SF_LOGIN_URL", "SF_CLIENT_ID", "SF_USERNAME", "SF_JWT_KEY_FILE"]);
    let ran = run_with(&env, &["query", "SELECT COUNT() FROM Contact"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "500\n"), "{}", ran.stderr);
    assert_eq!(key.metadata().unwrap().permissions().mode() & 0o777, 0o600);

    let again = run(&["emulate", "--jwt-key", key.to_str().unwrap()]);
    assert_eq!(again.status, 1, "a file that exists is not written over: {}", again.stderr);
}

#[test]
fn over_tls_the_authority_is_named_and_needed() {
    let org = Org::start_with(&["--tls"], 9);
    let login = ["SF_LOGIN_URL", "SF_CLIENT_ID", "SF_CLIENT_SECRET"];
    let count = ["query", "SELECT COUNT() FROM Contact"];
    let ran = run_with(&org.only(&[&login[..], &["SF_CA_FILE"]].concat()), &count);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "500\n"), "{}", ran.stderr);

    let untrusted = run_with(&org.only(&login), &count);
    assert_eq!(untrusted.status, 5);
    assert!(untrusted.stderr.contains("certificate"), "{}", untrusted.stderr);
}

#[test]
fn its_exports_are_enough_to_log_in_to_an_account() {
    let (org, home) = (Org::start(), tempfile::tempdir().unwrap());
    let names: Vec<_> = org.env.iter().map(|(name, _)| name.as_str()).collect();
    let mut env = org.only(&names);
    env.push(("SF_AGENT_HOME", home.path().to_str().unwrap()));
    let login = run_with(&env, &["login", "try", "--client-credentials"]);
    assert_eq!(login.status, 0, "{}", login.stderr);
    assert!(login.stdout.contains("Try: sf-agent --org try objects"), "{}", login.stdout);
    let home = ("SF_AGENT_HOME", home.path().to_str().unwrap());
    let ran = run_with(&[home], &["--org", "try", "query", "SELECT COUNT() FROM Contact"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "500\n"), "{}", ran.stderr);
}
