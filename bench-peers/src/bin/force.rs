//! The jobs done with the crate `force`.

use anyhow::{Result, bail};
use bench_peers::{Account, Job, cannot, in_a_task, measure};
use force::api::RestOperation;
use force::auth::ClientCredentials;
use force::client::ForceClientBuilder;
use force::types::{DynamicSObject, SalesforceId};
use futures_util::{StreamExt, stream};

#[tokio::main]
async fn main() -> Result<()> {
    let job = Job::from_env()?;
    let token_url = format!("{}/services/oauth2/token", job.url);
    let client = ForceClientBuilder::new()
        .authenticate(ClientCredentials::new(&job.client_id, &job.client_secret, token_url))
        .build()
        .await?;
    let (rest, soql) = (client.rest(), job.soql());
    match job.name.as_str() {
        "rows-typed-kept" => {
            measure(async {
                let mut rows = rest.query_stream::<Account>(soql);
                let mut kept = Vec::new();
                while let Some(row) = rows.next().await? {
                    kept.push(row);
                }
                Ok(kept.len())
            })
            .await
        }
        "rows-typed-streamed" => {
            measure(async {
                let mut rows = rest.query_stream::<Account>(soql);
                let mut seen = 0;
                while let Some(row) = rows.next().await? {
                    seen += usize::from(!row.name.is_empty());
                }
                Ok(seen)
            })
            .await
        }
        "rows-dynamic-kept" => {
            measure(async {
                let mut rows = rest.query_stream::<DynamicSObject>(soql);
                let mut kept = Vec::new();
                while let Some(row) = rows.next().await? {
                    kept.push(row);
                }
                Ok(kept.len())
            })
            .await
        }
        "rows-dynamic-streamed" | "million" => {
            measure(async {
                let mut rows = rest.query_stream::<DynamicSObject>(soql);
                let mut seen = 0;
                while let Some(row) = rows.next().await? {
                    seen += usize::from(row.fields.contains_key("Name"));
                }
                Ok(seen)
            })
            .await
        }
        "gets" => {
            measure(in_a_task(async move {
                let gets = (0..job.count).map(move |number| {
                    let rest = rest.clone();
                    async move {
                        let id = SalesforceId::new(Job::id(number).as_str())?;
                        anyhow::Ok(rest.get("Account", &id).await?)
                    }
                });
                let mut gets = stream::iter(gets).buffer_unordered(32);
                let mut done = 0;
                while let Some(got) = gets.next().await {
                    if got?["Id"].is_null() {
                        bail!("a record without an id");
                    }
                    done += 1;
                }
                Ok(done)
            }))
            .await
        }
        "dead-token" | "dead-token-staggered" => {
            rest.query::<Account>(&job.soql_of(1)).await?;
            job.end_sessions()?;
            measure(async {
                let one = job.soql_of(1);
                let calls = (0..job.count).map(|number| {
                    let (rest, one, wait) = (rest.clone(), one.clone(), job.stagger(number));
                    tokio::spawn(async move {
                        tokio::time::sleep(wait).await;
                        rest.query::<Account>(&one).await.map(drop)
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
