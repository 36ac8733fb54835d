//! What follows from other values: line items, members, activities, files.

use serde_json::{Value, json};

use super::{count, create, delete, org, shown, update, values};
use crate::engine::{Engine, id};

fn row(org: &Engine, soql: &str) -> Value {
    let mut row = values(org, soql).remove(0);
    row.as_object_mut().unwrap().shift_remove("attributes");
    row
}

#[test]
fn line_items_make_the_amount() {
    let org = org(20);
    let opportunity =
        json!({"Name": "Big", "StageName": "Prospecting", "CloseDate": "2026-09-01", "Amount": 1});
    let opportunity = create(&org, "Opportunity", &opportunity).unwrap().id;
    let line = |body: Value| {
        let mut whole = json!({"OpportunityId": opportunity, "Quantity": 2});
        whole.as_object_mut().unwrap().extend(body.as_object().cloned().unwrap());
        create(&org, "OpportunityLineItem", &whole)
    };
    let first = line(json!({"PricebookEntryId": id::make("01u", 1)})).unwrap().id;
    let second = line(json!({"Product2Id": id::make("01t", 3), "TotalPrice": 500})).unwrap().id;
    insta::assert_snapshot!(row(&org, &format!("SELECT Name, ProductCode, Quantity, UnitPrice, TotalPrice, ListPrice FROM OpportunityLineItem WHERE Id = '{first}'")), @r#"{"Name":"Big Compressor C-100","ProductCode":"P-0001","Quantity":2.0,"UnitPrice":1250.0,"TotalPrice":2500.0,"ListPrice":1250.0}"#);
    insta::assert_snapshot!(row(&org, &format!("SELECT Name, UnitPrice, TotalPrice, PricebookEntry.Pricebook2.Name FROM OpportunityLineItem WHERE Id = '{second}'"))["UnitPrice"], @"250.0");
    let sums = format!(
        "SELECT Amount, ExpectedRevenue, HasOpportunityLineItem FROM Opportunity WHERE Id = '{opportunity}'"
    );
    insta::assert_snapshot!(row(&org, &sums), @r#"{"Amount":3000.0,"ExpectedRevenue":300.0,"HasOpportunityLineItem":true}"#);
    update(&org, "OpportunityLineItem", &first, &json!({"Quantity": 1})).unwrap();
    delete(&org, &second).unwrap();
    insta::assert_snapshot!(row(&org, &sums), @r#"{"Amount":1250.0,"ExpectedRevenue":125.0,"HasOpportunityLineItem":true}"#);

    let missing = line(json!({})).unwrap_err();
    assert_eq!(
        shown(&missing),
        "400\nREQUIRED_FIELD_MISSING: Required fields are missing: [PricebookEntryId] [\"PricebookEntryId\"]"
    );
    update(&org, "PricebookEntry", &id::make("01u", 2), &json!({"IsActive": false})).unwrap();
    let inactive = line(json!({"PricebookEntryId": id::make("01u", 2)})).unwrap_err();
    assert_eq!(
        shown(&inactive),
        "400\nFIELD_INTEGRITY_EXCEPTION: field integrity exception: PricebookEntryId (pricebook entry is inactive) [\"PricebookEntryId\"]"
    );
    delete(&org, &opportunity).unwrap();
    assert_eq!(
        count(
            &org,
            &format!(
                "SELECT COUNT() FROM OpportunityLineItem WHERE OpportunityId = '{opportunity}'"
            )
        ),
        0
    );
}

#[test]
fn campaigns_count_their_members() {
    let org = org(20);
    let campaign = create(&org, "Campaign", &json!({"Name": "C"})).unwrap().id;
    let lead = create(&org, "Lead", &json!({"LastName": "L", "FirstName": "F", "Company": "Co"}))
        .unwrap()
        .id;
    let body = json!({"CampaignId": campaign, "LeadId": lead, "Status": "Responded"});
    let member = create(&org, "CampaignMember", &body).unwrap().id;
    insta::assert_snapshot!(row(&org, &format!("SELECT Name, CompanyOrAccount, Type, HasResponded, FirstRespondedDate, Campaign.NumberOfLeads, Campaign.NumberOfResponses FROM CampaignMember WHERE Id = '{member}'")), @r#"{"Name":"F L","CompanyOrAccount":"Co","Type":"Lead","HasResponded":true,"FirstRespondedDate":"2026-06-15","Campaign":{"attributes":{"type":"Campaign","url":"/services/data/v66.0/sobjects/Campaign/701dE0000000009QAA"},"NumberOfLeads":1,"NumberOfResponses":1}}"#);
    let again = create(&org, "CampaignMember", &body).unwrap_err();
    assert_eq!(shown(&again), "400\nDUPLICATE_VALUE: Already a campaign member. []");
    let nobody = create(&org, "CampaignMember", &json!({"CampaignId": campaign})).unwrap_err();
    assert!(shown(&nobody).contains("REQUIRED_FIELD_MISSING"));
    delete(&org, &lead).unwrap();
    assert!(delete(&org, &member).is_err(), "gone with its lead");
    assert_eq!(
        row(&org, &format!("SELECT NumberOfLeads FROM Campaign WHERE Id = '{campaign}'"))["NumberOfLeads"],
        json!(0)
    );
}

#[test]
fn activities_know_their_account_and_times() {
    let org = org(20);
    let account = create(&org, "Account", &json!({"Name": "A"})).unwrap().id;
    let contact =
        create(&org, "Contact", &json!({"LastName": "C", "AccountId": account})).unwrap().id;
    let task = create(
        &org,
        "Task",
        &json!({"Subject": "Call", "WhoId": contact, "Status": "Completed", "Priority": "High"}),
    )
    .unwrap()
    .id;
    let shown = row(
        &org,
        &format!(
            "SELECT IsClosed, IsHighPriority, CompletedDateTime, AccountId FROM Task WHERE Id = '{task}'"
        ),
    );
    assert_eq!(
        shown,
        json!({"IsClosed": true, "IsHighPriority": true, "CompletedDateTime": "2026-06-15T09:00:00.000+0000", "AccountId": account})
    );
    update(&org, "Task", &task, &json!({"Status": "In Progress"})).unwrap();
    assert_eq!(
        row(&org, &format!("SELECT CompletedDateTime FROM Task WHERE Id = '{task}'"))["CompletedDateTime"],
        json!(null)
    );
    let event = create(&org, "Event", &json!({"Subject": "Meeting", "WhatId": account, "StartDateTime": "2026-07-01T10:00:00Z", "EndDateTime": "2026-07-01T11:30:00Z"})).unwrap().id;
    insta::assert_snapshot!(row(&org, &format!("SELECT ActivityDateTime, ActivityDate, DurationInMinutes, EndDate, ShowAs FROM Event WHERE Id = '{event}'")), @r#"{"ActivityDateTime":"2026-07-01T10:00:00.000+0000","ActivityDate":"2026-07-01","DurationInMinutes":90,"EndDate":"2026-07-01","ShowAs":"Busy"}"#);
    let wrong = create(&org, "Task", &json!({"WhoId": account})).unwrap_err();
    assert_eq!(
        super::shown(&wrong).lines().nth(1).unwrap().split(':').next(),
        Some("MALFORMED_ID")
    );
    delete(&org, &account).unwrap();
    assert_eq!(
        count(&org, &format!("SELECT COUNT() FROM Event WHERE Id = '{event}'")),
        0,
        "gone with its account"
    );
}

#[test]
fn files_are_bytes_behind_a_path() {
    let org = org(20);
    let account = create(&org, "Account", &json!({"Name": "A"})).unwrap().id;
    let note = json!({"ParentId": account, "Name": "hello.txt", "Body": "aGVsbG8=", "ContentType": "text/plain"});
    let file = create(&org, "Attachment", &note).unwrap().id;
    let shown_file =
        row(&org, &format!("SELECT BodyLength, Body FROM Attachment WHERE Id = '{file}'"));
    assert_eq!(
        shown_file,
        json!({"BodyLength": 5, "Body": format!("/services/data/v66.0/sobjects/Attachment/{file}/Body")})
    );
    assert_eq!(
        org.blob(&super::caller(), "Attachment", &file, "Body").unwrap(),
        Some(b"hello".to_vec())
    );
    let bad = create(
        &org,
        "Attachment",
        &json!({"ParentId": account, "Name": "x", "Body": "not base64!"}),
    )
    .unwrap_err();
    assert_eq!(
        shown(&bad),
        "400\nJSON_PARSER_ERROR: Cannot deserialize instance of base64 from VALUE_STRING value not base64! or request may be missing a required field"
    );

    let version = json!({"Title": "Report", "PathOnClient": "out/report.pdf", "VersionData": "aGVsbG8=", "FirstPublishLocationId": account});
    let version = create(&org, "ContentVersion", &version).unwrap().id;
    let first = row(
        &org,
        &format!(
            "SELECT ContentDocumentId, VersionNumber, IsLatest, FileType, FileExtension, ContentSize, ContentDocument.Title FROM ContentVersion WHERE Id = '{version}'"
        ),
    );
    let document = first["ContentDocumentId"].as_str().unwrap().to_owned();
    insta::assert_snapshot!(first.to_string().replace(&document, "{document}"), @r#"{"ContentDocumentId":"{document}","VersionNumber":"1","IsLatest":true,"FileType":"PDF","FileExtension":"pdf","ContentSize":5,"ContentDocument":{"attributes":{"type":"ContentDocument","url":"/services/data/v66.0/sobjects/ContentDocument/{document}"},"Title":"Report"}}"#);
    let links =
        format!("SELECT COUNT() FROM ContentDocumentLink WHERE ContentDocumentId = '{document}'");
    assert_eq!(count(&org, &links), 2, "the owner and the account");
    let next = json!({"Title": "Report 2", "PathOnClient": "report.pdf", "VersionData": "aGVsbG8hIQ==", "ContentDocumentId": document});
    create(&org, "ContentVersion", &next).unwrap();
    let latest = row(
        &org,
        &format!(
            "SELECT Title, ContentSize, LatestPublishedVersion.VersionNumber FROM ContentDocument WHERE Id = '{document}'"
        ),
    );
    assert_eq!((&latest["Title"], &latest["ContentSize"]), (&json!("Report 2"), &json!(7)));
    assert_eq!(
        count(
            &org,
            &format!(
                "SELECT COUNT() FROM ContentVersion WHERE ContentDocumentId = '{document}' AND IsLatest = true"
            )
        ),
        1
    );
    delete(&org, &document).unwrap();
    assert_eq!(count(&org, &links), 0);
}
