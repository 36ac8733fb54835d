//! The refresh grant, and a refresh token as a flow of its own.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};

use super::{App, TokenResponse, check_plain, token};
use crate::transport::Transport;
use crate::{Error, Flow, Session};

/// Asks for a session with a refresh token, once.
///
/// Where the app rotates refresh tokens, the answer carries the next one and the one that was sent
/// is dead: store the new one before the session is used, and send a token never twice. An answer
/// that was lost ([`Error::is_lost_answer`]) may have rotated it. The grant is not judged by its
/// scopes, since an error would lose the new token.
///
/// # Errors
/// [`Error::Grant`] whose cause tells whether the token is dead ([`CauseClass::Dead`]), and the
/// errors of any token request.
///
/// [`CauseClass::Dead`]: crate::CauseClass::Dead
pub async fn refresh(
    transport: &Transport,
    app: &App,
    refresh_token: &SecretString,
) -> Result<TokenResponse, Error> {
    let fields =
        [("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose_secret())];
    token::request(transport, app.environment(), &app.form(&fields)).await
}

/// A refresh token as a [`Flow`]: each session is asked for with the newest one.
///
/// It lives in memory. Where the app rotates refresh tokens and the program ends, the newest one
/// must have been stored ([`RefreshToken::current`]), or the user has to approve the app again;
/// connected accounts do this by themselves, and across processes.
pub struct RefreshToken {
    app: App,
    current: Mutex<SecretString>,
}

impl RefreshToken {
    /// The flow for a refresh token of this app.
    ///
    /// # Errors
    /// [`Error::Configuration`] if the token is empty or padded with white space.
    pub fn new(app: App, refresh_token: impl Into<SecretString>) -> Result<Self, Error> {
        let refresh_token = refresh_token.into();
        check_plain("refresh token", refresh_token.expose_secret())?;
        Ok(Self { app, current: Mutex::new(refresh_token) })
    }

    /// The newest refresh token.
    pub fn current(&self) -> SecretString {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The app.
    pub fn app(&self) -> &App {
        &self.app
    }
}

#[async_trait]
impl Flow for RefreshToken {
    async fn grant(&self, transport: &Transport) -> Result<Session, Error> {
        let granted = refresh(transport, &self.app, &self.current()).await?;
        if let Some(next) = granted.refresh_token {
            *self.current.lock().unwrap_or_else(PoisonError::into_inner) = next;
        }
        Ok(granted.session)
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshToken")
            .field("app", &self.app)
            .field("current", &"[redacted]")
            .finish()
    }
}
