//! What tools may reach beside the org: actions, and folders of this machine.

use std::path::PathBuf;

/// What tools may reach beside the org.
#[derive(clap::Args, Default)]
pub(crate) struct Reach {
    /// Switch an invocable or quick action on, by name or pattern: emailSimple, flow:Route_Case,
    /// quick:LogACall. May be given several times. A policy has a list of its own instead.
    #[arg(long = "action", value_name = "NAME")]
    pub(crate) actions: Vec<String>,
    /// Keep large results in this folder. Default: a private one that goes with the command.
    #[arg(long, value_name = "DIR")]
    pub(crate) results: Option<PathBuf>,
    /// Let bulk loads read the files of this folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) input: Option<PathBuf>,
    /// Offer salesforce_request, which sends a request to any REST path of the org; never under a
    /// policy.
    #[arg(long, hide = true, conflicts_with = "policy")]
    pub(crate) raw_requests: bool,
}
