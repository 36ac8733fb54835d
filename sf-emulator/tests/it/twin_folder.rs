//! A folder made from a running org: its describes and its rows, as clients get
//! them.

use std::path::Path;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::support::Client;

/// Writes `sobjects.json` and `sobjects/{Object}.json`, and answers the names.
pub(crate) async fn describes(client: &Client, folder: &Path) -> Vec<String> {
    let global = client.get("/sobjects").await;
    std::fs::create_dir_all(folder.join("sobjects")).unwrap();
    std::fs::write(folder.join("sobjects.json"), &global.text).unwrap();
    let list = global.json();
    let mut names = Vec::new();
    for entry in list["sobjects"].as_array().unwrap() {
        let name = entry["name"].as_str().unwrap().to_owned();
        let describe = client.get(&format!("/sobjects/{name}/describe")).await;
        assert_eq!(describe.status, 200, "{name}");
        // As people keep such files: pretty-printed.
        let text = serde_json::to_string_pretty(&describe.json()).unwrap();
        std::fs::write(folder.join("sobjects").join(format!("{name}.json")), text).unwrap();
        names.push(name);
    }
    names
}

/// Writes all rows of an object, deleted ones too, as `{Object}.json`.
pub(crate) async fn rows(client: &Client, name: &str, folder: &Path) -> usize {
    let describe = client.get(&format!("/sobjects/{name}/describe")).await.json();
    let fields: Vec<&str> = describe["fields"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|field| {
            !["address", "location", "base64"].contains(&field["type"].as_str().unwrap())
        })
        .map(|field| field["name"].as_str().unwrap())
        .collect();
    let soql = format!("SELECT {} FROM {name}", fields.join(", "));
    let soql = utf8_percent_encode(&soql, NON_ALPHANUMERIC);
    let mut page = client.get(&format!("/queryAll?q={soql}")).await;
    let mut records: Vec<Value> = Vec::new();
    loop {
        assert_eq!(page.status, 200, "{name}: {}", page.text);
        let mut json = page.json();
        records.append(json["records"].as_array_mut().unwrap());
        match json["nextRecordsUrl"].as_str() {
            Some(next) => page = client.follow(next).await,
            None => break,
        }
    }
    if !records.is_empty() {
        std::fs::create_dir_all(folder).unwrap();
        let text = serde_json::to_string(&records).unwrap();
        std::fs::write(folder.join(format!("{name}.json")), text).unwrap();
    }
    records.len()
}
