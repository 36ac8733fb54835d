//! Authorization codes: 15 minutes, one use.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// How long a code may be redeemed.
const LIFE: SignedDuration = SignedDuration::from_mins(15);

/// How long an unused code is remembered, so that it can be told from one that
/// never was.
const MEMORY: SignedDuration = SignedDuration::from_hours(24);

/// Codes that wait for their app.
#[derive(Default)]
pub(crate) struct Codes {
    waiting: Mutex<HashMap<String, Code>>,
}

/// What a code stands for.
pub(crate) struct Code {
    pub(crate) client_id: String,
    pub(crate) user_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) challenge: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) issued: Timestamp,
}

/// Why a code gives nothing.
pub(crate) enum BadCode {
    /// Never issued, used, or of another app.
    Unknown,
    Expired,
}

impl Codes {
    pub(crate) fn keep(&self, text: String, code: Code) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let now = code.issued;
        waiting.retain(|_, known| now.duration_since(known.issued) < MEMORY);
        waiting.insert(text, code);
    }

    /// Takes a code out: it is used up even if what follows refuses it.
    pub(crate) fn take(
        &self,
        text: &str,
        client_id: &str,
        now: Timestamp,
    ) -> Result<Code, BadCode> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        match waiting.get(text) {
            Some(code) if code.client_id == client_id => {}
            _ => return Err(BadCode::Unknown),
        }
        let code = waiting.remove(text).ok_or(BadCode::Unknown)?;
        if now.duration_since(code.issued) >= LIFE {
            return Err(BadCode::Expired);
        }
        Ok(code)
    }
}
