//! The data of an ingest job, and what became of its records.
//!
//! Results quote the data, so it is kept as long as the job. That of a job that
//! is over leaves memory if it is large: it waits in a temporary file without a
//! name, which goes when the org does.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};

use bytes::Bytes;

/// Smaller data stays in memory; a file costs a descriptor.
const MIN_FILE: usize = 1024 * 1024;

#[derive(Debug, Default)]
pub(super) struct Upload {
    content: Option<Content>,
    /// One for each processed record, in order.
    pub(super) outcomes: Vec<Outcome>,
}

#[derive(Debug)]
enum Content {
    Memory(Bytes),
    File {
        file: File,
        length: usize,
    },
    /// There was data, until that of younger jobs needed the room.
    Forgotten,
}

#[derive(Debug)]
pub(super) enum Outcome {
    Written {
        id: String,
        created: bool,
    },
    /// The id as it was given, or nothing; the text of `sf__Error`.
    Refused {
        id: String,
        error: String,
    },
}

impl Upload {
    pub(super) fn put(&mut self, data: Bytes) {
        self.content = Some(Content::Memory(data));
    }

    pub(super) fn has_data(&self) -> bool {
        self.content.is_some()
    }

    pub(super) fn is_forgotten(&self) -> bool {
        matches!(self.content, Some(Content::Forgotten))
    }

    /// Bytes kept, wherever they are.
    pub(super) fn kept(&self) -> usize {
        match &self.content {
            Some(Content::Memory(data)) => data.len(),
            Some(Content::File { length, .. }) => *length,
            Some(Content::Forgotten) | None => 0,
        }
    }

    /// The data; nothing if there is none any more.
    pub(super) fn data(&self) -> io::Result<Bytes> {
        match &self.content {
            Some(Content::Memory(data)) => Ok(data.clone()),
            Some(Content::File { file, length }) => {
                let mut file = file;
                file.seek(SeekFrom::Start(0))?;
                let mut data = Vec::with_capacity(*length);
                file.read_to_end(&mut data)?;
                Ok(data.into())
            }
            Some(Content::Forgotten) | None => Ok(Bytes::new()),
        }
    }

    /// Moves large data out of memory.
    pub(super) fn put_aside(&mut self) {
        let Some(Content::Memory(data)) = &self.content else { return };
        if data.len() < MIN_FILE {
            return;
        }
        let written = tempfile::tempfile().and_then(|mut file| {
            file.write_all(data)?;
            Ok(file)
        });
        match written {
            Ok(file) => self.content = Some(Content::File { file, length: data.len() }),
            Err(error) => tracing::warn!(%error, "the data of a bulk job stays in memory"),
        }
    }

    pub(super) fn forget(&mut self) {
        self.content = Some(Content::Forgotten);
        self.outcomes = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_data_is_read_back_from_its_file() {
        let mut upload = Upload::default();
        for length in [10, MIN_FILE + 3] {
            let data: Bytes = vec![b'x'; length].into();
            upload.put(data.clone());
            upload.put_aside();
            assert_eq!(matches!(upload.content, Some(Content::File { .. })), length > MIN_FILE);
            assert_eq!(upload.kept(), length);
            assert_eq!((upload.data().unwrap(), upload.data().unwrap()), (data.clone(), data));
        }
        upload.forget();
        assert_eq!((upload.kept(), upload.has_data(), upload.is_forgotten()), (0, true, true));
    }
}
