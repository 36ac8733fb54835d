//! `sf-agent describe`: one object, as a model reads it or as Salesforce sends it.

use anyhow::Result;
use sf_schema::{CardOptions, Catalog, card};

use crate::args;
use crate::connect::connect;
use crate::out;

pub(crate) async fn run(options: &args::Describe, org: Option<&str>) -> Result<()> {
    let connection = connect(org).await?;
    let catalog = Catalog::new(connection.client.clone());
    let object = catalog.resolve(&options.object).await?.object;
    if options.raw {
        let raw = connection.client.describe(&object.name).await?;
        out::line(serde_json::to_string_pretty(&raw)?)?;
    } else {
        out::line(out::harmless(card(&object, CardOptions::default()).trim_end()))?;
    }
    Ok(())
}
