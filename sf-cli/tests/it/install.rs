//! `sf-agent install`, on files of a home folder of the test's own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Ran, sf_agent};

/// An empty home folder of this name.
fn home(name: &str) -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("install").join(name);
    let _ = fs::remove_dir_all(&home);
    fs::create_dir_all(&home).expect("a folder");
    home
}

fn install(home: &Path, words: &[&str]) -> Command {
    let mut command = sf_agent();
    command.arg("install").args(words).env("HOME", home).env_remove("SF_AGENT_HOME");
    for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "CLAUDE_CONFIG_DIR", "CODEX_HOME"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

fn run(home: &Path, words: &[&str]) -> Ran {
    install(home, words).output().expect("the binary starts").into()
}

/// What it prints, with this test's folders and the program's left out.
fn shown(home: &Path, text: &str) -> String {
    text.replace(home.to_str().unwrap(), "HOME").replace(env!("CARGO_BIN_EXE_sf-agent"), "SF-AGENT")
}

fn backups(folder: &Path) -> usize {
    let files = fs::read_dir(folder).expect("the folder").flatten();
    files.filter(|file| file.file_name().to_string_lossy().ends_with(".bak")).count()
}

#[test]
fn a_change_is_shown_written_once_and_taken_back() {
    let home = home("claude");
    let file = home.join(".claude.json");
    let before = "{\n  \"numStartups\": 12,\n  \"mcpServers\": {\n    \"git\": {\n      \"command\": \"git-mcp\"\n    }\n  }\n}\n";
    fs::write(&file, before).unwrap();

    let ran = run(&home, &["claude", "--print"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    insta::assert_snapshot!(shown(&home, &ran.stdout), @r#"
    HOME/.claude.json
    + "salesforce": {
    +   "type": "stdio",
    +   "command": "SF-AGENT",
    +   "args": [
    +     "mcp"
    +   ]
    + }
    "#);
    assert_eq!(fs::read_to_string(&file).unwrap(), before, "--print writes nothing");

    let ran = run(&home, &["claude"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("--yes"), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(&file).unwrap(), before, "nobody agreed");

    let ran = run(&home, &["claude", "--yes"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let json: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(json["numStartups"], 12);
    assert_eq!(json["mcpServers"]["git"]["command"], "git-mcp");
    assert_eq!(json["mcpServers"]["salesforce"]["args"], serde_json::json!(["mcp"]));
    assert_eq!(backups(&home), 1);

    let ran = run(&home, &["claude", "--yes"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("already"), "{}", ran.stderr);
    assert_eq!(backups(&home), 1);

    let ran = run(&home, &["claude", "--remove", "--yes"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
}

#[test]
fn the_written_command_is_an_mcp_server() {
    let home = home("cursor");
    let policy = home.join("policy.toml");
    fs::write(&policy, "[objects.Account]\noperations = [\"read\"]\nread = [\"*\"]\n").unwrap();
    let words = ["cursor", "--yes", "--name", "crm", "--policy", policy.to_str().unwrap()];
    let ran = run(&home, &words);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let text = fs::read_to_string(home.join(".cursor/mcp.json")).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    let entry = &json["mcpServers"]["crm"];
    let args: Vec<&str> =
        entry["args"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(args, ["mcp", "--policy", policy.to_str().unwrap()]);
    // It starts as it is written, and ends with its input.
    let mut command = Command::new(entry["command"].as_str().unwrap());
    command.args(args).env("HOME", &home).stdin(Stdio::null());
    let ran = Ran::from(command.output().expect("it starts"));
    assert_eq!((ran.status, ran.stdout.as_str()), (0, ""), "{}", ran.stderr);
}

#[test]
fn codex_has_toml_and_zed_comments() {
    let home = home("codex");
    fs::create_dir_all(home.join(".codex")).unwrap();
    fs::write(home.join(".codex/config.toml"), "model = \"o\" # mine\n").unwrap();
    let ran = run(&home, &["codex", "--yes", "--write"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    insta::assert_snapshot!(shown(&home, &ran.stdout), @r#"
    HOME/.codex/config.toml
    + [mcp_servers.salesforce]
    + command = "SF-AGENT"
    + args = ["mcp", "--write"]
    "#);

    if cfg!(target_os = "linux") {
        fs::create_dir_all(home.join(".config/zed")).unwrap();
        let settings = home.join(".config/zed/settings.json");
        fs::write(&settings, "// Zed settings\n{\n  \"vim_mode\": true, // always\n}\n").unwrap();
        let ran = run(&home, &["zed", "--yes"]);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        insta::assert_snapshot!(shown(&home, &fs::read_to_string(settings).unwrap()), @r#"
        // Zed settings
        {
          "vim_mode": true, // always
          "context_servers": {
            "salesforce": {
              "source": "custom",
              "command": "SF-AGENT",
              "args": ["mcp"]
            }
          },
        }
        "#);
    }
}

#[test]
fn what_would_not_work_is_told_before_anything_is_written() {
    let home = home("refused");
    let file = home.join("mcp.json");
    let path = file.to_str().unwrap();
    let ran = run(&home, &["vscode", "--file", path, "--yes", "--policy", "missing.toml"]);
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains("missing.toml"), "{}", ran.stderr);

    let mut command = install(&home, &["vscode", "--file", path, "--yes"]);
    let ran = Ran::from(command.env("SF_ORG", "acme").output().unwrap());
    assert_eq!(ran.status, 3);
    assert!(ran.stderr.contains("there is no account \"acme\""), "{}", ran.stderr);
    assert!(!file.exists());

    fs::write(&file, "{ \"servers\": { \"salesforce\": { \"url\": \"https://x\" } } }").unwrap();
    let ran = run(&home, &["vscode", "--file", path, "--yes"]);
    assert_eq!(ran.status, 1);
    insta::assert_snapshot!(shown(&home, &ran.stderr), @r#"
    Without --org it is an embedded org with made-up data, for as long as there is no other.
    error: HOME/mcp.json is left as it is
      because: it has another server with the name "salesforce"; give ours another with --name
    "#);
}

/// Only our entry is shown, though the whole file is one line; and of its variables what is no secret.
#[test]
fn the_secrets_of_others_are_not_shown() {
    let home = home("one-line");
    let file = home.join("mcp.json");
    let mut before = serde_json::json!({ "mcpServers": {
        "git": { "command": "git-mcp", "env": { "GIT_TOKEN": "hunter1" } },
        "salesforce": { "type": "stdio", "command": "/old/sf-agent", "args": ["mcp"],
                        "env": { "SF_CLIENT_SECRET": "hunter2", "SF_CA_FILE": "/ca.pem" } },
    } });
    fs::write(&file, before.to_string()).unwrap();
    let path = file.to_str().unwrap();
    let ran = run(&home, &["cursor", "--file", path, "--yes"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    insta::assert_snapshot!(shown(&home, &ran.stdout), @r#"
    HOME/mcp.json
    -   "command": "/old/sf-agent",
    +   "command": "SF-AGENT",
    "#);
    before["mcpServers"]["salesforce"]["command"] = env!("CARGO_BIN_EXE_sf-agent").into();
    let after: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(after, before);
    let ran = run(&home, &["cursor", "--file", path, "--yes", "--remove"]);
    insta::assert_snapshot!(shown(&home, &ran.stdout), @r#"
    HOME/mcp.json
    - "salesforce": {
    -   "type": "stdio",
    -   "command": "SF-AGENT",
    -   "args": [
    -     "mcp"
    -   ],
    -   "env": {
    -     "SF_CLIENT_SECRET": "…",
    -     "SF_CA_FILE": "/ca.pem"
    -   }
    - }
    "#);
    assert!(fs::read_to_string(&file).unwrap().contains("hunter1"));

    let file = home.join("config.toml");
    let toml = "mcp_servers = { git = { command = \"git-mcp\", env = { T = \"hunter1\" } } }\n";
    fs::write(&file, toml).unwrap();
    let ran = run(&home, &["codex", "--file", file.to_str().unwrap(), "--yes"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(!ran.stdout.contains("hunter"), "{}", ran.stdout);
    assert!(fs::read_to_string(&file).unwrap().contains("hunter1"));
}

/// The secret of the environment does not get into a file.
#[test]
fn no_secret_is_written() {
    let home = home("secret");
    let file = home.join("mcp.json");
    let mut command = install(&home, &["gemini", "--yes", "--file", file.to_str().unwrap()]);
    command.envs([
        ("SF_LOGIN_URL", "https://acme.my.salesforce.com"),
        ("SF_CLIENT_ID", "id"),
        ("SF_CLIENT_SECRET", "hunter2"),
    ]);
    let ran = Ran::from(command.output().unwrap());
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let text = fs::read_to_string(file).unwrap();
    assert!(!text.contains("hunter2") && !ran.stdout.contains("hunter2"), "{text}");
    assert!(ran.stderr.contains("sf-agent login"), "{}", ran.stderr);
}
