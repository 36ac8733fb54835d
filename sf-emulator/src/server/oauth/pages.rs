//! The pages that a person sees: plain HTML that needs no script.

use std::fmt::Write as _;

use axum::response::Response;
use http::StatusCode;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName};

use crate::server::reply;

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;margin:0;background:#f3f3f3;color:#181818}\
main{max-width:26rem;margin:3rem auto;padding:1.5rem 2rem;background:#fff;border:1px solid #767676;border-radius:.25rem}\
h1{font-size:1.35rem}label{display:block;margin-top:1rem;font-weight:600}\
input{box-sizing:border-box;width:100%;padding:.5rem;font:inherit;border:1px solid #595959;border-radius:.25rem}\
button{margin:1.25rem .5rem 0 0;padding:.55rem 1.1rem;font:inherit;border:1px solid #0b5cab;border-radius:.25rem;background:#fff;color:#0b5cab}\
button.main{background:#0b5cab;color:#fff}:focus-visible{outline:3px solid #1b96ff;outline-offset:2px}\
.error{border-left:.3rem solid #ba0517;padding-left:.7rem}code{overflow-wrap:anywhere}";

/// A whole page. `body` is HTML.
pub(crate) fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let title = escape(title);
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>{title}</h1>\n{body}</main>\n</body>\n</html>\n"
    );
    let response = reply::html(status, &html);
    let response = reply::with_header(response, CONTENT_TYPE, "text/html;charset=UTF-8");
    // No form-action: browsers hold the redirect after a form against it too.
    let policy =
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";
    let response = reply::with_header(response, CONTENT_SECURITY_POLICY, policy);
    let response = reply::with_header(response, HeaderName::from_static("x-frame-options"), "DENY");
    reply::with_header(response, HeaderName::from_static("referrer-policy"), "no-referrer")
}

/// What stands before a form, and what its inputs say, after a try that failed.
fn refused(refusal: Option<&str>) -> (String, &'static str) {
    let Some(refusal) = refusal else { return (String::new(), "") };
    let problem =
        format!("<p class=\"error\" id=\"problem\" role=\"alert\">{}</p>\n", escape(refusal));
    (problem, " aria-invalid=\"true\" aria-describedby=\"problem\"")
}

/// The login form; `refusal` tells why the last try failed.
pub(crate) fn login(ticket: &str, username: &str, refusal: Option<&str>) -> Response {
    let (problem, marks) = refused(refusal);
    let body = format!(
        "{problem}<form method=\"post\" action=\"/login\">\n\
         <input type=\"hidden\" name=\"source\" value=\"{}\">\n\
         <label for=\"username\">Username</label>\n\
         <input id=\"username\" name=\"username\" type=\"text\" autocomplete=\"username\" required value=\"{}\"{marks}>\n\
         <label for=\"password\">Password</label>\n\
         <input id=\"password\" name=\"pw\" type=\"password\" autocomplete=\"current-password\" required{marks}>\n\
         <button class=\"main\" type=\"submit\">Log In</button>\n</form>\n",
        escape(ticket),
        escape(username),
    );
    page(StatusCode::OK, "Log in to the embedded org", &body)
}

/// What the consent page is about.
pub(crate) struct Consent<'a> {
    pub(crate) ticket: &'a str,
    pub(crate) proof: &'a str,
    pub(crate) app: &'a str,
    pub(crate) username: &'a str,
    pub(crate) scopes: &'a [String],
}

pub(crate) fn consent(consent: &Consent<'_>) -> Response {
    let mut list = String::new();
    for scope in consent.scopes {
        let _ = writeln!(list, "<li>{} (<code>{}</code>)</li>", meaning(scope), escape(scope));
    }
    let body = format!(
        "<p><strong>{}</strong> asks for access to this org as <strong>{}</strong>. It will be able to:</p>\n\
         <ul>\n{list}</ul>\n\
         <form method=\"post\" action=\"/setup/secur/RemoteAccessAuthorizationPage.apexp\">\n\
         <input type=\"hidden\" name=\"source\" value=\"{}\">\n\
         <input type=\"hidden\" name=\"proof\" value=\"{}\">\n\
         <button class=\"main\" type=\"submit\" name=\"decision\" value=\"allow\">Allow</button>\n\
         <button type=\"submit\" name=\"decision\" value=\"deny\">Deny</button>\n</form>\n",
        escape(consent.app),
        escape(consent.username),
        escape(consent.ticket),
        escape(consent.proof),
    );
    page(StatusCode::OK, "Allow Access?", &body)
}

/// Where a person types in what the device shows.
pub(crate) fn connect(user_code: &str, refusal: Option<&str>) -> Response {
    let (problem, marks) = refused(refusal);
    let body = format!(
        "{problem}<form method=\"post\" action=\"/setup/connect\">\n\
         <label for=\"user_code\">Code shown on the device</label>\n\
         <input id=\"user_code\" name=\"user_code\" type=\"text\" autocomplete=\"off\" autocapitalize=\"characters\" \
         required value=\"{}\"{marks}>\n\
         <button class=\"main\" type=\"submit\">Connect</button>\n</form>\n",
        escape(user_code),
    );
    page(StatusCode::OK, "Connect a device", &body)
}

/// A plain message, the end of a flow.
pub(crate) fn message(title: &str, text: &str) -> Response {
    page(StatusCode::OK, title, &format!("<p role=\"status\">{}</p>\n", escape(text)))
}

/// An error that no app may be told about: the browser stays here.
pub(crate) fn error(error: &str, description: &str) -> Response {
    let description_code = super::redirect::encode(description);
    let body = format!(
        "<p class=\"error\" role=\"alert\">{}</p>\n\
         <p>Details: <code>error={}&amp;error_description={}</code></p>\n\
         <p>Go back to the app that sent you here, and tell whoever runs it.</p>\n",
        escape(description),
        escape(error),
        escape(&description_code),
    );
    page(StatusCode::BAD_REQUEST, "The app cannot be authorized", &body)
}

fn meaning(scope: &str) -> &'static str {
    match scope {
        "api" => "Manage user data via APIs",
        "web" => "Manage user data via Web browsers",
        "full" => "Full access",
        "id" | "profile" | "email" | "address" | "phone" => "Access the identity URL service",
        "openid" => "Access unique user identifiers",
        "refresh_token" | "offline_access" => "Perform requests at any time",
        _ => "Use a further service",
    }
}

pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            char => escaped.push(char),
        }
    }
    escaped
}
