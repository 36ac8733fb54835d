//! What the browser brings back.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use secrecy::{ExposeSecret, SecretString};
use url::form_urlencoded;

use crate::diagnose::{join, one_line};
use crate::{Cause, Diagnosis};

/// A code, and the `state` that it came with.
#[derive(Clone)]
pub struct Callback {
    /// Redeemed by [`exchange`](super::exchange), once.
    pub code: SecretString,
    /// Compared by [`verify`](Self::verify) before anything else is done.
    pub state: SecretString,
}

/// A callback that brought no code to redeem.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum CallbackError {
    /// Salesforce, or the person, refused.
    #[error("the authorization was refused: {}. {}", join(error, description), cause.remedy())]
    Refused {
        /// `access_denied`, `OAUTH_APP_ACCESS_DENIED` and the like.
        error: String,
        /// `error_description` as received.
        description: String,
        /// The recognised cause, with a remedy.
        cause: Cause,
        /// The `state` that came with it, to find out which authorization it was. A refusal
        /// without the right one may come from anyone.
        state: Option<SecretString>,
    },

    /// The `state` is not that of this authorization.
    #[error(
        "the callback does not belong to this login: its state is another; start the login again, in one browser window"
    )]
    StateMismatch,

    /// It is no callback of an authorization.
    #[error("this is no callback of an authorization: {what}")]
    Malformed {
        /// What is missing or wrong.
        what: &'static str,
    },
}

impl Callback {
    /// Reads the query of a callback: `code=…&state=…`, or an error. A whole URL, as a person
    /// copies it from the address bar, is read as well.
    ///
    /// # Errors
    /// [`CallbackError::Refused`] with the cause, or [`CallbackError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, CallbackError> {
        let text = text.trim();
        let query = match text.split_once('?') {
            Some((before, query)) if !before.contains('=') => query,
            _ => text,
        };
        let query = query.split('#').next().unwrap_or_default();
        let (mut code, mut state, mut error, mut description) = (None, None, None, None);
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            let field = match &*key {
                "code" => &mut code,
                "state" => &mut state,
                "error" => &mut error,
                "error_description" => &mut description,
                _ => continue,
            };
            // Whoever adds a second one wants it to be read where the first was checked.
            if field.replace(SecretString::from(value.into_owned())).is_some() {
                return Err(CallbackError::Malformed { what: "a parameter stands in it twice" });
            }
        }
        if let Some(error) = error {
            let description = description.unwrap_or_default();
            let (error, description) = (error.expose_secret(), description.expose_secret());
            return Err(CallbackError::Refused {
                cause: Diagnosis::of_callback(error, description).cause,
                error: one_line(error),
                description: one_line(description),
                state,
            });
        }
        match (code, state) {
            (Some(code), Some(state)) => Ok(Self { code, state }),
            (Some(_), None) => Err(CallbackError::Malformed { what: "it has no state" }),
            (None, _) => {
                Err(CallbackError::Malformed { what: "it has neither a code nor an error" })
            }
        }
    }

    /// The code, if `state` is the one that was sent, compared in constant time.
    ///
    /// # Errors
    /// [`CallbackError::StateMismatch`].
    pub fn verify(&self, sent: &SecretString) -> Result<&SecretString, CallbackError> {
        if same(&self.state, sent) { Ok(&self.code) } else { Err(CallbackError::StateMismatch) }
    }
}

impl CallbackError {
    /// Whether this is a refusal of the authorization that `state` was sent with.
    pub fn is_of(&self, sent: &SecretString) -> bool {
        matches!(self, Self::Refused { state: Some(state), .. } if same(state, sent))
    }

    /// Why, where Salesforce told.
    pub fn cause(&self) -> Option<Cause> {
        match self {
            Self::Refused { cause, .. } => Some(*cause),
            _ => None,
        }
    }
}

fn same(one: &SecretString, other: &SecretString) -> bool {
    let (one, other) = (one.expose_secret().as_bytes(), other.expose_secret().as_bytes());
    verify_slices_are_equal(one, other).is_ok()
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callback([redacted])")
    }
}
