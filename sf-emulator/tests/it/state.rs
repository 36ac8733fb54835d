//! The whole org, compared.

use serde_json::{Value, json};
use sf_emulator::{Fault, RowChange, RowChangeKind};

use crate::support::org;

fn shown(change: &RowChange) -> String {
    let fields: Vec<String> = change
        .fields
        .iter()
        .filter(|field| {
            !["CreatedDate", "LastModifiedDate", "SystemModstamp"].contains(&&*field.name)
        })
        .map(|field| format!("{} {} -> {}", field.name, field.before, field.after))
        .collect();
    format!("{:?} {} {}: {}", change.kind, change.object, change.id, fields.join(", "))
}

#[tokio::test]
async fn every_change_is_told_and_nothing_else() {
    let (org, client) = org().await;
    let before = org.state().await.unwrap();
    client.query("SELECT Id, Name FROM Account").await;
    client.get("/sobjects/Contact/describe").await;
    assert_eq!(org.state().await.unwrap(), before, "reading changes nothing");

    let account = client.account("Compared").await;
    let added = before.changes(&org.state().await.unwrap());
    assert_eq!(added.len(), 1);
    assert_eq!((added[0].kind, &added[0].id), (RowChangeKind::Added, &account));
    assert!(added[0].fields.iter().all(|field| field.before == Value::Null));
    assert!(added[0].fields.iter().any(|field| field.name == "Name" && field.after == "Compared"));

    // Text that differs in its case alone is another value.
    let middle = org.state().await.unwrap();
    let path = format!("/sobjects/Account/{account}");
    client.send("PATCH", &path, json!({ "Name": "COMPARED", "NumberOfEmployees": 7 })).await;
    let updated = middle.changes(&org.state().await.unwrap());
    let updated: Vec<String> = updated.iter().map(shown).collect();
    let expected = format!(
        "Updated Account {account}: Name \"Compared\" -> \"COMPARED\", NumberOfEmployees null -> 7"
    );
    assert_eq!(updated, [expected]);

    client.send("DELETE", &path, json!({})).await;
    let deleted = middle.changes(&org.state().await.unwrap());
    assert_eq!(deleted.len(), 1);
    assert!(shown(&deleted[0]).contains("IsDeleted 0 -> 1"), "{}", shown(&deleted[0]));
    // Backwards, what was added is gone.
    let gone = org.state().await.unwrap().changes(&before);
    assert_eq!(gone.iter().map(|change| change.kind).collect::<Vec<_>>(), [RowChangeKind::Removed]);
}

#[tokio::test]
async fn looking_is_no_request() {
    let (org, client) = org().await;
    org.faults().push(Fault::unavailable().always());
    org.clear_requests();
    org.state().await.unwrap();
    assert!(org.requests().is_empty());
    assert_eq!(client.get("/limits").await.status, 503);
}
