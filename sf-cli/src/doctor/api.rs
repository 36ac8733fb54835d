//! What the session can do: the data API, who it is, which objects, and how many requests are left.

use serde_json::Value;
use sf_auth::transport::Transport;
use sf_auth::{Cause, Diagnosis, Session, userinfo};
use sf_rest::ApiVersion;

use super::explain;
use super::report::{Report, Trouble};
use crate::wire::{self, Answer};

const API: &str = "API access";
const IDENTITY: &str = "identity";
const OBJECTS: &str = "objects";
const BUDGET: &str = "API budget";

/// The rest of the examination.
pub(super) async fn check(session: Option<&Session>, transport: &Transport, report: &mut Report) {
    let Some(session) = session else {
        report.skipped(&[API, IDENTITY, OBJECTS, BUDGET], "there is no session");
        return;
    };
    let limits = access(session, transport, report).await;
    identity(session, transport, report).await;
    match limits {
        Some(limits) => {
            objects(session, transport, report).await;
            budget(&limits, report);
        }
        None => report.skipped(&[OBJECTS, BUDGET], "the API is not accessible"),
    }
}

/// The version that is spoken here, and the first request with the session. Gives the limits.
async fn access(session: &Session, transport: &Transport, report: &mut Report) -> Option<Value> {
    let version = ApiVersion::default().to_string();
    let mut url = session.instance_url().clone();
    url.set_path("/services/data");
    if let Ok(answer) = wire::get(transport, url.as_str()).await
        && let Some(Value::Array(versions)) = answer.success()
    {
        let numbers = || versions.iter().filter_map(|one| one.get("version")?.as_str());
        if !numbers().any(|number| number == version) {
            let newest = numbers().next_back().unwrap_or("none");
            let cause = format!("the org serves versions up to {newest}, and {version} is needed");
            let remedy = "Check that the address is that of a Salesforce instance; every org is \
                          upgraded three times a year.";
            report.failed(API, Trouble::new(cause, remedy));
            return None;
        }
    }
    let url = wire::data(session, "limits", None);
    match wire::get_with(transport, session, &url).await {
        Ok(answer) => match answer.success() {
            Some(limits) => {
                report.ok(API, format!("version {version}, with this session"));
                return Some(limits);
            }
            None => report.failed(API, refused(session, &answer)),
        },
        Err(error) => report.failed(API, explain::error(&error)),
    }
    None
}

fn refused(session: &Session, answer: &Answer) -> Trouble {
    let status = answer.status.as_u16();
    let Some((code, message)) = answer.refusal() else {
        return Trouble::new(
            format!("HTTP {status}, and not in the way of Salesforce's API"),
            "Check that the instance URL is that of the org, and what stands between (a proxy).",
        );
    };
    let diagnosis = Diagnosis::of_api(&code, &message);
    let has_api = session.scopes().iter().any(|scope| scope == "api" || scope == "full");
    let remedy = match diagnosis.cause {
        // The platform says the same of an address out of range.
        Cause::SessionNotForApi if has_api => Cause::IpOrHours.remedy().to_owned(),
        Cause::SessionNotForApi => {
            format!("{} {}", diagnosis.remedy, Cause::IpOrHours.remedy())
        }
        _ => diagnosis.remedy.to_owned(),
    };
    Trouble::new(format!("HTTP {status}, \"{}\"", diagnosis.original), remedy)
}

async fn identity(session: &Session, transport: &Transport, report: &mut Report) {
    match userinfo(transport, session).await {
        Ok(user) if session.org_id().is_some_and(|org| org != user.organization_id) => {
            let cause = format!("the session is one of org {}", user.organization_id);
            report.failed(IDENTITY, Trouble::new(cause, Cause::WrongOrg.remedy()));
        }
        Ok(user) => {
            let name = user.preferred_username.as_deref().unwrap_or(&user.user_id);
            let kind = user.user_type.as_deref().unwrap_or("user");
            report.ok(IDENTITY, format!("{name} ({kind}) of org {}", user.organization_id));
        }
        // Userinfo wants a scope of its own; nothing else depends on it.
        Err(error) => {
            let why = explain::error(&error).cause;
            report.note(IDENTITY, format!("userinfo does not tell ({why})"));
        }
    }
}

async fn objects(session: &Session, transport: &Transport, report: &mut Report) {
    let url = wire::data(session, "sobjects", None);
    let list = match wire::get_with(transport, session, &url).await {
        Ok(answer) => answer.success().ok_or_else(|| refused(session, &answer)),
        Err(error) => Err(explain::error(&error)),
    };
    let list = match list {
        Ok(list) => list,
        Err(trouble) => return report.failed(OBJECTS, trouble),
    };
    let list = list.get("sobjects").and_then(Value::as_array).map(Vec::as_slice);
    let list = list.unwrap_or_default();
    let queryable = list.iter().filter(|one| one.get("queryable") == Some(&Value::Bool(true)));
    let count = queryable.count();
    if count == 0 {
        let remedy = "Give the user a profile or permission sets with read access to objects.";
        return report.failed(OBJECTS, Trouble::new("the user may query no object", remedy));
    }
    let (mut hidden, mut unclear) = (Vec::new(), None);
    for object in ["Account", "User"] {
        let soql = format!("SELECT Id FROM {object} LIMIT 1");
        let url = wire::data(session, "query", Some(&soql));
        let answer = wire::get_with(transport, session, &url).await;
        match answer {
            Ok(answer) if answer.status.is_success() => {}
            Ok(answer) if answer.status.is_client_error() => hidden.push(object),
            Ok(answer) => unclear = Some(format!("HTTP {}", answer.status.as_u16())),
            Err(error) => unclear = Some(explain::error(&error).cause),
        }
    }
    let found = format!("{count} can be queried");
    if let Some(why) = unclear {
        report.note(OBJECTS, format!("{found}; a query was not answered ({why}): try again"));
    } else if hidden.is_empty() {
        report.ok(OBJECTS, format!("{found}, Account and User among them"));
    } else {
        let hidden = hidden.join(" and ");
        report.note(OBJECTS, format!("{found}, but not {hidden}: the user lacks the permission"));
    }
}

fn budget(limits: &Value, report: &mut Report) {
    let number = |key: &str| limits.pointer(&format!("/DailyApiRequests/{key}"))?.as_i64();
    let (Some(max), Some(left)) = (number("Max"), number("Remaining")) else {
        return report.skipped(&[BUDGET], "the limits do not tell");
    };
    let found = format!("{left} of {max} requests are left for these 24 hours");
    if left <= 0 {
        report.failed(BUDGET, Trouble::new(found, Cause::RequestLimit.remedy()));
    } else if left < max / 10 {
        report.note(BUDGET, found);
    } else {
        report.ok(BUDGET, found);
    }
}
