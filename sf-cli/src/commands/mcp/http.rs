//! `sf-agent mcp --http`: an address, and whom it serves.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use anyhow::{Context, Result};
use sf_adapter_mcp::http::{HttpService, HttpSettings, PATH, serve_http};
use tokio::net::TcpListener;

use super::holders::Holders;
use super::offer::Offer;
use crate::args::Http;
use crate::commands::emulate::told_to_end;
use crate::exit::usage;

/// The one token of a server that needs no file of tokens.
pub(super) const TOKEN: &str = "SF_MCP_TOKEN";

/// Refuses an address that everyone could use without a token, before anything else is done.
pub(super) fn check(address: &str) -> Result<()> {
    let host = full(address);
    let has_port = |(_, port): &(&str, &str)| port.parse::<u16>().is_ok();
    let Some((host, _)) = host.rsplit_once(':').filter(has_port) else {
        return Err(usage(format!(
            "{address:?} is no address and no port to listen at; write 8808 or 127.0.0.1:8808"
        )));
    };
    let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
    let is_loopback = ip.map_or(host == "localhost", |ip| ip.is_loopback());
    if !is_loopback && token().is_none() {
        return Err(usage(format!(
            "{address} can be reached from other machines, so a bearer token is needed. Serve the \
             holders of tokens with --tokens (`sf-agent accounts token` makes them), or set {TOKEN} \
             to a secret of 32 characters or more; or listen on 127.0.0.1."
        )));
    }
    Ok(())
}

/// Serves whoever can connect, or whoever shows the token of the environment.
pub(super) async fn to_anyone(options: &Http, offer: Offer) -> Result<()> {
    let (listener, settings) = listen(options).await?;
    let service = match offer.wants_token() {
        true => HttpService::new(offer, settings),
        false => HttpService::open_to(offer, settings),
    };
    serve(listener, service).await
}

/// Serves the holders of tokens, each as the token says.
pub(super) async fn to_holders(options: &Http, audit: Option<&Path>) -> Result<()> {
    let holders = Holders::open(audit).await?;
    let (listener, settings) = listen(options).await?;
    serve(listener, HttpService::new(holders, settings)).await
}

pub(super) fn token() -> Option<String> {
    let token = std::env::var(TOKEN).ok().map(|token| token.trim().to_owned());
    token.filter(|token| !token.is_empty())
}

/// The address with its host: a port alone means loopback.
fn full(address: &str) -> String {
    match address.parse::<u16>() {
        Ok(port) => format!("127.0.0.1:{port}"),
        Err(_) => address.to_owned(),
    }
}

async fn listen(options: &Http) -> Result<(TcpListener, HttpSettings)> {
    let address = full(options.address.as_deref().unwrap_or_default());
    let listener = TcpListener::bind(&address).await.with_context(|| {
        format!(
            "cannot listen at {address}; give an address and a free port, such as 127.0.0.1:8808"
        )
    })?;
    let mut settings = HttpSettings::default();
    // It is called by the name it was given here, and by its address.
    if address.parse::<SocketAddr>().is_err()
        && let Some((host, _)) = address.rsplit_once(':')
    {
        settings.allowed_hosts.push(host.to_owned());
    }
    let ip = listener.local_addr()?.ip();
    if !ip.is_unspecified() && !ip.is_loopback() {
        settings.allowed_hosts.push(ip.to_string());
    }
    settings.allowed_hosts.extend(options.allow_host.iter().cloned());
    settings.allowed_origins.extend(options.allow_origin.iter().cloned());
    Ok((listener, settings))
}

async fn serve(listener: TcpListener, service: HttpService) -> Result<()> {
    let address = listener.local_addr()?;
    let stop = told_to_end()?;
    eprintln!("Serving MCP at http://{address}{PATH}");
    if !address.ip().is_loopback() {
        eprintln!(
            "It speaks no TLS: put a proxy that does before it, or tokens travel in the clear."
        );
    }
    eprintln!("Ctrl-C ends it.");
    Ok(serve_http(listener, service, stop).await?)
}
