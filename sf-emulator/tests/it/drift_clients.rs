//! Clients at work while the schema changes under them: every answer is right for
//! the schema before or the one after, none is a mixture.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value, json};
use sf_emulator::{Drift, Emulator, NewField};

use crate::support::{Client, start};

/// The names that the field has by turns.
const NAMES: [&str; 2] = ["Amount__c", "Total__c"];

/// Fails unless the body speaks of one of the names alone.
fn one_name(text: &str, what: &str) -> usize {
    let has = NAMES.map(|name| text.contains(&format!("\"{name}\"")));
    assert_eq!(has.iter().filter(|has| **has).count(), 1, "{what}: {text}");
    usize::from(has[1])
}

async fn describes(client: &Client) {
    let reply = client.get("/sobjects/Invoice__c/describe").await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    one_name(&reply.text, "describe");
    // A tag belongs to what it came with: the same tag, the same text.
    let tag = reply.header("etag").to_owned();
    let again = client.request(http::Method::GET, "/sobjects/Invoice__c/describe");
    let again = crate::support::send(again.header("if-none-match", &tag)).await;
    match again.status {
        304 => {}
        status => {
            assert_eq!(status, 200, "{}", again.text);
            assert_ne!(again.header("etag"), tag);
        }
    }
}

async fn queries(client: &Client, name: &str) {
    let reply = client.query(&format!("SELECT Id, {name} FROM Invoice__c LIMIT 300")).await;
    match reply.status {
        200 => {
            let json = reply.json();
            let rows = json["records"].as_array().unwrap();
            assert!(rows.len() >= 250, "{}", rows.len());
            assert!(
                rows.iter().all(|row| row[name].is_number() || row[name].is_string()),
                "{name}"
            );
        }
        status => {
            assert_eq!(status, 400, "{}", reply.text);
            assert_eq!(reply.json()[0]["errorCode"], "INVALID_FIELD", "{}", reply.text);
        }
    }
}

async fn writes(client: &Client, name: &str) -> bool {
    let body = json!({name: 5, "Due_Date__c": "2026-01-01", "Status__c": "Void"});
    let reply = client.send("POST", "/sobjects/Invoice__c", body).await;
    match reply.status {
        201 => true,
        status => {
            assert_eq!(status, 400, "{}", reply.text);
            let code = &reply.json()[0]["errorCode"];
            let refused = ["INVALID_FIELD", "JSON_PARSER_ERROR"].iter().any(|known| code == known);
            assert!(refused, "{}", reply.text);
            false
        }
    }
}

/// Five looks at the schema within one request.
async fn composites(client: &Client) {
    let get = |at: usize| {
        json!({"method": "GET", "referenceId": format!("r{at}"),
            "url": "/services/data/v66.0/sobjects/Invoice__c/describe"})
    };
    let body = json!({"compositeRequest": (0..5).map(get).collect::<Vec<Value>>()});
    let reply = client.send("POST", "/composite", body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    one_name(&reply.text, "composite");
}

async fn paging(client: &Client, name: &str) {
    let mut reply = client.query(&format!("SELECT Id, {name} FROM Invoice__c")).await;
    while reply.status == 200 {
        let json = reply.json();
        let rows = json["records"].as_array().unwrap();
        assert!(rows.iter().all(|row| row.get(name).is_some()));
        match json["nextRecordsUrl"].as_str() {
            Some(next) => reply = client.follow(next).await,
            None => return,
        }
    }
    let code = reply.json()[0]["errorCode"].as_str().unwrap().to_owned();
    assert!(["INVALID_FIELD", "INVALID_QUERY_LOCATOR"].contains(&code.as_str()), "{}", reply.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn clients_see_the_schema_before_or_after() {
    let (org, client) = start(Emulator::builder().contacts(1_000)).await;
    let over = Arc::new(AtomicBool::new(false));
    let rounds = Arc::new(AtomicUsize::new(0));
    let made = Arc::new(AtomicUsize::new(0));
    let mut clients = tokio::task::JoinSet::new();
    for number in 0..6 {
        let (client, over) = (client.clone(), Arc::clone(&over));
        let (rounds, made) = (Arc::clone(&rounds), Arc::clone(&made));
        clients.spawn(async move {
            while !over.load(Ordering::Relaxed) {
                match number {
                    0 => describes(&client).await,
                    1 => queries(&client, NAMES[0]).await,
                    2 => queries(&client, NAMES[1]).await,
                    3 => {
                        let written = writes(&client, NAMES[0]).await;
                        made.fetch_add(usize::from(written), Ordering::Relaxed);
                    }
                    4 => composites(&client).await,
                    _ => paging(&client, NAMES[1]).await,
                }
                rounds.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    let mut sum = None;
    for round in 0..40 {
        let (from, to) = (NAMES[round % 2], NAMES[(round + 1) % 2]);
        org.alter(Drift::rename_field("Invoice__c", from, to)).await.unwrap();
        if round % 10 == 9 {
            // And back: the text of a number is that number.
            for ty in
                [NewField::new(to, "string").length(40), NewField::new(to, "currency").required()]
            {
                org.alter(Drift::retype_field("Invoice__c", ty)).await.unwrap();
            }
        }
        let seen = rounds.load(Ordering::Relaxed);
        // Clients get their turn at every name.
        while rounds.load(Ordering::Relaxed) < seen + 6 && !clients.is_empty() {
            tokio::task::yield_now().await;
            if let Some(ended) = clients.try_join_next() {
                ended.unwrap();
            }
        }
        let soql = format!("SELECT SUM({to}) s FROM Invoice__c WHERE Status__c != 'Void'");
        let now = client.query(&soql).await.json()["records"][0]["s"].clone();
        assert_eq!(sum.get_or_insert_with(|| now.clone()), &now, "round {round}");
    }
    over.store(true, Ordering::Relaxed);
    while let Some(ended) = clients.join_next().await {
        ended.unwrap();
    }
    let kept = client.count("SELECT COUNT() FROM Invoice__c WHERE Status__c = 'Void'").await;
    assert!(made.load(Ordering::Relaxed) > 0 && kept >= made.load(Ordering::Relaxed) as u64);
}
