//! The ways to a record: each answers which of the rows it shows.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::world::{Target, WORD, World, batch, bulk_query, code, composite, encoded, graph};
use crate::support::{Client, Reply};

/// What came of one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    Rows(BTreeSet<char>),
    /// How many, where the answer tells no more.
    Count(usize),
    Refused(String),
}

impl Found {
    /// How many rows were shown, refused or not.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Rows(rows) => rows.len(),
            Self::Count(count) => *count,
            Self::Refused(_) => 0,
        }
    }

    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Rows(rows) if rows.is_empty() => "-".to_owned(),
            Self::Rows(rows) => rows.iter().collect(),
            Self::Count(count) => format!("{count}"),
            Self::Refused(code) => code.clone(),
        }
    }
}

/// A way to read. Another one is a variant, its line in `ALL`, and an arm in
/// [`find`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Query,
    QueryAll,
    Count,
    Aggregate,
    Subquery,
    Path,
    PathFilter,
    SemiJoin,
    Get,
    ExternalId,
    Related,
    Retrieve,
    Composite,
    Batch,
    Graph,
    Search,
    Parameterized,
    Suggestions,
    Updated,
    Bulk,
    Explain,
    Report,
}

impl Way {
    pub(crate) const ALL: [(&'static str, Self); 22] = [
        ("query", Self::Query),
        ("queryAll", Self::QueryAll),
        ("COUNT()", Self::Count),
        ("COUNT(Id)", Self::Aggregate),
        ("subquery", Self::Subquery),
        ("relationship path", Self::Path),
        ("filter on a path", Self::PathFilter),
        ("semi-join", Self::SemiJoin),
        ("get", Self::Get),
        ("get by external id", Self::ExternalId),
        ("related records", Self::Related),
        ("collection", Self::Retrieve),
        ("composite", Self::Composite),
        ("batch", Self::Batch),
        ("graph", Self::Graph),
        ("search", Self::Search),
        ("parameterized search", Self::Parameterized),
        ("suggestions", Self::Suggestions),
        ("updated", Self::Updated),
        ("bulk query", Self::Bulk),
        ("explain", Self::Explain),
        ("report", Self::Report),
    ];
}

/// What the way shows the user; `None` where the object does not have it.
pub(crate) async fn find(
    world: &World,
    client: &Client,
    target: &Target,
    way: Way,
) -> Option<Found> {
    let Target { object, marker, .. } = target;
    let ids = target.ids();
    let by_ids = format!("SELECT Id FROM {object} WHERE Id IN ({ids})");
    Some(match way {
        Way::Query => of_ids(target, &client.query(&by_ids).await),
        Way::QueryAll => {
            let path = format!("/queryAll?q={}", encoded(&by_ids));
            of_ids(target, &client.get(&path).await)
        }
        Way::Count => {
            let soql = format!("SELECT COUNT() FROM {object} WHERE Id IN ({ids})");
            count(&client.query(&soql).await, "/totalSize")
        }
        Way::Aggregate => {
            let soql = format!("SELECT COUNT(Id) n FROM {object} WHERE Id IN ({ids})");
            count(&client.query(&soql).await, "/records/0/n")
        }
        Way::Subquery => {
            let accounts = world.targets.first()?.ids();
            let children = target.children?;
            let soql = format!(
                "SELECT Id, (SELECT Id FROM {children} WHERE Id IN ({ids})) FROM Account WHERE Id IN ({accounts})"
            );
            of_ids(target, &client.query(&soql).await)
        }
        Way::Path => {
            let (from, path) = target.path?;
            let soql = format!(
                "SELECT Id, {path}.{marker}, {path}.Id FROM {from} WHERE Subject LIKE '{WORD}%'"
            );
            of_ids(target, &client.query(&soql).await)
        }
        Way::PathFilter => {
            let (from, path) = target.path?;
            let soql = format!(
                "SELECT COUNT() FROM {from} WHERE Subject LIKE '{WORD}%' AND {path}.{marker} LIKE '{WORD}%'"
            );
            count(&client.query(&soql).await, "/totalSize")
        }
        Way::SemiJoin => {
            let (from, path) = target.path?;
            let soql = format!(
                "SELECT COUNT() FROM {from} WHERE Subject LIKE '{WORD}%' \
                 AND {path}Id IN (SELECT Id FROM {object} WHERE {marker} LIKE '{WORD}%')"
            );
            count(&client.query(&soql).await, "/totalSize")
        }
        Way::Get => {
            each(target, async |_, id| client.get(&format!("/sobjects/{object}/{id}")).await).await
        }
        Way::ExternalId => {
            let field = target.external?;
            each(target, async |name, _| {
                let value = format!("{WORD} {name}").replace(' ', "%20");
                client.get(&format!("/sobjects/{object}/{field}/{value}")).await
            })
            .await
        }
        Way::Related => {
            let children = target.children?;
            let accounts = &world.targets.first()?.rows;
            let mut found = BTreeSet::new();
            let mut refused = None;
            for account in accounts.values() {
                let path = format!("/sobjects/Account/{account}/{children}?fields=Id");
                match of_ids(target, &client.get(&path).await) {
                    Found::Rows(rows) => found.extend(rows),
                    Found::Refused(code) => refused = Some(code),
                    Found::Count(_) => {}
                }
            }
            match refused {
                Some(code) if found.is_empty() => Found::Refused(code),
                _ => Found::Rows(found),
            }
        }
        Way::Retrieve => {
            let ids: Vec<&str> = target.rows.values().map(String::as_str).collect();
            let path = format!("/composite/sobjects/{object}?ids={}&fields=Id", ids.join(","));
            of_ids(target, &client.get(&path).await)
        }
        Way::Composite => {
            let path = format!("/query?q={}", encoded(&by_ids));
            of_ids(target, &composite(client, "GET", &path, None).await)
        }
        Way::Batch => {
            let path = format!("/query?q={}", encoded(&by_ids));
            of_ids(target, &batch(client, "GET", &path, None).await)
        }
        Way::Graph => {
            each(target, async |_, id| {
                graph(client, "GET", &format!("/sobjects/{object}/{id}"), None).await
            })
            .await
        }
        Way::Search => {
            let sosl = format!("FIND {{{WORD}}} RETURNING {object}(Id)");
            of_ids(target, &client.get(&format!("/search?q={}", encoded(&sosl))).await)
        }
        Way::Parameterized => {
            let path = format!("/parameterizedSearch?q={WORD}&sobject={object}");
            of_ids(target, &client.get(&path).await)
        }
        Way::Suggestions => {
            // Numbered objects are not called by the word.
            if matches!(*object, "Case" | "Invoice__c" | "AIM__Deal__c") {
                return None;
            }
            let path = format!("/search/suggestions?q={WORD}&sobject={object}");
            of_ids(target, &client.get(&path).await)
        }
        Way::Updated => {
            let now = world.org.now().as_second();
            let time = |second| Timestamp::from_second(second).unwrap();
            let (start, end) = (time(now - 600), time(now + 120));
            let path = format!("/sobjects/{object}/updated?start={start}&end={end}");
            of_ids(target, &client.get(&path).await)
        }
        Way::Bulk => {
            let reply = bulk_query(world, client, &by_ids).await;
            if reply.status != 200 {
                return Some(Found::Refused(code(&reply)));
            }
            let ids = reply.text.lines().map(|line| line.trim_matches('"'));
            Found::Rows(ids.filter_map(|id| target.row(id)).collect())
        }
        Way::Explain => {
            let path = format!("/query?explain={}", encoded(&by_ids));
            count(&client.get(&path).await, "/plans/0/cardinality")
        }
        Way::Report => {
            let reply = super::reports::run(world, client, target, None).await?;
            count(&reply, "/factMap/T!T/aggregates/0/value")
        }
    })
}

/// Asks for each row by itself.
async fn each(target: &Target, ask: impl AsyncFn(&str, &str) -> Reply) -> Found {
    let mut found = BTreeSet::new();
    let mut refused = BTreeSet::new();
    for (row, name) in super::world::ROWS {
        let reply = ask(name, &target.rows[&row]).await;
        if reply.status == 200 {
            found.insert(row);
        } else {
            refused.insert(code(&reply));
        }
    }
    if found.is_empty() {
        let refused: Vec<String> = refused.into_iter().collect();
        return Found::Refused(refused.join(" / "));
    }
    Found::Rows(found)
}

/// The rows whose ids stand anywhere in the reply as a value.
fn of_ids(target: &Target, reply: &Reply) -> Found {
    if reply.status != 200 {
        return Found::Refused(code(reply));
    }
    fn walk(value: &Value, target: &Target, found: &mut BTreeSet<char>) {
        match value {
            Value::String(text) => found.extend(target.row(text)),
            Value::Array(items) => items.iter().for_each(|item| walk(item, target, found)),
            Value::Object(map) => map.values().for_each(|item| walk(item, target, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    walk(&reply.json(), target, &mut found);
    Found::Rows(found)
}

fn count(reply: &Reply, place: &str) -> Found {
    if reply.status != 200 {
        return Found::Refused(code(reply));
    }
    let json = reply.json();
    let count = json.pointer(place).and_then(Value::as_u64);
    Found::Count(usize::try_from(count.unwrap()).unwrap())
}
