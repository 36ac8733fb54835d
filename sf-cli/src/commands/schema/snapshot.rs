//! `sf-agent schema snapshot`: the org's describes in a folder.

use std::path::Path;

use anyhow::{Context, Result, bail};
use futures_util::StreamExt;
use futures_util::stream;
use sf_rest::ErrorCode;
use sf_schema::{FolderWriter, ObjectSummary, Resolution, resolve_object};

use super::AT_ONCE;
use crate::connect::connect;

/// Objects after which the progress is told.
const STEP: usize = 100;

pub(super) async fn run(
    folder: &Path,
    objects: &[String],
    only_custom: bool,
    org: Option<&str>,
) -> Result<()> {
    let connection = connect(org).await?;
    let client = connection.raw("sf-agent schema snapshot")?;
    let list = client.describe_global().await?;
    let index = ObjectSummary::list_from_describe_global(&list);
    let names = choose(&index, objects, only_custom)?;
    let writer = FolderWriter::new(folder, &list)?;
    eprintln!("Describing {} of {} objects, an API call each", names.len(), index.len());
    let describes = names.iter().map(|name| async move { (name, client.describe(name).await) });
    let mut describes = stream::iter(describes).buffer_unordered(AT_ONCE);
    let (mut done, mut vanished) = (0, Vec::new());
    while let Some((name, describe)) = describes.next().await {
        match describe {
            Ok(describe) => writer
                .add(&describe)
                .with_context(|| format!("the describe of {name} cannot be kept"))?,
            Err(error) if error.has_code(&ErrorCode::NOT_FOUND) => vanished.push(name.as_str()),
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("{name} cannot be described; nothing was written"));
            }
        }
        done += 1;
        if done % STEP == 0 {
            eprintln!("{done} of {}", names.len());
        }
    }
    writer.finish()?;
    if !vanished.is_empty() {
        vanished.sort_unstable();
        eprintln!("The org lists these and does not describe them: {}", vanished.join(", "));
    }
    eprintln!("{} describes in {}", done - vanished.len(), folder.display());
    Ok(())
}

/// The API names of the objects that were asked for.
fn choose(index: &[ObjectSummary], objects: &[String], only_custom: bool) -> Result<Vec<String>> {
    if objects.is_empty() {
        let wanted = index.iter().filter(|o| o.queryable && (o.custom || !only_custom));
        return Ok(wanted.map(|o| o.name.clone()).collect());
    }
    let mut names = Vec::new();
    for written in objects {
        let name = match resolve_object(written, index) {
            Resolution::One(name, _) => name,
            Resolution::Several(near) | Resolution::None(near) if !near.is_empty() => {
                let near: Vec<_> = near.into_iter().map(|c| c.name).collect();
                bail!("there is no one object {written:?}; did you mean {}?", near.join(", "));
            }
            _ => bail!("there is no object {written:?} that this user can see"),
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}
