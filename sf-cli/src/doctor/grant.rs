//! The login itself: a session, what it allows, and where it leads.

use std::sync::Arc;

use sf_auth::transport::Transport;
use sf_auth::{Credentials, Environment, Error, Session};

use super::explain;
use super::report::Report;
use super::subject::{Subject, Way};

const GRANT: &str = "grant";
const SCOPES: &str = "scopes";
const INSTANCE: &str = "instance";

/// Obtains a session, once.
pub(super) async fn check(
    subject: &Subject,
    is_salesforce: bool,
    transport: &Transport,
    report: &mut Report,
) -> Option<Arc<Session>> {
    let Some(way) = &subject.way else {
        report.skipped(&[GRANT, SCOPES, INSTANCE], "the configuration cannot be used");
        return None;
    };
    if !is_salesforce {
        let why = "secrets are sent to a login host of Salesforce's alone";
        report.skipped(&[GRANT, SCOPES, INSTANCE], why);
        return None;
    }
    let session = match obtain(way, transport).await {
        Ok(session) => session,
        Err(error @ Error::MissingScope { .. }) => {
            report.ok(GRANT, format!("{} obtained a session", way.name()));
            report.failed(SCOPES, explain::error(&error));
            report.skipped(&[INSTANCE], "the session is of no use");
            return None;
        }
        Err(error) => {
            report.failed(GRANT, explain::error(&error));
            report.skipped(&[SCOPES, INSTANCE], "there is no session");
            return None;
        }
    };
    match way {
        Way::Session(_) => report.skipped(&[GRANT], "the session was given"),
        way => report.ok(GRANT, format!("{} obtained a session", way.name())),
    }
    scopes(&session, report);
    instance(subject, &session, report);
    Some(session)
}

async fn obtain(way: &Way, transport: &Transport) -> Result<Arc<Session>, Error> {
    match way {
        Way::Account { accounts, name, needs_admin } => {
            if *needs_admin {
                // Somebody may have mended it just now.
                accounts.retry_now(name).await?;
            }
            accounts.credentials(name).session().await
        }
        Way::Flow { flow, .. } => flow.grant(transport).await.map(Arc::new),
        Way::Session(session) => {
            let token = session.access_token().clone();
            Ok(Arc::new(Session::new(session.instance_url().clone(), token)))
        }
    }
}

fn scopes(session: &Session, report: &mut Report) {
    let granted = session.scopes();
    let has = |name: &str| granted.iter().any(|scope| scope == name);
    let list = granted.join(" ");
    if granted.is_empty() {
        report.skipped(&[SCOPES], "they are not told");
    } else if has("full") {
        report.note(SCOPES, format!("{list}; full is more than is needed: api is enough"));
    } else if has("api") {
        report.ok(SCOPES, list);
    } else {
        let error = Error::MissingScope { missing: "api", granted: list };
        report.failed(SCOPES, explain::error(&error));
    }
}

fn instance(subject: &Subject, session: &Session, report: &mut Report) {
    let url = session.instance_url();
    let instance = url.origin().ascii_serialization();
    let login = subject.host.as_ref();
    let kind = Environment::parse(url.as_str()).ok().and_then(|found| found.is_sandbox());
    let kind = match kind {
        Some(true) => " (sandbox)",
        Some(false) => " (production)",
        None => "",
    };
    match login {
        Some(login) if !login.is_generic() && login.as_url().host() != url.host() => report.note(
            INSTANCE,
            format!(
                "{instance}{kind}, which is another host than the login URL's: use it as login URL"
            ),
        ),
        _ => report.ok(INSTANCE, format!("{instance}{kind}")),
    }
}
