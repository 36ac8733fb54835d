//! `sf-agent mcp`: the tools over the Model Context Protocol.

mod holders;
mod http;

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use sf_agent_tools::ToolSet;

use crate::connect::{Connection, connect};
use crate::failure::render;
use crate::{args, guard};

pub(crate) async fn run(options: &args::Mcp, org: Option<&str>) -> Result<()> {
    if options.http.tokens {
        if org.is_some_and(|org| !org.is_empty()) {
            bail!("with --tokens each token names its account; leave out --org and SF_ORG");
        }
        return http::to_holders(&options.http, options.audit.as_deref()).await;
    }
    if let Some(address) = &options.http.address {
        http::check(address)?;
    }
    // Kept until the end: an embedded org goes with its connection.
    let (tools, _connections) = tools(options, org).await?;
    match &options.http.address {
        Some(_) => http::to_anyone(&options.http, tools).await,
        None => Ok(sf_adapter_mcp::serve_stdio(tools).await?),
    }
}

/// The tools of one org, or of several.
async fn tools(options: &args::Mcp, org: Option<&str>) -> Result<(ToolSet, Vec<Arc<Connection>>)> {
    let org = org.filter(|org| !org.is_empty());
    if options.also_org.is_empty() {
        let (tools, connection) = one(options, org).await?;
        return Ok((tools, vec![connection]));
    }
    let Some(first) = org else {
        bail!("--also-org adds an org to that of --org; name the first one there");
    };
    let names = std::iter::once(first).chain(options.also_org.iter().map(String::as_str));
    let (mut sets, mut connections) = (Vec::new(), Vec::new());
    for name in names {
        let (tools, connection) = one(options, Some(name)).await?;
        sets.push((name, tools));
        connections.push(connection);
    }
    let tools = ToolSet::several(sets).context("these orgs cannot be served together")?;
    Ok((tools, connections))
}

async fn one(options: &args::Mcp, org: Option<&str>) -> Result<(ToolSet, Arc<Connection>)> {
    let connection = connect(org).await?;
    let policy = connection.agent_policy(options.policy.as_deref(), options.write)?;
    let mut builder =
        guard::builder(&connection, policy, options.audit.as_deref(), &options.reach)?;
    if let Some(org) = org {
        builder = builder.name(org);
    }
    let guarded = builder.build();
    // A wrong secret is told at once, on stderr where a host shows it; an outage may pass, so the
    // server starts all the same.
    let connection = Arc::new(connection);
    let login = Arc::clone(&connection);
    let of = org.map(|org| format!(" to {org}")).unwrap_or_default();
    tokio::spawn(async move {
        if let Err(error) = login.log_in().await {
            eprintln!("sf-agent mcp: cannot log in{of} yet: {}", render(&error.into()));
        }
    });
    Ok((guard::tools(&connection, guarded), connection))
}
