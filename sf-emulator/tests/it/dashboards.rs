//! Dashboards: list, describe, results, filters, refresh, copy, delete.

use insta::assert_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Client, org, send};

async fn dashboard(client: &Client) -> String {
    let all = client.get("/analytics/dashboards").await.json();
    let found = all.as_array().unwrap().iter().find(|one| one["name"] == "Sales Pipeline");
    found.unwrap()["id"].as_str().unwrap().to_owned()
}

fn keys(value: &Value) -> String {
    value.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn components_show_their_reports() {
    let (_org, client) = org().await;
    let id = dashboard(&client).await;
    assert_snapshot!(client.get("/analytics/dashboards").await.json()[0], @r#"{"id":"01ZdE0000000001UAA","name":"Sales Pipeline","statusUrl":"/services/data/v66.0/analytics/dashboards/01ZdE0000000001UAA/status","url":"/services/data/v66.0/analytics/dashboards/01ZdE0000000001UAA"}"#);
    let path = format!("/analytics/dashboards/{id}");
    let described = client.get(&format!("{path}/describe")).await.json();
    assert_snapshot!(keys(&described), @"attributes canChangeRunningUser canUseStickyFilter chartTheme colorPalette components dashboardType description developerName filters folderId id layout maxFilterOptions name runningUser");
    assert_snapshot!(described["attributes"], @r#"{"dashboardId":"01ZdE0000000001UAA","dashboardName":"Sales Pipeline","statusUrl":"/services/data/v66.0/analytics/dashboards/01ZdE0000000001UAA/status","type":"Dashboard"}"#);
    assert_snapshot!(described["runningUser"], @r#"{"displayName":"Alex Admin","id":"005dE0000000001QAA"}"#);
    assert_snapshot!(keys(&described["components"][0]), @"componentData footer header id properties reportId title type");
    let results = client.get(&path).await.json();
    assert_snapshot!(keys(&results), @"componentData dashboardMetadata");
    let data = results["componentData"].as_array().unwrap();
    assert_eq!(data.len(), 3);
    assert_snapshot!(keys(&data[0]["reportResult"]), @"attributes allData factMap groupingsAcross groupingsDown hasDetailRows reportExtendedMetadata reportMetadata");
    assert_eq!(data[0]["status"]["dataStatus"], "DATA");
    let deals = &data[2]["reportResult"]["factMap"]["T!T"]["rows"];
    assert_eq!(deals.as_array().unwrap().len(), 10);

    // As jsforce asks for some components.
    let one = json!({ "componentIds": [data[1]["componentId"]] });
    let some = client.send("POST", &path, one).await.json();
    assert_eq!(some["componentData"].as_array().unwrap().len(), 1);
    let unknown = json!({ "componentIds": ["01adE0000000009"] });
    assert_eq!(client.send("POST", &path, unknown).await.status, 400);
}

#[tokio::test]
async fn a_choice_of_a_filter_narrows_every_component() {
    let (_org, client) = org().await;
    let path = format!("/analytics/dashboards/{}", dashboard(&client).await);
    let described = client.get(&format!("{path}/describe")).await.json();
    let option = described["filters"][0]["options"][0]["id"].as_str().unwrap();
    let results = client.get(&format!("{path}?filter1={option}")).await.json();
    let first = &results["componentData"][0]["reportResult"];
    let expected =
        client.count("SELECT COUNT() FROM Opportunity WHERE Type = 'New Customer'").await;
    assert_eq!(first["factMap"]["T!T"]["aggregates"][2]["value"], expected);
    let all = client.get(&path).await.json();
    assert_ne!(all["componentData"][0]["reportResult"]["factMap"], first["factMap"]);
    assert_eq!(client.get(&format!("{path}?filter1=0IC")).await.status, 400);
}

#[tokio::test]
async fn data_is_of_the_last_refresh() {
    let (org, client) = org().await;
    let path = format!("/analytics/dashboards/{}", dashboard(&client).await);
    let rows = |results: &Value| {
        results["componentData"][0]["reportResult"]["factMap"]["T!T"]["aggregates"][2]["value"]
            .as_u64()
            .unwrap()
    };
    let status = || async {
        client.get(&format!("{path}/status")).await.json()["componentStatus"][0].clone()
    };
    assert_eq!(status().await["refreshDate"], Value::Null);
    let before = rows(&client.get(&path).await.json());
    let first = status().await["refreshDate"].clone();
    let deal = json!({ "Name": "New", "StageName": "Prospecting", "CloseDate": "2026-12-31", "Amount": 5 });
    assert_eq!(client.send("POST", "/sobjects/Opportunity", deal).await.status, 201);
    assert_eq!(rows(&client.get(&path).await.json()), before);
    org.advance(std::time::Duration::from_secs(60));
    let refreshed = send(client.request(Method::PUT, &path).body("")).await;
    assert_eq!(refreshed.json()["statusUrl"], format!("/services/data/v66.0{path}/status"));
    assert_eq!(status().await["refreshStatus"], "RUNNING");
    let over = status().await;
    assert_eq!(over["refreshStatus"], "IDLE");
    assert_ne!(over["refreshDate"], first);
    assert_eq!(rows(&client.get(&path).await.json()), before + 1);
}

#[tokio::test]
async fn a_dashboard_is_copied_renamed_and_deleted() {
    let (org, client) = org().await;
    let id = dashboard(&client).await;
    let copy = json!({ "name": "Mine", "folderId": org.user_id() });
    let copy =
        client.send("POST", &format!("/analytics/dashboards?cloneId={id}"), copy).await.json();
    let path = format!("/analytics/dashboards/{}", copy["id"].as_str().unwrap());
    let described = client.get(&format!("/analytics/dashboards/{id}/describe")).await.json();
    assert_ne!(copy["components"][0]["id"], described["components"][0]["id"]);
    let renamed = client.send("PATCH", &path, json!({ "name": "Renamed" })).await.json();
    assert_eq!((&renamed["name"], &renamed["developerName"]), (&json!("Renamed"), &json!("Mine")));
    let found = client
        .query("SELECT Title, FolderName FROM Dashboard WHERE Title = 'Renamed'")
        .await
        .json();
    assert_eq!(found["records"][0]["FolderName"], "Private Reports");
    assert_eq!(send(client.request(Method::DELETE, &path)).await.status, 204);
    assert_eq!(client.get(&path).await.status, 404);
    assert_eq!(client.count("SELECT COUNT() FROM Dashboard WHERE Title = 'Renamed'").await, 0);
    let nowhere = json!({ "name": "x", "folderId": "00ldE0000000099" });
    let path = format!("/analytics/dashboards?cloneId={id}");
    assert_snapshot!(client.send("POST", &path, nowhere).await.shown(), @r#"400 [{"message":"The folder 00ldE0000000099 does not exist or you can’t use it.","errorCode":"BAD_REQUEST","specificErrorCode":0}]"#);
}
