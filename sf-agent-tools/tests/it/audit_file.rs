//! The log as a file: whatever is done to it is found, and a crash is told from tampering.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;
use sf_agent_tools::audit::{
    Audit, AuditError, AuditFile, Entry, HeadState, Outcome, Who, entries, verify,
};
use tempfile::TempDir;

fn entry(n: usize) -> Entry {
    let who = Who { identity: Some(format!("caller {n}")), ..Who::default() };
    let (tool, outcome) = ("salesforce_query".to_owned(), "ok".to_owned());
    Entry::Read { who, tool, arguments: json!({ "n": n, "text": "żółw \u{1F422}" }), outcome }
}

async fn log_of(n: usize) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let log = AuditFile::open(&path).unwrap();
    for n in 0..n {
        log.append(entry(n)).await.unwrap();
    }
    (folder, path)
}

/// The log after `change`, in a folder of its own with its head.
fn tampered(path: &Path, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("audit.jsonl");
    std::fs::write(&copy, change(std::fs::read(path).unwrap())).unwrap();
    std::fs::copy(head(path), head(&copy)).unwrap();
    (folder, copy)
}

fn head(path: &Path) -> PathBuf {
    PathBuf::from(format!("{}.head", path.display()))
}

fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect()
}

#[tokio::test]
async fn a_log_is_whole_and_says_what_it_was_told() {
    let (_folder, path) = log_of(5).await;
    let found = verify(&path, None).unwrap();
    assert_eq!((found.entries, found.torn, found.head), (6, 0, HeadState::Reached));
    assert_eq!(verify(&path, Some(&found.hash)).unwrap().entries, 6);
    let all = entries(&path).unwrap();
    assert_eq!(all[5].entry, entry(4));
    assert!(all.windows(2).all(|two| two[1].prev == two[0].hash));
    let error = verify(&path, Some("00")).unwrap_err();
    assert!(error.to_string().contains("no entry has the digest 00"), "{error}");
    // Another process goes on where this one stopped.
    AuditFile::open(&path).unwrap().append(entry(5)).await.unwrap();
    assert_eq!(verify(&path, Some(&found.hash)).unwrap().entries, 7);
}

#[tokio::test]
async fn every_changed_line_is_found() {
    let (_folder, path) = log_of(3).await;
    let whole = std::fs::read(&path).unwrap();
    let breaks: Vec<usize> = (0..whole.len()).filter(|at| whole[*at] == b'\n').collect();
    for at in 0..whole.len() {
        let (_folder, copy) = tampered(&path, |mut bytes| {
            bytes[at] = if bytes[at] == b'1' { b'2' } else { b'1' };
            bytes
        });
        let broken = verify(&copy, None).err();
        let line = breaks.iter().filter(|end| **end < at).count() as u64 + 1;
        match broken {
            Some(AuditError::Broken { line: Some(found), .. }) => {
                assert_eq!(found, line, "byte {at}");
            }
            // The last line without its end: it counts as cut, and the head knows of it.
            Some(AuditError::Broken { line: None, .. }) => assert_eq!(at, whole.len() - 1),
            other => panic!("byte {at}: {other:?}"),
        }
        assert!(AuditFile::open(&copy).is_err(), "byte {at}: nothing is appended to such a log");
    }
}

#[tokio::test]
async fn every_line_that_was_removed_added_or_moved_is_found() {
    let (_folder, path) = log_of(4).await;
    let count = lines(&std::fs::read(&path).unwrap()).len();
    let mut cases: Vec<(String, TempDir, PathBuf)> = Vec::new();
    let mut add = |what: String, change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let (folder, copy) = tampered(&path, |bytes| {
            let mut all = lines(&bytes);
            change(&mut all);
            all.concat()
        });
        cases.push((what, folder, copy));
    };
    for at in 0..count {
        add(format!("line {at} removed"), &|all| drop(all.remove(at)));
        add(format!("line {at} doubled"), &|all| all.insert(at, all[at].clone()));
        add(format!("cut before line {at}"), &|all| all.truncate(at));
        add(format!("line {at} cut short"), &|all| {
            all.truncate(at + 1);
            let half = all[at].len() / 2;
            all[at].truncate(half);
        });
        for other in at + 1..count {
            add(format!("lines {at} and {other} swapped"), &|all| all.swap(at, other));
        }
    }
    add("a blank line added".to_owned(), &|all| all.push(b"\n".to_vec()));
    for (what, _folder, copy) in cases {
        let error = verify(&copy, None).err();
        assert!(matches!(error, Some(AuditError::Broken { .. })), "{what}: {error:?}");
        assert!(AuditFile::open(&copy).is_err(), "{what}: nothing is appended to such a log");
    }
}

#[tokio::test]
async fn a_line_that_a_crash_cut_is_replaced_and_told() {
    let (_folder, path) = log_of(3).await;
    let whole = std::fs::read(&path).unwrap();
    let begun = AuditFile::open(&path).unwrap();
    begun.append(entry(3)).await.unwrap();
    let more = std::fs::read(&path).unwrap();
    for cut in [whole.len() + 1, more.len() - 30, more.len() - 1] {
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("audit.jsonl");
        std::fs::write(&copy, &more[..cut]).unwrap();
        // The head is written after the line is on disk: a crash leaves it behind.
        std::fs::write(head(&copy), head_of(&whole)).unwrap();
        let found = verify(&copy, None).unwrap();
        assert_eq!((found.entries, found.torn), (4, (cut - whole.len()) as u64));
        let log = AuditFile::open(&copy).unwrap();
        log.append(entry(4)).await.unwrap();
        let found = verify(&copy, None).unwrap();
        assert_eq!((found.entries, found.replaced, found.torn), (6, 1, 0));
        let all = entries(&copy).unwrap();
        let Entry::Torn { bytes, .. } = &all[4].entry else { panic!("{:?}", all[4]) };
        assert_eq!(*bytes, (cut - whole.len()) as u64);
    }
}

/// The head of a log that ends here.
fn head_of(log: &[u8]) -> String {
    let all = lines(log);
    let last: serde_json::Value = serde_json::from_slice(&all[all.len() - 1]).unwrap();
    format!("{:020} {}\n", last["seq"].as_u64().unwrap(), last["hash"].as_str().unwrap())
}

#[tokio::test]
async fn a_crash_in_the_very_first_line_leaves_a_new_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    std::fs::write(&path, "{\"seq\":0,\"at\":\"2026-0").unwrap();
    AuditFile::open(&path).unwrap().append(entry(0)).await.unwrap();
    assert_eq!(verify(&path, None).unwrap().entries, 2);
    // Another's file is left alone.
    for text in ["my notes", "my notes\n", "{\"seq\":1"] {
        std::fs::write(&path, text).unwrap();
        std::fs::remove_file(head(&path)).ok();
        let error = AuditFile::open(&path).unwrap_err();
        assert!(error.to_string().contains("no entry of an audit log"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writers_make_one_chain() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let logs: Vec<Arc<AuditFile>> =
        (0..4).map(|_| Arc::new(AuditFile::open(&path).unwrap())).collect();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..60 {
        let log = Arc::clone(&logs[n % logs.len()]);
        tasks.spawn(async move { log.append(entry(n)).await.unwrap() });
    }
    let mut numbers = tasks.join_all().await;
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=60).collect::<Vec<u64>>());
    assert_eq!(verify(&path, None).unwrap().entries, 61);
}

#[cfg(unix)]
#[tokio::test]
async fn a_log_that_was_moved_away_is_not_written_to() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = log_of(1).await;
    let log = AuditFile::open(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::rename(&path, folder.path().join("old.jsonl")).unwrap();
    let error = log.append(entry(1)).await.unwrap_err();
    assert!(matches!(error, AuditError::Moved { .. }), "{error}");
}

#[tokio::test]
async fn an_intent_without_outcome_is_named() {
    let (_folder, path) = log_of(1).await;
    let log = AuditFile::open(&path).unwrap();
    let intent = json!({ "kind": "intent", "who": {}, "decision": { "effects": ["create"], "mode": "free" },
        "plan": "p1", "all_or_none": true, "records": [] });
    let intent: Entry = serde_json::from_value(intent).unwrap();
    let seq = log.append(intent.clone()).await.unwrap();
    assert_eq!(verify(&path, None).unwrap().open, [seq]);
    assert_eq!(log.of_plan("p1").await.unwrap().len(), 1);
    // Nobody else may begin the same plan.
    let other = AuditFile::open(&path).unwrap();
    let error = other.append(intent).await.unwrap_err();
    assert!(matches!(error, AuditError::AlreadyApplied { .. }), "{error}");
    let (outcome, records) = ("written".to_owned(), Vec::new());
    other.append(Entry::Outcome(Outcome { of: seq, outcome, records })).await.unwrap();
    assert!(verify(&path, None).unwrap().open.is_empty());
    assert_eq!(log.of_plan("p1").await.unwrap().len(), 2);
}
