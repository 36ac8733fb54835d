//! The commands on records. They call the tools that agents get, so that what holds for an agent
//! holds here: values are checked against the schema first, a policy of the configuration limits
//! them, writes go to the audit log, a lost answer is told as one. What differs: without a policy a
//! person may write (an agent has to be allowed to), and replies are not cut to what a model reads.

pub(crate) mod delete;
pub(crate) mod find;
pub(crate) mod get;
mod pages;
mod person;
pub(crate) mod search;
mod words;
pub(crate) mod write;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use serde_json::{Map, Value};
use sf_agent_tools::{
    BulkExport, CallContext, Completeness, ErrorClass, Org, ToolError, ToolReply, ToolSet,
};
use sf_schema::Object;

pub(crate) use self::delete::agrees_to_load;
pub(crate) use self::pages::{Pages, count, heads, sheet};
use self::person::Terminal;
pub(crate) use self::person::agrees;
use crate::args::Reach;
use crate::connect::{Connection, connect};
use crate::exit::{self, Ended, Exit, not_found};
use crate::guard;
use crate::interrupt::Interrupt;
use crate::progress::Progress;
use crate::refused::{Refused, for_person};

/// An org, its tools, and the person who uses them.
pub(crate) struct Work {
    /// Held, since an embedded org ends with it.
    _connection: Connection,
    org: Org,
    tools: ToolSet,
    cx: CallContext,
    interrupt: Interrupt,
}

impl Work {
    /// To read.
    pub(crate) async fn reading(org: Option<&str>) -> Result<Self> {
        Self::begin(connect(org).await?, Interrupt::of_reading())
    }

    /// To write.
    pub(super) async fn writing(org: Option<&str>) -> Result<Self> {
        let connection = connect(org).await?;
        may_write(&connection)?;
        Self::begin(connection, Interrupt::of_writing())
    }

    /// On a connection that there is.
    pub(crate) fn begin(connection: Connection, interrupt: Interrupt) -> Result<Self> {
        Self::reaching(connection, interrupt, &Reach::default())
    }

    /// With more within reach.
    pub(crate) fn reaching(
        connection: Connection,
        interrupt: Interrupt,
        reach: &Reach,
    ) -> Result<Self> {
        let org = guard::own_org_reaching(&connection, reach)?;
        let tools = ToolSet::salesforce(org.clone());
        let cx = CallContext::default()
            .with_cancellation(interrupt.token())
            .with_person(Arc::new(Terminal(interrupt.clone())));
        Ok(Self { _connection: connection, org, tools, cx, interrupt })
    }

    /// Shows how far calls are.
    pub(crate) fn telling(mut self, progress: &Progress) -> Self {
        self.cx = self.cx.with_progress(Arc::new(progress.teller()));
        self
    }

    /// The job of a query, whose rows are taken one after the other.
    pub(crate) async fn export(&self, soql: &str) -> Result<BulkExport> {
        self.offered("salesforce_bulk_query")?;
        let begun = self.tools.bulk_export(&self.cx, soql).await;
        begun.map_err(|error| self.refused(error))
    }

    /// Where the file of a result lies.
    pub(crate) async fn result(&self, id: &str) -> Result<PathBuf> {
        let path = self.org.results().path(&self.cx, id).await;
        path.map_err(|error| Refused(error).into())
    }

    /// The object that a name means.
    pub(crate) async fn object(&self, name: &str) -> Result<Arc<Object>> {
        self.org.resolve(name).await.map_err(|error| match error.class {
            ErrorClass::FixYourCall => not_found(for_person(&error.message)),
            _ => Refused(error).into(),
        })
    }

    /// Calls a tool that writes.
    async fn write(&self, tool: &str, arguments: Map<String, Value>) -> Result<ToolReply> {
        self.call(tool, arguments).await.inspect_err(|error| {
            if error.is::<Ended>() {
                eprintln!("Interrupted. Nothing was changed.");
            }
        })
    }

    /// Calls a tool; [`Ended`] if Ctrl-C came before it sent anything.
    pub(crate) async fn call(
        &self,
        tool: &str,
        arguments: Map<String, Value>,
    ) -> Result<ToolReply> {
        self.offered(tool)?;
        let called = self.tools.call(&self.cx, tool, Value::Object(arguments)).await;
        called.map_err(|error| self.refused(error))
    }

    /// Refuses what the policy takes away as a tool.
    fn offered(&self, tool: &str) -> Result<()> {
        if self.org.policy().offers_tool(tool) {
            return Ok(());
        }
        Err(exit::person(format!(
            "{} is switched off in this org by its policy, under [tools]. Nothing was sent",
            for_person(tool)
        )))
    }

    fn refused(&self, error: ToolError) -> anyhow::Error {
        if self.interrupt.is_pressed() && error.class == ErrorClass::TryLater {
            return Ended(Exit::Interrupted).into();
        }
        Refused(error).into()
    }
}

/// Refuses writes where the configuration does.
pub(crate) fn may_write(connection: &Connection) -> Result<()> {
    if connection.terms().write != Some(false) {
        return Ok(());
    }
    let name = connection.terms().name.as_deref().unwrap_or_default();
    Err(exit::person(format!("the config says write = false for the org {name:?}")))
}

/// What a reply says besides its rows, on stderr.
pub(crate) fn tell_notes(reply: &ToolReply) {
    for note in reply.data["notes"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        eprintln!("note: {}", for_person(note));
    }
}

/// A reply that is not whole is a failure, though what there is was printed.
pub(crate) fn whole(reply: &ToolReply) -> Result<()> {
    match &reply.completeness {
        Completeness::Partial { reason, .. } => {
            eprintln!("error: incomplete: {}", for_person(reason));
            Err(Ended(Exit::Failed).into())
        }
        _ => Ok(()),
    }
}

/// Arguments of a call, without those that are not given.
pub(crate) fn arguments<const N: usize>(pairs: [(&str, Value); N]) -> Map<String, Value> {
    let given = pairs.into_iter().filter(|(_, value)| !value.is_null());
    given.map(|(name, value)| (name.to_owned(), value)).collect()
}
