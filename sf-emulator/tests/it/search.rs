//! SOSL, parameterized search, and what stands beside them.

use insta::assert_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Client, Reply, org, send};

/// Two accounts, a contact and a lead with words that nothing generated has.
async fn filled(client: &Client) {
    client.account("Zyxel Trading, Ltd.").await;
    client.account("Zyxel Holding").await;
    let contact =
        json!({ "LastName": "Zyxelova", "Email": "ann@zyxel.example", "Phone": "+1 555 0199 777" });
    assert_eq!(client.send("POST", "/sobjects/Contact", contact).await.status, 201);
    let lead = json!({ "LastName": "Quux", "Company": "Zyxel" });
    assert_eq!(client.send("POST", "/sobjects/Lead", lead).await.status, 201);
}

async fn sosl(client: &Client, sosl: &str) -> Reply {
    send(client.request(Method::GET, "/search/").query(&[("q", sosl)])).await
}

/// Object and name (or another field) of each row.
fn rows(reply: &Reply) -> String {
    let json = reply.json();
    assert_eq!(reply.status, 200, "{}", reply.text);
    let records = json["searchRecords"].as_array().unwrap();
    let shown = records.iter().map(|row| {
        let kind = row["attributes"]["type"].as_str().unwrap();
        let fields: Vec<String> = row
            .as_object()
            .unwrap()
            .iter()
            .filter(|(key, _)| !["attributes", "Id"].contains(&key.as_str()))
            .map(|(_, value)| value.as_str().unwrap_or("null").to_owned())
            .collect();
        [vec![kind.to_owned()], fields].concat().join(" ")
    });
    shown.collect::<Vec<_>>().join("; ")
}

#[tokio::test]
async fn words_are_found_in_the_objects_asked_for() {
    let (_org, client) = org().await;
    filled(&client).await;
    let mut shown = Vec::new();
    for search in [
        "FIND {zyxel}",
        "FIND {zyxel} RETURNING Account(Name ORDER BY Name), Lead(Company)",
        "FIND {\"zyxel trading\"} RETURNING Account(Id, Name)",
        "FIND {zyx* AND NOT trading} RETURNING Account(Name)",
        "FIND {zyxel} RETURNING Account(Name WHERE Name LIKE '%Ltd.' LIMIT 5)",
        "FIND {zyxel} IN EMAIL FIELDS RETURNING Contact(Email), Account",
        "FIND {0199} IN PHONE FIELDS RETURNING Contact(Phone)",
        "FIND {ann} IN NAME FIELDS RETURNING Contact(Email WHERE Email LIKE '%zyxel%')",
        "FIND {zyxel} RETURNING Account(Name ORDER BY Name OFFSET 1)",
        "FIND {zyxel} RETURNING Account(Name ORDER BY Name), Lead(Company) LIMIT 2",
        "FIND {nowhere}",
    ] {
        shown.push(format!("{search}\n    {}", rows(&sosl(&client, search).await)));
    }
    assert_snapshot!(shown.join("\n"), @r#"
    FIND {zyxel}
        Account; Account; Contact; Lead
    FIND {zyxel} RETURNING Account(Name ORDER BY Name), Lead(Company)
        Account Zyxel Holding; Account Zyxel Trading, Ltd.; Lead Zyxel
    FIND {"zyxel trading"} RETURNING Account(Id, Name)
        Account Zyxel Trading, Ltd.
    FIND {zyx* AND NOT trading} RETURNING Account(Name)
        Account Zyxel Holding
    FIND {zyxel} RETURNING Account(Name WHERE Name LIKE '%Ltd.' LIMIT 5)
        Account Zyxel Trading, Ltd.
    FIND {zyxel} IN EMAIL FIELDS RETURNING Contact(Email), Account
        Contact ann@zyxel.example
    FIND {0199} IN PHONE FIELDS RETURNING Contact(Phone)
        Contact +1 (555) 782-0199; Contact +1 (555) 196-0199; Contact +1 555 0199 777
    FIND {ann} IN NAME FIELDS RETURNING Contact(Email WHERE Email LIKE '%zyxel%')
        
    FIND {zyxel} RETURNING Account(Name ORDER BY Name OFFSET 1)
        Account Zyxel Trading, Ltd.
    FIND {zyxel} RETURNING Account(Name ORDER BY Name), Lead(Company) LIMIT 2
        Account Zyxel Holding; Lead Zyxel
    FIND {nowhere}
    "#);
}

#[tokio::test]
async fn the_shape_of_an_answer() {
    let (_org, client) = org().await;
    filled(&client).await;
    let reply =
        sosl(&client, "FIND {zyxelova} RETURNING Contact(name) WITH METADATA='LABELS'").await;
    assert_eq!(reply.keys(), "searchRecords metadata");
    assert_snapshot!(reply.json()["metadata"], @r#"{"entityMetadata":[{"entityName":"Contact","fieldMetadata":[{"name":"Name","label":"Full Name"}]}]}"#);
    assert!(reply.header("queryid").starts_with('-'));
    let query = [("q", "FIND {zyxelova} RETURNING Contact")];
    let old = client.http.get(format!("{}/services/data/v36.0/search", client.base)).query(&query);
    let old = send(old.bearer_auth(&client.token)).await.json();
    assert_eq!(old[0]["attributes"]["type"], "Contact", "an array before version 37");
    assert_eq!(old[0].as_object().unwrap().len(), 2, "without fields the id alone");
    let bounded = sosl(&client, "FIND {a* OR e*} RETURNING Contact(Id)").await;
    assert_eq!(bounded.status, 400, "one letter is too short: {}", bounded.text);
    let many = sosl(&client, "FIND {example} RETURNING Contact(Id)").await.json();
    assert!(many["searchRecords"].as_array().unwrap().len() <= 250);
}

#[tokio::test]
async fn what_was_found_is_marked() {
    let (_org, client) = org().await;
    filled(&client).await;
    let search = "FIND {zyxel trading} RETURNING Account(Name) WITH HIGHLIGHT";
    let mut row = sosl(&client, search).await.json()["searchRecords"][0].clone();
    row["attributes"].take();
    assert_snapshot!(row, @r#"{"attributes":null,"Name":"Zyxel Trading, Ltd.","highlight.Name":"<mark>Zyxel</mark> <mark>Trading</mark>, Ltd."}"#);
}

#[tokio::test]
async fn refused_searches_say_why() {
    let (_org, client) = org().await;
    let mut shown = vec![client.get("/search").await.shown()];
    for search in [
        "FIND acme",
        "FIND 'acme' RETURNING Account",
        "FIND {acme} RETURNNG Account",
        "FIND {a}",
        "FIND {}",
        "FIND {acme} RETURNING Acount(Id)",
        "FIND {acme} RETURNING Account(Nmae)",
        "FIND {acme} RETURNING Account(Name OFFSET 2001)",
        "FIND {acme} RETURNING Account(Name OFFSET 1), Contact(Name)",
    ] {
        shown.push(sosl(&client, search).await.shown());
    }
    assert_snapshot!(shown.join("\n"), @r#"
    400 [{"message":"No search term found. The search term must be enclosed in braces.","errorCode":"MALFORMED_SEARCH"}]
    400 [{"message":"No search term found. The search term must be enclosed in braces.","errorCode":"MALFORMED_SEARCH"}]
    400 [{"message":"No search term found. The search term must be enclosed in braces.","errorCode":"MALFORMED_SEARCH"}]
    400 [{"message":"\nFIND {acme} RETURNNG Account\n            ^\nERROR at Row:1:Column:13\nunexpected token: 'RETURNNG'","errorCode":"MALFORMED_SEARCH"}]
    400 [{"message":"search term must be longer than one character: a","errorCode":"MALFORMED_SEARCH"}]
    400 [{"message":"\nFIND {}\n      ^\nERROR at Row:1:Column:7\nunexpected token: '}'","errorCode":"MALFORMED_SEARCH"}]
    400 [{"message":"sObject type 'Acount' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.","errorCode":"INVALID_TYPE"}]
    400 [{"message":"No such column 'Nmae' on entity 'Account'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.","errorCode":"INVALID_FIELD"}]
    400 [{"message":"SOSL offset should be between 0 to 2000","errorCode":"MALFORMED_SEARCH"}]
    400 [{"message":"SOSL offset is allowed in a search of one object alone","errorCode":"MALFORMED_SEARCH"}]
    "#);
}

#[tokio::test]
async fn parameterized_searches_in_both_forms() {
    let (_org, client) = org().await;
    filled(&client).await;
    let url = "/parameterizedSearch?q=zyxel&sobject=Account&Account.fields=id,name&Account.orderBy=Name+DESC+NULLS_LAST&Account.limit=1";
    let by_url = client.get(url).await;
    assert_eq!(rows(&by_url), "Account Zyxel Trading, Ltd.");
    let post = |body: Value| {
        let client = client.clone();
        async move { client.send("POST", "/parameterizedSearch", body).await }
    };
    let body = json!({ "q": "zyxel", "in": "ALL", "overallLimit": 10, "fields": ["id"], "sobjects": [
        { "name": "Account", "fields": ["id", "name"], "orderBy": "Name DESC", "limit": 1 },
        { "name": "Lead", "fields": ["Company"], "where": "Company = 'Zyxel'" },
    ] });
    assert_eq!(rows(&post(body).await), "Account Zyxel Trading, Ltd.; Lead Zyxel");
    let everywhere = post(json!({ "q": "zyx*", "fields": ["Name"], "sobjects": [] })).await;
    assert_eq!(everywhere.status, 400, "not every object has this field: {}", everywhere.text);
    assert_eq!(
        rows(&client.get("/parameterizedSearch?q=zyxelov?&sobject=Contact&in=NAME").await),
        "Contact"
    );
    let refused = [
        client.get("/parameterizedSearch?sobject=Account").await,
        client.get("/parameterizedSearch?q=zyxel&in=NOSE").await,
        client.get("/parameterizedSearch?q=zyxel&overallLimit=2001").await,
        client.get("/parameterizedSearch?q=zyxel&sobject=Account&Account.where=Nmae+=+1").await,
        post(json!({ "q": 7 })).await,
    ];
    let shown: Vec<_> = refused.iter().map(Reply::shown).collect();
    assert_snapshot!(shown.join("\n"), @r#"
    400 [{"message":"The parameter q is required: what to search for","errorCode":"MISSING_ARGUMENT"}]
    400 [{"message":"Unknown search scope: NOSE","errorCode":"MALFORMED_SEARCH"}]
    400 [{"message":"overallLimit must be at most 2000","errorCode":"MALFORMED_SEARCH"}]
    400 [{"message":"No such column 'Nmae' on entity 'Account'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.","errorCode":"INVALID_FIELD"}]
    400 [{"message":"Cannot deserialize instance of q from VALUE_NUMBER_INT value 7 or request may be missing a required field at [line:1, column:1]","errorCode":"JSON_PARSER_ERROR"}]
    "#);
}

#[tokio::test]
async fn scope_layout_and_suggestions() {
    let (_org, client) = org().await;
    filled(&client).await;
    let scope = client.get("/search/scopeOrder").await.json();
    let account = scope.as_array().unwrap().iter().find(|one| one["type"] == "Account").unwrap();
    assert_snapshot!(account, @r#"{"type":"Account","url":"/services/data/v66.0/sobjects/Account/describe"}"#);
    assert_snapshot!(client.get("/search/layout/?q=Account,case").await.shown(), @r#"200 [{"label":"Search Results","limitRows":25,"searchColumns":[{"field":"Account.Name","format":null,"label":"Account Name","name":"Name"}]},{"label":"Search Results","limitRows":25,"searchColumns":[{"field":"Case.CaseNumber","format":null,"label":"Case Number","name":"CaseNumber"}]}]"#);
    let suggestions = client.get("/search/suggestions?q=zyx&sobject=Account&limit=1").await.json();
    assert_eq!(suggestions["autoSuggestResults"][0]["Name"], "Zyxel Holding");
    assert_eq!(suggestions["hasMoreResults"], true);
    let refused = [
        client.get("/search/suggestions?q=zy&sobject=Account").await,
        client.get("/search/suggestions?q=zyx").await,
        client.get("/search/suggestions?q=zyx&sobject=Nothing").await,
        client.get("/search/layout?q=Nothing").await,
    ];
    let shown: Vec<_> = refused.iter().map(Reply::shown).collect();
    assert_snapshot!(shown.join("\n"), @r#"
    400 [{"message":"q must be at least 3 characters long","errorCode":"MALFORMED_SEARCH"}]
    400 [{"message":"The parameter sobject is required","errorCode":"MISSING_ARGUMENT"}]
    404 [{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]
    404 [{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]
    "#);
}
