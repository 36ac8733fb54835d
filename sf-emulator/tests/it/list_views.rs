//! List views: list, describe, results, recent.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Client, org};

async fn view(client: &Client, object: &str, name: &str) -> String {
    let all = client.get(&format!("/sobjects/{object}/listviews")).await.json();
    let found =
        all["listviews"].as_array().unwrap().iter().find(|one| one["developerName"] == name);
    found.unwrap()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_object_has_views() {
    let (_org, client) = org().await;
    let all = client.get("/sobjects/account/listviews").await;
    assert_snapshot!(all.keys(), @"done listviews nextRecordsUrl size sobjectType");
    let all = all.json();
    assert_snapshot!(all["listviews"][0], @r#"{"describeUrl":"/services/data/v66.0/sobjects/Account/listviews/00BdE04zpFlEeazUQC/describe","developerName":"AllAccounts","id":"00BdE04zpFlEeazUQC","label":"All Accounts","resultsUrl":"/services/data/v66.0/sobjects/Account/listviews/00BdE04zpFlEeazUQC/results","soqlCompatible":true,"url":"/services/data/v66.0/sobjects/Account/listviews/00BdE04zpFlEeazUQC"}"#);
    let names: Vec<_> = all["listviews"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["label"].as_str().unwrap())
        .collect();
    assert_snapshot!(names.join(", "), @"All Accounts, My Accounts, New This Week, Customers with a Hot Rating");
    assert_eq!((&all["size"], &all["sobjectType"]), (&json!(4), &json!("Account")));
    let id = all["listviews"][0]["id"].as_str().unwrap();
    let one = client.get(&format!("/sobjects/Account/listviews/{id}")).await.json();
    assert_eq!(one, all["listviews"][0]);
    let unknown = [
        client.get("/sobjects/Nothing/listviews").await.status,
        client.get("/sobjects/Account/listviews/00BdE0000000001").await.status,
        client.get(&format!("/sobjects/Contact/listviews/{id}")).await.status,
    ];
    assert_eq!(unknown, [404; 3]);
}

#[tokio::test]
async fn a_view_is_its_statement() {
    let (_org, client) = org().await;
    let id = view(&client, "Opportunity", "ClosingThisMonth").await;
    let path = format!("/sobjects/Opportunity/listviews/{id}");
    let described = client.get(&format!("{path}/describe")).await;
    assert_snapshot!(described.keys(), @"columns id orderBy query relatedEntityId scope scopeEntityId sobjectType whereCondition");
    let described = described.json();
    assert_snapshot!(described["query"].as_str().unwrap(), @"SELECT Name, Account.Name, Amount, CloseDate, toLabel(StageName), Owner.Alias, Id, CreatedDate, LastModifiedDate, SystemModstamp FROM Opportunity WHERE CloseDate = THIS_MONTH AND IsClosed = FALSE ORDER BY CloseDate ASC NULLS FIRST, Id ASC NULLS FIRST");
    assert_snapshot!(described["whereCondition"], @r#"{"conditions":[{"field":"CloseDate","operator":"equals","values":["THIS_MONTH"]},{"field":"IsClosed","operator":"equals","values":["FALSE"]}],"conjunction":"and"}"#);
    assert_snapshot!(described["columns"][3], @r#"{"ascendingLabel":"New to Old","descendingLabel":"Old to New","fieldNameOrPath":"CloseDate","hidden":false,"label":"Close Date","selectListItem":"CloseDate","sortDirection":"ascending","sortIndex":0,"sortable":true,"type":"date"}"#);
    assert_snapshot!(described["columns"][6], @r#"{"ascendingLabel":null,"descendingLabel":null,"fieldNameOrPath":"Id","hidden":true,"label":"Opportunity ID","selectListItem":"Id","sortDirection":"ascending","sortIndex":1,"sortable":true,"type":"id"}"#);
    let won = view(&client, "Opportunity", "Won").await;
    let path = format!("/sobjects/Opportunity/listviews/{won}");
    let described = client.get(&format!("{path}/describe")).await.json();
    let results = client.get(&format!("{path}/results?limit=2000")).await;
    assert_snapshot!(results.keys(), @"columns developerName done id label records size");
    let results = results.json();
    let rows = client.query(described["query"].as_str().unwrap()).await.json();
    assert_eq!(results["size"], rows["totalSize"]);
    assert_eq!(results["done"], true);
    let names = |column: &str| -> Vec<Value> {
        let cell = |row: &Value| {
            let cells = row["columns"].as_array().unwrap().iter();
            cells.clone().find(|cell| cell["fieldNameOrPath"] == column).unwrap()["value"].clone()
        };
        results["records"].as_array().unwrap().iter().map(cell).collect()
    };
    let expected: Vec<Value> =
        rows["records"].as_array().unwrap().iter().map(|row| row["Name"].clone()).collect();
    assert_eq!(names("Name"), expected);
    // Dates are Java's, numbers text.
    let dates = names("CloseDate");
    assert!(dates[0].as_str().unwrap().contains(" 00:00:00 GMT 20"), "{dates:?}");
    assert!(names("Amount").iter().all(|value| value.is_string() || value.is_null()));
}

#[tokio::test]
async fn rows_come_in_pages() {
    let (_org, client) = org().await;
    let id = view(&client, "Contact", "AllContacts").await;
    let path = format!("/sobjects/Contact/listviews/{id}/results");
    let page = |query: &str| {
        let path = format!("{path}{query}");
        let client = client.clone();
        async move { client.get(&path).await.json() }
    };
    let first = page("").await;
    assert_eq!((&first["size"], &first["done"]), (&json!(25), &json!(false)));
    let both = page("?limit=50").await["records"].as_array().unwrap().clone();
    let second = page("?limit=25&offset=25").await["records"].as_array().unwrap().clone();
    assert_eq!([first["records"].as_array().unwrap().as_slice(), &second].concat(), both);
    let last = page("?limit=2000&offset=9999").await;
    assert_eq!((&last["size"], &last["done"]), (&json!(1), &json!(true)));
    assert_eq!(page("?offset=20000").await["size"], 0);
    let mut refused = Vec::new();
    for query in ["?limit=0", "?limit=2001", "?limit=x", "?offset=-1"] {
        refused.push(client.get(&format!("{path}{query}")).await.shown());
    }
    assert_snapshot!(refused.join("\n"), @r#"
    400 [{"message":"The value of limit is invalid: 0","errorCode":"ILLEGAL_QUERY_PARAMETER_VALUE"}]
    400 [{"message":"The value of limit is invalid: 2001","errorCode":"ILLEGAL_QUERY_PARAMETER_VALUE"}]
    400 [{"message":"The value of limit is invalid: x","errorCode":"ILLEGAL_QUERY_PARAMETER_VALUE"}]
    400 [{"message":"The value of offset is invalid: -1","errorCode":"ILLEGAL_QUERY_PARAMETER_VALUE"}]
    "#);
}

#[tokio::test]
async fn views_that_were_read_are_recent() {
    let (_org, client) = org().await;
    assert_eq!(client.get("/sobjects/Invoice__c/listviews/recent").await.json()["size"], 0);
    let id = view(&client, "Invoice__c", "Overdue").await;
    let rows = client.get(&format!("/sobjects/Invoice__c/listviews/{id}/results")).await.json();
    assert_eq!(rows["records"][0]["columns"][3]["value"], "Overdue");
    let mine = view(&client, "Invoice__c", "MyInvoices").await;
    let mine = client
        .get(&format!("/sobjects/Invoice__c/listviews/{mine}/results?limit=2000"))
        .await
        .json();
    let owned = client.count("SELECT COUNT() FROM Invoice__c USING SCOPE mine").await;
    assert_eq!(mine["size"], owned.min(2_000));
    let recent = client.get("/sobjects/Invoice__c/listviews/recent").await.json();
    let names: Vec<_> =
        recent["listviews"].as_array().unwrap().iter().map(|one| &one["developerName"]).collect();
    assert_eq!(names, ["MyInvoices", "Overdue"]);
}
