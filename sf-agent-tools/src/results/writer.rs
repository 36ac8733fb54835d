//! A result that is being written.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use aws_lc_rs::rand;
use jiff::Timestamp;

use super::ResultFile;
use super::folder::{About, Folder, UNFINISHED, extension, failed};
use crate::ToolError;

/// What a result is to be called.
#[derive(Debug, Clone)]
pub(crate) struct NewResult {
    pub(crate) file_name: String,
    pub(crate) media_type: String,
    pub(crate) title: String,
}

/// The file of a result until it is whole; dropped before that, it is gone. It is written to as any
/// file, and says afterwards why that failed. Older results stay beside it until it is kept.
pub(crate) struct ResultWriter {
    file: BufWriter<File>,
    folder: PathBuf,
    part: PathBuf,
    id: String,
    about: About,
    most: u64,
    finished: bool,
}

impl ResultWriter {
    pub(super) fn begin(folder: &Folder, owner: &str, new: NewResult) -> Result<Self, ToolError> {
        folder.sweep(0)?;
        let path = folder.path()?;
        let mut random = [0_u8; 10];
        rand::fill(&mut random).map_err(|_| failed(&std::io::Error::other("no random numbers")))?;
        let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let id = format!("r{digits}");
        let part = path.join(format!("{id}.{UNFINISHED}"));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&part).map_err(|error| failed(&error))?;
        let file_name = named(&new.file_name);
        let about = About {
            owner: owner.to_owned(),
            extension: extension(&file_name),
            file_name,
            media_type: new.media_type,
            title: new.title,
            bytes: 0,
            created: Timestamp::now(),
            session: folder.session.clone(),
        };
        let file = BufWriter::with_capacity(64 << 10, file);
        Ok(Self { file, folder: path, part, id, about, most: folder.bounds.bytes, finished: false })
    }

    /// Keeps it.
    ///
    /// # Errors
    /// If it could not be written, for whoever runs the connection; or if it is larger than all
    /// results together may be.
    pub(super) fn finish(mut self, folder: &Folder) -> Result<ResultFile, ToolError> {
        self.file.flush().map_err(|error| self.told(&error))?;
        folder.sweep(self.about.bytes)?;
        let kept = self.folder.join(format!("{}.{}", self.id, self.about.extension));
        self.about.created = Timestamp::now();
        // What is known of it comes first: a file without that would never be found, and never removed.
        let told = self.about.keep(&self.folder, &self.id).map_err(|error| failed(&error))?;
        std::fs::rename(&self.part, &kept).map_err(|error| failed(&error))?;
        self.finished = true;
        Ok(told)
    }

    /// What is told of a write that failed.
    pub(crate) fn told(&self, error: &std::io::Error) -> ToolError {
        if self.about.bytes <= self.most {
            return failed(error);
        }
        ToolError::fix_your_call(format!(
            "The result is larger than results may be here ({} MB), so it was given up and nothing of \
             it is kept. Select fewer fields, or narrow the conditions and make several calls.",
            self.most >> 20
        ))
    }
}

impl Write for ResultWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.about.bytes += bytes.len() as u64;
        if self.about.bytes > self.most {
            return Err(std::io::Error::other("the result is too large"));
        }
        self.file.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl Drop for ResultWriter {
    fn drop(&mut self) {
        if !self.finished {
            // What cannot be removed now is removed by a later sweep.
            drop(std::fs::remove_file(&self.part));
        }
    }
}

/// A name for people that is no path anywhere.
fn named(name: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' };
    let name: String = name.trim().chars().map(plain).collect();
    let (stem, extension) = name.rsplit_once('.').unwrap_or((&name, "bin"));
    let stem: String = stem.trim_matches('.').chars().take(80).collect();
    let stem = if stem.is_empty() { "result" } else { &stem };
    format!("{stem}.{}", extension.chars().take(8).collect::<String>())
}
