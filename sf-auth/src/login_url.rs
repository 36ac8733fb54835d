//! The address at which tokens are asked for, checked before any secret is sent to it.

use std::fmt;

use url::{Host, Url};

use crate::Error;

/// A login or instance address: a My Domain (`https://acme.my.salesforce.com`),
/// `https://login.salesforce.com`, `https://test.salesforce.com`, an Experience Cloud site with its
/// path prefix, or a loopback address for an embedded org.
///
/// https is required; plain http is allowed to a loopback host, since secrets go there.
#[derive(Clone, PartialEq, Eq)]
pub struct LoginUrl(Url);

impl LoginUrl {
    /// Checks an address.
    ///
    /// # Errors
    /// [`Error::Configuration`] with what is wrong and what is allowed.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refuse = |why: &str| {
            Err(Error::Configuration {
                what: format!(
                    "the Salesforce address {} {why}; give an address such as \
                     https://acme.my.salesforce.com (Setup, My Domain)",
                    shown(text)
                ),
            })
        };
        let Ok(mut url) = Url::parse(text.trim()) else {
            return refuse("is not a URL");
        };
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("contains a user name or password");
        }
        let Some(host) = url.host() else {
            return refuse("names no host");
        };
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&host) => {}
            "http" => return refuse("must be https (http is allowed on loopback only)"),
            _ => return refuse("must be https"),
        }
        if matches!(&host, Host::Domain(name) if name.ends_with(".lightning.force.com")) {
            return refuse(
                "is a page of the user interface, which does not answer API calls; use the same \
                 name under my.salesforce.com",
            );
        }
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self(url))
    }

    /// The address.
    pub fn as_url(&self) -> &Url {
        &self.0
    }

    /// The address without a trailing slash, as the `aud` claim of a JWT wants it.
    pub fn audience(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// The token endpoint below this address.
    pub fn token_endpoint(&self) -> String {
        format!("{}/services/oauth2/token", self.audience())
    }

    /// Whether this is one of the two hosts that serve all orgs, rather than an org's own domain.
    pub fn is_generic(&self) -> bool {
        matches!(self.0.host_str(), Some("login.salesforce.com" | "test.salesforce.com"))
    }
}

/// Parses an instance URL of a token response with the same rules.
#[cfg(any(feature = "client-credentials", feature = "jwt"))]
pub(crate) fn parse_instance(text: &str) -> Option<Url> {
    LoginUrl::parse(text).ok().map(|url| url.0)
}

/// Refuses empty or padded values, which the platform answers with a misleading error.
#[cfg(any(feature = "client-credentials", feature = "jwt"))]
pub(crate) fn check_plain(name: &str, value: &str) -> Result<(), Error> {
    let problem = if value.is_empty() {
        "is empty; set it"
    } else if value.trim() != value {
        "begins or ends with white space; remove it"
    } else {
        return Ok(());
    };
    Err(Error::Configuration { what: format!("the {name} {problem}") })
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// The text as an error may show it: a URL's user part can hold a password, so it is left out.
fn shown(text: &str) -> String {
    match Url::parse(text.trim()) {
        Ok(url) => format!("\"{}://{}\"", url.scheme(), url.host_str().unwrap_or_default()),
        Err(_) if text.contains('@') => "given".to_owned(),
        Err(_) => format!("{:?}", text.chars().take(80).collect::<String>()),
    }
}

impl fmt::Debug for LoginUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LoginUrl({})", self.0)
    }
}

impl fmt::Display for LoginUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.audience())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_https_and_loopback() {
        for text in [
            "https://acme.my.salesforce.com",
            "https://login.salesforce.com/",
            "https://acme.my.site.com/partners",
            "http://127.0.0.1:8080",
            "http://localhost:1",
            "http://[::1]:9",
        ] {
            assert!(LoginUrl::parse(text).is_ok(), "{text}");
        }
        let site = LoginUrl::parse("https://acme.my.site.com/partners/").unwrap();
        assert_eq!(
            site.token_endpoint(),
            "https://acme.my.site.com/partners/services/oauth2/token"
        );
    }

    #[test]
    fn refuses_with_the_way_out() {
        let refused = |text| LoginUrl::parse(text).unwrap_err().to_string();
        insta::assert_snapshot!(refused("http://acme.my.salesforce.com"), @r#"the Salesforce address "http://acme.my.salesforce.com" must be https (http is allowed on loopback only); give an address such as https://acme.my.salesforce.com (Setup, My Domain)"#);
        insta::assert_snapshot!(refused("acme"), @r#"the Salesforce address "acme" is not a URL; give an address such as https://acme.my.salesforce.com (Setup, My Domain)"#);
        insta::assert_snapshot!(refused("https://acme.lightning.force.com"), @r#"the Salesforce address "https://acme.lightning.force.com" is a page of the user interface, which does not answer API calls; use the same name under my.salesforce.com; give an address such as https://acme.my.salesforce.com (Setup, My Domain)"#);
        assert!(!refused("https://me:hunter2@acme.my.salesforce.com").contains("hunter2"));
        assert!(!refused("http://127.0.0.1.evil.example").is_empty());
    }
}
