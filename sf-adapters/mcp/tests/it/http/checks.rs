//! What is refused before a tool is reached: names, origins, tokens, bodies.

use anyhow::Result;
use http::Method;
use insta::assert_snapshot;
use serde_json::json;
use sf_adapter_conformance::TestOrg;
use sf_adapter_mcp::http::{HttpService, HttpSettings, OneToken};
use sf_agent_tools::Policy;

use super::support::{People, Running, hello, message, start};
use super::wire::Ask;

const TOKEN: &str = "ada-0123456789-0123456789-0123456789";

async fn told(request: Ask) -> Result<String> {
    let answer = request.send().await?;
    let mut text = answer.status.as_u16().to_string();
    for name in ["www-authenticate", "access-control-allow-origin", "retry-after"] {
        if let Some(value) = answer.header(name) {
            text += &format!(" {name}={value}");
        }
    }
    if !answer.status.is_success() {
        text += &format!(": {}", answer.text().await?.trim_end());
    }
    Ok(text)
}

async fn with_tokens(org: &TestOrg) -> Result<Running> {
    let mut settings = HttpSettings::default();
    settings.allowed_hosts.push("tools.acme.example:8443".to_owned());
    settings.allowed_origins.push("https://inspector.acme.example".to_owned());
    settings.allowed_origins.push("http://localhost:*".to_owned());
    settings.body_bytes = 20_000;
    let people = People::default().with(TOKEN, "ada", org.tools(Policy::read_only()));
    start(HttpService::new(people, settings)).await
}

#[tokio::test]
async fn the_name_of_the_server() -> Result<()> {
    let org = TestOrg::start().await?;
    let server = with_tokens(&org).await?;
    let to = |host: &str| told(server.post(TOKEN, &hello()).header("Host", host));
    for host in ["localhost", "LOCALHOST:99", "[::1]:8080", "tools.acme.example:8443"] {
        assert_eq!(to(host).await?, "200", "{host}");
    }
    assert_snapshot!(to("evil.example").await?, @r#"403: This server does not answer to the name "evil.example", only to localhost, 127.0.0.1, ::1, tools.acme.example:8443. Call it by one of these, or have whoever runs it allow that name."#);
    for host in ["tools.acme.example", "tools.acme.example:80", "localhost.evil.example"] {
        assert!(to(host).await?.starts_with("403"), "{host}");
    }
    assert_snapshot!(to("ada@localhost").await?, @"400: The request has no valid Host header.");
    Ok(())
}

#[tokio::test]
async fn web_pages() -> Result<()> {
    let org = TestOrg::start().await?;
    let server = with_tokens(&org).await?;
    let from = |origin: &str| {
        let request = server.post(TOKEN, &hello()).header("Host", "127.0.0.1:5000");
        told(request.header("Origin", origin))
    };
    assert_snapshot!(from("http://evil.example").await?, @r#"403: Web pages of "http://evil.example" may not call this server. Whoever runs it can allow that origin."#);
    for origin in [
        "null",
        "http://127.0.0.1",
        "http://127.0.0.1:5001",
        "http://inspector.acme.example",
        "https://inspector.acme.example:444",
        "https://localhost",
        "http://127.0.0.1:5000@evil.example",
    ] {
        assert!(from(origin).await?.starts_with("403"), "{origin}");
    }
    // A page of the server's own address is no stranger.
    assert_eq!(from("http://127.0.0.1:5000").await?, "200");
    assert_snapshot!(from("https://inspector.acme.example").await?, @"200 access-control-allow-origin=https://inspector.acme.example");
    assert_snapshot!(from("http://localhost:6274").await?, @"200 access-control-allow-origin=http://localhost:6274");

    let ask = |origin: &'static str| {
        let request = server.ask(Method::OPTIONS, "");
        told(request.header("Origin", origin))
    };
    assert_snapshot!(ask("https://inspector.acme.example").await?, @"204 access-control-allow-origin=https://inspector.acme.example");
    assert!(ask("https://evil.example").await?.starts_with("403"));
    Ok(())
}

#[tokio::test]
async fn tokens() -> Result<()> {
    let org = TestOrg::start().await?;
    let server = with_tokens(&org).await?;
    let with = |value: &str| told(server.post("", &hello()).header("Authorization", value));
    assert_snapshot!(told(server.post("", &hello())).await?, @r#"401 www-authenticate=Bearer realm="salesforce": This server wants a bearer token with every request, in the header Authorization: Bearer TOKEN. Ask whoever runs it for one."#);
    assert_snapshot!(with("Bearer guessed").await?, @r#"401 www-authenticate=Bearer realm="salesforce", error="invalid_token": This bearer token is unknown, was revoked, or has expired. Ask whoever runs this server for another."#);
    assert_eq!(with(&format!("bearer  {TOKEN}")).await?, "200");
    for value in ["Bearer", "Bearer ", "Basic YTpi", TOKEN, &format!("Bearer {TOKEN}x")] {
        assert!(with(value).await?.starts_with("401"), "{value}");
    }
    let long = "x".repeat(5_000);
    assert!(with(&format!("Bearer {long}")).await?.starts_with("401"));
    let twice = server.post(TOKEN, &hello()).header("Authorization", "Bearer other");
    assert_snapshot!(told(twice).await?, @"400: The request has the header authorization more than once.");
    assert_snapshot!(told(server.post("nobody-can-tell", &hello())).await?, @"503 retry-after=5: It cannot be told now whose bearer token this is. Try again later.");
    // Not even what a GET would find is told without one.
    assert!(told(server.ask(Method::GET, "")).await?.starts_with("401"));
    assert!(told(server.ask(Method::DELETE, "")).await?.starts_with("401"));
    Ok(())
}

#[tokio::test]
async fn bodies_and_paths() -> Result<()> {
    let org = TestOrg::start().await?;
    let server = with_tokens(&org).await?;
    let large = message(1, "tools/list", &json!({ "padding": "x".repeat(20_000) }));
    assert_snapshot!(told(server.post(TOKEN, &large)).await?, @"413: The request's body is larger than 20000 bytes. Send less at once, in several calls.");
    // Nobody's large body is read.
    assert!(told(server.post("guessed", &large)).await?.starts_with("401"));
    // No message is not a wrong media type.
    for rubbish in ["not json", "", "7", r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#] {
        let answer = told(server.post(TOKEN, &hello()).body(rubbish)).await?;
        assert!(answer.starts_with("400: "), "{rubbish}: {answer}");
    }
    let plain = server.ask(Method::POST, TOKEN).header("Content-Type", "text/plain");
    let plain = plain.header("Accept", "application/json, text/event-stream");
    assert!(told(plain.body(hello().to_string())).await?.starts_with("415: "));
    let elsewhere = server.url.replace("/mcp", "/other");
    assert_snapshot!(told(Ask::new(&server.transport, Method::GET, &elsewhere)).await?, @"404: There is nothing here. The MCP endpoint is /mcp.");
    Ok(())
}

#[tokio::test]
async fn without_tokens_only_loopback_is_served() -> Result<()> {
    let org = TestOrg::start().await?;
    let tools = org.tools(Policy::read_only());
    let service = HttpService::without_tokens(tools.clone(), HttpSettings::default());
    let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await?;
    let port = listener.local_addr()?.port();
    let refused = sf_adapter_mcp::http::serve_http(listener, service, std::future::pending()).await;
    let told = refused.unwrap_err().to_string().replace(&port.to_string(), "PORT");
    assert_snapshot!(told, @"0.0.0.0:PORT can be reached from other machines, and the service asks for no bearer token; listen on 127.0.0.1, or ask for tokens");

    let weak = OneToken::new("secret", tools.clone()).err().map(|error| error.to_string());
    assert_snapshot!(weak.unwrap_or_default(), @"the bearer token is too short: give at least 32 characters of randomness, such as the output of `openssl rand -base64 32`");
    let one = OneToken::new(TOKEN, tools)?;
    let server = start(HttpService::new(one, HttpSettings::default())).await?;
    assert!(server.post("guessed", &hello()).send().await?.status == 401);
    assert!(!server.client(TOKEN).await?.list_all_tools().await?.is_empty());
    Ok(())
}
