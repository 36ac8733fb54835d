//! Texts of files that were read, for the next part of them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::Text;

/// Texts, and bytes of all of them.
const MOST: usize = 8;
const MOST_BYTES: usize = 32 << 20;

/// The texts that were read last, by version. Whoever asks for one has looked before whether its file
/// may be read.
#[derive(Default)]
pub(crate) struct Texts(Mutex<VecDeque<(String, Arc<Text>)>>);

impl Texts {
    pub(crate) fn get(&self, key: &str) -> Option<Arc<Text>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(own, _)| own == key).map(|(_, text)| Arc::clone(text))
    }

    pub(crate) fn keep(&self, key: String, text: Arc<Text>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(own, _)| *own != key);
        kept.push_back((key, text));
        let size = |kept: &VecDeque<(String, Arc<Text>)>| -> usize {
            kept.iter().map(|(_, text)| text.text.len()).sum()
        };
        while kept.len() > MOST || size(&kept) > MOST_BYTES {
            kept.pop_front();
        }
    }
}
