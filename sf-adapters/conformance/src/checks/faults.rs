//! An org that is down, and one that loses its answers.

use anyhow::{Result, ensure};
use serde_json::json;
use sf_agent_tools::Policy;
use sf_emulator::{Fault, Operation};

use super::{CREATE, QUERY, Setup};
use crate::Connect;

/// An outage is not read as a refusal, tells the model nothing of hosts and
/// status codes, and passes.
pub(super) async fn outage(connect: &dyn Connect) -> Result<()> {
    let setup = Setup::new(connect, Policy::read_only()).await?;
    let faults = setup.org.emulator().faults();
    faults.push(Fault::unavailable_html().on(Operation::Query).always());
    let arguments = json!({ "soql": "SELECT Id FROM Account LIMIT 1" });
    let error = setup.fail(QUERY, arguments.clone(), "try_later").await?;
    let text = error.to_string().to_lowercase();
    for leaked in ["127.0.0.1", "503", "http", "permission"] {
        ensure!(!text.contains(leaked), "the model reads {leaked:?}: {error}");
    }
    faults.clear();
    setup.call(QUERY, arguments).await?;
    Ok(())
}

/// A write whose answer was lost is neither a failure nor sent again.
pub(super) async fn lost_answer(connect: &dyn Connect) -> Result<()> {
    let setup = Setup::new(connect, Policy::read_write()).await?;
    setup.org.emulator().faults().push(Fault::lost_answer().on(Operation::Create));
    let arguments = json!({ "object": "Account", "records": [{ "Name": "Once" }] });
    setup.fail(CREATE, arguments, "outcome_unknown").await?;
    let found = setup.query("SELECT Id FROM Account WHERE Name = 'Once'").await?;
    ensure!(found.len() == 1, "one create made {} records", found.len());
    Ok(())
}
