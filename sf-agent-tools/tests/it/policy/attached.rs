//! Files under a policy: their content is a field, and they are seen where their record is.

use serde_json::{Value, json};
use sf_agent_tools::{Policy, ToolSet};

use super::world::{World, call, world};

const CONTENT: &str = r#"
[objects.Account]
operations = ["read", "update"]
read = ["*"]
rows = "Industry = 'Energy'"

[objects.User]
operations = ["read"]
read = ["*"]

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
operations = ["read", "create"]
read = ["*"]
write = ["Title", "PathOnClient", "FirstPublishLocationId", "VersionData"]
"#;

fn tools(world: &World, rules: &str) -> ToolSet {
    world.tools(Policy::from_toml(rules).unwrap())
}

async fn attach(world: &World, record: &str, name: &str, text: &str) -> Value {
    let free = world.tools(Policy::read_write());
    let file = json!({ "record": record, "file_name": name, "text": text });
    call(&free, "salesforce_attach_file", file).await.unwrap()
}

#[tokio::test]
async fn a_file_is_seen_where_its_record_is() {
    let world = world().await;
    let open = attach(&world, &world.ids["account"], "open.txt", "to be read").await;
    let veiled = attach(&world, &world.ids["veiled_account"], "veiled.txt", "CANARY text").await;
    let own = attach(&world, &world.ids["user"], "own.txt", "CANARY of the user").await;
    let tools = tools(&world, CONTENT);
    let read = |file: &Value| json!({ "file": file });
    let reply = call(&tools, "salesforce_read_file", read(&open["file"])).await.unwrap();
    assert_eq!(reply["text"], "to be read");
    for hidden in [&veiled["file"], &veiled["version"], &own["file"], &json!(world.ids["version"])]
    {
        let error = call(&tools, "salesforce_read_file", read(hidden)).await.unwrap_err();
        let text = error["error"]["message"].as_str().unwrap();
        assert!(text.starts_with("There is no file"), "{text}");
    }
    let listed = json!({ "record": world.ids["account"] });
    let list = call(&tools, "salesforce_list_files", listed).await.unwrap();
    assert_eq!(list["files"].as_array().unwrap().len(), 1, "{list}");
    for record in ["veiled_account", "contact"] {
        let listed = json!({ "record": world.ids[record] });
        let error = call(&tools, "salesforce_list_files", listed).await.unwrap_err();
        assert!(error.to_string().contains("There is no record"), "{error}");
    }
    let words = json!({ "words": "open" });
    assert_eq!(
        call(&tools, "salesforce_list_files", words).await.unwrap()["files"][0]["title"],
        "open"
    );
    for words in ["veiled", "own", "plans"] {
        let list = call(&tools, "salesforce_list_files", json!({ "words": words })).await.unwrap();
        assert_eq!(list["files"], json!([]), "{words}");
    }
    // What was read once is not handed to whom it is hidden from.
    let none = CONTENT.replace("'Energy'", "'Nothing'");
    let error =
        call(&self::tools(&world, &none), "salesforce_read_file", read(&open["file"])).await;
    error.unwrap_err();
}

#[tokio::test]
async fn the_content_is_a_field_like_others() {
    let world = world().await;
    let open = attach(&world, &world.ids["account"], "open.txt", "CANARY text").await;
    let rules = CONTENT.replace(
        "operations = [\"read\", \"create\"]\nread = [\"*\"]",
        "operations = [\"read\", \"create\"]\nread = [\"*\"]\nhide = [\"VersionData\"]",
    );
    let tools = tools(&world, &rules);
    let error =
        call(&tools, "salesforce_read_file", json!({ "file": open["file"] })).await.unwrap_err();
    insta::assert_snapshot!(error["error"]["problems"][0]["message"].as_str().unwrap(), @"ContentVersion has no field VersionData.");
    // It is listed all the same, and can be written.
    let listed = json!({ "record": world.ids["account"] });
    let list = call(&tools, "salesforce_list_files", listed).await.unwrap();
    assert_eq!(list["files"].as_array().unwrap().len(), 1);
    let file =
        |record: &str| json!({ "record": world.ids[record], "file_name": "n.txt", "text": "x" });
    call(&tools, "salesforce_attach_file", file("account")).await.unwrap();
    call(&tools, "salesforce_attach_file", file("veiled_account")).await.unwrap_err();
    let rules = rules.replace(", \"VersionData\"]\n", "]\n");
    let tools = self::tools(&world, &rules);
    let error = call(&tools, "salesforce_attach_file", file("account")).await.unwrap_err();
    assert!(error.to_string().contains("VersionData"), "{error}");
}
