//! Starting an org, and a small client for it.

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::Value;
use sf_emulator::{Builder, Emulator};

/// An org with the default data.
pub(crate) async fn org() -> (Emulator, Client) {
    start(Emulator::builder()).await
}

/// An org with these settings; its data image is kept beside the test binaries.
pub(crate) async fn start(builder: Builder) -> (Emulator, Client) {
    let org = builder.cache_dir(env!("CARGO_TARGET_TMPDIR")).start().await.unwrap();
    let client = Client::new(&org);
    (org, client)
}

/// reqwest's own; it wants a TLS provider even for plain HTTP.
pub(crate) fn http() -> reqwest::Client {
    // The second test of the process finds it installed.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

/// Sends with a live session.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) base: String,
    pub(crate) token: String,
}

/// A whole reply.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Client {
    pub(crate) fn new(org: &Emulator) -> Self {
        let base = org.url().as_str().trim_end_matches('/').to_owned();
        Self { http: http(), base, token: org.issue_token() }
    }

    /// A request below `/services/data/v66.0`.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http
            .request(method, format!("{}/services/data/v66.0{path}", self.base))
            .bearer_auth(&self.token)
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        send(self.request(Method::GET, path)).await
    }

    /// An absolute path, such as a `nextRecordsUrl`.
    pub(crate) async fn follow(&self, path: &str) -> Reply {
        send(self.http.get(format!("{}{path}", self.base)).bearer_auth(&self.token)).await
    }

    pub(crate) async fn query(&self, soql: &str) -> Reply {
        send(self.request(Method::GET, "/query").query(&[("q", soql)])).await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: Value) -> Reply {
        send(self.request(method.parse().unwrap(), path).json(&body)).await
    }

    /// The id of a new Account.
    pub(crate) async fn account(&self, name: &str) -> String {
        let reply =
            self.send("POST", "/sobjects/Account", serde_json::json!({ "Name": name })).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.json()["id"].as_str().unwrap().to_owned()
    }

    /// How many rows a `COUNT()` finds.
    pub(crate) async fn count(&self, soql: &str) -> u64 {
        self.query(soql).await.json()["totalSize"].as_u64().unwrap()
    }
}

pub(crate) async fn send(request: reqwest::RequestBuilder) -> Reply {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Reply { status, headers, text: response.text().await.unwrap() }
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// Status and body, for snapshots.
    pub(crate) fn shown(&self) -> String {
        format!("{} {}", self.status, self.text).trim_end().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Keys of the body's object, in order.
    pub(crate) fn keys(&self) -> String {
        let json = self.json();
        let keys: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        keys.join(" ")
    }
}
