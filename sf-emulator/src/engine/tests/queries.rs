//! What statements answer.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{all, caller, count, create, org, update, values};
use crate::engine::Json;

#[test]
fn fields_come_in_select_order_with_the_schema_s_capitals() {
    let org = org(200);
    let rows = all(
        &org,
        "select name, ID, account.owner.NAME, Account.Name, accountid from contact where lastname != null limit 1",
    );
    let row: Value = serde_json::from_str(&rows[0]).unwrap();
    let keys: Vec<_> = row.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["attributes", "Name", "Id", "Account", "AccountId"]);
    let account: Vec<_> = row["Account"].as_object().unwrap().keys().collect();
    assert_eq!(account, ["attributes", "Owner", "Name"]);
    let url = format!("/services/data/v66.0/sobjects/Contact/{}", row["Id"].as_str().unwrap());
    assert_eq!(row["attributes"], json!({"type": "Contact", "url": url}));
}

#[test]
fn numbers_dates_and_addresses_are_the_platform_s() {
    let org = org(50);
    let id = create(&org, "Account", &json!({
        "Name": "A", "AnnualRevenue": 12345678, "NumberOfEmployees": 7, "NumberofLocations__c": 3,
        "BillingCity": "Zürich", "SLAExpirationDate__c": "2027-02-03",
    }))
    .unwrap()
    .id;
    let soql = format!(
        "SELECT AnnualRevenue, NumberOfEmployees, NumberofLocations__c, SLAExpirationDate__c, CreatedDate, IsDeleted, \
         BillingAddress, ShippingAddress FROM Account WHERE Id = '{}'",
        &id[..15],
    );
    let text = all(&org, &soql).remove(0);
    let (_, text) = text.split_once("},").unwrap();
    insta::assert_snapshot!(text, @r#""AnnualRevenue":1.2345678E7,"NumberOfEmployees":7,"NumberofLocations__c":3.0,"SLAExpirationDate__c":"2027-02-03","CreatedDate":"2026-06-15T09:00:00.000+0000","IsDeleted":false,"BillingAddress":{"city":"Zürich","country":null,"geocodeAccuracy":null,"latitude":null,"longitude":null,"postalCode":null,"state":null,"street":null},"ShippingAddress":null}"#);
}

#[test]
fn a_missing_parent_is_null_and_no_children_are_null() {
    let org = org(300);
    let rows = values(&org, "SELECT Id, Account.Name FROM Contact WHERE AccountId = null LIMIT 1");
    assert_eq!(rows[0]["Account"], Value::Null);
    let rows = values(
        &org,
        "SELECT Id, (SELECT Id, Name FROM Contacts) FROM Account WHERE Id NOT IN (SELECT AccountId FROM Contact) LIMIT 1",
    );
    assert_eq!(rows[0]["Contacts"], Value::Null);
    let rows = values(
        &org,
        "SELECT Id, (SELECT LastName, Account.Name FROM Contacts ORDER BY LastName LIMIT 2) FROM Account WHERE Id IN (SELECT AccountId FROM Contact) LIMIT 1",
    );
    let children = &rows[0]["Contacts"];
    assert_eq!(children["done"], true);
    assert_eq!(children["totalSize"], children["records"].as_array().unwrap().len());
    assert_eq!(children["records"][0]["attributes"]["type"], "Contact");
}

#[test]
fn a_polymorphic_owner_is_the_entity_name() {
    let org = org(300);
    let rows =
        values(&org, "SELECT Owner.Name, Owner.Type FROM Case WHERE Owner.Type = 'group' LIMIT 1");
    let owner = &rows[0]["Owner"];
    assert_eq!(
        (&owner["attributes"]["type"], &owner["Name"], &owner["Type"]),
        (&json!("Name"), &json!("Support Queue"), &json!("Group"))
    );
    assert!(owner["attributes"]["url"].as_str().unwrap().contains("/sobjects/Group/00G"));
}

#[test]
fn typeof_takes_the_branch_of_the_row() {
    let org = org(300);
    let soql = "SELECT TYPEOF Owner WHEN User THEN Email, ProfileId ELSE Name END FROM Case WHERE Owner.Type = ";
    let user = values(&org, &format!("{soql}'User' LIMIT 1")).remove(0)["Owner"].take();
    assert_eq!(user["attributes"]["type"], "User");
    assert!(
        user["Email"].is_string() && user["ProfileId"].is_string() && user.get("Name").is_none()
    );
    let queue = values(&org, &format!("{soql}'Group' LIMIT 1")).remove(0)["Owner"].take();
    assert_eq!(
        (&queue["attributes"]["type"], &queue["Name"]),
        (&json!("Name"), &json!("Support Queue"))
    );
}

/// Pairs of statements that must find equally many rows, and the reason.
#[test]
fn conditions_mean_what_they_mean_on_the_platform() {
    let org = org(400);
    for (left, right) in [
        // Text compares without case, nulls are not equal to anything but null.
        ("LastName = 'O''Brien'".replace("''", "\\'"), "LastName = 'o\\'brien'".to_owned()),
        ("NOT FirstName = 'Ada'".to_owned(), "FirstName != 'Ada'".to_owned()),
        (
            "FirstName NOT IN ('Ada', null)".to_owned(),
            "FirstName != 'Ada' AND FirstName != null".to_owned(),
        ),
        ("FirstName = ''".to_owned(), "FirstName = null".to_owned()),
        ("LastName LIKE 'o\\'%'".to_owned(), "LastName LIKE 'O\\'_%'".to_owned()),
        ("Account.Name = null".to_owned(), "AccountId = null".to_owned()),
        ("Contact.AccountId = null".to_owned(), "AccountId = null".to_owned()),
        ("Account.IsDeleted = false".to_owned(), "Id != null".to_owned()),
        (
            "Languages__c INCLUDES ('english;french', 'Japanese')".to_owned(),
            "Languages__c = 'French;English' OR Languages__c = 'japanese'".to_owned(),
        ),
        (
            "Languages__c EXCLUDES ('English')".to_owned(),
            "NOT Languages__c INCLUDES ('English')".to_owned(),
        ),
        (
            "CreatedDate = LAST_N_DAYS:30".to_owned(),
            "CreatedDate >= 2026-05-16T00:00:00Z AND CreatedDate < 2026-06-16T00:00:00Z".to_owned(),
        ),
        ("CreatedDate < THIS_YEAR".to_owned(), "CALENDAR_YEAR(CreatedDate) < 2026".to_owned()),
        (
            "CreatedDate IN (THIS_MONTH, LAST_MONTH)".to_owned(),
            "CreatedDate >= LAST_MONTH".to_owned(),
        ),
        (
            "DAY_ONLY(CreatedDate) > 2026-01-01".to_owned(),
            "CreatedDate >= 2026-01-02T00:00:00Z".to_owned(),
        ),
        (
            "Id IN (SELECT ContactId FROM Case WHERE Status = 'Closed')".to_owned(),
            "Id IN (SELECT ContactId FROM Case WHERE IsClosed = true)".to_owned(),
        ),
    ] {
        let counts = [&left, &right]
            .map(|filter| count(&org, &format!("SELECT COUNT() FROM Contact WHERE {filter}")));
        assert_eq!(counts[0], counts[1], "{left} | {right}");
        assert!(counts[0] > 0, "{left} finds nothing, so the case proves nothing");
    }
    let total = count(&org, "SELECT COUNT() FROM Contact");
    assert_eq!(total, 400);
    for filter in [
        "Email LIKE '%1@example.com'",
        "FirstName = null",
        "MailingCity < 'M'",
        "AccountId IN (SELECT Id FROM Account WHERE Rating = 'Hot')",
    ] {
        let yes = count(&org, &format!("SELECT COUNT() FROM Contact WHERE {filter}"));
        let no = if filter.contains("SELECT") {
            continue;
        } else {
            count(&org, &format!("SELECT COUNT() FROM Contact WHERE NOT {filter}"))
        };
        assert_eq!(yes + no, total, "{filter}");
    }
}

#[test]
fn like_takes_wildcards_as_plain_characters_when_escaped() {
    let org = org(50);
    assert_eq!(count(&org, r"SELECT COUNT() FROM Account WHERE Name LIKE '100\% organic\_%'"), 1);
    assert_eq!(count(&org, r"SELECT COUNT() FROM Account WHERE Name LIKE '%\\%'"), 1);
    assert_eq!(count(&org, r"SELECT COUNT() FROM Account WHERE Name = 'BACK\\SLASH systems'"), 1);
    assert_eq!(count(&org, "SELECT COUNT() FROM Account WHERE Name LIKE 'MÜLLER%'"), 1);
}

#[test]
fn nulls_sort_first_and_picklists_as_defined() {
    let org = org(400);
    let names: Vec<Value> = values(&org, "SELECT FirstName FROM Contact ORDER BY FirstName DESC")
        .iter()
        .map(|row| row["FirstName"].clone())
        .collect();
    assert!(names[0].is_null());
    assert!(!names.last().unwrap().is_null());
    let last =
        values(&org, "SELECT FirstName FROM Contact ORDER BY FirstName NULLS LAST").pop().unwrap();
    assert!(last["FirstName"].is_null());
    let stages: Vec<Value> = values(&org, "SELECT StageName FROM Opportunity ORDER BY StageName")
        .iter()
        .map(|row| row["StageName"].clone())
        .collect();
    assert_eq!(
        (stages[0].as_str(), stages.last().unwrap().as_str()),
        (Some("Prospecting"), Some("Closed Lost"))
    );
}

#[test]
fn aggregates() {
    let org = org(400);
    let rows = all(
        &org,
        "SELECT StageName, COUNT(Id), SUM(Amount) total, MAX(CloseDate) FROM Opportunity GROUP BY StageName HAVING COUNT(Id) > 1 ORDER BY StageName LIMIT 1",
    );
    assert!(
        rows[0].starts_with(
            r#"{"attributes":{"type":"AggregateResult"},"StageName":"Prospecting","expr0":"#
        ),
        "{}",
        rows[0]
    );
    let row: Value = serde_json::from_str(&rows[0]).unwrap();
    assert!(row["expr0"].is_u64() && row["total"].is_f64() && row["expr1"].is_string(), "{row}");
    let whole = values(
        &org,
        "SELECT COUNT(Id), COUNT_DISTINCT(StageName) stages, MIN(StageName) smallest FROM Opportunity",
    );
    assert_eq!(
        (&whole[0]["expr0"], &whole[0]["stages"], &whole[0]["smallest"]),
        (&json!(100), &json!(10), &json!("Prospecting"))
    );
    let years = values(
        &org,
        "SELECT CALENDAR_YEAR(CreatedDate), COUNT(Id) n FROM Contact GROUP BY CALENDAR_YEAR(CreatedDate) ORDER BY CALENDAR_YEAR(CreatedDate) DESC",
    );
    assert_eq!(years[0]["expr0"], 2026);
    let sum: u64 = years.iter().map(|row| row["n"].as_u64().unwrap()).sum();
    assert_eq!(sum, 400);
    let owners = values(
        &org,
        "SELECT Account.Name, COUNT(Id) FROM Contact GROUP BY Account.Name ORDER BY COUNT(Id) DESC LIMIT 3",
    );
    assert!(owners[0]["expr0"].as_u64() >= owners[2]["expr0"].as_u64());
    let cursor = org.query(&caller(), "SELECT COUNT() FROM Contact LIMIT 7", false).unwrap();
    assert_eq!((cursor.total_size(), cursor.len()), (7, 0));
}

#[test]
fn fields_expand_in_describe_order() {
    let org = org(20);
    let row = values(&org, "SELECT FIELDS(ALL) FROM Invoice__c LIMIT 1").remove(0);
    let keys: Vec<_> = row.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(&keys[..4], ["attributes", "Id", "OwnerId", "IsDeleted"]);
    let custom = values(&org, "SELECT FIELDS(CUSTOM) FROM Account LIMIT 1").remove(0);
    assert!(custom.as_object().unwrap().keys().skip(1).all(|key| key.ends_with("__c")));
}

#[test]
fn a_cursor_keeps_its_rows_whatever_is_written() {
    let org = org(100);
    let cursor = org
        .query(
            &caller(),
            "SELECT Id, LastName FROM Contact WHERE LastName != 'Moved' ORDER BY LastName",
            false,
        )
        .unwrap();
    let first = org.page(&caller(), &cursor, 0, 40).unwrap();
    let ids = |page: &[Json]| -> Vec<String> {
        page.iter()
            .map(|Json(text)| {
                serde_json::from_str::<Value>(text).unwrap()["Id"].as_str().unwrap().to_owned()
            })
            .collect()
    };
    for id in ids(&first) {
        update(&org, "Contact", &id, &json!({"LastName": "Moved"})).unwrap();
    }
    create(&org, "Contact", &json!({"LastName": "Aaa"})).unwrap();
    let rest = org.page(&caller(), &cursor, 40, 1000).unwrap();
    let mut seen = ids(&first);
    seen.extend(ids(&rest));
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 100);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_union_of_pages_is_all_rows(size in 1_usize..90, order in prop::sample::select(vec!["", "ORDER BY LastName", "ORDER BY Account.Name DESC, Email NULLS LAST"])) {
        let org = org(150);
        let soql = format!("SELECT Id, Name, Account.Name FROM Contact WHERE Email != null {order}");
        let cursor = org.query(&caller(), &soql, false).unwrap();
        let whole = org.page(&caller(), &cursor, 0, cursor.len()).unwrap();
        let mut pages = Vec::new();
        while pages.len() < cursor.len() {
            let page = org.page(&caller(), &cursor, pages.len(), size).unwrap();
            prop_assert!(!page.is_empty() && page.len() <= size);
            pages.extend(page);
        }
        prop_assert_eq!(pages, whole);
        prop_assert!(org.page(&caller(), &cursor, cursor.len(), size).unwrap().is_empty());
    }
}
