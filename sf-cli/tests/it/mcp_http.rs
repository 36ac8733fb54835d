//! `sf-agent mcp --http`: whom it serves, and several orgs at once.

use serde_json::{Value, json};
use sf_emulator::{Emulator, Sharing};

use crate::desk::Desk;
use crate::mcp_support::{Server, hello, list};
use crate::support::{run, sf_agent};

const SECRET: &str = "a-secret-of-more-than-32-characters-0123";

/// The environment of an org in this process, with a session of one of its users.
fn session(command: &mut std::process::Command, org: &Emulator) {
    command.env("SF_INSTANCE_URL", org.url().as_str()).env("SF_ACCESS_TOKEN", org.issue_token());
}

async fn counted(server: &Server, token: &str, object: &str) -> Value {
    let session = server.session(token).await;
    let soql = format!("SELECT COUNT(Id) FROM {object}");
    let seen = server.call(token, &session, "salesforce_query", json!({ "soql": soql })).await;
    if seen.get("error").is_some() { seen } else { seen["rows"][0][0].clone() }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_on_this_machine() {
    let desk = Desk::new().await;
    let mut command = desk.command(&["mcp", "--http", "0"]);
    session(&mut command, &desk.org);
    let server = Server::start(command);
    assert!(server.url.starts_with("http://127.0.0.1:") && server.url.ends_with("/mcp"));
    assert_eq!(counted(&server, "", "Contact").await, 200);
    let (status, said) = server.end();
    assert_eq!(status, Some(0), "{said}");
    assert_eq!(said.lines().last(), Some("Ctrl-C ends it."), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_shows_the_token_of_the_environment() {
    let desk = Desk::new().await;
    let mut command = desk.command(&["mcp", "--http", "127.0.0.1:0"]);
    session(&mut command, &desk.org);
    let server = Server::start({
        command.env("SF_MCP_TOKEN", SECRET);
        command
    });
    assert_eq!(server.send("", "", &hello()).await.status, 401);
    assert_eq!(server.send("guessed", "", &hello()).await.status, 401);
    assert_eq!(counted(&server, SECRET, "Contact").await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_for_everyone_needs_tokens() {
    let ran = run(&["mcp", "--http", "0.0.0.0:0"]);
    assert_eq!(ran.status, 2);
    insta::assert_snapshot!(ran.stderr, @"error: 0.0.0.0:0 can be reached from other machines, so a bearer token is needed. Serve the holders of tokens with --tokens (`sf-agent accounts token` makes them), or set SF_MCP_TOKEN to a secret of 32 characters or more; or listen on 127.0.0.1.");
    for address in ["tools.acme.example:8808", "[::]:0", "192.0.2.1:80"] {
        let ran = run(&["mcp", "--http", address]);
        assert!(ran.stderr.contains("a bearer token is needed"), "{address}: {}", ran.stderr);
    }
    for address in ["99999", "localhost", "127.0.0.1:http"] {
        assert_eq!(run(&["mcp", "--http", address]).status, 2, "{address}");
    }
    let mut command = sf_agent();
    command.args(["mcp", "--http", "0.0.0.0:0"]).env("SF_MCP_TOKEN", "short");
    let said = String::from_utf8(command.output().unwrap().stderr).unwrap();
    insta::assert_snapshot!(said, @"
    error: SF_MCP_TOKEN is no use
      because: the bearer token is too short: give at least 32 characters of randomness, such as the output of `openssl rand -base64 32`
    ");
    let ran = run(&["mcp", "--http", "0", "--tokens"]);
    insta::assert_snapshot!(ran.stderr, @"error: there are no tokens, so nobody could use the server; `sf-agent accounts token NAME` makes one for an account");
    let ran = run(&["--org", "work", "mcp", "--http", "0", "--tokens"]);
    insta::assert_snapshot!(ran.stderr, @"error: with --tokens each token names its account; leave out --org and SF_ORG");
    let ran = run(&["mcp", "--http", "127.0.0.1"]);
    insta::assert_snapshot!(ran.stderr, @r#"error: "127.0.0.1" is no address and no port to listen at; write 8808 or 127.0.0.1:8808"#);
    assert_eq!(run(&["mcp", "--tokens"]).status, 2);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn each_token_is_an_account_a_profile_and_a_policy() {
    let desk = Desk::new().await;
    desk.org.permissions().set_sharing("Account", Sharing::Private).await.unwrap();
    assert_eq!(desk.login(&["nightly", "--client-credentials"]).status, 0);
    let key = desk.key_file();
    let sam = desk.org.user("Sam Ortega").await.unwrap();
    let by_key = ["sam", "--jwt-key", &key, "--username", sam.username()];
    assert_eq!(desk.login(&by_key).status, 0);
    let policy = desk.home.path().join("policy.toml");
    let file = policy.to_str().unwrap();
    std::fs::write(&policy, "[objects.Contact]\noperations = [\"read\"]\nread = [\"*\"]\n")
        .unwrap();
    let token = |words: &[&str]| {
        let ran = desk.run(&[&["accounts", "token"], words].concat());
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        ran.stdout.trim().to_owned()
    };
    let all = token(&["nightly", "--write"]);
    let narrow = token(&["nightly", "--policy", file, "--profile", "core"]);
    let sams = token(&["sam"]);

    let server = Server::start(desk.command(&["mcp", "--http", "0", "--tokens"]));
    let everything = counted(&server, &all, "Account").await;
    let own = counted(&server, &sams, "Account").await;
    assert!(own.as_u64().unwrap() < everything.as_u64().unwrap(), "{own} of {everything}");
    assert_eq!(counted(&server, &narrow, "Contact").await, 200);
    let hidden = counted(&server, &narrow, "Account").await;
    assert_eq!(hidden["error"]["class"], "fix_your_call", "{hidden}");

    let session = server.session(&narrow).await;
    let few = server.tools(&narrow, &session).await;
    let many = server.tools(&all, &server.session(&all).await).await;
    assert!(few.len() < many.len() && !few.contains(&"salesforce_create_records".to_owned()));
    for thief in [&all, &sams] {
        assert_eq!(server.send(thief, &session, &list()).await.status, 404);
    }

    // A policy that changes holds from the next request on, in a session of its own.
    std::fs::write(&policy, "[objects.Account]\noperations = [\"read\"]\nread = [\"*\"]\n")
        .unwrap();
    assert_eq!(server.send(&narrow, &session, &list()).await.status, 404);
    let hidden = counted(&server, &narrow, "Contact").await;
    assert_eq!(hidden["error"]["class"], "fix_your_call", "{hidden}");
    // One that cannot be read lets nobody in.
    std::fs::remove_file(&policy).unwrap();
    assert_eq!(server.send(&narrow, "", &hello()).await.status, 503);
    assert_eq!(counted(&server, &all, "Account").await, everything, "the others go on");

    // Another login under the same name is not what the token was made for.
    let other = desk.org.users().await;
    let other = other.iter().find(|user| user.name() != "Sam Ortega").unwrap();
    assert_eq!(server.send(&sams, "", &hello()).await.status, 200);
    let by_key = ["sam", "--jwt-key", &key, "--username", other.username(), "--replace"];
    let ran = desk.login(&by_key);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert_eq!(server.send(&sams, "", &hello()).await.status, 401);

    let id = all.split('_').nth(1).unwrap();
    assert_eq!(desk.run(&["accounts", "token", "--revoke", id]).status, 0);
    assert_eq!(server.send(&all, "", &hello()).await.status, 401);
    let (status, said) = server.end();
    assert_eq!(status, Some(0), "{said}");
    for secret in [&all, &narrow, &sams] {
        assert!(!said.contains(secret.as_str()), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_orgs_in_one_server() {
    let desk = Desk::new().await;
    for name in ["prod", "box"] {
        assert_eq!(desk.login(&[name, "--client-credentials"]).status, 0);
    }
    let words = ["mcp", "--org", "prod", "--also-org", "box", "--http", "0"];
    let server = Server::start(desk.command(&words));
    let session = server.session("").await;
    let count = json!({ "soql": "SELECT COUNT(Id) FROM Contact" });
    let told = server.call("", &session, "salesforce_query", count.clone()).await;
    assert_eq!(told["error"]["problems"][0]["allowed"], json!(["prod", "box"]), "{told}");
    for name in ["prod", "box"] {
        let mut count = count.clone();
        count["org"] = json!(name);
        let seen = server.call("", &session, "salesforce_query", count).await;
        assert_eq!(seen["rows"][0][0], 200, "{seen}");
    }
    let ran = desk.run(&["mcp", "--also-org", "box"]);
    assert_eq!(ran.status, 2);
    insta::assert_snapshot!(ran.stderr, @"error: --also-org adds an org to that of --org; name the first one there");
    let ran = desk.run(&["mcp", "--org", "box", "--also-org", "box"]);
    insta::assert_snapshot!(ran.stderr, @r#"
    error: these orgs cannot be served together
      because: two orgs have the alias "box"
    "#);
}
