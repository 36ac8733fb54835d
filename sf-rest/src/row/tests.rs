//! Rows against pages written by hand.

use serde::Deserialize;

use super::*;

const PAGE: &str = r#"{"totalSize":3,"done":false,"nextRecordsUrl":"/services/data/v66.0/query/0r8xx-2","records":[
 {"attributes":{"type":"Account","url":"/services/data/v66.0/sobjects/Account/001A"},"Id":"001A","Name":"A \"quoted\" \u00e9",
  "AnnualRevenue":1.2345678901234567891E7,"Active__c":true,"Owner":{"attributes":{"type":"User","url":"/u"},"Name":"Ann"},
  "Contacts":{"totalSize":2,"done":false,"nextRecordsUrl":"/services/data/v66.0/query/0r8yy-1","records":[
     {"attributes":{"type":"Contact"},"LastName":"L"}]},
  "BillingAddress":{"city":"Paris","latitude":48.85}},
 {"attributes":{"type":"Account","url":"/x"},"Id":"001B","Name":"plain","AnnualRevenue":null,"Active__c":false,"Owner":null,
  "Contacts":null,"BillingAddress":null,"Extra":[1,2]}],"unknown":{"a":[1]}}"#;

fn parse(text: &str) -> Result<QueryPage, Error> {
    Record::parse_page(200, Bytes::from(text.to_owned()))
}

#[test]
fn a_page() {
    let page = parse(PAGE).unwrap();
    assert_eq!((page.total_size, page.done), (3, false));
    assert_eq!(page.next.as_deref(), Some("/services/data/v66.0/query/0r8xx-2"));
    assert_eq!(head(PAGE.as_bytes()).next, page.next);

    let row = &page.records[0];
    assert_eq!(row.object_type(), Some("Account"));
    assert_eq!(row.url(), Some("/services/data/v66.0/sobjects/Account/001A"));
    assert_eq!(row.get("NAME").unwrap().as_str(), Some("A \"quoted\" é"));
    assert_eq!(row.get_path("Owner.Name").unwrap().as_str(), Some("Ann"));
    assert!(row.get_path("Owner.Nope").is_none());
    assert!(page.records[1].get_path("Owner.Name").unwrap().is_null());
    assert!(row.get("Nope").is_none());
    let Some(ValueRef::Records(contacts)) = row.get("Contacts") else { panic!() };
    assert_eq!((contacts.total_size(), contacts.is_done()), (2, false));
    assert_eq!(contacts.next(), Some("/services/data/v66.0/query/0r8yy-1"));
    assert_eq!(contacts.records().len(), 1);
    let Some(ValueRef::Record(address)) = row.get("BillingAddress") else { panic!() };
    assert_eq!(address.object_type(), None);
}

#[test]
fn serialized_without_attributes_and_with_every_digit() {
    let page = parse(PAGE).unwrap();
    let lines: Vec<String> =
        page.records.iter().map(|r| serde_json::to_string(r).unwrap()).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    {"Id":"001A","Name":"A \"quoted\" é","AnnualRevenue":1.2345678901234567891E7,"Active__c":true,"Owner":{"Name":"Ann"},"Contacts":{"totalSize":2,"done":false,"nextRecordsUrl":"/services/data/v66.0/query/0r8yy-1","records":[{"LastName":"L"}]},"BillingAddress":{"city":"Paris","latitude":48.85}}
    {"Id":"001B","Name":"plain","AnnualRevenue":null,"Active__c":false,"Owner":null,"Contacts":null,"BillingAddress":null,"Extra":[1,2]}
    "#);
    let value = serde_json::to_value(&page.records[1]).unwrap();
    assert_eq!(value["Extra"], serde_json::json!([1, 2]));
}

#[test]
fn rows_of_several_shapes_keep_their_own_names() {
    let text = r#"{"totalSize":5,"done":true,"records":[{"a":1,"b":2},{"a":1},{"b":1,"a":2},{},{"a":1,"b":2,"c":{"x":1}}]}"#;
    let page = parse(text).unwrap();
    let back: Vec<_> = page.records.iter().map(|r| serde_json::to_string(r).unwrap()).collect();
    insta::assert_snapshot!(back.join(" "), @r#"{"a":1,"b":2} {"a":1} {"b":1,"a":2} {} {"a":1,"b":2,"c":{"x":1}}"#);
}

/// A lookup that went through all shapes would take minutes here.
#[test]
fn as_many_shapes_as_rows() {
    let rows: Vec<String> = (0..100_000).map(|i| format!(r#"{{"f{i}":{i}}}"#)).collect();
    let text = format!(r#"{{"totalSize":100000,"done":true,"records":[{}]}}"#, rows.join(","));
    let started = std::time::Instant::now();
    let page = parse(&text).unwrap();
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    assert_eq!(serde_json::to_string(&page.records[77_777]).unwrap(), rows[77_777]);
}

#[test]
fn typed_rows_ignore_attributes_and_name_the_bad_field() {
    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Account {
        name: String,
        annual_revenue: Option<f64>,
    }
    let page = Account::parse_page(200, PAGE.into()).unwrap();
    assert_eq!(page.records[1].name, "plain");
    assert_eq!(page.records[0].annual_revenue, Some(12_345_678.901_234_567));

    #[derive(Debug, Deserialize)]
    struct Wrong {
        #[serde(rename = "Active__c")]
        _active: String,
    }
    let error = Wrong::parse_page(200, PAGE.into()).unwrap_err();
    assert!(
        error.to_string().contains("invalid type: boolean `true`, expected a string"),
        "{error}"
    );
}

#[test]
fn what_is_no_page_is_an_error() {
    for text in [
        "",
        "[]",
        "{}",
        "null",
        r#"{"totalSize":1,"records":[]}"#,
        r#"{"totalSize":1,"done":true}"#,
        r#"{"totalSize":1,"done":true,"records":[1]}"#,
        r#"{"totalSize":1,"done":true,"records":{}}"#,
        r#"{"totalSize":1,"done":true,"records":[{"a":"\ud800"}]}"#,
        "{\"totalSize\":1,\"done\":true,\"records\":[]} x",
        "<html>",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
    let deep = format!("{}1{}", r#"{"a":"#.repeat(200), "}".repeat(200));
    assert!(parse(&format!(r#"{{"totalSize":1,"done":true,"records":[{deep}]}}"#)).is_err());
    assert!(Record::parse_page(200, Bytes::from_static(b"{\"done\xff")).is_err());
}

#[test]
fn every_cut_of_a_page_is_an_error() {
    for end in 0..PAGE.len() {
        if PAGE.is_char_boundary(end) {
            assert!(parse(&PAGE[..end]).is_err(), "{end}");
        }
        let _ = head(&PAGE.as_bytes()[..end]);
    }
}

#[test]
fn the_next_address_is_found_behind_the_rows_too() {
    let text = r#"{"records":[{"nextRecordsUrl":"no"}],"done":false,"nextRecordsUrl":"/yes"}"#;
    assert_eq!(head(text.as_bytes()).next.as_deref(), Some("/yes"));
    assert_eq!(head(br#"{"done":true,"records":["#).next, None);
}

proptest::proptest! {
    /// What goes in comes out, for rows of any JSON values.
    #[test]
    fn round_trip(rows in proptest::collection::vec(proptest::collection::vec(("[a-z]{1,3}", value()), 0..4), 0..6)) {
        let rows: Vec<serde_json::Map<String, serde_json::Value>> =
            rows.into_iter().map(|r| r.into_iter().collect()).collect();
        let text = serde_json::json!({"totalSize": rows.len(), "done": true, "records": rows}).to_string();
        let page = parse(&text).unwrap();
        let back = serde_json::to_string(&page.records).unwrap();
        proptest::prop_assert_eq!(back, serde_json::to_string(&rows).unwrap());
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(4_000))]
    /// A text that was changed anywhere is taken only if it is JSON, and then says the same.
    #[test]
    fn nothing_but_json_is_taken(
        rows in proptest::collection::vec(proptest::collection::vec((r#"[a"\\]{1,2}"#, value()), 0..3), 1..4),
        changes in proptest::collection::vec((proptest::num::usize::ANY, 0_u8..3, r#"[ -~\x00-\x1f]"#), 1..4),
    ) {
        let rows: Vec<serde_json::Map<String, serde_json::Value>> =
            rows.into_iter().map(|r| r.into_iter().collect()).collect();
        let mut text = serde_json::json!({"totalSize": rows.len(), "done": true, "records": rows}).to_string();
        for (place, kind, with) in changes {
            let place = text.floor_char_boundary(place % text.len());
            let next = text.ceil_char_boundary(place + 1);
            match kind {
                0 => text.insert_str(place, &with),
                1 => text.replace_range(place..next, &with),
                _ => text.replace_range(place..next, ""),
            }
        }
        if let Ok(page) = parse(&text) {
            let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            proptest::prop_assert!(is_json, "taken, and not JSON: {text}");
            // A number that no `f64` can hold is JSON all the same, and is kept.
            let Ok(told) = serde_json::from_str::<serde_json::Value>(&text) else { return Ok(()) };
            let ours = serde_json::to_string(&page.records).unwrap();
            let ours: serde_json::Value = serde_json::from_str(&ours).unwrap();
            proptest::prop_assert_eq!(&ours, &told["records"], "{}", text);
        }
    }
}

fn value() -> impl proptest::strategy::Strategy<Value = serde_json::Value> {
    use proptest::prelude::*;
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        proptest::num::f64::NORMAL.prop_map(Into::into),
        ".{0,12}".prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(serde_json::Value::from),
            proptest::collection::vec(("[a-z]{1,3}", inner), 0..3)
                .prop_map(|m| m.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}
