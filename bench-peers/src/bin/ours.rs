//! The jobs done with sf-rest.

use std::sync::Arc;

use anyhow::Result;
use bench_peers::{Account, Job, cannot, measure};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::json;
use sf_auth::transport::Transport;
use sf_auth::{ClientCredentials, Credentials, TokenBroker};
use sf_rest::{Client, Id, Record};

#[tokio::main]
async fn main() -> Result<()> {
    let job = Job::from_env()?;
    let transport = Transport::new()?;
    let flow = ClientCredentials::new(&job.url, "bench", "secret")?;
    let broker = Arc::new(TokenBroker::new(flow, transport.clone()));
    broker.session().await?;
    let client = Client::builder(broker).transport(transport).build()?;
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
        "gets" => {
            measure(async {
                let gets = (0..job.count).map(|number| {
                    let client = client.clone();
                    async move {
                        let id: Id = Job::id(number).parse()?;
                        anyhow::Ok(client.get("Account", id, &[]).await?)
                    }
                });
                let got: Vec<Record> = stream::iter(gets).buffer_unordered(32).try_collect().await?;
                Ok(got.len())
            })
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
            job.end_sessions()?;
            measure(async {
                let one = soql.replace(&format!("LIMIT {}", job.count), "LIMIT 1");
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
