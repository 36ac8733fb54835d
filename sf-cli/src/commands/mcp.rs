//! `sf-agent mcp`: the tools over the Model Context Protocol.

mod holders;
mod http;
mod offer;
mod rules;

use anyhow::{Context, Result};
use sf_adapter_mcp::Server;
use sf_agent_tools::ToolSet;

use self::offer::Offer;
use self::rules::Rules;

use crate::connect::{Connection, connect};
use crate::exit::usage;
use crate::failure::render;
use crate::{args, guard};

pub(crate) async fn run(options: &args::Mcp, org: Option<&str>) -> Result<()> {
    if options.http.tokens {
        if org.is_some_and(|org| !org.is_empty()) {
            return Err(usage(
                "with --tokens each token names its account; leave out --org and SF_ORG",
            ));
        }
        return http::to_holders(&options.http, options.audit.as_deref()).await;
    }
    if let Some(address) = &options.http.address {
        http::check(address)?;
    }
    // Kept until the end: an embedded org goes with its connection.
    let orgs = connected(options, org).await?;
    let rules = Rules::of(options, &orgs);
    let tools = tools(options, &orgs)?;
    if options.http.address.is_some() {
        let offer = Offer::new(tools)?;
        return tokio::select! {
            served = http::to_anyone(&options.http, offer.clone()) => served,
            never = rules.follow(|| tools_again(options, &orgs, |tools| offer.replace(tools))) => match never {},
        };
    }
    let server = Server::new(tools);
    let handle = server.handle();
    tokio::select! {
        served = server.serve_stdio() => Ok(served?),
        never = rules.follow(|| tools_again(options, &orgs, |tools| handle.replace(tools))) => match never {},
    }
}

/// An org that is served, by its name if it has one.
type Served = (Option<String>, Connection);

/// The orgs that are asked for: one, or several, each by its name.
async fn connected(options: &args::Mcp, org: Option<&str>) -> Result<Vec<Served>> {
    let org = org.filter(|org| !org.is_empty());
    if org.is_none() && !options.also_org.is_empty() {
        return Err(usage("--also-org adds an org to that of --org; name the first one there"));
    }
    let names = std::iter::once(org).chain(options.also_org.iter().map(|name| Some(name.as_str())));
    let mut orgs = Vec::new();
    for name in names {
        let connection = connect(name).await?;
        log_in(&connection, name);
        orgs.push((name.map(str::to_owned), connection));
    }
    Ok(orgs)
}

/// A wrong secret is told at once, on stderr where a host shows it; an outage may pass, so the server
/// starts all the same.
fn log_in(connection: &Connection, org: Option<&str>) {
    let login = connection.logging_in();
    let of = org.map(|org| format!(" to {org}")).unwrap_or_default();
    tokio::spawn(async move {
        if let Err(error) = login.await {
            eprintln!("sf-agent mcp: cannot log in{of} yet: {}", render(&error.into()));
        }
    });
}

/// The tools of the one org, or of all, under the policies as they stand in their files now.
fn tools(options: &args::Mcp, orgs: &[Served]) -> Result<ToolSet> {
    let one = |(name, connection): &Served| -> Result<ToolSet> {
        let policy = connection.agent_policy(options.policy.as_deref(), options.write)?;
        let mut builder =
            guard::builder(connection, policy, options.audit.as_deref(), &options.reach)?;
        if let Some(name) = name {
            builder = builder.name(name);
        }
        Ok(guard::tools(connection, builder.build()))
    };
    if let [org] = orgs {
        return one(org);
    }
    let named = |org: &Served| Ok((org.0.clone().unwrap_or_default(), one(org)?));
    let sets = orgs.iter().map(named).collect::<Result<Vec<_>>>()?;
    ToolSet::several(sets).context("these orgs cannot be served together")
}

/// After a policy file has changed: who works with the tools is told, and has the new ones.
fn tools_again(options: &args::Mcp, orgs: &[Served], replace: impl FnOnce(ToolSet)) {
    match tools(options, orgs) {
        Ok(tools) => {
            replace(tools);
            eprintln!("sf-agent mcp: a policy has changed, and holds from now on");
        }
        Err(error) => eprintln!(
            "sf-agent mcp: a policy has changed and cannot be used; the one before still holds: {}",
            render(&error)
        ),
    }
}
