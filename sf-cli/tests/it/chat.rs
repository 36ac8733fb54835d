//! `sf-agent chat` with a scripted model.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use serde_json::json;
use sf_adapter_conformance::script::{Step, Turn};
use sf_adapter_conformance::task;

use crate::model::{Model, chat};
use crate::screen::Terminal;
use crate::support::Ran;

const COUNT: &[Step] = &[
    |_| Turn::Call("salesforce_query", json!({ "soql": "SELECT COUNT() FROM Contact" })),
    |seen| Turn::Say(format!("There are {} contacts.", seen[0].json["rows"][0][0])),
];

const CREATE: &[Step] = &[
    |_| {
        let record = json!({ "Name": "Söhne & Co", "Industry": "Energy" });
        let arguments = json!({ "object": "Account", "records": [record] });
        Turn::Call("salesforce_create_records", arguments)
    },
    |seen| match seen[0].json["results"][0]["outcome"].as_str() {
        Some(outcome) => Turn::Say(format!("The account is {outcome}.")),
        None => Turn::Say(format!("Not done: {}.", seen[0].json["error"]["class"])),
    },
];

fn run(mut command: Command) -> Ran {
    command.stdin(Stdio::null()).output().expect("the binary starts").into()
}

/// The time of a call differs from run to run.
pub(crate) fn without_times(text: &str) -> String {
    let cut = |line: &str| match line.rsplit_once(" (") {
        Some((told, time)) if time.ends_with(" s)") => format!("{told} (0.0 s)"),
        _ => line.to_owned(),
    };
    text.lines().map(cut).collect::<Vec<_>>().join("\n")
}

#[test]
fn an_answer_is_on_stdout_and_the_way_to_it_on_stderr() {
    let model = Model::start(COUNT);
    let ran = run(model.chat(&["How many contacts are there?", "--model", "scripted"]));
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "There are 10000 contacts.\n"));
    insta::assert_snapshot!(without_times(&ran.stderr), @"
    scripted (OpenAI) works on an embedded org with made-up data: it reads.
    → salesforce_query SELECT COUNT() FROM Contact
      ← 1 row, complete (0.0 s)
    ");
}

#[test]
fn ollama_is_another_provider_and_a_question_may_be_piped_in() {
    let model = Model::start(COUNT);
    let host = model.url();
    let mut command = chat(&["--model", "scripted", "--profile", "core"]);
    command.env("OLLAMA_HOST", host.trim_end_matches("/v1"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    stdin.write_all(b"How many contacts are there?\n").expect("it reads");
    drop(stdin);
    let ran = Ran::from(child.wait_with_output().expect("it ends"));
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "There are 10000 contacts.\n"));
    assert!(ran.stderr.starts_with("scripted (Ollama) works on"), "{}", ran.stderr);
}

#[test]
fn anthropic_is_another_provider() {
    let model = Model::start(task::STEPS);
    let mut command = chat(&[task::PROMPT, "--write", "--yes"]);
    command.env("ANTHROPIC_API_KEY", "sk-unused");
    command.env("ANTHROPIC_BASE_URL", model.url().trim_end_matches("/v1"));
    let ran = run(command);
    let said = (ran.status, ran.stdout.as_str());
    assert_eq!(said, (0, "INV-02501 is due on 2027-03-31.\n"), "{}", ran.stderr);
    assert!(ran.stderr.contains("(Anthropic) works on"), "{}", ran.stderr);
}

/// Anthropic wants to be told how long an answer may be, also of a model that came after rig.
#[test]
fn a_model_of_anthropic_that_is_newer_than_rig_answers() {
    let model = Model::start(COUNT);
    let mut command = chat(&["How many contacts are there?", "--model", "claude-next-9"]);
    command.env("ANTHROPIC_API_KEY", "sk-unused");
    command.env("ANTHROPIC_BASE_URL", model.url().trim_end_matches("/v1"));
    let ran = run(command);
    let said = (ran.status, ran.stdout.as_str());
    assert_eq!(said, (0, "There are 10000 contacts.\n"), "{}", ran.stderr);
}

#[test]
fn without_a_terminal_a_write_is_refused_and_how_to_allow_it_is_told() {
    let model = Model::start(CREATE);
    let ran = run(model.chat(&["Add Söhne & Co.", "--write"]));
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "Not done: \"ask_a_person\".\n"));
    insta::assert_snapshot!(without_times(ran.stderr.split_once('\n').unwrap().1), @r#"
    → salesforce_create_records {"object":"Account","records":[{"Name":"Söhne & Co","Industry":"Energy"}]}
      The agent wants to create 1 Account
        a new record
          Name: "Söhne & Co"
          Industry: "Energy"
        note: What the org's own automation (flows, triggers, roll-ups) adds to this cannot be seen beforehand.
      There is no terminal to ask on, so it is not sent; --yes allows writes without a question.
      ✗ ask_a_person: This write needs a person's approval, and nobody could be asked. Nothing was changed. Tell the user … (0.0 s)
    "#);

    let log = concat!(env!("CARGO_TARGET_TMPDIR"), "/chat-audit.jsonl");
    for file in [log.to_owned(), format!("{log}.head")] {
        let _ = std::fs::remove_file(file);
    }
    let ran = run(model.chat(&["Add Söhne & Co.", "--write", "--yes", "--audit", log]));
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "The account is created.\n"));
    let ran = crate::support::run(&["audit", "show", log]);
    assert!(ran.stdout.contains("create 1 Account"), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn a_person_is_shown_a_write_and_decides() {
    for (answer, said) in [("y", "The account is created."), ("", "Not done: \"ask_a_person\".")] {
        let model = Model::start(CREATE);
        let terminal = Terminal::start(model.chat(&["Add Söhne & Co.", "--write"]));
        terminal.wait_for(1, "Send it? [y/N]");
        assert!(!terminal.screen().contains("created"), "{}", terminal.screen());
        terminal.enter(answer);
        let (status, screen) = terminal.end();
        assert_eq!(status, 0, "{screen}");
        assert!(screen.contains("Industry: \"Energy\""), "{screen}");
        assert!(screen.ends_with(said), "{screen}");
    }
}

#[test]
fn a_conversation_goes_on_from_what_was_said() {
    let model = Model::start(COUNT);
    let terminal = Terminal::start(model.chat(&[]));
    terminal.wait_for(1, "\n>");
    terminal.enter("How many contacts are there?");
    terminal.wait_for(2, "\n>");
    // The model answers from the call that it sees in the conversation.
    terminal.enter("And now?");
    terminal.wait_for(3, "\n>");
    assert_eq!(terminal.screen().matches("There are 10000 contacts.").count(), 2);
    terminal.enter("");
    let (status, screen) = terminal.end();
    assert_eq!(status, 0, "{screen}");
    assert_eq!(screen.matches("→ salesforce_query").count(), 1, "{screen}");
}

#[test]
fn ctrl_c_stops_a_question_and_then_leaves() {
    // A model that takes a question and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut command = chat(&[]);
    command.env("OPENAI_API_KEY", "sk-unused");
    command.env("OPENAI_BASE_URL", format!("http://{}/v1", silent.local_addr().unwrap()));
    let terminal = Terminal::start(command);
    terminal.wait_for(1, "\n>");
    terminal.enter("Are you there?");
    let (mut asked, _) = silent.accept().expect("it is asked");
    asked.read_exact(&mut [0; 4]).expect("it is asked");
    terminal.interrupt();
    terminal.wait_for(2, "\n>");
    assert!(terminal.screen().contains("Stopped. The model forgets this question."));
    terminal.interrupt();
    let (status, screen) = terminal.end();
    assert_eq!(status, 0, "{screen}");
}

#[test]
fn what_a_model_needs_is_told_before_anything_else() {
    let ran = run(chat(&["Hello?"]));
    assert_eq!(ran.status, 4);
    insta::assert_snapshot!(ran.stderr, @"error: there is no model to talk to; set OPENAI_API_KEY, ANTHROPIC_API_KEY, or OLLAMA_HOST (such as 127.0.0.1:11434)");
}

#[test]
fn a_refused_key_is_told_and_never_shown() {
    let server = TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut command = chat(&["Hello?"]);
    command.env("OPENAI_API_KEY", "sk-hunter2");
    command.env("OPENAI_BASE_URL", format!("http://{}/v1", server.local_addr().unwrap()));
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = server.accept() {
            let _ = stream.read(&mut [0; 65536]);
            let body = r#"{"error":{"message":"what is sk-hunter2?"}}"#;
            let length = body.len();
            let head = "content-type: application/json\r\nconnection: close";
            let _ = write!(
                stream,
                "HTTP/1.1 401 Unauthorized\r\n{head}\r\ncontent-length: {length}\r\n\r\n{body}"
            );
        }
    });
    let ran = run(command);
    assert_eq!(ran.status, 4);
    assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    assert!(ran.stderr.contains("refuses the key; check OPENAI_API_KEY"), "{}", ran.stderr);
}

/// The model calls a tool that it was not offered, which this one's vendor refuses to do.
#[test]
fn a_vendor_that_refuses_says_why() {
    let model = Model::start(task::STEPS);
    let ran = run(model.chat(&[task::PROMPT]));
    assert_eq!(ran.status, 1);
    let error = ran.stderr.split_once("error: ").map_or("", |(_, error)| error);
    let error = error.replace(&model.url(), "MODEL");
    insta::assert_snapshot!(error, @"
    MODEL answered with status 400
      because: the script calls salesforce_create_records, which was not offered
    ");
}
