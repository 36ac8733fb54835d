//! Whether an XML document is signed as a whole (XML Signature Syntax and
//! Processing, in the profile of SAML 2.0 Core 5.4).

use std::collections::BTreeSet;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::DecodingKey;
use roxmltree::Node;

use super::c14n;
use super::jwt;

const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const DIGEST_SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

/// Whether one of the keys signed the element `root` of its document.
///
/// What is signed is found from what is read, and not by the name in the
/// signature: the one signature of the document must be a child of `root` and
/// name `root` alone, so that nothing can be wrapped around a signed part. Keys
/// and certificates that came with the signature prove nothing and are not read.
pub(crate) fn covers<'a>(root: Node<'a, 'a>, keys: &[DecodingKey]) -> bool {
    verify(root, keys).unwrap_or(false)
}

fn verify<'a>(root: Node<'a, 'a>, keys: &[DecodingKey]) -> Option<bool> {
    let mut signatures =
        root.document().descendants().filter(|node| node.has_tag_name((SIGNATURE, "Signature")));
    let signature = signatures.next()?;
    if signatures.next().is_some() || signature.parent() != Some(root) {
        return None;
    }
    let info = only(signature, "SignedInfo")?;
    if method(info, "SignatureMethod")? != RSA_SHA256 {
        return None;
    }
    let reference = only(info, "Reference")?;
    let id = root.attribute("ID").filter(|id| !id.is_empty())?;
    if reference.attribute("URI")?.strip_prefix('#') != Some(id) {
        return None;
    }
    let transforms: Vec<_> =
        only(reference, "Transforms")?.children().filter(Node::is_element).collect();
    let [enveloped, canonical] = transforms.as_slice() else { return None };
    if !is_transform(*enveloped, ENVELOPED) || !is_transform(*canonical, EXCLUSIVE) {
        return None;
    }
    let signed = c14n::exclusive(root, Some(signature.id()), &inclusive(*canonical))?;
    if method(reference, "DigestMethod")? != DIGEST_SHA256
        || bytes(only(reference, "DigestValue")?)? != digest(&SHA256, signed.as_bytes()).as_ref()
    {
        return None;
    }
    let canonical = only(info, "CanonicalizationMethod")?;
    if canonical.attribute("Algorithm") != Some(EXCLUSIVE) {
        return None;
    }
    let message = c14n::exclusive(info, None, &inclusive(canonical))?;
    let value = bytes(only(signature, "SignatureValue")?)?;
    Some(keys.iter().any(|key| jwt::signed_by(key, &message, &value)))
}

/// The one child of this name; none if there are several.
fn only<'a>(node: Node<'a, 'a>, name: &str) -> Option<Node<'a, 'a>> {
    let mut children = node.children().filter(|child| child.has_tag_name((SIGNATURE, name)));
    children.next().filter(|_| children.next().is_none())
}

fn method<'a>(node: Node<'a, 'a>, name: &str) -> Option<&'a str> {
    only(node, name)?.attribute("Algorithm")
}

fn is_transform(node: Node<'_, '_>, algorithm: &str) -> bool {
    node.has_tag_name((SIGNATURE, "Transform")) && node.attribute("Algorithm") == Some(algorithm)
}

/// The prefixes that a canonicalization treats as inclusive.
fn inclusive<'a>(method: Node<'a, 'a>) -> BTreeSet<&'a str> {
    let list =
        method.children().find(|child| child.has_tag_name((EXCLUSIVE, "InclusiveNamespaces")));
    let list = list.and_then(|list| list.attribute("PrefixList")).unwrap_or_default();
    list.split_whitespace().map(|prefix| if prefix == "#default" { "" } else { prefix }).collect()
}

/// Base64, broken into lines or not.
fn bytes(node: Node<'_, '_>) -> Option<Vec<u8>> {
    let text: String = node.text()?.split_whitespace().collect();
    STANDARD.decode(text).ok()
}
