//! An org with records that a policy hides, and an agent under that policy.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sf_agent_tools::{CallContext, Org, Policy, ToolSet};
use sf_emulator::Emulator;
use sf_rest::Client;

use crate::support::client;

/// What stands in fields and records that may not be read; no reply may hold it.
pub(crate) const DENIED: &[&str] = &[
    "CANARY",
    "VEILED",
    "canary@example.com",
    "987654",
    "55501",
    "1901-02-03",
    // Names that are hidden, as a reply would spell them.
    "Line_Total",
    "Unit_Price",
    "\"Opportunity\"",
    "Opportunities",
    "> Opportunity",
    "\"HomePhone\"",
    "\"Birthdate\"",
    "\"AnnualRevenue\"",
    "\"MailingStreet\"",
];

pub(crate) struct World {
    pub(crate) org: Emulator,
    pub(crate) client: Client,
    pub(crate) ids: BTreeMap<&'static str, String>,
}

async fn create(client: &Client, object: &str, values: Value) -> String {
    let values = values.as_object().unwrap().clone();
    let saved = client.create_many(object, &[values], true).await.unwrap();
    saved[0].id().unwrap_or_else(|| panic!("{object}: {saved:?}")).to_string()
}

/// Records under known names, those that may not be read among them.
pub(crate) async fn world() -> World {
    let org = Emulator::builder().contacts(60).start().await.unwrap();
    let client = client(&org);
    let c = &client;
    let veiled_account = json!({
        "Name": "VEILED Bank", "Industry": "Banking", "Phone": "VEILED-1", "AnnualRevenue": 987_654,
    });
    let veiled_account = create(c, "Account", veiled_account).await;
    let account = json!({
        "Name": "Open Energy", "Industry": "Energy", "AnnualRevenue": 987_654.25, "Site": "CANARY-SITE",
        "BillingStreet": "CANARY Street", "BillingCity": "Lyon", "ParentId": veiled_account,
    });
    let account = create(c, "Account", account).await;
    let contact = json!({
        "LastName": "Open", "FirstName": "CANARY-FIRST", "AccountId": account, "Department": "Sales",
        "Description": "CANARY description", "HomePhone": "55501-HOME", "Birthdate": "1901-02-03",
        "MailingStreet": "CANARY Lane", "MailingCity": "Oslo", "Email": "canary@example.com",
        "Phone": "55501-009999", "AssistantName": "CANARY Assistant",
    });
    let contact = create(c, "Contact", contact).await;
    let veiled_contact = json!({
        "LastName": "VEILED", "Department": "Veiled", "AccountId": account, "Title": "VEILED title",
        "Email": "veiled-canary@example.com",
    });
    let veiled_contact = create(c, "Contact", veiled_contact).await;
    let child = json!({
        "LastName": "Child", "AccountId": veiled_account, "ReportsToId": veiled_contact,
        "Department": "Sales",
    });
    let child_of_veiled = create(c, "Contact", child).await;
    let case = json!({
        "Subject": "CANARY subject", "ContactId": contact, "AccountId": veiled_account,
    });
    let case = create(c, "Case", case).await;
    create(c, "Case", json!({ "Subject": "CANARY", "ContactId": veiled_contact })).await;
    for who in [&contact, &veiled_contact] {
        create(c, "Task", json!({ "Subject": "Call", "WhoId": who, "WhatId": veiled_account }))
            .await;
    }
    let lead = json!({
        "LastName": "Prospect", "Company": "CANARY Corp", "Email": "canary@example.com",
        "Visit_Location__Latitude__s": 12.5, "Visit_Location__Longitude__s": 7.5,
    });
    let lead = json!(create(c, "Lead", mask_email(lead)).await);
    let invoice = json!({ "Account__c": veiled_account, "Bill_To__c": contact, "Status__c": "Draft", "Amount__c": 5, "Due_Date__c": "2026-12-01" });
    let invoice = create(c, "Invoice__c", invoice).await;
    let line = json!({ "Invoice__c": invoice, "Quantity__c": 1, "Unit_Price__c": 987_654.5 });
    let line = create(c, "Invoice_Line__c", line).await;
    let opportunity = json!({
        "Name": "VEILED deal", "StageName": "Prospecting", "CloseDate": "2026-12-01", "AccountId": account,
    });
    let opportunity = create(c, "Opportunity", opportunity).await;
    let file = json!({
        "Title": "CANARY plans", "PathOnClient": "plans.txt", "FirstPublishLocationId": veiled_account,
        "VersionData": "Q0FOQVJZ",
    });
    let version = create(c, "ContentVersion", file).await;
    let ids = BTreeMap::from([
        ("version", version),
        ("account", account),
        ("veiled_account", veiled_account),
        ("contact", contact),
        ("veiled_contact", veiled_contact),
        ("child_of_veiled", child_of_veiled),
        ("case", case),
        ("lead", lead.as_str().unwrap().to_owned()),
        ("line", line),
        ("opportunity", opportunity),
        ("user", org.user_id().to_owned()),
    ]);
    World { org, client, ids }
}

/// The lead's address may be read, so it is not one of those that no reply may hold.
fn mask_email(mut lead: Value) -> Value {
    lead["Email"] = json!("lead@example.com");
    lead
}

impl World {
    /// Tools under a policy.
    pub(crate) fn tools(&self, policy: Policy) -> ToolSet {
        ToolSet::salesforce(Org::new(self.client.clone(), policy))
    }

    /// A text with the ids of records in the place of their names.
    pub(crate) fn filled(&self, text: &str) -> String {
        self.ids
            .iter()
            .fold(text.to_owned(), |text, (name, id)| text.replace(&format!("{{{name}}}"), id))
    }
}

pub(crate) async fn soql(tools: &ToolSet, soql: &str) -> Result<Value, Value> {
    call(tools, "salesforce_query", json!({ "soql": soql })).await
}

pub(crate) async fn call(tools: &ToolSet, tool: &str, arguments: Value) -> Result<Value, Value> {
    let outcome = tools.call(&CallContext::default(), tool, arguments).await;
    outcome.map(|reply| reply.to_model()).map_err(|error| error.to_model())
}
