//! A listener on loopback that receives one callback: the redirect of programs on a person's own
//! computer (RFC 8252, section 7.3).

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use url::{Host, Url};

use super::{Callback, CallbackError, Options, exchange, page, start};
use crate::Error;
use crate::oauth::{App, TokenResponse};
use crate::transport::Transport;

/// The longest request that is read; codes are a few hundred characters.
const HEAD_CAP: usize = 16 << 10;
/// Browsers open connections ahead and leave them idle.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Listens where an app's redirect URI points to, for one login.
///
/// ```no_run
/// # use std::time::Duration;
/// use sf_auth::authorize::{Loopback, Options};
/// use sf_auth::transport::Transport;
/// use sf_auth::{App, Environment};
///
/// # async fn run() -> Result<(), sf_auth::Error> {
/// let app = App::new(Environment::parse("https://acme.my.salesforce.com")?, "3MVG9...")?
///     .with_redirect_uri("http://localhost:1717/OauthRedirect")?;
/// let loopback = Loopback::bind(&app).await?;
/// let granted = loopback
///     .login(&Transport::new()?, &app, &Options::default(), Duration::from_secs(300), |url| {
///         println!("Open this address in a browser:\n{url}");
///     })
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Loopback {
    listeners: Vec<TcpListener>,
    target: Arc<Target>,
    redirect_uri: String,
}

/// What a request must be addressed to.
#[derive(Debug)]
struct Target {
    path: String,
    port: u16,
}

/// A callback with the right `state`, and the browser that waits for what becomes of it.
#[derive(Debug)]
pub struct Received {
    /// The code.
    pub callback: Callback,
    browser: TcpStream,
}

type Event = (Result<Callback, CallbackError>, TcpStream);

impl Loopback {
    /// Listens at the redirect URI of the app. With port 0 a free port is chosen, for apps that
    /// allow any; see [`redirect_uri`](Self::redirect_uri).
    ///
    /// # Errors
    /// [`Error::Configuration`] if the redirect URI is not http on loopback, or the port is taken.
    pub async fn bind(app: &App) -> Result<Self, Error> {
        let refuse = |what: String| Error::Configuration { what };
        let uri = app.redirect_uri().unwrap_or_default();
        let url = Url::parse(uri).ok().filter(|url| url.scheme() == "http");
        let Some((url, host)) = url.as_ref().and_then(|url| Some((url, url.host()?))) else {
            return Err(refuse(
                "a login in a browser needs a redirect URI on loopback, such as http://localhost:1717/OauthRedirect"
                    .to_owned(),
            ));
        };
        let mut port = url.port().unwrap_or(80);
        let mut listeners = Vec::new();
        let taken = |e: io::Error| {
            refuse(format!(
                "nobody can listen at {uri} ({e}); end the program that does, or use another callback URL of the app"
            ))
        };
        // "localhost" is either of the two, as the browser likes; IPv6 may be missing.
        if !matches!(host, Host::Ipv6(_)) {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(taken)?;
            port = listener.local_addr().map_err(taken)?.port();
            listeners.push(listener);
        }
        if !matches!(host, Host::Ipv4(_)) {
            match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
                Ok(listener) => {
                    port = listener.local_addr().map_err(taken)?.port();
                    listeners.push(listener);
                }
                // A browser may go there first, and somebody else would get the callback.
                Err(e) if listeners.is_empty() || e.kind() == io::ErrorKind::AddrInUse => {
                    return Err(taken(e));
                }
                Err(_) => {}
            }
        }
        let redirect_uri = match url.port() {
            Some(0) => uri.replacen(":0", &format!(":{port}"), 1),
            _ => uri.to_owned(),
        };
        let target = Arc::new(Target { path: url.path().to_owned(), port });
        Ok(Self { listeners, target, redirect_uri })
    }

    /// The redirect URI with the port that is listened at.
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// The whole login: `open` is given the address for the browser, the callback is awaited and
    /// its code redeemed, and the browser is told how it ended. Dropping the future ends it.
    ///
    /// # Errors
    /// [`Error::TimedOut`] if nobody came back within `limit`, and those of [`start`],
    /// [`Callback::parse`] and [`exchange`].
    pub async fn login(
        self,
        transport: &Transport,
        app: &App,
        options: &Options,
        limit: Duration,
        open: impl FnOnce(&Url),
    ) -> Result<TokenResponse, Error> {
        let app = app.clone().with_redirect_uri(&self.redirect_uri)?;
        let authorization = start(&app, options)?;
        open(&authorization.url);
        let received = self.receive(&authorization.state, limit).await?;
        let code = &received.callback.code;
        let outcome = exchange(transport, &app, code, &authorization.verifier).await;
        received.finish(outcome.as_ref().err()).await;
        outcome
    }

    /// Waits for the callback with this `state`. Requests to another host name or path, and
    /// callbacks with another `state`, are answered with a page that says so, and waiting goes on:
    /// any page in the browser can send such.
    ///
    /// # Errors
    /// [`Error::Callback`] if the authorization was refused, which the browser is told as well;
    /// [`Error::TimedOut`] after `limit`.
    pub async fn receive(self, state: &SecretString, limit: Duration) -> Result<Received, Error> {
        let (send, mut events) = mpsc::channel(1);
        // Dropped with this future, and everything that it serves.
        let mut tasks = JoinSet::new();
        for listener in self.listeners {
            let target = Arc::clone(&self.target);
            tasks.spawn(listen(listener, target, state.clone(), send.clone()));
        }
        drop(send);
        let timed_out = || Error::TimedOut { what: "the login did not come back", limit };
        let (outcome, browser) = tokio::time::timeout(limit, events.recv())
            .await
            .ok()
            .flatten()
            .ok_or_else(timed_out)?;
        match outcome {
            Ok(callback) => Ok(Received { callback, browser }),
            Err(refused) => {
                let error = Error::Callback(refused);
                tell(browser, Some(&error)).await;
                Err(error)
            }
        }
    }
}

impl Received {
    /// Tells the browser how the login ended: with an error, or well.
    pub async fn finish(self, error: Option<&Error>) {
        tell(self.browser, error).await;
    }
}

async fn tell(browser: TcpStream, error: Option<&Error>) {
    let answer = match error {
        None => page::answer(
            "200 OK",
            "You are logged in",
            "You can close this window and go back to the program.",
            false,
        ),
        Some(error) => {
            page::answer("400 Bad Request", "The login failed", &error.to_string(), true)
        }
    };
    reply(browser, &answer).await;
}

/// A browser that is gone does not change what happened.
async fn reply(mut browser: TcpStream, answer: &str) {
    if browser.write_all(answer.as_bytes()).await.is_ok() {
        let _ = browser.shutdown().await;
    }
}

async fn listen(
    listener: TcpListener,
    target: Arc<Target>,
    state: SecretString,
    events: mpsc::Sender<Event>,
) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => {
                let (target, state) = (Arc::clone(&target), state.clone());
                connections.spawn(serve(stream, target, state, events.clone()));
            }
            // Out of file handles, most likely; the limit ends it if that does not pass.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn serve(
    mut stream: TcpStream,
    target: Arc<Target>,
    state: SecretString,
    events: mpsc::Sender<Event>,
) {
    let head = tokio::time::timeout(HEAD_TIMEOUT, read_head(&mut stream)).await;
    let Ok(Some(head)) = head else { return };
    let refused = |status, text| page::answer(status, "This is not the login", text, true);
    let query = match target.query(&head) {
        Ok(query) => query,
        Err((status, text)) => return reply(stream, &refused(status, text)).await,
    };
    let callback = Callback::parse(query);
    let ours = match &callback {
        Ok(callback) => callback.verify(&state).is_ok(),
        Err(error) => error.is_of(&state),
    };
    if ours {
        let _ = events.send((callback, stream)).await;
        return;
    }
    let text = match callback {
        Err(error @ CallbackError::Malformed { .. }) => error.to_string(),
        _ => CallbackError::StateMismatch.to_string(),
    };
    reply(stream, &refused("400 Bad Request", &text)).await;
}

/// The head of a request, or nothing if none comes.
async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if head.len() > HEAD_CAP || stream.read_buf(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    String::from_utf8(head).ok()
}

impl Target {
    /// The query of a request that is addressed to this target. The host is compared so that a
    /// page whose name leads to loopback cannot speak to it.
    fn query<'a>(&self, head: &'a str) -> Result<&'a str, (&'static str, &'static str)> {
        let mut lines = head.split("\r\n");
        let mut request = lines.next().unwrap_or_default().split(' ');
        let (method, uri) =
            (request.next().unwrap_or_default(), request.next().unwrap_or_default());
        let mut hosts = lines.filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("host").then(|| value.trim())
        });
        let (host, second) = (hosts.next().unwrap_or_default(), hosts.next());
        if second.is_some() || !self.is_host(host) {
            return Err(("421 Misdirected Request", "The request is addressed to another host."));
        }
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        if path != self.path {
            return Err(("404 Not Found", "Nothing is at this address."));
        }
        if method != "GET" {
            return Err(("405 Method Not Allowed", "A callback is a GET request."));
        }
        Ok(query)
    }

    fn is_host(&self, host: &str) -> bool {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()),
            _ => (host, Some(80)),
        };
        port == Some(self.port)
            && (name.eq_ignore_ascii_case("localhost") || matches!(name, "127.0.0.1" | "[::1]"))
    }
}
