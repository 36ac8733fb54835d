//! A describe with many fields of every kind, made from another one.

use serde_json::{Value, json};

/// `raw` under another name, with custom fields added until it has `fields`.
pub(crate) fn widened(raw: &Value, name: &str, fields: usize) -> Value {
    let mut raw = raw.clone();
    raw["name"] = json!(name);
    raw["label"] = json!("Wide account");
    raw["labelPlural"] = json!("Wide accounts");
    let Some(list) = raw["fields"].as_array_mut() else { return raw };
    for at in list.len()..fields {
        let (ty, topic) = [
            ("string", "Contract_Reference"),
            ("currency", "Expected_Revenue"),
            ("picklist", "Renewal_Stage"),
            ("reference", "Regional_Partner"),
            ("date", "Next_Review_Date"),
            ("boolean", "Has_Open_Claims"),
            ("double", "Discount_Rate"),
        ][at % 7];
        let values: Vec<Value> = ["Early", "In negotiation", "Signed", "Lapsed", "Unknown"]
            .iter()
            .map(|value| json!({ "active": true, "defaultValue": false, "label": value, "validFor": null, "value": value }))
            .collect();
        list.push(json!({
            "name": format!("{topic}_{at}__c"), "label": format!("{} {at}", topic.replace('_', " ")), "type": ty,
            "custom": true, "createable": at % 11 != 0, "updateable": at % 11 != 0, "nillable": ty != "boolean",
            "defaultedOnCreate": ty == "boolean", "filterable": true, "sortable": true, "groupable": ty == "string",
            "aggregatable": true, "length": if ty == "string" { 80 } else { 0 },
            "precision": if ty == "currency" { 18 } else { 0 }, "scale": if ty == "currency" { 2 } else { 0 },
            "picklistValues": if ty == "picklist" { json!(values) } else { json!([]) },
            "referenceTo": if ty == "reference" { json!(["Account"]) } else { json!([]) },
            "relationshipName": if ty == "reference" { json!(format!("{topic}_{at}__r")) } else { Value::Null },
        }));
    }
    raw
}
