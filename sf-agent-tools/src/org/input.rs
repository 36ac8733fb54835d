//! Files of the host that an agent may load.

use std::path::{Component, Path, PathBuf};

use super::{Org, OrgBuilder};
use crate::{CallContext, Problem, ToolError};

/// The folder whose files an agent may name; without one none.
pub(crate) type InputFolder = Option<PathBuf>;

impl OrgBuilder {
    /// Lets agents load the files of this folder and of those below it, by their names relative to
    /// it. By default they can load what they give themselves and results of their own, and no file.
    #[must_use]
    pub fn input_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.input = Some(folder.into());
        self
    }
}

impl Org {
    /// Where what a call names lies: a result of the caller, or a file that the host lets be loaded.
    ///
    /// # Errors
    /// If there is no such thing.
    pub(crate) async fn input(&self, cx: &CallContext, name: &str) -> Result<PathBuf, ToolError> {
        let no_file = |why: &str| {
            ToolError::fix_your_call(format!("There is nothing to load: {why}"))
                .with_problem(Problem::new("source", why))
        };
        let path = match self.results().path(cx, name).await {
            Ok(path) => return Ok(path),
            Err(error) if error.class != crate::ErrorClass::FixYourCall => return Err(error),
            Err(_) => Path::new(name.trim()),
        };
        let Some(folder) = &self.inner.input else {
            return Err(no_file(
                "there is no such result, and this connection lets no files be loaded; give the rows \
                 themselves or the id of a result.",
            ));
        };
        let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
        let found = (|| {
            // Links are followed, as long as they stay within.
            let folder = folder.canonicalize().ok()?;
            let file = folder.join(path).canonicalize().ok()?;
            (plain && file.starts_with(&folder) && file.is_file()).then_some(file)
        })();
        found.ok_or_else(|| {
            no_file("it is neither a result of yours nor a file in the folder of files to load.")
        })
    }
}
