//! Ten thousand connected accounts: the memory of one that is idle, and the time to hand out its
//! session.
//!
//! ```text
//! cargo run --release -p sf-auth --features sqlite --example ten_thousand_accounts [ACCOUNTS]
//! ```
//!
//! One process connects them at an embedded org, with shared sessions in an SQLite file. A second
//! one, which is the one that is measured, opens each account once, keeps all of them, and then
//! asks for sessions that are live. Memory is what the system counts as resident (Linux).

use std::error::Error;
use std::hint::black_box;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sf_auth::Credentials;
use sf_auth::accounts::{Accounts, AppCredentials};
use sf_auth::seal::{LocalKeys, Sealer};
use sf_auth::store::SqliteStore;
use sf_emulator::Emulator;

/// Tells the second process where the store is.
const STORE: &str = "SF_TEN_THOUSAND_STORE";
const KEYS: &str = "example:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
/// The platform refuses more logins of one user in an hour.
const LOGINS_AN_HOUR: usize = 3_000;

type Outcome = Result<(), Box<dyn Error>>;

#[tokio::main]
async fn main() -> Outcome {
    let count = match std::env::args().nth(1) {
        Some(text) => text.parse()?,
        None => 10_000,
    };
    match std::env::var(STORE) {
        Ok(path) => measure(&path, count).await,
        Err(_) => connect(count).await,
    }
}

async fn accounts(path: &str) -> Result<Accounts, Box<dyn Error>> {
    let sealer = Sealer::new(Arc::new(LocalKeys::parse(KEYS)?));
    let store = Arc::new(SqliteStore::open(path).await?);
    Ok(Accounts::builder(store, sealer).share_sessions(true).build()?)
}

fn name(number: usize) -> String {
    format!("tenant-{number:05}")
}

/// The first process.
async fn connect(count: usize) -> Outcome {
    let org = Emulator::builder().daily_requests(u64::MAX / 2).start().await?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("accounts.db");
    let path = path.to_str().ok_or("the temporary folder has no name in Unicode")?;
    let accounts = accounts(path).await?;
    let began = Instant::now();
    for number in 0..count {
        if number % LOGINS_AN_HOUR == LOGINS_AN_HOUR - 1 {
            org.advance(Duration::from_secs(3_600));
        }
        let credentials = AppCredentials::ClientCredentials {
            login_url: org.url().to_string(),
            client_id: org.client_id().to_owned(),
            client_secret: org.client_secret().into(),
        };
        accounts.connect_with(&name(number), credentials).await?;
    }
    let each = began.elapsed() / u32::try_from(count)?;
    writeln!(
        std::io::stdout(),
        "{count} accounts were connected, {each:.1?} each, login included"
    )?;
    let measured = tokio::process::Command::new(std::env::current_exe()?)
        .arg(count.to_string())
        .env(STORE, path)
        .status()
        .await?;
    if measured.success() { Ok(()) } else { Err("the measurement failed".into()) }
}

/// The second process.
async fn measure(path: &str, count: usize) -> Outcome {
    let accounts = accounts(path).await?;
    // What the first use costs once is not an account's.
    accounts.credentials(&name(0)).session().await?;
    let before = resident()?;
    let began = Instant::now();
    let mut held = Vec::with_capacity(count);
    for number in 0..count {
        let credentials = accounts.credentials(&name(number));
        credentials.session().await?;
        held.push(credentials);
    }
    let first = began.elapsed() / u32::try_from(count)?;
    let memory = resident()?.saturating_sub(before) / count as u64;

    const ROUNDS: u32 = 100;
    let began = Instant::now();
    for _ in 0..ROUNDS {
        for credentials in &held {
            black_box(credentials.session().await?);
        }
    }
    let live = began.elapsed() / (ROUNDS * u32::try_from(count)?);
    let began = Instant::now();
    for number in 0..count {
        black_box(accounts.credentials(&name(number)).session().await?);
    }
    let by_name = began.elapsed() / u32::try_from(count)?;
    writeln!(
        std::io::stdout(),
        "\n| {count} accounts | each |\n| --- | ---: |\n\
         | memory, idle with a live session | {memory} bytes |\n\
         | first session, from the store, unsealed | {first:.1?} |\n\
         | live session | {live:.0?} |\n\
         | live session, credentials looked up by name | {by_name:.0?} |"
    )?;
    Ok(())
}

/// The resident memory of this process, in bytes.
fn resident() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)).ok_or("no VmRSS")?;
    Ok(kib.parse::<u64>()? * 1024)
}
