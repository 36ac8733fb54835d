//! A browser without scripts: it keeps the login cookie, and fills in forms.

use sf_emulator::Emulator;
use url::Url;

use crate::support::{Client, Reply, send};

pub(crate) const CALLBACK: &str = "http://localhost:1717/OauthRedirect";

pub(crate) struct Browser {
    http: reqwest::Client,
    base: String,
    cookie: String,
}

impl Browser {
    pub(crate) fn new(client: &Client) -> Self {
        Self { http: client.http.clone(), base: client.base.clone(), cookie: String::new() }
    }

    /// The authorization request of an app.
    pub(crate) async fn authorize(&mut self, parameters: &[(&str, &str)]) -> Reply {
        let url = format!("{}/services/oauth2/authorize", self.base);
        self.go(self.http.get(url).query(parameters)).await
    }

    pub(crate) async fn get(&mut self, path: &str) -> Reply {
        self.go(self.http.get(format!("{}{path}", self.base))).await
    }

    /// Sends the form of a page: its hidden fields, and what was typed in.
    pub(crate) async fn submit(&mut self, page: &Reply, typed: &[(&str, &str)]) -> Reply {
        let action = attribute(&page.text, "<form method=\"post\" action=\"");
        let mut form: Vec<(String, String)> = page
            .text
            .split("<input type=\"hidden\" name=\"")
            .skip(1)
            .map(|input| (attribute(input, ""), attribute(input, "value=\"")))
            .collect();
        form.extend(typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.go(self.http.post(format!("{}{action}", self.base)).form(&form)).await
    }

    /// Types in a name and the org's password, and goes where the login leads.
    pub(crate) async fn log_in(&mut self, page: &Reply, org: &Emulator, username: &str) -> Reply {
        let typed = [("username", username), ("pw", org.password())];
        let reply = self.submit(page, &typed).await;
        assert_eq!(reply.status, 303, "{}", reply.text);
        let path = reply.header("location").to_owned();
        self.get(&path).await
    }

    /// From the request to the callback: login, and consent if it is asked for.
    pub(crate) async fn approve(
        &mut self,
        org: &Emulator,
        username: &str,
        parameters: &[(&str, &str)],
    ) -> Callback {
        let page = self.authorize(parameters).await;
        let page = if page.text.contains("name=\"pw\"") {
            self.log_in(&page, org, username).await
        } else {
            page
        };
        let reply = if page.status == 302 {
            page
        } else {
            self.submit(&page, &[("decision", "allow")]).await
        };
        Callback::of(&reply)
    }

    async fn go(&mut self, request: reqwest::RequestBuilder) -> Reply {
        let reply = send(request.header("cookie", &self.cookie)).await;
        for value in reply.headers.get_all("set-cookie") {
            let value = value.to_str().unwrap();
            if value.starts_with("sid=") {
                value.split(';').next().unwrap().clone_into(&mut self.cookie);
            }
        }
        reply
    }
}

/// Where the app is called back.
pub(crate) struct Callback {
    pub(crate) target: String,
    pairs: Vec<(String, String)>,
}

impl Callback {
    pub(crate) fn of(reply: &Reply) -> Self {
        assert_eq!(reply.status, 302, "{}", reply.text);
        let url = Url::parse(reply.header("location")).unwrap();
        let text = url.fragment().or(url.query()).unwrap_or_default();
        let pairs = url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        Self { target: url.to_string(), pairs }
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        self.pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    pub(crate) fn keys(&self) -> String {
        self.pairs.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// Error, description and state.
    pub(crate) fn shown(&self) -> String {
        let parts = ["error", "error_description", "state"].map(|name| self.get(name));
        parts.join(" / ")
    }
}

/// What follows a mark, up to the next quote.
fn attribute(text: &str, mark: &str) -> String {
    text.split_once(mark).unwrap().1.split('"').next().unwrap().to_owned()
}

/// A token request.
pub(crate) async fn token(client: &Client, form: &[(&str, &str)]) -> Reply {
    send(client.http.post(format!("{}/services/oauth2/token", client.base)).form(form)).await
}

/// Redeems a code.
pub(crate) async fn redeem(
    org: &Emulator,
    client: &Client,
    code: &str,
    more: &[(&str, &str)],
) -> Reply {
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("client_id", org.client_id()),
        ("client_secret", org.client_secret()),
        ("redirect_uri", CALLBACK),
        ("code", code),
    ];
    form.extend(more);
    token(client, &form).await
}

/// A session of the administrator by SOAP login: no app stands behind it.
pub(crate) async fn soap_session(org: &Emulator, client: &Client) -> String {
    let body = format!(
        "<e><login><username>{}</username><password>{}{}</password></login></e>",
        org.username(),
        org.password(),
        org.security_token()
    );
    let url = format!("{}/services/Soap/u/59.0", client.base);
    let reply = send(client.http.post(url).body(body)).await;
    let session = reply.text.split_once("<sessionId>").unwrap().1;
    session.split('<').next().unwrap().to_owned()
}
