//! Changes of the configuration file that keep what a person wrote in it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use toml_edit::{DocumentMut, Item, Table, value};

use super::{path, read};

/// Sets the org that is used if nothing else is said. Gives the file.
pub(crate) fn set_default(name: &str) -> Result<PathBuf> {
    change(|document| {
        match document.get_mut("default_org").and_then(Item::as_value_mut) {
            Some(there) => {
                // With the comment behind it.
                let decor = there.decor().clone();
                *there = name.into();
                *there.decor_mut() = decor;
            }
            None => document["default_org"] = value(name),
        }
        Ok(())
    })
}

/// Makes `[orgs.NAME]`, which stands for an account. Gives the file.
pub(crate) fn set_alias(name: &str, account: &str) -> Result<PathBuf> {
    change(|document| {
        let orgs = document.entry("orgs").or_insert_with(|| {
            let mut orgs = Table::new();
            orgs.set_implicit(true);
            Item::Table(orgs)
        });
        let Some(orgs) = orgs.as_table_like_mut() else { bail!("orgs is not a table") };
        if orgs.contains_key(name) {
            bail!("there is an org {name:?} already; change it in the file");
        }
        let mut org = Table::new();
        org["account"] = value(account);
        orgs.insert(name, Item::Table(org));
        Ok(())
    })
}

/// Reads the file, changes it, looks whether it can still be used, and puts it in its place.
fn change(apply: impl FnOnce(&mut DocumentMut) -> Result<()>) -> Result<PathBuf> {
    let path = path()?;
    let told = || format!("the config {} cannot be changed", path.display());
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(told),
    };
    read::config(&text, &path)?;
    let mut document: DocumentMut = text.parse().with_context(told)?;
    apply(&mut document).with_context(told)?;
    let text = document.to_string();
    read::config(&text, &path).with_context(told)?;
    write(&path, &text).with_context(told)?;
    Ok(path)
}

/// A program that reads meanwhile finds the old file or the new one, never a part.
fn write(path: &Path, text: &str) -> Result<()> {
    use std::io::Write;

    // Behind a link, or else it would replace the link.
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    if let Ok(there) = std::fs::metadata(&target) {
        file.as_file().set_permissions(there.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(target)?;
    Ok(())
}
