//! The guarded org that the tools of a command work on.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use sf_agent_tools::audit::AuditFile;
use sf_agent_tools::{KeyFileError, Org, OrgBuilder, Policy, Sealer};

use crate::connect::Connection;
use crate::home::Home;

/// The org of a connection under `policy`: writes are logged to `audit`, and what is sealed opens in later
/// processes of this user, too.
pub(crate) fn org(connection: &Connection, policy: Policy, audit: Option<&Path>) -> Result<Org> {
    Ok(builder(connection, policy, audit)?.build())
}

/// As [`org`], for one call in a process of its own: what is prepared here is applied in another.
pub(crate) fn org_of_a_call(
    connection: &Connection,
    policy: Policy,
    audit: Option<&Path>,
) -> Result<Org> {
    Ok(builder(connection, policy, audit)?.portable_plans().build())
}

fn builder(connection: &Connection, policy: Policy, audit: Option<&Path>) -> Result<OrgBuilder> {
    let mut builder = Org::builder(connection.client.clone(), policy);
    if let Some(path) = audit {
        builder = builder.audit(Arc::new(AuditFile::open(path)?));
    }
    sealed(builder, connection)
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
