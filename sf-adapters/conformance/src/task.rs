//! A task of several calls, as a script: bill an account, with one mistake on
//! the way.

use serde_json::{Value, json};

use crate::script::{Seen, Step, Turn};

/// What the user asks.
pub const PROMPT: &str =
    "Bill our alphabetically first account 120 for onboarding, due at the end of March 2027.";

/// Find the object, read its card, find the account, create, mend, verify, answer.
pub const STEPS: &[Step] =
    &[find_object, describe, find_account, create_wrongly, create_mended, verify, answer];

fn find_object(_: &[Seen]) -> Turn {
    Turn::Call("salesforce_list_objects", json!({ "filter": "invoice" }))
}

fn describe(seen: &[Seen]) -> Turn {
    let name = seen[0].json["objects"][0][0].clone();
    Turn::Call("salesforce_describe_object", json!({ "object": name }))
}

fn find_account(_: &[Seen]) -> Turn {
    let soql = "SELECT Id, Name FROM Account ORDER BY Name LIMIT 1";
    Turn::Call("salesforce_query", json!({ "soql": soql }))
}

/// Forgets the due date and invents a way to pay.
fn create_wrongly(seen: &[Seen]) -> Turn {
    let account = &seen[2].json["rows"][0][0];
    create(&json!({
        "Account__c": account,
        "Amount__c": 120,
        "Payment_Method__c": "Wire",
        "Notes__c": "Onboarding für Zürich",
    }))
}

/// Takes the first value that the error allows, and gives the due date.
fn create_mended(seen: &[Seen]) -> Turn {
    let account = &seen[2].json["rows"][0][0];
    let problems = seen[3].json["error"]["problems"].as_array();
    let allowed = problems.into_iter().flatten().find_map(|problem| problem["allowed"].get(0));
    create(&json!({
        "Account__c": account,
        "Amount__c": 120,
        "Payment_Method__c": allowed,
        "Due_Date__c": "2027-03-31",
        "Notes__c": "Onboarding für Zürich",
    }))
}

fn create(record: &Value) -> Turn {
    Turn::Call("salesforce_create_records", json!({ "object": "Invoice__c", "records": [record] }))
}

fn verify(seen: &[Seen]) -> Turn {
    let id = &seen[4].json["results"][0]["id"];
    let fields = ["Name", "Amount__c", "Due_Date__c", "Payment_Method__c", "Notes__c"];
    Turn::Call(
        "salesforce_get_record",
        json!({ "object": "Invoice__c", "id": id, "fields": fields }),
    )
}

fn answer(seen: &[Seen]) -> Turn {
    let fields = &seen[5].json["fields"];
    let text = |field: &str| fields[field].as_str().unwrap_or("?").to_owned();
    Turn::Say(format!("{} is due on {}.", text("Name"), text("Due_Date__c")))
}
