//! The ways to an object: each answers whether it shows that there is one.

use serde_json::Value;

use super::world::{Target, WORD};
use crate::support::Client;

/// A way to see an object, as [`super::rows::Way`] is one to see a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Global,
    Describe,
    Basic,
    Layouts,
    CompactLayouts,
    ListViews,
    ScopeOrder,
    SearchLayout,
    SearchEverywhere,
    RecordCount,
    ChildRelationships,
}

impl Way {
    pub(crate) const ALL: [(&'static str, Self); 11] = [
        ("object list", Self::Global),
        ("describe", Self::Describe),
        ("basic describe", Self::Basic),
        ("layouts", Self::Layouts),
        ("compact layouts", Self::CompactLayouts),
        ("list views", Self::ListViews),
        ("search scope", Self::ScopeOrder),
        ("search layout", Self::SearchLayout),
        ("search of all", Self::SearchEverywhere),
        ("record count", Self::RecordCount),
        ("child relationships", Self::ChildRelationships),
    ];
}

/// `seen` or `hidden`; `None` where the way does not lead to this object.
pub(crate) async fn look(client: &Client, target: &Target, way: Way) -> Option<String> {
    let object = target.object;
    let sobject = format!("/sobjects/{object}");
    let exists = async |path: String| {
        let reply = client.get(&path).await;
        assert!(matches!(reply.status, 200 | 404), "{path}: {}", reply.text);
        reply.status == 200
    };
    let listed = async |path: &str, place: &str, key: &str| {
        let json = client.get(path).await.json();
        let list = json.pointer(place).and_then(Value::as_array).unwrap();
        list.iter().any(|item| item[key] == object)
    };
    let seen = match way {
        Way::Global => listed("/sobjects", "/sobjects", "name").await,
        Way::Describe => exists(format!("{sobject}/describe")).await,
        Way::Basic => exists(sobject).await,
        Way::Layouts => exists(format!("{sobject}/describe/layouts")).await,
        Way::CompactLayouts => exists(format!("{sobject}/describe/compactLayouts")).await,
        Way::ListViews => exists(format!("{sobject}/listviews")).await,
        Way::ScopeOrder => listed("/search/scopeOrder", "", "type").await,
        Way::SearchLayout => exists(format!("/search/layout?q={object}")).await,
        Way::SearchEverywhere => {
            let path = format!("/search?q=FIND%20%7B{WORD}%7D");
            let json = client.get(&path).await.json();
            let found = json["searchRecords"].as_array().unwrap();
            found.iter().any(|row| row["attributes"]["type"] == object)
        }
        Way::RecordCount => {
            let path = format!("/limits/recordCount?sObjects={object}");
            listed(&path, "/sObjects", "name").await
        }
        Way::ChildRelationships => {
            // Everybody sees users, and an owner is one.
            let json = client.get("/sobjects/User/describe").await.json();
            let children = json["childRelationships"].as_array().unwrap();
            children.iter().any(|child| child["childSObject"] == object)
        }
    };
    Some(if seen { "seen" } else { "hidden" }.to_owned())
}
