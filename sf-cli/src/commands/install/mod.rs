//! `sf-agent install`: our MCP server in a client's configuration, shown before it is written.

mod clients;
mod entry;

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf, absolute};

use anstyle::{AnsiColor, Style};
use anyhow::{Context, Result, bail};
use similar::{ChangeTag, TextDiff};

use crate::commands::data::agrees;
use crate::connect::connect;
use crate::interrupt::Interrupt;
use crate::{args, config, exit, out, settings};
use clients::Os;
use entry::Server;

const ADDED: Style = AnsiColor::Green.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();
/// Not secret, and needed to find the accounts and to trust the org's certificate.
const CARRIED: [&str; 2] = ["SF_AGENT_HOME", "SF_CA_FILE"];

pub(crate) async fn run(options: &args::Install, org: Option<&str>) -> Result<()> {
    let org = org.filter(|name| !name.is_empty());
    if options.name.as_deref().is_some_and(|name| name.trim().is_empty()) {
        return Err(exit::usage("--name is empty; leave it out for the usual name"));
    }
    let file = file(options)?;
    let name = options.name.clone().unwrap_or_else(|| named(org));
    let server = if options.remove { None } else { Some(server(options, org).await?) };

    let there = read(&file)?;
    let before = there.as_deref().unwrap_or_default();
    let client = options.client;
    let after = entry::edit(before, client.form(), &name, server.as_ref())
        .with_context(|| format!("{} is left as it is", file.display()))?;
    if after == before {
        let how = if options.remove { "has no" } else { "has the" };
        eprintln!("{} {how} server {name:?} already: {}", client.title(), file.display());
        return Ok(());
    }
    let ours = |text| entry::shown(text, client.form(), &name, &CARRIED);
    let shown = diff(&file, &ours(before), &ours(&after));
    if options.print {
        return shown;
    }
    exit::shown(shown, "nothing was written, since what would be could not be printed")?;
    if !agrees("Write it?", options.yes, &Interrupt::of_reading()).await? {
        bail!("nothing was written");
    }
    let backup = write(&file, there.as_deref(), &after)?;
    if let Some(backup) = backup {
        eprintln!("The file as it was: {}", backup.display());
    }
    eprintln!("Written. Start {} anew, so that it reads it.", client.title());
    Ok(())
}

/// The client's file; of a link, what it leads to, so that it stays a link.
fn file(options: &args::Install) -> Result<PathBuf> {
    let file = match &options.file {
        Some(file) => absolute(file).context("the file has no name")?,
        None => {
            let home =
                etcetera::home_dir().context("there is no home folder; name a file by --file")?;
            options.client.file(Os::here(), &home, |name| std::env::var_os(name))
        }
    };
    Ok(file.canonicalize().unwrap_or(file))
}

/// A name that every client takes.
fn named(org: Option<&str>) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    match org {
        Some(org) => format!("salesforce-{}", org.chars().map(plain).collect::<String>()),
        None => "salesforce".to_owned(),
    }
}

/// How the client is to start us: with full paths, since it may run anywhere.
async fn server(options: &args::Install, org: Option<&str>) -> Result<Server> {
    let mut args = Vec::new();
    // What cannot work is told now, and not by a client that hides it.
    let connection = connect(org).await?;
    connection.agent_policy(options.policy.as_deref(), options.write)?;
    if let Some(config) = config::chosen() {
        args.extend(["--config".to_owned(), text(&absolute(config)?)?]);
    }
    match org {
        Some(name) => args.extend(["--org".to_owned(), name.to_owned()]),
        None if settings::ALL.iter().any(|name| std::env::var_os(name).is_some()) => eprintln!(
            "The org that the environment names is not written down, since that would take a \
             secret: the client has to be started with the same variables. Or keep the org as an \
             account: sf-agent login NAME, and then --org NAME."
        ),
        None if connection.is_embedded() => {
            eprintln!(
                "Without --org it is an embedded org with made-up data, for as long as there is no other."
            );
        }
        None => {}
    }
    args.push("mcp".to_owned());
    if options.write {
        args.push("--write".to_owned());
    }
    if let Some(policy) = &options.policy {
        args.extend(["--policy".to_owned(), text(&absolute(policy)?)?]);
    }
    if let Some(audit) = &options.audit {
        args.extend(["--audit".to_owned(), text(&absolute(audit)?)?]);
    }
    let program = std::env::current_exe().context("where this program is, is not known")?;
    let env = CARRIED.into_iter().filter_map(|name| {
        let value = std::env::var(name).ok().filter(|value| !value.is_empty())?;
        let path = absolute(&value).ok()?;
        Some((name.to_owned(), path.to_str()?.to_owned()))
    });
    Ok(Server { command: text(&program)?, args, env: env.collect() })
}

fn text(path: &Path) -> Result<String> {
    let text = path.to_str();
    text.map(str::to_owned).with_context(|| format!("{} is not UTF-8", path.display()))
}

fn read(file: &Path) -> Result<Option<String>> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", file.display())),
    }
}

/// The change of our entry, as a diff of its lines. What else is in the file stays as it is, and may
/// hold the secrets of other servers: even in the same line, where all of it is on one.
fn diff(file: &Path, before: &str, after: &str) -> Result<()> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "{}", file.display())?;
    let diff = TextDiff::from_lines(before, after);
    for (n, group) in diff.grouped_ops(0).iter().enumerate() {
        if n > 0 {
            writeln!(out, "  …")?;
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (mark, style) = match change.tag() {
                ChangeTag::Equal => (' ', Style::new()),
                ChangeTag::Insert => ('+', ADDED),
                ChangeTag::Delete => ('-', REMOVED),
            };
            let line = out::harmless(change.value().trim_end_matches(['\r', '\n']));
            writeln!(out, "{style}{mark} {line}{style:#}")?;
        }
    }
    Ok(())
}

/// Replaces the file in one step; what it was is kept beside it.
fn write(file: &Path, before: Option<&str>, after: &str) -> Result<Option<PathBuf>> {
    let cannot = || format!("{} cannot be written", file.display());
    let folder = file.parent().with_context(cannot)?;
    std::fs::create_dir_all(folder).with_context(cannot)?;
    let mut new = tempfile::NamedTempFile::new_in(folder).with_context(cannot)?;
    new.write_all(after.as_bytes()).with_context(cannot)?;
    if before.is_some() {
        let permissions = std::fs::metadata(file).with_context(cannot)?.permissions();
        new.as_file().set_permissions(permissions).with_context(cannot)?;
    }
    new.as_file().sync_all().with_context(cannot)?;
    let mut backup = None;
    if before.is_some() {
        // Of two changes within a second each has its own.
        let time = jiff::Zoned::now().strftime("%Y%m%d-%H%M%S%.6f");
        let mut name = file.file_name().with_context(cannot)?.to_owned();
        name.push(format!(".{time}.bak"));
        let beside = folder.join(name);
        std::fs::copy(file, &beside).with_context(|| format!("no backup: {}", beside.display()))?;
        backup = Some(beside);
    }
    // Last of all, since some clients write their file while they run.
    if read(file)?.as_deref() != before {
        if let Some(backup) = &backup {
            std::fs::remove_file(backup).with_context(cannot)?;
        }
        bail!("{} was changed by somebody else just now; nothing was written", file.display());
    }
    new.persist(file).with_context(cannot)?;
    Ok(backup)
}
