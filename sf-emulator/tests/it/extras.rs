//! The smaller resources: recent records, layouts, Apex REST, blobs, XML errors.

use insta::assert_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{org, send};

#[tokio::test]
async fn recent_records_come_newest_first() {
    let (org, client) = org().await;
    client.account("First").await;
    org.advance(std::time::Duration::from_secs(60));
    let lead = json!({ "LastName": "Second", "Company": "x" });
    assert_eq!(client.send("POST", "/sobjects/Lead", lead).await.status, 201);
    let recent = client.get("/recent?limit=2").await.json();
    let rows: Vec<_> = recent
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (&row["attributes"]["type"], &row["Name"]))
        .collect();
    assert_eq!(rows, [(&json!("Lead"), &json!("Second")), (&json!("Account"), &json!("First"))]);
    let keys: Vec<_> = recent[0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["attributes", "Id", "Name"]);
    assert_snapshot!(client.get("/recent?limit=201").await.shown(), @r#"400 [{"message":"The limit must be a number from 1 to 200","errorCode":"INVALID_QUERY_LIMIT"}]"#);
}

#[tokio::test]
async fn layouts_show_the_fields_that_there_are() {
    let (_org, client) = org().await;
    let layouts = client.get("/sobjects/contact/describe/layouts").await;
    assert_snapshot!(layouts.keys(), @"layouts recordTypeMappings recordTypeSelectorRequired");
    let json = layouts.json();
    let edit = &json["layouts"][0]["editLayoutSections"][0]["layoutRows"];
    let required: Vec<_> = edit
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|row| row["layoutItems"].as_array().unwrap())
        .filter(|item| item["required"] == true)
        .map(|item| item["layoutComponents"][0]["value"].as_str().unwrap())
        .collect();
    assert_eq!(required, ["LastName"]);
    let one = client.get("/sobjects/Contact/describe/layouts/012000000000000AAA").await.json();
    assert_eq!(one, json["layouts"][0]);
    let compact = client.get("/sobjects/Contact/describe/compactLayouts").await;
    assert_snapshot!(compact.keys(), @"compactLayouts defaultCompactLayoutId recordTypeCompactLayoutMappings urls");
    let unknown = [
        client.get("/sobjects/Nothing/describe/layouts").await.status,
        client.get("/sobjects/Contact/describe/layouts/012000000000001AAA").await.status,
        client.get("/sobjects/Nothing/listviews").await.status,
    ];
    assert_eq!(unknown, [404; 3]);
}

#[tokio::test]
async fn apex_rest_echoes() {
    let (_org, client) = org().await;
    let url = format!("{}/services/apexrest/orders/7?dry=1", client.base);
    let request = client.http.post(&url).bearer_auth(&client.token);
    let reply = send(request.json(&json!({ "n": 0.50 }))).await;
    assert_snapshot!(reply.shown(), @r#"200 {"method":"POST","path":"/orders/7","parameters":{"dry":"1"},"body":{"n":0.5}}"#);
    assert!(reply.header("sforce-limit-info").starts_with("api-usage="));
    assert_eq!(send(client.http.get(&url)).await.status, 401);
    let scheme = client.http.get(&url).header("Authorization", format!("OAuth {}", client.token));
    assert_eq!(send(scheme).await.json()["body"], Value::Null);
}

#[tokio::test]
async fn blobs_are_bytes_behind_a_path() {
    let (_org, client) = org().await;
    let account = client.account("With a file").await;
    let text = "--x\r\nContent-Disposition: form-data; name=\"entity_document\"\r\nContent-Type: application/json\r\n\r\n";
    let record = json!({ "Name": "a.bin", "ParentId": account });
    let mut body = format!("{text}{record}\r\n--x\r\nContent-Disposition: form-data; name=\"Body\"; filename=\"a.bin\"\r\nContent-Type: application/octet-stream\r\n\r\n").into_bytes();
    let bytes = [0_u8, 255, 13, 10, 45, 45, 120, 7];
    body.extend(bytes);
    body.extend(b"\r\n--x--\r\n");
    let request = client.request(Method::POST, "/sobjects/Attachment").body(body);
    let reply = send(request.header("Content-Type", "multipart/form-data; boundary=\"x\"")).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let id = reply.json()["id"].as_str().unwrap().to_owned();

    let row = client.get(&format!("/sobjects/Attachment/{id}?fields=Body,BodyLength")).await.json();
    let path = row["Body"].as_str().unwrap();
    assert_eq!(path, format!("/services/data/v66.0/sobjects/Attachment/{id}/Body"));
    assert_eq!(row["BodyLength"], bytes.len());
    let request = client.http.get(format!("{}{path}", client.base)).bearer_auth(&client.token);
    let blob = request.send().await.unwrap();
    assert_eq!(blob.headers()["content-type"], "application/octetstream");
    assert_eq!(blob.bytes().await.unwrap()[..], bytes);

    // In plain JSON the bytes come in base64.
    let plain = json!({ "Name": "b", "ParentId": account, "Body": "AP8=" });
    let id = client.send("POST", "/sobjects/Attachment", plain).await.json()["id"].clone();
    let path = format!("/sobjects/Attachment/{}/Body", id.as_str().unwrap());
    assert_eq!(
        client.request(Method::GET, &path).send().await.unwrap().bytes().await.unwrap()[..],
        [0, 255]
    );
    assert_eq!(client.get(&path.replace("/Body", "/Name")).await.status, 404, "no blob field");
}

#[tokio::test]
async fn limits_are_those_of_a_developer_org() {
    let (_org, client) = org().await;
    let limits = client.get("/limits").await.json();
    let names: Vec<_> = limits.as_object().unwrap().keys().collect();
    assert_eq!(names.len(), 71);
    assert!(names.is_sorted(), "{names:?}");
    assert_snapshot!(limits["PermissionSets"], @r#"{"Max":1500,"Remaining":1500,"CreateCustom":{"Max":1500,"Remaining":1500}}"#);
    assert_snapshot!(limits["SingleEmail"], @r#"{"Max":15,"Remaining":15}"#);
}

#[tokio::test]
async fn a_file_is_a_version_with_its_bytes() {
    let (_org, client) = org().await;
    let file = json!({ "Title": "Plan", "PathOnClient": "plan.txt", "VersionData": "cGxhbg==" });
    let reply = client.send("POST", "/sobjects/ContentVersion", file).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let id = reply.json()["id"].as_str().unwrap().to_owned();
    let row = client.get(&format!("/sobjects/ContentVersion/{id}?fields=VersionData")).await.json();
    let path = format!("/sobjects/ContentVersion/{id}/VersionData");
    assert_eq!(row["VersionData"], format!("/services/data/v66.0{path}"));
    assert_eq!(client.get(&path).await.text, "plan");

    // A subrequest cannot answer with bytes.
    let url = format!("/services/data/v66.0{path}");
    let node = json!({ "referenceId": "a", "method": "GET", "url": url });
    let reply = client.send("POST", "/composite", json!({ "compositeRequest": [node] })).await;
    assert_eq!(reply.json()["compositeResponse"][0]["httpStatusCode"], 400);
}

#[tokio::test]
async fn errors_come_in_xml_to_those_who_take_nothing_else() {
    let (_org, client) = org().await;
    let request = client.request(Method::GET, "/query").query(&[("q", "SELECT <x> FROM Account")]);
    let reply = send(request.header("Accept", "application/xml")).await;
    assert_eq!(reply.header("content-type"), "application/xml;charset=UTF-8");
    assert!(
        reply.text.contains("<errorCode>MALFORMED_QUERY</errorCode><message>"),
        "{}",
        reply.text
    );
    assert!(reply.text.contains("&lt;"), "{}", reply.text);
    let both = client.request(Method::GET, "/nothing").header("Accept", "application/xml, */*");
    assert_eq!(send(both).await.json()[0]["errorCode"], "NOT_FOUND");
    let alone = client.request(Method::GET, "/nothing").header("Accept", "application/xml");
    assert_snapshot!(send(alone).await.shown(), @r#"404 <?xml version="1.0" encoding="UTF-8"?><Errors><Error><errorCode>NOT_FOUND</errorCode><message>The requested resource does not exist</message></Error></Errors>"#);
}

#[tokio::test]
async fn columns_of_a_statement_as_the_salesforce_cli_asks_for_them() {
    let (_org, client) = org().await;
    let soql = "SELECT Name, Owner.Name, Owner.Email, (SELECT LastName FROM Contacts) FROM Account";
    let names = |columns: &Value| -> String {
        let name = |c: &Value| c["columnName"].as_str().unwrap().to_owned();
        let one = |c: &Value| {
            let behind: Vec<_> = c["joinColumns"].as_array().unwrap().iter().map(name).collect();
            format!("{}[{}]", name(c), behind.join(" "))
        };
        columns.as_array().unwrap().iter().map(one).collect::<Vec<_>>().join(" ")
    };
    let query = |soql: &str| format!("/query?q={}&columns=true", soql.replace(' ', "+"));
    let answer = client.get(&query(soql)).await.json();
    assert_snapshot!(names(&answer["columnMetadata"]), @"Name[] Owner[Name Email] Contacts[LastName]");
    let counted = "SELECT Type, COUNT(Id), MAX(Name) top FROM Account GROUP BY Type";
    let answer = client.get(&query(counted)).await.json();
    assert_snapshot!(names(&answer["columnMetadata"]), @"Type[] expr0[] top[]");
    assert_eq!(answer["columnMetadata"][1]["displayName"], "count(Id)");
    let wrong = client.get(&query("SELECT Nmae FROM Account")).await;
    assert_eq!(wrong.status, 400, "{}", wrong.shown());
}

#[tokio::test]
async fn slashes_before_and_after_a_path_are_passed_over() {
    let (org, client) = org().await;
    let url = format!("{}//services/data/v66.0/limits/", org.url().as_str().trim_end_matches('/'));
    let reply =
        reqwest::Client::new().get(url).bearer_auth(org.issue_token()).send().await.unwrap();
    assert_eq!(reply.status(), 200);
    drop(client);
}
