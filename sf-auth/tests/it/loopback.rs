//! The listener for one callback.

use std::time::Duration;

use sf_auth::authorize::{Loopback, Options, start};
use sf_auth::transport::Transport;
use sf_auth::{App, Cause, Environment, Error};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

use crate::authorize::app;
use crate::support::{Browser, org};

const LIMIT: Duration = Duration::from_secs(60);

/// An app at nowhere, whose redirect URI is on any free port.
fn nowhere() -> App {
    App::new(Environment::parse("https://acme.my.salesforce.com").unwrap(), "id")
        .unwrap()
        .with_redirect_uri("http://localhost:0/callback")
        .unwrap()
}

/// Sends a request head as it is written here.
async fn raw(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

async fn visit(url: &Url) -> String {
    let target = &url[url::Position::BeforePath..];
    let host = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    raw(url.port().unwrap(), &format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n")).await
}

#[tokio::test]
async fn a_login_from_end_to_end() {
    let org = std::sync::Arc::new(org(|org| org).await);
    let transport = Transport::new().unwrap();
    let app = app(&org).with_redirect_uri("http://localhost:0/OauthRedirect").unwrap();
    let loopback = Loopback::bind(&app).await.unwrap();
    assert!(!loopback.redirect_uri().contains(":0/"), "{}", loopback.redirect_uri());
    let mut person = None;
    let granted = loopback
        .login(&transport, &app, &Options::default(), LIMIT, |url| {
            let (org, url) = (std::sync::Arc::clone(&org), url.to_string());
            person = Some(tokio::spawn(async move {
                let back = Browser::new(&org).decide(&url, &org, "allow").await;
                visit(&Url::parse(&back).unwrap()).await
            }));
        })
        .await
        .unwrap();
    assert!(granted.refresh_token.is_some());
    let page = person.unwrap().await.unwrap();
    insta::assert_snapshot!(page.replace('\r', ""), @r#"
    HTTP/1.1 200 OK
    content-type: text/html;charset=utf-8
    content-length: 556
    cache-control: no-store
    referrer-policy: no-referrer
    x-content-type-options: nosniff
    content-security-policy: default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'
    connection: close

    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>You are logged in</title>
    <style>body{font:1rem/1.5 system-ui,sans-serif;margin:0;background:#f3f3f3;color:#181818}main{max-width:32rem;margin:3rem auto;padding:1.5rem 2rem;background:#fff;border:1px solid #767676}h1{font-size:1.35rem}p{overflow-wrap:anywhere}</style>
    </head>
    <body>
    <main>
    <h1>You are logged in</h1>
    <p role="status">You can close this window and go back to the program.</p>
    </main>
    </body>
    </html>
    "#);
}

#[tokio::test]
async fn the_browser_is_told_what_failed() {
    let org = std::sync::Arc::new(org(|org| org).await);
    let transport = Transport::new().unwrap();
    let app = app(&org).with_redirect_uri("http://localhost:0/OauthRedirect").unwrap();
    for (decision, secret, expected) in [
        ("deny", org.client_secret(), Cause::AccessDenied),
        ("allow", "wrong-secret", Cause::WrongSecret),
    ] {
        let app = app.clone().with_secret(secret).unwrap();
        let mut person = None;
        let error = Loopback::bind(&app)
            .await
            .unwrap()
            .login(&transport, &app, &Options::default(), LIMIT, |url| {
                let (org, url) = (std::sync::Arc::clone(&org), url.to_string());
                person = Some(tokio::spawn(async move {
                    let back = Browser::new(&org).decide(&url, &org, decision).await;
                    (visit(&Url::parse(&back).unwrap()).await, back)
                }));
            })
            .await
            .unwrap_err();
        let cause = match &error {
            Error::Callback(refused) => refused.cause(),
            Error::Grant { cause, .. } => Some(*cause),
            _ => None,
        };
        assert_eq!(cause, Some(expected), "{error}");
        let (page, back) = person.unwrap().await.unwrap();
        assert!(page.contains("<h1>The login failed</h1>"), "{page}");
        assert!(page.contains("role=\"alert\""), "{page}");
        for (_, value) in Url::parse(&back).unwrap().query_pairs().filter(|(key, _)| key != "error")
        {
            assert!(decision == "deny" || !page.contains(&*value), "a secret in {page}");
        }
    }
}

#[tokio::test]
async fn strangers_are_answered_and_do_not_end_it() {
    let app = nowhere();
    let loopback = Loopback::bind(&app).await.unwrap();
    let redirect = Url::parse(loopback.redirect_uri()).unwrap();
    let port = redirect.port().unwrap();
    let begun = start(&app, &Options::default()).unwrap();
    let state = sf_auth::ExposeSecret::expose_secret(&begun.state).to_owned();
    let waiting = tokio::spawn({
        let state = begun.state.clone();
        async move { loopback.receive(&state, LIMIT).await }
    });
    // A connection that a browser opens ahead, and one that says nothing to the point.
    let _idle = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    drop(TcpStream::connect(("127.0.0.1", port)).await.unwrap());

    let mut shown = Vec::new();
    let good = format!("code=aPrx&state={state}");
    for (method, target, host) in [
        ("GET", format!("/callback?{good}"), "evil.example".to_owned()),
        ("GET", format!("/callback?{good}"), format!("evil.example:{port}")),
        ("GET", format!("/callback?{good}"), "localhost".to_owned()),
        ("GET", format!("/callback?{good}"), format!("localhost:{port}\r\nHost: localhost:{port}")),
        ("POST", format!("/callback?{good}"), format!("localhost:{port}")),
        ("GET", "/favicon.ico".to_owned(), format!("127.0.0.1:{port}")),
        ("GET", "/callback".to_owned(), format!("localhost:{port}")),
        ("GET", "/callback?code=aPrx&state=other".to_owned(), format!("localhost:{port}")),
        ("GET", "/callback?error=access_denied&state=<b>".to_owned(), format!("localhost:{port}")),
    ] {
        let request = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let answer = raw(port, &request).await;
        let text = answer.split("\">").last().unwrap().split("</p>").next().unwrap();
        assert!(!answer.contains(&state), "{answer}");
        shown.push(format!("{} | {text}", answer.lines().next().unwrap()));
    }
    insta::assert_snapshot!(shown.join("\n"), @"
    HTTP/1.1 421 Misdirected Request | The request is addressed to another host.
    HTTP/1.1 421 Misdirected Request | The request is addressed to another host.
    HTTP/1.1 421 Misdirected Request | The request is addressed to another host.
    HTTP/1.1 421 Misdirected Request | The request is addressed to another host.
    HTTP/1.1 405 Method Not Allowed | A callback is a GET request.
    HTTP/1.1 404 Not Found | Nothing is at this address.
    HTTP/1.1 400 Bad Request | this is no callback of an authorization: it has neither a code nor an error
    HTTP/1.1 400 Bad Request | the callback does not belong to this login: its state is another; start the login again, in one browser window
    HTTP/1.1 400 Bad Request | the callback does not belong to this login: its state is another; start the login again, in one browser window
    ");

    let mut browser = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request = format!("GET /callback?{good} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n");
    browser.write_all(request.as_bytes()).await.unwrap();
    let received = waiting.await.unwrap().unwrap();
    received.callback.verify(&begun.state).unwrap();
    received.finish(None).await;
    let mut page = String::new();
    browser.read_to_string(&mut page).await.unwrap();
    assert!(page.contains("You are logged in") && !page.contains("aPrx"), "{page}");
}

#[tokio::test]
async fn what_cannot_be_is_told() {
    let loopback = Loopback::bind(&nowhere()).await.unwrap();
    let taken = nowhere().with_redirect_uri(loopback.redirect_uri()).unwrap();
    let error = Loopback::bind(&taken).await.unwrap_err();
    assert!(error.to_string().contains("nobody can listen at http://localhost:"), "{error}");

    let https = nowhere().with_redirect_uri("https://app.example.com/cb").unwrap();
    insta::assert_snapshot!(Loopback::bind(&https).await.unwrap_err(), @"a login in a browser needs a redirect URI on loopback, such as http://localhost:1717/OauthRedirect");

    let begun = start(&nowhere(), &Options::default()).unwrap();
    let error = loopback.receive(&begun.state, Duration::from_millis(20)).await.unwrap_err();
    insta::assert_snapshot!(error, @"the login did not come back within 20ms; start again");
}

/// A browser may take "localhost" for the IPv6 address: where somebody else listens there, the
/// callback would go to them.
#[tokio::test]
async fn both_addresses_of_localhost_are_needed() {
    let Ok(stranger) = tokio::net::TcpListener::bind("[::1]:0").await else { return };
    let port = stranger.local_addr().unwrap().port();
    let app = nowhere().with_redirect_uri(&format!("http://localhost:{port}/callback")).unwrap();
    let error = Loopback::bind(&app).await.unwrap_err();
    assert!(error.to_string().contains("nobody can listen at"), "{error}");
}
