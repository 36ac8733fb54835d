//! Hybrid apps: a token reply that also opens sessions of the pages' domains.

use super::issue::Issued;
use super::token_reply::{self, Parameters};
use crate::server::Org;
use crate::server::session::Granted;

/// The scopes of the pages, by the prefix of their keys.
const DOMAINS: [&str; 3] = ["lightning", "visualforce", "content"];

/// As a code or a refresh is answered, with the sessions and cookies of the
/// pages (Salesforce Help, "OAuth 2.0 Hybrid App Flow Cookie Management").
///
/// `web` is what every other page scope builds on: without it there are none.
/// A page's session is of no use with the REST API, and ends with the refresh
/// token. One host serves this org, so that all domains are the same.
pub(crate) fn reply(org: &Org, issued: &Issued) -> Parameters {
    let mut keys = token_reply::code(issued);
    let full = issued.granted.scopes.iter().any(|scope| scope == "full");
    let has = |name: &str| full || issued.granted.scopes.iter().any(|scope| scope == name);
    if !has("web") {
        return keys;
    }
    let host = org.url.host_str().unwrap_or_default();
    let mut opened = Vec::new();
    for domain in DOMAINS.into_iter().filter(|domain| has(domain)) {
        let granted = Granted { scopes: vec![domain.to_owned()], ..issued.granted.clone() };
        let sid = org.begin_session(&issued.user_id, Some(granted));
        keys.insert(format!("{domain}_domain"), host.into());
        keys.insert(format!("{domain}_sid"), sid.as_str().into());
        opened.push(sid);
    }
    // A replay of an old refresh token may have ended the family meanwhile.
    if issued.granted.family.is_some_and(|family| !org.oauth.families.is_live(family)) {
        for sid in opened {
            org.sessions.end(&sid);
        }
    }
    if has("lightning") {
        keys.insert("csrf_token".to_owned(), org.random.text(86).into());
    }
    keys.insert("cookie-clientSrc".to_owned(), host.into());
    keys.insert("cookie-sid_Client".to_owned(), org.random.text(22).into());
    keys.insert("sidCookieName".to_owned(), "sid".into());
    keys
}
