//! An org with three records of each object, and everybody who looks at them.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use sf_emulator::{Emulator, RecordAccess};

use crate::support::{Client, Reply, send, start};

/// Everybody, by the column of the table.
pub(crate) const USERS: [(&str, &str); 6] = [
    ("admin", "Alex Admin"),
    ("sam", "Sam Ortega"),
    ("riley", "Riley O'Hara"),
    ("morgan", "Morgan Lindqvist"),
    ("integration", "Integration User"),
    ("robin", "Robin Readonly"),
];

/// The word that finds the records of the table.
pub(crate) const WORD: &str = "Zmatrix";

/// The records of each object: one that is Sam's, one that is Riley's, and one of
/// Riley's that is shared with Sam.
pub(crate) const ROWS: [(char, &str); 3] = [('o', "own"), ('x', "other"), ('s', "shared")];

pub(crate) struct World {
    pub(crate) org: Emulator,
    pub(crate) admin: Client,
    pub(crate) users: Vec<(&'static str, Client)>,
    pub(crate) targets: Vec<Target>,
    ids: BTreeMap<&'static str, String>,
}

/// One object of the table.
pub(crate) struct Target {
    pub(crate) object: &'static str,
    /// Holds the word and the row's name.
    pub(crate) marker: &'static str,
    /// The field that is looked at: hidden, read-only or plain, as the user is.
    pub(crate) field: &'static str,
    /// A value for it, as in a statement.
    pub(crate) literal: &'static str,
    pub(crate) value: Value,
    /// What a new record needs beside its marker.
    body: Value,
    /// Owner of the first row; of the others.
    owners: (&'static str, &'static str),
    /// Field that holds the marker and identifies the record.
    pub(crate) external: Option<&'static str>,
    /// Relationship from Account.
    pub(crate) children: Option<&'static str>,
    /// Object whose rows everybody sees, with the path from there.
    pub(crate) path: Option<(&'static str, &'static str)>,
    pub(crate) rows: BTreeMap<char, String>,
}

impl Target {
    pub(crate) fn ids(&self) -> String {
        let ids: Vec<String> = self.rows.values().map(|id| format!("'{id}'")).collect();
        ids.join(",")
    }

    /// The row that has the id.
    pub(crate) fn row(&self, id: &str) -> Option<char> {
        let same = |known: &&String| known.get(..15) == id.get(..15);
        self.rows.iter().find(|(_, known)| same(known)).map(|(row, _)| *row)
    }
}

fn targets() -> Vec<Target> {
    let target = |object, marker, (field, literal, value), body| Target {
        object,
        marker,
        field,
        literal,
        value,
        body,
        owners: ("sam", "riley"),
        external: None,
        children: None,
        path: None,
        rows: BTreeMap::new(),
    };
    let soon = "2026-12-01";
    vec![
        Target {
            path: Some(("Case", "Account")),
            ..target("Account", "Name", ("AnnualRevenue", "5", json!(5)), json!({}))
        },
        Target {
            children: Some("Contacts"),
            path: Some(("Case", "Contact")),
            ..target(
                "Contact",
                "LastName",
                ("Birthdate", "1990-01-01", json!("1990-01-01")),
                json!({}),
            )
        },
        Target {
            children: Some("Opportunities"),
            ..target(
                "Opportunity",
                "Name",
                ("Probability", "5", json!(5)),
                json!({ "StageName": "Prospecting", "CloseDate": soon }),
            )
        },
        Target {
            children: Some("Cases"),
            ..target("Case", "Subject", ("Reason", "'Other'", json!("Other")), json!({}))
        },
        target("Lead", "LastName", ("AnnualRevenue", "5", json!(5)), json!({ "Company": "Any" })),
        Target {
            external: Some("External_Id__c"),
            children: Some("Invoices__r"),
            ..target(
                "Invoice__c",
                "External_Id__c",
                ("Discount__c", "5", json!(5)),
                json!({ "Amount__c": 1, "Due_Date__c": soon }),
            )
        },
        Target {
            owners: ("morgan", "admin"),
            external: Some("AIM__Ext_Key__c"),
            ..target(
                "AIM__Deal__c",
                "AIM__Ext_Key__c",
                ("AIM__Value__c", "5", json!(5)),
                json!({ "Name": WORD, "AIM__Stage__c": "Sourcing" }),
            )
        },
        target("Task", "Subject", ("ActivityDate", "2026-12-01", json!(soon)), json!({})),
    ]
}

impl World {
    pub(crate) async fn new() -> Self {
        let (org, admin) = start(Emulator::builder().contacts(40)).await;
        let (mut users, mut ids) = (Vec::new(), BTreeMap::new());
        for (label, name) in USERS {
            let user = org.user(name).await.unwrap();
            let token = org.issue_token_for(user.id());
            users.push((label, Client { token, ..admin.clone() }));
            ids.insert(label, user.id().to_owned());
        }
        let mut world = Self { org, admin, users, targets: Vec::new(), ids };
        for mut target in targets() {
            for (row, name) in ROWS {
                let id = world.create(&target, row, &format!("{WORD} {name}")).await;
                target.rows.insert(row, id);
            }
            world.share(&target, 's', RecordAccess::Read).await;
            world.targets.push(target);
        }
        world
    }

    pub(crate) fn user(&self, label: &str) -> &Client {
        &self.users.iter().find(|(known, _)| *known == label).unwrap().1
    }

    /// Shares a row with Sam, where the object has shares.
    pub(crate) async fn share(&self, target: &Target, row: char, access: RecordAccess) {
        if !matches!(target.object, "Case" | "Task" | "Contact") {
            let id = &target.rows[&row];
            self.org.permissions().share(id, "Sam Ortega", access).await.unwrap();
        }
    }

    /// A new record for the row, made by the administrator.
    pub(crate) async fn create(&self, target: &Target, row: char, marker: &str) -> String {
        let body = self.body(target, row, marker);
        let path = format!("/sobjects/{}", target.object);
        let made = self.admin.send("POST", &path, body).await;
        assert_eq!(made.status, 201, "{}: {}", target.object, made.text);
        made.json()["id"].as_str().unwrap().to_owned()
    }

    /// A record as the row is: of the same owner and with the row's own parents.
    pub(crate) fn body(&self, target: &Target, row: char, marker: &str) -> Value {
        let mut body = target.body.clone();
        let owner = if row == 'o' { target.owners.0 } else { target.owners.1 };
        body["OwnerId"] = json!(self.ids[owner]);
        body[target.marker] = json!(marker);
        body[target.field] = target.value.clone();
        let parent = |object: &str| {
            self.targets.iter().find(|known| known.object == object).map(|known| &known.rows[&row])
        };
        let lookup = match (target.object, row) {
            ("Contact" | "Opportunity" | "Case", _) => Some(("AccountId", "Account")),
            ("Invoice__c", _) => Some(("Account__c", "Account")),
            ("Task", 's') => Some(("WhatId", "Account")),
            _ => None,
        };
        if let Some((field, object)) = lookup {
            body[field] = json!(parent(object).unwrap());
        }
        if target.object == "Case" {
            body["ContactId"] = json!(parent("Contact").unwrap());
        }
        body
    }
}

/// The code of a refusal, `200`-like statuses as `ok`.
pub(crate) fn code(reply: &Reply) -> String {
    if reply.status < 300 {
        return "ok".to_owned();
    }
    let json: Value = serde_json::from_str(&reply.text).unwrap_or_default();
    let code = json[0]["errorCode"].as_str().unwrap_or_default();
    format!("{} {code}", reply.status)
}

/// Sends a subrequest inside a composite, and answers with its own reply.
pub(crate) async fn composite(
    client: &Client,
    method: &str,
    path: &str,
    body: Option<Value>,
) -> Reply {
    let request = subrequest(method, path, body);
    let reply = client.send("POST", "/composite", json!({ "compositeRequest": [request] })).await;
    inner(&reply, "/compositeResponse/0", "httpStatusCode", "body")
}

/// As [`composite`], inside a graph.
pub(crate) async fn graph(client: &Client, method: &str, path: &str, body: Option<Value>) -> Reply {
    let graph = json!({ "graphId": "g", "compositeRequest": [subrequest(method, path, body)] });
    let reply = client.send("POST", "/composite/graph", json!({ "graphs": [graph] })).await;
    let place = "/graphs/0/graphResponse/compositeResponse/0";
    inner(&reply, place, "httpStatusCode", "body")
}

/// As [`composite`], inside a batch.
pub(crate) async fn batch(client: &Client, method: &str, path: &str, body: Option<Value>) -> Reply {
    let mut request = json!({ "method": method, "url": format!("v66.0{path}") });
    if let Some(body) = body {
        request["richInput"] = body;
    }
    let reply =
        client.send("POST", "/composite/batch", json!({ "batchRequests": [request] })).await;
    inner(&reply, "/results/0", "statusCode", "result")
}

fn subrequest(method: &str, path: &str, body: Option<Value>) -> Value {
    let url = format!("/services/data/v66.0{path}");
    let mut request = json!({ "method": method, "url": url, "referenceId": "r" });
    if let Some(body) = body {
        request["body"] = body;
    }
    request
}

fn inner(reply: &Reply, place: &str, status: &str, body: &str) -> Reply {
    let json = reply.json();
    let one = json.pointer(place);
    assert!(one.is_some(), "{}", reply.text);
    let one = one.unwrap();
    Reply {
        status: u16::try_from(one[status].as_u64().unwrap()).unwrap(),
        headers: reply.headers.clone(),
        text: one[body].to_string(),
    }
}

/// A statement in a path.
pub(crate) fn encoded(soql: &str) -> String {
    url::form_urlencoded::byte_serialize(soql.as_bytes()).collect()
}

/// The CSV of a finished query job, or the refusal.
pub(crate) async fn bulk_query(world: &World, client: &Client, soql: &str) -> Reply {
    let made = client.query_job(soql).await;
    if made.status != 200 {
        return made;
    }
    world.org.bulk_jobs().idle().await;
    let id = made.json()["id"].as_str().unwrap().to_owned();
    send(client.request(Method::GET, &format!("/jobs/query/{id}/results"))).await
}
