//! `sf-agent describe`: one object, as a model reads it or as Salesforce sends it.

use anyhow::Result;
use sf_schema::{CardOptions, Catalog, card};

use crate::args;
use crate::connect::connect;
use crate::{guard, out};

pub(crate) async fn run(options: &args::Describe, org: Option<&str>) -> Result<()> {
    let connection = connect(org).await?;
    if connection.has_policy() && !options.raw {
        // What the policy hides is not in the card.
        let object = guard::own_org(&connection)?.resolve(&options.object).await?;
        out::line(out::harmless(card(&object, CardOptions::default()).trim_end()))?;
        return Ok(());
    }
    let client = connection.raw("sf-agent describe --raw")?;
    let object = Catalog::new(client.clone()).resolve(&options.object).await?.object;
    if options.raw {
        let raw = client.describe(&object.name).await?;
        out::line(serde_json::to_string_pretty(&raw)?)?;
    } else {
        out::line(out::harmless(card(&object, CardOptions::default()).trim_end()))?;
    }
    Ok(())
}
