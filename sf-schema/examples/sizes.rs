//! What a schema costs: sizes of every tier for some objects, time and memory of 1,000 objects,
//! and the requests of a cold and a warm catalog. Run it with `cargo run --release --example sizes`;
//! given a folder, it also writes each text there, to be counted by a tokenizer.

#![expect(clippy::print_stdout, reason = "a table is what it is for")]

#[path = "../tests/it/wide.rs"]
mod wide;

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use sf_auth::StaticCredentials;
use sf_emulator::Emulator;
use sf_rest::Client;
use sf_schema::{
    CardOptions, Catalog, FieldGroup, Object, ObjectSummary, Picture, estimate_tokens, index_line,
};

const OBJECTS: [&str; 6] = ["Account", "Contact", "Opportunity", "Case", "Lead", "Event"];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).map(PathBuf::from);
    let org = Emulator::builder().contacts(1_000).start().await?;
    let mut raws: Vec<Value> = Vec::new();
    for name in OBJECTS {
        raws.push(client(&org)?.describe(name).await?);
    }
    if let Some(account) = raws.first() {
        raws.push(wide::widened(account, "Wide_Account__c", 250));
    }
    tiers(&raws, folder.as_deref())?;
    thousand(&raws)?;
    requests(&org).await
}

fn client(org: &Emulator) -> Result<Client, Box<dyn Error>> {
    let credentials = StaticCredentials::new(org.url().as_str(), org.issue_token())?;
    Ok(Client::new(Arc::new(credentials))?)
}

fn tiers(raws: &[Value], folder: Option<&std::path::Path>) -> Result<(), Box<dyn Error>> {
    println!("bytes / tokens (estimated for o200k, rather too many)\n");
    let titles = ["describe", "line", "card", "card in 500", "picklists in 1000", "a field"];
    print!("{:16} {:>6}", "object", "fields");
    titles.iter().for_each(|title| print!(" {title:>17}"));
    println!();
    for raw in raws {
        let object = Object::from_describe(raw)?;
        let picture = Picture::new(&object);
        let mut small = CardOptions::default();
        small.budget = 500;
        let longest = object.fields.iter().max_by_key(|f| f.picklist.len());
        let summary = ObjectSummary::from(&object);
        let texts = [
            raw.to_string(),
            index_line(&summary),
            picture.card(CardOptions::default()).text,
            picture.card(small).text,
            picture.group(FieldGroup::Picklists, None, 1_000).text,
            longest.map(|field| picture.field(field, 1_000).text).unwrap_or_default(),
        ];
        print!("{:16} {:>6}", object.name, object.fields.len());
        for (title, text) in titles.iter().zip(&texts) {
            print!(" {:>17}", format!("{} / {}", text.len(), estimate_tokens(text)));
            if let Some(folder) = folder {
                std::fs::write(folder.join(format!("{}.{title}.txt", object.name)), text)?;
            }
        }
        println!();
    }
    Ok(())
}

fn thousand(raws: &[Value]) -> Result<(), Box<dyn Error>> {
    let texts: Vec<String> = raws.iter().take(OBJECTS.len()).map(Value::to_string).collect();
    let before = resident();
    let start = Instant::now();
    let mut objects = Vec::with_capacity(1_000);
    let mut bytes = 0;
    for text in texts.iter().cycle().take(1_000) {
        bytes += text.len();
        objects.push(Object::from_describe(&serde_json::from_str(text)?)?);
    }
    let took = start.elapsed();
    let fields: usize = objects.iter().map(|o| o.fields.len()).sum();
    println!("\n1,000 objects, {fields} fields, {} MB of describes:", bytes >> 20);
    println!("read and normalised in {} ms", took.as_millis());
    match (before, resident()) {
        (Some(before), Some(after)) => {
            println!("memory grew by {} MB", after.saturating_sub(before) >> 10);
        }
        _ => println!("memory: not known on this system"),
    }
    Ok(())
}

/// Memory of this process in KB, as Linux tells it.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

async fn requests(org: &Emulator) -> Result<(), Box<dyn Error>> {
    let identity = format!("{}/{}", org.org_id(), org.user_id());
    let catalog = |lifetime| -> Result<Catalog, Box<dyn Error>> {
        let builder = Catalog::builder(client(org)?).identity(identity.clone());
        Ok(builder.lifetime(lifetime).build())
    };
    let (hour, none) = (Duration::from_secs(3_600), Duration::ZERO);
    println!("\nrequests for the list and {} objects:", OBJECTS.len());
    let kept = catalog(hour)?;
    read(org, "cold", &kept).await?;
    read(org, "warm, within the time to live", &kept).await?;
    let snapshot = kept.snapshot().await?;
    let restarted = catalog(hour)?;
    restarted.restore(snapshot.clone()).await?;
    read(org, "started from a snapshot", &restarted).await?;
    let old = catalog(none)?;
    old.restore(snapshot).await?;
    read(org, "the same, past the time to live", &old).await
}

async fn read(org: &Emulator, title: &str, catalog: &Catalog) -> Result<(), Box<dyn Error>> {
    org.clear_requests();
    catalog.objects().await?;
    for name in OBJECTS {
        catalog.object(name).await?;
    }
    let requests = org.requests();
    let unchanged = requests.iter().filter(|r| r.status == Some(304)).count();
    println!("{title:34} {:>2}, of which {unchanged} without a body (304)", requests.len());
    Ok(())
}
