//! The options of `sf-agent orgs` and `sf-agent completions`.

use clap::Subcommand;

use super::Format;

pub(super) const ORGS: &str = "\
Examples:
  sf-agent orgs
  sf-agent orgs --format json
  sf-agent orgs alias p acme-production
  sf-agent orgs default p";

pub(super) const COMPLETIONS: &str = "\
Examples:
  sf-agent completions bash > ~/.local/share/bash-completion/completions/sf-agent
  sf-agent completions zsh > ~/.zfunc/_sf-agent
  sf-agent completions fish > ~/.config/fish/completions/sf-agent.fish";

#[derive(clap::Args)]
pub(crate) struct Orgs {
    /// How they are printed.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    #[command(subcommand)]
    pub(crate) command: Option<OrgsCommand>,
}

#[derive(Subcommand)]
pub(crate) enum OrgsCommand {
    /// Say which org is used if nothing else is said; without a name, print it.
    #[command(after_help = "Example: sf-agent orgs default prod")]
    Default {
        /// An org of the configuration, an account, or demo.
        name: Option<String>,
    },
    /// Give an account another name, as an org of the configuration.
    #[command(after_help = "Example: sf-agent orgs alias p acme-production")]
    Alias {
        /// The new name.
        name: String,
        /// The account.
        account: String,
    },
}

#[derive(clap::Args)]
pub(crate) struct Completions {
    /// The shell.
    pub(crate) shell: clap_complete::Shell,
}
