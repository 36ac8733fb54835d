//! Where each client keeps its MCP servers, and in which form.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::args::McpClient;

/// The form of a file of servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// JSON, perhaps with comments: the key of the servers, and what an entry says besides.
    Json { servers: &'static str, besides: Option<(&'static str, &'static str)> },
    /// TOML: a table in the table of servers.
    Toml { servers: &'static str },
}

/// What a client's file depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Os {
    Linux,
    Mac,
    Windows,
}

impl Os {
    pub(crate) fn here() -> Self {
        if cfg!(windows) {
            Self::Windows
        } else if cfg!(target_os = "macos") {
            Self::Mac
        } else {
            Self::Linux
        }
    }
}

impl McpClient {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Claude => "Claude Code",
            Self::ClaudeDesktop => "Claude Desktop",
            Self::Codex => "Codex",
            Self::Cursor => "Cursor",
            Self::Gemini => "Gemini CLI",
            Self::VsCode => "VS Code",
            Self::Windsurf => "Windsurf",
            Self::Zed => "Zed",
        }
    }

    /// The form of its file: by the client's documentation, as at [`Self::file`].
    pub(crate) fn form(self) -> Form {
        match self {
            Self::Claude => Form::Json { servers: "mcpServers", besides: Some(("type", "stdio")) },
            Self::VsCode => Form::Json { servers: "servers", besides: Some(("type", "stdio")) },
            Self::Zed => {
                Form::Json { servers: "context_servers", besides: Some(("source", "custom")) }
            }
            Self::Codex => Form::Toml { servers: "mcp_servers" },
            _ => Form::Json { servers: "mcpServers", besides: None },
        }
    }

    /// The file of the user `home`, with the environment by `get`.
    ///
    /// - Claude Code: `~/.claude.json`, or the same in `CLAUDE_CONFIG_DIR` (Claude Code, Connect to
    ///   tools via MCP, scope user).
    /// - Claude Desktop: `Claude/claude_desktop_config.json` in the user's folder of applications
    ///   (Model Context Protocol, Connect to local MCP servers). The vendor names one for macOS and
    ///   Windows; on Linux it is where ports of it look.
    /// - Codex: `config.toml` in `CODEX_HOME` or `~/.codex` (Codex, Model Context Protocol).
    /// - Cursor: `~/.cursor/mcp.json` (Cursor, Model Context Protocol).
    /// - Gemini CLI: `~/.gemini/settings.json` (Gemini CLI, MCP servers).
    /// - VS Code: `mcp.json` in the folder of user settings, which holds that of the default profile
    ///   (Visual Studio Code, MCP configuration reference; Settings file locations).
    /// - Windsurf: `~/.codeium/windsurf/mcp_config.json` (Windsurf, Cascade MCP integration).
    /// - Zed: `settings.json` in `~/.config/zed`, on Windows `%APPDATA%\Zed` (Zed, Model Context
    ///   Protocol, custom servers; Configuring Zed).
    pub(crate) fn file(
        self,
        os: Os,
        home: &Path,
        get: impl Fn(&str) -> Option<OsString>,
    ) -> PathBuf {
        let get = |name: &str| get(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let config = || get("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config"));
        let roaming = || get("APPDATA").unwrap_or_else(|| home.join("AppData").join("Roaming"));
        let applications = || match os {
            Os::Linux => config(),
            Os::Mac => home.join("Library").join("Application Support"),
            Os::Windows => roaming(),
        };
        match self {
            Self::Claude => {
                get("CLAUDE_CONFIG_DIR").as_deref().unwrap_or(home).join(".claude.json")
            }
            Self::ClaudeDesktop => applications().join("Claude").join("claude_desktop_config.json"),
            Self::Codex => {
                get("CODEX_HOME").unwrap_or_else(|| home.join(".codex")).join("config.toml")
            }
            Self::Cursor => home.join(".cursor").join("mcp.json"),
            Self::Gemini => home.join(".gemini").join("settings.json"),
            Self::VsCode => applications().join("Code").join("User").join("mcp.json"),
            Self::Windsurf => home.join(".codeium").join("windsurf").join("mcp_config.json"),
            Self::Zed => match os {
                Os::Linux => config().join("zed"),
                Os::Mac => home.join(".config").join("zed"),
                Os::Windows => roaming().join("Zed"),
            }
            .join("settings.json"),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn every_client_has_a_file_on_every_system() {
        let mut lines = Vec::new();
        for client in McpClient::value_variants() {
            for (os, home) in [(Os::Linux, "/home/ada"), (Os::Mac, "/Users/ada")] {
                let file = client.file(os, Path::new(home), |_| None);
                lines.push(format!("{:<14} {}", client.title(), file.display()));
            }
        }
        insta::assert_snapshot!(lines.join("\n"), @"
        Claude Code    /home/ada/.claude.json
        Claude Code    /Users/ada/.claude.json
        Claude Desktop /home/ada/.config/Claude/claude_desktop_config.json
        Claude Desktop /Users/ada/Library/Application Support/Claude/claude_desktop_config.json
        Codex          /home/ada/.codex/config.toml
        Codex          /Users/ada/.codex/config.toml
        Cursor         /home/ada/.cursor/mcp.json
        Cursor         /Users/ada/.cursor/mcp.json
        Gemini CLI     /home/ada/.gemini/settings.json
        Gemini CLI     /Users/ada/.gemini/settings.json
        VS Code        /home/ada/.config/Code/User/mcp.json
        VS Code        /Users/ada/Library/Application Support/Code/User/mcp.json
        Windsurf       /home/ada/.codeium/windsurf/mcp_config.json
        Windsurf       /Users/ada/.codeium/windsurf/mcp_config.json
        Zed            /home/ada/.config/zed/settings.json
        Zed            /Users/ada/.config/zed/settings.json
        ");
        let windows = |client: McpClient| {
            let get = |name: &str| (name == "APPDATA").then(|| OsString::from("R"));
            client.file(Os::Windows, Path::new("H"), get)
        };
        assert_eq!(windows(McpClient::Zed), Path::new("R").join("Zed").join("settings.json"));
        assert_eq!(windows(McpClient::Cursor), Path::new("H").join(".cursor").join("mcp.json"));
    }
}
