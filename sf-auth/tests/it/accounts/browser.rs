//! A person with a browser: logs in, approves, and is sent back.

use bytes::Bytes;
use http::Request;
use sf_auth::transport::Transport;
use sf_emulator::Emulator;
use url::{Url, form_urlencoded};

/// Goes to an authorization URL as a user, and gives the callback URL that comes back.
pub(crate) async fn approve(org: &Emulator, username: &str, url: &Url) -> String {
    decide(org, username, url, "allow").await
}

/// The same with the button that was pressed, where the person is asked.
pub(crate) async fn decide(org: &Emulator, username: &str, url: &Url, button: &str) -> String {
    let mut browser = Browser { base: org.url().clone(), cookie: String::new() };
    let mut reply = browser.get(url.as_str()).await;
    if reply.text.contains("name=\"pw\"") {
        let typed = [("username", username), ("pw", org.password())];
        reply = browser.submit(&reply, &typed).await;
        let next = browser.base.join(&reply.location).unwrap();
        reply = browser.get(next.as_str()).await;
    }
    if reply.status == 200 {
        reply = browser.submit(&reply, &[("decision", button)]).await;
    }
    assert_eq!(reply.status, 302, "{}", reply.text);
    reply.location
}

struct Browser {
    base: Url,
    cookie: String,
}

struct Reply {
    status: u16,
    location: String,
    text: String,
}

impl Browser {
    async fn get(&mut self, url: &str) -> Reply {
        self.send(Request::get(url), Bytes::new()).await
    }

    /// Sends the form of a page: its hidden fields, and what was typed in.
    async fn submit(&mut self, page: &Reply, typed: &[(&str, &str)]) -> Reply {
        let action = attribute(&page.text, "<form method=\"post\" action=\"");
        let mut form = form_urlencoded::Serializer::new(String::new());
        for input in page.text.split("<input type=\"hidden\" name=\"").skip(1) {
            form.append_pair(&attribute(input, ""), &attribute(input, "value=\""));
        }
        let body = Bytes::from(form.extend_pairs(typed).finish());
        let url = self.base.join(&action).unwrap();
        let request =
            Request::post(url.as_str()).header("content-type", "application/x-www-form-urlencoded");
        self.send(request, body).await
    }

    async fn send(&mut self, request: http::request::Builder, body: Bytes) -> Reply {
        let request = request.header("cookie", &self.cookie).body(body).unwrap();
        let response = Transport::new().unwrap().send(request).await.unwrap();
        for value in response.headers().get_all("set-cookie") {
            let value = value.to_str().unwrap();
            if value.starts_with("sid=") {
                value.split(';').next().unwrap().clone_into(&mut self.cookie);
            }
        }
        let location = response.headers().get("location");
        let location = location.map_or("", |value| value.to_str().unwrap()).to_owned();
        let status = response.status().as_u16();
        let body = response.into_body().bytes(1 << 20).await.unwrap();
        Reply { status, location, text: String::from_utf8_lossy(&body).into_owned() }
    }
}

/// What follows a mark, up to the next quote.
fn attribute(text: &str, mark: &str) -> String {
    text.split_once(mark).unwrap().1.split('"').next().unwrap().to_owned()
}
