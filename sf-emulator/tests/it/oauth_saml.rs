//! The SAML bearer grant: what is accepted, what is refused and why, and that a
//! signature counts for what it covers alone.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use insta::assert_snapshot;
use jiff::{SignedDuration, Timestamp};
use sf_emulator::{ConnectedApp, Emulator};

use crate::browser::{Browser, CALLBACK, token};
use crate::support::{Client, Reply, org, start};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:saml2-bearer";
const SAML: &str = "urn:oasis:names:tc:SAML:2.0:assertion";

/// What an assertion says; it is written in canonical form.
#[derive(Clone)]
struct Assertion {
    now: Timestamp,
    id: String,
    issuer: String,
    subject: String,
    audience: String,
    recipient: String,
    seconds: i64,
    begins: i64,
    signature_method: &'static str,
    more_conditions: &'static str,
}

impl Assertion {
    fn of(org: &Emulator, id: &str) -> Self {
        Self {
            now: org.now(),
            id: id.to_owned(),
            issuer: org.client_id().to_owned(),
            subject: org.username().to_owned(),
            audience: "https://login.salesforce.com".to_owned(),
            recipient: format!("{}services/oauth2/token", org.url()),
            seconds: 180,
            begins: -5,
            signature_method: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            more_conditions: "",
        }
    }

    /// The text with `signature` behind the issuer.
    fn text(&self, signature: &str) -> String {
        let at = |seconds: i64| (self.now + SignedDuration::from_secs(seconds)).to_string();
        let (issued, begins, ends) = (at(0), at(self.begins), at(self.seconds));
        let Self { id, issuer, subject, audience, recipient, more_conditions, .. } = self;
        format!(
            "<saml:Assertion xmlns:saml=\"{SAML}\" ID=\"{id}\" IssueInstant=\"{issued}\" Version=\"2.0\">\
             <saml:Issuer>{issuer}</saml:Issuer>{signature}<saml:Subject>\
             <saml:NameID>{subject}</saml:NameID>\
             <saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\">\
             <saml:SubjectConfirmationData NotOnOrAfter=\"{ends}\" Recipient=\"{recipient}\"></saml:SubjectConfirmationData>\
             </saml:SubjectConfirmation></saml:Subject>\
             <saml:Conditions NotBefore=\"{begins}\" NotOnOrAfter=\"{ends}\">\
             <saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction>\
             {more_conditions}</saml:Conditions></saml:Assertion>"
        )
    }

    /// The signature of an assertion whose text without one is `unsigned`.
    fn signature(&self, org: &Emulator, unsigned: &str) -> String {
        let digest = STANDARD.encode(digest(&SHA256, unsigned.as_bytes()));
        let info = |namespace: &str| {
            format!(
                "<ds:SignedInfo{namespace}><ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:CanonicalizationMethod>\
                 <ds:SignatureMethod Algorithm=\"{}\"></ds:SignatureMethod><ds:Reference URI=\"#{}\"><ds:Transforms>\
                 <ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"></ds:Transform>\
                 <ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform></ds:Transforms>\
                 <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod>\
                 <ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>",
                self.signature_method, self.id
            )
        };
        let namespace = " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"";
        let value = STANDARD.encode(sign(org, &info(namespace)));
        format!(
            "<ds:Signature{namespace}>{}<ds:SignatureValue>{value}</ds:SignatureValue></ds:Signature>",
            info("")
        )
    }

    fn signed(&self, org: &Emulator) -> String {
        self.text(&self.signature(org, &self.text("")))
    }
}

/// RSA-SHA256 with the key that is registered with the default app.
fn sign(org: &Emulator, message: &str) -> Vec<u8> {
    let pem = org.jwt_private_key_pem().unwrap();
    let der: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let pair = KeyPair::from_pkcs8(&STANDARD.decode(der).unwrap()).unwrap();
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    signature
}

async fn grant(client: &Client, xml: &str) -> Reply {
    let assertion = URL_SAFE_NO_PAD.encode(xml);
    token(client, &[("grant_type", GRANT), ("assertion", &assertion)]).await
}

fn told(reply: &Reply) -> String {
    let json = reply.json();
    match json["error"].as_str() {
        Some(error) => format!("{error} / {}", json["error_description"].as_str().unwrap()),
        None => "a session".to_owned(),
    }
}

#[tokio::test]
async fn an_assertion_gives_a_session_once() {
    let (org, mut client) = org().await;
    let xml = Assertion::of(&org, "_1").signed(&org);
    let reply = grant(&client, &xml).await;
    assert_snapshot!(reply.keys(), @"access_token scope instance_url id token_type");
    client.token = reply.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(client.get("/limits").await.status, 200);
    assert_snapshot!(
        grant(&client, &xml).await.shown(),
        @r#"400 {"error":"invalid_grant","error_description":"invalid assertion"}"#
    );

    // Lines, the other alphabet, and the parameter of older samples.
    let text = STANDARD.encode(Assertion::of(&org, "_2").signed(&org));
    let lines: Vec<&str> =
        text.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let text = lines.join("\r\n");
    let mut form = vec![
        ("grant_type", GRANT),
        ("assertion", text.as_str()),
        ("assertion_type", "urn:oasis:names:tc:SAML:2.0:profiles:SSO:browser"),
    ];
    assert_eq!(token(&client, &form).await.status, 200);
    form[2].1 = "urn:other";
    assert_snapshot!(
        token(&client, &form).await.shown(),
        @r#"400 {"error":"invalid_request","error_description":"assertion type not supported"}"#
    );
}

#[tokio::test]
async fn refused_assertions_say_why() {
    let (org, client) = org().await;
    type Change = fn(&mut Assertion);
    let cases: [(&str, Change); 11] = [
        ("test login host", |one| one.audience = "https://test.salesforce.com".to_owned()),
        ("wrong audience", |one| one.audience = "https://example.com".to_owned()),
        ("wrong recipient", |one| {
            one.recipient = "https://example.com/services/oauth2/token".to_owned();
        }),
        ("not the token endpoint", |one| {
            one.recipient = "https://login.salesforce.com".to_owned();
        }),
        ("unknown app", |one| one.issuer = "3MVG9unknown".to_owned()),
        ("unknown user", |one| one.subject = "nobody@example.com".to_owned()),
        ("over", |one| one.seconds = 0),
        ("not yet", |one| one.begins = 60),
        ("RSA-SHA1", |one| {
            one.signature_method = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";
        }),
        ("unknown condition", |one| one.more_conditions = "<saml:Condition></saml:Condition>"),
        ("one time use", |one| one.more_conditions = "<saml:OneTimeUse></saml:OneTimeUse>"),
    ];
    let mut shown = Vec::new();
    for (number, (name, change)) in cases.into_iter().enumerate() {
        let mut assertion = Assertion::of(&org, &format!("_{number}"));
        change(&mut assertion);
        shown.push(format!("{name}: {}", told(&grant(&client, &assertion.signed(&org)).await)));
    }
    let unsigned = Assertion::of(&org, "_u").text("");
    shown.push(format!("unsigned: {}", told(&grant(&client, &unsigned).await)));
    let growing = "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>";
    shown.push(format!("document type: {}", told(&grant(&client, growing).await)));
    let deep = format!("{}{}", "<a>".repeat(9_000), "</a>".repeat(9_000));
    shown.push(format!("deep: {}", told(&grant(&client, &deep).await)));
    let form = [("grant_type", GRANT), ("assertion", "%%%")];
    shown.push(format!("not base64: {}", told(&token(&client, &form).await)));
    shown.push(format!("none: {}", told(&token(&client, &[("grant_type", GRANT)]).await)));

    let late = Assertion::of(&org, "_late").signed(&org);
    org.advance(Duration::from_secs(180));
    shown.push(format!("by the org's clock: {}", told(&grant(&client, &late).await)));
    assert_snapshot!(shown.join("\n"), @"
    test login host: a session
    wrong audience: invalid_grant / Audience validation failed
    wrong recipient: invalid_grant / invalid assertion
    not the token endpoint: invalid_grant / invalid assertion
    unknown app: invalid_client_id / client identifier invalid
    unknown user: invalid_grant / user hasn't approved this consumer
    over: invalid_grant / assertion expired
    not yet: invalid_grant / invalid assertion
    RSA-SHA1: invalid_grant / invalid assertion
    unknown condition: invalid_grant / invalid assertion
    one time use: a session
    unsigned: invalid_grant / invalid assertion
    document type: invalid_grant / invalid assertion
    deep: invalid_grant / invalid assertion
    not base64: invalid_grant / invalid assertion
    none: invalid_request / missing required parameters
    by the org's clock: invalid_grant / assertion expired
    ");
}

#[tokio::test]
async fn an_assertion_needs_an_approval_once() {
    let (org, client) = start(Emulator::builder().default_app(ConnectedApp::self_authorize)).await;
    let refused = grant(&client, &Assertion::of(&org, "_1").signed(&org)).await;
    assert_snapshot!(told(&refused), @"invalid_grant / user hasn't approved this consumer");
    let asked =
        [("response_type", "code"), ("client_id", org.client_id()), ("redirect_uri", CALLBACK)];
    Browser::new(&client).approve(&org, org.username(), &asked).await;
    assert_eq!(grant(&client, &Assertion::of(&org, "_2").signed(&org)).await.status, 200);
}

#[tokio::test]
async fn the_flow_can_be_switched_off() {
    let (org, client) =
        start(Emulator::builder().default_app(|app| app.disable_grant(GRANT))).await;
    let refused = grant(&client, &Assertion::of(&org, "_1").signed(&org)).await;
    assert_snapshot!(told(&refused), @"unsupported_grant_type / grant type not supported");
}

#[tokio::test]
async fn nothing_can_be_wrapped_around_a_signed_assertion() {
    let (org, client) = org().await;
    let users = client.query("SELECT Username FROM User WHERE IsActive = true").await.json();
    let mut names = users["records"].as_array().unwrap().iter().map(|user| &user["Username"]);
    let weak = names.find(|name| *name != org.username()).unwrap().as_str().unwrap();

    // What the attacker has: an assertion about a user of little right.
    let mine = Assertion { subject: weak.to_owned(), ..Assertion::of(&org, "_mine") };
    let signature = mine.signature(&org, &mine.text(""));
    let (plain, signed) = (mine.text(""), mine.text(&signature));
    // What the attacker wants to be read.
    let evil = Assertion::of(&org, "_evil");
    let twin = Assertion::of(&org, "_mine");
    let inside = |signature: &str, inner: &str| {
        signature
            .replace("</ds:Signature>", &format!("<ds:Object>{inner}</ds:Object></ds:Signature>"))
    };
    let advice = |whole: String, inner: &str| {
        let end = "</saml:Assertion>";
        let whole = whole.strip_suffix(end).unwrap();
        format!("{whole}<saml:Advice>{inner}</saml:Advice>{end}")
    };
    let cases = [
        ("changed name", signed.replace(weak, org.username())),
        ("signed one inside", advice(evil.text(""), &signed)),
        ("signature on the outer one", advice(evil.text(&signature), &plain)),
        ("same id", advice(twin.text(&signature), &plain)),
        ("signed one in the signature", evil.text(&inside(&signature, &plain))),
        ("same id, in the signature", twin.text(&inside(&signature, &plain))),
        (
            "signed one first",
            format!("<saml:Advice xmlns:saml=\"{SAML}\">{signed}{}</saml:Advice>", evil.text("")),
        ),
        ("two signatures", mine.text(&format!("{signature}{signature}"))),
        (
            "two subjects",
            signed.replace(
                "</saml:Assertion>",
                &format!(
                    "<saml:Subject><saml:NameID>{}</saml:NameID></saml:Subject></saml:Assertion>",
                    org.username()
                ),
            ),
        ),
        ("name cut by a comment", {
            let long = Assertion { subject: format!("{}.evil", org.username()), ..mine.clone() };
            long.signed(&org).replace(".evil<", "<!-- -->.evil<")
        }),
        ("name cut by an instruction", {
            let long = Assertion { subject: format!("{}.evil", org.username()), ..mine.clone() };
            long.signed(&org).replace(".evil<", "<?cut?>.evil<")
        }),
        ("comment elsewhere", {
            let other = Assertion { id: "_other".to_owned(), ..mine.clone() };
            other.signed(&org).replace("<saml:Conditions", "<!-- --><saml:Conditions")
        }),
        ("its own", signed),
    ];
    let mut shown = Vec::new();
    for (name, xml) in cases {
        shown.push(format!("{name}: {}", told(&grant(&client, &xml).await)));
    }
    assert_snapshot!(shown.join("\n"), @"
    changed name: invalid_grant / invalid assertion
    signed one inside: invalid_grant / invalid assertion
    signature on the outer one: invalid_grant / invalid assertion
    same id: invalid_grant / invalid assertion
    signed one in the signature: invalid_grant / invalid assertion
    same id, in the signature: invalid_grant / invalid assertion
    signed one first: invalid_grant / invalid assertion
    two signatures: invalid_grant / invalid assertion
    two subjects: invalid_grant / invalid assertion
    name cut by a comment: invalid_grant / invalid assertion
    name cut by an instruction: invalid_grant / invalid assertion
    comment elsewhere: a session
    its own: a session
    ");
}

/// Signed by another program (signxml over libxml2) with a key that was thrown
/// away: prefixes of its own, default namespaces, line breaks, characters that
/// must be escaped.
#[tokio::test]
async fn an_assertion_of_another_program_is_understood() {
    let certificate = include_str!("data/saml_signer.pem");
    let app =
        ConnectedApp::new("3MVG9saml&more", "s").pre_authorize_everyone().jwt_key(certificate);
    let (_org, client) = start(Emulator::builder().app(app)).await;
    let xml = include_str!("data/saml_assertion.xml");
    let changed = xml.replace("Größe", "Grösse");
    assert_eq!(told(&grant(&client, &changed).await), "invalid_grant / invalid assertion");
    assert_eq!(told(&grant(&client, xml).await), "a session");
}
