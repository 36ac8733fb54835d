//! Every token error and every redirect error, with the settings that lead to
//! it. The tables are what a reader looks errors up in.

use std::time::Duration;

use insta::assert_snapshot;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use sf_emulator::{ConnectedApp, Emulator, IpRestriction};

use crate::browser::{Browser, CALLBACK, Callback, redeem};
use crate::support::{Client, Reply, send, start};

const JWT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";
/// Of RFC 7636, Appendix B.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The rows of a table: what was set up, and what came of it.
struct Table<'a> {
    org: &'a Emulator,
    client: &'a Client,
    rows: Vec<String>,
}

impl Table<'_> {
    fn row(&mut self, setting: &str, reply: &Reply) {
        let told = match serde_json::from_str::<Value>(&reply.text) {
            Ok(json) if json["error"].is_string() => {
                let part = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
                format!("{} / {}", part("error"), part("error_description"))
            }
            _ => reply.text.clone(),
        };
        self.rows.push(format!("{setting}: {} {told}", reply.status));
    }

    async fn token(&self, form: &[(&str, &str)]) -> Reply {
        let url = format!("{}/services/oauth2/token", self.client.base);
        send(self.client.http.post(url).form(form)).await
    }

    /// A grant of the default app, which proves itself.
    async fn own(&mut self, setting: &str, grant: &str, form: &[(&str, &str)]) {
        let mut all = vec![
            ("grant_type", grant),
            ("client_id", self.org.client_id()),
            ("client_secret", self.org.client_secret()),
        ];
        all.extend(form);
        let reply = self.token(&all).await;
        self.row(setting, &reply);
    }

    async fn password(&mut self, setting: &str) {
        let password = format!("{}{}", self.org.password(), self.org.security_token());
        let username = self.org.username().to_owned();
        self.own(setting, "password", &[("username", &username), ("password", &password)]).await;
    }

    async fn credentials(&mut self, setting: &str, id: &str, secret: &str) {
        let form =
            [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
        let reply = self.token(&form).await;
        self.row(setting, &reply);
    }

    /// A JWT of the default app about this user.
    async fn jwt(&mut self, setting: &str, username: &str, audience: &str, seconds: i64) {
        let pem = self.org.jwt_private_key_pem().unwrap();
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
        let claims = json!({
            "iss": self.org.client_id(),
            "sub": username,
            "aud": audience,
            "exp": self.org.now().as_second() + seconds,
        });
        let assertion = encode(&Header::new(Algorithm::RS256), &claims, &key).unwrap();
        let reply = self.token(&[("grant_type", JWT), ("assertion", &assertion)]).await;
        self.row(setting, &reply);
    }

    async fn code(&self, more: &[(&str, &str)]) -> String {
        let mut asked = vec![
            ("response_type", "code"),
            ("client_id", self.org.client_id()),
            ("redirect_uri", CALLBACK),
        ];
        asked.extend(more);
        let mut browser = Browser::new(self.client);
        browser.approve(self.org, self.org.username(), &asked).await.get("code").to_owned()
    }

    async fn redeemed(&mut self, setting: &str, code: &str, more: &[(&str, &str)]) -> Reply {
        let reply = redeem(self.org, self.client, code, more).await;
        if reply.status != 200 {
            self.row(setting, &reply);
        }
        reply
    }
}

#[tokio::test]
async fn token_errors_of_apps_and_requests() {
    let exchange = |answer: fn() -> Option<String>| move |_: &str, _: &str| answer();
    let builder = Emulator::builder()
        .login_host("localhost")
        .default_app(|app| app.refresh_token_lifetime(Duration::from_secs(3_600)))
        .app(ConnectedApp::new("nobody", "s").without_run_as())
        .app(ConnectedApp::new("absent", "s").not_installed())
        .app(ConnectedApp::new("off", "s").disable_grant("client_credentials"))
        .app(ConnectedApp::new("quiet", "s").without_introspection())
        .app(ConnectedApp::new("stranger", "s").token_exchange(exchange(|| None)))
        .app(ConnectedApp::new("broken", "s").token_exchange(exchange(|| panic!("in a handler"))))
        .app(ConnectedApp::new("agent", "s").not_attached_to_agent());
    let (org, client) = start(builder).await;
    let mut table = Table { org: &org, client: &client, rows: Vec::new() };

    table.credentials("unknown consumer key", "unknown", "s").await;
    table.credentials("wrong secret", org.client_id(), "wrong").await;
    table.credentials("without_run_as", "nobody", "s").await;
    table.credentials("not_installed", "absent", "s").await;
    table.credentials("disable_grant", "off", "s").await;
    table.own("unknown grant type", "nonsense", &[]).await;
    table.own("nothing else sent", "authorization_code", &[]).await;
    let url = format!("{}/services/oauth2/token", client.base);
    table.row("by GET", &send(client.http.get(&url)).await);
    let url = format!("{}services/oauth2/token", org.login_url());
    for grant in ["client_credentials", EXCHANGE] {
        let form = [
            ("grant_type", grant),
            ("client_id", "stranger"),
            ("client_secret", "s"),
            ("subject_token", "t"),
            ("subject_token_type", ACCESS),
        ];
        let reply = send(client.http.post(&url).form(&form)).await;
        table.row(&format!("login_host, {}", grant.rsplit(':').next().unwrap()), &reply);
    }
    for (setting, id) in [
        ("a handler that knows nobody", "stranger"),
        ("a handler that panics", "broken"),
        ("no handler", "quiet"),
    ] {
        let form = [
            ("grant_type", EXCHANGE),
            ("client_id", id),
            ("client_secret", "s"),
            ("subject_token", "t"),
            ("subject_token_type", ACCESS),
        ];
        let reply = table.token(&form).await;
        table.row(setting, &reply);
    }

    table.redeemed("unknown code", "aPrxunknown==", &[]).await;
    let code = table.code(&[]).await;
    org.advance(Duration::from_secs(15 * 60));
    table.redeemed("advance 15 minutes", &code, &[]).await;
    let code = table.code(&[]).await;
    table.redeemed("another callback", &code, &[("redirect_uri", "http://localhost/x")]).await;
    let code = table.code(&[("code_challenge", CHALLENGE)]).await;
    let wrong = "w".repeat(43);
    table.redeemed("another verifier", &code, &[("code_verifier", &wrong)]).await;
    let code = table.code(&[]).await;
    let given = table.redeemed("a right code", &code, &[]).await.json();
    table.redeemed("a used code", &code, &[]).await;
    table.own("unknown refresh token", "refresh_token", &[("refresh_token", "5Aep")]).await;
    org.advance(Duration::from_secs(3_600));
    let old = given["refresh_token"].as_str().unwrap();
    table.own("refresh_token_lifetime", "refresh_token", &[("refresh_token", old)]).await;

    let url = format!("{}/services/oauth2/revoke", client.base);
    table.row("revoke unknown", &send(client.http.post(url).form(&[("token", "t")])).await);
    let url = format!("{}/services/oauth2/introspect", client.base);
    let form = [("token", "t"), ("client_id", "quiet"), ("client_secret", "s")];
    table.row("without_introspection", &send(client.http.post(url).form(&form)).await);

    let form =
        [("response_type", "device_code"), ("client_id", org.client_id()), ("scope", "full")];
    let reply = table.token(&form).await;
    table.row("device, scope", &reply);
    let device = table.token(&form[..2]).await.json();
    let code = device["device_code"].as_str().unwrap();
    table.own("device, nobody answered", "device", &[("code", code)]).await;
    table.own("device, asked at once again", "device", &[("code", code)]).await;
    let mut browser = Browser::new(&client);
    let page = browser.get("/setup/connect").await;
    let typed = [("user_code", device["user_code"].as_str().unwrap())];
    let page = browser.submit(&page, &typed).await;
    let page = browser.log_in(&page, &org, org.username()).await;
    browser.submit(&page, &[("decision", "deny")]).await;
    table.own("device, denied", "device", &[("code", code)]).await;
    table.own("device, over", "device", &[("code", code)]).await;

    let form =
        [("grant_type", "client_credentials"), ("client_id", "agent"), ("client_secret", "s")];
    let agent = table.token(&form).await.json();
    let token = agent["access_token"].as_str().unwrap().to_owned();
    let session = Client { token, ..client.clone() };
    table.row("not_attached_to_agent, /limits", &session.get("/limits").await);
    assert_snapshot!(table.rows.join("\n"), @r#"
    unknown consumer key: 400 invalid_client_id / client identifier invalid
    wrong secret: 400 invalid_client / invalid client credentials
    without_run_as: 400 invalid_grant / no client credentials user enabled
    not_installed: 400 invalid_client / External client app is not installed in this org
    disable_grant: 400 unsupported_grant_type / grant type not supported
    unknown grant type: 400 unsupported_grant_type / grant type not supported
    nothing else sent: 400 invalid_request / missing required parameters
    by GET: 400 invalid_request / must use HTTP POST
    login_host, client_credentials: 400 invalid_grant / request not supported on this domain
    login_host, token-exchange: 400 invalid_grant / request not supported on this domain
    a handler that knows nobody: 400 invalid_grant / invalid subject token
    a handler that panics: 400 unknown_error / retry your request
    no handler: 400 unsupported_grant_type / grant type not supported
    unknown code: 400 invalid_grant / invalid authorization code
    advance 15 minutes: 400 invalid_grant / expired authorization code
    another callback: 400 redirect_uri_mismatch / redirect_uri must match configuration
    another verifier: 400 invalid_grant / invalid code verifier
    a used code: 400 invalid_grant / invalid authorization code
    unknown refresh token: 400 invalid_grant / expired access/refresh token
    refresh_token_lifetime: 400 invalid_grant / token validity expired
    revoke unknown: 400 error=unsupported_token_type&error_description=this+token+type+is+not+supported
    without_introspection: 400 invalid_client / app is not allowed to introspect tokens
    device, scope: 400 invalid_scope / the requested scope is not allowed
    device, nobody answered: 400 authorization_pending / authorization pending
    device, asked at once again: 400 slow_down / polling too frequently
    device, denied: 400 access_denied / end-user denied authorization
    device, over: 400 invalid_grant / invalid or expired device code
    not_attached_to_agent, /limits: 401 [{"message":"Connected app is not attached to Agent","errorCode":"UNAUTHORIZED"}]
    "#);
}

#[tokio::test]
async fn token_errors_of_users_and_orgs() {
    let builder = Emulator::builder().app(ConnectedApp::new("relaxed", "s").relax_ip());
    let (org, client) = start(builder).await;
    let mut table = Table { org: &org, client: &client, rows: Vec::new() };
    let (access, admin) = (org.access(), org.username());
    let here = org.url().as_str();

    table.jwt("wrong audience", admin, "https://example.com", 60).await;
    table.jwt("assertion over", admin, here, -1).await;
    table.jwt("assertion too long", admin, here, 3_600).await;
    table.jwt("unknown user", "nobody@example.com", here, 60).await;
    table.own("wrong password", "password", &[("username", admin), ("password", "wrong")]).await;

    access.restrict_ip(IpRestriction::Login);
    table.jwt("restrict_ip", admin, here, 60).await;
    table.password("restrict_ip, password").await;
    table
        .credentials("restrict_ip, client credentials", org.client_id(), org.client_secret())
        .await;
    access.restrict_ip(IpRestriction::None);
    access.end_login_hours(org.user_id());
    table.jwt("end_login_hours", admin, here, 60).await;
    table.credentials("end_login_hours, relax_ip", "relaxed", "s").await;
    access.begin_login_hours(org.user_id());
    access.lock_user(org.user_id());
    table.jwt("lock_user", admin, here, 60).await;
    table.password("lock_user, password").await;
    access.unlock_user(org.user_id());
    access.expire_password(org.user_id());
    table.password("expire_password").await;
    access.renew_password(org.user_id());
    access.set_org_active(false);
    table.jwt("set_org_active", admin, here, 60).await;
    table
        .credentials("set_org_active, client credentials", org.client_id(), org.client_secret())
        .await;
    access.set_org_active(true);
    access.set_logins_per_hour(0);
    table.jwt("set_logins_per_hour", admin, here, 60).await;
    access.set_logins_per_hour(3_600);

    let users = "SELECT Id, Username FROM User WHERE IsActive = true ORDER BY Username";
    let users = client.query(users).await.json();
    let mut users = users["records"].as_array().unwrap().iter();
    let other = users.find(|user| user["Id"] != org.user_id()).unwrap();
    let path = format!("/sobjects/User/{}", other["Id"].as_str().unwrap());
    client.send("PATCH", &path, json!({ "IsActive": false })).await;
    table.jwt("IsActive = false", other["Username"].as_str().unwrap(), here, 60).await;

    let strict = |app: ConnectedApp| app.admin_approved(["nobody@example.com"]);
    let (org, client) = start(Emulator::builder().default_app(strict)).await;
    let mut strict = Table { org: &org, client: &client, rows: Vec::new() };
    strict.jwt("admin_approved", org.username(), org.url().as_str(), 60).await;
    let (org, client) = start(Emulator::builder().default_app(ConnectedApp::self_authorize)).await;
    let mut asking = Table { org: &org, client: &client, rows: Vec::new() };
    asking.jwt("self_authorize", org.username(), org.url().as_str(), 60).await;
    let rows = [table.rows, strict.rows, asking.rows].concat();
    assert_snapshot!(rows.join("\n"), @"
    wrong audience: 400 invalid_grant / Audience validation failed
    assertion over: 400 invalid_grant / assertion expired
    assertion too long: 400 invalid_grant / invalid assertion
    unknown user: 400 invalid_grant / user hasn't approved this consumer
    wrong password: 400 invalid_grant / authentication failure
    restrict_ip: 400 invalid_grant / ip restricted or invalid login hours
    restrict_ip, password: 400 invalid_grant / authentication failure
    restrict_ip, client credentials: 400 invalid_grant / ip restricted or invalid login hours
    end_login_hours: 400 invalid_grant / ip restricted or invalid login hours
    end_login_hours, relax_ip: 400 invalid_grant / ip restricted or invalid login hours
    lock_user: 400 invalid_grant / user is locked
    lock_user, password: 400 invalid_grant / authentication failure
    expire_password: 400 invalid_grant / password expired
    set_org_active: 400 invalid_grant / inactive organization
    set_org_active, client credentials: 400 invalid_grant / inactive organization
    set_logins_per_hour: 400 invalid_grant / login rate exceeded
    IsActive = false: 400 invalid_grant / inactive user
    admin_approved: 400 invalid_app_access / user is not admin approved to access this app
    self_authorize: 400 invalid_grant / user hasn't approved this consumer
    ");
}

#[tokio::test]
async fn redirect_errors() {
    let app = |id: &str| ConnectedApp::new(id, "s").redirect_uri(CALLBACK).scopes(["api"]);
    let builder = Emulator::builder()
        .app(app("plain"))
        .app(app("pkce").require_pkce())
        .app(app("absent").not_installed())
        .app(app("off").disable_grant("implicit"))
        .app(app("approved").admin_approved(["nobody@example.com"]))
        .app(app("unapprovable").not_approvable());
    let (org, client) = start(builder).await;
    let mut rows = Vec::new();
    let mut add = |setting: &str, reply: &Reply| {
        rows.push(match reply.text.split_once("<code>") {
            Some((_, rest)) => {
                let told = rest.split("</code>").next().unwrap().replace("&amp;", "&");
                format!("{setting}: page {} {told}", reply.status)
            }
            None => format!("{setting}: {}", Callback::of(reply).shown()),
        });
    };
    let with = |id: &'static str, more: &[(&'static str, &'static str)]| {
        let mut all =
            vec![("response_type", "code"), ("client_id", id), ("redirect_uri", CALLBACK)];
        for (name, value) in more {
            all.retain(|(known, _)| known != name);
            all.push((name, value));
        }
        all
    };

    let mut browser = Browser::new(&client);
    for (setting, asked) in [
        ("unknown consumer key", with("unknown", &[])),
        ("another callback", with("plain", &[("redirect_uri", "https://example.com")])),
        ("no callback", with("plain", &[("redirect_uri", "")])),
        ("no response type", with("plain", &[("response_type", "")])),
        ("response type", with("plain", &[("response_type", "device")])),
        ("disable_grant", with("off", &[("response_type", "token")])),
        ("require_pkce", with("pkce", &[])),
        ("a short challenge", with("pkce", &[("code_challenge", "short")])),
        (
            "a plain challenge",
            with("pkce", &[("code_challenge", CHALLENGE), ("code_challenge_method", "plain")]),
        ),
        ("scopes", with("plain", &[("scope", "full")])),
        ("not_installed", with("absent", &[])),
        ("immediate, no login", with("plain", &[("immediate", "true")])),
    ] {
        add(setting, &browser.authorize(&asked).await);
    }

    let page = browser.authorize(&with("plain", &[("state", "s p")])).await;
    let page = browser.log_in(&page, &org, org.username()).await;
    add("denied", &browser.submit(&page, &[("decision", "deny")]).await);
    add("a page sent twice", &browser.submit(&page, &[("decision", "allow")]).await);
    add("immediate, no approval", &browser.authorize(&with("plain", &[("prompt", "none")])).await);
    add("admin_approved", &browser.authorize(&with("approved", &[])).await);
    add("not_approvable", &browser.authorize(&with("unapprovable", &[])).await);
    let access = org.access();
    access.lock_user(org.user_id());
    add("lock_user", &browser.authorize(&with("plain", &[])).await);
    access.unlock_user(org.user_id());
    access.restrict_ip(IpRestriction::Login);
    add("restrict_ip", &browser.authorize(&with("plain", &[])).await);
    access.restrict_ip(IpRestriction::None);
    access.end_login_hours(org.user_id());
    add("end_login_hours", &browser.authorize(&with("plain", &[])).await);
    access.begin_login_hours(org.user_id());
    access.set_org_active(false);
    add("set_org_active", &browser.authorize(&with("plain", &[])).await);
    access.set_org_active(true);
    assert_snapshot!(rows.join("\n"), @"
    unknown consumer key: page 400 error=invalid_client_id&error_description=client%20identifier%20invalid
    another callback: page 400 error=redirect_uri_mismatch&error_description=redirect_uri%20must%20match%20configuration
    no callback: page 400 error=invalid_request&error_description=missing%20required%20parameters
    no response type: invalid_request / missing required parameters / 
    response type: unsupported_response_type / response type not supported / 
    disable_grant: unsupported_response_type / response type not supported / 
    require_pkce: invalid_request / missing required code challenge / 
    a short challenge: invalid_request / invalid code challenge / 
    a plain challenge: invalid_request / invalid code challenge method / 
    scopes: invalid_scope / the requested scope is not allowed / 
    not_installed: OAUTH_EC_APP_NOT_FOUND / External client app is not installed in this org / 
    immediate, no login: immediate_unsuccessful / user is not logged in / 
    denied: access_denied / end-user denied authorization / s p
    a page sent twice: page 400 error=OAUTH_APPROVAL_ERROR_GENERIC&error_description=An%20unexpected%20error%20has%20occurred%20during%20authentication.%20Please%20try%20again.
    immediate, no approval: immediate_unsuccessful / user has not approved this app / 
    admin_approved: OAUTH_APP_ACCESS_DENIED / user is not admin approved to access this app / 
    not_approvable: page 400 error=OAUTH_APPROVAL_ERROR_GENERIC&error_description=An%20unexpected%20error%20has%20occurred%20during%20authentication.%20Please%20try%20again.
    lock_user: access_denied / user is locked / 
    restrict_ip: access_denied / ip restricted or invalid login hours / 
    end_login_hours: access_denied / ip restricted or invalid login hours / 
    set_org_active: access_denied / inactive organization /
    ");

    access.expire_password(org.user_id());
    let mut other = Browser::new(&client);
    let page = other.authorize(&with("plain", &[])).await;
    let typed = [("username", org.username()), ("pw", org.password())];
    let page = other.submit(&page, &typed).await;
    assert!(page.text.contains("Your password has expired."), "the login page tells the person");
}
