//! Rights as rows: what an administrator writes counts at the next request.

use reqwest::Method;
use serde_json::json;
use sf_emulator::{Emulator, ErrorKind, ObjectAccess, RecordAccess, Sharing};

use super::world::{World, code};
use crate::browser::{Browser, CALLBACK};
use crate::support::{Client, org, send, start};

fn client_of(org: &Emulator, admin: &Client, id: &str) -> Client {
    Client { token: org.issue_token_for(id), ..admin.clone() }
}

#[tokio::test]
async fn the_default_org_has_users_who_see_different_things() {
    let (org, admin) = org().await;
    let mut lines = Vec::new();
    for user in org.users().await {
        let client = client_of(&org, &admin, user.id());
        let mut line = format!("{:<18}", user.name());
        for object in ["Account", "Contact", "Opportunity", "Case", "Invoice__c", "AIM__Deal__c"] {
            let reply = client.query(&format!("SELECT COUNT() FROM {object}")).await;
            let shown = match reply.status {
                200 => reply.json()["totalSize"].to_string(),
                _ => code(&reply),
            };
            line.push_str(&format!(" {object}: {shown}"));
        }
        lines.push(line);
    }
    insta::assert_snapshot!(lines.join("\n"), @"
    Alex Admin         Account: 2000 Contact: 10000 Opportunity: 2500 Case: 2000 Invoice__c: 2500 AIM__Deal__c: 500
    Sam Ortega         Account: 869 Contact: 4118 Opportunity: 602 Case: 2000 Invoice__c: 631 AIM__Deal__c: 400 INVALID_TYPE
    Riley O'Hara       Account: 902 Contact: 4295 Opportunity: 621 Case: 2000 Invoice__c: 607 AIM__Deal__c: 400 INVALID_TYPE
    Morgan Lindqvist   Account: 1780 Contact: 8912 Opportunity: 1835 Case: 2000 Invoice__c: 1891 AIM__Deal__c: 386
    Integration User   Account: 2000 Contact: 10000 Opportunity: 400 INVALID_TYPE Case: 400 INVALID_TYPE Invoice__c: 400 INVALID_TYPE AIM__Deal__c: 400 INVALID_TYPE
    Robin Readonly     Account: 2000 Contact: 9566 Opportunity: 2500 Case: 2000 Invoice__c: 2500 AIM__Deal__c: 400 INVALID_TYPE
    Jordan Müller      Account: 0 Contact: 0 Opportunity: 0 Case: 2000 Invoice__c: 0 AIM__Deal__c: 400 INVALID_TYPE
    Casey Former       Account: 0 Contact: 0 Opportunity: 0 Case: 2000 Invoice__c: 0 AIM__Deal__c: 400 INVALID_TYPE
    ");
}

#[tokio::test]
async fn rights_change_with_rows_from_the_next_request_on() {
    let (org, admin) = start(Emulator::builder().contacts(40)).await;
    let sam = org.user("samortega@example.com").await.unwrap();
    let client = client_of(&org, &admin, sam.id());
    let soql = "SELECT AnnualRevenue FROM Account LIMIT 1";
    insta::assert_snapshot!(client.query(soql).await.shown(), @r#"400 [{"message":"\nSELECT AnnualRevenue FROM Account LIMIT\n       ^\nERROR at Row:1:Column:8\nNo such column 'AnnualRevenue' on entity 'Account'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.","errorCode":"INVALID_FIELD"}]"#);
    let set = admin.query("SELECT Id FROM PermissionSet WHERE Name = 'Report_Reader'").await.json();
    let set = set["records"][0]["Id"].as_str().unwrap().to_owned();
    let describe = |client: &Client| {
        let client = client.clone();
        async move { client.get("/sobjects/Account/describe").await }
    };
    let before = describe(&client).await;
    let tag = before.header("etag").to_owned();
    assert_ne!(tag, describe(&admin).await.header("etag"), "users see different describes");

    let grant = json!({ "ParentId": set, "SobjectType": "Account", "Field": "Account.AnnualRevenue", "PermissionsRead": true });
    let made = admin.send("POST", "/sobjects/FieldPermissions", grant.clone()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(client.query(soql).await.status, 400, "nobody has the permission set yet");
    let assign = json!({ "PermissionSetId": set, "AssigneeId": sam.id() });
    let assigned = admin.send("POST", "/sobjects/PermissionSetAssignment", assign).await.json();
    assert_eq!(client.query(soql).await.status, 200);
    let request = client.request(Method::GET, "/sobjects/Account/describe");
    let after = send(request.header("if-none-match", &tag)).await;
    assert_eq!(after.status, 200, "a describe that was kept is not the present one");
    let text = after.text;
    let field = text.split(r#""name":"AnnualRevenue""#).next().unwrap();
    assert!(field.len() < text.len() && text.contains(r#""name":"AnnualRevenue""#));

    assert_eq!(
        code(&admin.send("POST", "/sobjects/FieldPermissions", grant).await),
        "400 DUPLICATE_VALUE"
    );
    let unknown = json!({ "ParentId": set, "SobjectType": "Account", "Field": "Account.Nope", "PermissionsRead": true });
    assert_eq!(
        code(&admin.send("POST", "/sobjects/FieldPermissions", unknown).await),
        "400 INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    );
    let path = format!("/sobjects/PermissionSetAssignment/{}", assigned["id"].as_str().unwrap());
    assert_eq!(send(admin.request(Method::DELETE, &path)).await.status, 204);
    assert_eq!(client.query(soql).await.status, 400);
    assert_eq!(describe(&client).await.header("etag"), tag);

    // An undone change is none.
    let set_of = "SELECT Id, (SELECT Id FROM ObjectPerms WHERE SobjectType = 'Account') FROM PermissionSet WHERE Profile.Name = 'Standard User'";
    let row =
        admin.query(set_of).await.json()["records"][0]["ObjectPerms"]["records"][0]["Id"].clone();
    let path = format!("/services/data/v66.0/sobjects/ObjectPermissions/{}", row.as_str().unwrap());
    let undone = admin
        .send(
            "POST",
            "/composite",
            json!({ "allOrNone": true, "compositeRequest": [
                { "method": "DELETE", "url": path, "referenceId": "a" },
                { "method": "GET", "url": "/services/data/v66.0/sobjects/Nope", "referenceId": "b" },
            ]}),
        )
        .await;
    assert_eq!(undone.status, 200, "{}", undone.text);
    assert_eq!(client.query("SELECT Id FROM Account").await.status, 200);
    let path = format!("/sobjects/ObjectPermissions/{}", row.as_str().unwrap());
    assert_eq!(send(admin.request(Method::DELETE, &path)).await.status, 204);
    insta::assert_snapshot!(client.query("SELECT Id FROM Account").await.shown(), @r#"400 [{"message":"\nSELECT Id FROM Account\n               ^\nERROR at Row:1:Column:16\nsObject type 'Account' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.","errorCode":"INVALID_TYPE"}]"#);
}

#[tokio::test]
async fn only_who_manages_users_changes_rights() {
    let (org, admin) = start(Emulator::builder().contacts(40)).await;
    let sam = org.user("Sam Ortega").await.unwrap();
    let client = client_of(&org, &admin, sam.id());
    let mut answers = Vec::new();
    for (method, path, body) in [
        ("POST", "/sobjects/PermissionSetAssignment".to_owned(), json!({})),
        ("POST", "/sobjects/ObjectPermissions".to_owned(), json!({})),
        ("POST", "/sobjects/UserRole".to_owned(), json!({ "Name": "Top" })),
        ("POST", "/sobjects/User".to_owned(), json!({ "LastName": "X" })),
        (
            "PATCH",
            format!("/sobjects/User/{}", sam.id()),
            json!({ "ProfileId": "00edE0000000001QAA" }),
        ),
        ("PATCH", format!("/sobjects/User/{}", sam.id()), json!({ "Title": "Closer" })),
        ("PATCH", format!("/sobjects/User/{}", org.user_id()), json!({ "Title": "Closer" })),
    ] {
        let reply = client.send(method, &path, body).await;
        answers.push(format!(
            "{method} {} {}",
            path.replace(sam.id(), "own").replace(org.user_id(), "other"),
            code(&reply)
        ));
    }
    insta::assert_snapshot!(answers.join("\n"), @"
    POST /sobjects/PermissionSetAssignment 404 NOT_FOUND
    POST /sobjects/ObjectPermissions 404 NOT_FOUND
    POST /sobjects/UserRole 403 INSUFFICIENT_ACCESS_OR_READONLY
    POST /sobjects/User 403 INSUFFICIENT_ACCESS_OR_READONLY
    PATCH /sobjects/User/own 400 INVALID_FIELD_FOR_INSERT_UPDATE
    PATCH /sobjects/User/own ok
    PATCH /sobjects/User/other 403 INSUFFICIENT_ACCESS_OR_READONLY
    ");
}

#[tokio::test]
async fn shares_defaults_and_transfers() {
    let world = World::new().await;
    let permissions = world.org.permissions();
    let (sam, riley) = (world.user("sam"), world.user("riley"));
    let account = world.targets[0].rows[&'x'].clone();
    let path = format!("/sobjects/Account/{account}");
    let change = json!({ "Website": "x.example" });
    assert_eq!(code(&sam.send("PATCH", &path, change.clone()).await), "404 NOT_FOUND");
    permissions.set_sharing("Account", Sharing::PublicReadOnly).await.unwrap();
    assert_eq!(sam.get(&path).await.status, 200);
    assert_eq!(
        code(&sam.send("PATCH", &path, change.clone()).await),
        "403 INSUFFICIENT_ACCESS_OR_READONLY"
    );
    permissions.set_sharing("Account", Sharing::PublicReadWrite).await.unwrap();
    assert_eq!(sam.send("PATCH", &path, change.clone()).await.status, 204);
    assert_eq!(
        code(&send(sam.request(Method::DELETE, &path)).await),
        "403 INSUFFICIENT_ACCESS_OR_READONLY",
        "owners delete"
    );
    let sam_id = world.org.user("Sam Ortega").await.unwrap().id().to_owned();
    let give = json!({ "OwnerId": sam_id });
    assert_eq!(
        code(&sam.send("PATCH", &path, give.clone()).await),
        "403 INSUFFICIENT_ACCESS_OR_READONLY"
    );
    permissions.set_sharing("Account", Sharing::Private).await.unwrap();
    assert_eq!(code(&sam.get(&path).await), "404 NOT_FOUND");

    // By hand, as a row: whoever has the record shares it.
    let share = json!({ "AccountId": account, "UserOrGroupId": sam_id, "AccountAccessLevel": "Edit", "OpportunityAccessLevel": "Read" });
    assert_eq!(
        code(&sam.send("POST", "/sobjects/AccountShare", share.clone()).await),
        "400 INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
    );
    let made = riley.send("POST", "/sobjects/AccountShare", share).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(sam.send("PATCH", &path, change).await.status, 204);
    let opportunity = &world.targets[2].rows[&'x'];
    assert_eq!(sam.get(&format!("/sobjects/Opportunity/{opportunity}")).await.status, 200);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(
        sam.count("SELECT COUNT() FROM AccountShare").await,
        2,
        "of the accounts that Sam sees"
    );
    assert_eq!(
        send(riley.request(Method::DELETE, &format!("/sobjects/AccountShare/{id}"))).await.status,
        204
    );
    assert_eq!(code(&sam.get(&path).await), "404 NOT_FOUND");

    // Given away it is the other's.
    assert_eq!(riley.send("PATCH", &path, give).await.status, 204);
    assert_eq!(sam.get(&path).await.status, 200);
    assert_eq!(riley.get(&path).await.status, 200, "an opportunity below it is Riley's");
    let deal = &world.targets[6].rows[&'o'];
    let give = world
        .admin
        .send("PATCH", &format!("/sobjects/AIM__Deal__c/{deal}"), json!({ "OwnerId": sam_id }))
        .await;
    insta::assert_snapshot!(give.shown(), @r#"400 [{"message":"The new owner must have read permission","errorCode":"TRANSFER_REQUIRES_READ","fields":["OwnerId"]}]"#);
}

#[tokio::test]
async fn a_share_with_who_is_below_reaches_who_is_above() {
    let world = World::new().await;
    let lead = world
        .admin
        .send("POST", "/sobjects/Lead", json!({ "LastName": "Free", "Company": "C" }))
        .await
        .json();
    let id = lead["id"].as_str().unwrap();
    let path = format!("/sobjects/Lead/{id}");
    let morgan = world.user("morgan");
    assert_eq!(morgan.get(&path).await.status, 404);
    world.org.permissions().share(id, "Sam Ortega", RecordAccess::Edit).await.unwrap();
    assert_eq!(morgan.send("PATCH", &path, json!({ "Title": "x" })).await.status, 204);
    assert_eq!(world.user("riley").get(&path).await.status, 404);

    // A record of a queue is its members'.
    let queue = world.admin.query("SELECT Id FROM Group WHERE Name = 'Support Queue'").await.json();
    let queue = queue["records"][0]["Id"].clone();
    let to_queue = json!({ "OwnerId": queue });
    assert_eq!(world.admin.send("PATCH", &path, to_queue).await.status, 204);
    assert_eq!(world.user("riley").get(&path).await.status, 404);
    let riley = world.org.user("Riley O'Hara").await.unwrap();
    let member = json!({ "GroupId": queue, "UserOrGroupId": riley.id() });
    assert_eq!(world.admin.send("POST", "/sobjects/GroupMember", member).await.status, 201);
    assert_eq!(world.user("riley").get(&path).await.status, 200);
}

#[tokio::test]
async fn permissions_of_what_there_is_not_are_refused() {
    let (org, _) = start(Emulator::builder().contacts(20)).await;
    let permissions = org.permissions();
    let refused = [
        permissions.set_object("Nobody", "Account", ObjectAccess::Read).await,
        permissions.set_object("Standard User", "User", ObjectAccess::Read).await,
        permissions.set_field("Standard User", "Account.Name", RecordAccess::None).await,
        permissions.set_sharing("Lead", Sharing::ControlledByParent).await,
        permissions.share("005dE0000000001QAA", "Sam Ortega", RecordAccess::Read).await,
        permissions.assign("Report_Reader", "nobody").await,
    ];
    let mut lines = Vec::new();
    for error in refused {
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Permissions);
        lines.push(std::error::Error::source(&error).unwrap().to_string());
    }
    insta::assert_snapshot!(lines.join("\n"), @r#"
    there is no profile or permission set "Nobody"; profiles go by name
    there is no object "User" with permissions of its own
    "Account.Name" is no field whose permissions can be set; write Object.Field, and none that is required
    Lead has no parent that could control it
    "005dE0000000001QAA" is no record that can be shared
    there is no user "nobody"; users go by id, username or name
    "#);
}

#[tokio::test]
async fn an_administrator_can_be_kept_from_a_field_too() {
    let (org, admin) = start(Emulator::builder().contacts(20)).await;
    let (permissions, profile) = (org.permissions(), "System Administrator");
    let soql = "SELECT Phone FROM Account LIMIT 1";
    assert_eq!(admin.query(soql).await.status, 200);
    permissions.set_field(profile, "Account.Phone", RecordAccess::None).await.unwrap();
    assert_eq!(code(&admin.query(soql).await), "400 INVALID_FIELD");
    permissions.set_field(profile, "Account.Phone", RecordAccess::Read).await.unwrap();
    assert_eq!(admin.query(soql).await.status, 200);
    let id = admin.account("A").await;
    let change = json!({ "Phone": "1" });
    let refused = admin.send("PATCH", &format!("/sobjects/Account/{id}"), change).await;
    assert_eq!(code(&refused), "400 INVALID_FIELD_FOR_INSERT_UPDATE");
    // Part of an address stands for the whole.
    permissions.set_field(profile, "Account.BillingCity", RecordAccess::None).await.unwrap();
    let keys = admin.get(&format!("/sobjects/Account/{id}")).await.keys();
    assert!(!keys.contains("Billing") && keys.contains("ShippingCity"), "{keys}");
}

#[tokio::test]
async fn a_user_without_the_api_is_kept_out() {
    let (org, admin) = start(Emulator::builder().contacts(20)).await;
    let robin = org.user("Robin Readonly").await.unwrap();
    let client = client_of(&org, &admin, robin.id());
    assert_eq!(client.get("/sobjects").await.status, 200);
    let set =
        admin.query("SELECT Id FROM PermissionSet WHERE Profile.Name = 'Read Only'").await.json();
    let path = format!("/sobjects/PermissionSet/{}", set["records"][0]["Id"].as_str().unwrap());
    assert_eq!(
        admin.send("PATCH", &path, json!({ "PermissionsApiEnabled": false })).await.status,
        204
    );
    insta::assert_snapshot!(client.get("/sobjects").await.shown(), @r#"403 [{"message":"API is disabled for this User","errorCode":"API_CURRENTLY_DISABLED"}]"#);
}

#[tokio::test]
async fn an_api_user_does_not_log_in_on_the_page() {
    let (org, admin) = start(Emulator::builder().contacts(20)).await;
    let integration = org.user("Integration User").await.unwrap();
    let set = "SELECT Id FROM PermissionSet WHERE Profile.Name = 'Integration User'";
    let set = admin.query(set).await.json()["records"][0]["Id"].clone();
    let path = format!("/sobjects/PermissionSet/{}", set.as_str().unwrap());
    let only = json!({ "PermissionsApiUserOnly": true });
    assert_eq!(admin.send("PATCH", &path, only).await.status, 204);
    let mut browser = Browser::new(&admin);
    let parameters =
        [("response_type", "code"), ("client_id", org.client_id()), ("redirect_uri", CALLBACK)];
    let page = browser.authorize(&parameters).await;
    let typed = [("username", integration.username()), ("pw", org.password())];
    let refused = browser.submit(&page, &typed).await;
    assert_eq!(refused.status, 200);
    assert!(refused.text.contains("may use the API only"), "{}", refused.text);
    let sam = org.user("Sam Ortega").await.unwrap();
    let typed = [("username", sam.username()), ("pw", org.password())];
    assert_eq!(browser.submit(&page, &typed).await.status, 303);
}
