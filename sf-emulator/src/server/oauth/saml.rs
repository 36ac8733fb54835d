//! Signed SAML 2.0 assertions of the SAML bearer flow (Salesforce Help, "OAuth
//! 2.0 SAML Bearer Assertion Flow for Previously Authorized Apps").

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jiff::Timestamp;
use roxmltree::{Document, Node, ParsingOptions};

use super::form::Form;
use super::jwt::{self, Subject};
use super::token::{MISSING, Refused};
use super::{client, xml_signature};
use crate::server::Org;
use crate::server::app::App;

const SAML: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
/// What older samples send as `assertion_type`; it may be left out.
const ASSERTION_TYPE: &str = "urn:oasis:names:tc:SAML:2.0:profiles:SSO:browser";
const MAX_LENGTH: usize = 256 * 1024;
const MAX_NODES: u32 = 10_000;

const INVALID: Refused = Refused("invalid_grant", "invalid assertion");
const EXPIRED: Refused = Refused("invalid_grant", "assertion expired");

/// The assertions that were used, until they are over by themselves.
#[derive(Default)]
pub(crate) struct Used(Mutex<HashMap<(String, String), Timestamp>>);

impl Used {
    /// Notes the use of an app's assertion; `false` if it was used before.
    fn note(&self, client_id: &str, id: &str, ends: Timestamp, now: Timestamp) -> bool {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, ends| *ends > now);
        used.insert((client_id.to_owned(), id.to_owned()), ends).is_none()
    }
}

/// Checks app, signature, audience, recipient and life of the assertion of a
/// request, and uses it up. Gives the app and the username.
pub(crate) fn verify(org: &Org, form: &Form) -> Result<(Arc<App>, String), Refused> {
    if form.get("assertion_type").is_some_and(|kind| kind != ASSERTION_TYPE) {
        return Err(Refused("invalid_request", "assertion type not supported"));
    }
    let xml = decode(form.get("assertion").ok_or(MISSING)?).ok_or(INVALID)?;
    // Without a document type there are no entities, and so none that grow.
    let options = ParsingOptions { nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(&xml, options).map_err(|_| INVALID)?;
    let root = document.root_element();
    let assertion = Assertion::of(root).ok_or(INVALID)?;
    let app = client::known(org, &assertion.issuer)?;
    if !xml_signature::covers(root, &app.keys()) {
        return Err(INVALID);
    }
    let ends = assertion.check(org)?;
    if !org.oauth.assertions.note(app.id(), &assertion.id, ends, org.clock.now()) {
        return Err(INVALID);
    }
    Ok((app, assertion.subject))
}

/// Base64 of either alphabet, padded or not, broken into lines or not.
fn decode(text: &str) -> Option<String> {
    const ANY_PADDING: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const EITHER: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, ANY_PADDING);
    if text.len() > MAX_LENGTH {
        return None;
    }
    let letters = text.chars().filter(|c| !c.is_ascii_whitespace()).map(|c| match c {
        '+' => '-',
        '/' => '_',
        c => c,
    });
    String::from_utf8(EITHER.decode(letters.collect::<String>()).ok()?).ok()
}

/// What an assertion says; nothing in it is proved yet.
struct Assertion {
    id: String,
    issuer: String,
    subject: String,
    /// Each must name this org.
    audiences: Vec<Vec<String>>,
    not_before: Option<Timestamp>,
    not_on_or_after: Option<Timestamp>,
    /// Recipient and end; one of them must hold.
    confirmations: Vec<(String, Timestamp)>,
}

impl Assertion {
    /// Reads children of `root` and of these alone: what is deeper inside (in a
    /// signature's `Object`, say) says nothing.
    fn of(root: Node<'_, '_>) -> Option<Self> {
        let is_assertion = root.has_tag_name((SAML, "Assertion"));
        if !is_assertion || root.attribute("Version") != Some("2.0") {
            return None;
        }
        let subject = only(root, "Subject")?;
        let conditions = only(root, "Conditions")?;
        let mut audiences = Vec::new();
        for condition in conditions.children().filter(Node::is_element) {
            match condition.tag_name().name() {
                "AudienceRestriction" => audiences
                    .push(named(condition, "Audience").map(text).collect::<Option<Vec<_>>>()?),
                "OneTimeUse" | "ProxyRestriction" => {}
                // A condition that is not understood is not met.
                _ => return None,
            }
        }
        let mut confirmations = Vec::new();
        for confirmation in named(subject, "SubjectConfirmation") {
            if confirmation.attribute("Method") == Some(BEARER) {
                let data = only(confirmation, "SubjectConfirmationData")?;
                let recipient = data.attribute("Recipient")?.to_owned();
                confirmations.push((recipient, time(data, "NotOnOrAfter")??));
            }
        }
        Some(Self {
            id: root.attribute("ID").filter(|id| !id.is_empty())?.to_owned(),
            issuer: text(only(root, "Issuer")?)?,
            subject: text(only(subject, "NameID")?)?,
            audiences,
            not_before: time(conditions, "NotBefore")?,
            not_on_or_after: time(conditions, "NotOnOrAfter")?,
            confirmations,
        })
    }

    /// Whether it is for this org and counts now; when it ends.
    fn check(&self, org: &Org) -> Result<Timestamp, Refused> {
        let is_here = |name: &String| jwt::is_this_org(org, name, Subject::User);
        if self.audiences.is_empty() || !self.audiences.iter().all(|one| one.iter().any(is_here)) {
            return Err(Refused("invalid_grant", "Audience validation failed"));
        }
        let here = self.confirmations.iter().filter(|(recipient, _)| {
            let host = recipient.strip_suffix("/services/oauth2/token");
            host.is_some_and(|host| jwt::is_this_org(org, host, Subject::User))
        });
        let ends = here.map(|(_, ends)| *ends).max().ok_or(INVALID)?;
        let ends = self.not_on_or_after.map_or(ends, |other| ends.min(other));
        let now = org.clock.now();
        if ends <= now {
            return Err(EXPIRED);
        }
        if self.not_before.is_some_and(|begins| begins > now) {
            return Err(INVALID);
        }
        Ok(ends)
    }
}

fn named<'a>(node: Node<'a, 'a>, name: &'static str) -> impl Iterator<Item = Node<'a, 'a>> {
    node.children().filter(move |child| child.has_tag_name((SAML, name)))
}

/// The one child of this name; none if there are several.
fn only<'a>(node: Node<'a, 'a>, name: &'static str) -> Option<Node<'a, 'a>> {
    let mut children = named(node, name);
    children.next().filter(|_| children.next().is_none())
}

/// The whole text of an element. A comment inside, which the signature does not
/// see, must not cut it short: then there is none.
fn text(node: Node<'_, '_>) -> Option<String> {
    let text: Option<String> =
        node.children().map(|child| child.text().filter(|_| child.is_text())).collect();
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// A time that may be left out; `None` if it is none.
fn time(node: Node<'_, '_>, name: &str) -> Option<Option<Timestamp>> {
    node.attribute(name).map(|text| text.parse().ok()).map_or(Some(None), |time| time.map(Some))
}
