//! The jobs done with sf-rest.

use std::sync::Arc;

use anyhow::Result;
use bench_peers::{Account, Job, cannot, in_a_task, measure};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::json;
use sf_auth::transport::Transport;
use sf_auth::{ClientCredentials, Credentials, TokenBroker};
use sf_rest::{CallOptions, Client, Id, Record};
use url::form_urlencoded;

#[tokio::main]
async fn main() -> Result<()> {
    let job = Job::from_env()?;
    let transport = Transport::new()?;
    let flow = ClientCredentials::new(&job.url, &job.client_id, job.client_secret.as_str())?;
    let broker = Arc::new(TokenBroker::new(flow, transport.clone()));
    broker.session().await?;
    let client = Client::builder(broker).transport(transport.clone()).build()?;
    let soql = job.soql();
    match job.name.as_str() {
        "rows-typed-kept" => {
            measure(async { Ok(client.query::<Account>(soql).try_collect::<Vec<_>>().await?.len()) })
                .await
        }
        "rows-dynamic-kept" => {
            measure(async { Ok(client.query::<Record>(soql).try_collect::<Vec<_>>().await?.len()) })
                .await
        }
        "rows-typed-streamed" => {
            measure(async {
                let mut rows = client.query::<Account>(soql);
                let mut seen = 0;
                while let Some(row) = rows.try_next().await? {
                    seen += usize::from(!row.name.is_empty());
                }
                Ok(seen)
            })
            .await
        }
        "rows-dynamic-streamed" | "million" => {
            measure(async {
                let mut rows = client.query::<Record>(soql);
                let mut seen = 0;
                while let Some(row) = rows.try_next().await? {
                    seen += usize::from(row.get("Name").is_some());
                }
                Ok(seen)
            })
            .await
        }
        "parallel" => {
            let client = client.with(CallOptions::new().pages_in_flight(8));
            measure(async {
                let mut rows = client.query::<Record>(soql);
                let mut seen = 0;
                while let Some(row) = rows.try_next().await? {
                    seen += usize::from(row.get("Name").is_some());
                }
                Ok(seen)
            })
            .await
        }
        "bytes" => measure(in_a_task(bytes(job, transport))).await,
        "gets" => {
            measure(in_a_task(async move {
                let gets = (0..job.count).map(move |number| {
                    let client = client.clone();
                    async move {
                        let id: Id = Job::id(number).parse()?;
                        anyhow::Ok(client.get("Account", id, &[]).await?)
                    }
                });
                let got: Vec<Record> = stream::iter(gets).buffer_unordered(32).try_collect().await?;
                Ok(got.len())
            }))
            .await
        }
        "creates" => {
            measure(async {
                let records: Vec<_> = (0..job.count)
                    .map(|n| json!({"Name": format!("Account {n}"), "Industry": "Manufacturing", "Phone": "(212) 555-0100"}))
                    .collect();
                let results = client.create_many("Account", &records, false).await?;
                Ok(results.iter().filter(|result| result.is_saved()).count())
            })
            .await
        }
        "dead-token" | "dead-token-staggered" => {
            client.query::<Record>(job.soql_of(1)).try_collect::<Vec<_>>().await?;
            job.end_sessions()?;
            measure(async {
                let one = job.soql_of(1);
                let calls = (0..job.count).map(|number| {
                    let (client, one, wait) = (client.clone(), one.clone(), job.stagger(number));
                    tokio::spawn(async move {
                        tokio::time::sleep(wait).await;
                        client.query::<Record>(&one).try_collect::<Vec<_>>().await.map(drop)
                    })
                });
                let answers = futures_util::future::join_all(calls).await;
                Ok(answers.into_iter().flatten().filter(Result::is_ok).count())
            })
            .await
        }
        _ => cannot(),
    }
}

/// The floor: reads the same pages one after the other and looks at nothing but their heads.
async fn bytes(job: Job, transport: Transport) -> Result<usize> {
    const HEAD: usize = 200;
    let query: String = form_urlencoded::byte_serialize(job.soql().as_bytes()).collect();
    let mut path = Some(format!("/services/data/v66.0/query?q={query}"));
    let mut pages = 0;
    while let Some(next) = path.take() {
        let request = http::Request::get(format!("{}{next}", job.url))
            .header(
                http::header::AUTHORIZATION,
                format!("Bearer {}", std::env::var("BENCH_TOKEN")?),
            )
            .body(Bytes::new())?;
        let body = transport.send(request).await?.into_body().bytes(16 << 20).await?;
        let head = std::str::from_utf8(&body[..body.len().min(HEAD)])?;
        path = head
            .split_once("\"nextRecordsUrl\":\"")
            .and_then(|(_, rest)| rest.split_once('"'))
            .map(|(url, _)| url.to_owned());
        pages += 1;
    }
    Ok((pages * 2_000).min(job.count))
}
