//! Who sees what, below HTTP: what an administrator pays for it, and the data
//! file of the default org's rights.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{caller, org, update};
use crate::engine::Caller;
use crate::engine::access::{Level, Use, condition};

#[test]
fn an_administrator_s_statements_carry_no_condition() {
    let org = org(20);
    let seen = org.seen(&caller()).unwrap();
    assert!(Arc::ptr_eq(&seen.schema, org.schema()), "the schema is not copied");
    for object in &org.schema().objects {
        for level in [Level::Read, Level::Edit, Level::Full] {
            let condition = condition(&seen, level, object, "a0", Use::Scan);
            assert_eq!(condition, None, "{} {level:?}", object.name);
        }
    }
    assert!(Arc::ptr_eq(&seen, &org.seen(&caller()).unwrap()), "and read once");
}

#[test]
fn a_change_of_what_decides_is_read_at_the_next_call() {
    let org = org(20);
    let sam = Caller { user_id: crate::engine::id::make("005", 2), ..caller() };
    let (before, other) = (org.seen(&sam).unwrap(), org.seen(&caller()).unwrap());
    update(&org, "Account", &crate::engine::id::make("001", 1), &json!({"Name": "A"})).unwrap();
    assert!(Arc::ptr_eq(&before, &org.seen(&sam).unwrap()), "an account decides nothing");
    update(&org, "User", &sam.user_id, &json!({"UserRoleId": null})).unwrap();
    assert!(!Arc::ptr_eq(&before, &org.seen(&sam).unwrap()));
    assert_eq!(other.tag(), org.seen(&caller()).unwrap().tag());
}

#[test]
fn rows_are_the_same_however_they_are_looked_up() {
    let org = org(300);
    let rows = |object: &str, condition: Option<String>| -> BTreeSet<i64> {
        let condition = condition.unwrap_or_else(|| "1".to_owned());
        let sql = format!("SELECT row FROM \"{object}\" AS a0 WHERE {condition}");
        let rows = org.read(|connection| {
            let mut statement = connection.prepare(&sql)?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        });
        rows.unwrap()
    };
    let mut differing = 0;
    for number in 1..=8 {
        let who = Caller { user_id: crate::engine::id::make("005", number), ..caller() };
        let seen = org.seen(&who).unwrap();
        for object in &org.schema().objects {
            let reached = [Level::Read, Level::Edit, Level::Full].map(|level| {
                let [scan, probe] = [Use::Scan, Use::Probe]
                    .map(|usage| rows(&object.name, condition(&seen, level, object, "a0", usage)));
                assert_eq!(scan, probe, "{number} {} {level:?}", object.name);
                scan
            });
            assert!(reached[1].is_subset(&reached[0]), "{number} edits {}", object.name);
            assert!(reached[2].is_subset(&reached[1]), "{number} has {}", object.name);
            differing += usize::from(reached[0] != reached[2]);
        }
    }
    assert!(differing > 20, "the levels differ somewhere");
}

#[test]
fn an_org_without_rights_has_no_restrictions() {
    let org = org(20);
    let riley = Caller { user_id: crate::engine::id::make("005", 3), ..caller() };
    let count = |soql: &str| org.query(&riley, soql, false).map(|cursor| cursor.total_size());
    assert!(count("SELECT Id FROM AIM__Deal__c").is_err());
    org.write_with(|connection| {
        let sql = "UPDATE \"PermissionSet\" SET \"IsOwnedByProfile\" = 0";
        connection.execute(sql, []).unwrap();
        org.access.note("PermissionSet", caller().now);
    });
    assert_eq!(count("SELECT Id FROM AIM__Deal__c").unwrap(), 20);
}

#[test]
fn a_user_that_there_is_not_sees_nothing() {
    let org = org(20);
    let nobody = Caller { user_id: crate::engine::id::make("005", 99), ..caller() };
    assert!(org.query(&nobody, "SELECT Id FROM Account", false).is_err());
    assert!(!org.seen(&nobody).unwrap().has_api());
}

#[test]
fn the_rights_of_the_default_org_name_what_there_is() {
    let org = org(20);
    let schema = org.schema();
    let file: Value = serde_json::from_str(include_str!("../../data/access.json")).unwrap();
    let mut unknown = BTreeSet::new();
    let mut check = |object: &str, field: Option<&str>| {
        let known = schema.object(object);
        if known.is_none_or(|object| field.is_some_and(|field| object.field(field).is_none())) {
            unknown.insert(format!("{object}.{}", field.unwrap_or_default()));
        }
    };
    for (object, _) in file["sharing"].as_object().unwrap() {
        check(object, None);
    }
    let sets = ["profiles", "permission_sets"].map(|key| file[key].as_array().unwrap());
    for set in sets.into_iter().flatten() {
        for (object, _) in set["objects"].as_object().into_iter().flatten() {
            check(object, None);
        }
        for (object, fields) in set["only"].as_object().into_iter().flatten() {
            fields.as_array().unwrap().iter().for_each(|field| check(object, field.as_str()));
        }
        for key in ["hidden", "read_only"] {
            for field in set[key].as_array().into_iter().flatten() {
                let (object, field) = field.as_str().unwrap().split_once('.').unwrap();
                check(object, Some(field));
            }
        }
    }
    assert_eq!(unknown, BTreeSet::new());
}
