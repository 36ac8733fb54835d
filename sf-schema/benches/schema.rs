//! What a schema costs a process: 1,000 objects read and kept, and the work on one that is wide.

#![expect(clippy::expect_used, reason = "a bench that cannot be set up has nothing to say")]

use std::sync::Arc;

use divan::{AllocProfiler, Bencher, black_box};
use serde_json::Value;
use sf_auth::StaticCredentials;
use sf_emulator::Emulator;
use sf_rest::Client;
use sf_schema::{
    CardOptions, FieldGroup, Known, Object, Picture, WriteKind, bind, check_query, check_write,
    resolve_field,
};

#[path = "../tests/it/wide.rs"]
mod wide;

/// The most that is held at a time is the figure for memory.
#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const OBJECTS: [&str; 6] = ["Account", "Contact", "Opportunity", "Case", "Lead", "Event"];

fn main() {
    divan::main();
}

/// Describes as the embedded org sends them.
fn describes() -> Vec<Value> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let org = Emulator::builder().contacts(10).start().await.expect("an org");
        let credentials = StaticCredentials::new(org.url().as_str(), org.issue_token());
        let client = Client::new(Arc::new(credentials.expect("credentials"))).expect("a client");
        let mut raws = Vec::new();
        for name in OBJECTS {
            raws.push(client.describe(name).await.expect("a describe"));
        }
        raws
    })
}

/// An object of 800 fields, the most that a custom object can have.
fn wide() -> Object {
    let raws = describes();
    Object::from_describe(&wide::widened(&raws[0], "Wide__c", 800)).expect("a describe")
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn read_1000_objects(bencher: Bencher) {
    let texts: Vec<String> = describes().iter().map(Value::to_string).collect();
    bencher.bench(|| {
        let read = |text: &String| -> Object {
            let raw: Value = serde_json::from_str(text).expect("JSON");
            Object::from_describe(&raw).expect("a describe")
        };
        texts.iter().cycle().take(1_000).map(read).collect::<Vec<_>>()
    });
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn normalise_1000_objects(bencher: Bencher) {
    let raws = describes();
    bencher.bench(|| {
        let objects = raws.iter().cycle().take(1_000).map(Object::from_describe);
        objects.collect::<Result<Vec<_>, _>>().expect("describes")
    });
}

#[divan::bench]
fn card_of_800_fields(bencher: Bencher) {
    let object = wide();
    bencher.bench(|| Picture::new(&object).card(CardOptions::default()));
}

#[divan::bench]
fn group_of_800_fields(bencher: Bencher) {
    let object = wide();
    bencher.bench(|| Picture::new(&object).group(FieldGroup::All, None, 2_000));
}

#[divan::bench]
fn unknown_name_of_800_fields(bencher: Bencher) {
    let (object, known) = (wide(), Known::new());
    bencher.bench(|| resolve_field(black_box("Contrakt_Referenc"), &object, &known));
}

#[divan::bench]
fn check_a_write_of_800_fields(bencher: Bencher) {
    let object = wide();
    let values = object.fields.iter().map(|f| (f.name.clone(), Value::from("1"))).collect();
    bencher.bench(|| check_write(&object, WriteKind::Create, black_box(&values)));
}

#[divan::bench]
fn bind_and_check_a_query_of_800_fields(bencher: Bencher) {
    let object = wide();
    let names: Vec<&str> = object.fields.iter().map(|f| f.name.as_str()).collect();
    let soql = format!("SELECT {} FROM Wide__c WHERE Name = 'x'", names.join(", "));
    let query = sf_soql::parse(&soql).expect("a statement");
    let known: Known = [object].into_iter().collect();
    bencher.bench(|| check_query(&bind(black_box(&query), &known).expect("names")));
}
