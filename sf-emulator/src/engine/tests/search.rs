//! Words in the text of records.

use serde_json::json;

use super::{caller, create, org};
use crate::engine::{Engine, Json, Search, SearchFields, Terms};

fn word(text: &str) -> Terms {
    Terms::Phrase(text.to_owned())
}

/// The first field of what is found.
fn found(org: &Engine, soql: &str, terms: &Terms, fields: SearchFields) -> Vec<String> {
    let search = Search { terms: terms.clone(), fields };
    let cursor = org.search(&caller(), soql, &search).unwrap();
    let rows = org.page(&caller(), &cursor, 0, cursor.len()).unwrap();
    rows.iter()
        .map(|Json(row)| {
            let row: serde_json::Value = serde_json::from_str(row).unwrap();
            row.as_object().unwrap().values().nth(1).unwrap().as_str().unwrap().to_owned()
        })
        .collect()
}

#[test]
fn operators_and_wildcards() {
    let org = org(20);
    for (name, description) in [
        ("Zebra Crossing", "black and white"),
        ("Zebra Farm", "white horses"),
        ("Quagga", "a kind of zebra, black"),
    ] {
        create(&org, "Account", &json!({"Name": name, "Description": description})).unwrap();
    }
    let soql = "SELECT Name FROM Account ORDER BY Name";
    let all = |terms: &Terms| found(&org, soql, terms, SearchFields::All);
    assert_eq!(all(&word("ZEBRA")), ["Quagga", "Zebra Crossing", "Zebra Farm"]);
    assert_eq!(
        found(&org, soql, &word("zebra"), SearchFields::Name),
        ["Zebra Crossing", "Zebra Farm"]
    );
    assert_eq!(all(&Terms::And(vec![word("zebra"), word("black")])), ["Quagga", "Zebra Crossing"]);
    assert_eq!(
        all(&Terms::Or(vec![word("crossing"), word("horses")])),
        ["Zebra Crossing", "Zebra Farm"]
    );
    let not = Terms::Not(Box::new(word("black")));
    assert_eq!(all(&Terms::And(vec![word("zebra"), not])), ["Zebra Farm"]);
    assert_eq!(all(&word("kind of zebra")), ["Quagga"]);
    assert_eq!(all(&word("zeb*a")), ["Quagga", "Zebra Crossing", "Zebra Farm"]);
    assert_eq!(all(&word("q?agga")), ["Quagga"]);
    assert_eq!(all(&word("zebr")), [""; 0]);
    let some = "SELECT Name FROM Account WHERE Name LIKE 'Z%' ORDER BY Name DESC LIMIT 1";
    assert_eq!(found(&org, some, &word("zebra"), SearchFields::All), ["Zebra Farm"]);
}

#[test]
fn emails_and_phones() {
    let org = org(20);
    let body = json!({"LastName": "Zorn", "Email": "zorn@example.org", "Phone": "555 7788"});
    create(&org, "Contact", &body).unwrap();
    let soql = "SELECT LastName FROM Contact";
    assert_eq!(found(&org, soql, &word("zorn@example.org"), SearchFields::Email), ["Zorn"]);
    assert_eq!(found(&org, soql, &word("7788"), SearchFields::Phone), ["Zorn"]);
    assert_eq!(found(&org, soql, &word("7788"), SearchFields::Email), [""; 0]);
    assert!(org.seen(&caller()).unwrap().searchable_objects().any(|name| name == "Lead"));
    assert!(!org.seen(&caller()).unwrap().searchable_objects().any(|name| name == "Profile"));
}
