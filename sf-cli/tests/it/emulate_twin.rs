//! The twin of an org: sampled, started from the folder, kept in a file.

use std::path::Path;

use serde_json::Value;

use crate::emulate::Org;
use crate::support::{run, run_with};

fn rows(folder: &Path, object: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join(format!("{object}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn sample(org: &Org, folder: &Path, words: &[&str]) -> String {
    let env = org.only(&["SF_INSTANCE_URL", "SF_ACCESS_TOKEN"]);
    let words = [&["emulate", "--sample", folder.to_str().unwrap()], words].concat();
    let ran = run_with(&env, &words);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, ""), "{}", ran.stderr);
    ran.stderr.replace(folder.to_str().unwrap(), "twin")
}

fn asked(org: &Org, soql: &str) -> String {
    let env = org.only(&["SF_INSTANCE_URL", "SF_ACCESS_TOKEN"]);
    let ran = run_with(&env, &["query", soql, "--format", "json"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    ran.stdout
}

/// Starts a twin with as many contacts as it is told to have.
fn twin(folder: &Path, words: &[&str]) -> Org {
    let folder = folder.to_str().unwrap();
    let words = [&["--describe", folder, "--data", folder], words].concat();
    Org::start_with(&words, 8)
}

#[test]
fn a_sample_holds_rows_with_their_parents_and_starts_as_a_twin() {
    let (org, folder) = (Org::start(), tempfile::tempdir().unwrap());
    let told = sample(&org, folder.path(), &["invoice__c", "Case", "--rows", "7"]);
    insta::assert_snapshot!(told, @"
    The rows are those of real people: keep the folder as you keep such data, or give --mask.
    Invoice__c: 7 rows
    Case: 7 rows
    Account: 13 rows as parents
    Contact: 12 rows as parents
    Group: 1 row as parents
    User: 5 rows as parents
    Account: 4 rows as parents
    Contact: 3 rows as parents
    Profile: 4 rows as parents
    UserRole: 3 rows as parents
    Account: 3 rows as parents
    In twin: 62 rows, objects: 8
    Start the twin: sf-agent emulate --describe twin --data twin
    ");
    assert_eq!(rows(folder.path(), "Case").len(), 7);

    let twin = twin(folder.path(), &[]);
    for soql in [
        "SELECT FIELDS(ALL) FROM Invoice__c ORDER BY Id LIMIT 200",
        "SELECT CaseNumber, Account.Name, Contact.Name, Owner.Name FROM Case ORDER BY Id",
        "SELECT Name, Profile.Name, UserRole.Name FROM User ORDER BY Id",
    ] {
        let (left, right) = (asked(&org, soql), asked(&twin, soql));
        let missing: Vec<&str> = right.lines().filter(|row| !left.contains(row)).collect();
        assert!(missing.is_empty() && !right.is_empty(), "{soql}\n{missing:?}");
    }
    let described = |org: &Org, object: &str| {
        let env = org.only(&["SF_INSTANCE_URL", "SF_ACCESS_TOKEN"]);
        run_with(&env, &["describe", object, "--raw"]).stdout
    };
    for object in ["Invoice__c", "Case", "Account", "User"] {
        assert_eq!(described(&org, object), described(&twin, object));
    }
    let unsampled = run_with(
        &twin.only(&["SF_INSTANCE_URL", "SF_ACCESS_TOKEN"]),
        &["query", "SELECT Id FROM Lead"],
    );
    assert_eq!(unsampled.status, 1);
}

#[test]
fn masked_texts_are_nobody_s() {
    let (org, folder) = (Org::start(), tempfile::tempdir().unwrap());
    let told = sample(&org, folder.path(), &["Contact", "--rows", "30", "--mask"]);
    assert!(!told.contains("real people"), "{told}");
    let env = org.only(&["SF_INSTANCE_URL", "SF_ACCESS_TOKEN"]);
    let real =
        run_with(&env, &["query", "SELECT LastName, Email FROM Contact", "--format", "json"])
            .stdout;
    let real: Vec<Value> = real.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for row in rows(folder.path(), "Contact") {
        for key in ["LastName", "Email"] {
            let text = row[key].as_str().unwrap_or_default();
            assert!(text.is_empty() || !real.iter().any(|real| real[key] == text), "{text}");
        }
    }
    // Lookups and names of the setup hold.
    let twin = twin(folder.path(), &[]);
    let profiles =
        asked(&twin, "SELECT Profile.Name FROM User WHERE Profile.Name = 'System Administrator'");
    assert_eq!(profiles.lines().count(), 1, "{profiles}");
    assert!(asked(&twin, "SELECT Id FROM Contact WHERE Account.Name != null").lines().count() > 5);
}

#[cfg(unix)]
#[test]
fn its_files_are_for_their_owner_and_are_not_written_over() {
    use std::os::unix::fs::PermissionsExt;

    let (org, folder) = (Org::start(), tempfile::tempdir().unwrap());
    sample(&org, folder.path(), &["Product2"]);
    let mode = folder.path().join("Product2.json").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let env = org.only(&["SF_INSTANCE_URL", "SF_ACCESS_TOKEN"]);
    let path = folder.path().to_str().unwrap();
    let again = run_with(&env, &["emulate", "--sample", path]);
    assert_eq!(again.status, 1);
    insta::assert_snapshot!(again.stderr.replace(path, "twin"), @"error: twin has rows already (Product2.json); give a new folder, or remove them");
    let unknown = run_with(&env, &["emulate", "--sample", "nowhere", "Nope"]);
    insta::assert_snapshot!(unknown.stderr, @"error: Nope is no object that this user can query; `sf-agent objects` lists them");
    assert!(!Path::new("nowhere").exists());
}

#[test]
fn without_names_it_takes_the_usual_and_the_custom_objects() {
    let (org, folder) = (Org::start(), tempfile::tempdir().unwrap());
    let told = sample(&org, folder.path(), &["--rows", "3"]);
    assert!(told.contains("Account: 3 rows") && told.contains("BigTable__c: 3 rows"), "{told}");
    let twin = twin(folder.path(), &[]);
    assert_eq!(asked(&twin, "SELECT Id FROM BigTable__c").lines().count(), 3);
}

#[test]
fn a_twin_in_a_file_is_locked_and_comes_back() {
    let (org, folder) = (Org::start(), tempfile::tempdir().unwrap());
    sample(&org, folder.path(), &["Product2", "--rows", "4"]);
    let file = folder.path().join("twin.db");
    let file = file.to_str().unwrap();
    let first = twin(folder.path(), &["--database", file]);
    let second = run(&["emulate", "--database", file]);
    assert_eq!(second.status, 1);
    assert!(second.stderr.contains("is in use by another process, number "), "{}", second.stderr);
    drop(first);
    // Killed, not ended; the file knows its schema.
    let again = Org::start_with(&["--database", file], 8);
    assert_eq!(asked(&again, "SELECT Id FROM Product2").lines().count(), 4);
}

#[test]
fn a_folder_that_does_not_fit_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    std::fs::write(folder.path().join("Account.csv"), "Name,ParentId\nx,lost\n").unwrap();
    let data = run(&["emulate", "--data", path]);
    std::fs::write(folder.path().join("Thing__c.json"), r#"{"name": "Thing__c"}"#).unwrap();
    let describe = run(&["emulate", "--describe", path]);
    assert_eq!((data.status, describe.status), (1, 1));
    insta::assert_snapshot!([data.stderr, describe.stderr].concat().replace(path, "twin"), @"
    error: the embedded org does not start
      because: cannot open the org's data
      because: lookups that name no record among the rows: 1
      Account.ParentId: 1, such as lost in record 001dE0000000001QAA
    Add those records, or allow dangling lookups, which empties them.
    error: the embedded org does not start
      because: cannot open the org's data
      because: twin/Thing__c.json: $.fields is missing; it must be the array of the object's fields; describe the object anew, or mend the file
    ");
}
