//! Describes in files.

use serde_json::json;
use sf_schema::{CheckedDescribe, DescribeFolder, Diff, FolderWriter, check_folder};

use crate::support::{org, raw};

#[tokio::test]
async fn describes_are_found_wherever_they_stand() {
    let org = org().await;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let account = raw(&org.org, "Account").await;
    std::fs::write(at("a.json"), account.to_string()).unwrap();
    std::fs::create_dir(at("more")).unwrap();
    let odd = json!({ "name": "Odd", "keyPrefix": null, "fields": [{ "name": "A", "type": "hologram" }, { "label": "none" },
        { "name": "P", "type": "picklist", "controllerName": "P" }] });
    let composite = json!({ "compositeResponse": [{ "body": odd }, { "body": { "name": 7, "keyPrefix": "a", "fields": [] } }] });
    std::fs::write(at("more/b.json"), composite.to_string()).unwrap();
    let list = json!({ "sobjects": [{ "name": "Account" }, {}] });
    std::fs::write(
        at("c.json"),
        json!({ "response": { "body": { "string": list.to_string() } } }).to_string(),
    )
    .unwrap();
    std::fs::write(at("d.json"), "{ \"name\": ").unwrap();
    std::fs::write(at("e.txt"), "passed over").unwrap();
    let found = check_folder(folder.path()).unwrap();
    let told: Vec<String> = found
        .iter()
        .map(|file| {
            let name = file.path.strip_prefix(folder.path()).unwrap().display();
            format!("{name}: {:?} {:?}", file.describes, file.problem)
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
            a.json: [Object { name: "Account", fields: 66, required: ["Name"], warnings: [] }] None
            c.json: [List { objects: 1 }] None
            d.json: [] Some("EOF while parsing a value at line 1 column 10")
            more/b.json: [Object { name: "Odd", fields: 2, required: [], warnings: ["1 fields without a name", "A is of the unknown type \"hologram\"", "the picklist Odd.P cannot be resolved: its controlling fields form a circle: P -> P"] }, Refused("this is not an object's describe: it has no name")] None
            "#);
    assert!(
        matches!(&found[0].describes[0], CheckedDescribe::Object { warnings, .. } if warnings.is_empty())
    );
    assert!(check_folder(&at("nowhere")).unwrap_err().to_string().contains("cannot be read"));
}

#[tokio::test]
async fn a_folder_is_read_as_it_was_written() {
    let org = org().await;
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("org");
    let list = json!({ "sobjects": [{ "name": "Account" }, { "name": "Case" }] });
    let writer = FolderWriter::new(&at, &list).unwrap();
    let account = raw(&org.org, "Account").await;
    writer.add(&account).unwrap();
    // A name becomes the name of a file, so it is one.
    for name in ["../Account", "a/b", "", "C:x", "ünï"] {
        let error = writer.add(&json!({ "name": name, "fields": [] })).unwrap_err();
        assert!(error.to_string().contains("not an API name"), "{name:?}: {error}");
    }
    assert!(!at.exists(), "nothing is there before it is whole");
    writer.finish().unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let read = DescribeFolder::read(&at).unwrap();
    assert_eq!((read.index.len(), read.objects.len()), (2, 1));
    let kept = std::fs::read_to_string(at.join("sobjects/Account.json")).unwrap();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&kept).unwrap().to_string(),
        account.to_string()
    );
    let diff = Diff::between(&read, &read);
    assert!(diff.changes.is_empty() && diff.not_compared.is_empty());
    // One that is given up leaves what was there.
    drop(FolderWriter::new(&at, &json!({ "sobjects": [] })).unwrap());
    assert_eq!(DescribeFolder::read(&at).unwrap().objects.len(), 1);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// Who looks while a folder is replaced always finds a whole one.
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
#[test]
fn a_folder_that_is_replaced_is_never_away() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("org");
    let write = || {
        let list = json!({ "sobjects": [{ "name": "Account" }] });
        let writer = FolderWriter::new(&at, &list).unwrap();
        writer.add(&json!({ "name": "Account", "fields": [] })).unwrap();
        writer.finish().unwrap();
    };
    write();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let looks = scope.spawn(|| {
            let mut looks = 0;
            while !done.load(std::sync::atomic::Ordering::SeqCst) {
                assert!(at.join("sobjects/Account.json").exists(), "after {looks} looks");
                looks += 1;
            }
        });
        for _ in 0..300 {
            write();
        }
        done.store(true, std::sync::atomic::Ordering::SeqCst);
        looks.join().unwrap();
    });
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[cfg(feature = "yaml")]
#[test]
fn recordings_in_yaml_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let text = "response:\n  body:\n    string: >-\n      {\"name\": \"A\", \"keyPrefix\": null,\n      \"fields\": []}\n";
    std::fs::write(folder.path().join("a.yaml"), text).unwrap();
    std::fs::write(folder.path().join("b.yml"), "a: [").unwrap();
    let found = check_folder(folder.path()).unwrap();
    assert!(matches!(&found[0].describes[0], CheckedDescribe::Object { name, .. } if name == "A"));
    assert!(found[1].problem.is_some());
}
