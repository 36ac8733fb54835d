//! Results that are too large for a reply, kept as files for a while.
//!
//! A tool writes a result of many rows into a file of its own and tells the model where it is:
//! `salesforce://results/{id}`. The files lie in a folder that the host chose
//! ([`OrgBuilder::results_folder`]), or else in a private one that goes with the org. A result
//! belongs to the identity that made it, under the rules that held then: nobody else sees that there
//! is one. All of them together are bounded in bytes and age ([`ResultBounds`]); the oldest go first.
//!
//! The ids are random names that are checked before they become part of a path, and files are made
//! for the user of the process alone (mode 0600 on Unix).

mod folder;
mod writer;

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

pub(crate) use folder::Folder;
pub(crate) use writer::{NewResult, ResultWriter};

use crate::{CallContext, Link, Org, OrgBuilder, ToolError, ToolSet};

/// What the address of a result begins with.
pub const RESULTS_URI: &str = "salesforce://results/";

/// The most that one [`Results::read`] gives.
const MOST_READ: u64 = 4 << 20;

/// A result that is kept as a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(inline)]
#[non_exhaustive]
pub struct ResultFile {
    /// Its id.
    pub id: String,
    /// Its name for people, without a path: `accounts.csv`.
    pub file_name: String,
    /// Its media type: `text/csv`.
    pub media_type: String,
    /// What it is, in a line.
    pub title: String,
    /// Its size.
    pub bytes: u64,
    /// When it was made.
    #[schemars(with = "String")]
    pub created: Timestamp,
}

impl ResultFile {
    /// Its address: `salesforce://results/{id}`.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("{RESULTS_URI}{}", self.id)
    }

    /// It as a link of a reply.
    #[must_use]
    pub fn link(&self) -> Link {
        Link { uri: self.uri(), title: self.title.clone() }
    }
}

/// How much is kept, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResultBounds {
    /// Bytes of all results of the folder together, 1 GiB by default; also the most that one can have.
    pub bytes: u64,
    /// How long a result is kept, a day by default.
    pub lifetime: Duration,
}

impl Default for ResultBounds {
    fn default() -> Self {
        Self { bytes: 1 << 30, lifetime: Duration::from_secs(24 * 60 * 60) }
    }
}

impl OrgBuilder {
    /// Keeps large results in this folder, which is made if it is not there, and where other
    /// processes of the same user and the same org find them. By default they are in a private
    /// folder that is removed with the org.
    #[must_use]
    pub fn results_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.results.0 = Some(folder.into());
        self
    }

    /// Other bounds of what is kept.
    #[must_use]
    pub fn results_bounds(mut self, bounds: ResultBounds) -> Self {
        self.results.1 = bounds;
        self
    }
}

/// The results of an org, seen by a caller.
#[derive(Clone, Copy)]
pub struct Results<'a> {
    org: &'a Org,
}

impl Org {
    /// The results that are kept as files.
    #[must_use]
    pub fn results(&self) -> Results<'_> {
        Results { org: self }
    }
}

impl ToolSet {
    /// The results that its tools kept as files; of several orgs, those of the first.
    #[must_use]
    pub fn results(&self) -> Results<'_> {
        self.org().results()
    }
}

impl Results<'_> {
    /// The caller's results, the newest first.
    ///
    /// # Errors
    /// If there is no session, or the folder cannot be read.
    pub async fn list(&self, cx: &CallContext) -> Result<Vec<ResultFile>, ToolError> {
        let owner = self.owner(cx).await?;
        self.folder().list(&owner)
    }

    /// A result of the caller, by its id or its address.
    ///
    /// # Errors
    /// If the caller has no such result (any more).
    pub async fn get(&self, cx: &CallContext, id: &str) -> Result<ResultFile, ToolError> {
        let owner = self.owner(cx).await?;
        Ok(self.folder().find(&owner, bare(id))?.0)
    }

    /// Bytes of a result from `offset`, at most `length` and at most 4 MiB of them; fewer only at its
    /// end.
    ///
    /// # Errors
    /// As [`get`](Self::get), and if the file cannot be read.
    pub async fn read(
        &self,
        cx: &CallContext,
        id: &str,
        offset: u64,
        length: u64,
    ) -> Result<Vec<u8>, ToolError> {
        let owner = self.owner(cx).await?;
        self.folder().read(&owner, bare(id), offset, length.min(MOST_READ))
    }

    /// Whether this session made it: what stands in it for a masked value stands for another one, or
    /// none, in every other session.
    pub(crate) async fn is_own(&self, cx: &CallContext, id: &str) -> bool {
        match self.owner(cx).await {
            Ok(owner) => self.folder().is_own(&owner, bare(id)),
            Err(_) => false,
        }
    }

    /// Where the file of a result lies on this machine.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn path(&self, cx: &CallContext, id: &str) -> Result<PathBuf, ToolError> {
        let owner = self.owner(cx).await?;
        Ok(self.folder().find(&owner, bare(id))?.1)
    }

    /// Keeps `content` as a result of the caller, for tools of one's own. `file_name` decides the
    /// extension of the file.
    ///
    /// # Errors
    /// If there is no session, the folder cannot be written to, or it is larger than results may be.
    pub async fn keep(
        &self,
        cx: &CallContext,
        file_name: &str,
        media_type: &str,
        title: &str,
        content: &[u8],
    ) -> Result<ResultFile, ToolError> {
        let (file_name, title) = (file_name.to_owned(), title.to_owned());
        let new = NewResult { file_name, media_type: media_type.to_owned(), title };
        let mut writer = self.begin(cx, new).await?;
        writer.write_all(content).map_err(|error| writer.told(&error))?;
        self.finish(writer)
    }

    /// Keeps what was written.
    pub(crate) fn finish(&self, writer: ResultWriter) -> Result<ResultFile, ToolError> {
        writer.finish(self.folder())
    }

    /// Begins a result.
    pub(crate) async fn begin(
        &self,
        cx: &CallContext,
        new: NewResult,
    ) -> Result<ResultWriter, ToolError> {
        let owner = self.owner(cx).await?;
        ResultWriter::begin(self.folder(), &owner, new)
    }

    fn folder(&self) -> &Folder {
        self.org.results_folder()
    }

    /// Whose results the caller sees: what was read under other rules is another's.
    async fn owner(&self, cx: &CallContext) -> Result<String, ToolError> {
        // Whoever reads a result names no org, so the alias of one does not count; user and org do.
        let owner = self.org.owned_by(cx.caller()).await?;
        Ok(folder::owner_key(&owner, self.org.rules_in_force().as_deref()))
    }
}

fn bare(id: &str) -> &str {
    let id = id.trim();
    id.strip_prefix(RESULTS_URI).unwrap_or(id)
}

impl std::fmt::Debug for Results<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Results").finish_non_exhaustive()
    }
}
