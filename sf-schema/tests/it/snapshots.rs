//! Snapshots: a catalog that starts from a file, and files that cannot be used.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sf_auth::StaticCredentials;
use sf_emulator::Emulator;
use sf_schema::{Catalog, Error, Snapshot};

use crate::support::{changed_describe, client, org};

/// As another process of the same user would make it.
fn catalog(org: &Emulator, lifetime: Duration) -> Catalog {
    let identity = format!("{}/{}", org.org_id(), org.user_id());
    Catalog::builder(client(org)).identity(identity).lifetime(lifetime).build()
}

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_warm_start_costs_no_body() {
    let org = org().await;
    let first = catalog(&org.org, HOUR);
    first.objects().await.unwrap();
    for name in ["Account", "Lead", "Invoice__c"] {
        first.object(name).await.unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("schema");
    first.snapshot().await.unwrap().save(&path).unwrap();

    // Within the lifetime nothing is asked for.
    org.org.clear_requests();
    let warm = catalog(&org.org, HOUR);
    let restored = warm.start_from(&path).await.unwrap();
    assert_eq!((restored.objects, restored.warning.is_none()), (3, true));
    let kept = warm.object("lead").await.unwrap();
    let fresh = first.object("Lead").await.unwrap();
    assert_eq!((&kept.fields, &kept.children), (&fresh.fields, &fresh.children));
    assert_eq!((&kept.record_types, &kept.label), (&fresh.record_types, &fresh.label));
    assert_eq!(*warm.objects().await.unwrap(), *first.objects().await.unwrap());
    assert_eq!(org.describes(), 0);

    // After it each costs a 304, and one that changed comes anew.
    let old = catalog(&org.org, Duration::ZERO);
    old.start_from(&path).await.unwrap();
    old.object("Account").await.unwrap();
    old.objects().await.unwrap();
    assert_eq!(org.describe_statuses(), [304, 304]);
    changed_describe(&org.org, "Lead", |raw| raw["label"] = "Prospect".into()).await;
    assert_eq!(old.object("Lead").await.unwrap().label, "Prospect");
}

#[tokio::test]
async fn the_file_is_its_owner_s_alone_and_holds_no_secret() {
    use std::os::unix::fs::PermissionsExt as _;
    let org = org().await;
    let token = org.org.issue_token();
    let credentials = StaticCredentials::new(org.org.url().as_str(), token.clone()).unwrap();
    let client = sf_rest::Client::new(Arc::new(credentials)).unwrap();
    let catalog = Catalog::builder(client).identity(org.org.user_id()).build();
    catalog.object("Account").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("schema");
    std::fs::write(&path, "older").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    catalog.snapshot().await.unwrap().save(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(org.org.user_id()));
    assert!(!text.contains(&token));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
}

/// The file as it is, and what a catalog says of it.
async fn warning(org: &Emulator, path: &Path) -> String {
    let catalog = catalog(org, HOUR);
    let restored = catalog.start_from(path).await.unwrap();
    assert_eq!(restored.objects, 0);
    catalog.object("Account").await.unwrap();
    let text = restored.warning.unwrap().to_string();
    text.replace(&path.display().to_string(), "FILE")
}

#[tokio::test]
async fn a_damaged_file_is_told_and_fetched_anew() {
    let org = org().await;
    let first = catalog(&org.org, HOUR);
    first.object("Account").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("schema");
    first.snapshot().await.unwrap().save(&path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let mut told = Vec::new();
    let body = whole.iter().position(|b| *b == b'\n').unwrap() + 1;
    let swapped =
        |from: &str, to: &str| String::from_utf8(whole.clone()).unwrap().replacen(from, to, 1);
    for damaged in [
        whole[..whole.len() - 7].to_vec(),
        Vec::new(),
        b"{}".to_vec(),
        swapped("\"version\":1", "\"version\":9").into_bytes(),
        swapped("Industry", "Industrz").into_bytes(),
        swapped("sf-schema snapshot", "holiday photo").into_bytes(),
        whole[body..].to_vec(),
    ] {
        std::fs::write(&path, damaged).unwrap();
        told.push(warning(&org.org, &path).await);
    }
    let text = told.join("\n");
    let length = (whole.len() - body).to_string();
    let text = text.replace(&length, "N").replace(&(whole.len() - body - 7).to_string(), "N-7");
    insta::assert_snapshot!(text, @r#"
    the snapshot FILE is not used: N-7 of N bytes are there; the schema is fetched anew
    the snapshot FILE is not used: its first line is not that of a schema snapshot; the schema is fetched anew
    the snapshot FILE is not used: its first line is not that of a schema snapshot; the schema is fetched anew
    the snapshot FILE is not used: it is of the format's version 9, and this program reads 1; the schema is fetched anew
    the snapshot FILE is not used: its checksum is wrong; the schema is fetched anew
    the snapshot FILE is not used: it says it is "holiday photo"; the schema is fetched anew
    the snapshot FILE is not used: its first line is not that of a schema snapshot; the schema is fetched anew
    "#);
    let missing = catalog(&org.org, HOUR).start_from(&folder.path().join("none")).await.unwrap();
    assert!(missing.warning.is_none());
}

#[tokio::test]
async fn another_user_s_snapshot_is_not_used() {
    let org = org().await;
    let first = catalog(&org.org, HOUR);
    first.object("Account").await.unwrap();
    let mut snapshot: Snapshot = first.snapshot().await.unwrap();
    snapshot.identity = "00D000000000001AAA/005000000000001AAA".to_owned();
    let error = catalog(&org.org, HOUR).restore(snapshot.clone()).await.unwrap_err();
    assert!(matches!(error, Error::SnapshotOfAnother { .. }), "{error}");
    // A session that does not say whose it is has its own view.
    assert!(Catalog::new(client(&org.org)).restore(snapshot).await.is_err());
}

#[tokio::test]
async fn times_in_the_future_are_not_believed() {
    let org = org().await;
    let first = catalog(&org.org, HOUR);
    first.object("Account").await.unwrap();
    let mut snapshot = first.snapshot().await.unwrap();
    snapshot.objects[0].checked_at += HOUR;
    let warm = catalog(&org.org, HOUR);
    warm.restore(snapshot).await.unwrap();
    warm.object("Account").await.unwrap();
    assert_eq!(org.describe_statuses(), [200, 304]);
}
