//! What processes that were killed leave in the folder for temporary files.

#![cfg(unix)]

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, SystemTime};

use crate::support::{Ran, sf_agent};

/// An embedded org with a certificate, whose variables are printed.
fn emulate(temp: &Path) -> Child {
    let mut command = sf_agent();
    command.args(["emulate", "--tls", "--port", "0", "--print-env"]).env("TMPDIR", temp);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.starts_with("export SF_CA_FILE=")), "it names the file");
    child
}

fn names(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().flatten();
    let mut names: Vec<String> =
        names.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_certificate_of_an_org_that_was_killed_goes_with_the_next() {
    let temp = tempfile::tempdir().unwrap();
    let mut first = emulate(temp.path());
    first.kill().unwrap();
    first.wait().unwrap();
    let left = names(temp.path());
    assert!(left.len() == 1 && left[0].starts_with("sf-agent-ca-"), "{left:?}");
    // One that is new may be of a process that is about to take hold of it.
    let old = SystemTime::now() - Duration::from_secs(3_600);
    let file = File::options().write(true).open(temp.path().join(&left[0])).unwrap();
    file.set_modified(old).unwrap();

    let mut second = emulate(temp.path());
    let now = names(temp.path());
    assert!(now.len() == 1 && now != left, "{now:?}");
    // One that is in use stays, however old it is.
    let file = File::options().write(true).open(temp.path().join(&now[0])).unwrap();
    file.set_modified(old).unwrap();
    let mut third = emulate(temp.path());
    assert!(names(temp.path()).len() == 2 && names(temp.path()).contains(&now[0]));
    for child in [&mut second, &mut third] {
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[test]
fn results_of_a_process_that_was_killed_go_with_the_next() {
    let temp = tempfile::tempdir().unwrap();
    let folder = |name: &str| {
        let folder = temp.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("r0.csv"), "Id\n").unwrap();
        File::create_new(folder.join("lock")).unwrap()
    };
    drop(folder("sf-agent-results-left"));
    let held = folder("sf-agent-results-held");
    held.lock().unwrap();
    let mut command = sf_agent();
    let soql = r#"{"soql": "SELECT Id FROM Account"}"#;
    command.args(["tools", "call", "salesforce_bulk_query", soql]).env("TMPDIR", temp.path());
    let ran = Ran::from(command.stdin(Stdio::null()).output().unwrap());
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert_eq!(names(temp.path()), ["sf-agent-results-held"], "nor is its own left");
}
