//! Files by words of title or content, and what of a file or a list is not there.

use std::io::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use sf_agent_tools::Policy;
use sf_emulator::{Fault, Operation};

use crate::policy::world::{World, call, world};
use crate::support::{Agent, agent};

const LIST: &str = "salesforce_list_files";

async fn account(agent: &Agent) -> String {
    let first = json!({ "soql": "SELECT Id FROM Account ORDER BY Id LIMIT 1" });
    agent.ok("salesforce_query", first).await["rows"][0][0].as_str().unwrap().to_owned()
}

async fn attach(agent: &Agent, record: &str, name: &str, bytes: &[u8]) -> Value {
    let base64 = BASE64_STANDARD.encode(bytes);
    let call = json!({ "record": record, "file_name": name, "base64": base64 });
    agent.ok("salesforce_attach_file", call).await
}

/// The answer of a search that found these versions.
fn hits(files: &[&Value]) -> Fault {
    let record = |file: &&Value| {
        json!({
            "attributes": { "type": "ContentVersion" }, "Id": file["version"],
            "ContentDocumentId": file["file"], "Title": "minutes", "FileExtension": "txt",
            "ContentSize": 4, "LastModifiedDate": "2026-01-01T00:00:00.000+0000", "IsLatest": true,
        })
    };
    let found = json!({ "searchRecords": files.iter().map(record).collect::<Vec<_>>() });
    Fault::reply(200, "application/json", found.to_string()).on(Operation::Search)
}

fn titles(list: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let files = list["files"].as_array().unwrap();
    files.iter().map(|file| (text(&file["title"]), text(&file["found_in"]))).collect()
}

#[tokio::test]
async fn words_are_looked_for_in_titles_and_in_content() {
    let agent = agent().await;
    let record = account(&agent).await;
    let plan = attach(&agent, &record, "merger plan.txt", b"Nothing here").await;
    let minutes = attach(&agent, &record, "minutes.txt", b"We spoke of the merger").await;
    // The search of Salesforce finds the title, too; the file is named once.
    agent.org.faults().push(hits(&[&minutes, &plan]));
    let list = agent.ok(LIST, json!({ "words": "merger" })).await;
    let found = [("merger plan", "title"), ("minutes", "content")];
    assert_eq!(titles(&list), found.map(|(a, b)| (a.to_owned(), b.to_owned())), "{list}");
    assert_eq!(list["completeness"]["complete"], true);
    insta::assert_snapshot!(list["notes"], @r#"["Titles have the words anywhere. In content only whole words are found, and only in files that Salesforce has indexed: not in those of the last minutes, in pictures, or in every type and size."]"#);
    let request = agent.org.requests();
    let sosl = request.iter().rev().find(|r| r.operation == Operation::Search).unwrap();
    let query = sosl.query.clone().unwrap_or_default();
    assert!(query.contains("merger") && query.contains("ContentVersion"), "{query}");
    // Of a record's files those with the words in their title.
    let list = agent.ok(LIST, json!({ "record": record, "words": "PLAN merger" })).await;
    assert_eq!(titles(&list), [("merger plan".to_owned(), "-".to_owned())]);
    // What is too short for the search is looked for in titles.
    let list = agent.ok(LIST, json!({ "words": "m" })).await;
    assert!(list["files"].as_array().unwrap().len() >= 2 && list.get("notes").is_none(), "{list}");
    let many = agent.refused(LIST, json!({ "words": "a b c d e f g h i j k" })).await;
    assert_eq!(many["problems"][0]["message"], "Give at most 10 words.");
    let none = agent.refused(LIST, json!({})).await;
    assert_eq!(none["problems"][0]["message"], "Give record, words, or both.");
}

const RULES: &str = r#"
[objects.Account]
operations = ["read"]
read = ["*"]
rows = "Industry = 'Energy'"

[objects.ContentDocumentLink]
operations = ["read"]
read = ["*"]

[objects.ContentDocument]
operations = ["read"]
read = ["*"]

[objects.Attachment]
operations = ["read"]
read = ["*"]

[objects.ContentVersion]
operations = ["read"]
read = ["*"]
"#;

async fn file(world: &World, record: &str, name: &str) -> Value {
    let free = world.tools(Policy::read_write());
    let file = json!({ "record": world.ids[record], "file_name": name, "text": "the merger" });
    call(&free, "salesforce_attach_file", file).await.unwrap()
}

#[tokio::test]
async fn what_hangs_on_a_hidden_record_is_not_found_by_its_content() {
    let world = world().await;
    let open = file(&world, "account", "minutes.txt").await;
    let veiled = file(&world, "veiled_account", "VEILED.txt").await;
    let tools = world.tools(Policy::from_toml(RULES).unwrap());
    world.org.faults().push(hits(&[&veiled, &open]));
    let list = call(&tools, LIST, json!({ "words": "merger" })).await.unwrap();
    assert_eq!(titles(&list), [("minutes".to_owned(), "content".to_owned())], "{list}");
    assert!(!list.to_string().contains(veiled["file"].as_str().unwrap()), "{list}");
    // Nor is it counted: what is used of a cap would tell how many hits there were.
    let capped = format!("[caps]\nrows_per_call = 2\nrows_per_session = 100\n{RULES}");
    let tools = world.tools(Policy::from_toml(&capped).unwrap());
    let mut used = Vec::new();
    for found in [&[][..], &[&veiled, &veiled, &veiled], &[&veiled, &open]] {
        world.org.faults().push(hits(found));
        let list = call(&tools, LIST, json!({ "words": "merger" })).await.unwrap();
        assert_eq!(list["completeness"]["complete"], true, "{list}");
        let budget = call(&tools, "salesforce_api_budget", json!({})).await.unwrap();
        used.push(budget["session"][0]["used"].as_u64().unwrap());
    }
    assert_eq!(used, [0, 0, 1]);
    // Where a field is hidden, a hit would tell what stands in it: titles alone are looked through.
    let rules = RULES.replace(
        "[objects.ContentVersion]\noperations = [\"read\"]\n",
        "[objects.ContentVersion]\noperations = [\"read\"]\nhide = [\"VersionData\"]\n",
    );
    let tools = world.tools(Policy::from_toml(&rules).unwrap());
    let before = world.org.requests().len();
    let list = call(&tools, LIST, json!({ "words": "minutes" })).await.unwrap();
    assert_eq!(titles(&list), [("minutes".to_owned(), "title".to_owned())], "{list}");
    insta::assert_snapshot!(list["completeness"]["reason"], @r#""Only titles were looked through: this connection cannot search what is in files.""#);
    let sent = world.org.requests();
    assert!(sent[before..].iter().all(|r| r.operation != Operation::Search));
    // What rules do not give is told, where files and attachments are one list.
    for (hidden, told) in [
        (
            "Attachment",
            "Attachments of the old kind are not listed: this connection cannot see which there are.",
        ),
        (
            "ContentDocumentLink",
            "Files are not listed: this connection cannot see which there are.",
        ),
    ] {
        let rule = format!("[objects.{hidden}]\noperations = [\"read\"]\nread = [\"*\"]\n");
        let tools = world.tools(Policy::from_toml(&RULES.replace(&rule, "")).unwrap());
        let of_record = json!({ "record": world.ids["account"] });
        let list = call(&tools, LIST, of_record).await.unwrap();
        assert_eq!(list["completeness"]["reason"], told, "{list}");
    }
}

fn docx(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in parts {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        let xml =
            format!(r#"<w:document xmlns:w="http://w"><w:p><w:r>{text}</w:r></w:p></w:document>"#);
        archive.write_all(xml.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[tokio::test]
async fn what_of_a_file_is_not_in_its_text() {
    let agent = agent().await;
    let record = account(&agent).await;
    let word = docx(&[
        ("word/document.xml", "<w:t>T</w:t><w:noBreakHyphen/><w:t>Shirt</w:t>"),
        ("word/header1.xml", "<w:t>Confidential</w:t>"),
        ("word/header2.xml", "<w:t>Confidential</w:t>"),
        ("word/footnotes.xml", "<w:t>Prices exclude tax.</w:t>"),
        ("word/comments.xml", "<w:t>Really?</w:t>"),
        ("word/media/image1.png", ""),
    ]);
    let wide: Vec<u8> = "Łódź, 12 km".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut told = String::new();
    for (name, bytes) in [
        ("contract.docx", word.as_slice()),
        ("old.csv", b"Name\nCaf\xe9\n"),
        ("wide.txt", &wide),
        ("broken.txt", b"\xff\xfeA\0\x00\xd8B\0"),
        ("plain.txt", "Łódź".as_bytes()),
    ] {
        let made = attach(&agent, &record, name, bytes).await;
        let reply = agent.ok("salesforce_read_file", json!({ "file": made["file"] })).await;
        let (text, notes) = (&reply["text"], &reply["notes"]);
        told += &format!("{name} {text} {notes} {}\n", reply["completeness"]["complete"]);
    }
    insta::assert_snapshot!(told, @r#"
    contract.docx "T-Shirt\n--- headers ---\nConfidential\n--- footnotes ---\nPrices exclude tax.\n--- comments ---\nReally?" ["Pictures, charts and what is embedded are not read."] true
    old.csv "Name\nCafé\n" ["It is not UTF-8, and was read as Windows-1252: letters that are not English may be wrong."] true
    wide.txt "Łódź, 12 km" ["Its encoding is not marked; it was read as UTF-16LE."] true
    broken.txt "A�B" ["It says that it is UTF-16LE, and is not all of it: see �."] true
    plain.txt "Łódź" null true
    "#);
}
