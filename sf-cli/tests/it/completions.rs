//! `sf-agent completions`.

#[cfg(unix)]
use std::process::Command;

use crate::support::run;

#[test]
fn every_shell_gets_a_script() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = run(&["completions", shell]);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        for word in ["sf-agent", "bulk", "upsert", "--external-id"] {
            let word = if shell == "fish" { word.trim_start_matches('-') } else { word };
            assert!(ran.stdout.contains(word), "{shell} lacks {word}");
        }
    }
    assert_eq!(run(&["completions", "cmd"]).status, 2);
}

#[cfg(unix)]
#[test]
fn bash_takes_its_script() {
    let script = run(&["completions", "bash"]).stdout;
    let complete = |words: &[&str]| {
        let [.., before, last] = words else { unreachable!("a command and a word") };
        let typed = words.join(" ");
        let at = words.len() - 1;
        let call = format!(
            "COMP_WORDS=({typed}) COMP_CWORD={at}; _sf__agent sf-agent {last} {before}; echo ${{COMPREPLY[@]}}"
        );
        let bash = Command::new("bash").args(["-c", &format!("{script}\n{call}")]).output();
        String::from_utf8(bash.expect("there is bash").stdout).unwrap().trim().to_owned()
    };
    assert_eq!(complete(&["sf-agent", "limi"]), "limits");
    assert_eq!(complete(&["sf-agent", "bulk", "lo"]), "load");
    assert_eq!(complete(&["sf-agent", "bulk", "load", "--op"]), "--operation");
    assert_eq!(complete(&["sf-agent", "--org", "demo", "bulk", "lo"]), "load");
    assert_eq!(complete(&["sf-agent", "--org", "=", "demo", "que"]), "query");
    let operations = complete(&["sf-agent", "bulk", "load", "Contact", "--operation", "up"]);
    assert_eq!(operations, "update upsert");
}
