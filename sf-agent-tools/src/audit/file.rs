//! The log as a file of JSON lines.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::chain::{Chain, Walked, first_of, sha256};
use super::head::{self, Head};
use super::{Audit, AuditError, Entry, Stamped, parts};
use crate::seal::random_u64;

/// The version of the form.
const VERSION: u32 = 1;

/// How the first line begins.
const FIRST: &[u8] = b"{\"seq\":0,\"at\":\"";

/// For how long a plan that was begun is remembered: longer than any digest is valid.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(48);

/// An audit log in a file of JSON lines, chained by SHA-256. Cheap to clone; clones share it.
///
/// An entry is on disk (`fsync`) before the write it announces is sent. Several tasks may append at
/// once, and several processes: each append takes a lock on the file and reads what others have
/// added. The locks of some network file systems do not hold across machines; keep the log on a
/// local disk. The file is made for its owner alone (on Unix), and beside it `FILE.head`, which
/// tells how far the log goes, so that entries cut from its end are noticed. Both can be written
/// anew by whoever owns them: the chain proves that nothing was changed only against a digest that
/// was kept elsewhere ([`Verified::hash`](super::Verified)).
///
/// A line that a crash or a full disk cut short is replaced by an entry that says so.
#[derive(Clone)]
pub struct AuditFile {
    path: Arc<Path>,
    state: Arc<Mutex<State>>,
}

struct State {
    file: File,
    chain: Chain,
    /// Steps of plans that were begun.
    begun: HashSet<(String, u32)>,
    /// The number of the file that is written to, from 1.
    part: u64,
    /// How long a file grows before the next is begun.
    most: Option<u64>,
    /// A device cannot be read back; what is there is not known and not needed.
    readable: bool,
}

impl AuditFile {
    /// Opens a log, or begins one where there is none, and checks it from its first line.
    ///
    /// # Errors
    /// [`AuditError::Broken`] if it was changed, [`AuditError::Io`] if it cannot be opened or read.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, AuditError> {
        let path: PathBuf = path.into();
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(|e| AuditError::io(&path, "opened", e))?;
        let readable = file.metadata().is_ok_and(|m| m.is_file());
        let (chain, begun) = (Chain::default(), HashSet::new());
        let mut state = State { file, chain, begun, part: 1, most: None, readable };
        if readable {
            state.locked(&path, State::begin)?;
        }
        Ok(Self { path: path.into(), state: Arc::new(Mutex::new(state)) })
    }

    /// Begins a new file when the one that is written to has `bytes` or more: that one gets a number
    /// behind its name (`audit.jsonl.000001`), and the chain goes on in the new one. All of them are
    /// one log, which [`verify`](super::verify) and the like go through from the name of the last.
    /// Every process that appends to a log should say so alike; a process that does not goes along.
    #[must_use]
    pub fn parts_of(self, bytes: u64) -> Self {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).most = Some(bytes.max(1));
        self
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut State, &Path) -> Result<T, AuditError> + Send + 'static,
    ) -> Result<T, AuditError> {
        let this = self.clone();
        let work = move || {
            // A state is changed only once what it says is on disk.
            let mut state = this.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.locked(&this.path, |state, path| work(state, path))
        };
        let ended = tokio::task::spawn_blocking(work).await;
        ended.unwrap_or_else(|error| Err(AuditError::Failed { problem: error.to_string() }))
    }
}

#[async_trait]
impl Audit for AuditFile {
    async fn append(&self, entry: Entry) -> Result<u64, AuditError> {
        self.blocking(move |state, path| {
            state.catch_up(path)?;
            state.append(path, &entry)
        })
        .await
    }

    async fn of_plan(&self, plan: &str) -> Result<Vec<Stamped>, AuditError> {
        let plan = plan.to_owned();
        self.blocking(move |state, path| {
            if !state.readable {
                return Ok(Vec::new());
            }
            let (mut found, mut intents) = (Vec::new(), HashSet::new());
            super::verify::walk(path, |stamped| {
                let wanted = match &stamped.entry {
                    Entry::Intent(intent) => intent.plan.as_deref() == Some(plan.as_str()),
                    Entry::Outcome(outcome) => intents.contains(&outcome.of),
                    _ => false,
                };
                if wanted {
                    intents.insert(stamped.seq);
                    found.push(stamped);
                }
            })?;
            Ok(found)
        })
        .await
    }
}

impl State {
    /// Does `work` while no other process touches the file.
    fn locked<T>(
        &mut self,
        path: &Path,
        work: impl FnOnce(&mut Self, &Path) -> Result<T, AuditError>,
    ) -> Result<T, AuditError> {
        if self.readable {
            self.file.lock().map_err(|e| AuditError::io(path, "locked", e))?;
        }
        let done = work(self, path);
        if self.readable {
            // Closing the file gives the lock back at the latest.
            self.file.unlock().ok();
        }
        done
    }

    /// Reads the log from its first part.
    fn begin(&mut self, path: &Path) -> Result<(), AuditError> {
        let failed = |e| AuditError::io(path, "read", e);
        self.part = match self.first_line().map_err(failed)?.map(|stamped| stamped.entry) {
            Some(Entry::Continued { part, .. }) => part,
            _ => 1,
        };
        let begun = &mut self.begun;
        self.chain = parts::walk(path, self.part, |stamped| remember(begun, &stamped))?;
        self.catch_up(path)
    }

    fn first_line(&self) -> std::io::Result<Option<Stamped>> {
        let (mut file, mut line) = (&self.file, Vec::new());
        file.seek(SeekFrom::Start(0))?;
        BufReader::new(file).read_until(b'\n', &mut line)?;
        Ok(first_of(&line))
    }

    /// Reads what others have appended, and replaces a line that was cut.
    fn catch_up(&mut self, path: &Path) -> Result<(), AuditError> {
        if !self.readable {
            return Ok(());
        }
        match self.is_still_there(path) {
            Err(AuditError::Moved { .. }) => self.follow(path)?,
            other => other?,
        }
        let torn = self.read_rest(path)?;
        self.reaches_head(path, &self.chain)?;
        if torn.is_empty() {
            return Ok(());
        }
        if self.chain.next == 0 {
            // Not even a first line: written anew by the next entry, unless it is another's file.
            let begun = torn.iter().zip(FIRST).all(|(found, ours)| found == ours);
            let problem = "it is no entry of an audit log".to_owned();
            return if begun { Ok(()) } else { Err(broken(path, Some(1), problem)) };
        }
        tracing::warn!(bytes = torn.len(), "the last line of the audit log was cut short");
        let entry = Entry::Torn { bytes: torn.len() as u64, sha256: sha256(&torn) };
        self.put(path, &entry).map(drop)
    }

    /// Goes on to the file that another process has begun.
    fn follow(&mut self, path: &Path) -> Result<(), AuditError> {
        loop {
            let moved = || AuditError::Moved { path: path.to_owned() };
            // What was appended before that.
            if !self.read_rest(path)?.is_empty() {
                return Err(moved());
            }
            let later = parts::name(path, self.part + 1);
            let named = if later.exists() { later } else { path.to_owned() };
            let failed = |e| AuditError::io(path, "opened", e);
            // Whatever is in the way, nothing is known to go on.
            let opened = OpenOptions::new().read(true).write(true).open(&named);
            let Ok(file) = opened else { return Err(moved()) };
            file.lock().map_err(failed)?;
            let before = std::mem::replace(&mut self.file, file);
            let first = self.first_line().map_err(failed)?;
            let goes_on = first.is_some_and(|first| {
                let part =
                    matches!(first.entry, Entry::Continued { part, .. } if part == self.part + 1);
                part && first.seq == self.chain.next && first.prev == self.chain.last
            });
            if !goes_on {
                self.file = before;
                return Err(moved());
            }
            self.part += 1;
            self.chain.next_part();
            if self.is_still_there(path).is_ok() {
                return Ok(());
            }
        }
    }

    /// Reads on in the file that is open; gives what is left of a line that was cut.
    fn read_rest(&mut self, path: &Path) -> Result<Vec<u8>, AuditError> {
        let length = self.file.metadata().map_err(|e| AuditError::io(path, "read", e))?.len();
        if length < self.chain.offset {
            return Err(broken(path, None, "entries were cut from its end".to_owned()));
        }
        let mut chain = self.chain.clone();
        let mut begun = std::mem::take(&mut self.begun);
        let walked = self.read_from(path, &mut chain, |stamped| remember(&mut begun, &stamped));
        self.begun = begun;
        let torn = no_misfit(path, walked?)?;
        self.chain = chain;
        Ok(torn)
    }

    fn read_from(
        &self,
        path: &Path,
        chain: &mut Chain,
        visit: impl FnMut(Stamped),
    ) -> Result<Walked, AuditError> {
        let failed = |e| AuditError::io(path, "read", e);
        let mut file = &self.file;
        file.seek(SeekFrom::Start(chain.offset)).map_err(failed)?;
        chain.walk(BufReader::new(file), visit).map_err(failed)
    }

    /// The head is written after the log, so it is never ahead of it.
    fn reaches_head(&self, path: &Path, chain: &Chain) -> Result<(), AuditError> {
        let head = head::read(path).map_err(|e| AuditError::io(path, "read", e))?;
        let Head::At { seq, hash } = head else { return Ok(()) };
        let ahead = seq >= chain.next;
        if ahead || (seq + 1 == chain.next && hash != chain.last) {
            return Err(broken(
                path,
                None,
                format!("{} knows entry {seq}, which is not in it", head::path(path).display()),
            ));
        }
        Ok(())
    }

    /// Whether the name still leads to the file that is open.
    fn is_still_there(&self, path: &Path) -> Result<(), AuditError> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let named = std::fs::metadata(path).ok().map(|m| (m.dev(), m.ino()));
            let open = self.file.metadata().ok().map(|m| (m.dev(), m.ino()));
            if named.is_none() || named != open {
                return Err(AuditError::Moved { path: path.to_owned() });
            }
        }
        #[cfg(not(unix))]
        let _ = path;
        Ok(())
    }

    fn append(&mut self, path: &Path, entry: &Entry) -> Result<u64, AuditError> {
        if self.chain.next == 0 {
            self.name_is_durable(path)?;
            let id = |e: crate::SealError| AuditError::Failed { problem: e.to_string() };
            let file = format!("{:016x}", random_u64().map_err(id)?);
            self.put(path, &Entry::Opened { file, version: VERSION })?;
        }
        if let Entry::Intent(intent) = entry
            && let Some(plan) = &intent.plan
            && self.begun.contains(&(plan.clone(), intent.step))
        {
            return Err(AuditError::AlreadyApplied { plan: plan.clone() });
        }
        if self.readable && self.most.is_some_and(|most| self.chain.offset >= most) {
            // The log goes on in one file if it cannot in two.
            if let Err(error) = self.next_part(path) {
                tracing::warn!(%error, "the next file of the audit log cannot be begun");
            }
        }
        self.put(path, entry)
    }

    /// Begins the next file. It takes the log's name when its first line is on disk, so that there is
    /// a whole log under that name at any moment.
    fn next_part(&mut self, path: &Path) -> Result<(), AuditError> {
        let failed = |e| AuditError::io(path, "written", e);
        let part = self.part + 1;
        let mut chain = self.chain.clone();
        chain.next_part();
        let id = random_u64().map_err(|e| AuditError::Failed { problem: e.to_string() })?;
        let entry = Entry::Continued { file: format!("{id:016x}"), part, version: VERSION };
        let line = chain.line(Timestamp::now(), &entry);
        let (line, chain) = line.map_err(|e| failed(std::io::Error::other(e)))?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let next = parts::next(path);
        let begun = (|| {
            let mut file = options.open(&next)?;
            file.lock()?;
            file.write_all(line.as_bytes())?;
            file.sync_all()?;
            parts::keep(path, self.part)?;
            std::fs::rename(&next, path)?;
            Ok(file)
        })();
        (self.file, self.chain, self.part) = (begun.map_err(failed)?, chain, part);
        self.name_is_durable(path)?;
        head::write(path, &self.chain).map_err(failed)
    }

    /// A new file is found after a crash only if its folder is on disk, too.
    fn name_is_durable(&self, path: &Path) -> Result<(), AuditError> {
        #[cfg(unix)]
        if self.readable {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            File::open(folder.unwrap_or_else(|| Path::new(".")))
                .and_then(|folder| folder.sync_all())
                .map_err(|e| AuditError::io(path, "written", e))?;
        }
        #[cfg(not(unix))]
        let _ = path;
        Ok(())
    }

    /// Writes a line behind the last whole one, over whatever is there, to the disk.
    fn put(&mut self, path: &Path, entry: &Entry) -> Result<u64, AuditError> {
        let failed = |e| AuditError::io(path, "written", e);
        let at = Timestamp::now();
        let (line, chain) =
            self.chain.line(at, entry).map_err(|e| failed(std::io::Error::other(e)))?;
        let written = (|| {
            if self.readable {
                self.file.seek(SeekFrom::Start(self.chain.offset))?;
            }
            self.file.write_all(line.as_bytes())?;
            if self.readable {
                self.file.set_len(chain.offset)?;
            }
            self.file.sync_data()
        })();
        if let Err(error) = written {
            // What was begun is taken back, as far as the disk lets us; if not, it is found as a
            // line that was cut short.
            if self.readable {
                self.file.set_len(self.chain.offset).ok();
            }
            return Err(failed(error));
        }
        let seq = self.chain.next;
        self.chain = chain;
        let (prev, hash) = (String::new(), String::new());
        remember(&mut self.begun, &Stamped { seq, at, prev, entry: entry.clone(), hash });
        if self.readable
            && let Err(error) = head::write(path, &self.chain)
        {
            tracing::warn!(%error, "the head of the audit log cannot be written");
        }
        Ok(seq)
    }
}

fn remember(begun: &mut HashSet<(String, u32)>, stamped: &Stamped) {
    if let Entry::Intent(intent) = &stamped.entry
        && let Some(plan) = &intent.plan
        && Timestamp::now().duration_since(stamped.at) < REMEMBERED
    {
        begun.insert((plan.clone(), intent.step));
    }
}

/// What is left of a line that was cut.
fn no_misfit(path: &Path, walked: Walked) -> Result<Vec<u8>, AuditError> {
    match walked {
        Walked::Read { torn } => Ok(torn),
        Walked::Misfit(misfit) => Err(broken(path, Some(misfit.line), misfit.problem)),
    }
}

pub(super) fn broken(path: &Path, line: Option<u64>, problem: String) -> AuditError {
    let problem = match line {
        Some(line) => format!("line {line}: {problem}"),
        None => problem,
    };
    AuditError::Broken { path: path.to_owned(), line, problem }
}

impl std::fmt::Debug for AuditFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditFile").field("path", &self.path).finish_non_exhaustive()
    }
}
