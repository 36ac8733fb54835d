//! Results that are kept as files: whose they are, how long, and that no name leads out of the folder.

use std::time::Duration;

use sf_agent_tools::{
    CallContext, Effect, ObjectRule, Org, Policy, ResultBounds, ResultFile, Rules, ToolError,
};
use sf_emulator::Emulator;

use crate::support::client;

async fn org_in(folder: &std::path::Path) -> (Emulator, Org) {
    let emulator = Emulator::builder().contacts(0).start().await.unwrap();
    let org = Org::builder(client(&emulator), Policy::read_only()).results_folder(folder).build();
    (emulator, org)
}

async fn keep(org: &Org, cx: &CallContext, content: &[u8]) -> Result<ResultFile, ToolError> {
    org.results().keep(cx, "../../rows.csv", "text/csv", "Rows", content).await
}

#[tokio::test]
async fn a_result_is_its_makers_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (emulator, org) = org_in(folder.path()).await;
    let (ann, bob) =
        (CallContext::default().with_identity("ann"), CallContext::default().with_identity("bob"));
    let kept = keep(&org, &ann, b"Id\n001\n").await.unwrap();
    assert_eq!((kept.file_name.as_str(), kept.bytes), ("_.._rows.csv", 7));
    assert_eq!(kept.uri(), format!("salesforce://results/{}", kept.id));
    assert_eq!(org.results().list(&ann).await.unwrap(), std::slice::from_ref(&kept));
    assert_eq!(org.results().get(&ann, &kept.uri()).await.unwrap(), kept);
    assert_eq!(org.results().read(&ann, &kept.id, 3, 100).await.unwrap(), b"001\n");
    assert_eq!(org.results().read(&ann, &kept.id, 3, 2).await.unwrap(), b"00");
    assert_eq!(org.results().read(&ann, &kept.id, 900, 2).await.unwrap(), b"");

    assert!(org.results().list(&bob).await.unwrap().is_empty());
    let error = org.results().get(&bob, &kept.id).await.unwrap_err();
    assert!(error.message.starts_with("There is no such result"), "{error}");

    // Another process of the same user finds it; one under other rules does not.
    let again =
        Org::builder(client(&emulator), Policy::read_only()).results_folder(folder.path()).build();
    assert_eq!(again.results().get(&ann, &kept.id).await.unwrap(), kept);
    let rules = Rules::new().object("Account", ObjectRule::new([Effect::Read]).unwrap()).unwrap();
    let strict = Org::builder(client(&emulator), Policy::by_rules(rules))
        .results_folder(folder.path())
        .build();
    assert!(strict.results().get(&ann, &kept.id).await.is_err());
    assert!(strict.results().list(&ann).await.unwrap().is_empty());
}

#[tokio::test]
async fn no_name_leads_out_of_the_folder() {
    let outer = tempfile::tempdir().unwrap();
    std::fs::write(outer.path().join("secret.csv"), "CANARY").unwrap();
    let (_emulator, org) = org_in(&outer.path().join("results")).await;
    let cx = CallContext::default();
    let kept = keep(&org, &cx, b"x").await.unwrap();
    let names = [
        "../secret.csv",
        "..",
        "",
        "/etc/passwd",
        "secret",
        "r0000000000000000000\u{0}",
        "salesforce://results/../secret",
        "salesforce://results/",
        "r../../../../../secret",
        "R00000000000000000000",
        "r0000000000000000000g",
    ];
    for name in names {
        assert!(org.results().read(&cx, name, 0, 100).await.is_err(), "{name:?}");
    }
    // A link in the place of a result is not followed, nor one of another size.
    let path = org.results().path(&cx, &kept.id).await.unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for entry in std::fs::read_dir(path.parent().unwrap()).unwrap() {
            let mode = entry.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let mode = std::fs::metadata(path.parent().unwrap()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(outer.path().join("secret.csv"), &path).unwrap();
        assert!(org.results().read(&cx, &kept.id, 0, 100).await.is_err());
        std::fs::remove_file(&path).unwrap();
    }
    std::fs::write(&path, "longer than before").unwrap();
    assert!(org.results().read(&cx, &kept.id, 0, 100).await.is_err());
}

#[tokio::test]
async fn the_oldest_go_first_and_none_stays_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let emulator = Emulator::builder().contacts(0).start().await.unwrap();
    let bounded = |bytes, lifetime| {
        let mut bounds = ResultBounds::default();
        (bounds.bytes, bounds.lifetime) = (bytes, lifetime);
        Org::builder(client(&emulator), Policy::read_only())
            .results_folder(folder.path())
            .results_bounds(bounds)
            .build()
    };
    let cx = CallContext::default();
    let org = bounded(100, Duration::from_secs(3600));
    let first = keep(&org, &cx, &[1; 40]).await.unwrap();
    let second = keep(&org, &cx, &[2; 40]).await.unwrap();
    let third = keep(&org, &cx, &[3; 40]).await.unwrap();
    let left = org.results().list(&cx).await.unwrap();
    assert_eq!(left, [third, second], "without {first:?}");
    let error = keep(&org, &cx, &[4; 101]).await.unwrap_err();
    assert!(error.message.starts_with("The result is larger than results may be"), "{error}");
    let files = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files % 2, 0, "nothing is left of what was given up");

    let brief = bounded(100, Duration::ZERO);
    assert!(brief.results().list(&cx).await.unwrap().is_empty());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_private_folder_goes_with_the_org() {
    let emulator = Emulator::builder().contacts(0).start().await.unwrap();
    let org = Org::new(client(&emulator), Policy::read_only());
    let cx = CallContext::default();
    let kept = keep(&org, &cx, b"x").await.unwrap();
    let path = org.results().path(&cx, &kept.id).await.unwrap();
    assert!(path.exists());
    drop(org);
    assert!(!path.exists() && !path.parent().unwrap().exists());
}
