//! What is wrong with a configuration: steps that build on one another, each with what it found,
//! and at the end the cause and the remedy of the first that failed.
//!
//! A step that failed does not end the examination: what does not need it is looked at too.
//! Nothing secret is sent to a host that does not answer as a login host of Salesforce's does, and
//! no step prints a secret.

mod api;
mod explain;
mod grant;
mod host;
mod report;
mod subject;

use sf_auth::transport::Transport;

use crate::connect::transport;

pub(crate) use self::report::Report;
use self::report::Trouble;

/// Checks an account, or what the environment names, or what commands use without either.
pub(crate) async fn examine(org: Option<&str>) -> Report {
    let mut report = Report::default();
    let transport = match transport() {
        Ok(transport) => transport,
        Err(error) => {
            let remedy = "Name a PEM file of certificates in SF_CA_FILE, or unset it.";
            report.failed(CONFIGURATION, Trouble::new(format!("{error:#}"), remedy));
            return report;
        }
    };
    examine_with(org, &transport, &mut report).await;
    report
}

async fn examine_with(org: Option<&str>, transport: &Transport, report: &mut Report) {
    let subject = subject::read(org, transport, report).await;
    let is_salesforce = host::check(&subject, transport, report).await;
    let session = grant::check(&subject, is_salesforce, transport, report).await;
    api::check(session.as_deref(), transport, report).await;
}

const CONFIGURATION: &str = "configuration";
