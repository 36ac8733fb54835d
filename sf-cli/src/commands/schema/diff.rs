//! `sf-agent schema diff`: what changed of an org's schema, and what of it breaks callers.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use sf_schema::{Catalog, DescribeFolder, Diff, Error, Object, ObjectSummary, View};

use super::AT_ONCE;
use crate::args::Output;
use crate::connect::connect;
use crate::failure::Told;
use crate::out;

pub(super) async fn run(
    old: &Path,
    new: Option<&Path>,
    format: Output,
    org: Option<&str>,
) -> Result<()> {
    let before = DescribeFolder::read(old)?;
    let diff = match new {
        Some(new) => Diff::between(&before, &DescribeFolder::read(new)?),
        None => {
            let (index, objects) = now(&before, org).await?;
            let objects = objects.iter().map(AsRef::as_ref).collect();
            Diff::between(&before, View::new(Some(&index), objects))
        }
    };
    let breaking = diff.breaking().count();
    if format == Output::Json {
        out::line(serde_json::to_string_pretty(&shown(&diff, breaking)?)?)?;
    } else {
        for change in &diff.changes {
            out::line(out::harmless(&change.to_string()))?;
        }
        if !diff.not_compared.is_empty() {
            eprintln!("Described in one of the two only: {}", diff.not_compared.join(", "));
        }
        eprintln!("{} changes, {breaking} of which break callers", diff.changes.len());
    }
    if breaking == 0 { Ok(()) } else { Err(Told.into()) }
}

/// The org as it is, as far as the older snapshot describes it.
async fn now(
    before: &DescribeFolder,
    org: Option<&str>,
) -> Result<(Arc<[ObjectSummary]>, Vec<Arc<Object>>)> {
    let connection = connect(org).await?;
    let catalog = &Catalog::new(connection.raw("sf-agent schema diff with the org")?.clone());
    let index = catalog.objects().await?;
    let listed =
        |object: &&Object| index.iter().any(|now| now.name.eq_ignore_ascii_case(&object.name));
    let names: Vec<&str> =
        before.objects.iter().filter(listed).map(|object| object.name.as_str()).collect();
    let asked = names.into_iter().map(|name| async move {
        match catalog.object(name).await {
            Ok(object) => Ok(Some(object)),
            Err(Error::UnknownObject { .. }) => Ok(None),
            Err(other) => Err(other),
        }
    });
    let objects: Vec<Option<Arc<Object>>> =
        stream::iter(asked).buffered(AT_ONCE).try_collect().await?;
    Ok((index, objects.into_iter().flatten().collect()))
}

fn shown(diff: &Diff, breaking: usize) -> Result<Value> {
    let mut changes = Vec::new();
    for change in &diff.changes {
        let mut value = serde_json::to_value(change)?;
        value["text"] = json!(change.to_string());
        changes.push(value);
    }
    Ok(json!({ "breaking": breaking, "changes": changes, "notCompared": diff.not_compared }))
}
