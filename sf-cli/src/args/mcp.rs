//! The options of `sf-agent mcp`.

use std::path::PathBuf;

use super::Reach;

pub(super) const EXAMPLES: &str = "\
Examples:
  sf-agent mcp                                # on stdin and stdout, for a client here
  sf-agent mcp --org prod --also-org sandbox  # every tool has an argument `org`
  sf-agent mcp --http                         # at http://127.0.0.1:8808/mcp, for this machine alone
  sf-agent mcp --http 0.0.0.0:8808 --tokens --allow-host tools.acme.example
                                              # for who holds a token of `accounts token`

With SF_MCP_TOKEN set, --http serves the org of --org to whoever shows that token. Over a network,
put a proxy that speaks TLS before it.
docs/mcp.md tells more.";

#[derive(clap::Args)]
pub(crate) struct Mcp {
    /// Offer the tools that write, too.
    #[arg(long)]
    pub(crate) write: bool,
    /// Log every write to this file, before it is sent and after; see `sf-agent audit`.
    #[arg(long, value_name = "FILE")]
    pub(crate) audit: Option<PathBuf>,
    /// Work under this policy, a TOML file, which says what may be read and written.
    #[arg(long, value_name = "FILE", conflicts_with = "write")]
    pub(crate) policy: Option<PathBuf>,
    /// Serve this org, too, besides that of --org; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub(crate) also_org: Vec<String>,
    #[command(flatten)]
    pub(crate) reach: Reach,
    #[command(flatten)]
    pub(crate) http: Http,
}

#[derive(clap::Args)]
pub(crate) struct Http {
    /// Serve over streamable HTTP instead, at this address; a port alone means loopback.
    #[arg(long = "http", value_name = "ADDR:PORT", num_args = 0..=1,
        default_missing_value = "127.0.0.1:8808")]
    pub(crate) address: Option<String>,
    /// Serve everyone who holds a token of `sf-agent accounts token`, each with the account, the
    /// profile and the policy of the token.
    #[arg(long, requires = "address", conflicts_with_all = ["write", "policy", "also_org",
        "actions", "results", "input", "raw_requests"])]
    pub(crate) tokens: bool,
    /// Answer to this name, too, as it stands in addresses: `host` or `host:port`; may be given
    /// several times. Default: the names of loopback, and the address itself.
    #[arg(long, value_name = "HOST", requires = "address")]
    pub(crate) allow_host: Vec<String>,
    /// Let web pages of this origin call, such as `https://inspector.acme.example`; may be given
    /// several times. Default: none.
    #[arg(long, value_name = "ORIGIN", requires = "address")]
    pub(crate) allow_origin: Vec<String>,
}
