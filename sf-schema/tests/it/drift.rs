//! What changed between two snapshots.

use serde_json::{Value, json};
use sf_schema::{Catalog, Diff, Object, compare};

use crate::support::{changed_describe, client, org, raw};

fn field<'a>(raw: &'a mut Value, name: &str) -> &'a mut Value {
    raw["fields"].as_array_mut().unwrap().iter_mut().find(|f| f["name"] == name).unwrap()
}

#[tokio::test]
async fn every_kind_of_change_is_told_and_judged() {
    let org = org().await;
    let before = raw(&org.org, "Opportunity").await;
    let mut after = before.clone();
    after["deletable"] = json!(false);
    field(&mut after, "NextStep")["type"] = json!("textarea");
    field(&mut after, "Description")["length"] = json!(100);
    field(&mut after, "LeadSource")["nillable"] = json!(false);
    field(&mut after, "CloseDate")["nillable"] = json!(true);
    let amount = field(&mut after, "Amount");
    (amount["precision"], amount["updateable"]) = (json!(12), json!(false));
    let stages = field(&mut after, "StageName");
    stages["restrictedPicklist"] = json!(true);
    stages["picklistValues"][0]["active"] = json!(false);
    stages["picklistValues"].as_array_mut().unwrap().push(json!({ "value": "Lost again" }));
    let account = field(&mut after, "AccountId");
    (account["referenceTo"], account["relationshipName"]) = (json!(["Asset"]), json!("Customer"));
    let fields = after["fields"].as_array_mut().unwrap();
    fields.retain(|f| f["name"] != "Probability");
    fields.push(json!({ "name": "Code__c", "createable": true, "nillable": false, "defaultedOnCreate": false }));
    fields.push(json!({ "name": "Note__c", "createable": true }));
    after["childRelationships"] = json!([{ "childSObject": "X", "relationshipName": "News" }]);
    after["recordTypeInfos"] = json!([{ "recordTypeId": "012000000000001AAA", "developerName": "Renewal", "available": true }]);
    let (before, after) =
        (Object::from_describe(&before).unwrap(), Object::from_describe(&after).unwrap());
    let told: Vec<String> = compare(&before, &after).iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    Opportunity: the user cannot delete records any more (breaks)
    Opportunity.AccountId: does not point any more at Account (breaks)
    Opportunity.AccountId: may point now at Asset
    Opportunity.AccountId: the relationship is Customer, was Account (breaks)
    Opportunity.Description: takes at most 100 characters, was 32000 (breaks)
    Opportunity.StageName: values gone: Prospecting (breaks)
    Opportunity.StageName: new values: Lost again
    Opportunity.StageName: takes only its own values now (breaks)
    Opportunity.Amount: takes at most 10 digits before the point, was 16 (breaks)
    Opportunity.Amount: not usable any more to update (breaks)
    Opportunity.Probability: the field is gone or not visible any more (breaks)
    Opportunity.CloseDate: not required on create any more
    Opportunity.NextStep: the type is textarea, was string (breaks)
    Opportunity.LeadSource: required on create now (breaks)
    Opportunity.Code__c: new field, required on create (breaks)
    Opportunity.Note__c: new field
    Opportunity.AIM__Deals__r: the child relationship is gone (breaks)
    Opportunity.Attachments: the child relationship is gone (breaks)
    Opportunity.ContentDocumentLinks: the child relationship is gone (breaks)
    Opportunity.Events: the child relationship is gone (breaks)
    Opportunity.Notes: the child relationship is gone (breaks)
    Opportunity.OpportunityLineItems: the child relationship is gone (breaks)
    Opportunity.Shares: the child relationship is gone (breaks)
    Opportunity.Tasks: the child relationship is gone (breaks)
    Opportunity.News: new child relationship
    Opportunity.New_Business: the record type cannot be chosen any more (breaks)
    ");
    assert!(compare(&before, &before).is_empty());
}

#[tokio::test]
async fn snapshots_are_compared_and_what_cannot_be_is_named() {
    let org = org().await;
    let catalog = Catalog::new(client(&org.org));
    catalog.objects().await.unwrap();
    for name in ["Account", "Note"] {
        catalog.object(name).await.unwrap();
    }
    let mut before = catalog.snapshot().await.unwrap();
    before.index.as_mut().unwrap().value.retain(|o| o.name != "Case");
    let mut gone = before.index.as_ref().unwrap().value[0].clone();
    gone.name = "Gone__c".to_owned();
    before.index.as_mut().unwrap().value.push(gone);

    catalog.forget("Account");
    catalog.forget("Note");
    changed_describe(&org.org, "Account", |raw| field(raw, "Site")["nillable"] = json!(false))
        .await;
    for name in ["Account", "Lead"] {
        catalog.object(name).await.unwrap();
    }
    let after = catalog.snapshot().await.unwrap();
    let diff = Diff::between(&before, &after);
    let told: Vec<String> = diff.changes.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    Gone__c: the object is gone or not visible any more (breaks)
    Case: new object
    Account.Site: required on create now (breaks)
    ");
    assert_eq!(diff.not_compared, ["Note", "Lead"]);
    assert_eq!(diff.breaking().count(), 2);
}
