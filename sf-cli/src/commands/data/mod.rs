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

use std::sync::Arc;

use anyhow::Result;
use serde_json::{Map, Value};
use sf_agent_tools::{CallContext, Completeness, ErrorClass, Org, ToolReply, ToolSet};
use sf_schema::Object;

pub(crate) use self::delete::agrees_to_load;
pub(crate) use self::pages::{Pages, count, sheet};
use self::person::Terminal;
pub(crate) use self::person::agrees;
use crate::connect::{Connection, connect};
use crate::exit::{self, Ended, Exit, not_found};
use crate::guard;
use crate::interrupt::Interrupt;
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
        if connection.terms().write == Some(false) {
            let name = connection.terms().name.as_deref().unwrap_or_default();
            return Err(exit::person(format!(
                "the config says write = false for the org {name:?}"
            )));
        }
        Self::begin(connection, Interrupt::of_writing())
    }

    /// On a connection that there is.
    pub(crate) fn begin(connection: Connection, interrupt: Interrupt) -> Result<Self> {
        let org = guard::own_org(&connection)?;
        let tools = ToolSet::salesforce(org.clone());
        let cx = CallContext::default()
            .with_cancellation(interrupt.token())
            .with_person(Arc::new(Terminal(interrupt.clone())));
        Ok(Self { _connection: connection, org, tools, cx, interrupt })
    }

    /// The object that a name means.
    async fn object(&self, name: &str) -> Result<Arc<Object>> {
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
    async fn call(&self, tool: &str, arguments: Map<String, Value>) -> Result<ToolReply> {
        let called = self.tools.call(&self.cx, tool, Value::Object(arguments)).await;
        called.map_err(|error| {
            if self.interrupt.is_pressed() && error.class == ErrorClass::TryLater {
                return Ended(Exit::Interrupted).into();
            }
            Refused(error).into()
        })
    }
}

/// What a reply says besides its rows, on stderr.
fn tell_notes(reply: &ToolReply) {
    for note in reply.data["notes"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        eprintln!("note: {}", for_person(note));
    }
}

/// A reply that is not whole is a failure, though what there is was printed.
fn whole(reply: &ToolReply) -> Result<()> {
    match &reply.completeness {
        Completeness::Partial { reason, .. } => {
            eprintln!("error: incomplete: {}", for_person(reason));
            Err(Ended(Exit::Failed).into())
        }
        _ => Ok(()),
    }
}

/// Arguments of a call, without those that are not given.
fn arguments<const N: usize>(pairs: [(&str, Value); N]) -> Map<String, Value> {
    let given = pairs.into_iter().filter(|(_, value)| !value.is_null());
    given.map(|(name, value)| (name.to_owned(), value)).collect()
}
