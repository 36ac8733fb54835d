//! Whose session it is, as far as the org tells. Nothing here fails: a user who may not read the
//! organization can still work.

use serde_json::Value;
use sf_auth::transport::Transport;
use sf_auth::{Environment, Session, userinfo};

use crate::wire;

/// A user of an org.
pub(crate) struct Who {
    /// The name for logins, or the id.
    pub(crate) user: String,
    pub(crate) name: Option<String>,
    /// The org's name, or its id.
    pub(crate) org: String,
    /// `sandbox`, `production`, `Developer Edition`, where it is known.
    pub(crate) kind: Option<String>,
    pub(crate) instance: String,
}

impl Who {
    pub(crate) async fn ask(transport: &Transport, session: &Session) -> Self {
        let info = userinfo(transport, session).await.ok();
        let (mut username, mut name) =
            info.as_ref().map_or((None, None), |i| (i.preferred_username.clone(), i.name.clone()));
        let user_id = info.as_ref().map(|info| info.user_id.clone());
        let user_id = user_id.or_else(|| session.user_id().map(str::to_owned));
        if username.is_none()
            && let Some(id) = user_id.as_deref().filter(|id| is_id(id))
        {
            let soql = format!("SELECT Username, Name FROM User WHERE Id = '{id}'");
            if let Some(row) = row(transport, session, &soql).await {
                username = text(&row, "Username");
                name = text(&row, "Name");
            }
        }
        let soql = "SELECT Name, IsSandbox, OrganizationType FROM Organization";
        let org = row(transport, session, soql).await;
        let org_id = info.map(|info| info.organization_id);
        let org_id = org_id.or_else(|| session.org_id().map(str::to_owned));
        Self {
            user: username.or(user_id).unwrap_or_else(|| "an unknown user".to_owned()),
            name,
            kind: kind(org.as_ref(), session),
            org: org
                .and_then(|org| text(&org, "Name"))
                .or(org_id)
                .unwrap_or_else(|| "an unknown org".to_owned()),
            instance: session.instance_url().as_str().trim_end_matches('/').to_owned(),
        }
    }

    /// The user with both names.
    pub(crate) fn user(&self) -> String {
        match &self.name {
            Some(name) => format!("{} ({name})", self.user),
            None => self.user.clone(),
        }
    }
}

/// What kind of org it is: by its own record, otherwise by its address.
fn kind(org: Option<&Value>, session: &Session) -> Option<String> {
    let by_record = org.and_then(|org| org.get("IsSandbox")?.as_bool());
    let by_address =
        || Environment::parse(session.instance_url().as_str()).ok().and_then(|e| e.is_sandbox());
    if by_record.or_else(by_address)? {
        return Some("sandbox".to_owned());
    }
    let edition = org.and_then(|org| text(org, "OrganizationType"));
    Some(edition.filter(|e| e == "Developer Edition").unwrap_or_else(|| "production".to_owned()))
}

async fn row(transport: &Transport, session: &Session, soql: &str) -> Option<Value> {
    let url = wire::data(session, "query", Some(soql));
    let answer = wire::get_with(transport, session, &url).await.ok()?;
    answer.success()?.get_mut("records")?.get_mut(0).map(Value::take)
}

fn text(row: &Value, field: &str) -> Option<String> {
    row.get(field)?.as_str().map(str::to_owned)
}

fn is_id(text: &str) -> bool {
    matches!(text.len(), 15 | 18) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
