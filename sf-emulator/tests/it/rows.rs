//! Single records: create, read, change, delete, upsert.

use insta::assert_snapshot;
use reqwest::Method;
use serde_json::json;

use crate::support::{org, send};

#[tokio::test]
async fn a_record_lives_and_dies() {
    let (_org, client) = org().await;
    let created =
        client.send("POST", "/sobjects/account/", json!({ "Name": "Acme", "Rating": "Hot" })).await;
    let id = created.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(created.shown(), format!(r#"201 {{"id":"{id}","success":true,"errors":[]}}"#));
    assert_eq!(created.header("location"), format!("/services/data/v66.0/sobjects/Account/{id}"));

    let path = format!("/sobjects/ACCOUNT/{id}");
    let read = client.get(&format!("{path}?fields=Name,rating,Owner.Name")).await;
    assert_eq!(read.status, 200, "{}", read.text);
    assert_snapshot!(read.keys(), @"attributes Name Rating Owner Id");
    assert_eq!(read.json()["Rating"], "Hot");
    assert!(read.header("last-modified").ends_with(" GMT"), "{:?}", read.headers);
    assert!(!read.header("etag").is_empty());

    let changed = client.send("PATCH", &path, json!({ "Name": "Acme 2", "Rating": null })).await;
    assert_eq!(changed.shown(), "204");
    let overridden =
        client.send("POST", &format!("{path}?_HttpMethod=PATCH"), json!({ "Phone": "1" })).await;
    assert_eq!(overridden.shown(), "204");
    let read = client.get(&format!("{path}?fields=Name,Rating,Phone")).await.json();
    assert_eq!(
        (&read["Name"], &read["Rating"], &read["Phone"]),
        (&json!("Acme 2"), &json!(null), &json!("1"))
    );

    let head = send(client.request(Method::HEAD, &path)).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));

    assert_eq!(send(client.request(Method::DELETE, &path)).await.shown(), "204");
    assert_eq!(client.get(&path).await.status, 404);
    assert_snapshot!(
        send(client.request(Method::DELETE, &path)).await.shown(),
        @r#"404 [{"message":"entity is deleted","errorCode":"ENTITY_IS_DELETED","fields":[]}]"#
    );
}

#[tokio::test]
async fn upsert_by_external_id_inserts_then_updates() {
    let (_org, client) = org().await;
    let path = "/sobjects/AIM__Deal__c/AIM__Ext_Key__c/K-1%2F2";
    let deal = json!({ "Name": "Deal", "AIM__Stage__c": "Sourcing" });
    let only = client.send("PATCH", &format!("{path}?updateOnly=true"), deal.clone()).await;
    assert_eq!(only.status, 404, "{}", only.text);

    let first = client.send("PATCH", path, deal).await;
    let id = first.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(
        first.shown(),
        format!(r#"201 {{"id":"{id}","success":true,"errors":[],"created":true}}"#)
    );
    let second = client.send("PATCH", path, json!({ "AIM__Stage__c": "Signed" })).await;
    assert_eq!(
        second.shown(),
        format!(r#"200 {{"id":"{id}","success":true,"errors":[],"created":false}}"#)
    );
    assert_eq!(
        second.header("location"),
        format!("/services/data/v66.0/sobjects/AIM__Deal__c/{id}")
    );

    let read = client.get(&format!("{path}?fields=AIM__Stage__c,AIM__Ext_Key__c")).await.json();
    assert_eq!(
        (&read["AIM__Stage__c"], &read["AIM__Ext_Key__c"]),
        (&json!("Signed"), &json!("K-1/2"))
    );

    let old = format!("{}/services/data/v45.0{path}", client.base);
    let reply = send(
        client.http.patch(old).bearer_auth(&client.token).json(&json!({ "AIM__Stage__c": "Lost" })),
    )
    .await;
    assert_eq!(reply.shown(), "204", "before version 46 an update says nothing");

    let in_body = client.send("PATCH", path, json!({ "AIM__Ext_Key__c": "K-1/2" })).await;
    assert_snapshot!(
        in_body.shown(),
        @r#"400 [{"message":"The AIM__Ext_Key__c field should not be specified in the sobject data.","errorCode":"INVALID_FIELD"}]"#
    );
    assert_eq!(send(client.request(Method::DELETE, path)).await.shown(), "204");
    assert_eq!(client.get(path).await.status, 404);
}

#[tokio::test]
async fn an_external_id_shared_by_several_records_gives_their_urls() {
    let (_org, client) = org().await;
    let mut ids = Vec::new();
    for name in ["A", "B"] {
        let contact = json!({ "LastName": name, "Email": "shared@example.com" });
        ids.push(
            client.send("POST", "/sobjects/Contact", contact).await.json()["id"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    let reply = client.get("/sobjects/Contact/Email/shared@example.com").await;
    let urls: Vec<_> =
        ids.iter().map(|id| format!("/services/data/v66.0/sobjects/Contact/{id}")).collect();
    assert_eq!((reply.status, reply.json()), (300, json!(urls)));
}

#[tokio::test]
async fn refused_writes_say_why() {
    let (_org, client) = org().await;
    let id = client.account("Refused").await;
    let path = format!("/sobjects/Account/{id}");
    let replies = [
        client.send("POST", "/sobjects/Contact", json!({ "FirstName": "No last name" })).await,
        client.send("POST", "/sobjects/Account", json!({ "Name": "x", "AccountNumer": "1" })).await,
        client.send("PATCH", &path, json!({ "Id": id })).await,
        client.send("PATCH", &path, json!({ "CreatedDate": "2020-01-01T00:00:00Z" })).await,
        client.send("POST", "/sobjects/Nothing", json!({})).await,
        client.get("/sobjects/Account/001000000000000AAA").await,
        client.get("/sobjects/Account/nonsense").await,
    ];
    let shown: Vec<_> = replies.iter().map(crate::support::Reply::shown).collect();
    assert_snapshot!(shown.join("\n"), @r#"
    400 [{"message":"Required fields are missing: [LastName]","errorCode":"REQUIRED_FIELD_MISSING","fields":["LastName"]}]
    400 [{"message":"No such column 'AccountNumer' on sobject of type Account","errorCode":"INVALID_FIELD"}]
    400 [{"message":"The Id field should not be specified in the sobject data.","errorCode":"INVALID_FIELD"}]
    400 [{"message":"Unable to create/update fields: CreatedDate. Please check the security settings of this field and verify that it is read/write for your profile or permission set.","errorCode":"INVALID_FIELD_FOR_INSERT_UPDATE","fields":["CreatedDate"]}]
    404 [{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]
    404 [{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]
    404 [{"errorCode":"NOT_FOUND","message":"Provided external ID field does not exist or is not accessible: nonsense"}]
    "#);
}

#[tokio::test]
async fn conditional_requests_compare_the_last_change() {
    let (org, client) = org().await;
    let id = client.account("Conditional").await;
    let path = format!("/sobjects/Account/{id}");
    let stamp = client.get(&path).await.header("last-modified").to_owned();
    let unchanged =
        send(client.request(Method::GET, &path).header("If-Modified-Since", &stamp)).await;
    assert_eq!((unchanged.status, unchanged.text.as_str()), (304, ""));

    org.advance(std::time::Duration::from_secs(60));
    let guarded = |name: &str| {
        let request = client.request(Method::PATCH, &path).header("If-Unmodified-Since", &stamp);
        send(request.json(&json!({ "Name": name })))
    };
    assert_eq!(guarded("First").await.status, 204);
    org.advance(std::time::Duration::from_secs(60));
    assert_eq!(guarded("Second").await.status, 412);
    assert_eq!(client.get(&format!("{path}?fields=Name")).await.json()["Name"], "First");
}
