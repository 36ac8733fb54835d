//! `sf-agent schema`: an org's schema as models and people read it, kept, compared and drawn.

mod card;
mod check;
mod diff;
mod sizes;
mod snapshot;
mod table;

use std::sync::Arc;

use anyhow::Result;
use sf_rest::Client;
use sf_schema::{Catalog, Object, mermaid};

use crate::args::{Schema, SchemaCommand};
use crate::connect::connect;
use crate::out;

/// Describes that are asked for at once: enough to hide the way to the org, few
/// enough to leave its limit of concurrent requests to others.
const AT_ONCE: usize = 8;

pub(crate) async fn run(options: Schema, org: Option<&str>) -> Result<()> {
    match options.command {
        SchemaCommand::Check { folder } => check::run(&folder),
        SchemaCommand::Snapshot { folder, objects, only_custom } => {
            snapshot::run(&folder, &objects, only_custom, org).await
        }
        SchemaCommand::Diff { old, new, format } => {
            diff::run(&old, new.as_deref(), format, org).await
        }
        SchemaCommand::Card(options) => card::run(&options, org).await,
        SchemaCommand::Sizes { objects } => sizes::run(&objects, org).await,
        SchemaCommand::Diagram { objects } => {
            let connection = connect(org).await?;
            let objects = resolve(connection.raw("sf-agent schema diagram")?, &objects).await?;
            let objects: Vec<&Object> = objects.iter().map(AsRef::as_ref).collect();
            out::line(out::harmless(mermaid(&objects).trim_end()))?;
            Ok(())
        }
    }
}

/// The objects that these names mean, each once.
pub(super) async fn resolve(client: &Client, names: &[String]) -> Result<Vec<Arc<Object>>> {
    let catalog = Catalog::new(client.clone());
    let mut objects: Vec<Arc<Object>> = Vec::new();
    for name in names {
        let object = catalog.resolve(name).await?.object;
        if !objects.iter().any(|known| known.name == object.name) {
            objects.push(object);
        }
    }
    Ok(objects)
}
