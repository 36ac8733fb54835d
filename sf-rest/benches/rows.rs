//! How long reading a page of a query takes: `cargo bench -p sf-rest`. What a program on the whole
//! client takes, beside other people's clients, is measured by `cargo xtask bench`.

use bytes::Bytes;
use divan::{Bencher, counter::BytesCount};
use serde::Deserialize;
use sf_rest::{Error, Operation, Query, QueryPage, Record, Response, Row};

fn main() {
    divan::main();
}

/// A row as typed programs read it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(dead_code, reason = "they are read, and not looked at")]
struct Account {
    id: String,
    name: String,
    annual_revenue: Option<f64>,
    billing_street: Option<String>,
    created_date: String,
}

/// A page of so many rows.
fn page(rows: usize) -> Bytes {
    let row = |n: usize| {
        format!(
            r#"{{"attributes":{{"type":"Account","url":"/services/data/v66.0/sobjects/Account/001Bn{n:010}AAA"}},"Id":"001Bn{n:010}AAA","Name":"Gr\u00f8nland \"Timber\" {n}","Industry":"Manufacturing","Rating":null,"AnnualRevenue":{n}.0,"BillingStreet":"{n} Harbour Road\nBuilding C","CreatedDate":"2024-03-05T09:12:44.000+0000","Owner":{{"attributes":{{"type":"User","url":"/services/data/v66.0/sobjects/User/005Bn0000000042AAA"}},"Name":"Ada Bell"}}}}"#
        )
    };
    let rows: Vec<String> = (0..rows).map(row).collect();
    format!(r#"{{"totalSize":{},"done":true,"records":[{}]}}"#, rows.len(), rows.join(",")).into()
}

fn read<R: Row>(body: &Bytes) -> Result<QueryPage<R>, Error> {
    Query::<R>::new("SELECT").decode(Response::new(200, body.clone()))
}

#[divan::bench(args = [1, 2_000])]
fn dynamic(bencher: Bencher, rows: usize) {
    let body = page(rows);
    bencher.counter(BytesCount::new(body.len())).bench(|| read::<Record>(&body));
}

#[divan::bench(args = [1, 2_000])]
fn typed(bencher: Bencher, rows: usize) {
    let body = page(rows);
    bencher.counter(BytesCount::new(body.len())).bench(|| read::<Account>(&body));
}

/// What a map per row would cost.
#[divan::bench(args = [1, 2_000])]
fn values(bencher: Bencher, rows: usize) {
    let body = page(rows);
    bencher.counter(BytesCount::new(body.len())).bench(|| read::<serde_json::Value>(&body));
}
