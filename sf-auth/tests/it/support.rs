//! A browser without scripts, and servers whose answers are written down beforehand.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use sf_auth::transport::Transport;
use sf_emulator::{Builder, Emulator};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use url::{Url, form_urlencoded};

/// An org with these settings; its data image is kept beside the test binaries.
pub(crate) async fn org(settings: impl FnOnce(Builder) -> Builder) -> Emulator {
    settings(Emulator::builder().cache_dir(env!("CARGO_TARGET_TMPDIR"))).start().await.unwrap()
}

/// Lets so much time pass at once; in a runtime of one thread.
pub(crate) async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

/// A port at which nobody listens, and nobody can while the socket lives.
pub(crate) fn closed_port() -> (TcpSocket, u16) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = socket.local_addr().unwrap().port();
    (socket, port)
}

/// An error with everything that stands behind it.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(&format!(" {inner} {inner:?}"));
        source = inner.source();
    }
    text
}

/// Keeps the login cookie, and fills in forms.
pub(crate) struct Browser {
    transport: Transport,
    base: Url,
    cookie: String,
}

pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) text: String,
}

impl Browser {
    pub(crate) fn new(org: &Emulator) -> Self {
        let transport = Transport::new().unwrap();
        Self { transport, base: org.url().clone(), cookie: String::new() }
    }

    pub(crate) async fn get(&mut self, url: &str) -> Page {
        let url = self.base.join(url).unwrap();
        self.send(Request::get(url.as_str()), String::new()).await
    }

    /// Sends the form of a page: its hidden fields, and what was typed in.
    pub(crate) async fn submit(&mut self, page: &Page, typed: &[(&str, &str)]) -> Page {
        let action = attribute(&page.text, "<form method=\"post\" action=\"");
        let inputs = page.text.split("<input type=\"hidden\" name=\"").skip(1);
        let hidden: Vec<(String, String)> =
            inputs.map(|input| (attribute(input, ""), attribute(input, "value=\""))).collect();
        let form = {
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.extend_pairs(hidden).extend_pairs(typed).finish()
        };
        let url = self.base.join(&action).unwrap();
        let request = Request::post(url.as_str());
        self.send(request.header("content-type", "application/x-www-form-urlencoded"), form).await
    }

    /// Types in the administrator's name and password, and goes where the login leads.
    pub(crate) async fn log_in(&mut self, page: &Page, org: &Emulator) -> Page {
        let page = self.submit(page, &[("username", org.username()), ("pw", org.password())]).await;
        let next = page.location.unwrap();
        self.get(&next).await
    }

    /// From the authorization URL to the callback, by a person who decides so.
    pub(crate) async fn decide(&mut self, url: &str, org: &Emulator, decision: &str) -> String {
        let mut page = self.get(url).await;
        if page.text.contains("name=\"pw\"") {
            page = self.log_in(&page, org).await;
        }
        if page.location.is_none() {
            page = self.submit(&page, &[("decision", decision)]).await;
        }
        page.location.unwrap()
    }

    async fn send(&mut self, request: http::request::Builder, body: String) -> Page {
        let request = request.header("cookie", &self.cookie).body(Bytes::from(body)).unwrap();
        let response = self.transport.send(request).await.unwrap();
        for value in response.headers().get_all("set-cookie") {
            let value = value.to_str().unwrap();
            if value.starts_with("sid=") {
                value.split(';').next().unwrap().clone_into(&mut self.cookie);
            }
        }
        let status = response.status().as_u16();
        let location = response.headers().get("location");
        let location = location.map(|value| value.to_str().unwrap().to_owned());
        let body = response.into_body().bytes(1 << 20).await.unwrap();
        Page { status, location, text: String::from_utf8(body.to_vec()).unwrap() }
    }
}

/// What follows a mark, up to the next quote.
fn attribute(text: &str, mark: &str) -> String {
    text.split_once(mark).unwrap().1.split('"').next().unwrap().to_owned()
}

/// A server that gives its answers in turn, the last one again and again, and keeps what it was
/// asked.
pub(crate) struct Canned {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Canned {
    /// Each answer is a status, a content type and a body.
    pub(crate) async fn start(answers: Vec<(u16, &'static str, String)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (kept, here) = (Arc::clone(&requests), url.clone());
        tokio::spawn(async move {
            let mut answers = answers.into_iter().peekable();
            let mut last = None;
            while let Ok((mut socket, _)) = listener.accept().await {
                let request = read(&mut socket).await;
                kept.lock().unwrap().push(request);
                last = answers.next().or(last);
                let (status, kind, body) = last.clone().unwrap();
                let body = body.replace("HERE", &here);
                let answer = format!(
                    "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nlocation: /elsewhere\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
                let _ = socket.write_all(answer.as_bytes()).await;
            }
        });
        Self { url, requests }
    }

    /// One that gives a token response with these additions.
    pub(crate) async fn granting(more: &str) -> Self {
        let body = format!(r#"{{"access_token":"t","instance_url":"HERE"{more}}}"#);
        Self::start(vec![(200, "application/json", body)]).await
    }

    /// The requests so far, head and body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// A form field of the last request.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let request = self.requests().pop()?;
        let (_, form) = request.split_once("\r\n\r\n")?;
        let mut pairs = form_urlencoded::parse(form.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

async fn read(socket: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>())
            });
            if body.len() >= length.map_or(0, Result::unwrap) {
                return text;
            }
        }
        if socket.read_buf(&mut bytes).await.unwrap() == 0 {
            return text;
        }
    }
}
