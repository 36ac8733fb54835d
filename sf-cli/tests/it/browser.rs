//! A person with a browser: logs in, approves, and is sent back.

use bytes::Bytes;
use http::Request;
use sf_auth::transport::Transport;
use sf_emulator::Emulator;
use url::{Url, form_urlencoded};

/// A page, or where it leads.
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) location: String,
    pub(crate) text: String,
}

/// Keeps the login cookie, and fills in forms.
pub(crate) struct Browser {
    base: Url,
    cookie: String,
}

impl Browser {
    pub(crate) fn new(org: &Emulator) -> Self {
        Self { base: org.url().clone(), cookie: String::new() }
    }

    /// Follows an authorization URL as a user, presses a button on the consent page, and shows what
    /// the program answers at its callback URL.
    pub(crate) async fn approve(
        &mut self,
        org: &Emulator,
        user: &str,
        url: &str,
        button: &str,
    ) -> Page {
        let mut page = self.get(url).await;
        if page.text.contains("name=\"pw\"") {
            page = self.log_in(&page, org, user).await;
        }
        if page.status == 200 {
            page = self.submit(&page, &[("decision", button)]).await;
        }
        assert_eq!(page.status, 302, "{}", page.text);
        self.get(&page.location).await
    }

    /// Enters the code of a device and presses a button.
    pub(crate) async fn connect_device(&mut self, org: &Emulator, url: &str, button: &str) {
        let code = url.split_once("user_code=").expect("the address has the code").1;
        let page = self.get(url).await;
        let login = self.submit(&page, &[("user_code", code)]).await;
        let consent = self.log_in(&login, org, org.username()).await;
        let done = self.submit(&consent, &[("decision", button)]).await;
        assert_eq!(done.status, 200, "{}", done.text);
    }

    async fn log_in(&mut self, page: &Page, org: &Emulator, user: &str) -> Page {
        let typed = [("username", user), ("pw", org.password())];
        let page = self.submit(page, &typed).await;
        self.get(&page.location).await
    }

    async fn get(&mut self, url: &str) -> Page {
        let url = self.base.join(url).expect("a link leads somewhere");
        self.send(Request::get(url.as_str()), Bytes::new()).await
    }

    /// Sends the form of a page: its hidden fields, and what was typed in.
    async fn submit(&mut self, page: &Page, typed: &[(&str, &str)]) -> Page {
        let action = attribute(&page.text, "<form method=\"post\" action=\"");
        let mut form = form_urlencoded::Serializer::new(String::new());
        for input in page.text.split("<input type=\"hidden\" name=\"").skip(1) {
            form.append_pair(&attribute(input, ""), &attribute(input, "value=\""));
        }
        let body = Bytes::from(form.extend_pairs(typed).finish());
        let url = self.base.join(&action).expect("a form leads somewhere");
        let request =
            Request::post(url.as_str()).header("content-type", "application/x-www-form-urlencoded");
        self.send(request, body).await
    }

    async fn send(&mut self, request: http::request::Builder, body: Bytes) -> Page {
        let request = request.header("cookie", &self.cookie).body(body).expect("a request");
        let response = Transport::new().expect("a transport").send(request).await.expect("a page");
        for value in response.headers().get_all("set-cookie") {
            let value = value.to_str().expect("a cookie is text");
            if value.starts_with("sid=") {
                value.split(';').next().unwrap_or_default().clone_into(&mut self.cookie);
            }
        }
        let location = response.headers().get("location");
        let location =
            location.map_or("", |value| value.to_str().expect("an address is text")).to_owned();
        let status = response.status().as_u16();
        let body = response.into_body().bytes(1 << 20).await.expect("a whole page");
        Page { status, location, text: String::from_utf8_lossy(&body).into_owned() }
    }
}

/// What follows a mark, up to the next quote.
fn attribute(text: &str, mark: &str) -> String {
    text.split_once(mark)
        .expect("the page has it")
        .1
        .split('"')
        .next()
        .unwrap_or_default()
        .to_owned()
}
