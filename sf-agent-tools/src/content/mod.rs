//! The text of files: what a model can read of them.
//!
//! Files come from people and may be made to harm: every format is read with bounds on what it may
//! grow to, in a thread of its own with a large stack, for a limited time, and no more than two at once. A
//! library that panics ends that thread and nothing else (this crate must not be built with
//! `panic = "abort"` where that matters). A thread that has to be given up goes on until it is done,
//! and keeps its place among the two for so long.

mod docx;
mod html;
mod kept;
mod pdf;
mod plain;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};

pub(crate) use kept::Texts;

use crate::ToolError;

/// Bytes of a file that is read.
pub(crate) const MOST_FILE: u64 = 10 << 20;

/// Characters of a text; what is behind them is left out, and that is told.
const MOST_TEXT: usize = 4_000_000;

/// How long one file is worked on.
const TIME: Duration = Duration::from_secs(30);

const STACK: usize = 32 << 20;

/// The extensions of files that can be read.
pub(crate) const READABLE: &str = "txt, log, md, csv, tsv, json, html, pdf, docx";

/// What a file is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    Html,
    Pdf,
    Docx,
}

/// The text of a file.
#[derive(Debug, Default)]
pub(crate) struct Text {
    pub(crate) text: String,
    /// What is known to be missing from it.
    pub(crate) missing: Vec<String>,
    /// How it was read, and what may be wrong with it.
    pub(crate) notes: Vec<String>,
}

impl Kind {
    /// By the extension of a name.
    pub(crate) fn of(extension: &str) -> Option<Self> {
        Some(match extension.trim_start_matches('.').to_ascii_lowercase().as_str() {
            "txt" | "text" | "log" | "md" | "markdown" | "csv" | "tsv" | "json" => Self::Plain,
            "html" | "htm" => Self::Html,
            "pdf" => Self::Pdf,
            "docx" => Self::Docx,
            _ => return None,
        })
    }

    fn read(self, bytes: &[u8]) -> Result<Text, String> {
        let mut text = match self {
            Self::Plain => plain::text(bytes),
            Self::Html => {
                let plain = plain::text(bytes);
                let mut text = html::text(&plain.text);
                text.notes.extend(plain.notes);
                text
            }
            Self::Pdf => pdf::text(bytes)?,
            Self::Docx => docx::text(bytes)?,
        };
        if let Some((end, _)) = text.text.char_indices().nth(MOST_TEXT) {
            text.text.truncate(end);
            text.missing.push(format!("Only the first {MOST_TEXT} characters are read."));
        }
        Ok(text)
    }
}

/// The text of a file.
///
/// # Errors
/// If it is not what it says it is, or cannot be read within the bounds.
pub(crate) async fn text_of(kind: Kind, bytes: Vec<u8>) -> Result<Text, ToolError> {
    static PLACES: OnceLock<Arc<Semaphore>> = OnceLock::new();
    let places = Arc::clone(PLACES.get_or_init(|| Arc::new(Semaphore::new(2))));
    let busy = || ToolError::try_later("Too many files are being read; make the call again.");
    let place = tokio::time::timeout(TIME, places.acquire_owned()).await;
    let place = place.map_err(|_| busy())?.map_err(|_| busy())?;
    let (sender, receiver) = oneshot::channel();
    let work = move || {
        let _place = place;
        drop(sender.send(kind.read(&bytes)));
    };
    let thread = std::thread::Builder::new().name("file".to_owned()).stack_size(STACK);
    thread.spawn(work).map_err(|_| busy())?;
    match tokio::time::timeout(TIME, receiver).await {
        Ok(Ok(Ok(text))) => Ok(text),
        Ok(Ok(Err(why))) => {
            Err(ToolError::fix_your_call(format!("The file cannot be read: {why}")))
        }
        // The thread panicked.
        Ok(Err(_)) => Err(ToolError::fix_your_call(
            "The file cannot be read: it is damaged, or made to harm. Reading it again will not help.",
        )),
        Err(_) => Err(ToolError::fix_your_call(format!(
            "The file cannot be read: working on it took longer than {} seconds.",
            TIME.as_secs()
        ))),
    }
}
