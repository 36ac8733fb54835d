//! What could tell of a record that is not shown: pages, caches, errors, files.

use reqwest::Method;
use serde_json::json;
use sf_emulator::{DuplicateRule, Emulator, RecordAccess};

use super::world::{World, code};
use crate::support::{Client, send, start};

/// Sam, with an org in which nothing was made for the test.
async fn sam(org: &Emulator, admin: &Client) -> (Client, String) {
    let sam = org.user("Sam Ortega").await.unwrap();
    (Client { token: org.issue_token_for(sam.id()), ..admin.clone() }, sam.id().to_owned())
}

#[tokio::test]
async fn a_page_is_for_who_asked_for_the_first_one() {
    let (org, admin) = start(Emulator::builder().contacts(300)).await;
    let (sam, _) = sam(&org, &admin).await;
    let first = send(
        admin
            .request(Method::GET, "/query")
            .query(&[("q", "SELECT Id FROM Contact")])
            .header("sforce-query-options", "batchSize=200"),
    )
    .await;
    let next = first.json()["nextRecordsUrl"].as_str().unwrap().to_owned();
    insta::assert_snapshot!(sam.follow(&next).await.shown(), @r#"400 [{"message":"invalid query locator","errorCode":"INVALID_QUERY_LOCATOR"}]"#);
    assert_eq!(admin.follow(&next).await.status, 200);

    let job = admin.query_job("SELECT Id FROM Contact").await.json()["id"].clone();
    org.bulk_jobs().idle().await;
    let path = format!("/jobs/query/{}", job.as_str().unwrap());
    assert_eq!(admin.get(&format!("{path}/results")).await.status, 200);
    for path in [path.clone(), format!("{path}/results")] {
        assert_eq!(sam.get(&path).await.status, 404, "a job is for who made it");
    }
    assert_eq!(sam.get("/jobs/query").await.json()["records"], json!([]));
}

#[tokio::test]
async fn what_was_changed_last_and_is_shown_no_more_is_not_recent() {
    let world = World::new().await;
    let account = &world.targets[0];
    let id = &account.rows[&'x'];
    world.share(account, 'x', RecordAccess::Edit).await;
    let sam = world.user("sam");
    let path = format!("/sobjects/Account/{id}");
    assert_eq!(sam.send("PATCH", &path, json!({ "Website": "x.example" })).await.status, 204);
    let recent = sam.get("/recent").await.text;
    assert!(recent.contains(id.as_str()), "{recent}");
    assert!(sam.get("/sobjects/Account").await.text.contains(id.as_str()));

    world.share(account, 'x', RecordAccess::None).await;
    for path in ["/recent", "/sobjects/Account"] {
        let shown = sam.get(path).await.text;
        assert!(!shown.contains(id.as_str()), "{path}: {shown}");
    }
}

#[tokio::test]
async fn deleted_records_are_told_to_who_saw_them() {
    let world = World::new().await;
    let lead = world.targets.iter().find(|target| target.object == "Lead").unwrap();
    let deleted = |client: &Client| {
        let now = world.org.now().as_second();
        let time = |second| jiff::Timestamp::from_second(second).unwrap();
        let path =
            format!("/sobjects/Lead/deleted?start={}&end={}", time(now - 600), time(now + 120));
        let client = client.clone();
        async move { client.get(&path).await.text }
    };
    for id in lead.rows.values() {
        let path = format!("/sobjects/Lead/{id}");
        assert_eq!(send(world.admin.request(Method::DELETE, &path)).await.status, 204);
    }
    let (sam, riley) = (deleted(world.user("sam")).await, deleted(world.user("riley")).await);
    let (own, other) = (lead.rows[&'o'].as_str(), lead.rows[&'x'].as_str());
    assert!(sam.contains(own) && !sam.contains(other), "{sam}");
    assert!(!riley.contains(own) && riley.contains(other), "{riley}");
    let soql = "SELECT Id FROM Lead WHERE IsDeleted = true AND LastName LIKE 'Zmatrix%'";
    let all = |client: &Client| {
        let client = client.clone();
        async move { client.get(&format!("/queryAll?q={}", super::world::encoded(soql))).await.text }
    };
    assert!(!all(world.user("sam")).await.contains(other));
    // Gone for who saw it, never there for the others.
    let path = format!("/sobjects/Lead/{other}");
    assert_eq!(
        code(&world.user("riley").send("PATCH", &path, json!({})).await),
        "404 ENTITY_IS_DELETED"
    );
    assert_eq!(code(&world.user("sam").send("PATCH", &path, json!({})).await), "404 NOT_FOUND");
}

#[tokio::test]
async fn errors_do_not_name_records_that_are_not_shown() {
    let rule = DuplicateRule::new("Lead", "Same e-mail", ["Email"]).block();
    let (org, admin) = start(Emulator::builder().contacts(40).duplicate_rule(rule)).await;
    let (sam, sam_id) = sam(&org, &admin).await;
    org.permissions().assign("Invoice_Editor", &sam_id).await.unwrap();

    let lead = json!({ "LastName": "A", "Company": "B", "Email": "one@example.com" });
    assert_eq!(admin.send("POST", "/sobjects/Lead", lead.clone()).await.status, 201);
    assert_eq!(
        code(&admin.send("POST", "/sobjects/Lead", lead.clone()).await),
        "400 DUPLICATES_DETECTED"
    );
    // The rule compares with what Sam sees.
    assert_eq!(sam.send("POST", "/sobjects/Lead", lead).await.status, 201);

    let account = admin.account("Hidden").await;
    let invoice =
        |key: &str| json!({ "External_Id__c": key, "Amount__c": 1, "Due_Date__c": "2026-12-01" });
    let made = admin.send("POST", "/sobjects/Invoice__c", invoice("K-1")).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let twice = sam.send("POST", "/sobjects/Invoice__c", invoice("K-1")).await;
    insta::assert_snapshot!(twice.shown(), @r#"400 [{"message":"duplicate value found: <unknown> duplicates value on record with id: <unknown>","errorCode":"DUPLICATE_VALUE","fields":[]}]"#);
    let path = "/sobjects/Invoice__c/External_Id__c/K-1";
    assert_eq!(code(&sam.get(path).await), "404 NOT_FOUND");
    let over =
        sam.send("PATCH", path, json!({ "Amount__c": 2, "Due_Date__c": "2026-12-01" })).await;
    insta::assert_snapshot!(over.shown(), @r#"403 [{"message":"insufficient access rights on object id","errorCode":"INSUFFICIENT_ACCESS_OR_READONLY","fields":[]}]"#);

    let mut with_parent = invoice("K-2");
    with_parent["Account__c"] = json!(account);
    let refused = sam.send("POST", "/sobjects/Invoice__c", with_parent).await;
    assert_eq!(code(&refused), "400 INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY");
    assert!(refused.text.contains(&account[..15]), "{}", refused.text);

    // Not unique, so that a record which is not shown is no match.
    let keyed = json!({ "Amount__c": 1, "Due_Date__c": "2026-12-01" });
    let path = "/sobjects/Invoice__c/Order_Ref__c/R-1";
    assert_eq!(admin.send("PATCH", path, keyed.clone()).await.status, 201);
    assert_eq!(sam.send("PATCH", path, keyed).await.status, 201);
    assert_eq!(code(&admin.get(path).await).split(' ').next(), Some("300"));
    assert_eq!(sam.get(path).await.status, 200);
}

#[tokio::test]
async fn what_shows_a_parent_shows_none_that_is_hidden() {
    let world = World::new().await;
    let account = |row: char| world.targets[0].rows[&row].clone();
    let task = json!({ "Subject": "About it", "WhatId": account('x'), "Status": "Completed" });
    let made = world.admin.send("POST", "/sobjects/Task", task).await.json();
    let id = made["id"].as_str().unwrap();
    let path = format!("/sobjects/Task/{id}");
    let sam = world.user("sam");
    assert_eq!(sam.get(&path).await.status, 404);
    let give = json!({ "OwnerId": world.org.user("Sam Ortega").await.unwrap().id() });
    assert_eq!(world.admin.send("PATCH", &path, give).await.status, 204);
    let soql = format!(
        "SELECT WhatId, What.Name, What.Type, TYPEOF What WHEN Account THEN Phone, Name ELSE Name END FROM Task WHERE Id = '{id}'"
    );
    let soql = soql.replace("What.Name, What.Type, ", "");
    let row = sam.query(&soql).await.json()["records"][0].clone();
    assert_eq!(row["WhatId"], json!(account('x')), "the lookup itself is a field of the task");
    assert_eq!(row["What"], json!(null));
    let path = format!("SELECT What.Name, What.Type FROM Task WHERE Id = '{id}'");
    assert_eq!(sam.query(&path).await.json()["records"][0]["What"], json!(null));

    // A case is everybody's; the contact whose telephone it shows is not.
    let contact = &world.targets[1].rows[&'x'];
    let call = json!({ "Phone": "555-0100" });
    let path = format!("/sobjects/Contact/{contact}");
    assert_eq!(world.admin.send("PATCH", &path, call).await.status, 204);
    let case = &world.targets[3].rows[&'x'];
    let soql = format!("SELECT ContactPhone FROM Case WHERE Id = '{case}'");
    let shown = |client: &Client| {
        let (client, soql) = (client.clone(), soql.clone());
        async move { client.query(&soql).await.json()["records"][0]["ContactPhone"].clone() }
    };
    assert_eq!(shown(world.user("riley")).await, json!("555-0100"));
    assert_eq!(shown(sam).await, json!(null));
}

#[tokio::test]
async fn files_are_for_who_sees_what_they_are_linked_to() {
    let world = World::new().await;
    for (row, seen) in [('s', true), ('x', false)] {
        let account = &world.targets[0].rows[&row];
        let body = json!({ "ParentId": account, "Name": "a.txt", "Body": "aGVsbG8=" });
        let made = world.admin.send("POST", "/sobjects/Attachment", body).await.json();
        let attachment = made["id"].as_str().unwrap().to_owned();
        let body = json!({ "Title": "b", "PathOnClient": "b.txt", "VersionData": "aGVsbG8=", "FirstPublishLocationId": account });
        let made = world.admin.send("POST", "/sobjects/ContentVersion", body).await.json();
        let version = made["id"].as_str().unwrap().to_owned();
        let sam = world.user("sam");
        for path in [
            format!("/sobjects/Attachment/{attachment}"),
            format!("/sobjects/Attachment/{attachment}/Body"),
            format!("/sobjects/ContentVersion/{version}"),
            format!("/sobjects/ContentVersion/{version}/VersionData"),
        ] {
            assert_eq!(sam.get(&path).await.status, if seen { 200 } else { 404 }, "{path}");
        }
        let soql = format!(
            "SELECT COUNT() FROM ContentDocument WHERE Title = 'b' AND LatestPublishedVersionId = '{version}'"
        );
        assert_eq!(sam.count(&soql).await, u64::from(seen));
    }
}
