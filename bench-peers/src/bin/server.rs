//! A server that answers from memory, so that clients are what is measured:
//! query pages of 2,000 rows in chunks of 16 KB as an org sends them, single
//! records, creates in collections, and one token that can be made to end.
//!
//! `server [LATENCY_MS]` prints its address and serves until its stdin ends.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bench_peers::Job;
use futures_util::stream;
use serde::Deserialize;
use tokio::io::AsyncReadExt;

const PAGE: usize = 2_000;
/// Rows are repeated beyond this many, so that a million need no more memory.
const DISTINCT_PAGES: usize = 50;
const CHUNK: usize = 16 << 10;
const VERSION: &str = "/services/data/{version}";

struct Org {
    url: String,
    latency: Duration,
    /// The rows of a page, without the braces around them.
    pages: Vec<Bytes>,
    generation: AtomicUsize,
    grants: AtomicUsize,
    created: AtomicUsize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let latency = std::env::args().nth(1).map_or(Ok(0), |text| text.parse())?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let org = Arc::new(Org {
        url: url.clone(),
        latency: Duration::from_millis(latency),
        pages: (0..DISTINCT_PAGES).map(page).collect(),
        generation: AtomicUsize::new(0),
        grants: AtomicUsize::new(0),
        created: AtomicUsize::new(0),
    });
    let router = Router::new()
        .route("/services/oauth2/token", post(token))
        .route(&format!("{VERSION}/query"), get(query))
        .route(&format!("{VERSION}/query/"), get(query))
        .route(&format!("{VERSION}/query/{{locator}}"), get(more))
        .route(&format!("{VERSION}/sobjects/Account/{{id}}"), get(record))
        .route(&format!("{VERSION}/sobjects/Account"), post(create))
        .route(&format!("{VERSION}/sobjects/Account/"), post(create))
        .route(&format!("{VERSION}/composite/sobjects"), post(collection))
        .route("/bench/expire", post(expire))
        .route("/bench/generation", get(generation))
        .route("/bench/grants", get(grants))
        .with_state(org);
    println!("{url}");
    let end = async {
        let _ = tokio::io::stdin().read(&mut [0]).await;
    };
    axum::serve(listener, router).with_graceful_shutdown(end).await?;
    Ok(())
}

/// One row as the platform renders it, about 800 bytes.
fn row(out: &mut String, number: usize) {
    let id = Job::id(number);
    let (street, people, revenue) = (number % 900, number % 5_000, number % 9_000_000);
    let _ = write!(
        out,
        r#"{{"attributes":{{"type":"Account","url":"/services/data/v66.0/sobjects/Account/{id}"}},"Id":"{id}","Name":"Grønland \"Timber\" & Sons {number}","Type":"Customer - Direct","Industry":"Manufacturing","Rating":null,"AnnualRevenue":{revenue}.0,"NumberOfEmployees":{people},"Phone":"(212) 555-{people:04}","Website":"https://www.timber-{number}.example","BillingStreet":"{street} Harbour Road\nBuilding C","BillingCity":"Portland","BillingState":"OR","BillingPostalCode":"97201","BillingCountry":"United States","Description":"Supplies cut and treated timber to builders in three states; asked for a new quote in spring.","CreatedDate":"2024-03-05T09:12:44.000+0000","LastModifiedDate":"2026-01-17T16:40:03.000+0000","OwnerId":"005Bn0000000042AAA","Owner":{{"attributes":{{"type":"User","url":"/services/data/v66.0/sobjects/User/005Bn0000000042AAA"}},"Name":"Ada Bell","Email":"ada.bell@timber.example"}}}}"#
    );
}

fn page(number: usize) -> Bytes {
    let mut rows = String::with_capacity(PAGE * 850);
    for place in number * PAGE..(number + 1) * PAGE {
        if !place.is_multiple_of(PAGE) {
            rows.push(',');
        }
        row(&mut rows, place);
    }
    rows.into()
}

#[derive(Deserialize)]
struct Statement {
    q: String,
}

/// The number after the last `LIMIT` is how many rows there are.
async fn query(
    State(org): State<Arc<Org>>,
    headers: HeaderMap,
    Query(statement): Query<Statement>,
) -> Response {
    let limit = statement.q.rsplit(' ').next().and_then(|word| word.parse().ok());
    match limit {
        Some(rows) => pages(&org, &headers, rows, 0).await,
        None => StatusCode::BAD_REQUEST.into_response(),
    }
}

async fn more(
    State(org): State<Arc<Org>>,
    headers: HeaderMap,
    Path((_, locator)): Path<(String, String)>,
) -> Response {
    let parts = locator.strip_prefix("0r8").and_then(|rest| rest.split_once('-'));
    match parts.map(|(rows, offset)| (rows.parse(), offset.parse())) {
        Some((Ok(rows), Ok(offset))) => pages(&org, &headers, rows, offset).await,
        _ => StatusCode::BAD_REQUEST.into_response(),
    }
}

async fn pages(org: &Org, headers: &HeaderMap, rows: usize, offset: usize) -> Response {
    if let Some(refusal) = refused(org, headers) {
        return refusal;
    }
    tokio::time::sleep(org.latency).await;
    let end = (offset + PAGE).min(rows);
    let mut head = format!("{{\"totalSize\":{rows},\"done\":{}", end == rows);
    if end < rows {
        let _ =
            write!(head, ",\"nextRecordsUrl\":\"/services/data/v66.0/query/0r8{rows:015}-{end}\"");
    }
    head.push_str(",\"records\":[");
    let body = org.pages[offset / PAGE % DISTINCT_PAGES].clone();
    // Only whole pages are kept; a shorter last one is cut at a row's end.
    let body = if end - offset == PAGE { body } else { shorter(&body, end - offset) };
    let chunks = (0..body.len().div_ceil(CHUNK))
        .map(move |number| body.slice(number * CHUNK..((number + 1) * CHUNK).min(body.len())));
    let parts = std::iter::once(Bytes::from(head))
        .chain(chunks)
        .chain(std::iter::once(Bytes::from_static(b"]}")))
        .map(Ok::<_, Infallible>);
    json(StatusCode::OK, Body::from_stream(stream::iter(parts)))
}

fn shorter(body: &Bytes, rows: usize) -> Bytes {
    const START: &[u8] = b"{\"attributes\":{\"type\":\"Account\"";
    let mut starts = body.windows(START.len()).enumerate().filter(|(_, text)| *text == START);
    starts.nth(rows).map_or_else(|| body.clone(), |(at, _)| body.slice(..at - 1))
}

async fn record(
    State(org): State<Arc<Org>>,
    headers: HeaderMap,
    Path((_, id)): Path<(String, String)>,
) -> Response {
    if let Some(refusal) = refused(&org, &headers) {
        return refusal;
    }
    tokio::time::sleep(org.latency).await;
    let number = id.get(5..15).and_then(|digits| digits.parse().ok()).unwrap_or_default();
    let mut text = String::with_capacity(900);
    row(&mut text, number);
    json(StatusCode::OK, Body::from(text))
}

async fn create(State(org): State<Arc<Org>>, body: Bytes) -> Response {
    tokio::time::sleep(org.latency).await;
    drop(body);
    let id = Job::id(org.created.fetch_add(1, Ordering::Relaxed));
    json(
        StatusCode::CREATED,
        Body::from(format!("{{\"id\":\"{id}\",\"success\":true,\"errors\":[]}}")),
    )
}

#[derive(Deserialize)]
struct Records {
    records: Vec<serde::de::IgnoredAny>,
}

async fn collection(State(org): State<Arc<Org>>, body: Bytes) -> Response {
    tokio::time::sleep(org.latency).await;
    let Ok(Records { records }) = serde_json::from_slice(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let first = org.created.fetch_add(records.len(), Ordering::Relaxed);
    let results: Vec<_> = (first..first + records.len())
        .map(|number| format!("{{\"id\":\"{}\",\"success\":true,\"errors\":[]}}", Job::id(number)))
        .collect();
    json(StatusCode::OK, Body::from(format!("[{}]", results.join(","))))
}

async fn token(State(org): State<Arc<Org>>) -> Response {
    org.grants.fetch_add(1, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_millis(20)).await;
    let generation = org.generation.load(Ordering::Relaxed);
    let url = &org.url;
    json(
        StatusCode::OK,
        Body::from(format!(
            r#"{{"access_token":"00DBench!{generation}","signature":"c2ln","scope":"api","instance_url":"{url}","id":"{url}/id/00DBn0000000001AAA/005Bn0000000042AAA","token_type":"Bearer","issued_at":"1763640000000"}}"#
        )),
    )
}

async fn expire(State(org): State<Arc<Org>>) {
    org.generation.fetch_add(1, Ordering::Relaxed);
    // What was granted before is not part of what follows.
    org.grants.store(0, Ordering::Relaxed);
}

async fn generation(State(org): State<Arc<Org>>) -> String {
    org.generation.load(Ordering::Relaxed).to_string()
}

async fn grants(State(org): State<Arc<Org>>) -> String {
    org.grants.load(Ordering::Relaxed).to_string()
}

/// The answer to a token of an earlier generation.
fn refused(org: &Org, headers: &HeaderMap) -> Option<Response> {
    let token = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let generation = token.rsplit('!').next()?.parse::<usize>().ok();
    let current = org.generation.load(Ordering::Relaxed);
    (generation != Some(current)).then(|| {
        let text = r#"[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]"#;
        json(StatusCode::UNAUTHORIZED, Body::from(text))
    })
}

fn json(status: StatusCode, body: Body) -> Response {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json;charset=UTF-8")
        .header("Sforce-Limit-Info", "api-usage=22/15000")
        .body(body)
        .unwrap_or_default()
}
