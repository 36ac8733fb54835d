//! The options of `sf-agent accounts`.

use std::path::PathBuf;

use clap::Subcommand;

use super::Output;

pub(super) const EXAMPLES: &str = "\
Examples:
  sf-agent accounts --status needs-reauth
  sf-agent accounts token acme-rep-7 --expires 30d
  sf-agent accounts tokens";

const TOKEN: &str = "\
Examples:
  sf-agent accounts token acme-rep-7 --profile sales --policy sales.toml --expires 30d
  sf-agent accounts token --revoke k3f9x2ab";

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Accounts {
    /// Only those in this state: pending, active, uncertain, needs_reauth,
    /// needs_admin or disconnected.
    #[arg(long)]
    pub(crate) status: Option<String>,
    /// How it is printed.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub(crate) format: Output,
    /// Seal all accounts under a new master key instead of listing them.
    #[arg(long, conflicts_with_all = ["status", "format"])]
    pub(crate) rotate_key: bool,
    #[command(subcommand)]
    pub(crate) command: Option<AccountsCommand>,
}

#[derive(Subcommand)]
pub(crate) enum AccountsCommand {
    #[command(after_help = TOKEN)]
    /// Make a bearer token for `sf-agent mcp --http --tokens`, print it once, and keep its digest.
    Token(Token),
    #[command(after_help = "Example: sf-agent accounts tokens")]
    /// List the bearer tokens: whose they are, what they allow, and until when.
    Tokens {
        /// How it is printed.
        #[arg(long, value_enum, default_value_t = Output::Text)]
        format: Output,
    },
}

#[derive(clap::Args)]
pub(crate) struct Token {
    /// The account that whoever shows the token works with.
    #[arg(required_unless_present = "revoke")]
    pub(crate) account: Option<String>,
    /// Which tools: core, sales, admin or all.
    #[arg(long, default_value = "all")]
    pub(crate) profile: String,
    /// What may be read and written, a TOML file. It is read anew when it changes.
    #[arg(long, value_name = "FILE", conflicts_with = "write")]
    pub(crate) policy: Option<PathBuf>,
    /// Offer the tools that write, too, without a policy.
    #[arg(long)]
    pub(crate) write: bool,
    /// How long it is good: 12h, 30d, 8w, or never.
    #[arg(long, value_name = "TIME", default_value = "90d")]
    pub(crate) expires: String,
    /// Revoke the token of this id instead.
    #[arg(long, value_name = "ID",
        conflicts_with_all = ["account", "profile", "policy", "write", "expires"])]
    pub(crate) revoke: Option<String>,
}
