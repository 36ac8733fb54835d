//! The ways to a field: each answers whether it shows it.

use serde_json::Value;

use super::world::{Target, World, batch, bulk_query, code, composite, encoded, graph};
use crate::support::{Client, Reply};

/// A way to see a field, as [`super::rows::Way`] is one to see a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Describe,
    Layout,
    Select,
    Filter,
    Order,
    Group,
    AllFields,
    OfParent,
    InSubquery,
    Get,
    GetField,
    Retrieve,
    Composite,
    Batch,
    Graph,
    Search,
    Bulk,
    Report,
}

impl Way {
    pub(crate) const ALL: [(&'static str, Self); 18] = [
        ("describe", Self::Describe),
        ("layout", Self::Layout),
        ("SELECT", Self::Select),
        ("WHERE", Self::Filter),
        ("ORDER BY", Self::Order),
        ("MAX()", Self::Group),
        ("FIELDS(ALL)", Self::AllFields),
        ("of a parent", Self::OfParent),
        ("in a subquery", Self::InSubquery),
        ("get", Self::Get),
        ("get ?fields", Self::GetField),
        ("collection", Self::Retrieve),
        ("composite", Self::Composite),
        ("batch", Self::Batch),
        ("graph", Self::Graph),
        ("search", Self::Search),
        ("bulk query", Self::Bulk),
        ("report", Self::Report),
    ];
}

/// `seen`, `hidden`, or how the object was refused; `None` where the object
/// does not have the way.
pub(crate) async fn look(
    world: &World,
    client: &Client,
    target: &Target,
    way: Way,
) -> Option<String> {
    let Target { object, field, literal, .. } = target;
    // A row that the user sees, if there is one: of another, nothing is told.
    let visible = visible_row(client, target).await;
    let ids = target.ids();
    let select = format!("SELECT Id, {field} FROM {object} WHERE Id IN ({ids})");
    let by_statement = |reply: &Reply| match code(reply).as_str() {
        "ok" => "seen".to_owned(),
        "400 INVALID_FIELD" => "hidden".to_owned(),
        other => other.to_owned(),
    };
    let in_body = |reply: &Reply| match code(reply).as_str() {
        "ok" if names(&reply.json(), field) => "seen".to_owned(),
        "ok" | "400 INVALID_FIELD" => "hidden".to_owned(),
        other => other.to_owned(),
    };
    Some(match way {
        Way::Describe => in_body(&client.get(&format!("/sobjects/{object}/describe")).await),
        Way::Layout => {
            let path = format!("/sobjects/{object}/describe/layouts/012000000000000AAA");
            in_body(&client.get(&path).await)
        }
        Way::Select => by_statement(&client.query(&select).await),
        Way::Filter => {
            let soql = format!("SELECT Id FROM {object} WHERE {field} = {literal}");
            by_statement(&client.query(&soql).await)
        }
        Way::Order => {
            let soql = format!("SELECT Id FROM {object} ORDER BY {field} LIMIT 1");
            by_statement(&client.query(&soql).await)
        }
        Way::Group => {
            by_statement(&client.query(&format!("SELECT MAX({field}) FROM {object}")).await)
        }
        Way::AllFields => {
            visible.as_ref()?;
            let soql = format!("SELECT FIELDS(ALL) FROM {object} WHERE Id IN ({ids}) LIMIT 10");
            in_body(&client.query(&soql).await)
        }
        Way::OfParent => {
            let (from, path) = target.path?;
            by_statement(&client.query(&format!("SELECT {path}.{field} FROM {from}")).await)
        }
        Way::InSubquery => {
            let children = target.children?;
            let soql = format!("SELECT Id, (SELECT {field} FROM {children}) FROM Account LIMIT 1");
            by_statement(&client.query(&soql).await)
        }
        Way::Get => {
            let id = visible?;
            in_body(&client.get(&format!("/sobjects/{object}/{id}")).await)
        }
        Way::GetField => {
            let id = visible?;
            by_statement(&client.get(&format!("/sobjects/{object}/{id}?fields={field}")).await)
        }
        Way::Retrieve => {
            let id = visible?;
            let path = format!("/composite/sobjects/{object}?ids={id}&fields={field}");
            by_statement(&client.get(&path).await)
        }
        Way::Composite => {
            let path = format!("/query?q={}", encoded(&select));
            by_statement(&composite(client, "GET", &path, None).await)
        }
        Way::Batch => {
            let path = format!("/query?q={}", encoded(&select));
            by_statement(&batch(client, "GET", &path, None).await)
        }
        Way::Graph => {
            let id = visible?;
            in_body(&graph(client, "GET", &format!("/sobjects/{object}/{id}"), None).await)
        }
        Way::Search => {
            let sosl = format!("FIND {{anything}} RETURNING {object}({field})");
            by_statement(&client.get(&format!("/search?q={}", encoded(&sosl))).await)
        }
        Way::Bulk => match code(&bulk_query(world, client, &select).await).as_str() {
            "ok" => "seen".to_owned(),
            // The text tells a field from an object; see `rights`.
            "400 INVALID_FIELD" => "hidden".to_owned(),
            other => other.to_owned(),
        },
        Way::Report => {
            let reply = super::reports::run(world, client, target, Some(field)).await?;
            match (reply.status, code(&reply)) {
                (200, _) => "seen".to_owned(),
                // The type is there, and the column is none of it.
                (400, _) if super::reports::is_offered(client, target).await => "hidden".to_owned(),
                (_, other) => other,
            }
        }
    })
}

async fn visible_row(client: &Client, target: &Target) -> Option<String> {
    let soql = format!("SELECT Id FROM {} WHERE Id IN ({})", target.object, target.ids());
    let reply = client.query(&soql).await;
    let json: Value = serde_json::from_str(&reply.text).unwrap();
    Some(json.pointer("/records/0/Id")?.as_str()?.to_owned())
}

/// Whether the field is a key, or the name of a field, anywhere.
fn names(value: &Value, field: &str) -> bool {
    match value {
        Value::Object(map) => {
            map.contains_key(field)
                || map.get("name").is_some_and(|name| name == field)
                || map.get("value").is_some_and(|name| name == field)
                || map.values().any(|inner| names(inner, field))
        }
        Value::Array(items) => items.iter().any(|inner| names(inner, field)),
        _ => false,
    }
}
