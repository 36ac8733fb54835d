//! `sf-agent demo`: a scripted agent at work on the embedded org.
//!
//! The agent's side of the conversation is fixed; everything it sees is not.
//! Each step checks what it saw and ends the demo with an error if it is not
//! what it has to be, so the demo is a test that a person can read.

mod outline;
mod stage;
mod story;

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result};
use sf_agent_tools::{Org, Policy, ToolSet};
use sf_auth::transport::Transport;
use sf_auth::{JwtBearer, PrivateKey, TokenBroker};
use sf_emulator::Emulator;
use sf_rest::Client;

use crate::args;
use stage::Stage;

pub(crate) async fn run(options: &args::Demo) -> Result<()> {
    let start = Instant::now();
    let org = Emulator::start().await.context("the embedded org does not start")?;
    let started = start.elapsed();

    let transport = Transport::new()?;
    let key = PrivateKey::from_pem(org.jwt_private_key_pem()?)?;
    let flow = JwtBearer::new(org.url().as_str(), org.client_id(), org.username(), key)?;
    let broker = TokenBroker::new(flow, transport.clone());
    let client =
        Client::builder(Arc::new(broker)).transport(transport).client_name("demo").build()?;
    let session = client.session().await.context("the login by JWT bearer failed")?;

    let mut stage =
        Stage::new(ToolSet::salesforce(Org::new(client, Policy::read_write())), options.full);
    stage.heading("An agent at work on Salesforce");
    stage.say(&format!(
        "An embedded org answers at {} (started in {} ms).",
        org.url(),
        started.as_millis()
    ));
    stage.say(&format!(
        "Logged in with JWT bearer as {} (user {}). The agent has {} tools and nothing else.",
        org.username(),
        session.user_id().unwrap_or("unknown"),
        stage.tools().definitions().len(),
    ));

    story::tell(&mut stage, &org).await?;

    let requests = org.requests().len();
    stage.heading("What it took");
    stage.say(&format!(
        "{} tool calls, {requests} requests to Salesforce, {} of them logins (one at the start, one \
         after the session expired), {:.1} s.",
        stage.calls(),
        org.token_requests(),
        start.elapsed().as_secs_f64(),
    ));
    org.shutdown().await;
    Ok(())
}
