//! The configuration file, from TOML.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;
use sf_agent_tools::Profile;

use super::entry::Secret;
use super::{Config, DEMO, Login, OrgEntry, Terms, below};
use crate::settings::Jwt;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    default_org: Option<String>,
    #[serde(default)]
    orgs: BTreeMap<String, FileOrg>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileOrg {
    account: Option<String>,
    embedded: Option<bool>,
    login_url: Option<String>,
    client_id: Option<String>,
    client_secret_env: Option<String>,
    client_secret_file: Option<PathBuf>,
    username: Option<String>,
    jwt_key_file: Option<PathBuf>,
    jwt_certificate_file: Option<PathBuf>,
    instance_url: Option<String>,
    access_token_env: Option<String>,
    access_token_file: Option<PathBuf>,
    policy: Option<PathBuf>,
    write: Option<bool>,
    audit: Option<PathBuf>,
    profile: Option<String>,
}

/// The keys of the file, and those of an org.
const KEYS: [&str; 2] = ["default_org", "orgs"];
pub(crate) const ORG_KEYS: [&str; 16] = [
    "account",
    "embedded",
    "login_url",
    "client_id",
    "client_secret_env",
    "client_secret_file",
    "username",
    "jwt_key_file",
    "jwt_certificate_file",
    "instance_url",
    "access_token_env",
    "access_token_file",
    "policy",
    "write",
    "audit",
    "profile",
];

/// What a file says; `path` is for messages and for the files it names.
pub(super) fn config(text: &str, path: &Path) -> Result<Config> {
    let File { default_org, orgs } = toml::from_str(text)
        .map_err(|error| anyhow!("the config {}{}", path.display(), told(text, &error)))?;
    let mut read = BTreeMap::new();
    for (name, org) in orgs {
        let entry = entry(&name, org, path)
            .with_context(|| format!("the config {} cannot be used", path.display()))?;
        read.insert(name, entry);
    }
    Ok(Config { default_org, orgs: read })
}

/// What the parser says, with the line, and for an unknown key the one that was meant.
fn told(text: &str, error: &toml::de::Error) -> String {
    let Some(span) = error.span() else { return format!(": {}", error.message()) };
    let line = text.get(..span.start).map_or(0, |before| before.matches('\n').count()) + 1;
    if !error.message().starts_with("unknown field") {
        return format!(", line {line}: {}", error.message().replace('\n', " "));
    }
    let key = text.get(span).unwrap_or_default().trim_matches(['"', '\'']);
    // In an org, or before the first of them.
    let is_top = error.message().contains("`default_org`");
    let (place, keys) = if is_top { ("", &KEYS[..]) } else { (" of an org", &ORG_KEYS[..]) };
    let near = sf_schema::suggest(key, keys.iter().copied());
    let hint = match near.first() {
        Some(near) => format!("did you mean {near}?"),
        None => format!("the keys are {}", keys.join(", ")),
    };
    format!(", line {line}: {key:?} is no key{place}; {hint}")
}

/// An org, if what it says makes one.
fn entry(name: &str, org: FileOrg, path: &Path) -> Result<OrgEntry> {
    if name == DEMO {
        bail!("orgs.{DEMO}: {DEMO} is built in; choose another name, with embedded = true");
    }
    if name.trim() != name || name.is_empty() || name.chars().any(char::is_control) {
        bail!("orgs.{name:?}: a name has letters and no blanks around them");
    }
    let login = login(name, &org, path)?;
    if org.policy.is_some() && org.write.is_some() {
        bail!(
            "orgs.{name}: policy says what may be written, so that write must not stand beside it"
        );
    }
    let profile = org.profile.as_deref().map(|text| {
        Profile::from_name(text).ok_or_else(|| {
            let names = Profile::ALL.map(Profile::as_str).join(", ");
            anyhow!("orgs.{name}: profile {text:?} is none of {names}")
        })
    });
    let file = |given: Option<PathBuf>| given.map(|given| below(path, given));
    let terms = Terms {
        name: Some(name.to_owned()),
        policy: file(org.policy),
        write: org.write,
        audit: file(org.audit),
        profile: profile.transpose()?,
    };
    Ok(OrgEntry { login, terms })
}

fn login(name: &str, org: &FileOrg, path: &Path) -> Result<Login> {
    let ways = [
        ("account", org.account.is_some()),
        ("embedded", org.embedded == Some(true)),
        ("client_secret_env", org.client_secret_env.is_some()),
        ("client_secret_file", org.client_secret_file.is_some()),
        ("jwt_key_file", org.jwt_key_file.is_some()),
        ("access_token_env", org.access_token_env.is_some()),
        ("access_token_file", org.access_token_file.is_some()),
    ];
    let given: Vec<&str> = ways.iter().filter(|(_, given)| *given).map(|(key, _)| *key).collect();
    let [way] = given[..] else {
        let keys = ways.map(|(key, _)| key).join(", ");
        let found = if given.is_empty() {
            "has none of them".to_owned()
        } else {
            format!("has {}", given.join(" and "))
        };
        bail!("orgs.{name}: one of {keys} says how to log in, and it {found}");
    };
    let needs = |key: &str, value: &Option<String>| {
        value.clone().with_context(|| format!("orgs.{name}: {way} needs {key} beside it"))
    };
    let (login_url, client_id, username, instance_url) =
        (&org.login_url, &org.client_id, &org.username, &org.instance_url);
    let secret = |variable: &Option<String>, file: &Option<PathBuf>| match (variable, file) {
        (Some(variable), _) => Secret::Variable(variable.clone()),
        (None, file) => Secret::File(below(path, file.clone().unwrap_or_default())),
    };
    // What does not belong to the way was meant for another one.
    let used: &[&str] = match way {
        "account" | "embedded" => &[],
        "client_secret_env" | "client_secret_file" => &["login_url", "client_id"],
        "jwt_key_file" => &["login_url", "client_id", "username", "jwt_certificate_file"],
        _ => &["instance_url"],
    };
    let certificate = &org.jwt_certificate_file;
    let present = [
        ("login_url", login_url.is_some()),
        ("client_id", client_id.is_some()),
        ("username", username.is_some()),
        ("jwt_certificate_file", certificate.is_some()),
        ("instance_url", instance_url.is_some()),
    ];
    if let Some((key, _)) = present.iter().find(|(key, given)| *given && !used.contains(key)) {
        bail!("orgs.{name}: {key} means nothing beside {way}; leave it out");
    }
    Ok(match way {
        "account" => Login::Account(org.account.clone().unwrap_or_default()),
        "embedded" => Login::Embedded,
        "jwt_key_file" => Login::JwtBearer(Jwt {
            login_url: needs("login_url", login_url)?,
            client_id: needs("client_id", client_id)?,
            username: needs("username", username)?,
            key_file: below(path, org.jwt_key_file.clone().unwrap_or_default()),
            certificate_file: certificate.clone().map(|file| below(path, file)),
        }),
        "client_secret_env" | "client_secret_file" => Login::ClientCredentials {
            login_url: needs("login_url", login_url)?,
            client_id: needs("client_id", client_id)?,
            secret: secret(&org.client_secret_env, &org.client_secret_file),
        },
        _ => Login::Session {
            instance_url: needs("instance_url", instance_url)?,
            token: secret(&org.access_token_env, &org.access_token_file),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        format!("{:#}", config(text, Path::new("/home/ada/config.toml")).unwrap_err())
    }

    #[test]
    fn orgs_log_in_in_one_way_each() {
        let text = r#"
            default_org = "prod"
            [orgs.prod]
            account = "acme-production"
            policy = "policies/prod.toml"
            audit = "/var/log/prod.jsonl"
            profile = "sales"
            [orgs.nightly]
            login_url = "https://acme.my.salesforce.com"
            client_id = "3MVG9"
            client_secret_env = "NIGHTLY_SECRET"
            write = true
            [orgs.robot]
            login_url = "https://acme.my.salesforce.com"
            client_id = "3MVG9"
            username = "robot@acme.com"
            jwt_key_file = "robot.key"
            [orgs.now]
            instance_url = "https://acme.my.salesforce.com"
            access_token_env = "TOKEN"
            [orgs.play]
            embedded = true
        "#;
        let config = config(text, Path::new("/home/ada/config.toml")).unwrap();
        assert_eq!(config.default_org.as_deref(), Some("prod"));
        let prod = &config.orgs["prod"];
        assert_eq!(prod.login, Login::Account("acme-production".to_owned()));
        assert_eq!(prod.terms.policy.as_deref(), Some(Path::new("/home/ada/policies/prod.toml")));
        assert_eq!(prod.terms.audit.as_deref(), Some(Path::new("/var/log/prod.jsonl")));
        assert_eq!(prod.terms.profile, Some(Profile::Sales));
        assert_eq!(config.orgs["nightly"].terms.write, Some(true));
        let ways: Vec<_> = config.orgs.values().map(|entry| entry.login.way()).collect();
        let expected =
            ["client credentials", "session", "embedded", "account acme-production", "JWT bearer"];
        assert_eq!(ways, expected);
        assert_eq!(config.account_of("prod"), "acme-production");
        assert_eq!(config.account_of("other"), "other");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        insta::assert_snapshot!(refused("defualt_org = \"x\""), @r#"the config /home/ada/config.toml, line 1: "defualt_org" is no key; did you mean default_org?"#);
        insta::assert_snapshot!(refused("[orgs.a]\naccount = \"a\"\npolicies = \"p.toml\""), @r#"the config /home/ada/config.toml, line 3: "policies" is no key of an org; did you mean policy?"#);
        insta::assert_snapshot!(refused("[orgs.a]\naccount = \"a\"\npassword = \"x\""), @r#"the config /home/ada/config.toml, line 3: "password" is no key of an org; the keys are account, embedded, login_url, client_id, client_secret_env, client_secret_file, username, jwt_key_file, jwt_certificate_file, instance_url, access_token_env, access_token_file, policy, write, audit, profile"#);
        insta::assert_snapshot!(refused("[orgs.a]\nwrite = \"yes\""), @r#"the config /home/ada/config.toml, line 2: invalid type: string "yes", expected a boolean"#);
        insta::assert_snapshot!(refused("[orgs.a\n"), @"the config /home/ada/config.toml, line 1: unclosed table, expected `]`");
        insta::assert_snapshot!(refused("[orgs.a]\nwrite = true"), @"the config /home/ada/config.toml cannot be used: orgs.a: one of account, embedded, client_secret_env, client_secret_file, jwt_key_file, access_token_env, access_token_file says how to log in, and it has none of them");
        insta::assert_snapshot!(refused("[orgs.a]\naccount = \"a\"\nembedded = true"), @"the config /home/ada/config.toml cannot be used: orgs.a: one of account, embedded, client_secret_env, client_secret_file, jwt_key_file, access_token_env, access_token_file says how to log in, and it has account and embedded");
        insta::assert_snapshot!(refused("[orgs.a]\naccount = \"a\"\nlogin_url = \"https://a\""), @"the config /home/ada/config.toml cannot be used: orgs.a: login_url means nothing beside account; leave it out");
        insta::assert_snapshot!(refused("[orgs.a]\njwt_key_file = \"k\"\nlogin_url = \"https://a\""), @"the config /home/ada/config.toml cannot be used: orgs.a: jwt_key_file needs client_id beside it");
        insta::assert_snapshot!(refused("[orgs.a]\naccount = \"a\"\npolicy = \"p\"\nwrite = true"), @"the config /home/ada/config.toml cannot be used: orgs.a: policy says what may be written, so that write must not stand beside it");
        insta::assert_snapshot!(refused("[orgs.a]\naccount = \"a\"\nprofile = \"big\""), @r#"the config /home/ada/config.toml cannot be used: orgs.a: profile "big" is none of core, sales, admin, all"#);
        insta::assert_snapshot!(refused("[orgs.demo]\nembedded = true"), @"the config /home/ada/config.toml cannot be used: orgs.demo: demo is built in; choose another name, with embedded = true");
    }

    #[test]
    fn the_example_of_the_page_is_a_configuration() {
        let page = include_str!("../../../docs/command-line.md");
        let example = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next());
        let config = config(example.unwrap(), Path::new("/home/ada/config.toml")).unwrap();
        assert_eq!(config.orgs.len(), 3);
        assert!(config.orgs.contains_key(&config.default_org.unwrap()));
    }

    #[test]
    fn every_key_of_an_org_is_known() {
        let told = refused("[orgs.a]\nzzzzzzzz = 1");
        assert!(ORG_KEYS.iter().all(|key| told.contains(key)), "{told}");
        // serde lists the keys of the struct; the list here must be the same.
        let error = toml::from_str::<File>("[orgs.a]\nzzzzzzzz = 1").err().unwrap();
        let count = error.message().matches('`').count() / 2 - 1;
        assert_eq!(count, ORG_KEYS.len(), "{}", error.message());
    }
}
