//! `sf-agent emulate`: an embedded org for other programs, and the twin of a real
//! one.

mod lookups;
mod mask;
mod sample;
mod source;

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use sf_emulator::Emulator;

use crate::args;
use crate::interrupt::presses;

pub(crate) async fn run(options: args::Emulate, org: Option<&str>) -> Result<()> {
    if let Some(folder) = &options.sample {
        return sample::run(&options, folder, org).await;
    }
    let mut builder = Emulator::builder()
        .port(options.port)
        .contacts(options.contacts)
        .tls(options.tls)
        .admin(options.admin)
        .session_timeout(Duration::from_secs(options.session_timeout * 60));
    if let Some(file) = &options.database {
        if file.exists() && !options.data.is_empty() {
            eprintln!(
                "{} keeps the rows it has; --data is read for a new org alone.",
                file.display()
            );
        }
        builder = builder.database(file);
    }
    if let Some(folder) = &options.describe {
        builder = builder.describe(folder);
    }
    for path in &options.data {
        builder = builder.rows(path);
    }
    builder = builder.allow_dangling(options.allow_dangling);
    let org = builder.start().await.context("the embedded org does not start")?;

    let mut exports = exports(&org);
    // Kept until the end: the file goes with it.
    let ca = org
        .ca_pem()
        .map(ca_file)
        .transpose()
        .context("the authority cannot be written to a file")?;
    if let Some(file) = &ca {
        exports.push_str(&export("SF_CA_FILE", &file.path().to_string_lossy()));
    }
    if let Some(token) = org.admin_token() {
        exports.push_str(&export("SF_ADMIN_TOKEN", token));
    }
    if let Some(file) = &options.jwt_key {
        write_secret(file, org.jwt_private_key_pem()?)
            .with_context(|| format!("the private key cannot be written to {}", file.display()))?;
        exports.push_str(&export("SF_JWT_KEY_FILE", &file.to_string_lossy()));
    }
    let ended = told_to_end()?;
    if options.print_env {
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(exports.as_bytes())?;
        stdout.flush()?;
    }
    eprintln!("An embedded Salesforce org listens on {}", org.url());
    if !options.print_env {
        eprintln!("Start it with --print-env to get the credentials as shell exports.");
    }
    eprintln!("Ctrl-C ends it.");

    tokio::select! {
        () = org.wait() => anyhow::bail!("the embedded org ended by itself"),
        () = ended => {}
    }
    org.shutdown().await;
    Ok(())
}

/// Ctrl-C, or what a supervisor sends, from now on: to be called before anybody is told that it ends
/// the command.
pub(crate) fn told_to_end() -> Result<impl Future<Output = ()>> {
    let mut presses = presses().context("waiting for Ctrl-C")?;
    #[cfg(unix)]
    let mut terminate = {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::terminate()).context("waiting for the signal to end")?
    };
    Ok(async move {
        #[cfg(unix)]
        let terminated = terminate.recv();
        #[cfg(not(unix))]
        let terminated = std::future::pending::<Option<()>>();
        tokio::select! {
            _ = presses.recv() => {}
            _ = terminated => {}
        }
    })
}

/// Shell exports that this program and other people's clients read.
fn exports(org: &Emulator) -> String {
    let url = org.url().as_str().trim_end_matches('/');
    let token = org.issue_token();
    [
        ("SF_LOGIN_URL", url),
        ("SF_INSTANCE_URL", url),
        ("SF_ACCESS_TOKEN", token.as_str()),
        ("SF_CLIENT_ID", org.client_id()),
        ("SF_CLIENT_SECRET", org.client_secret()),
        ("SF_USERNAME", org.username()),
        ("SF_PASSWORD", org.password()),
        ("SF_SECURITY_TOKEN", org.security_token()),
    ]
    .map(|(name, value)| export(name, value))
    .concat()
}

fn export(name: &str, value: &str) -> String {
    format!("export {name}='{}'\n", value.replace('\'', r"'\''"))
}

/// What the file of a certificate is called, before its random letters and `.pem`.
const CA: &str = "sf-agent-ca-";

/// Until when a file may be one that its process is about to lock.
const NEW: Duration = Duration::from_secs(60);

/// The authority's certificate in a file of its own, in the folder for such files. It is locked while
/// this process lives; those that nobody holds are left of processes that were killed, and go.
fn ca_file(pem: &str) -> std::io::Result<tempfile::NamedTempFile> {
    remove_left(&std::env::temp_dir());
    let mut file = tempfile::Builder::new().prefix(CA).suffix(".pem").tempfile()?;
    file.as_file().lock()?;
    file.write_all(pem.as_bytes())?;
    Ok(file)
}

/// Whatever is in the way is no failure of this process.
fn remove_left(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_ca =
            name.to_str().is_some_and(|name| name.starts_with(CA) && name.ends_with(".pem"));
        // A link is neither followed nor a file.
        if !is_ca || !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        let changed = entry.metadata().and_then(|found| found.modified());
        let is_old = changed.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > NEW));
        let free = |file: std::fs::File| file.try_lock().is_ok();
        if is_old && std::fs::File::open(entry.path()).is_ok_and(free) {
            drop(std::fs::remove_file(entry.path()));
        }
    }
}

/// Writes a new file that only its owner can read, from its first byte on.
fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}
