//! Where an org logs in, resolved from the address that was given, and checked before any secret
//! is sent to it.

use std::fmt;

use url::{Host, Url};

use crate::Error;

/// Where tokens are asked for: one address, and what kind of address it is.
///
/// It is resolved from the URL that the user gives, label by label and never by a part of a name;
/// an address that is none of Salesforce's own forms is [`Custom`](EnvironmentKind::Custom) and is
/// used as it stands. https is required; plain http is allowed to a loopback host, since secrets
/// go there.
///
/// ```
/// use sf_auth::{Environment, EnvironmentKind};
///
/// # fn main() -> Result<(), sf_auth::Error> {
/// let uat = Environment::parse("https://acme--uat.sandbox.my.salesforce.com")?;
/// assert_eq!(uat.kind(), EnvironmentKind::MyDomain);
/// assert_eq!(uat.is_sandbox(), Some(true));
/// assert_eq!(uat.jwt_audience(), "https://test.salesforce.com");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Environment {
    url: Url,
    kind: EnvironmentKind,
    sandbox: Option<bool>,
}

/// The forms of login addresses (Salesforce Help, "OAuth Endpoints" and "My Domain URL Formats").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EnvironmentKind {
    /// `https://login.salesforce.com`, which serves all production and Developer Edition orgs.
    Production,
    /// `https://test.salesforce.com`, which serves all sandboxes.
    Sandbox,
    /// An org's own domain: `https://acme.my.salesforce.com`,
    /// `https://acme--uat.sandbox.my.salesforce.com`.
    MyDomain,
    /// A site with its path prefix: `https://acme.my.site.com/partners`.
    ExperienceCloud,
    /// Any other address: a custom domain, a proxy, an embedded org.
    Custom,
}

/// The audience of assertions for production, and the login address.
const PRODUCTION: &str = "https://login.salesforce.com";
/// The same for sandboxes and scratch orgs.
const SANDBOX: &str = "https://test.salesforce.com";

impl Environment {
    /// Resolves an address.
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
        let (kind, sandbox) = match &host {
            Host::Domain(name) => resolve(name),
            _ => (EnvironmentKind::Custom, None),
        };
        let labels = labels(&host);
        if labels.ends_with(&["lightning", "force", "com"]) {
            return refuse(
                "is a page of the user interface, which does not answer API calls; use the same \
                 name under my.salesforce.com",
            );
        }
        if labels.ends_with(&["my", "salesforce-setup", "com"]) {
            return refuse("is a Setup page, which does not answer API calls");
        }
        url.set_query(None);
        url.set_fragment(None);
        // What a browser shows below an org's domain is a page of it; sites and proxies have paths.
        if matches!(
            kind,
            EnvironmentKind::Production | EnvironmentKind::Sandbox | EnvironmentKind::MyDomain
        ) {
            url.set_path("");
        }
        Ok(Self { url, kind, sandbox })
    }

    /// The address.
    pub fn as_url(&self) -> &Url {
        &self.url
    }

    /// What kind of address it is.
    pub fn kind(&self) -> EnvironmentKind {
        self.kind
    }

    /// Whether the address belongs to sandboxes or scratch orgs; `None` where the address does not
    /// tell, which is so for sites and custom domains. After a login the session's instance URL
    /// tells more: `Environment::parse(session.instance_url().as_str())`.
    pub fn is_sandbox(&self) -> Option<bool> {
        self.sandbox
    }

    /// Whether this is one of the two hosts that serve all orgs, rather than an org's own domain.
    pub fn is_generic(&self) -> bool {
        matches!(self.kind, EnvironmentKind::Production | EnvironmentKind::Sandbox)
    }

    /// The `aud` claim of an assertion for this environment: `https://login.salesforce.com` for
    /// production and Developer Edition, `https://test.salesforce.com` for sandboxes and scratch
    /// orgs, the site's own address for Experience Cloud (Salesforce Help, "OAuth 2.0 JWT Bearer
    /// Flow"), and the address itself where it does not tell which of them it is.
    pub fn jwt_audience(&self) -> &str {
        match (self.kind, self.sandbox) {
            (EnvironmentKind::ExperienceCloud | EnvironmentKind::Custom, _) => self.base(),
            (_, Some(true)) => SANDBOX,
            (_, Some(false)) => PRODUCTION,
            (_, None) => self.base(),
        }
    }

    /// The token endpoint below this address.
    pub fn token_endpoint(&self) -> String {
        self.endpoint("/services/oauth2/token")
    }

    /// An absolute path below this address, for example `/services/oauth2/revoke`.
    pub(crate) fn endpoint(&self, path: &str) -> String {
        format!("{}{path}", self.base())
    }

    /// The address without a trailing slash.
    fn base(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    /// Checks the `instance_url` of an answer from this address: https, unless the login itself
    /// went to loopback without it.
    #[cfg(feature = "oauth")]
    pub(crate) fn instance(&self, text: &str) -> Option<Url> {
        let instance = Self::parse(text).ok()?.url;
        (instance.scheme() == "https" || self.url.scheme() == "http").then_some(instance)
    }
}

/// Kind, and whether it is a sandbox, by the labels of a host name. The names before `my` are
/// those of "My Domain URL Formats"; `cs97` and the like are those of instances, before enhanced
/// domains.
fn resolve(host: &str) -> (EnvironmentKind, Option<bool>) {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let labels: Vec<&str> = host.split('.').collect();
    let (partition, kind) = match labels.as_slice() {
        ["login", "salesforce", "com"] => return (EnvironmentKind::Production, Some(false)),
        ["test", "salesforce", "com"] => return (EnvironmentKind::Sandbox, Some(true)),
        // China's domain has login hosts of its own, so the audience is not one of the two.
        [_, .., "my", "sfcrmproducts", "cn"] => return (EnvironmentKind::MyDomain, None),
        [_, partition @ .., "my", "salesforce", "com"] => (partition, EnvironmentKind::MyDomain),
        [_, .., "my", "site", "com"] => return (EnvironmentKind::ExperienceCloud, None),
        _ => return (EnvironmentKind::Custom, None),
    };
    let sandbox = match partition {
        [] | ["develop" | "trailblaze" | "demo" | "free" | "patch"] => Some(false),
        ["sandbox" | "scratch"] => Some(true),
        [instance] if is_sandbox_instance(instance) => Some(true),
        _ => None,
    };
    (kind, sandbox)
}

/// `cs` and a number: the instances of sandboxes before enhanced domains.
fn is_sandbox_instance(label: &str) -> bool {
    label
        .strip_prefix("cs")
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

fn labels<'a>(host: &'a Host<&'a str>) -> Vec<&'a str> {
    match host {
        Host::Domain(name) => name.trim_end_matches('.').split('.').collect(),
        _ => Vec::new(),
    }
}

pub(crate) fn is_loopback(host: &Host<&str>) -> bool {
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

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Environment({}, {:?})", self.url, self.kind)
    }
}

/// The address without a trailing slash.
impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.base())
    }
}

impl std::str::FromStr for Environment {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_what_they_are() {
        let mut table = String::new();
        for text in [
            "https://login.salesforce.com/",
            "https://test.salesforce.com",
            "https://acme.my.salesforce.com",
            "https://acme--uat.sandbox.my.salesforce.com",
            "https://acme-dev-ed.develop.my.salesforce.com",
            "https://test-abc.scratch.my.salesforce.com",
            "https://acme--uat.cs97.my.salesforce.com",
            "https://acme.na1.my.salesforce.com",
            "https://acme.my.sfcrmproducts.cn",
            "https://acme.my.site.com/partners/",
            "https://ACME.My.Salesforce.com/home?x=1#y",
            // None of these may be taken for what it resembles.
            "https://test.salesforce.com.evil.example",
            "https://my.salesforce.com.example",
            "https://testing.my.salesforce.com",
            "https://acme.sandbox.salesforce.example",
            "https://login.acme.example",
            "http://127.0.0.1:8080",
            "http://localhost:1",
            "http://[::1]:9",
        ] {
            let one = Environment::parse(text).unwrap();
            let sandbox = one.is_sandbox().map_or("unknown", |yes| if yes { "yes" } else { "no" });
            let line = format!("{text} | {:?} | {sandbox} | {}\n", one.kind(), one.jwt_audience());
            table.push_str(&line);
        }
        insta::assert_snapshot!(table, @"
        https://login.salesforce.com/ | Production | no | https://login.salesforce.com
        https://test.salesforce.com | Sandbox | yes | https://test.salesforce.com
        https://acme.my.salesforce.com | MyDomain | no | https://login.salesforce.com
        https://acme--uat.sandbox.my.salesforce.com | MyDomain | yes | https://test.salesforce.com
        https://acme-dev-ed.develop.my.salesforce.com | MyDomain | no | https://login.salesforce.com
        https://test-abc.scratch.my.salesforce.com | MyDomain | yes | https://test.salesforce.com
        https://acme--uat.cs97.my.salesforce.com | MyDomain | yes | https://test.salesforce.com
        https://acme.na1.my.salesforce.com | MyDomain | unknown | https://acme.na1.my.salesforce.com
        https://acme.my.sfcrmproducts.cn | MyDomain | unknown | https://acme.my.sfcrmproducts.cn
        https://acme.my.site.com/partners/ | ExperienceCloud | unknown | https://acme.my.site.com/partners
        https://ACME.My.Salesforce.com/home?x=1#y | MyDomain | no | https://login.salesforce.com
        https://test.salesforce.com.evil.example | Custom | unknown | https://test.salesforce.com.evil.example
        https://my.salesforce.com.example | Custom | unknown | https://my.salesforce.com.example
        https://testing.my.salesforce.com | MyDomain | no | https://login.salesforce.com
        https://acme.sandbox.salesforce.example | Custom | unknown | https://acme.sandbox.salesforce.example
        https://login.acme.example | Custom | unknown | https://login.acme.example
        http://127.0.0.1:8080 | Custom | unknown | http://127.0.0.1:8080
        http://localhost:1 | Custom | unknown | http://localhost:1
        http://[::1]:9 | Custom | unknown | http://[::1]:9
        ");
        let site = Environment::parse("https://acme.my.site.com/partners/").unwrap();
        let pasted = Environment::parse("https://acme.my.salesforce.com/home/home.jsp").unwrap();
        assert_eq!(pasted.to_string(), "https://acme.my.salesforce.com");
        assert_eq!(
            site.token_endpoint(),
            "https://acme.my.site.com/partners/services/oauth2/token"
        );
    }

    #[test]
    fn refuses_with_the_way_out() {
        let refused = |text| Environment::parse(text).unwrap_err().to_string();
        insta::assert_snapshot!(refused("http://acme.my.salesforce.com"), @r#"the Salesforce address "http://acme.my.salesforce.com" must be https (http is allowed on loopback only); give an address such as https://acme.my.salesforce.com (Setup, My Domain)"#);
        insta::assert_snapshot!(refused("acme"), @r#"the Salesforce address "acme" is not a URL; give an address such as https://acme.my.salesforce.com (Setup, My Domain)"#);
        insta::assert_snapshot!(refused("https://acme.lightning.force.com"), @r#"the Salesforce address "https://acme.lightning.force.com" is a page of the user interface, which does not answer API calls; use the same name under my.salesforce.com; give an address such as https://acme.my.salesforce.com (Setup, My Domain)"#);
        assert!(!refused("https://me:hunter2@acme.my.salesforce.com").contains("hunter2"));
        assert!(!refused("http://127.0.0.1.evil.example").is_empty());
    }
}
