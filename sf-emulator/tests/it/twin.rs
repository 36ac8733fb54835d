//! The twin of an org: the same describes, the same rows, the same answers.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;
use sf_emulator::Emulator;

use crate::support::{Client, Reply, start};
use crate::twin_folder;

const IN_QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'+')
    .add(b'<')
    .add(b'>')
    .add(b'{')
    .add(b'}')
    .add(b'\'')
    .add(b'%');

#[tokio::test]
async fn an_org_and_its_twin_give_equal_answers() {
    let folder = tempfile::tempdir().unwrap();
    let rows = folder.path().join("rows");
    let begun = std::time::SystemTime::now();
    let (_org, client) = start(Emulator::builder().contacts(300)).await;
    let names = twin_folder::describes(&client, folder.path()).await;
    for name in names.iter().filter(|name| *name != "ContentDocumentLink") {
        twin_folder::rows(&client, name, &rows).await;
    }
    let twin = Emulator::builder().describe(folder.path()).rows(&rows);
    let (_twin, other) = start(twin).await;

    for name in &names {
        let path = format!("/sobjects/{name}/describe");
        let (left, right) = (client.get(&path).await, other.get(&path).await);
        assert_eq!(left.json(), right.json(), "{name}");
    }
    assert_eq!(client.get("/sobjects").await.json(), other.get("/sobjects").await.json());

    let begun = begun.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let begun = jiff::Timestamp::from_second(begun.cast_signed()).unwrap();
    let mut last = [String::new(), String::new()];
    let mut asked = 0;
    for line in include_str!("data/twin.txt").lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        asked += 1;
        let (status, line) = line.split_once(' ').unwrap();
        let left = ask(&client, line, &mut last[0]).await;
        let right = ask(&other, line, &mut last[1]).await;
        assert_eq!(left.status.to_string(), status, "{line}\n{}", left.text);
        assert_eq!(left.status, right.status, "{line}\n{}\n{}", left.text, right.text);
        let (left, right) = (settled(&left, begun), settled(&right, begun));
        assert_eq!(left, right, "{line}");
    }
    assert!(asked >= 50, "{asked}");
}

async fn ask(client: &Client, line: &str, last: &mut String) -> Reply {
    let line = line.replace("{last}", last);
    let (method, rest) = line.split_once(' ').unwrap();
    let (path, body) = match rest.split_once(" {").filter(|_| method != "GET") {
        Some((path, body)) => (path, serde_json::from_str(&format!("{{{body}")).unwrap()),
        None => (rest, Value::Null),
    };
    let path = utf8_percent_encode(path, IN_QUERY).to_string();
    let reply = if body.is_null() {
        crate::support::send(client.request(method.parse().unwrap(), &path)).await
    } else {
        client.send(method, &path, body).await
    };
    if reply.status == 201
        && let Some(id) = reply.json()["id"].as_str()
    {
        id.clone_into(last);
    }
    reply
}

/// The body without the times at which the test itself wrote.
fn settled(reply: &Reply, begun: jiff::Timestamp) -> Value {
    fn settle(value: &mut Value, begun: jiff::Timestamp) {
        match value {
            Value::String(text) => {
                let time = text.parse::<jiff::Timestamp>().ok();
                if time.is_some_and(|time| time >= begun) {
                    *value = Value::from("now");
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| settle(item, begun)),
            Value::Object(map) => map.values_mut().for_each(|value| settle(value, begun)),
            _ => {}
        }
    }
    if reply.text.is_empty() {
        return Value::Null;
    }
    let mut json = reply.json();
    settle(&mut json, begun);
    json
}
