//! The jobs done with the crate `salesforce_core`.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use bench_peers::{Job, cannot, in_a_task, measure};
use futures_util::{StreamExt, stream};
use salesforce_core::{client, restapi};

#[tokio::main]
async fn main() -> Result<()> {
    let job = Job::from_env()?;
    let auth = client::Client::builder()
        .client_id("bench")
        .client_secret("secret".to_owned())
        .instance_url(&job.url)
        .build()?
        .connect()
        .await?;
    let rest = restapi::ClientBuilder::new(auth).build()?;
    match job.name.as_str() {
        "rows-dynamic-kept" | "rows-dynamic-streamed" | "million" => {
            let keep = job.name == "rows-dynamic-kept";
            measure(async {
                let (mut kept, mut seen) = (Vec::new(), 0);
                let mut page = rest.query(job.soql()).send().await?;
                loop {
                    seen += page.records.len();
                    if keep {
                        kept.append(&mut page.records);
                    }
                    if page.done {
                        break;
                    }
                    let next = page.next_records_url.context("a page without a successor")?;
                    page = rest.query_more(next).send().await?;
                }
                Ok(seen)
            })
            .await
        }
        "gets" => {
            let rest = Arc::new(rest);
            measure(in_a_task(async move {
                let gets = (0..job.count).map(move |number| {
                    let rest = Arc::clone(&rest);
                    async move { rest.get("Account", Job::id(number)).send().await }
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
        _ => cannot(),
    }
}
