//! The command line of `sf-agent install`.

use std::path::PathBuf;

use clap::ValueEnum;

pub(crate) const EXAMPLES: &str = "\
Examples:
  sf-agent --org acme install claude
  sf-agent install vscode --policy policy.toml --file .vscode/mcp.json
  sf-agent --org acme install codex --write --audit writes.jsonl
  sf-agent --org acme install claude --remove";

#[derive(clap::Args)]
pub(crate) struct Install {
    /// The program that is to have the tools.
    #[arg(value_enum)]
    pub(crate) client: McpClient,
    /// Take the entry out again.
    #[arg(long)]
    pub(crate) remove: bool,
    /// Show the change and make none.
    #[arg(long, conflicts_with = "yes")]
    pub(crate) print: bool,
    /// Make the change without asking.
    #[arg(long)]
    pub(crate) yes: bool,
    /// What the client calls the server. Default: salesforce, or salesforce-NAME with --org NAME.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// The client's file, such as that of a project. Default: that of the user.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Offer the tools that write, too.
    #[arg(long)]
    pub(crate) write: bool,
    /// Log every write to this file, before it is sent and after; see `sf-agent audit`.
    #[arg(long, value_name = "FILE")]
    pub(crate) audit: Option<PathBuf>,
    /// Work under this policy, a TOML file, which says what may be read and written.
    #[arg(long, value_name = "FILE", conflicts_with = "write")]
    pub(crate) policy: Option<PathBuf>,
}

/// A program that starts MCP servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum McpClient {
    /// Claude Code.
    Claude,
    /// Claude Desktop.
    ClaudeDesktop,
    /// Codex, its command and its editor extension.
    Codex,
    /// Cursor.
    Cursor,
    /// Gemini CLI.
    Gemini,
    /// Visual Studio Code.
    #[value(name = "vscode")]
    VsCode,
    /// Windsurf.
    Windsurf,
    /// Zed.
    Zed,
}
