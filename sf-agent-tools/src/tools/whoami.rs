//! `salesforce_whoami`: as whom the agent acts, where, and what it may do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::org::{Person, Place};
use crate::{CallContext, Effect, Org, Policy, Reply, Tool, ToolError, WriteMode};

/// Tells whose connection it is.
pub(crate) struct WhoAmI;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Output {
    /// The Salesforce user as whom every call is made.
    user: User,
    /// The org.
    org: TheOrg,
    /// Numbers of objects whose records the user may query, create, update and delete.
    objects: Objects,
    /// What this connection allows, which may be less than the user may do.
    connection: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct User {
    /// Id.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Username.
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    /// Email.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// Profile, which gives the basic rights.
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<String>,
    /// Role.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    /// Standard, Guest, …
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    /// Time zone: TODAY and the like are days of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<String>,
    /// Locale of dates and numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<String>,
    /// Language of labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct TheOrg {
    /// Id.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// sandbox, production, developer edition, trial, or unknown.
    environment: String,
    /// Edition.
    #[serde(skip_serializing_if = "Option::is_none")]
    edition: Option<String>,
    /// Instance of the platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    /// Host of its addresses.
    host: String,
    /// API version of all calls.
    api_version: String,
    /// Currency of amounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    /// Default time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<String>,
    /// Default locale.
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<String>,
    /// Namespace prefix.
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Objects {
    /// Query.
    query: usize,
    /// Create.
    create: usize,
    /// Update.
    update: usize,
    /// Delete.
    delete: usize,
}

impl Tool for WhoAmI {
    type Args = Args;
    type Output = Output;

    fn name(&self) -> &str {
        "salesforce_whoami"
    }

    fn title(&self) -> &str {
        "Who am I"
    }

    fn description(&self) -> &str {
        "Tells the user, the org (sandbox or production), its locale and currency, and what this agent \
         may do."
    }

    fn example(&self) -> Value {
        json!({})
    }

    async fn call(&self, cx: &CallContext, org: &Org, _: Args) -> Result<Reply<Output>, ToolError> {
        let (person, place) = cx.unless_cancelled(org.identity()).await?;
        let objects = org.objects().await?;
        let count = |may: fn(&sf_schema::ObjectSummary) -> bool| {
            objects.iter().filter(|object| may(object)).count()
        };
        let counts = Objects {
            query: count(|object| object.queryable),
            create: count(|object| object.createable),
            update: count(|object| object.updateable),
            delete: count(|object| object.deletable),
        };
        let currency = org.currency().await;
        let output = Output {
            user: user(person),
            org: the_org(place, currency),
            objects: counts,
            connection: connection(org),
        };
        Ok(Reply::complete(output))
    }
}

fn user(mut person: Person) -> User {
    let mut take = |path: &str| person.more.remove(path);
    User {
        email: take("Email"),
        profile: take("Profile.Name"),
        role: take("UserRole.Name"),
        kind: take("UserType"),
        time_zone: take("TimeZoneSidKey"),
        locale: take("LocaleSidKey"),
        language: take("LanguageLocaleKey"),
        id: person.id,
        name: person.name,
        username: person.username,
    }
}

fn the_org(mut place: Place, currency: Option<String>) -> TheOrg {
    let environment = environment(&place).to_owned();
    let mut take = |path: &str| place.more.remove(path);
    TheOrg {
        name: take("Name"),
        instance: take("InstanceName"),
        time_zone: take("TimeZoneSidKey"),
        locale: take("DefaultLocaleSidKey"),
        namespace: take("NamespacePrefix"),
        environment,
        edition: place.edition,
        currency,
        id: place.id,
        host: place.host,
        api_version: place.version,
    }
}

/// What kind of org it is: by its own word, or else by its address (Salesforce Help, My Domain URL
/// Formats).
fn environment(place: &Place) -> &'static str {
    let host = |part: &str| place.host.contains(part);
    match place.sandbox {
        Some(true) => "sandbox",
        _ if host(".sandbox.") || host(".scratch.") => "sandbox",
        _ if place.edition.as_deref() == Some("Developer Edition") || host(".develop.") => {
            "developer edition"
        }
        _ if place.more.contains_key("TrialExpirationDate") || host(".trailblaze.") => "trial",
        Some(false) => "production",
        None => "unknown",
    }
}

/// What the policy allows, in short.
fn connection(org: &Org) -> Vec<String> {
    let policy = org.policy();
    let mut told = Vec::new();
    let mut writes: Vec<String> = Vec::new();
    for effect in [Effect::Create, Effect::Update, Effect::Delete] {
        if policy.allows(effect) {
            let asks = if policy.asks_before(effect) { " (a person is asked)" } else { "" };
            writes.push(format!("{effect}{asks}"));
        }
    }
    told.push(match writes.is_empty() {
        true => "It reads only.".to_owned(),
        false => format!("Writes: {}.{}", writes.join(", "), mode(policy)),
    });
    let Some(rules) = policy.rules() else {
        told.push("No rules: it may read what the user may read.".to_owned());
        return told;
    };
    told.push(
        "Rules limit objects, fields and records; salesforce_list_objects lists what there is."
            .to_owned(),
    );
    for (cap, what) in [
        (rules.caps.rows_per_call, "rows read by one call"),
        (rules.caps.rows_per_session, "rows read in this session"),
        (rules.caps.rows_written, "records written in this session"),
        (rules.caps.api_calls, "requests for data in this session"),
    ] {
        told.extend(cap.map(|cap| format!("At most {cap} {what}.")));
    }
    if !rules.windows.is_empty() {
        told.push("It works at certain times only.".to_owned());
    }
    told.push(rules.who().trim().to_owned());
    told
}

fn mode(policy: &Policy) -> String {
    match policy.write_mode() {
        WriteMode::Free => String::new(),
        WriteMode::Approved => " A person approves each.".to_owned(),
        WriteMode::Prepared => " Each is prepared first.".to_owned(),
        WriteMode::PreparedAbove(most) => {
            format!(" Deletes, and more than {most} records, are prepared first.")
        }
    }
}
