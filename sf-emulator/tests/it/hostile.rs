//! Whatever a client sends, the org answers in the platform's shape and goes on.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value};

use crate::support::{org, send};

/// What the org offers, with open places.
const RESOURCES: [(&str, &str); 18] = [
    ("GET", "query"),
    ("GET", "queryAll"),
    ("GET", "query/*"),
    ("GET", "sobjects/*"),
    ("GET", "sobjects/*/describe"),
    ("POST", "sobjects/*"),
    ("GET", "sobjects/*/*"),
    ("PATCH", "sobjects/*/*"),
    ("DELETE", "sobjects/*/*"),
    ("GET", "sobjects/*/*/*"),
    ("PATCH", "sobjects/*/*/*"),
    ("DELETE", "composite/sobjects"),
    ("POST", "composite/sobjects"),
    ("PATCH", "composite/sobjects"),
    ("GET", "composite/sobjects/*"),
    ("POST", "composite/sobjects/*"),
    ("PATCH", "composite/sobjects/*/*"),
    ("GET", "limits/recordCount"),
];

/// A resource with anything in its open places, or any method and path.
fn target() -> impl Strategy<Value = (String, Vec<String>)> {
    let resource =
        (prop::sample::select(RESOURCES.to_vec()), prop::collection::vec(open_place(), 3));
    let resource = resource.prop_map(|((method, path), places)| {
        let mut places = places.into_iter();
        let fill = |part: &str| match part {
            "*" => places.next().unwrap_or_default(),
            part => part.to_owned(),
        };
        (method.to_owned(), path.split('/').map(fill).collect())
    });
    let any = ("[A-Z]{1,8}", prop::collection::vec("[^/?#]{0,12}", 0..5));
    prop_oneof![8 => resource, 1 => any]
}

fn open_place() -> impl Strategy<Value = String> {
    let known = [
        "Account",
        "Contact",
        "Invoice__c",
        "Id",
        "External_Id__c",
        "Email",
        "001dE0000000001QAA",
        "0r8AAAAAAAAAAAAAAA-2000",
    ];
    prop_oneof![4 => prop::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => "[^/?#]{1,12}"]
}

/// A body in the form of a record or of a collection, with anything inside.
fn body() -> impl Strategy<Value = Value> {
    let collection = prop::collection::vec(json(), 0..4).prop_map(|records| {
        let typed = |record: Value| match record {
            Value::Object(mut fields) => {
                fields.insert("attributes".to_owned(), serde_json::json!({ "type": "Account" }));
                Value::Object(fields)
            }
            other => other,
        };
        serde_json::json!({ "records": records.into_iter().map(typed).collect::<Vec<_>>() })
    });
    prop_oneof![2 => json(), 1 => collection]
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(Value::from("001dE0000000001QAA")),
    ];
    let key = prop::sample::select(vec![
        "Name",
        "Id",
        "attributes",
        "type",
        "records",
        "allOrNone",
        "ids",
        "fields",
        "LastName",
        "AccountId",
        "External_Id__c",
        "Account",
        "CreatedDate",
        "x",
    ]);
    leaf.prop_recursive(4, 24, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..5).prop_map(|pairs| {
                Value::Object(
                    pairs
                        .into_iter()
                        .map(|(key, value)| (key.to_owned(), value))
                        .collect::<Map<_, _>>(),
                )
            }),
        ]
    })
}

#[test]
fn no_request_makes_the_org_fail() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (_org, client) = runtime.block_on(org());
    let value = prop_oneof![
        "\\PC{0,30}",
        "SELECT (Id|Name|[A-z]{1,4}) FROM Account( WHERE Name [=<>] '\\PC{0,5}')?"
    ];
    let requests = (
        target(),
        prop::collection::vec(
            (prop::sample::select(vec!["q", "fields", "ids", "updateOnly"]), value),
            0..3,
        ),
        body(),
    );
    let config = Config { cases: 600, failure_persistence: None, ..Config::default() };
    let judged = TestRunner::new(config).run(&requests, |((method, segments), query, body)| {
        let reply = runtime.block_on(async {
            let mut request = client
                .request(method.parse().unwrap(), "")
                .query(&query)
                .json(&body)
                .build()
                .unwrap();
            let mut url = request.url().clone();
            url.path_segments_mut().unwrap().extend(&segments);
            *request.url_mut() = url;
            send(reqwest::RequestBuilder::from_parts(client.http.clone(), request)).await
        });
        prop_assert!(reply.status < 500, "{}", reply.shown());
        if reply.status >= 400 {
            prop_assert!(reply.json()[0]["errorCode"].is_string(), "{}", reply.shown());
        }
        Ok(())
    });
    if let Err(error) = judged {
        panic!("{error}");
    }
}
