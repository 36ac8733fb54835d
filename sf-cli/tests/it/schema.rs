//! `sf-agent schema`: describes kept, checked, compared, drawn and measured.

use std::path::Path;

use serde_json::{Value, json};
use sf_emulator::{Emulator, Fault, Operation};
use tempfile::TempDir;

use crate::desk::org;
use crate::support::{Ran, run, run_with};

/// Runs the binary on an org of this process.
fn run_on(org: &Emulator, words: &[&str]) -> Ran {
    let (url, token) = (org.url().to_string(), org.issue_token());
    run_with(&[("SF_INSTANCE_URL", url.as_str()), ("SF_ACCESS_TOKEN", token.as_str())], words)
}

/// A folder, and a path in it as text.
fn place(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).to_string_lossy().into_owned()
}

fn snapshot(at: &str, objects: &[&str]) {
    let ran = run(&[&["schema", "snapshot", at], objects].concat());
    assert_eq!(ran.status, 0, "{}", ran.stderr);
}

fn read(path: impl AsRef<Path>) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn change(snapshot: &str, object: &str, change: impl FnOnce(&mut Value)) {
    let path = Path::new(snapshot).join(format!("sobjects/{object}.json"));
    let mut raw = read(&path);
    change(&mut raw);
    std::fs::write(path, raw.to_string()).unwrap();
}

fn field<'a>(raw: &'a mut Value, name: &str) -> &'a mut Value {
    raw["fields"].as_array_mut().unwrap().iter_mut().find(|f| f["name"] == name).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_is_what_the_org_sends() {
    let org = org(|org| org).await;
    let folder = tempfile::tempdir().unwrap();
    let at = place(&folder, "org");
    let ran = run_on(&org, &["schema", "snapshot", &at]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
    insta::assert_snapshot!(ran.stderr.replace(&at, "<folder>"), @"
    Describing 47 of 47 objects, an API call each
    47 describes in <folder>
    ");
    let list = read(Path::new(&at).join("sobjects.json"));
    assert_eq!(list["sobjects"].as_array().unwrap().len(), 47);
    // The keys in the order of the org's own answer.
    let kept = read(Path::new(&at).join("sobjects/Account.json"));
    let raw: Value = serde_json::from_str(&run(&["describe", "Account", "--raw"]).stdout).unwrap();
    assert_eq!(kept.to_string(), raw.to_string());
    let describes = org.requests().iter().filter(|r| r.operation == Operation::Describe).count();
    assert_eq!(describes, 48, "the list, and each object once");
    // Some of it takes the place of all of it.
    let ran = run_on(&org, &["schema", "snapshot", &at, "aim deal", "Invoices", "invoice"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let mut files: Vec<_> = std::fs::read_dir(Path::new(&at).join("sobjects"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, ["AIM__Deal__c.json", "Invoice__c.json"]);
    let custom = place(&folder, "custom");
    let ran = run_on(&org, &["schema", "snapshot", &custom, "--only-custom"]);
    assert!(ran.stderr.contains(" of 47 objects"), "{}", ran.stderr);
    // Nothing is left beside them.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_is_whole_or_not_made() {
    let org = org(|org| org).await;
    let folder = tempfile::tempdir().unwrap();
    let at = place(&folder, "org");
    assert_eq!(run_on(&org, &["schema", "snapshot", &at, "Account"]).status, 0);
    org.faults()
        .push(Fault::server_error().on(Operation::Describe).path_contains("/Lead/").always());
    let ran = run_on(&org, &["schema", "snapshot", &at]);
    assert_eq!(ran.status, 5);
    assert!(ran.stderr.contains("Lead cannot be described; nothing was written"), "{}", ran.stderr);
    assert!(Path::new(&at).join("sobjects/Account.json").exists(), "the older one stays");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    // What the org lists and does not have is no reason to have nothing.
    org.faults().clear();
    let gone = r#"[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]"#;
    let gone = Fault::reply(404, "application/json", gone).on(Operation::Describe);
    org.faults().push(gone.path_contains("/Lead/").always());
    let ran = run_on(&org, &["schema", "snapshot", &at, "Lead", "Account"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("does not describe them: Lead\n1 describes in"), "{}", ran.stderr);
}

#[test]
fn what_is_no_snapshot_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let told = |at: &str| {
        let ran = run(&["schema", "snapshot", at, "Account"]);
        assert_eq!(ran.status, 1, "{}", ran.stderr);
        let error = ran.stderr.lines().find(|line| line.starts_with("error")).unwrap().to_owned();
        error.replace(&place(&folder, ""), "<folder>/")
    };
    std::fs::write(place(&folder, "file"), "mine").unwrap();
    insta::assert_snapshot!(told(&place(&folder, "file")), @"error: <folder>/file is not of a folder of describes: it is not a folder");
    insta::assert_snapshot!(told(&place(&folder, "")), @"error: <folder>/ is not of a folder of describes: it holds file; choose another folder");
    let at = place(&folder, "a");
    std::fs::create_dir_all(Path::new(&at).join("sobjects/deep.json")).unwrap();
    insta::assert_snapshot!(told(&at), @"error: <folder>/a/sobjects/deep.json is not of a folder of describes: it is no describe; choose another folder");
    insta::assert_snapshot!(told(&place(&folder, "none/below")), @"error: the snapshot <folder>/none/below cannot be used");
    assert_eq!(std::fs::read(place(&folder, "file")).unwrap(), b"mine");
    let ran = run(&["schema", "snapshot", &place(&folder, "b"), "Accont"]);
    insta::assert_snapshot!(ran.stderr, @r#"error: there is no one object "Accont"; did you mean Account, AccountShare?"#);
    assert!(!Path::new(&place(&folder, "b")).exists());
}

#[test]
fn describes_are_checked_wherever_they_stand() {
    let folder = tempfile::tempdir().unwrap();
    snapshot(&place(&folder, "org"), &["Invoice_Line__c", "Lead"]);
    let ran = run(&["schema", "check", &place(&folder, "")]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let describe = read(folder.path().join("org/sobjects/Lead.json")).to_string();
    // A recorded reply, with the describe as a text in it.
    let recording = json!({ "interactions": [{ "response": { "body": { "string": describe } } }] });
    std::fs::write(place(&folder, "recording.yaml"), recording.to_string()).unwrap();
    std::fs::write(place(&folder, "broken.json"), "{").unwrap();
    let odd = json!({ "name": "Odd__c", "keyPrefix": null, "fields": [{ "name": "A__c", "type": "hologram" }] });
    let nameless = json!({ "keyPrefix": null, "fields": [] });
    std::fs::write(place(&folder, "odd.json"), json!([odd, nameless]).to_string()).unwrap();
    let ran = run(&["schema", "check", &place(&folder, "")]);
    assert_eq!(ran.status, 1);
    insta::assert_snapshot!(ran.stdout, @r#"
    object           fields  required on create         odd                                     file
    Odd__c           1       nothing                    A__c is of the unknown type "hologram"  odd.json
    Invoice_Line__c  15      Invoice__c, Unit_Price__c  -                                       org/sobjects/Invoice_Line__c.json
    Lead             63      LastName, Company          -                                       org/sobjects/Lead.json
    (list)           -       -                          47 objects                              org/sobjects.json
    Lead             63      LastName, Company          -                                       recording.yaml
    "#);
    insta::assert_snapshot!(ran.stderr, @"
    4 describes and a list of objects in 6 files
    error: 2 did not load:
      broken.json: EOF while parsing an object at line 1 column 1
      odd.json: this is not an object's describe: it has no name
    ");
    let empty = tempfile::tempdir().unwrap();
    let ran = run(&["schema", "check", &place(&empty, "")]);
    assert!(ran.status == 1 && ran.stderr.contains("there is no describe below"), "{}", ran.stderr);
}

#[test]
fn what_breaks_is_told_apart_from_what_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (place(&folder, "old"), place(&folder, "new"));
    for at in [&old, &new] {
        snapshot(at, &["Invoice__c", "Contact"]);
    }
    let same = run(&["schema", "diff", &old, &new]);
    assert_eq!((same.status, same.stdout.as_str()), (0, ""), "{}", same.stderr);

    change(&old, "Invoice__c", |raw| {
        raw["fields"].as_array_mut().unwrap().retain(|f| f["name"] != "Amount__c");
        field(raw, "Due_Date__c")["nillable"] = json!(true);
        field(raw, "External_Id__c")["unique"] = json!(false);
        field(raw, "Name")["length"] = json!(255);
    });
    let ran = run(&["schema", "diff", &old, &new]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    insta::assert_snapshot!(ran.stdout, @"
    Invoice__c.Name: takes at most 80 characters, was 255 (breaks)
    Invoice__c.Due_Date__c: required on create now (breaks)
    Invoice__c.External_Id__c: no two records may have the same value now (breaks)
    Invoice__c.Amount__c: new field, required on create (breaks)
    ");
    insta::assert_snapshot!(ran.stderr, @"4 changes, 4 of which break callers");
    // The other way round it is what is gone.
    let ran = run(&["schema", "diff", &new, &old, "--format", "json"]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let diff: Value = serde_json::from_str(&ran.stdout).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&diff["changes"][0]).unwrap(), @r#"
    {
      "object": "Invoice__c",
      "part": "Amount__c",
      "kind": "field_gone",
      "breaks": true,
      "text": "Invoice__c.Amount__c: the field is gone or not visible any more (breaks)"
    }
    "#);
    assert_eq!(diff["breaking"], 1);

    // What is only new breaks nothing; and the org itself is the newer one if none is named.
    snapshot(&old, &["Contact"]);
    change(&old, "Contact", |raw| {
        raw["fields"].as_array_mut().unwrap().retain(|f| f["name"] != "Title");
    });
    let ran = run(&["schema", "diff", &old]);
    assert_eq!(
        (ran.status, ran.stdout.as_str()),
        (0, "Contact.Title: new field\n"),
        "{}",
        ran.stderr
    );
}

#[test]
fn an_object_that_is_only_listed_is_compared_as_far_as_can_be() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (place(&folder, "old"), place(&folder, "new"));
    snapshot(&old, &["Note", "Contact"]);
    snapshot(&new, &["Contact"]);
    let path = Path::new(&new).join("sobjects.json");
    let mut list = read(&path);
    for object in list["sobjects"].as_array_mut().unwrap() {
        if object["name"] == "Note" {
            object["queryable"] = json!(false);
        }
    }
    std::fs::write(path, list.to_string()).unwrap();
    let ran = run(&["schema", "diff", &old, &new]);
    assert_eq!(ran.status, 1);
    assert_eq!(ran.stdout, "Note: the user cannot query records any more (breaks)\n");
}

#[test]
fn folders_that_cannot_be_compared() {
    let folder = tempfile::tempdir().unwrap();
    let at = place(&folder, "org");
    snapshot(&at, &["Contact"]);
    let told = |old: &str| {
        let ran = run(&["schema", "diff", old, &at]);
        assert_eq!(ran.status, 1, "{}", ran.stdout);
        ran.stderr.replace(&place(&folder, ""), "<folder>/")
    };
    insta::assert_snapshot!(told(&place(&folder, "none")), @"error: <folder>/none/sobjects.json is not of a folder of describes: there is no such folder");
    insta::assert_snapshot!(told(&place(&folder, "org/sobjects")), @"error: <folder>/org/sobjects/sobjects.json is not of a folder of describes: it is not there");
    let other = place(&folder, "other");
    snapshot(&other, &["Contact"]);
    std::fs::rename(
        Path::new(&other).join("sobjects/Contact.json"),
        Path::new(&other).join("sobjects/Lead.json"),
    )
    .unwrap();
    insta::assert_snapshot!(told(&other), @"error: <folder>/other/sobjects/Lead.json is not of a folder of describes: it holds the describe of Contact");
}

#[test]
fn every_tier_can_be_read() {
    let text = |words: &[&str]| {
        let ran = run(&[&["schema", "card"], words].concat());
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        ran
    };
    assert!(run(&["describe", "invoices"]).stdout.starts_with("Invoice__c (label"));
    assert_eq!(text(&["invoices", "--line"]).stdout, "Invoice__c \"Invoice\" a00 qcud\n");
    let small = text(&["account", "--budget", "300", "--used"]);
    insta::assert_snapshot!(small.stdout, @r#"
    Account (label "Account", plural "Accounts"), ids start with 001
    You can: query, search, create, update, delete
    Most used: Name, OwnerId
    Required on create: Name
    Writable (text unless a type is named; number = most characters): Name 255, BillingStreet textarea 255, 33 more
    Writable references -> target (path in SOQL): ParentId -> Account (Parent.…), OwnerId -> User (Owner.…), 2 more
    Read only: Id id, CreatedDate datetime, 7 more
    Read-only references -> target (path in SOQL): CreatedById -> User (CreatedBy.…), LastModifiedById -> User (LastModifiedBy.…), 1 more
    Not usable in WHERE: Description
    Children, for subqueries: 15 more
    Picklists:
    - Industry: 32 values
    - CleanStatus [only these]: 8 values
    - 10 more
    Left out for size, ask for the group or the field: writable, references, read_only, read_only_references, children, picklists
    "#);
    assert!(small.stderr.contains("left out of picklists: "), "{}", small.stderr);
    insta::assert_snapshot!(text(&["Invoice Line", "--group", "required"]).stdout, @r#"
    Invoice_Line__c, group required
    Invoice__c -> Invoice__c (Invoice__r.…) (on create only) "Invoice" required
    Unit_Price__c currency 16.2 "Unit Price" required
    "#);
    let field = text(&["Account", "--field", "account rating"]);
    assert!(field.stdout.contains("Values: Hot | Warm | Cold"), "{}", field.stdout);

    let folder = tempfile::tempdir().unwrap();
    let notes = place(&folder, "notes.json");
    std::fs::write(&notes, r#"{ "contact": { "note": "One row a person." } }"#).unwrap();
    let noted = text(&["Contact", "--layout", "--notes", &notes]);
    assert!(
        noted.stdout.contains("Administrator's note: One row a person.\nMost used: "),
        "{}",
        noted.stdout
    );

    let told = |words: &[&str]| {
        let ran = run(&[&["schema", "card"], words].concat());
        let known = if words == ["Acount"] { 3 } else { 1 };
        assert_eq!(ran.status, known, "{}", ran.stdout);
        ran.stderr
    };
    insta::assert_snapshot!(told(&["Account", "--group", "fields"]), @r#"error: there is no group "fields"; the groups are all, required, writable, picklists, references, read_only, read_only_references, external_ids, not_filterable, custom, noted, children, record_types"#);
    insta::assert_snapshot!(told(&["Account", "--field", "billing"]), @r#"error: Account has no field "billing"; nearest: BillingCity (one name holds the other), BillingState (one name holds the other), BillingStreet (one name holds the other), BillingAddress (one name holds the other), BillingCountry (one name holds the other)"#);
    insta::assert_snapshot!(told(&["Acount"]), @r#"error: there is no object "Acount" that this user can see; did you mean Account, AccountShare?"#);
}

#[test]
fn sizes_keep_what_is_promised() {
    let ran = run(&["schema", "sizes"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(lines[0].contains("describe") && lines[0].contains("card in 500"), "{}", lines[0]);
    for (at, object) in
        ["Account", "Contact", "Opportunity", "Case", "Lead", "Event", "Account_of_250"]
            .iter()
            .enumerate()
    {
        let cells: Vec<&str> =
            lines[at + 1].split("  ").map(str::trim).filter(|c| !c.is_empty()).collect();
        assert_eq!(&cells[0], object);
        let tokens = |at: usize| cells[at].rsplit(" / ").next().unwrap().parse::<usize>().unwrap();
        let budgets = [(4, 2_000), (5, 2_000), (6, 500), (7, 2_000)];
        assert!(budgets.iter().all(|(at, most)| tokens(*at) <= *most), "{cells:?}");
        assert!(*object == "Account_of_250" || tokens(4) < 1_000, "{cells:?}");
    }
    // The estimate may cost room, and must not cost a budget.
    let estimate = lines.last().unwrap();
    assert!(
        estimate.starts_with("the estimate that budgets are kept by is ")
            && !estimate.contains("is -"),
        "{estimate}"
    );
    let one = run(&["schema", "sizes", "invoice"]);
    assert_eq!(one.stdout.lines().nth(1).unwrap().split(' ').next(), Some("Invoice__c"));
}

#[test]
fn a_diagram_of_objects_and_their_references() {
    let ran = run(&["schema", "diagram", "invoice line", "Invoice__c", "invoice"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    insta::assert_snapshot!(ran.stdout, @"
    erDiagram
        Invoice_Line__c {
            id Id PK
            string Name
            reference Invoice__c FK \"required\"
            currency Unit_Price__c \"required\"
            string Line_Key__c UK
        }
        Invoice__c {
            id Id PK
            string Name
            currency Amount__c \"required\"
            date Due_Date__c \"required\"
            string External_Id__c UK
            string Order_Ref__c UK
        }
        Invoice__c ||--o{ Invoice_Line__c : Invoice__c
    ");
}
