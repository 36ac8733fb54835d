//! The client: credentials, transport and settings, cheap to clone.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderValue;
use sf_auth::transport::Transport;
use sf_auth::{Credentials, Session};

use crate::{ApiUsage, ApiVersion, Error, Operation, RetryPolicy, Safety, send};

/// A Salesforce REST client for one set of credentials. Cloning is cheap.
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) credentials: Arc<dyn Credentials>,
    pub(crate) transport: Transport,
    pub(crate) version: ApiVersion,
    pub(crate) retry: RetryPolicy,
    pub(crate) body_cap: usize,
    pub(crate) call_options: Option<HeaderValue>,
    pub(crate) usage: Mutex<Option<ApiUsage>>,
}

/// Settings of a [`Client`].
#[must_use]
pub struct ClientBuilder {
    credentials: Arc<dyn Credentials>,
    transport: Option<Transport>,
    version: ApiVersion,
    retry: RetryPolicy,
    body_cap: usize,
    client_name: Option<String>,
}

impl Client {
    /// A client with default settings.
    ///
    /// # Errors
    /// [`Error::Transport`] if the HTTP transport cannot be set up.
    pub fn new(credentials: Arc<dyn Credentials>) -> Result<Self, Error> {
        Self::builder(credentials).build()
    }

    /// A client with settings.
    pub fn builder(credentials: Arc<dyn Credentials>) -> ClientBuilder {
        ClientBuilder {
            credentials,
            transport: None,
            version: ApiVersion::default(),
            retry: RetryPolicy::default(),
            body_cap: 128 << 20,
            client_name: None,
        }
    }

    /// Sends an operation: retries by its [`Safety`], renews a session that has ended, and reads
    /// the answer.
    ///
    /// # Errors
    /// As [`Error`] describes. A write of which an answer was lost or cannot be read, and that no
    /// later attempt settled, is [`Error::OutcomeUnknown`]; every other error of a write means that
    /// nothing was written.
    pub async fn send<O: Operation>(&self, operation: &O) -> Result<O::Output, Error> {
        let request = operation.request()?;
        let safety = operation.safety();
        let (resent, result) = match send::execute(&self.inner, &request, safety).await {
            Ok(response) => (response.resent, operation.decode(response)),
            Err(failed) => (failed.resent, operation.recover(failed.error, failed.resent)),
        };
        result.map_err(|error| {
            // Executed, but what it did cannot be read.
            let unread = matches!(error, Error::Decode { .. } | Error::NotJson { .. });
            let unknown = resent || (unread && safety != Safety::Read);
            match error {
                // The retry loop knew already.
                Error::OutcomeUnknown { .. } => error,
                error if unknown => send::outcome_unknown(send::operation(&request), safety, error),
                error => error,
            }
        })
    }

    /// The current session, obtained if there is none.
    ///
    /// # Errors
    /// [`Error::Auth`].
    pub async fn session(&self) -> Result<Arc<Session>, Error> {
        Ok(self.inner.credentials.session().await?)
    }

    /// The org's API usage as the latest answer stated it; `None` before the first.
    pub fn usage(&self) -> Option<ApiUsage> {
        *self.inner.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The API version of all calls.
    pub fn version(&self) -> ApiVersion {
        self.inner.version
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("version", &self.inner.version)
            .field("retry", &self.inner.retry)
            .field("usage", &self.usage())
            .finish_non_exhaustive()
    }
}

impl ClientBuilder {
    /// The API version. Default 66.0.
    pub fn api_version(mut self, version: ApiVersion) -> Self {
        self.version = version;
        self
    }

    /// The transport, for timeouts, proxy or roots of your own, and to share connections.
    pub fn transport(mut self, transport: Transport) -> Self {
        self.transport = Some(transport);
        self
    }

    /// How often and how long to retry.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// The longest answer in bytes; a longer one is an error. Default 128 MiB.
    pub fn body_cap(mut self, bytes: usize) -> Self {
        self.body_cap = bytes;
        self
    }

    /// A name for this client, sent as `Sforce-Call-Options: client=…`, by which the org's API
    /// logs tell it from others.
    pub fn client_name(mut self, name: impl Into<String>) -> Self {
        self.client_name = Some(name.into());
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    /// [`Error::Transport`] if the HTTP transport cannot be set up, [`Error::InvalidRequest`] for
    /// a client name that no header can hold.
    pub fn build(self) -> Result<Client, Error> {
        let transport = match self.transport {
            Some(transport) => transport,
            None => Transport::new().map_err(|source| Error::Transport {
                operation: "the set-up".to_owned(),
                attempts: 0,
                source,
            })?,
        };
        let call_options = match &self.client_name {
            None => None,
            Some(name) if name.contains([',', '=']) => {
                return Err(Error::invalid("a client name has no comma and no equals sign"));
            }
            Some(name) => Some(HeaderValue::from_str(&format!("client={name}")).map_err(|_| {
                Error::invalid("a client name has printable ASCII characters only")
            })?),
        };
        Ok(Client {
            inner: Arc::new(Inner {
                credentials: self.credentials,
                transport,
                version: self.version,
                retry: self.retry,
                body_cap: self.body_cap,
                call_options,
                usage: Mutex::new(None),
            }),
        })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("version", &self.version)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}
