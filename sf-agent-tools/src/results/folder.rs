//! The folder: a file for each result, and beside it what is known of it.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::{ResultBounds, ResultFile};
use crate::ToolError;

/// What the file beside a result is called after its id.
const BESIDE: &str = "about";

/// What a result is called while it is written.
pub(super) const UNFINISHED: &str = "part";

/// A file that is not finished and was not written to for so long belongs to a process that is gone.
const ABANDONED: Duration = Duration::from_secs(60 * 60);

/// Letters of an id: a letter and 20 hexadecimal digits.
const ID: usize = 21;

/// Where results lie. Nothing is made before the first of them.
pub(crate) struct Folder {
    chosen: Option<PathBuf>,
    pub(super) bounds: ResultBounds,
    /// Stands for the org object that it goes with, and thus for what is kept in memory beside it.
    pub(super) session: String,
    root: Mutex<Option<Arc<Root>>>,
}

enum Root {
    Chosen(PathBuf),
    /// Removed when it is dropped; the lock in it is given up before.
    Private {
        _lock: File,
        folder: TempDir,
    },
}

impl Root {
    fn path(&self) -> &Path {
        match self {
            Self::Chosen(path) => path,
            Self::Private { folder, .. } => folder.path(),
        }
    }
}

/// What is known of a result, as it stands beside it.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct About {
    pub(super) owner: String,
    pub(super) extension: String,
    pub(super) file_name: String,
    pub(super) media_type: String,
    pub(super) title: String,
    pub(super) bytes: u64,
    pub(super) created: Timestamp,
    /// In which session it was made.
    #[serde(default)]
    pub(super) session: String,
}

impl Folder {
    pub(crate) fn new(chosen: Option<PathBuf>, bounds: ResultBounds) -> Self {
        let session = format!("{}-{}", std::process::id(), Timestamp::now().as_nanosecond());
        Self { chosen, bounds, session, root: Mutex::default() }
    }

    /// The path, made if it is not there.
    pub(super) fn path(&self) -> Result<PathBuf, ToolError> {
        let mut root = self.root.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(root) = &*root {
            return Ok(root.path().to_owned());
        }
        let made = match &self.chosen {
            Some(path) => private_folder(path).map(|()| Root::Chosen(path.clone())),
            None => private_root(),
        };
        let made = Arc::new(made.map_err(|error| failed(&error))?);
        Ok(root.insert(made).path().to_owned())
    }

    pub(super) fn list(&self, owner: &str) -> Result<Vec<ResultFile>, ToolError> {
        let all = self.sweep(0)?;
        let own = all.into_iter().filter(|(_, about)| about.owner == owner);
        let mut own: Vec<ResultFile> = own.map(|(id, about)| about.told(id)).collect();
        own.reverse();
        Ok(own)
    }

    pub(super) fn find(&self, owner: &str, id: &str) -> Result<(ResultFile, PathBuf), ToolError> {
        if !is_id(id) {
            return Err(not_there());
        }
        let path = self.path()?;
        let about = about(&path, id).filter(|about| about.owner == owner && !self.is_over(about));
        let about = about.ok_or_else(not_there)?;
        let file = path.join(format!("{id}.{}", about.extension));
        // Nothing here makes links.
        match fs::symlink_metadata(&file) {
            Ok(found) if found.is_file() && found.len() == about.bytes => {
                Ok((about.told(id.to_owned()), file))
            }
            _ => Err(not_there()),
        }
    }

    /// Whether it was made in this session.
    pub(super) fn is_own(&self, owner: &str, id: &str) -> bool {
        let path = if is_id(id) { self.path().ok() } else { None };
        let about = path.and_then(|path| about(&path, id));
        about.is_some_and(|about| about.owner == owner && about.session == self.session)
    }

    pub(super) fn read(
        &self,
        owner: &str,
        id: &str,
        offset: u64,
        length: u64,
    ) -> Result<Vec<u8>, ToolError> {
        let (_, path) = self.find(owner, id)?;
        let mut bytes = Vec::new();
        let mut read = || {
            let mut file = File::open(&path)?;
            file.seek(SeekFrom::Start(offset))?;
            file.take(length).read_to_end(&mut bytes)
        };
        read().map_err(|error| failed(&error))?;
        Ok(bytes)
    }

    /// Removes what is over, and the oldest results until `more` bytes find room. Gives those that
    /// are left, the oldest first.
    pub(super) fn sweep(&self, more: u64) -> Result<Vec<(String, About)>, ToolError> {
        let path = self.path()?;
        let mut all = Vec::new();
        for entry in fs::read_dir(&path).map_err(|error| failed(&error))?.flatten() {
            let name = entry.file_name();
            let Some((id, kind)) = name.to_str().and_then(|name| name.split_once('.')) else {
                continue;
            };
            if is_id(id) && kind == BESIDE {
                all.extend(about(&path, id).map(|about| (id.to_owned(), about)));
            } else if is_id(id) && kind == UNFINISHED {
                let changed = entry.metadata().and_then(|data| data.modified());
                let age = changed.ok().and_then(|at| SystemTime::now().duration_since(at).ok());
                if age.is_some_and(|age| age > ABANDONED) {
                    remove(&entry.path());
                }
            }
        }
        all.sort_by(|a, b| (a.1.created, &a.0).cmp(&(b.1.created, &b.0)));
        let mut total: u64 = all.iter().map(|(_, about)| about.bytes).sum();
        all.retain(|(id, about)| {
            let keeps = !self.is_over(about) && total.saturating_add(more) <= self.bounds.bytes;
            if !keeps {
                total = total.saturating_sub(about.bytes);
                remove(&path.join(format!("{id}.{BESIDE}")));
                remove(&path.join(format!("{id}.{}", about.extension)));
            }
            keeps
        });
        Ok(all)
    }

    fn is_over(&self, about: &About) -> bool {
        let age = Timestamp::now().duration_since(about.created);
        // What comes from the future has a clock of its own, and stays until that time.
        age.unsigned_abs() >= self.bounds.lifetime && !age.is_negative()
    }
}

impl About {
    fn told(self, id: String) -> ResultFile {
        let Self { file_name, media_type, title, bytes, created, .. } = self;
        ResultFile { id, file_name, media_type, title, bytes, created }
    }

    /// Writes it beside its result, whole or not at all.
    pub(super) fn keep(&self, folder: &Path, id: &str) -> std::io::Result<ResultFile> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer(&mut file, self)?;
        file.persist(folder.join(format!("{id}.{BESIDE}"))).map_err(|error| error.error)?;
        Ok(self.clone().told(id.to_owned()))
    }
}

fn about(folder: &Path, id: &str) -> Option<About> {
    let text = fs::read(folder.join(format!("{id}.{BESIDE}"))).ok()?;
    let about: About = serde_json::from_slice(&text).ok()?;
    is_extension(&about.extension).then_some(about)
}

/// Whether it is a name that was made here, and thus no path.
fn is_id(id: &str) -> bool {
    id.len() == ID
        && id.starts_with('r')
        && id.bytes().skip(1).all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn is_extension(text: &str) -> bool {
    (1..=8).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        && text != BESIDE
        && text != UNFINISHED
}

/// The extension of a file name, if it is one for a result.
pub(super) fn extension(file_name: &str) -> String {
    let found = file_name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    found.filter(|extension| is_extension(extension)).unwrap_or_else(|| "bin".to_owned())
}

/// Stands for an owner and the rules; nobody learns these from a folder.
pub(super) fn owner_key(owner: &str, rules: Option<&str>) -> String {
    let text = format!("{owner}\n{}", rules.unwrap_or_default());
    let hash = digest(&SHA256, text.as_bytes());
    hash.as_ref()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What private folders are called, before their random letters.
const PRIVATE: &str = "sf-agent-results-";

/// The file in a private folder that its process holds locked for as long as it lives.
const LOCK: &str = "lock";

/// A new private folder. Those of processes that were killed go first.
fn private_root() -> std::io::Result<Root> {
    remove_left(&std::env::temp_dir());
    let folder = tempfile::Builder::new().prefix(PRIVATE).tempdir()?;
    let lock = File::create_new(folder.path().join(LOCK))?;
    lock.lock()?;
    Ok(Root::Private { _lock: lock, folder })
}

/// Removes the private folders in `place` that no process holds any more. Whatever is in the way of
/// that is no failure of this process.
fn remove_left(place: &Path) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        let is_private = entry.file_name().to_str().is_some_and(|name| name.starts_with(PRIVATE));
        // A link is neither followed nor a folder.
        if !is_private || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let path = entry.path().join(LOCK);
        if !fs::symlink_metadata(&path).is_ok_and(|found| found.is_file()) {
            continue;
        }
        if File::open(&path).is_ok_and(|lock| lock.try_lock().is_ok()) {
            drop(fs::remove_dir_all(entry.path()));
        }
    }
}

fn private_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(%error, "an old result cannot be removed");
    }
}

fn not_there() -> ToolError {
    ToolError::fix_your_call(
        "There is no such result: its id is wrong, it was made by another user or under other rules, \
         or it is over (results are kept for a while, the newest of them the longest). Make the call \
         that gave it again.",
    )
}

pub(super) fn failed(error: &std::io::Error) -> ToolError {
    tracing::error!(%error, "the folder of results cannot be used");
    ToolError::ask_a_person(
        "The file of a result cannot be written or read on the machine of this connection. Whoever \
         runs it finds the cause in its log. Smaller results come in the reply itself.",
    )
}
