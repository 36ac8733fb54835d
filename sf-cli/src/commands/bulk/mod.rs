//! `sf-agent bulk`: many rows in the background.

mod load;
mod query;

use anyhow::Result;

use crate::args::BulkCommand;

pub(crate) async fn run(command: BulkCommand, org: Option<&str>) -> Result<()> {
    match command {
        BulkCommand::Query(options) => query::run(&options, org).await,
        BulkCommand::Load(options) => load::run(&options, org).await,
    }
}
