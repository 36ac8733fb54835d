//! The command line of `sf-agent chat`.

use std::path::PathBuf;

use clap::ValueEnum;
use sf_agent_tools::Profile;

use super::Reach;

pub(crate) const HELP: &str = "\
Which model:
  OPENAI_API_KEY      OpenAI, or who speaks its protocol at OPENAI_BASE_URL
  ANTHROPIC_API_KEY   Anthropic, or who speaks its protocol at ANTHROPIC_BASE_URL
  OLLAMA_HOST         Ollama at this address, such as 127.0.0.1:11434; needs --model
  The first that is set is taken, unless --provider says which.

Writes are shown with every value and asked about on the terminal before they are sent.
Ctrl-C stops what is going on; a second one leaves.

Examples:
  sf-agent chat \"Which ten accounts have the largest open pipeline?\"
  sf-agent --org acme chat --write --audit writes.jsonl
  OLLAMA_HOST=127.0.0.1 sf-agent chat --model qwen3 \"How many contacts have no account?\"";

#[derive(clap::Args)]
pub(crate) struct Chat {
    /// What to ask. Without it a conversation begins; what is piped in is one question.
    pub(crate) question: Option<String>,
    /// Whose model.
    #[arg(long, value_enum)]
    pub(crate) provider: Option<Provider>,
    /// Which model.
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// Which tools the model gets: core, sales, admin or all. Default: those of the org's
    /// configuration, or all.
    #[arg(long, value_parser = profile)]
    pub(crate) profile: Option<Profile>,
    /// Offer the tools that write, too.
    #[arg(long)]
    pub(crate) write: bool,
    /// Do not ask before writes.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Log every write to this file, before it is sent and after; see `sf-agent audit`.
    #[arg(long, value_name = "FILE")]
    pub(crate) audit: Option<PathBuf>,
    /// Work under this policy, a TOML file, which says what may be read and written.
    #[arg(long, value_name = "FILE", conflicts_with = "write")]
    pub(crate) policy: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) reach: Reach,
}

/// Whose model answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Provider {
    #[value(name = "openai")]
    OpenAi,
    Anthropic,
    Ollama,
}

fn profile(name: &str) -> Result<Profile, String> {
    Profile::from_name(name).ok_or_else(|| "it is core, sales, admin or all".to_owned())
}
