//! `sf-agent emulate --sample`: a folder with describes and some rows of a live
//! org, which is read and never written to.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::lookups::{self, Sampled};
use super::mask::Mask;
use super::source::{Source, flag, text};
use crate::args;
use crate::connect::connect;

/// How far up the parents of sampled rows are followed.
const LEVELS: usize = 4;

/// Rows of one object that come as parents, over all levels.
const MOST_PARENTS: usize = 2_000;

/// Standard objects that are sampled unless others are named.
const USUAL: [&str; 16] = [
    "Account",
    "Asset",
    "Campaign",
    "CampaignMember",
    "Case",
    "Contact",
    "Contract",
    "Event",
    "Lead",
    "Opportunity",
    "OpportunityLineItem",
    "Order",
    "PricebookEntry",
    "Product2",
    "Task",
    "User",
];

pub(super) async fn run(options: &args::Emulate, folder: &Path, org: Option<&str>) -> Result<()> {
    refuse_rows(folder)?;
    let connection = connect(org).await?;
    let mut source = Source::open(connection.raw("sf-agent emulate --sample")?.clone()).await?;
    let chosen = chosen(&source, &options.objects)?;
    if !options.mask {
        eprintln!(
            "The rows are those of real people: keep the folder as you keep such data, or give --mask."
        );
    }

    let mut sampled = Sampled::new();
    for name in &chosen {
        match latest(&mut source, name, options.rows).await {
            Ok(rows) => {
                eprintln!("{name}: {}", shown_rows(rows.len()));
                sampled.insert(name.clone(), rows);
            }
            Err(error) => left_out(name, error)?,
        }
    }
    parents(&mut source, &mut sampled).await?;
    let emptied = lookups::empty_the_rest(&source, &mut sampled);
    if emptied > 0 {
        eprintln!("Lookups to records outside the sample, left empty: {emptied}");
    }
    if options.mask {
        let mask = Mask::new();
        for (name, rows) in &mut sampled {
            if let Some(object) = source.known(name) {
                rows.values_mut().for_each(|row| mask.row(object, row));
            }
        }
    }

    std::fs::create_dir_all(folder.join("sobjects"))
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    write(&folder.join("sobjects.json"), &source.global)?;
    for object in source.described() {
        let file = folder.join("sobjects").join(format!("{}.json", object.name));
        write(&file, &object.describe)?;
    }
    let mut count = 0;
    sampled.retain(|_, rows| !rows.is_empty());
    let objects = sampled.len();
    for (name, rows) in sampled {
        count += rows.len();
        let rows = rows.into_values().map(Value::Object).collect();
        write(&folder.join(format!("{name}.json")), &rows)?;
    }
    let shown = folder.display();
    eprintln!("In {shown}: {}, objects: {objects}", shown_rows(count));
    eprintln!("Start the twin: sf-agent emulate --describe {shown} --data {shown}");
    Ok(())
}

fn shown_rows(count: usize) -> String {
    format!("{count} {}", if count == 1 { "row" } else { "rows" })
}

/// Rows of two samples would not fit together.
fn refuse_rows(folder: &Path) -> Result<()> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().to_ascii_lowercase();
        if name != "sobjects.json" && (name.ends_with(".json") || name.ends_with(".csv")) {
            bail!(
                "{} has rows already ({}); give a new folder, or remove them",
                folder.display(),
                entry.file_name().display()
            );
        }
    }
    Ok(())
}

/// The objects to sample, in the capitals of the org.
fn chosen(source: &Source, named: &[String]) -> Result<Vec<String>> {
    if named.is_empty() {
        let usual = |name: &str| USUAL.contains(&name);
        return Ok(source
            .list()
            .filter(|entry| flag(entry, "queryable") && flag(entry, "createable"))
            .filter(|entry| {
                usual(text(entry, "name")) || flag(entry, "custom") && flag(entry, "layoutable")
            })
            .map(|entry| text(entry, "name").to_owned())
            .collect());
    }
    let mut chosen = Vec::new();
    for name in named {
        match source.queryable(name) {
            Some(entry) => chosen.push(text(entry, "name").to_owned()),
            None => {
                bail!("{name} is no object that this user can query; `sf-agent objects` lists them")
            }
        }
    }
    Ok(chosen)
}

async fn latest(
    source: &mut Source,
    name: &str,
    rows: u32,
) -> Result<BTreeMap<String, super::source::Row>, sf_rest::Error> {
    let ids = source.latest(name, rows).await?;
    source.rows(name, &ids).await
}

/// Adds the parents of sampled rows, and theirs.
async fn parents(source: &mut Source, sampled: &mut Sampled) -> Result<()> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut refused = Vec::new();
    for _ in 0..LEVELS {
        let mut missing = lookups::missing(source, sampled);
        missing.retain(|name, _| !refused.contains(name));
        let mut found = 0;
        for (name, mut ids) in missing {
            let count = counts.entry(name.clone()).or_default();
            ids.truncate(MOST_PARENTS.saturating_sub(*count));
            match source.rows(&name, &ids).await {
                Ok(rows) => {
                    *count += ids.len();
                    found += rows.len();
                    eprintln!("{name}: {} as parents", shown_rows(rows.len()));
                    sampled.entry(name).or_default().extend(rows);
                }
                Err(error) => {
                    left_out(&name, error)?;
                    refused.push(name);
                }
            }
        }
        if found == 0 {
            return Ok(());
        }
    }
    Ok(())
}

/// What the org refuses of one object does not end the sample; all else does.
fn left_out(name: &str, error: sf_rest::Error) -> Result<()> {
    if !matches!(error, sf_rest::Error::Api { .. }) {
        return Err(error.into());
    }
    let text = crate::out::harmless(&error.to_string());
    eprintln!("{name}: left out, {}", text.lines().last().unwrap_or_default());
    Ok(())
}

/// Writes a file for its owner alone.
fn write(path: &Path, content: &Value) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).map_err(anyhow::Error::from).and_then(|file| {
        let mut file = BufWriter::new(file);
        serde_json::to_writer_pretty(&mut file, content)?;
        file.write_all(b"\n")?;
        Ok(file.flush()?)
    });
    written.with_context(|| format!("cannot write {}", path.display()))
}
