//! A log in several files is one log: for every process, after a crash, and for whoever checks it.

use std::path::{Path, PathBuf};

use serde_json::json;
use sf_agent_tools::audit::{Audit, AuditFile, Entry, HeadState, Who, entries, verify};

fn entry(n: usize) -> Entry {
    let (tool, outcome) = ("salesforce_query".to_owned(), "ok".to_owned());
    Entry::Read { who: Who::default(), tool, arguments: json!({ "n": n }), outcome }
}

fn part(log: &Path, number: u64) -> PathBuf {
    PathBuf::from(format!("{}.{number:06}", log.display()))
}

fn numbers(log: &Path) -> Vec<u64> {
    let all = entries(log).unwrap();
    assert!(all.windows(2).all(|two| two[1].prev == two[0].hash && two[1].seq == two[0].seq + 1));
    let number = |entry: &Entry| match entry {
        Entry::Read { arguments, .. } => arguments["n"].as_u64(),
        _ => None,
    };
    all.iter().filter_map(|stamped| number(&stamped.entry)).collect()
}

#[tokio::test]
async fn the_chain_goes_through_all_files_and_all_processes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let one = AuditFile::open(&path).unwrap().parts_of(600);
    // Two that were opened before there was a second file; one of them begins none.
    let two = AuditFile::open(&path).unwrap();
    let three = AuditFile::open(&path).unwrap().parts_of(600);
    for n in 0..30 {
        let log = [&one, &one, &one, &one, &one, &two, &three][n % 7];
        log.append(entry(n)).await.unwrap();
    }
    assert_eq!(numbers(&path), (0..30).collect::<Vec<u64>>());
    let found = verify(&path, None).unwrap();
    assert!(found.parts > 5 && part(&path, found.parts - 1).exists(), "{found:?}");
    assert!(!part(&path, found.parts).exists());
    assert_eq!((found.first, found.entries, found.head), (0, 30 + found.parts, HeadState::Reached));
    let late = AuditFile::open(&path).unwrap();
    late.append(entry(30)).await.unwrap();
    assert_eq!(numbers(&path).len(), 31);
    verify(&path, Some(&found.hash)).unwrap();

    // Tasks at the same time, on handles of their own.
    let handles: Vec<AuditFile> =
        (0..4).map(|_| AuditFile::open(&path).unwrap().parts_of(900)).collect();
    let mut tasks = tokio::task::JoinSet::new();
    for (at, log) in handles.into_iter().enumerate() {
        tasks.spawn(async move {
            for n in 0..25 {
                log.append(entry(1_000 * (at + 1) + n)).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(numbers(&path).len(), 131);
    assert_eq!(verify(&path, None).unwrap().head, HeadState::Reached);
}

#[tokio::test]
async fn what_is_done_to_a_part_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let log = AuditFile::open(&path).unwrap().parts_of(600);
    for n in 0..12 {
        log.append(entry(n)).await.unwrap();
    }
    let parts = verify(&path, None).unwrap().parts;
    assert!(parts >= 4);
    let second = std::fs::read(part(&path, 2)).unwrap();
    let changed = String::from_utf8(second.clone()).unwrap().replace("\"ok\"", "\"no\"");
    std::fs::write(part(&path, 2), changed).unwrap();
    let error = verify(&path, None).unwrap_err();
    assert!(error.to_string().contains("000002"), "{error}");
    assert!(AuditFile::open(&path).is_err());
    std::fs::write(part(&path, 2), &second[..second.len() - 5]).unwrap();
    assert!(verify(&path, None).is_err(), "a part that was cut");
    std::fs::write(part(&path, 2), &second).unwrap();
    verify(&path, None).unwrap();
    // What is before a part that is missing is not of the log any more, and that is told.
    std::fs::rename(part(&path, 2), folder.path().join("aside")).unwrap();
    let found = verify(&path, None).unwrap();
    assert!(found.first > 0 && found.parts == parts - 2, "{found:?}");
    std::fs::rename(folder.path().join("aside"), part(&path, 2)).unwrap();
    // From the beginning parts may go likewise.
    std::fs::remove_file(part(&path, 1)).unwrap();
    let found = verify(&path, None).unwrap();
    assert!(found.first > 0 && found.parts == parts - 1);
    let log = AuditFile::open(&path).unwrap().parts_of(600);
    log.append(entry(12)).await.unwrap();
    assert_eq!(numbers(&path).last(), Some(&12));
    // The last file is not another log's.
    std::fs::copy(part(&path, 2), folder.path().join("other")).unwrap();
    std::fs::rename(folder.path().join("other"), &path).unwrap();
    assert!(log.append(entry(13)).await.is_err());
}

#[tokio::test]
async fn a_crash_between_two_files_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let log = AuditFile::open(&path).unwrap();
    for n in 0..5 {
        log.append(entry(n)).await.unwrap();
    }
    // The full file has its new name already, the next one not yet the log's.
    std::fs::hard_link(&path, part(&path, 1)).unwrap();
    std::fs::write(folder.path().join("audit.jsonl.next"), "{\"seq\":6,\"at\":\"20").unwrap();
    assert_eq!(numbers(&path).len(), 5);
    let log = AuditFile::open(&path).unwrap().parts_of(600);
    for n in 5..9 {
        log.append(entry(n)).await.unwrap();
    }
    assert_eq!(numbers(&path), (0..9).collect::<Vec<u64>>());
    assert!(verify(&path, None).unwrap().parts > 1);
}
