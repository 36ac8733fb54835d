//! The help: every command has examples, and they are commands.

use clap::{Command, CommandFactory, Parser};

use super::Args;
use crate::exit::Exit;

/// Every command by its words, the first without any.
fn commands() -> Vec<(String, Command)> {
    let mut found = vec![("sf-agent".to_owned(), Args::command())];
    let mut at = 0;
    while let Some((words, command)) = found.get(at).cloned() {
        let below = command.get_subcommands().filter(|below| below.get_name() != "help");
        found.extend(below.map(|below| (format!("{words} {}", below.get_name()), below.clone())));
        at += 1;
    }
    found
}

/// The commands of a help's examples, without what a shell does with their output.
fn examples(command: &Command) -> Vec<String> {
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let help = help.replace("\\\n", " ");
    let lines = help.lines().map(|line| line.trim().trim_start_matches("Example: "));
    lines.filter(|line| line.starts_with("sf-agent ")).map(str::to_owned).collect()
}

#[test]
fn every_command_has_an_example_that_parses() {
    for (words, command) in commands() {
        let examples = examples(&command);
        assert!(!examples.is_empty(), "`{words} --help` has no example");
        for example in examples {
            let shell = shlex::split(&example).unwrap_or_else(|| panic!("{example:?}"));
            let given: Vec<&str> =
                shell.iter().map(String::as_str).take_while(|w| !matches!(*w, ">" | "|")).collect();
            if let Err(error) = Args::try_parse_from(&given) {
                panic!("the example of {words:?}, {example:?}: {error}");
            }
            let own = words.split(' ').skip(1).all(|word| given.contains(&word));
            assert!(own, "the example {example:?} is not of {words:?}");
        }
    }
}

#[test]
fn the_definition_is_sound() {
    Args::command().debug_assert();
}

const PAGE: &str = include_str!("../../../docs/command-line.md");

#[test]
fn the_page_names_every_command_and_key() {
    for (words, _) in commands().iter().skip(1) {
        assert!(
            PAGE.contains(&format!("`{words}")),
            "docs/command-line.md does not name `{words}`"
        );
    }
    for key in crate::config::ORG_KEYS {
        assert!(
            PAGE.contains(&format!("| `{key}` |")),
            "docs/command-line.md has no row for {key}"
        );
    }
}

#[test]
fn the_page_has_the_exit_statuses() {
    for exit in Exit::ALL {
        let row = format!("| {} | {} |", exit.code(), exit.meaning());
        assert!(PAGE.contains(&row), "docs/command-line.md lacks: {row}");
    }
}
