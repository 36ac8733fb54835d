//! Writes: refused, made, and wrong.

use anyhow::{Result, ensure};
use serde_json::json;
use sf_agent_tools::Policy;

use super::{CREATE, Setup};
use crate::Connect;

/// A write that the policy refuses never leaves. Some frameworks refuse it
/// themselves, because the tool is not listed; so only that it failed is asked.
pub(super) async fn refused(connect: &dyn Connect) -> Result<()> {
    let setup = Setup::new(connect, Policy::read_only()).await?;
    let arguments = json!({ "object": "Account", "records": [{ "Name": "Refused" }] });
    let outcome = setup.adapter.call(CREATE, arguments).await?;
    ensure!(outcome.is_error, "a refused write answered {}", outcome.json);
    ensure!(setup.org.writes() == 0, "a refused write was sent to the org");
    let found = setup.query("SELECT Id FROM Account WHERE Name = 'Refused'").await?;
    ensure!(found.is_empty(), "a refused write made a record: {found:?}");
    Ok(())
}

/// A write that is allowed makes the record it was given, once.
pub(super) async fn allowed(connect: &dyn Connect) -> Result<()> {
    let setup = Setup::new(connect, Policy::read_write()).await?;
    let records = json!([{ "Name": "Allowed", "NumberOfEmployees": 7 }]);
    setup.call(CREATE, json!({ "object": "Account", "records": records })).await?;
    let soql = "SELECT Name, NumberOfEmployees FROM Account WHERE Name = 'Allowed'";
    let found = setup.query(soql).await?;
    ensure!(json!(found) == records, "written was {records}, found is {found:?}");
    ensure!(setup.org.writes() == 1, "one write took {} requests", setup.org.writes());
    Ok(())
}

/// A missing field and a value that is not allowed come in one answer, with
/// the values that are, and nothing is written.
pub(super) async fn all_problems(connect: &dyn Connect) -> Result<()> {
    let setup = Setup::new(connect, Policy::read_write()).await?;
    let record = json!({ "Amount__c": 120, "Payment_Method__c": "Barter" });
    let arguments = json!({ "object": "Invoice__c", "records": [record] });
    let error = setup.fail(CREATE, arguments, "fix_your_call").await?;
    let text = error["problems"].to_string();
    for named in ["Due_Date__c", "Payment_Method__c", "Barter", "Bank Transfer"] {
        ensure!(text.contains(named), "{named:?} is not named: {error}");
    }
    ensure!(setup.org.writes() == 0, "a wrong write was sent to the org");
    Ok(())
}
