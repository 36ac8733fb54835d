//! The agent's task, step by step: find, read, write, and survive what happens.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use sf_emulator::{Emulator, Fault};

use super::stage::Stage;

pub(crate) async fn tell(stage: &mut Stage, org: &Emulator) -> Result<()> {
    stage.heading("1. Find out what is there");
    find_the_object(stage).await?;

    stage.heading("2. Read thousands of rows, and lose the session on the way");
    read_everything(stage, org).await?;

    stage.heading("3. Write, with two mistakes at first");
    let account = one_account(stage).await?;
    create_with_mistakes(stage, &account).await?;

    stage.heading("4. Lose the answer to a write");
    lose_an_answer(stage, org, &account).await
}

async fn find_the_object(stage: &mut Stage) -> Result<()> {
    stage.agent("I am to bill a customer. Which object holds invoices?");
    let reply =
        stage.call("salesforce_list_objects", json!({ "filter": "invoice" })).await.reply()?;
    ensure!(reply["objects"][0][0] == "Invoice__c", "the list has Invoice__c first");

    stage.agent("What does an invoice look like?");
    let reply =
        stage.call("salesforce_describe_object", json!({ "object": "invoice" })).await.reply()?;
    let required = &reply["required_on_create"];
    ensure!(
        *required == json!(["Amount__c", "Due_Date__c"]),
        "two fields are required, saw {required}"
    );
    Ok(())
}

async fn read_everything(stage: &mut Stage, org: &Emulator) -> Result<()> {
    stage.agent("First the address book: how many contacts belong to an account?");
    let filter = "FROM Contact WHERE AccountId != null";
    let count = json!({ "soql": format!("SELECT COUNT() {filter}") });
    let reply = stage.call("salesforce_query", count).await.reply()?;
    let expected = reply["rows"][0][0].as_u64().context("COUNT() is a number")?;
    ensure!(expected > 2_000, "there is more than one page of rows");

    stage.agent("All of them, please; I follow the cursor that each reply names.");
    let logins = org.token_requests();
    let mut tool = "salesforce_query".to_owned();
    let mut arguments = json!({
        "soql": format!("SELECT Id, LastName, Account.Name {filter} ORDER BY LastName, Id"),
        "max_rows": 1000,
    });
    let mut ids = BTreeSet::new();
    let mut rows = 0;
    for n in 1.. {
        let reply = match n {
            1 => stage.call(&tool, arguments).await,
            _ => stage.call_briefly(&tool, arguments).await,
        }
        .reply()?;
        for row in reply["rows"].as_array().context("rows are a list")? {
            rows += 1;
            ids.insert(row[0].as_str().context("an Id is a text")?.to_owned());
        }
        if n == 3 {
            stage.org("every session expires now; Salesforce tells nobody");
            org.expire_sessions();
        }
        let completeness = &reply["completeness"];
        if completeness["complete"] == true {
            break;
        }
        let next = &completeness["next"];
        tool = next["tool"].as_str().context("the reply names the next call")?.to_owned();
        arguments = next["arguments"].clone();
    }
    ensure!(rows == expected, "{rows} rows came, COUNT() said {expected}");
    ensure!(ids.len() as u64 == expected, "every row came once");
    ensure!(org.token_requests() == logins + 1, "one login replaced the session");
    stage.checked(&format!("{rows} rows, each once, as COUNT() said; one new login on the way"));
    Ok(())
}

async fn one_account(stage: &mut Stage) -> Result<String> {
    stage.agent("Whom do I bill? The account with the largest open opportunity.");
    let soql = "SELECT AccountId, Account.Name, Name, Amount FROM Opportunity \
                WHERE IsClosed = false AND AccountId != null ORDER BY Amount DESC NULLS LAST LIMIT 1";
    let reply = stage.call("salesforce_query", json!({ "soql": soql })).await.reply()?;
    let id = reply["rows"][0][0].as_str().context("an AccountId is a text")?;
    Ok(id.to_owned())
}

async fn create_with_mistakes(stage: &mut Stage, account: &str) -> Result<()> {
    stage.agent("The invoice. (It forgets the amount, and makes up a status.)");
    let mut record = json!({
        "Account__c": account,
        "Due_Date__c": "2026-12-31",
        "Status__c": "Open",
        "Notes__c": "Workshop, two days",
    });
    let call = json!({ "object": "Invoice__c", "records": [record] });
    let error = stage.call("salesforce_create_records", call).await.error()?;
    ensure!(error["error"]["class"] == "fix_your_call", "the mistakes can be mended");
    let text = error.to_string();
    for needed in ["Amount__c", "Status__c", "Draft", "Overdue"] {
        ensure!(
            text.contains(needed),
            "one answer names both mistakes and what is allowed: {needed}"
        );
    }

    stage.agent("Both at once; I mend both.");
    record["Amount__c"] = json!(4200.5);
    record["Status__c"] = json!("Draft");
    let call = json!({ "object": "Invoice__c", "records": [record] });
    let reply = stage.call("salesforce_create_records", call).await.reply()?;
    let id = reply["results"][0]["id"].as_str().context("the created record has an id")?.to_owned();

    stage.agent("Did it arrive as I meant it?");
    let get = json!({
        "object": "Invoice__c",
        "id": id,
        "fields": ["Name", "Account__c", "Amount__c", "Status__c", "Due_Date__c"],
    });
    let reply = stage.call("salesforce_get_record", get).await.reply()?;
    let fields = &reply["fields"];
    ensure!(
        fields["Amount__c"] == json!(4200.5) && fields["Status__c"] == "Draft",
        "it is stored as sent"
    );
    ensure!(fields["Account__c"] == account, "for the right account");
    stage.checked("the record is stored as it was sent");
    Ok(())
}

async fn lose_an_answer(stage: &mut Stage, org: &Emulator, account: &str) -> Result<()> {
    stage.org("the next write will be committed, and its answer lost on the way back");
    org.faults().push(Fault::lost_answer());

    stage.agent("A second invoice, for travel.");
    let record = json!({
        "Account__c": account,
        "Amount__c": 318.4,
        "Due_Date__c": "2026-12-31",
        "External_Id__c": "TRAVEL-2026-11",
    });
    let posts = writes(org);
    let call = json!({ "object": "Invoice__c", "records": [record] });
    let error = stage.call("salesforce_create_records", call).await.error()?;
    ensure!(error["error"]["class"] == "outcome_unknown", "a lost answer is told as such");
    ensure!(writes(org) == posts + 1, "the write was sent once");

    stage.agent("Neither a yes nor a no. I do not send it again; I make the call that tells.");
    let next = &error["error"]["next"];
    let tool = next["tool"].as_str().context("the error names the call that tells")?;
    let reply = stage.call(tool, next["arguments"].clone()).await.reply()?;
    ensure!(
        reply["rows"].as_array().is_some_and(|rows| rows.len() == 1),
        "the record is there, once"
    );

    stage.agent("It happened. Nothing to repeat; one last look.");
    let soql = "SELECT COUNT() FROM Invoice__c WHERE External_Id__c = 'TRAVEL-2026-11'";
    let reply = stage.call("salesforce_query", json!({ "soql": soql })).await.reply()?;
    ensure!(reply["rows"][0][0] == json!(1), "exactly one record");
    stage.checked("one record, one request, nothing doubled");
    Ok(())
}

/// Requests so far that wrote rows.
fn writes(org: &Emulator) -> usize {
    org.requests().iter().filter(|request| request.operation.is_write()).count()
}

/// How many rows a reply brought, for the short form of a call.
pub(super) fn brief(reply: &Value) -> String {
    let rows = reply["rows"].as_array().map_or(0, Vec::len);
    let rest = if reply["completeness"]["complete"] == true { "complete" } else { "more to come" };
    format!("{rows} rows, {rest}")
}
