//! The examples of the help, on the embedded org: what is shown there can be typed.

use crate::support::{run, sf_agent};

/// Commands whose examples name nothing but what the embedded org has.
const COMMANDS: [&[&str]; 27] = [
    &["query"],
    &["find"],
    &["get"],
    &["create"],
    &["update"],
    &["upsert"],
    &["delete"],
    &["search"],
    &["bulk", "query"],
    &["bulk", "load"],
    &["report"],
    &["report", "list"],
    &["report", "describe"],
    &["report", "run"],
    &["limits"],
    &["describe"],
    &["objects"],
    &["schema", "card"],
    &["schema", "sizes"],
    &["schema", "diagram"],
    &["schema", "snapshot"],
    &["codegen", "rust"],
    &["codegen", "json-schema"],
    &["tools", "list"],
    &["tools", "show"],
    &["tools", "call"],
    &["completions"],
];

/// Files that examples read.
const FILES: [(&str, &str); 3] = [
    ("contacts.json", r#"[{"LastName": "Ito"}, {"LastName": "Ono"}]"#),
    ("contacts.csv", "LastName,Email\nIto,ito@example.com\n"),
    ("invoices.csv", "External_Id__c,Amount__c,Due_Date__c\nEXT-000001,12,2026-12-31\n"),
];

#[test]
fn each_does_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in FILES {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    for words in COMMANDS {
        let help = run(&[words, &["--help"]].concat());
        let help = help.stdout.replace("\\\n", " ");
        let lines = help.lines().map(|line| line.trim().trim_start_matches("Example: "));
        let examples: Vec<&str> = lines.filter(|line| line.starts_with("sf-agent ")).collect();
        assert!(!examples.is_empty(), "{words:?}");
        for example in examples {
            let given = shlex::split(example).unwrap();
            let given = given.iter().skip(1).take_while(|word| *word != ">");
            let ran = sf_agent().args(given).current_dir(&folder).output().unwrap();
            let told = String::from_utf8_lossy(&ran.stderr);
            // Without a terminal nobody can be asked.
            let status = if told.contains("give --yes") { 2 } else { 0 };
            assert_eq!(ran.status.code(), Some(status), "{example}: {told}");
        }
    }
}
