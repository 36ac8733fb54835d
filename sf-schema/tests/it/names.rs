//! Names that people write, and short names for API names.

use std::fmt::Write as _;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;
use sf_schema::{
    Known, NameTable, Object, PathEnd, PathProblem, Resolution, Usage, resolve_field,
    resolve_object, resolve_path,
};

use crate::support::org;

fn line(out: &mut String, written: &str, found: &Resolution) {
    let list = |list: &[sf_schema::Candidate]| {
        list.iter().map(|c| format!("{} ({})", c.name, c.reason)).collect::<Vec<_>>().join(", ")
    };
    let _ = match found {
        Resolution::One(name, None) => writeln!(out, "{written}: {name}"),
        Resolution::One(name, Some(reason)) => writeln!(out, "{written}: {name} ({reason})"),
        Resolution::Several(names) => writeln!(out, "{written}: several: {}", list(names)),
        Resolution::None(names) => writeln!(out, "{written}: none; near: {}", list(names)),
        other => writeln!(out, "{written}: {other:?}"),
    };
}

#[tokio::test]
async fn objects_and_fields() {
    let org = org().await;
    let objects = org.catalog.objects().await.unwrap();
    let mut out = String::new();
    for written in [
        "invoice",
        "Invoices",
        "INVOICE__C",
        "aim deal",
        "AIM__Deal__c",
        "deal",
        "Deal__c",
        "accounts",
        "opportunities",
        "Opportunitys",
        "invoice line",
        "Accout",
        "price book",
        "nothing like it",
        " ",
    ] {
        line(&mut out, written, &resolve_object(written, objects.iter()));
    }
    let invoice = org.catalog.object("Invoice__c").await.unwrap();
    out.push('\n');
    for written in
        ["Amount", "amount__c", "invoice number", "Status", "bill to", "Due Date", "due", "Amuont"]
    {
        line(&mut out, written, &resolve_field(written, &invoice, &Known::new()));
    }
    insta::assert_snapshot!("resolved", out);
}

#[tokio::test]
async fn paths() {
    let org = org().await;
    let mut known = Known::new();
    let mut out = String::new();
    for (object, written) in [
        ("Contact", "Contact.Account.Owner.Email"),
        ("Contact", "account.owner.email"),
        ("Contact", "AccountId.OwnerId.Email"),
        ("Invoice__c", "Account__r.Name"),
        ("Invoice_Line__c", "Invoice__r.Account__r.Name"),
        ("Invoice_Line__c", "invoice . account . account name"),
        ("Case", "Owner.Email"),
        ("Task", "What.Name"),
        ("Contact", "Account.Ownr.Email"),
        ("Contact", "Account.Owner.Emial"),
        ("Contact", &["Account"; 21].join(".")),
        ("Contact", ""),
        ("Contact", "."),
    ] {
        let object: Arc<Object> = org.catalog.object(object).await.unwrap();
        let found = loop {
            match resolve_path(written, &object, &known) {
                Err(PathProblem::Needs(names)) => {
                    for name in names {
                        known.insert(org.catalog.object(&name).await.unwrap());
                    }
                }
                other => break other,
            }
        };
        let _ = match found {
            Ok(path) => match path.end {
                PathEnd::Field(field) => {
                    writeln!(out, "{written:?}: {} ({:?})", path.api, field.end)
                }
                end => writeln!(out, "{written:?}: {} ({end:?})", path.api),
            },
            Err(problem) => writeln!(out, "{written:?}: {problem}"),
        };
    }
    insta::assert_snapshot!("paths", out);
}

fn object(fields: &[(&str, &str)]) -> Object {
    let fields: Vec<_> =
        fields.iter().map(|(name, label)| json!({ "name": name, "label": label })).collect();
    Object::from_describe(&json!({ "name": "Thing__c", "fields": fields })).unwrap()
}

#[test]
fn a_name_of_two_fields_is_told() {
    let thing = object(&[
        ("Status", "State"),
        ("Status__c", "Status"),
        ("AIM__Phase__c", "Phase"),
        ("Phase__c", "Phase"),
        ("A__c", "Due"),
        ("B__c", "Due"),
    ]);
    let mut out = String::new();
    for written in ["status", "Phase", "phase__c", "aim phase", "due", "state"] {
        line(&mut out, written, &resolve_field(written, &thing, &Known::new()));
    }
    insta::assert_snapshot!("ambiguous", out);
}

#[test]
fn of_names_equally_near_the_more_used_comes_first() {
    let thing =
        object(&[("Rate_A__c", "First"), ("Rate_B__c", "Second"), ("Rates_of_old__c", "Third")]);
    let names = |known: &Known| match resolve_field("rate_c", &thing, known) {
        Resolution::None(found) => found.into_iter().map(|c| c.name).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(names(&Known::new())[..2], ["Rate_A__c", "Rate_B__c"]);
    let mut usage = Usage::default();
    usage.sampled = 10;
    usage.filled = [("Rate_A__c", 1), ("Rate_B__c", 9), ("Rates_of_old__c", 10)]
        .map(|(name, filled)| (name.to_owned(), filled))
        .to_vec();
    let mut known = Known::new();
    known.set_usage("Thing__c", usage);
    assert_eq!(names(&known)[..2], ["Rate_B__c", "Rate_A__c"], "usage never lifts a far name");
}

#[tokio::test]
async fn short_names_of_a_real_object() {
    let org = org().await;
    let account = org.catalog.object("Account").await.unwrap();
    let table = NameTable::new(account.fields.iter().map(|f| f.name.as_str()));
    assert_eq!(table.short("AnnualRevenue"), Some("annual_revenue"));
    assert_eq!(table.short("SLAExpirationDate__c"), Some("sla_expiration_date"));
    assert_eq!(table.api("number_of_employees"), Some("NumberOfEmployees"));
    for field in &account.fields {
        let short = table.short(&field.name).unwrap();
        assert_eq!(table.api(short), Some(field.name.as_str()));
    }
}

proptest! {
    /// Whatever the names: each has a short name, no two the same, and it leads back.
    #[test]
    fn short_names_lead_back(names in prop::collection::vec("(aim__|x__)?[ABab]{1,3}(_?[ABab0]{1,2})?(__c|__r|__mdt)?", 1..40)) {
        let table = NameTable::new(names.iter().map(String::as_str));
        let mut seen = std::collections::HashMap::new();
        for name in &names {
            let short = table.short(name).unwrap();
            prop_assert!(table.api(short).unwrap().eq_ignore_ascii_case(name));
            let other = seen.insert(short.to_owned(), name.to_lowercase());
            prop_assert!(other.is_none_or(|other| other == name.to_lowercase()));
        }
    }

    /// Nothing that somebody may write panics.
    #[test]
    fn any_text_is_answered(text in ".{0,30}") {
        let thing = Arc::new(object(&[("Name", "Name"), ("Ümlaut__c", "Größe"), ("", "")]));
        let _ = resolve_field(&text, &thing, &Known::new());
        let _ = resolve_path(&text, &thing, &Known::new());
        let _ = resolve_path(&format!("Name.{text}"), &thing, &Known::new());
    }
}
