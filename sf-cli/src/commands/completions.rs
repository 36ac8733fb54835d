//! `sf-agent completions`: the words of this command for a shell.

use std::io::Write;

use anyhow::Result;
use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::{Args, Completions};

/// Where a script for bash looks for commands, word by word.
const CASE: &str = "        case \"${cmd},${i}\" in\n";
const LOCAL: &str = "    local i cur prev opts cmd";
const SKIP: &str = r#"        case "${before}" in
            --org|--config)
                [[ "${i}" == "=" ]] || before=""
                continue
                ;;
        esac
        before="${i}"
"#;

pub(crate) fn run(options: &Completions) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Args::command(), "sf-agent", &mut script);
    let mut script = String::from_utf8(script)?;
    if options.shell == Shell::Bash {
        // clap_complete names the states of a command with a hyphen differently where it enters and
        // where it looks for them, so that no subcommand would have words.
        script = script.replace("sf__subcmd__agent", "sf__agent");
        // It takes the value of an option for a command of the same name, as in `--org demo query`.
        let skip = format!("{SKIP}{CASE}");
        script = script.replacen(CASE, &skip, 1).replacen(LOCAL, &format!("{LOCAL} before"), 1);
    }
    std::io::stdout().write_all(script.as_bytes())?;
    Ok(())
}
