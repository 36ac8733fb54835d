//! Files: content versions, documents and links as the platform makes them, up
//! in JSON and in parts, and down again; attachments.

use insta::assert_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Client, Reply, org, send};

async fn version(client: &Client, fields: Value) -> Value {
    let made = client.send("POST", "/sobjects/ContentVersion", fields).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let soql = format!(
        "SELECT Id, ContentDocumentId, Title, FileType, FileExtension, ContentSize, VersionNumber, IsLatest FROM ContentVersion WHERE Id = '{}'",
        made.json()["id"].as_str().unwrap()
    );
    client.query(&soql).await.json()["records"][0].clone()
}

async fn links(client: &Client, document: &Value) -> Vec<String> {
    let soql = format!(
        "SELECT LinkedEntityId, ShareType FROM ContentDocumentLink WHERE ContentDocumentId = '{}'",
        document.as_str().unwrap()
    );
    let rows = client.query(&soql).await.json();
    let one = |row: &Value| {
        format!(
            "{} {}",
            &row["LinkedEntityId"].as_str().unwrap()[..3],
            row["ShareType"].as_str().unwrap()
        )
    };
    rows["records"].as_array().unwrap().iter().map(one).collect()
}

#[tokio::test]
async fn a_version_makes_a_document_and_its_links() {
    let (_org, client) = org().await;
    let account = client.account("With files").await;
    let first = version(&client, json!({
        "Title": "Plan", "PathOnClient": "C:/x/plan.txt", "VersionData": "cGxhbg==", "FirstPublishLocationId": account,
    })).await;
    assert_eq!(
        (&first["FileType"], &first["ContentSize"], &first["VersionNumber"]),
        (&json!("TXT"), &json!(4), &json!("1"))
    );
    let document = &first["ContentDocumentId"];
    assert_eq!(links(&client, document).await, ["005 I", "001 V"]);

    let second = version(&client, json!({
        "Title": "Plan B", "PathOnClient": "plan.md", "VersionData": "cGxhbiBC", "ContentDocumentId": document,
        "ReasonForChange": "better",
    })).await;
    assert_eq!((&second["ContentDocumentId"], &second["VersionNumber"]), (document, &json!("2")));
    let path = format!("/sobjects/ContentDocument/{}", document.as_str().unwrap());
    let row = client.get(&path).await.json();
    assert_eq!(
        (&row["Title"], &row["FileExtension"], &row["ContentSize"]),
        (&json!("Plan B"), &json!("md"), &json!(6))
    );
    assert_eq!(row["LatestPublishedVersionId"], second["Id"]);
    let latest = format!(
        "SELECT COUNT() FROM ContentVersion WHERE ContentDocumentId = '{}' AND IsLatest = TRUE",
        document.as_str().unwrap()
    );
    assert_eq!(client.count(&latest).await, 1);
    // Both versions can be read, and a document goes with all of them.
    for (row, text) in [(&first, "plan"), (&second, "plan B")] {
        let path = format!("/sobjects/ContentVersion/{}/VersionData", row["Id"].as_str().unwrap());
        assert_eq!(client.get(&path).await.text, text);
    }
    assert_eq!(send(client.request(Method::DELETE, &path)).await.status, 204);
    assert_eq!(
        client.count("SELECT COUNT() FROM ContentVersion WHERE Title LIKE 'Plan%'").await,
        0
    );
    assert_eq!(
        client
            .get(&format!("/sobjects/ContentVersion/{}", second["Id"].as_str().unwrap()))
            .await
            .status,
        404
    );
}

/// As the Salesforce CLI sends a file: the bytes first, then the record.
async fn upload(client: &Client, name: &str, kind: &str, bytes: &[u8], record: &Value) -> Reply {
    let mut body = format!(
        "--xyz\r\nContent-Disposition: form-data; name=\"VersionData\"; filename=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n"
    )
    .into_bytes();
    body.extend(bytes);
    body.extend(
        format!("\r\n--xyz\r\nContent-Disposition: form-data; name=\"entity_content\"\r\nContent-Type: application/json\r\n\r\n{record}\r\n--xyz--\r\n")
            .into_bytes(),
    );
    let request = client.request(Method::POST, "/sobjects/ContentVersion");
    send(request.header("content-type", "multipart/form-data; boundary=xyz").body(body)).await
}

#[tokio::test]
async fn a_file_goes_up_in_parts_whatever_it_is() {
    let (_org, client) = org().await;
    let account = client.account("Linked").await;
    let every: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
    for (name, kind, bytes) in [
        ("data.json", "application/json", &b"{\"Title\": \"not the record\"}"[..]),
        ("all.bin", "application/octet-stream", &every),
        ("none.txt", "text/plain", &[]),
    ] {
        let made =
            upload(&client, name, kind, bytes, &json!({ "PathOnClient": name, "Title": name }))
                .await;
        assert_eq!(made.status, 201, "{}", made.text);
        let id = made.json()["id"].as_str().unwrap().to_owned();
        let request =
            client.request(Method::GET, &format!("/sobjects/ContentVersion/{id}/VersionData"));
        assert_eq!(request.send().await.unwrap().bytes().await.unwrap()[..], *bytes, "{name}");
        let soql = format!(
            "SELECT Title, ContentSize, ContentDocumentId FROM ContentVersion WHERE Id = '{id}'"
        );
        let row = client.query(&soql).await.json()["records"][0].clone();
        assert_eq!((&row["Title"], &row["ContentSize"]), (&json!(name), &json!(bytes.len())));
        // A link of one's own, once.
        let link = json!({ "ContentDocumentId": row["ContentDocumentId"], "LinkedEntityId": account, "ShareType": "V" });
        assert_eq!(
            client.send("POST", "/sobjects/ContentDocumentLink", link.clone()).await.status,
            201
        );
        assert_eq!(links(&client, &row["ContentDocumentId"]).await, ["005 I", "001 V"]);
        let again = client.send("POST", "/sobjects/ContentDocumentLink", link).await;
        assert_eq!(again.status, 400, "{}", again.text);
        assert_eq!(again.json()[0]["errorCode"], "DUPLICATE_VALUE");
    }
    let pathless = client
        .send("POST", "/sobjects/ContentVersion", json!({ "Title": "x", "VersionData": "" }))
        .await;
    assert_snapshot!(pathless.shown(), @r#"400 [{"message":"Required fields are missing: [PathOnClient]","errorCode":"REQUIRED_FIELD_MISSING","fields":["PathOnClient"]}]"#);
    let unknown =
        json!({ "Title": "x", "PathOnClient": "x", "ContentDocumentId": "069dE0000000099" });
    assert_eq!(client.send("POST", "/sobjects/ContentVersion", unknown).await.status, 400);
    let broken = json!({ "Title": "x", "PathOnClient": "x", "VersionData": "no base64!" });
    assert_snapshot!(client.send("POST", "/sobjects/ContentVersion", broken).await.shown(), @r#"400 [{"message":"Cannot deserialize instance of base64 from VALUE_STRING value no base64! or request may be missing a required field at [line:1, column:32]","errorCode":"JSON_PARSER_ERROR"}]"#);
}

#[tokio::test]
async fn links_must_be_narrowed() {
    let (_org, client) = org().await;
    let all = client.query("SELECT Id FROM ContentDocumentLink").await;
    assert_snapshot!(all.shown(), @r#"400 [{"message":"\nSELECT Id FROM ContentDocumentLink\n^\nERROR at Row:1:Column:1\nImplementation restriction: ContentDocumentLink requires a filter by a single Id on ContentDocumentId or LinkedEntityId using the equals operator or multiple Id's using the IN operator.","errorCode":"MALFORMED_QUERY"}]"#);
    let account = client.account("None").await;
    assert_eq!(
        client
            .count(&format!(
                "SELECT COUNT() FROM ContentDocumentLink WHERE LinkedEntityId = '{account}'"
            ))
            .await,
        0
    );
}
