//! `sf-agent doctor`: what is wrong with a configuration, and what to do about it.

use anyhow::Result;

use crate::args;
use crate::doctor;
use crate::failure::Told;
use crate::out;

pub(crate) async fn run(options: &args::Doctor, org: Option<&str>) -> Result<()> {
    let report = doctor::examine(options.name.as_deref().or(org)).await;
    if options.format == args::Output::Json {
        out::line(serde_json::to_string_pretty(&report.to_json())?)?;
    } else {
        out::line(out::harmless(&report.to_string()))?;
    }
    if report.is_well() { Ok(()) } else { Err(Told.into()) }
}
