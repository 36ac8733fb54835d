//! `sf-agent schema check`: do the describes below a folder load?

use std::path::Path;

use anyhow::{Result, bail};
use sf_schema::{CheckedDescribe, check_folder};

use super::table;

pub(super) fn run(folder: &Path) -> Result<()> {
    let files = check_folder(folder)?;
    let mut rows =
        vec![["object", "fields", "required on create", "odd", "file"].map(str::to_owned).to_vec()];
    let mut failures = Vec::new();
    let mut lists = 0;
    for file in &files {
        let path = file.path.strip_prefix(folder).unwrap_or(&file.path).display().to_string();
        failures.extend(file.problem.iter().map(|problem| format!("{path}: {problem}")));
        for describe in &file.describes {
            match describe {
                CheckedDescribe::Object { name, fields, required, warnings } => rows.push(vec![
                    name.clone(),
                    fields.to_string(),
                    listed(required, ", ", "nothing"),
                    listed(warnings, "; ", "-"),
                    path.clone(),
                ]),
                CheckedDescribe::List { objects } => {
                    lists += 1;
                    rows.push(vec![
                        "(list)".to_owned(),
                        "-".to_owned(),
                        "-".to_owned(),
                        format!("{objects} objects"),
                        path.clone(),
                    ]);
                }
                CheckedDescribe::Refused(reason) => failures.push(format!("{path}: {reason}")),
                // A kind that this command does not know is none that loaded.
                _ => failures.push(format!("{path}: unknown to this command")),
            }
        }
    }
    let loaded = rows.len() - 1;
    if loaded > 0 {
        table::print(&rows, usize::MAX)?;
    }
    let and = match lists {
        0 => String::new(),
        1 => " and a list of objects".to_owned(),
        n => format!(" and {n} lists of objects"),
    };
    eprintln!("{} describes{and} in {} files", loaded - lists, files.len());
    if !failures.is_empty() {
        bail!("{} did not load:\n  {}", failures.len(), failures.join("\n  "));
    }
    if loaded == 0 {
        bail!("there is no describe below {}", folder.display());
    }
    Ok(())
}

fn listed(items: &[String], between: &str, none: &str) -> String {
    if items.is_empty() { none.to_owned() } else { items.join(between) }
}
