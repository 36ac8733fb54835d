//! FORMAT, convertCurrency, DISTANCE, and the accepted clauses without effect.

use serde_json::{Value, json};

use super::{all, count, create, org, refused, update, values};
use crate::engine::{Children, Json};

#[test]
fn format_prints_as_the_user_s_locale_does() {
    let org = org(20);
    let id = create(
        &org,
        "Opportunity",
        &json!({"Name": "F", "StageName": "Prospecting", "CloseDate": "2026-07-04", "Amount": 1234567.5, "Probability": 12.5}),
    )
    .unwrap()
    .id;
    let row = all(&org, &format!(
        "SELECT FORMAT(Amount), Amount plain, FORMAT(CloseDate), FORMAT(CreatedDate) made, FORMAT(Probability), FORMAT(convertCurrency(ExpectedRevenue)), convertCurrency(Amount) same FROM Opportunity WHERE Id = '{id}'"
    ).replace("Amount plain, ", ""));
    insta::assert_snapshot!(row[0].split_once("},").unwrap().1, @r#""Amount":"$1,234,567.50","CloseDate":"7/4/2026","made":"6/15/2026, 9:00 AM","Probability":"13%","ExpectedRevenue":"$160,493.78","same":1234567.5}"#);
    let sums = all(
        &org,
        &format!(
            "SELECT FORMAT(SUM(Amount)) total, FORMAT(MIN(CloseDate)) soonest, AVG(Amount) FROM Opportunity WHERE Id = '{id}'"
        ),
    );
    insta::assert_snapshot!(sums[0].split_once("},").unwrap().1, @r#""total":"$1,234,567.50","soonest":"7/4/2026","expr0":1234567.5}"#);
    assert!(
        refused(&org, "SELECT Id FROM Opportunity WHERE FORMAT(Amount) = '5'")
            .ends_with("can not be used here")
    );
    assert!(
        refused(&org, "SELECT convertCurrency(Name) FROM Opportunity")
            .ends_with("does not support function convertCurrency")
    );
}

#[test]
fn a_function_of_a_parent_s_field_stands_in_the_parent() {
    let org = org(20);
    let row = &values(
        &org,
        "SELECT toLabel(Account.Industry), FORMAT(Account.AnnualRevenue) FROM Contact WHERE Account.Industry != null AND Account.AnnualRevenue != null LIMIT 1",
    )[0];
    assert!(row["Account"]["Industry"].is_string());
    assert!(row["Account"]["AnnualRevenue"].as_str().unwrap().starts_with('$'));
}

#[test]
fn distance_filters_and_sorts_by_addresses_and_geolocations() {
    let org = org(2000);
    let austin = "GEOLOCATION(30.267, -97.743)";
    for field in ["Address", "Visit_Location__c"] {
        let near = format!("DISTANCE({field}, {austin}, 'mi')");
        let rows = values(
            &org,
            &format!(
                "SELECT City, {near} away FROM Lead WHERE {near} < 20 ORDER BY {near} DESC LIMIT 3"
            ),
        );
        assert!(!rows.is_empty(), "{field}");
        for row in &rows {
            assert_eq!(row["City"], "Austin", "{field}");
            assert!(row["away"].as_f64().unwrap() < 20.0);
        }
        let miles = count(&org, &format!("SELECT COUNT() FROM Lead WHERE {near} < 1500"));
        let kilometres = count(
            &org,
            &format!("SELECT COUNT() FROM Lead WHERE DISTANCE({field}, {austin}, 'km') < 1500"),
        );
        assert!(kilometres <= miles && kilometres > 0, "{field}");
    }
    let location = &values(
        &org,
        "SELECT Visit_Location__c FROM Lead WHERE Visit_Location__Latitude__s != null LIMIT 1",
    )[0];
    let keys: Vec<_> = location["Visit_Location__c"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["latitude", "longitude"]);
    let away =
        &values(&org, &format!("SELECT DISTANCE(Address, {austin}, 'mi') FROM Lead LIMIT 1"))[0];
    assert!(away.as_object().unwrap().contains_key("expr0"));

    let refusal =
        refused(&org, &format!("SELECT Id FROM Lead WHERE DISTANCE(Address, {austin}, 'mi') = 5"));
    assert!(refusal.ends_with("DISTANCE can be compared with < and > only"), "{refusal}");
    let refusal =
        refused(&org, &format!("SELECT Id FROM Lead ORDER BY DISTANCE(Name, {austin}, 'mi')"));
    assert!(refusal.ends_with("field Name does not support function DISTANCE"), "{refusal}");
}

#[test]
fn clauses_without_effect_are_taken() {
    let org = org(20);
    let all = count(&org, "SELECT COUNT() FROM Account");
    for clause in [
        "FOR VIEW",
        "FOR REFERENCE",
        "UPDATE TRACKING",
        "UPDATE VIEWSTAT",
        "WITH USER_MODE",
        "WITH SECURITY_ENFORCED",
    ] {
        assert_eq!(count(&org, &format!("SELECT Id FROM Account {clause}")), all, "{clause}");
    }
}

#[test]
fn what_and_who_are_polymorphic() {
    let org = org(500);
    let accounts = count(&org, "SELECT COUNT() FROM Task WHERE What.Type = 'Account'");
    let others = count(&org, "SELECT COUNT() FROM Task WHERE What.Type IN ('Opportunity', 'Case')");
    let none = count(&org, "SELECT COUNT() FROM Task WHERE WhatId = null");
    assert_eq!(accounts + others + none, count(&org, "SELECT COUNT() FROM Task"));
    assert!(accounts > 0 && others > 0);
    let row =
        &values(&org, "SELECT What.Name, What.Type FROM Task WHERE What.Type = 'Case' LIMIT 1")[0];
    assert_eq!(row["What"]["attributes"]["type"], "Name");
    assert_eq!(row["What"]["Name"].as_str().unwrap().len(), 8, "a case is named by its number");
    let row = &values(
        &org,
        "SELECT TYPEOF What WHEN Account THEN Phone, Industry WHEN Opportunity THEN Amount ELSE Name END, TYPEOF Who WHEN Lead THEN Company ELSE Name END FROM Task WHERE What.Type = 'Opportunity' LIMIT 1",
    )[0];
    assert_eq!(row["What"]["attributes"]["type"], "Opportunity");
    assert!(row["What"].as_object().unwrap().contains_key("Amount"));
    assert_eq!(row["Who"]["attributes"]["type"], "Name");
}

#[test]
fn branches_of_typeof_lead_over_relationships() {
    let org = org(50);
    let soql = "SELECT TYPEOF What WHEN Account THEN Name, Owner.Name WHEN Case THEN CaseNumber, Account.Owner.Name, Account.Name ELSE Name END FROM Task WHERE What.Type IN ('Account', 'Case')";
    let rows = values(&org, soql);
    let of = |kind: &str| {
        let found = rows.iter().map(|row| &row["What"]);
        found.filter(|what| what["attributes"]["type"] == kind).collect::<Vec<_>>()
    };
    let keys =
        |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    for account in of("Account") {
        assert_eq!(keys(account), "attributes Name Owner");
        assert_eq!(keys(&account["Owner"]), "attributes Name");
        assert!(account["Owner"]["Name"].is_string(), "{account}");
    }
    let case = of("Case").into_iter().find(|case| !case["Account"].is_null()).unwrap();
    assert_eq!(
        (keys(case), keys(&case["Account"])),
        ("attributes CaseNumber Account".into(), "attributes Owner Name".into())
    );
    assert!(case["Account"]["Owner"]["Name"].is_string(), "{case}");
    let wrong = "SELECT TYPEOF What WHEN Account THEN Owner.Nope ELSE Name END FROM Task";
    assert!(refused(&org, wrong).contains("No such column 'Nope' on entity 'User'"));
    let twice =
        "SELECT TYPEOF What WHEN Account THEN Owner.Name, Owner.Name ELSE Name END FROM Task";
    assert!(refused(&org, twice).contains("duplicate field selected: Name"));
}

#[test]
fn times_of_day_are_kept_compared_and_shown() {
    let org = org(20);
    for (name, time) in [("a", "09:30:00Z"), ("b", "17:05:00.25Z"), ("c", "00:00:00")] {
        create(&org, "UpsertTable__c", &json!({"Name": name, "Best_Call_Time__c": time})).unwrap();
    }
    create(&org, "UpsertTable__c", &json!({"Name": "none"})).unwrap();
    let names = |condition: &str| {
        let soql = format!(
            "SELECT Name, Best_Call_Time__c FROM UpsertTable__c WHERE {condition} ORDER BY Best_Call_Time__c DESC"
        );
        let rows = values(&org, &soql).into_iter();
        rows.map(|row| format!("{} {}", row["Name"].as_str().unwrap(), row["Best_Call_Time__c"]))
            .collect::<Vec<_>>()
            .join(", ")
    };
    assert_eq!(
        names("Best_Call_Time__c != null"),
        r#"b "17:05:00.250Z", a "09:30:00.000Z", c "00:00:00.000Z""#
    );
    assert_eq!(
        names("Best_Call_Time__c >= 09:30:00.000Z"),
        r#"b "17:05:00.250Z", a "09:30:00.000Z""#
    );
    assert_eq!(
        names("Best_Call_Time__c IN (00:00:00Z, 17:05:00.250Z)"),
        r#"b "17:05:00.250Z", c "00:00:00.000Z""#
    );
    assert_eq!(names("Best_Call_Time__c = null"), "none null");
    let wrong =
        create(&org, "UpsertTable__c", &json!({"Best_Call_Time__c": "25:00:00Z"})).unwrap_err();
    assert!(
        wrong.items[0]
            .message
            .starts_with("Cannot deserialize instance of time from VALUE_STRING value 25:00:00Z")
    );
    let quoted =
        refused(&org, "SELECT Id FROM UpsertTable__c WHERE Best_Call_Time__c = '09:30:00Z'");
    assert!(
        quoted.ends_with("must be of type time and should not be enclosed in quotes"),
        "{quoted}"
    );
    let described = org.describe(&super::caller(), "UpsertTable__c").unwrap().0;
    let described: Value = serde_json::from_str(&described).unwrap();
    let field = described["fields"]
        .as_array()
        .unwrap()
        .iter()
        .find(|field| field["type"] == "time")
        .unwrap();
    assert_eq!(
        (&field["soapType"], &field["aggregatable"], &field["groupable"]),
        (&json!("xsd:time"), &json!(false), &json!(false))
    );
}

#[test]
fn opt_outs_are_false_until_set() {
    let org = org(20);
    for (object, body) in
        [("Contact", json!({"LastName": "C"})), ("Lead", json!({"LastName": "L", "Company": "C"}))]
    {
        let id = create(&org, object, &body).unwrap().id;
        let soql = format!(
            "SELECT DoNotCall, HasOptedOutOfEmail, HasOptedOutOfFax FROM {object} WHERE Id = '{id}'"
        );
        let opted = || {
            let row = values(&org, &soql).remove(0);
            ["DoNotCall", "HasOptedOutOfEmail", "HasOptedOutOfFax"].map(|field| row[field].clone())
        };
        assert_eq!(opted(), [false, false, false]);
        update(&org, object, &id, &json!({"DoNotCall": true, "HasOptedOutOfEmail": "true"}))
            .unwrap();
        assert_eq!(opted(), [true, true, false]);
    }
}

/// Aliases name columns of the result and nothing else (SOQL and SOSL
/// Reference, "HAVING" and "ORDER BY" name fields and functions).
#[test]
fn an_alias_is_no_field() {
    let org = org(20);
    for clause in ["HAVING rows > 1", "ORDER BY rows"] {
        let soql =
            format!("SELECT Industry, COUNT(Id) rows FROM Account GROUP BY Industry {clause}");
        assert!(
            refused(&org, &soql).contains("No such column 'rows' on entity 'Account'"),
            "{clause}"
        );
    }
}

#[test]
fn children_come_in_pages_of_their_own() {
    let org = org(50);
    let account = create(&org, "Account", &json!({"Name": "Parent"})).unwrap().id;
    for number in 0..7 {
        create(&org, "Contact", &json!({"LastName": format!("C{number}"), "AccountId": account}))
            .unwrap();
    }
    let soql = format!(
        "SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName DESC), (SELECT Id FROM Cases) FROM Account WHERE Id = '{account}'"
    );
    let cursor = org.query(&super::caller(), &soql, false).unwrap();
    let mut kept = Vec::new();
    let mut next_url = |cursor| {
        kept.push(cursor);
        "/services/data/v66.0/query/0r8x-3".to_owned()
    };
    let mut shown = 0;
    let children = Children { max: 3, shown: &mut shown, next_url: &mut next_url };
    let rows = org.page_with(&super::caller(), &cursor, (0, 10), children).unwrap();
    let row: Value = serde_json::from_str(&rows[0].0).unwrap();
    assert_eq!(shown, 3);
    let contacts = &row["Contacts"];
    assert_eq!((&contacts["totalSize"], &contacts["done"]), (&json!(7), &json!(false)));
    assert_eq!(contacts["nextRecordsUrl"], "/services/data/v66.0/query/0r8x-3");
    assert_eq!(contacts["records"].as_array().unwrap().len(), 3);
    assert_eq!(row["Cases"], json!(null));

    let [rest] = &kept[..] else { panic!("{} cursors", kept.len()) };
    assert_eq!(rest.total_size(), 7);
    let rest = org.page(&super::caller(), rest, 3, 10).unwrap();
    let names: Vec<_> = rest
        .iter()
        .map(|Json(row)| serde_json::from_str::<Value>(row).unwrap()["LastName"].clone())
        .collect();
    assert_eq!(names, ["C3", "C2", "C1", "C0"]);

    update(&org, "Account", &account, &json!({"Name": "Renamed"})).unwrap();
    let mut none = |_| panic!("nothing is left over");
    let children = Children { max: 7, shown: &mut shown, next_url: &mut none };
    org.page_with(&super::caller(), &cursor, (0, 1), children).unwrap();
}

#[test]
fn scopes_narrow_by_owner() {
    let org = org(500);
    let manager =
        values(&org, "SELECT Id FROM User WHERE Title = 'Sales Manager'")[0]["Id"].clone();
    let manager = manager.as_str().unwrap().to_owned();
    let as_manager = crate::engine::Caller { user_id: manager.clone(), ..super::caller() };
    let found = |soql: &str| org.query(&as_manager, soql, false).unwrap().total_size();
    let mine = count(&org, &format!("SELECT COUNT() FROM Lead WHERE OwnerId = '{manager}'"));
    let team = count(
        &org,
        &format!(
            "SELECT COUNT() FROM Lead WHERE OwnerId = '{manager}' OR Owner.Name IN ('Sam Ortega', 'Riley O\\'Hara')"
        ),
    );
    assert_eq!(found("SELECT Id FROM Lead USING SCOPE mine"), mine);
    assert_eq!(found("SELECT Id FROM Lead USING SCOPE team"), team);
    assert!(mine > 0 && team > mine);
    // Leads are private: whose are seen is decided by the role hierarchy, which is the
    // same here.
    assert_eq!(found("SELECT Id FROM Lead USING SCOPE everything"), team);
    assert!(count(&org, "SELECT COUNT() FROM Lead") > team);
}

#[test]
fn nulls_last_is_ignored_on_a_parent_s_field() {
    let org = org(500);
    let first = &values(
        &org,
        "SELECT Id, Account.Name FROM Contact ORDER BY Account.Name NULLS LAST LIMIT 1",
    )[0];
    assert_eq!(first["Account"], json!(null));
    let first =
        &values(&org, "SELECT FirstName FROM Contact ORDER BY FirstName NULLS LAST LIMIT 1")[0];
    assert!(first["FirstName"].is_string());
}

#[test]
fn contracts_and_orders_follow_their_status() {
    let org = org(20);
    let account = create(&org, "Account", &json!({"Name": "A"})).unwrap().id;
    let contract = json!({"AccountId": account, "StartDate": "2026-01-31", "ContractTerm": 12});
    let contract = create(&org, "Contract", &contract).unwrap().id;
    let row = &values(
        &org,
        &format!(
            "SELECT ContractNumber, Status, StatusCode, EndDate FROM Contract WHERE Id = '{contract}'"
        ),
    )[0];
    assert_eq!(
        (&row["ContractNumber"], &row["StatusCode"], &row["EndDate"]),
        (&json!("00000001"), &json!("Draft"), &json!("2027-01-30"))
    );
    update(&org, "Contract", &contract, &json!({"Status": "Activated"})).unwrap();
    let row =
        &values(&org, &format!("SELECT StatusCode, EndDate FROM Contract WHERE Id = '{contract}'"))
            [0];
    assert_eq!((&row["StatusCode"], &row["EndDate"]), (&json!("Activated"), &json!("2027-01-30")));
}
