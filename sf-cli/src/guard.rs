//! The guarded org that the tools of a command work on.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use sf_agent_tools::audit::AuditFile;
use sf_agent_tools::{KeyFileError, Limits, Org, OrgBuilder, Policy, Sealer, ToolSet};

use crate::args::Reach;
use crate::connect::Connection;
use crate::exit::person;
use crate::home::Home;

/// Bytes after which an audit log goes on in a new file.
const LOG: u64 = 64 << 20;

/// The org of a connection under `policy`: writes are logged to `audit` or where the configuration
/// says, and what is sealed opens in later processes of this user, too.
pub(crate) fn org(
    connection: &Connection,
    policy: Policy,
    audit: Option<&Path>,
    reach: &Reach,
) -> Result<Org> {
    Ok(builder(connection, policy, audit, reach)?.build())
}

/// As [`org`], for one call in a process of its own: what is prepared here is applied in another.
pub(crate) fn org_of_a_call(
    connection: &Connection,
    policy: Policy,
    audit: Option<&Path>,
    reach: &Reach,
) -> Result<Org> {
    Ok(builder(connection, policy, audit, reach)?.portable_plans().build())
}

/// For the undoing of what a log holds, which is logged to the same log.
pub(crate) fn org_of_log(connection: &Connection, log: &Path) -> Result<Org> {
    let same = |one: &Path| std::fs::canonicalize(one).ok() == std::fs::canonicalize(log).ok();
    if let Some(configured) = connection.terms().audit.as_deref().filter(|file| !same(file)) {
        return Err(person(format!(
            "the config logs the writes of this org to {}, so an undoing is logged there, too: revert \
             the entry of that log",
            configured.display()
        )));
    }
    let builder = connection.guarded(connection.own_policy()?);
    Ok(sealed(builder.audit(Arc::new(AuditFile::open(log)?)), connection)?.build())
}

/// The org as the commands on data use it: under the policy of the configuration, if there is one,
/// with replies that are not bounded for a model, and jobs that are waited for.
pub(crate) fn own_org(connection: &Connection) -> Result<Org> {
    own_org_reaching(connection, &Reach::default())
}

/// The same with more within reach.
pub(crate) fn own_org_reaching(connection: &Connection, reach: &Reach) -> Result<Org> {
    let mut limits = Limits::default();
    limits.rows = PAGE;
    // Far above what there can be, and far below what a sum of them could overflow.
    limits.tokens = usize::MAX / 16;
    limits.cell = usize::MAX / 16;
    limits.child_rows = PAGE;
    let builder = builder(connection, connection.own_policy()?, None, reach)?;
    Ok(builder.limits(limits).bulk_wait(JOB).build())
}

/// How long a job is waited for: who has enough presses Ctrl-C.
const JOB: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Rows of one call: the most that a tool takes.
pub(crate) const PAGE: usize = 2_000;

/// The tools that the configuration gives agents in the org of a connection.
pub(crate) fn tools(connection: &Connection, org: Org) -> ToolSet {
    ToolSet::profile(org, connection.profile())
}

/// The settings of [`org`], for more of them.
pub(crate) fn builder(
    connection: &Connection,
    policy: Policy,
    audit: Option<&Path>,
    reach: &Reach,
) -> Result<OrgBuilder> {
    let mut builder = connection.guarded(policy).actions(&reach.actions)?;
    if let Some(folder) = &reach.results {
        builder = builder.results_folder(folder);
    }
    if let Some(folder) = &reach.input {
        builder = builder.input_folder(folder);
    }
    if reach.raw_requests {
        builder = builder.raw_requests();
    }
    let configured = connection.terms().audit.as_deref();
    if let (Some(given), Some(configured)) = (audit, configured)
        && given != configured
    {
        return Err(person(format!(
            "the config logs the writes of this org to {}; leave --audit out",
            configured.display()
        )));
    }
    if let Some(path) = audit.or(configured) {
        builder = builder.audit(Arc::new(log(path)?));
    }
    sealed(builder, connection)
}

/// The log of writes in this file.
pub(crate) fn log(file: &Path) -> Result<AuditFile> {
    Ok(AuditFile::open(file)?.parts_of(LOG))
}

/// With the key of this user. An embedded org is gone with the command, and so is what it gave.
fn sealed(builder: OrgBuilder, connection: &Connection) -> Result<OrgBuilder> {
    let Some(home) = Home::find().ok().filter(|_| !connection.is_embedded()) else {
        return Ok(builder);
    };
    match Sealer::load_or_create(home.seal_file()) {
        Ok(sealer) => Ok(builder.sealer(sealer)),
        // A folder that cannot be written to keeps nobody from working.
        Err(error @ KeyFileError::Io { .. }) => {
            tracing::warn!(%error, "cursors and digests are good for this process alone");
            Ok(builder)
        }
        Err(error) => Err(error.into()),
    }
}
