//! Unguessable text for tokens, locators and credentials.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::hmac;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};

use crate::error::Error;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Seeded once from the system; what it gives afterwards cannot fail.
pub(crate) struct Random {
    key: hmac::Key,
    counter: AtomicU64,
}

impl Random {
    pub(crate) fn new() -> Result<Self, Error> {
        let mut seed = [0; 32];
        SystemRandom::new().fill(&mut seed).map_err(|_| Error::Random)?;
        Ok(Self { key: hmac::Key::new(hmac::HMAC_SHA256, &seed), counter: AtomicU64::new(0) })
    }

    /// Letters and digits.
    pub(crate) fn text(&self, length: usize) -> String {
        self.letters(length, BASE62)
    }

    /// Lower-case hexadecimal digits.
    pub(crate) fn hex(&self, length: usize) -> String {
        self.letters(length, b"0123456789abcdef")
    }

    /// `alphabet` has at most 64 letters; they need not be equally likely.
    pub(crate) fn letters(&self, length: usize, alphabet: &[u8]) -> String {
        let mut text = String::with_capacity(length);
        while text.len() < length {
            let count = self.counter.fetch_add(1, Ordering::Relaxed);
            let block = hmac::sign(&self.key, &count.to_le_bytes());
            let letters = block
                .as_ref()
                .iter()
                .filter_map(|byte| alphabet.get(usize::from(*byte) % alphabet.len()));
            text.extend(letters.take(length - text.len()).map(|letter| char::from(*letter)));
        }
        text
    }
}
