//! Device codes: an app without a browser waits for a person elsewhere.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// How long a person has to type the code in.
const LIFE: SignedDuration = SignedDuration::from_mins(10);

/// Devices that wait, by their device code.
#[derive(Default)]
pub(crate) struct Devices {
    waiting: Mutex<HashMap<String, Device>>,
}

pub(crate) struct Device {
    pub(crate) client_id: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) user_code: String,
    pub(crate) began: Timestamp,
    pub(crate) polled: Option<Timestamp>,
    pub(crate) answer: Answer,
}

/// What the person decided.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    None,
    Denied,
    /// The id of the user who allowed it.
    Allowed(String),
}

/// What a poll learns.
pub(crate) enum Poll {
    Unknown,
    Pending,
    TooSoon,
    Denied,
    Allowed { user_id: String, scopes: Vec<String> },
}

impl Devices {
    pub(crate) fn keep(&self, device_code: String, device: Device) {
        let now = device.began;
        let mut waiting = self.lock();
        waiting.retain(|_, known| now.duration_since(known.began) < LIFE);
        waiting.insert(device_code, device);
    }

    /// Asks for the answer; one that was given is given once.
    pub(crate) fn poll(
        &self,
        device_code: &str,
        client_id: &str,
        interval: SignedDuration,
        now: Timestamp,
    ) -> Poll {
        let mut waiting = self.lock();
        let Some(device) = waiting.get_mut(device_code) else { return Poll::Unknown };
        if device.client_id != client_id {
            return Poll::Unknown;
        }
        if now.duration_since(device.began) >= LIFE {
            waiting.remove(device_code);
            return Poll::Unknown;
        }
        let too_soon = device.polled.is_some_and(|last| now.duration_since(last) < interval);
        device.polled = Some(now);
        match device.answer.clone() {
            Answer::None if too_soon => Poll::TooSoon,
            Answer::None => Poll::Pending,
            Answer::Denied => {
                waiting.remove(device_code);
                Poll::Denied
            }
            Answer::Allowed(user_id) => {
                let scopes = std::mem::take(&mut device.scopes);
                waiting.remove(device_code);
                Poll::Allowed { user_id, scopes }
            }
        }
    }

    /// The device code and the app of a user code that nobody answered yet. Case
    /// and spaces do not count.
    pub(crate) fn find(&self, user_code: &str, now: Timestamp) -> Option<(String, String)> {
        let typed: String = user_code.chars().filter(char::is_ascii_alphanumeric).collect();
        let waiting = self.lock();
        let (code, device) = waiting.iter().find(|(_, device)| {
            device.user_code.eq_ignore_ascii_case(&typed)
                && device.answer == Answer::None
                && now.duration_since(device.began) < LIFE
        })?;
        Some((code.clone(), device.client_id.clone()))
    }

    pub(crate) fn scopes(&self, device_code: &str) -> Vec<String> {
        self.lock().get(device_code).map(|device| device.scopes.clone()).unwrap_or_default()
    }

    /// Notes the answer; `false` if the device does not wait any more.
    pub(crate) fn answer(&self, device_code: &str, answer: Answer) -> bool {
        match self.lock().get_mut(device_code) {
            Some(device) if device.answer == Answer::None => {
                device.answer = answer;
                true
            }
            _ => false,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Device>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
