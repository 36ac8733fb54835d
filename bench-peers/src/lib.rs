//! What the measured programs share: the job they are given, the row type, and
//! the line they print at the end.

use std::future::Future;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde::Deserialize;

/// What a program is asked to do; it comes in the environment.
pub struct Job {
    /// The server's address without a trailing slash.
    pub url: String,
    /// Which job, for example `rows-typed-kept`.
    pub name: String,
    /// How many rows, gets or creates.
    pub count: usize,
    /// The app that logs in.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    statement: Option<String>,
}

impl Job {
    /// Reads `BENCH_URL`, `BENCH_JOB` and `BENCH_COUNT`; against an org `BENCH_CLIENT_ID`,
    /// `BENCH_CLIENT_SECRET` and `BENCH_STATEMENT` as well.
    pub fn from_env() -> Result<Self> {
        let get = |name: &str| std::env::var(name).with_context(|| format!("{name} is not set"));
        Ok(Self {
            url: get("BENCH_URL")?,
            name: get("BENCH_JOB")?,
            count: get("BENCH_COUNT")?.parse()?,
            client_id: get("BENCH_CLIENT_ID").unwrap_or_else(|_| "bench".to_owned()),
            client_secret: get("BENCH_CLIENT_SECRET").unwrap_or_else(|_| "secret".to_owned()),
            statement: get("BENCH_STATEMENT").ok(),
        })
    }

    /// The statement whose answer has `count` rows.
    pub fn soql(&self) -> String {
        self.statement.clone().unwrap_or_else(|| self.soql_of(self.count))
    }

    /// The statement whose answer has this many rows.
    pub fn soql_of(&self, rows: usize) -> String {
        format!(
            "SELECT Id, Name, Type, Industry, Rating, AnnualRevenue, NumberOfEmployees, Phone, Website, BillingStreet, \
             BillingCity, BillingState, BillingPostalCode, BillingCountry, Description, CreatedDate, LastModifiedDate, \
             OwnerId, Owner.Name, Owner.Email FROM Account LIMIT {rows}"
        )
    }

    /// The id of the nth record that the server knows, with its three check characters.
    pub fn id(number: usize) -> String {
        let mut id = format!("001Bn{number:010}");
        for block in 0..3 {
            let capitals = id.as_bytes()[block * 5..block * 5 + 5].iter().enumerate();
            let bits = capitals
                .filter(|(_, b)| b.is_ascii_uppercase())
                .fold(0, |sum, (at, _)| sum | 1 << at);
            id.push(char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[bits]));
        }
        id
    }

    /// Ends every session that the server has issued so far.
    pub fn end_sessions(&self) -> Result<()> {
        let host = self.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host)?;
        write!(
            stream,
            "POST /bench/expire HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )?;
        stream.read_to_end(&mut Vec::new())?;
        Ok(())
    }

    /// How long the nth of many tasks waits before its call: the jobs that end in `-staggered`
    /// start a task a millisecond.
    pub fn stagger(&self, number: usize) -> Duration {
        let step = if self.name.ends_with("-staggered") { 1 } else { 0 };
        Duration::from_millis(step * number as u64)
    }
}

/// A row as a typed client sees it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs, reason = "the fields of the object, by their own names")]
pub struct Account {
    pub id: String,
    pub name: String,
    #[serde(rename = "Type")]
    pub kind: Option<String>,
    pub industry: Option<String>,
    pub rating: Option<String>,
    pub annual_revenue: Option<f64>,
    pub number_of_employees: Option<i64>,
    pub phone: Option<String>,
    pub website: Option<String>,
    pub billing_street: Option<String>,
    pub billing_city: Option<String>,
    pub billing_state: Option<String>,
    pub billing_postal_code: Option<String>,
    pub billing_country: Option<String>,
    pub description: Option<String>,
    pub created_date: String,
    pub last_modified_date: String,
    pub owner_id: String,
    pub owner: Option<Owner>,
}

/// The owner of a row.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs, reason = "the fields of the object, by their own names")]
pub struct Owner {
    pub name: String,
    pub email: String,
}

/// Does a job in a task of the runtime, where servers do theirs: outside of one, every answer costs
/// a wake-up of another thread.
pub async fn in_a_task(job: impl Future<Output = Result<usize>> + Send + 'static) -> Result<usize> {
    tokio::spawn(job).await?
}

/// Runs a job and prints how many items it saw, with time, processor time and
/// peak memory, as one line of JSON.
pub async fn measure(job: impl Future<Output = Result<usize>>) -> Result<()> {
    let (start, before) = (Instant::now(), cpu()?);
    let items = job.await?;
    let (wall, used) = (start.elapsed(), cpu()? - before);
    let peak = usage()?.max_rss();
    println!(
        "{{\"items\":{items},\"wall_ms\":{:.3},\"cpu_ms\":{:.3},\"peak_kb\":{peak}}}",
        wall.as_secs_f64() * 1e3,
        used.as_secs_f64() * 1e3,
    );
    Ok(())
}

/// What a program says of a job that it cannot do.
pub fn cannot() -> Result<()> {
    println!("{{\"cannot\":true}}");
    Ok(())
}

fn usage() -> Result<Usage> {
    Ok(getrusage(UsageWho::RUSAGE_SELF)?)
}

fn cpu() -> Result<Duration> {
    let usage = usage()?;
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(Duration::from_micros(u64::try_from(micros)?))
}
