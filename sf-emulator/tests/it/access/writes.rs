//! The ways to write: what each answers.

use reqwest::Method;
use serde_json::{Value, json};

use super::world::{ROWS, Target, WORD, World, batch, code, composite, graph};
use crate::support::{Client, Reply, send};

/// How a write is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Row,
    Collection,
    Composite,
    Batch,
    Graph,
    /// Creates alone.
    Tree,
    /// Of objects with an external id: the record that a path with it names.
    Upsert,
    Bulk,
}

impl Way {
    pub(crate) const ALL: [(&'static str, Self); 8] = [
        ("row", Self::Row),
        ("collection", Self::Collection),
        ("composite", Self::Composite),
        ("batch", Self::Batch),
        ("graph", Self::Graph),
        ("tree", Self::Tree),
        ("upsert", Self::Upsert),
        ("bulk load", Self::Bulk),
    ];
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Create,
    /// The marker, of one row.
    Update(char),
    /// The field that is looked at, of a row that the user may change.
    Field,
    Delete(char),
}

impl What {
    pub(crate) const ALL: [(&'static str, Self); 7] = [
        ("create", Self::Create),
        ("update own", Self::Update('o')),
        ("update other", Self::Update('x')),
        ("update shared", Self::Update('s')),
        ("update the field", Self::Field),
        ("delete own", Self::Delete('o')),
        ("delete other", Self::Delete('x')),
    ];
}

/// The answer's code, a record's own in a list of them; nothing where the way does
/// not do such a thing.
pub(crate) async fn write(
    world: &World,
    client: &Client,
    target: &Target,
    way: Way,
    what: What,
) -> String {
    let object = target.object;
    let has = match way {
        Way::Tree => what == What::Create,
        Way::Upsert => target.external.is_some() && matches!(what, What::Create | What::Update(_)),
        _ => true,
    };
    if !has {
        return String::new();
    }
    // Unique over all writes of the table, so that nothing fails for that.
    let marker = format!("{WORD} {}", unique());
    match what {
        What::Create => {
            let mut body = world.body(target, 'o', &marker);
            // The user's own; not every user may give a value to the field.
            let fields = body.as_object_mut().unwrap();
            fields.shift_remove("OwnerId");
            fields.shift_remove(target.field);
            // Parents are another matter: see `rights`.
            for lookup in ["AccountId", "ContactId", "Account__c"] {
                fields.shift_remove(lookup);
            }
            if way == Way::Upsert {
                return upsert(client, target, &marker, body).await;
            }
            send_write(world, client, way, ("POST", object, None), Some(body)).await
        }
        What::Update(row) => {
            let name = ROWS.iter().find(|(known, _)| *known == row).unwrap().1;
            if way == Way::Upsert {
                return upsert(client, target, &format!("{WORD} {name}"), json!({})).await;
            }
            // To what it is already: the rows stay as the ways to read want them.
            let body = json!({ target.marker: format!("{WORD} {name}") });
            let id = target.rows[&row].as_str();
            send_write(world, client, way, ("PATCH", object, Some(id)), Some(body)).await
        }
        What::Field => {
            let body = json!({ target.field: target.value.clone() });
            let mut answers = Vec::new();
            for id in target.rows.values() {
                let answer =
                    send_write(world, client, way, ("PATCH", object, Some(id)), Some(body.clone()))
                        .await;
                answers.push(answer);
            }
            // The best of them: what the user may change at most.
            let rank = |answer: &String| match answer.as_str() {
                "ok" => 0,
                answer if answer.contains("FIELD") => 1,
                _ => 2,
            };
            answers.into_iter().min_by_key(rank).unwrap()
        }
        What::Delete(row) => {
            let id = world.create(target, row, &marker).await;
            send_write(world, client, way, ("DELETE", object, Some(&id)), None).await
        }
    }
}

fn unique() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

async fn send_write(
    world: &World,
    client: &Client,
    way: Way,
    (method, object, id): (&str, &str, Option<&str>),
    body: Option<Value>,
) -> String {
    let path = match id {
        Some(id) => format!("/sobjects/{object}/{id}"),
        None => format!("/sobjects/{object}"),
    };
    let answer = match way {
        Way::Row => {
            let mut request = client.request(method.parse().unwrap(), &path);
            if let Some(body) = body {
                request = request.json(&body);
            }
            code(&send(request).await)
        }
        Way::Composite => code(&composite(client, method, &path, body).await),
        Way::Batch => code(&batch(client, method, &path, body).await),
        Way::Graph => code(&graph(client, method, &path, body).await),
        Way::Collection => {
            let reply = collection(client, method, object, id, body).await;
            of_list(&reply)
        }
        Way::Tree => tree(client, object, body.unwrap()).await,
        Way::Upsert => unreachable!("it has a path of its own"),
        Way::Bulk => bulk(world, client, method, object, id, body).await,
    };
    normalised(&answer)
}

/// Without the status. What a row's own resource calls missing is a wrong reference
/// in a list.
fn normalised(answer: &str) -> String {
    let code = answer.split_once(' ').map_or(answer, |(_, code)| code);
    code.replace("INVALID_CROSS_REFERENCE_KEY", "NOT_FOUND")
}

/// A record by its external id.
async fn upsert(client: &Client, target: &Target, marker: &str, mut body: Value) -> String {
    let field = target.external.unwrap();
    body.as_object_mut().unwrap().shift_remove(field);
    let path = format!("/sobjects/{}/{field}/{}", target.object, marker.replace(' ', "%20"));
    normalised(&code(&client.send("PATCH", &path, body).await))
}

async fn tree(client: &Client, object: &str, mut record: Value) -> String {
    record["attributes"] = json!({ "type": object, "referenceId": "r" });
    let path = format!("/composite/tree/{object}");
    let reply = client.send("POST", &path, json!({ "records": [record] })).await;
    let json = reply.json();
    match json["results"][0]["errors"][0]["statusCode"].as_str() {
        Some(code) => code.to_owned(),
        None => code(&reply),
    }
}

async fn collection(
    client: &Client,
    method: &str,
    object: &str,
    id: Option<&str>,
    body: Option<Value>,
) -> Reply {
    let Some(mut record) = body else {
        let path = format!("/composite/sobjects?ids={}", id.unwrap());
        return send(client.request(Method::DELETE, &path)).await;
    };
    record["attributes"] = json!({ "type": object });
    if let Some(id) = id {
        record["Id"] = json!(id);
    }
    client.send(method, "/composite/sobjects", json!({ "records": [record] })).await
}

fn of_list(reply: &Reply) -> String {
    if reply.status != 200 {
        return code(reply);
    }
    let json = reply.json();
    if json[0]["success"] == true {
        return "ok".to_owned();
    }
    json[0]["errors"][0]["statusCode"].as_str().unwrap_or_default().to_owned()
}

async fn bulk(
    world: &World,
    client: &Client,
    method: &str,
    object: &str,
    id: Option<&str>,
    body: Option<Value>,
) -> String {
    let operation = match method {
        "POST" => "insert",
        "PATCH" => "update",
        _ => "delete",
    };
    let made = client.ingest(json!({ "object": object, "operation": operation })).await;
    if made.status != 200 {
        return code(&made);
    }
    let job = made.json()["id"].as_str().unwrap().to_owned();
    let (mut names, mut values) = (Vec::new(), Vec::new());
    if let Some(id) = id {
        names.push("Id".to_owned());
        values.push(id.to_owned());
    }
    for (name, value) in body.iter().flat_map(|body| body.as_object().unwrap()) {
        names.push(name.clone());
        values.push(value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    }
    client.put(&job, format!("{}\n{}\n", names.join(","), values.join(","))).await;
    client.state(&job, "UploadComplete").await;
    world.org.bulk_jobs().idle().await;
    let state = client.job(&job).await;
    if state["state"] == "Failed" {
        let text = state["errorMessage"].as_str().unwrap_or_default();
        return text.split([':', ' ']).next().unwrap_or_default().to_owned();
    }
    let failed = client.records(&job, "failedResults").await;
    let Some(line) = failed.lines().nth(1) else { return "ok".to_owned() };
    let error = line.split(',').nth(1).unwrap_or_default().trim_matches('"');
    error.split(':').next().unwrap_or_default().to_owned()
}
