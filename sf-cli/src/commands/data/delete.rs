//! `sf-agent delete`: records to the recycle bin, once a person has agreed.

use std::path::Path;

use anyhow::Result;
use serde_json::json;

use super::person::agrees;
use super::{Work, arguments, write};
use crate::args::Delete;
use crate::exit::{Ended, Exit, usage};
use crate::interrupt::Interrupt;

pub(crate) async fn run(options: &Delete, org: Option<&str>) -> Result<()> {
    let ids = &options.ids;
    if ids.len() > 200 {
        return Err(usage(
            "more than 200 records are too many for one call; `sf-agent bulk load --operation delete` takes \
             any number",
        ));
    }
    let work = Work::writing(org).await?;
    let object = work.object(&options.object).await?;
    let what = match ids.as_slice() {
        [one] => format!("the {} {one}", object.name),
        several => format!("{} records of {}", several.len(), object.name),
    };
    if !agrees(&format!("Delete {what}?"), options.yes, &work.interrupt).await? {
        eprintln!("Nothing was deleted.");
        return Err(Ended(Exit::Failed).into());
    }
    let arguments = arguments([("object", json!(object.name)), ("ids", json!(ids))]);
    let reply = work.write("salesforce_delete_records", arguments).await?;
    write::told(&reply, options.format)
}

/// As for records that are named, for those of a file.
pub(crate) async fn agrees_to_load(
    object: &str,
    file: &Path,
    said_yes: bool,
    interrupt: &Interrupt,
) -> Result<bool> {
    let question = format!("Delete the records of {object} that {} names?", file.display());
    agrees(&question, said_yes, interrupt).await
}
