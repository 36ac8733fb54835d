//! `sf-agent completions`.

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
    let words = "COMP_WORDS=(sf-agent limi) COMP_CWORD=1; _sf__agent sf-agent limi sf-agent; echo ${COMPREPLY[@]}";
    let bash =
        std::process::Command::new("bash").args(["-c", &format!("{script}\n{words}")]).output();
    assert_eq!(String::from_utf8(bash.expect("there is bash").stdout).unwrap().trim(), "limits");
}
