//! The jobs done with the crate `busbar-sf-rest`.

use std::sync::Arc;

use anyhow::{Result, bail};
use bench_peers::{Account, Job, cannot, in_a_task, measure};
use busbar_sf_rest::SalesforceRestClient;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<()> {
    let job = Job::from_env()?;
    let client = SalesforceRestClient::new(&job.url, std::env::var("BENCH_TOKEN")?)?;
    let soql = job.soql();
    match job.name.as_str() {
        "rows-typed-kept" => {
            measure(async { Ok(client.query_all::<Account>(&soql).await?.len()) }).await
        }
        "rows-dynamic-kept" => {
            measure(async { Ok(client.query_all::<Value>(&soql).await?.len()) }).await
        }
        "gets" => {
            let client = Arc::new(client);
            measure(in_a_task(async move {
                let gets = (0..job.count).map(move |number| {
                    let client = Arc::clone(&client);
                    async move { client.get::<Value>("Account", &Job::id(number), None).await }
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
        "creates" => {
            measure(async {
                let mut done = 0;
                let records: Vec<_> = (0..job.count)
                    .map(|n| json!({"Name": format!("Account {n}"), "Industry": "Manufacturing", "Phone": "(212) 555-0100"}))
                    .collect();
                for chunk in records.chunks(200) {
                    done += client.create_multiple("Account", chunk, false).await?.len();
                }
                Ok(done)
            })
            .await
        }
        _ => cannot(),
    }
}
