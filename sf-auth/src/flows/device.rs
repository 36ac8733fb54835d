//! OAuth 2.0 device flow: a person enters a code on another screen.
//!
//! Salesforce has restricted this flow: since September 2025 it is blocked for apps that are not
//! installed in the org, and its own CLI gave it up in January 2026. Where a browser can reach this
//! computer, `Loopback` is the better way.

use std::fmt;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::time::Instant;
use url::Url;

use crate::Error;
use crate::oauth::{App, TokenResponse, token};
use crate::transport::Transport;

/// The platform does not say how long a code lives; its documentation says ten minutes.
const LIFE: Duration = Duration::from_secs(600);
/// RFC 8628, where no interval is stated.
const INTERVAL: Duration = Duration::from_secs(5);
/// RFC 8628: after `slow_down` each interval is so much longer.
const SLOW_DOWN: Duration = Duration::from_secs(5);
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(60);

/// A login that waits for a person.
#[derive(Clone)]
pub struct DeviceAuthorization {
    device_code: SecretString,
    user_code: String,
    verification_uri: Url,
    interval: Duration,
    limit: Duration,
    began: Instant,
}

#[derive(Deserialize)]
struct Started {
    device_code: SecretString,
    user_code: String,
    verification_uri: Url,
    interval: Option<u64>,
    expires_in: Option<u64>,
}

impl DeviceAuthorization {
    /// What the person enters.
    pub fn user_code(&self) -> &str {
        &self.user_code
    }

    /// Where the person enters it.
    pub fn verification_uri(&self) -> &Url {
        &self.verification_uri
    }

    /// The same with the code filled in, for a link or a QR code.
    pub fn verification_uri_complete(&self) -> Url {
        let mut url = self.verification_uri.clone();
        url.query_pairs_mut().append_pair("user_code", &self.user_code);
        url
    }

    /// Gives up earlier than the code ends.
    #[must_use]
    pub fn with_time_limit(mut self, limit: Duration) -> Self {
        self.limit = self.limit.min(limit);
        self
    }
}

/// Asks for a code.
///
/// # Errors
/// The errors of any token request.
pub async fn start(transport: &Transport, app: &App) -> Result<DeviceAuthorization, Error> {
    let scopes = app.scopes().to_string();
    let fields =
        [("response_type", "device_code"), ("scope", &*scopes), ("client_id", app.client_id())];
    let endpoint = app.environment().token_endpoint();
    let began = Instant::now();
    let answer = token::post(transport, endpoint, &fields).await?;
    let started: Started = token::read_json(&answer, "no device code in JSON")?;
    Ok(DeviceAuthorization {
        device_code: started.device_code,
        user_code: started.user_code,
        verification_uri: started.verification_uri,
        interval: started.interval.map_or(INTERVAL, Duration::from_secs),
        limit: started.expires_in.map_or(LIFE, Duration::from_secs),
        began,
    })
}

/// Waits until the person has entered the code and allowed it. Between questions it waits as long
/// as the platform asks for, and longer after a failure that passes. Dropping the future ends it;
/// the code then ends by itself.
///
/// # Errors
/// [`Error::TimedOut`] if nobody did; [`Error::Grant`] with `AccessDenied` if the person refused, or
/// `InvalidCode` if the code has ended (or an answer that granted it was lost);
/// [`Error::MissingScope`]; and the errors of any token request.
pub async fn poll(
    transport: &Transport,
    app: &App,
    device: &DeviceAuthorization,
) -> Result<TokenResponse, Error> {
    let fields = [("grant_type", "device"), ("code", device.device_code.expose_secret())];
    let form = app.form(&fields);
    let mut interval = device.interval.max(SHORTEST);
    loop {
        let left = device.limit.saturating_sub(device.began.elapsed());
        if left < interval {
            tokio::time::sleep(left).await;
            let what = "the code was not entered and allowed";
            return Err(Error::TimedOut { what, limit: device.limit });
        }
        tokio::time::sleep(interval).await;
        match token::request(transport, app.environment(), &form).await {
            Ok(granted) => return granted.check(app.scopes()),
            Err(Error::Grant { error, .. }) if error == "authorization_pending" => {}
            Err(Error::Grant { error, .. }) if error == "slow_down" => interval += SLOW_DOWN,
            Err(error) if error.is_retryable() => interval = (interval * 2).min(LONGEST),
            Err(error) => return Err(error),
        }
    }
}

impl fmt::Debug for DeviceAuthorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceAuthorization")
            .field("device_code", &"[redacted]")
            .field("user_code", &"[redacted]")
            .field("verification_uri", &self.verification_uri.as_str())
            .field("interval", &self.interval)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
