//! Addresses of the schema: `salesforce://{org}/schema[/{object}[/{field}]]`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What every address begins with.
pub(super) const SCHEME: &str = "salesforce://";

/// Everything but what RFC 3986 calls unreserved.
pub(super) const RESERVED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What an address of the schema names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// The list of objects.
    List,
    Object(String),
    Field(String, String),
}

/// The addresses of one org.
#[derive(Debug, Clone)]
pub(super) struct Addresses {
    root: String,
}

impl Addresses {
    /// Those of an org of this name, which may be any text.
    pub(super) fn new(org: &str) -> Self {
        Self { root: format!("{SCHEME}{}/schema", utf8_percent_encode(org, RESERVED)) }
    }

    pub(super) fn list(&self) -> &str {
        &self.root
    }

    pub(super) fn object(&self, object: &str) -> String {
        format!("{}/{}", self.root, utf8_percent_encode(object, RESERVED))
    }

    /// The template of the addresses of objects.
    pub(super) fn object_template(&self) -> String {
        format!("{}/{{object}}", self.root)
    }

    /// The template of the addresses of fields.
    pub(super) fn field_template(&self) -> String {
        format!("{}/{{object}}/{{field}}", self.root)
    }

    /// What an address names; none if it is none of these.
    pub(super) fn place(&self, uri: &str) -> Option<Place> {
        let rest = uri.strip_prefix(&self.root)?;
        if rest.is_empty() {
            return Some(Place::List);
        }
        let part = |text: &str| {
            let text = percent_decode_str(text).decode_utf8().ok()?.into_owned();
            (!text.is_empty()).then_some(text)
        };
        let mut parts = rest.strip_prefix('/')?.split('/');
        let place = match (parts.next(), parts.next()) {
            (Some(object), None) => Place::Object(part(object)?),
            (Some(object), Some(field)) => Place::Field(part(object)?, part(field)?),
            _ => return None,
        };
        parts.next().is_none().then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::{Addresses, Place};

    #[test]
    fn an_address_leads_to_what_it_was_made_of() {
        let at = Addresses::new("Acme & Söhne/1");
        assert_eq!(at.list(), "salesforce://Acme%20%26%20S%C3%B6hne%2F1/schema");
        assert_eq!(at.place(at.list()), Some(Place::List));
        let (object, field) = ("Invoice__c".to_owned(), "Amount__c".to_owned());
        assert_eq!(at.place(&at.object(&object)), Some(Place::Object(object.clone())));
        let uri = format!("{}/{field}", at.object(&object));
        assert_eq!(at.place(&uri), Some(Place::Field(object, field)));
    }

    #[test]
    fn others_are_nobodys() {
        let at = Addresses::new("demo");
        for uri in [
            "",
            "salesforce://demo",
            "salesforce://demo2/schema",
            "salesforce://demo/schemas",
            "salesforce://demo/schema/",
            "salesforce://demo/schema//Name",
            "salesforce://demo/schema/Account/",
            "salesforce://demo/schema/Account/Name/x",
            "salesforce://demo/schema/%FF",
            "salesforce://results/1",
        ] {
            assert_eq!(at.place(uri), None, "{uri}");
        }
    }
}
