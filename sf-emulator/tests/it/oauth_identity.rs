//! The identity URL in its formats and versions, and at the generic login host.

use insta::assert_snapshot;
use sf_emulator::Emulator;

use crate::support::{Client, Reply, org, send, start};

async fn identity(client: &Client, path: &str, query: &str, accept: &str) -> Reply {
    let url = format!("{}{path}{query}", client.base);
    send(client.http.get(url).bearer_auth(&client.token).header("accept", accept)).await
}

#[tokio::test]
async fn keys_are_the_platforms() {
    let (org, client) = org().await;
    let path = format!("/id/{}/{}", org.org_id(), org.user_id());
    let reply = identity(&client, &path, "", "*/*").await;
    assert_snapshot!(reply.keys(), @"id asserted_user user_id organization_id username nick_name display_name email email_verified first_name last_name timezone photos addr_street addr_city addr_state addr_country addr_zip mobile_phone mobile_phone_verified is_lightning_login_user status urls active user_type language locale utcOffset last_modified_date is_app_installed");
    let urls = reply.json()["urls"].clone();
    let keys: Vec<_> = urls.as_object().unwrap().keys().map(String::as_str).collect();
    assert_snapshot!(keys.join(" "), @"enterprise metadata partner rest sobjects search query recent tooling_soap tooling_rest profile feeds groups users feed_items feed_elements custom_domain");
    assert_eq!(urls["rest"], format!("{}/services/data/v{{version}}/", client.base));

    for (query, version) in [("?version=latest", "68.0"), ("?version=61.0", "61.0")] {
        let json = identity(&client, &path, query, "*/*").await.json();
        assert_eq!(json["urls"]["rest"], format!("{}/services/data/v{version}/", client.base));
        let short = &org.org_id()[..15];
        let partner = format!("{}/services/Soap/u/{version}/{short}", client.base);
        assert_eq!(json["urls"]["partner"], partner);
    }

    let userinfo = client.follow("/services/oauth2/userinfo").await;
    assert_snapshot!(userinfo.keys(), @"sub user_id organization_id preferred_username nickname name email email_verified given_name family_name zoneinfo photos profile picture address is_salesforce_integration_user urls active user_type language locale utcOffset updated_at");
}

#[tokio::test]
async fn formats_are_json_xml_forms_and_scripts() {
    let (org, client) = org().await;
    let path = format!("/id/{}/{}", org.org_id(), org.user_id());
    let plain = identity(&client, &path, "", "*/*").await.text;
    let port = org.url().port().unwrap().to_string();
    let mut shown = Vec::new();
    for (query, accept) in [
        ("", "application/json"),
        ("", "text/html"),
        ("", "application/xml,application/json"),
        ("", "application/x-www-form-urlencoded"),
        ("?format=xml", "application/json"),
        ("?format=urlencoded", "*/*"),
        ("?format=jsonp&callback=app.back", "*/*"),
        ("?callback=back", "*/*"),
        ("?format=jsonp", "*/*"),
        ("?format=jsonp&callback=alert(1)//", "*/*"),
        ("?format=yaml", "*/*"),
    ] {
        let reply = identity(&client, &path, query, accept).await;
        let text = reply.text.replace(&plain, "…").replace(&port, "port");
        let start: String = text.chars().take(60).collect();
        shown.push(format!("{query} {accept}: {} {start}", reply.header("content-type")));
    }
    assert_snapshot!(shown.join("\n"), @r#"
     application/json: application/json;charset=UTF-8 …
     text/html: application/json;charset=UTF-8 …
     application/xml,application/json: application/xml;charset=UTF-8 <?xml version="1.0" encoding="UTF-8"?><user xmlns:xsi="http:
     application/x-www-form-urlencoded: application/x-www-form-urlencoded;charset=UTF-8 id=http%3A%2F%2F127.0.0.1%3Aport%2Fid%2F00DdE0000000001UAA%2
    ?format=xml application/json: application/xml;charset=UTF-8 <?xml version="1.0" encoding="UTF-8"?><user xmlns:xsi="http:
    ?format=urlencoded */*: application/x-www-form-urlencoded;charset=UTF-8 id=http%3A%2F%2F127.0.0.1%3Aport%2Fid%2F00DdE0000000001UAA%2
    ?format=jsonp&callback=app.back */*: application/javascript;charset=UTF-8 app.back(…);
    ?callback=back */*: application/javascript;charset=UTF-8 back(…);
    ?format=jsonp */*: application/json;charset=UTF-8 …
    ?format=jsonp&callback=alert(1)// */*: application/json;charset=UTF-8 …
    ?format=yaml */*: application/json;charset=UTF-8 …
    "#);

    let xml = identity(&client, &path, "?format=xml&version=latest", "*/*").await.text;
    let document = roxmltree::Document::parse(&xml).unwrap();
    let at = |path: &[&str]| {
        path.iter().fold(document.root_element(), |node, name| {
            node.children().find(|child| child.has_tag_name(*name)).unwrap()
        })
    };
    assert_eq!(document.root_element().tag_name().name(), "user");
    assert_eq!(at(&["username"]).text(), Some(org.username()));
    assert_eq!(at(&["asserted_user"]).text(), Some("true"));
    assert!(at(&["urls", "rest"]).text().unwrap().ends_with("/services/data/v68.0/"));
    let nil = ("http://www.w3.org/2001/XMLSchema-instance", "nil");
    assert_eq!(at(&["status", "body"]).attribute(nil), Some("true"));
    assert_eq!(document.root_element().children().count(), 30);
}

#[tokio::test]
async fn the_login_host_sends_on_to_the_orgs_own() {
    let (org, client) = start(Emulator::builder().login_host("localhost")).await;
    assert_eq!(org.login_url().host_str(), Some("localhost"));
    let path = format!("id/{}/{}", org.org_id(), org.user_id());
    let url = format!("{}{path}?version=latest", org.login_url());
    let reply = send(client.http.get(url).bearer_auth(&client.token)).await;
    assert_eq!(reply.status, 302);
    assert_eq!(reply.header("location"), format!("{}{path}?version=latest", org.url()));
    assert_eq!(client.follow(&format!("/{path}")).await.status, 200);
}
