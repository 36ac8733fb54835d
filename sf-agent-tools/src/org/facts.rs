//! Whose connection this is, to which org, and how much of its limits is left.
//!
//! With rules: who the agent itself is (the ids of user and org, the user's name and username) and
//! what kind of org it is (sandbox or production, the edition) are told in any case, since an agent
//! must know as whom it acts and where. Everything else of `User` and `Organization` is read as any other record is, so that it is
//! told if, and as, the rules let it be read. The org's limits hold nothing of records and are told.

use std::collections::BTreeMap;

use serde_json::Value;
use sf_rest::ops::limits::{Limit, Limits};
use sf_rest::{ApiUsage, Error, Id, Method, Operation, Record, Request, Response, Safety};
use sf_soql::escape;

use super::Org;
use crate::ToolError;
use crate::policy::{Caps, Used};

/// A user, as far as it may be told.
#[derive(Debug, Default)]
pub(crate) struct Person {
    pub(crate) id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) username: Option<String>,
    /// Other fields, by their paths.
    pub(crate) more: BTreeMap<&'static str, String>,
}

/// An org, as far as it may be told.
#[derive(Debug, Default)]
pub(crate) struct Place {
    pub(crate) id: Option<String>,
    pub(crate) sandbox: Option<bool>,
    pub(crate) edition: Option<String>,
    pub(crate) host: String,
    pub(crate) version: String,
    /// Other fields, by their names.
    pub(crate) more: BTreeMap<&'static str, String>,
}

/// What is told of a user beside the name.
const OF_USER: &[&str] = &[
    "Email",
    "Profile.Name",
    "UserRole.Name",
    "UserType",
    "TimeZoneSidKey",
    "LocaleSidKey",
    "LanguageLocaleKey",
];

/// What is told of an org beside what kind it is.
const OF_ORG: &[&str] = &[
    "Name",
    "InstanceName",
    "TimeZoneSidKey",
    "DefaultLocaleSidKey",
    "TrialExpirationDate",
    "NamespacePrefix",
];

/// `GET /services/oauth2/userinfo` (OpenID Connect), for a session that does not say whose it is.
struct UserInfo;

impl Operation for UserInfo {
    type Output = Value;

    fn request(&self) -> Result<Request, Error> {
        let path = "/services/oauth2/userinfo";
        Ok(Request::absolute(Method::GET, "oauth2/userinfo", path))
    }

    fn decode(&self, response: Response) -> Result<Value, Error> {
        response.json("the user's identity")
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

impl Org {
    /// The user of this connection and its org.
    ///
    /// # Errors
    /// If there is no session. What cannot be had otherwise is left out.
    pub(crate) async fn identity(&self) -> Result<(Person, Place), ToolError> {
        let client = &self.inner.client;
        let session = client.session().await.map_err(|error| self.explained(&error, None))?;
        let mut person = Person { id: session.user_id().map(str::to_owned), ..Person::default() };
        let mut place = Place {
            id: session.org_id().map(str::to_owned),
            host: session.instance_url().host_str().unwrap_or_default().to_owned(),
            version: client.version().to_string(),
            ..Place::default()
        };
        if person.id.is_none() {
            self.gate().request()?;
            match client.send(&UserInfo).await {
                Ok(info) => {
                    let text = |key: &str| info[key].as_str().map(str::to_owned);
                    (person.id, person.username) = (text("user_id"), text("preferred_username"));
                    person.name = text("name");
                    place.id = place.id.or_else(|| text("organization_id"));
                }
                Err(error) => tracing::debug!(%error, "the session does not say whose it is"),
            }
        }
        if let Some(id) = person.id.as_deref().and_then(|id| Id::parse(id).ok()) {
            let statement = format!(
                "SELECT Name, Username FROM User WHERE Id = '{}'",
                escape::string(id.as_str())
            );
            if let Some(row) = self.own(&statement).await? {
                person.name = text(&row, "Name").or(person.name);
                person.username = text(&row, "Username").or(person.username);
            }
            person.more = self.told("User", id, OF_USER).await?;
        }
        let statement = "SELECT Id, IsSandbox, OrganizationType FROM Organization";
        if let Some(row) = self.own(statement).await? {
            place.edition = text(&row, "OrganizationType");
            place.id = text(&row, "Id").or(place.id);
            place.sandbox = row.get("IsSandbox").and_then(|value| value.as_bool());
        }
        if let Some(id) = place.id.as_deref().and_then(|id| Id::parse(id).ok()) {
            place.more = self.told("Organization", id, OF_ORG).await?;
        }
        Ok((person, place))
    }

    /// The one row of a statement of ours about the connection itself; none if the user may not read
    /// it.
    async fn own(&self, statement: &str) -> Result<Option<Record>, ToolError> {
        self.gate().request()?;
        let page = self.inner.client.query_page(&sf_rest::Query::new(statement.to_owned())).await;
        match page {
            Ok(page) => Ok(page.records.into_iter().next()),
            Err(error) if !error.api_errors().is_empty() && !error.is_retryable() => {
                tracing::debug!(%error, "a fact of the connection cannot be read");
                Ok(None)
            }
            Err(error) => Err(self.explained(&error, None)),
        }
    }

    /// Those of a record's fields that there are and that may be read, by their paths.
    async fn told(
        &self,
        object: &str,
        id: Id,
        paths: &[&'static str],
    ) -> Result<BTreeMap<&'static str, String>, ToolError> {
        let Ok(described) = self.object(object).await else { return Ok(BTreeMap::new()) };
        let mut asked = Vec::new();
        for path in paths {
            let known = match path.split_once('.') {
                None => described.field(path).is_some(),
                Some((parent, field)) => {
                    let target = described.parent(parent).and_then(|f| f.reference_to.first());
                    match target {
                        Some(target) => {
                            let target = self.object(target).await;
                            target.is_ok_and(|target| target.field(field).is_some())
                        }
                        None => false,
                    }
                }
            };
            if known {
                asked.push(*path);
            }
        }
        if asked.is_empty() {
            return Ok(BTreeMap::new());
        }
        let fields: Vec<String> = asked.iter().map(|path| (*path).to_owned()).collect();
        // A record that the rules do not let be read tells nothing.
        let Ok(row) = self.get(object, id, &fields).await else { return Ok(BTreeMap::new()) };
        Ok(asked.into_iter().filter_map(|path| Some((path, at(&row, path)?))).collect())
    }

    /// The org's limits.
    ///
    /// # Errors
    /// By the error contract.
    pub(crate) async fn org_limits(&self) -> Result<BTreeMap<String, Limit>, ToolError> {
        self.gate().request()?;
        let limits = self.inner.client.send(&Limits).await;
        limits.map_err(|error| self.explained(&error, None))
    }

    /// The org's API requests of the day, as the latest answer stated them, and how many of them
    /// this connection keeps for others.
    ///
    /// # Errors
    /// By the error contract, if no answer stated them yet.
    pub(crate) async fn usage(&self) -> Result<(Option<ApiUsage>, Option<u64>), ToolError> {
        if self.inner.client.usage().is_none() {
            self.org_limits().await?;
        }
        Ok((self.inner.client.usage(), self.inner.client.reserve()))
    }

    /// What this session has used, and its caps; none without rules.
    pub(crate) fn used(&self) -> Option<(Used, Caps)> {
        let guard = self.inner.guard.as_ref()?;
        Some((guard.meter.used(), guard.rules.caps))
    }
}

fn text(row: &Record, name: &str) -> Option<String> {
    row.get(name)?.as_str().map(str::to_owned)
}

fn at(row: &Record, path: &str) -> Option<String> {
    match path.split_once('.') {
        None => text(row, path),
        Some((parent, rest)) => match row.get(parent)? {
            sf_rest::ValueRef::Record(inner) => at(&inner, rest),
            _ => None,
        },
    }
}
