//! All rows of a tool's reply, page by page, to stdout.

use std::io::{BufWriter, Stdout, StdoutLock, stdout};

use anyhow::Result;
use serde_json::{Map, Value};
use sf_agent_tools::{Completeness, ToolReply};

use super::{Work, tell_notes};
use crate::args::Format;
use crate::exit::{Ended, Exit};
use crate::out::harmless;
use crate::progress::{Above, Progress};
use crate::refused::for_person;
use crate::sheet::{Sheet, text};

/// Stdout, above the progress.
type Out = BufWriter<Above<StdoutLock<'static>>>;

/// Prints what a tool replies, and what the calls reply that it names for the rest.
pub(crate) struct Pages<'a> {
    work: &'a Work,
    sheet: Sheet<Out>,
    progress: Progress,
    rows: u64,
    /// What is missing besides rows.
    flaw: Option<String>,
    /// Figures of all rows, by what they are called.
    totals: Map<String, Value>,
}

/// A sheet on stdout that does not run into the progress.
pub(crate) fn sheet(format: Format, progress: &Progress) -> Sheet<Out> {
    let out: Stdout = stdout();
    Sheet::on_stdout(format, BufWriter::new(progress.above(out.lock())))
}

impl<'a> Pages<'a> {
    pub(crate) fn new(work: &'a Work, format: Format) -> Self {
        let progress = Progress::rows();
        Self {
            work,
            sheet: sheet(format, &progress),
            progress,
            rows: 0,
            flaw: None,
            totals: Map::new(),
        }
    }

    /// Calls the tool and prints all that it finds. Gives the number of rows.
    pub(crate) async fn run(mut self, tool: &str, arguments: Map<String, Value>) -> Result<u64> {
        let outcome = self.all(tool, arguments).await;
        self.sheet.flush()?;
        self.progress.end();
        let rows = self.rows;
        if let Err(error) = outcome {
            match error.is::<Ended>() {
                true => eprintln!("Interrupted after {}; there may be more.", count(rows)),
                false if rows > 0 => {
                    eprintln!("The result is incomplete: it stopped after {}.", count(rows));
                }
                false => {}
            }
            return Err(error);
        }
        for (name, value) in &self.totals {
            eprintln!("{}: {}", harmless(name), harmless(&text(value)));
        }
        if let Some(flaw) = &self.flaw {
            eprintln!("error: incomplete: {}", for_person(flaw));
            return Err(Ended(Exit::Failed).into());
        }
        eprintln!("{}", count(rows));
        Ok(rows)
    }

    async fn all(&mut self, tool: &str, arguments: Map<String, Value>) -> Result<()> {
        let mut reply = self.work.call(tool, arguments).await?;
        tell_notes(&reply);
        self.page(&reply, true)?;
        while let Some(next) = reply.completeness.next().cloned() {
            self.sheet.flush()?;
            reply = self.work.call(&next.tool, next.arguments).await?;
            self.page(&reply, false)?;
        }
        Ok(())
    }

    fn page(&mut self, reply: &ToolReply, first: bool) -> Result<()> {
        let strings = |value: &Value| -> Vec<String> {
            let texts = value.as_array().into_iter().flatten();
            texts.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        if first {
            self.sheet.head(strings(&reply.data["columns"]))?;
            self.totals = reply.data["totals"].as_object().cloned().unwrap_or_default();
        }
        for row in reply.data["rows"].as_array().into_iter().flatten() {
            self.sheet.values(row.as_array().map_or(&[][..], Vec::as_slice))?;
            self.rows += 1;
        }
        self.progress.set(self.rows, reply.data["total"].as_u64());
        if let Completeness::Partial { reason, next, .. } = &reply.completeness {
            // Where a call brings the rest, the first sentence says only that there is more.
            let flaw = match next {
                Some(_) => reason.split_once("). ").map(|(_, flaw)| flaw),
                None => Some(reason.as_str()),
            };
            self.flaw = self.flaw.take().or(flaw.map(str::to_owned));
        }
        Ok(())
    }
}

/// Names of columns as people and programs read them.
pub(crate) fn heads(format: Format, names: &[&str]) -> Vec<String> {
    let head = |name: &&str| match format {
        Format::Table => name.to_uppercase(),
        _ => (*name).to_owned(),
    };
    names.iter().map(head).collect()
}

/// "1 row", "2 rows".
pub(crate) fn count(rows: u64) -> String {
    format!("{rows} {}", if rows == 1 { "row" } else { "rows" })
}
