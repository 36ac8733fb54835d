//! `sf-agent objects`: what kinds of records the org has.

use anyhow::Result;
use serde_json::Value;
use sf_schema::{Catalog, ObjectSummary};

use crate::args::{self, Format};
use crate::commands::data::sheet;
use crate::connect::connect;
use crate::exit::not_found;
use crate::progress::Progress;
use crate::{guard, out};

pub(crate) async fn run(options: &args::Objects, org: Option<&str>) -> Result<()> {
    let connection = connect(org).await?;
    let all = if connection.has_policy() {
        guard::own_org(&connection)?.objects().await?
    } else {
        Catalog::new(connection.raw("sf-agent objects")?.clone()).objects().await?
    };
    let wanted = options.filter.as_deref().unwrap_or_default().to_lowercase();
    let fits = |object: &&ObjectSummary| {
        [&object.name, &object.label, &object.label_plural]
            .into_iter()
            .any(|text| text.to_lowercase().contains(&wanted))
    };
    let found: Vec<_> = all.iter().filter(fits).collect();
    if found.is_empty() && !wanted.is_empty() {
        return Err(not_found(format!(
            "none of the {} objects has {wanted:?} in its name or label",
            all.len()
        )));
    }
    if options.format != Format::Table {
        let mut sheet = sheet(options.format, &Progress::none());
        sheet.head(vec!["name".to_owned(), "label".to_owned()])?;
        for object in found {
            sheet.values(&[Value::from(&*object.name), Value::from(&*object.label)])?;
        }
        return sheet.flush();
    }
    let width = found.iter().map(|object| object.name.chars().count()).max().unwrap_or(0);
    for object in found {
        out::line(out::harmless(&format!("{:<width$}  {}", object.name, object.label)))?;
    }
    Ok(())
}
